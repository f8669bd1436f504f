"""How mathematics is set, whatever the characters: signs, parentheses, products with and without a sign.

A `Writer` writes each node as a `Piece`; the subclasses for Unicode and LaTeX say how symbols, powers, fractions and
big operators look.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.notation.names import NUMBERED, PRIMES, derivative, parts, primed
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

LETTERS = ("f", "g", *(f.shown for f in FUNCTIONS.values() if len(f.shown) == 1 and f.shown.isalpha()))  # of functions
COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
ARRAYS = ("array", "odot")  # kinds of pieces


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A written formula: its text, how strongly its outermost operator binds, and what it looks like from beside.

    `kind`: number (no symbol in it), symbol, word, partial, call, group, fraction, big, product, sum, array, odot.
    """

    text: str
    level: int
    kind: str


class Writer:
    """The rules that Unicode and LaTeX share."""

    times, dot, minus, thin, odot = " × ", " · ", "−", " ", " ⊙ "
    sigma = "Σ "  # of all elements
    mark, gradient = "′", "∇"
    behind_word = " "  # parts a word from an array
    loose: tuple[str, ...] = ("/", "+", "−", "Σ")  # what holds a factor before an array together only in parentheses
    opening: tuple[str, ...] = ("(",)
    relations = {"==": "=", "<": "<", ">": ">", "<=": "≤", ">=": "≥", "!=": "≠", "≈": "≈"}

    def number(self, f: Number) -> Piece:
        raise NotImplementedError

    def symbol(self, f: Ref) -> str:
        raise NotImplementedError

    def partial(self, numerator: Ref, denominator: Ref) -> Piece:
        raise NotImplementedError

    def big(self, f: BigOperator) -> Piece:
        raise NotImplementedError

    def fraction(self, top: Formula, bottom: Formula) -> Piece:
        raise NotImplementedError

    def raised(self, base: str, exponent: Formula) -> str:
        raise NotImplementedError

    def call(self, f: Call) -> Piece:
        raise NotImplementedError

    def parentheses(self, text: str) -> str:
        raise NotImplementedError

    def whole(self, name: str) -> str:
        raise NotImplementedError

    def transposed(self, text: str) -> str:
        raise NotImplementedError

    def named(self, name: str) -> str:
        raise NotImplementedError

    def gap(self, text: str) -> str:
        """What takes as much room as a text, and shows nothing."""
        return " " * len(text)

    def array(self, rows: list[list[str]], deep: bool) -> str:
        """The written elements of an array; `deep`: of a matrix."""
        raise NotImplementedError

    def write(self, f: Formula) -> Piece:
        """The formula, written."""
        if type(f) is Number:
            return self.number(f)
        if type(f) is Call:
            return self.operator(f, f.name, f.args)
        if type(f) is Ref:
            return self.reference(f)
        if type(f) is BigOperator:
            return self.big(f)
        raise TypeError(f"no formula: {f!r}")

    def operator(self, f: Call, name: str, args: tuple[Formula, ...]) -> Piece:
        """An operator, a comparison or a function."""
        if name == "*":
            return self.product(factors(f))
        if name in ("+", "-"):
            return self.sum(f)
        if name == "/":
            return self.fraction(*args)
        if name == "neg":
            return self.negative(args[0])
        if name == "**":
            return self.power(*args)
        if name in self.relations:
            left, right = (self.write(a).text for a in args)
            return Piece(f"{left} {self.relations[name]} {right}", COMPARISON, "sum")
        return self.call(f)

    def reference(self, f: Ref) -> Piece:
        """A symbol, a word, or the partial derivative that a name like `dE_dv` stands for."""
        both = derivative(f.name)
        if both:
            return self.partial(Ref(both[0]), Ref(both[1], f.indices))
        return Piece(self.symbol(f), ATOM, "symbol" if parts(f.name).single else "word")

    def within(self, f: Formula, least: int) -> str:
        """The text, in parentheses where its operator binds less than `least`."""
        piece = self.write(f)
        return piece.text if piece.level >= least else self.parentheses(piece.text)

    def sum(self, f: Call) -> Piece:
        """Terms with their signs; a sign inside a term that does not stand first is set in parentheses."""
        text, kind = "", "number"
        for sign, term in terms(f):
            piece = self.write(term)
            if piece.kind != "number" and kind != "array":
                kind = "array" if piece.kind in ARRAYS else "sum"
            if not text:
                text = piece.text if piece.level >= SUM else self.parentheses(piece.text)
                continue
            if piece.level <= SUM:
                piece = Piece(self.parentheses(piece.text), ATOM, piece.kind)
            elif piece.text.startswith(self.minus):
                signed = isinstance(term, Call) and term.name == "*"
                inner = self.product(factors(term), bare=False).text if signed else self.parentheses(piece.text)
                piece = Piece(inner, PRODUCT, piece.kind)
            text += f" {self.minus if sign == '-' else sign} {piece.text}"
        return Piece(text, SUM, kind)

    def product(self, items: Sequence[Formula], bare: bool = True) -> Piece:
        """Symbols side by side, a sign between numbers and words; `bare`: a minus at the start may stand alone."""
        pieces = [self.write(f) for f in items]
        pieces = [p if p.level == ATOM else self.factor(p, n, len(items), bare) for n, p in enumerate(pieces)]
        numbers = [p.kind for p in pieces].count("number")
        if numbers == len(pieces):
            return Piece(self.times.join([p.text for p in pieces]), PRODUCT, "number")
        if any(p.kind in ARRAYS for p in pieces):
            return self.scaled(items, pieces, bare)
        first = items[0] if type(items[0]) is Number else None
        whole = first is not None and first.denominator == 1
        beside = ("symbol",) if first is not None and first.text else ("symbol", "call", "group")
        text = pieces[0].text
        for n in range(1, len(pieces)):
            left, right = pieces[n - 1], pieces[n]
            coefficient = n == 1 and whole and numbers == 1 and right.kind in beside
            as_call = called_as_function(items[n - 1]) and right.text.startswith(self.opening)
            text += ("" if coefficient else self.dot if as_call else self.between(left, right)) + right.text
        return Piece(text, PRODUCT, "big" if pieces[-1].kind == "big" else "product")

    def scaled(self, items: Sequence[Formula], pieces: list[Piece], bare: bool) -> Piece:
        """Numbers in front of an array."""
        numbers = [f for f, p in zip(items, pieces, strict=True) if p.kind not in ARRAYS]
        text = self.odot.join([p.text for p in pieces if p.kind in ARRAYS])
        if not numbers:
            return Piece(text, PRODUCT, "array")
        front = self.write(numbers[0]) if len(numbers) == 1 else self.product(numbers)
        if front.kind == "partial":
            return Piece(f"{front.text}{self.dot}{text}", PRODUCT, "array")
        if front.kind == "number" and bare and len(numbers) == 1 and front.level >= SIGN:
            return Piece(f"{front.text} {text}", PRODUCT, "array")
        held = self.parentheses(front.text) if any(c in front.text for c in self.loose) else front.text
        gap = self.behind_word if front.kind == "word" else " "
        return Piece(f"{held}{gap}{text}", PRODUCT, "array")

    def factor(self, piece: Piece, place: int, count: int, bare: bool) -> Piece:
        """A factor that binds less than an atom, in parentheses where it needs them at its place."""
        numeric = piece.kind == "number"
        signed = piece.text.startswith(self.minus) and (place > 0 or not bare)
        last = place == count - 1
        loose = piece.level <= SUM or (piece.level < SIGN and place > 0 and piece.kind not in ("big", "array"))
        inner = (piece.kind == "big" and not last) or (piece.kind in ("product", "odot") and count > 1)
        if signed or loose or inner:
            kind = "number" if numeric else "array" if piece.kind in ARRAYS else "group"
            return Piece(self.parentheses(piece.text), ATOM, kind)
        return piece

    def between(self, left: Piece, right: Piece) -> str:
        """What stands between two factors."""
        kinds = (left.kind, right.kind)
        if "word" in kinds or kinds == ("number", "number"):
            return self.times
        if kinds == ("symbol", "symbol") and left.text == right.text:
            return self.dot
        if "partial" in kinds or "fraction" in kinds or (left.level == PRODUCT and left.kind == "number"):
            return self.dot
        if "number" in kinds:
            return self.times
        if right.kind == "group":
            return ""
        return self.thin if "call" in kinds or right.kind == "big" else ""

    def negative(self, f: Formula) -> Piece:
        piece = self.write(f)
        text = piece.text
        if piece.level <= SUM or text.startswith(self.minus):
            text = self.parentheses(text)
        return Piece(self.minus + text, PRODUCT, "product" if piece.kind == "sum" else piece.kind)

    def power(self, base: Formula, exponent: Formula) -> Piece:
        piece = self.write(base)
        text = piece.text
        if piece.level < ATOM or text.startswith(self.minus) or (isinstance(base, Ref) and self.decorated(base)):
            text = self.parentheses(text)
            piece = Piece(text, ATOM, "number" if piece.kind == "number" else "group")
        return Piece(self.raised(text, exponent), POWER, piece.kind)

    def decorated(self, f: Ref) -> bool:
        """Whether the symbol already has something at the place of an exponent."""
        name = parts(f.name)
        return bool(name.updates or (name.numbers and f.indices))

    def shown(self, name: str) -> str:
        """How a function's name is written."""
        known = function(name)
        if known is None and name.startswith("d_"):
            return primed(self.shown(name[2:]))
        if known is None and NUMBERED.fullmatch(name):
            return self.symbol(Ref(name))
        return known.shown.replace(PRIMES[0] * 2, PRIMES[1]) if known else name

    def together(self, condition: Formula, value: Formula, other: Formula) -> tuple[str, Formula]:
        """The conditions of choices within each other that have one alternative, and the value under all of them."""
        found = [condition]
        while isinstance(value, Call) and value.name == "if" and value.args[2] == other:
            condition, value = value.args[:2]
            found.append(condition)
        return " and ".join(self.chained(found)), value

    def chained(self, conditions: list[Formula]) -> list[str]:
        """a ≤ x and x ≤ b as a ≤ x ≤ b."""
        texts: list[str] = []
        last: Formula | None = None
        for condition in conditions:
            bound = isinstance(condition, Call) and condition.name in ("<", "<=")
            if bound and isinstance(condition, Call) and last is not None and condition.args[0] == last:
                texts[-1] += f" {self.relations[condition.name]} {self.write(condition.args[1]).text}"
                last = None
            else:
                texts.append(self.write(condition).text)
                last = condition.args[1] if bound and isinstance(condition, Call) else None
        return texts


def called_as_function(f: Formula) -> bool:
    """Whether a factor is the letter of a function, σ or f, so that σ(1 − x) would be its value; σ_w is none."""
    base = f.args[0] if type(f) is Call and f.name == "**" else f
    if type(base) is not Ref or derivative(base.name):
        return False
    name = parts(base.name)
    return name.base in LETTERS and not name.word


def factors(f: Formula) -> list[Formula]:
    """The factors of nested products in one list."""
    if type(f) is not Call or f.name != "*":
        return [f]
    found: list[Formula] = []
    for a in f.args:
        found += factors(a) if type(a) is Call else (a,)
    return found


def terms(f: Formula, sign: str = "+") -> list[tuple[str, Formula]]:
    """The terms of a sum with their signs; the first one's is always +."""
    if type(f) is Call and f.name == "+":
        first, *rest = f.args
        return terms(first) + [signed(a) for a in rest]
    if type(f) is Call and f.name == "-":
        return [*terms(f.args[0]), ("-", f.args[1])]
    return [(sign, f)]


def signed(f: Formula) -> tuple[str, Formula]:
    """a + (-b) is written a - b."""
    if type(f) is Call and f.name == "neg" and type(f.args[0]) is not Number:
        return "-", f.args[0]
    return "+", f
