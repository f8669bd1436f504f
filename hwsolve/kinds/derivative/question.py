"""A derivative problem without its solution: the function, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.kinds.derivative.task import Task
from hwsolve.language import Message, say
from hwsolve.solution import Prose, Section, Stage


def question(task: Task, order: int) -> Section:
    """The functions as typed, and which derivatives are asked for; the points are among the givens."""
    lines = [Prose("", (Stage("=", f),)) for f in task.typed]
    lines += [Prose(text) for text in stated(task)]
    return Section(say("Problem"), lines=(*lines, Prose(asked(task, order))), alone=True)


def stated(task: Task) -> Iterator[Message]:
    """What is said of the variables: their domains, sizes and sums."""
    for name, domain in (task.scalars | task.elements).items():
        shown = whole(name) if name in task.elements else Ref(name)
        if domain == "positive":
            yield say("{name} is positive.", name=shown)
        elif domain == "negative":
            yield say("{name} is negative.", name=shown)
        elif domain == "unit":
            yield say("{name} lies between 0 and 1.", name=shown)
    for name, shape in task.shapes.items():
        if name not in task.assumed:
            yield say("{name} has the shape {shape}.", name=whole(name), shape=" × ".join(map(unicode, shape)))
    for name, total in task.sums.items():
        yield say("The elements of {name} add up to {sum}.", name=whole(name), sum=total)


def asked(task: Task, order: int) -> Message:
    """What is to be worked out."""
    names = task.targets
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
