"""Finds blocks and repeats in layers that are written out: equal bodies, and bodies that differ in a few sizes."""

from __future__ import annotations

import json
import re
from typing import Any

from hwsolve.importing.naming import branches_of, distinct, settle, splice
from hwsolve.importing.nodes import Items, Scoped
from hwsolve.importing.reaching import reach
from hwsolve.importing.settings_of import short
from hwsolve.importing.unifying import Arguments, Differ, unified
from hwsolve.layers import LAYERS
from hwsolve.layers.composed import COMPOSITES
from hwsolve.layers.packaged import PACKAGED

MOST_ARGUMENTS = 6
LONGEST_PERIOD = 16


def folded(items: Items, taken: set[str]) -> tuple[dict[str, Any], Items]:
    """The blocks of a network by name, and its layers, as short as they can be written.

    `taken` are the names of the inputs.
    """
    blocks: dict[str, Any] = {}
    settle(items, taken)
    while places := innermost(items):
        for body, place in places:
            settle(body[place].body, set(body[place].ports))
            fold_repeats(body[place].body)
        fold_level(places, blocks)
    fold_repeats(items)
    reach(items)
    lone = {name: next(iter(b["arguments"])) for name, b in blocks.items() if len(b.get("arguments", ())) == 1}
    made = {
        name: block | {"body": finished(block["body"], lone, set(block.get("inputs", ())))}
        for name, block in blocks.items()
    }
    return made, finished(items, lone, taken)


def finished(items: Items, lone: dict[str, str], taken: set[str]) -> Items:
    """A body with plain names, as short as it can be written; `lone` are the blocks with one argument."""
    return [short(item, lone) for item in distinct(items, taken)]


def innermost(items: Items) -> list[tuple[Items, int]]:
    """Where calls stand that hold no other call: the list and the place in it."""
    found = []
    for place, item in enumerate(items):
        inner = [where for branch in branches_of(item) for where in innermost(branch)]
        found.extend(inner or ([(items, place)] if isinstance(item, Scoped) else []))
    return found


def fold_level(places: list[tuple[Items, int]], blocks: dict[str, Any]) -> None:
    """Make blocks of calls that hold no other one, or put their layers in their place."""
    groups: dict[str, list[list[tuple[Items, int]]]] = {}
    for items, place in places:
        kinds = groups.setdefault(items[place].kind, [])
        for group in kinds:
            first = group[0][0][group[0][1]]
            if alike(first, items[place]):
                group.append((items, place))
                break
        else:
            kinds.append([(items, place)])
    splices: list[tuple[Items, int]] = []
    for kind, found in groups.items():
        for group in sorted(found, key=len, reverse=True):
            if not made_block(kind, group, blocks):
                splices.extend(group)
    for items, place in sorted(splices, key=lambda pair: -pair[1]):
        splice(items, place)


def alike(a: Scoped, b: Scoped) -> bool:
    """Whether two calls can be one block."""
    try:
        unified([a.body, b.body], "", Arguments(2))
    except Differ:
        return False
    return a.ports == b.ports


def made_block(kind: str, group: list[tuple[Items, int]], blocks: dict[str, Any]) -> bool:
    """Whether calls became uses of a new block."""
    calls: list[Scoped] = [items[place] for items, place in group]
    layers = leaves(calls[0].body)
    if len(calls) < 2 or layers < 2 or (layers - 1) * (len(calls) - 1) < 3:
        return False
    if holds_names(calls):
        return False
    arguments = Arguments(len(calls))
    try:
        body = unified([call.body for call in calls], "", arguments)
    except Differ:
        return False
    if len(arguments.values) > MOST_ARGUMENTS or len(arguments.values) >= 2 * layers:
        return False
    name = free_name(kind, blocks)
    ports = {"inputs": list(calls[0].ports)} if calls[0].ports else {}
    blocks[name] = ({"arguments": list(arguments.values)} if arguments.values else {}) | ports | {"body": body}
    for k, (items, place) in enumerate(group):
        call = items[place]
        wires: dict[str, Any] = {}
        if call.inputs:
            wires["inputs"] = call.inputs[0] if len(call.inputs) == 1 else list(call.inputs)
        wires |= {"output": call.output} if call.output else {}
        items[place] = {name: {key: values[k] for key, values in arguments.values.items()} | wires}
    return True


def holds_names(calls: list[Scoped]) -> bool:
    """Whether a body has a layer that is used again elsewhere, or uses one from elsewhere."""
    text = json.dumps([call.body for call in calls], default=str)
    used = set(re.findall(r'"use": \{"layer": "([^"]*)"', text)) | set(re.findall(r'"tie": "([^"]*)"', text))
    return bool(used) or '"shared": true' in text


def leaves(items: Items) -> int:
    """How many layers are written in a list."""
    return sum(1 + sum(leaves(branch) for branch in branches_of(item)) for item in items)


def free_name(kind: str, blocks: dict[str, Any]) -> str:
    """A block's name after its class: `BasicBlock` is basic_block."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower().strip("_")
    plain = re.sub(r"\W", "_", plain) or "block"
    if plain in LAYERS or plain in COMPOSITES or plain in PACKAGED or not plain.isidentifier():
        plain = f"{plain}_block" if plain.isidentifier() else f"block_{plain}"
    name, number = plain, 1
    while name in blocks:
        number += 1
        name = f"{plain}_{number}"
    return name


def fold_repeats(items: Items) -> None:
    """Write equal neighbours as one `repeat`, in a list and in the lists within it."""
    for item in items:
        for branch in branches_of(item):
            fold_repeats(branch)
    keys: dict[str, int] = {}
    marks = [keys.setdefault(json.dumps(item, default=repr, sort_keys=True), len(keys)) for item in items]
    at, made = 0, []
    while at < len(items):
        period, times = longest(marks, at)
        if times > 1 and ((times - 1) * period > 1):
            made.append({"repeat": {"times": times, "body": items[at : at + period]}})
            at += period * times
        else:
            made.append(items[at])
            at += 1
    items[:] = made


def longest(marks: list[int], at: int) -> tuple[int, int]:
    """The period and the number of copies that save most from a place on."""
    best = (1, 1)
    for period in range(1, min(LONGEST_PERIOD, (len(marks) - at) // 2) + 1):
        body, times = marks[at : at + period], 1
        while marks[at + times * period : at + (times + 1) * period] == body:
            times += 1
        if (times - 1) * period > (best[1] - 1) * best[0]:
            best = (period, times)
    return best
