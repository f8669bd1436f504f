"""What nothing asked depends on is set back to the full page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile, zip_longest
from typing import Any

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number, Ref, references
from hwsolve.language import Message
from hwsolve.solution import Carried, Form, Group, Identity, Item, Sentence, Solution, Step, Value
from hwsolve.trace import array_of, belonging, defined, dependencies


def pruned(solution: Solution, expressions: Iterable[Formula] = ()) -> Solution:
    """What no asked answer depends on set back to the full page; `expressions` are the formulas of asked ones."""
    lines = defined(solution)
    asked = [*solution.asked, *(plain(ref) for f in expressions for ref in references(f))]
    wanted = set(wanted_of(asked, lines, solution.sections))
    if not wanted:
        return solution
    needed = dependencies(lines, wanted, True)
    made = {array_of(key) for key, line in lines.items() if isinstance(line, Value | Carried)}
    absent = made - set(map(array_of, needed))
    steps = [with_less(s, needed, absent) for s in solution.sections]
    return msgspec.structs.replace(solution, sections=tuple(steps))


def wanted_of(asked: Iterable[str], lines: Iterable[str], steps: Iterable[Step]) -> Iterator[str]:
    """The keys of lines that give what is asked: of an element its own, where these stand apart from the others."""
    arrays: dict[str, list[str]] = {}
    for key in lines:
        arrays.setdefault(array_of(key), []).append(key)
    groups = [set(keys_of(item)) for step in steps for item in step.items if isinstance(item, Group)]
    for key in dict.fromkeys(asked):
        every = arrays.get(array_of(key), [])
        own = set(filter(belonging(key), every))
        others = set(every) - own
        apart = bool(own) and array_of(key) not in others and not any(own & g and others & g for g in groups)
        yield from own if apart else every


def keys_of(group: Group) -> list[str]:
    """The keys of a group's lines; of what holds for any element that of the array."""
    keys = [line.key for line in group.lines if isinstance(line, Value | Identity | Carried)]
    return [plain(key) if stated(key) else key.name for key in keys if key is not None]


def stated(key: Ref) -> bool:
    """Whether a key names one element, or what has no elements."""
    return all(isinstance(i, Number) for i in key.indices)


def with_less(step: Step, needed: set[str], absent: set[str]) -> Step:
    """A step whose groups, and the sentences that speak of them, are for the full page where they are not needed."""
    items = list(without_sentences(tuple(set_back(step.items, needed, absent)), absent))
    if step.part == "statement":
        after = any("@" in key for key in needed)
        items = [item if after or not of_updates(item, absent) else behind(item) for item in items]
    elif any(map(told, step.items)) and not any(map(told, items)):
        items = list(map(behind, items))
    return msgspec.structs.replace(step, items=tuple(items))


def told(item: Item) -> bool:
    """Whether an item is lines on the page."""
    return isinstance(item, Group) and item.detail == "page"


def behind(item: Any) -> Any:
    """An item of the page as one of the full page."""
    is_text = isinstance(item, Sentence | Group) and item.detail in ("page", "short")
    return msgspec.structs.replace(item, detail="full") if is_text else item


def of_updates(item: Item, absent: set[str]) -> bool:
    """Whether a sentence says what stands after an update of which nothing is on the page."""
    return isinstance(item, Sentence) and any("@" in name for name in names_in(item.text) & absent)


def without_sentences(items: tuple[Item, ...], absent: set[str]) -> Iterator[Item]:
    """Sentences set back that claim something of what is not on the page, or lead to lines that are not."""
    for n, item in enumerate(items):
        if isinstance(item, Sentence) and item.detail == "page":
            led = [g for g in takewhile(lambda i: isinstance(i, Group), items[n + 1 :]) if isinstance(g, Group)]
            leads = isinstance(item.text, Message) and item.text.template.endswith(":") and bool(led)
            if (leads and not any(map(told, led))) or of_updates(item, absent):
                item = behind(item)
        yield item


def names_in(text: Any) -> set[str]:
    """The quantities that the places of a sentence name."""
    if isinstance(text, Message):
        return {name for value in text.values.values() for name in names_in(value)}
    if isinstance(text, tuple):
        return {name for value in text for name in names_in(value)}
    return {ref.name for ref in references(text)} if isinstance(text, Formula) else set()


def set_back(items: tuple[Any, ...], needed: set[str], absent: set[str]) -> Iterator[Any]:
    """Groups of which no line is needed are for the full page; what has no keys goes with what goes on with it.

    A line of a whole array, or of any of its elements, is needed as soon as one element is.  A form of numbers is not
    where it names what is `absent`.
    """
    needed = needed | {key.partition("[")[0] for key in needed}
    for item, following in zip_longest(items, items[1:]):
        if isinstance(item, Group):
            keys = keys_of(item)
            if not keys and isinstance(following, Group) and following.close:
                keys = keys_of(following)
            if item.detail == "page" and (not needed & set(keys) if keys else only_of(item, absent)):
                item = msgspec.structs.replace(item, detail="full")
        yield item


def only_of(group: Group, absent: set[str]) -> bool:
    """Whether a group is forms alone, each of which names a quantity that is absent."""
    named = [names_in(tuple(link.formula for link in line.links)) for line in group.lines if isinstance(line, Form)]
    return len(named) == len(group.lines) > 0 and all(names & absent for names in named)
