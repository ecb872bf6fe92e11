"""The layers that a network has when it is used, from a file for any phase and age."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...support.errors import FileError
from .layer_types import todays
from .message import Field, Message, Word, as_int, as_message, as_word, place

NEAR = 0.9
"""How alike two names of types or of a layer's fields are, where one is taken for a slip."""
_NEAR_OUTSIDE = 0.8
"""The same of fields outside layers, of which forks have no others."""
_PHASES = {"TRAIN": 0, "TEST": 1}
_NET_FIELDS = (
    "name", "input", "input_shape", "input_dim", "force_backward", "state", "debug_info", "layer",
    "layers",
)  # fmt: skip
_LAYER_FIELDS = (
    "name", "type", "bottom", "top", "phase", "loss_weight", "param", "blobs", "propagate_down",
    "include", "exclude", "blobs_lr", "weight_decay", "blob_share_mode", "transform_param",
    "loss_param", "convolution_param", "pooling_param", "inner_product_param", "eltwise_param",
    "concat_param", "scale_param", "batch_norm_param", "input_param", "data_param", "relu_param",
    "power_param", "exp_param", "log_param", "elu_param", "prelu_param", "slice_param",
    "reshape_param", "flatten_param", "softmax_param", "dropout_param", "lrn_param", "crop_param",
    "mvn_param", "permute_param", "bias_param", "tile_param", "interp_param", "upsample_param",
    "shuffle_channel_param", "image_data_param", "memory_data_param", "dummy_data_param",
    "hdf5_data_param", "window_data_param", "argmax_param", "accuracy_param", "reduction_param",
    "spp_param", "norm_param", "prior_box_param", "detection_output_param", "clip_param",
    "swish_param", "embed_param", "reorg_param", "python_param", "tanh_param", "sigmoid_param",
    "threshold_param", "hinge_loss_param", "infogain_loss_param", "contrastive_loss_param",
    "annotated_data_param", "multibox_loss_param", "detection_evaluate_param", "parameter_param",
    "recurrent_param", "hdf5_output_param", "quantization_param",
)  # fmt: skip
_SOLVER = ("net", "train_net", "test_net", "base_lr", "max_iter")


@dataclass(frozen=True)
class LayerEntry:
    """A layer as the file has it."""

    name: str
    kind: str
    """Its type by today's names."""
    bottoms: tuple[str, ...]
    """The blobs that it reads."""
    tops: tuple[str, ...]
    """The blobs that it gives; one that it reads too is changed in place."""
    settings: Message
    parameters: tuple[str, ...]
    """The names of its parameters, by which layers share them; "" for one without."""
    line: int

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"layer {self.name[:99]!r} ({self.kind[:99]})"

    @property
    def place(self) -> str:
        """Where it stands, and what it is called."""
        return f"{place(self.line)}, {self.title}" if self.line else self.title


@dataclass(frozen=True)
class InputEntry:
    """An input that the network itself names, with its sizes; the batch is the first of them."""

    name: str
    dims: tuple[int, ...] | None
    line: int


@dataclass(frozen=True)
class Network:
    """What a file holds."""

    name: str
    inputs: tuple[InputEntry, ...]
    layers: tuple[LayerEntry, ...]
    """Those at TEST, in the file's order."""
    left_out: tuple[LayerEntry, ...]
    """Those of other phases alone."""


def read_network(whole: Message) -> Network:
    """The network that the fields of a file describe.

    Raises:
        FileError: they describe none.
    """
    whole.check(_NET_FIELDS, _NEAR_OUTSIDE)
    entries = [_entry(field) for field in whole.fields if field.name in ("layer", "layers")]
    if not entries:
        raise _no_network(whole)
    state = whole.message("state")
    used = [_is_used(entry, state) for entry in entries]
    return Network(
        whole.text("name"),
        tuple(_inputs(whole)),
        tuple(entry for entry, is_used in zip(entries, used, strict=True) if is_used),
        tuple(entry for entry, is_used in zip(entries, used, strict=True) if not is_used),
    )


def _no_network(whole: Message) -> FileError:
    if any(whole.has(name) for name in _SOLVER):
        nets = [
            f.value.text for n in _SOLVER[:3] for f in whole.all(n) if isinstance(f.value, Word)
        ]
        return FileError(
            "it holds a solver and no network", fix=f"the network's file {(nets or ['net'])[0]:.99}"
        )
    return FileError(
        "it holds no network",
        why="there is no layer { ... } in it",
        fix="the prototxt of a network",
    )


def _entry(field: Field) -> LayerEntry:
    message = as_message(field)
    if message.has("layer"):
        raise FileError(
            "a layer inside layers is of Caffe's oldest format, which is not read",
            where=place(field.line),
            fix="Caffe's tool upgrade_net_proto_text",
        )
    message.check(_LAYER_FIELDS, NEAR)
    name, kind = message.text("name"), message.one("type")
    if kind is None:
        raise FileError(f"layer {name[:99]!r} has no type", where=place(field.line))
    return LayerEntry(
        name,
        todays(as_word(kind)),
        tuple(message.texts("bottom")),
        tuple(message.texts("top")),
        message,
        tuple(map(_parameter, message.all("param"))),
        field.line,
    )


def _parameter(field: Field) -> str:
    """The name of a parameter; `layers` have nothing else of it."""
    return field.value.text("name") if isinstance(field.value, Message) else as_word(field)


def _is_used(entry: LayerEntry, state: Message) -> bool:
    include, exclude = (entry.settings.messages(name) for name in ("include", "exclude"))
    if include and exclude:
        raise FileError("a layer has rules to include and to exclude it", where=entry.place)
    if include:
        return any(_meets(rule, state) for rule in include)
    return not any(_meets(rule, state) for rule in exclude)


def _meets(rule: Message, state: Message) -> bool:
    """Whether the network's state, at TEST, meets a rule."""
    level, stages = state.whole("level", 0), state.texts("stage")
    return (
        rule.enum("phase", _PHASES, "TEST") == "TEST"
        and rule.whole("min_level", level) <= level <= rule.whole("max_level", level)
        and all(stage in stages for stage in rule.texts("stage"))
        and not any(stage in stages for stage in rule.texts("not_stage"))
    )


def _inputs(whole: Message) -> Iterator[InputEntry]:
    names = whole.all("input")
    shapes = [dims_of(shape) for shape in whole.messages("input_shape")]
    sizes = whole.all("input_dim")
    if not shapes and sizes:
        if len(sizes) != 4 * len(names):
            raise FileError(
                f"{len(sizes)} input_dim for {len(names)} inputs",
                where=place(sizes[0].line),
                why="each input has four: images, channels, height, width",
            )
        shapes = [tuple(map(as_int, sizes[i : i + 4])) for i in range(0, len(sizes), 4)]
    if shapes and len(shapes) != len(names):
        raise FileError(
            f"{len(shapes)} input_shape for {len(names)} inputs",
            where=place(whole.all("input_shape")[0].line),
        )
    for index, field in enumerate(names):
        dims = shapes[index] if shapes else None
        yield InputEntry(as_word(field), dims, field.line)


def dims_of(shape: Message) -> tuple[int, ...]:
    """The sizes of a shape.

    Raises:
        FileError: one is no whole number.
    """
    return tuple(shape.wholes("dim"))
