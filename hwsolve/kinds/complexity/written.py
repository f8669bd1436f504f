"""What a layer takes that states no counts: it writes its formulas into a graph of its own, and these are counted.

Forward, each quantity is worked out by its formula.  Back, the error of a quantity is the sum over all that read it, by
the gradient of their formulas; a parameter's gradient in the same way.  What is not needed is not worked out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.derivation.size_lines import added, multiplied
from hwsolve.formula.tree import Call, Formula, formula, references
from hwsolve.graph.differentiate import Consumers, consumers_of
from hwsolve.graph.graph import Builder, Graph, Node
from hwsolve.graph.operation import INNER, Operation, backward_schematic, forward_schematic
from hwsolve.kinds.complexity.alike import Known
from hwsolve.kinds.complexity.instances import Instances, Taken, value_of
from hwsolve.kinds.complexity.ranges import Interval, apart, union, up_to, volume
from hwsolve.layers.base import Layer, Shape
from hwsolve.layers.sizes import Size

Counts = dict[str, Counter[tuple[Size, ...]]]


class Needs(msgspec.Struct, frozen=True):
    """What is wanted of a layer: the inputs that get an error, the outputs that have one, the trained parameters."""

    back: tuple[bool, ...]
    tops: tuple[int, ...]
    learned: frozenset[str]


class Row(msgspec.Struct, frozen=True):
    """What is worked out in one place of a phase, so many `times`: a quantity, its error, or a gradient.

    `readers` are the operations by which an error comes back, with the number of the input.
    """

    phase: str
    part: str
    counts: Counts
    times: Size
    node: Node
    readers: tuple[tuple[Node, int], ...] = ()
    form: Formula | None = None
    gates: tuple[str, ...] = ()  # of those that are counted as one, where they differ in the gate


class Written:
    """The graph of one layer, and the rows of its phases."""

    def __init__(self, layer: Layer, shapes: tuple[Shape, ...], activations: bool) -> None:
        self.graph, self.layer = Graph(), layer
        builder = Builder(self.graph)
        builder.mode = "shapes"
        names = layer.ports()
        self.inputs = [builder.given(f"x{k}", shape, of="input") for k, shape in enumerate(shapes, 1)]
        self.outputs = layer.build(builder, *self.inputs)
        self.ports = dict(zip(self.inputs, names, strict=True))
        self.which = {name: owned.which for name, owned in builder.owned.items()}
        self.instances = Instances(activations)
        self.is_projected = hasattr(layer, "embed_dim")
        named = [n for shape in shapes for n in shape if isinstance(n, Formula)]
        self.sizes = {ref.name.rstrip("_") for size in named for ref in references(size)}
        self.numbers = set(self.found_numbers())
        symbols = {self.graph.symbol(name) for name in self.graph.nodes}
        self.gates = frozenset(symbol for symbol in symbols if f"a_{symbol}" in symbols)

    def found_numbers(self) -> Iterator[str]:
        """The quantities that follow from no input, no state and no parameter."""
        found: set[str] = set()
        for node in self.graph.nodes.values():
            given = node.role == "constant" or (node.role == "given" and node.of in ("", "constant"))
            if given or (node.operation is not None and found.issuperset(node.inputs)):
                found.add(node.name)
                yield node.name

    def rows(self, needs: Needs) -> list[Row]:
        """Those of all phases, each phase in the order in which it is worked out."""
        found = [self.forward(node) for node in self.graph.nodes.values() if self.is_computed(node)]
        return together([*found, *self.back(needs)])

    def is_computed(self, node: Node) -> bool:
        """Whether a node is a quantity that is worked out."""
        return node.operation is not None and not node.operation.view and node.name not in self.numbers

    def forward(self, node: Node) -> Row:
        """A quantity by its formula."""
        assert node.operation is not None
        schematic = forward_schematic(node.operation, len(node.shape))
        taken, *_ = self.counted(
            node, node.operation, schematic.formula, dict(zip(schematic.indices, node.shape, strict=True))
        )
        return Row("forward", self.graph.symbol(node.name), taken, 1, node)

    def counted(
        self, node: Node, operation: Operation, f: Formula, ranges: dict[str, Size]
    ) -> tuple[Taken, dict[str, Interval], bool]:
        """A formula of an operation, with the numbers behind its letters."""
        shapes: Any = tuple(self.graph.nodes[name].shape for name in node.inputs)
        names = {
            letter: Known(name, shape, name in self.numbers, name in self.graph.selectors)
            for letter, name, shape in zip(operation.inputs, node.inputs, shapes, strict=True)
        }
        names |= {"y": Known(node.name, node.shape), "g": Known(f"∂{node.name}", node.shape)}
        sizes = {letter: formula(size) for letter, size in operation.sizes(*shapes).items()}
        own = forward_schematic(operation, len(node.shape)).indices
        sizes |= {f"size_{i}": formula(size) for i, size in zip(own, node.shape, strict=True)}
        return self.instances.count(f, names, ranges, sizes)

    # back

    def back(self, needs: Needs) -> list[Row]:
        """The errors from the last quantity to the first, then the gradients of the parameters."""
        tops = {self.outputs[k] for k in needs.tops}
        wanted = {name for name, back in zip(self.inputs, needs.back, strict=True) if back}
        wanted |= {name for name, which in self.which.items() if which in needs.learned and self.is_parameter(name)}
        behind = set(wanted)
        for node in self.graph.nodes.values():
            fixed = node.operation.fixed() if node.operation else ()
            if any(name in behind for slot, name in enumerate(node.inputs) if slot not in fixed):
                behind.add(node.name)
        consumers = consumers_of(self.graph, *tops)
        found: list[Row] = []
        for parameters in (False, True):
            for name in reversed(list(self.graph.nodes)):
                if name in behind and self.is_parameter(name) == parameters:
                    found += self.error(self.graph.nodes[name], consumers, name in tops)
        return found

    def is_parameter(self, name: str) -> bool:
        """Whether a node is a parameter."""
        return self.graph.nodes[name].role == "parameter"

    def error(self, node: Node, consumers: Consumers, top: bool) -> Iterator[Row]:
        """The error of a quantity: of an input step by step, of a parameter gate by gate, as they stand apart."""
        reading = consumers.get(node.name, [])
        readers = tuple((self.graph.nodes[output], slot) for output, _, _, slot in reading)
        phase, part = "error", self.ports.get(node.name) or self.graph.symbol(node.name)
        if self.is_parameter(node.name):
            phase, part = "gradient", self.which[node.name]
        groups: dict[object, tuple[tuple[Node, int], ...]] = {}
        for reader in readers:
            label = self.graph.labels[reader[0].name]
            key = label.time if phase == "error" else label.symbol
            groups[key] = (*groups.get(key, ()), reader)
        apart_ = (
            len(groups) > 1 and (phase == "gradient" or node.name in self.inputs) and self.stand_apart(node, groups)
        )
        for own in groups.values() if apart_ else [readers]:
            gate = self.graph.symbol(own[0][0].name).removeprefix("a_") if apart_ and phase == "gradient" else ""
            yield Row(phase, part, self.sent(node, own, top), 1, node, own, gates=(gate,) if gate else ())

    def stand_apart(self, node: Node, groups: dict[object, tuple[tuple[Node, int], ...]]) -> bool:
        """Whether what different groups of readers send back stands in different places."""
        boxes = []
        for own in groups.values():
            seen, self.instances.seen = self.instances.seen, set()
            boxes.append([box for box, _ in (self.one(node, reader, slot)[1:] for reader, slot in own)])
            self.instances.seen = seen
        pairs = [(a, b) for k, some in enumerate(boxes) for others in boxes[:k] for a in some for b in others]
        return all(apart(a, b) for a, b in pairs)

    def sent(self, node: Node, readers: tuple[tuple[Node, int], ...], top: bool) -> Counts:
        """What all readers send back, and its sum."""
        counts: Counts = {}
        whole = {letter: up_to(size) for letter, size in zip(INNER, node.shape, strict=False)}
        boxes, products = [whole] * top, [False] * top
        for reader, slot in readers:
            taken, box, product = self.one(node, reader, slot)
            boxes.append(box)
            products.append(product)
            for kind, terms in taken.items():
                counts.setdefault(kind, Counter()).update(terms)
        for kind, terms in added_up(boxes, products).items():
            counts.setdefault(kind, Counter()).update(terms)
        return counts

    def one(self, node: Node, reader: Node, slot: int) -> tuple[Taken, dict[str, Interval], bool]:
        """What one reader sends back, where that stands, and whether it is a sum of products."""
        operation = reader.operation
        assert operation is not None
        if operation.view:
            return {}, {letter: up_to(size) for letter, size in zip(INNER, node.shape, strict=False)}, False
        schematic = backward_schematic(operation, slot, len(reader.shape))
        ranges: dict[str, Size] = dict(zip(schematic.indices, node.shape, strict=True))
        taken, box, product = self.counted(reader, operation, schematic.formula, ranges)
        return taken, {new: box[old] for new, old in zip(INNER, schematic.indices, strict=False)}, product


def added_up(boxes: list[dict[str, Interval]], products: list[bool]) -> Counts:
    """The additions of terms that stand in these boxes; `products`: which of them are sums of products."""
    counts: Counts = {"sum": Counter(), "add": Counter()}
    groups: list[tuple[dict[str, Interval], list[bool]]] = []
    for box, product in zip(boxes, products, strict=True):
        same = next((found for other, found in groups if other == box), None)
        if same is None:
            groups.append((box, same := []))
        same.append(product)
    for box, found in groups:
        fused = min(sum(found), len(found) - 1)
        counts["sum"][key_of(box)] += fused
        counts["add"][key_of(box)] += len(found) - 1 - fused
    different = [box for box, _ in groups]
    whole = union(different)
    if len(whole) < len(different):
        for often, some in ((1, different), (-1, whole)):
            for box in some:
                counts["add"][key_of(box)] += often
    return counts


def key_of(box: dict[str, Interval]) -> tuple[Size, ...]:
    """How many places a box has, as factors in a fixed order."""
    return tuple(sorted(volume(box.values()), key=lambda n: (isinstance(n, int), str(n))))


def together(rows: list[Row]) -> list[Row]:
    """Rows of one quantity that take the same as one, in its place so many times; rows that take nothing as none."""
    found: dict[object, Row] = {}
    for row in rows:
        if row.phase != "forward" and not any(map(any_left, row.counts.values())):
            continue
        own = {kind: {sizes: n for sizes, n in terms.items() if n} for kind, terms in row.counts.items()}
        own = {kind: terms for kind, terms in own.items() if value_of(Counter(terms)) != 0}
        key = (
            row.phase,
            row.part,
            row.gates,
            tuple(sorted((kind, tuple(sorted(map(str, terms.items())))) for kind, terms in own.items())),
        )
        known = found.get(key)
        if known is None:
            counts = {kind: Counter(terms) for kind, terms in own.items()}
            found[key] = msgspec.structs.replace(row, counts=counts)
        else:
            found[key] = msgspec.structs.replace(known, times=known.times + 1)
    return list(found.values())


def any_left(terms: Counter[tuple[Size, ...]]) -> bool:
    """Whether products of sizes come to something."""
    return value_of(terms) != 0


def arisen(terms: Counter[tuple[Size, ...]]) -> Formula:
    """A count as it arises: the products of sizes, those that are taken away last."""
    plus = [term(sizes, often) for sizes, often in terms.items() if often > 0]
    minus = [term(sizes, -often) for sizes, often in terms.items() if often < 0]
    f = added(plus)
    return Call("-", (f, added(minus))) if minus else f


def term(sizes: tuple[Size, ...], often: int) -> Formula:
    """So many times a product of sizes."""
    return multiplied([formula(n) for n in ((often, *sizes) if often != 1 else sizes)])
