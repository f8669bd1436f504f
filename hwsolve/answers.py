"""Answers by key: the whole (`w@1`), an element (`w@1[2,1]`), an expression (`backward.mul + update.mul`)."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Formula, Number, Ref, references, transform
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Missing, Quantity

Place = tuple[int, ...]


class BadKey(Exception):
    """A key that names no answer, with what may have been meant."""

    def __init__(self, message: Message, hint: Message | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def look_up(key: str, answers: dict[str, Answer]) -> Any:
    """What a key stands for: a Quantity, a Formula or nested tuples of them."""
    if key in answers:
        return answers[key].value
    from hwsolve.formula.parse import FormulaError, parse

    try:
        expression = parse(key)
    except FormulaError:
        raise _unknown(key, answers) from None
    if isinstance(expression, Ref):
        return _element(expression, key, answers)
    values = {ref: _element(ref, key, answers) for ref in references(expression)}
    if any(isinstance(value, tuple) for value in values.values()):
        raise BadKey(say("`{key}` reckons with a whole array: name its elements.", key=key))
    if missing := [value for value in values.values() if isinstance(value, Missing)]:
        return missing[0]
    if all(isinstance(value, Quantity) for value in values.values()):
        return _calculate(expression, values)
    from hwsolve.formula.polynomial import canonical

    return canonical(transform(expression, lambda f: _as_formula(values[f]) if isinstance(f, Ref) else f))


def _element(ref: Ref, key: str, answers: dict[str, Answer]) -> Any:
    if ref.name not in answers:
        raise _unknown(ref.name, answers)
    value = answers[ref.name].value
    for depth, index in enumerate(ref.indices, 1):
        if not isinstance(value, tuple):
            raise BadKey(
                say("`{name}` has {n} indices, not {given}.", name=ref.name, n=depth - 1, given=len(ref.indices))
            )
        if not isinstance(index, Number) or not 1 <= index.numerator <= len(value) or index.denominator != 1:
            shape = shape_of(list(elements(answers[ref.name].value)))
            raise BadKey(
                say("`{key}` is outside {name}, which has the shape {shape}.", key=key, name=ref.name, shape=shape)
            )
        value = value[index.numerator - 1]
    return value


def _unknown(name: str, answers: dict[str, Answer]) -> BadKey:
    from hwsolve.spec.report import did_you_mean

    return BadKey(say("There is no answer `{name}`.", name=name), did_you_mean(name, answers))


def _calculate(expression: Formula, values: dict[Ref, Any]) -> Quantity:
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.quantities import quantity

    by_key = {
        (ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number))): v for ref, v in values.items()
    }
    return quantity(evaluate(expression, lambda name, indices: by_key[name, indices].value))


def _as_formula(value: Any) -> Formula:
    if isinstance(value, Formula):
        return value
    if isinstance(value, Quantity) and value.exact is not None:
        numerator, _, denominator = value.exact.partition("/")
        return Number(int(numerator), int(denominator or 1))
    raise BadKey(say("An expression cannot mix formulas with rounded numbers."))


def elements(value: Any, place: Place = ()) -> dict[Place, Any]:
    """The scalars of an answer by their places, counted from 1, in order."""
    if not isinstance(value, tuple):
        return {place: value}
    found: dict[Place, Any] = {}
    for n, item in enumerate(value, 1):
        found.update(elements(item, (*place, n)))
    return found


def shape_of(places: list[Place]) -> str:
    """The shape that places span, as a reader writes it."""
    longest = max(places, key=len, default=())
    if not longest:
        return "()"
    return "(" + ", ".join(str(max(p[axis] for p in places if len(p) > axis)) for axis in range(len(longest))) + ")"


def written(value: Any) -> str:
    """An answer as text, in the spec's own notation for arrays; long ones are cut in the middle."""
    if isinstance(value, tuple):
        parts = [written(item) for item in value]
        if len(parts) > 12:
            parts = [*parts[:6], "…", *parts[-2:]]
        return "[" + ", ".join(parts) + "]"
    if isinstance(value, Quantity):
        return value.text
    if isinstance(value, Missing):
        return str(value)
    from hwsolve.formula.notation import plain

    return plain(value)
