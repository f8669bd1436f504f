"""Sentences for formats that set text and mathematics differently, taken apart, and long formulas in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hwsolve.counting import from_one
from hwsolve.formula.tree import Call, Formula
from hwsolve.language import Message, translate, visible
from hwsolve.render.chain import Link
from hwsolve.solution import Quantity, Text

PLACES = 0xF0000  # private signs that hold the places of formulas while a sentence is translated
PLACE = re.compile(f"([{chr(PLACES)}-{chr(PLACES + 999)}])")
CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")

Part = tuple[str, str]  # "text", "code" or "math", and what is written


def mixed(text: Text, language: str, inline: Callable[[object], str]) -> Iterator[Part]:
    """The parts of a sentence in their order; `inline` writes what stands at its places as mathematics."""
    found: list[str] = []

    def kept(value: object) -> object:
        value = from_one(value)
        if not isinstance(value, Formula | Quantity):
            return value
        found.append(inline(value))
        return chr(PLACES + len(found) - 1)

    whole = translate(text, language, kept) if isinstance(text, Message) else visible(text)
    for part in PLACE.split(whole):
        if PLACE.fullmatch(part):
            yield "math", found[ord(part) - PLACES]
            continue
        for n, piece in enumerate(CODE.split(part)):
            if piece:
                yield ("code" if n % 2 else "text"), piece


def opened(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """A single equation as its two sides."""
    if len(links) == 1 and isinstance(links[0][1], Call) and links[0][1].name == "==":
        left, right = links[0][1].args
        return (links[0][0], left), ("=", right)
    return links


def pieces(text: str, signs: tuple[str, ...], length: Callable[[str], float], longest: float) -> list[str]:
    """A written formula, too long for a row, in pieces that begin with a sign at its top level.

    Signs are tried in their order: a formula is parted at products only where sums are not enough.
    """
    if length(text) <= longest or not signs:
        return [text]
    first, *rest = signs
    parts = at_top(text, (" + ", f" {first} ") if first in "−-" else (f" {first} ",))
    merged: list[str] = []
    for part in parts:
        if merged and length(merged[-1]) + length(part) <= longest * 2 / 3:
            merged[-1] += " " + part
        else:
            merged.append(part)
    return [piece for part in merged for piece in pieces(part, tuple(rest), length, longest)]


def at_top(text: str, signs: tuple[str, ...]) -> list[str]:
    """The text parted before signs that stand in no braces, parentheses, quotes or environments."""
    parts, start, depth, quoted = [], 0, 0, False
    for at, c in enumerate(text):
        quoted ^= c == '"' and text[at - 1 : at] != "\\"
        if quoted:
            continue
        depth += (c in "{([") - (c in "})]")
        if c == "\\":
            depth += text.startswith("\\begin{", at) - text.startswith("\\end{", at)
        if depth == 0 and at > start and any(text.startswith(sign, at) for sign in signs):
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def quotient(text: str, begin: str, between: str, end: str) -> tuple[str, str, str] | None:
    """A relation, and above and below of the one fraction behind it; None where a formula is something else."""
    front, found, rest = text.partition(begin)
    if not found or " " in front.strip() or front.strip()[-1:].isalnum() != front.startswith("\\"):
        return None
    depth, middle = 0, -1
    for at, c in enumerate(rest):
        if depth == 0 and middle < 0 and rest.startswith(between, at):
            middle = at
        if depth == 0 and rest.startswith(end, at) and not rest.startswith(between, at):
            whole = middle >= 0 and at + len(end) == len(rest)
            return (front, rest[:middle].strip(), rest[middle + len(between) : at].strip()) if whole else None
        depth += (c in "{([") - (c in "})]")
    return None
