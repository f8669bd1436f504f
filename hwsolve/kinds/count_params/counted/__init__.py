"""The quantities that are counted, by their keys: a new one is a record in the module of its family."""

from __future__ import annotations

from hwsolve.kinds.count_params.counted import activations, memory, parameters, products, products_of_windows, windows
from hwsolve.kinds.count_params.counted.record import Counted

FAMILIES = (parameters, activations, products, memory, windows, products_of_windows)
QUANTITIES: dict[str, Counted] = {record.key: record for family in FAMILIES for record in family.QUANTITIES}
TRAINABLE = "trainable"  # another spelling of its column
COLUMNS = {record.key: record.key for record in QUANTITIES.values() if record.column} | {TRAINABLE: "params.trainable"}
RESERVED = frozenset(part for key in QUANTITIES for part in key.split(".")[1:])  # no layer may be called so
FIRST = frozenset(key.partition(".")[0] for key in QUANTITIES)  # nor a size


def quantity_of(key: str) -> str:
    """The quantity that a key is of: that of the longest name it begins with; "" for none."""
    parts = key.split(".")
    return next((q for n in range(len(parts), 0, -1) if (q := ".".join(parts[:n])) in QUANTITIES), "")
