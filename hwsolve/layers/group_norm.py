"""Group and instance normalisation: batch normalisation within one sample, over a group of channels or a single one.

y = γ·(x − mean)/sqrt(var + eps) + β.
Source: PyTorch, torch.nn.GroupNorm and torch.nn.InstanceNorm2d; arXiv 1803.08494.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import NotComputed, Shape, ShapeError
from hwsolve.layers.batch_norm import ChannelNorm
from hwsolve.layers.normalised import CHANNEL, GROUP, Axes, normalised, statistics
from hwsolve.spec.fields import Decimal, Flag, Size


class GroupNorm(ChannelNorm, frozen=True):
    """Group normalisation over `num_groups` groups of channels: (C, …), keeps the shape; 2·C parameters."""

    num_groups: Size = 1
    num_channels: Size | None = None

    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"num_channels": (0, 0)}

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        if not x:
            raise ShapeError(say("Expected an input with at least one axis."))
        base.positive("num_groups", self.num_groups)
        if isinstance(x[0], int) and isinstance(self.num_groups, int) and x[0] % self.num_groups:
            message = say("{n} channels can't be split into {groups} groups.", n=x[0], groups=self.num_groups)
            raise ShapeError(message, "num_groups")
        return x

    def statistics(self, x: Shape) -> base.Size:
        """How many means are taken: one for each group."""
        return self.num_groups

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Mean, variance, x̂ and y of each group of each sample; one group, or one of each channel, needs no letter."""
        axes = self.within_a_sample(builder, x)
        groups, channels = int(str(self.num_groups)), builder.sample(x)[0]
        if groups == 1:
            axes = Axes(axes.x, axes.x)
        elif groups < channels:
            axes = Axes(axes.x, axes.x, (GROUP,), channels // groups)
        return (normalised(builder, self, x, axes, statistics(builder, x, axes), (CHANNEL,), each=True),)


class InstanceNorm(ChannelNorm, frozen=True):
    """What instance normalisation of 1, 2 and 3 axes shares; no γ and β unless `affine`."""

    momentum: Decimal = Number(1, 10)
    affine: Flag = False
    track_running_stats: Flag = False
    num_features: Size | None = None

    ALONE: ClassVar[tuple[str, ...]] = ("num_features",)
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"num_features": (0, 0)}

    @property
    def tracks(self) -> bool:
        """As it is told."""
        return self.track_running_stats

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Mean, variance, x̂ and y of each channel of each sample."""
        if self.track_running_stats:
            raise NotComputed(
                say("`{layer}` is computed by hand by the statistics of each sample only.", layer=builder.path)
            )
        if prod(builder.sample(x)[1:]) == 1:
            raise NotComputed(
                say("`{layer}` needs more than one value of each channel: one alone has no variance.",
                    layer=builder.path)
            )  # fmt: skip
        axes = self.within_a_sample(builder, x)
        return (normalised(builder, self, x, axes, statistics(builder, x, axes), (CHANNEL,), each=True),)

    def warnings(self, x: Shape) -> list[Message]:
        """A map of one cell, of which PyTorch takes no statistics."""
        if base.values_in(x) is None or base.product(x[1:]) != 1:
            return []
        return [
            say("Each channel of {shape} is one value, its own mean: PyTorch refuses this in training, "
                "“Expected more than 1 spatial element”.", shape=base.shape_text(x))
        ]  # fmt: skip


class InstanceNorm1d(InstanceNorm, frozen=True):
    """Instance normalisation of sequences: (C, L), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (2,)


class InstanceNorm2d(InstanceNorm, frozen=True):
    """Instance normalisation of maps: (C, H, W), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (3,)


class InstanceNorm3d(InstanceNorm, frozen=True):
    """Instance normalisation of volumes: (C, D, H, W), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (4,)
