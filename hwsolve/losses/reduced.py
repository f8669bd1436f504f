"""The operation of a loss: what is summed over the elements, its gradient, and the division by their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hwsolve import numbers
from hwsolve.graph.operation import INNER, Array, Operation, Sizes

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

    def cut(self) -> tuple[int, ...]:
        """The target; what else is read stands for the output."""
        return (1,)

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
        if axes := len(self.letters()):
            values = values.sum(axis=tuple(range(-axes, 0)))
        return values if self.divisor == 1 else values / self.divisor

    def spread(self, g: Array, each: Array, factor: int = 1) -> Array:
        """The gradient of every output: g times its own slope, which is `factor` times `each`."""
        if getattr(g, "shape", ()):  # of several losses, or of several runs at once
            g = g.reshape(*g.shape, *(1,) * len(self.letters()))
        if not isinstance(g, int):
            each = g * each
        if factor != self.divisor:
            each = factor * each / self.divisor
        return each


class ElementLoss(Reduced, frozen=True):
    """A loss element by element: its formula, array code, and the gradient where a textbook writes it more simply."""

    each: ClassVar[str] = ""
    slope_of_each: ClassVar[str] = ""
    factor: ClassVar[int] = 1  # a number that the slope has in front

    def text(self) -> str:
        """The formula of the loss, or of one element of it."""
        return over(self.summed(self.each), self.divisor)

    def gradients(self) -> dict[str, str]:
        """The stated gradient of the output, where there is one."""
        stated = at(self.slope_of_each, self.inner())
        return {"x": over(f"g*({stated})", self.divisor)} if stated else {}

    def stacks(self) -> bool:
        """As it goes element by element, and then sums over the last axes."""
        return True

    def value(self, x: Array, t: Array) -> Array:
        """The loss of every element."""
        raise NotImplementedError

    def slope(self, x: Array, t: Array) -> Array:
        """Its derivative by the output, without the factor."""
        raise NotImplementedError

    def forward(self, *arrays: Array) -> Array:
        """The loss."""
        return self.reduce(self.value(*arrays))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the output, in its shape."""
        return self.spread(g, self.slope(*arrays), self.factor)


class LossByFormula(Reduced, frozen=True):
    """A loss that is nothing but the formula of an element, over the output, the target and `settings`."""

    each: str = ""
    slope: str = ""  # its derivative by the output as a textbook writes it; where there is none, by the rules
    settings: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The output, the target and the settings."""
        return ("x", "t", *self.settings)

    def cut(self) -> tuple[int, ...]:
        """All but the output."""
        return self.fixed()

    def gradients(self) -> dict[str, str]:
        """The stated gradient of the output, where there is one."""
        return {"x": over(f"g*({at(self.slope, self.inner())})", self.divisor)} if self.slope else {}

    def text(self) -> str:
        """The formula of the loss, or of one element of it."""
        return over(self.summed(self.each), self.divisor)


def part(t: Array, value: Callable[[Array], Array], x: Array, instead: int) -> Array:
    """t · value(x), which is 0 where t is, whatever x is; the value is then that at `instead`."""
    nothing = t == 0
    return numbers.where(nothing, 0 * t, t * value(numbers.where(nothing, 0 * t + instead, x)))
