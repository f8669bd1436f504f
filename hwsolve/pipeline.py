"""read -> check -> solve -> judge: the way of one spec, shared by the commands, the batch and the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem


class Wishes(msgspec.Struct, frozen=True):
    """What the caller asks beside the spec.

    `overrides` replace parts of it (path and YAML text); `settings` (full, columns) are for the kinds that have them.
    """

    overrides: dict[str, str] = {}
    settings: dict[str, Any] = {}


def read(text: str | bytes, source: str, wishes: Wishes | None = None, kind: str | None = None) -> list[Problem]:
    """The problems of a text; all its mistakes together are a SpecFailure.  `kind` is the only one it may hold."""
    from hwsolve.solvers import KINDS, solver
    from hwsolve.spec.load import load

    def record(name: str) -> type[Problem] | None:
        return solver(name).Problem if name in KINDS else None

    wishes = wishes or Wishes()
    problems = load(text, source, record, KINDS, wishes.overrides, kind)
    for name, value in wishes.settings.items():
        for problem in problems:
            if name in problem.__struct_fields__:
                setattr(problem, name, value)
    return problems


def work_out(problem: Problem) -> Solution:
    """The solution of a problem, with its expectations and published answers compared."""
    from hwsolve.checks import judge
    from hwsolve.solvers import solver

    return judge(problem, solver(problem.kind).solve(problem))
