"""The networks of other papers: published counts, printed tables, and HENet's ideas in them."""

from __future__ import annotations

import pytest
from examples import examples
from henet_arch.rules.grouping import nearest_divisors
from hypothesis import given
from strategies import networks

import henet_arch as ha
from henet_arch.ir.layers import AvgPool2d, Conv2d, MaxPool2d
from henet_arch.papers import published
from henet_arch.papers.catalogue import Catalogue
from henet_arch.papers.published import Published
from henet_arch.search.input_sizes import plan
from henet_arch.spec.families import families
from henet_arch.support.errors import HenetArchError, RuleError, UnknownNameError

PUBLISHED = {
    name: preset.params
    for family in families().values()
    for name, preset in family.presets.items()
    if preset.params
}
PRINTED = sorted({ha.preset(row["network"]).family for row in published.rows()})


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_of_the_reference(name: str) -> None:
    assert ha.analyze(name).params == PUBLISHED[name]


def test_the_counts_that_everybody_knows() -> None:
    known = {
        "alexnet-one-column": 61_100_840, "vgg16": 138_357_544, "resnet18": 11_689_512,
        "resnet50": 25_557_032, "resnet152": 60_192_808, "densenet121": 7_978_856,
        "mobilenetv2": 3_504_872, "mobilenet": 4_231_976, "xception": 22_855_952,
        "shufflenet-v1-g3": 1_865_728,
    }  # fmt: skip
    assert {name: ha.analyze(name).params for name in known} == known


@pytest.mark.parametrize("family", PRINTED)
def test_printed_figures_are_ours_or_explained(family: str) -> None:
    found = Published(family)
    assert found.holds, [f for f in found.figures if not f.equal and not f.note]
    assert all(figure.equal != bool(figure.note) for figure in found.figures)


def test_a_family_without_printed_figures_says_so() -> None:
    with pytest.raises(UnknownNameError, match="no printed figures of family nin"):
        Published("nin")


def test_the_catalogue_has_every_preset() -> None:
    assert [entry.name for entry in Catalogue().entries] == list(ha.presets())
    small = Catalogue(image=(32, 32), classes=10)
    assert {entry.name for entry in small.entries} | set(small.refused) == set(ha.presets())
    assert "alexnet" in small.refused
    assert all(entry.report.graph.output_shape == (10,) for entry in small.entries)


@given(networks())
@examples(60)
def test_classes_features_and_probabilities(spec: ha.Spec) -> None:
    plain = ha.build(spec.replace(features_only=False, softmax=False))
    assert plain.output_shape == (spec.classes,)
    bare = {"auxiliary": False} if spec.family == "googlenet" else {}
    features = ha.build(spec.replace(features_only=True, softmax=False, **bare))
    assert {node.name for node in features} <= {node.name for node in plain}
    stages = [name.partition(".")[0] for name in features.outputs]
    assert stages == sorted(set(stages), key=lambda stage: int(stage.removeprefix("stage")))
    last = {node.name.partition(".")[0]: node.name for node in plain}
    assert all(last[stage] == name for stage, name in zip(stages, features.outputs, strict=True))
    soft = ha.build(spec.replace(features_only=False, softmax=True))
    assert [soft[name].layer.kind for name in soft.outputs] == ["softmax"] * len(plain.outputs)


def test_features_have_the_strides_that_necks_expect() -> None:
    report = ha.analyze(ha.preset("resnet50").replace(features_only=True))
    assert [output.stride for output in report.outputs] == [(s, s) for s in (4, 8, 16, 32)]
    assert [output.shape[0] for output in report.outputs] == [256, 512, 1024, 2048]
    report = ha.analyze(ha.Spec(features_only=True))
    assert [output.stride for output in report.outputs] == [(s, s) for s in (2, 4, 8, 16)]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "alexnet", "mobilenet", "mobilenetv2"])
def test_nearest_divisors_group_any_grouped_convolution(name: str) -> None:
    graph = ha.build(ha.preset(name).replace(groups="nearest-divisors"))
    spatial = [n for n in graph if isinstance(n.layer, Conv2d) and n.layer.groups != 1]
    assert spatial
    for node in spatial:
        m, n, _ = nearest_divisors(int(node.channels))
        assert node.layer.attributes()["groups"] in (m, n)


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet50", "resnet20", "mobilenet", "mobilenetv2", "shufflenet-v1-g3"]
)
def test_odd_resolutions_stay_odd_and_drop_no_pixel(name: str) -> None:
    graph = ha.build(ha.preset(name).replace(padding="odd-resolution", input=(3, 255, 255)))
    for node in graph:
        window = node.layer.window
        if (
            window
            and window.stride == (2, 2)
            and not isinstance(node.layer, (MaxPool2d, AvgPool2d))
        ):
            size, made = node.input_shapes[0][1], node.shape[1]
            assert size % 2
            assert made == (size - 1) // 2


@pytest.mark.parametrize("family", sorted(families()))
def test_every_family_takes_an_input_and_classes_of_its_own(family: str) -> None:
    spec = ha.Spec(family=family)
    _, height, width = spec.input
    other = spec.replace(input=(1, height + 32, width + 40), classes=7)
    assert ha.build(other).output_shape == (7,)


def test_original_stride_places_cost_what_the_paper_says() -> None:
    ours = ha.analyze(ha.preset("resnet50").replace(stride_in="1x1"))
    assert ours.params == 25_557_032
    assert ours.macs == 3_857_973_248  # PyTorch's flop counter on the resnet50 of pytorchcv


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("henet", {}),
        ("mobilenet", {}),
        ("mobilenetv2", {}),
        ("resnet", {}),
        ("resnet", {"block": "basic"}),
        ("shufflenet-v1", {}),
    ],
)
def test_plans_are_the_sizes_of_the_network(family: str, values: dict[str, str]) -> None:
    spec = ha.Spec(family=family, padding="odd-resolution", **values)
    (found,) = plan(spec).axes
    for chain in found.chains:
        graph = ha.build(spec.replace(input=(3, chain.input, chain.input)))
        maps = [node.shape[1] for node in graph if len(node.shape) == 3 and node.shape[1] != 1]
        assert tuple(dict.fromkeys(maps)) == tuple(size for size in chain.sizes if size != 1)


@pytest.mark.parametrize(("family", "values"), [("xception", {}), ("resnet", {"stride_in": "1x1"})])
def test_networks_that_pad_otherwise_have_no_plan(family: str, values: dict[str, str]) -> None:
    with pytest.raises(RuleError, match=r"no plan for .* makes a map of"):
        plan(ha.Spec(family=family, padding="odd-resolution", **values))


def test_numbers_that_no_family_can_use_are_refused_at_once() -> None:
    huge = {"groups": "nearest-divisors", "stem": 8 * 10**11, "channels": (8, 8), "repeats": 1}
    refused: list[tuple[dict[str, object], str]] = [
        ({"family": "mobilenetv2", "expansions": 10**12 - 11, "strides": 1, **huge}, "above the"),
        ({"family": "densenet", "compression": 1e-4}, "leaves none of 256 maps"),
        ({"family": "resnet", "channels": (32, 8), "repeats": 1, "skip": "zeros"}, "zeros cannot"),
        ({"family": "shufflenet-v1", "width": 0.001}, "keeps|no quarter|cannot make"),
    ]
    for values, message in refused:
        with pytest.raises(HenetArchError, match=message) as caught:
            ha.build(ha.Spec(**values))
        assert caught.value.fix
