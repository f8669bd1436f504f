"""Dropout: while training, values are set to 0 with probability p and the others divided by 1 − p; keeps the shape.

Which values are dropped is drawn, so a problem in training gives the mask: 1 stays, 0 is dropped.
Source: PyTorch, torch.nn.Dropout; JMLR 15 (2014), Srivastava and others, who scale by 1 − p in evaluation instead.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import Formula, Number, Ref, call
from hwsolve.graph.batch import Batch
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError, shape_text
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.elementwise import Elementwise
from hwsolve.layers.idle_arguments import INPLACE
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.layers.saves import FLAG, MASK, Keeps, Kept
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Array, ArrayField, Choice, Decimal

LETTERS = ("i", "j", "k", "l", "q", "r")
DROPPED, KEPT = Number(0), Number(1)


class Dropout(Layer, frozen=True):
    """Dropout of single values with probability p; keeps the shape, owns no parameters."""

    p: Decimal = Number(1, 2)
    mask: Annotated[Array | None, ArrayField()] = None
    scale: Annotated[str, Choice("inverted", "test")] = "inverted"
    mode: Annotated[str | None, Choice("train", "eval")] = None

    IDLE: ClassVar[dict[str, Field]] = INPLACE
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds at inference"))
    CHANNELS: ClassVar[bool] = False  # whether whole channels are dropped
    KEPT_MASK: ClassVar[Kept] = Kept(name=MASK, text="values", bytes=FLAG)
    MEANINGS: ClassVar[dict[str, Message]] = Layer.MEANINGS | {
        "p": say("the probability that a value is dropped"),
        "mask": say("which values stay (1) and which are dropped (0), in training"),
        "scale": say("`inverted`: divided by 1 − p in training; `test`: times 1 − p in evaluation"),
        "mode": say("`train` or `eval`, for this layer alone"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        if isinstance(self.p, Number) and not 0 <= self.p.numerator <= self.p.denominator:
            raise ShapeError(say("A probability is between 0 and 1."), "p")
        if self.mask is not None and not all(value in (DROPPED, KEPT) for value in self.mask.values):
            raise ShapeError(say("A mask has the numbers 0, for what is dropped, and 1, for what stays."), "mask")
        if self.mask is not None and self.p == KEPT and KEPT in self.mask.values:
            raise ShapeError(say("With p = 1 everything is dropped: such a mask has zeros alone."), "mask")
        if self.mask is not None and self.p == DROPPED and DROPPED in self.mask.values:
            raise ShapeError(say("With p = 0 nothing is dropped: such a mask has ones alone."), "mask")
        return x

    def by_mode(self) -> bool:
        """Whether it must be said if this is training: where something is dropped, and it is not said here."""
        return self.mode is None and self.p != DROPPED

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """m·x/(1 − p) in training and x in evaluation, or m·x and (1 − p)·x."""
        if self.p == DROPPED and self.mask is None:
            builder.remark(say("`{layer}` has p = 0: nothing is dropped.", layer=builder.path))
            return (x,)
        if (self.mode or builder.mode) == "train":
            return (self.masked(builder, x),)
        if self.scale == "test":
            scaled = Elementwise("(1 - p)*x", ("p",))
            return (builder.forward(scaled, (x, builder.constant(self.p))),)
        said = say("`{layer}` is in evaluation: nothing is dropped, and what goes in comes out.", layer=builder.path)
        builder.remark(said)
        return (x,)

    def drawn(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the mask of one sample."""
        return x[:1] if self.CHANNELS else x

    def masked(self, builder: Builder, x: str) -> str:
        """The values that stay."""
        shape = self.drawn(builder.sample(x))
        lead = builder.shape(x)[: len(builder.shape(x)) - len(builder.sample(x))]
        if self.mask is None:
            wanted = shape_text(lead + shape)
            raise NotComputed(
                say(
                    "`{layer}` in training needs its `{key}`, {shape}: 1 for what stays, 0 for what is dropped.",
                    layer=builder.path, key="mask", shape=wanted,
                )
            )  # fmt: skip
        found, values = (builder.batch if lead else Batch()).of(self.mask.shape, self.mask.values)
        if found not in (shape, lead + shape):
            raise NotComputed(
                say(
                    "The mask of `{layer}` has the shape {found}, but needs {shape}.",
                    layer=builder.path,
                    found=shape_text(found),
                    shape=shape_text(lead + shape),
                )
            )
        each = found != shape
        letters = LETTERS[: len(builder.sample(x))]
        where = f"[{','.join(letters[: len(shape)])}]" if shape else ""
        value = f"m{where}*x[{','.join(letters)}]" if letters else "m*x"
        divided = self.scale == "inverted" and self.p != KEPT  # with p = 1 all is dropped
        operation = ByFormula(
            f"{value}/(1 - p)" if divided else value,
            ("m", "x", "p")[: 3 if divided else 2],
            ("m", "x") if each else ("x",),
            letters,
            constants=(0,),
        )
        mask = builder.fixed(
            Parameter(found, "buffer", ParameterSpec(values=Array(found, values, self.mask.node))),
            builder.free_symbol("m"), "mask",
        )  # fmt: skip
        builder.graph.by_sample |= {mask} if each else set()
        builder.said.append(mask_in_words(builder.graph.symbol(mask), builder.path, self.p if divided else DROPPED))
        inputs = (mask, x, builder.constant(self.p))[: 3 if divided else 2]
        return builder.forward(operation, inputs)

    def passes(self) -> bool:
        """Whether what goes in comes out, in the same memory."""
        return self.p == DROPPED or (self.mode == "eval" and self.scale == "inverted")

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """The mask, where something is dropped; of whole channels one flag each, of a whole sample its factor."""
        if self.p == DROPPED or self.mode == "eval":
            return ()
        return (self.KEPT_MASK,)

    def operations(self, x: Shape) -> Operations:
        """In training, each value is multiplied by 0 or 1/(1 − p), and so is its gradient."""
        return {"forward": {"mul": "values"}, "error": {"mul": "values"}}

    def assumption(self, x: Shape, back: bool) -> Message:
        """That the operations are those of training."""
        return say("counted as in training: a mask times each value, and times its error on the way back.")


def mask_in_words(symbol: str, path: str, p: Formula) -> Message:
    """What a mask of dropout says, and what becomes of that which stays."""
    mask, left = call("whole", Ref(symbol)), fold(call("-", KEPT, p))
    said = say("{mask} is the mask of `{layer}`: {one} for what stays, {zero} for what is dropped.",
               mask=mask, layer=path, one=KEPT, zero=DROPPED)  # fmt: skip
    return said if left == KEPT else say("{first} What stays is divided by {left}.", first=said, left=left)


class ChannelDropout(Dropout, frozen=True):
    """What dropout of whole channels shares: a mask with a number for each of them."""

    CHANNELS: ClassVar[bool] = True
    KEPT_MASK: ClassVar[Kept] = Kept(name=MASK, text="channels", bytes=FLAG)


class Dropout1d(ChannelDropout, frozen=True):
    """Dropout of whole channels of a sequence."""


class Dropout2d(ChannelDropout, frozen=True):
    """Dropout of whole channels of a map."""


class Dropout3d(ChannelDropout, frozen=True):
    """Dropout of whole channels of a volume."""


class DropPath(Dropout, frozen=True):
    """Stochastic depth: all of a sample is dropped with probability p, as a branch beside a shortcut."""

    KEPT_MASK: ClassVar[Kept] = Kept(name=say("the factor of the sample"), text="1")  # 0 or 1/(1 − p)

    def drawn(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """One number for a sample."""
        return ()


class AlphaDropout(Dropout, frozen=True):
    """Dropout that keeps mean and variance behind SELU: dropped values become one number, and all are scaled."""

    def masked(self, builder: Builder, x: str) -> str:
        """Not by hand."""
        raise NotComputed(
            say("`{layer}` in training can be counted, but not yet computed by hand.", layer=builder.path)
        )


class FeatureAlphaDropout(AlphaDropout, frozen=True):
    """Alpha dropout of whole channels."""
