"""Functions in what a derivative problem states: names that are none, and calls that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve.formula.functions import function
from hwsolve.formula.tree import Call, Formula, walk
from hwsolve.formula.vectors import CALLED, NUMBERS, PRODUCT, VECTORS, lone_function
from hwsolve.language import Message, say
from hwsolve.spec.terms import FUNCTION

OPERATORS = ("+", "-", "*", "/", "**", "neg", "==", "<", ">", "<=", ">=", "if", "element")

Mistake = tuple[Message, Message | None]  # what is wrong, and a hint


def misnamed(formulas: Iterable[Formula], declared: Iterable[str]) -> Iterator[Mistake]:
    """A function that stands without its arguments, unless its name is declared as a variable's."""
    found = lone_function(formulas, declared)
    if found is not None:
        name, call = found
        hint = say("Did you mean `{call}`? A variable of this name stands under `variables`.", call=call)
        yield say("`{name}` is a function.", name=name), hint


def miscalled(formulas: Iterable[Formula]) -> Iterator[Mistake]:
    """Functions that are not known, or are called with too few or too many arguments."""
    for node in (node for f in formulas for node in walk(f)):
        if not isinstance(node, Call) or node.name in (*OPERATORS, *VECTORS, *NUMBERS, PRODUCT):
            continue
        known = function(node.name)
        if node.name == "detach":
            yield say("`detach` stands in the formulas of a worksheet, around one thing."), None
            continue
        if known is None:
            yield FUNCTION.unknown(node.name, [*CALLED, "**"])
            continue
        least = 1 if known.many else len(known.parameters) - len(known.defaults)
        most = None if known.many else len(known.parameters)
        if len(node.args) < least or (most is not None and len(node.args) > most):
            n, got = most or least, len(node.args)
            yield say("`{name}` takes {n} arguments, not {got}.", name=node.name, n=n, got=got), None
