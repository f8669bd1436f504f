"""How one number arises: the lines it depends on, back to the givens."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.errors import CallError
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Number, references
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Group, Identity, Line, Prose, Solution, Step, Value

Defined = dict[str, "Line | None"]


def only(solution: Solution, key: str) -> Solution:
    """The solution with just what `key` needs: an element, a whole array, or a formula.

    Lines without a key, as the steps of a derivation, belong to the next line of their section that has one.
    Raises CallError where nothing has that key.
    """
    lines = defined(solution)
    wanted = {name for name in lines if belongs(name, key)}
    if key in solution.partial:
        raise CallError(say("{key}: {why}.", key=key, why=solution.partial[key]))
    if not wanted and key not in solution.answers:
        raise CallError(unknown(key, [*solution.answers, *lines], [k for k, a in solution.answers.items() if a.main]))
    needed = dependencies(lines, wanted)
    sections = (reduced(s, needed, bool(wanted)) for s in solution.sections)
    return msgspec.structs.replace(
        solution,
        given=tuple(g for g in solution.given if plain(g.key) in needed or not wanted),
        sections=tuple(s for s in sections if s.items),
        answers=results(solution, key),
        checks=tuple(c for c in solution.checks if belongs(c.key, key)),
        published=tuple(p for p in solution.published if belongs(p.key, key)),
        notes=(),
    )


def array_of(key: str) -> str:
    """The array that an element is of."""
    return key.partition("[")[0]


def belongs(name: str, key: str) -> bool:
    """Whether `name` is the key or a part of it: v[1,2] is one of v and of v[1]."""
    return name == key or name.startswith(f"{key}[") or (key.endswith("]") and name.startswith(f"{key[:-1]},"))


def results(solution: Solution, key: str) -> dict[str, Answer]:
    """The answers that belong to the key, an element taken out of its array."""
    found = {}
    for name, answer in solution.answers.items():
        if belongs(name, key):
            found[name] = msgspec.structs.replace(answer, main=True)
        elif name == array_of(key):
            found[key] = element(answer, key)
    return found


def element(answer: Answer, key: str) -> Answer:
    """The part of an array that the key names."""
    value = answer.value
    for place in key[len(array_of(key)) + 1 : -1].split(","):
        if isinstance(value, tuple) and place.strip().isdigit() and 0 < int(place) <= len(value):
            value = value[int(place) - 1]
    return Answer(value, main=True)


def defined(solution: Solution) -> Defined:
    """Every key with the line that defines it, None for a given one."""
    keys: Defined = {plain(g.key): None for g in solution.given}
    for line in solution.lines:
        if (key := getattr(line, "key", None)) is not None:
            keys.setdefault(plain(key), line)
    return keys


def dependencies(lines: Defined, wanted: Iterable[str]) -> set[str]:
    """The keys and all that they are worked out from."""
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
    return needed


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
        if isinstance(line, Prose) or (key := getattr(line, "key", None)) is None:
            steps += [] if isinstance(line, Prose) else [line]
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
