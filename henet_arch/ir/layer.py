"""What a layer is: a frozen value that states facts about itself.

A kind of layer is one decorated class in `layers.py`. Analyses sum or propagate the facts and
never ask for the kind; emitters keep a table from kind to text in their own file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Self, TypeVar, dataclass_transform

from ..support.errors import LayerError, nearest
from .attributes import CHECKS, Check
from .dims import Dim, Shape, Sides, Window

L = TypeVar("L", bound="Layer")
KINDS: dict[str, type[Layer]] = {}


class Ops(NamedTuple):
    """Elementary operations on one image, each counted by itself and never blended.

    `mac` is a multiplication together with the addition of its product to a sum.
    """

    mac: Dim = 0
    add: Dim = 0
    mul: Dim = 0
    div: Dim = 0
    sqrt: Dim = 0
    compare: Dim = 0
    exp: Dim = 0
    pow: Dim = 0
    tanh: Dim = 0
    erf: Dim = 0
    log: Dim = 0

    def __add__(self, other: Ops) -> Ops:  # type: ignore[override]
        return Ops.sum((self, other))

    @staticmethod
    def sum(items: Iterable[Ops]) -> Ops:
        """All operations of `items`, component by component."""
        return Ops(*map(sum, zip(NO_OPS, *items, strict=True)))

    def to_dict(self) -> dict[str, Dim]:
        """The operations that occur at all."""
        return {name: count for name, count in self._asdict().items() if count}


NO_OPS = Ops()


class Layer:
    """The facts of a layer, with defaults for one that changes nothing.

    Shapes are without the batch: `(C, H, W) -> (C', H', W')`.
    """

    __slots__ = ()
    kind: str
    """Its name in JSON and tables."""
    in_place: ClassVar[bool] = False
    """Whether the output can take the place of an input of the same size in memory."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """The smallest and largest number of inputs; None for no bound."""
    rare: ClassVar[tuple[str, ...]] = ()
    """Attributes that reports and JSON leave out where they have their default."""
    structure_known: ClassVar[bool] = True
    """Whether `reads` and `places` say what the output depends on."""
    symmetric: ClassVar[bool] = False
    """Whether the inputs can change places."""
    ordered: ClassVar[bool] = False
    """Whether the output depends on which of the channels that it reads stands first."""
    input_first: ClassVar[bool] = False
    """Whether the first axis of its weight is the input's channels, and the second the output's."""
    _checks: ClassVar[tuple[tuple[str, Check], ...]] = ()

    def __post_init__(self) -> None:
        """Hold each attribute as it should be.

        Raises:
            LayerError: an attribute has a value that no such layer can have.
        """
        try:
            for name, check in self._checks:
                value = getattr(self, name)
                checked = check(name, value)
                if checked is not value:
                    object.__setattr__(self, name, checked)
            self.check()
        except LayerError as error:
            error.where = error.where or f"a {self.kind} layer"
            raise

    def check(self) -> None:
        """Look at attributes together, each of which is sound by itself.

        Raises:
            LayerError: they do not go together.
        """

    @classmethod
    def of(cls, kind: str, attributes: Mapping[str, Any]) -> Self:
        """The layer of the kind `kind`, which is this class's, with `attributes`.

        Raises:
            LayerError: an attribute is missing, unknown, or has no such value.
        """
        options = {f.name: f.default is MISSING for f in fields(cls)}  # type: ignore[arg-type]
        check_names(kind, attributes, options)
        if missing := [
            name for name, needed in options.items() if needed and name not in attributes
        ]:
            raise LayerError(f"{missing[0]} is missing", where=f"a {kind} layer")
        return cls(**attributes)

    def infer(self, *inputs: Shape) -> Shape:
        """The output's shape.

        Raises:
            ShapeError: the layer does not fit the inputs.
        """
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        """Trained tensors by name, in PyTorch's layout."""
        return {}

    def buffers(self) -> dict[str, Shape]:
        """Tensors that inference needs and training does not learn by gradient."""
        return {}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        """Elementary operations of one forward pass for one image."""
        return NO_OPS

    @property
    def window(self) -> Window | None:
        """What the layer slides over its input, if it slides."""
        return None

    @property
    def sides(self) -> Sides | None:
        """The zeros above, below, left and right of the input, where they differ by side."""
        window = self.window
        return window.padding if window and len(window.padding) == 4 else None

    @property
    def form(self) -> Hashable:
        """What tells apart layers of one kind that code cannot write as one, with parameters."""
        return self.sides

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        """For each input, the channels on which channel `channel` of the output depends."""
        return tuple(range(channel, channel + 1) for _ in inputs)

    def places(self, place: int, axis: int, before: int, after: int) -> range | None:
        """The rows (axis 0) or columns (1) of the inputs on which one of the output depends.

        None where `window` says it: without one, the same row, or the whole map where the sizes
        `before` and `after` differ.
        """
        return None

    def spacing(self, axis: int, before: Dim, after: Dim) -> Dim | Fraction:
        """How many rows (axis 0) or columns (1) of the input lie between two of the output.

        2 for a stride of 2, 1/2 where a map is doubled.
        """
        window = self.window
        return window.stride[axis] if window else 1

    @property
    def cost_known(self) -> bool:
        """Whether `ops` is all that the layer computes."""
        return True

    @property
    def never_negative(self) -> bool:
        """Whether no element of the output is below 0, whatever the inputs are."""
        return False

    @property
    def keeps_positive(self) -> bool:
        """Whether it gives what it reads where that is not below 0."""
        return False

    @property
    def keeps_sign(self) -> bool:
        """Whether nothing of the output is below 0 where nothing of the inputs is."""
        return not (self.weights() or self.buffers())

    def pixels(self, inputs: tuple[Shape, ...]) -> int:
        """How many neighbouring channels of the output are pixels of one channel of the input."""
        return 1

    def simplest(self, inputs: tuple[Shape, ...]) -> Layer:
        """The layer, or a simpler one that does the same with inputs of these shapes."""
        return self

    def ungrouped(self) -> Layer:
        """The same layer with all channels in one group."""
        return self

    def attributes(self) -> dict[str, Any]:
        """The layer's own settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def usual(cls) -> dict[str, Any]:
        """The defaults of the `rare` attributes."""
        return {f.name: f.default for f in fields(cls) if f.name in cls.rare}  # type: ignore[arg-type]

    def notable(self) -> dict[str, Any]:
        """The attributes but the `rare` ones that have their defaults."""
        usual = self.usual() if self.rare else {}
        return {k: v for k, v in self.attributes().items() if k not in usual or v != usual[k]}


def check_names(kind: str, attributes: Iterable[str], names: Collection[str]) -> None:
    """Refuse attributes that a layer of this kind does not have.

    Raises:
        LayerError: there is one.
    """
    for name in attributes:
        if name not in names:
            raise LayerError(
                f"{name!r:.99} is no attribute", where=f"a {kind} layer", fix=nearest(name, names)
            )


@dataclass_transform(frozen_default=True)
def kind(*names: str) -> Callable[[type[L]], type[L]]:
    """Make a class a frozen dataclass and enter it as the layer kind of that name.

    A class of several kinds says itself, in `kind`, which one a layer is.
    """

    def enter(cls: type[L]) -> type[L]:
        if len(names) == 1:
            cls.kind = names[0]
        layer_class = dataclass(frozen=True, slots=True)(cls)
        annotated = ((f.name, CHECKS.get(f.type)) for f in fields(layer_class))  # type: ignore[arg-type]
        layer_class._checks = tuple((name, check) for name, check in annotated if check)
        for name in names:
            if name in KINDS:
                raise ValueError(f"two layer kinds are named {name!r}")
            KINDS[name] = layer_class
        return layer_class

    return enter
