"""A function of one variable and some settings, and its derivative, on whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import add, itemgetter, mul, sub
from typing import Any

from hwsolve import numbers
from hwsolve.formula.function_code import apply, has_code
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref

Array = Any
Code = Mapping[str, Callable[..., Array]]  # of further functions, by name
Run = Callable[[tuple[Array, ...]], Array]
NO_CODE: Code = {}
COMPARISONS = ("==", "<", ">", "<=", ">=")


def combine(name: str, parts: list[Array]) -> Array:
    """An operator or function on arrays."""
    first = parts[0]
    match name:
        case "+":
            return sum(parts[1:], first)
        case "*":
            for part in parts[1:]:
                first = first * part
            return first
        case "-":
            return numbers.apart(first, parts[1])
        case "/":
            return numbers.quotient(first, parts[1])
        case "neg":
            return -first
        case "**":
            return numbers.power(first, parts[1])
        case "if":
            return numbers.where(*parts)[()]
        case _ if name in COMPARISONS:
            one, zero = (1.0, 0.0) if any(map(numbers.is_float, parts)) else (numbers.exact(1), numbers.exact(0))
            return numbers.where(holds(name, *parts), one, zero)[()]
    return apply(name, *parts)


def holds(relation: str, a: Array, b: Array) -> Array:
    """Whether a relation holds, element by element."""
    if relation == "==":
        return numbers.same(a, b)
    if relation in (">", "<="):
        a, b = b, a
    return numbers.below(a, b) ^ (relation in ("<=", ">="))


def is_real(arrays: tuple[Array, ...]) -> bool:
    """Whether the arrays are float64."""
    return any(map(numbers.is_float, arrays))


def value(text: str, names: tuple[str, ...], arrays: tuple[Array, ...]) -> Array:
    """The function on every element of the first array, in its shape."""
    return of_names(text, names)(*arrays)


def slope(text: str, by: str, names: tuple[str, ...], arrays: tuple[Array, ...]) -> Array:
    """Its derivative by one of the names, on every element."""
    return code_of(derivative(text, by), names)(arrays)


@lru_cache(maxsize=256)
def derivative(text: str, by: str) -> Formula:
    """The derivative by one name; that of a named function is a function with array code of its own."""
    f = parse(text)
    match f:
        case Call(name, (x, *others)) if has_code(f"d_{name}") and x == Ref(by) and x not in others:
            return Call(f"d_{name}", f.args)
    from hwsolve.formula.differentiate import differentiate

    return differentiate(f, Ref(by))


@lru_cache(maxsize=1024)
def of_names(text: str, names: tuple[str, ...]) -> Callable[..., Array]:
    """The formula as a function of its names, element by element."""
    code = code_of(parse(text), names)
    return lambda *arrays: code(arrays)


def over_arrays(f: Formula, values: Mapping[str, Array], code: Code = NO_CODE) -> Array:
    """The formula on arrays; `values` binds its names, `code` has functions beside those of the table."""
    return compiled(f, tuple(values), code)(tuple(values.values()))


@lru_cache(maxsize=1024)
def code_of(f: Formula, names: tuple[str, ...]) -> Run:
    """The same, made once."""
    return compiled(f, names, NO_CODE)


def compiled(f: Formula, names: tuple[str, ...], code: Code) -> Run:
    """A formula as a function of the values of its names, in order."""
    match f:
        case Ref(name, ()) if name in names:
            return itemgetter(names.index(name))
        case Number(numerator, denominator):
            exactly, nearly = numbers.exact(numerator, denominator), numerator / denominator
            return lambda values: nearly if is_real(values) else exactly
        case Ref("pi" | "e" as name, ()):
            return lambda values: numbers.constant(name, is_real(values))
        case Call("+" | "*" | "-" as name, (a, b)) if not (isinstance(a, Number) and isinstance(b, Number)):
            operator = {"+": add, "*": mul, "-": sub}[name]
            left, right = (whole_or(x, names, code) for x in (a, b))
            return lambda values: operator(left(values), right(values))
        case Call("if", (condition, *cases)) if "if" not in code:
            return choice(compiled(condition, names, code), *(compiled(a, names, code) for a in cases))
        case Call(name, args):
            parts = [compiled(a, names, code) for a in args]
            if name in code:
                return lambda values: code[name](*[part(values) for part in parts])
            return lambda values: combine(name, [part(values) for part in parts])
    raise ValueError(f"no array code for {f}")


def choice(asked: Run, then: Run, other: Run) -> Run:
    """One of two; where one number decides it, the other need not exist."""

    def run(values: tuple[Array, ...]) -> Array:
        found = asked(values)
        if getattr(found, "shape", ()) == ():
            return (then if found == 1 else other)(values)
        return combine("if", [found, then(values), other(values)])

    return run


def whole_or(f: Formula, names: tuple[str, ...], code: Code) -> Run:
    """The same; a whole number stays an int, which is at home among floats, rationals and balls."""
    match f:
        case Number(n, 1):
            return lambda values: n
    return compiled(f, names, code)
