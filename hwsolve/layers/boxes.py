"""The graph of a network as boxes with the shapes that come out of them, for networks of any kind.

What acts on single values or only renames them joins the box in front of it.  Equal composites in a row are drawn once,
with how often they stand; a block that differs from one before it only in sizes is one closed box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.figures import Diagram, Edge, Frame, Node
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, factor_text, product, shape_text, simplified, total
from hwsolve.layers.items import Body, Item, Network, walk_items
from hwsolve.layers.merging import MERGED

JOINING = ("activation", "normalization", "view")  # categories of layers that have no box of their own
SIGNS = {"residual": "+", "add": "+", "multiply": "×"}
MOST = 200  # boxes of a drawing


def boxes(network: Network) -> Diagram | None:
    """The drawing of a network; None where it has too many boxes."""
    graph = Boxes(network)
    if len(graph.nodes) > MOST:
        return None
    return Diagram(
        say("The network"), tuple(graph.nodes.values()), tuple(graph.edges), frames=tuple(graph.frames), flow="down"
    )


class Boxes:
    """Boxes by their ids, and the box behind every wire."""

    def __init__(self, network: Network) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.frames: list[Frame] = []
        self.behind: dict[str, str] = {}
        self.read = Counter(reads(network.body))
        self.opened: set[Any] = set()  # structures of blocks that are drawn
        self.closed: set[str] = set()  # boxes that stand for a block
        self.sealed: set[str] = set()  # boxes that nothing from outside joins
        self.floor = 0  # the first rank below all frames that are drawn: none stands beside another
        self.merging = 0  # in how many joints the box stands that is drawn: their branches are side by side
        for (key, wire), name in zip(network.entries.items(), network.inputs, strict=True):
            label = network.input_symbol or say("input") if key == "input" else name
            self.nodes[key] = Node(key, label, 0, None, None, "box", shape_text(wire.shape))
            self.behind[wire.name] = key
            self.sealed.add(key)
        self.walk(network.items)

    def walk(self, items: tuple[Item, ...]) -> None:
        """Items in their order, runs of equal composites as one."""
        k = 0
        while k < len(items):
            run = k + 1
            while items[k].layer is None and run < len(items) and self.alike(items[k], items[run]):
                run += 1
            self.item(items[k], run - k)
            for again in items[k + 1 : run]:
                self.stand_for(items[k], again)
            k = run

    def stand_for(self, first: Item, again: Item) -> None:
        """Let the boxes of one item be those of an equal one too."""
        for one, other in zip(walk_items((first,)), walk_items((again,)), strict=True):
            for wire, copy in zip(one.outputs, other.outputs, strict=True):
                if wire.name in self.behind:  # not within a closed box
                    self.behind[copy.name] = self.behind[wire.name]

    def item(self, item: Item, times: int) -> None:
        """A layer, or a composite that stands so often."""
        if item.layer is not None:
            self.layer(item, item.layer)
        elif item.type in (*MERGED, "mixture"):
            with_frame = self.framed(lambda: self.merge(item))
            self.frame(with_frame, f"{times} ×" if times > 1 else "")
        elif item.type == "repeat":
            self.copies(item, times)
        elif structure(item) in self.opened:
            self.close(item, item, str(times))
        else:
            self.below(item)
            made = self.framed(lambda: self.walk(item.branches[0].items))
            self.opened.add(structure(item))
            self.frame(made, f"{times} × {item.type}" if times > 1 else item.type)

    def below(self, item: Item) -> None:
        """Let what a block holds stand below its stream, whatever else it reads: no box is between those of a frame."""
        if not self.merging and item.inputs:
            self.floor = max(self.floor, 1 + self.nodes[self.behind[item.inputs[0].name]].rank)

    def copies(self, item: Item, times: int) -> None:
        """The copies of a repeat; those of a block that is drawn, which differ in sizes alone, as one closed box."""
        copies = list(zip(item.times, item.branches, strict=True))
        while copies:
            often, body = copies.pop(0)
            count = [product((times, often))]
            block = body.items[0]
            if len(body.items) == 1 and block.type not in (*MERGED, "repeat") and structure(block) in self.opened:
                last = body
                while times == 1 and copies and tuple(map(structure, copies[0][1].items)) == (structure(block),):
                    often, last = copies.pop(0)
                    count.append(often)
                self.close(block, last.items[0], factor_text(simplified(total(count))))
                continue
            made = self.framed(lambda body=body: self.walk(body.items))
            self.frame(made, f"{factor_text(simplified(count[0]))} ×" if count[0] != 1 else "")

    def close(self, first: Item, last: Item, count: str) -> None:
        """One closed box for blocks that follow each other."""
        label = f"{count} × {first.type}" if count != "1" else first.type
        read = [first.inputs[0].name, *outside(first), *outside(last)]
        self.box(last, label, [self.behind[name] for name in read if name in self.behind])
        self.closed.add(last.path)
        self.sealed.add(last.path)

    def framed(self, draw: Any) -> tuple[str, ...]:
        """The boxes that are new after drawing."""
        before = len(self.nodes)
        draw()
        return tuple(self.nodes)[before:]

    def frame(self, nodes: tuple[str, ...], label: str) -> None:
        """A frame around boxes; one closed box, or a frame that is there, says it itself."""
        if not nodes or not label:
            return
        if len(nodes) == 1 and nodes[0] in self.closed:
            node = self.nodes[nodes[0]]
            self.nodes[node.id] = msgspec.structs.replace(node, label=f"{label} {node.label}")
        elif self.frames and self.frames[-1].nodes == nodes:
            self.frames[-1] = Frame(nodes, f"{label} {self.frames[-1].label}")
        else:
            self.frames.append(Frame(nodes, label))
        self.sealed |= set(nodes)
        if not self.merging:
            self.floor = max(self.floor, 1 + max(self.nodes[name].rank for name in nodes))

    def alike(self, a: Item, b: Item) -> bool:
        """Whether two composites are drawn as one: of closed boxes only what comes out is seen.

        Those that read other quantities beside the stream are not.
        """
        if outside(a) != outside(b):
            return False
        closed = a.type not in (*MERGED, "repeat") and structure(a) in self.opened
        return (structure(a), a.output) == (structure(b), b.output) if closed else alike(a, b)

    def layer(self, item: Item, layer: Layer) -> None:
        """A box of its own, or one more name in that before it."""
        if not item.inputs:
            self.box(item, described(item), [])
            return
        before = self.behind[item.inputs[0].name]
        alone = len(item.inputs) == 1 and self.read[item.inputs[0].name] == 1 and before not in self.sealed
        if alone and (layer.CATEGORY in JOINING or (not layer.parameters(*item.shapes) and layer.CATEGORY == "other")):
            node = self.nodes[before]
            label = f"{node.label}, {described(item)}"
            self.nodes[before] = msgspec.structs.replace(node, label=label, size=shape_text(item.output))
            self.behind |= {wire.name: before for wire in item.outputs}
            return
        self.box(item, described(item), [self.behind[wire.name] for wire in item.inputs])

    def box(self, item: Item, label: str, before: list[str]) -> None:
        """A box behind those that it reads."""
        rank = 1 + max((self.nodes[name].rank for name in before), default=-1)
        rank = max(rank, self.floor) if before else rank
        self.nodes[item.path] = Node(item.path, label, rank, None, None, "box", shape_text(item.output))
        self.edges += [Edge(name, item.path) for name in dict.fromkeys(before)]
        self.behind |= {wire.name: item.path for wire in item.outputs}

    def merge(self, item: Item) -> None:
        """Branches side by side, and what joins them; a shortcut with layers is an arrow with their names."""
        arrows: dict[str, str] = {}
        for k, branch in enumerate(item.branches):
            if item.type == "residual" and k == 1 and branch.items and item.branches[0].items:
                arrows[self.behind[branch.items[0].inputs[0].name]] = ", ".join(map(described, branch.items))
                continue
            self.merging += 1
            made = self.framed(lambda branch=branch: self.walk(branch.items))
            if item.times and item.times[k] != 1:  # the experts of a mixture
                self.frame(made, f"{factor_text(item.times[k])} ×")
            self.merging -= 1
            arrows.setdefault(self.behind[branch.end.name], "")
        rank = 1 + max(self.nodes[name].rank for name in arrows)
        sign: Any = SIGNS.get(item.type, item.type)
        if item.active:
            sign = say("{experts}, {n} active", experts=sign, n=factor_text(item.active[-1]))
        self.nodes[item.path] = Node(item.path, sign, rank, None, None, "box", shape_text(item.output))
        self.edges += [Edge(start, item.path, label) for start, label in arrows.items()]
        self.behind |= {wire.name: item.path for wire in item.outputs}


def reads(body: Body) -> Iterator[str]:
    """The wires that layers and joints read, as often as they do."""
    for item in body.items:
        if item.layer is not None:
            yield from [wire.name for wire in item.inputs]
        for branch in item.branches:
            yield from reads(branch)
            if item.type in MERGED:
                yield branch.end.name


def outside(item: Item) -> list[str]:
    """The wires that a composite reads beside its stream, once each."""
    every = list(walk_items((item,)))
    made = {wire.name for one in every for wire in one.outputs} | {wire.name for wire in item.inputs[:1]}
    read = [wire.name for one in every for wire in (*one.inputs, *[branch.end for branch in one.branches])]
    return [name for name in dict.fromkeys(read) if name not in made]


def described(item: Item) -> str:
    """The term of a layer with its window: `conv2d 3×3 stride 2`."""
    kernel: Shape = getattr(item.layer, "kernel_size", None) or ()
    if not kernel:
        return item.type
    axes: int = getattr(item.layer, "AXES", len(kernel))
    text = f"{item.type} {'×'.join(map(factor_text, kernel * (axes // len(kernel) or 1)))}"
    stride = getattr(item.layer, "stride", None) or ()
    usual = kernel if item.layer is not None and item.layer.CATEGORY == "pooling" else (1,)
    if stride and tuple(dict.fromkeys(stride)) != tuple(dict.fromkeys(usual)):
        text += f" stride {'×'.join(map(factor_text, dict.fromkeys(stride)))}"
    return text


def structure(item: Item) -> Any:
    """What a block is made of, whatever its sizes are."""
    return item.type, tuple([tuple(map(structure, branch.items)) for branch in item.branches])


def alike(a: Item, b: Item) -> bool:
    """Whether two composites are equal with all that they are made of."""
    if (a.type, a.shapes, a.output, a.times) != (b.type, b.shapes, b.output, b.times) or described(a) != described(b):
        return False
    pairs = list(zip(a.branches, b.branches, strict=False))
    if len(a.branches) != len(b.branches) or any(len(x.items) != len(y.items) for x, y in pairs):
        return False
    return all(alike(i, j) for x, y in pairs for i, j in zip(x.items, y.items, strict=True))
