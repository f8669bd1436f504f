"""Text to a formula: `v[1,1]*x[1] + b@2`, `Sum(w[i,j]*x[j], j, 1, J)`, `if(x > 0, x, 0)`.

    comparison := sum [("==" | "<" | ">" | "<=" | ">=") sum]
    sum        := product {("+" | "-") product}
    product    := unary {("*" | "/" | "@") unary}
    unary      := ("-" | "+") unary | power
    power      := atom ["**" unary]
    atom       := number | name ["[" list "]"] | name "(" list ")" ["[" list "]"] | "(" comparison ")" | "[" list "]"
                | "(" comparison ")" "[" list "]"

Every number is the decimal that was typed: `0.1` is 1/10.  `a + b + c` is one call of three arguments, and parentheses
stay as they were written.  `softmax(x)[i]` is `Call("element", (softmax(x), i))`.  `w@1` is a name, `w @ x` the product
of two arrays, `[1, 2]` an array and `(q)[1]` a part of one (in formulas over whole arrays).  Nothing is evaluated here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, listed, walk
from hwsolve.language import Message, say

MAX_DEPTH = 100
MAX_TEXT = 100_000
MAX_DIGITS = 1_000  # of a number, and the size of its power of ten
BIG_OPERATORS = ("Sum", "Prod", "Max", "Min")
COMPARISONS = ("==", "<", ">", "<=", ">=")
STRENGTH = dict.fromkeys(COMPARISONS, 0) | {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "**": 3}
KEY = r"[^\W\d][\w.]*(?:@[0-9]+)?"
TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:[0-9][0-9_]*(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>{KEY})|(?P<operator>\*\*|==|<=|>=|[-+*/@(),\[\]<>−×·÷])|(?P<end>$))"
)
NO_INDEX = say("An index is missing.")
TYPOGRAPHIC = {"−": "-", "×": "*", "·": "*", "÷": "/"}


class FormulaError(ValueError):
    """A text that is no formula: what is wrong, and at which column (from 1)."""

    def __init__(self, message: Message, column: int) -> None:
        super().__init__(str(message))
        self.message = message
        self.column = column


class Token(NamedTuple):
    """A piece of the text: number, name, operator or end."""

    kind: str
    text: str
    column: int


@lru_cache(maxsize=8192)
def parse(text: str, arrays: bool = False) -> Formula:
    """The formula that a text says; raises FormulaError.

    `arrays`: it is one over whole arrays, which may be written out, as `[1, 2]`; and a big operator may leave out its
    bounds, which those of an axis then are: `Sum(v[i]*x[i], i)`.
    """
    if len(text) > MAX_TEXT:
        raise FormulaError(say("A formula may have at most {limit} characters.", limit=MAX_TEXT), 1)
    return Parser(text, arrays).whole()


class Parser:
    """One pass over the tokens by the precedence of operators; `level` is how many expressions are open.

    Few calls lie between one level and the next, so that the deepest text that is taken stays far from Python's limit.
    """

    def __init__(self, text: str, arrays: bool = False) -> None:
        self.text, self.tokens = text, tokens(text)
        self.arrays = arrays
        self.at = 0
        self.level = 0

    def whole(self) -> Formula:
        """The one formula that the text consists of."""
        if self.tokens[0].kind == "end":
            raise self.fail(say("A formula is missing."))
        f = self.expression()
        if self.tokens[self.at].kind != "end":
            raise self.unexpected(say("an operator or the end"))
        if depth(f) > MAX_DEPTH:
            raise FormulaError(say("The formula is nested more than {limit} deep.", limit=MAX_DEPTH), 1)
        return f

    def expression(self, weakest: int = 0) -> Formula:
        """Operands, as far as operators bind at least as strongly as `weakest`; `a + b + c` in one call."""
        self.level += 1
        if self.level > MAX_DEPTH:
            raise self.fail(say("The formula is nested more than {limit} deep.", limit=MAX_DEPTH))
        joining, parts = "", [self.operand()]
        while (strength := STRENGTH.get(operator := self.peek(), -1)) >= weakest:
            self.at += 1
            right = self.expression(strength if operator == "**" else strength + 1)
            if operator == joining:
                parts.append(right)
            elif operator in ("+", "*"):
                joining, parts = operator, [together(joining, parts), right]
            else:
                joining, parts = "", [Call(operator, (together(joining, parts), right))]
            if operator in COMPARISONS and self.peek() in COMPARISONS:
                raise self.fail(say("Comparisons cannot be chained: put one of them in parentheses."))
        self.level -= 1
        return together(joining, parts)

    def operand(self) -> Formula:
        """A number, what begins with a name, a sign and what it belongs to, or what stands in parentheses."""
        token = self.tokens[self.at]
        if token.kind == "number":
            self.at += 1
            return number(token)
        if token.kind == "name":
            self.at += 1
            return self.named(token)
        if token.text == "[" and self.arrays:
            items = listed(*self.arguments("]", say("An array needs an element.")))
            return Call("element", (items, *self.arguments("]"))) if self.peek() == "[" else items
        if token.text not in ("-", "+", "("):
            raise self.unexpected(say("a number, a name or “(”"))
        self.at += 1
        if token.text == "(":
            f = self.expression()
            self.close(")")
            return Call("element", (f, *self.arguments("]"))) if self.arrays and self.peek() == "[" else f
        literal = self.tokens[self.at].kind == "number"
        f = self.expression(STRENGTH["**"])
        if token.text == "+":
            return f
        return Number(-f.numerator, f.denominator) if literal and isinstance(f, Number) else Call("neg", (f,))

    def named(self, token: Token) -> Formula:
        """What begins with a name: a reference, an element, a call or a big operator."""
        if self.peek() == "[":
            return Ref(token.text, self.arguments("]"))
        if self.peek() != "(":
            return Ref(token.text)
        args = self.arguments(")")
        f = self.big(token, args) if token.text in BIG_OPERATORS else self.called(token, args)
        return Call("element", (f, *self.arguments("]"))) if self.peek() == "[" else f

    def called(self, token: Token, args: tuple[Formula, ...]) -> Formula:
        if token.text == "if" and len(args) != 3:
            raise FormulaError(say("“if” takes a condition and two values: if(c, a, b)."), token.column)
        return Call(token.text, args)

    def big(self, token: Token, args: tuple[Formula, ...]) -> Formula:
        match args:
            case (body, Ref(index, ()), low, high):
                return BigOperator(token.text, body, index, low, high)
            case (body, Ref(index, ())) if self.arrays:
                return Call(token.text, (body, Ref(index)))
        form = f"{token.text}({self.meant(token, args)})"
        message = say("“{name}” takes a body, an index and two bounds: {form}.", name=token.text, form=form)
        raise FormulaError(message, token.column)

    def meant(self, token: Token, args: tuple[Formula, ...]) -> str:
        """What a big operator would take that lacks its index or a bound: its own body, if that has one such name."""
        start, end = token.column + len(token.text), self.tokens[self.at - 1].column - 1
        written = self.text[start:end].split(",") if len(args) == self.text.count(",", start, end) + 1 else []
        found = [ref for f in args[:1] for ref in walk(f) if isinstance(ref, Ref)]
        within = {i.name for ref in found for i in ref.indices if isinstance(i, Ref)}
        names = within or {ref.name for ref in found}
        if len(names) != 1 or not written or (args[0] in found and not within):
            return "w[j]*x[j], j, 1, 3"
        bounds = [w.strip() for w, f in zip(written[1:], args[1:], strict=True) if isinstance(f, Number)]
        low, high = bounds if len(bounds) == 2 else ("1", *(bounds or ["3"]))[:2]
        return f"{written[0].strip()}, {names.pop()}, {low}, {high}"

    def arguments(self, closing: str, empty: Message = NO_INDEX) -> tuple[Formula, ...]:
        """The list behind an opening bracket, which is the token here; `empty` says what “[]” lacks."""
        self.at += 1
        if self.peek() == closing:
            if closing == "]":
                raise self.fail(empty)
            self.at += 1
            return ()
        items = [self.expression()]
        while self.peek() == ",":
            self.at += 1
            items.append(self.expression())
        self.close(closing)
        return tuple(items)

    def close(self, closing: str) -> None:
        if self.peek() != closing:
            raise self.unexpected(say("“{closing}”", closing=closing))
        self.at += 1

    def peek(self) -> str:
        token = self.tokens[self.at]
        return token.text if token.kind == "operator" else ""

    def unexpected(self, wanted: Message) -> FormulaError:
        token = self.tokens[self.at]
        if token.kind == "end":
            return self.fail(say("The formula ends where {wanted} is expected.", wanted=wanted))
        return self.fail(say("“{found}” stands where {wanted} is expected.", found=token.text, wanted=wanted))

    def fail(self, message: Message) -> FormulaError:
        return FormulaError(message, self.tokens[self.at].column)


def together(joining: str, parts: list[Formula]) -> Formula:
    """One part as it is, several as a call."""
    return parts[0] if len(parts) == 1 else Call(joining, tuple(parts))


def tokens(text: str) -> list[Token]:
    """The pieces of a text, an `end` last."""
    at, found = 0, []
    while True:
        match = TOKEN.match(text, at)
        if match is None:
            raise unreadable(text, at)
        kind = match.lastgroup or "end"
        piece, column = match.group(kind), match.start(kind) + 1
        if kind == "name" and not piece.isascii():
            check_name(piece, column)
        found.append(Token(kind, TYPOGRAPHIC.get(piece, piece), column))
        if kind == "end":
            return found
        at = match.end()


def check_name(name: str, column: int) -> None:
    """Refuse a raised or lowered digit: Python counts `x²` as a word."""
    for place, sign in enumerate(name):
        if sign not in ".@" and not f"a{sign}".isidentifier():
            message = say("“{sign}” cannot stand in a name. A power is written **: x**2.", sign=sign)
            raise FormulaError(message, column + place)


def unreadable(text: str, at: int) -> FormulaError:
    """What to say of a sign that no token begins with."""
    column = at + len(text[at:]) - len(text[at:].lstrip())
    sign = text[column]
    if sign == "^":
        return FormulaError(say("“^” is no operator. A power is written **: x**2."), column + 1)
    if sign == "=" and (typed := re.search(r"\b(axis|dim|keepdims?)\s*$", text[:column])):
        return FormulaError(
            say("`{word}=` cannot be read: an axis stands by itself, from 1: sum(A, 2).", word=typed[1]), column + 1
        )
    if sign == "=":
        return FormulaError(say("“=” is no operator. Equality is written ==."), column + 1)
    return FormulaError(say("“{sign}” cannot stand in a formula.", sign=sign), column + 1)


def number(token: Token) -> Number:
    """The decimal that was typed, as a rational in lowest terms."""
    mantissa, _, power = token.text.replace("_", "").lower().partition("e")
    whole, _, places = mantissa.partition(".")
    digits = (whole + places).lstrip("0") or "0"
    if len(digits) > MAX_DIGITS or len(power) > 6 or abs(int(power or 0)) > MAX_DIGITS:
        raise FormulaError(say("A number may have at most {limit} digits.", limit=MAX_DIGITS), token.column)
    exponent = int(power or 0) - len(places)
    if exponent >= 0:
        return Number(int(digits) * 10**exponent)
    top, bottom = int(digits), 10**-exponent
    common = gcd(top, bottom)
    return Number(top // common, bottom // common)


def depth(f: Formula) -> int:
    """How many nodes stand above each other, counted without recursion."""
    deepest, stack = 0, [(f, 1)]
    while stack:
        node, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((part, level + 1) for part in children(node))
    return deepest
