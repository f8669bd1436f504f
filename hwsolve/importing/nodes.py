"""What a graph and the lists made of it consist of."""

from __future__ import annotations

from typing import Any

import msgspec

Items = list[Any]
MERGES = ("add", "concat", "multiply")


class Scope(msgspec.Struct, frozen=True):
    """One call of a module: `id` tells it from others, `kind` is its class."""

    id: str
    kind: str


class Node(msgspec.Struct):
    """A layer of a graph: what it reads and gives by the ids of quantities, outer calls first in `scopes`.

    A formula has `{0}`, `{1}` where it reads its inputs.  A layer without inputs is a parameter or a constant.
    """

    layer: str
    settings: dict[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    scopes: tuple[Scope, ...] = ()
    label: str = ""  # what its output may be called


class Scoped(msgspec.Struct):
    """The layers of one call of a module; `ports` are names that its body has for what comes in."""

    kind: str
    body: Items
    ports: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    output: str = ""


class Reading(msgspec.Struct, frozen=True):
    """A formula before its quantities have names."""

    text: str
    inputs: tuple[str, ...]
    output: str = ""


def is_source(item: Any) -> bool:
    """Whether an item reads nothing."""
    return isinstance(item, dict) and next(iter(item)) in ("parameter", "constant")
