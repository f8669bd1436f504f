"""Local response normalisation: each value over a power of the squares of the channels around it.

y[c] = x[c]/(k + alpha/size·Σ x[c']²)^beta, the sum over `size` channels around c.
Source: PyTorch, torch.nn.LocalResponseNorm; Krizhevsky and others 2012, section 3.3, where alpha is not divided.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import ONE, Formula, Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import NORMALISED, SIDES_UNKNOWN, NotCounted, Operations, Phase
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.normalised import CHANNEL, SIDES, bracketed
from hwsolve.layers.saves import Keeps, Kept, X
from hwsolve.spec.fields import Decimal, Size


class LocalResponseNorm(Layer, frozen=True):
    """Local response normalisation over `size` channels: (C, …), keeps the shape, owns no parameters."""

    size: Size
    alpha: Decimal = Number(1, 10_000)
    beta: Decimal = Number(3, 4)
    k: Decimal = Number(1)

    CATEGORY: ClassVar[str] = "normalization"
    MULTIPLIES: ClassVar[Message | None] = NORMALISED
    EQUATION: ClassVar[str] = "y[c] = x[c]/(k + α/size·Σ x[c′]²)^β"
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "size": say("over how many channels the squares are added"),
        "alpha": say("the factor of the squares"),
        "beta": say("the exponent"),
        "k": say("what is added to the squares"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.positive("size", self.size)
        if not isinstance(x, StatedMap) and len(x) < 2:
            raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted="(C, …)", shape=base.shape_text(x)))
        return x

    def operations(self, x: Shape) -> Operations:
        """d = k + α/size·Σ x², and x/d^β; back, g/d^β − 2βα/size·x·Σ g·y/d, the sums over the channels around.

        A power d^β is a product of roots where 4β is whole, else exp(β ln d).
        """
        raised, around = self.raised(), "(around - 1)*values" if self.size != 1 else ""
        forward = {"mul": "2*values", "add": "values", "div": "values"} | raised
        if "mul" in raised:
            forward["mul"] = f"2*values + {raised['mul']}"
        error = {"mul": "3*values", "add": "values", "div": "2*values"}
        if around:
            forward["add"], error["add"] = f"{around} + values", f"{around} + values"
        return {"forward": forward, "error": error}

    def raised(self) -> Phase:
        """What d^β takes for each value."""
        four = quotient_of(self.beta)
        if four is None:
            return {"log": "values", "mul": "values", "exp": "values"}
        whole, rest = divmod(four, 4)
        roots = {0: 0, 1: 2, 2: 1, 3: 2}[rest]
        factors = whole + {0: 0, 1: 1, 2: 1, 3: 2}[rest]
        found: Phase = {}
        if factors > 1:
            found["mul"] = f"{factors - 1}*values" if factors > 2 else "values"
        return found | ({"sqrt": f"{roots}*values" if roots > 1 else "values"} if roots else {})

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values, and how many channels are added up."""
        return self.sizes(x) | {"around": self.size}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """How a power is worked out."""
        if self.beta == ONE:
            return None
        if quotient_of(self.beta) is None:
            return say("a power of any exponent is counted as a logarithm, a product and an exponential; channels "
                       "beyond the first and the last are zeros that are added too.")  # fmt: skip
        return say("a power is counted as products of square roots; channels beyond the first and the last are zeros "
                   "that are added too.")  # fmt: skip

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """x, and d of each value: both gradients, through x and through d, read them."""
        return (X, Kept(name=say("what divides, before its power"), text="values"))

    def macs(self, x: Shape) -> str | NotCounted:
        """One for each value, as for other normalisations."""
        return SIDES_UNKNOWN if base.values_in(x) is None else "values"

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that are normalised."""
        values = base.values_in(x)
        return {} if values is None else {"values": values}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """What each value is divided by, a power of d = k + alpha/size·Σ x²; and the quotient."""
        size, (channels, *rest) = int(str(self.size)), builder.sample(x)
        before, behind = (min(n, channels - 1) for n in (size // 2, (size - 1) // 2))  # further ones are zeros
        sides = SIDES[: len(rest)]
        at = bracketed(letters := (CHANNEL, *sides))
        around = bracketed((f"{CHANNEL} + u - {1 + before}", *sides))
        squares = f"kappa + alpha*Sum(x{around}**2, u, 1, {before + 1 + behind})/{size}"
        base_of = ByFormula(squares, ("x", "alpha", "kappa"), ("x",), letters, builder.sample(x))
        settings = (builder.constant(self.alpha), builder.constant(self.k))
        d = builder.forward(base_of, (x, *settings), builder.free_symbol("d"), port=-1)
        divided = ByFormula(f"x{at}/d{at}**({plain(self.beta)})", ("x", "d"), ("x", "d"), letters)
        return (builder.forward(divided, (x, d), builder.free_symbol("y")),)


def quotient_of(beta: Formula) -> int | None:
    """4β where that is a whole number from 1 on."""
    four = 4 * beta.numerator / beta.denominator if isinstance(beta, Number) else 0
    return int(four) if four >= 1 and four == int(four) else None
