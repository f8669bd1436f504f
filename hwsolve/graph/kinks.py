"""Points where a function has no derivative: which of them a computation meets, and what is taken there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve import numbers
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Big, Call, Formula, Number, children, substitute, walk
from hwsolve.language import Message, say

PLAIN = FUNCTIONS["exp"]  # has no kinks
FEW = 4  # places that a remark names


def met(f: Formula, lookup: Lookup) -> Iterator[Call]:
    """The calls in a formula whose argument is exactly a kink of their function."""
    for node in terms(f, lookup):
        known = FUNCTIONS.get(node.name) if isinstance(node, Call) else None
        if not isinstance(node, Call) or not known or not known.kinks or known.many:
            continue
        if any(isinstance(n, Big) for n in walk(node)):
            continue
        if node.name == "elu" and (len(node.args) == 1 or evaluate(node.args[1], lookup) == 1):
            continue  # x and eˣ - 1 have the slope 1 at 0
        value = evaluate(node.args[0], lookup)
        if any(numbers.is_exact(value) and value == evaluate(parse(k), lookup) for k in known.kinks):
            yield node


def terms(f: Formula, lookup: Lookup) -> Iterator[Formula]:
    """The parts of a formula, those of a long sum or product term by term."""
    yield f
    if not isinstance(f, Big):
        for part in children(f):
            yield from terms(part, lookup)
    elif has_kinks(f.body):
        for n in range(int(evaluate(f.low, lookup)), int(evaluate(f.high, lookup)) + 1):
            yield from terms(substitute(f.body, {f.index: Number(n)}), lookup)


def has_kinks(f: Formula) -> bool:
    """Whether a function in the formula has points without a derivative."""
    return any(isinstance(node, Call) and bool(FUNCTIONS.get(node.name, PLAIN).kinks) for node in walk(f))


def first_few(places: Iterable[str]) -> Message | str:
    """Places in a row, and how many more there are."""
    every = list(places)
    if len(every) <= FEW + 1:
        return ", ".join(every)
    return say("{places} and {n} more places", places=", ".join(every[:FEW]), n=len(every) - FEW)


def convention(call: Call, shown: Message | str, lookup: Lookup) -> Message:
    """The derivative that is taken at a kink, as PyTorch takes it."""
    slope = evaluate(Call(f"d_{call.name}", call.args), lookup)
    known = FUNCTIONS[call.name]
    return say(
        "{function} has no derivative at {argument}: {value} is taken, as PyTorch does.",
        function=known.shown or call.name,
        argument=shown,
        value=numbers.show(slope).text,
    )
