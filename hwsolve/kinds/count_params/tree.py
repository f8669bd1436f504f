"""A network as the tree of what is counted: layers and composites, each with the counts of one copy.

A composite of one part is that part; a repeat is its copies; a normalisation joins the layer that it follows; a layer
that counts nothing has no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from hwsolve.formula.tree import ONE, Call, Formula
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.kinds.count_params.partial import AtLeast, Count, multiplied, together
from hwsolve.language import Message, translate
from hwsolve.layers.base import Shape, Size, total
from hwsolve.layers.items import Body, Item, Wire
from hwsolve.layers.names import DIMENSION
from hwsolve.layers.window import window_words

Counts = Mapping[str, Mapping[str, Count]]  # by quantity, then by layer
Terms = Mapping[str, Mapping[str, Formula]]  # how each arises
SHORTCUT = "shortcut "  # before the names of layers beside a body
ADDITIONS = ("residual", "add")  # composites whose branches are added, which has no row


class Node(msgspec.Struct, frozen=True):
    """A layer or a composite, `times` of which stand one after the other; `counts` and `terms` are those of one.

    `name` is its own, `type` what it is one of; `layers` says how many layers it holds, joined ones too.
    """

    name: str
    type: str
    shape: Shape
    counts: dict[str, Count]
    terms: dict[str, Formula] = {}
    settings: tuple[Message | str, ...] = ()
    joined: tuple[str, ...] = ()  # the normalisations that stand in its row
    children: tuple[Node, ...] = ()
    times: Size = 1
    active: Size | None = None  # how many of them work, where not all do
    layers: int = 1
    single: bool = True  # whether it is one part of the network, with a name of its own
    paths: tuple[str, ...] = ()  # of the layers or composites that its row is of

    @property
    def kind(self) -> str:
        """What it is one of, with the normalisations that stand in its row."""
        return ", ".join(map(plain_type, (self.type, *self.joined)))

    def all(self, quantity: str) -> Count:
        """The count of all copies; what is no sum is that of the last."""
        if not QUANTITIES[quantity].total:
            return self.counts[quantity]
        return multiplied(self.often(quantity), self.counts[quantity])

    def often(self, quantity: str) -> Size:
        """How many copies count: all that have parameters, and those that work."""
        return self.times if self.active is None or QUANTITIES[quantity].experts else self.active


class Tree:
    """Builds the nodes of a network; `bare` are the layers that have no place, by their types, `placed` other types."""

    def __init__(self, counts: Counts, terms: Terms, quantities: tuple[str, ...]) -> None:
        self.counts, self.terms, self.quantities = counts, terms, quantities
        self.bare: dict[str, list[str]] = {}
        self.placed: set[str] = set()

    def nodes(self, items: Iterable[Item], inside: str = "") -> list[Node]:
        """The nodes of a sequence; `inside` is the path that stands before the names in it."""
        found: list[Node] = []
        before: Item | None = None  # the layer right in front, if it has a row
        for item in items:
            if item.layer is None:
                found += self.composite(item, inside)
                before = None
                continue
            node = self.layer(item, inside)
            if before is not None and item.layer.CATEGORY == "normalization" and item.output == before.output:
                found[-1] = beside(found[-1], node)
            elif self.counts_something(node, item):
                found.append(node)
                self.placed.add(item.type)
                before = item
            else:
                self.bare.setdefault(item.type, []).append(item.path)
                before = None
        return alike_joined(found)

    def inputs(self, entries: Mapping[str, Wire]) -> list[Node]:
        """The nodes of what comes in, whose values are stored."""
        made = [(key, wire, *self.counted(key)) for key, wire in entries.items()]
        return [Node(key, key, wire.shape, counts, terms, paths=(key,)) for key, wire, counts, terms in made if counts]

    def counted(self, path: str) -> tuple[dict[str, Count], dict[str, Formula]]:
        """What is counted of a layer or an input, and how it arises."""
        counts = {q: self.counts[q][path] for q in self.quantities if path in self.counts.get(q, ())}
        return counts, {q: self.terms[q][path] for q in counts if path in self.terms.get(q, ())}

    def without_rows(self) -> tuple[list[str], list[str]]:
        """What has no place: the types of which no layer has one, and the single layers of others."""
        types = [kind for kind in self.bare if kind not in self.placed]
        return types, [path for kind, paths in self.bare.items() if kind in self.placed for path in paths]

    def layer(self, item: Item, inside: str) -> Node:
        """A layer."""
        assert item.layer is not None
        counts, terms = self.counted(item.path)
        if item.layer.CATEGORY == "pooling" and "params" in self.quantities:
            counts.setdefault("params", 0)  # which its row says
        settings = window_words(item.layer)
        return Node(item.path.removeprefix(inside), plain_type(item.type), item.output, counts, terms, settings,
                    paths=(item.path,))  # fmt: skip

    def counts_something(self, node: Node, item: Item) -> bool:
        """Whether a layer has a row: it counts something, has parameters of another, or makes another map."""
        if any(isinstance(count, AtLeast) or count != 0 for count in node.counts.values()):
            return True
        if item.owners and "params" in node.counts:  # whose row says that they are another's
            return True
        category = item.layer.CATEGORY if item.layer is not None else ""
        return category in ("pooling", "interpolation") and item.shapes[0] != item.output

    def composite(self, item: Item, inside: str) -> list[Node]:
        """A block or what joins branches as one node, a repeat as its copies; what is no sum is that of the whole."""
        made = self.made_of(item, inside)
        if item.type in ADDITIONS:
            self.bare.setdefault(item.type, []).append(item.path)
        own = {
            q: self.counts[q][item.path]
            for q in self.quantities
            if not QUANTITIES[q].total and item.path in self.counts.get(q, ())
        }
        if made and own:
            made[-1] = msgspec.structs.replace(made[-1], counts=made[-1].counts | own)
        return made

    def made_of(self, item: Item, inside: str) -> list[Node]:
        """The nodes of a composite."""
        name, path = item.path.removeprefix(inside), item.path + "."
        if item.type == "mixture":
            return [group(name, item.type, item.output, tuple(self.experts(item, path)))]
        if item.type == "repeat":
            copies: list[Node] = []
            for often, branch in zip(item.times, item.branches, strict=True):
                inner = self.nodes(branch.items, path)
                copies += inner if often == 1 else copied(name, branch, inner, often)
            return copies
        parts: list[Node] = []
        for branch in item.branches:
            prefix = path + "shortcut." if branch.name == "shortcut" else path
            found = self.nodes(branch.items, prefix)
            parts += [renamed(n, f"{SHORTCUT}{n.name}") for n in found] if branch.name == "shortcut" else found
        if len(parts) != 1 or parts[0].times != 1:
            return [placed(group(name, item.type, item.output, tuple(parts)), item)] if parts else []
        (one,) = parts
        if one.children:
            return [placed(msgspec.structs.replace(one, name=name, type=item.type), item)]
        return [renamed(one, f"{name}.{one.name}")]

    def experts(self, item: Item, path: str) -> list[Node]:
        """The router of a mixture, and its experts, of which some work."""
        router, expert = item.branches
        inner = self.nodes(expert.items, path + "expert.")
        made = group("expert", "expert", expert.end.shape, tuple(inner))
        return [
            *self.nodes(router.items, path),
            msgspec.structs.replace(made, times=item.times[1], active=item.active[1]),
        ]


def copied(name: str, body: Body, inner: list[Node], often: Size) -> list[Node]:
    """Copies of a body: of its one part, or of all its parts together."""
    if len(inner) == 1:
        return [msgspec.structs.replace(inner[0], times=multiplied(often, inner[0].times))]
    made = group(name, name, body.end.shape, tuple(inner))
    return [msgspec.structs.replace(made, type=name, times=often)] if inner else []


def group(name: str, kind: str, shape: Shape, children: tuple[Node, ...], single: bool = True) -> Node:
    """A composite, whose counts are the sums of its parts."""
    quantities = dict.fromkeys(q for child in children for q in child.counts)
    counts = {q: gathered(q, [child for child in children if q in child.counts]) for q in quantities}
    layers = sum(child.layers * (child.times if isinstance(child.times, int) else 1) for child in children)
    return Node(name, plain_type(kind), shape, counts, children=children, layers=layers, single=single)


def placed(node: Node, item: Item) -> Node:
    """The node of a composite with the path of that."""
    return msgspec.structs.replace(node, paths=(item.path,))


def gathered(quantity: str, children: list[Node]) -> Count:
    """The sum of what parts count; of what is no sum that of the last part."""
    if not QUANTITIES[quantity].total:
        return children[-1].counts[quantity]
    return together(child.all(quantity) for child in children)


def renamed(node: Node, name: str) -> Node:
    """The node by another name; in a shortcut its type says so too."""
    kind = f"{SHORTCUT}{node.type}" if name.startswith(SHORTCUT) else node.type
    return msgspec.structs.replace(node, name=name, type=kind)


def beside(node: Node, norm: Node) -> Node:
    """A layer with the normalisation that follows it."""
    counts = {q: together([c[q] for c in (node.counts, norm.counts) if q in c]) for q in {**node.counts, **norm.counts}}
    terms = {q: [t[q] for t in (node.terms, norm.terms) if q in t] for q in counts}
    sums = {q: found[0] if len(found) == 1 else Call("+", tuple(found)) for q, found in terms.items() if found}
    for q in [q for q in sums if len(terms[q]) < (q in node.counts) + (q in norm.counts)]:
        del sums[q]  # one of the two is a number alone, which says nothing
    joined = (*node.joined, norm.name)
    return msgspec.structs.replace(node, counts=counts, terms=sums, joined=joined, layers=node.layers + 1)


# equal neighbours


def alike_joined(nodes: list[Node]) -> list[Node]:
    """Equal neighbours as one node that stands several times."""
    runs: list[list[Node]] = []
    before: Any = None
    for node in nodes:
        own = same(node)
        if runs and node.active is None and own == before:
            runs[-1].append(node)
        else:
            runs.append([node])
            before = own
    return [run[0] if len(run) == 1 else joined(run) for run in runs]


def joined(run: list[Node]) -> Node:
    """Nodes that are alike as one."""
    paths = tuple([path for node in run for path in node.paths])
    return msgspec.structs.replace(run[0], times=total([node.times for node in run]), paths=paths)


def same(node: Node) -> Any:
    """What two nodes have in common that differ in their names alone."""
    counts = tuple([(q, size_of(count)) for q, count in node.counts.items()])
    children = tuple([(same(child), child.times) for child in node.children])
    settings = tuple([translate(words, "en") for words in node.settings])
    return node.kind, node.active, node.shape, counts, tuple(node.terms.values()), settings, children


def size_of(count: Count) -> Any:
    """A count that can be compared."""
    return ("at least", count.counted) if isinstance(count, AtLeast) else count


def form(node: Node) -> Any:
    """What two nodes have in common that differ in their sizes alone."""
    return node.kind, tuple([(form(child), child.times) for child in node.children])


def of_same_sizes(a: Node, b: Node) -> bool:
    """Whether two nodes of one form have the same shapes, settings and counts, of which one may be a shared 0."""
    counts = [(size_of(count), size_of(b.counts[q])) for q, count in a.counts.items() if q in b.counts]
    return (
        (a.active, a.shape) == (b.active, b.shape)
        and [translate(words, "en") for words in a.settings] == [translate(words, "en") for words in b.settings]
        and all(one == other or 0 in (one, other) for one, other in counts)
        and all(of_same_sizes(one, other) for one, other in zip(a.children, b.children, strict=True))
    )


def without_ones(f: Formula) -> Formula:
    """A formula without factors of one."""
    if not isinstance(f, Call):
        return f
    args = tuple([without_ones(a) for a in f.args])
    if f.name == "*":
        kept = tuple([a for a in args if a != ONE]) or (ONE,)
        return kept[0] if len(kept) == 1 else Call("*", kept)
    return Call(f.name, args)


@lru_cache(maxsize=1024)
def plain_type(name: str) -> str:
    """`conv` of conv2d, `batch_norm` of batch_norm1."""
    return DIMENSION.sub("", name).rstrip("0123456789") or name
