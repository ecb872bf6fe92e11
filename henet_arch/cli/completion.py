"""The names that a shell completes: presets, forms, rules, layers, and whatever else has names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from ..support.errors import HenetArchError

if TYPE_CHECKING:
    from ..importers.load import Source
    from ..spec.spec import Spec

Names = Callable[[], Iterable[str]]
Complete = Callable[[typer.Context, str], list[str]]
DEFAULT = "henet-r3"
"""The network of a command line that names none."""


def one_of(names: Names) -> Complete:
    """Completes one name."""
    return lambda ctx, incomplete: _beginning(names(), incomplete)


def some_of(names: Names, separator: str = ",") -> Complete:
    """Completes the last of several names."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(separator)
        given = before.split(separator)
        left = [name for name in names() if name not in given]
        return [f"{before}{comma}{name}" for name in _beginning(left, last)]

    return complete


def key_of(names: Names) -> Complete:
    """Completes the name before an equals sign."""
    return lambda ctx, incomplete: _beginning((f"{name}=" for name in names()), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def presets() -> Iterable[str]:
    from ..spec.presets import presets

    return presets()


def pretrained() -> Iterable[str]:
    from ..weights.pretrained import names

    return names()


def families() -> Iterable[str]:
    from ..spec.families import families

    return families()


def targets() -> Iterable[str]:
    from ..emitters import TARGETS

    return TARGETS


def explained() -> Iterable[str]:
    """The targets that say what they make of each layer."""
    from ..emitters import EXPLAINERS

    return EXPLAINERS


def verifiers() -> Iterable[str]:
    """The targets that can be held against the graph."""
    from ..runtime.verifiers import by_target

    return by_target()


def backends() -> Iterable[str]:
    from ..runtime.runners import RUNNERS

    return RUNNERS


def datasets() -> Iterable[str]:
    from ..training.datasets import DATASETS

    return DATASETS


def columns() -> Iterable[str]:
    from ..results.columns import FIELDS

    return FIELDS


def analyses() -> Iterable[str]:
    from ..analyzers import ANALYSES

    return ANALYSES


def forms() -> Iterable[str]:
    """The forms that every report has."""
    from ..forms import report_forms

    return report_forms()


def forms_of_findings() -> Iterable[str]:
    """The forms that the reports of `lint` have."""
    from ..forms import report_forms
    from ..lints.diagnostics import Diagnostics

    return report_forms(Diagnostics)


def drawing_forms() -> Iterable[str]:
    from ..forms import DRAWINGS

    return DRAWINGS


def pages() -> Iterable[str]:
    from ..views.page_size import PAGES

    return PAGES


def conventions() -> Iterable[str]:
    from ..conventions.lookup import conventions

    return conventions()


def groupings() -> Iterable[str]:
    from ..rules.grouping import RULES

    return (name.replace("_", "-") for name in RULES)


def paddings() -> Iterable[str]:
    from ..rules.resolution import RULES

    return (name.replace("_", "-") for name in RULES)


def preprocessings() -> Iterable[str]:
    from ..ir.contract import PRESETS

    return PRESETS


def schedules() -> Iterable[str]:
    from ..training.schedules import SCHEDULES

    return SCHEDULES


def engines() -> Iterable[str]:
    from ..training.engines import ENGINES

    return ENGINES


def inits() -> Iterable[str]:
    from ..emitters import INITS

    return INITS


def target_options(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the options of the target, with their values where they are words."""
    with suppress(HenetArchError):
        from ..emitters import chosen

        options = chosen(ctx.params.get("output"), ctx.params.get("target"))[0].options()
        words = (
            f"{name}={choice}"
            for name, facts in options.items()
            for choice in facts["choices"] or ("",)
        )
        return _beginning(words, incomplete)
    return []


def measures() -> Iterable[str]:
    from ..search.measures import MEASURES

    return MEASURES


def rules() -> Iterable[str]:
    """The lint rules by id and by name."""
    from ..lints.selection import EVERY_RULE, lints

    return (*(word for rule in lints().values() for word in (rule.id, rule.name)), EVERY_RULE)


def devices() -> Iterable[str]:
    return ("cpu", "gpu", "mps", "auto")


def layers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the layers, blocks and stages of the network that the command line names."""
    with suppress(HenetArchError):
        return _beginning(scopes(_network(ctx)), incomplete)
    return []


def scopes(source: Source) -> Iterable[str]:
    """The names of a network's layers, blocks and stages, in order."""
    from ..importers.load import load
    from ..ir import scope

    names = (node.name for node in load(source).graph)
    return dict.fromkeys(each for name in names for each in (*scope.scopes(name), name))


def symbols(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the numbers of the network that formulas can leave open."""
    with suppress(HenetArchError):
        from ..symbolic.names import GROUPS, numbers

        return some_of(lambda: (*numbers(_spec(ctx)), *GROUPS.values()))(ctx, incomplete)
    return []


def settings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the keys of the network's family."""
    with suppress(HenetArchError):
        return key_of(lambda: type(_spec(ctx)).model_fields)(ctx, incomplete)
    return []


def _network(ctx: typer.Context) -> Source:
    from ..spec.spec import Spec

    family, word = ctx.params.get("family"), ctx.params.get("source")
    word = word or next(iter(ctx.args), None)  # unread, where an option has no value yet
    return Spec(family=family) if family and not word else word or DEFAULT


def _spec(ctx: typer.Context) -> Spec:
    from ..importers.load import resolve_spec

    return resolve_spec(_network(ctx), "a completion")
