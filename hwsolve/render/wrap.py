"""Long formulas in several rows: broken before an operator, the rows below set under the first `=`.

w⁺ = w − η · ∂E/∂w = 0.5 − 1 × (−0.04068)
   = 0.54068
"""

from __future__ import annotations

import re

from hwsolve.render.measure import chopped, fits, width

POWER = r" (?=[×*] 10[⁻⁰¹²³⁴-⁹^])"  # 6.8 × 10⁻⁸ is one number
BREAKS = re.compile(
    rf"(?P<power>{POWER})| (?=[+−=≈<>≤≥~-] |[<>!]= )| (?=[×·*] )|(?<=, )|(?<=,) (?=\S)| (?=if |else |若 |否则 )"
    r"| (?=[ΣΠ∫]\[)|(?<=\]) (?=[\w(∂])"
    r"|(?P<slash>(?<=[)\w])(?=/[(√|])|(?<=\))(?=\())|(?P<open>(?<=\w\()(?=\S))"
    r"|(?P<partial>(?<=\S)(?=/[∂d]))|(?P<space>(?<![×·*+−=≈<>≤≥~/-]) (?=\S))|(?P<digits>(?<=,)(?=\d))"
)
EARLY = 90  # a sign in the beginning of a row
RESORTS = {"slash": 92, "space": 93, "open": 94, "partial": 95, "power": 96, "digits": 100}  # if nothing else is left
AHEAD = 4  # of a long formula so many times a row are looked at
NUMBER = re.compile(r"[−-]?[\d.,/×*^ ⁻⁰¹²³⁴-⁹-]+")  # it closes a chain in the row that it meets
Link = tuple[str, str]  # a relation and what stands behind it, written
LOOSE, TIGHT, LIST = 0, 1, 2  # + binds less than ×; a comma is the last resort


def equation(links: list[Link], columns: int, indent: int = 0) -> list[str]:
    """The rows of a chain of equal things, none wider than `columns` where that can be."""
    first = links[0][1]
    if first.isspace() and indent + width(first) + 1 > min(indent + columns // 3, columns - 12):
        first = " " * 3  # what stands above is so long that the chain does not go on behind it
    rows = [" " * indent + row for row in broken(first, columns - indent, columns - indent - 4, 4)]
    if len(links) == 1:
        return rows
    hang = indent + width(first) + 1
    if len(rows) > 1 or hang > min(indent + columns // 3, columns - 12):
        hang = indent + 4
    parted = False  # whether the link above takes several rows: what a formula equals then begins its own
    for n, (relation, text) in enumerate(links[1:]):
        link = f"{relation} {text}"
        room = columns - width(rows[-1]) - 1
        apart = n > 0 and parted and not NUMBER.fullmatch(text)
        parted = False
        if width(link) <= room and not apart:
            rows[-1] += " " + link
            continue
        below = columns - hang
        if n > 0 or width(link) <= below or room < columns // 3:
            parts = broken(link, below, below - 2, 2)
            parted = len(parts) > 1
            rows += [" " * hang + part for part in parts]
        else:
            parts = broken(link, room, below - 2, 2)
            parted = len(parts) > 1
            rows[-1] += " " + parts[0]
            rows += [" " * hang + part for part in parts[1:]]
    return rows


def broken(text: str, room: int, below: int, inset: int) -> list[str]:
    """One formula in rows: `room` columns for the first, `below` for each further one, which is set in by `inset`."""
    rows, lead, start = [], "", 0
    room, below = max(room, 8), max(below, 8)
    while not fits(part := text[start : start + AHEAD * room], room):
        head = part[: break_before(part, room)] or chopped(part, room)[0]
        rows.append(lead + head.rstrip())
        start += len(head)
        while text[start : start + 1].isspace():
            start += 1
        room, lead = below, " " * inset
    return [*rows, lead + text[start:]]


def break_before(text: str, room: int) -> int:
    """Where to break: the last of the loosest operators that fit, outside parentheses if it can be; 0 for nowhere."""
    depths = nesting(text, room)
    best: tuple[int, int] | None = None
    place = 0
    for found in BREAKS.finditer(text, 1):
        at = found.start()
        if at >= len(depths) or width(text[:at].rstrip()) > room:
            break
        kind = kind_of(text[at:].lstrip()[:2])
        least = room // 5 if depths[at] < 0 and kind == LOOSE else room * 2 // 5  # a bracket of the row above has ended
        rank = (depths[at], kind) if at >= least else (EARLY, 0)
        if found.lastgroup:
            rank = (RESORTS[found.lastgroup], depths[at])
        if best is None or rank <= best:
            best, place = rank, at
    return place


def kind_of(sign: str) -> int:
    """How tightly what a row would begin with binds; − in front of a number is no operator."""
    if sign[1:] not in (" ", "="):
        return LIST
    return LOOSE if sign[0] in "+−=≈<>≤≥~!-" else TIGHT if sign[0] in "×·*" else LIST


def nesting(text: str, room: int) -> list[int]:
    """How many brackets are open before each character."""
    depth, depths = 0, []
    for c in text[: room + 2]:
        depth -= c in ")]}⌋⌉"
        depths.append(depth)
        depth += c in "([{⌊⌈"
    return depths
