"""What the argument speaks of: the layer's sums with names for all that meets in them, and what is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.functions import function
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Ref,
    formula,
    references,
    substitute,
    walk,
)
from hwsolve.kinds.initialization.moments import Z, end, give_parameters
from hwsolve.kinds.initialization.piecewise import Piece
from hwsolve.kinds.initialization.sums import Sums, sums
from hwsolve.solution import Assume, Let

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.problem import Problem

ABOVE, BELOW, ERROR, ERROR_BELOW = "z_above", "z_below", "delta", "delta_below"  # z, z′, δ and δ′
SPREAD, SQUARE = "spread", "square"  # Var z′ as a number, E a² as what is looked for


class Setting:
    """The names of an argument and what they stand for; `symbols` says how they are written."""

    def __init__(self, problem: Problem, derivation: Derivation) -> None:
        self.problem, self.derivation, self.argument = problem, derivation, derivation.argument
        self.fans, self.unit = problem.prepared.fans, problem.prepared.unit
        sizes = {r.name for size in self.fans.sizes.values() if isinstance(size, Formula) for r in references(size)}
        self.taken = sizes | set(self.unit.parameters) | set(self.unit.constants)
        self.weight, self.out, self.bias = (self.letter(*x) for x in ("WVU", "ahy", "bdg"))
        self.error = self.letter("delta", "epsilon", "eta")
        self.sums: Sums = sums(problem.layer, self)
        self.density = self.letter("p", "rho", "phi_of")
        self.bound, self.cell = (self.letter(*x) for x in ("rsR", "wxy"))
        self.symbols: dict[str, Formula] = dict(self.sums.symbols)
        self.assumed: list[Assume] = []
        give_parameters(derivation, self.unit)
        if not self.fans.named:
            for name, size in self.fans.sizes.items():
                derivation.give(name, formula(size))
        self.write_signals()

    def letter(self, *wanted: str) -> str:
        """The first of some letters that the problem does not use, from now on used."""
        found = next((x for x in wanted if x not in self.taken), f"{wanted[0]}_of")
        self.taken = self.taken | {found}
        return found

    def write_signals(self) -> None:
        """How z′, δ and the functions are written."""
        below, error = Ref("z′"), Ref(self.error)
        self.symbols |= {ABOVE: Z, BELOW: below, ERROR: error, ERROR_BELOW: Ref(f"{self.error}′"), SPREAD: Call("Var", (below,))}
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

    def function(self) -> Let | None:
        """f by its pieces, where it has a name of its own."""
        if not self.name or function(self.name) is not None:
            return None
        whole = by_cases(self.unit.pieces) if len(self.unit.pieces) > 1 else self.unit.formula
        return self.let(self.f(Z), whole)

    def let(self, key: Formula, f: Formula) -> Let:
        """A name for a part of the argument."""
        free = self.free(f) | {n.name: "real" for n in walk(f) if isinstance(n, Ref) and n.name in self.derivation.stated}
        for letter in (part.name for part in walk(key) if isinstance(part, Ref) and not part.indices):
            free.pop(letter, None)
        return self.argument.let(key, f, **free)

    # assumptions

    def assume(self, f: Formula) -> Formula:
        """Something that is taken as true of the names from now on."""
        self.assumed.append(self.argument.assume(f))
        return f

    # what names range over

    def free(self, *formulas: Formula, **said: Any) -> dict[str, Any]:
        """What the names of formulas range over, with those of all that was named in them."""
        found: dict[str, Any] = dict(said)
        waiting = list(formulas)
        seen: set[str] = set()
        while waiting:
            f = waiting.pop()
            bound = {n.index for n in walk(f) if isinstance(n, BigOperator)}
            bound |= {n.args[1].name for n in walk(f) if isinstance(n, Call) and n.name == "integral" and isinstance(n.args[1], Ref)}  # fmt: skip
            for node in walk(f):
                name = getattr(node, "name", "").removeprefix("d_" if isinstance(node, Call) else "\0")
                let = self.argument.lets.get(name)
                if let is not None and name not in found and name not in seen:
                    seen.add(name)
                    letters = {part.name: ONE for part in walk(let.key) if isinstance(part, Ref) and part != let.key}
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


def by_cases(pieces: tuple[Piece, ...]) -> Formula:
    """A function as choices between its pieces; of two, the right one first."""
    if len(pieces) == 2:
        left, right = pieces
        return Call("if", (Call(">", (Z, end(left.high, 1))), right.formula, left.formula))
    found = pieces[-1].formula
    for piece in reversed(pieces[:-1]):
        found = Call("if", (Call("<", (Z, end(piece.high, 1))), piece.formula, found))
    return found


def simple(*factors: Formula) -> Formula:
    """A product in its simplest form."""
    return simplify(Call("*", factors)) if len(factors) > 1 else simplify(factors[0])


def mean(name: str) -> Formula:
    """That a name has mean 0."""
    return Call("==", (Call("E", (Ref(name),)), ZERO))


def over(f: Formula) -> Formula:
    """1/f in its simplest form."""
    return simplify(Call("/", (ONE, f)))
