"""Which attentions keep keys and values of the past: those whose queries meet their own sequence up to their place.

What reads another sequence keeps that one's keys and values, whose number is fixed; what works on a whole sequence at
once, as an encoder does, keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from hwsolve.formula.tree import ZERO
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.language import Message, say
from hwsolve.layers.items import Item, walk_items
from hwsolve.spec.fields import Array

Kept = Literal["grows", "fixed", "nothing"]  # with each position; with those of another sequence; no cache


def kept_by(items: tuple[Item, ...]) -> dict[str, Kept]:
    """What each attention keeps, by its path."""
    every = list(walk_items(items))
    found = [item for item in every if hasattr(item.layer, "cache")]
    before = {i.outputs[0].name: i.inputs[0].name for i in every if len(i.inputs) == 1 and i.layer is not None}
    made = {wire.name for item in every for wire in item.outputs}
    across = [item for item in found if not of_one(item, made) and start(item, 0, before) != start(item, 1, before)]
    encoded = leading_to(every, [item.inputs[1].name for item in across])
    masked = any(mask_of(item) is not None for item in found if item not in across)
    kept: dict[str, Kept] = {}
    for item in found:
        at_once = mask_of(item) is not None or masked or item.path in encoded
        own: Kept = "grows" if causal(mask_of(item)) or not at_once else "nothing"
        kept[item.path] = "fixed" if item in across else own
    return kept


def of_one(item: Item, made: set[str]) -> bool:
    """Whether queries and keys are known to be of one sequence: by their mask, or as many of each that are given."""
    given = made.isdisjoint(wire.name for wire in item.inputs)
    return causal(mask_of(item)) or (given and item.shapes[0][-2] == item.shapes[1][-2])


def start(item: Item, port: int, before: dict[str, str]) -> str:
    """The wire from which what comes in is made by layers that read nothing else."""
    name = item.inputs[port].name
    while name in before:
        name = before[name]
    return name


def leading_to(items: Iterable[Item], names: list[str]) -> set[str]:
    """The paths of all layers from which these wires follow."""
    made: dict[str, Item] = {}
    for item in items:
        for wire in item.outputs:
            made.setdefault(wire.name, item)
    paths: set[str] = set()
    while names:
        item_of = made.pop(names.pop(), None)
        for item in walk_items((item_of,)) if item_of is not None else ():
            paths.add(item.path)
            names += [wire.name for wire in item.inputs] + [branch.end.name for branch in item.branches]
    return paths


def mask_of(item: Item) -> Any:
    """The mask of an attention."""
    return getattr(item.layer, "mask", None)


def causal(mask: Any) -> bool:
    """Whether no query sees a position behind its own."""
    if not isinstance(mask, Array):
        return bool(mask == "causal")
    queries, keys = mask.shape[-2:]
    return all(v == ZERO for n, v in enumerate(mask.values) if n % keys > n // keys % queries)


def said_kept(items: tuple[Item, ...], asked: Asked) -> Iterator[Message]:
    """Of which attentions the cache is not one of all positions that come in, or only where these come in turn."""
    if not asked.shows("kv_cache"):
        return
    kept = kept_by(items)
    layers = {item.path: item for item in walk_items(items) if item.path in kept}
    if "fixed" in kept.values():
        yield say("Attention to another sequence keeps a key and a value for each position of that one: their bytes "
                  "are those of a whole sample, and a further position adds none.")  # fmt: skip
    if "nothing" in kept.values():
        yield say("Attention that also sees what stands behind a position works on all positions at once: it has no KV "
                  "cache.")  # fmt: skip
    if any(own == "grows" and mask_of(layers[path]) is None for path, own in kept.items()):
        yield say("Attention without a mask is counted as if its positions came one after another; where all come at "
                  "once, as in an encoder, there is no KV cache.")  # fmt: skip
