"""A derivative problem without its solution: the function, and what is asked of it."""

from __future__ import annotations

from hwsolve.formula.notation import unicode
from hwsolve.language import Message, say
from hwsolve.solution import Prose, Section, Stage
from hwsolve.solvers.derivatives.task import Task


def question(task: Task, order: int) -> Section:
    """The functions as typed, and which derivatives are asked for; the points are among the givens."""
    lines = [Prose("", (Stage("=", f),)) for f in task.typed]
    return Section(say("Problem"), lines=(*lines, Prose(asked(task, order))), alone=True)


def asked(task: Task, order: int) -> Message:
    """What is to be worked out."""
    names = ", ".join(map(unicode, task.targets))
    if task.form == "jacobian":
        return say("Asked: the Jacobian with respect to {names}.", names=names)
    if task.form == "gradient":
        return (
            say("Asked: the gradient with respect to {names}.", names=names)
            if order == 1
            else say("Asked: the gradient and the Hessian with respect to {names}.", names=names)
        )
    if order == 1:
        return say("Asked: the derivative with respect to {names}.", names=names)
    return say("Asked: the derivatives with respect to {names} up to order {n}.", names=names, n=order)
