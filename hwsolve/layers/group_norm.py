"""Group and instance normalisation: batch normalisation within one sample, over a group of channels or a single one.

y = γ·(x − mean)/sqrt(var + eps) + β.
Source: PyTorch, torch.nn.GroupNorm and torch.nn.InstanceNorm2d; arXiv 1803.08494.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Shape, ShapeError
from hwsolve.layers.batch_norm import BatchNorm
from hwsolve.spec.fields import Flag, Size


class GroupNorm(BatchNorm, frozen=True):
    """Group normalisation over `num_groups` groups of channels: (C, …), keeps the shape; 2·C parameters."""

    num_groups: Size = 1

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


class InstanceNorm(BatchNorm, frozen=True):
    """What instance normalisation of 1, 2 and 3 axes shares; no γ and β unless `affine`."""

    affine: Flag = False
    track_running_stats: Flag = False


class InstanceNorm1d(InstanceNorm, frozen=True):
    """Instance normalisation of sequences: (C, L), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (2,)


class InstanceNorm2d(InstanceNorm, frozen=True):
    """Instance normalisation of maps: (C, H, W), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (3,)


class InstanceNorm3d(InstanceNorm, frozen=True):
    """Instance normalisation of volumes: (C, D, H, W), keeps the shape; 2·C parameters with `affine`."""

    RANKS: ClassVar[tuple[int, ...]] = (4,)
