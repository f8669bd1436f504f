"""The rule of a perceptron in formulas and words: what is asked, the net input, the output, and what is learned."""

from __future__ import annotations

from hwsolve.formula.tree import BigOperator, Formula, Number, Ref, call
from hwsolve.kinds.perceptron.problem import Problem
from hwsolve.kinds.perceptron.training import Data
from hwsolve.language import Message, say
from hwsolve.solution import Form, Group, Item, Sentence, Stage, Step


def statement(problem: Problem, data: Data) -> Step:
    """What is asked, and by which rule."""
    offset = problem.offset[0] if problem.offset is not None else ""
    w, net, i = Ref("w"), Ref("net"), Ref("i")
    names: tuple[Formula, ...] = (w, Ref(offset)) if offset and not data.fixed else (w,)
    asked = say(
        "Asked: {names} after every presentation, until an epoch has no mistake, or after {n} epochs at most.",
        names=names,
        n=f"{problem.epochs:,}",
    )
    total: Formula = BigOperator("Sum", Ref("w", (i,)) * Ref("x", (i,)), "i", Number(1), Number(len(data.x[0])))
    if offset:
        total = call("+" if data.sign > 0 else "-", total, Ref(offset))
    items: list[Item] = [
        Sentence(asked),
        Group((Form((Stage("", net), Stage("=", total))),)),
        Sentence(output(data)),
        Sentence(learned(data, "" if data.fixed else offset)),
    ]
    if data.fixed:
        items.append(Sentence(say("{b} is not learned: it stays as it is.", b=Ref(offset))))
    unstated = [w] if problem.weight is None else []
    unstated += [Ref(offset)] if offset and problem.bias is None and problem.threshold is None else []
    if unstated:
        items.append(Sentence(say("The start of {names} is {zero}.", names=tuple(unstated), zero=0)))
    if problem.default_rate is not None:
        items.append(Sentence(problem.default_rate))
    if problem.order:
        order = tuple([str(k + 1) for k in data.order])
        items.append(Sentence(say("An epoch presents the samples in the order {order}.", order=order)))
    return Step("", tuple(items), part="statement")


def output(data: Data) -> Message:
    """What comes out for a net input."""
    f, net, out = data.activation, Ref("net"), Ref("o")
    where = call("form", f.fires(net))
    if f.between:
        return say(
            "{o} is 1 where {where}, {low} where {below}, and {zero} where {at}.",
            o=out,
            where=where,
            low=Number(f.low),
            below=call("form", call("<", net, 0)),
            zero=Number(f.at_zero),
            at=call("form", call("==", net, 0)),
        )
    return say("{o} is 1 where {where}, and {low} elsewhere.", o=out, where=where, low=Number(f.low))


def learned(data: Data, offset: str) -> Message:
    """How weights change."""
    lr, e, t = Ref("lr"), Ref("e"), Ref("t")
    change = call("*", lr, e)
    each = call("*", lr, e, Ref("x", (Ref("i"),)))
    if data.mistakes:
        wrong = call("form", call("<=", t * Ref("net"), 0))
        error = say("A sample is a mistake where {wrong}: then {e} is {t}, and 0 elsewhere.", wrong=wrong, e=e, t=t)
    else:
        error = say("The error {e} is {difference}.", e=e, difference=t - Ref("o"))
    w = Ref("w", (Ref("i"),))
    if not offset:
        return say("{error} A presentation adds {each} to {w}.", error=error, each=each, w=w)
    if data.sign > 0:
        return say(
            "{error} A presentation adds {each} to {w}, and {change} to {b}.",
            error=error,
            each=each,
            w=w,
            change=change,
            b=Ref(offset),
        )
    return say(
        "{error} A presentation adds {each} to {w}, and takes {change} off {b}.",
        error=error,
        each=each,
        w=w,
        change=change,
        b=Ref(offset),
    )
