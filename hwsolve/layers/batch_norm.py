"""Batch normalisation: each channel is shifted and scaled to mean 0 and variance 1 over the batch, then by γ and β.

y = γ·(x − mean)/sqrt(var + eps) + β.  2·C parameters: the weight γ and the bias β, one of each per channel.
In training mean and variance are those of the batch, in evaluation the running ones, which are no parameters.
Source: PyTorch, torch.nn.BatchNorm2d; arXiv 1502.03167, algorithm 1.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.misfits import sizes
from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.update import UpdateLine
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError
from hwsolve.layers.cost import NORMALISED, SIDES_UNKNOWN, NotCounted, Nothing, Operations, normalisation
from hwsolve.layers.idle_arguments import GROUP
from hwsolve.layers.normalised import CHANNEL, QUANTITIES, SAMPLE, SIDES, Axes, learns, normalised, statistics
from hwsolve.layers.parameter import DEFAULT, FROZEN, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.saves import Keeps, X, of_groups
from hwsolve.spec.amounts import negative
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice, Decimal, Flag, RecordField, Size

RUNNING = ("running_mean", "running_var")


class ChannelNorm(Layer, frozen=True):
    """What normalisations with one γ and one β per channel share."""

    eps: Decimal = Number(1, 100_000)
    affine: Flag = True
    weight: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    gradient: Annotated[str, Choice("terms", "short")] = "terms"

    CATEGORY: ClassVar[str] = "normalization"
    QUANTITIES: ClassVar[dict[str, Any]] = QUANTITIES
    EQUATION: ClassVar[str] = "y = γ·(x − mean)/√(var + eps) + β"
    COUNTS: ClassVar[dict[str, str]] = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), "channels")
    MACS: ClassVar[str | Nothing | NotCounted] = "values"
    MULTIPLIES: ClassVar[Message | None] = NORMALISED
    RANKS: ClassVar[tuple[int, ...]]

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.not_negative("eps", self.eps)
        if not isinstance(x, base.StatedMap):
            base.need_rank(x, *self.RANKS)
        return x

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """γ and β: (C); in Keras the running statistics too, which are not trained."""
        found = {"weight": Parameter((x[0],), "gain", self.weight), "bias": Parameter((x[0],), "shift", self.bias)}
        kept = {name: Parameter((x[0],), "statistic", FROZEN) for name in RUNNING if self.tracks}
        return owned(**(found if self.affine else {}), **(kept if self.framework == "keras" else {}))

    @property
    def tracks(self) -> bool:
        """Whether it has running statistics."""
        return False

    def buffers(self, *shapes: Shape) -> dict[str, Shape]:
        """The running statistics, and in PyTorch how many batches were seen."""
        kept: dict[str, Shape] = dict.fromkeys(RUNNING, (shapes[0][0],)) if self.tracks else {}
        return kept | ({"num_batches_tracked": ()} if kept and self.framework == "torch" else {})

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The channels, and the values that are normalised."""
        values = base.values_in(x)
        return {"channels": x[0]} if values is None else {"channels": x[0], "values": values}

    def operations(self, x: Shape) -> Operations:
        """Mean and variance of each channel over its values, as in training, for a batch of one."""
        return normalisation(*learns(self, self.affine))

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values, the groups that have a mean each, and the numbers of γ."""
        return {"values": base.product(x), "groups": self.statistics(x), "owned": x[0]}

    def statistics(self, x: Shape) -> base.Size:
        """How many means are taken: one for each channel."""
        return x[0]

    def macs(self, x: Shape) -> str | Nothing | NotCounted:
        """One multiply-add per value: with the running statistics it is one scale and one shift."""
        return SIDES_UNKNOWN if base.values_in(x) is None else self.MACS

    def within_a_sample(self, builder: Builder, x: str) -> Axes:
        """The axes of a channel of one sample."""
        sides = SIDES[: len(builder.sample(x)) - 1]
        return Axes((CHANNEL, *sides), sides, (CHANNEL,))


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics of training so far, and how those of a batch enter them."""

    mean: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    var: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    momentum: Decimal | None = None
    keep: Decimal | None = None
    variance: Annotated[str, Choice("unbiased", "biased")] = "unbiased"

    MEANINGS: ClassVar[dict[str, Message]] = {
        "mean": say("the running mean of each channel, 0 unless given"),
        "var": say("the running variance of each channel, 1 unless given"),
        "momentum": say("the weight of the batch: new = (1 − m)·old + m·batch"),
        "keep": say("the weight of the old value, in place of `momentum`: new = k·old + (1 − k)·batch"),
        "variance": say("which variance of the batch enters: divided by N − 1 (unbiased, as PyTorch does) or by N"),
    }


class BatchNorm(ChannelNorm, frozen=True):
    """What batch normalisation of 1, 2 and 3 axes shares."""

    momentum: Decimal = Number(1, 10)
    track_running_stats: Flag = True
    running: Annotated[Running | None, RecordField(Running)] = None
    mode: Annotated[str | None, Choice("train", "eval")] = None
    num_features: Size | None = None

    ALONE: ClassVar[tuple[str, ...]] = ("num_features",)
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"num_features": (0, 0)}
    MEANINGS: ClassVar[dict[str, Message]] = Layer.MEANINGS | {
        "running": say("the statistics of training so far: `mean`, `var`, and `momentum` or `keep`"),
        "mode": say("`train` or `eval`, for this layer alone"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        running = self.running
        if running is not None and running.momentum is not None and running.keep is not None:
            raise ShapeError(say("`{a}` and `{b}` can't both be given.", a="momentum", b="keep"), "running")
        for spec in () if running is None else (running.mean, running.var):
            if spec.values is not None and spec.values.shape != x[:1]:
                got, need = sizes(spec.values.shape), base.shape_text(x[:1])
                raise ShapeError(
                    say("Expected numbers of the shape {wanted}, got {got}.", wanted=need, got=got), "running"
                )
        var = None if running is None else running.var
        stated = () if var is None else (*(var.values.values if var.values is not None else ()), var.value)
        for number in stated:
            if number is not None and negative("var", number) is not None:
                raise ShapeError(say("A variance can't be negative."), "running.var")
        return super().output(x)

    @property
    def tracks(self) -> bool:
        """As it is told."""
        return self.track_running_stats

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """x, and the means and 1/σ of a batch; with the running ones x alone, for the gradient of γ."""
        if self.mode == "eval":
            return (X,) if "weight" in learned else ()
        return of_groups(shared=True)

    def by_mode(self) -> bool:
        """Whether it must be said if this is training: unless it is said here."""
        return self.mode is None and self.track_running_stats

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """By the statistics of the batch in training, else by the running ones."""
        sides = SIDES[: len(builder.sample(x)) - 1]
        samples = (SAMPLE,) if builder.graph.batched else ()
        axes = Axes((*samples, CHANNEL, *sides), (*samples, *sides), (CHANNEL,))
        training = (self.mode or builder.mode) == "train" or not self.track_running_stats
        if not training:
            return (normalised(builder, self, x, axes, self.kept(builder, x), (CHANNEL,), each=False),)
        shape = builder.shape(x)
        values = prod(shape) // builder.sample(x)[0]
        if values == 1:
            raise NotComputed(
                say("`{layer}` in training needs more than one value of each channel: a batch of one has no variance.",
                    layer=builder.path)
            )  # fmt: skip
        found = statistics(builder, x, axes)
        made = normalised(builder, self, x, axes, found, (CHANNEL,), each=False)
        if self.running is not None and self.track_running_stats:
            self.renew(builder, self.running, self.kept(builder, x), found, values)
        return (made,)

    def kept(self, builder: Builder, x: str) -> tuple[str, str]:
        """The running mean and variance, whose numbers the problem gives."""
        running, channels = self.running, builder.sample(x)[:1]
        if running is None:
            raise NotComputed(
                say(
                    "`{layer}` in evaluation needs the statistics of training, `{form}`.",
                    layer=builder.path,
                    form="running: {mean: […], var: […]}",
                )
            )
        mean, var = (Parameter(channels, "buffer", spec) for spec in (running.mean, running.var))
        return (
            builder.fixed(mean, builder.free_symbol("running_mean"), "running.mean", Number(0)),
            builder.fixed(var, builder.free_symbol("running_var"), "running.var", Number(1)),
        )

    def renew(self, builder: Builder, running: Running, kept: tuple[str, str], found: Any, values: int) -> None:
        """What the running statistics are after this batch."""
        weight, text = self.weight_of(running)
        factors = ("", f"*{values}/{values - 1}" if running.variance == "unbiased" else "")
        for old, new, factor in zip(kept, found, factors, strict=True):
            line = UpdateLine(text.format(factor=factor), ("m", "r", "x"), ("r", "x"))
            builder.renew(old, line, (builder.constant(weight), old, new))

    def weight_of(self, running: Running) -> tuple[Formula, str]:
        """The number by which old and new are mixed, and how."""
        if running.keep is not None:
            return running.keep, "m*r + (1 - m){factor}*x"
        momentum = self.momentum if running.momentum is None else running.momentum
        return momentum, "(1 - m)*r + m{factor}*x"


class BatchNorm1d(BatchNorm, frozen=True):
    """Batch normalisation of features or sequences: (C) or (C, L), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (1, 2)


class SyncBatchNorm(BatchNorm, frozen=True):
    """Batch normalisation over the batches of several machines: (C, …), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    IDLE: ClassVar[dict[str, Field]] = GROUP


class BatchNorm2d(BatchNorm, frozen=True):
    """Batch normalisation of maps: (C, H, W), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (3,)


class BatchNorm3d(BatchNorm, frozen=True):
    """Batch normalisation of volumes: (C, D, H, W), keeps the shape; 2·C parameters."""

    RANKS: ClassVar[tuple[int, ...]] = (4,)
