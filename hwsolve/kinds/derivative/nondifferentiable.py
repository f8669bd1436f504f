"""What is said of kinks for all values: where a function in a formula has no derivative, and only what is true of it.

A part may bend where the whole does not, as |x²| or |x|², and a part whose argument stands still does not bend at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.evaluate import no_names
from hwsolve.formula.functions import FUNCTIONS, Function
from hwsolve.formula.instantiate import fold
from hwsolve.formula.parse import parse
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ZERO, BigOperator, Call, Formula, Number, Ref, walk
from hwsolve.graph.explain.nondifferentiable import bends, is_extreme, is_maximum
from hwsolve.language import Message, say


def kink_remarks(functions: tuple[Formula, ...], targets: tuple[Ref, ...]) -> list[Message]:
    """The remarks on some functions, each once."""
    found = (remark for f in functions for remark in of_function(f, targets))
    return list({str(remark): remark for remark in found}.values())


def of_function(f: Formula, targets: tuple[Ref, ...]) -> Iterator[Message]:
    """The remarks on the kinks of a function, by the calls in it."""
    for node in dict.fromkeys(walk(f)):
        args = tuple(dict.fromkeys(node.args)) if isinstance(node, Call) else ()
        if is_extreme(node) and (isinstance(node, BigOperator) or len(args) > 2):
            if any(slope(node, t) != ZERO for t in targets):
                yield of_many(node)
        elif isinstance(node, Call):
            known = FUNCTIONS.get(node.name)
            for kink in borders(node, args, known) if known is not None and known.derivative is not None else ():
                apart = Call("-", (args[0], kink))
                if any(slope(apart, t) != ZERO for t in targets):
                    sure = node == f and all(isinstance(slope(apart, t), Number) for t in targets)
                    yield at_border(node, Call("==", (args[0], kink)), sure)


def borders(f: Call, args: tuple[Formula, ...], known: Function) -> list[Formula]:
    """Where a call has no derivative, as values of its first argument."""
    if known.many:
        return [args[1]] if len(args) == 2 else []
    places = [parse(k) for k in known.kinks]
    if any(isinstance(n, Ref) for a in f.args[1:] for n in walk(a)):
        return places
    return [k for k in places if bends(Call(f.name, (k, *f.args[1:])), no_names)]


def slope(f: Formula, target: Ref) -> Formula | None:
    """The derivative by a variable; None where no rule gives it."""
    try:
        return simplify(fold(differentiate(f, target)))
    except NoRule:
        return None


def at_border(f: Call, place: Formula, sure: bool) -> Message:
    """A function that bends where its argument has a value."""
    name = FUNCTIONS[f.name].shown or f.name
    if sure:
        return say("{function} has no derivative where {place}.", function=name, place=place)
    return say(
        "{function} by itself has no derivative where {place}; the whole function may have one there.",
        function=name,
        place=place,
    )


def of_many(f: Formula) -> Message:
    """A maximum or minimum of more than two."""
    shown = f
    if is_maximum(f):
        return say(
            "{function} by itself has no derivative where two of its arguments share the greatest value; the whole "
            "function may have one there.",
            function=shown,
        )
    return say(
        "{function} by itself has no derivative where two of its arguments share the least value; the whole function "
        "may have one there.",
        function=shown,
    )
