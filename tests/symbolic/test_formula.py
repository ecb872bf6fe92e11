"""Formulas give what the numeric analysis gives, for all numbers that a network can have."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
import sympy
from cli.run import run
from examples import examples
from henet_arch.rules.grouping import nearest_divisors
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.dims import Condition
from henet_arch.ir.open_divisors import m, n
from henet_arch.search.measures import MEASURES
from henet_arch.support.errors import (
    HenetArchError,
    LimitError,
    RuleError,
    ShapeError,
    SpecError,
    UnknownNameError,
)
from henet_arch.symbolic.expansion import expansion, permitted
from henet_arch.symbolic.names import changes, numbers, symbol
from henet_arch.symbolic.openable import OpenSpec
from henet_arch.symbolic.pieces import COSTS
from henet_arch.symbolic.report import formulas
from henet_arch.symbolic.tidy import Tidy, merged, odd_chain

C, H = symbol("C"), symbol("H")
R3 = {"C1": 24, "C2": 48, "C3": 96, "C4": 192, "r1": 3, "r2": 3, "r3": 3, "H": 31, "W": 31, "K": 10}


def _numeric(spec: ha.Spec, cost: str, part: str = "") -> Any:
    layers = ha.analyze(spec).layers
    return sum(
        COSTS[cost](x) for x in layers if f"{x.node.name}.".startswith(f"{part}." * bool(part))
    )


def _values(spec: ha.Spec, names: tuple[str, ...]) -> dict[str, int]:
    return {name: value for name, value in numbers(spec).items() if name in names}


@given(specs() | networks(), st.data())
@examples(25)
@pytest.mark.slow
def test_substituting_gives_the_numeric_analysis(spec: ha.Spec, data: st.DataObject) -> None:
    possible = permitted(OpenSpec(spec))
    chosen = data.draw(st.lists(st.sampled_from(possible), unique=True) | st.just(list(possible)))
    if any(name[0] == "r" for name in chosen):  # further blocks may need a larger image
        chosen = list(dict.fromkeys((*chosen, *(name for name in "HW" if name in possible))))
    cost = data.draw(st.sampled_from(sorted(COSTS)))
    formula = ha.formula(spec, cost, symbols=chosen)
    assert set(formula.symbols) == set(chosen)
    assert formula.substitute(**_values(spec, formula.symbols)) == _numeric(spec, cost)
    assert {str(s) for s in formula.expr.free_symbols} <= set(chosen)


@given(specs() | networks(), st.data())
@examples(25)
@pytest.mark.slow
def test_a_formula_holds_for_other_numbers(spec: ha.Spec, data: st.DataObject) -> None:
    """It is made of one spec and gives the figures of another, or the error that building gives."""
    cost = data.draw(st.sampled_from(sorted(COSTS)))
    formula = ha.formula(spec, cost)
    bounds = {"C": (1, 60), "r": (0, 5), "H": (1, 70), "W": (1, 70), "K": (1, 20)}
    values = {name: data.draw(st.integers(*bounds[name[0]]), name) for name in formula.symbols}
    try:
        expected = _numeric(spec.replace(**changes(spec, values)), cost)
    except (RuleError, ShapeError):
        with pytest.raises((RuleError, ShapeError)):
            formula.substitute(**values)
    else:
        assert formula.substitute(**values) == expected


@given(specs())
@examples(10)
def test_stages_blocks_and_layers_have_formulas(spec: ha.Spec) -> None:
    names = permitted(OpenSpec(spec))
    values = _values(spec, names)
    if 0 in values.values():
        return
    found = expansion(OpenSpec(spec), names)
    for stage in ha.analyze(spec).stages():
        for cost in ("params", "macs"):
            formula = ha.formula(spec, cost, stage.name)
            assert formula.substitute(**values) == getattr(stage, cost)
    for layer in ha.analyze(spec).layers:
        if layer.node.name in found.graph:
            times = found.times[layer.node.name].subs({symbol(k): v for k, v in values.items()})
            formula = ha.formula(spec, "macs", layer.node.name)
            assert formula.substitute(**values) == times * layer.macs


@given(specs())
@examples(10)
def test_sizes_have_formulas(spec: ha.Spec) -> None:
    opened = expansion(OpenSpec(spec), permitted(OpenSpec(spec))).graph
    for node in ha.build(spec):
        if len(node.shape) == 3 and node.name in opened:
            for name, size in zip(("channels", "height", "width"), node.shape, strict=True):
                formula = ha.formula(spec, name, node.name)
                assert formula.substitute(**_values(spec, formula.symbols)) == size


@given(specs() | networks())
@examples(15)
def test_peak_memory_depth_and_width_have_formulas(spec: ha.Spec) -> None:
    report = ha.analyze(spec)
    figures = {
        "peak_activation_bytes": MEASURES["memory"].of(report),
        "depth": MEASURES["depth"].of(report),
        "widest": MEASURES["width"].of(report),
    }
    for cost, expected in figures.items():
        symbols = permitted(OpenSpec(spec))
        if cost == "peak_activation_bytes" and getattr(spec, "rectify", "branch") == "join":
            if any(name[0] == "r" for name in symbols):  # only the last block lets its sum go
                with pytest.raises(RuleError, match="no formula in the repeats"):
                    ha.formula(spec, cost)
            symbols = tuple(name for name in symbols if name[0] != "r")
        formula = ha.formula(spec, cost, symbols=symbols)
        assert formula.substitute(**_values(spec, formula.symbols)) == expected


@pytest.mark.parametrize("size", [32, 35, 36, 44])
def test_features_end_before_a_kernel_that_covers_its_map(size: int) -> None:
    spec = ha.load("lenet5").origin
    assert isinstance(spec, ha.Spec)
    spec = spec.replace(features_only=True, input=(1, size, size))
    formula = ha.formula(spec, "params")
    values = _values(spec, formula.symbols)
    assert formula.substitute(**values) == ha.analyze(spec).parameters.total


@pytest.mark.parametrize(
    ("preset", "depth"),
    [("resnet18", 18), ("resnet50", 50), ("densenet121", 121), ("vgg16", 16), ("googlenet", 22)],
)
def test_depth_is_what_papers_call_it(preset: str, depth: int) -> None:
    assert ha.formula(preset, "depth", symbols=[]).expr == depth


def test_numbers_that_symbols_leave_behind_are_ints() -> None:
    """A layer's facts are remembered, and a layer with sympy's 48 is equal to one with 48."""
    ha.formula("shufflenet-r3", "params", symbols=["C1"])
    for layer in expansion(OpenSpec(ha.preset("shufflenet-r3")), ("C1",)).layers:
        sizes = (*layer.node.shape, *layer.node.layer.attributes().values(), layer.params)
        assert not any(isinstance(size, sympy.Integer) for size in sizes)


def test_the_cost_of_a_block_of_henet() -> None:
    c = symbol("C1")
    block = ha.formula("henet-r3", "params", "stage1.block1")
    assert block.expr == c * (9 * m(c) + n(c) + 6)
    further = ha.formula("henet-r3", "params", "stage1.block2")
    assert sympy.expand(further.expr - (symbol("r1") - 1) * c * (9 * m(c) + 2 * n(c) + 6)) == 0


@pytest.mark.parametrize(("cost", "expected"), [("params", 87_058), ("macs", 10_046_040)])
def test_text_is_read_by_sympy(cost: str, expected: int) -> None:
    formula = ha.formula("henet-r3", cost)
    read = sympy.sympify(formula.text(), locals={"m": m, "n": n})
    assert read.subs(R3) == formula.substitute(**R3) == expected
    assert formula.to_dict()["latex"] == formula.latex()


def test_any_subset_is_left_open() -> None:
    assert ha.formula("henet-r3", "params", symbols=[]).expr == 87_058
    assert ha.formula("henet-r3", "params", symbols=["K"]).text() == "193*K + 85128"
    some = ha.formula("henet-r3", symbols=["channels", "r2", "H"])
    assert some.symbols == ("C1", "C2", "C3", "C4", "r2", "H")
    assert some.substitute(C1=24, C2=48, C3=96, C4=192, r2=3, H=31) == 10_046_040


def test_the_first_block_reads_less_and_no_block_none() -> None:
    formula = ha.formula("henet-r3", "params")
    for repeats in (0, 1, 2, 7):
        expected = ha.analyze(ha.Spec(repeats=repeats)).params
        assert formula.substitute(**R3 | dict.fromkeys(("r1", "r2", "r3"), repeats)) == expected


def test_equal_widths_are_another_network_and_give_its_figures() -> None:
    """A unit of ShuffleNet adds its input where the widths agree."""
    spec = ha.Spec(family="shufflenet", channels=(24, 24, 48))
    formula = ha.formula(spec, "activations")
    assert Condition("differs", symbol("C1"), symbol("C2")) in formula.conditions
    assert formula.substitute(**_values(spec, formula.symbols)) == _numeric(spec, "activations")


@pytest.mark.parametrize(
    ("preset", "closed"),
    [
        ("henet-r3", ""),
        ("shufflenet-r3", ""),
        ("alexnet", ""),
        ("lenet5", ""),
        ("mobilenet", ""),
        ("resnet50", ""),
        ("shufflenet-v1-g3", ""),
        ("vgg16", ""),
        ("xception", ""),
        ("mobilenetv2", "C"),
        ("mobilenetv3-small", "C"),
        ("efficientnet-b0", ""),
        ("efficientnet-b2", "C"),
        ("regnetx-200mf", ""),
        ("regnety-200mf", ""),
        ("shufflenetv2", ""),
        ("squeezenet1_0", ""),
        ("nin-cifar10", ""),
        ("densenet121", "r"),
        ("googlenet", ""),
    ],
)
def test_what_each_family_leaves_open(preset: str, closed: str) -> None:
    spec = ha.preset(preset)
    names = numbers(spec)
    assert permitted(OpenSpec(spec)) == tuple(name for name in names if name[0] not in closed)
    formula = ha.formula(spec)
    assert formula.substitute(**_values(spec, formula.symbols)) == ha.analyze(spec).macs


def test_what_cannot_be_a_symbol_is_named() -> None:
    with pytest.raises(RuleError, match="channels cannot be the symbol C2 in family mobilenet"):
        ha.formula("mobilenet-050", symbols=["C2", "K"])
    with pytest.raises(RuleError, match="repeats cannot be the symbol r1 in family densenet"):
        ha.formula("densenet121", symbols=["r"])
    with pytest.raises(SpecError, match="'C9' is no number of henet-r3"):
        ha.formula("henet-r3", symbols=["C9"])
    with pytest.raises(UnknownNameError, match="unknown cost 'mac'"):
        ha.formula("henet-r3", "mac")
    with pytest.raises(UnknownNameError, match="no part is named 'stage9'"):
        ha.formula("henet-r3", "macs", "stage9")
    with pytest.raises(ShapeError, match="has no height"):
        ha.formula("henet-r3", "height")


def test_many_blocks_are_counted_by_a_symbol() -> None:
    spec = ha.Spec(repeats=5000)
    with pytest.raises(LimitError, match="repeats that are numbers add up to 15,000 blocks"):
        ha.formula(spec, symbols=["K"])
    formula = ha.formula(spec, "params", symbols=["r"])
    assert formula.substitute(r1=5000, r2=5000, r3=5000) == ha.analyze(spec).params


def test_the_convention_of_the_paper() -> None:
    formula = ha.formula("henet-r3", "params", convention="paper")
    assert formula.substitute(**R3) == ha.analyze("henet-r3", "paper").params == 641_218
    macs = ha.formula("henet-r3", "macs", convention="paper")
    assert macs.substitute(**R3) == ha.analyze("henet-r3", "paper").macs


def test_a_spec_that_cannot_be_built_says_why() -> None:
    with pytest.raises(HenetArchError, match="groups do not divide"):
        ha.formula(ha.Spec(channels=(24, 50), groups=7), symbols=["K"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"C9": 1}, "'C9' is no symbol"),
        ({"C1": 2.5}, "C1 = 2.5 is not a whole number"),
        ({}, "no number for C1"),
        ({**R3, "C1": 0}, "channels"),
        ({**R3, "C2": 49}, "cannot halve its output width 49"),
        ({**R3, "H": 3}, "does not fit"),
    ],
)
def test_numbers_of_no_network_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(HenetArchError, match=message):
        ha.formula("henet-r3").substitute(**values)


@given(st.integers(2, 100_000))
def test_divisors_become_numbers(width: int) -> None:
    found = nearest_divisors(width)
    assert (m(width), n(width)) == (found.m, found.n)
    assert Tidy([])(C // m(C)).subs(C, width) == found.n


@given(st.integers(1, 12), st.integers(1, 12), st.integers(-9, 9), st.integers(-9, 9))
def test_floors_are_merged_only_where_that_is_exact(a: int, b: int, c: int, d: int) -> None:
    nested = ((H + c) // a + d) // b
    tidy = Tidy([])(nested)
    for size in range(1, 40):
        assert tidy.subs(H, size) == ((size + c) // a + d) // b
    assert merged(2 * sympy.floor(H / 2) / 3) == sympy.floor(2 * sympy.floor(H / 2) / 3)


@given(st.integers(0, 5), st.integers(-9, 9))
def test_the_odd_chain_has_no_floors(halvings: int, offset: int) -> None:
    share = 2**halvings
    linked, power = odd_chain(sympy.floor((H + offset) / share), [H])
    assert not linked.atoms(sympy.floor)
    assert power == share
    for size in range(share - 1 or 1, 200, share):
        assert linked.subs(H, size) == (size + offset) // share


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("shufflenet-r3", {}), ("resnet18", {}), ("mobilenet-025", {}),
        ("henet-r2", {"padding": "same"}), ("henet-r2", {"padding": "valid"}),
    ],
)  # fmt: skip
def test_all_formulas_of_an_odd_chain_have_the_conditions_of_all(
    name: str, changes: dict[str, Any]
) -> None:
    spec = ha.preset(name).replace(**changes)
    result = formulas(spec, ["H", "W"], odd_chain=True)
    told = result.to_dict()["conditions"]
    power = next(int(text.split()[0]) for text in told if text.endswith("divides H + 1"))
    size = power * (2 + 256 // power) - 1
    report = ha.analyze(spec.replace(input=(3, size, size)))
    for cost, number in (("params", report.params), ("macs", report.macs)):
        formula = result.totals[cost]
        assert formula.told_conditions() == told
        assert not formula.expr.atoms(sympy.floor)
        assert formula.expr.subs({H: size, symbol("W"): size}) == number
        assert formula.substitute(H=size, W=size) == number
    height = dict(result._shapes("stages"))["stage1"][1]
    stage = [node for node in report.graph if node.name.startswith("stage1.")][-1]
    assert height.subs(H, size) == stage.shape[1]


def test_an_odd_chain_without_effect_is_refused() -> None:
    for symbols in (["r1"], ["C"]):
        with pytest.raises(RuleError, match="an odd chain changes nothing here"):
            formulas("henet-r3", symbols, odd_chain=True)


def test_henet_on_the_odd_chain() -> None:
    formula = ha.formula("henet-r3", "height", "stage3.down").odd_chain()
    assert formula.text() == "(H + 1)/8 - 1"
    assert Condition("divides", 8, H + 1) in formula.conditions
    macs = ha.formula("henet-r3").odd_chain()
    assert not macs.expr.atoms(sympy.floor)
    assert macs.substitute(**R3) == 10_046_040
    even = ha.analyze(ha.Spec(input=32)).macs
    assert macs.substitute(**R3 | {"H": 32, "W": 32}) == even


@pytest.mark.parametrize(("groups", "power"), [("nearest-divisors", "3/2"), ("dense", "2")])
def test_the_growth_of_a_block_of_henet(groups: str, power: str) -> None:
    """Held against sympy's own limit, along the widths k * (k + 1), and with one group."""
    formula = ha.formula(ha.Spec(groups=groups), "params", "stage1.block2", symbols=["C"])
    found = formula.growth()
    c = symbol("C1")
    assert found.power == sympy.Rational(power)
    assert found.constant == 11 * c**found.power
    k = sympy.Symbol("k", integer=True, positive=True)
    along = formula.expr.replace(m, lambda _: k + 1).replace(n, lambda _: k).subs(c, k * (k + 1))
    assert sympy.limit(along / (k * (k + 1)) ** found.power, k, sympy.oo) == 11


@given(specs(groups="nearest-divisors") | specs(), st.data())
@examples(8)
def test_arrays_give_what_numbers_give(spec: ha.Spec, data: st.DataObject) -> None:
    formula = ha.formula(spec, data.draw(st.sampled_from(("params", "macs", "add"))))
    values = _values(spec, formula.symbols)
    columns = {name: [value] * 3 for name, value in values.items()}
    columns["K"] = [1, 2, 3]
    columns["H"] = [values["H"], values["H"] + 1, values["H"] + 2]
    found = formula.vectorized()(**columns)
    rows = [{name: column[i] for name, column in columns.items()} for i in range(3)]
    assert found.dtype == np.int64
    assert found.tolist() == [formula.substitute(**row) for row in rows]


def _draw_number(data: st.DataObject, name: str) -> int:
    """A number of any size that a spec may have, or just may not, the small ones often."""
    sizes = st.integers(-1, 60) | st.integers(1, 10**6) | st.integers(10**9, 2 * 10**12)
    return data.draw(st.integers(-1, 5) | sizes if name[0] in "rHWK" else st.integers(-1, 300))


@given(specs(groups="nearest-divisors") | specs(), st.data())
@examples(15)
def test_arrays_are_exact_or_refuse_at_any_size(spec: ha.Spec, data: st.DataObject) -> None:
    """Each spec by itself and both together give what `substitute` gives, or its error."""
    formula = ha.formula(spec, data.draw(st.sampled_from(("params", "macs", "compare"))))
    rows = [{name: _draw_number(data, name) for name in formula.symbols} for _ in range(2)]
    if len(formula.symbols) > 0 and data.draw(
        st.booleans()
    ):  # numbers of a network, and large ones
        rows[0] = _values(spec, formula.symbols) | {
            name: 10**9 + data.draw(st.integers(0, 3)) for name in "HWK" if name in formula.symbols
        }
    evaluate = formula.vectorized()
    expected = [_outcome(formula.substitute, row) for row in rows]
    assert [_outcome(evaluate, row) for row in rows] == expected
    if all(isinstance(each, int) for each in expected):
        columns = {name: [row[name] for row in rows] for name in formula.symbols}
        assert evaluate(**columns).tolist() == (expected if columns else expected[0])


def _outcome(cost: Any, row: dict[str, int]) -> object:
    """The cost, or the kind of error: one above 64 bits is refused by arrays."""
    try:
        found = int(cost(**row))
    except HenetArchError as error:
        return type(error)
    return found if found < 2**63 else LimitError


def test_steps_beyond_64_bits_are_exact_and_costs_beyond_them_refused() -> None:
    formula = ha.formula("henet-r3")
    evaluate = formula.vectorized()
    large = R3 | {"H": 23_000_000, "W": 23_000_001, "K": 99}
    costs = evaluate(**R3 | {name: [31, large[name]] for name in "HWK"})
    assert costs.dtype == np.int64
    small = R3 | {"K": 31}
    assert costs.tolist() == [formula.substitute(**small), formula.substitute(**large)]
    assert costs[1] > 2**62
    with pytest.raises(LimitError, match=r"does not fit in 64 bits\n  where: C1=24, .*W=999999999"):
        evaluate(**R3 | {"H": [31, 10**9 - 1], "W": [31, 10**9 - 1]})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"C1": 24.9}, "C1 = 24.9 is not a whole number"),
        ({"C1": np.array([24.0])}, "C1 = 24.0 is not a whole number"),
        ({"C1": [24, float("nan")]}, "C1 = 24.0 is not a whole number"),
        ({"C1": [float("nan"), 24]}, "C1 = nan is not a whole number"),
        ({"C1": "24"}, "C1 = '24' is not a whole number"),
        ({"C1": True}, "C1 = True is not a whole number"),
        ({"C1": [24, None]}, "C1 = None is not a whole number"),
        ({"C1": 24 + 0j}, "is not a whole number"),
        ({"C1": [[24], [24, 48]]}, "C1 is no array"),
        ({"K": [10, 0]}, "classes = 0 is below 1"),
        ({"K": -3}, "classes = -3 is below 1"),
        ({"H": [31, -31]}, "is below 1"),
        ({"r1": -1}, "repeats"),
        ({"K": 10**12 + 1}, "above the limit of 1,000,000,000,000"),
        ({"K": 2**70}, "above the limit of 1,000,000,000,000"),
        ({"K": np.uint64(2**63 + 5)}, "above the limit of 1,000,000,000,000"),
        ({"K": [1, 2], "H": [31, 31, 31]}, "do not go together: H \\(3,\\), K \\(2,\\)"),
        ({"C9": 1}, "'C9' is no symbol"),
    ],
)
def test_arrays_of_no_specs_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        ha.formula("henet-r3").vectorized()(**R3 | values)


def test_arrays_need_all_numbers_and_take_every_whole_type() -> None:
    formula = ha.formula("henet-r3", "params")
    evaluate = formula.vectorized()
    with pytest.raises(SpecError, match="no number for K"):
        evaluate(**{name: value for name, value in R3.items() if name != "K"})
    types = (np.int8, np.uint16, np.uint64, np.int64, object)
    for kind in types:
        columns = {
            name: np.array([value, value], kind) for name, value in R3.items() if value < 128
        }
        assert evaluate(**R3 | columns).tolist() == [87058, 87058]
        assert (
            ha.formula("henet-r3", "macs").vectorized()(**R3 | columns).tolist() == [10046040] * 2
        )
    assert formula.substitute(**R3 | {"C1": np.int64(24), "K": sympy.Integer(10)}) == 87058
    assert evaluate(**R3 | {"K": []}).tolist() == []


def test_a_number_that_no_spec_may_have_is_none_of_a_formula_either() -> None:
    with pytest.raises(SpecError, match="above the limit of 1,000,000,000,000"):
        ha.formula("henet-r3").substitute(**R3 | {"K": 10**12 + 1})
    shuffled = ha.formula("shufflenet-r3")  # each width divides the next one
    with pytest.raises(HenetArchError, match="0"):
        shuffled.substitute(**dict.fromkeys(shuffled.symbols, 0))


def test_arrays_refuse_what_has_no_divisors() -> None:
    evaluate = ha.formula("henet-r3").vectorized()
    with pytest.raises(RuleError, match="width 1 has no divisors"):
        evaluate(**R3 | {"C1": [24, 1]})
    with pytest.raises(HenetArchError, match="above the limit"):
        evaluate(**R3 | {"C1": 10**9})
    assert evaluate(**R3 | {"C1": 4096, "C2": 8192}).shape == ()


def test_the_sieve_of_divisors_is_the_rule() -> None:
    from henet_arch.symbolic.arrays import larger, smaller

    widths = np.arange(2, 10_000)
    rule = [nearest_divisors(int(width)) for width in widths]
    assert larger(widths).tolist() == [found.m for found in rule]
    assert smaller(widths).tolist() == [found.n for found in rule]


def test_the_command_shows_what_the_library_gives() -> None:
    outcome = run("analyze", "--symbolic")
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for line in ("stage1.block2  r1 - 1  C1*(9*m(C1) + 2*n(C1) + 6)", "11*C1**(3/2)*H*W"):
        assert line in outcome.out


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_parts_sum_to_the_total(depth: Any) -> None:
    found = formulas("henet-r3", depth=depth)
    for cost, total in found.totals.items():
        parts = sum(piece.expr for piece in found.pieces(cost, depth))
        assert sympy.expand(parts - total.expr) == 0
    assert {record["cost"] for record in found.records()} == {"params", "macs"}


def test_json_has_formulas_that_sympy_reads() -> None:
    data = json.loads(run("analyze", "--symbolic", "--symbols", "C,r", "-f", "json").out)
    assert data["symbols"] == ["C1", "C2", "C3", "C4", "r1", "r2", "r3"]
    assert data["numbers"] == {"H": 31, "W": 31, "K": 10}
    own = {"m": m, "n": n}
    for cost, expected in (("params", 87_058), ("macs", 10_046_040)):
        total = sympy.sympify(data["totals"][cost]["text"], locals=own)
        assert total.subs(R3) == expected
        for parts in (data["stages"], data["blocks"], data["layers"]):
            texts = [(part["times"], part[cost]["text"]) for part in parts if cost in part]
            sums = sum(sympy.sympify(t) * sympy.sympify(x, locals=own) for t, x in texts)
            assert sums.subs(R3) == expected
    assert data["growth"][0]["leading"] == "11*C1**(3/2)"
    assert "\\left" in data["totals"]["macs"]["latex"]


def test_other_forms_and_errors_of_the_command() -> None:
    assert "(H + 1)/16 - 1" in run("analyze", "--odd-chain", "--depth", "stages").out
    assert run("analyze", "mobilenetv2", "--symbols", "C").code == 3
    assert run("analyze", "--symbolic", "-f", "csv").out.startswith("part,times,cost,formula,latex")
    for depth in (None, "stages", "blocks", "layers"):
        words = ("analyze", "lenet5", "--symbolic", *(("--depth", depth) if depth else ()))
        data = json.loads(run(*words, "-f", "json").out)
        smallest = depth or "layers"
        lists = ("stages", "blocks", "layers")
        assert [name for name in lists if name in data] == list(lists[: lists.index(smallest) + 1])
        parts = csv.DictReader(io.StringIO(run(*words, "-f", "csv").out))
        assert {row["part"] for row in parts} == {part["name"] for part in data[smallest]}
        assert set(data["shapes"]) >= {part["name"] for part in data[smallest]}
    outcome = run("analyze", "lenet5", "--symbolic")
    assert "growth" not in outcome.out
    assert "C1" in outcome.out
    assert "growth" not in run("analyze", "--symbols", "K").out


def test_a_formula_shows_itself_in_jupyter() -> None:
    formula = ha.formula("henet-r3", "params", symbols=["K"])
    assert formula._repr_latex_() == f"$\\displaystyle {formula.latex()}$"
