"""Parts of a schema that contain themselves, as a residual branch holds layers, are written once and referred to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_definitions: ContextVar[dict[str, Any] | None] = ContextVar("definitions", default=None)


@contextmanager
def collecting() -> Iterator[dict[str, Any]]:
    """While a schema is made: the definitions that it refers to, by name."""
    definitions: dict[str, Any] = {}
    token = _definitions.set(definitions)
    try:
        yield definitions
    finally:
        _definitions.reset(token)


def defined(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A reference to the schema that `make` gives, which may refer to itself by the same name."""
    definitions = _definitions.get()
    if definitions is None:
        with collecting():
            return defined(name, make)
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = make()
    return {"$ref": f"#/$defs/{name}"}
