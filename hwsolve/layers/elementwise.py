"""Operations on every element by itself: y = f(x), and back g f′(x).

The general one takes f as a formula; those that are used most have array code of their own.
"""

from __future__ import annotations

from hwsolve import numbers
from hwsolve.formula import arrays as arrays_of
from hwsolve.formula import function_code
from hwsolve.graph.operation import Array, Operation


class Elementwise(Operation, frozen=True):
    """y = f(x, settings) for every element; the settings are numbers, or one learned number."""

    by_element = True
    function: str  # the formula of f
    settings: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """x and the settings."""
        return ("x", *self.settings)

    def text(self) -> str:
        """f."""
        return self.function

    def forward(self, x: Array, *settings: Array) -> Array:
        """f of every element."""
        return arrays_of.value(self.function, self.inputs, (x, *settings))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g f′(x); for a learned setting, the sum of g ∂f/∂setting over all elements."""
        slope = g * arrays_of.slope(self.function, self.inputs[slot], self.inputs, arrays)
        return slope if slot == 0 else slope.sum()


class SigmoidOperation(Operation, frozen=True):
    """y = 1/(1 + exp(−x)); y′ = y(1 − y)."""

    by_element = True
    formula = "sigmoid(x)"

    def forward(self, x: Array) -> Array:
        """The same shape."""
        return function_code.sigmoid(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g y (1 − y), where 1 − y is σ(−x): in float64 it cancels."""
        return g * (y * (function_code.sigmoid(-arrays[0]) if numbers.is_float(y) else 1 - y))


class TanhOperation(Operation, frozen=True):
    """y = tanh x; y′ = 1 − y²."""

    by_element = True
    formula = "tanh(x)"

    def forward(self, x: Array) -> Array:
        """The same shape."""
        return numbers.tanh(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g (1 − y²)."""
        return g * (function_code.apply("d_tanh", arrays[0]) if numbers.is_float(y) else 1 - y * y)


class ReLUOperation(Operation, frozen=True):
    """y = x where x > 0, else 0; its derivative at 0 is taken as 0, as PyTorch does."""

    by_element = True
    formula = "relu(x)"

    def forward(self, x: Array) -> Array:
        """The same shape."""
        return x * numbers.positive(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g where x > 0."""
        return g * numbers.positive(arrays[0])
