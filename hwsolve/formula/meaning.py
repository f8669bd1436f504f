"""What a call of a function means: the formula that states the function, at the arguments."""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.formula.functions import ACTIVATIONS, Function, function
from hwsolve.formula.indices import fresh, names_in, put
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Call, Formula, Ref, walk

TOLD = {f.name for f in ACTIVATIONS} | {"normal_cdf", "normal_pdf"}  # whose names alone do not say what they are


def by_definition(f: Formula, cases: bool = True) -> Formula | None:
    """A call by its definition or, with `cases`, by its cases; None where it has none."""
    known = function(f.name) if isinstance(f, Call) else None
    text = known and (known.definition or (known.cases if cases else None))
    if known is None or not text or not isinstance(f, Call):
        return None
    args = with_defaults(f, known)
    return applied(parse(text), known, args) if len(args) == len(known.parameters) else None


def in_one_piece(f: Formula) -> Formula | None:
    """A call by its definition, without branches: `max(0, x)` for ReLU; None where it needs more cases."""
    known = function(f.name) if isinstance(f, Call) else None
    text = known and (known.closed or known.definition)
    if known is None or not text or not isinstance(f, Call):
        return None
    args = with_defaults(f, known)
    return applied(parse(text), known, args) if len(args) == len(known.parameters) else None


def meanings(calls: Iterable[Call], slopes: bool) -> dict[Call, Formula]:
    """Functions by their definitions, and behind them those of the same argument that these are made of.

    `slopes`: what the derivatives are made of too.
    """
    found: dict[Call, Formula] = {}
    waiting = list(calls)
    while waiting:
        met = waiting.pop(0)
        meaning = in_one_piece(met) if met.name in TOLD and met not in found else None
        if meaning is None:
            continue
        found[met] = meaning if len(met.args) > 1 else simplify(meaning)
        known = function(met.name)
        slope = known.derivative if known is not None and slopes else None
        inner = [part for f in (meaning, *([parse(slope)] if slope else [])) for part in walk(f)]
        waiting += [Call(p.name, met.args[:1]) for p in inner if isinstance(p, Call) and len(p.args) == 1]
    return found


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
