"""The conventions of counting: which outputs are stored, which multiply-adds count, and how a reader is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Note

if TYPE_CHECKING:
    from hwsolve.solvers.count_params import Problem

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
STORED = frozenset({"convolution", "pooling", "dense"})  # whose outputs CS231n's table counts
MULTIPLIED = frozenset({"convolution", "dense", "attention"})
STORED_NOTES = {
    "cs231n": say(
        "Activations (cs231n): the input and the outputs of convolution, pooling and dense layers, one sample."
    ),
    "outputs": say("Activations (outputs): the output of every layer, one sample; reshaping stores nothing new."),
}
MULTIPLIED_NOTES = {
    "matmul": say("Multiply-adds (matmul): of convolution, dense and attention layers, one sample, without biases."),
    "all": say(
        "Multiply-adds (all): of convolution, dense and attention layers, one for each value of a normalisation and "
        "for each cell of an average pooling window; one sample, without biases."
    ),
}


class Asked(msgspec.Struct, frozen=True):
    """The conventions, and which counts are shown beside the parameters."""

    stored: str
    multiplied: str
    dtype: str
    activations: bool
    macs: bool
    flops: bool
    trainable: bool

    def counts_output(self, part: str) -> bool:
        """Whether the output of such a layer counts among the activations."""
        return part in STORED if self.stored == "cs231n" else part != "view"

    def counts_macs(self, part: str) -> bool:
        """Whether the multiply-adds of such a layer count."""
        return self.multiplied == "all" or part in MULTIPLIED


def asked(problem: Problem) -> Asked:
    """What a problem asks for: by its columns, or by the conventions it states."""
    columns, count = problem.columns, problem.count
    return Asked(
        count.activations or "cs231n",
        count.macs or "matmul",
        count.dtype,
        "activations" in columns or (not columns and count.activations is not None),
        "macs" in columns or (not columns and count.macs is not None),
        "flops" in columns,
        "trainable" in columns,
    )


def conventions(asked: Asked, answers: dict[str, Answer]) -> tuple[Note, ...]:
    """What was counted, by name."""
    notes: list[Message] = []
    if asked.activations:
        notes += [STORED_NOTES[asked.stored], *storage(asked, answers)]
    if asked.macs or asked.flops:
        notes.append(MULTIPLIED_NOTES[asked.multiplied])
    if asked.flops:
        notes.append(say("A multiply-add is two floating-point operations."))
    return tuple(Note("info", text) for text in notes)


def storage(asked: Asked, answers: dict[str, Answer]) -> list[Message]:
    """How much memory the activations take."""
    count, size = answers.get("activations"), answers.get("activations.bytes")
    if count is None or size is None or isinstance(count.value, Formula):
        return []
    words = {"values": f"{count.value.value:,}", "bytes": BYTES[asked.dtype], "dtype": asked.dtype}
    return [say("{values} values of {bytes} bytes ({dtype}) are {size}.", size=storage_text(size.value.value), **words)]


def storage_text(n: int) -> str:
    """Bytes as a person says them, to two places: 10,643,360 is 10.64 MB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n >= unit:
            hundredths = (100 * n + unit // 2) // unit
            return f"{hundredths // 100:,}.{hundredths % 100:02d} {name}"
    return f"{n} B"
