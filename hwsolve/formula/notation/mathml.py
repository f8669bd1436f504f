"""Presentation MathML, of what MathML Core has: no `mfenced`, no `mathvariant`, characters only in mi, mn, mo, mtext.

A number with a sign is an `mrow` of its own: behind another sign a browser would space its minus as a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from hwsolve.formula.notation.decimals import RECENT, decimal, short
from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.differentials import DIFFERENTIALS, is_symbol, taken_apart
from hwsolve.formula.notation.mathml_elements import (
    APPLY,
    THIN,
    columns,
    element_of,
    fenced,
    mi,
    mn,
    mo,
    mtext,
    number_of,
    row,
    table,
    word,
)
from hwsolve.formula.notation.matrices import MATRICES
from hwsolve.formula.notation.names import APART, derivative, parts
from hwsolve.formula.notation.writer import ATOM, MINUS, POWER, PRODUCT, SIGN, SUM, Piece, Writer
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

WORDS = ("if", "and", "else")  # between the cases of a function
SPACE = "\N{NO-BREAK SPACE}"
OVER = {"hat": "^", "bar": "¯", "tilde": "~"}
BIG = {"Sum": "∑", "Prod": "∏", "Max": "max", "Min": "min"}


@lru_cache(maxsize=RECENT)
def mathml(f: Formula, words: tuple[str, ...] = WORDS) -> str:
    """The inside of a `math` element; `words` are those between cases, in the page's language."""
    return writer(words).write(f).text


def summands(f: Formula, words: tuple[str, ...] = WORDS) -> list[str]:
    """A sum as its terms with their signs, between which a row may be broken; anything else in one piece."""
    if not isinstance(f, Call) or f.name not in ("+", "-"):
        return [mathml(f, words)]
    first, *rest = [piece.text for piece in writer(words).summands(f)]
    return [first, *[text.replace("<mo>", '<mo form="infix">', 1) for text in rest]]


@lru_cache(maxsize=8)
def writer(words: tuple[str, ...]) -> MathML:
    """The writer for a language."""
    return MathML(words)


class MathML(Writer):
    """The elements of MathML."""

    boxes = True
    times, dot, plus, minus, thin, odot = mo("×"), mo("⋅"), mo("+"), mo("−"), THIN, mo("⊙")
    star = mo("⋆")
    gap, comma, behind_word = "", mo(","), THIN
    sigma, del_sign = mo("∑"), mo("∂")
    mark, gradient = mo("′"), mo("∇")
    stroke = ""
    relations = {sign: mo(shown) for sign, shown in Writer.relations.items()}

    def __init__(self, words: tuple[str, ...]) -> None:
        self.if_, both, self.else_ = words
        self.conjunction = mtext(f"{SPACE}{both}{SPACE}")

    def number(self, f: Number) -> Piece:
        return number_piece(f.text or short(decimal(f.numerator, f.denominator)))

    def negative(self, f: Formula) -> Piece:
        piece = super().negative(f)
        return Piece(f"<mrow>{piece.text}</mrow>", piece.level, piece.kind, MINUS)

    def blank(self, text: str) -> str:
        return f"<mphantom>{row(text)}</mphantom>"

    def parentheses(self, text: str) -> str:
        return fenced("(", text, ")")

    def whole(self, name: str) -> str:
        both = derivative(name)
        if both:
            above, under = self.symbol(Ref(both[0])), self.whole(both[1])
            return element_of("mfrac", mo("∂") + above, mo("∂") + under)
        known = parts(name)
        if not known.numbers:
            return self.symbol(Ref(name))
        layer = fenced("(", number_of(known), ")")
        return self.scripts(word(known.base), mi(known.word) if known.word else "", layer, known.step)

    def transposed(self, text: str) -> str:
        return element_of("msup", text, mo("⊤"))

    def named(self, name: str) -> str:
        return mi(name) + APPLY

    def array(self, rows: list[list[str]], deep: bool) -> str:
        tall = len(rows) > 1 or "<mfrac" in rows[0][0]
        return fenced("(", table(columns(rows)), ")", tall)

    def symbol(self, f: Ref) -> str:
        known = parts(f.name)
        letter, below, numbers = word(known.base), known.word, number_of(known)
        if f.name == "·":
            return mo("⋅")
        if below in OVER:
            letter, below = f"<mover>{row(letter)}{mo(OVER[below])}</mover>", ""
        lowered = mi(below) if below else ""
        if not f.indices and known.layer:
            return self.whole(f.name)
        if not f.indices:
            if not known.single:
                return self.scripts(mi(known.base + "_".join(known.numbers)), lowered, "", known.step)
            return self.scripts(letter, self.listed(lowered, numbers if known.numbers else ""), "", known.step)
        layer = fenced("(", numbers, ")") if known.numbers else ""
        return self.scripts(letter, self.listed(lowered, self.lowered(f.indices, APART in f.name)), layer, known.step)

    def listed(self, *texts: str) -> str:
        """What there is of these, parted by commas."""
        return self.comma.join(filter(None, texts))

    def lowered(self, indices: tuple[Formula, ...], apart: bool = False) -> str:
        """Indices side by side, parted by commas where one of them is longer than a character."""
        between = "" if all(map(short_index, indices)) and not apart else self.comma
        return between.join([self.write(i).text for i in indices])

    def scripts(self, letter: str, below: str, above: str, step: str) -> str:
        """A letter with what stands below and above it."""
        if step:
            above += mo("+") if step == "+" else fenced("⟨", (mn if step[1:-1].isdigit() else mi)(step[1:-1]), "⟩")
        if below and above:
            return element_of("msubsup", letter, below, above)
        if below or above:
            return element_of("msub" if below else "msup", letter, below or above)
        return letter

    def partial(self, numerator: Ref, denominator: Ref) -> Piece:
        above, under = mo("∂") + self.symbol(numerator), mo("∂") + self.symbol(denominator)
        return Piece(element_of("mfrac", above, under), SIGN, "partial")

    def fraction(self, top: Formula, bottom: Formula) -> Piece:
        above, under = self.write(top), self.write(bottom)
        numeric = above.kind == under.kind == "number"
        return Piece(element_of("mfrac", above.text, under.text), SIGN, "number" if numeric else "call")

    def between(self, left: Piece, right: Piece) -> str:
        kinds = {left.kind, right.kind}
        if "partial" in kinds and not kinds & {"number", "word"}:
            return self.thin
        return super().between(left, right)

    def raised(self, base: str, exponent: Formula) -> str:
        return element_of("msup", base, self.write(exponent).text)

    def big(self, f: BigOperator) -> Piece:
        body = self.write(f.body)
        text = self.parentheses(body.text) if body.level <= SUM or body.front == MINUS else body.text
        low, high, index = self.write(f.low).text, self.write(f.high).text, self.symbol(Ref(f.index))
        sign = mo(BIG[f.op])
        if f.op in ("Sum", "Prod"):
            head = f"<munderover>{sign}{row(index + mo('=') + low)}{row(high)}</munderover>"
        else:
            head = f"<munder>{sign}{row(low + mo('≤') + index + mo('≤') + high)}</munder>"
        return Piece(head + text, PRODUCT, "big")

    def call(self, f: Call) -> Piece:
        name, args = f.name, f.args
        if name in SPECIAL:
            return SPECIAL[name](self, args)
        texts = self.comma.join([self.write(a).text for a in args])
        return Piece(word(self.shown(name)) + APPLY + self.parentheses(texts), ATOM, "call")


def short_index(f: Formula) -> bool:
    """Whether an index is one character."""
    if isinstance(f, Number):
        return len(decimal(f.numerator, f.denominator)) == 1
    return isinstance(f, Ref) and not f.indices and len(f.name) == 1


def number_piece(text: str) -> Piece:
    """The piece of a number's text."""
    found = digits(text)
    if found is None:
        top, slash, bottom = text.partition("/")
        if not (slash and digits(top) and digits(bottom)):
            return Piece(mtext(text.replace("-", "−")), ATOM, "number")
        inner = element_of("mfrac", number_piece(top.lstrip("-")).text, number_piece(bottom).text)
        return signed(inner, top.startswith("-"), SIGN, SIGN)
    sign, mantissa, power = found
    if not power:
        return signed(mn(mantissa), bool(sign), SIGN, ATOM)
    exponent = number_piece(power).text
    return signed(mn(mantissa) + mo("×") + element_of("msup", mn("10"), exponent), bool(sign), PRODUCT, PRODUCT)


def signed(text: str, negative: bool, below: int, level: int) -> Piece:
    """A number with or without its minus; `below` is how strongly it binds with one."""
    if negative:
        return Piece(f"<mrow>{mo('−')}{text}</mrow>", below, "number", MINUS)
    return Piece(text, level, "number")


Args = tuple[Formula, ...]


def exponential(w: MathML, args: Args) -> Piece:
    """e to the power."""
    inner = w.write(args[0])
    return Piece(element_of("msup", mi("e"), inner.text), POWER, "number" if inner.kind == "number" else "call")


def square_root(w: MathML, args: Args) -> Piece:
    """A root over its argument."""
    inner = w.write(args[0])
    return Piece(f"<msqrt>{row(inner.text)}</msqrt>", ATOM, "number" if inner.kind == "number" else "call")


def bars(left: str, right: str) -> Callable[[MathML, Args], Piece]:
    """A function that is written as a pair of bars or brackets."""

    def write(w: MathML, args: Args) -> Piece:
        inner = w.write(args[0])
        return Piece(fenced(left, inner.text, right), ATOM, "number" if inner.kind == "number" else "group")

    return write


def kronecker(w: MathML, args: Args) -> Piece:
    """δ with its two indices."""
    return Piece(element_of("msub", mi("δ"), w.lowered(args)), ATOM, "symbol")


def cases(w: MathML, args: Args) -> Piece:
    """A brace with one row for each case."""
    rows = []
    condition, value, other = args
    while True:
        when, value = w.together(condition, value, other)
        rows.append([w.write(value).text, mtext(w.if_ + SPACE) + when])
        if not (isinstance(other, Call) and other.name == "if"):
            break
        condition, value, other = other.args
    rows.append([w.write(other).text, mtext(w.else_)])
    return Piece(fenced("{", table(rows, "cases"), ""), ATOM, "group")


def differential(w: MathML, args: Args) -> Piece:
    """The derivative operator before its body, or over a symbol."""
    f = taken_apart(args)
    d, several, inner = mo("∂") if f.partial else mi("d"), len(f.variables) > 1, w.write(f.body)
    count = w.write(f.times).text if f.times else mn(str(len(f.variables))) if several else ""
    above = element_of("msup", d, count) if count else d
    texts = [w.within(by, ATOM) for by in f.variables]
    if f.times:
        texts[-1] = element_of("msup", texts[-1], count)
    under = "".join([d + text for text in texts])
    if is_symbol(f.body) and inner.kind == "symbol":
        return Piece(element_of("mfrac", above + inner.text, under), SIGN, "partial")
    text = inner.text if inner.level == ATOM else w.parentheses(inner.text)
    return Piece(element_of("mfrac", above, under) + text, SIGN, "partial")


def integral(w: MathML, args: Args) -> Piece:
    """An integral with its bounds."""
    body, by, low, high = args
    head = f"<msubsup>{mo('∫')}{row(w.write(low).text)}{row(w.write(high).text)}</msubsup>"
    return Piece(f"{head}{w.within(body, PRODUCT)}{w.behind_word}{mi('d')}{w.write(by).text}", PRODUCT, "big")


def element(w: MathML, args: Args) -> Piece:
    """An element of what a function returns."""
    return Piece(element_of("msub", w.within(args[0], ATOM), w.lowered(args[1:])), ATOM, "call")


SPECIAL: dict[str, Callable[[MathML, Args], Piece]] = {
    "exp": exponential,
    "sqrt": square_root,
    "abs": bars("|", "|"),
    "floor": bars("⌊", "⌋"),
    "ceil": bars("⌈", "⌉"),
    "delta": kronecker,
    "if": cases,
    "diff": differential,
    "integral": integral,
    "element": element,
    **MATRICES,
    **DIFFERENTIALS,
}
