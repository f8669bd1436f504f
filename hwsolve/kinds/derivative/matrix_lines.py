"""The form of a gradient, Jacobian or Hessian without indices, evaluated on random arrays before anybody sees it."""

from __future__ import annotations

from itertools import product
from typing import Any

from hwsolve.derivation.argument import related
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.domain import Names
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.matrix_form import matrix_form
from hwsolve.formula.notation import plain
from hwsolve.formula.random_points import BOUNDS, Dice
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, call, children, rebuild, references, transform
from hwsolve.formula.whole_arrays import value as whole_value
from hwsolve.kinds.derivative.asked import Question
from hwsolve.numbers import exact, precision

SIDES = (3, 4, 2, 5)  # of arrays whose sizes have names
BITS = 128


def matrix_of(question: Question, d: Formula, indices: tuple[str, ...], unit: str = "e") -> Formula | None:
    """The matrix form of an element; None where there is none.  Raises Disagreement where it has other elements.

    `unit`: the letter of a vector of one 1, which stands for a δ.
    """
    found = matrix_form(d, indices) if len(indices) in (1, 2) else None
    if found is None:
        return None
    form, *legend = found
    vectors = {side.args[0]: side.args[1] for side in legend if isinstance(side, Call)}
    check(question, d, indices, form, vectors)

    def spelled(node: Formula) -> Formula:
        if not isinstance(node, Call) or node.args[0] not in vectors:
            return node
        vector = vectors[node.args[0]]
        if isinstance(vector, Call) and is_delta(vector):
            return Ref(unit, tuple([i for i in vector.args if i != Ref(indices[-1])]))
        return call("array", vector)

    return transform(form, spelled)


def is_delta(f: Formula) -> bool:
    """Whether a vector is δ over one of its indices."""
    return isinstance(f, Call) and f.name == "delta"


class RandomArrays:
    """Random arrays of the shapes that a question states, and the numbers that they have at their places."""

    def __init__(self, question: Question, f: Formula, indices: tuple[str, ...]) -> None:
        self.question, self.dice = question, Dice(23)
        self.sizes: dict[str, int] = {}
        self.known: dict[Any, Any] = {}
        self.arrays: dict[str, Any] = {}
        names = Names((f,))
        for index in names.indices:
            if index not in indices:
                self.known[index, ()] = 1
        for name in names.scalars:
            self.known[name, ()] = self.arrays[name] = self.number(question.scalars.get(name, "positive"))
        for ref in references(f):
            if ref.indices and ref.name not in self.arrays:
                self.array(ref)
        self.known |= {(n, ()): side for n, side in self.sizes.items()}

    def array(self, ref: Ref) -> None:
        """The array of a name."""
        import numpy as np

        stated = self.question.shapes.get(ref.name, tuple([Ref(f"~{ref.name}{n}") for n in range(len(ref.indices))]))
        shape = tuple([self.side(n) for n in stated])
        made = np.empty(shape, dtype=object)
        domain = self.question.elements.get(ref.name, "positive")
        for at in product(*map(range, shape)):
            made[at] = self.known[ref.name, tuple([i + 1 for i in at])] = self.number(domain)
        self.arrays[ref.name] = made

    def side(self, size: Formula) -> int:
        """A size as a number; different names have different ones."""
        if isinstance(size, Ref):
            return self.sizes.setdefault(size.name, SIDES[len(self.sizes) % len(SIDES)])
        return int(evaluate(size, self.read))

    def number(self, domain: str) -> Any:
        """A number of a domain."""
        return exact(self.dice.randint(*BOUNDS.get(domain, BOUNDS["real"])), 1009)

    def read(self, name: str, at: tuple[int, ...]) -> Any:
        """The value of a name at a place."""
        return self.known[name, at]


def check(
    question: Question, d: Formula, indices: tuple[str, ...], form: Formula, vectors: dict[Formula, Formula]
) -> None:
    """Compare all elements of the form with those of the formula, on random arrays."""
    import numpy as np

    out, last = question.written_out, Ref(indices[-1])
    elements = [v if is_delta(v) else out(Call("element", (v, last))) for v in vectors.values()]
    drawn = RandomArrays(question, call("+", out(d), *elements), indices)
    target = question.targets[0].name
    side = drawn.side(question.shapes.get(target, (Ref(f"~{target}0"),))[0])
    drawn.known |= {(n, ()): k for n, k in drawn.sizes.items()}

    def number(node: Formula) -> Formula:
        single = (isinstance(node, Ref) and node.indices) or (isinstance(node, Call) and node.name == "element")
        if not single and not isinstance(node, BigOperator):
            return rebuild(node, tuple(map(number, children(node))))
        drawn.arrays[name := f"~{len(drawn.arrays)}"] = evaluate(out(node), drawn.read)
        return Ref(name)

    with precision(BITS):
        drawn.arrays["I"] = np.array([[exact(int(a == b)) for a in range(side)] for b in range(side)], dtype=object)
        for letter, element in zip(vectors, elements, strict=True):
            values = []
            for k in range(1, side + 1):
                drawn.known[last.name, ()] = k
                values.append(evaluate(element, drawn.read))
            drawn.arrays[letter.name] = np.array(values, dtype=object)  # type: ignore[attr-defined]
        found = whole_value(number(form), drawn.arrays)
        for at in product(*map(range, found.shape)):
            drawn.known |= {(index, ()): k + 1 for index, k in zip(indices, at, strict=True)}
            if not related("=", found[at], evaluate(out(d), drawn.read)):
                raise Disagreement(f"{plain(d)} is no element of {plain(form)}")
