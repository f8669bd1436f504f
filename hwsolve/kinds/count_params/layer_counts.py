"""The counts of one layer: a line for its shape, parameters, activations and multiply-adds each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hwsolve.derivation.size_lines import by_keys, counted, filled, multiplied, none_of, same, size_value, stated, times
from hwsolve.formula.tree import Formula, Number, Ref, formula
from hwsolve.kinds.count_params.conventions import BYTES, asked, storage
from hwsolve.kinds.count_params.partial import AtLeast, Count
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, product, simplified, total
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Nothing
from hwsolve.layers.items import Item
from hwsolve.solution import Answer, Line, Note, Quantity, Step, Value

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.problem import Problem

SUMMED = ("params", "params.weight", "params.bias", "params.trainable", "activations", "macs")


class LayerCounts:
    """Writes the lines of single layers, and keeps what they count."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.asked = asked(problem)
        self.multiples = {"activations": ("activations.bytes", BYTES[self.asked.dtype]), "macs": ("flops", 2)}
        self.answers: dict[str, Answer] = {}
        self.sections: list[Step] = []
        self.notes: list[Note] = []
        self.terms: dict[str, dict[str, Formula]] = {quantity: {} for quantity in SUMMED}  # what each count is made of
        self.values: dict[str, dict[str, Count]] = {quantity: {} for quantity in SUMMED}
        self.partial: dict[str, AtLeast] = {}  # totals that are no numbers, by key
        self.nothing: dict[str, Nothing] = {}  # the types of layers that cost nothing
        self.keys: dict[str, str] = {"": "input"}  # of every wire the layer whose key has its shape

    def answer(self, key: str, size: Size) -> None:
        """Keep a count as an answer."""
        self.answers[key] = Answer(size_value(size))

    def shape_answer(self, path: str, shape: Shape) -> None:
        """Keep a shape as an answer; one with unknown sides is none."""
        if not isinstance(shape, StatedMap):
            self.answers[f"shape.{path}"] = Answer(tuple([size_value(size) for size in shape]))

    def shape(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """One line for each axis of each output; shown where a formula changes it."""
        for wire in item.outputs:
            self.shape_answer(wire.name, wire.shape)
        for wire in item.outputs[1:]:
            lines += [stated(Ref(f"shape.{wire.name}", (Number(k),)), size) for k, size in enumerate(wire.shape, 1)]
        x, y = item.shapes[0], item.output
        if isinstance(y, StatedMap):
            return
        formulas, source = layer.axes(*item.shapes), self.keys[item.inputs[0].name]
        shown: tuple[str | Size, ...] = ()
        for axis, size in enumerate(y):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis in formulas:
                text, sizes = formulas[axis]
                settings = (text.replace(next(iter(sizes)), "n"), *sizes.values())
                line = counted(key, text, sizes, size, aside=settings == shown or (axis < len(x) and size == x[axis]))
                shown = settings
            elif keeps(layer, axis, x, y):
                line = same(key, Ref(f"shape.{source}", (Number(axis + 1),)), size)
            else:
                line = stated(key, size)
            lines.append(line)

    def parameters(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """All parameters of a layer, then the weights, the biases, and those that are trained."""
        path, shapes = item.path, item.shapes
        every = {name: p for name, p in layer.parameters(*shapes).items() if p.counted}
        owned = {name: p for name, p in every.items() if name not in item.owners}
        shared_of = [owner for name, owner in item.owners.items() if name in every]
        shared = ", ".join(".".join(owner) for owner in shared_of)
        rule: Message | str = say("shared with {owners}", owners=shared) if shared else ""
        key = Ref(f"params.{path}")
        if not owned:
            if every:
                other, size = Ref(f"params.{shared_of[0][0]}"), total(product(p.shape) for p in every.values())
                self.put("params", path, 0, lines, none_of(key, other, size, rule))
            return
        texts, sizes = layer.counts(*shapes), layer.sizes(*shapes)
        counts = {name: product(p.shape) for name, p in owned.items()}
        whole_count = total(counts.values())
        text = texts["params"] if len(owned) == len(every) else " + ".join([texts[name] for name in owned])
        self.put("params", path, whole_count, lines, counted(key, text, sizes, whole_count, rule=rule))
        self.terms["params"][path] = put_in(text, sizes)[0]
        parts = {"weight": [n for n in owned if not owned[n].added], "bias": [n for n in owned if owned[n].added]}
        for part, names in parts.items():
            if not names:
                continue
            count, part_key = total([counts[n] for n in names]), Ref(f"params.{part}.{path}")
            if len(names) == len(counts):
                line = same(part_key, key, count)
            else:
                line = counted(part_key, " + ".join([texts[n] for n in names]), sizes, count, aside=True)
            self.put(f"params.{part}", path, count, lines, line)
        trained = [name for name, p in owned.items() if layer.learns(p)]
        count, key = total([counts[n] for n in trained]), Ref(f"params.trainable.{path}")
        rest = say("the rest is frozen")
        if len(trained) == len(counts):
            line = same(key, Ref(f"params.{path}"), count, aside="params.trainable" not in self.asked.shown)
        elif not trained:
            line = none_of(key, Ref(f"params.{path}"), whole_count, say("frozen"))
        elif trained in parts.values():
            part = next(part for part, names in parts.items() if names == trained)
            line = same(key, Ref(f"params.{part}.{path}"), count, rule=rest, aside=False)
        else:
            line = counted(key, " + ".join([texts[n] for n in trained]), sizes, count, rule=rest)
        self.put("params.trainable", path, count, lines, line)

    def activations(self, path: str, shape: Shape, lines: list[Line]) -> None:
        """The values of an output, and their bytes."""
        key = Ref(f"activations.{path}")
        if isinstance(shape, StatedMap):
            if shape.features is None:
                self.values["activations"][path] = AtLeast(0, {path: SIDES_UNKNOWN})
                return
            count: Size = shape.features
            line = stated(key, count, aside=not self.asked.activations)
        else:
            count = product(shape)
            line = self.product_line(key, path, shape, count)
        self.put("activations", path, count, lines, line)
        self.multiple("activations", path, lines)

    def product_line(self, key: Ref, path: str, shape: Shape, count: Size) -> Line:
        """The product of a shape."""
        sizes = [formula(size) for size in shape]
        self.terms["activations"][path] = multiplied(sizes)
        axes: list[Formula] = [Ref(f"shape.{path}", (Number(i),)) for i in range(1, len(shape) + 1)]
        return by_keys(key, multiplied(axes), multiplied(sizes), count, aside=not self.asked.activations)

    def macs(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """The multiply-adds of one forward pass, and two operations for each."""
        path, shapes = item.path, item.shapes
        text, sizes = layer.macs(*shapes), layer.sizes(*shapes)
        if isinstance(text, NotCounted):
            self.values["macs"][path] = AtLeast(0, {path: text})
            return
        if isinstance(text, Nothing):
            self.nothing[item.type] = text
            return
        self.terms["macs"][path], count = put_in(text, sizes)
        line = counted(Ref(f"macs.{path}"), text, sizes, count, aside="macs" not in self.asked.shown)
        self.put("macs", path, count, lines, line)
        self.multiple("macs", path, lines)

    def multiple(self, quantity: str, path: str, lines: list[Line], aside: bool = False) -> None:
        """A count that is so many times another one of a layer, or of all for an empty path."""
        multiple, n = self.multiples[quantity]
        dotted = f".{path}" if path else ""
        count = self.answers[quantity + dotted].value
        aside = aside or multiple not in (self.asked.shown if path else self.asked.totals)
        known: Size = count.value if type(count) is Quantity else count
        size = n * known if isinstance(known, int) else simplified(times(n, known))
        key = Ref(quantity + dotted)
        rule = storage(self.asked, size) if quantity == "activations" and not (path or aside) else ""
        line = by_keys(Ref(multiple + dotted), times(n, key), times(n, formula(known)), size, aside=aside, rule=rule)
        self.keep(multiple + dotted, size, lines, line)

    def put(self, quantity: str, path: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep a count and its line."""
        self.values[quantity][path] = count
        self.keep(f"{quantity}.{path}", count, lines, line)

    def keep(self, key: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep an answer and its line."""
        self.answers[key] = Answer(line.quantity if type(line) is Value else size_value(count))
        lines.append(line)


def put_in(text: str, sizes: Mapping[str, Size]) -> tuple[Formula, Size]:
    """A formula text with sizes put in, and its value: a polynomial where sizes have names."""
    _, written, value = filled(text, tuple(sizes.items()))
    return written, simplified(written) if value is None else value


def keeps(layer: Layer, axis: int, x: Shape, y: Shape) -> bool:
    """Whether an axis comes out because it came in, not because a setting says so."""
    if isinstance(x, StatedMap) or axis >= len(x) or x[axis] != y[axis]:
        return False
    return not (layer.CATEGORY == "convolution" and axis == 0) and not (
        layer.CATEGORY == "dense" and axis == len(y) - 1
    )
