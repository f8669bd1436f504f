"""Our signs in ASCII, for an output that has no others: `w_11^2 = 2 * eta / 3 ~ 0.67`."""

from __future__ import annotations

import re
import unicodedata

SIGNS = {
    "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "÷": "/", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "±": "+-",
    "√": "sqrt", "∂": "d", "∞": "inf", "∑": "Sum", "Σ": "Sum", "∏": "Prod", "∫": "int", "∈": "in", "∇": "grad",
    "→": "->", "←": "<-", "⇒": "=>", "…": "...", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "∘": ".",
    "“": '"', "”": '"', "‘": "'", "’": "'", "✓": "yes", "✗": "no", "⊙": "odot", "↦": "->", "′": "'", "½": "1/2",
    "ᵀ": "^T", "²": "^2", "³": "^3",
    "\xa0": " ", "\N{EN SPACE}": " ", "\N{THIN SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "hat",
}  # fmt: skip
RUN = re.compile("([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁱⁿ]+)|([₀-₎ₐ-ₜᵢᵣᵤᵥⱼ]+)|(.)", re.DOTALL)


def written(text: str) -> str:
    """Signs, raised and lowered ones after `^` and `_`, Greek letters by name, lines as `-` and `|`; else numbers."""
    return "".join(
        f"^{unicodedata.normalize('NFKD', raised)}" if raised
        else f"_{unicodedata.normalize('NFKD', lowered)}" if lowered
        else sign(char)
        for raised, lowered, char in RUN.findall(text)
    ).replace("\N{MINUS SIGN}", "-")  # fmt: skip


def sign(char: str) -> str:
    """One character."""
    if char in SIGNS or char.isascii():
        return SIGNS.get(char, char)
    name = unicodedata.name(char, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        letter = name.rpartition(" LETTER ")[2].partition(" ")[0]
        return letter.capitalize() if "CAPITAL" in name else letter.lower()
    if name.startswith("BOX DRAWINGS "):
        shape = name.removeprefix("BOX DRAWINGS ").removeprefix("LIGHT ").removeprefix("HEAVY ")
        return {"HORIZONTAL": "-", "VERTICAL": "|"}.get(shape, "+")
    return char.encode("ascii", "backslashreplace").decode()
