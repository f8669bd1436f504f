"""The steps of training in which what a problem asks is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hwsolve.formula.notation import plain
from hwsolve.graph.graph import Graph
from hwsolve.kinds.backprop.steps import MANY, worked
from hwsolve.selection import Selection, fitting, selection, selections

STATED = ("given", "setting", "counter", "constant")  # roles of what no step changes
LEFT_BEHIND = ("parameter", "state", "temporary", "update")  # roles of what an update gives


def on_page(graph: Graph, problem: Any, steps: int) -> set[int]:
    """The steps on the page: the first and the last, or instead of that those in which something asked arises."""
    return {0} | asked_for(graph, problem, steps) if problem.ask else {0, max(steps - 1, 0), steps}


def asked_for(graph: Graph, problem: Any, steps: int) -> set[int]:
    """The steps in which what `ask` names, or meets by a pattern, arises."""
    patterns = [ask.text for ask in problem.ask if "*" in ask.text]
    met = {at for pattern in patterns for at, _ in matched(graph, pattern, steps, tried(steps, problem.full))}
    return named_steps(graph, problem, steps) | met


def tried(steps: int, full: bool) -> set[int]:
    """The steps whose keys a pattern may meet: all, of very many those that are written out."""
    return set(range(steps + 1)) if steps <= MANY else worked(steps, full) | {steps}


def of_pattern(graph: Graph, text: str, steps: int, full: bool) -> tuple[Selection, ...]:
    """What `--only` names: by a pattern every quantity that fits, at every step."""
    if "*" not in text:
        return selections(text)
    stem, bracket, indices = text.partition("[")
    found = (selection(key + bracket + indices) for _, key in matched(graph, stem, steps, tried(steps, full)))
    return tuple([one for one in found if one is not None])


def named_steps(graph: Graph, problem: Any, steps: int) -> set[int]:
    """The steps that the keys and expressions of `ask` name."""
    found: set[int] = set()
    waiting, seen = [ask.text for ask in problem.ask], set[str]()
    while waiting:
        text = waiting.pop()
        definition = problem.expressions.get(text) if text not in seen else None
        seen.add(text)
        if definition is not None:
            waiting.append(plain(definition.formula))
            continue
        for one in selections(text):
            found |= set(steps_of(graph, one, steps))
            if one.name in problem.expressions and one.name not in seen:
                waiting.append(one.name)
    return found


def matched(graph: Graph, pattern: str, steps: int, among: Iterable[int]) -> list[tuple[int, str]]:
    """The keys that fit a pattern, in which * stands for any part, each with the step in which it arises."""
    fits, roles, known = fitting(pattern), names(graph), set(among)
    found: list[tuple[int, str]] = []
    for name, role in roles.items():
        later = role in LEFT_BEHIND
        for at in sorted(known):
            key = f"{name}@{at + later}" if at + later else name
            if at + later <= steps and role not in STATED and fits(key):
                found.append((at, key))
    return found


def names(graph: Graph) -> dict[str, str]:
    """What keys begin with, and the role of what is called so."""
    found: dict[str, str] = {}
    for name, label in graph.labels.items():
        for symbol in (label.symbol, *label.elements.values()):
            found.setdefault(symbol, graph.nodes[name].role)
    return found


def steps_of(graph: Graph, one: Selection, steps: int) -> Iterator[int]:
    """The step of a key; the pass after the last update is one more."""
    role = names(graph).get(one.name.partition("@")[0])
    if role is None:
        return
    at = max(one.step - 1, 0) if role in LEFT_BEHIND else one.step
    if at <= steps:
        yield at
