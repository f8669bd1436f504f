"""The value of a formula at the first precision that decides it, or one error that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.numbers import LADDER, NotFinite, Undecided, is_exact, precision


def decided(f: Formula, lookup: Lookup, use: Callable[[Any], Any]) -> Any:
    """`use` of the value, which may ask for more digits too; raises NoValue.

    What is exact needs no precision, and so neither flint nor NumPy.
    """
    why: Message | None = None
    for bits in (None, *LADDER):
        with nullcontext() if bits is None else precision(bits):
            try:
                value = evaluate(f, lookup)
                if isinstance(value, bool):
                    raise NoValue(say("it is true or false, not a number"))
                if bits or is_exact(value) or isinstance(value, float):
                    return use(value)
            except Undecided as unsure:
                why = unsure.what
            except NotFinite as bad:
                raise NoValue(bad.what) from None
            except LookupError:
                raise NoValue(say("an index or a bound is no whole number")) from None
    assert why is not None
    raise NoValue(why)


def reason(error: NoValue) -> str:
    """Why there is no value, as a part of a sentence."""
    return str(error.message).rstrip(".")
