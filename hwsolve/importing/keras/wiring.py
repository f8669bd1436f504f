"""Which tensors the calls of a layer read, as Keras 2 and Keras 3 write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Key = tuple[str, int, int]  # of a tensor: layer, call, output


class Malformed(Exception):
    """A call that is not written as Keras writes it."""


class Call(msgspec.Struct, frozen=True):
    """What one call reads, in order and by name, and the numbers among its arguments."""

    reads: tuple[Key, ...]
    named: dict[str, Key]
    numbers: tuple[float, ...]

    @property
    def all(self) -> tuple[Key, ...]:
        """All tensors."""
        return (*self.reads, *self.named.values())


def calls_of(layer: dict[str, Any]) -> list[Call]:
    """The calls of a layer."""
    nodes = layer.get("inbound_nodes") or []
    if not isinstance(nodes, list):
        raise Malformed
    return [call_of(node) for node in nodes]


def call_of(node: Any) -> Call:
    """One call."""
    if isinstance(node, dict):  # Keras 3
        args, kwargs = node.get("args", []), node.get("kwargs", {})
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise Malformed
        named = {word: found[0] for word, v in kwargs.items() if (found := list(tensors(v)))}
        return Call(tuple(tensors(args)), named, tuple(n for n in args if type(n) in (int, float)))
    if not isinstance(node, list):
        raise Malformed
    reads, named = [], {}
    for source in listed(node):
        reads.append(key(source))
        for word, other in (source[3] if len(source) > 3 and isinstance(source[3], dict) else {}).items():
            if isinstance(other, list) and len(other) >= 3 and isinstance(other[0], str) and type(other[1]) is int:
                named[word] = key(other)
    return Call(tuple(reads), named, ())


def tensors(value: Any) -> Iterator[Key]:
    """The tensors in the arguments of a call of Keras 3."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        yield key(config.get("keras_history") if isinstance(config, dict) else None)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors(part)


def listed(value: Any) -> list[Any]:
    """Keys of tensors: one stands without a list around it."""
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise Malformed
    return [value] if value and isinstance(value[0], str) else value


def key(value: Any) -> Key:
    """The key of a tensor."""
    if not isinstance(value, list) or len(value) < 3:
        raise Malformed
    name, call, output = value[:3]
    if not isinstance(name, str) or type(call) is not int or type(output) is not int:
        raise Malformed
    return name, call, output
