"""The counts of one layer: a line for its shape, parameters, activations and multiply-adds each."""

from __future__ import annotations

from hwsolve.derivation.size_lines import agreed, counted, none_of, same, stated, summed
from hwsolve.formula.tree import Number, Ref, formula
from hwsolve.kinds.count_params.counts import Counts, put_in
from hwsolve.kinds.count_params.owned import Owned, owned_by
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, total
from hwsolve.layers.items import Item
from hwsolve.solution import Line


class LayerCounts(Counts):
    """Writes the lines of single layers."""

    def shape(self, item: Item, layer: Layer, lines: list[Line]) -> None:
        """One line for each axis of each output; shown where a formula changes it."""
        self.keys |= {wire.name: wire.name for wire in item.outputs}
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
        path, own = item.path, owned_by(layer, item.shapes, frozenset(item.owners))
        if self.short:
            self.count_parameters(path, own)
            return
        if own.buffers:
            count, key = total(own.buffers.values()), Ref(f"params.buffers.{path}")
            line = counted(key, " + ".join(own.buffer_texts), own.sizes, count, aside=True)
            self.put("params.buffers", path, count, lines, line)
        shared_of = [owner for name, owner in item.owners.items() if name in own.every]
        shared = ", ".join(".".join(owner) for owner in shared_of)
        rule: Message | str = say("shared with {owners}", owners=shared) if shared else ""
        key = Ref(f"params.{path}")
        if own.counts:
            self.own_parameters(path, own, key, rule, lines)
        elif own.every:
            other = Ref(f"params.{shared_of[0][0]}")
            self.put("params", path, 0, lines, none_of(key, other, own.everything, rule))

    def count_parameters(self, path: str, own: Owned) -> None:
        """Their counts alone, and how that of all arises."""
        if own.buffers and "params.buffers" in self.values:
            self.values["params.buffers"][path] = total(own.buffers.values())
        if not own.counts:
            if own.every:
                self.values["params"][path] = 0
            return
        for key, names in own.by_key.items():
            if key in self.values:
                self.values[key][path] = own.count(names)
        self.terms["params"][path], counted = put_in(own.whole_text, own.sizes)
        stated = self.values["params"][path]
        if counted != stated and not isinstance(stated, AtLeast):
            agreed(f"params.{path}", formula(counted), stated)

    def own_parameters(self, path: str, own: Owned, key: Ref, rule: Message | str, lines: list[Line]) -> None:
        """Those that are not another layer's."""
        sizes, names = own.sizes, list(own.counts)
        whole = own.count(names)
        self.put("params", path, whole, lines, counted(key, own.whole_text, sizes, whole, rule=rule))
        self.terms["params"][path] = put_in(own.whole_text, sizes)[0]
        for part, some in own.parts.items():
            count, part_key = own.count(some), Ref(f"params.{part}.{path}")
            if len(some) == len(names):
                line = same(part_key, key, count)
            else:
                line = counted(part_key, own.text(some), sizes, count, aside=True)
            self.put(f"params.{part}", path, count, lines, line)
        trained, whole_key = own.trained, key
        count, key = own.count(trained), Ref(f"params.trainable.{path}")
        rest = say("the rest is frozen")
        if len(trained) == len(names):
            line = same(key, whole_key, count, aside="params.trainable" not in self.asked.shown)
        elif not trained:
            line = none_of(key, whole_key, whole, say("frozen"))
        elif trained in own.parts.values():
            part = next(part for part, some in own.parts.items() if some == trained)
            line = same(key, Ref(f"params.{part}.{path}"), count, rule=rest, aside=False)
        else:
            line = counted(key, own.text(trained), sizes, count, rule=rest)
        self.put("params.trainable", path, count, lines, line)
        if frozen := [name for name in names if name not in trained]:
            left = own.count(frozen)
            line = counted(Ref(f"params.frozen.{path}"), own.text(frozen), sizes, left, aside=True)
            self.put("params.frozen", path, left, lines, line)

    def as_inside(self, item: Item, lines: list[Line]) -> None:
        """The shape of a composite: that of what its body gives."""
        self.shape_answer(item.path, item.output)
        source = self.keys.get(item.outputs[0].name)
        for axis, size in enumerate(item.output, 1):
            key = Ref(f"shape.{item.path}", (Number(axis),))
            inside = Ref(f"shape.{source}", (Number(axis),))
            lines.append(stated(key, size) if source is None else same(key, inside, size))

    def joined(self, item: Item, lines: list[Line]) -> None:
        """The shape of branches side by side: the channels are summed, the other axes are those of a branch."""
        outs = [branch.end.shape for branch in item.branches]
        ends = [self.keys[branch.end.name] for branch in item.branches]
        self.keys[item.path] = item.path
        self.shape_answer(item.path, item.output)
        for axis, size in enumerate(item.output):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis == item.options.get("axis", 1) - 1 and item.type == "concat":
                terms: list[tuple[Size, Ref, Size]] = [
                    (1, Ref(f"shape.{end}", (Number(axis + 1),)), out[axis])
                    for end, out in zip(ends, outs, strict=True)
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
