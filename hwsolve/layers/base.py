"""What every layer has: sizes and shapes, parameters, and the record that a spec's layer is read into.

A shape has no batch axis and stands channels first: `(C, H, W)`.  A size is an int, or a formula where the spec has
names.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Call, Formula, Number, call, formula
from hwsolve.language import Message, say
from hwsolve.layers.cost import NOT_COUNTED, NotCounted, Nothing, Operations
from hwsolve.layers.meanings import ARGUMENTS, SYMBOLS
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.layers.products import summed
from hwsolve.spec.amounts import negative
from hwsolve.spec.fields import Flag, RecordField, Word

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder

Size = int | Formula
Shape = tuple[Size, ...]


class ShapeError(Exception):
    """A layer cannot take the shape it is given; `field` names the setting at fault, None for the layer itself."""

    def __init__(self, message: Message, field: str | None = None):
        super().__init__(message)
        self.message, self.field = message, field


class NotComputed(Exception):
    """A layer, or a setting of it, that has no operation yet; `layer` is its path."""

    layer = ""

    def __init__(self, message: Message):
        super().__init__(message)
        self.message = message


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


def simplified(size: Size) -> Size:
    """A size with names in its canonical form, an int where no name is left; an int as it is."""
    if isinstance(size, int):
        return size
    from hwsolve.formula.simplify.polynomial import canonical

    plain = canonical(size)
    return plain.numerator if isinstance(plain, Number) and plain.denominator == 1 else plain


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes, 1 for none."""
    number, named = 1, []
    for size in sizes:
        if isinstance(size, int):
            number *= size
        else:
            named.append(size)
    if not named or number == 0:
        return number
    factors = (formula(number), *named) if number != 1 else tuple(named)
    return simplified(Call("*", factors) if len(factors) > 1 else factors[0])


def total(sizes: Iterable[Size]) -> Size:
    """The sum of sizes, 0 for none."""
    number, named = 0, []
    for size in sizes:
        if isinstance(size, int):
            number += size
        else:
            named.append(size)
    if not named:
        return number
    terms = (*named, formula(number)) if number else tuple(named)
    return simplified(Call("+", terms) if len(terms) > 1 else terms[0])


def quotient(a: Size, b: Size) -> Size:
    """a / b without remainder; ints that do not divide are left as a fraction."""
    if isinstance(a, int) and isinstance(b, int) and b:
        if a % b == 0:
            return a // b
        common = gcd(a, b)
        return Number(a // common, b // common)
    return simplified(call("/", a, b))


def floor_quotient(a: Size, b: int | Formula) -> Size:
    """The floor of a / b."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    return simplified(call("floor", call("/", a, b)))


def is_whole(size: Size) -> bool:
    """Whether a size can be a number of things: no fraction of numbers is left in it."""
    return isinstance(size, int) or not isinstance(size, Number)


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


def shape_text(shape: Shape) -> str:
    """A shape as a reader sees it: `64 × 112 × 112`; a stated map as `3 × ?` with what it holds."""
    if isinstance(shape, StatedMap):
        held = f" ({size_text(shape.features)})" if shape.features is not None else ""
        return f"{size_text(shape[0])} × ?{held}"
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


class Symbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters a problem uses for a layer's weight, bias and output."""

    weight: Word | None = None
    bias: Word | None = None
    output: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = SYMBOLS


NO_SYMBOLS = Symbols()


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of a network.  Subclasses state the term, its equations and its source."""

    name: Word | None = None
    trainable: Flag = True
    symbols: Annotated[Symbols, RecordField(Symbols)] = NO_SYMBOLS

    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS  # of the arguments, in a line each
    # what conventions go by: convolution, pooling, dense, attention, activation, normalization, view, other
    CATEGORY: ClassVar[str] = "other"
    # for a loss behind it: numbers, activations, [log] probabilities, [log] distribution; "" where nothing is known
    GIVES: ClassVar[str] = ""
    EQUATION: ClassVar[str] = ""  # what comes out, as a reader sees it, where no operation says it
    COUNTS: ClassVar[dict[str, str]] = {}  # per parameter the names of `sizes` whose product is its count: in*out
    MACS: ClassVar[str | Nothing | NotCounted] = NOT_COUNTED  # multiply-adds forward as a formula over `sizes`
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = NOT_COUNTED  # of each phase, over `cost_sizes`

    INPUTS: ClassVar[tuple[str, ...]] = ("x",)  # the ports through which quantities come in
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y",)

    # A method that takes shapes takes one for each port of INPUTS, in their order; a layer names them as it likes.

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

    def operations(self, *shapes: Any, **_: Any) -> Operations | Nothing | NotCounted:
        """The elementary operations of each phase and kind, as formula texts over `cost_sizes` (see cost.py)."""
        return self.OPERATIONS

    def cost_sizes(self, *shapes: Any, **_: Any) -> dict[str, Size]:
        """The values of the names in `operations`: those of `sizes`, and `values`, how many come in."""
        return {"values": product(shapes[0])} | self.sizes(*shapes)

    def assumption(self, *shapes: Any, **_: Any) -> Message | None:
        """What `operations` take for granted, of the way forward alone or, with `back=True`, of the way back too."""
        return None

    def axes(self, *shapes: Any, **_: Any) -> dict[int, tuple[str, dict[str, Size]]]:
        """The output axes (from 0) that a formula gives: its text, and the values of its names."""
        return {}

    def warnings(self, *shapes: Any, **_: Any) -> list[Message]:
        """What is allowed, but probably not meant."""
        return []

    def build(self, builder: Builder, *inputs: Any, **_: Any) -> tuple[str, ...]:
        """Write this layer into a graph, at `builder.path`: from the quantities it reads to those it gives."""
        raise NotComputed(say("`{layer}` can be counted, but not yet computed by hand.", layer=builder.path))

    def idle(self, path: str) -> Message | None:
        """What a computation leaves out of this layer, which `path` names; None where that is nothing."""
        return None

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


def not_negative(name: str, value: Formula) -> None:
    """Refuse a number below 0 in the setting `name`."""
    if (why := negative(name, value)) is not None:
        raise ShapeError(why, name)
