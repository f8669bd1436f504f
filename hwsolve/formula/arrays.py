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


def over_arrays(f: Formula, values: dict[str, Array], real: bool, code: Code | None = None) -> Array:
    """The formula on every element; `values` binds its names, `real` is true for float64."""
    match f:
        case Number(numerator, denominator):
            return numerator / denominator if real else numbers.exact(numerator, denominator)
        case Ref("pi" | "e" as name, ()) if name not in values:
            return numbers.constant(name, real)
        case Ref(name, ()):
            return values[name]
        case Call(name, args):
            parts = [over_arrays(a, values, real, code) for a in args]
            return code[name](*parts) if code and name in code else combine(name, parts)
    raise ValueError(f"no array code for {f}")


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
            return first - parts[1]
        case "/":
            return first / parts[1]
        case "neg":
            return -first
        case "**":
            return numbers.power(first, parts[1])
        case "if":
            return numbers.where(*parts)[()]
        case ">" | "<=":
            holds = numbers.positive(first - parts[1])
            return holds if name == ">" else 1 - holds
        case "<" | ">=":
            holds = numbers.positive(parts[1] - first)
            return holds if name == "<" else 1 - holds
    return apply(name, *parts)


def is_real(arrays: tuple[Array, ...]) -> bool:
    """Whether the arrays are float64."""
    return getattr(arrays[0], "dtype", None) == "float64" or isinstance(arrays[0], float)


def value(text: str, names: tuple[str, ...], arrays: tuple[Array, ...]) -> Array:
    """The function on every element of the first array, in its shape."""
    return over_arrays(parse(text), dict(zip(names, arrays, strict=True)), is_real(arrays))


def slope(text: str, by: str, names: tuple[str, ...], arrays: tuple[Array, ...]) -> Array:
    """Its derivative by one of the names, on every element."""
    return over_arrays(derivative(text, by), dict(zip(names, arrays, strict=True)), is_real(arrays))


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
    """The formula as a function of its names, element by element: the same as `value`, for what is computed often."""
    code = compiled(parse(text), names)
    return lambda *arrays: code(arrays)


def compiled(f: Formula, names: tuple[str, ...]) -> Callable[[tuple[Array, ...]], Array]:
    """A formula as a function of the values of its names, in order."""
    match f:
        case Ref(name, ()) if name in names:
            return itemgetter(names.index(name))
        case Number(numerator, 1):
            return lambda _: numerator  # an int is at home among floats, rationals and balls
        case Call("+" | "*" | "-" as name, (a, b)):
            operator = {"+": add, "*": mul, "-": sub}[name]
            left, right = compiled(a, names), compiled(b, names)
            return lambda values: operator(left(values), right(values))
        case Call(name, args):
            parts = [compiled(a, names) for a in args]
            return lambda values: combine(name, [part(values) for part in parts])
    return lambda values: over_arrays(f, dict(zip(names, values, strict=True)), any(map(numbers.is_float, values)))
