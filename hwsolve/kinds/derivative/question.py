"""A derivative problem without its solution: the function, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.kinds.derivative.asked import Question
from hwsolve.language import Message, say
from hwsolve.sections import section
from hwsolve.solution import Prose, Stage, Step


def posed(question: Question, order: int) -> Step:
    """The functions as typed, and which derivatives are asked for; the points are among the givens."""
    lines = [Prose("", (Stage("=", f),)) for f in question.typed]
    lines += [Prose(text) for text in stated(question)]
    return section(say("Problem"), lines=(*lines, Prose(asked(question, order))), alone=True)


def stated(question: Question) -> Iterator[Message]:
    """What is said of the variables: their domains, sizes and sums."""
    for name, domain in (question.scalars | question.elements).items():
        shown = whole(name) if name in question.elements else Ref(name)
        if domain == "positive":
            yield say("{name} is positive.", name=shown)
        elif domain == "negative":
            yield say("{name} is negative.", name=shown)
        elif domain == "unit":
            yield say("{name} lies between 0 and 1.", name=shown)
    for name, shape in question.shapes.items():
        if name not in question.assumed:
            yield say("{name} has the shape {shape}.", name=whole(name), shape=" × ".join(map(unicode, shape)))
    for name, total in question.sums.items():
        yield say("The elements of {name} add up to {sum}.", name=whole(name), sum=total)


def asked(question: Question, order: int) -> Message:
    """What is to be worked out."""
    names = question.targets
    if question.form == "jacobian":
        return say("Asked: the Jacobian with respect to {names}.", names=names)
    if question.form == "gradient":
        return (
            say("Asked: the gradient with respect to {names}.", names=names)
            if order == 1
            else say("Asked: the gradient and the Hessian with respect to {names}.", names=names)
        )
    if order == 1:
        return say("Asked: the derivative with respect to {names}.", names=names)
    return say("Asked: the derivatives with respect to {names} up to order {n}.", names=names, n=order)
