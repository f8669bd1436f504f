"""How many values live at one time in a forward pass: what a layer reads, what it gives, and what is still to be read.

The layers stand in the order of the network.  What lives while a layer works is what lived during the one before it,
without what nobody reads any more, and with what it gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.kinds.count_params.stored import is_view
from hwsolve.layers.base import Shape
from hwsolve.layers.items import Item, Network, Wire, walk_items

Key = tuple[str, int]  # of a wire


class Moment(msgspec.Struct, frozen=True):
    """While a layer works: the one before it ("" for none), the shapes that are new, and those that are gone."""

    before: str
    new: tuple[Shape, ...]
    gone: tuple[Shape, ...]


class Work(msgspec.Struct):
    """One operation: its path, the keys of the wires it reads, and the names it gives.

    One without a path holds wires for copies to come.
    """

    path: str
    reads: list[Key]
    gives: list[str]


def moments(network: Network) -> dict[str, Moment]:
    """What lives while each layer works, by path."""
    shapes: dict[str, Shape] = {}
    roots: dict[str, Key] = {}
    works = list(works_of(network.items, shapes, roots))
    last: dict[str, int] = {}
    for n, work in enumerate(works):
        last |= dict.fromkeys((*(name for name, _ in work.reads), *work.gives), n)
    ends = [*network.outputs.values(), network.body.end]
    last |= {root(wire, roots)[0]: len(works) for wire in ends}
    leaving: dict[int, list[str]] = {}
    for name, n in last.items():
        leaving.setdefault(n, []).append(name)
    found: dict[str, Moment] = {}
    living = {wire.name: wire.shape for wire in network.entries.values()}
    new, before = list(living.values()), ""
    gone: list[Shape] = []
    for n, work in enumerate(works):
        made = [name for name in dict.fromkeys(work.gives) if name not in living]
        living |= {name: shapes[name] for name in made}
        new += [shapes[name] for name in made]
        if work.path and work.path not in found:
            found[work.path] = Moment(before, tuple(new), tuple(gone))
            new, gone, before = [], [], work.path
        gone += [living.pop(name) for name in leaving.get(n, ()) if name in living]
    return found


def outliving(network: Network) -> set[str]:
    """The paths of the repeats whose stream, as the first copy reads it, is read or held behind that copy."""
    roots: dict[str, Key] = {}
    works = list(works_of(network.items, {}, roots))
    last = {name: n for n, work in enumerate(works) for name, _ in work.reads}
    last |= {root(wire, roots)[0]: len(works) for wire in (*network.outputs.values(), network.body.end)}
    behind = {path: n for n, work in enumerate(works) for path in prefixes(work.path)}
    repeats = [item for item in walk_items(network.items) if item.type == "repeat"]
    return {
        item.path for item in repeats if last.get(root(item.inputs[0], roots)[0], 0) > behind.get(item.path, len(works))
    }


def prefixes(path: str) -> Iterator[str]:
    """A path and those of all that it stands in."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def works_of(items: Iterable[Item], shapes: dict[str, Shape], roots: dict[str, Key]) -> Iterator[Work]:
    """The operations of a sequence; what a copied body reads from outside is held until its end."""
    for item in items:
        stream = item.inputs[0] if item.times else None
        for often, branch in zip(item.times or (1,) * len(item.branches), item.branches, strict=True):
            inner = list(works_of(branch.items, shapes, roots))
            yield from inner
            if often != 1 and inner and stream is not None:
                made = {name for work in inner for name in work.gives}
                outside = {key for work in inner for key in work.reads if key[0] not in made and not stream.gave(key)}
                yield Work("", sorted(outside), [])
            stream = branch.end
        if is_view(item):
            roots[item.outputs[0].name] = root(item.inputs[0], roots)
        elif item.layer is not None or item.outputs[0].name == item.path:  # else it is what its body gives
            read = item.inputs if item.layer is not None else [branch.end for branch in item.branches]
            shapes |= {wire.name: wire.shape for wire in item.outputs[:1]}
            gives = [item.outputs[0].name]
            yield Work(item.path, [root(wire, roots) for wire in read], gives)


def root(wire: Wire, roots: dict[str, Key]) -> Key:
    """The wire whose values a wire shows."""
    name, brought = roots.get(wire.name, (wire.name, 0))
    return name, brought + wire.brought
