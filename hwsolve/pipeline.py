"""read -> check -> solve -> judge: the way of one spec, shared by the commands, the batch and the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem


def read(
    text: str | bytes, source: str, overrides: dict[str, str] | None = None, kind: str | None = None
) -> list[Problem]:
    """The problems of a text; all its mistakes together are a SpecFailure.  `kind`: the only one it may hold."""
    from hwsolve.solvers import KINDS, solver
    from hwsolve.spec.load import load

    def record(name: str) -> type[Problem] | None:
        return solver(name).Problem if name in KINDS else None

    return load(text, source, record, KINDS, overrides, kind)


def work_out(problem: Problem) -> Solution:
    """The solution of a problem, with its expectations and published answers compared."""
    from hwsolve.checks import judge
    from hwsolve.solvers import solver

    return judge(problem, solver(problem.kind).solve(problem))
