"""What the argument speaks of: the layer's sums with names for all that meets in them, and what is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.functions import function
from hwsolve.formula.meaning import meanings
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Ref,
    children,
    formula,
    references,
    substitute,
    walk,
)
from hwsolve.kinds.initialization.moments import Z, give_parameters
from hwsolve.kinds.initialization.piecewise import Piece
from hwsolve.kinds.initialization.sums import Sums, sums
from hwsolve.language import say
from hwsolve.solution import Assume, Group, Item, Let

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.problem import Problem

ABOVE, BELOW, ERROR, ERROR_BELOW = "z_above", "z_below", "delta", "delta_below"  # z⁽ˡ⁾, z⁽ˡ⁻¹⁾, δ⁽ˡ⁾, δ⁽ˡ⁻¹⁾
SPREAD, SQUARE = "spread", "square"  # Var z⁽ˡ⁻¹⁾ as a number, E a² as what is looked for


class Setting:
    """The names of an argument and what they stand for; `symbols` says how they are written."""

    def __init__(self, problem: Problem, derivation: Derivation) -> None:
        self.problem, self.derivation, self.argument = problem, derivation, derivation.argument
        self.fans, self.unit = problem.prepared.fans, problem.prepared.unit
        sizes = {r.name for size in self.fans.sizes.values() if isinstance(size, Formula) for r in references(size)}
        self.taken = sizes | set(self.unit.parameters) | set(self.unit.constants)
        self.layer = self.letter(*"lkhtqs")
        self.weight, self.out, self.bias = (self.letter(*x) for x in ("WVU", "ahy", "bdg"))
        self.error = self.letter("delta", "epsilon", "eta")
        self.sums: Sums = sums(problem.layer, self)
        shown = {"sigmoid": "sigma", "normal_pdf": "phi"}  # functions that are written as these letters
        self.taken |= {shown[n.name] for n in walk(self.unit.formula) if isinstance(n, Call) and n.name in shown}
        self.density = self.letter("p", "rho", "phi_of")
        self.bound, self.cell = (self.letter(*x) for x in ("rsR", "wxy"))
        self.deviation = self.letter("sigma", "s", "S")
        self.symbols: dict[str, Any] = dict(self.sums.symbols)
        self.assumed: list[Assume] = []
        give_parameters(derivation, self.unit)
        for name, size in self.fans.sizes.items():
            if name not in self.fans.written:
                derivation.give(name, formula(size))
        self.write_signals()

    def letter(self, *wanted: str) -> str:
        """The first of some letters that the problem does not use, from now on used."""
        found = next((x for x in wanted if x not in self.taken), f"{wanted[0]}_of")
        self.taken = self.taken | {found}
        return found

    def write_signals(self) -> None:
        """How sums and errors are written, with the number of their layer, and how the functions are."""
        numbers = {ABOVE: "z", BELOW: "z", ERROR: self.error, ERROR_BELOW: self.error}
        one_less = (BELOW, ERROR_BELOW)
        self.symbols |= {key: Ref(f"{name}⁽{self.layer}{'-1' * (key in one_less)}⁾") for key, name in numbers.items()}
        self.symbols[SPREAD] = Call("Var", (self.symbols[BELOW],))
        self.symbols[SQUARE] = self.mean_square = Call("E", (Ref(self.out) ** 2,))
        f = self.unit.formula
        known = function(f.name) if isinstance(f, Call) and f.args == (Z,) else None
        lone = known is not None and len(self.unit.pieces) == 1 and known.derivative is not None
        self.name = f.name if lone and isinstance(f, Call) else "" if f == Z else self.letter("f", "g", "h")

    # functions

    def f(self, z: Formula) -> Formula:
        """The activation of something."""
        return Call(self.name, (z,)) if self.name else z

    def slope(self, z: Formula) -> Formula:
        """The derivative of the activation."""
        return Call(f"d_{self.name}", (z,)) if self.name else ONE

    def function(self) -> list[Item]:
        """f, where it has a name of its own; for machines, each of its two sides too."""
        if not self.name:
            return []
        if function(self.name) is not None:
            known = meanings([Call(self.name, (Z,))], slopes=True)
            lines = tuple(self.argument.identity(*both, free={Z.name: "real"}) for both in known.items())
            return [Group(lines)] if lines else []
        pieces = self.unit.pieces
        if len(pieces) != 2 or pieces[0].high != 0:
            return [Group((self.let(self.f(Z), self.unit.formula),))]
        left, right = pieces
        whole = self.let(self.f(Z), Call("if", (Call(">", (Z, ZERO)), right.formula, left.formula)))
        return [Group((whole,)), self.side(right, "positive"), self.side(left, "negative")]

    def side(self, piece: Piece, domain: str) -> Group:
        """f on one side of 0."""
        line = self.argument.identity(self.f(Z), piece.formula, free=self.free(self.f(Z), piece.formula, z=domain))
        reason = say("for positive {z}", z=Z) if domain == "positive" else say("for negative {z}", z=Z)
        return Group((line,), reason, detail="data")

    def let(self, key: Formula, f: Formula) -> Let:
        """A name for a part of the argument."""
        stated = {ref.name: "real" for ref in references(f) if ref.name in self.derivation.stated}
        free = self.free(f) | stated
        for letter in (part.name for part in walk(key) if isinstance(part, Ref) and not part.indices):
            free.pop(letter, None)
        return self.argument.let(key, f, **free)

    def squared_gain(self, side: str) -> Call:
        """fan·Var W, which is gain²."""
        sums, fans = self.sums, self.fans
        ahead = side == "forward"
        if fans.named:
            fan: Formula = sums.fan_in if ahead else sums.fan_out
        else:
            own = fans.fan_in if ahead else fans.fan_out
            fan = own if isinstance(own, Ref) else Ref("fan_in" if ahead else "fan_out")
        return Call("*", (fan, Ref("variance")))

    # assumptions

    def assume(self, f: Formula) -> Formula:
        """Something that is taken as true of the names from now on."""
        self.assumed.append(self.argument.assume(f))
        return f

    def no_bias(self) -> Formula:
        """b = 0."""
        return Call("==", (Ref(self.bias), ZERO))

    # what names range over

    def free(self, *formulas: Formula, **said: Any) -> dict[str, Any]:
        """What the names of formulas range over, with those of all that was named in them."""
        found: dict[str, Any] = dict(said)
        waiting = list(formulas)
        seen: set[str] = set()
        while waiting:
            f = waiting.pop()
            bound = {n.index for n in walk(f) if isinstance(n, BigOperator)}
            bound |= {children(n)[1].name for n in walk(f) if getattr(n, "name", "") == "integral"}  # type: ignore[attr-defined]
            for node in walk(f):
                name = getattr(node, "name", "").removeprefix("d_" if isinstance(node, Call) else "\0")
                let = self.argument.lets.get(name)
                if let is not None and name not in found and name not in seen:
                    seen.add(name)
                    letters: dict[str, Formula] = {p.name: ONE for p in references(let.key) if p != let.key}
                    waiting.append(substitute(let.formula, letters))
                elif isinstance(node, Ref) and name not in bound and name not in found and let is None:
                    found |= self.domain(name)
        return found

    def domain(self, name: str) -> dict[str, Any]:
        """What one name ranges over; nothing where it is known."""
        if name in (self.weight, ERROR):
            return {name: "random"}
        if name == BELOW:
            return {name: "normal" if name in self.argument.normal else "random"}
        if name in self.sums.free:
            return {name: "size"}
        if name in (SPREAD, self.bound):
            return {name: "positive"}
        if name in self.sums.indices:
            return {name: "index"}
        if name in (*self.derivation.values, *self.argument.zero, "pi", "e", "inf", self.bias):
            return {}
        return {name: self.derivation.domains.get(name, "real")}


def simple(*factors: Formula) -> Formula:
    """A product in its simplest form."""
    return simplify(Call("*", factors)) if len(factors) > 1 else simplify(factors[0])


def mean(name: str) -> Formula:
    """That a name has mean 0."""
    return Call("==", (Call("E", (Ref(name),)), ZERO))


def over(f: Formula) -> Formula:
    """1/f in its simplest form."""
    return simplify(Call("/", (ONE, f)))
