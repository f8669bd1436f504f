"""The linear (dense, fully connected) layer: z = W a + b on the last axis."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes, repeated
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import Operations
from hwsolve.layers.meanings import DRAWN_HINTS
from hwsolve.layers.parameter import ABSENT, DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.products import sums_of_products, with_bias
from hwsolve.spec.fields import Size


class Affine(Operation, frozen=True):
    """z[i] = Σⱼ w[i,j] x[j] + b[i], with a row of weights per output or input; the bias per unit, shared or none.

    `shared` is the number of outputs where all weights are one number w, else 0.
    """

    by_input: bool = False
    bias: str = "units"  # units, shared, none
    shared: int = 0

    inputs = ("x", "w", "b")
    indices = ("i",)

    def text(self) -> str:
        """The sum over the inputs, and the bias."""
        weight = "w" if self.shared else "w[j,i]" if self.by_input else "w[i,j]"
        return f"Sum({weight}*x[j], j, 1, J)" + {"units": " + b[i]", "shared": " + b", "none": ""}[self.bias]

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """z = W x + b for a column x; rows, as of a batch, stand on the left of Wᵀ."""
        if self.shared:
            return {}
        if len(shapes[0]) > 1:
            forward, back = ("x @ w", "g @ T(w)") if self.by_input else ("x @ T(w)", "g @ w")
            bias = {"units": " + rows(b)", "shared": " + b", "none": ""}[self.bias]
            return {"y": forward + bias, "x": back, "w": "T(x) @ g" if self.by_input else "T(g) @ x"}
        forward, back = ("T(w) @ x", "w @ g") if self.by_input else ("w @ x", "T(w) @ g")
        weight = "outer(x, g)" if self.by_input else "outer(g, x)"
        bias = "" if self.bias == "none" else " + b"
        return {"y": forward + bias, "x": back, "w": weight} | ({"b": "g"} if self.bias == "units" else {})

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, in) → (…, out)."""
        return (*shapes[0][:-1], self.shared or shapes[1][1 if self.by_input else 0])

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """J inputs."""
        return {"J": shapes[0][-1]}

    def stacks(self) -> bool:
        """Where the weights are a matrix, which says by its axes how many stand in front."""
        return not self.shared

    def forward(self, x: Array, w: Array, b: Array = None) -> Array:
        """z: (…, out)."""
        w = self.whole(w, x)
        if x.ndim == 1:
            z = x @ w if self.by_input else w @ x
            return z if b is None else z + b
        front = w.shape[:-2]
        z = rows(x, front) @ (w if self.by_input else w.swapaxes(-1, -2))
        if b is not None:
            z = z + (b.reshape(*front, 1, -1) if front else b)
        return z.reshape(*x.shape[:-1], z.shape[-1])

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """Wᵀ g for the input, g xᵀ for the weights, g for the bias; summed over the leading axes for the last two."""
        x = arrays[0]
        w = self.whole(arrays[1], x)
        front = w.shape[:-2]
        if slot == 0:
            d = g if g.ndim == 1 else rows(g, front)
            return (d @ (w.swapaxes(-1, -2) if self.by_input else w)).reshape(x.shape)
        if slot == 1:
            d = self.weight_gradient(g, x, front)
            return d.sum() if self.shared else d
        if self.bias == "shared":
            return g.reshape(*front, -1).sum(axis=-1)
        return g if g.ndim == 1 else rows(g, front).sum(axis=-2)

    def weight_gradient(self, g: Array, x: Array, front: Sizes) -> Array:
        """g xᵀ, summed over the leading axes behind those in front of the weights."""
        if x.ndim == len(front) + 1:
            return x[..., None] * g[..., None, :] if self.by_input else g[..., None] * x[..., None, :]
        d, x = rows(g, front), rows(x, front)
        return x.swapaxes(-1, -2) @ d if self.by_input else d.swapaxes(-1, -2) @ x

    def whole(self, w: Array, x: Array) -> Array:
        """The matrix of weights, whose elements may all be one number."""
        if not self.shared:
            return w
        shape = (self.shared, x.shape[-1])
        return repeated(w, shape[::-1] if self.by_input else shape)


def rows(a: Array, front: Sizes) -> Array:
    """(…, n) as the rows of a matrix, behind the axes in front."""
    return a.reshape(*front, -1, a.shape[-1])


class Linear(Layer, frozen=True):
    """Linear (dense) layer z = W a + b: (…, in) → (…, out), W: (out, in), b: (out).

    (in + 1)·out parameters, in·out without bias.  Source: PyTorch, torch.nn.Linear.
    """

    out_features: Size
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    in_features: Size | None = None

    CATEGORY: ClassVar[str] = "dense"
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"in_features": (0, -1)}
    MULTIPLIES: ClassVar[Message | None] = say("dense layers")
    GIVES: ClassVar[str] = "numbers"
    EQUATION: ClassVar[str] = "z = W a + b"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "in*out", "bias": "out"}
    HINTS: ClassVar[dict[str, Message]] = DRAWN_HINTS

    def output(self, x: Shape) -> Shape:
        """(…, in) → (…, out)."""
        base.positive("out_features", self.out_features)
        if isinstance(x, StatedMap):
            if x.features is None:
                raise ShapeError(say("How many values come in is not known: the sides of the map are not stated."))
            return (self.out_features,)
        if not x:
            raise ShapeError(say("Expected an input with at least one axis."))
        return (*x[:-1], self.out_features)

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """W: (out, in), b: (out)."""
        return owned(
            weight=Parameter((self.out_features, self.sizes(x)["in"]), "weight", self.weight),
            bias=Parameter((self.out_features,), "bias", self.bias),
        )

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """in, out, and the number of positions the layer is applied at."""
        incoming = x.features if isinstance(x, StatedMap) else x[-1]
        positions = 1 if isinstance(x, StatedMap) else base.product(x[:-1])
        return {"in": 1 if incoming is None else incoming, "out": self.out_features, "positions": positions}

    def operation(self, x: Shape) -> Affine:
        """W a + b of one column."""
        bias = "none" if self.bias is ABSENT else "shared" if self.bias.shared else "units"
        shared = self.out_features if self.weight.shared and isinstance(self.out_features, int) else 0
        return Affine(self.weight.rows == "inputs", bias, shared)

    def macs(self, x: Shape) -> str:
        """in·out at every position."""
        return "in*out" if len(x) == 1 else "positions*in*out"

    def connection_text(self, x: Shape) -> str:
        """Every weight, and the bias of every unit, at each position."""
        return "positions*in*out" if self.bias is ABSENT else "positions*(in + 1)*out"

    def operations(self, x: Shape) -> Operations:
        """A sum of products for each output, for each input's gradient, and for each weight over the positions."""
        at = "" if self.sizes(x)["positions"] == 1 else "positions*"
        outputs = f"{at}out"
        operations = sums_of_products(f"{at}in*out", outputs, "in*out", f"{at}in")
        return with_bias(operations, outputs, outputs, self.bias)

    def warnings(self, x: Shape) -> list[Message]:
        """A map that was probably meant to be flattened."""
        if len(x) < 3:
            return []
        return [
            say(
                "`linear` acts on the last axis of {shape} alone; "
                "put `flatten` before it if all {values} values are meant.",
                shape=base.shape_text(x),
                values=base.size_text(base.product(x)),
            )
        ]

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One affine operation; its parameters are named by the layer's number."""
        k = builder.next_layer()
        parameters = self.parameters(builder.shape(x)[-1:])
        by_input = self.weight.rows == "inputs"
        weight = parameters["weight"]
        shape = weight.shape[::-1] if by_input else weight.shape
        read = [x, builder.own(self, "weight", weight, f"w{k}", shape)]
        if "bias" in parameters:
            read.append(builder.own(self, "bias", parameters["bias"], f"b{k}"))
        return (builder.forward(self.operation(builder.shape(x)), tuple(read), f"z{k}"),)
