r"""LaTeX that GitHub shows: `v_{11} x_{1} + v_{21} x_{2}`, `\frac{\partial E}{\partial v_{11}}`.

Markdown reads a page before the mathematics is set, so nothing is written that it would change: no backslash before
punctuation (`\,`, `\{`, `\\`; rows end in `\cr`), no `*`, `<` or `|`, and an underscore only behind a letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from hwsolve.formula.functions import function
from hwsolve.formula.notation.decimals import RECENT, decimal, short
from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.differentials import DIFFERENTIALS, is_symbol, taken_apart
from hwsolve.formula.notation.matrices import MATRICES
from hwsolve.formula.notation.names import APART, HAT, NUMBERED, PRIME, SQUARED, Name, derivative, parts
from hwsolve.formula.notation.tex_words import COMMANDS, words
from hwsolve.formula.notation.writer import ATOM, MINUS, POWER, PRODUCT, SIGN, SUM, Piece, Writer
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

HATS = {"hat": "\\hat", "bar": "\\bar", "tilde": "\\tilde"}
TALL = ("\\frac", "\\sum", "\\prod", "\\int", "\\begin")
TWICE = re.compile(r"\^\{[^{}]*\}$")


@lru_cache(maxsize=RECENT)
def latex(f: Formula) -> str:
    """The formula for a page."""
    return LATEX.write(f).text


def latex_symbol(name: str) -> str:
    """The symbol of an array as a whole, whose number is its layer's."""
    return LATEX.whole(name)


def latex_number(text: str) -> str:
    """A printed number: "-160000" is -160{,}000."""
    return LATEX.numeral(text).text


def number_piece(text: str) -> Piece | None:
    """The piece of a number's text, None where it is neither a decimal nor a fraction."""
    found = digits(text)
    if found is not None:
        sign, mantissa, power = found
        written, front = mantissa.replace(",", "{,}"), MINUS if sign else ""
        if sign:
            written = "-" + written
        if power:
            return Piece(f"{written} \\times 10^{{{power}}}", PRODUCT, "number", front)
        return Piece(written, SIGN if sign else ATOM, "number", front)
    top, slash, bottom = text.partition("/")
    if slash and digits(top) and digits(bottom):
        sign = "-" if top.startswith("-") else ""
        inner = f"\\frac{{{latex_number(top.lstrip('-'))}}}{{{latex_number(bottom)}}}"
        return Piece(sign + inner, SIGN, "number", MINUS if sign else "")
    return None


class Latex(Writer):
    """The commands of LaTeX."""

    boxes = True
    times, dot, minus, thin, odot, star = " \\times ", " \\cdot ", "-", " ", " \\odot ", " \\star "
    conjunction = " \\text{ and } "
    behind_word = " \\thinspace "
    mark, gradient = "'", "\\nabla "
    sigma = "\\sum "
    del_sign = "\\partial "
    stroke = ""
    side_by_side = " "
    relations = {"==": "=", "<": "\\lt", ">": "\\gt", "<=": "\\le", ">=": "\\ge", "!=": "\\ne", "≈": "\\approx"}

    def number(self, f: Number) -> Piece:
        return self.numeral(f.text or short(decimal(f.numerator, f.denominator)))

    def numeral(self, text: str) -> Piece:
        """A number by its text."""
        return number_piece(text) or Piece(self.words(text), ATOM, "number")

    def words(self, text: str) -> str:
        """Upright text."""
        return words(text)

    def base(self, text: str) -> str:
        """A letter or a word."""
        if text.endswith(HAT):
            return f"\\hat {self.base(text.removesuffix(HAT))}"
        if text.endswith(PRIME):
            return f"{self.base(text.removesuffix(PRIME))}'"
        if text == SQUARED:
            return "{\\sigma^2}"
        return COMMANDS.get(text, text) if len(text) == 1 else self.words(text)

    def tall(self, text: str) -> bool:
        """Whether brackets around it grow."""
        return any(t in text for t in TALL)

    def parentheses(self, text: str) -> str:
        return f"\\left({text}\\right)" if self.tall(text) else f"({text})"

    def whole(self, name: str) -> str:
        both = derivative(name)
        if both:
            return f"\\frac{{\\partial {self.write(Ref(both[0])).text}}}{{\\partial {self.whole(both[1])}}}"
        known = parts(name)
        if not known.numbers:
            return self.write(Ref(name)).text
        return self.scripts(self.base(known.base), known.word, f"({','.join(known.numbers)})", known.step)

    def transposed(self, text: str) -> str:
        return f"{{{text}}}^{{\\top}}" if len(text) > 1 else f"{text}^{{\\top}}"

    def named(self, name: str) -> str:
        return f"\\operatorname{{{name}}}"

    def blank(self, text: str) -> str:
        return f"\\phantom{{{text}}}"

    def array(self, rows: list[list[str]], deep: bool) -> str:
        inner = " \\cr ".join([" & ".join(row) for row in rows])
        return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"

    def symbol(self, f: Ref) -> str:
        if f.name == "·":
            return "\\cdot"
        known = parts(f.name)
        letter = self.base(known.base)
        if known.word in HATS:
            letter = f"{HATS[known.word]} {letter}"
            known = Name(known.base, known.numbers, "", known.step)
        numbers = ",".join(known.numbers)
        if not f.indices and known.layer:
            return self.whole(f.name)
        if not f.indices:
            if not known.single:
                letter = self.words(known.base + "_".join(known.numbers))
                numbers = ""
            return self.scripts(letter, join(known.word, numbers), "", known.step)
        texts = [self.write(i).text for i in f.indices]
        below = ("" if all(len(t) == 1 for t in texts) and APART not in f.name else ",").join(texts)
        return self.scripts(letter, join(known.word, below), f"({numbers})" if numbers else "", known.step)

    def scripts(self, letter: str, below: str, above: str, step: str) -> str:
        """Subscript first: an underscore then stands behind a letter."""
        raised = above + step.replace("⟨", "\\langle ").replace("⟩", "\\rangle")
        if below and not letter[-1].isalnum():
            letter += "\\mathstrut"
        return letter + (f"_{{{below}}}" if below else "") + (f"^{{{raised}}}" if raised else "")

    def partial(self, numerator: Ref, denominator: Ref) -> Piece:
        above, under = self.symbol(numerator), self.symbol(denominator)
        return Piece(f"\\frac{{\\partial {above}}}{{\\partial {under}}}", SIGN, "partial")

    def fraction(self, top: Formula, bottom: Formula) -> Piece:
        above, under = self.write(top), self.write(bottom)
        numeric = above.kind == under.kind == "number"
        return Piece(f"\\frac{{{above.text}}}{{{under.text}}}", SIGN, "number" if numeric else "call")

    def between(self, left: Piece, right: Piece) -> str:
        kinds = {left.kind, right.kind}
        if "partial" in kinds and not kinds & {"number", "word"}:
            return self.thin
        return super().between(left, right) or self.side_by_side

    def raised(self, base: str, exponent: Formula) -> str:
        twice = TWICE.search(base)  # TeX refuses a second exponent
        return f"{{{base}}}^{{{self.write(exponent).text}}}" if twice else f"{base}^{{{self.write(exponent).text}}}"

    def big(self, f: BigOperator) -> Piece:
        body = self.write(f.body)
        text = self.parentheses(body.text) if body.level <= SUM or body.front == MINUS else body.text
        low, high = self.write(f.low).text, self.write(f.high).text
        index = self.symbol(Ref(f.index))
        if f.op in ("Sum", "Prod"):
            head = f"\\{f.op.lower()}_{{{index}={low}}}^{{{high}}}"
        else:
            head = f"\\{f.op.lower()}_{{{low} \\le {index} \\le {high}}}"
        return Piece(f"{head} {text}", PRODUCT, "big")

    def call(self, f: Call) -> Piece:
        name, args = f.name, f.args
        if name in SPECIAL:
            return SPECIAL[name](self, args)
        texts = ", ".join([self.write(a).text for a in args])
        return Piece(self.head(name) + self.parentheses(texts), ATOM, "call")

    def head(self, name: str) -> str:
        """The name of a function."""
        known = function(name)
        if known:
            return self.command(known.latex)
        inner = self.head(name[2:]) if name.startswith("d_") else ""
        if name.startswith("d_d_") or (len(name) == 3 and inner):
            return f"{inner}'"
        if NUMBERED.fullmatch(name):
            return self.symbol(Ref(name))
        return name if len(name) == 1 else f"\\operatorname{{{self.words(name)[6:-1]}}}"

    def command(self, command: str) -> str:
        """The name of a function; Markdown would take an underscore for its own."""
        return command.replace("\\_", "-")


def join(word: str, rest: str) -> str:
    """A word and indices in one subscript."""
    plain = word if word.isdecimal() else f"\\mathrm{{{word}}}"
    upright = plain if word.isascii() and word.isalnum() else COMMANDS.get(word) or words(word)
    return f"{upright}{',' if rest else ''}{rest}" if word else rest


def exponential(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """e to the power."""
    inner = w.write(args[0])
    return Piece(f"e^{{{inner.text}}}", POWER, "number" if inner.kind == "number" else "call")


def square_root(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """A root over its argument."""
    inner = w.write(args[0])
    return Piece(f"\\sqrt{{{inner.text}}}", ATOM, "number" if inner.kind == "number" else "call")


def fenced(left: str, right: str) -> Callable[[Latex, tuple[Formula, ...]], Piece]:
    """A function that is written as a pair of bars or brackets."""

    def write(w: Latex, args: tuple[Formula, ...]) -> Piece:
        inner = w.write(args[0])
        first, last = (f"\\left{left}", f"\\right{right}") if w.tall(inner.text) else (left, right)
        return Piece(f"{first} {inner.text} {last}", ATOM, "number" if inner.kind == "number" else "group")

    return write


def kronecker(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """δ with its two indices."""
    texts = [w.write(a).text for a in args]
    return Piece(f"\\delta_{{{('' if all(len(t) == 1 for t in texts) else ',').join(texts)}}}", ATOM, "symbol")


def cases(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """A brace with one row for each case."""
    rows = []
    condition, value, other = args
    while True:
        when, value = w.together(condition, value, other)
        rows.append(f"{w.write(value).text} & \\text{{if }} {when}")
        if not (isinstance(other, Call) and other.name == "if"):
            break
        condition, value, other = other.args
    rows.append(f"{w.write(other).text} & \\text{{else}}")
    return Piece("\\begin{cases} " + " \\cr ".join(rows) + " \\end{cases}", ATOM, "group")


def differential(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """The derivative operator before its body, or over a symbol."""
    f = taken_apart(args)
    d, several, inner = "\\partial " if f.partial else "d", len(f.variables) > 1, w.write(f.body)
    count = w.write(f.times).text if f.times else str(len(f.variables)) if several else ""
    order = f"^{{{count}}}" if count else ""
    below = " ".join([d + w.within(by, ATOM) for by in f.variables]) + (order if f.times else "")
    if is_symbol(f.body) and inner.kind == "symbol":
        return Piece(f"\\frac{{{d.strip()}{order} {inner.text}}}{{{below}}}", SIGN, "partial")
    text = inner.text if inner.level == ATOM else w.parentheses(inner.text)
    return Piece(f"\\frac{{{d.strip()}{order}}}{{{below}}} {text}", SIGN, "partial")


def integral(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """An integral with its bounds."""
    body, by, low, high = args
    bounds = f"_{{{w.write(low).text}}}^{{{w.write(high).text}}}"
    return Piece(f"\\int{bounds} {w.within(body, PRODUCT)} \\thinspace d{w.write(by).text}", PRODUCT, "big")


def element(w: Latex, args: tuple[Formula, ...]) -> Piece:
    """An element of what a function returns."""
    texts = [w.write(a).text for a in args[1:]]
    below = ("" if all(len(t) == 1 for t in texts) else ",").join(texts)
    return Piece(f"{w.within(args[0], ATOM)}\\mathstrut_{{{below}}}", ATOM, "call")


SPECIAL: dict[str, Callable[[Latex, tuple[Formula, ...]], Piece]] = {
    "exp": exponential,
    "sqrt": square_root,
    "abs": fenced("\\lvert", "\\rvert"),
    "floor": fenced("\\lfloor", "\\rfloor"),
    "ceil": fenced("\\lceil", "\\rceil"),
    "delta": kronecker,
    "if": cases,
    "diff": differential,
    "integral": integral,
    "element": element,
    **MATRICES,
    **DIFFERENTIALS,
}
LATEX = Latex()
