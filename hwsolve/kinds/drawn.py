"""The drawings of a problem of any kind, without its solution unless that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import msgspec

from hwsolve.errors import CallError
from hwsolve.figures import Bars, Curve, Diagram, Figure, Grid
from hwsolve.kinds import KINDS, about, work
from hwsolve.language import say
from hwsolve.solution import Solution
from hwsolve.spec.problem import Problem

FIGURES = ("network", "circuit", "windows", "curve", "bars")
SHOWN: dict[str, type[Figure]] = {"windows": Grid, "curve": Curve, "bars": Bars}  # those that a solution has of itself


def drawn(problem: Problem, wanted: str | None, values: bool) -> tuple[Figure, ...]:
    """The drawings asked for, else the usual ones of the kind; a wrong call where it has none."""
    known: tuple[str, ...] = about(problem.kind).DRAWS
    if not known:
        raise CallError(say("A problem of the kind {kind} has no drawing.", kind=problem.kind))
    name = wanted or known[0]
    if name not in FIGURES:
        raise CallError(say("There is no drawing `{name}`; there are {known}.", name=name, known=", ".join(FIGURES)))
    if name not in known:
        about_kind = {"name": name, "kind": problem.kind, "known": ", ".join(known)}
        raise CallError(say("A problem of the kind {kind} has no drawing `{name}`; it has {known}.", **about_kind))
    found = tuple(figures(problem, name, values))
    if not found:
        raise CallError(say("There is nothing to draw as `{name}` in {source}.", name=name, source=problem.place))
    return found


def figures(problem: Any, name: str, values: bool) -> Iterator[Figure]:
    """The drawings of one name."""
    if name in SHOWN:
        if "figure" in problem.__struct_fields__:
            problem = msgspec.structs.replace(problem, figure=name)
        for figure in of_solution(work(problem.kind).solve(problem)):
            if isinstance(figure, SHOWN[name]) and (values or not getattr(figure, "found", False)):
                yield figure
    elif find_spec(f"{KINDS[problem.kind]}.drawn") is not None:
        yield from of_solution(import_module(f"{KINDS[problem.kind]}.drawn").draw(problem, name, values))
    else:
        from hwsolve.layers.boxes import boxes

        if (network := boxes(problem.network)) is not None:
            yield network


def of_solution(solution: Solution) -> Iterator[Figure]:
    """The figures of a solution."""
    for step in solution.sections:
        yield from [item for item in step.items if isinstance(item, Diagram | Grid | Curve | Bars)]
