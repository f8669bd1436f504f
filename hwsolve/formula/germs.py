"""What a formula does just beside a point: its Taylor polynomial along a line, seen from one side.

f(x₀ + t·d) = c₀ + c₁t + c₂t² + … for small t > 0.  A branch is decided by the first coefficient that is not 0, so
the polynomials for d and −d are those on both sides of a kink, and n! cₙ the one-sided derivatives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hwsolve.formula.evaluate import MAX_TERMS, Lookup, as_index, bound, evaluate
from hwsolve.formula.functions import Function, function
from hwsolve.formula.meaning import applied, with_defaults
from hwsolve.formula.notation import unicode
from hwsolve.formula.operators import COMPARISONS, NoValue, calculate
from hwsolve.formula.parse import parse
from hwsolve.formula.series import ARITHMETIC, Series, binomial, product, slopes
from hwsolve.formula.simplify.terms import mentions
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, substitute, walk
from hwsolve.language import say
from hwsolve.numbers import NotFinite, Scalar, Undecided

Key = tuple[str, tuple[int, ...]]
LOOKED_AT = (0, 1, 2, 4, 8, 12)  # orders to which a difference is worked out before it is taken to be 0 all along
HALF = Number(1, 2)
JUMPS = ("floor", "ceil")
EXTREMES = ("max", "min")


class Germ:
    """A formula along the line x₀ + t·d, t > 0; `borders` are the calls that were on the border of a case at t = 0."""

    def __init__(self, lookup: Lookup, direction: Mapping[Key, Scalar]) -> None:
        self.lookup, self.direction = lookup, direction
        self.borders: dict[Formula, None] = {}
        self.known: dict[tuple[Formula, int], Series] = {}
        self.owners: dict[Formula, Formula] = {}  # conditions of a function's cases, and the call they belong to
        self.moving = {name for name, _ in direction}

    def derivative(self, f: Formula, order: int) -> Scalar:
        """The one-sided derivative of that order, by t."""
        series = self.of(f, order)
        value = series[order] if order < len(series) else 0
        for k in range(2, order + 1):
            value = value * k
        return value

    def of(self, f: Formula, order: int) -> Series:
        """The coefficients up to an order."""
        key = (f, order)
        if key not in self.known:
            self.known[key] = self.worked_out(f, order)
        return self.known[key]

    def worked_out(self, f: Formula, order: int) -> Series:
        """The coefficients, by the kind of node."""
        match f:
            case Ref(name, indices):
                return self.quantity(name, tuple(as_index(evaluate(i, self.lookup), name) for i in indices), order)
            case Call("if", (condition, then, other)):
                return self.of(then if self.holds(condition, self.owners.get(condition, condition)) else other, order)
            case Call("+" | "-" | "*" | "/" | "neg" as name, args):
                return ARITHMETIC[name](order, *(self.of(a, order) for a in args))
            case Call("**", (base, exponent)):
                return self.power(base, exponent, order, f)
            case Call("sqrt", (radicand,)):
                return self.power(radicand, HALF, order, f)
            case Call(name, args) if name in EXTREMES:
                return self.of(self.winner(f, name, list(args)), order)
            case Call(name, (inner,)) if name in JUMPS:
                return (self.step(f, inner, up=name == "ceil"),)
            case Call("delta", (i, j)):
                return (int(self.holds(Call("==", (i, j)), f)),)
            case Call():
                return self.function(f, order)
            case BigOperator():
                return self.big(f, order)
        return (evaluate(f, self.lookup),)

    def quantity(self, name: str, indices: tuple[int, ...], order: int) -> Series:
        """A value, and how it moves."""
        value = evaluate(Ref(name, tuple(map(Number, indices))), self.lookup)
        speed = self.direction.get((name, indices), 0)
        return (value, speed) if order and speed else (value,)

    def big(self, f: BigOperator, order: int) -> Series:
        """A big operator, term by term."""
        terms = list(written_out(f, self.lookup))
        if f.op in ("Max", "Min"):
            if not terms:
                return (evaluate(f, self.lookup),)  # which says that there is no value
            return self.of(self.winner(f, f.op.lower(), terms), order)
        name, start = ("+", (0,)) if f.op == "Sum" else ("*", (1,))
        return ARITHMETIC[name](order, start, *(self.of(t, order) for t in terms))

    # branches

    def sign(self, a: Formula, b: Formula, border: Formula) -> int:
        """The sign of a − b beside the point; notes the border where it is 0 in the point itself."""
        f = Call("-", (a, b))
        for order in LOOKED_AT:
            series = self.of(f, order)
            for k, c in enumerate(series):
                if c > 0 or c < 0:
                    return 1 if c > 0 else -1
                if not is_zero(c):
                    raise Undecided(say("which of {a} and {b} is the greater", a=unicode(a), b=unicode(b)))
                if k == 0:
                    self.borders[border] = None
            if not any(mentions(f, name) for name in self.moving):
                break
        return 0

    def holds(self, condition: Formula, border: Formula) -> bool:
        """Whether a comparison holds beside the point."""
        match condition:
            case Call(name, (a, b)) if name in COMPARISONS:
                sign = self.sign(a, b, border)
                return {"==": sign == 0, "<": sign < 0, ">": sign > 0, "<=": sign <= 0, ">=": sign >= 0}[name]
        series = self.of(condition, 0)
        return bool(series[0])

    def winner(self, f: Formula, name: str, args: list[Formula]) -> Formula:
        """The argument that is the greatest, or the least, beside the point."""
        best = args[0]
        for other in args[1:]:
            sign = self.sign(other, best, f)
            if (sign > 0) if name == "max" else (sign < 0):
                best = other
        return best

    def step(self, f: Formula, inner: Formula, up: bool) -> Scalar:
        """The whole number below, or above, the argument beside the point."""
        (value, *_) = self.of(inner, 0)
        found = calculate("ceil" if up else "floor", [value])
        if not is_zero(value - found):
            return found
        sign = self.sign(inner, Number(int(found)), f)
        return found + (sign > 0) if up else found - (sign < 0)

    # functions

    def function(self, f: Call, order: int) -> Series:
        """A named function: by its cases or definition, else c₀ and the integral of f′(u)·u′."""
        known = function(f.name)
        if known is None:
            return (evaluate(f, self.lookup),)
        args = with_defaults(f, known)
        for text in (known.cases, known.definition):
            if text is not None:
                return self.of(self.by_itself(f, parse(text), known, args), order)
        start = (calculate(f.name, [self.of(a, 0)[0] for a in args]),)
        inner = self.of(args[0], order)
        if order == 0 or len(inner) == 1:
            return start
        if known.derivative is None:
            raise NoValue(say("No rule gives the derivative of “{name}”.", name=f.name))
        slope = self.of(applied(parse(known.derivative), known, args), order - 1)
        return start + tuple(calculate("/", [c, k + 1]) for k, c in enumerate(product(order - 1, slope, slopes(inner))))

    def by_itself(self, f: Call, meaning: Formula, known: Function, args: tuple[Formula, ...]) -> Formula:
        """The function's meaning at its arguments; a border of its cases is one of the call itself."""
        made = applied(meaning, known, args)
        for node in walk(made):
            if isinstance(node, Call) and node.name == "if":
                self.owners.setdefault(node.args[0], f)
        return made

    def power(self, base: Formula, exponent: Formula, order: int, border: Formula) -> Series:
        """u**v: c₀**v (1 + …)**v for a constant v, else exp(v ln u)."""
        powers = self.of(exponent, order)
        if len(powers) > 1:
            return self.of(Call("exp", (Call("*", (exponent, Call("log", (base,)))),)), order)
        n, series = powers[0], self.of(base, order)
        if order and series[0] == 0:
            if n != int(n):
                self.borders[border] = None
            return self.from_zero(base, n, order)
        return binomial(0 if len(series) == 1 else order, series, n)

    def from_zero(self, base: Formula, n: Scalar, order: int) -> Series:
        """u**n where u = t**m (c + …): t**(mn) (c + …)**n, as |t| is √t²."""
        for more in LOOKED_AT:
            series = self.of(base, order + more)
            lead = next((k for k, c in enumerate(series) if not is_zero(c)), None)
            if lead is not None:
                break
        else:
            return (calculate("**", [0, n]),)
        first = lead * n
        if first > order:
            return (0,)
        if first != int(first) or first < 0:
            raise NotFinite(say("a slope without bound"))
        return (0,) * int(first) + binomial(order - int(first), series[lead:], n)


def greatest(args: list[Formula], lookup: Lookup, sign: int = 1) -> list[Formula]:
    """The arguments that have the greatest value, or (sign −1) the least."""
    best = args[:1]
    for other in args[1:]:
        apart = Call("-", (other, best[0]))
        value = sign * evaluate(apart, lookup)
        if is_zero(value):
            best.append(other)
        elif calculate(">", [value, 0]):
            best = [other]
    return best


def written_out(f: BigOperator, lookup: Lookup) -> Iterator[Formula]:
    """The terms of a big operator."""
    low, high = (evaluate(b, lookup) for b in (f.low, f.high))
    if high - low >= MAX_TERMS:
        raise NoValue(say("A sum of more than {limit} terms is not evaluated.", limit=MAX_TERMS))
    for k in range(bound(low), bound(high) + 1):
        yield substitute(f.body, {f.index: Number(k)})


def is_zero(c: Scalar) -> bool:
    """Whether a coefficient is surely 0; of a ball, `!=` says only where it surely is not."""
    return bool(c == 0)


def one_sided(
    f: Formula, lookup: Lookup, direction: Mapping[Key, Scalar], order: int
) -> tuple[Scalar, Scalar, list[Formula]]:
    """The derivative from the left and from the right along a direction, and the borders that were met."""
    right = Germ(lookup, direction)
    left = Germ(lookup, {key: -speed for key, speed in direction.items()})
    after, before = right.derivative(f, order), left.derivative(f, order)
    return (-before if order % 2 else before), after, [*dict.fromkeys([*right.borders, *left.borders])]
