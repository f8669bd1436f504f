"""Chains in rows of text: links side by side, broken before a relation where a row is full, a reason at the right."""

from __future__ import annotations

from collections.abc import Sequence

from hwsolve.formula.tree import Call, Formula, walk
from hwsolve.render.boxes import Box, Write, beside, box_of, text_box
from hwsolve.render.chain import Link
from hwsolve.render.measure import fill, width
from hwsolve.render.wrap import broken, equation, with_remark


def chain_rows(links: Sequence[Link], columns: int, indent: int, write: Write) -> tuple[list[str], int]:
    """The rows of a chain, and which of them its reason stands beside if there is room."""
    if not any(has_array(f) for _, f in links):
        rows = equation([(relation, write(f)) for relation, f in links], columns, indent)
        return rows, len(rows) - 1
    room = columns - indent
    boxes = boxes_of(links, write)
    if sum(b.width for b in boxes) > room and len(links) > 3:
        kept = [link for n, link in enumerate(links) if n in (0, 1, len(links) - 1) or not has_array(link[1])]
        boxes = boxes_of(kept, write)
    if any(b.width > room - 4 for b in boxes):
        rows = wide_rows(links, columns, indent, write)
        return rows, len(rows) - 1
    hang = boxes[0].width if boxes[0].width <= room // 3 else 2
    rows, line, base = [], [boxes[0]], 0
    for b in boxes[1:]:
        if len(line) > 1 and sum(x.width for x in line) + b.width > room:
            rows += placed(line, indent)
            line = [text_box(" " * hang)]
        line.append(b)
    base = len(rows) + beside(line).base
    return [*rows, *placed(line, indent)], base


def wide_rows(links: Sequence[Link], columns: int, indent: int, write: Write) -> list[str]:
    """A chain whose last array is too wide for a box: its rows under each other, each broken between elements."""
    *front, (relation, last) = links
    if type(last) is not Call or last.name != "[]" or not any(has_array(a) for a in last.args):
        return equation([(r, write(f)) for r, f in links], columns, indent)
    rows = equation([*[(r, write(f)) for r, f in front if not has_array(f)], (relation, "[")], columns, indent)
    hang = width(rows[-1]) if width(rows[-1]) <= columns // 3 else indent + 4
    texts = [f"[{', '.join([write(cell) for cell in row.args])}]" for row in last.args if type(row) is Call]
    texts = [text + end for text, end in zip(texts, [","] * (len(texts) - 1) + ["]"], strict=True)]
    below = [part for text in texts for part in broken(text, columns - hang, columns - hang - 1, 1)]
    joined_first = width(rows[-1]) == hang
    first, rest = (rows[-1] + below[0], below[1:]) if joined_first else (rows[-1], below)
    return [*rows[:-1], first, *[" " * hang + part for part in rest]]


def placed(line: list[Box], indent: int) -> list[str]:
    """A row of boxes, set in."""
    return [(" " * indent + row).rstrip() for row in beside(line).rows]


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


def with_reason(rows: list[str], base: int, reason: str, columns: int, measure: int) -> list[tuple[str, str]]:
    """Rows and what stands at their right: the reason on the baseline, else in rows of its own below."""
    if not reason or base == len(rows) - 1:
        return with_remark(rows, reason, columns, measure)
    used, wanted = width(rows[base]), width(reason)
    tallest = max(width(row) for row in rows[base:])
    paired = [(row, "") for row in rows]
    if max(used, tallest) + 2 + wanted <= columns:
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
