"""How one number arises: the lines it depends on, back to the givens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from math import prod
from typing import Any

import msgspec

from hwsolve.errors import CallError
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, references
from hwsolve.language import Message, say
from hwsolve.quantities import alike, put_in
from hwsolve.selection import fitting, selection
from hwsolve.solution import Answer, Carried, Form, Given, Group, Identity, Line, Solution, Stage, Step, Value

MOST_STARTS = 64  # elements of a quantity that stand on the page in place of the steps they come from
Defined = dict[str, "Line | None"]


def only(solution: Solution, key: str) -> Solution:
    """The solution with just what `key` needs: an element, a whole array, or a formula.

    Lines without a key, as the steps of a derivation, belong to the next line of their section that has one.
    Raises CallError where nothing has that key.
    """
    lines = defined(solution)
    keys = matching(key, [*solution.answers, *map(array_of, lines)])
    wanted = {name for one in keys for name in filter(belonging(one), lines)}
    found = {name: answer for one in keys for name, answer in results(solution, one).items()}
    if key in solution.partial:
        raise CallError(say("{key}: {why}.", key=key, why=solution.partial[key]))
    if not wanted and not found:
        raise CallError(unknown(key, [*solution.answers, *lines], [k for k, a in solution.answers.items() if a.main]))
    needed = dependencies(lines, wanted)
    sections = [reduced(s, needed, bool(wanted)) for s in solution.sections]
    sections = with_starts(sections, solution.given, wanted)
    return msgspec.structs.replace(
        solution,
        given=tuple(g for g in solution.given if plain(g.key) in needed or not wanted),
        sections=tuple(s for s, heads in zip(sections, heading(sections), strict=True) if s.items or heads),
        asked=tuple(found) if "*" in key else solution.asked,
        answers=found,
        checks=tuple(c for c in solution.checks if any(belonging(one)(c.key) for one in keys)),
        published=tuple(p for p in solution.published if any(belonging(one)(p.key) for one in keys)),
        notes=solution.notes if "*" in key else (),
    )


def heading(sections: list[Step]) -> Iterator[bool]:
    """Whether each step is the heading of deeper ones in which something is left."""
    for n, step in enumerate(sections):
        deeper = takewhile(lambda s: s.level > step.level, sections[n + 1 :])  # noqa: B023
        yield any(s.items for s in deeper)


def with_starts(sections: list[Step], given: Iterable[Given], wanted: set[str]) -> list[Step]:
    """The steps, each with the values in front that it starts with, where the steps before it are not written out."""
    shapes = {g.key.name: g.shape for g in given}
    carried: dict[int, dict[str, list[Carried]]] = {}
    place: dict[int, int] = {}
    for n, step in enumerate(sections):
        top = max((k for k in range(n + 1) if sections[k].level < step.level), default=n)
        for line in step.lines:
            if isinstance(line, Carried) and plain(line.key) not in wanted:
                at = at_step(plain(line.key))[1]
                place.setdefault(at, top)
                carried.setdefault(at, {}).setdefault(line.key.name, []).append(line)
    made = list(sections)
    for at, top in sorted(place.items(), key=lambda found: -found[1]):
        short = [v for v in carried[at].values() if len(v) <= MOST_STARTS]
        forms = [f for v in short for f in starts(v, shapes.get(v[0].key.name.partition("@")[0], ()))]
        if at and forms:
            made.insert(top, Step(say("After {n} updates", n=f"{at:,}"), (Group(tuple(forms)),)))
    return made


def starts(lines: list[Carried], shape: tuple[int, ...]) -> Iterator[Form]:
    """Values of a quantity as a reader sees them: the array, or those of its elements that are needed."""
    values = {line.key.indices: line.quantity for line in lines}
    if not shape or len(values) != prod(shape) or len(values) == 1:
        yield from (Form((Stage("", line.key), Stage(line.quantity.relation, put_in(line.quantity)))) for line in lines)
        return

    def rows(at: tuple[Formula, ...]) -> Any:
        if len(at) == len(shape):
            return values[at]
        return tuple(rows((*at, Number(n))) for n in range(1, shape[len(at)] + 1))

    def listed(part: Any) -> Formula:
        return Call("[]", tuple(map(listed, part))) if isinstance(part, tuple) else put_in(part)

    relation = "≈" if any(q.relation == "≈" for q in values.values()) else "="
    yield Form((Stage("", Call("whole", (Ref(lines[0].key.name),))), Stage(relation, listed(alike(rows(()))))))


def matching(key: str, names: Iterable[str]) -> list[str]:
    """The keys that a pattern stands for, elements of which it may name; a key without * stands for itself."""
    stem, bracket, indices = key.partition("[")
    if "*" not in stem:
        return [key]
    return [name + bracket + indices for name in filter(fitting(stem), dict.fromkeys(names))]


def array_of(key: str) -> str:
    """The array that an element is of."""
    return key.partition("[")[0]


def belonging(key: str) -> Callable[[str], bool]:
    """What says whether a name is the key or a part of it: v[1,2] is one of v, of v[1] and of v[:,2]."""
    whole = selection(key)
    if whole is None:
        return lambda name: name == key or name.startswith(f"{key}[")

    def belongs(name: str) -> bool:
        if not name.startswith(whole.name):
            return False
        one = selection(name)
        return name == key if one is None else whole.holds(one)

    return belongs


def results(solution: Solution, key: str) -> dict[str, Answer]:
    """The answers that belong to the key, an element taken out of its array."""
    found: dict[str, Answer] = {}
    belongs, whole = belonging(key), selection(key)
    for name, answer in solution.answers.items():
        if belongs(name):
            found[name] = msgspec.structs.replace(answer, main=True)
        elif whole is not None and name == whole.name:
            found[key] = Answer(whole.part(answer.value), main=True)
    return found


def defined(solution: Solution) -> Defined:
    """Every key with the line that defines it, None for a given one."""
    keys: Defined = {plain(g.key): None for g in solution.given}
    for line in solution.lines:
        if (key := getattr(line, "key", None)) is not None:
            keys.setdefault(plain(key), line)
    return keys


def dependencies(lines: Defined, wanted: Iterable[str], carried: bool = False) -> set[str]:
    """The keys and all that they are worked out from.

    `carried`: a value from steps that are not written out comes from that of the last step before them that is.
    """
    earlier = steps_of(lines) if carried else {}
    elements: dict[str, list[str]] = {}
    for name in lines:
        elements.setdefault(array_of(name), []).append(name)
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        waiting += [used for used in uses(lines[name], elements) if used in lines]
        if carried and isinstance(lines[name], Carried):
            stem, step = at_step(name)
            waiting += [key for _, key in sorted(k for k in earlier[stem] if k[0] < step)[-1:]]
    return needed


def steps_of(lines: Defined) -> dict[str, list[tuple[int, str]]]:
    """Every quantity with the steps at which it has a line, and its keys there."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name, line in lines.items():
        stem, step = at_step(name)
        found.setdefault(stem, []).extend([(step, name)] if isinstance(line, Value) else [])
    return found


def at_step(key: str) -> tuple[str, int]:
    """`w[1,2]` and 3 of `w@3[1,2]`."""
    name, bracket, indices = key.partition("[")
    stem, _, step = name.partition("@")
    return stem + bracket + indices, int(step) if step.isdecimal() else 0


def uses(line: Line | None, elements: dict[str, list[str]]) -> Iterable[str]:
    """The keys that a line reads; an index that runs may mean any element of its array."""
    if isinstance(line, Value):
        formulas = [line.formula]
    elif isinstance(line, Identity):
        formulas = [line.lhs, line.rhs]
    else:
        return
    for f in formulas:
        for ref in references(f):
            if all(isinstance(i, Number) for i in ref.indices):
                yield plain(ref)
            else:
                yield from elements.get(ref.name, ())


def reduced(step: Step, needed: set[str], keyed: bool) -> Step:
    """The lines of a step that are needed; all of them where the answer is a formula without a line of its own."""
    if not keyed:
        return msgspec.structs.replace(step, items=tuple(item for item in step.items if isinstance(item, Group)))
    kept: set[int] = set()
    steps: list[Line] = []
    for line in step.lines:
        if isinstance(line, Form) or (key := getattr(line, "key", None)) is None:
            steps += [] if isinstance(line, Form) else [line]
            continue
        if plain(key) in needed:
            kept |= {id(x) for x in (*steps, line)}
        steps = []
    items = [of_kept(item, kept) for item in step.items if isinstance(item, Group)]
    return msgspec.structs.replace(step, items=tuple(g for g in items if g.lines))


def of_kept(group: Group, kept: set[int]) -> Group:
    """The lines of a group that are kept, on the page whatever they were."""
    lines = [line for line in group.lines if id(line) in kept]
    return Group(tuple(map(shown, lines)), group.reason, depth=group.depth)


def shown(line: Line) -> Line:
    """A line as one that the short page shows."""
    return msgspec.structs.replace(line, aside=False) if isinstance(line, Value | Identity) else line


def unknown(key: str, keys: list[str], main: list[str]) -> Message:
    """What is said of a key that is not there, with the nearest that are, or the results that a reader sees."""
    from difflib import get_close_matches

    of_layer = [k for k in dict.fromkeys(keys) if k.endswith(f".{key}")]
    near = of_layer[:3] or get_close_matches(key, list(dict.fromkeys(keys)), 3)
    if near:
        return say("There is no `{key}` in this solution. Near it are {near}.", key=key, near=", ".join(near))
    listed = ", ".join(main[:12]) + (" …" if len(main) > 12 else "")
    return say("There is no `{key}` in this solution. Its results are {listed}.", key=key, listed=listed)
