"""The conventions of counting: which outputs are stored, which multiply-adds count, and how a reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.items import walk_items

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.problem import Problem
    from hwsolve.layers.base import Size
    from hwsolve.layers.items import Item

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
STORED = frozenset({"convolution", "pooling", "dense"})  # whose outputs CS231n's table counts
MULTIPLIED = frozenset({"convolution", "dense", "attention"})
STORED_NOTES = {
    "cs231n": say(
        "Activations (cs231n): the input and the outputs of convolution, pooling and dense layers, one sample."
    ),
    "outputs": say(
        "Activations (outputs): the output of every layer, one sample; reshaping stores nothing new, and what joins "
        "branches (sums, products, concatenations) does not count."
    ),
}
MULTIPLIED_NOTES = {
    "matmul": say("Multiply-adds (matmul): of convolution, dense and attention layers, one sample, without biases."),
    "all": say(
        "Multiply-adds (all): of convolution, dense and attention layers, one for each value of a normalisation, for "
        "each cell of an average pooling window and for each neighbour of an interpolated value; one sample, without "
        "biases."
    ),
}


class Asked(msgspec.Struct, frozen=True):
    """The conventions, which counts are shown beside the parameters, and what that makes of lines and totals.

    `shown` are the quantities whose lines a reader sees: those that were asked for, and those that they read; `totals`
    are the keys of the totals that were asked for.
    """

    stored: str
    multiplied: str
    dtype: str
    activations: bool
    macs: bool
    flops: bool
    trainable: bool
    shown: frozenset[str]
    totals: tuple[str, ...]

    def counts_output(self, part: str) -> bool:
        """Whether the output of such a layer counts among the activations."""
        return part in STORED if self.stored == "cs231n" else part != "view"

    def counts_macs(self, part: str) -> bool:
        """Whether the multiply-adds of such a layer count; of one that belongs to no part, it must be said."""
        return self.multiplied == "all" or part in MULTIPLIED or part == "other"


def asked(problem: Problem) -> Asked:
    """What a problem asks for: by its columns, or by the conventions it states."""
    columns, count = problem.columns, problem.count
    activations = "activations" in columns or (not columns and count.activations is not None)
    macs = "macs" in columns or (not columns and count.macs is not None)
    flops, trainable = "flops" in columns, "trainable" in columns
    wanted = {
        "params": True,
        "params.trainable": trainable or holds_frozen(problem.network.items),
        "activations": activations,
        "activations.bytes": activations,
        "macs": macs,
        "flops": flops,
    }
    totals = tuple(key for key, asked in wanted.items() if asked)
    shown = frozenset(totals) - {"activations.bytes"} | ({"macs"} if flops else frozenset())
    stored, multiplied = count.activations or "cs231n", count.macs or "matmul"
    return Asked(stored, multiplied, count.dtype, activations, macs, flops, trainable, shown, totals)


def holds_frozen(items: tuple[Item, ...]) -> bool:
    """Whether some parameters of a network are not trained."""
    leaves = ((item.layer, item.shapes) for item in walk_items(items) if item.layer is not None)
    return any(p.counted and not layer.learns(p) for layer, x in leaves for p in layer.parameters(*x).values())


def conventions(asked: Asked) -> tuple[Message, ...]:
    """What is counted, by name."""
    notes: list[Message] = []
    if asked.activations:
        notes.append(STORED_NOTES[asked.stored])
    if asked.macs or asked.flops:
        notes.append(MULTIPLIED_NOTES[asked.multiplied])
    if asked.flops:
        notes.append(say("A multiply-add is two floating-point operations."))
    return tuple(notes)


def storage(asked: Asked, size: Size) -> Message | str:
    """How much memory the activations take."""
    return say("{dtype}: {size}", dtype=asked.dtype, size=storage_text(size)) if isinstance(size, int) else ""


def storage_text(n: int) -> str:
    """Bytes as a person says them, to two places: 10,643,360 is 10.64 MB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n >= unit:
            hundredths = (100 * n + unit // 2) // unit
            return f"{hundredths // 100:,}.{hundredths % 100:02d} {name}"
    return f"{n} B"
