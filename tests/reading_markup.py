"""Readers of MathML and LaTeX for tests: what a formula says, as characters, and its skeleton.

The skeleton of a formula is its atoms, signs, parentheses, bars, and what stands above, below and raised.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

from tests.reading import stepped

CORE = {
    *("mi", "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "msub", "msup", "msubsup"),
    *("mphantom", "munder", "mover", "munderover", "mtable", "mtr", "mtd"),
}
TOKENS = {"mi", "mn", "mo", "mtext"}
ATTRIBUTES = {"lspace", "rspace", "stretchy", "form", "class", "width", "displaystyle"}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mspace": 0}
GROUPS = ("math", "mrow", "mtd", "msqrt", "mphantom")
SPACED = "=≈<>≤≥+−×⋅·⊙⋆("  # behind them a browser takes a minus in the same row for a difference
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

Element = ElementTree.Element


def parsed(text: str) -> Element:
    """The inside of a `math` element, which must be XML with elements of MathML Core alone."""
    root = ElementTree.fromstring(f"<math>{text}</math>")
    for element in root.iter():
        if element is root:
            assert not (element.text or "").strip()
            continue
        assert element.tag in CORE, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        assert not (element.tail or "").strip(), "text between elements"
        if element.tag in TOKENS:
            assert not list(element) and (element.text or ""), f"an empty {element.tag}"
        else:
            assert not (element.text or "").strip(), f"text in {element.tag}"
            assert len(element) == CHILDREN.get(element.tag, len(element)), element.tag
    return root


def checked(text: str) -> Element:
    """Parsed MathML in which no browser takes the minus of a number for that of a difference."""
    root = parsed(text)
    for row in root.iter():
        assert row.tag in GROUPS or all(child.text != "−" for child in row), "a minus that is no sign of a row"
        for left, right in pairwise(row):
            assert not (right.tag == "mo" and right.text == "−" and left.tag == "mo" and left.text in SPACED), text
    return root


def from_mathml(text: str) -> str:
    """The same formula in the characters that `reading.meaning` reads."""
    return "".join(map(spoken, checked(text)))


def spoken(e: Element) -> str:
    """An element as characters."""
    parts = list(e)
    match e.tag:
        case "mo":
            return {"⋅": "·", "\N{FUNCTION APPLICATION}": ""}.get(str(e.text), str(e.text))
        case "mi" | "mn" | "mtext":
            return str(e.text)
        case "mspace" | "mphantom":
            return ""
        case "mfrac":
            top, bottom = map(spoken, parts)
            both = top.startswith("∂") and bottom.startswith("∂")
            return f"({top}/{bottom})" if both else f"(({top})/({bottom}))"
        case "msup":
            return stepped(f"{spoken(parts[0])}^({spoken(parts[1])})")
        case "msub":
            return spoken(parts[0]) + spoken(parts[1]).translate(LOWERED)
        case "mrow" | "mtd":
            return "".join(map(spoken, parts))
    raise AssertionError(e.tag)


def mathml_skeleton(text: str) -> str:
    """The skeleton of MathML."""
    return tidy("".join(map(bones, checked(text))))


def bones(e: Element) -> str:
    """The skeleton of an element."""
    parts = list(e)
    inner = list(map(bones, parts))
    match e.tag:
        case "mo":
            return {"\N{FUNCTION APPLICATION}": ""}.get(str(e.text), str(e.text))
        case "mi" | "mn" | "mtext":
            return str(e.text)
        case "mspace" | "mphantom":
            return ""
        case "mfrac":
            return f"⟨{inner[0]}∕{inner[1]}⟩"
        case "msqrt":
            return f"√⟨{''.join(inner)}⟩"
        case "msub" | "munder":
            return f"{inner[0]}↓⟨{inner[1]}⟩"
        case "msup":
            return f"{inner[0]}↑⟨{inner[1]}⟩"
        case "msubsup" | "munderover":
            return f"{inner[0]}↓⟨{inner[1]}⟩↑⟨{inner[2]}⟩"
        case "mover":
            return f"{inner[1]}{inner[0]}"
        case "mtable":
            return ";".join(inner)
        case "mtr":
            return "&".join(inner)
    return "".join(inner)


NAMES = """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon
phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega infty"""
SIGNS = {
    "times": "×", "cdot": "⋅", "odot": "⊙", "star": "⋆", "lt": "<", "gt": ">", "le": "≤", "ge": "≥", "partial": "∂", "nabla": "∇", "top": "⊤",
    "sum": "∑", "prod": "∏", "int": "∫", "lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋", "langle": "⟨", "rangle": "⟩", "lceil": "⌈",
    "rceil": "⌉", "hat": "^", "bar": "¯", "tilde": "~", "cr": ";", "left": "", "right": "", "mathstrut": "",
    "thinspace": "", "ldots": "…", "approx": "≈", "ne": "≠", "quad": "", "qquad": "",
}  # fmt: skip
UPRIGHT = "exp ln sin cos tan arcsin arccos arctan sinh cosh tanh max min log"
COMMANDS = {
    **dict(zip(re.findall(r"\w+", NAMES), "αβγδεεζηθικλμνξπρστυφφχψωΓΔΘΛΞΠΣΦΨΩ∞", strict=True)),
    **{name: name for name in re.findall(r"\w+", UPRIGHT)},
    **SIGNS,
}
ARRAYS = {"pmatrix": ("(", ")"), "cases": ("{", ""), "matrix": ("", "")}
WRITTEN = re.compile(r"\\[a-zA-Z]+|[{}_^&]|[^\s]")


def latex_skeleton(text: str) -> str:
    """The skeleton of LaTeX."""
    return tidy(Latex(text.replace("{,}", ",")).upto(""))


class Latex:
    """Recursive descent over what LaTeX is written with."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def token(self) -> str:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        found = WRITTEN.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def raw(self) -> str:
        """What stands in braces, as it is."""
        assert self.token() == "{"
        start = self.at
        self.at = self.text.index("}", start) + 1
        return self.text[start : self.at - 1]

    def argument(self) -> str:
        token = self.token()
        return self.upto("}") if token == "{" else self.one(token)

    def upto(self, end: str) -> str:
        out = ""
        while (token := self.token()) != end:
            assert token, f"{end} is missing in {self.text}"
            out += self.one(token)
        return out

    def one(self, token: str) -> str:
        if token == "{":
            return self.upto("}")
        if token in ("_", "^"):
            return f"{'↓' if token == '_' else '↑'}⟨{self.argument()}⟩"
        if not token.startswith("\\"):
            return {"-": "−", "'": "′"}.get(token, token)
        name = token[1:]
        if name in ("text", "mathrm", "operatorname"):
            return self.raw()
        if name == "frac":
            return f"⟨{self.argument()}∕{self.argument()}⟩"
        if name == "phantom":
            return self.argument()[:0]
        if name == "sqrt":
            return f"√⟨{self.argument()}⟩"
        if name in ("hat", "bar", "tilde"):
            return COMMANDS[name] + self.argument()
        if name == "begin":
            return ARRAYS[self.raw()][0]
        if name == "end":
            return ARRAYS[self.raw()][1]
        return COMMANDS[name]


def tidy(text: str) -> str:
    """Without spaces, of which the notations have different ones, and with a hyphen for what LaTeX does not set."""
    return re.sub(r"\s", "", text).replace("_", "-").replace("″", "′′").replace("‴", "′′′")


def flat(skeleton: str) -> str:
    """Letters, digits and signs alone: what a notation in one line has too."""
    return re.sub(r"[⟨⟩()∕/×⋅·↓↑,\[\];&{}]", "", skeleton)


# ---------------------------------------------------------------- numbers


class Letters(Exception):
    """A formula that holds more than numbers."""


Matrix = list[list[Fraction]]


def worked_out(text: str) -> Fraction | Matrix:
    """The value of MathML that holds numbers and arrays of them; raises Letters for any other."""
    return Numbers(list(checked(text))).whole()


class Numbers:
    """Recursive descent over elements side by side."""

    def __init__(self, elements: list[Element]) -> None:
        self.elements = [e for e in elements if e.tag not in ("mspace", "mphantom")]
        self.at = 0

    def peek(self) -> str:
        here = self.elements[self.at] if self.at < len(self.elements) else None
        return "" if here is None else str(here.text) if here.tag == "mo" else here.tag

    def whole(self) -> Fraction | Matrix:
        found = self.sum()
        assert self.at == len(self.elements), "something is left over"
        return found

    def sum(self) -> Fraction | Matrix:
        negative = self.peek() == "−"
        self.at += negative
        total = self.product()
        total = scaled(total, -1) if negative else total
        while self.peek() in ("+", "−"):
            sign = 1 if self.peek() == "+" else -1
            self.at += 1
            total = added(total, scaled(self.product(), sign))
        return total

    def product(self) -> Fraction | Matrix:
        total = self.one()
        while (sign := self.peek()) not in ("", "+", "−", ")", ","):
            if sign in ("×", "⋅", "⊙"):
                self.at += 1
            right = self.one()
            total = elementwise(total, right) if sign == "⊙" else times(total, right)
        return total

    def one(self) -> Fraction | Matrix:
        e = self.elements[self.at]
        self.at += 1
        parts = list(e)
        if e.tag == "mn":
            return Fraction(str(e.text).replace(",", ""))
        if e.tag == "mfrac":
            top, bottom = (Numbers([p]).whole() for p in parts)
            assert isinstance(top, Fraction) and isinstance(bottom, Fraction)
            return top / bottom
        if e.tag == "msup":
            base, power = Numbers(parts[:1]).whole(), parts[1]
            if power.tag == "mo" and power.text == "⊤" and not isinstance(base, Fraction):
                return [list(row) for row in zip(*base, strict=True)]
            exponent = Numbers([power]).whole()
            assert isinstance(base, Fraction) and isinstance(exponent, Fraction)
            if exponent.denominator != 1:
                raise Letters
            return base ** int(exponent)
        if e.tag == "mrow":
            if parts and parts[0].tag == "mo" and parts[0].text == "(":
                inner = [p for p in parts[1:-1] if p.tag not in ("mspace", "mphantom")]
                if len(inner) == 1 and inner[0].tag == "mtable":
                    return [[number(cell) for cell in row] for row in inner[0]]
                return Numbers(inner).whole()
            return Numbers(parts).whole()
        raise Letters


def number(cell: Element) -> Fraction:
    found = Numbers(list(cell)).whole()
    if not isinstance(found, Fraction):
        raise Letters
    return found


def scaled(a: Fraction | Matrix, by: Fraction | int) -> Fraction | Matrix:
    return a * by if isinstance(a, Fraction) else [[x * by for x in row] for row in a]


def added(a: Fraction | Matrix, b: Fraction | Matrix) -> Fraction | Matrix:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    if isinstance(a, Fraction):  # a number beside an array stands for each element, as in 1 - a
        return [[a + y for y in row] for row in b]  # type: ignore[union-attr]
    if isinstance(b, Fraction):
        return [[x + b for x in row] for row in a]
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def elementwise(a: Fraction | Matrix, b: Fraction | Matrix) -> Matrix:
    assert not isinstance(a, Fraction) and not isinstance(b, Fraction)
    return [[x * y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def times(a: Fraction | Matrix, b: Fraction | Matrix) -> Fraction | Matrix:
    if isinstance(a, Fraction):
        return scaled(b, a)
    if isinstance(b, Fraction):
        return scaled(a, b)
    return [[sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in zip(*b, strict=True)] for r in a]
