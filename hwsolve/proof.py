"""Precision is raised, and the problem is worked out again, until every branch and every printed digit is proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from hwsolve import numbers
from hwsolve.language import Message, say
from hwsolve.numbers.systems import Beyond
from hwsolve.solution import Note, Solution
from hwsolve.spec.problem import Problem
from hwsolve.spec.report import ROOT, Report, SpecFailure

P = TypeVar("P", bound=Problem)


def proven(
    problem: P, work: Callable[[P], Solution], hint: Message | None = None, smaller: Message | None = None
) -> Solution:
    """The solution at the first precision that proves it; a value that is not finite is an error of the problem.

    `hint` says what may keep it finite, `smaller` what keeps it from growing beyond all bounds.
    """
    try:
        return climb(problem, work)
    except numbers.NotFinite as why:
        message = say("The computation meets {what}.", what=why.what)
        if isinstance(why, Beyond):
            hint = in_floats(problem, work) or smaller
        raise refused(problem, message, hint, why.layer) from None


def climb(problem: P, work: Callable[[P], Solution]) -> Solution:
    """Work it out at 128 bits, then at more; in float64 once, and exactly where float64 does not decide it."""
    if problem.numbers == "float64":
        try:
            return work(problem)
        except (numbers.NotFinite, numbers.Undecided) as why:
            found = climb(msgspec.structs.replace(problem, numbers="exact"), work)
            text = say("Computed in exact and certified numbers: float64 does not hold {what}.", what=why.what)
            return msgspec.structs.replace(found, notes=(*found.notes, Note("info", text)))
    open_question: Message | str = ""
    for bits in [bits for bits in numbers.LADDER if bits >= problem.bits]:
        with numbers.precision(bits):
            try:
                return work(problem)
            except numbers.TooRough as why:
                raise refused(problem, say("float64 does not decide {what}.", what=why.what), None, why.layer) from None
            except numbers.Undecided as why:
                open_question = why.what
    message = say("{bits} bits of precision do not decide {what}.", bits=numbers.LADDER[-1], what=open_question)
    raise refused(problem, message, in_floats(problem, work))


def in_floats(problem: P, work: Callable[[P], Solution]) -> Message | None:
    """The hint that float64 gives an answer, where it does."""
    try:
        work(msgspec.structs.replace(problem, numbers="float64"))
    except (ArithmeticError, SpecFailure):
        return None
    return say("`--float`, or `numbers: float64`, gives an answer whose digits are not proven.")


def refused(problem: Problem, message: Message, hint: Message | None = None, layer: str = "") -> SpecFailure:
    """The error of a problem that is well formed, but has no answer; it stands at the layer in which it arises."""
    report = problem.report if problem.report is not None else Report()
    assert problem.node is not None
    whole = problem.places.get(layer.partition(".")[0], (problem.node, ROOT))  # of `optimizer.lr`
    node, path = problem.places.get(layer, whole)
    report.add(node, path, message, hint)
    return SpecFailure(report)
