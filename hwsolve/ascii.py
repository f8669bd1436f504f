"""Our signs in ASCII, for an output that has no others: `w_11^2 = 2 * eta / 3 ~ 0.67`."""

from __future__ import annotations

import re
import unicodedata

SIGNS = {
    "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "÷": "/", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "±": "+-",
    "√": "sqrt", "∂": "d", "∞": "inf", "∑": "Sum", "Σ": "Sum", "∏": "Prod", "∫": "int", "∈": "in", "∇": "grad",
    "→": "->", "←": "<-", "⇒": "=>", "…": "...", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "∘": ".",
    "“": '"', "”": '"', "‘": "'", "’": "'", "✓": "yes", "✗": "no", "⊙": "odot", "↦": "->", "′": "'", "½": "1/2",
    "⎡": "[", "⎢": "[", "⎣": "[", "⎤": "]", "⎥": "]", "⎦": "]", "⟺": "<=>", "⋮": ":", "•": "o",
    "⟨": "@", "⟩": "", "⋆": "star", "ᵀ": "^T", "²": "^2", "³": "^3",
    "\xa0": " ", "\N{EN SPACE}": " ", "\N{THIN SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "hat",
}  # fmt: skip
RUN = re.compile("([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ]+)|([₀-₎ₐ-ₜᵢᵣᵤᵥⱼ]+)|(.)", re.DOTALL)


def written(text: str, start: int = 0, end: int | None = None) -> str:
    """Signs, raised and lowered ones after `^` and `_`, Greek letters by name, lines as `-` and `|`; else numbers.

    What would run into the next letter is set off: `w_11 x_1`, `eta w`.  `start` and `end` are those of the part that
    is wanted.
    """
    runs = RUN.finditer(text, start, len(text) if end is None else end)
    return "".join(map(one, runs)).replace("\N{MINUS SIGN}", "-")


def one(found: re.Match[str]) -> str:
    """A character, or a run of raised or lowered ones."""
    raised, lowered, char = found.groups()
    before, after = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    if char is not None:
        made = sign(char)
        if char == "√":
            return made + " " * after.isalnum()
        word = len(made) > 1 and made.isalpha() and char.isalpha()
        return " " * (word and is_letter(before)) + made + " " * (word and is_letter(after))
    made = f"^{unicodedata.normalize('NFKD', raised)}".replace(")+", ")^+") if raised else ""
    return made + (f"_{unicodedata.normalize('NFKD', lowered)}" if lowered else "") + " " * is_letter(after)


def is_letter(char: str) -> bool:
    """Whether it is a letter in line, of an alphabet with cases."""
    return char != "" and unicodedata.category(char) in ("Ll", "Lu")


def sign(char: str) -> str:
    """One character."""
    if char in SIGNS or char.isascii():
        return SIGNS.get(char, char)
    name = unicodedata.name(char, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        letter = name.rpartition(" LETTER ")[2].partition(" ")[0].replace("LAMDA", "LAMBDA")
        return letter.capitalize() if "CAPITAL" in name else letter.lower()
    if name.startswith("BOX DRAWINGS "):
        shape = name.removeprefix("BOX DRAWINGS ").removeprefix("LIGHT ").removeprefix("HEAVY ")
        return {"HORIZONTAL": "-", "VERTICAL": "|"}.get(shape, "+")
    return char.encode("ascii", "backslashreplace").decode()
