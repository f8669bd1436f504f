"""How a part of a formula is told from others: by a text that is the same for parts that are.

Letters of indices are named by the order in which they come and by where they run, quantities by the nodes behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref
from hwsolve.kinds.complexity.ranges import Box, Interval, met, negative
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.sizes import Size, simplified

NOTHING: Mapping[str, str] = {}


class Known(NamedTuple):
    """What a name of a formula stands for: a quantity and its shape.

    `number`: whether it follows from no input and no parameter; `selects`: whether it is 1 where it is not absent.
    """

    name: str
    shape: tuple[Size, ...]
    number: bool = False
    selects: bool = False


class Letters:
    """The names of a formula, and where its letters run."""

    def __init__(self) -> None:
        self.names: Mapping[str, Known] = {}
        self.ranges: dict[str, Interval] = {}

    def interval(self, letter: str, box: Box) -> Interval:
        """Where a letter runs."""
        own = {letter: self.ranges[letter]}
        return met([own, {letter: box[letter]}] if letter in box else [own])[letter]

    def text(self, f: Formula, box: Box, own: dict[str, str] | None = None, bound: Mapping[str, str] = NOTHING) -> str:
        """A text that is the same for parts that are: letters by the order in which they come, and where they run."""
        own = {} if own is None else own
        if isinstance(f, Number):
            return f"{f.numerator}/{f.denominator}"
        if isinstance(f, Ref):
            if f.name in bound:
                return bound[f.name]
            if not f.indices and f.name in self.ranges:
                return own.setdefault(f.name, f"<{len(own)}:{self.interval(f.name, box)}>")
            known = self.names.get(f.name)
            return f"{known.name if known else f.name}[{','.join([self.text(i, box, own, bound) for i in f.indices])}]"
        if isinstance(f, BigOperator):
            ends = f"{self.text(f.low, box, own, bound)}..{self.text(f.high, box, own, bound)}"
            return f"{f.op}({self.text(f.body, box, own, {**bound, f.index: f'<<{len(bound)}:{ends}>>'})})"
        assert isinstance(f, Call)
        if f.name == "*":  # whatever the order of its factors is
            factors = sorted(f.args, key=lambda a: self.text(a, box, None, bound))
            return f"({' × '.join([self.text(a, box, own, bound) for a in factors])})"
        return f"{f.name}({','.join([self.text(a, box, own, bound) for a in f.args])})"


def flat(f: Formula) -> Iterator[Formula]:
    """The factors of a product, those of its factors included."""
    if isinstance(f, Call) and f.name == "*":
        for part in f.args:
            yield from flat(part)
    elif isinstance(f, Call) and f.name == "neg":
        yield from flat(f.args[0])
    else:
        yield f


def shift_of(index: Formula) -> Size | None:
    """c of an index i + c or i − c, 0 of i; None of another form."""
    match index:
        case Ref():
            return 0
        case Call("+", (Ref(), c)) | Call("+", (c, Ref())):
            return size_of(c)
        case Call("-", (Ref(), c)):
            return negative(size_of(c))
    return None


def size_of(f: Formula) -> Size:
    """A formula of sizes as one."""
    return simplified(f) if not (isinstance(f, Number) and f.denominator == 1) else f.numerator


def softmax_of(f: Call) -> Formula | None:
    """What exp(x)/Σ exp(x) is a softmax of."""
    match f:
        case Call("/", (numerator, BigOperator("Sum", body))):
            own = [a for a in flat(numerator) if isinstance(a, Call) and a.name == "exp"]
            others = [a for a in flat(body) if isinstance(a, Call) and a.name == "exp"]
            if len(own) == len(others) == 1:
                return own[0].args[0]
    return None


def is_activation(name: str) -> bool:
    """Whether a function is one that a layer of activations applies."""
    return name in LAYERS and layer_class(name).CATEGORY == "activation"
