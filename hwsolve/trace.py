"""How one number arises: the lines it depends on, back to the givens."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from hwsolve.errors import CallError
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Number, references
from hwsolve.language import Message, say
from hwsolve.selection import selection
from hwsolve.solution import Answer, Form, Group, Identity, Line, Solution, Step, Value

Defined = dict[str, "Line | None"]


def only(solution: Solution, key: str) -> Solution:
    """The solution with just what `key` needs: an element, a whole array, or a formula.

    Lines without a key, as the steps of a derivation, belong to the next line of their section that has one.
    Raises CallError where nothing has that key.
    """
    lines = defined(solution)
    wanted = set(filter(belonging(key), lines))
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
        checks=tuple(c for c in solution.checks if belonging(key)(c.key)),
        published=tuple(p for p in solution.published if belonging(key)(p.key)),
        notes=(),
    )


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
