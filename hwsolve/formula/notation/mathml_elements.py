"""The elements of MathML as text: letters, numbers, signs, and what is made of them."""

from __future__ import annotations

import re
from html import escape

from hwsolve.formula.notation.columns import aligned
from hwsolve.formula.notation.names import HAT, SQUARED, Name

APPLY = "<mo>\N{FUNCTION APPLICATION}</mo>"
PRIME = "′"
THIN = '<mspace width="0.17em"></mspace>'
NUMBER = re.compile(r"(?:<mrow><mo>(−)</mo>)?<mn>(\d+(?:\.\d+)?)</mn>(?:(?<=</mn>)</mrow>)?")
TALL = ("<mfrac", "<munder", "<mtable")


def mi(text: str) -> str:
    """A letter or a name."""
    return f"<mi>{escape(text)}</mi>"


def mn(text: str) -> str:
    """A number without its sign."""
    return f"<mn>{escape(text)}</mn>"


def mo(text: str) -> str:
    """A sign."""
    return f"<mo>{escape(text)}</mo>"


def mtext(text: str) -> str:
    """Words."""
    return f"<mtext>{escape(text)}</mtext>"


def row(text: str) -> str:
    """One element; several of them as an `mrow`."""
    single = text.count("<") == 2 and text.startswith(("<mi>", "<mn>"))
    return text if single else f"<mrow>{text}</mrow>"


def element_of(tag: str, *parts: str) -> str:
    """An element whose children are counted, as a fraction's are."""
    return f"<{tag}>{''.join(map(row, parts))}</{tag}>"


def fenced(left: str, text: str, right: str, tall: bool | None = None) -> str:
    """Something between brackets, which grow where it is tall; browsers set space beside those that may grow."""
    tall = any(tag in text for tag in TALL) if tall is None else tall
    first, last = [mo(c) if tall else mo(c).replace("<mo>", '<mo stretchy="false">') for c in (left, right)]
    return f"<mrow>{first}{text}{last if right else ''}</mrow>"


def word(text: str) -> str:
    """A letter or a word, hats above, a prime behind."""
    stem = text.rstrip(PRIME)
    if stem != text:
        return word(stem) + mo(text[len(stem) :])  # not raised: the sign is high by itself
    if text == SQUARED:
        return element_of("msup", mi("σ"), mn("2"))
    if text.endswith(HAT):
        return f"<mover>{mi(text.removesuffix(HAT))}{mo('^')}</mover>"
    return "".join(map(mi, text.split()))


def columns(rows: list[list[str]]) -> list[list[str]]:
    """The cells of a matrix, the points of decimals under each other by digits that take room and are not seen."""
    bare = [[NUMBER.sub(r"\1\2", cell) if NUMBER.fullmatch(cell) else cell for cell in cells] for cells in rows]
    return [[cell if "<" in cell else digits(cell) for cell in cells] for cells in aligned(bare, "−", "[{}]")]


def digits(text: str) -> str:
    """A number in a column; what stands in brackets is not seen."""
    parts = [
        f"<mphantom>{digits(part[1:-1])}</mphantom>" if part.startswith("[") else mo(part) if part == "−" else mn(part)
        for part in re.findall(r"\[[^]]*\]|−|[^−\[]+", text)
    ]
    return row("".join(parts))


def table(rows: list[list[str]], look: str = "") -> str:
    """Rows of cells; a style sheet may know their look by its class."""
    inner = "".join([f"<mtr>{''.join([f'<mtd>{cell}</mtd>' for cell in cells])}</mtr>" for cells in rows])
    return f'<mtable class="{look}">{inner}</mtable>' if look else f"<mtable>{inner}</mtable>"


def number_of(known: Name) -> str:
    """The numbers of a name; that of a layer is a letter, or one more or less than that."""
    numbers = ",".join(known.numbers)
    if not known.layer:
        return mn(numbers)
    letter, sign, one = re.fullmatch(r"(.*?)(?:([+-])(1))?", numbers).groups()  # type: ignore[union-attr]
    return mi(letter) + (mo({"+": "+", "-": "−"}[sign]) + mn(one) if sign else "")
