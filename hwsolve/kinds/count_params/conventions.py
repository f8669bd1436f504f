"""The conventions of counting, and what a page shows of what is counted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import Size
from hwsolve.layers.items import Item, walk_items
from hwsolve.layers.parameter import ABSENT

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
STORED = frozenset({"convolution", "pooling", "dense"})  # whose outputs CS231n's table counts
MULTIPLIED = frozenset({"convolution", "dense", "attention"})


FRAMEWORK_NOTES = {
    "torch": say(
        "As in PyTorch: a recurrent layer has two biases, and the running statistics of a batch normalisation are "
        "buffers, which are no parameters."
    ),
    "keras": say(
        "As in Keras: an LSTM has one bias, the running statistics of a batch normalisation are parameters that are "
        "not trained, a PReLU has a slope for each element, and padding “same” may have a stride."
    ),
}


def always_multiplied(part: str) -> bool:
    """Whether the multiply-adds of such a layer count by every convention."""
    return part in MULTIPLIED or part == "other"


class Asked(msgspec.Struct, frozen=True):
    """The conventions, and which counts are shown.

    `counted` are the quantities that are worked out, in order; `shown` those whose lines a reader sees: what was asked
    for, and what that reads; `totals` the keys of the totals that were asked for, `columns` those of the table.
    `dtypes` are those of params, gradients, optimizer, activations and cache; `states`: how many numbers the optimizer
    keeps of each parameter, None where none is stated; `optimizer` is its name, `master` the type of a copy of the
    weights that it keeps.  `fused`: attention works its weights out anew on the way back.
    `layers`: what is multiplied, where the network is known.
    """

    stored: str
    multiplied: str
    counted: tuple[str, ...]
    shown: frozenset[str]
    totals: tuple[str, ...]
    columns: tuple[str, ...]
    dtypes: Mapping[str, str]
    batch: Size = 1
    biases: bool = False
    half: bool = False
    gradients: bool = False
    optimizer: str = ""
    states: int | None = None
    master: str = ""
    framework: str | None = None
    fused: bool = False
    layers: tuple[Message, ...] = ()

    def counts_output(self, part: str) -> bool:
        """Whether the output of such a layer counts among the activations."""
        if self.stored in ("saved", "peak"):
            return False
        return part in STORED if self.stored == "cs231n" else part != "view"

    def counts_macs(self, part: str) -> bool:
        """Whether the multiply-adds of such a layer count; of one that belongs to no part, it must be said."""
        return self.multiplied == "all" or always_multiplied(part)

    def bytes_of(self, role: str) -> int:
        """How many bytes a number of a role takes."""
        return BYTES[self.dtypes[role]]

    def shows(self, quantity: str) -> bool:
        """Whether a quantity, or a part of it, is shown."""
        return any(key == quantity or key.startswith(f"{quantity}.") for key in self.shown)


def holds_partial(items: tuple[Item, ...]) -> bool:
    """Whether a network has layers as LeNet-5 has them, whose connections were counted."""
    leaves = ((item.layer, item.shapes) for item in walk_items(items) if item.layer is not None)
    return any(
        getattr(layer, "connections", None) or (layer.CATEGORY == "pooling" and layer.parameters(*x))
        for layer, x in leaves
    )


def biased(items: tuple[Item, ...]) -> bool | None:
    """Whether the layers that may have a bias have one; None where they are not alike, or there is none."""
    layers = [item.layer for item in walk_items(items) if item.layer is not None]
    missing = {layer.bias in (ABSENT, False) for layer in layers if "bias" in layer.__struct_fields__}  # type: ignore[attr-defined]
    return True not in missing if len(missing) == 1 else None


def storage_text(n: int) -> str:
    """Bytes as a person says them, to two places, by thousands and by 1,024: 10,643,360 is 10.64 MB (10.15 MiB)."""
    named = [
        by_unit(n, base, names)
        for base, names in ((1000, ("kB", "MB", "GB", "TB")), (1024, ("KiB", "MiB", "GiB", "TiB")))
    ]
    decimal, binary = named
    if not decimal:
        return f"{n} B"
    return f"{decimal} ({binary})" if binary else decimal


def by_unit(n: int, base: int, names: tuple[str, ...]) -> str:
    """So many of the largest unit that fits; "" for less than one."""
    for power in range(len(names), 0, -1):
        if n >= (unit := base**power):
            hundredths = (100 * n + unit // 2) // unit
            return f"{hundredths // 100:,}.{hundredths % 100:02d} {names[power - 1]}"
    return ""
