"""Fields of a size or an exact number: the decimal that was typed, a fraction, or a formula; sizes may be names."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from hwsolve.formula.tree import BigOperator, Formula, Number, Ref, walk
from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.limits import excessive
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.numerals import BADLY_GROUPED, Excess, decimal, whole_number
from hwsolve.spec.report import Path, Report, clip
from hwsolve.spec.scalars import FLAGS, OLD_FLAGS

LONGEST_FORMULA = 10_000
CONSTANTS = {"pi", "e"}


def formula_at(node: Scalar, report: Report, path: Path, expected: Message, arrays: bool = False) -> Formula | Any:
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
        parsed = parse(node.text, arrays)
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


class SizeField(Field):
    """A size: a whole number of at least `minimum`, a name such as `n`, or a formula of names such as `3*n`.

    Without a minimum it may be below 0 too.
    """

    def __init__(self, minimum: int | None = 1) -> None:
        self.minimum = minimum
        self.expected = say("a size (a whole number ≥ {minimum}, or a name)", minimum=minimum)
        if minimum is None:
            self.expected = say("a whole number, or a name")

    def enough(self, value: int) -> bool:
        """Whether a number is large enough."""
        return self.minimum is None or value >= self.minimum

    def may_be(self, node: Node) -> bool:
        """Whether a node is no number, or a whole one that is large enough."""
        try:
            number = decimal(node.text) if isinstance(node, Scalar) else None
        except Excess:
            return False
        return number is None or (number.denominator == 1 and self.enough(number.numerator))

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
            return value if self.enough(value) else self.wrong(node, report, path)
        return self._symbolic(node, report, path)

    def _symbolic(self, node: Scalar, report: Report, path: Path) -> Any:
        if node.text.isidentifier():
            if node.text == "inf" or (node.plain and (node.text in FLAGS or node.text.lower() in OLD_FLAGS)):
                return self.wrong(node, report, path)
            return Ref(node.text)
        if node.text[0] in "$":
            return self.wrong(node, report, path, say("`$name` stands for an argument inside the body of a block."))
        size = formula_at(node, report, path, self.expected)
        if size is INVALID:
            return INVALID
        if not any(isinstance(part, Ref) for part in walk(size)):
            return self._constant(size, node, report, path)
        if any(isinstance(part, Ref) and (part.indices or part.name == "inf") for part in walk(size)):
            return self.wrong(node, report, path)
        return size

    def _constant(self, size: Formula, node: Scalar, report: Report, path: Path) -> Any:
        """The value of a formula without names: `400*400`."""
        value, _ = constant(size)
        return value if type(value) is int and self.enough(value) else self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        least = {} if self.minimum is None else {"minimum": self.minimum}
        return {"anyOf": [{"type": "integer"} | least, {"type": "string", "minLength": 1}]}


def constant(f: Formula) -> tuple[Any, Message | None]:
    """The value of a formula without names, or None with the reason why there is none."""
    from hwsolve.formula.evaluate import evaluate, no_names

    try:
        return evaluate(f, no_names), None
    except ArithmeticError as error:  # not finite, or a branch that more digits decide
        return None, getattr(error, "what", None)
    except (ValueError, TypeError, LookupError) as error:
        return None, getattr(error, "message", None) or say("this cannot be evaluated")


def negative(key: str, value: object) -> Message | None:
    """What is wrong with a number below 0 under a key that takes none."""
    below = isinstance(value, Number) and value.numerator < 0
    return say("`{key}` can't be negative.", key=key) if below else None


def first_negative(record: msgspec.Struct) -> tuple[str, Message] | None:
    """The first field of a record that is a number below 0, and what is wrong with it."""
    found = ((key, negative(key, getattr(record, key))) for key in record.__struct_fields__)
    return next(((key, why) for key, why in found if why is not None), None)


class DecimalField(Field):
    """An exact number: a decimal, a fraction, or a formula such as `sqrt(5)`; with `names`, any formula.

    `arrays`: one over whole arrays, which may be written out.
    """

    def __init__(self, names: bool = False, arrays: bool = False) -> None:
        self.names, self.arrays = names, arrays
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
        value = formula_at(node, report, path, self.expected, self.arrays)
        if value is INVALID or self.names:
            return value
        known = {*CONSTANTS, *(part.index for part in walk(value) if isinstance(part, BigOperator))}
        name = next((part.name for part in walk(value) if isinstance(part, Ref) and part.name not in known), None)
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


Size = Annotated[int | Formula, SizeField()]
SizeOrZero = Annotated[int | Formula, SizeField(0)]
Decimal = Annotated[Formula, DecimalField()]
AnyFormula = Annotated[Formula, DecimalField(names=True)]
