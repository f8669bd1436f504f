"""Balls that know their form, and functions that give them while they are asked to remember.

A `Formed` ball computes as any ball does, and carries the form along: a number whose form is a rational is that
rational from there on, and of two numbers with one form neither is the greater.  `numbers.identity` says when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flint import arb, fmpq

from hwsolve.language import say
from hwsolve.numbers import atoms, forms
from hwsolve.numbers.forms import Form
from hwsolve.numbers.powers import power_of_numbers
from hwsolve.numbers.systems import Scalar, failed

Known = Mapping[int, tuple[arb, Form]]  # balls by their identity, which they keep as long as they stand here
MET: dict[int, tuple[arb, Form]] = {}  # balls without a form that were met, each an atom of its own


class Formed:
    """An irrational number, as far as anyone knows: a ball and a form that is no rational."""

    __slots__ = ("ball", "form")

    def __init__(self, ball: arb, form: Form) -> None:
        self.ball, self.form = ball, form

    def __add__(self, other: Any) -> Any:
        if is_array(other):
            return NotImplemented
        return made(self.ball + ball_of(other), forms.plus(self.form, form_of(other)))

    def __sub__(self, other: Any) -> Any:
        if is_array(other):
            return NotImplemented
        return made(self.ball - ball_of(other), forms.difference(self.form, form_of(other)))

    def __rsub__(self, other: Any) -> Any:
        return made(ball_of(other) - self.ball, forms.difference(form_of(other), self.form))

    def __mul__(self, other: Any) -> Any:
        if is_array(other):
            return NotImplemented
        return made(self.ball * ball_of(other), forms.product(self.form, form_of(other)))

    def __truediv__(self, other: Any) -> Any:
        if is_array(other):
            return NotImplemented
        if other == 0:
            raise ZeroDivisionError
        return made(self.ball / ball_of(other), forms.quotient(self.form, form_of(other)))

    def __rtruediv__(self, other: Any) -> Any:
        return made(ball_of(other) / self.ball, forms.quotient(form_of(other), self.form))

    def __pow__(self, other: Any) -> Any:
        return power(self, fmpq(other) if isinstance(other, int) else other)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Any:
        return Formed(-self.ball, forms.scaled(self.form, fmpq(-1)))

    def __abs__(self) -> Any:
        if self < 0:
            return -self
        return self if self > 0 else Formed(abs(self.ball), atoms.of_function("abs", (self.form,)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formed) and (self.form == other.form or bool(self.ball == other.ball))

    def __hash__(self) -> int:
        return hash(self.form)

    def __lt__(self, other: Any) -> bool:
        return bool(self.less(other) < 0)

    def __le__(self, other: Any) -> bool:
        return bool(self.less(other) <= 0)

    def __gt__(self, other: Any) -> bool:
        return bool(self.less(other) > 0)

    def __ge__(self, other: Any) -> bool:
        return bool(self.less(other) >= 0)

    def less(self, other: Any) -> Scalar:
        """How much it is above another number: the rational that the forms give, else a ball."""
        if isinstance(other, Formed):
            exactly = forms.rational(forms.difference(self.form, other.form))
            if exactly is not None:
                return exactly
        return self.ball - ball_of(other)


def is_array(x: Any) -> bool:
    """Whether something is an array, which goes over its elements by itself."""
    return hasattr(x, "shape")


def made(ball: arb, form: Form) -> Any:
    """The number of a form: a rational, where it is one."""
    if not ball.is_finite():
        raise failed(ball, say("a value that does not exist, or whose divisor may be zero"))
    exactly = forms.rational(form)
    return Formed(ball, form) if exactly is None else exactly


def ball_of(x: Any) -> Any:
    """A number that balls compute with."""
    return x.ball if type(x) is Formed else x


def form_of(x: Any) -> Form:
    """The form of a number; a ball of which nothing is known is an atom."""
    if type(x) is Formed:
        return x.form
    if type(x) is not arb:
        return forms.constant(fmpq(x))
    found = Mode.known.get(id(x)) or MET.get(id(x))
    if found is None:
        found = MET[id(x)] = (x, forms.atom("ball", next(forms.NUMBERS)))
    return found[1]


def with_form(x: Any) -> Any:
    """A ball with its form, while functions remember."""
    return Formed(x, form_of(x)) if Mode.on and type(x) is arb else x


# functions


class Mode:
    """Whether functions remember what they are taken of."""

    on = False
    short = False  # forms of some quantities are atoms, however they came about
    known: Known = {}


def remembering() -> bool:
    """Whether functions give balls that know their form."""
    return Mode.on


FormMaker = Callable[[str, tuple[Form, ...]], Form]


def remembered(name: str, function: Callable[..., Any], *args: Any, maker: FormMaker = atoms.of_function) -> Any:
    """A function of numbers; where it has no rational result, with its form."""
    value = function(*map(ball_of, args))
    if type(value) is not arb or not Mode.on:
        return value
    for a in args:
        if value is ball_of(a):
            return a
    return made(value, maker(name, tuple(form_of(a) for a in args)))


@cache
def remembers(name: str, function: Callable[..., Any], maker: FormMaker = atoms.of_function) -> Callable[..., Any]:
    """A function that remembers while it is asked to; `maker` gives the form of a result."""

    def either(*args: Any) -> Any:
        return remembered(name, function, *args, maker=maker) if Mode.on else function(*args)

    either.__name__ = name
    return either


POWER = remembers("**", power_of_numbers)


def power(x: Any, y: Any) -> Any:
    """x to the power y, with its form where functions remember."""
    return POWER(x, y)


class Remembering:
    """Inside the block, functions give balls that know their form; of some balls it is known from before."""

    def __init__(self, known: Known | None = None, short: bool = False) -> None:
        self.known, self.short = known or {}, short

    def __enter__(self) -> None:
        Mode.on, Mode.short, Mode.known = True, self.short, self.known
        forms.Effort.of_work = forms.SAVED

    def __exit__(self, *error: object) -> None:
        Mode.on, Mode.short, Mode.known = False, False, {}
        MET.clear()
