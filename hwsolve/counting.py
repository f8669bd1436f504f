"""What a page counts from, and its letters: `notation` of a spec, which changes pages alone, never keys or JSON lines.

Indices count from 1 everywhere but on a page that counts from 0.  A formula shows by itself what its indices are; at a
place of a sentence `At` says that a number or a formula is one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.tree import Call, Formula, formula


class Notation(msgspec.Struct, frozen=True):
    """How a page counts and what it calls things: "" and () stand for what is usual."""

    count_from: int = 1
    layers: str = ""
    units: tuple[str, ...] = ()
    gradients: str = ""


class At(msgspec.Struct, frozen=True):
    """An index, counted from 1, at a place of a sentence."""

    formula: Formula

    def __str__(self) -> str:
        """As it counts from 1."""
        return str(self.formula)


class Either(msgspec.Struct, frozen=True):
    """What a sentence says where indices count from 1, and what it says where they count from 0."""

    one: Any
    zero: Any

    def __str__(self) -> str:
        """As it counts from 1."""
        return str(self.one)


class Taken(msgspec.Struct, frozen=True):
    """What is chosen at a place of a sentence, K = 3: a formula that says something, and claims nothing."""

    formula: Call

    @property
    def name(self) -> str:
        """The relation that it says."""
        return self.formula.name

    def __str__(self) -> str:
        """As text."""
        return str(self.formula)


def taken(name: Formula, value: Formula | int) -> Taken:
    """A name that is given a value."""
    return Taken(Call("==", (name, formula(value))))


def from_one(value: Any) -> Any:
    """What stands at a place where indices count from 1."""
    if type(value) is At or type(value) is Taken:
        return value.formula
    return value.one if type(value) is Either else value
