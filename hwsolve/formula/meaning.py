"""What a call of a function means: the formula that states the function, at the arguments."""

from __future__ import annotations

from hwsolve.formula.functions import Function, function
from hwsolve.formula.indices import fresh, names_in, put
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref


def by_definition(f: Formula, cases: bool = True) -> Formula | None:
    """A call by its definition or, with `cases`, by its cases; None where it has none."""
    known = function(f.name) if isinstance(f, Call) else None
    text = known and (known.definition or (known.cases if cases else None))
    if known is None or not text or not isinstance(f, Call):
        return None
    args = with_defaults(f, known)
    return applied(parse(text), known, args) if len(args) == len(known.parameters) else None


def with_defaults(f: Call, known: Function) -> tuple[Formula, ...]:
    """The arguments, those that were left out included."""
    missing = len(known.parameters) - len(f.args)
    if 0 < missing <= len(known.defaults):
        return f.args + tuple(parse(text) for text in known.defaults[-missing:])
    return f.args


def applied(f: Formula, known: Function, args: tuple[Formula, ...]) -> Formula:
    """A formula in a function's parameters, at the arguments."""
    taken = names_in(f, *args)
    places = {}
    for parameter in known.parameters:  # by way of new names, since an argument may hold a parameter's name
        places[parameter] = fresh(f"{parameter}_", taken)
        taken.add(places[parameter])
        f = put(f, parameter, Ref(places[parameter]))
    for parameter, argument in zip(known.parameters, args, strict=True):
        f = put(f, places[parameter], argument)
    return f
