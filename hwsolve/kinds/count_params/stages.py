"""Stages: runs of composites with one output shape; and runs of composites that differ in their sizes alone.

A stage of few different layers is these layers; another one is its composites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from hwsolve.kinds.count_params.tree import Node, alike_joined, form, group
from hwsolve.language import Message, say
from hwsolve.layers.base import factor_text

MOST_FLAT = 4  # rows of a stage whose layers stand in it without their composites
LONGEST_RUN = 3  # composites of one form that are written out one by one, less one
MOST_NAMED = 3  # members in the name of a stage


def staged(nodes: list[Node]) -> list[Node]:
    """The nodes of a network with its stages, where there are several of them."""
    found: list[Node] = []
    runs = [(composite, list(run)) for composite, run in groupby(nodes, lambda n: bool(n.children))]
    several = sum(len(parts_of(run)) for composite, run in runs if composite and has_stages(run)) > 1
    for composite, run in runs:
        if composite and several and has_stages(run):
            for part in parts_of(run):
                found += [stage(part)] if stands(part) else part
        elif composite:
            found += [made for part in of_one_form(run) for made in part]
        else:
            found += run
    return found


def parts_of(run: list[Node]) -> list[list[Node]]:
    """Neighbours with one output shape."""
    return [list(part) for _, part in groupby(run, lambda n: n.shape)]


def stands(part: list[Node]) -> bool:
    """Whether there are several composites."""
    return len(part) > 1 or part[0].times != 1


def has_stages(run: list[Node]) -> bool:
    """Whether most parts of a run are of several composites."""
    several = sum(map(stands, parts_of(run)))
    return several > 0 and 2 * several >= len(parts_of(run)) and not (several == 1 and len(parts_of(run)) > 1)


def stage(part: list[Node]) -> Node:
    """Composites of one output shape as one node: of their layers where these are few, else of the composites."""
    flat = alike_joined([msgspec.structs.replace(n, single=False) for n in flattened(part)])
    if len(flat) <= MOST_FLAT and not any(n.children for n in flat):
        inner = flat
    elif len(part) == 1:
        return msgspec.structs.replace(part[0], name=stage_name(part), type=STAGE, single=True)
    else:
        inner = part
    made = group(stage_name(part), STAGE, part[0].shape, tuple(inner))
    own = all(len(n.paths) == n.times for n in part)  # else a path is that of one copy of several
    return msgspec.structs.replace(made, single=True, paths=tuple([p for n in part for p in n.paths if own]))


STAGE = "stage"


def flattened(part: Iterable[Node]) -> Iterator[Node]:
    """The parts of composites, without these."""
    for node in part:
        copies = node.times if isinstance(node.times, int) else 1
        if node.children and copies == node.times and copies * len(node.children) <= 8 * MOST_FLAT:
            for _ in range(copies):
                yield from node.children
        else:
            yield node


def stage_name(part: list[Node]) -> str:
    """`2 × basic`, `first1, 2 × bottleneck`, `inverted1–inverted9`."""
    names = []
    for _, run in groupby(part, lambda n: n.type):
        members = list(run)
        copies = [n.times for n in members]
        if len(members) == 1 and copies[0] == 1:
            names.append(members[0].name)
        elif all(isinstance(n, int) for n in copies):
            names.append(f"{sum(n for n in copies if isinstance(n, int))} × {members[0].type}")
        else:
            names += [f"{factor_text(n.times)} × {n.type}" for n in members]
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{part[0].name}–{part[-1].name}"


def of_one_form(run: list[Node]) -> Iterator[list[Node]]:
    """Long runs of composites that differ in sizes alone as one node each."""
    for _, part in groupby(run, form):
        members = list(part)
        if len(members) < LONGEST_RUN:
            yield members
            continue
        name = f"{members[0].name}–{members[-1].name}"
        yield [group(name, RUN, members[-1].shape, tuple(members), single=True)]


RUN = "run"


def numbered() -> Callable[[Node], Message | str]:
    """The names of nodes as they stand at the beginning of a row, stages numbered one after the other."""
    count = iter(range(1, 10**9))

    def name(node: Node) -> Any:
        if node.type == STAGE:
            return say("{stage}: {name}", stage=say("stage {n}", n=next(count)), name=node.name)
        return node.name

    return name
