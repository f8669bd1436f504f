"""Checks a derivative problem, and solves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.rules import NoRule
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.problem import Problem
from hwsolve.kinds.derivative.reading import question_of
from hwsolve.kinds.derivative.wanted import last_order, up_to
from hwsolve.solution import Solution
from hwsolve.spec.report import Report, SpecFailure

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.page import AllDerivatives


def check(problem: Problem, report: Report) -> Question | None:
    """Names, sizes and shapes; expectations get their vectors written out as the answers have."""
    return question_of(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    from hwsolve.proof import proven

    work = derived(problem)
    return proven(problem, lambda p: worked_out(p, work))


def derived(problem: Problem) -> AllDerivatives:
    """The derivation of a problem; a step without a rule is an error of the problem."""
    assert problem.prepared is not None and problem.node is not None
    from hwsolve.kinds.derivative.page import AllDerivatives

    taken = {*problem.variables, *(name for point in problem.at for name in point)}
    work = AllDerivatives(problem.prepared, problem.order, taken)
    try:
        return work.run()
    except NoRule as why:
        report = problem.report if problem.report is not None else Report()
        entries = problem.node.entries
        report.add(entries["function"][1] if "function" in entries else problem.node, "function", why.message)
        raise SpecFailure(report) from None


def worked_out(problem: Problem, work: AllDerivatives) -> Solution:
    """The solution at the precision that is set."""
    from hwsolve.kinds.derivative.points import Points

    points = Points(problem, work)
    asked = (*(key for key, a in work.answers.items() if a.main), *points.pages.asked(points.answers))
    return Solution(
        kind=problem.kind,
        title=problem.title,
        source=problem.source,
        given=tuple(points.given),
        sections=(points.pages.opened(work.steps[0]), *up_to(last_order(problem), work.steps[1:]), *points.steps),
        symbols=work.written | points.pages.symbols,
        asked=asked,
        answers=work.answers | points.answers,
        notes=(*work.notes, *points.notes),
    )
