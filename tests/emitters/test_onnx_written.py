"""The files that a user writes as ONNX: weights beside them, what they say, the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
np = pytest.importorskip("numpy")

from cli.run import run as command  # noqa: E402
from emitted_onnx import comparable, images_of, model_of, run, written  # noqa: E402
from every_kind import L, Net, everything  # noqa: E402
from henet_arch.emitters import Emitted  # noqa: E402
from henet_arch.emitters.onnx import Onnx  # noqa: E402
from opaque import mixed  # noqa: E402

import henet_arch as ha  # noqa: E402
from henet_arch.ir.model import Model, Preprocessing  # noqa: E402
from henet_arch.support.errors import EmitError, FileError, LimitError  # noqa: E402

SPEC = ha.Spec(name="a-net", channels=(4, 8), repeats=1, input=(3, 15, 15), classes=3)


def _saved(model: Model, path: Path, **options: Any) -> Path:
    target = Onnx(**options)
    Emitted(target, target.emit(model)).save(path)
    return path


class TestExternal:
    def test_the_small_file_refers_to_what_load_and_pytorch_read(self, tmp_path: Path) -> None:
        from safetensors.torch import load_file

        model = model_of(ha.build(SPEC))
        path = _saved(model, tmp_path / "other name.onnx", external=True)
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "other name.onnx", "other name.safetensors",
        ]  # fmt: skip
        onnx.checker.check_model(str(path), full_check=True)
        beside, weights = path.with_suffix(".safetensors"), model.weights or {}
        tensors = load_file(beside)
        for back in (ha.load(path), ha.load(beside)):
            assert comparable(back.graph) == comparable(model.graph)
            for key, values in weights.items():
                assert np.array_equal((back.weights or {})[key], values)
                assert np.array_equal(tensors[key].numpy(), values)
        proto = onnx.load(path, load_external_data=False)
        inside = [each.name for each in proto.graph.initializer if each.raw_data]
        assert not set(inside) & set(weights)

    def test_runtimes_read_it(self, tmp_path: Path) -> None:
        openvino: Any = pytest.importorskip("openvino")
        model = model_of(ha.build(SPEC))
        path = _saved(model, tmp_path / "net.onnx", external=True)
        images = images_of(model.graph, batch=1)
        wanted = run(written(model), images)[0]
        assert np.array_equal(run(str(path), images)[0], wanted)
        compiled = openvino.Core().compile_model(
            str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )
        np.testing.assert_allclose(
            next(iter(compiled(images).values())), wanted, rtol=1e-4, atol=1e-5
        )

    def test_shapes_and_types_of_layers_are_kept(self, tmp_path: Path) -> None:
        """Scales and slopes along channels are the same bytes in another shape."""
        model = model_of(everything())
        path = _saved(model, tmp_path / "net.onnx", external=True)
        images = images_of(model.graph)
        for one, other in zip(run(str(path), images), run(written(model), images), strict=True):
            assert np.array_equal(one, other)

    def test_the_data_of_the_source_are_not_overwritten(self, tmp_path: Path) -> None:
        path = _saved(model_of(ha.build(SPEC)), tmp_path / "net.onnx", external=True)
        before = (tmp_path / "net.safetensors").read_bytes()
        for other in ("net.py", "other.py"):
            code = 2 if other == "net.py" else 0
            ended = command("emit", str(path), "--output", str(tmp_path / other))
            assert ended.code == code, ended.err
        assert (tmp_path / "net.safetensors").read_bytes() == before
        assert not (tmp_path / "net.py").exists()

    def test_a_file_that_cannot_be_replaced_keeps_its_data(self, tmp_path: Path) -> None:
        path = _saved(model_of(ha.build(SPEC)), tmp_path / "net.onnx", external=True)
        before = (tmp_path / "net.safetensors").read_bytes()
        path.unlink()
        path.mkdir()
        with pytest.raises(FileError):
            _saved(model_of(ha.build(SPEC), seed=1), path, external=True)
        assert (tmp_path / "net.safetensors").read_bytes() == before

    def test_names_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(EmitError, match="is no text"):
            _saved(model_of(ha.build(SPEC)), tmp_path / "a\udcff.onnx", external=True)
        assert not list(tmp_path.iterdir())


class TestSize:
    """Nothing is drawn or read before its size is known."""

    def test_more_than_a_file_holds(self) -> None:
        net = Net("wide")
        net.put(L.Linear(30_000, 20_000), net.put(L.Input((30_000,))))
        with pytest.raises(EmitError, match="do not fit into one ONNX file") as error:
            ha.emit(net.finish(), "onnx")
        assert error.value.fix.startswith("external=true")
        net.put(L.Linear(20_000, 10**9), net["layer1"])
        with pytest.raises(LimitError, match="bytes are more than"):
            ha.emit(net.finish(), "onnx", external=True)


class TestRefusals:
    def test_an_operator_that_no_kind_describes(self) -> None:
        graph = mixed()
        with pytest.raises(EmitError) as error:
            ha.emit(graph, "onnx")
        assert "computes is not known, and cannot be emitted" in error.value.what
        assert error.value.where in graph
        assert error.value.fix.startswith("a network without it")

    def test_sizes_that_are_symbols(self) -> None:
        import sympy

        size = sympy.Symbol("H", integer=True, positive=True)
        from henet_arch.ir.transform import with_input

        graph = with_input(ha.build(SPEC), (3, size, 15))
        with pytest.raises(EmitError, match="is a symbol, and ONNX needs numbers"):
            ha.emit(graph, "onnx")

    def test_windows_that_no_table_holds(self) -> None:
        net = Net("long")
        net.put(L.AdaptiveMaxPool2d((9_999, 1)), net.put(L.Input((1, 99_999, 1))))
        with pytest.raises(LimitError, match="9,999 windows over 99,999 elements"):
            ha.emit(net.finish(), "onnx")

    def test_weights_that_are_missing_or_not_finite(self) -> None:
        graph = ha.build(SPEC)
        with pytest.raises(EmitError, match="has no weights"):
            Onnx().emit(ha.load(graph))
        model = model_of(graph)
        weights: Any = model.weights
        weights["head.fc.bias"][1] = np.inf
        for external in (False, True):
            with pytest.raises(EmitError, match=r"head\.fc\.bias has values that are no finite"):
                Onnx(external=external).emit(model)
        with pytest.raises(EmitError, match="init has no effect: the model has weights"):
            Onnx(init="kaiming").emit(model)


HOSTILE = ("", "a\nb", "'quoted' \"twice\"", "{0: 'x'}", "\u2192 \U0001f600", "\\", "\x00", "]")


class TestMetadata:
    def _model(self) -> Model:
        pixels = Preprocessing((103.94, 116.78, 123.68), (58.0, 57.5, 1 / 3), "BGR")
        graph = ha.build(SPEC)
        return Model(
            graph, SPEC, model_of(graph).weights, "digits", None, pixels, (*HOSTILE, "last")
        )

    def test_what_is_known_comes_back(self, tmp_path: Path) -> None:
        model = self._model()
        for options in ({}, {"external": True}, {"fold": True}):
            back = ha.load(_saved(model, tmp_path / "net.onnx", **options))
            assert back.preprocessing == model.preprocessing
            assert back.class_names == model.class_names
            assert back.trained_on == "digits"

    def test_it_is_there_for_others(self) -> None:
        proto = written(self._model())
        entries = {entry.key: entry.value for entry in proto.metadata_props}
        report = ha.analyze(SPEC)
        assert entries["params"] == str(report.params)
        assert entries["macs"] == str(report.macs)
        assert json.loads(entries["preprocessing"])["channel_order"] == "BGR"
        assert json.loads(entries["class_names"]) == [*HOSTILE, "last"]
        record = json.loads(entries["henet_arch"])
        assert record["spec"]["name"] == "a-net"
        assert ha.from_json(json.dumps(record["graph"])) == ha.build(SPEC)
        assert (proto.producer_name, proto.producer_version) == ("henet-arch", ha.__version__)
        assert proto.graph.name == "a-net"
        assert f"{report.params:,} parameters" in proto.doc_string

    def test_the_record_is_not_what_is_read(self, tmp_path: Path) -> None:
        """The layers are those of the operators, whatever the file says besides."""
        model = self._model()
        proto = written(model)
        for entry in proto.metadata_props:
            entry.value = "{}"
        (tmp_path / "net.onnx").write_bytes(proto.SerializeToString())
        assert comparable(ha.load(tmp_path / "net.onnx").graph) == comparable(model.graph)

    def test_nothing_is_said_of_what_is_not_known(self) -> None:
        keys = {entry.key for entry in written(model_of(ha.build(SPEC))).metadata_props}
        assert keys == {"params", "macs", "henet_arch"}


class TestCommand:
    def test_a_file(self, tmp_path: Path) -> None:
        assert command("emit", "lenet5", "-o", "net.onnx") == (0, "", "wrote net.onnx\n")
        onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
        assert comparable(ha.load("net.onnx").graph) == comparable(ha.build("lenet5"))
        assert command("diff", "lenet5", "net.onnx").out.startswith("lenet5 and lenet5 are equal")

    def test_options(self, tmp_path: Path) -> None:
        words = "--option external --option opset=17 --option fold=true --option batch=2"
        outcome = command("emit", "henet-r2", "-o", "net.onnx", *words.split())
        assert outcome[:2] == (0, "")
        assert outcome[2].startswith("wrote net.onnx")
        assert {path.name for path in tmp_path.iterdir()} == {"net.onnx", "net.safetensors"}
        proto = onnx.load("net.onnx", load_external_data=False)
        assert proto.opset_import[0].version == 17
        assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 2
        assert "BatchNormalization" not in {node.op_type for node in proto.graph.node}

    @pytest.mark.parametrize(
        ("option", "code", "said"),
        [
            ("opset", 2, "'opset' is not NAME=VALUE"),
            ("opset=x", 2, "'x' is no value of opset"),
            ("opset=12", 2, "opset 12 is below 13"),
            ("opset=999", 3, "opset 999 is above"),
            ("batch=0", 2, "batch=0 is no number of images"),
            ("external=3", 2, "'3' is no value of external"),
            ("extern", 2, "unknown option of target onnx 'extern'; did you mean external?"),
        ],
    )
    def test_options_that_cannot_be(
        self, option: str, code: int, said: str, tmp_path: Path
    ) -> None:
        outcome = command("emit", "lenet5", "-o", "net.onnx", "--option", option)
        assert (outcome.code, outcome.out) == (code, "")
        assert said in " ".join(outcome.err.split())
        assert not list(tmp_path.iterdir())

    def test_trained_weights(self, tmp_path: Path) -> None:
        ha.save(SPEC, "net.toml")
        model = model_of(ha.build(SPEC))
        _saved(model, tmp_path / "given.onnx", external=True)
        words = ("--weights", "given.safetensors", "-o", "net.onnx")
        assert command("emit", "net.toml", *words)[:2] == (0, "")
        back: Any = ha.load("net.onnx").weights
        for key, values in (model.weights or {}).items():
            assert np.array_equal(back[key], values)

    def test_verification(self, tmp_path: Path) -> None:
        ha.save(SPEC, "net.toml")
        outcome = command("verify", "net.toml", "--target", "onnx")
        assert outcome.code == 0
        assert "the checker of ONNX" in outcome.out
        assert "is the network that was analyzed" in outcome.out
        assert command("emit", "net.toml", "-o", "net.onnx").code == 0
        outcome = command("verify", "net.onnx", "--target", "onnx")
        assert outcome.code == 0
        assert "the original: head.fc, difference" in outcome.out

    def test_verification_finds_what_is_wrong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from henet_arch.emitters.onnx import rows

        monkeypatch.setitem(rows.ROWS, "relu", rows.ROWS["abs"])
        verification = ha.verify(SPEC, "onnx")
        assert [check.name for check in verification.checks if not check.holds] == [
            "head.fc, difference"
        ]

        def narrow(at: Any) -> None:
            at.op("GlobalAveragePool", at.x)

        monkeypatch.setitem(rows.ROWS, "relu", narrow)
        wrong = [check for check in ha.verify(SPEC, "onnx").checks if not check.holds]
        assert [check.name for check in wrong] == ["the checker of ONNX", "layer output shapes"]
        assert "stem.relu is 4x1x1, and not 4x15x15" in wrong[1].differences


def test_no_command_that_writes_onnx_loads_pytorch(tmp_path: Path) -> None:
    ha.save(SPEC, tmp_path / "net.toml")
    lines = ("emit net.toml -o a.onnx", "emit net.toml -o b.onnx --option external",
             "emit net.toml -o c.onnx --weights b.safetensors --option fold",
             "analyze a.onnx", "emit a.onnx -o d.onnx")  # fmt: skip
    script = (
        "import sys\n"
        "from henet_arch.cli import main\n"
        f"for line in {lines!r}:\n"
        "    sys.argv = ['henet-arch', *line.split()]\n"
        "    try: main()\n    except SystemExit as end: assert not end.code, line\n"
        "print([name for name in ('torch', 'sympy', 'onnxruntime') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.stdout.splitlines()[-1] == "[]", ended.stderr
    assert {path.name for path in tmp_path.glob("*.onnx")} == {
        "a.onnx", "b.onnx", "c.onnx", "d.onnx",
    }  # fmt: skip
