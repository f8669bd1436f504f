"""The bilinear layer: y = x₁ᵀ A x₂ + b, one matrix A for each output, of the last axes of two inputs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import Operations, Product
from hwsolve.layers.meanings import DRAWN_HINTS
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.products import with_bias
from hwsolve.layers.saves import Keeps, Kept
from hwsolve.spec.fields import Size


class BilinearForm(Operation, frozen=True):
    """y[k] = Σᵢ Σⱼ x[i] w[k,i,j] s[j] + b[k]: (…, I), (…, J), (K, I, J), (K) → (…, K)."""

    bias: bool = True

    inputs = ("x", "s", "w", "b")
    batched = ("x", "s")
    indices = ("k",)

    def text(self) -> str:
        """The sums over both inputs, and the bias."""
        return "Sum(Sum(w[k,i,j]*x[i]*s[j], j, 1, J), i, 1, I)" + (" + b[k]" if self.bias else "")

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """I and J inputs."""
        return {"I": shapes[0][-1], "J": shapes[1][-1]}


class Bilinear(Layer, frozen=True):
    """Bilinear layer y = x₁ᵀ A x₂ + b: (…, in1) and (…, in2) → (…, out), A: (out, in1, in2), b: (out).

    (in1·in2 + 1)·out parameters, in1·in2·out without bias.  Source: PyTorch, torch.nn.Bilinear.
    """

    out_features: Size
    in1_features: Size | None = None
    in2_features: Size | None = None
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT

    INPUTS: ClassVar[tuple[str, ...]] = ("x1", "x2")
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"in1_features": (0, -1), "in2_features": (1, -1)}
    CATEGORY: ClassVar[str] = "dense"
    MULTIPLIES: ClassVar[Message | None] = say("bilinear layers (A x₂ of each output, and its product with x₁)")
    GIVES: ClassVar[str] = "numbers"
    EQUATION: ClassVar[str] = "y = x₁ᵀ A x₂ + b"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "in1*in2*out", "bias": "out"}
    HINTS: ClassVar[dict[str, Message]] = DRAWN_HINTS
    MEANINGS: ClassVar[dict[str, Message]] = {
        "in1_features": say("how many values come in first; those that do come in unless given"),
        "in2_features": say("how many values come in second; those that do come in unless given"),
        "weight": say("the matrices, one for each output: numbers, or how they are drawn"),
    }

    def output(self, x1: Shape, x2: Shape) -> Shape:
        """(…, in1), (…, in2) → (…, out)."""
        base.positive("out_features", self.out_features)
        if isinstance(x1, StatedMap) or isinstance(x2, StatedMap) or not x1 or not x2 or x1[:-1] != x2[:-1]:
            shapes = base.shape_text(x1), base.shape_text(x2)
            raise ShapeError(say("Expected two inputs that differ in their last axis alone, got {a} and {b}.",
                                 a=shapes[0], b=shapes[1]))  # fmt: skip
        return (*x1[:-1], self.out_features)

    def parameters(self, x1: Shape, x2: Shape) -> dict[str, Parameter]:
        """A: (out, in1, in2), b: (out)."""
        return owned(
            weight=Parameter((self.out_features, x1[-1], x2[-1]), "weight", self.weight),
            bias=Parameter((self.out_features,), "bias", self.bias),
        )

    def sizes(self, x1: Shape, x2: Shape) -> dict[str, base.Size]:
        """in1, in2, out, and the number of positions the layer is applied at."""
        return {"in1": x1[-1], "in2": x2[-1], "out": self.out_features, "positions": base.product(x1[:-1])}

    def macs(self, x1: Shape, x2: Shape) -> str:
        """A x₂ for every output, and its product with x₁."""
        return f"{'positions*' if len(x1) > 1 else ''}(in2 + 1)*in1*out"

    def multiplied(self, x1: Shape, x2: Shape, half: bool = False) -> tuple[Product, ...]:
        """A x₂, its product with x₁, and the biases."""
        n = "positions*" if len(x1) > 1 else ""
        inner = Product("matmul", f"{n}in2*in1*out", (("x2",), ("weight",)))
        outer = Product("matmul", f"{n}in1*out", (("x1",), ("x2", "weight")))
        biases = [Product("bias", f"{n}out", (("bias",),))] if "bias" in self.parameters(x1, x2) else []
        return (inner, outer, *biases)

    def keeps(self, x1: Shape, x2: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """Both inputs, as far as a gradient reads them."""
        trained = "weight" in learned
        return tuple([Kept(port=n) for n, other in ((0, "x2"), (1, "x1")) if trained or other in needed])

    def operations(self, x1: Shape, x2: Shape) -> Operations:
        """t = A x₂ and x₁·t forward; g·t for x₁, g·(Aᵀ x₁) for x₂; (g x₁ᵀ) x₂ for the weights."""
        n = "" if base.product(x1[:-1]) == 1 else "positions*"
        operations: Operations = {
            "forward": {"mul": f"{n}(in2 + 1)*in1*out", "sum": f"{n}(in1*in2 - 1)*out"},
            "error.x1": {"mul": f"{n}in1*out", "sum": f"{n}in1*(out - 1)"},
            "error.x2": {"mul": f"{n}(in1 + 1)*in2*out", "sum": f"{n}(in1 - 1)*in2*out + {n}in2*(out - 1)"},
            "gradient.weight": {"mul": f"{n}(in2 + 1)*in1*out"},
        }
        if n:
            operations["gradient.weight"]["sum"] = "(positions - 1)*in1*in2*out"
        return with_bias(operations, f"{n}out", f"{n}out", self.bias)

    def build(self, builder: Builder, x1: str, x2: str) -> tuple[str, ...]:
        """One bilinear form; its parameters are named by the layer's number."""
        k = builder.next_layer()
        parameters = self.parameters(builder.shape(x1)[-1:], builder.shape(x2)[-1:])
        letters = {"weight": f"w{k}", "bias": f"b{k}"}
        read = [builder.own(self, name, p, letters[name]) for name, p in parameters.items()]
        return (builder.forward(BilinearForm("bias" in parameters), (x1, x2, *read), f"z{k}"),)
