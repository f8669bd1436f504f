"""Parameters: all of them, by role, and those that are trained.  Their lines are written together (layer_counts.py)."""

from __future__ import annotations

from hwsolve.derivation.size_lines import same
from hwsolve.formula.tree import Ref
from hwsolve.kinds.count_params.counted.record import Counted
from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.language import say
from hwsolve.layers.base import Layer
from hwsolve.layers.items import Item
from hwsolve.solution import Line


def active(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The parameters that work on a row: of a layer by itself, all."""
    count = counts.values["params"].get(item.path)
    if count is not None and not isinstance(count, AtLeast):
        line = same(Ref(f"params.active.{item.path}"), Ref(f"params.{item.path}"), count)
        counts.put("params.active", item.path, count, lines, line)


QUANTITIES = (
    Counted("params", say("parameters"), say("Parameters"), always=True, experts=True),
    Counted("params.weight", say("parameters in weights"), say("Weights"), always=True, experts=True),
    Counted("params.bias", say("parameters in biases"), say("Biases"), always=True, experts=True),
    Counted("params.trainable", say("trainable parameters"), say("Trainable"), always=True, experts=True),
    Counted("params.frozen", say("frozen parameters"), say("Frozen"), always=True, experts=True),
    Counted("params.active", say("active parameters"), say("Active"), active, reads=("params",)),
    Counted("params.buffers", say("numbers in buffers"), say("Buffers"), always=True, experts=True),
)
