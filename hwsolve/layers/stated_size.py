"""Sizes that a problem states in place of a window: how they are written, and what the shapes say against them."""

from __future__ import annotations

from math import isqrt

from hwsolve.language import Message, say


def stated_text(channels: str, features: str | None) -> Message:
    """A map whose sides are unknown: how many channels it has, and how many values they hold where that is stated."""
    if features is None:
        return say("one channel") if channels == "1" else say("{channels} channels", channels=channels)
    if channels == "1":
        return say("{n} values in one channel", n=features)
    return say("{n} values in {channels} channels", n=features, channels=channels)


def stated_size_warnings(features: int, channels: int) -> list[Message]:
    """What the shapes say against a stated number of values in square maps."""
    each, left = divmod(features, channels)
    if not left and isqrt(each) ** 2 == each:
        return []
    side = isqrt(features)
    n, all_maps = f"{features:,}", f"{features * channels:,}"
    if left:
        why = say("{n} is not divisible by {channels}, the number of maps", n=n, channels=channels)
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
            "{why}: {n} is one {side}×{side} map; {channels} such maps hold {all_maps}.",
            why=why, n=n, side=side, channels=channels, all_maps=all_maps,
        )
    ]  # fmt: skip
