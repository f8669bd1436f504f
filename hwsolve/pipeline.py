"""read -> check -> solve -> compare: the way of one spec, shared by the commands, the batch and the notebook."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem
    from hwsolve.spec.report import Report, SpecFailure


class Request(msgspec.Struct, frozen=True):
    """What the caller asks beside the spec.

    `overrides` replace parts of it (path and YAML text); where a text has no key of `instead` at its top, that is added
    and takes the place of the overrides below the key.  `settings` (full, columns) are for the kinds that have them.
    `files` have the numbers of givens, by name.  `option` is what was typed before an override.
    """

    overrides: dict[str, str] = {}
    instead: dict[str, str] = {}
    settings: dict[str, Any] = {}
    files: dict[str, str] = {}
    option: str = "--set "


def read(text: str | bytes, source: str, request: Request | None = None, kind: str | None = None) -> list[Problem]:
    """The problems of a text; all its mistakes together are a SpecFailure.  `kind` is the only one it may hold."""
    from hwsolve.spec.load import all_right

    return all_right(read_each(text, source, request, kind))


def read_each(
    text: str | bytes, source: str, request: Request | None = None, kind: str | None = None
) -> list[Problem | SpecFailure]:
    """The problem of each document of a text, or what is wrong with it."""
    from hwsolve import kinds
    from hwsolve.spec.load import load_each

    def record(name: str) -> type[Problem] | None:
        return kinds.record(name) if name in kinds.KINDS else None

    def check(problem: Problem, report: Report) -> Any:
        return kinds.work(problem.kind).check(problem, report)

    request = request or Request()
    data = {}
    if request.files:
        from hwsolve.data_files import read_array

        data = {name: (path, read_array(path)) for name, path in request.files.items()}
    found = load_each(
        text, source, record, kinds.KINDS, request.overrides, kind, request.instead, check, data, request.option
    )
    for name, value in request.settings.items():
        for problem in found:
            if name in getattr(problem, "__struct_fields__", ()):
                setattr(problem, name, value)
    return found


def answered(problem: Problem, solution: Solution) -> Solution:
    """The solution with what its problem asks, if it asks anything."""
    if not problem.ask and not problem.expressions:
        return solution
    from hwsolve import asking

    return asking.answered(problem, solution)


def noted(solve: Callable[[Problem], Solution], problem: Problem) -> Solution:
    """What a kind solves, with the notation and the digits of its page."""
    found, digits = solve(problem), getattr(problem, "digits", None)
    return msgspec.structs.replace(found, notation=problem.notation, digits=digits or found.digits)


def work_out(problem: Problem) -> Solution:
    """The solution of a problem, with its expectations and published answers compared.

    Where these ask for more digits than the values were proven to, the problem is worked out again at more bits, as
    far as its kind allows.
    """
    from hwsolve import kinds
    from hwsolve.checks import compared
    from hwsolve.numbers import LADDER, Undecided
    from hwsolve.spec.report import Full, SpecFailure

    try:
        work = kinds.work(problem.kind)
        solve, otherwise = partial(noted, work.solve), getattr(work, "otherwise", None)
        found = solve(problem)
        for bits in (bits for bits in LADDER[1:] if bits <= problem.MOST_BITS):
            try:
                return compared(problem, answered(problem, found), final=False, otherwise=otherwise)
            except Undecided:
                found = solve(msgspec.structs.replace(problem, bits=bits))
        return compared(problem, answered(problem, found), otherwise=otherwise)
    except Full:
        assert problem.report is not None
        raise SpecFailure(problem.report) from None
