r"""Chains as rows of an `aligned` environment, none of them wider than a page of GitHub shows.

Reasons stand in a column of their own where the longest row and the longest reason of the block fit together; else
behind their own row if there is room, or below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from hwsolve.formula.notation.tex_words import SIGNS
from hwsolve.render.measure import pieces as unbroken
from hwsolve.render.measure_tex import SIZES, em
from hwsolve.render.mixed import at_top, pieces

LIMIT = 40.0  # em of a row; 43 fit into the column of 832 pixels
WIDEST_LEFT = 14.0  # of a left side that relations are aligned behind
SMALL = 0.8  # a size that a formula is rather set in than taken apart
GAP = 1.2  # before a column of reasons
ARRAY, END = "\\begin{pmatrix}", "\\end{pmatrix}"
BREAKS = ("-", "\\times", "\\cdot")  # that a formula is parted before
RELATIONS = {
    "≈": "\\approx",
    "≤": "\\le",
    "≥": "\\ge",
    "<": "\\lt",
    ">": "\\gt",
    "≠": "\\ne",
    "⟺": "\\iff",
    "→": "\\to",
}

Unit = tuple[str, str]  # "text" or "math", and what is written
Write = Callable[[Sequence[Unit]], str]


class Chain(msgspec.Struct):
    """A written chain, the relation of its first link empty; what is said of it; how far it is set in."""

    links: list[tuple[str, str]]
    reason: list[Unit] = []
    depth: int = 0


def relation_of(text: str) -> str:
    """The relation of a link: one sign, or several, as `→ ≈`."""
    return " {} ".join([SIGNS.get(sign, sign) for sign in text.split()])


def laid_out(chains: Sequence[Chain], write: Write) -> list[str]:
    """The rows of one block."""
    lefts = [em(c.links[0][1]) for c in chains if len(c.links) > 1]
    flush = any(c.depth for c in chains) or max(lefts, default=0.0) > WIDEST_LEFT
    left = 0.0 if flush else max(lefts, default=0.0)
    rows = [chain_rows(c, LIMIT - left, flush) for c in chains]
    longest = left + max(em(row.partition("&")[2]) for found in rows for row in found)
    said = [write(c.reason) if c.reason else "" for c in chains]
    beside = longest + GAP + max(map(em, said)) <= LIMIT
    made = []
    for chain, found, reason in zip(chains, rows, said, strict=True):
        made += found
        if reason and beside:
            made[-1] += f" && {reason}"
        elif reason and left + em(found[-1].partition("&")[2]) + 2.0 + em(reason) <= LIMIT:
            made[-1] += f" \\qquad {reason}"
        elif reason:
            made += [f"& \\qquad {row}" for row in filled(chain.reason, LIMIT - left - 2.0, write)]
    return made


def chain_rows(chain: Chain, room: float, flush: bool) -> list[str]:
    """The rows of a chain, broken before relations, and before signs where a link is too long by itself."""
    set_in = "\\quad " * min(chain.depth, 4)
    room -= min(chain.depth, 4)
    (_, first), *rest = without_wide_arrays(chain.links, room - 2.4)
    if not rest or flush:
        head, *more = parted(first, room, room)
        rows = [f"& {set_in}{head}", *[f"& {set_in}\\quad {piece}" for piece in more]]
        used, lead, inset = em(rows[-1]), f"& {set_in}\\quad", 1.0
    else:
        rows, used, lead, inset = [f"{first} &"], 0.0, "&", 0.0
    for n, (relation, text) in enumerate(rest):
        sign = relation_of(relation)
        size = em(f"{sign} {text}")
        if used and used + size > room and (n or used > room / 3 or size * SMALL <= room - inset):
            rows.append(lead)
            used = inset
        head, *more = parted(text, room - used - 1.4, room - inset - 1.4)
        rows[-1] += f" {sign} {head}" if not rows[-1].endswith("&") else f"{sign} {head}"
        used += em(f"{sign} {head}")
        for piece in more:
            rows.append(f"{lead} \\qquad {piece}")
            used = inset + 2.0 + em(piece)
    return rows


def without_wide_arrays(links: list[tuple[str, str]], room: float) -> list[tuple[str, str]]:
    """A chain without the links between its formula and its value whose arrays are wider than a row."""
    return [
        (relation, text)
        for n, (relation, text) in enumerate(links)
        if n < 2 or n == len(links) - 1 or ARRAY not in text or em(text) * SMALL <= room
    ]


def parted(text: str, first: float, room: float) -> list[str]:
    """A formula in pieces, the first of which has less room; what cannot be parted is set smaller."""
    head, *more = pieces(text, BREAKS, em, first)
    found = [head, *[part for piece in more for part in pieces(piece, BREAKS, em, room - 2.0)]]
    made: list[str] = []
    for piece in found:
        limit = room - 2.0 if made else first
        if em(piece) * SMALL <= limit:
            made.append(smaller(piece, limit))
        elif opened := in_one_line(piece):
            made += parted(opened, limit, room)
        elif (turned := transposed(piece)) and em(turned) * SIZES["\\tiny"] <= limit:
            made.append(smaller(turned, limit))
        else:
            parts = within_parentheses(piece, (" + ", " - "))
            parts = parts if len(parts) > 1 else within_parentheses(piece, (" \\times ", ", "))
            head, *more = merged(parts, limit, room - 2.0)
            made += [smaller(head, limit), *[smaller(p, min(limit, room - 2.0)) for p in more]]
    return made


def within_parentheses(text: str, signs: tuple[str, ...]) -> list[str]:
    """A formula that is broken inside its outer parentheses, which then do not grow."""
    parts, start, braces, depth = [], 0, 0, 0
    shown = ""
    for at, c in enumerate(text):
        if c == "\\":
            braces += text.startswith("\\begin{", at) - text.startswith("\\end{", at)
        braces += (c in "{") - (c in "}")
        if c == "(" and not braces:
            depth += 1
            shown = shown.removesuffix("\\left") if depth == 1 else shown
        if c == ")" and not braces:
            shown = shown.removesuffix("\\right") if depth == 1 else shown
            depth -= 1
        if depth == 1 and not braces and text.startswith(signs, at) and at > start:
            parts.append(shown)
            shown, start = "", at
        shown += c
    return [*parts, shown]


def merged(parts: Sequence[str], first: float, room: float) -> list[str]:
    """Pieces put together as far as they fit into a row."""
    found = [parts[0]]
    for part in parts[1:]:
        if em(found[-1] + part) <= (room if len(found) > 1 else first):
            found[-1] += part
        else:
            found.append(part.strip())
    return found


def in_one_line(text: str) -> str:
    r"""A fraction with its terms at the top level, `a / 4 + b / 4`, where it is one of a long sum; else "".

    Of one term, or a sum in parentheses, the denominator stands in front, `- 1/4 (a + b)`.
    """
    if not text.startswith("\\frac{"):
        return ""
    top, rest = braced(text, len("\\frac"))
    bottom, rest = braced(text, rest)
    terms = at_top(top, (" + ", " - "))
    if rest == len(text) and len(terms) == 1 and not top.removeprefix("-")[:1].isdigit():
        sign = "-" if top.startswith("-") else ""
        return f"{sign}\\frac{{1}}{{{bottom}}} {top.removeprefix('-')}"
    if rest < len(text) or len(terms) < 2:
        return ""
    signs = ["", *[f"{term[:2]}" for term in terms[1:]]]
    bodies = [terms[0], *[term[2:] for term in terms[1:]]]
    return " ".join([f"{sign}\\frac{{{body}}}{{{bottom}}}" for sign, body in zip(signs, bodies, strict=True)])


def transposed(text: str) -> str:
    """An array with more columns than rows as the transpose of one with as many rows; else ""."""
    if not (text.startswith(ARRAY) and text.endswith(END)) or text.count(ARRAY) > 1:
        return ""
    rows = [row.strip().split(" & ") for row in text[len(ARRAY) : -len(END)].split("\\cr")]
    if len(rows) >= len(rows[0]) or len({len(row) for row in rows}) > 1:
        return ""
    turned = " \\cr ".join(" & ".join(column) for column in zip(*rows, strict=True))
    return f"{{{ARRAY} {turned} {END}}}^{{\\top}}"


def braced(text: str, at: int) -> tuple[str, int]:
    """What stands in the braces that open at a place, and where they have ended."""
    depth, start = 0, at + 1
    while True:
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
        if not depth:
            return text[start : at - 1], at


def smaller(text: str, room: float) -> str:
    """A formula in the largest size in which it fits."""
    width = em(text)
    if width <= room:
        return text
    size = next((name for name, scale in SIZES.items() if width * scale <= room), "\\tiny")
    return f"{{{size} {text}}}"


def filled(units: Sequence[Unit], room: float, write: Write) -> list[str]:
    """What is said, in rows: broken between words."""
    rows: list[list[Unit]] = [[]]
    for kind, text in units:
        for part in unbroken(text) if kind == "text" else [text]:
            if rows[-1] and em(write([*rows[-1], (kind, part)])) > room:
                rows.append([])
            rows[-1].append((kind, part))
    return [smaller(write(row), room) for row in rows]
