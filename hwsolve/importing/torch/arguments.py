"""The arguments of functions by name."""

from __future__ import annotations

from typing import Any


def argument(names: str, args: tuple[Any, ...], kwargs: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """The arguments of a function by name; the first is the tensor."""
    return defaults | dict(zip(names.split(), args[1:], strict=False)) | kwargs
