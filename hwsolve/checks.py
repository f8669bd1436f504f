"""Expectations and published answers: what a spec says should come out, beside what did.

A number holds when the value rounds to the digits typed (`0.3212` for 0.32124533), or lies within a tolerance; a
fraction or a formula without names holds when it is the value; a formula with names when it is equal for all values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from hwsolve.answers import About, BadKey, Place, about, array_text, elements, look_up, shape_of, written
from hwsolve.compare import Free, Verdict, compare, value_of
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.otherwise import Otherwise, Stated, no_other, read_otherwise
from hwsolve.solution import Check, Identity, Published, Solution, Text
from hwsolve.totals_stated import with_sums
from hwsolve.typed import typed

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


def compared(problem: Problem, solution: Solution, final: bool = True, otherwise: Otherwise | None = None) -> Solution:
    """The solution with `checks` and `published` filled in.  A key that is no answer is an error of the spec.

    Unless it is final, balls too wide to tell raise Undecided.  `otherwise` gives other readings of the problem.
    """
    checks: list[Check] = []
    stated: list[Stated] = []
    free, of = partial(free_names, solution), about(solution.answers)
    for key, expectation in problem.expect.items():
        if (said := held_back(key, solution)) is not None:
            checks.append(Check(key, as_typed(expectation.text), str(said), False, expectation.at))
            continue
        value = _value(problem, solution, "expect", key, expectation.node)
        if value is not None:
            checks += _check(problem, key, expectation, value, free, of(key), final)
    for key, statement in problem.published.items():
        if (said := held_back(key, solution)) is not None:
            one = Published(key, as_typed(statement.text), statement.source, str(said), None, statement.at)
            stated.append(Stated(one, None))
            continue
        value = _value(problem, solution, "published", key, statement.node)
        if value is not None:
            p = _publish(problem, key, statement, value, free, of(key), final)
            stated.append(Stated(p, statement.value, statement.elsewhere))
    if problem.report is not None and not problem.report.ok:
        from hwsolve.spec.report import SpecFailure

        raise SpecFailure(problem.report)
    published = with_sums(read_otherwise(stated, partial(otherwise or no_other, problem), solution, free), solution)
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


def _check(
    problem: Problem,
    key: str,
    expectation: Expectation,
    value: Any,
    free: Free,
    of: About,
    final: bool,
) -> list[Check]:
    """One check where all of it holds; else one for every element that does not."""
    leaves = _leaves(expectation, value, of.layout)
    at, got = expectation.at, (array_text(value), written(value))
    if (wrong := _wrong_shape(leaves, value)) is not None:
        return [Check(key, as_typed(expectation.text), got[0], False, at, str(wrong), brief=got[1], why=wrong)]
    found = elements(value)
    tolerance = _tolerance(problem, f"expect.{key}", expectation)
    failed: list[Check] = []
    how: Text = ""
    for leaf in leaves:
        verdict = compare(leaf.text, leaf.formula, found[leaf.place], free, tolerance, of=of, final=final)
        how = how or verdict.how
        if not verdict.ok:
            place = problem.report.where(leaf.node) if problem.report and leaf.node else at
            why = verdict.difference or str(say("not decided") if verdict.ok is None else "")
            failed.append(
                Check(
                    _element_key(key, leaf.place), leaf.text, array_text(found[leaf.place]), False, place, why,
                    brief=verdict.got, why=verdict.why or off_by(why),
                )
            )  # fmt: skip
    return failed or [Check(key, as_typed(expectation.text), got[0], True, at, how=how, brief=got[1])]


def _publish(
    problem: Problem,
    key: str,
    statement: PublishedStatement,
    value: Any,
    free: Free,
    of: About,
    final: bool,
) -> Published:
    """What the source states against the answer, to the digits stated."""
    leaves = _leaves(statement, value, of.layout)
    stated, got, brief = as_typed(statement.text), array_text(value), written(value)
    if (shape := _wrong_shape(leaves, value)) is not None:
        return Published(key, stated, statement.source, got, False, statement.at, brief=brief, why=shape)
    found = elements(value)
    tolerance = _tolerance(problem, f"published.{key}", statement)
    verdicts = [
        compare(leaf.text, leaf.formula, found[leaf.place], free, tolerance, True, of, final) for leaf in leaves
    ]
    if len(verdicts) == 1 and not isinstance(value, tuple):
        brief = verdicts[0].got
    wrong = any(v.ok is False and not v.rounded for v in verdicts)
    agrees = False if wrong else None if any(v.ok is None for v in verdicts) else all(v.ok for v in verdicts)
    rounded = ""
    if agrees is False and not wrong:
        rounding = iter([v.rounded or leaf.text for v, leaf in zip(verdicts, leaves, strict=True)])
        rounded = as_typed(_like(statement.text, rounding))
    how = next((v.how for v in verdicts if v.how), "") if agrees else ""
    why = _first_wrong(key, leaves, verdicts) if wrong else ""
    lower = wrong and all(v.lower or v.ok for v in verdicts)
    return Published(key, stated, statement.source, got, agrees, statement.at, rounded, how, brief, why, lower=lower)


def _first_wrong(key: str, leaves: list[Leaf], verdicts: list[Verdict]) -> Text:
    """What is different: of an array at its first element that is, and how many are."""
    differ = [(leaf, v) for leaf, v in zip(leaves, verdicts, strict=True) if v.ok is False and not v.rounded]
    leaf, verdict = differ[0]
    if not leaf.place or len(leaves) == 1:
        return verdict.why or off_by(verdict.difference)
    place, n, of = _element_key(key, leaf.place), len(differ), len(leaves)
    what = {"place": place, "stated": leaf.text, "got": verdict.got}
    if not (why := verdict.why or off_by(verdict.difference)):
        return say("{n} of {of} elements differ; {place} is {got}, not {stated}", n=n, of=of, **what)
    return say("{n} of {of} elements differ; {place} is {got}, not {stated} ({why})", n=n, of=of, why=why, **what)


def off_by(difference: str) -> Text:
    """How far a value is from the one that is stated, or what else is different."""
    if not typed(difference.replace(",", "")):
        return difference
    too_small, off = difference.startswith("-"), difference.removeprefix("-")
    return (
        say("the computed value is {off} less", off=off)
        if too_small
        else say("the computed value is {off} more", off=off)
    )


def _like(text: Any, parts: Iterator[str]) -> Any:
    """Texts in the nesting of another."""
    return tuple(_like(part, parts) for part in text) if isinstance(text, tuple) else next(parts)


def _leaves(stated: Expectation | PublishedStatement, found: Any, layout: tuple[int, ...] = ()) -> list[Leaf]:
    """The scalars of what was stated, in order, with their places from 1; one for all of an array is its only one's.

    Those of an array in the shape `layout` have the places of the elements in the same order.
    """
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
    if layout and [leaf.place for leaf in leaves] == list(product(*(range(1, n + 1) for n in layout))):
        return [leaf._replace(place=place) for leaf, place in zip(leaves, only, strict=True)]
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


def _tolerance(problem: Problem, place: str, stated: Expectation | PublishedStatement) -> Fraction | None:
    """A tolerance as a fraction; one that has no value or is negative is noted."""
    from hwsolve.formula.decided import reason
    from hwsolve.formula.operators import NoValue

    if stated.tolerance is None:
        return None
    try:
        _, (low, high) = value_of(stated.tolerance)
        why = say("A tolerance is not negative.") if low < 0 else None
    except NoValue as bad:
        high, why = None, say("This formula has no value: {reason}.", reason=reason(bad))
    if why is not None and problem.report is not None:
        problem.report.add(stated.node, f"{place}.tolerance", why)
    return high


def disagreements(solution: Solution) -> list[Published]:
    """What a source states and the solution contradicts."""
    return [p for p in solution.published if p.verdict == "wrong"]


def failures(solution: Solution) -> list[Check]:
    """The expectations that do not hold."""
    return [check for check in solution.checks if not check.ok]


def failure_text(check: Check) -> Message:
    """`file:line:column: key is …, expected … (difference …)`."""
    what = {"at": check.at, "key": check.key, "got": check.brief or check.got, "expected": check.expected}
    if typed(check.difference.replace(",", "")):
        return say("{at}: {key} is {got}, expected {expected} (difference {off})", off=check.difference, **what)
    if check.difference:
        return say("{at}: {key} is {got}, expected {expected} ({why})", why=check.difference, **what)
    return say("{at}: {key} is {got}, expected {expected}", **what)


def published_text(p: Published, path: str) -> Message:
    """`file:line:column: source states key = …`, and what is to be said of it."""
    what = {"at": p.at or path, "source": p.source or say("the source"), "key": p.key, "stated": p.stated}
    computed = p.brief or p.computed
    if p.verdict == "cut off":
        return say(
            "{at}: {source} states {key} = {stated}, cut off from {computed}; rounded it is {rounded}",
            computed=computed, rounded=p.rounded, **what,
        )  # fmt: skip
    if p.verdict == "not decided":
        return say("{at}: whether {key} = {stated}, as {source} states, is not decided", **what)
    return say("{at}: {source} states {key} = {stated}, it is {computed}", computed=computed, **what)
