"""A formula of one element as Python code, on float64 arrays or on rationals and balls."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from hwsolve import numbers
from hwsolve.formula.functions import Function
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref, children, walk
from hwsolve.language import say
from hwsolve.numbers import Scalar, Undecided

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
STRICT = {">": (0, 1), "<": (1, 0), ">=": (1, 0), "<=": (0, 1)}  # which is the greater in a > b, and in its opposite


def compiled(
    f: Formula, known: Function, function: Callable[[str], Callable[..., Any]], real: bool, jumps: bool
) -> Callable[..., Any]:
    """A formula in a function's parameters as Python code.

    `function` gives the code of those that stand in it.  With `jumps`, a ball that holds the border of a branch is
    Undecided; without, the function is continuous, and gives the hull of both sides.
    """
    writer = Writer(f, function, real, jumps)
    writer.names["kinks"] = known.kinks
    first = len(known.parameters) - len(known.defaults)
    optional = [f"{p}={writer.given(parse(v))}" for p, v in zip(known.parameters[first:], known.defaults, strict=True)]
    body = writer.text(f) if real else writer.call(settle(), writer.text(f))
    code: Callable[..., Any] = eval(f"lambda {', '.join([*known.parameters[:first], *optional])}: {body}", writer.names)
    return code


class Writer:
    """Writes a formula as Python; `names` collects what stands in it by name."""

    def __init__(self, f: Formula, function: Callable[[str], Callable[..., Any]], real: bool, jumps: bool) -> None:
        self.function, self.real, self.jumps = function, real, jumps
        self.names: dict[str, Any] = {}
        met = Counter(n for n in walk(f) if isinstance(n, Call))
        branches = any(n.name == "if" for n in met)
        self.again = {n for n, times in met.items() if times > 1 and not branches and not is_fixed(n)}
        self.kept: dict[Formula, str] = {}

    def bound(self, value: Any) -> str:
        """A name for a value."""
        name = f"_{len(self.names)}"
        self.names[name] = value
        return name

    def call(self, function: Callable[..., Any], *args: str) -> str:
        """A function of what is written already."""
        return f"{self.bound(function)}({', '.join(args)})"

    def text(self, f: Formula) -> str:
        """The Python expression; what stands twice is computed once, and what holds no parameter beforehand."""
        if f in self.kept:
            return self.kept[f]
        if not self.real and is_rational(f):
            return self.rational(f)
        written = self.written(f)
        if f in self.again:
            self.kept[f] = f"_kept{len(self.kept)}"
            return f"({self.kept[f]} := {written})"
        if not isinstance(f, Call) or not is_fixed(f):
            return written
        code = eval(f"lambda: {written}", self.names)
        if self.real:
            return repr(float(code()))
        return self.call(at_each_precision(code))

    def rational(self, f: Formula) -> str:
        """A formula of numbers alone: an int as it is (`x/2` is no quotient of ints), else bound."""
        value = as_fraction(f)
        return f"({value})" if value.denominator == 1 else self.bound(numbers.exact(*value.as_integer_ratio()))

    def written(self, f: Formula) -> str:
        """A node and its parts."""
        match f:
            case Number(numerator, denominator):
                return repr(numerator / denominator)
            case Ref("pi"):
                return repr(math.pi) if self.real else self.call(exactly("pi"))
            case Ref(name):
                return name
            case Call("if", (Call(comparison, sides), then, other)):
                greater, lesser = (sides[k] for k in STRICT[comparison])
                return self.branch(greater, lesser, *((then, other) if comparison in "<>" else (other, then)))
            case Call("**", (Ref(name), Number(2 | 3 as n, 1))):
                return f"({'*'.join([name] * n)})"  # NumPy's power is slow
            case Call("**", (base, Number(n, 1))):
                return f"{self.text(base)}**{n}" if self.real else self.call(exactly("**"), self.text(base), str(n))
            case Call("/", (a, b)) if not self.real and not isinstance(b, Number):
                return self.call(numbers.divide, self.text(a), self.text(b))
            case Call("neg", (a,)):
                return f"(-{self.text(a)})"
            case Call("+" | "-" | "*" | "/" as sign, args):
                return "(" + sign.join(self.text(a) for a in args) + ")"
            case Call(name, args):
                return self.call(self.function(name), *map(self.given, args))
        raise ValueError(f"no code for {f}")

    def given(self, f: Formula) -> str:
        """What a function is given or a branch gives: never an int, of which a quotient would be a float."""
        whole = not self.real and is_rational(f)
        return self.bound(numbers.exact(*as_fraction(f).as_integer_ratio())) if whole else self.text(f)

    def branch(self, greater: Formula, lesser: Formula, then: Formula, other: Formula) -> str:
        """`then` where one is greater than the other; of a continuous function, both around the border."""
        a, b, x, y = map(self.given, (greater, lesser, then, other))
        if self.real:
            from hwsolve.numbers.float64 import choose

            return self.call(choose, f"{a} > {b}", x, y)
        if self.jumps:
            return f"({x} if {self.call(decided, a, b, 'kinks')} else {y})"
        return self.call(joined, a, b, f"lambda: {x}", f"lambda: {y}")


def is_fixed(f: Formula) -> bool:
    """Whether a formula holds no parameter."""
    return not any(isinstance(n, Ref) and n.name != "pi" for n in walk(f))


def is_rational(f: Formula) -> bool:
    """Whether a formula holds nothing but numbers, their sums, products and quotients."""
    return all(isinstance(n, Number) or (isinstance(n, Call) and n.name in ("neg", *OPERATORS)) for n in walk(f))


def as_fraction(f: Formula) -> Fraction:
    """The value of such a formula."""
    if isinstance(f, Number):
        return Fraction(f.numerator, f.denominator)
    parts = [as_fraction(a) for a in children(f)]
    assert isinstance(f, Call)
    return -parts[0] if f.name == "neg" else reduce(OPERATORS[f.name], parts)


def exactly(name: str) -> Callable[..., Scalar]:
    """π, or an integer power, on rationals and balls."""
    from flint import arb

    from hwsolve.numbers.powers import whole_power

    found: Callable[..., Scalar] = arb.pi if name == "pi" else whole_power
    return found


def settle() -> Callable[[Scalar], Scalar]:
    """What makes a ball of radius 0 the rational that it is."""
    from hwsolve.numbers.decisions import settled

    return settled


def at_each_precision(code: Callable[[], Scalar]) -> Callable[[], Scalar]:
    """A constant, worked out once for each precision."""
    from flint import ctx

    known: dict[int, Scalar] = {}

    def constant() -> Scalar:
        if ctx.prec not in known:
            known[ctx.prec] = code()
        return known[ctx.prec]

    return constant


def decided(a: Scalar, b: Scalar, kinks: tuple[str, ...]) -> bool:
    """Whether a > b; raises Undecided where a ball holds a border, of which a function has one or two."""
    if a > b:
        return True
    if a <= b:
        return False
    if len(kinks) == 2:
        raise Undecided(say("on which side of {low} or {high} a value lies", low=kinks[0], high=kinks[1]), a, b)
    raise Undecided(say("whether a value is positive"), a, b)


def joined(a: Scalar, b: Scalar, then: Callable[[], Scalar], other: Callable[[], Scalar]) -> Scalar:
    """`then()` if a > b, else `other()`; where that is not decided, a ball that holds both."""
    if a > b:
        return then()
    if a <= b:
        return other()
    from flint import arb

    return arb(then()).union(arb(other()))
