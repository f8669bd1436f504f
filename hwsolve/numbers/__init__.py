"""The numbers: rationals, balls and float64, the functions and decisions on them, and how digits are printed.

`systems` and `printing` load neither NumPy nor flint; the rest is imported when a name of it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hwsolve.numbers.printing import Shown, accuracy, full, show
from hwsolve.numbers.systems import (
    LADDER,
    NotFinite,
    Scalar,
    TooRough,
    Undecided,
    close,
    exact,
    is_exact,
    last_precision,
    parts,
    precision,
    rationals,
    value_of,
)

if TYPE_CHECKING:
    from hwsolve.numbers.arrays import (
        Array,
        absolute,
        apart,
        below,
        exp,
        expm1,
        finite,
        is_float,
        log,
        log1p,
        maximum,
        positive,
        power,
        quiet,
        quotient,
        same,
        sign_apart,
        sqrt,
        tanh,
        tidy,
        where,
        winner,
    )
    from hwsolve.numbers.decisions import equal, less
    from hwsolve.numbers.functions import constant
    from hwsolve.numbers.powers import divide

__all__ = [
    "LADDER", "Array", "NotFinite", "Scalar", "Shown", "TooRough", "Undecided", "absolute", "accuracy", "apart",
    "below", "close", "constant", "divide", "equal", "exact", "exp", "expm1", "finite", "full", "is_exact", "is_float",
    "last_precision", "less", "log", "log1p", "maximum", "parts", "positive", "power", "precision", "quiet",
    "quotient", "rationals", "same", "show", "sign_apart", "sqrt", "tanh", "tidy", "value_of", "where", "winner",
]  # fmt: skip
HOMES = {
    "constant": "functions",
    "divide": "powers",
    "equal": "decisions",
    "less": "decisions",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"hwsolve.numbers.{HOMES.get(name, 'arrays')}"), name)
    return value
