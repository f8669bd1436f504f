"""The functions as code in every number system, each from the one formula that states it.

What `numbers` computes itself is used as it is; anything else is its cases, its definition, or (`d_f`) the derivative
of f from the table of functions, as Python code on rationals and balls, on float64 arrays, and on forms.  `COMPUTED`
holds the same functions written so that no digit is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.formula.functions import DECISIONS, FUNCTIONS, SELU_ALPHA, SELU_SCALE, function
from hwsolve.formula.parse import parse
from hwsolve.formula.python_code import compiled
from hwsolve.formula.tree import Call, Formula, Number, Ref, children, walk
from hwsolve.numbers import Scalar

if TYPE_CHECKING:
    from hwsolve.numbers.forms import Form

GELU_INNER = "(sqrt(8/pi)*(x + 0.044715*x**3))"
COMPUTED: dict[str, str] = {
    "normal_cdf": "erfc(-x/sqrt(2))/2",  # 1 + erf cancels below 0
    "d_asin": "1/sqrt((1 - x)*(1 + x))",  # 1 − x² cancels near 1
    "d_acos": "-1/sqrt((1 - x)*(1 + x))",  # the same
    "d_tanh": "1/cosh(x)**2",  # 1 − tanh² cancels far from 0
    "d_sigmoid": "sigmoid(x)*sigmoid(-x)",  # 1 − σ cancels above 0, here and in the next two
    "d_log_sigmoid": "sigmoid(-x)",
    "d_silu": "sigmoid(x)*(1 + x*sigmoid(-x))",
    "softplus": "log1p(exp(x))",  # 1 + eˣ loses eˣ below 0
    "log_sigmoid": "-softplus(-x)",  # the same above 0
    "gelu_tanh": f"x*sigmoid{GELU_INNER}",  # 1 + tanh cancels below 0
    "d_gelu_tanh": f"sigmoid{GELU_INNER}*(1 + x*sqrt(8/pi)*(1 + 0.134145*x**2)*sigmoid(-{GELU_INNER}))",
    "elu": "if(x > 0, x, a*expm1(x))",  # eˣ − 1 cancels near 0
    "selu": f"{SELU_SCALE}*elu(x, {SELU_ALPHA})",  # the same
    "relu": "max(x, 0)",  # faster than cases, and nearer around a border; here and in those made of it
    "relu6": "min(relu(x), 6)",
    "hard_tanh": "min(max(x, -1), 1)",
    "hard_sigmoid": "relu6(x + 3)/6",
    "hard_swish": "x*relu6(x + 3)/6",
    "d_abs": "sign(x)",  # has code of its own
}
WITHOUT_SLOPE = {f.name for f in DECISIONS} | {name for name in FUNCTIONS if name.startswith("d_")}  # of their own


@cache
def code_text(name: str) -> str | None:
    """The formula, in the function's own parameters, that its code is made of."""
    stated = COMPUTED.get(name) or statement(name)
    return None if stated is None or stated.startswith(f"{name}(") else stated


def statement(name: str) -> str | None:
    """What the table says of a function: its cases or definition; of `d_f` the derivative of a smooth f."""
    known = FUNCTIONS.get(name)
    if known is not None:
        return known.cases or known.definition
    base = FUNCTIONS.get(name.removeprefix("d_")) if name.startswith("d_") else None
    return base.derivative if base is not None and base.name not in WITHOUT_SLOPE else None


@cache
def has_code(name: str) -> bool:
    """Whether a function can be computed."""
    from hwsolve.numbers.functions import PLAIN

    return name in PLAIN or code_text(name) is not None


def code_names() -> list[str]:
    """Every function that can be computed, `d_f` among them."""
    return [*dict.fromkeys(name for f in FUNCTIONS for name in (f, f"d_{f}") if has_code(name))]


# ---------------------------------------------------------------- the three systems


@cache
def on_rationals_and_balls(name: str) -> Callable[..., Scalar]:
    """The function of `fmpq` and `arb`; of numbers that know their form, with the form of what states it."""
    from hwsolve.numbers.formed import remembers
    from hwsolve.numbers.functions import EXACT

    return EXACT[name] if name in EXACT else remembers(name, plainly(name, False), form_of)


@cache
def on_floats(name: str) -> Callable[..., Any]:
    """The function of float64 arrays."""
    from hwsolve.numbers.float64 import FLOAT64, shaken

    return FLOAT64[name] if name in FLOAT64 else shaken(plainly(name, True))


@cache
def on_arrays(name: str) -> Callable[..., Any]:
    """The function of arrays (or scalars) of any system."""
    from hwsolve.numbers.arrays import on_arrays as by_dtype

    return by_dtype(name, on_floats(name), on_rationals_and_balls(name))


def apply(name: str, *arrays: Any) -> Any:
    """The named function of an array (or scalar) and its parameters, element by element."""
    return on_arrays(name)(*arrays)


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(−x)) of every element."""
    return on_arrays("sigmoid")(x)


def softplus(x: Any) -> Any:
    """ln(1 + exp x) of every element."""
    return on_arrays("softplus")(x)


@cache
def on_scalars(name: str) -> Callable[..., Scalar]:
    """The function of scalars of any system: int, fmpq, arb or float."""
    exactly = on_rationals_and_balls(name)

    def code(*values: Scalar) -> Scalar:
        if any(isinstance(v, float) for v in values):
            return of_floats(name, values)
        return exactly(*(numbers.exact(v) if isinstance(v, int) else v for v in values))

    return code


def of_floats(name: str, values: tuple[Scalar, ...]) -> float:
    """The function of single floats."""
    with numbers.quiet():
        return float(on_floats(name)(*(float(v) for v in values)))


# ---------------------------------------------------------------- formulas as Python


@cache
def plainly(name: str, real: bool) -> Callable[..., Any]:
    """A function on float64 arrays (`real`), or on rationals and balls that know no form."""
    primitives = import_module(f"hwsolve.numbers.{'float64' if real else 'functions'}").PLAIN  # NumPy only for floats
    if name in primitives:
        found: Callable[..., Any] = primitives[name]
        return found
    text, known = code_text(name), function(name)
    assert text is not None and known is not None
    return compiled(parse(text), known, lambda inner: plainly(inner, real), real, jumps=name.startswith("d_"))


# ---------------------------------------------------------------- forms


def form_of(name: str, args: tuple[Form, ...]) -> Form:
    """The form of a function of forms: by an identity of its own, else by what states it, unless that has cases."""
    from hwsolve.numbers import atoms

    text, known = statement(name), function(name)
    if name in atoms.KNOWN or text is None or known is None or has_branches(text):
        return atoms.of_function(name, args)
    return evaluated(parse(text), dict(zip(known.parameters, args, strict=True)))


@lru_cache
def has_branches(text: str) -> bool:
    """Whether a formula has branches, `abs` among them."""
    return any(isinstance(n, Call) and n.name in ("if", "abs") for n in walk(parse(text)))


def evaluated(f: Formula, at: dict[str, Form]) -> Form:
    """A formula of forms."""
    from flint import fmpq

    from hwsolve.numbers import atoms, forms

    if isinstance(f, Number):
        return forms.constant(fmpq(f.numerator, f.denominator))
    if isinstance(f, Ref):
        return at[f.name] if f.name in at else atoms.of_function(f.name, ())
    assert isinstance(f, Call)
    first, *others = parts = [evaluated(a, at) for a in children(f)]
    match f.name:
        case "neg":
            return forms.scaled(first, fmpq(-1))
        case "-":
            return forms.difference(first, *others)
        case "/":
            return forms.product(first, forms.inverse(others[0]))
        case "+" | "*":
            for part in others:
                first = (forms.plus if f.name == "+" else forms.product)(first, part)
            return first
        case "**":
            return atoms.of_function("**", (first, *others))
    return form_of(f.name, tuple(parts))
