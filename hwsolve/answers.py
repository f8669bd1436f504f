"""Answers by key: the whole (`w@1`), an element (`w@1[2,1]`), an expression (`backward.mul + update.mul`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from hwsolve.formula.tree import Formula, Number, Ref, references, transform
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Identity, Missing, Quantity, Solution

Place = tuple[int, ...]
CONSTANTS = ("pi", "e")
LONGEST = 12  # elements of an array in a short text
MOST_TERMS = 10_000  # of a sum over elements in an expression
MOST_DIGITS = 1_000  # of a decimal that is written to its end


class BadKey(Exception):
    """A key that names no answer, with what may have been meant."""

    def __init__(self, message: Message, hint: Message | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class About(NamedTuple):
    """The functions of the derivatives that a key names, another shape of its elements, and whether it is an order."""

    functions: tuple[Formula, ...] = ()
    layout: tuple[int, ...] = ()
    growth: bool = False


PLAIN = About()


def about(answers: dict[str, Answer]) -> Callable[[str], About]:
    """What answers say of a key beside its value."""
    derivatives = {name: answer.functions for name, answer in answers.items() if answer.functions}

    def of(key: str) -> About:
        functions = tuple(f for name, found in derivatives.items() if name in key for f in found)
        answer = answers.get(key) or answers.get(key.strip("()"))
        return About(functions, answer.layout, answer.growth) if answer else About(functions)

    return of


def look_up(key: str, answers: dict[str, Answer], digits: int = 6) -> Any:
    """What a key stands for: a Quantity, an expression's with so many digits, a Formula or nested tuples of them."""
    if key in answers:
        return answers[key].value
    from hwsolve.formula.parse import FormulaError, parse
    from hwsolve.formula.simplify.polynomial import canonical
    from hwsolve.spec.limits import excessive

    try:
        expression = parse(key)
    except FormulaError:
        raise _unknown(key, answers) from None
    if isinstance(expression, Ref):
        return _element(expression, key, answers)
    if (excess := excessive(expression)) is not None:
        raise BadKey(say("`{key}` cannot be worked out: {why}", key=key, why=excess))
    expression = unrolled(expression)
    named = (ref for ref in references(expression) if ref.name not in CONSTANTS or ref.name in answers)
    values = {ref: _element(ref, key, answers) for ref in named}
    if any(isinstance(value, tuple) for value in values.values()):
        raise BadKey(
            say("`{key}` reckons with a whole array: name its elements, or give it a name under `define`.", key=key)
        )
    if missing := [value for value in values.values() if isinstance(value, Missing)]:
        return missing[0]
    symbolic = not all(isinstance(value, Quantity) for value in values.values())
    if symbolic:
        expression = transform(expression, lambda f: _as_formula(values[f]) if f in values else f)
    if (excess := excessive(expression)) is not None:
        raise BadKey(say("`{key}` cannot be worked out: {why}", key=key, why=excess))
    return canonical(expression) if symbolic else _calculate(key, expression, values, digits)


def unrolled(f: Formula) -> Formula:
    """An expression whose sums over elements are written out: each names a known element."""
    if all(isinstance(i, Number) for ref in references(f) for i in ref.indices):
        return f
    from hwsolve.formula.instantiate import instantiate

    return instantiate(f, {}, {}, MOST_TERMS)


def _element(ref: Ref, key: str, answers: dict[str, Answer]) -> Any:
    if (whole := plain_text(ref)) in answers:
        return answers[whole].value
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


def _calculate(key: str, expression: Formula, values: dict[Ref, Any], digits: int) -> Quantity:
    """The value of an expression of numbers, at the first precision that decides it and its digits."""
    from hwsolve.formula.decided import decided, reason
    from hwsolve.formula.operators import NoValue
    from hwsolve.quantities import quantity

    by_key = {
        (ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number))): v for ref, v in values.items()
    }
    try:
        found: Quantity = decided(
            expression, lambda name, indices: by_key[name, indices].value, partial(quantity, digits=digits)
        )
    except NoValue as bad:
        raise BadKey(say("`{key}` has no value: {why}.", key=key, why=reason(bad))) from None
    return found


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
        parts = [written(item) for item in (value if len(value) <= LONGEST else (*value[:6], *value[-2:]))]
        if len(value) > LONGEST:
            parts.insert(6, "…")
        return "[" + ", ".join(parts) + "]"
    return value.text if isinstance(value, Quantity) else plain_text(value)


def array_text(value: Any) -> str:
    """An answer as text, with all its elements and all digits that are known."""
    if isinstance(value, tuple):
        return "[" + ", ".join([array_text(item) for item in value]) + "]"
    if not isinstance(value, Quantity):
        return plain_text(value)
    if value.relation == "=" or value.system == "float64":
        return value.text
    if value.exact is not None:
        from hwsolve.numbers.printing import finite_decimal
        from hwsolve.quantities import rational

        return finite_decimal(*rational(value.exact), MOST_DIGITS) or value.exact
    return proven_digits(value)


def proven_digits(q: Quantity) -> str:
    """A ball with every digit that is proven."""
    from hwsolve.numbers import LADDER, Undecided, full, precision, show
    from hwsolve.numbers.printing import FULL_DIGITS

    with precision(LADDER[-1]):
        try:
            return full(q.value)
        except Undecided:
            pass
        for digits in range(FULL_DIGITS - 1, 0, -1):
            try:
                shown = show(q.value, digits).text
            except Undecided:
                continue
            return shown if len(shown) > len(q.text) else q.text
    return q.text


def plain_text(f: Formula | Missing) -> str:
    """A formula as a spec writes it, or what stands in place of a value."""
    if isinstance(f, Missing):
        return str(f)
    from hwsolve.formula.notation import plain

    return plain(f)


def sizes_of(solution: Solution) -> dict[str, Answer]:
    """The sizes without a number that the lines of a solution hold for, each its own value."""
    lines = [line for step in solution.sections for line in step.lines if isinstance(line, Identity)]
    names = {name for line in lines for name, domain in line.free.items() if domain == "size"}
    return {name: Answer(Ref(name)) for name in sorted(names)}
