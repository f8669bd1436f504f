"""Fields of a single value: flags, texts, words, whole numbers, sizes, exact numbers, choices.

What a plain text means is decided here, as YAML 1.2 has it: `true` is a flag but `no` is text, `010` is ten, `1e-3` a
number, `1:30` text; underscores group digits.  A number is exact: the decimal that was typed, a fraction, or a formula.
"""

from __future__ import annotations

import re
from math import gcd
from typing import Annotated, Any

from hwsolve.formula.tree import Formula, Number, Ref, walk
from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.limits import excessive
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.report import Path, Report, clip, did_you_mean, listed, suggest

MOST_DIGITS = 1000
MOST_EXPONENT = 1000
LONGEST_FORMULA = 10_000

DECIMAL = re.compile(r"([-+]?)(\d[\d_]*|(?=\.\d))(?:\.([\d_]*))?(?:[eE]([-+]?\d+))?", re.ASCII)
WHOLE = re.compile(r"[-+]?\d(?:_?\d)*", re.ASCII)
DIGITS = re.compile(r"[-+]?[\d_]+|0[ox][0-9a-fA-F]+", re.ASCII)
FRACTION = re.compile(r"([-+]?\d(?:_?\d)*) */ *(\d(?:_?\d)*)", re.ASCII)
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
BADLY_GROUPED = re.compile(r"(?<!\w)\d[\d.]*(?:_\d+)*_(?!\d)\w*|\._\d*")
CONSTANTS = {"pi", "e"}
FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
RESERVED = {*FLAGS, "null", "Null", "NULL"}
OLD_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


class Excess(ValueError):
    """A number that is too long to work with; the message says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def too_long() -> Excess:
    """The error of a number with too many digits."""
    return Excess(say("This number has more than {most} digits.", most=MOST_DIGITS))


def whole_number(text: str) -> int | None:
    """The integer that a text writes, or None: `010` is ten, `6_480` is 6480, `0x1F` is 31."""
    if len(text) > MOST_DIGITS:
        if DIGITS.fullmatch(text):
            raise too_long()
        return None
    if text.isdecimal() and text.isascii():
        return int(text)
    if WHOLE.fullmatch(text):
        return int(text)
    return int(text, 0) if BASED.fullmatch(text) else None


def decimal(text: str) -> Number | None:
    """The exact rational that a decimal or a fraction writes, or None."""
    match = DECIMAL.fullmatch(text)
    if match is None or ("_" in text and BADLY_GROUPED.search(text)):
        return _fraction(text)
    sign, before, after, exponent = match.groups()
    after = after or ""
    if not before and not after:
        return None
    if len(before) + len(after) > MOST_DIGITS:
        raise too_long()
    digits = int((before + after).replace("_", ""))
    shift = -len(after.replace("_", ""))
    if exponent:
        if len(exponent) > 6 or abs(int(exponent)) > MOST_EXPONENT:
            raise Excess(say("The exponent of this number is beyond {most}.", most=f"±{MOST_EXPONENT}"))
        shift += int(exponent)
    if sign == "-":
        digits = -digits
    if shift >= 0:
        return Number(digits * 10**shift)
    power: int = 10**-shift
    common = gcd(digits, power)
    return Number(digits // common, power // common)


def _fraction(text: str) -> Number | None:
    if len(text) > 2 * MOST_DIGITS:
        if DIGITS.fullmatch(text):
            raise too_long()
        return None
    match = FRACTION.fullmatch(text)
    if match is None:
        return Number(number) if BASED.fullmatch(text) and (number := whole_number(text)) is not None else None
    above, below = int(match[1]), int(match[2])
    if below == 0:
        raise Excess(say("The denominator is 0."))
    common = gcd(above, below)
    return Number(above // common, below // common)


def formula_at(node: Scalar, report: Report, path: Path, expected: Message) -> Formula | Any:
    """The formula that a scalar writes, or INVALID after a note that points into it."""
    from hwsolve.formula.parse import FormulaError, parse

    if len(node.text) > LONGEST_FORMULA:
        report.add(node, path, say("This formula has more than {most} characters.", most=LONGEST_FORMULA))
        return INVALID
    if (badly := BADLY_GROUPED.search(node.text)) is not None:
        message = say("In `{text}` an underscore does not stand between two digits.", text=clip(badly[0]))
        report.add(node, path, message)
        return INVALID
    try:
        parsed = parse(node.text)
    except FormulaError as error:
        at = Scalar(node.line, node.column + (error.column - 1 if node.plain and "\n" not in node.text else 0), "")
        text = clip(node.text)
        message = say("Expected {expected}, got `{text}`: {why}", expected=expected, text=text, why=error.message)
        report.add(at, path, message)
        return INVALID
    if (excess := excessive(parsed)) is not None:
        report.add(node, path, excess)
        return INVALID
    return parsed


class FlagField(Field):
    """true or false."""

    expected = say("`true` or `false`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.plain and node.text in FLAGS:
            return FLAGS[node.text]
        hint = None
        if isinstance(node, Scalar) and (meant := OLD_FLAGS.get(node.text.lower())):
            hint = say("In YAML 1.2 `{text}` is text; write `{meant}`.", text=node.text, meant=meant)
        elif isinstance(node, Scalar) and not node.plain and node.text in FLAGS:
            hint = say("Leave the quotes out.")
        elif isinstance(node, Scalar) and node.text and (near := suggest(node.text, ["true", "false"])):
            hint = say("Did you mean `{near}`?", near=near)
        return self.wrong(node, report, path, hint)

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.plain and (node.text in FLAGS or node.text.lower() in OLD_FLAGS)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class TextField(Field):
    """Any text."""

    expected = say("a text")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and not is_null(node):
            return node.text
        return self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}


class WordField(Field):
    """A name: letters, digits and `_`, not a digit first."""

    expected = say("a name")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.text.isidentifier() and not (node.plain and node.text in RESERVED):
            return node.text
        hint = say("A name has letters, digits and `_`, and does not begin with a digit.")
        return self.wrong(node, report, path, hint if isinstance(node, Scalar) and not is_null(node) else None)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[^\W\d]\w*$"}


class Choice(Field):
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        names = listed(words)
        self.expected = say("{name}", name=names) if len(words) == 1 else say("one of {names}", names=names)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.text in self.words:
            return node.text
        hint = None
        if isinstance(node, Scalar) and node.text and (near := suggest(node.text, self.words)):
            hint = say("Did you mean `{near}`?", near=near)
        return self.wrong(node, report, path, hint)

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.text in self.words

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class CountField(Field):
    """A whole number, at least `minimum` and at most `maximum`."""

    def __init__(self, minimum: int | None = 0, maximum: int | None = None) -> None:
        self.minimum, self.maximum = minimum, maximum
        self.expected = whole_between(minimum, maximum)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Scalar or not node.plain:
            return self.wrong(node, report, path)
        try:
            value = whole_number(node.text)
        except Excess as excess:
            report.add(node, path, excess.message)
            return INVALID
        if value is None or (self.minimum is not None and value < self.minimum):
            return self.wrong(node, report, path)
        if self.maximum is not None and value > self.maximum:
            return self.wrong(node, report, path)
        return value

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.plain and bool(DIGITS.fullmatch(node.text))

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "integer"}
        if self.minimum is not None:
            schema["minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        grouped = {"type": "string", "pattern": r"^[-+]?\d+(_\d+)+$"}  # to YAML 1.2 a number with underscores is text
        return {"anyOf": [schema, grouped]}


def whole_between(minimum: int | None, maximum: int | None) -> Message:
    """How an error names the whole numbers of a range."""
    if minimum is not None and maximum is not None:
        return say("a whole number from {minimum} to {maximum}", minimum=minimum, maximum=maximum)
    if minimum is not None:
        return say("a whole number of at least {minimum}", minimum=minimum)
    if maximum is not None:
        return say("a whole number of at most {maximum}", maximum=maximum)
    return say("a whole number")


class SizeField(Field):
    """A size: a whole number of at least `minimum`, a name such as `n`, or a formula of names such as `3*n`."""

    def __init__(self, minimum: int = 1) -> None:
        self.minimum = minimum
        self.expected = say("a size (a whole number ≥ {minimum}, or a name)", minimum=minimum)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Scalar or not node.text or is_null(node):
            return self.wrong(node, report, path)
        text = node.text
        try:
            value = whole_number(text)
            if value is None and (number := decimal(text)) is not None:  # 1e3, 6/2
                value = number.numerator if number.denominator == 1 else None
                if value is None:
                    return self.wrong(node, report, path)
        except Excess as excess:
            report.add(node, path, excess.message)
            return INVALID
        if value is not None:
            return value if value >= self.minimum else self.wrong(node, report, path)
        return self._symbolic(node, report, path)

    def _symbolic(self, node: Scalar, report: Report, path: Path) -> Any:
        if node.text.isidentifier():
            if node.plain and (node.text in FLAGS or node.text.lower() in OLD_FLAGS):
                return self.wrong(node, report, path)
            return Ref(node.text)
        if node.text[0] in "$":
            return self.wrong(node, report, path, say("`$name` stands for an argument inside the body of a block."))
        size = formula_at(node, report, path, self.expected)
        if size is INVALID:
            return INVALID
        if not any(isinstance(part, Ref) for part in walk(size)):
            return self._constant(size, node, report, path)
        if any(isinstance(part, Ref) and part.indices for part in walk(size)):
            return self.wrong(node, report, path)
        return size

    def _constant(self, size: Formula, node: Scalar, report: Report, path: Path) -> Any:
        """The value of a formula without names: `400*400`."""
        value, _ = constant(size)
        return value if type(value) is int and value >= self.minimum else self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": self.minimum}, {"type": "string", "minLength": 1}]}


def constant(f: Formula) -> tuple[Any, Message | None]:
    """The value of a formula without names, or None with the reason why there is none."""
    from hwsolve.formula.evaluate import evaluate

    def unknown(name: str, indices: tuple[int, ...]) -> Any:
        raise LookupError(name)

    try:
        return evaluate(f, unknown), None
    except ArithmeticError as error:  # not finite, or a branch that more digits decide
        return None, getattr(error, "what", None)
    except (ValueError, TypeError, LookupError) as error:
        return None, getattr(error, "message", None) or say("this cannot be evaluated")


class DecimalField(Field):
    """An exact number: a decimal, a fraction, or a formula such as `sqrt(5)`; with `names`, any formula."""

    def __init__(self, names: bool = False) -> None:
        self.names = names
        self.expected = say("a number or a formula") if names else say("a number")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Scalar:
            return self.wrong(node, report, path)
        try:
            number = decimal(node.text)
        except Excess as excess:
            report.add(node, path, excess.message)
            return INVALID
        if number is not None:
            return number
        return self._formula(node, report, path)

    def _formula(self, node: Scalar, report: Report, path: Path) -> Any:
        if is_null(node) or not node.text.strip() or node.text in FLAGS:
            return self.wrong(node, report, path)
        if node.text.lower().lstrip("+-") in (".inf", ".nan", "inf", "nan", "infinity"):
            return self.wrong(node, report, path, say("A number is finite."))
        if not self.names and node.text not in CONSTANTS and not any(char.isdigit() for char in node.text):
            return self.wrong(node, report, path, number_hint(node.text))
        value = formula_at(node, report, path, self.expected)
        if value is INVALID or self.names:
            return value
        name = next((part.name for part in walk(value) if isinstance(part, Ref) and part.name not in CONSTANTS), None)
        if name is None:
            return value if self._finite(value, node, report, path) else INVALID
        report.add(node, path, say("Expected a number, got a formula with the name `{name}`.", name=name))
        return INVALID

    def _finite(self, f: Formula, node: Scalar, report: Report, path: Path) -> bool:
        """Whether the formula has a value, as `sqrt(-1)` and `1/(2 - 2)` have not."""
        value, reason = constant(f)
        if value is None and reason is not None:
            report.add(node, path, say("This formula has no value: {reason}.", reason=reason))
            return False
        return True

    def schema(self) -> dict[str, Any]:
        return {"type": ["number", "string"]}


def number_hint(text: str) -> Message | None:
    """What to write in place of a text that is no number."""
    return say("A number is a decimal, a fraction such as `1/3`, or a formula such as `sqrt(5)`.") if text else None


def unknown_name(node: Node, report: Report, path: Path, what: Message, name: str, known: list[str]) -> Any:
    """Note a name that is not among the known ones."""
    message = say("Unknown {what} `{name}`.", what=what, name=clip(name))
    report.add(node, path, message, did_you_mean(name, known))
    return INVALID


Flag = Annotated[bool, FlagField()]
Text = Annotated[str, TextField()]
Word = Annotated[str, WordField()]
Count = Annotated[int, CountField()]
Size = Annotated[int | Formula, SizeField()]
SizeOrZero = Annotated[int | Formula, SizeField(0)]
Decimal = Annotated[Formula, DecimalField()]
AnyFormula = Annotated[Formula, DecimalField(names=True)]
