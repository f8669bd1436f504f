"""What a call says of a source that has no spec: the shapes that come in, and how long a sequence is."""

from __future__ import annotations

from hwsolve.errors import CallError
from hwsolve.importing.settings import Settings
from hwsolve.language import say

MOST_AXES = 8


def settings(shapes: list[str] | None, tokens: int | None, architecture: str | None = None) -> Settings:
    """What is said of a source."""
    return Settings(tuple([shape_of(text) for text in shapes or []]), tokens, architecture)


def shape_of(text: str) -> tuple[int, ...]:
    """A shape as it is typed: `3,224,224`."""
    sizes = [part.strip() for part in text.replace("x", ",").split(",")]
    if not all(size.isdecimal() and len(size) < 10 and int(size) for size in sizes) or len(sizes) > MOST_AXES:
        raise CallError(say("A shape is whole numbers with commas, as in 3,224,224; got {text}.", text=text))
    return tuple(map(int, sizes))
