"""How mathematics is set, whatever the characters: signs, parentheses, products with and without a sign.

A `Writer` writes each node as a `Piece`; its subclasses, one a notation, say how symbols, powers, fractions and
big operators look.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.notation.names import GREEK, NUMBERED, PRIMES, SQUARED, derivative, parts, primed
from hwsolve.formula.notation.operands import factors, terms
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

LETTERS = ("f", "g", *(f.shown for f in FUNCTIONS.values() if len(f.shown) == 1 and f.shown.isalpha()))  # of functions
COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
MINUS, OPEN = "minus", "open"  # fronts of pieces
ARRAYS = ("array", "odot")  # kinds of pieces


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A written formula: its text, how strongly its outermost operator binds, and what it looks like from beside.

    `kind`: number (no symbol in it), symbol, word, partial, call, group, fraction, big, product, sum, moment,
    array, odot.  `front` is what it begins with where that matters to what stands before it: a minus or a parenthesis.
    """

    text: str
    level: int
    kind: str
    front: str = ""


class Writer:
    """The rules that all notations share."""

    times, dot, plus, minus, thin, odot, star = " × ", " · ", "+", "−", " ", " ⊙ ", " ⋆ "
    gap, comma, conjunction = " ", ", ", " and "  # around signs, and between arrays; in lists; between conditions
    sigma = "Σ "  # of all elements
    del_sign = "∂"
    mark, gradient = "′", "∇"
    behind_word = " "  # parts a word from an array
    stroke = "/"  # of fractions in one line
    boxes = False  # whether a matrix stands in brackets of its height
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

    def held(self, piece: Piece, kind: str) -> Piece:
        """A piece in parentheses."""
        return Piece(self.parentheses(piece.text), ATOM, kind, OPEN)

    def whole(self, name: str) -> str:
        raise NotImplementedError

    def transposed(self, text: str) -> str:
        raise NotImplementedError

    def named(self, name: str) -> str:
        raise NotImplementedError

    def blank(self, text: str) -> str:
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
            left, right = (self.write(a) for a in args)
            text = self.gap.join((left.text, self.relations[name], right.text))
            return Piece(text, COMPARISON, "sum", left.front)
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
        """Terms with their signs."""
        pieces = self.summands(f)
        kinds = {p.kind for p in pieces}
        kind = "array" if kinds & {*ARRAYS} else "number" if kinds == {"number"} else "sum"
        return Piece(self.gap.join([p.text for p in pieces]), SUM, kind, pieces[0].front)

    def summands(self, f: Call) -> list[Piece]:
        """Terms with their signs; a sign inside a term that does not stand first is set in parentheses."""
        found: list[Piece] = []
        for sign, term in terms(f):
            piece = self.write(term)
            if not found:
                found.append(piece if piece.level >= SUM else self.held(piece, piece.kind))
                continue
            if piece.level <= SUM:
                piece = self.held(piece, piece.kind)
            elif piece.front == MINUS:
                signed = isinstance(term, Call) and term.name == "*"
                inner = self.product(factors(term), bare=False) if signed else self.held(piece, piece.kind)
                piece = Piece(inner.text, PRODUCT, piece.kind)
            mark, front = (self.minus, MINUS) if sign == "-" else (self.plus, "")
            found.append(Piece(mark + self.gap + piece.text, PRODUCT, piece.kind, front))
        return found

    def product(self, items: Sequence[Formula], bare: bool = True) -> Piece:
        """Symbols side by side, a sign between numbers and words; `bare`: a minus at the start may stand alone."""
        pieces = [self.write(f) for f in items]
        pieces = [p if p.level == ATOM else self.factor(p, n, len(items), bare) for n, p in enumerate(pieces)]
        numbers = [p.kind for p in pieces].count("number")
        if numbers == len(pieces):
            return Piece(self.times.join([p.text for p in pieces]), PRODUCT, "number", pieces[0].front)
        if any(p.kind in ARRAYS for p in pieces):
            return self.scaled(items, pieces, bare)
        first = items[0] if type(items[0]) is Number else None
        whole = first is not None and first.denominator == 1
        beside = ("symbol",) if first is not None and first.text else ("symbol", "call", "group")
        text = pieces[0].text
        for n in range(1, len(pieces)):
            left, right = pieces[n - 1], pieces[n]
            coefficient = n == 1 and whole and numbers == 1 and right.kind in beside
            as_call = called_as_function(items[n - 1]) and right.front == OPEN
            text += ("" if coefficient else self.dot if as_call else self.between(left, right)) + right.text
        return Piece(text, PRODUCT, "big" if pieces[-1].kind == "big" else "product", pieces[0].front)

    def scaled(self, items: Sequence[Formula], pieces: list[Piece], bare: bool) -> Piece:
        """Numbers in front of an array."""
        numbers = [f for f, p in zip(items, pieces, strict=True) if p.kind not in ARRAYS]
        text = self.odot.join([p.text for p in pieces if p.kind in ARRAYS])
        if not numbers:
            return Piece(text, PRODUCT, "array", pieces[0].front)
        front = self.write(numbers[0]) if len(numbers) == 1 else self.product(numbers)
        if front.kind == "partial":
            return Piece(f"{front.text}{self.dot}{text}", PRODUCT, "array", front.front)
        plain = front.kind == "number" and bare and len(numbers) == 1 and front.level >= SIGN
        held = front if plain or self.whole_factor(front) else self.held(front, front.kind)
        gap = self.behind_word if front.kind == "word" else self.gap
        return Piece(f"{held.text}{gap}{text}", PRODUCT, "array", held.front)

    def whole_factor(self, piece: Piece) -> bool:
        """Whether a factor before an array holds together without parentheses."""
        stroked = piece.level < POWER and self.stroke and self.stroke in piece.text
        return not (piece.level <= SUM or piece.kind == "big" or piece.front == MINUS or stroked)

    def factor(self, piece: Piece, place: int, count: int, bare: bool) -> Piece:
        """A factor that binds less than an atom, in parentheses where it needs them at its place."""
        numeric = piece.kind == "number"
        signed = piece.front == MINUS and (place > 0 or not bare)
        last = place == count - 1
        loose = piece.level <= SUM or (piece.level < SIGN and place > 0 and piece.kind not in ("big", "array"))
        inner = (piece.kind == "big" and not last) or (piece.kind in ("product", "odot") and count > 1)
        if signed or loose or inner:
            return self.held(piece, "number" if numeric else "array" if piece.kind in ARRAYS else "group")
        return piece

    def between(self, left: Piece, right: Piece) -> str:
        """What stands between two factors."""
        kinds = (left.kind, right.kind)
        if kinds == ("number", "number"):
            return self.times
        if "word" in kinds:
            return self.dot
        if kinds == ("symbol", "symbol") and left.text == right.text:
            return self.dot
        if "partial" in kinds or "fraction" in kinds or (left.level == PRODUCT and left.kind == "number"):
            return self.dot
        if "moment" in kinds:
            return self.thin
        if "number" in kinds:
            return self.times
        if right.kind == "group":
            return self.dot if left.text.startswith("√") else ""  # a root without a line over it has no end
        return self.thin if "call" in kinds or right.kind == "big" else ""

    def negative(self, f: Formula) -> Piece:
        piece = self.write(f)
        if piece.level <= SUM or piece.front == MINUS:
            piece = self.held(piece, piece.kind)
        return Piece(self.minus + piece.text, PRODUCT, "group" if piece.kind == "sum" else piece.kind, MINUS)

    def power(self, base: Formula, exponent: Formula) -> Piece:
        piece = self.write(base)
        if piece.level < ATOM or piece.front == MINUS or (isinstance(base, Ref) and self.decorated(base)):
            piece = self.held(piece, "number" if piece.kind == "number" else "group")
        return Piece(self.raised(piece.text, exponent), POWER, piece.kind, piece.front)

    def decorated(self, f: Ref) -> bool:
        """Whether the symbol already has something at the place of an exponent."""
        name = parts(f.name)
        return bool(name.step or name.layer or (name.numbers and f.indices) or name.base == SQUARED)

    def shown(self, name: str) -> str:
        """How a function's name is written."""
        known = function(name)
        if known is None and name.startswith("d_"):
            return primed(self.shown(name[2:]))
        if known is None and (name in GREEK or NUMBERED.fullmatch(name)):
            return self.symbol(Ref(name))
        return known.shown.replace(PRIMES[0] * 2, PRIMES[1]) if known else name

    def together(self, condition: Formula, value: Formula, other: Formula) -> tuple[str, Formula]:
        """The conditions of choices within each other that have one alternative, and the value under all of them."""
        found = [condition]
        while isinstance(value, Call) and value.name == "if" and value.args[2] == other:
            condition, value = value.args[:2]
            found.append(condition)
        return self.conjunction.join(self.chained(found)), value

    def chained(self, conditions: list[Formula]) -> list[str]:
        """a ≤ x and x ≤ b as a ≤ x ≤ b."""
        texts: list[str] = []
        last: Formula | None = None
        for condition in conditions:
            bound = isinstance(condition, Call) and condition.name in ("<", "<=")
            if bound and isinstance(condition, Call) and last is not None and condition.args[0] == last:
                texts[-1] = self.gap.join(
                    (texts[-1], self.relations[condition.name], self.write(condition.args[1]).text)
                )
                last = None
            else:
                texts.append(self.write(condition).text)
                last = condition.args[1] if bound and isinstance(condition, Call) else None
        return texts


def called_as_function(f: Formula) -> bool:
    """Whether a factor is the letter of a function, σ or f, so that σ(1 − x) would be its value; σ_w is none."""
    base = f.args[0] if type(f) is Call and f.name in ("**", "neg") else f
    if type(base) is not Ref or derivative(base.name):
        return False
    name = parts(base.name)
    return name.base in LETTERS and not name.word
