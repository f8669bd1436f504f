"""The form of a function of forms: an atom, or what an identity of the function makes of it.

e^a e^b = e^(a+b), ln e^a = a, e^(ln a) = a, the odd and even functions, σ(−x) = 1 − σ(x), the logarithm and the root of
a rational by its primes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flint import fmpq

from hwsolve.numbers.forms import (
    ONE,
    Atom,
    Form,
    atom,
    constant,
    denominator,
    difference,
    interned,
    inverse,
    leading,
    plus,
    power,
    product,
    rational,
    reduced,
    scaled,
)

LONGEST_EXPONENT = 2  # terms of an exponent that becomes a product
FACTORED_BITS = 64  # of a whole number that is taken apart into primes
HALF = fmpq(1, 2)
ODD = {"sin", "tan", "asin", "atan", "sinh", "tanh", "erf", "softsign", "d_normal_pdf"}
EVEN = {"cos", "cosh", "normal_pdf", "abs", "d_asin", "d_erf", "d_softsign"}
COMPLEMENTS = {"sigmoid", "normal_cdf"}  # f(−x) = 1 − f(x)


def of_function(name: str, args: tuple[Form, ...]) -> Form:
    """The form of a named function, or of `**`, of forms."""
    if name == "**":
        return to_power(*args)
    if name in ("max", "min"):
        return atom(name, frozenset(args)) if len(set(args)) > 1 else args[0]
    if name in RULES:
        return RULES[name](*args)
    if name in ODD or name in EVEN or name in COMPLEMENTS:
        return reflected(name, *args)
    return atom(name, *args)


def to_power(x: Form, y: Form) -> Form:
    """x to the power y."""
    n = rational(y)
    if n is not None and n.q == 1:
        return power(x, int(n.p))
    return root(x) if n == HALF else atom("**", x, y)


def reflected(name: str, x: Form) -> Form:
    """A function whose value at −x follows from that at x: taken where the leading coefficient is positive."""
    if not x.terms or x.terms[leading(x)] > 0:
        return atom(name, x)
    f = atom(name, scaled(x, -ONE))
    if name in EVEN:
        return f
    return scaled(f, -ONE) if name in ODD else difference(constant(ONE), f)


def exponential(x: Form) -> Form:
    """e^x: e to the power of each monomial of x is an atom, which has the coefficient as its exponent."""
    if len(x.terms) > LONGEST_EXPONENT:
        return atom("exp", x)
    powers: dict[Atom, Any] = {}
    made = constant(ONE)
    for m, c in x.terms.items():
        if len(m) == 1 and m[0][1] == 1 and m[0][0].key[0] == "log" and c.q == 1:
            made = product(made, power(m[0][0].key[1], int(c.p)))
        else:
            powers[interned("e^", m)] = c
    return product(made, reduced(powers))


def logarithm(x: Form) -> Form:
    """ln x: the coefficient by its primes, powers of e by their exponents; x is positive, or ln x does not exist."""
    lead = leading(x)
    c = x.terms[lead]
    if c < 0:
        return atom("log", x)
    made = constant(fmpq(0))
    for p, e in primes(c):
        made = plus(made, scaled(atom("log", constant(p)), e))
    if len(x.terms) > 1:
        return plus(made, atom("log", scaled(x, 1 / c)))
    rest: dict[Atom, Any] = {}
    for y, e in lead:
        if y.key[0] == "e^":
            made = plus(made, Form({y.key[1]: fmpq(e)}))
        else:
            rest[y] = e
    if len(rest) == 1:  # one factor among positive ones
        ((y, e),) = rest.items()
        if abs(e) == 1:
            base, sign = (denominator(y), -e) if y.key[0] == "1/" else (reduced({y: 1}), e)
            return plus(made, scaled(atom("log", base), fmpq(sign)))
    return plus(made, atom("log", reduced(rest))) if rest else made


def root(x: Form) -> Form:
    """√x: that of a rational by its primes."""
    c = rational(x)
    if c is None:
        return atom("sqrt", x)
    made = constant(ONE)
    for p, e in primes(c):
        made = product(made, power(atom("sqrt", constant(p)), int(e)))
    return made


def primes(c: fmpq) -> Iterator[tuple[fmpq, fmpq]]:
    """A positive rational as powers of primes, and of whole numbers too large to take apart."""
    for n, sign in ((c.p, 1), (c.q, -1)):
        if n != 1:
            factors = n.factor() if n.bit_length() <= FACTORED_BITS else [(n, 1)]
            yield from ((fmpq(p), fmpq(sign * int(e))) for p, e in factors)


def logarithm_to(base: int) -> Callable[[Form], Form]:
    """The logarithm to a base."""
    return lambda x: product(logarithm(x), inverse(logarithm(constant(fmpq(base)))))


def with_scale(name: str) -> Callable[..., Form]:
    """A function whose second argument is 1 where it is not written."""
    return lambda x, *scale: atom(name, x, *(scale or (constant(ONE),)))


RULES: dict[str, Callable[..., Form]] = {
    "elu": with_scale("elu"),
    "d_elu": with_scale("d_elu"),
    "exp": exponential,
    "log": logarithm,
    "log2": logarithm_to(2),
    "log10": logarithm_to(10),
    "sqrt": root,
}
KNOWN = ODD | EVEN | COMPLEMENTS | {*RULES}  # that have a rule of their own
