"""What pages in HTML are put together from: long sums as terms, relations, words, and how wide a left side is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.mathml_elements import mo
from hwsolve.formula.notation.operands import terms
from hwsolve.formula.tree import Call, Formula, references
from hwsolve.render.measure import CLOSING, OPENING, width
from hwsolve.render.mixed import Part

OPENS, CLOSES = re.compile(f"[(\\[{OPENING}]+$"), re.compile(f"^[.,;:!?)\\]{CLOSING}]+")
WIDE = 26  # columns of a left side that the rest of its chain stands below


def across(f: Formula) -> int:
    """The columns of a formula; of a fraction or a derivative those of its wider half.  Indices are small."""
    if isinstance(f, Call) and f.name in ("/", "diff"):
        return max(map(across, f.args)) + 1
    spared = sum([width(unicode(i)) + len(", ") for ref in references(f) for i in ref.indices]) // 3
    return width(unicode(f)) - spared


def spread(f: Formula) -> Formula:
    """A long sum over one number, or behind a minus, as a sum: a row can be broken between its terms."""
    if not isinstance(f, Call) or f.name not in ("/", "neg"):
        return f
    parts = terms(f.args[0])
    if len(parts) < 2:
        return f
    made: list[tuple[str, Formula]]
    if f.name == "/":
        made = [(sign, Call("/", (part, f.args[1]))) for sign, part in parts]
    else:
        made = [("+" if sign == "-" else "-", part) for sign, part in parts]
    (sign, total), *rest = made
    total = Call("neg", (total,)) if sign == "-" else total
    for sign, part in rest:
        total = Call(sign, (total, part))
    return total


def signs(relation: str) -> str:
    """The relation of a link: one sign, or several, as `→ ≈`."""
    if relation == ":":
        return '<mo lspace="0" rspace="0.3em">:</mo>'
    return "".join(map(mo, relation.split()))


def marked(kind: str, text: str) -> str:
    """Text or code, escaped."""
    return f"<code>{escape(text)}</code>" if kind == "code" else escape(text, quote=False)


def tied(parts: Iterable[Part]) -> str:
    """The parts of a sentence; no row parts a formula from the sign that opens before it or closes behind it."""
    found = [("text", ""), *parts, ("text", "")]
    made = ""
    for n, (kind, written) in enumerate(found):
        if kind != "math":
            made += marked(kind, written)
            continue
        opens = OPENS.search(found[n - 1][1]) if found[n - 1][0] == "text" else None
        closes = CLOSES.search(found[n + 1][1]) if found[n + 1][0] == "text" else None
        if opens:
            made = made.removesuffix(opens[0])
        if closes:
            found[n + 1] = "text", found[n + 1][1][closes.end() :]
        both = f"{opens[0] if opens else ''}{written}{closes[0] if closes else ''}"
        made += f'<span class="tie">{both}</span>' if opens or closes else written
    return made


def in_block(cell: str) -> str:
    """A cell with formulas as a block, which is never narrower than they are; a cell itself may be."""
    return f"<div>{cell}</div>" if "<math" in cell else cell
