"""Layers made of layers as operations: the sum, the product and the joining of branches, and names without a layer."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes
from hwsolve.layers.base import Layer, NotComputed, Shape
from hwsolve.layers.elementwise import Elementwise
from hwsolve.layers.items import Body, Item
from hwsolve.layers.kernels import numbers_only
from hwsolve.layers.mixture_operations import build_mixture
from hwsolve.spec.amounts import DecimalField
from hwsolve.spec.records import form_of

LETTERS = ("c", "i", "j", "k", "l", "q")


class Merge(Operation, frozen=True):
    """y = x ∘ s, element by element; of two axes, one of length 1 is repeated along the other.

    `sides` holds the own axes of x and of s, without leading ones; `data` names those that have the axes of the data.
    """

    sides: tuple[Sizes, Sizes]
    data: tuple[str, ...] = ("x", "s")

    inputs = ("x", "s")
    sign: ClassVar[str]

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """A parameter that stands by itself is the same for all samples."""
        return self.data

    def output_indices(self) -> tuple[str, ...]:
        """All axes; none are written where both have the same."""
        axes = len(self.sides[0])
        letters = LETTERS if axes > 1 else LETTERS[1:]  # one axis is no channel
        return letters[:axes] if self.sides[0] != self.sides[1] or len(self.data) < len(self.inputs) else ()

    def text(self) -> str:
        """The elements that meet."""
        return self.sign.join(self.element(name, own) for name, own in zip(self.inputs, self.sides, strict=True))

    def element(self, name: str, own: Sizes) -> str:
        """`x[c,1]` where an axis of length 1 is repeated."""
        indices = self.output_indices()
        at = (i if n == m else "1" for i, n, m in zip(indices, own, self.repeated(), strict=False))
        return f"{name}[{','.join(at)}]" if indices else name

    def repeated(self) -> Sizes:
        """The own axes of y."""
        return tuple(max(pair) for pair in zip(*self.sides, strict=True))


class Add(Merge, frozen=True):
    """y = x + s."""

    sign = " + "


class Multiply(Merge, frozen=True):
    """y = x · s."""

    sign = "*"


class Concatenate(Operation, frozen=True):
    """y = x and then s along one axis: y[c] = x[c] for c ≤ A, s[c − A] behind; what lies outside is absent."""

    axes: int  # of the map, without leading ones
    along: int = 0  # the axis, of these

    inputs = ("x", "s")
    batched = ("x", "s")

    def output_indices(self) -> tuple[str, ...]:
        """The channel and the place."""
        return LETTERS[: self.axes]

    def text(self) -> str:
        """The two parts."""
        here = self.output_indices()
        behind = [f"{letter} - A" if k == self.along else letter for k, letter in enumerate(here)]
        return f"x[{','.join(here)}] + s[{','.join(behind)}]"

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, A + B, …)."""
        x, s = shapes
        at = len(x) - self.axes + self.along
        return (*x[:at], x[at] + s[at], *x[at + 1 :])

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """A channels, or places, of the first part."""
        return {"A": shapes[0][len(shapes[0]) - self.axes + self.along]}

    def forward(self, x: Array, s: Array) -> Array:
        """Both parts together."""
        import numpy as np

        return np.concatenate([x, s], axis=self.along - self.axes)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The part of g that belongs to each."""
        here = arrays[0].shape[self.along - self.axes]
        part = slice(None, here) if slot == 0 else slice(here, None)
        return g[(..., part, *(slice(None),) * (self.axes - 1 - self.along))]


def build_body(body: Body, builder: Builder, nodes: dict[str, str]) -> str:
    """Write a sequence of layers into the graph; `nodes` are the quantities by wire.  Gives what comes out."""
    for item in body.items:
        if item.layer is None:
            for branch in item.branches:
                build_body(branch, builder, nodes)
        builder.at(item.path, item.symbols, item.owners, item.layer)
        builder.graph.layers[item.path] = kind_of(item)
        made = build_layer(item, builder, nodes) if item.layer is not None else (build_merge(item, builder, nodes),)
        for wire, node in zip(item.outputs, made, strict=True):
            nodes[wire.name] = node
    return nodes[body.end.name]


def kind_of(item: Item) -> str:
    """What a layer is: the kind of layers that it belongs to, or its own type."""
    dropout = item.type.startswith("dropout")
    known = item.layer is not None and not dropout and item.layer.CATEGORY != "other"
    return item.layer.CATEGORY if item.layer is not None and known else "dropout" if dropout else item.type


def build_layer(item: Item, builder: Builder, nodes: dict[str, str]) -> tuple[str, ...]:
    """Write one layer; what it only passes on has a quantity of its own where the problem names it."""
    assert item.layer is not None
    try:
        for parameter in item.layer.parameters(*item.shapes).values():
            numbers_only(parameter.shape, item.path)
        numbers_only(sizes_of(item.layer), item.path)
        made = item.layer.build(builder, *(nodes[wire.name] for wire in item.inputs), **item.options)
    except NotComputed as why:
        why.layer = item.path
        raise
    named = [k for k, symbol in enumerate(item.symbols) if symbol]
    passed = [k for k in named if builder.graph.nodes[made[k]].layer != item.path]
    return tuple(builder.forward(Elementwise("x", ()), (x,), port=k) if k in passed else x for k, x in enumerate(made))


def sizes_of(layer: Layer) -> Shape:
    """The arguments of a layer that are sizes with names: windows, strides, groups."""
    fields = form_of(type(layer)).fields.values()
    values = [getattr(layer, name) for name, field in fields if not isinstance(field, DecimalField)]
    parts = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return tuple([part for part in parts if isinstance(part, Formula) and not isinstance(part, Number)])


def build_merge(item: Item, builder: Builder, nodes: dict[str, str]) -> str:
    """Write what joins the branches of a composite: two at a time, or the experts of a mixture."""
    if item.type == "mixture":
        return build_mixture(item, builder, nodes)
    out, *others = [nodes[branch.end.name] for branch in item.branches]
    for k, end in enumerate(others, 1):
        operation = joining(item, builder, out, end)
        out = builder.forward(operation, (out, end), port=0 if k == len(others) else -1)
    return out


def joining(item: Item, builder: Builder, x: str, s: str) -> Operation:
    """How two branches of a composite come together."""
    if item.type == "concat":
        return Concatenate(len(builder.sample(x)), item.options.get("axis", 1) - 1)
    sides = builder.own_shape(x), builder.own_shape(s)
    data = tuple(port for port, node in zip(("x", "s"), (x, s), strict=True) if builder.is_data(node))
    return (Multiply if item.type == "multiply" else Add)(sides, data)
