"""Root mean square normalisation: the last axes of each sample are divided by the root of their mean square, times γ.

y = γ·x/sqrt(mean(x²) + eps) over `normalized_shape`.  Source: PyTorch, torch.nn.RMSNorm; arXiv 1910.07467.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER
from hwsolve.language import Message, say
from hwsolve.layers.base import Shape
from hwsolve.layers.cost import Operations
from hwsolve.layers.layer_norm import OverLastAxes
from hwsolve.layers.normalised import Short
from hwsolve.layers.parameter import Parameter, owned
from hwsolve.layers.saves import Keeps, Kept, X
from hwsolve.spec.fields import Decimal

DEFAULT_EPS = Number(11_920_929, 10**14)  # of float32, torch.finfo(torch.float32).eps, as it is printed
LETTERS = ("i", "j", "k", "l", "q", "r")


class RMSNorm(OverLastAxes, frozen=True):
    """Root mean square normalisation over the last axes, `normalized_shape` (the last unless given); keeps the shape.

    As many γ as `normalized_shape` has elements.
    """

    eps: Decimal = DEFAULT_EPS

    MEANINGS: ClassVar[dict[str, Message]] = OverLastAxes.MEANINGS | {
        "eps": say("a small number that is added to the mean square; PyTorch's in float32 unless given"),
        "elementwise_affine": say("whether γ is learned"),
    }
    COUNTS: ClassVar[dict[str, str]] = {"weight": "features"}

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """x, and 1/rms of each row."""
        return (X, Kept(name="1/rms", text="groups"))

    def operations(self, x: Shape) -> Operations:
        """With ĝ = γg and the normalised x̂, back (ĝ − x̂·mean(ĝx̂))/sqrt(mean(x²) + eps)."""
        forward = {"mul": "values", "add": "values", "div": "values + groups", "sqrt": "groups"}
        error = {"mul": "2*values", "add": "2*values - groups", "div": "values + groups"}
        if not self.parameters(x):
            return {"forward": forward, "error": error}
        scaled = {"forward": forward | {"mul": "2*values"}, "error": error | {"mul": "3*values"}}
        return scaled | {"gradient.weight": {"mul": "values", "sum": "values - owned"}}

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """γ: (normalized_shape)."""
        return owned(weight=Parameter(self.over(x), "gain", self.weight)) if self.elementwise_affine else {}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The root mean square, x̂ and γ·x̂, each a formula."""
        builder.remark(eps_of(self.eps))
        shape = self.over(builder.sample(x))
        letters = LETTERS[: len(shape)]
        at, total = ",".join(letters), f"x[{','.join(letters)}]**2"
        for letter in reversed(letters):
            total = f"Sum({total}, {letter}, 1, {letter.upper()})"
        root = ByFormula(f"sqrt({total}/({'*'.join(letters).upper()}) + eps)", ("x", "eps"), ("x",))
        divided = ByFormula(f"x[{at}]/r", ("x", "r"), ("x", "r"), letters)
        if self.gradient == "short":
            divided = shortened(divided, shape)
        scaled = ByFormula(f"w[{at}]*x[{at}]", ("x", "w"), ("x",), letters)
        rms = builder.forward(root, (x, builder.constant(self.eps)), builder.free_symbol("rms"), port=-1)
        xhat, parameters = builder.free_symbol("xhat"), self.parameters(shape)
        if not parameters:
            return (builder.forward(divided, (x, rms), xhat),)
        normal = builder.forward(divided, (x, rms), xhat, port=-1)
        gamma = builder.own(self, "weight", parameters["weight"], builder.free_symbol("gamma"), None, Number(1))
        return (builder.forward(scaled, (normal, gamma), builder.free_symbol("y")),)


def shortened(divided: ByFormula, shape: Shape) -> Short:
    """x̂ whose gradient is stated: (ĝ − x̂·mean(ĝ⊙x̂))/r."""
    at, own = ",".join(divided.at), ",".join(INNER[: len(shape)])
    mean = f"g[{at}]*y[{at}]"
    for letter in reversed(divided.at):
        mean = f"Sum({mean}, {letter}, 1, {letter.upper()})"
    counts = {letter.upper(): int(str(n)) for letter, n in zip(divided.at, shape, strict=True)}
    slope = f"(g[{own}] - y[{own}]*{mean}/({'*'.join(counts)}))/r"
    return Short(divided.function, divided.names, divided.data, divided.at, constants=(1,), slopes=(("x", slope),),
                   numbers=tuple(counts.items()))  # fmt: skip


def eps_of(eps: Any) -> Message | None:
    """That ε is PyTorch's where it is."""
    if eps != DEFAULT_EPS:
        return None
    return say("The {eps} that is added to a mean square is PyTorch's default for float32.", eps=eps)
