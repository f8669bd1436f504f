"""Comparisons of quantities that decided a case, in words: a = 3 > b = −1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.derivation.text_values import Reads
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, children, transform
from hwsolve.graph.explain.branches import FEW, counted
from hwsolve.graph.explain.special_cases import Conditions
from hwsolve.language import Message, say
from hwsolve.quantities import put_in, quantity

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer

OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}


def in_words(writer: Writer, met: Conditions) -> Message | str:
    """What decided, with its numbers; of many comparisons how often each holds."""
    if not met:
        return ""
    pairs = {frozenset(children(condition)): condition for condition in reversed(met)}  # a < b says b > a too
    general = [bare_form(writer, condition, found) for condition, found in met.items()]
    if len(pairs) <= FEW or len(set(general)) == len(met):  # each of its own kind: there is nothing to count
        return say("{cases}", cases=tuple(claim(writer, condition) for condition in reversed(pairs.values())))
    return counted(general, AMONG)


AMONG = {  # what an element is, compared with the extreme of elements that it is one of
    ("max", True): say("the largest"),
    ("max", False): say("less than the largest"),
    ("min", True): say("the smallest"),
    ("min", False): say("more than the smallest"),
}


def bare_form(writer: Writer, condition: Formula, found: bool) -> Formula | tuple[str, bool]:
    """What holds, of quantities as a whole: the comparison, or its opposite; among others of one array in words."""
    assert isinstance(condition, Call)
    known = condition
    match condition.args:
        case (Ref(name), Call("max" | "min" as extreme, others)) if all(
            isinstance(x, Ref) and x.name == name for x in others
        ):
            return extreme, relation_of(writer, *condition.args) == "=="
    if not found:
        known = Call(OPPOSITE.get(condition.name) or relation_of(writer, *condition.args), condition.args)
    return call("form", transform(writer.relabel(known), bare))


def bare(node: Formula) -> Formula:
    """A quantity as a whole, whatever the element is."""
    return call("whole", Ref(node.name)) if isinstance(node, Ref) and node.indices else node


def claim(writer: Writer, condition: Formula) -> Formula:
    """How the two sides of a comparison stand to each other, each with its number; two equal ones with one number."""
    assert isinstance(condition, Call)
    left, right = condition.args
    relation = relation_of(writer, left, right)
    if relation == "==" and not isinstance(right, Number):
        b = number(writer, right)
        return call(equal(b), Call("==", (writer.relabel(left), writer.relabel(right))), b)
    made: Formula = writer.relabel(left)
    if relation != "==" and not isinstance(left, Number):
        made = call(equal(a := number(writer, left)), made, a)
    made = Call(relation, (made, writer.relabel(right)))
    return made if isinstance(right, Number) else call(equal(b := number(writer, right)), made, b)


def relation_of(writer: Writer, left: Formula, right: Formula) -> str:
    """How two numbers stand to each other."""
    if writer.holds(call("==", left, right)):
        return "=="
    return "<" if writer.holds(call("<", left, right)) else ">"


def number(writer: Writer, side: Formula) -> Formula:
    """The number of one side."""
    return put_in(quantity(writer.evaluate(side, Reads(writer.key, writer.element)), writer.digits), writer.digits)


def equal(shown: Formula) -> str:
    """How a number is joined to what has it."""
    return "≈" if isinstance(shown, Number) and shown.rounded else "=="
