"""The form of a gradient, Jacobian or Hessian without indices, evaluated on random arrays before anybody sees it."""

from __future__ import annotations

from itertools import product
from typing import Any

from hwsolve.derivation.argument import related
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.domain import Names
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.matrix_form import IDENTITY, matrix_form
from hwsolve.formula.notation import plain
from hwsolve.formula.random_points import BOUNDS, Dice
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, references, transform
from hwsolve.formula.whole_arrays import value as whole_value
from hwsolve.kinds.derivative.asked import Question
from hwsolve.numbers import exact, precision

SIDES = (3, 4, 2, 5)  # of arrays whose sizes have names
BITS = 128


def matrix_of(question: Question, d: Formula, indices: tuple[str, ...]) -> Formula | None:
    """The matrix form of an element; None where there is none.  Raises Disagreement where it has other elements."""
    found = matrix_form(d, indices) if len(indices) in (1, 2) else None
    if found is None:
        return None
    form, *legend = found
    vectors = {side.args[0]: side.args[1] for side in legend if isinstance(side, Call)}
    check(question, d, indices, form, vectors)
    return transform(form, lambda n: call("array", vectors[n.args[0]]) if is_marked(n) and n.args[0] in vectors else n)


def is_marked(f: Formula) -> bool:
    """Whether a formula is a name that stands for an array."""
    return isinstance(f, Call) and f.name == "array"


def check(
    question: Question, d: Formula, indices: tuple[str, ...], form: Formula, vectors: dict[Formula, Formula]
) -> None:
    """Compare all elements of the form with those of the formula, on random arrays."""
    import numpy as np

    dice = Dice(23)
    out = question.written_out
    elements = [out(Call("element", (v, Ref(indices[-1])))) for v in vectors.values()]
    names = Names((out(d), *elements))
    sizes: dict[str, int] = {}
    for shape in question.shapes.values():
        for n in shape:
            if isinstance(n, Ref):
                sizes.setdefault(n.name, SIDES[len(sizes) % len(SIDES)])
    known: dict[Any, Any] = {(n, ()): side for n, side in sizes.items()}

    def number(domain: str) -> Any:
        return exact(dice.randint(*BOUNDS.get(domain, BOUNDS["real"])), 1009)

    arrays: dict[str, Any] = {}
    for name in names.elements:
        shape = tuple([n.numerator if isinstance(n, Number) else sizes[n.name] for n in question.shapes[name]])  # type: ignore[attr-defined]
        arrays[name] = np.empty(shape, dtype=object)
        for at in product(*map(range, shape)):
            arrays[name][at] = known[name, tuple([i + 1 for i in at])] = number(question.elements.get(name, "positive"))
    for name in (*names.scalars, *(n for n in names.indices if n not in indices)):
        arrays[name] = known[name, ()] = 1 if name in names.indices else number(question.scalars.get(name, "positive"))

    def read(name: str, at: tuple[int, ...]) -> Any:
        return known[name, at]

    with precision(BITS):
        rows = arrays[next(iter(names.elements))].shape[0]
        for letter, vector in vectors.items():
            size = question.shapes[next(r.name for r in references(vector) if r.name in question.shapes)][0]
            length = size.numerator if isinstance(size, Number) else sizes[size.name]  # type: ignore[attr-defined]
            every = [evaluate(out(Call("element", (vector, Number(k + 1)))), read) for k in range(length)]
            arrays[letter.name] = np.array(every, dtype=object)  # type: ignore[attr-defined]
        if any(n == IDENTITY for n in parts(form)):
            arrays["I"] = np.array([[exact(int(a == b)) for a in range(rows)] for b in range(rows)], dtype=object)
        values = whole_value(form, arrays)
        for at in product(*map(range, values.shape)):
            known |= {(index, ()): k + 1 for index, k in zip(indices, at, strict=True)}
            if not related("=", values[at], evaluate(out(d), read)):
                raise Disagreement(f"{plain(d)} is no element of {plain(form)}")


def parts(f: Formula) -> list[Formula]:
    """All nodes of a formula."""
    found: list[Formula] = []
    transform(f, lambda n: found.append(n) or n)  # type: ignore[func-returns-value]
    return found
