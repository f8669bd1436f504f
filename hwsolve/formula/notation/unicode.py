"""Mathematics in Unicode: `v₁₁x₁ + v₂₁x₂ = 0.6 × 0.2 + 0.2 × 0.3`, `∂E/∂v₁₁`, `z⁽¹⁾₂`, `Σⱼ₌₁³ wᵢⱼxⱼ`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from hwsolve.formula.notation.decimals import RECENT, WHOLE, commas, decimal, short
from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.differentials import DIFFERENTIALS, is_symbol, taken_apart
from hwsolve.formula.notation.matrices import MATRICES
from hwsolve.formula.notation.names import APART, derivative, parts
from hwsolve.formula.notation.raised import SUBSCRIPTS, below, raisable, superscript
from hwsolve.formula.notation.writer import ATOM, MINUS, POWER, PRODUCT, SIGN, SUM, Piece, Writer
from hwsolve.formula.tree import SPOKEN, BigOperator, Call, Formula, Number, Ref

RAISED = 4  # characters of an exponent of e that is raised
BIG = {"Sum": "Σ", "Prod": "Π", "Max": "max", "Min": "min"}


@lru_cache(maxsize=RECENT)
def unicode(f: Formula) -> str:
    """The formula as a person reads it."""
    return UNICODE.write(f).text


def symbol(name: str, whole: bool = True) -> str:
    """The symbol of a name; `whole`: of an array as a whole, whose number is its layer's."""
    both = derivative(name)
    if both:
        return f"∂{symbol(both[0], False)}/∂{symbol(both[1], whole)}"
    return subscript_free(name) if whole else unicode(Ref(name))


def subscript_free(name: str) -> str:
    """`z1` as z⁽¹⁾."""
    known = parts(name)
    layer = superscript(f"({','.join(known.numbers)})") if known.numbers else ""
    return known.base + below(known.word) + layer + updates(known.step)


def shown(f: Number) -> Piece:
    """A number with commas between thousands, by its own text where it has one."""
    return number_piece(f.text or short(decimal(f.numerator, f.denominator)))


@lru_cache(maxsize=RECENT)
def number_piece(text: str) -> Piece:
    """The piece of a number's text, as "-160000", "3.5e-8", "1/3" or "√5"."""
    found = digits(text)
    if found is None:
        top, slash, bottom = text.partition("/")
        both = (digits(top), digits(bottom))
        if slash and both[0] and both[1]:
            sign, numerator, _ = both[0]
            return Piece(f"{'−' if sign else ''}{numerator}/{both[1][1]}", PRODUCT, "number", MINUS if sign else "")
        text = text.replace("-", "−")
        return Piece(text, ATOM if text.isalnum() else SUM, "number", MINUS if text.startswith("−") else "")
    sign, mantissa, power = found
    text, front = ("−" + mantissa, MINUS) if sign else (mantissa, "")
    if power:
        return Piece(f"{text} × 10{superscript(power)}", PRODUCT, "number", front)
    return Piece(text, SIGN if sign else ATOM, "number", front)


@lru_cache(maxsize=RECENT)
def number_text(text: str) -> str:
    """A printed number for people: "-160000" is −160,000 and "3.5e-8" is 3.5 × 10⁻⁸."""
    return commas(text) if text.isdecimal() else number_piece(text).text


def updates(mark: str) -> str:
    """⁺ after the one update, ⟨2⟩ after two."""
    return superscript(mark) if mark == "+" else mark


class Unicode(Writer):
    """The characters of Unicode."""

    def number(self, f: Number) -> Piece:
        if f.denominator == 1 and not f.text and 0 <= f.numerator < WHOLE:
            return Piece(f"{f.numerator:,}", ATOM, "number")
        return shown(f)

    def sum(self, f: Call) -> Piece:
        texts = whole_numbers(f.args) if f.name == "+" else None
        return Piece(" + ".join(texts), SUM, "number") if texts else super().sum(f)

    def product(self, items: Sequence[Formula], bare: bool = True) -> Piece:
        texts = whole_numbers(items)
        return Piece(self.times.join(texts), PRODUCT, "number") if texts else super().product(items, bare)

    def parentheses(self, text: str) -> str:
        return f"({text})"

    def whole(self, name: str) -> str:
        return symbol(name)

    def transposed(self, text: str) -> str:
        return f"{text}ᵀ"

    def named(self, name: str) -> str:
        return name

    def array(self, rows: list[list[str]], deep: bool) -> str:
        if not deep:
            return f"({', '.join(row[0] for row in rows)})"
        return f"[{', '.join([f'[{inner}]' for inner in map(', '.join, rows)])}]"

    def between(self, left: Piece, right: Piece) -> str:
        found = super().between(left, right)
        run_in = not found and left.kind == "symbol" and "_" in left.text and right.kind != "group"
        return self.dot if run_in else found  # w_f has no small f: w_f · x₁, never w_fx₁

    def symbol(self, f: Ref) -> str:
        known = parts(f.name)
        if not f.indices:
            if known.layer:
                return subscript_free(f.name)
            if known.numbers and known.single:
                return known.base + below(known.word) + ",".join(map(below, known.numbers)) + updates(known.step)
            return known.base + below(known.word) + "_".join(known.numbers) + updates(known.step)
        lowered = None if "." in f.name else self.lowered(f.indices, APART in f.name)
        layer = superscript(f"({','.join(known.numbers)})") if known.numbers else ""
        if lowered is None:
            inside = ", ".join([self.write(i).text for i in f.indices])
            return f"{known.base}{below(known.word)}{layer}{updates(known.step)}[{inside}]"
        word = below(known.word)
        parted = known.word and (known.word.isdecimal() or (not layer and (APART in f.name or "_" not in word)))
        return known.base + word + ("," if parted else "") + layer + lowered + updates(known.step)

    def lowered(self, indices: tuple[Formula, ...], apart: bool = False) -> str | None:
        """Indices as subscripts, None where they cannot be; `apart`: with commas."""
        texts = []
        for i in indices:
            if not simple(i):
                return None
            text = self.write(i).text.replace(" ", "")
            small = text.translate(SUBSCRIPTS)
            if any(a == b for a, b in zip(text, small, strict=True)):
                return None
            texts.append(small)
        return ("" if all(len(t) == 1 for t in texts) and not apart else ",").join(texts)

    def partial(self, numerator: Ref, denominator: Ref) -> Piece:
        return Piece(f"∂{self.symbol(numerator)}/∂{self.symbol(denominator)}", PRODUCT + 1, "partial")

    def fraction(self, top: Formula, bottom: Formula) -> Piece:
        if type(top) is Call and top.name == "neg":  # −(a + b)/c, not (−(a + b))/c
            piece = self.fraction(top.args[0], bottom)
            if piece.front != MINUS:
                return Piece(self.minus + piece.text, PRODUCT, piece.kind, MINUS)
        above, under = self.write(top), self.write(bottom)
        numeric = above.kind == under.kind == "number"
        slash = above.level < POWER and "/" in above.text
        if above.level < PRODUCT or slash or above.kind == "big":
            above = self.held(above, above.kind)
        lower = under.text if under.level >= POWER else f"({under.text})"
        return Piece(f"{above.text}/{lower}", PRODUCT, "number" if numeric else "fraction", above.front)

    def raised(self, base: str, exponent: Formula) -> str:
        if isinstance(exponent, Call) and exponent.name == "bracketed":
            numbers = [raisable(self.write(a).text.replace(" ", "")) for a in exponent.args]
            if None not in numbers:
                return base + superscript("(") + ",".join(filter(None, numbers)) + superscript(")")
        text = self.write(exponent).text
        small = raisable(text.replace(" ", "")) if "," not in text else None
        if small is not None:
            return base + small
        return f"{base}^{text}" if text.isalnum() else f"{base}^({text})"

    def big(self, f: BigOperator) -> Piece:
        body = self.write(f.body)
        text = f"({body.text})" if body.level <= SUM or body.front == MINUS else body.text
        scripts = self.scripts(f)
        if scripts is None:
            index, *ends = (self.write(part).text for part in (Ref(f.index), f.low, f.high))
            low, high = (end.replace(" + ", "+").replace(" − ", "−") for end in ends)  # no row is broken there
            return Piece(f"{BIG[f.op]}[{index} = {low}…{high}] {text}", PRODUCT, "big")
        return Piece(f"{BIG[f.op]}{scripts} {text}", PRODUCT, "big")

    def scripts(self, f: BigOperator) -> str | None:
        """The bounds below and above a sign, None where a character cannot be lowered or raised."""
        index, low, high = (self.write(part).text for part in (Ref(f.index), f.low, f.high))
        plain = f"{index}={low}".replace(" ", "")
        lowered, raised = plain.translate(SUBSCRIPTS), raisable(high.replace(" ", "")) if "," not in high else None
        return None if raised is None or any(a == b for a, b in zip(plain, lowered, strict=True)) else lowered + raised

    def call(self, f: Call) -> Piece:
        name, args = f.name, f.args
        if name in SPECIAL:
            return SPECIAL[name](self, args)
        texts = ", ".join([self.write(a).text for a in args])
        return Piece(f"{self.shown(name)}({texts})", ATOM, "call")


def whole_numbers(items: Sequence[Formula]) -> list[str] | None:
    """Plain whole numbers, of which counts are sums and products, without further questions; None for anything else."""
    texts = []
    for f in items:
        if type(f) is not Number or f.denominator != 1 or f.text or not 0 <= f.numerator < WHOLE:
            return None
        texts.append(f"{f.numerator:,}")
    return texts


def simple(index: Formula) -> bool:
    """Whether an index is short enough to be lowered: a number, a letter, a sum of two."""
    if isinstance(index, Call):
        return index.name in ("+", "-") and all(isinstance(a, Number | Ref) for a in index.args)
    return True


def square_root(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """√x, √(x + 1)."""
    inner = w.write(args[0])
    kind = "number" if inner.kind == "number" else "call"
    return Piece("√" + (inner.text if inner.level == ATOM else f"({inner.text})"), ATOM, kind)


def fenced(left: str, right: str) -> Callable[[Unicode, tuple[Formula, ...]], Piece]:
    """A function that is written as a pair of bars or brackets."""

    def write(w: Unicode, args: tuple[Formula, ...]) -> Piece:
        inner = w.write(args[0])
        return Piece(left + inner.text + right, ATOM, "number" if inner.kind == "number" else "group")

    return write


def kronecker(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """δᵢₖ."""
    lowered = w.lowered(args)
    text = f"δ{lowered}" if lowered else f"δ[{', '.join(w.write(a).text for a in args)}]"
    return Piece(text, ATOM, "symbol")


def cases(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """`{x if x > 0, else 0}`; a case in the last branch joins the list."""
    texts = []
    condition, value, other = args
    while True:
        when, value = w.together(condition, value, other)
        texts.append(f"{w.write(value).text} if {when}")
        if not (isinstance(other, Call) and other.name == "if"):
            break
        condition, value, other = other.args
    return Piece("{" + ", ".join([*texts, f"else {w.write(other).text}"]) + "}", ATOM, "group")


def differential(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """`d/dx (…)`, `∂/∂x (…)` of several variables, `∂y/∂x` of a symbol, `∂²f/∂x∂y` of one by two variables."""
    f = taken_apart(args)
    d, several, inner = "∂" if f.partial else "d", len(f.variables) > 1, w.write(f.body)
    order = superscript(w.write(f.times).text if f.times else str(len(f.variables)) if several else "")
    below = "".join([d + w.write(by).text for by in f.variables]) + (order if f.times else "")
    if is_symbol(f.body) and inner.kind == "symbol":
        return Piece(f"{d}{order}{inner.text}/{below}", SIGN, "partial")
    text = inner.text if inner.level == ATOM else f"({inner.text})"
    return Piece(f"{d}{order}/{below} {text}", SIGN, "partial")


def exponential(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """e⁻ˣ where the exponent is short and can be raised, else exp(…)."""
    inner = w.write(args[0])
    text = inner.text.replace(" ", "")
    small = raisable(text) if len(text) <= RAISED and text[-1:] not in "⁻⁺" else None
    if small is None or any(c in text for c in ",/("):
        return Piece(f"exp({inner.text})", ATOM, "number" if inner.kind == "number" else "call")
    return Piece("e" + ("" if text == "1" else small), POWER, "number" if inner.kind == "number" else "call")


def integral(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """∫[low…high] f dx."""
    of, x, start, end = w.within(args[0], PRODUCT), *[w.write(a).text for a in args[1:]]
    return Piece(f"∫[{start}…{end}] {of} d{x}", PRODUCT, "big")


def element(w: Unicode, args: tuple[Formula, ...]) -> Piece:
    """An element of what a function returns: softmax(x)ᵢ."""
    base, lowered = w.within(args[0], ATOM), w.lowered(args[1:])
    return Piece(base + (lowered or f"[{', '.join(w.write(a).text for a in args[1:])}]"), ATOM, "call")


SPECIAL: dict[str, Callable[[Unicode, tuple[Formula, ...]], Piece]] = {
    "sqrt": square_root,
    "abs": fenced("|", "|"),
    "floor": fenced("⌊", "⌋"),
    "ceil": fenced("⌈", "⌉"),
    "delta": kronecker,
    "if": cases,
    "diff": differential,
    "exp": exponential,
    "integral": integral,
    "element": element,
    **MATRICES,
    **DIFFERENTIALS,
}
UNICODE = Unicode()
SPOKEN.append(unicode)
