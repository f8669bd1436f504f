"""What the answers are for one number of a parameter that has only a name, as ReLU is PReLU with slope 0."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ZERO, Formula, Ref, substitute
from hwsolve.kinds.initialization.moments import Unit, Z
from hwsolve.kinds.initialization.setting import Setting
from hwsolve.language import Message, say
from hwsolve.solution import Group, Item, Line, Sentence, Step


def special_cases(s: Setting) -> Step | None:
    """The variance and the gain with the numbers that are stated, and with those that the activation usually has."""
    at, usual = s.problem.at, s.problem.activation.usual if s.unit.homogeneous else {}
    items: list[Item] = []
    if usual and usual.keys() == set(s.unit.unknown) and usual != at:
        text = say("With {numbers}, the default in PyTorch:", numbers=numbers_put(usual))
        items += [Sentence(text), Group(tuple(lines(s, usual, "usual")))]
    if at:
        items += [Sentence(put(s, at)), Group(tuple(lines(s, at, "at")))]
    title = say("A special case") if len(items) == 2 else say("Special cases")
    return Step(title, tuple(items)) if items else None


def lines(s: Setting, at: dict[str, Formula], called: str) -> Iterator[Line]:
    """Both with numbers put in."""
    derivation = s.derivation
    for key in ("variance", *(("gain",) if s.problem.mode != "average" else ())):
        s.symbols[f"{key}.{called}"] = s.symbols.get(key, Ref(key))
        yield derivation.define(f"{key}.{called}", substitute(derivation.formulas.get(key, Ref(key)), at))


def numbers_put(at: dict[str, Formula]) -> Message:
    """Which numbers are put in."""
    (name, value), *more = at.items()
    text = say("{name} set to {value}", value=value, name=Ref(name))
    for name, value in more:
        text = say("{a}, {b}", a=text, b=say("{name} set to {value}", value=value, name=Ref(name)))
    return text


def put(s: Setting, at: dict[str, Formula]) -> Message:
    """The same, and which activation that is."""
    text = numbers_put(at)
    found = known(s.unit, at)
    if found:
        return say("With {numbers}, {f} is {activation}:", numbers=text, f=Ref(s.name), activation=found)
    return say("With {numbers}:", numbers=text)


def known(unit: Unit, at: dict[str, Formula]) -> str:
    """The name of an activation without parameters that it is: ReLU; "" for any other."""
    forms = [simplify(substitute(piece.formula, at)) for piece in unit.pieces]
    return "ReLU" if forms == [ZERO, Z] and unit.pieces[0].high == 0 else ""
