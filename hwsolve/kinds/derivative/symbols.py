"""What a function and its derivatives are called: σ and σ′, f and f″, ∂f/∂xₖ, ∇f, the Jacobian J, the Hessian H."""

from __future__ import annotations

from hwsolve.formula.domain import Names
from hwsolve.formula.functions import function
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.simplify.recognise import PRIMITIVE, recognised
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, transform, variable
from hwsolve.kinds.derivative.asked import Question

LETTERS = ("f", "g", "h", "F", "G", "u")
SIGNS = (*PRIMITIVE, "abs", "exp")  # functions that are written by a sign, and have no name to prime


class Symbols:
    """The names for one question; `plain`: the function is of one variable, so that a prime says enough."""

    def __init__(self, question: Question, taken: set[str]) -> None:
        self.question = question
        self.targets = question.targets
        self.taken = taken | names_in(*question.functions, *question.targets)
        self.indices = self.own_indices()
        self.plain = not (self.indices or question.many or self.targets[0].indices)
        self.named = self.known_name() if self.plain else None
        self.letter = self.named or self.new(*LETTERS)
        self.jacobian, self.hessian = (call("array", Ref(self.new(letter))) for letter in ("J", "H"))

    def new(self, *letters: str) -> str:
        """A letter that no name of the problem has."""
        free = next((x for x in letters if x not in self.taken and variable(x) not in self.taken), None)
        found = free or fresh(letters[0], self.taken)
        self.taken.add(found)
        return found

    def own_indices(self) -> tuple[Ref, ...]:
        """The indices that the function has of its own."""
        if len(self.question.functions) > 1:
            return ()
        of_targets = {i.name for t in self.targets for i in t.indices if isinstance(i, Ref)}
        return tuple([Ref(i) for i in Names(self.question.functions).indices if i not in of_targets])

    def known_name(self) -> str | None:
        """The name of the function, where the table has it with one variable: σ of 1/(1 + e⁻ˣ)."""
        for f in (self.question.typed[0], recognised(self.question.functions[0])):
            if isinstance(f, Call) and f.args == (self.targets[0],) and f.name not in SIGNS:
                known = function(f.name)
                if known is not None and (known.definition or known.cases):
                    return f.name
        return None

    # the function and its derivatives

    def function(self, n: int = 0) -> Formula:
        """The n-th function, counted from 0: σ(x), f(x, y), fᵢ, f₂."""
        name = f"{self.letter}{n + 1}" if len(self.question.functions) > 1 else self.letter
        if self.plain or (self.question.many and not any(t.indices for t in self.targets)):
            return Call(name, self.targets)
        return Ref(name, self.indices)

    def derivative(self, by: tuple[Ref, ...], n: int = 0) -> Formula:
        """The derivative of the n-th function by one variable after the other."""
        f = self.function(n)
        if self.plain and isinstance(f, Call):
            return Call("d_" * len(by) + f.name, f.args)
        if len(by) > 1 and len(set(by)) == 1:
            return call("diff", f, by[0], len(by))
        for variable_ in by:
            f = call("diff", f, variable_)
        return f

    def gradient(self) -> Formula:
        """∇f."""
        return call("nabla", Ref(self.letter, self.indices))

    def shown(self, f: Formula) -> Formula:
        """A formula with (…)′ for derivatives by the one variable, σ′(x) for those of functions that have a name."""
        if not self.plain:
            return f
        x = self.targets[0]

        def change(node: Formula) -> Formula:
            match node:
                case Call("diff", (Call(name, (inner,)), by)) if by == inner == x and name not in SIGNS:
                    known = function(name)
                    if known is not None and (known.definition or known.cases):
                        return Call(f"d_{name}", (x,))
            return Call("prime", node.args) if isinstance(node, Call) and node.name == "diff" else node

        return transform(f, change)


def numbered(f: Formula, places: dict[str, int]) -> Formula:
    """A formula with indices as numbers."""
    return transform(f, lambda n: Number(places[n.name]) if isinstance(n, Ref) and n.name in places else n)
