"""Expectations and published answers: what a spec says should come out, beside what did.

A number holds when the value rounds to the digits typed (`0.3212` for 0.32124533), or lies within a tolerance; a
fraction or a formula without names holds when it is the value; a formula with names when it is equal for all values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hwsolve.answers import BadKey, Place, elements, look_up, shape_of, written
from hwsolve.compare import Free, Verdict, compare, interval, typed
from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say
from hwsolve.solution import Check, Identity, Published, Solution

if TYPE_CHECKING:
    from fractions import Fraction

    from hwsolve.spec.nodes import Node
    from hwsolve.spec.problem import Expectation, Problem, PublishedStatement


class Leaf(NamedTuple):
    """One number or formula of what was stated: its place in the array, the text as typed, and where it stands."""

    place: Place
    text: str
    formula: Formula
    node: Node | None


def judge(problem: Problem, solution: Solution) -> Solution:
    """The solution with `checks` and `published` filled in.  A key that is no answer is an error of the spec."""
    checks: list[Check] = []
    published: list[Published] = []
    free = partial(free_names, solution)
    for key, expectation in problem.expect.items():
        if (said := held_back(key, solution)) is not None:
            checks.append(Check(key, as_typed(expectation.text), str(said), False, expectation.at))
            continue
        value = _value(problem, solution, "expect", key, expectation.node)
        if value is not None:
            checks += _check(problem, key, expectation, value, free)
    for key, statement in problem.published.items():
        if (said := held_back(key, solution)) is not None:
            text = as_typed(statement.text)
            published.append(Published(key, text, statement.source, str(said), None, statement.at))
            continue
        value = _value(problem, solution, "published", key, statement.node)
        if value is not None:
            published.append(_publish(problem, key, statement, value, free))
    if problem.report is not None and not problem.report.ok:
        from hwsolve.spec.report import SpecFailure

        raise SpecFailure(problem.report)
    return msgspec.structs.replace(solution, checks=tuple(checks), published=tuple(published))


def held_back(key: str, solution: Solution) -> Message | None:
    """What is said in place of a total that is no answer, where a key asks for one."""
    if not solution.partial or key in solution.partial:
        return solution.partial.get(key)
    from hwsolve.formula.parse import FormulaError, parse
    from hwsolve.formula.tree import references

    try:
        names = [ref.name for ref in references(parse(key))]
    except FormulaError:
        return None
    name = next((name for name in names if name in solution.partial), None)
    return None if name is None else say("{key}: {why}", key=name, why=solution.partial[name])


def free_names(solution: Solution) -> dict[str, str]:
    """What the free variables of the solution's identities range over."""
    free: dict[str, str] = {}
    for line in solution.lines:
        if isinstance(line, Identity):
            free.update(line.free)
    return free


def _value(problem: Problem, solution: Solution, field: str, key: str, node: Node | None) -> Any:
    """The answer that a key names, or None with the mistake reported."""
    try:
        return look_up(key, solution.answers)
    except BadKey as bad:
        if problem.report is None or node is None:
            from hwsolve.errors import CallError

            raise CallError(bad.message) from None
        problem.report.add(node, f"{field}.{key}", bad.message, bad.hint)
        return None


def _check(problem: Problem, key: str, expectation: Expectation, value: Any, free: Free) -> list[Check]:
    """One check where all of it holds; else one for every element that does not."""
    leaves = _leaves(expectation, value)
    at = expectation.at
    wrong = _wrong_shape(leaves, value)
    if wrong is not None:
        return [Check(key, as_typed(expectation.text), written(value), False, at, str(wrong))]
    found = elements(value)
    tolerance = _number(expectation.tolerance)
    failed: list[Check] = []
    for leaf in leaves:
        verdict = compare(leaf.text, leaf.formula, found[leaf.place], free, tolerance)
        if not verdict.ok:
            place = problem.report.where(leaf.node) if problem.report and leaf.node else at
            failed.append(
                Check(_element_key(key, leaf.place), leaf.text, verdict.got, False, place, verdict.difference)
            )
    return failed or [Check(key, as_typed(expectation.text), written(value), True, at)]


def _publish(problem: Problem, key: str, statement: PublishedStatement, value: Any, free: Free) -> Published:
    """What the source states against the answer, to the digits stated."""
    leaves = _leaves(statement, value)
    agrees: bool | None = False
    tolerance = _number(statement.tolerance)
    got = written(value)
    if _wrong_shape(leaves, value) is None:
        found = elements(value)
        verdicts: list[Verdict] = [
            compare(leaf.text, leaf.formula, found[leaf.place], free, tolerance) for leaf in leaves
        ]
        agrees = None if any(v.ok is None for v in verdicts) else all(v.ok for v in verdicts)
        if len(verdicts) == 1 and not isinstance(value, tuple):
            got = verdicts[0].got
    return Published(key, as_typed(statement.text), statement.source, got, agrees, statement.at)


def _leaves(stated: Expectation | PublishedStatement, found: Any) -> list[Leaf]:
    """The scalars of what was stated, in order, with their places from 1; one for all of an array is its only one's."""
    node: Any = stated.node
    if hasattr(node, "entries"):  # {value: …, tolerance: …}, {stated: …, source: …}
        node = next((node.entries[k][1] for k in ("value", "stated") if k in node.entries), None)

    def walk(value: Any, text: Any, node: Any, place: Place) -> Iterator[Leaf]:
        if isinstance(value, tuple):
            parts = getattr(node, "items", None) or [None] * len(value)
            for n, (item, typed, part) in enumerate(zip(value, text, parts, strict=True), 1):
                yield from walk(item, typed, part, (*place, n))
        else:
            yield Leaf(place, str(text).strip(), value, node)

    leaves = list(walk(stated.value, stated.text, node, ()))
    only = list(elements(found))
    return [leaves[0]._replace(place=only[0])] if len(only) == 1 and not leaves[0].place else leaves


def as_typed(text: Any) -> str:
    """What was stated, in one line."""
    return f"[{', '.join(as_typed(part) for part in text)}]" if isinstance(text, tuple) else str(text)


def _wrong_shape(leaves: list[Leaf], value: Any) -> Message | None:
    found = elements(value)
    if [leaf.place for leaf in leaves] == list(found):
        return None
    wanted = shape_of([leaf.place for leaf in leaves])
    return say("the shape is {shape}, not {wanted}", shape=shape_of(list(found)), wanted=wanted)


def _element_key(key: str, place: Place) -> str:
    if not place:
        return key
    if not key.replace("@", "").replace("_", "").replace(".", "").isalnum():
        return f"({key})[{','.join(map(str, place))}]"
    return f"{key}[{','.join(map(str, place))}]"


def _number(tolerance: Formula | None) -> Fraction | None:
    """A tolerance as a fraction."""
    if tolerance is None:
        return None
    if isinstance(tolerance, Number):
        from fractions import Fraction

        return Fraction(tolerance.numerator, tolerance.denominator)
    from hwsolve.formula.evaluate import evaluate, no_names

    return interval(evaluate(tolerance, no_names))[1]


def disagreements(solution: Solution) -> list[Published]:
    """What a source states and the solution contradicts."""
    return [p for p in solution.published if p.agrees is False]


def failures(solution: Solution) -> list[Check]:
    """The expectations that do not hold."""
    return [check for check in solution.checks if not check.ok]


def failure_text(check: Check) -> Message:
    """`file:line:column: key is …, expected … (difference …)`."""
    what = {"at": check.at, "key": check.key, "got": check.got, "expected": check.expected}
    if typed(check.difference.replace(",", "")):
        return say("{at}: {key} is {got}, expected {expected} (difference {off})", off=check.difference, **what)
    if check.difference:
        return say("{at}: {key} is {got}, expected {expected} ({why})", why=check.difference, **what)
    return say("{at}: {key} is {got}, expected {expected}", **what)
