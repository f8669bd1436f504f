"""Equal irrationals: where a branch is undecided, or a ball may be a short decimal, forms are asked.

Two balls that overlap may be one number: flat regions of an image, symmetric weights, an irrational that cancels to 0.
The work is then done once more on balls that know their form (`numbers.formed`), and what comes out is plain again:
a number whose form is a rational is that rational, and numbers of one form share one ball.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from flint import arb

from hwsolve.numbers import Undecided, forms
from hwsolve.numbers.formed import Formed, Known, Mode, Remembering, remembering
from hwsolve.numbers.forms import Form

T = TypeVar("T")
NARROW = arb(2) ** -60  # a narrower ball with a short decimal in it may be that number
PLACES = 10**12


def settled(work: Callable[[], T], known: Known | None = None, shared: dict[Form, arb] | None = None) -> T:
    """What work gives; done again with forms, where a branch is undecided or a ball may be a short decimal.

    The forms of some balls may be known from before; `shared` gets those that are met.  Where there is doubt left, a
    work that has `shared` is done a third time, with short forms (see `shortened`).
    """
    if remembering():
        return work()
    try:
        found = work()
        if not doubtful(found):
            return found
    except Undecided:
        pass
    with Remembering(known):
        made: T = plain(work(), {} if shared is None else shared)
    if shared is None or not doubtful(made):
        return made
    with Remembering(known, short=True):
        again: T = sure(made, plain(work(), {}))
    return again


def sure(a: Any, b: Any) -> Any:
    """Two results of one work: of each number the rational, where one of them is."""
    if type(a) is arb:
        return a if type(b) is arb else b
    if is_array(a) and a.dtype.char == "O":
        return each(sure, a, b)
    if isinstance(a, dict):
        return {key: sure(v, b[key]) for key, v in a.items()}
    if isinstance(a, msgspec.Struct):
        return msgspec.structs.replace(a, **{f: sure(getattr(a, f), getattr(b, f)) for f in a.__struct_fields__})
    return type(a)(map(sure, a, b)) if isinstance(a, (list, tuple)) else a


def doubtful(x: Any) -> bool:
    """Whether a ball in it may be a whole number, or a decimal of few places."""
    if type(x) is arb:
        return not x.is_exact() and (x * PLACES).contains_integer() and bool(x.rad() < NARROW)
    if is_array(x):
        return x.dtype.char == "O" and any([doubtful(v) for v in x.ravel().tolist() if type(v) is arb])
    return any(map(doubtful, parts(x)))


def parts(x: Any) -> Iterable[Any]:
    """What an array, a record, a list or a mapping holds."""
    if is_array(x):
        return x.ravel().tolist() if x.dtype.char == "O" else ()
    if isinstance(x, dict):
        return x.values()
    if isinstance(x, msgspec.Struct):
        return (getattr(x, f) for f in x.__struct_fields__)
    return x if isinstance(x, (list, tuple)) else ()


def plain(x: Any, shared: dict[Form, arb]) -> Any:
    """The same without forms: numbers of one form share one ball."""
    if type(x) is Formed:
        return shared.setdefault(x.form, x.ball)
    if is_array(x) and x.dtype.char == "O":
        return each(lambda v: plain(v, shared), x)
    if isinstance(x, dict):
        return {key: plain(v, shared) for key, v in x.items()}
    if isinstance(x, msgspec.Struct):
        return msgspec.structs.replace(x, **{f: plain(getattr(x, f), shared) for f in x.__struct_fields__})
    return type(x)(plain(v, shared) for v in x) if isinstance(x, (list, tuple)) else x


def shortened(x: Any, most: int) -> Any:
    """In the work with short forms, the numbers of an array with atoms for forms of more than so many terms.

    What cancels within an operation is seen then, however much is behind the numbers that go in.
    """
    return abridged(x, most) if Mode.short else x


def abridged(x: Any, most: int = 1) -> Any:
    """The numbers of an array (or a scalar) with a long form as an atom: what the next step of training starts from."""
    if not remembering():
        return x
    if is_array(x):
        return each(lambda v: abridged(v, most), x)
    return Formed(x.ball, forms.atom("=", x.form)) if type(x) is Formed and len(x.form.terms) > most else x


def is_array(x: Any) -> bool:
    """Whether it is an array of NumPy, which formulas of single numbers do not load."""
    return hasattr(x, "dtype")


def each(function: Callable[..., Any], x: Any, *others: Any) -> Any:
    """An object array of what a function gives for each element, or for those of several arrays of one shape."""
    import numpy as np

    found = np.empty(x.size, dtype=object)
    found[:] = list(map(function, *(a.ravel().tolist() for a in (x, *others))))
    return found.reshape(x.shape)
