"""Points where a function has no derivative: which of them a computation meets, and what is taken there.

PyTorch's convention holds wherever it has one: of equal arguments of a maximum each gets the same share, and a function
made of pieces has the slope that its derivative's formula gives at the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve import numbers
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.germs import EXTREMES, greatest, is_zero, one_sided, written_out
from hwsolve.formula.notation import unicode
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, children, substitute, transform, walk
from hwsolve.language import Message, say
from hwsolve.numbers import Scalar, Undecided
from hwsolve.numbers.formed import remembering
from hwsolve.numbers.identity import plain
from hwsolve.quantities import put_in

PLAIN = FUNCTIONS["exp"]  # has no kinks
FEW = 4  # places that a remark names


def met(f: Formula, lookup: Lookup) -> Iterator[tuple[Call, Scalar, Scalar]]:
    """The calls in a formula whose argument is exactly a kink of their function, with it and the slope taken there.

    Where a ball does not tell, `identity.settled` is asked for forms; where forms do not either, nothing is claimed.
    """
    for node in terms(f, lookup):
        known = FUNCTIONS.get(node.name) if isinstance(node, Call) else None
        if not isinstance(node, Call) or not known or not known.kinks or known.many or known.derivative == "0":
            continue  # a step is flat on both sides: of its gradient there is nothing to choose
        if any(isinstance(n, BigOperator) for n in walk(node)):
            continue
        value = evaluate(node.args[0], lookup)
        try:
            at = any(numbers.equal(value, evaluate(parse(k), lookup)) for k in known.kinks)
        except Undecided:
            if not remembering():
                raise
            continue
        if at and bends(node, lookup):
            yield node, value, slope(node, lookup)


def bends(f: Call, lookup: Lookup) -> bool:
    """Whether a call jumps or has two slopes by its first argument, as elu(x, a) at 0 unless a = 1."""
    found = [evaluate(a, lookup) for a in f.args]
    values = [numbers.exact(*v.as_integer_ratio()) if isinstance(v, float) else v for v in found]
    own = Call(f.name, tuple(Ref("u", (Number(n),)) for n in range(len(values))))
    sides = (one_sided(own, lambda _, indices: values[indices[0]], {("u", (0,)): 1}, order)[:2] for order in (0, 1))
    return any(not is_zero(left - right) for left, right in sides)


def ties(f: Formula, lookup: Lookup) -> Iterator[Formula]:
    """The maxima and minima in a formula of which several arguments have the value, not numbers alone."""
    for node in terms(f, lookup):
        if not is_extreme(node):
            continue
        try:
            equal = winners(node, lookup)
        except Undecided:
            if not remembering():
                raise
            continue
        if len(equal) > 1 and not all(isinstance(one, Number) for one in equal):
            yield node


def sharing(f: Formula) -> Message:
    """What becomes of the gradient at such a place."""
    return say("In {maximum} several are equal: each gets the same share of the gradient, as in PyTorch.", maximum=f)


def terms(f: Formula, lookup: Lookup) -> Iterator[Formula]:
    """The parts of a formula, those of a long sum or product term by term."""
    yield f
    if not isinstance(f, BigOperator):
        for part in children(f):
            yield from terms(part, lookup)
    elif has_kinks(f.body):
        for n in range(int(evaluate(f.low, lookup)), int(evaluate(f.high, lookup)) + 1):
            yield from terms(substitute(f.body, {f.index: Number(n)}), lookup)


def has_kinks(f: Formula) -> bool:
    """Whether a function or a case in the formula may have points without a derivative."""
    calls = (node.name for node in walk(f) if isinstance(node, Call))
    return any(name == "if" or bool(FUNCTIONS.get(name, PLAIN).kinks) for name in calls)


def first_few(places: Iterable[Formula]) -> Message:
    """Places in a row, and how many more there are."""
    every = list(places)
    if len(every) <= FEW + 1:
        return Message("{places}", {"places": tuple(every)})
    return say("{places} and {n} more places", places=tuple(every[:FEW]), n=len(every) - FEW)


def slope(call: Call, lookup: Lookup) -> Scalar:
    """The derivative of a function at its argument, by its formula."""
    return evaluate(Call(f"d_{call.name}", call.args), lookup)


def convention(call: Call, shown: Message | str | Formula, taken: Scalar) -> Message:
    """The derivative that is taken at a kink, as PyTorch takes it."""
    known = FUNCTIONS[call.name]
    return say(
        "{function} has no derivative at {argument}: {value} is taken, as PyTorch does.",
        function=known.shown or call.name,
        argument=shown,
        value=unicode(as_printed(taken)),
    )


def as_printed(value: Scalar) -> Number:
    """A value in a sentence; a float that is a whole number as one."""
    value = plain(value, {})
    return put_in(int(value) if isinstance(value, float) and value == int(value) else value)


def is_extreme(f: Formula) -> bool:
    """Whether a node is a maximum or a minimum."""
    return f.op in ("Max", "Min") if isinstance(f, BigOperator) else isinstance(f, Call) and f.name in EXTREMES


def is_maximum(f: Formula) -> bool:
    """Whether it is a maximum of the two."""
    return (f.op if isinstance(f, BigOperator) else f.name if isinstance(f, Call) else "").lower() == "max"


def winners(f: Formula, lookup: Lookup) -> list[Formula]:
    """The arguments of a maximum or minimum that have its value."""
    args = list(written_out(f, lookup)) if isinstance(f, BigOperator) else list(children(f))
    return greatest(args, lookup, 1 if is_maximum(f) else -1)


def shared(f: Formula, lookup: Lookup) -> Formula:
    """The formula with the mean of the equal arguments for each maximum with a tie: of a slope each gets its share."""

    def change(node: Formula) -> Formula:
        equal = winners(node, lookup) if is_extreme(node) else []
        return node if len(equal) < 2 else call("/", call("+", *equal), len(equal))

    return transform(f, change)
