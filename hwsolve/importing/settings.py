"""What is said of a source on the command line."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """The shapes that come in, without a batch axis, how long a sequence is where it need not have a name, and which
    architecture of its family a config.json is read as, in place of the one that it names."""

    shapes: tuple[tuple[int, ...], ...] = ()
    tokens: int | None = None
    architecture: str | None = None


NO_SETTINGS = Settings()
