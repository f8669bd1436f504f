"""The counts of one layer: a line for its shape, parameters, activations and multiply-adds each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.derivation.size_lines import by_keys, counted, frozen, multiplied, same, size_value, stated, times
from hwsolve.formula.tree import Formula, Number, Ref, formula
from hwsolve.kinds.count_params.conventions import BYTES, asked
from hwsolve.kinds.count_params.partial import AtLeast, Count
from hwsolve.kinds.count_params.table import Row
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, product, simplified, total
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Nothing
from hwsolve.layers.network import Item
from hwsolve.solution import Answer, Line, Note, Quantity, Section, Value

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
        self.sections: list[Section] = [Section(say("Layer by layer"))]
        self.notes: list[Note] = []
        self.rows: list[Row] = []
        self.values: dict[str, dict[str, Count]] = {quantity: {} for quantity in SUMMED}
        self.partial: dict[str, AtLeast] = {}  # totals that are no numbers, by key
        self.nothing: dict[str, Nothing] = {}  # the types of layers that cost nothing

    def answer(self, key: str, size: Size) -> None:
        """Keep a count as an answer."""
        self.answers[key] = Answer(size_value(size))

    def shape_answer(self, path: str, shape: Shape) -> None:
        """Keep a shape as an answer; one with unknown sides is none."""
        if not isinstance(shape, StatedMap):
            self.answers[f"shape.{path}"] = Answer(tuple([size_value(size) for size in shape]))

    def shape(self, item: Item, layer: Layer, source: str, lines: list[Line]) -> None:
        """One line for each axis; shown where a formula changes it."""
        x, y = item.input, item.output
        self.shape_answer(item.path, y)
        if isinstance(y, StatedMap):
            return
        formulas = layer.axes(x)
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

    def parameters(self, path: str, layer: Layer, x: Shape, lines: list[Line]) -> None:
        """All parameters of a layer, then the weights, the biases, and those that are trained."""
        owned = layer.parameters(x)
        if not owned:
            return
        texts, sizes = layer.counts(x), layer.sizes(x)
        counts = {name: product(shape) for name, shape in owned.items()}
        key, whole_count = Ref(f"params.{path}"), total(counts.values())
        self.put("params", path, whole_count, lines, counted(key, texts["params"], sizes, whole_count))
        for part, names in (
            ("weight", [n for n in counts if "bias" not in n]),
            ("bias", [n for n in counts if "bias" in n]),
        ):
            if not names:
                continue
            count, part_key = total([counts[n] for n in names]), Ref(f"params.{part}.{path}")
            if len(names) == len(counts):
                line = same(part_key, key, count)
            else:
                line = counted(part_key, " + ".join([texts[n] for n in names]), sizes, count, aside=True)
            self.put(f"params.{part}", path, count, lines, line)
        specs = layer.specs()
        trained = [n for n in counts if layer.trainable and specs[n].trainable]
        self.trainable(path, total([counts[n] for n in trained]), len(trained) == len(counts), whole_count, lines)

    def trainable(self, path: str, count: Size, every: bool, of: Size, lines: list[Line]) -> None:
        """The parameters of a layer that are trained."""
        key = Ref(f"params.trainable.{path}")
        if every:
            line = same(key, Ref(f"params.{path}"), count, aside=not self.asked.shows("params.trainable"))
        elif count == 0:
            line = frozen(key, Ref(f"params.{path}"), of)
        else:
            part = "weight" if self.values["params.weight"].get(path) == count else "bias"
            line = same(key, Ref(f"params.{part}.{path}"), count, rule=say("the rest is frozen"), aside=False)
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
        axes: list[Formula] = [Ref(f"shape.{path}", (Number(i),)) for i in range(1, len(shape) + 1)]
        return by_keys(key, multiplied(axes), multiplied(sizes), count, aside=not self.asked.activations)

    def macs(self, path: str, type: str, layer: Layer, x: Shape, lines: list[Line]) -> None:
        """The multiply-adds of one forward pass, and two operations for each."""
        text, count = layer.macs(x), layer.multiply_adds(x)
        if isinstance(text, NotCounted):
            self.values["macs"][path] = AtLeast(0, {path: text})
            return
        if isinstance(text, Nothing):
            self.nothing[type] = text
            return
        assert count is not None, f"{path}: a formula for multiply-adds, and no count"
        line = counted(Ref(f"macs.{path}"), text, layer.sizes(x), count, aside=not self.asked.shows("macs"))
        self.put("macs", path, count, lines, line)
        self.multiple("macs", path, lines)

    def multiple(self, quantity: str, path: str, lines: list[Line], aside: bool = False) -> None:
        """A count that is so many times another one of a layer, or of all for an empty path."""
        multiple, n = self.multiples[quantity]
        dotted = f".{path}" if path else ""
        count = self.answers[quantity + dotted].value
        aside = aside or not (self.asked.shows(multiple) or (not path and multiple in self.asked.totals()))
        known: Size = count.value if type(count) is Quantity else count
        size = n * known if isinstance(known, int) else simplified(times(n, known))
        key = Ref(quantity + dotted)
        line = by_keys(Ref(multiple + dotted), times(n, key), times(n, formula(known)), size, aside=aside)
        self.keep(multiple + dotted, size, lines, line)

    def put(self, quantity: str, path: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep a count and its line."""
        self.values[quantity][path] = count
        self.keep(f"{quantity}.{path}", count, lines, line)

    def keep(self, key: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep an answer and its line."""
        self.answers[key] = Answer(line.quantity if type(line) is Value else size_value(count))
        lines.append(line)


def keeps(layer: Layer, axis: int, x: Shape, y: Shape) -> bool:
    """Whether an axis comes out because it came in, not because a setting says so."""
    if isinstance(x, StatedMap) or axis >= len(x) or x[axis] != y[axis]:
        return False
    return not (layer.CATEGORY == "convolution" and axis == 0) and not (
        layer.CATEGORY == "dense" and axis == len(y) - 1
    )
