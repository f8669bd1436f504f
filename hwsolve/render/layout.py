"""Chains in rows of text: links side by side, broken before a relation where a row is full, a reason at the right."""

from __future__ import annotations

from collections.abc import Sequence

from hwsolve.formula.tree import Call, Formula, walk
from hwsolve.render.boxes import Box, Write, beside, box_of, text_box
from hwsolve.render.chain import Link
from hwsolve.render.measure import fill, width
from hwsolve.render.wrap import broken, equation

MEASURE = 100  # reasons end at this column at the latest, however wide the page
INSET = 2  # of the rows below a long left side


def chain_rows(links: Sequence[Link], columns: int, indent: int, write: Write) -> tuple[list[str], int]:
    """The rows of a chain, and which of them its reason stands beside if there is room."""
    if not any(has_array(f) for _, f in links):
        rows = equation([(relation, write(f)) for relation, f in links], columns, indent)
        return rows, len(rows) - 1
    room = columns - indent
    boxes = boxes_of(links, write)
    if sum(b.width for b in boxes) > room:
        kept = without_middle(links, boxes, room)
        links, boxes = [links[n] for n in kept], [boxes[n] for n in kept]
    return boxed_rows(links, boxes, columns, indent, write)


def without_middle(links: Sequence[Link], boxes: Sequence[Box], room: int) -> list[int]:
    """The links without so many of the arrays in the middle as there is no room for; what is worked out last stays."""
    last = len(links) - 1
    fits = {1} if boxes[1:] and boxes[1].width + INSET <= room else set()
    middle = [n for n, (_, f) in enumerate(links) if n not in {0, last, *fits} and has_array(f)]
    for k in range(len(middle) + 1):
        kept = [n for n in range(len(links)) if n not in middle[:k]]
        if sum(boxes[n].width for n in kept) <= room:
            break
    return kept


def boxed_rows(
    links: Sequence[Link], boxes: Sequence[Box], columns: int, indent: int, write: Write
) -> tuple[list[str], int]:
    """Links side by side; one that has no room starts a row, and takes several where it is wider than that."""
    room = columns - indent
    hang = hang_of(boxes, room)
    rows: list[str] = []
    line: list[Box] = []
    for (relation, f), box in zip(links, boxes, strict=True):
        set_in = hang if relation else 0
        if set_in + box.width > room:
            below = parted(relation, f, room - set_in, write)
            beside_left = len(line) == 2 and len(line[1].rows) == 1 and line[1].width == set_in
            rows += [] if beside_left else placed(line, indent)
            lead = line[1].rows[0] if beside_left else " " * set_in
            rows += [" " * indent + (" " * set_in if n else lead) + row for n, row in enumerate(below)]
            line = []
            continue
        if line and sum(b.width for b in line) + box.width > room:
            rows += placed(line, indent)
            line = []
        line += [box] if line else [text_box(" " * set_in), box]
    if not line:
        return rows, len(rows) - 1
    return [*rows, *placed(line, indent)], len(rows) + beside(line).base


def hang_of(boxes: Sequence[Box], room: int) -> int:
    """How far rows below the first are set in: as wide as the left side, unless one of them then has no room."""
    first = boxes[0].width
    needed = any(first + b.width > room >= INSET + b.width for b in boxes[1:])
    return INSET if needed or first > room // 3 else first


def parted(relation: str, f: Formula, room: int, write: Write) -> list[str]:
    """A link that is wider than a row: a matrix as its rows under each other, each broken between elements."""
    lead = f" {relation} " if relation else ""
    if type(f) is not Call or f.name != "[]" or not all(type(row) is Call and row.name == "[]" for row in f.args):
        return broken(lead + write(f), room, room - width(lead) - 2, width(lead) + 2)
    texts = [f"[{', '.join([write(cell) for cell in row.args])}]" for row in f.args if type(row) is Call]
    texts = [text + end for text, end in zip(texts, [","] * (len(texts) - 1) + ["]"], strict=True)]
    inner = room - width(lead) - 1
    rows = [row for text in texts for row in broken(text, inner, inner - 1, 1)]
    return [(" " * width(lead) + " " if n else lead + "[") + row for n, row in enumerate(rows)]


def placed(line: list[Box], indent: int) -> list[str]:
    """A row of boxes, set in."""
    return [(" " * indent + row).rstrip() for row in beside(line).rows] if line else []


def boxes_of(links: Sequence[Link], write: Write) -> list[Box]:
    """Each link with its relation in front."""
    found = []
    for relation, f in links:
        box = box_of(f, write)
        gap = "" if relation.startswith(":") else " "
        found.append(beside([text_box(f"{gap}{relation} "), box]) if relation else box)
    return found


def has_array(f: Formula) -> bool:
    """Whether a formula holds an array of numbers."""
    return any(type(node) is Call and node.name == "[]" for node in walk(f))


def with_reason(rows: list[str], base: int, reason: str, columns: int) -> list[tuple[str, str]]:
    """Rows and what stands at their right: the reason at the end of its link, else in rows of its own below."""
    measure = min(columns, MEASURE)
    paired = [(row, "") for row in rows]
    if not reason:
        return paired
    used, wanted = width(rows[base]), width(reason)
    if max(width(row) for row in rows[base:]) + 2 + wanted <= columns:
        paired[base] = (rows[base], " " * max(measure - used - wanted, 2) + reason)
        return paired
    below = fill(reason, columns - 4)
    return paired + [("", " " * (min(columns, max(measure, width(row))) - width(row)) + row) for row in below]


def flowed(rows: list[Box], columns: int, gap: int = 3) -> list[str]:
    """Boxes beside each other, as many as fit, the next ones below."""
    out: list[str] = []
    line: list[Box] = []
    for box in rows:
        used = sum(b.width for b in line)
        if line and used + gap + box.width > columns:
            out += [row.rstrip() for row in beside(line).rows]
            line = []
        if line:
            line.append(text_box(" " * gap))
        line.append(box)
    return [*out, *[row.rstrip() for row in beside(line).rows]] if line else out
