"""read -> check -> solve -> judge: the way of one spec, shared by the commands, the batch and the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem


class Wishes(msgspec.Struct, frozen=True):
    """What the caller asks beside the spec.

    `overrides` replace parts of it (path and YAML text); where a text has no key of `instead` at its top, that is added
    and takes the place of the overrides below the key.  `settings` (full, columns) are for the kinds that have them.
    """

    overrides: dict[str, str] = {}
    instead: dict[str, str] = {}
    settings: dict[str, Any] = {}


def read(text: str | bytes, source: str, wishes: Wishes | None = None, kind: str | None = None) -> list[Problem]:
    """The problems of a text; all its mistakes together are a SpecFailure.  `kind` is the only one it may hold."""
    from hwsolve.solvers import KINDS, solver
    from hwsolve.spec.load import load

    def record(name: str) -> type[Problem] | None:
        return solver(name).Problem if name in KINDS else None

    wishes = wishes or Wishes()
    overrides = _fitted(wishes, text) if wishes.instead else wishes.overrides
    problems = load(text, source, record, KINDS, overrides, kind)
    for name, value in wishes.settings.items():
        for problem in problems:
            if name in problem.__struct_fields__:
                setattr(problem, name, value)
    return problems


def _fitted(wishes: Wishes, text: str | bytes) -> dict[str, str]:
    """The overrides for a text, depending on the keys it has."""
    from hwsolve.spec.nodes import Mapping
    from hwsolve.spec.read import decoded, documents
    from hwsolve.spec.report import Report

    report = Report()
    report.text = (decoded(text, report) if isinstance(text, bytes) else text) or ""
    keys = {key for node in documents(report) if isinstance(node, Mapping) for key in node.entries}
    lacking = {key: value for key, value in wishes.instead.items() if key not in keys}
    kept = {path: value for path, value in wishes.overrides.items() if path.partition(".")[0] not in lacking}
    return kept | lacking


def work_out(problem: Problem) -> Solution:
    """The solution of a problem, with its expectations and published answers compared."""
    from hwsolve.checks import judge
    from hwsolve.solvers import solver

    return judge(problem, solver(problem.kind).solve(problem))
