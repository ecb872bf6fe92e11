"""The networks of other papers: published counts, printed tables, and HENet's ideas in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from examples import examples
from henet_arch.rules.grouping import nearest_divisors
from henet_arch.rules.regnet import quantized
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks

import henet_arch as ha
from henet_arch.ir.layers import AvgPool2d, Conv2d, MaxPool2d
from henet_arch.papers.catalogue import Catalogue
from henet_arch.papers.published import Published
from henet_arch.papers.tables import read
from henet_arch.search.input_sizes import plan
from henet_arch.spec.families import families
from henet_arch.spec.files import dumps, parse
from henet_arch.support.errors import HenetArchError, RuleError, SpecError, UnknownNameError

PUBLISHED = {
    name: preset.params
    for family in families().values()
    for name, preset in family.presets.items()
    if preset.params
}
PRINTED = sorted({ha.preset(row["network"]).family for row in read("published.csv")})


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_of_the_reference(name: str) -> None:
    assert ha.analyze(name).params == PUBLISHED[name]


def test_the_counts_that_everybody_knows() -> None:
    known = {
        "alexnet-one-column": 61_100_840, "vgg16": 138_357_544, "resnet18": 11_689_512,
        "resnet50": 25_557_032, "resnet152": 60_192_808, "densenet121": 7_978_856,
        "mobilenetv2": 3_504_872, "mobilenet": 4_231_976, "xception": 22_855_952,
        "shufflenet-v1-g3": 1_865_728, "squeezenet1_0": 1_248_424, "shufflenetv2": 2_278_604,
        "mobilenetv3-large": 5_483_032, "efficientnet-b0": 5_288_548, "regnety-32gf": 145_046_770,
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
    assert features.gives_features
    soft = ha.build(spec.replace(features_only=False, softmax=True))
    assert [soft[name].layer.kind for name in soft.outputs] == ["softmax"] * len(plain.outputs)


def test_features_have_the_strides_that_necks_expect() -> None:
    report = ha.analyze(ha.preset("resnet50").replace(features_only=True))
    assert [output.stride for output in report.outputs] == [(s, s) for s in (2, 4, 8, 16, 32)]
    assert [output.shape[0] for output in report.outputs] == [64, 256, 512, 1024, 2048]
    report = ha.analyze(ha.Spec(features_only=True))
    assert [output.stride for output in report.outputs] == [(s, s) for s in (1, 2, 4, 8, 16)]


@pytest.mark.parametrize(
    "name",
    [
        "resnet18", "resnet50", "alexnet", "mobilenet", "mobilenetv2", "mobilenetv3-small",
        "efficientnet-lite0", "shufflenetv2", "regnetx-400mf",
    ],
)  # fmt: skip
def test_nearest_divisors_group_any_grouped_convolution(name: str) -> None:
    graph = ha.build(ha.preset(name).replace(groups="nearest-divisors"))
    spatial = [n for n in graph if isinstance(n.layer, Conv2d) and n.layer.groups != 1]
    assert spatial
    for node in spatial:
        m, n, _ = nearest_divisors(int(node.channels))
        assert node.layer.attributes()["groups"] in (m, n)


@pytest.mark.parametrize(
    "name",
    [
        "resnet18", "resnet50", "resnet20", "mobilenet", "mobilenetv2", "shufflenet-v1-g3",
        "mobilenetv3-small", "efficientnet-b0", "shufflenetv2", "regnety-200mf", "squeezenet1_1",
    ],
)  # fmt: skip
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
        ("mobilenetv3", {}),
        ("efficientnet", {}),
        ("regnet", {}),
        ("shufflenetv2", {}),
        ("squeezenet", {}),
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
    refused: list[tuple[dict[str, Any], str]] = [
        ({"family": "mobilenetv2", "expansions": 10**12 - 11, "strides": 1, **huge}, "above the"),
        ({"family": "densenet", "compression": 1e-4}, "leaves none of 256 maps"),
        ({"family": "resnet", "channels": (32, 8), "repeats": 1, "skip": "zeros"}, "zeros cannot"),
        ({"family": "shufflenet-v1", "width": 0.001}, "keeps|no quarter|cannot make"),
        ({"family": "shufflenetv2", "channels": (24, 25), "repeats": 1}, "equal halves"),
        ({"family": "squeezenet", "channels": (4, 8), "repeats": 1, "strides": 1}, "squeezed"),
        ({"family": "regnet", "channels": (8, 20, 24, 32)}, "8 channels do not divide 20"),
        ({"family": "regnet", "w_0": 8, "w_a": 1e12, "w_m": 2.0, "depth": 9}, "last width"),
    ]
    for values, message in refused:
        with pytest.raises(HenetArchError, match=message) as caught:
            ha.build(ha.Spec(**values))
        assert caught.value.fix


LINE = {"w_0": 24, "w_a": 24.48, "w_m": 2.54, "depth": 22, "group_width": 16}


@given(
    st.integers(1, 12), st.floats(0, 60), st.floats(1.2, 4), st.integers(1, 30), st.integers(1, 6)
)
def test_the_line_of_regnet_is_that_of_its_authors(
    start: int, slope: float, factor: float, depth: int, group: int
) -> None:
    """Widths are rounded to multiples of 8, and blocks of one width are one stage."""
    first = 8 * start
    line = first + slope * np.arange(depth)
    steps = np.round(np.log(line / first) / np.log(factor))
    widths, counts = np.unique(8 * np.round(first * factor**steps / 8), return_counts=True)
    if len(widths) < 2:
        with pytest.raises(SpecError, match="the line makes 1 stage"):
            quantized(first, slope, factor, depth, 8)
        return
    found = quantized(first, slope, factor, depth, 8)
    assert found == (tuple(map(int, widths)), tuple(map(int, counts)))


def test_the_line_of_regnet_is_its_stages() -> None:
    by_line = ha.Spec(family="regnet", **LINE)
    stages = {"channels": (32, 64, 160, 384), "repeats": (1, 2, 7, 12)}  # RegNet Figure 15
    assert {key: getattr(by_line, key) for key in stages} == stages
    assert ha.Spec(family="regnet", **LINE, **stages) == by_line
    each = ha.Spec(family="regnet", group_width=16, **stages)
    assert ha.analyze(each).params == ha.analyze(by_line).params == 5_157_512
    slower = by_line.replace(w_a=12.0)
    assert slower.broadcast("repeats") == (2, 5, 12, 3)
    assert parse(dumps(by_line), "toml").replace(w_a=12.0) == slower
    for values in (LINE | {"depth": 1}, LINE | {"w_a": 0.5, "w_m": 1.0001, "depth": 20_000}):
        with pytest.raises(SpecError, match="the line makes"):
            ha.Spec(family="regnet", **values)


def test_nothing_is_added_where_a_block_strides() -> None:
    """At one place every shape agrees; torchvision's blocks ask the stride first."""
    small = ha.build(ha.preset("mobilenetv3-small").replace(input=(3, 2, 2)))
    assert small["stage1.block1.conv2"].layer.attributes()["stride"] == (2, 2)
    assert "stage1.block1.add" not in small.positions


def test_a_multiplier_is_the_decimal_that_is_written() -> None:
    """0.29 times 200 is 58, and 57.99 in binary."""
    spec = ha.preset("mobilenet").replace(width=0.29, channels=(100, 200, 300, 400, 500))
    assert ha.build(spec)["stage2.block1.conv2"].shape[0] == 58


def test_stages_of_regnet_are_instead_of_its_line() -> None:
    shorter = ha.Spec(family="regnet", **LINE).replace(repeats=(1, 1, 1, 1))
    values = shorter.model_dump()
    assert values["channels"] == (32, 64, 160, 384)
    assert {values[key] for key in ("w_0", "w_a", "w_m", "depth")} == {None}
    refused: list[tuple[dict[str, Any], str]] = [
        ({**LINE, "channels": (32, 64, 160, 392)}, r"channels are \[32, 64, 160, 384\] by w_0"),
        ({"w_0": 24}, "w_a, w_m, depth is missing"),
    ]
    for keys, message in refused:
        with pytest.raises(SpecError, match=message) as caught:
            ha.Spec(family="regnet", **keys)
        assert caught.value.fix


def test_the_last_expansion_of_a_stage_holds_for_further_blocks() -> None:
    large = ha.preset("mobilenetv3-large").replace(repeats=(1, 2, 3, 6, 2, 3))
    graph = ha.build(large)
    middles = [graph[f"stage4.block{block}.conv1"].channels for block in range(1, 7)]
    assert middles == [240, 200, 184, 184, 184, 184]  # MobileNetV3 Table 1, exp size


def test_a_squeeze_of_0_leaves_the_factors_out() -> None:
    plain = ha.preset("efficientnet-b0").replace(squeeze=0)
    kinds = [node.layer.kind for node in ha.build(plain)]
    assert "multiply" not in kinds
    assert kinds.count("silu") == 49 - 16  # of which 16 are in the squeezes
