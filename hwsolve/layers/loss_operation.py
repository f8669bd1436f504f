"""The operations of losses: what is summed over the elements, its gradient, and the division by their number.

Element by element, with output x and target t: squared error (x − t)², absolute error |x − t|, binary cross entropy
−(t ln x + (1 − t) ln(1 − x)); over classes −Σ t ln p with p = softmax(x).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from hwsolve import numbers
from hwsolve.formula.function_code import sigmoid, softplus
from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.layers.softmax import log_softmax

LETTERS = ("i", "j", "k", "l", "q", "r")


def at(text: str, letters: tuple[str, ...]) -> str:
    """A formula whose `[*]` stands for these indices."""
    return text.replace("[*]", f"[{','.join(letters)}]" if letters else "")


def over(text: str, divisor: int) -> str:
    """Divided by a number other than 1."""
    return text if divisor == 1 else f"({text})/{divisor}"


class Reduced(Operation, frozen=True):
    """A loss over outputs x and targets t: summed over all `rank` axes and divided; `rank` 0 leaves it unreduced."""

    rank: int
    divisor: int = 1

    inputs: ClassVar[tuple[str, ...]] = ("x", "t")
    batched: ClassVar[tuple[str, ...]] = ("x", "t")
    kept: ClassVar[int] = 0  # axes that are summed over even where nothing is reduced: that of the classes

    def letters(self) -> tuple[str, ...]:
        """The index variables of the axes that are summed over."""
        return LETTERS[: self.rank or self.kept]

    def summed(self, body: str) -> str:
        """The body with its indices, summed over all of them, the last one innermost."""
        letters = self.letters()
        text = at(body, letters)
        for letter in reversed(letters):
            text = f"Sum({text}, {letter}, 1, {letter.upper()})"
        return text

    def inner(self) -> tuple[str, ...]:
        """The index variables of an element of the gradient."""
        return INNER[: len(self.letters())]

    def fixed(self) -> tuple[int, ...]:
        """All but the output."""
        return tuple(range(1, len(self.inputs)))

    def shape(self, *shapes: Sizes) -> Sizes:
        """A scalar, or an array over what is not summed."""
        return () if self.rank else shapes[0][: len(shapes[0]) - self.kept]

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over."""
        letters = self.letters()
        axes = shapes[0][len(shapes[0]) - len(letters) :]
        return {letter.upper(): n for letter, n in zip(letters, axes, strict=True)}

    def reduce(self, values: Array) -> Array:
        """The values as the loss that is asked for."""
        if self.rank:
            values = values.sum()
        elif self.kept:
            values = values.sum(axis=-1)
        return values if self.divisor == 1 else values / self.divisor

    def spread(self, g: Array, each: Array, factor: int = 1) -> Array:
        """The gradient of every output: g times its own slope, which is `factor` times `each`."""
        if not isinstance(g, int):
            each = (g[..., None] if not self.rank and self.kept else g) * each
        if factor != self.divisor:
            each = factor * each / self.divisor
        return each


class Element(msgspec.Struct, frozen=True):
    """A loss of one element: its formula, array code, and the gradient where a textbook writes it more simply."""

    text: str
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]
    stated: str = ""
    factor: int = 1  # a number that the slope has in front


def part(t: Array, value: Callable[[Array], Array], x: Array, instead: int) -> Array:
    """t · value(x), which is 0 where t is, whatever x is; the value is then that at `instead`."""
    nothing = t == 0
    return numbers.where(nothing, 0 * t, t * value(numbers.where(nothing, 0 * t + instead, x)))


def binary_cross_entropy(y: Array, t: Array) -> Array:
    """−(t ln y + (1 − t) ln(1 − y)), skipping a logarithm whose factor is 0."""
    return -(part(t, numbers.log, y, 1) + part(1 - t, lambda v: numbers.log1p(-v), y, 0))


def binary_slope(y: Array, t: Array) -> Array:
    """(1 − t)/(1 − y) − t/y = (y − t)/(y(1 − y)), skipping a quotient whose numerator is 0."""
    return part(1 - t, lambda v: 1 / (1 - v), y, 0) - part(t, lambda v: 1 / v, y, 1)


def of_logits(z: Array, t: Array) -> Array:
    """−(t ln σ(z) + (1 − t) ln σ(−z)): no large terms that cancel."""
    return t * softplus(-z) + (1 - t) * softplus(z)


def slope_of_logits(z: Array, t: Array) -> Array:
    """(1 − t)σ(z) − tσ(−z) = σ(z) − t."""
    return (1 - t) * sigmoid(z) - t * sigmoid(-z)


ELEMENTS: dict[str, Element] = {
    "squared": Element("(x[*] - t[*])**2", lambda x, t: (x - t) * (x - t), lambda x, t: x - t, factor=2),
    "absolute": Element(
        "abs(x[*] - t[*])", lambda x, t: numbers.absolute(x - t), lambda x, t: numbers.sign_apart(x, t)
    ),
    "binary": Element(
        "-(if(t[*] == 0, 0, t[*]*log(x[*])) + if(t[*] == 1, 0, (1 - t[*])*log(1 - x[*])))",
        binary_cross_entropy,
        binary_slope,
        "if(t[*] == 0, 1/(1 - x[*]), if(t[*] == 1, -1/x[*], (x[*] - t[*])/(x[*]*(1 - x[*]))))",
    ),
    "logits": Element(
        "-(t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))",
        of_logits,
        slope_of_logits,
        "sigmoid(x[*]) - t[*]",
    ),
    "negative": Element("-t[*]*x[*]", lambda x, t: -(t * x), lambda x, t: -t + 0 * x),
}


class ElementLoss(Reduced, frozen=True):
    """A loss element by element."""

    element: str = "squared"

    def text(self) -> str:
        """The formula of the loss, or of one element of it."""
        return over(self.summed(ELEMENTS[self.element].text), self.divisor)

    def gradients(self) -> dict[str, str]:
        """The stated gradient of the output, where there is one."""
        stated = ELEMENTS[self.element].stated
        return {"x": over(f"g*({at(stated, self.inner())})", self.divisor)} if stated else {}

    def forward(self, x: Array, t: Array) -> Array:
        """The loss."""
        return self.reduce(ELEMENTS[self.element].value(x, t))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the output, in its shape."""
        element = ELEMENTS[self.element]
        return self.spread(g, element.slope(*arrays), element.factor)


class BinaryOfSigmoid(ElementLoss, frozen=True):
    """Binary cross entropy of x = σ(z), computed from z: 1 − σ(z) is lost in float64 where σ(z) is near 1."""

    element: str = "binary"

    inputs = ("x", "t", "z")
    batched = ("x", "t", "z")

    def forward(self, x: Array, t: Array, z: Array) -> Array:  # type: ignore[override]
        """The loss."""
        return self.reduce(of_logits(z, t) if numbers.is_float(z) else binary_cross_entropy(x, t))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of x, in its shape: (1 − t)/σ(−z) − t/σ(z)."""
        x, t, z = arrays
        if not numbers.is_float(z):
            return super().backward(slot, g, y, x, t)
        above, below = (part(a, lambda v: 1 + numbers.exp(-v), b, 0) for a, b in ((1 - t, -z), (t, z)))
        return self.spread(g, above - below)


class LogLikelihoodLoss(ElementLoss, frozen=True):
    """−Σ t x over classes, x logarithms of probabilities."""

    kept: ClassVar[int] = 1


class CrossEntropyOperation(Reduced, frozen=True):
    """−Σ t ln p over classes, p = softmax of the logits x.

    The gradient of the logits is p Σt − t, which is p − t where the targets of every sample sum to 1 (`unit`)
    (Bishop, eq. 4.109).
    """

    unit: bool = True

    inputs = ("x", "t", "p")
    batched = ("x", "t", "p")
    kept: ClassVar[int] = 1

    def text(self) -> str:
        """The formula over the probabilities."""
        return over(f"-{self.summed('t[*]*log(p[*])')}", self.divisor)

    def gradients(self) -> dict[str, str]:
        """g (p − t)."""
        inner = self.inner()
        weight = "" if self.unit else at("*Sum(t[*], c, 1, C)", (*inner[:-1], "c"))
        return {"x": over(f"g*({at(f'p[*]{weight} - t[*]', inner)})", self.divisor)}

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over, the classes also as C."""
        return super().sizes(*shapes) | {"C": shapes[0][-1]}

    def forward(self, x: Array, t: Array, p: Array) -> Array:
        """The loss."""
        if numbers.is_float(x):
            return self.reduce(-t * log_softmax(x))
        return self.reduce(-part(t, numbers.log, p, 1))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the logits, in their shape."""
        _, t, p = arrays
        whole = 1 if self.unit else t.sum(axis=-1, keepdims=True)
        if not numbers.is_float(p):
            return self.spread(g, p * whole - t)
        large = 2 * p > 1  # there p is 1 less the others: p − t of two numbers near 1 would cancel
        others = numbers.where(large, 0 * p, p).sum(axis=-1, keepdims=True)
        return self.spread(g, numbers.where(large, (whole - t) - whole * others, p * whole - t))
