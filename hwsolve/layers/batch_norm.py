"""Batch normalisation: each channel is shifted and scaled to mean 0 and variance 1 over the batch, then by γ and β.

y = γ·(x − mean)/sqrt(var + eps) + β.  2·C parameters: the weight γ and the bias β, one of each per channel.
The running mean and variance are no parameters.  Source: PyTorch, torch.nn.BatchNorm2d; arXiv 1502.03167, algorithm 1.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Nothing, Operations, normalisation
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import Decimal, Flag


class BatchNorm(Layer, frozen=True):
    """What batch normalisation of 1, 2 and 3 axes shares."""

    eps: Decimal = Number(1, 100_000)
    momentum: Decimal = Number(1, 10)
    affine: Flag = True
    track_running_stats: Flag = True
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    CATEGORY: ClassVar[str] = "normalization"
    EQUATION: ClassVar[str] = "y = γ·(x − mean)/√(var + eps) + β"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "channels", "bias": "channels"}
    MACS: ClassVar[str | Nothing | NotCounted] = "values"
    RANKS: ClassVar[tuple[int, ...]]

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.not_negative("eps", self.eps)
        if not isinstance(x, base.StatedMap):
            base.need_rank(x, *self.RANKS)
        return x

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """γ and β: (C)."""
        if not self.affine:
            return {}
        return owned(weight=Parameter((x[0],), "gain", self.weight), bias=Parameter((x[0],), "shift", self.bias))

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The channels, and the values that are normalised."""
        values = base.values_in(x)
        return {"channels": x[0]} if values is None else {"channels": x[0], "values": values}

    def operations(self, x: Shape) -> Operations:
        """Mean and variance of each channel over its values, as in training, for a batch of one."""
        return normalisation(self.affine)

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values, the groups that have a mean each, and the numbers of γ."""
        return {"values": base.product(x), "groups": self.statistics(x), "owned": x[0]}

    def statistics(self, x: Shape) -> base.Size:
        """How many means are taken: one for each channel."""
        return x[0]

    def macs(self, x: Shape) -> str | Nothing | NotCounted:
        """One multiply-add per value: with the running statistics it is one scale and one shift."""
        return SIDES_UNKNOWN if base.values_in(x) is None else self.MACS


class BatchNorm1d(BatchNorm, frozen=True):
    """Batch normalisation of features or sequences: (C) or (C, L), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (1, 2)


class BatchNorm2d(BatchNorm, frozen=True):
    """Batch normalisation of maps: (C, H, W), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (3,)


class BatchNorm3d(BatchNorm, frozen=True):
    """Batch normalisation of volumes: (C, D, H, W), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (4,)
