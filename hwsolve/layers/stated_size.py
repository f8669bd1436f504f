"""Sizes that a problem states in place of a window: what the shapes say against them."""

from __future__ import annotations

from math import isqrt

from hwsolve.language import Message, say


def stated_size_warnings(features: int, channels: int) -> list[Message]:
    """What the shapes say against a stated number of values in square maps."""
    each, left = divmod(features, channels)
    if not left and isqrt(each) ** 2 == each:
        return []
    side = isqrt(features)
    n, all_maps = f"{features:,}", f"{features * channels:,}"
    if left:
        why = say("{n} values can't come from {channels} maps of one size", n=n, channels=channels)
    else:
        why = say(
            "{n} values in {channels} maps are {each} each, which is no square map",
            n=n,
            channels=channels,
            each=f"{each:,}",
        )
    if side**2 != features:
        return [say("{why}.", why=why)]
    return [
        say(
            "{why}: {n} is one {side}×{side} map; {channels} maps hold {all_maps}.",
            why=why, n=n, side=side, channels=channels, all_maps=all_maps,
        )
    ]  # fmt: skip
