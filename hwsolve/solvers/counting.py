"""The counts of a network: one line for each quantity of each layer, and sums along the tree of composites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve.formula.tree import Call, Formula, Number, Ref, formula
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, product, shape_text, simplified, total
from hwsolve.layers.network import Item
from hwsolve.solution import Answer, Given, Line, Note, Section, Solution
from hwsolve.solvers.count_table import Row, count_table
from hwsolve.solvers.size_lines import counted, equal, size_value, summed, value_line, whole

if TYPE_CHECKING:
    from hwsolve.solvers.count_params import Problem

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
RESERVED = frozenset({"input", "weight", "bias", "trainable", "bytes"})
STORED = frozenset({"convolution", "pooling", "dense"})  # whose outputs CS231n's table counts
MULTIPLIED = frozenset({"convolution", "dense", "attention"})
SUMMED = ("params", "params.weight", "params.bias", "params.trainable", "activations", "macs")
STORED_NOTES = {
    "cs231n": say(
        "Activations (cs231n): the input and the outputs of convolution, pooling and dense layers, one sample."
    ),
    "outputs": say("Activations (outputs): the output of every layer, one sample; reshaping stores nothing new."),
}
MULTIPLIED_NOTES = {
    "matmul": say("Multiply-adds (matmul): of convolution, dense and attention layers, one sample, without biases."),
    "all": say(
        "Multiply-adds (all): of convolution, dense and attention layers, one for each value of a normalisation and for "
        "each cell of an average pooling window; one sample, without biases."
    ),
}
UNKNOWN = None  # a count that can't be made, because the sides of a map are not stated


class Asked(msgspec.Struct, frozen=True):
    """The conventions, and which counts are shown beside the parameters."""

    stored: str
    multiplied: str
    dtype: str
    activations: bool
    macs: bool
    flops: bool
    trainable: bool

    def counts_output(self, part: str) -> bool:
        """Whether the output of such a layer counts among the activations."""
        return part in STORED if self.stored == "cs231n" else part != "view"

    def counts_macs(self, part: str) -> bool:
        """Whether the multiply-adds of such a layer count."""
        return self.multiplied == "all" or part in MULTIPLIED


def asked(problem: Problem) -> Asked:
    """What a problem asks for: by its columns, or by the conventions it states."""
    columns, count = problem.columns, problem.count
    return Asked(
        count.activations or "cs231n",
        count.macs or "matmul",
        count.dtype,
        "activations" in columns or (not columns and count.activations is not None),
        "macs" in columns or (not columns and count.macs is not None),
        "flops" in columns,
        "trainable" in columns,
    )


class Counting:
    """Writes the lines of a network, from its input to its totals."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.asked = asked(problem)
        self.answers: dict[str, Answer] = {}
        self.sections: list[Section] = [Section(say("Layer by layer"))]
        self.notes: list[Note] = []
        self.rows: list[Row] = []
        self.values: dict[str, dict[str, Size | None]] = {quantity: {} for quantity in SUMMED}

    def solution(self) -> Solution:
        """The whole document."""
        given = self.input()
        self.walk(self.problem.network.items, "input", 1)
        totals = self.totals()
        table = count_table(self.rows, self.asked, self.answers)
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=given,
            sections=(*self.sections, totals, Section(say("Summary"), tables=(table,))),
            answers=self.answers,
            notes=(*self.conventions(), *self.notes),
        )

    def input(self) -> tuple[Given, ...]:
        """The input: its shape is given, and its values are stored."""
        shape = self.problem.network.input
        lines: list[Line] = []
        self.shape_answer("input", shape)
        if self.asked.stored == "cs231n":
            self.activations("input", shape, lines)
            self.sections.append(Section(say("input: {shape}", shape=shape_text(shape)), 2, tuple(lines)))
            self.rows.append(Row("input", 1, shape, {"activations": self.values["activations"]["input"]}))
        if isinstance(shape, StatedMap):
            return ()
        return tuple(
            Given(Ref("shape.input", (Number(i),)), whole(n)) for i, n in enumerate(shape, 1) if isinstance(n, int)
        )

    def answer(self, key: str, size: Size) -> None:
        """Keep a count as an answer."""
        self.answers[key] = Answer(size_value(size))

    def shape_answer(self, path: str, shape: Shape) -> None:
        """Keep a shape as an answer; one with unknown sides is none."""
        if not isinstance(shape, StatedMap):
            self.answers[f"shape.{path}"] = Answer(tuple(size_value(size) for size in shape))

    # the walk

    def walk(self, items: tuple[Item, ...], source: str, times: Size) -> str:
        """The lines of a sequence; `source` is the key whose shape comes in; the result is that whose goes out."""
        for item in items:
            source = (
                self.leaf(item, item.layer, source, times)
                if item.layer is not None
                else self.composite(item, source, times)
            )
        return source

    def leaf(self, item: Item, layer: Layer, source: str, times: Size) -> str:
        """A layer: shape, parameters, activations, multiply-adds."""
        path = item.path
        lines: list[Line] = []
        self.shape(item, layer, source, lines)
        self.parameters(path, layer, item.input, lines)
        if self.asked.counts_output(layer.PART):
            self.activations(path, item.output, lines)
        if self.asked.counts_macs(layer.PART):
            self.macs(path, layer, item.input, lines)
        words = {"name": path, "layer": item.type, "before": shape_text(item.input), "after": shape_text(item.output)}
        self.sections.append(Section(say("{name} ({layer}): {before} → {after}", **words), 2, tuple(lines)))
        self.rows.append(Row(path, times, item.output, {q: v[path] for q, v in self.values.items() if path in v}))
        for warning in layer.warnings(item.input):
            self.notes.append(Note("warning", say("{layer}: {warning}", layer=path, warning=warning)))
        return path

    def shape(self, item: Item, layer: Layer, source: str, lines: list[Line]) -> None:
        """One line for each axis; shown where a formula changes it."""
        x, y = item.input, item.output
        self.shape_answer(item.path, y)
        if isinstance(y, StatedMap):
            return
        formulas = layer.axes(x)
        shown: tuple[str | Size, ...] = ()
        line: Line | None
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
                line = value_line(key, Number(size), size, (), aside=True) if isinstance(size, int) else None
            if line is not None:
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
        parts: dict[str, list[str]] = {"weight": [], "bias": []}
        for name in counts:
            parts["bias" if "bias" in name else "weight"].append(name)
        for part, names in parts.items():
            if not names:
                continue
            count, part_key = total(counts[n] for n in names), Ref(f"params.{part}.{path}")
            if len(names) == len(counts):
                line = same(part_key, key, count)
            else:
                line = counted(part_key, " + ".join(texts[n] for n in names), sizes, count, aside=True)
            self.put(f"params.{part}", path, count, lines, line)
        specs = layer.specs()
        trained = [n for n in counts if layer.trainable and specs[n].trainable]
        self.trainable(path, total(counts[n] for n in trained), len(trained) == len(counts), whole_count, lines)

    def trainable(self, path: str, count: Size, every: bool, of: Size, lines: list[Line]) -> None:
        """The parameters of a layer that are trained."""
        key = Ref(f"params.trainable.{path}")
        if every or not isinstance(count, int) or not isinstance(of, int):
            line = same(key, Ref(f"params.{path}"), count) if every else None
        elif count == 0:
            line = value_line(key, Call("*", (Number(0), Ref(f"params.{path}"))), 0, (), say("frozen"))
        else:
            part = "weight" if self.values["params.weight"].get(path) == count else "bias"
            line = value_line(key, Ref(f"params.{part}.{path}"), count, (), say("the rest is frozen"))
        self.put("params.trainable", path, count, lines, line)

    def activations(self, path: str, shape: Shape, lines: list[Line]) -> None:
        """The values of an output, and their bytes."""
        key = Ref(f"activations.{path}")
        if isinstance(shape, StatedMap):
            if not isinstance(shape.features, int):
                self.values["activations"][path] = UNKNOWN
                return
            count: Size = shape.features
            line: Line | None = value_line(
                key, Number(shape.features), shape.features, (), aside=not self.asked.activations
            )
        else:
            count = product(shape)
            line = self.product_line(key, path, shape, count)
        self.put("activations", path, count, lines, line)
        self.multiple(BYTES[self.asked.dtype], "activations", "activations.bytes", path, lines)

    def product_line(self, key: Ref, path: str, shape: Shape, count: Size) -> Line | None:
        """The product of a shape."""
        sizes = tuple(formula(size) for size in shape)
        factors = tuple(Ref(f"shape.{path}", (Number(i),)) for i in range(1, len(shape) + 1))
        numbers: Formula = sizes[0] if len(sizes) == 1 else Call("*", sizes)
        aside = not self.asked.activations
        if not isinstance(count, int) or not all(isinstance(size, int) for size in shape):
            return equal(key, numbers, count, aside=aside)
        if not shape:
            return value_line(key, Number(1), 1, (), aside=aside)
        return value_line(key, factors[0] if len(factors) == 1 else Call("*", factors), count, (numbers,), aside=aside)

    def macs(self, path: str, layer: Layer, x: Shape, lines: list[Line]) -> None:
        """The multiply-adds of one forward pass, and two operations for each."""
        text, count = layer.macs(x), layer.multiply_adds(x)
        if text is None or count is None:
            if isinstance(x, StatedMap) and layer.PART in MULTIPLIED:
                self.values["macs"][path] = UNKNOWN
            return
        line = counted(Ref(f"macs.{path}"), text, layer.sizes(x), count, aside=not self.asked.macs)
        self.put("macs", path, count, lines, line)
        self.multiple(2, "macs", "flops", path, lines)

    def multiple(self, n: int, quantity: str, multiple: str, path: str, lines: list[Line], main: bool = False) -> None:
        """n times another count of a layer, or of all for an empty path."""
        dotted = f".{path}" if path else ""
        count = self.answers[quantity + dotted].value
        shown = (self.asked.flops and multiple == "flops") or main
        times = Call("*", (Number(n), Ref(quantity + dotted)))
        key = Ref(multiple + dotted)
        if isinstance(count, Formula):
            size = simplified(Call("*", (Number(n), count)))
            line = equal(key, Call("*", (Number(n), count)), size, aside=not shown)
        else:
            size = n * count.value
            line = value_line(key, times, size, (Call("*", (Number(n), Number(count.value))),), aside=not shown)
        self.answer(multiple + dotted, size)
        if line is not None:
            lines.append(line)

    def put(self, quantity: str, path: str, count: Size, lines: list[Line], line: Line | None) -> None:
        """Keep a count and its line."""
        self.values[quantity][path] = count
        self.answer(f"{quantity}.{path}", count)
        if line is not None:
            lines.append(line)

    # composites and totals

    def composite(self, item: Item, source: str, times: Size) -> str:
        """The parts of a composite, then their sums."""
        ends: list[str] = []
        incoming = source
        for k, (_, items) in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            end = self.walk(items, source, product((times, often)))
            ends.append(end)
            source = end if item.type == "repeat" else incoming
        lines: list[Line] = []
        parts = [
            (item.times[k] if item.times else 1, inner) for k, (_, items) in enumerate(item.branches) for inner in items
        ]
        for quantity in SUMMED:
            self.sum(quantity, f".{item.path}", [(often, inner.path) for often, inner in parts], lines)
        out = self.joined(item, ends, lines) if item.type in ("concat", "multiply") else source
        if item.type not in ("repeat", "concat", "multiply"):
            out = ends[0] if item.branches[0][1] else ends[-1]
        title = say("{name} ({layer})", name=item.path, layer=item.type)
        if item.times and any(n != 1 for n in item.times):
            title = say(
                "{name} ({layer} {times})",
                name=item.path,
                layer=item.type,
                times=" + ".join(f"{size_str(n)}×" for n in item.times),
            )
        if lines:
            self.sections.append(Section(title, 2, tuple(lines)))
        return out

    def sum(
        self, quantity: str, dotted: str, parts: list[tuple[Size, str]], lines: list[Line], shown: bool | None = None
    ) -> None:
        """A quantity of all parts together; none where no part has it, unknown where one is."""
        values = self.values[quantity]
        having = [(often, path) for often, path in parts if path in values]
        if not having:
            return
        terms = [
            (often, Ref(f"{quantity}.{path}"), value) for often, path in having if (value := values[path]) is not None
        ]
        if len(terms) < len(having):
            values[dotted[1:]] = UNKNOWN
            return
        count = total(product((often, value)) for often, _, value in terms)
        values[dotted[1:]] = count
        self.answer(quantity + dotted, count)
        if shown is None:
            shown = quantity == "params" or (quantity in ("activations", "macs") and getattr(self.asked, quantity))
            shown = shown and (not dotted or len(terms) > 1)
        lines += summed(Ref(quantity + dotted), terms, count, aside=not shown)
        if quantity in ("activations", "macs"):
            n, multiple = (BYTES[self.asked.dtype], "activations.bytes") if quantity == "activations" else (2, "flops")
            main = not dotted and quantity == "activations" and self.asked.activations
            self.multiple(n, quantity, multiple, dotted[1:], lines, main)

    def joined(self, item: Item, ends: list[str], lines: list[Line]) -> str:
        """The shape of branches side by side: the channels are summed, the other axes are those of a branch."""
        outs = [items[-1].output if items else item.input for _, items in item.branches]
        self.shape_answer(item.path, item.output)
        for axis, size in enumerate(item.output):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis == 0 and item.type == "concat":
                terms: list[tuple[Size, Ref, Size]] = [
                    (1, Ref(f"shape.{end}", (Number(1),)), out[0]) for end, out in zip(ends, outs, strict=True)
                ]
                lines += summed(key, terms, size)
            elif isinstance(size, int):
                k = next(k for k, out in enumerate(outs) if out[axis] == size)
                lines.append(value_line(key, Ref(f"shape.{ends[k]}", (Number(axis + 1),)), size, (), aside=True))
        return item.path

    def totals(self) -> Section:
        """The sums over the whole network."""
        lines: list[Line] = []
        parts: list[tuple[Size, str]] = [(1, item.path) for item in self.problem.network.items]
        if not any(path in self.values["params"] for _, path in parts):
            lines += [value_line(Ref("params"), Number(0), 0, ())]
            self.answer("params", 0)
        frozen = self.frozen()
        for quantity in SUMMED:
            inner = [(1, "input"), *parts] if quantity == "activations" else parts
            self.sum(quantity, "", inner, lines, True if quantity == "params.trainable" and frozen else None)
        self.mark_main(frozen)
        for quantity in ("activations", "macs"):
            if getattr(self.asked, quantity) and self.values[quantity].get("", 0) is UNKNOWN:
                layer = next(path for path, value in self.values[quantity].items() if value is UNKNOWN and path)
                words = {"quantity": quantity, "layer": layer}
                message = say("`{quantity}` has no total: the sides of the map at {layer} are not stated.", **words)
                self.notes.append(Note("info", message))
        return Section(say("Totals"), 1, tuple(lines))

    def frozen(self) -> bool:
        """Whether some parameters are not trained."""
        trained, owned = self.values["params.trainable"], self.values["params"]
        return any(trained[path] != count for path, count in owned.items()) or self.asked.trainable

    def mark_main(self, frozen: bool) -> None:
        """The results that a reader asked for."""
        shown = {
            "params": True, "params.trainable": frozen, "activations": self.asked.activations,
            "activations.bytes": self.asked.activations, "macs": self.asked.macs, "flops": self.asked.flops,
        }  # fmt: skip
        for key, main in shown.items():
            if main and key in self.answers:
                self.answers[key] = Answer(self.answers[key].value, True)

    def conventions(self) -> list[Note]:
        """What was counted, by name."""
        notes: list[Message] = []
        if self.asked.activations:
            notes += [STORED_NOTES[self.asked.stored], *self.storage()]
        if self.asked.macs or self.asked.flops:
            notes.append(MULTIPLIED_NOTES[self.asked.multiplied])
        if self.asked.flops:
            notes.append(say("A multiply-add is two floating-point operations."))
        return [Note("info", text) for text in notes]

    def storage(self) -> list[Message]:
        """How much memory the activations take."""
        count, size = self.answers.get("activations"), self.answers.get("activations.bytes")
        if count is None or size is None or isinstance(count.value, Formula):
            return []
        words = {"values": f"{count.value.value:,}", "bytes": BYTES[self.asked.dtype], "dtype": self.asked.dtype}
        return [
            say("{values} values of {bytes} bytes ({dtype}) are {size}.", size=storage_text(size.value.value), **words)
        ]


def keeps(layer: Layer, axis: int, x: Shape, y: Shape) -> bool:
    """Whether an axis comes out because it came in, not because a setting says so."""
    if isinstance(x, StatedMap) or axis >= len(x) or x[axis] != y[axis]:
        return False
    return not (layer.PART == "convolution" and axis == 0) and not (layer.PART == "dense" and axis == len(y) - 1)


def same(key: Ref, other: Ref, size: Size) -> Line | None:
    """A count that is that of another key."""
    return value_line(key, other, size, (), aside=True) if isinstance(size, int) else None


def size_str(size: Size) -> str:
    """A size in a heading."""
    return shape_text((size,))


def storage_text(n: int) -> str:
    """Bytes as a person says them, to two places: 10,643,360 is 10.64 MB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n >= unit:
            hundredths = (100 * n + unit // 2) // unit
            return f"{hundredths // 100:,}.{hundredths % 100:02d} {name}"
    return f"{n} B"
