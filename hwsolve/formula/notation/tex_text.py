"""Text for LaTeX: whatever a problem says is printed as it stands, and never obeyed."""

from __future__ import annotations

import re
import unicodedata

from hwsolve.formula.notation.names import GREEK, NO_NAMES

SPECIAL = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%", "_": "\\_",
    "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", '"': "\\char34{}", "`": "\\textasciigrave{}", "'": "'",
}  # fmt: skip
SIGNS = {
    "−": "-", "×": "\\times", "·": "\\cdot", "≈": "\\approx", "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "±": "\\pm",
    "√": "\\surd", "∂": "\\partial", "∞": "\\infty", "∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∈": "\\in",
    "∇": "\\nabla", "→": "\\to", "←": "\\leftarrow", "⇒": "\\Rightarrow", "⟺": "\\iff", "⌊": "\\lfloor",
    "⌋": "\\rfloor", "⌈": "\\lceil", "⌉": "\\rceil", "∘": "\\circ", "✓": "\\checkmark", "✗": "\\times", "⊙": "\\odot",
    "⊤": "\\top", "↦": "\\mapsto", "′": "'", "½": "\\frac12", "ᵀ": "^{\\top}", "÷": "\\div", "⋮": "\\vdots",
    "⋆": "\\star", "⟨": "\\langle", "⟩": "\\rangle",
}  # fmt: skip
PLAIN = {
    "–": "--", "—": "---", "…": "\\ldots{}", "“": "``", "”": "''", "‘": "`", "’": "'", "\xa0": "~",
    "\N{EN SPACE}": "\\enspace{}", "\N{THIN SPACE}": "\\thinspace{}", "\N{NARROW NO-BREAK SPACE}": "\\thinspace{}",
}  # fmt: skip
LETTERS = {letter: name for name, letter in GREEK.items() if name not in NO_NAMES}
HATS = {"\u0302": "\\hat", "\u0304": "\\bar", "\u0303": "\\tilde"}
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᴬ-ᵡʰʲʳˡˢˣⁱⁿ", "₀-₎ₐ-ₜᵢᵣᵤᵥⱼᵦᵧᵨᵩᵪ"
RUN = re.compile(rf"([{RAISED}]+)|([{LOWERED}]+)|(.[\u0302-\u0304])|(.)", re.DOTALL)
JOINED = re.compile("(-{2,}|'{2,}|,{2,})")  # what fonts of LaTeX make another sign of
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is; `--full` is neither one dash nor broken behind its hyphens."""
    made = ""
    for n, part in enumerate(JOINED.split(unicodedata.normalize("NFC", text))):
        made += f"\\mbox{{{'{}'.join(part)}}}" if n % 2 else "".join(map(piece, RUN.finditer(part)))
    return made


def piece(found: re.Match[str]) -> str:
    """A character, one with a hat, or a run of raised or lowered ones."""
    raised, lowered, hatted, char = found.groups()
    if char is not None:
        return letter(char)
    if hatted is not None:
        return f"${HATS[hatted[1]]}{{{mathematical(hatted[0])}}}$"
    plain = unicodedata.normalize("NFKD", raised or lowered).translate({0x2212: "-"})
    return f"${'^' if raised else '_'}{{{''.join(map(mathematical, plain))}}}$"


def mathematical(char: str) -> str:
    """A character inside mathematics."""
    return f"\\{LETTERS[char]} " if char in LETTERS else char if char.isascii() else letter(char).strip("$")


def letter(char: str) -> str:
    """One character; one that no font of LaTeX has by its number."""
    if char.isascii():
        return SPECIAL.get(char, char if char.isprintable() else " ")
    if char in PLAIN:
        return PLAIN[char]
    if char in SIGNS:
        return f"${SIGNS[char]}$"
    if char in LETTERS:
        return f"$\\{LETTERS[char]}$"
    if CHINESE.fullmatch(char) or is_latin(char):
        return char
    return f"[U+{ord(char):04X}]"


def is_latin(char: str) -> bool:
    """Whether it is a Latin letter, which the usual fonts have."""
    return "\xc0" <= char <= "\u017f" and char.isalpha()
