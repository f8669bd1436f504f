"""Other readings of a problem, under which a published answer may be right: what a kind gives, and comparing uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hwsolve.language import Message
from hwsolve.solution import Answer


class Cause(NamedTuple):
    """One thing that is taken otherwise, in words, and the answers where it alone is."""

    why: Message
    answers: dict[str, Answer]


class Reading(NamedTuple):
    """Why something is right under another reading, and the answers there.

    `causes`: what is taken otherwise, one by one, where the answers are counts; `last`: where no other reading fits.
    """

    why: Message
    answers: dict[str, Answer]
    causes: tuple[Cause, ...] = ()
    last: bool = False


Readings = Iterable[Reading]
