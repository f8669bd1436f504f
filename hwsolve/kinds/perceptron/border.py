"""Where the net input of the final weights is 0: the separating line, as an equation and solved for one coordinate."""

from __future__ import annotations

from typing import Any

from hwsolve.derivation.argument import Argument
from hwsolve.formula.tree import ONE, ZERO, Formula, Number, Ref, call
from hwsolve.kinds.perceptron.lines import Lines, at
from hwsolve.kinds.perceptron.training import State
from hwsolve.language import Message, say
from hwsolve.numbers import parts
from hwsolve.solution import Group, Item, Sentence

MOST = 6  # weights of an equation that is written


def border(lines: Lines, step: int, end: State) -> list[Item]:
    """The equation of the border; nothing where all weights are 0, or there are many."""
    size = len(end.w)
    if not any(end.w):
        return [Sentence(say("All weights are 0, so that there is no border between the classes."))]
    if size > MOST:
        return []
    names = [Ref("x")] if size == 1 else [Ref(f"x{i}") for i in range(1, size + 1)]
    beside = lines.data.sign * end.b
    general = combined([at("w", step, i) for i in range(1, size + 1)], names)
    if lines.offset:
        general = call("+" if lines.data.sign > 0 else "-", general, lines.beside(step))
    own = shortened([(w, name) for w, name in zip(end.w, names, strict=True) if w], beside)
    k = max(j for j, w in enumerate(end.w) if w)
    pivot = end.w[k]
    others = [(-w / pivot, name) for j, (w, name) in enumerate(zip(end.w, names, strict=True)) if w and j != k]
    solved = call("==", names[k], shortened(others, -beside / pivot))
    forms: list[Any] = [call("==", general, ZERO)]
    if own != general:
        forms.append(("⟺", call("==", own, ZERO), ONE))
    if own != names[k] or pivot != 1:
        forms.append(("⟺", solved, number(pivot)))
    if len(forms) == 1:
        return []
    line = Argument(lines.read).identity(*forms, free={name.name: "real" for name in names})
    return [Group((line,), meaning(size, lines.training.ended))]


def meaning(size: int, ended: bool) -> Message:
    """What the equation is of."""
    if not ended:
        return say("where the net input of the last weights is 0")
    names = {1: say("the border between the classes"), 2: say("the line between the classes")}
    return names.get(size, say("the plane between the classes"))


def number(value: Any) -> Number:
    """A rational in a formula."""
    return Number(*parts(value))


def combined(factors: list[Ref], names: list[Ref]) -> Formula:
    """A sum of products."""
    terms = [f * name for f, name in zip(factors, names, strict=True)]
    return terms[0] if len(terms) == 1 else call("+", *terms)


def shortened(terms: list[tuple[Any, Ref]], rest: Any) -> Formula:
    """The same with numbers, as a person writes it: 2x₁ − x₂ + 3."""
    made: Formula | None = None
    for factor, name in [*terms, (rest, None)]:
        if factor == 0:
            continue
        size = abs(factor)
        part = number(size) if name is None else name if size == 1 else number(size) * name
        if made is None:
            made = part if factor > 0 else -part
        else:
            made = made + part if factor > 0 else made - part
    return ZERO if made is None else made
