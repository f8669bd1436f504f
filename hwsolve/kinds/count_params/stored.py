"""What is stored for the way back: each quantity once, at the layer that stores it first."""

from __future__ import annotations

from collections.abc import Iterable, Set

import msgspec

from hwsolve.formula.tree import Call, Formula, formula
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.language import Message, say
from hwsolve.layers.base import Shape, StatedMap, product
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted
from hwsolve.layers.items import Item, Wire
from hwsolve.layers.saves import Kept, kept, kept_sizes


class Store(msgspec.Struct, frozen=True):
    """A quantity that a layer stores: what it is, its values as a product or a formula, and the bytes of each.

    `bytes` is 0 for numbers of the network's type; `shared`: once for a batch.
    """

    what: Message | str
    values: Formula
    bytes: int = 0
    shared: bool = False


class Stored(msgspec.Struct):
    """What each layer stores that no layer before it has, by path; those whose rule is not known; aliases of wires."""

    by_layer: dict[str, list[Store]] = {}
    unknown: dict[str, NotCounted] = {}
    there: set[str] = set()  # the layers that need what is stored already
    roots: dict[str, Wire] = {}  # what a wire shows, or shows a part of, by its name
    wires: set[str] = set()
    owned: set[str] = set()  # the wires of parameters and constants that stand by themselves
    fused: bool = False  # whether attention keeps its weights no longer than it needs them
    last: str = ""  # the layer that was walked last, of those that stand as often


def stored_of(items: Iterable[Item], needed: Set[str], fused: bool) -> Stored:
    """Of a whole network, `needed` the wires whose gradients are needed."""
    found = Stored(fused=fused)
    walk(items, needed, found)
    return found


def walk(items: Iterable[Item], needed: Set[str], found: Stored) -> None:
    """The layers of a sequence, in order."""
    for item in items:
        if item.times:
            walk_copies(item, needed, found)
        else:
            for branch in item.branches:
                walk(branch.items, needed, found)
        keep(item, needed, found)


def walk_copies(item: Item, needed: Set[str], found: Stored) -> None:
    """The layers of bodies, which stand more often than those around them."""
    last, waiting = found.last, found.by_layer.pop("", [])
    for branch in item.branches:
        found.last = ""
        walk(branch.items, needed, found)
    found.last = last
    if left := waiting + found.by_layer.pop("", []):
        found.by_layer.setdefault(last, []).extend(left)


def keep(item: Item, needed: Set[str], found: Stored) -> None:
    """What one item stores."""
    if is_view(item):
        found.roots[item.outputs[0].name] = shown(item, found)
    if item.layer is None:
        ends = [branch.end for branch in item.branches]
        if item.type == "multiply":
            others = [any(e.name in needed for e in ends[:n] + ends[n + 1 :]) for n in range(len(ends))]
            for end in [end for end, other in zip(ends, others, strict=True) if other]:
                keep_wire(item, end, found, found.last)
        return
    if not found.last and "" in found.by_layer:
        found.by_layer[item.path] = found.by_layer.pop("")
    if not found.last and "" in found.unknown:
        found.unknown[item.path] = found.unknown.pop("")
    found.last = item.path
    if not item.inputs:
        found.owned |= {wire.name for wire in item.outputs}
    ports = frozenset(p for p, wire in zip(item.layer.ports(), item.inputs, strict=False) if wire.name in needed)
    rule = kept(item.layer, item.shapes, ports, found.fused)
    if isinstance(rule, NotCounted):
        found.unknown[item.path] = rule
        return
    for one in rule:
        if one.port is not None:
            if item.inputs[one.port].name in found.owned:
                continue
            keep_wire(item, item.inputs[one.port], found, item.path)
        elif one.output is not None:
            keep_wire(item, item.outputs[one.output], found, item.path)
        else:
            keep_own(item, one, found)


def keep_wire(item: Item, wire: Wire, found: Stored, path: str) -> None:
    """A quantity that comes in or goes out; nothing where it is stored already.

    A composite has no counts of its own: what it stores is counted at the layer in front of it, `path`, or "" for the
    one that follows, where none stands as often in front.
    """
    whole = found.roots.get(wire.name, wire)
    if whole.name in found.wires:
        found.there.add(path)
        return
    found.wires.add(whole.name)
    if isinstance(whole.shape, StatedMap) and whole.shape.features is None:
        found.unknown[path] = SIDES_UNKNOWN
        return
    what = said_of(item, wire)
    if not as_many(whole.shape, wire.shape):
        what = say("the whole of {part}", part=what)
    found.by_layer.setdefault(path, []).append(Store(what, values_of(whole.shape)))


def said_of(item: Item, wire: Wire) -> Message:
    """Which quantity of a layer it is."""
    if item.layer is None:
        return say("a factor of {name}", name=item.path)
    return say("what comes out") if wire in item.outputs else say("what comes in")


def keep_own(item: Item, one: Kept, found: Stored) -> None:
    """Something of the layer alone."""
    from hwsolve.kinds.count_params.counts import put_in

    assert item.layer is not None
    values, _ = put_in(one.text, kept_sizes(item.layer, item.shapes, item.output))
    found.by_layer.setdefault(item.path, []).append(Store(one.name, values, one.bytes, one.shared))


def values_of(shape: Shape) -> Formula:
    """How many values a shape holds, as a product."""
    if isinstance(shape, StatedMap):
        return formula(shape.features or 0)
    factors = tuple(map(formula, shape))
    return Call("*", factors) if len(factors) > 1 else formula(product(shape))


def is_view(item: Item) -> bool:
    """Whether what comes out shows the values that came in, or a part of them, which lies in the same memory."""
    if item.layer is None or not item.inputs or isinstance(item.output, StatedMap):
        return False
    if item.layer.CATEGORY == "view":
        return getattr(item.layer, "PART", False) or as_many(item.output, item.shapes[0])
    passes = getattr(item.layer, "passes", None)
    return passes is not None and bool(passes())


def as_many(shape: Shape, other: Shape) -> bool:
    """Whether two shapes hold as many values."""
    return product(shape) == product(other)


def shown(item: Item, found: Stored) -> Wire:
    """What the output of a view shows: its own shape under the name of what is shown, or the whole, of a part."""
    (x, *_), y = item.inputs, item.outputs[0]
    whole = found.roots.get(x.name, x)
    same = as_many(x.shape, y.shape) and as_many(whole.shape, x.shape)
    return msgspec.structs.replace(y, name=whole.name) if same else whole


def root(name: str, found: Stored) -> str:
    """The name of the wire whose values a wire shows."""
    return found.roots[name].name if name in found.roots else name


def missing(found: Stored, path: str) -> AtLeast | None:
    """What a layer counts where its rule is not known."""
    return AtLeast(0, {path: found.unknown[path]}) if path in found.unknown else None
