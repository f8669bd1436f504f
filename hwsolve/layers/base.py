"""What every layer has: sizes and shapes, parameters, and the record that a spec's layer is read into.

A shape has no batch axis and stands channels first: `(C, H, W)`.  A size is an int, or a formula where the spec has
names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Call, Formula
from hwsolve.language import Message, say
from hwsolve.layers.cost import NOT_COUNTED, ByFormulas, NotCounted, Nothing, Operations
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.own_symbols import NO_SYMBOLS, Symbols
from hwsolve.layers.parameter import ABSENT, Parameter, ParameterSpec
from hwsolve.layers.products import summed
from hwsolve.layers.sizes import Size as Size
from hwsolve.layers.sizes import floor_quotient as floor_quotient
from hwsolve.layers.sizes import is_whole as is_whole
from hwsolve.layers.sizes import product as product
from hwsolve.layers.sizes import quotient as quotient
from hwsolve.layers.sizes import simplified as simplified
from hwsolve.layers.sizes import total as total
from hwsolve.layers.stated_size import stated_text
from hwsolve.spec.amounts import negative
from hwsolve.spec.fields import Flag, RecordField, Word

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder

Shape = tuple[Size, ...]


class ShapeError(Exception):
    """A layer cannot take the shape it is given; `field` names the setting at fault, None for the layer itself."""

    def __init__(self, message: Message, field: str | None = None, hint: Message | None = None):
        super().__init__(message)
        self.message, self.field, self.hint = message, field, hint


class NotComputed(Exception):
    """A layer, or a setting of it, that has no operation yet; `layer` is its path."""

    layer = ""

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message


class NotWritten(NotComputed):
    """A layer whose formulas over sizes are not written out; the message is the reason, as a clause."""


class StatedMap(tuple[Size, ...]):
    """A map whose sides are unknown: its channels, and how many values it holds in all where that is stated."""

    features: Size | None

    def __new__(cls, channels: Size, features: Size | None) -> StatedMap:
        """The shape `(channels, …)` holding `features` values."""
        self = super().__new__(cls, (channels,))
        self.features = features
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatedMap) and self[0] == other[0] and self.features == other.features

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self[0], self.features))


def values_in(shape: Shape) -> Size | None:
    """How many values a shape holds; None where its sides are unknown and no number is stated."""
    return shape.features if isinstance(shape, StatedMap) else product(shape)


def size_text(size: Size | None) -> str:
    """A size as a reader sees it: `40,000`, `2*n`, `?`."""
    if size is None:
        return "?"
    if isinstance(size, int):
        return f"{size:,}"
    from hwsolve.formula.notation import unicode

    return unicode(size)


def shape_text(shape: Shape) -> Message | str:
    """A shape as a reader sees it: `64 × 112 × 112`; of a stated map what it holds, as its sides are unknown."""
    if isinstance(shape, StatedMap):
        return stated_text(size_text(shape[0]), None if shape.features is None else size_text(shape.features))
    if len(shape) <= 1:
        return size_text(shape[0]) if shape else "1"
    return " × ".join([factor_text(s) for s in shape])


def is_sum(size: Size) -> bool:
    """Whether a size needs parentheses as a factor."""
    return type(size) is Call and size.name in ("+", "-")


def factor_text(size: Size) -> str:
    """A size before a multiplication sign."""
    return f"({size_text(size)})" if is_sum(size) else size_text(size)


def product_text(shape: Shape) -> str:
    """The product of a shape as a formula text: `4*n*6`."""
    from hwsolve.formula.notation import plain

    return "*".join(f"({plain(s)})" if isinstance(s, Formula) else str(s) for s in shape) or "1"


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of a network.  Subclasses state the term, its equations and its source."""

    name: Word | None = None
    trainable: Flag = True
    symbols: Annotated[Symbols, RecordField(Symbols)] = NO_SYMBOLS
    framework: str = "torch"  # whose conventions hold for what a spec leaves open: torch or keras

    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS  # of the arguments, in a line each
    # what conventions go by: convolution, pooling, dense, attention, activation, normalization, view, other
    CATEGORY: ClassVar[str] = "other"
    # for a loss behind it: numbers, activations, [log] probabilities, [log] distribution; "" where nothing is known
    GIVES: ClassVar[str] = ""
    EQUATION: ClassVar[str] = ""  # what comes out, as a reader sees it, where no operation says it
    COUNTS: ClassVar[dict[str, str]] = {}  # per parameter the names of `sizes` whose product is its count: in*out
    MACS: ClassVar[str | Nothing | NotCounted] = NOT_COUNTED  # multiply-adds forward as a formula over `sizes`
    MULTIPLIES: ClassVar[Message | None] = None  # what they are, in words, of a layer that has any
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = NOT_COUNTED  # of each phase, over `cost_sizes`

    QUANTITIES: ClassVar[dict[str, Any]] = {}  # what its quantities are called, by their usual letters
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {}  # settings that say what comes in: by which port, on which axis
    HINTS: ClassVar[dict[str, Message]] = {
        "dtype": say("`{form}` says what a number takes.", form="count: {dtype: float16}"),
        "device": say("There is no device here; leave it out."),
    }

    INPUTS: ClassVar[tuple[str, ...]] = ("x",)  # the ports through which quantities come in
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y",)

    def ports(self) -> tuple[str, ...]:
        """The ports of this layer; none where it reads nothing, as a parameter that stands by itself."""
        return self.INPUTS

    def among(self, known: Callable[[str], bool], whole: Callable[[str], int | None]) -> Layer:
        """The layer where these quantities are known, of some of which `whole` says the number."""
        return self

    def wired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The quantities that it reads and gives by its own words, as a formula does."""
        return (), ()

    def wired_at(self) -> dict[int, tuple[str, Shape]]:
        """Where in its settings such a quantity stands, and the shape that it needs, by its number from 1."""
        return {}

    # A method that takes shapes takes one for each of its ports, in their order; a layer names them as it likes.

    def output(self, *shapes: Any, **_: Any) -> Shape:
        """The shape that comes out; elementwise layers keep that of their input."""
        kept: Shape = shapes[0]
        return kept

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        """The shapes of OUTPUTS, for a layer with several."""
        return (self.output(*shapes),)

    def parameters(self, *shapes: Any, **_: Any) -> dict[str, Parameter]:
        """The parameters that this layer owns, by name; buffers too.  See `owned`."""
        return {}

    def buffers(self, *shapes: Shape) -> dict[str, Shape]:
        """The shapes of what is kept beside the parameters and not learned, by name."""
        kept = ("buffer", "statistic")
        return {name: p.shape for name, p in self.parameters(*shapes).items() if p.role in kept}

    def learns(self, p: Parameter) -> bool:
        """Whether one of its parameters is trained."""
        return p.counted and self.trainable and p.spec.trainable

    def learned(self, *shapes: Shape) -> list[str]:
        """The names of the parameters that are trained."""
        return [name for name, p in self.parameters(*shapes).items() if self.learns(p)]

    def sizes(self, *shapes: Any, **_: Any) -> dict[str, Size]:
        """The values of the names that the formula texts use."""
        return {}

    def products(self, *shapes: Any, **_: Any) -> dict[str, str]:
        """COUNTS, or what stands in its place where it depends on settings; without one a shape says it."""
        return self.COUNTS

    def counts(self, *shapes: Shape) -> dict[str, str]:
        """The formula texts of the counts of this layer's parameters, and "params" of all together."""
        texts = self.products(*shapes)
        found = {name: p for name, p in self.parameters(*shapes).items() if p.counted}
        counts = {n: (texts.get(n) if p.shape else "") or product_text(p.shape) for n, p in found.items()}
        return counts | {"params": summed(tuple(counts.values()))} if counts else {}

    def macs(self, *shapes: Any, **_: Any) -> str | Nothing | NotCounted:
        """The formula text of the multiply-adds of one forward pass, over `sizes`."""
        return self.MACS

    def connection_text(self, *shapes: Any, **_: Any) -> str:
        """The formula text, over `sizes`, of the connections as LeCun counts them: with biases; "" for none."""
        return ""

    def operations(self, *shapes: Any, **_: Any) -> Operations | Nothing | NotCounted | ByFormulas:
        """The elementary operations of each phase and kind, as formula texts over `cost_sizes` (see cost.py)."""
        return self.OPERATIONS

    def cost_sizes(self, *shapes: Any, **_: Any) -> dict[str, Size]:
        """The values of the names in `operations`: those of `sizes`, and `values`, how many come in."""
        return {"values": product(shapes[0])} | self.sizes(*shapes)

    def assumption(self, *shapes: Any, **_: Any) -> Message | None:
        """What `operations` take for granted, of the way forward alone or, with `back=True`, of the way back too."""
        return None

    def not_counted(self, *shapes: Any, **_: Any) -> dict[str, NotCounted]:
        """The phases that `operations` say nothing of, and why."""
        return {}

    def without_biases(self, *shapes: Any, **_: Any) -> Layer:
        """The layer without its biases."""
        owned, specs = self.parameters(*shapes), self.specs()
        biases = [name for name, p in owned.items() if p.role == "bias" and name in specs]
        return msgspec.structs.replace(self, **dict.fromkeys(biases, ABSENT)) if biases else self

    def axes(self, *shapes: Any, **_: Any) -> dict[int, tuple[str, dict[str, Size]]]:
        """The output axes (from 0) that a formula gives: its text, and the values of its names."""
        return {}

    def warnings(self, *shapes: Any, **_: Any) -> list[Message]:
        """What is allowed, but probably not meant."""
        return []

    def build(self, builder: Builder, *inputs: Any, **_: Any) -> tuple[str, ...]:
        """Write this layer into a graph, at `builder.path`: from the quantities it reads to those it gives."""
        raise NotComputed(say("`{layer}` can be counted, but not yet computed by hand.", layer=builder.path))

    def by_mode(self) -> bool:
        """Whether a problem must say if this layer is in training or in evaluation."""
        return False

    def specs(self) -> dict[str, ParameterSpec]:
        """What the spec says of each parameter, by name."""
        return {f: v for f in self.__struct_fields__ if type(v := getattr(self, f)) is ParameterSpec}  # ABSENT is not


MAPS = {1: "(C)", 2: "(C, L)", 3: "(C, H, W)", 4: "(C, D, H, W)"}  # by the number of their axes


def need_rank(x: Shape, *ranks: int) -> None:
    """Refuse a shape with another number of axes."""
    if len(x) not in ranks:
        wanted = " or ".join(MAPS[rank] for rank in ranks)
        raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted=wanted, shape=shape_text(x)))


def positive(name: str, size: Any, least: int = 1) -> None:
    """Refuse a size below `least` in the setting `name`; a size with names passes."""
    if isinstance(size, int) and size < least:
        raise ShapeError(say("Expected at least {least}, got {size}.", least=least, size=size), name)


def one_of(layer: Any, a: str, b: str) -> None:
    """Refuse a layer that is told both of two settings, or neither of them."""
    stated = [key for key in (a, b) if getattr(layer, key) is not None]
    if not stated:
        raise ShapeError(say("One of `{a}` and `{b}` must be given.", a=a, b=b))
    if len(stated) > 1:
        raise ShapeError(say("`{a}` and `{b}` can't both be given.", a=a, b=b), b)


def not_negative(name: str, value: Formula) -> None:
    """Refuse a number below 0 in the setting `name`."""
    if (why := negative(name, value)) is not None:
        raise ShapeError(why, name)
