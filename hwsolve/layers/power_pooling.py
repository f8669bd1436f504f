"""Pooling by a power mean without its division, and max pooling over windows whose places are drawn.

lp: y = (Σ xᵖ)^(1/p) over each window; where the sum is 0 its root has no gradient, and 0 is taken, as PyTorch does.
Source: PyTorch, torch.nn.LPPool2d and torch.nn.FractionalMaxPool2d; arXiv 1412.6071.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, Formula, Number, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import NotCounted, Nothing, Operations, Phase
from hwsolve.layers.idle_arguments import INDICES
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.pooling import COMPARED, Pooling
from hwsolve.layers.products import less
from hwsolve.layers.reach_of_layer import Readings
from hwsolve.layers.saves import Keeps, X, Y
from hwsolve.layers.upsample import scaled
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Decimal, EachAxis, Size


class Root(ByFormula, frozen=True):
    """A root of a sum, which has no slope at 0."""

    def gradient_remark(self) -> Message:
        """What is taken there."""
        return say("0 is taken where the root is 0, as PyTorch does")


class LPPooling(Pooling, frozen=True, kw_only=True):
    """What power pooling of 1, 2 and 3 axes shares."""

    norm_type: Decimal

    ALONE: ClassVar[tuple[str, ...]] = ("norm_type",)
    EQUATION: ClassVar[str] = "y = (Σ xᵖ)^(1/p)"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: powers are added"))
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {"norm_type": say("the power p")}

    def output(self, x: Shape) -> Shape:
        """As for all pooling; PyTorch's has no padding."""
        if isinstance(self.padding, str) or any(p != 0 for p in self.padding):
            raise ShapeError(say("Pooling by powers has no padding."), "padding")
        if isinstance(self.norm_type, Number) and self.norm_type.numerator == 0:
            raise ShapeError(say("`{key}` can't be 0.", key="norm_type"), "norm_type")
        return super().output(x)

    def operations(self, x: Shape) -> Operations:
        """Each value to the power p once, a sum, and a root; back, g/y^(p − 1)·x^(p − 1), added where windows meet.

        y^(p − 1) is the sum over y.  Of another p than 1 and 2 the root is exp(ln u/p); so are powers that are not
        whole.
        """
        cells, outputs = self.cells_and_outputs()
        read = "*".join(("channels", *(axis.text() for axis in self.tracks(x)[0])))
        every = f"{cells}*{outputs}"
        forward: Phase = {"add": sums} if (sums := less(every, outputs)) else {}
        error: Phase = {"add": shares} if (shares := less(every, read)) and self.overlaps(x) else {}
        p = self.norm_type
        if p == ONE:
            return {"forward": forward, "error": error}
        whole = isinstance(p, Number) and p.denominator == 1 and p.numerator > 0
        roots = {"sqrt": outputs} if p == Number(2) else {"log": outputs, "mul": outputs, "exp": outputs}
        if whole and isinstance(p, Number):
            powers: Phase = {"mul": read if p.numerator == 2 else f"{p.numerator - 1}*{read}"}
        else:
            powers = {"log": read, "mul": read, "exp": read}
        back = {"mul": every, "div": outputs if p == Number(2) else f"2*{outputs}"}
        if not whole:
            back["div"] = f"{back['div']} + {read}"  # x^(p − 1) is x^p over x
        return {"forward": plus(plus(forward, powers), roots), "error": plus(error, back)}

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """x and y, of which the slope is (x/y)^(p − 1); with p = 1 nothing."""
        return () if self.norm_type == ONE else (X, Y)

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """The sum of powers of each window, and its root; with p = 1 the sum."""
        if options:
            raise NotComputed(say("`{layer}` is worked out in a network, with `{kind}`.",
                                  layer=builder.path, kind="kind: backprop"))  # fmt: skip
        p, letter, first = plain(self.norm_type), builder.free_symbol("s"), self.norm_type == ONE
        sums = self.sums(builder, builder.sample(x))
        s = builder.forward(sums, (x,), "" if first else letter, port=0 if first else -1)
        if first:
            return (s,)
        at = f"[{','.join(sums.at)}]"
        root = f"sqrt(s{at})" if p == "2" else f"s{at}**(1/({p}))"
        own, less_one = f"[{','.join(INNER[: len(sums.at)])}]", plain(simplify(call("-", self.norm_type, ONE)))
        slope = f"if(0 == y{own}, 0, g{own}/({p}*y{own}**({less_one})))"
        rooted = Root(root, ("s",), ("s",), sums.at, slopes=(("s", slope),))
        return (builder.forward(rooted, (s,)),)

    def sums(self, builder: Builder, x: Shape) -> ByFormula:
        """Σ xᵖ over each window; one that reaches beyond the map is counted as a whole one, as PyTorch does it."""
        from hwsolve.layers.pooling_operations import Mean

        mean = Mean(self.frame(x), over="padded" if self.ceil_mode else "window")
        power = "" if self.norm_type == ONE else f"**({plain(self.norm_type)})"
        text = mean.frame.over("Sum", f"{mean.element()}{power}")
        sizes, whole = mean.frame.sizes(), base.product(self.kernel_size or ())
        if len({*map(int, mean.divisors())}) > 1:
            text = f"{whole}*{text}/({mean.divisor()})"
            builder.remark(
                say("`{layer}`: of a window that reaches beyond the map PyTorch takes the mean, times the {n} cells "
                    "of a whole one.", layer=builder.path, n=whole)
            )  # fmt: skip
        letters = tuple((name, int(str(n))) for name, n in sizes.items())
        shape = tuple(int(str(n)) for n in self.output(x))
        return ByFormula(text, ("x",), ("x",), mean.output_indices(), shape, numbers=letters)


class LPPool1d(LPPooling, frozen=True, kw_only=True):
    """Power pooling of a sequence: (C, L) → (C, L'); the root of the sum of powers of each window."""

    AXES: ClassVar[int] = 1


class LPPool2d(LPPooling, frozen=True, kw_only=True):
    """Power pooling of a map: (C, H, W) → (C, H', W'); the root of the sum of powers of each window."""

    AXES: ClassVar[int] = 2


class LPPool3d(LPPooling, frozen=True, kw_only=True):
    """Power pooling of a volume: (C, D, H, W) → (C, D', H', W'); the root of the sum of powers of each window."""

    AXES: ClassVar[int] = 3


class FractionalMaxPooling(window.OverMap, frozen=True):
    """What fractional max pooling of 2 and 3 axes shares; where the windows stand is drawn, so it is only counted."""

    kernel_size: Annotated[Shape, EachAxis(Size)]
    output_size: Annotated[Shape | None, EachAxis(Size)] = None
    output_ratio: Annotated[tuple[Formula, ...] | None, EachAxis(Decimal)] = None

    IDLE: ClassVar[dict[str, Field]] = INDICES
    HINTS: ClassVar[dict[str, Message]] = {
        "_random_samples": say("Where the windows stand is not asked: it changes no count.")
    }
    CATEGORY: ClassVar[str] = "pooling"
    MACS: ClassVar[str | Nothing | NotCounted] = COMPARED
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "output_ratio": say("how long a side that comes out is, over the one that comes in"),
    }

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, output_size) or (C, floor(n·output_ratio) …)."""
        window.check_map(x, self.AXES)
        base.one_of(self, "output_size", "output_ratio")
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        ratios, spare = self.output_ratio or (), int(self.AXES == 2)  # of 3 axes PyTorch wants one cell more
        sides = self.output_size or tuple(scaled(n, r) for n, r in zip(x[1:], ratios, strict=True))
        for n, m, k in zip(x[1:], sides, self.kernel_size, strict=True):
            if isinstance(n, int) and isinstance(m, int) and isinstance(k, int) and m + k - spare > n:
                said = say("{places} windows of {k} have no room in an axis of {n}.", places=m, k=k, n=n)
                raise ShapeError(said, "kernel_size")
        return (x[0], *sides)

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Windows that stand where chance says."""
        return (None,)

    def operations(self, x: Shape) -> Operations:
        """One comparison less than cells in each window; which cells it takes on the way back is drawn."""
        return {"forward": {"cmp": "(cells - 1)*outputs"}}

    def not_counted(self, x: Shape) -> dict[str, NotCounted]:
        """The way back, unless windows can't overlap: n − k cells over m − 1 steps are at least k each."""
        for n, m, k in zip(x[1:], self.output(x)[1:], self.kernel_size, strict=True):
            if k == 1 or m == 1:
                continue
            if not (isinstance(n, int) and isinstance(m, int) and isinstance(k, int)) or n - k < k * (m - 1):
                return {"error": NotCounted(say("which of its windows overlap is drawn"))}
        return {}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The cells of a window, and the values that come out."""
        return {"cells": base.product(self.kernel_size), "outputs": base.product(self.output(x))}


class FractionalMaxPool2d(FractionalMaxPooling, frozen=True):
    """Fractional max pooling of a map: (C, H, W) → (C, H', W')."""

    AXES: ClassVar[int] = 2


class FractionalMaxPool3d(FractionalMaxPooling, frozen=True):
    """Fractional max pooling of a volume: (C, D, H, W) → (C, D', H', W')."""

    AXES: ClassVar[int] = 3


def plus(a: Phase, b: Phase) -> Phase:
    """Both together."""
    return a | {kind: f"{a[kind]} + {text}" if kind in a else text for kind, text in b.items()}
