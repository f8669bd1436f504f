r"""Formulas for Typst: `v_(1 1) x_(1) + v_(2 1) x_(2)`, `frac(∂ E, ∂ v_(1 1))`.

Signs are Unicode characters, whose names in Typst change.  Two letters beside each other would be one name: a space
stands between.  What is no single letter is a quoted string, so that no text of a problem is read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from hwsolve.formula.notation.columns import aligned
from hwsolve.formula.notation.decimals import RECENT, decimal, short
from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.differentials import DIFFERENTIALS, is_symbol, taken_apart
from hwsolve.formula.notation.matrices import MATRICES
from hwsolve.formula.notation.names import APART, HAT, PRIME, SQUARED, derivative, parts
from hwsolve.formula.notation.writer import ATOM, MINUS, POWER, PRODUCT, SIGN, SUM, Piece, Writer
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

HATS = {"hat": "\N{COMBINING CIRCUMFLEX ACCENT}", "bar": "\N{COMBINING MACRON}", "tilde": "\N{COMBINING TILDE}"}
PLAIN = frozenset("∂∇∞…·—")  # single signs that stand for themselves
BIG = {"Sum": "∑", "Prod": "∏"}
LOWERED = "₀₁₂₃₄₅₆₇₈₉"
RAISED = str.maketrans(LOWERED, "0123456789")
WORD = re.compile(r"[^\W\d_]{2,}")
BESIDE = re.compile(r"(?<=[^\W\d_])(?=\d)")  # where two signs would be read as one name
TALLEST = 8  # elements of a vector that is set as a column


@lru_cache(maxsize=RECENT)
def typst(f: Formula) -> str:
    """The formula between two dollar signs."""
    return TYPST.write(f).text.strip()


def quoted(text: str) -> str:
    """Text as a string, which is never read as markup."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def base(text: str) -> str:
    """A letter, or a word upright."""
    if text.endswith(HAT) and len(text) == 2:
        return f"accent({text[0]}, {quoted(HAT)})"
    if text.endswith(PRIME):
        return f"{base(text.removesuffix(PRIME))}'"
    if text == SQUARED:
        return "attach(σ, t: 2)"
    if text in PLAIN or (len(text) == 1 and text.isalpha() and text < "\u0400"):
        return text
    return quoted(text)


def name_of(shown: str) -> str:
    """The name of a function: a letter, or a word that stands as an operator; primes behind it."""
    stem = shown.rstrip("′")
    primes = "'" * (len(shown) - len(stem))
    word = stem.rstrip(LOWERED)
    below = f"_({stem[len(word) :].translate(RAISED)})" if word != stem else ""
    return (word if len(word) == 1 and word.isalpha() else f"op({quoted(word)})") + below + primes


class Typst(Writer):
    """The mathematics of Typst."""

    boxes = True
    times, dot, minus, thin, odot, star = " × ", " ⋅ ", "−", " ", " ⊙ ", " ⋆ "
    behind_word = " thin "
    sigma, del_sign = "∑ ", "∂ "
    conjunction = ' " and " '
    stroke = ""
    mark, gradient = "'", "∇ "
    relations = {"==": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥", "≈": "≈", "!=": "≠"}

    def number(self, f: Number) -> Piece:
        return number_piece(f.text or short(decimal(f.numerator, f.denominator)))

    def parentheses(self, text: str) -> str:
        return f"({text.strip()})"

    def blank(self, text: str) -> str:
        return f" #hide($ {text.strip()} $) "

    def whole(self, name: str) -> str:
        both = derivative(name)
        if both:
            return f"frac(∂ {self.whole(both[0])}, ∂ {self.whole(both[1])})"
        known = parts(name)
        if not known.numbers:
            return self.symbol(Ref(name))
        return scripts(base(known.base), word(known.word), f"({','.join(known.numbers)})", known.step)

    def transposed(self, text: str) -> str:
        return f"attach({text.strip()}, t: ⊤)"

    def named(self, name: str) -> str:
        return f"op({quoted(name)})"

    def array(self, rows: list[list[str]], deep: bool) -> str:
        if not deep and len(rows) > TALLEST:
            return f"({', '.join(row[0].strip() for row in rows)})"
        cells = aligned([[cell.strip() for cell in row] for row in rows], self.minus, "#hide(${}$)")
        return f"mat({' ; '.join(', '.join(row) for row in cells)})"  # a `;` right behind `#hide(…)` would be its end

    def symbol(self, f: Ref) -> str:
        known = parts(f.name)
        letter, lower = base(known.base), word(known.word)
        if known.word in HATS:
            letter, lower = f"accent({letter}, {quoted(HATS[known.word])})", ""
        if not f.indices and known.layer:
            return self.whole(f.name)
        if not f.indices:
            if not known.single:
                return scripts(base(known.base + "_".join(known.numbers)), lower, "", known.step)
            return scripts(letter, joined(lower, ",".join(known.numbers)), "", known.step)
        layer = f"({','.join(known.numbers)})" if known.numbers else ""
        return scripts(letter, joined(lower, self.indices(f.indices, APART in f.name)), layer, known.step)

    def indices(self, args: tuple[Formula, ...], apart: bool = False) -> str:
        """Indices beside each other; with commas where one is more than a sign."""
        texts = [self.write(i).text.strip() for i in args]
        return (" " if all(len(t) == 1 for t in texts) and not apart else ", ").join(texts)

    def partial(self, numerator: Ref, denominator: Ref) -> Piece:
        return Piece(f"frac(∂ {self.symbol(numerator)}, ∂ {self.symbol(denominator)})", SIGN, "partial")

    def fraction(self, top: Formula, bottom: Formula) -> Piece:
        above, under = self.write(top), self.write(bottom)
        numeric = above.kind == under.kind == "number"
        text = f"frac({above.text.strip()}, {under.text.strip()})"
        return Piece(text, SIGN, "number" if numeric else "call")

    def between(self, left: Piece, right: Piece) -> str:
        kinds = {left.kind, right.kind}
        if "partial" in kinds and not kinds & {"number", "word"}:
            return " thin "
        return super().between(left, right) or " "

    def raised(self, base: str, exponent: Formula) -> str:
        return f"{base}^({self.write(exponent).text.strip()})"

    def big(self, f: BigOperator) -> Piece:
        body = self.write(f.body)
        text = self.parentheses(body.text) if body.level <= SUM or body.front == MINUS else body.text
        low, high = self.write(f.low).text.strip(), self.write(f.high).text.strip()
        if f.op in BIG:
            return Piece(f"{BIG[f.op]}_({self.symbol(Ref(f.index))} = {low})^({high}) {text}", PRODUCT, "big")
        head = f'op("{f.op.lower()}", limits: #true)'
        return Piece(f"{head}_({low} ≤ {self.symbol(Ref(f.index))} ≤ {high}) {text}", PRODUCT, "big")

    def call(self, f: Call) -> Piece:
        name, args = f.name, f.args
        if name in SPECIAL:
            return SPECIAL[name](self, args)
        texts = ", ".join([self.write(a).text.strip() for a in args])
        return Piece(name_of(self.shown(name)) + self.parentheses(texts), ATOM, "call")


@lru_cache(maxsize=RECENT)
def number_piece(text: str) -> Piece:
    """The piece of a number's text, as "-160000", "3.5e-8", "1/3" or "√5"."""
    found = digits(text)
    if found is not None:
        sign, mantissa, power = found
        written = ("−" if sign else "") + (quoted(mantissa) if "," in mantissa else mantissa)
        front = MINUS if sign else ""
        if power:
            return Piece(f"{written} × 10^({power.replace('-', '−')})", PRODUCT, "number", front)
        return Piece(written, SIGN if sign else ATOM, "number", front)
    top, slash, bottom = text.partition("/")
    if slash and digits(top) and digits(bottom):
        sign = "−" if top.startswith("-") else ""
        parts = [number_piece(part).text for part in (top.lstrip("-"), bottom)]
        return Piece(f"{sign}frac({', '.join(parts)})", SIGN, "number", MINUS if sign else "")
    if text.startswith("√") and digits(text[1:]):
        return Piece(f"sqrt({number_piece(text[1:]).text})", ATOM, "number")
    return Piece(quoted(text.replace("-", "−")), ATOM if text.isalnum() else SUM, "number")


def word(text: str) -> str:
    """A short subscript, upright."""
    return quoted(text) if text else ""


def joined(lower: str, rest: str) -> str:
    """A word and indices in one subscript."""
    return f"{lower}, {rest}" if lower and rest else lower or rest


def scripts(letter: str, below: str, above: str, step: str) -> str:
    """A letter with what stands below and above it."""
    raised = above + BESIDE.sub(" ", WORD.sub(lambda word: quoted(word[0]), step))
    return letter + (f"_({below})" if below else "") + (f"^({raised})" if raised else "")


def exponential(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """e to the power."""
    inner = w.write(args[0])
    return Piece(f"e^({inner.text.strip()})", POWER, "number" if inner.kind == "number" else "call")


def enclosed(name: str, kind: str = "group") -> Callable[[Typst, tuple[Formula, ...]], Piece]:
    """A function whose sign stands around its argument."""

    def write(w: Typst, args: tuple[Formula, ...]) -> Piece:
        inner = w.write(args[0])
        return Piece(f"{name}({inner.text.strip()})", ATOM, "number" if inner.kind == "number" else kind)

    return write


def kronecker(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """δ with its two indices."""
    return Piece(f"δ_({w.indices(args)})", ATOM, "symbol")


def cases(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """A brace with one row for each case."""
    rows = []
    condition, value, other = args
    while True:
        when, value = w.together(condition, value, other)
        rows.append(f'{w.write(value).text.strip()} &" if " {when}')
        if not (isinstance(other, Call) and other.name == "if"):
            break
        condition, value, other = other.args
    rows.append(f'{w.write(other).text.strip()} &" else "')
    return Piece(f"cases({', '.join(rows)})", ATOM, "group")


def differential(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """The derivative operator before its body, or over a symbol."""
    f = taken_apart(args)
    d, several, inner = "∂" if f.partial else "d", len(f.variables) > 1, w.write(f.body)
    count = w.write(f.times).text.strip() if f.times else str(len(f.variables)) if several else ""
    order = f"^({count})" if count else ""
    below = " ".join([f"{d} {w.within(by, ATOM).strip()}" for by in f.variables]) + (order if f.times else "")
    if is_symbol(f.body) and inner.kind == "symbol":
        return Piece(f"frac({d}{order} {inner.text.strip()}, {below})", SIGN, "partial")
    text = inner.text if inner.level == ATOM else w.parentheses(inner.text)
    return Piece(f"frac({d}{order}, {below}) {text}", SIGN, "partial")


def integral(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """An integral with its bounds."""
    body, by, low, high = args
    bounds = f"_({w.write(low).text})^({w.write(high).text})"
    return Piece(f"∫{bounds} {w.within(body, PRODUCT)} thin d {w.write(by).text}", PRODUCT, "big")


def element(w: Typst, args: tuple[Formula, ...]) -> Piece:
    """An element of what a function returns."""
    return Piece(f"attach({w.within(args[0], ATOM)}, br: {w.indices(args[1:])})", ATOM, "call")


SPECIAL: dict[str, Callable[[Typst, tuple[Formula, ...]], Piece]] = {
    "exp": exponential,
    "sqrt": enclosed("sqrt", "call"),
    "abs": enclosed("abs"),
    "floor": enclosed("floor"),
    "ceil": enclosed("ceil"),
    "delta": kronecker,
    "if": cases,
    "diff": differential,
    **DIFFERENTIALS,
    "integral": integral,
    "element": element,
    **MATRICES,
}
TYPST = Typst()
