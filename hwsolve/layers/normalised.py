"""What normalisations compute: the mean μ, the variance σ², x̂ = (x − μ)/√(σ² + ε), and y = γ·x̂ + β, a formula each.

Every gradient follows from these four; nobody writes it, unless a problem asks for the closed form of that of x, with
ĝ = ∂L/∂x̂: (ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂))/√(σ² + ε) (arXiv 1502.03167, section 3).  The variance divides by the number of
values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hwsolve import numbers
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Number, substitute
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Called
from hwsolve.graph.operation import INNER, Array
from hwsolve.language import Message, say
from hwsolve.layers.parameter import ABSENT

SAMPLE = "n"  # the index of the samples of a batch, where statistics are taken over them
CHANNEL = "k"
GROUP = "s"  # g is the gradient that comes in
SIDES = ("i", "j", "l", "q", "r")
VARIANCE = "(x[{at}] - mu{one})**2"  # what its mean is taken of


QUANTITIES = {
    "mu": Called(say("the mean")),
    "var": Called(say("the variance")),
    "rms": Called(say("the root mean square")),
    "xhat": Called(say("the normalised input")),
    "gamma": Called(say("the scale")),
    "beta": Called(say("the shift")),
}


class Axes(NamedTuple):
    """The letters of an element of x, those that a mean runs over, and the index of a mean, of its own and at x.

    `parts`: into how many channels of a group an axis falls; 0 where there are no groups.
    """

    x: tuple[str, ...]
    over: tuple[str, ...]
    mean: tuple[str, ...] = ()
    parts: int = 0

    @property
    def samples(self) -> bool:
        """Whether the mean runs over the samples of a batch."""
        return SAMPLE in self.over

    @property
    def at_x(self) -> str:
        """The index of the mean that an element of x belongs to."""
        return bracketed(tuple(self.group if i == GROUP else i for i in self.mean))

    @property
    def group(self) -> str:
        """The group that a channel belongs to."""
        return f"floor(({CHANNEL} - 1)/{self.parts}) + 1" if self.parts else ""

    def mean_of(self, body: str) -> str:
        """The mean of what is written for an element of x, `{at}`, with the mean's own index at `{one}`."""
        element = tuple(f"{self.parts}*({GROUP} - 1) + {CHANNEL}" if self.parts and i == CHANNEL else i for i in self.x)
        total = body.format(at=",".join(element), one=bracketed(self.mean))
        for letter in reversed(self.over):
            many = self.parts if self.parts and letter == CHANNEL else letter.upper()
            total = f"Sum({total}, {letter}, 1, {many})"
        return f"{total}/({'*'.join(self.over).upper() or '1'})"


def bracketed(indices: Sequence[str]) -> str:
    """The indices behind a name."""
    return f"[{','.join(indices)}]" if indices else ""


class Mean(ByFormula, frozen=True):
    """A mean over some axes; `counts` are the letters whose range the formula does not show, with their numbers."""

    counts: tuple[tuple[str, int], ...] = ()

    def ranges(self, *shapes: tuple[int, ...]) -> dict[str, int]:
        """How far each index runs."""
        return super().ranges(*shapes) | dict(self.counts)


class Spread(Mean, frozen=True):
    """A variance around the mean of the same values, through which the mean has no gradient: Σ(x − μ) is 0."""

    constants: tuple[int, ...] = (1,)

    def nothing_through(self) -> dict[int, Message]:
        """Why the mean has no gradient here."""
        return {1: say("the differences from a mean add up to 0")}


class Short(ByFormula, frozen=True):
    """x̂ with a stated gradient of x, which holds what comes through all else that is made of x too."""

    def cut(self) -> tuple[int, ...]:
        """None of what gets no gradient is a constant: it moves with x."""
        return ()

    def gradient_remark(self) -> Message:
        """What the closed form is of: mean and variance, or a root."""
        if len(self.constants) == 1:
            return say("through the quotient and the root together")
        return say("through the quotient, the mean and the variance together")


class ShortOfGroups(Short, frozen=True):
    """The same where means are of groups of channels: its code has a sum for each group, and not for each element."""

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """(g − mean(g) − y·mean(g·y))/√(σ² + ε), with a row for each group."""
        if slot != 0:
            return super().backward(slot, g, y, *arrays)
        _, _, var, eps = arrays
        rows = (*var.shape, -1)
        gs, ys, root = g.reshape(rows), y.reshape(rows), numbers.sqrt(var + eps)[..., None]
        n = gs.shape[-1]
        mean, both = gs.sum(-1)[..., None] / n, (gs * ys).sum(-1)[..., None] / n
        return ((gs - mean - ys * both) / root).reshape(g.shape)


def closed_form(axes: Axes, element: Sequence[str]) -> str:
    """(g − mean(g) − y·mean(g·y))/√(σ² + ε), with y for x̂; `element`: the letters of its indices."""
    own = {letter: parse(m) for letter, m in zip(element, INNER, strict=False)}
    places = own | ({GROUP: substitute(parse(axes.group), own)} if axes.parts else {})
    means = [plain(substitute(parse(axes.mean_of(body)), {i: places[i] for i in axes.mean}))
             for body in ("g[{at}]", "g[{at}]*y[{at}]")]  # fmt: skip
    at, one = bracketed(INNER[: len(element)]), plain(substitute(parse(f"var{axes.at_x}"), own))
    return f"(g{at} - {means[0]} - y{at}*{means[1]})/sqrt({one} + eps)"


def statistics(builder: Builder, x: str, axes: Axes) -> tuple[str, str]:
    """The mean and the variance of x over some of its axes."""
    counts: tuple[tuple[str, int], ...] = ()
    if axes.parts:
        channels = builder.sample(x)[0]
        counts = ((CHANNEL, axes.parts), (GROUP, channels // axes.parts))
    data = () if axes.samples else ("x", "mu")
    mean = Mean(axes.mean_of("x[{at}]"), ("x",), data[:1], axes.mean, counts=counts)
    mu = builder.forward(mean, (x,), builder.free_symbol("mu"), port=-1)
    spread = Spread(axes.mean_of(VARIANCE), ("x", "mu"), data, axes.mean, counts=counts)
    return mu, builder.forward(spread, (x, mu), builder.free_symbol("var"), port=-1)


def shortened(operation: ByFormula, axes: Axes, x: Sequence[int]) -> Short:
    """x̂ whose gradient is stated in the closed form; of a batch with its samples, where means run over them."""
    element = axes.x if axes.samples else operation.at
    text = operation.function
    if axes.samples:
        text = f"(x{bracketed(element)} - mu{axes.at_x})/sqrt(var{axes.at_x} + eps)"
    lengths = dict(zip(element, x[len(x) - len(element) :], strict=True))
    counts = {i.upper(): axes.parts if axes.parts and i == CHANNEL else lengths[i] for i in axes.over}
    slopes = (("x", closed_form(axes, element)),)
    made = ShortOfGroups if axes.parts else Short
    return made(text, operation.names, operation.data, element, constants=(1, 2), slopes=slopes,
                numbers=tuple(counts.items()))  # fmt: skip


def learns(layer: Any, affine: bool) -> tuple[bool, bool]:
    """Whether a normalisation has a γ, and whether it has a β."""
    return affine and layer.weight is not ABSENT, affine and layer.bias is not ABSENT


def normalised(
    builder: Builder, layer: Any, x: str, axes: Axes, found: tuple[str, str], own: tuple[str, ...], each: bool
) -> str:
    """x̂ by a mean and a variance that are `found`, and γ·x̂ + β; γ has the indices `own`.

    `each`: whether every sample has a mean and a variance of its own.
    """
    element = tuple(i for i in axes.x if i != SAMPLE)
    at, one = bracketed(element), axes.at_x
    data = ("x", "mu", "var") if each else ("x",)
    formula = f"(x{at} - mu{one})/sqrt(var{one} + eps)"
    operation = ByFormula(formula, ("x", "mu", "var", "eps"), data, element)
    if layer.gradient == "short" and builder.graph.nodes[found[0]].role == "forward":
        operation = shortened(operation, axes, builder.shape(x))
    inputs = (x, *found, builder.constant(layer.eps))
    parameters = {k: p for k, p in layer.parameters(builder.sample(x)).items() if k in ("weight", "bias")}
    builder.remark(eps_of(layer.eps))
    xhat = builder.forward(operation, inputs, builder.free_symbol("xhat"), port=-1 if parameters else 0)
    if not parameters:
        return xhat
    names, nodes, text = ["x"], [xhat], f"x{at}"
    if "weight" in parameters:
        names.append("w")
        nodes.append(builder.own(layer, "weight", parameters["weight"], builder.free_symbol("gamma"), None, Number(1)))
        text = f"w{bracketed(own)}*x{at}"
    if "bias" in parameters:
        names.append("b")
        nodes.append(builder.own(layer, "bias", parameters["bias"], builder.free_symbol("beta"), None, Number(0)))
        text += f" + b{bracketed(own)}"
    scaled = ByFormula(text, tuple(names), ("x",), element)
    return builder.forward(scaled, tuple(nodes), builder.free_symbol("y"))


def eps_of(eps: Any) -> Message | None:
    """That ε is PyTorch's where it is; said once for all normalisations."""
    if eps != Number(1, 100_000):
        return None
    return say("The {eps} that is added to a variance is PyTorch's default.", eps=eps)
