"""What pages in HTML are put together from: long links in pieces, relations, words, and how wide a left side is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.mathml_elements import mo
from hwsolve.formula.notation.operands import terms
from hwsolve.formula.tree import Call, Formula, references
from hwsolve.render.measure import CLOSING, OPENING, width
from hwsolve.render.mixed import Part

OPENS, CLOSES = re.compile(f"[(\\[{OPENING}]+$"), re.compile(f"^[.,;:!?)\\]{CLOSING}]+")
WIDE = 26  # columns of a left side that the rest of its chain stands below
NARROW = 40  # columns of a piece of a link, which a narrow screen has room for
TAG = re.compile(r"<(/?)\w[^>]*>")
COMMA = mo(",")
SIGNS = [mo(sign) for sign in "+−=≈<>≤≥⟺"]  # that a piece begins with
BRACKETS = re.compile(r"<mo[^>]*>\(</mo>.*<mo[^>]*>\)</mo>", re.S)


def across(f: Formula) -> int:
    """The columns of a formula; of a fraction or a derivative those of its wider half.  Indices are small."""
    if isinstance(f, Call) and f.name in ("/", "diff"):
        return max(map(across, f.args)) + 1
    spared = sum([width(unicode(i)) + len(", ") for ref in references(f) for i in ref.indices]) // 3
    return width(unicode(f)) - spared


def spread(f: Formula) -> Formula:
    """A long sum over one number, or behind a minus, as a sum: a row can be broken between its terms.

    Of a long product over one number the last factor, where it is a sum, stands behind the fraction of the others.
    """
    if isinstance(f, Call) and f.name in ("+", "-"):
        return Call(f.name, tuple(map(spread, f.args)))
    if not isinstance(f, Call) or f.name not in ("/", "neg"):
        return f
    if f.name == "/" and across(f.args[0]) > NARROW and (parted := factored(f.args[0])) is not None:
        return Call("*", (Call("/", (parted[0], f.args[1])), parted[1]))
    parts = terms(spread(f.args[0]))
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


def factored(f: Formula) -> tuple[Formula, Formula] | None:
    """A product as its first factors and its last one, if that is a sum."""
    match f:
        case Call("*", (*first, Call("+" | "-") as last)) if first:
            return (first[0] if len(first) == 1 else Call("*", tuple(first))), last
    return None


def elements(text: str) -> list[str]:
    """MathML as the elements that stand beside each other."""
    found, depth, start = [], 0, 0
    for tag in TAG.finditer(text):
        depth += -1 if tag[1] else 1
        if not depth:
            found.append(text[start : tag.end()])
            start = tag.end()
    return found


def columns(text: str) -> int:
    """The columns of what MathML shows."""
    return width(unescape(TAG.sub("", text)))


def held(element: str) -> list[str]:
    """The elements of a row in parentheses; none of anything else."""
    inner = element.removeprefix("<mrow>").removesuffix("</mrow>")
    return elements(inner) if len(inner) + len("<mrow></mrow>") == len(element) and BRACKETS.fullmatch(inner) else []


def cut(text: str) -> list[str]:
    """A piece of a link, too long for a narrow screen, in pieces that begin with signs inside its parentheses."""
    parts = elements(text) if columns(text) > NARROW else []
    if parts and parts[0].startswith("<mrow><mo>−</mo>"):  # a minus before what is in parentheses
        parts[:1] = elements(parts[0].removeprefix("<mrow>").removesuffix("</mrow>"))
    at = max((n for n, part in enumerate(parts) if held(part)), key=lambda n: columns(parts[n]), default=-1)
    if at < 0:
        return [text]
    first, *rest = runs(held(parts[at]), 2)
    found = ["".join(parts[:at]) + first, *rest]
    found[-1] += "".join(parts[at + 1 :])
    return [piece for run in found for piece in cut(run)]


def runs(parts: Iterable[str], least: int) -> list[str]:
    """Elements in pieces that begin with signs, relations or matrices, the first of at least so many elements."""
    found = [""]
    for n, element in enumerate(parts):
        if n >= least and (element in SIGNS or ("<mtable" in element and found[-1].endswith(COMMA))):
            found.append(element.replace("<mo>", '<mo form="infix">') if element in SIGNS else element)
        else:
            found[-1] += element
    return found


def inline(text: str) -> str:
    """The mathematics of a sentence, in pieces where it is too long for a narrow screen."""
    pieces = [p for run in runs(elements(text), 1) for p in cut(run)] if columns(text) > NARROW else [text]
    return "".join([f"<math>{piece}</math>" for piece in pieces])


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
        made += together(opens[0] if opens else "", written, closes[0] if closes else "")
    return made


def together(opening: str, written: str, closing: str) -> str:
    """A formula and the signs around it; of one in pieces the first and the last stay with them."""
    found = re.findall(r".*?</math>", written, re.S) or [written]
    said = found.copy()
    said[0] = opening + said[0]
    said[-1] += closing
    return "".join([b if a == b else f'<span class="tie">{b}</span>' for a, b in zip(found, said, strict=True)])


def in_block(cell: str) -> str:
    """A cell with formulas as a block, which is never narrower than they are; a cell itself may be."""
    return f"<div>{cell}</div>" if "<math" in cell else cell
