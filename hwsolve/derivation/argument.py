"""An argument: chains of forms that are equal for all values of their free names, over what is named and assumed.

Every link is evaluated at random points when it is made, E and Var over random laws; what does not hold raises
`Disagreement`.  `A == B ⟺ C == D` carries a factor that is never 0, and A − B = factor·(C − D) is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import msgspec

from hwsolve.derivation.array_elements import with_elements
from hwsolve.derivation.lines import Disagreement
from hwsolve.derivation.named_parts import applied, put_in, slope, tangent
from hwsolve.formula.evaluate import Lookup, evaluate, no_names
from hwsolve.formula.moments import Laws, TooMany, has_moments, random_names
from hwsolve.formula.notation import plain
from hwsolve.formula.operators import NoValue
from hwsolve.formula.random_points import BOUNDS, Dice
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, references, substitute, transform
from hwsolve.language import say
from hwsolve.numbers import NotFinite, Undecided, exact, precision
from hwsolve.solution import Assume, Free, Identity, Let, Stage, Value

POINTS = 5  # that a link holds at
TRIES = 40
BITS = 256
FEW = (1, 1, 1, 2, 2, 3)  # sizes where E is worked out over all outcomes
SLACK = 1e-9  # of numbers that are not rational
RELATIONS = ("=", "≈", "<", ">", "≤", "≥", "⟺")
COMPARISONS = {"==": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}


class Point:
    """Random values of free names; elements of a bounded array are 0 outside it."""

    def __init__(self, dice: Dice, free: Free, moments: bool, read: Lookup, lets: Mapping[str, Let] | None = None):
        self.dice, self.free, self.read, self.lets = dice, free, read, lets or {}
        self.values: dict[tuple[str, tuple[int, ...]], Any] = {}
        sizes = dice.sample(range(4, 10), 6)
        for name, domain in free.items():
            if domain == "size":
                self.values[name, ()] = dice.choice(FEW) if moments else sizes.pop() if sizes else dice.randint(4, 9)
            elif domain == "index" or isinstance(domain, int):
                last = domain if isinstance(domain, int) else 4
                self.values[name, ()] = 1 if moments else dice.randint(1, last)

    def __call__(self, name: str, indices: tuple[int, ...]) -> Any:
        if name not in self.free:
            return self.read(name, indices)
        domain, bounds = self.free[name], self.bounds(name)
        if bounds is not None:
            if any(not 1 <= i <= n for i, n in zip(indices, bounds, strict=False)):
                return 0
            domain = "real"
        if (name, indices) not in self.values:
            self.values[name, indices] = exact(self.dice.randint(*BOUNDS.get(domain, BOUNDS["real"])), 1009)
        return self.values[name, indices]

    def bounds(self, name: str) -> tuple[int, ...] | None:
        """The sizes of an array that is 0 outside them."""
        domain = self.free.get(name)
        return tuple([self.size(str(n)) for n in domain]) if isinstance(domain, tuple | list) else None

    def size(self, name: str) -> int:
        """A bound: a number, a free size, or one that was named."""
        if (name, ()) in self.values:
            return int(self.values[name, ()])
        let = self.lets.get(name)
        return int(name) if let is None else int(evaluate(let.formula, lambda part, _: self.size(part)))


class Argument:
    """What has been named and assumed so far, and the lines that follow from it."""

    def __init__(self, read: Lookup = no_names, seed: int = 17) -> None:
        self.read, self.dice = read, Dice(seed)
        self.lets: dict[str, Let] = {}
        self.formulas: dict[Ref, Formula] = {}  # of elements, whose slopes are asked for
        self.means: dict[str, Any] = {}
        self.normal: set[str] = set()
        self.linear: set[str] = set()
        self.zero: set[str] = set()

    # what is taken as it is

    def let(self, key: Formula, formula: Formula, **free: Any) -> Let:
        """A name for a part of the argument: z[i] for a sum, f(z) for a function of its own."""
        made = Let(key, formula, free)
        self.lets[key.name] = made  # type: ignore[attr-defined]
        return made

    def assume(self, formula: Formula) -> Assume:
        """E(a) == 0, normal(z), linear(f), or b == 0."""
        match formula:
            case Call("==", (Call("E", (Ref(name, _),)), Number() as mean)):
                self.means[name] = exact(mean.numerator, mean.denominator)
            case Call("normal", (Ref(name, _),)):
                self.normal.add(name)
                self.means.setdefault(name, exact(0))
            case Call("linear", (Ref(name, ()),)):
                self.linear.add(name)
            case Call("==", (Ref(name, _), Number(0))):
                self.zero.add(name)
            case _:
                raise ValueError(f"{plain(formula)} is nothing that can be assumed")
        return Assume(formula)

    # what follows

    def integral_of(self, f: Call, over: Ref) -> Formula:
        """E of a function of one normal name, of variance 1, as the integral against its density."""
        (body,) = f.args
        names = {ref.name for ref in references(body)} & self.normal
        if f.name != "E" or len(names) != 1:
            raise Disagreement(f"{plain(f)} is no mean over one normal name")
        inside = substitute(body, dict.fromkeys(names, over))
        return Call("integral", (inside * Call("normal_pdf", (over,)), over, -Ref("inf"), Ref("inf")))

    def identity(self, *forms: Any, free: Mapping[str, Any], key: Ref | None = None, aside: bool = False) -> Identity:
        """A chain: a form, then forms behind `=`, or (relation, form) or ("⟺", form, factor)."""
        first, *rest = forms
        stages = [stage_of(link) for link in rest]
        self.check([Stage("", first), *stages], free)
        if stages[0].relation in ("=", "≈"):
            lhs, rhs, links, relation = first, stages[0].formula, stages[1:], stages[0].relation
        else:
            lhs, rhs = first.args
            links, relation = stages, "="
        return Identity(lhs, rhs, dict(free), key=key, aside=aside, shown=(), links=tuple(links), relation=relation)

    def links(self, line: Value, *forms: Formula) -> Value:
        """A value line with further forms in front of its own, each of which gives the value.

        `diff(y[1], b[1])` is the slope of the formula that y[1] has.
        """
        own = tuple([Stage("=", f, own=True) for f in forms])
        self.check([Stage("", line.formula), *own], {}, 1)
        return msgspec.structs.replace(line, stages=(*own, *line.stages))

    def claim(self, formula: Formula, **free: Any) -> Formula:
        """A comparison that is true, for a sentence."""
        assert isinstance(formula, Call)
        left, right = formula.args
        self.check([Stage("", left), Stage(COMPARISONS[formula.name], right)], free)
        return formula

    def check(self, chain: list[Stage], free: Mapping[str, Any], points: int = POINTS) -> None:
        """Raise Disagreement where neighbours do not stand in their relation, at so many points."""
        moments = any(has_moments(f) for stage in chain for f in (stage.formula, stage.factor) if f is not None)
        held = 0
        with precision(BITS):
            for attempt in range(TRIES):
                point = Point(self.dice, dict(free), moments, self.read, self.lets)
                laws = Laws(self.dice, self.random(chain, free), self.means, self.normal)
                functions = drawn_functions(self.dice, free)
                try:
                    self.hold(chain, free, point, laws, functions)
                except (TooMany, NotFinite, Undecided, NoValue, ArithmeticError, LookupError, ValueError):
                    if attempt == TRIES - 1 and not held:
                        raise
                    continue
                held += 1
                if held == points:
                    return
        if not held:
            raise Disagreement(f"{plain(chain[0].formula)} has no value at random points")

    def random(self, chain: list[Stage], free: Mapping[str, Any]) -> set[str]:
        """The names that are random: those said to be, and those of assumptions that nothing else is said of."""
        assumed = (self.means.keys() | self.normal) - free.keys() - self.lets.keys()
        return random_names(free) | assumed

    def hold(
        self, chain: list[Stage], free: Mapping[str, Any], point: Point, laws: Laws, functions: dict[str, Formula]
    ) -> None:
        """Compare each link with the one before it at one point."""

        def value(f: Formula, near: bool) -> Any:
            return laws.value(with_elements(self.taken_apart(f, free, functions, near), point), point)

        for before, stage in pairwise(chain):
            near = stage.relation in ("≈", "⟺")
            if stage.relation == "⟺":
                good = self.equivalent(before.formula, stage, lambda f: value(f, True))
            else:
                left, right = value(before.formula, near), value(stage.formula, near)
                good = related(stage.relation, left, right)
            if not good:
                raise Disagreement(f"{plain(before.formula)} {stage.relation} {plain(stage.formula)} does not hold")

    def equivalent(self, before: Formula, stage: Stage, value: Any) -> bool:
        """A − B = factor·(C − D), with a factor that is not 0."""
        assert isinstance(before, Call) and isinstance(stage.formula, Call) and stage.factor is not None
        factor = value(stage.factor)
        (a, b), (c, d) = (map(value, f.args) for f in (before, stage.formula))
        return bool(factor != 0) and related("=", a - b, factor * (c - d))

    def taken_apart(self, f: Formula, free: Mapping[str, Any], functions: dict[str, Formula], near: bool) -> Formula:
        """A formula without what the argument named: lets put in, what is 0 as 0, functions as drawn."""
        lets = {
            name: msgspec.structs.replace(let, formula=applied(let.formula, functions))
            for name, let in self.lets.items()
            if name not in random_names(free)
        }
        f = transform(applied(f, functions), lambda node: slope(node, lets, self.formulas))

        def change(node: Formula) -> Formula:
            if isinstance(node, Ref) and node.name in self.zero:
                return ZERO
            if near and isinstance(node, Call) and node.name.removeprefix("d_") in self.linear:
                return tangent(node, lets)
            return node

        f = transform(f, change)
        for _ in lets:
            f = transform(put_in(f, lets), change)
        return f


def stage_of(link: Any) -> Stage:
    """A link as it was said: a formula behind =, or a relation, a formula and perhaps a factor."""
    if isinstance(link, Formula):
        return Stage("=", link)
    return Stage(*link)


def related(relation: str, left: Any, right: Any) -> bool:
    """Whether two values stand in a relation; irrational ones are equal where they cannot be told apart."""
    from flint import arb, fmpq

    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
        if relation in ("=", "≈"):
            return bool(abs(left - right) <= SLACK * max(1.0, abs(left), abs(right)))
    both = isinstance(left, int | fmpq | float) and isinstance(right, int | fmpq | float)
    if relation in ("=", "≈"):
        if both:
            return bool(left == right)
        a, b = arb(left), arb(right)
        if not a.overlaps(b):
            return False
        if not (a - b).abs_upper() <= SLACK * (1 + abs(a.mid())):
            raise Undecided(say("whether two forms are equal"))
        return True
    a, b = (left, right) if both else (arb(left), arb(right))
    return bool({"<": a < b, ">": a > b, "≤": a <= b, "≥": a >= b}[relation])


def drawn_functions(dice: Dice, free: Mapping[str, Any]) -> dict[str, Formula]:
    """A polynomial for each free function, and its derivative."""
    found: dict[str, Formula] = {}
    for name, domain in free.items():
        if domain == "function":
            x = Ref("x")
            f: Formula = Number(dice.randint(-9, 9), 7)
            slope: Formula = ZERO
            for power in (1, 2, 3):
                c = Number(dice.randint(1, 9) * dice.choice((1, -1)), 7)
                f, slope = f + c * x**power, slope + c * power * (x ** (power - 1) if power > 1 else Number(1))
            found[name], found[f"d_{name}"] = f, slope
    return found
