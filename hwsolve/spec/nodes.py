"""What a YAML text says, with the place of every part: scalars, sequences, mappings.

A scalar keeps its text as it was typed; what it means is decided by the field that reads it.
"""

from __future__ import annotations

import msgspec


class Node(msgspec.Struct, gc=False):
    """A part of the text; `line` and `column` count from 1.  A negative line: see spec/override.py."""

    line: int
    column: int


class Scalar(Node, gc=False):
    """A single value; `plain` where it stands without quotes."""

    text: str
    plain: bool = True


class Sequence(Node, gc=False):
    """A list."""

    items: list[Node]


class Mapping(Node, gc=False):
    """Keys with their values, in order; each entry is (the key's own scalar, the value)."""

    entries: dict[str, tuple[Scalar, Node]]


def is_null(node: Node) -> bool:
    """Nothing, `~` or `null` where a value could stand."""
    return type(node) is Scalar and node.plain and node.text in ("", "~", "null", "Null", "NULL")
