"""Operation counts in tables, how they grow, and the conventions in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.language import Message, say
from hwsolve.layers.base import Size, factor_text
from hwsolve.solution import Cell, Note, Table

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.problem import Count

Totals = Mapping[str, Size | Message]  # by key, as `backward.mul`
Row = tuple[str, Size, Totals]  # a layer's key, how often it stands, and the counts of all its copies

KINDS = {
    "mul": say("Multiplications"),
    "add": say("Additions"),
    "div": say("Divisions"),
    "cmp": say("Comparisons"),
    "exp": say("Exponentials"),
    "log": say("Logarithms"),
    "sqrt": say("Square roots"),
    "tanh": say("tanh"),
    "erf": say("erf"),
}
PHASES = {
    "forward": say("Forward pass"),
    "error": say("Error terms"),
    "gradient": say("Gradients"),
    "backward": say("Backward pass"),
    "update": say("Update"),
    "total": say("All"),
}
ALWAYS = ("mul", "add")  # totals that are answers even where they are 0


def phase_table(values: Totals, count: Count) -> Table:
    """A row for each phase, a column for each kind of operation."""
    kinds = [kind for kind in KINDS if kind in ALWAYS or any(key.endswith(f".{kind}") for key in values)]
    body = []
    for phase, name in PHASES.items():
        cells = [values.get(f"{phase}.{kind}", 0) for kind in kinds]
        body.append((name, *cells))
    return Table("", (say("Phase"), *(head(kind, count) for kind in kinds)), tuple(body), total=True)


def head(kind: str, count: Count) -> Message:
    """A kind's name at the head of a column."""
    return say("Multiply-adds") if kind == "mul" and count.multiply_add == 1 else KINDS[kind]


def layer_table(rows: list[Row], values: Totals) -> Table:
    """A row for each layer, all its copies together."""
    heads = {
        f"{phase}.{kind}": say("{phase}: {kind}", phase=short, kind=sign)
        for phase, short in (("forward", say("forward")), ("backward", say("backward")), ("update", say("update")))
        for kind, sign in (("mul", "×"), ("add", "+"))
    }
    body: list[tuple[Cell, ...]] = []
    for path, times, row in rows:
        label = path if times == 1 else f"{factor_text(times)} × {path}"
        body.append((label, *(row.get(key, "") for key in heads)))
    last = tuple(values.get(key, 0) for key in heads)
    return Table("", (say("Layer"), *heads.values()), (*body, (say("Total"), *last)), total=True)


def conventions(count: Count) -> tuple[Note, ...]:
    """The settings, in words."""
    notes = [
        say("Multiplications and additions are counted one by one (multiply_add: 2).")
        if count.multiply_add == 2
        else say("An addition along with its multiplication is one operation, a multiply-add (multiply_add: 1)."),
        say("Biases count.") if count.bias else say("Biases do not count."),
        say("Evaluating activation functions counts; their derivatives count in the backward pass.")
        if count.activations
        else say("Evaluating activation functions does not count; their derivatives count in the backward pass."),
        say("The gradient of the input is worked out too.")
        if count.input_gradient
        else say("The gradient of the input is not worked out: errors go back only as far as something is trained."),
        say("One sample; an update is w − η·gradient."),
    ]
    return tuple(Note("info", note) for note in notes)


def leading(counts: list[Formula]) -> Formula:
    """The monomials, without numbers, that no other one of the counts outgrows for all sizes."""
    from hwsolve.formula.simplify.polynomial import powers

    found = {frozenset(m.items()): m for f in counts for m in powers(f)}
    kept = [m for m in found.values() if not any(n is not m and outgrows(n, m) for n in found.values())]
    parts = [monomial(m) for m in kept]
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def outgrows(a: dict[Formula, int], b: dict[Formula, int]) -> bool:
    """Whether a is a multiple of b."""
    return all(a.get(atom, 0) >= power for atom, power in b.items())


def monomial(powers: dict[Formula, int]) -> Formula:
    """A product of powers."""
    factors = [atom if n == 1 else Call("**", (atom, Number(n))) for atom, n in powers.items()]
    return Number(1) if not factors else factors[0] if len(factors) == 1 else Call("*", tuple(factors))
