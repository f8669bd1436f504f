"""E, Var and P of formulas over random names: every name gets a random discrete law, and all outcomes are worked out.

An indexed reference is an independent copy for each of its indices; a name without indices in E(…) is one copy.  What
holds for every law that meets what is assumed (a mean; evenness, of a normal name) holds for the law drawn here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.operators import as_formula, calculate
from hwsolve.formula.quadrature import integral, is_integral
from hwsolve.formula.random_points import Dice
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children, rebuild, substitute, walk
from hwsolve.numbers import exact

MOMENTS = ("E", "Var", "P")
OUTCOMES = 2_000  # of one expectation
POINTS = 2  # of a law, twice as many where it is even
Key = tuple[str, tuple[int, ...]]
Law = list[tuple[Any, Any]]  # values and their probabilities


class TooMany(Exception):
    """More outcomes than are worth working out."""


class Needed(Exception):
    """A random name that has no outcome yet."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


def has_moments(f: Formula) -> bool:
    """Whether a formula speaks of E, Var or P."""
    return any(type(node) is Call and node.name in MOMENTS for node in walk(f))


class Laws:
    """Random laws of names: `means` are what is assumed of them, `even` those that are symmetric about it."""

    def __init__(self, dice: Dice, names: Iterable[str], means: Mapping[str, Any], even: Iterable[str]) -> None:
        self.dice = dice
        self.of = {name: self.drawn(means.get(name), name in even) for name in sorted(names)}
        self.outcomes: dict[Key, Any] = {}

    def drawn(self, mean: Any, even: bool) -> Law:
        """Different values, none of them 0, with unequal chances; moved so that the mean is the assumed one."""
        values = [exact(v, 7) for v in self.dice.sample(range(1, 20), POINTS)]
        weights = [self.dice.randint(1, 9) for _ in values]
        if even:
            values, weights = [*values, *[-v for v in values]], weights * 2
        else:
            values = [v * self.dice.choice((1, -1)) for v in values]
        law = [(v, exact(w, sum(weights))) for v, w in zip(values, weights, strict=True)]
        shift = (exact(0) if mean is None and even else mean) if mean is not None or even else None
        if shift is None:
            return law
        shift -= sum((v * p for v, p in law), exact(0))
        return [(v + shift, p) for v, p in law]

    def read(self, outer: Lookup) -> Lookup:
        """The look-up in which random names have their outcomes."""

        def look(name: str, indices: tuple[int, ...]) -> Any:
            if name not in self.of:
                return outer(name, indices)
            if (name, indices) not in self.outcomes:
                raise Needed((name, indices))
            return self.outcomes[name, indices]

        return look

    def value(self, f: Formula, outer: Lookup) -> Any:
        """The value of a formula that may hold E, Var, P and integrals; raises TooMany."""
        if type(f) is Call and is_integral(f):
            return integral(f, self.read(outer))
        if not has_moments(f) and not any(map(is_integral, walk(f))):
            return evaluate(f, self.read(outer))
        if type(f) is Call and f.name in MOMENTS:
            (body,) = f.args
            body = spread_out(Call("if", (body, ONE, ZERO)) if f.name == "P" else body, self.read(outer))
            if prod([len(self.of[ref.name]) for ref in copies(body, set(self.of))]) > OUTCOMES:
                raise TooMany
            mean, square = self.expected(body, self.read(outer))
            return square - mean * mean if f.name == "Var" else mean
        if isinstance(f, BigOperator):
            low, high = int(self.value(f.low, outer)), int(self.value(f.high, outer))
            terms = [self.value(substitute(f.body, {f.index: Number(k)}), outer) for k in range(low, high + 1)]
            return sum(terms, exact(0))
        assert isinstance(f, Call)
        return calculate(f.name, [self.value(part, outer) for part in children(f)])

    def expected(self, body: Formula, look: Lookup) -> tuple[Any, Any]:
        """The mean, and that of the square, over all outcomes of what the body meets."""
        try:
            found = evaluate(body, look)
            return found, found * found
        except Needed as needed:
            key = needed.key
        total = square = exact(0)
        for value, chance in self.of[key[0]]:
            self.outcomes[key] = value
            first, second = self.expected(body, look)
            total, square = total + chance * first, square + chance * second
        del self.outcomes[key]
        return total, square


def spread_out(f: Formula, look: Lookup) -> Formula:
    """A formula whose sums are written out and whose indices are numbers."""
    if isinstance(f, BigOperator) and f.op == "Sum":
        low, high = int(evaluate(f.low, look)), int(evaluate(f.high, look))
        terms = [spread_out(substitute(f.body, {f.index: Number(k)}), look) for k in range(low, high + 1)]
        return Call("+", tuple(terms)) if len(terms) > 1 else terms[0] if terms else ZERO
    if isinstance(f, Ref) and f.indices:
        return Ref(f.name, tuple([as_formula(evaluate(i, look)) for i in f.indices]))
    parts = children(f)
    return rebuild(f, tuple([spread_out(p, look) for p in parts])) if parts else f


def random_names(free: Mapping[str, Any]) -> set[str]:
    """The names that are said to be random."""
    return {name for name, domain in free.items() if str(domain).startswith(("random", "normal"))}


def copies(f: Formula, names: set[str]) -> set[Ref]:
    """The random references of a formula."""
    return {node for node in walk(f) if isinstance(node, Ref) and node.name in names}
