"""What is said of a source on the command line."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """The shapes that come in, without a batch axis, and how long a sequence is where it need not have a name."""

    shapes: tuple[tuple[int, ...], ...] = ()
    tokens: int | None = None


NO_SETTINGS = Settings()
