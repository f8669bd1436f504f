"""Random points: what formulas are evaluated at to find out where they have a value, and whether two are equal.

A value is drawn for a name, or for an element, when it is first asked for.  Whoever starts from one seed gets the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from hwsolve.numbers import exact

Key = tuple[str, tuple[int, ...]]
Dice = random.Random
CONSTANTS = ("pi", "e", "inf")
BOUNDS = {"real": (-2500, 2500), "positive": (200, 2500), "unit": (50, 950), "negative": (-2500, -200)}  # in 1009ths
KINDS = ("near", "near", "far", "whole", "near", "mixed", "equal")
REACH = {"near": 2_500, "far": 25_000, "equal": 2_500}  # of values in 997ths: up to 2.5, and up to 25
LARGEST_WHOLE, LARGEST_POWER = 6, 9


class RandomPoint:
    """A lookup that draws a rational of a name's domain; `known` are values of sizes and indices."""

    def __init__(self, dice: Dice, scalars: dict[str, str], elements: dict[str, str], known: dict[str, int]) -> None:
        self.dice, self.scalars, self.elements = dice, scalars, elements
        self.values: dict[Key, Any] = {(name, ()): value for name, value in known.items()}

    def __call__(self, name: str, indices: tuple[int, ...]) -> Any:
        key = (name, indices)
        if key not in self.values:
            domains = self.elements if indices else self.scalars
            if not indices and name in CONSTANTS and name not in domains:
                raise LookupError(name)
            self.values[key] = self.draw(domains.get(name, "real"))
        return self.values[key]

    def draw(self, domain: str) -> Any:
        """A value of a domain."""
        return exact(self.dice.randint(*BOUNDS[domain]), 1009)


def whole_numbers(dice: Dice, sizes: Iterable[str], indices: Iterable[str]) -> dict[str, int]:
    """Different sizes from 4, and indices within them."""
    names = list(sizes)
    known = dict(zip(names, dice.sample(range(4, 4 + max(6, len(names))), len(names)), strict=True))
    return known | {name: dice.randint(1, 4) for name in indices}


class Point(RandomPoint):
    """A point of a kind: numbers near 0 or far from it, whole ones, of many sizes, or all equal."""

    def __init__(self, domains: dict[str, str], dice: Dice, kind: str, loops: bool) -> None:
        super().__init__(dice, domains, domains, {})
        self.domains, self.kind = domains, kind
        largest = 5 if loops else 40
        sizes = dice.sample(range(5, 5 + max(largest, 2 * len(domains))), len(domains))
        same = dice.randint(1, 4)
        for name, domain in domains.items():
            if domain == "size":
                self.values[name, ()] = sizes.pop() if loops or kind != "mixed" else dice.choice((1, 2, 3, 10**6 + 3))
            elif domain == "index":
                self.values[name, ()] = same if kind == "equal" else dice.randint(1, 4)
        self.shared = self.number() if kind == "equal" else None

    def draw(self, domain: str) -> Any:
        """A value of a domain."""
        if domain == "unit":
            return exact(self.dice.randint(*BOUNDS["unit"]), 997)
        value = self.number() if self.shared is None else self.shared
        if domain == "real":
            return value
        value = abs(value) or exact(1)
        return -value if domain == "negative" else value

    def number(self) -> Any:
        """A real number of the point's kind."""
        sign = self.dice.choice((1, -1))
        if self.kind == "whole":
            return exact(self.dice.randint(-LARGEST_WHOLE, LARGEST_WHOLE))
        if self.kind == "mixed":
            power = self.dice.randint(-LARGEST_POWER, LARGEST_POWER)
            return sign * self.dice.randint(10, 99) * exact(10) ** power
        return sign * exact(self.dice.randint(60, REACH[self.kind]), 997)

    def moved(self, key: Key, value: Any) -> Point:
        """The same point with another value for one name."""
        other = Point(self.domains, self.dice, self.kind, True)
        other.values, other.shared = self.values | {key: value}, self.shared
        return other


def random_points(domains: dict[str, str], dice: Dice, loops: bool, most: int) -> Iterator[Point]:
    """Points of every kind in turn."""
    for trial in range(most):
        yield Point(domains, dice, KINDS[trial % len(KINDS)], loops)
