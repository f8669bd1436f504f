"""The counts of one layer: a line for its shape, parameters, activations and multiply-adds each."""

from __future__ import annotations

from hwsolve.derivation.size_lines import counted, none_of, same, stated, summed
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.counts import Counts, put_in
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, product, product_text, total
from hwsolve.layers.items import Item
from hwsolve.solution import Line


class LayerCounts(Counts):
    """Writes the lines of single layers."""

    def shape(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """One line for each axis of each output; shown where a formula changes it."""
        for wire in item.outputs:
            self.shape_answer(wire.name, wire.shape)
        for wire in item.outputs[1:]:
            lines += [stated(Ref(f"shape.{wire.name}", (Number(k),)), size) for k, size in enumerate(wire.shape, 1)]
        y = item.output
        if isinstance(y, StatedMap):
            return
        if not item.inputs:  # it stands by itself
            lines += [stated(Ref(f"shape.{item.path}", (Number(k),)), size) for k, size in enumerate(y, 1)]
            return
        x, formulas, source = item.shapes[0], layer.axes(*item.shapes), self.keys[item.inputs[0].name]
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
        self.buffers(item, layer, lines)
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
        statistics = [n for n in owned if owned[n].role == "statistic"]
        parts = {
            "weight": [n for n in owned if not owned[n].added and n not in statistics],
            "bias": [n for n in owned if owned[n].added],
        }
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
        if frozen := [name for name in owned if name not in trained]:
            rest_of = total([counts[n] for n in frozen])
            line = counted(
                Ref(f"params.frozen.{path}"), " + ".join([texts[n] for n in frozen]), sizes, rest_of, aside=True
            )
            self.put("params.frozen", path, rest_of, lines, line)

    def buffers(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """What is kept beside the parameters and not learned."""
        found = {n: product(s) for n, s in layer.buffers(*item.shapes).items() if n not in item.owners}
        if not found:
            return
        texts, shapes = layer.products(*item.shapes), layer.buffers(*item.shapes)
        text = " + ".join([texts.get(name) or product_text(shapes[name]) for name in found])
        count, key = total(found.values()), Ref(f"params.buffers.{item.path}")
        line = counted(key, text, layer.sizes(*item.shapes), count, aside=True)
        self.put("params.buffers", item.path, count, lines, line)

    def joined(self, item: Item, lines: list[Line]) -> None:
        """The shape of branches side by side: the channels are summed, the other axes are those of a branch."""
        outs = [branch.end.shape for branch in item.branches]
        ends = [self.keys[branch.end.name] for branch in item.branches]
        self.keys[item.path] = item.path
        self.shape_answer(item.path, item.output)
        for axis, size in enumerate(item.output):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis == 0 and item.type == "concat":
                terms: list[tuple[Size, Ref, Size]] = [
                    (1, Ref(f"shape.{end}", (Number(1),)), out[0]) for end, out in zip(ends, outs, strict=True)
                ]
                lines += summed(key, terms, size)
            else:
                k = next(k for k, out in enumerate(outs) if out[axis] == size)
                lines.append(same(key, Ref(f"shape.{ends[k]}", (Number(axis + 1),)), size))


def keeps(layer: Layer, axis: int, x: Shape, y: Shape) -> bool:
    """Whether an axis comes out because it came in, not because a setting says so."""
    if isinstance(x, StatedMap) or axis >= len(x) or x[axis] != y[axis]:
        return False
    return not (layer.CATEGORY == "convolution" and axis == 0) and not (
        layer.CATEGORY == "dense" and axis == len(y) - 1
    )
