"""Formulas as functions of a complex variable, for rigorous integration.

A function with a branch cut gives a ball without bounds when it is asked to be analytic on one that meets the cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import acb, arb

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.terms import integer, mentions
from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.kinds.initialization.piecewise import NotPieces
from hwsolve.language import say
from hwsolve.numbers import Scalar

Complex = Any  # acb
Function = Callable[[Complex, bool], Complex]


def nowhere() -> Complex:
    """A ball that holds every number."""
    return acb(arb("nan"), arb("nan"))


def negative(z: Complex) -> bool:
    """Whether z is a negative real number, which has no real root and no real logarithm."""
    return bool(z.imag == 0 and z.real < 0)


def arctangent(z: Complex, analytic: bool) -> Complex:
    """arctan z, cut along the imaginary axis beyond ±i."""
    if analytic and z.real.contains(0) and not abs(z.imag) < 1:
        return nowhere()
    return z.atan()


PRIMITIVES: dict[str, Function] = {
    "exp": lambda z, _: z.exp(),
    "log": lambda z, analytic: nowhere() if negative(z) else z.log(analytic=analytic),
    "sqrt": lambda z, analytic: nowhere() if negative(z) else z.sqrt(analytic=analytic),
    "sin": lambda z, _: z.sin(),
    "cos": lambda z, _: z.cos(),
    "tan": lambda z, _: z.tan(),
    "sinh": lambda z, _: z.sinh(),
    "cosh": lambda z, _: z.cosh(),
    "tanh": lambda z, _: z.tanh(),
    "atan": arctangent,
    "erf": lambda z, _: z.erf(),
    "sigmoid": lambda z, _: 1 / (1 + (-z).exp()),
    "softplus": lambda z, analytic: (1 + z.exp()).log(analytic=analytic),
    "log_sigmoid": lambda z, analytic: -(1 + (-z).exp()).log(analytic=analytic),
    "normal_pdf": lambda z, _: (-z * z / 2).exp() / (2 * arb.pi()).sqrt(),
    "normal_cdf": lambda z, _: (-z / arb(2).sqrt()).erfc() / 2,
}


def compiled(f: Formula, variable: str, values: dict[str, Scalar]) -> Function:
    """f as a function of its variable; the other names have values."""
    if not mentions(f, variable):
        constant = acb(arb(evaluate(f, lambda name, _: values[name])))
        return lambda z, _: constant

    def part(g: Formula) -> Function:
        return compiled(g, variable, values)

    match f:
        case Ref():
            return lambda z, _: z
        case Call("+", args):
            return added([part(a) for a in args])
        case Call("-", (a, b)):
            left, right = part(a), part(b)
            return lambda z, analytic: left(z, analytic) - right(z, analytic)
        case Call("neg", (a,)):
            inner = part(a)
            return lambda z, analytic: -inner(z, analytic)
        case Call("*", args):
            return multiplied([part(a) for a in args])
        case Call("/", (a, b)):
            above, below = part(a), part(b)
            return lambda z, analytic: above(z, analytic) / below(z, analytic)
        case Call("**", (a, exponent)) if not mentions(exponent, variable):
            return power(part(a), exponent, values)
        case Call(name, (a,)) if name in PRIMITIVES:
            outer, inner = PRIMITIVES[name], part(a)
            return lambda z, analytic: outer(inner(z, analytic), analytic)
        case Call() if (meaning := by_definition(f, cases=False)) is not None:
            return part(meaning)
    raise NotPieces(say("The integral of a function of this kind is not known to hwsolve."))


def added(parts: list[Function]) -> Function:
    """u + v + …"""

    def value(z: Complex, analytic: bool) -> Complex:
        out = parts[0](z, analytic)
        for part in parts[1:]:
            out = out + part(z, analytic)
        return out

    return value


def multiplied(parts: list[Function]) -> Function:
    """u v …"""

    def value(z: Complex, analytic: bool) -> Complex:
        out = parts[0](z, analytic)
        for part in parts[1:]:
            out = out * part(z, analytic)
        return out

    return value


def power(base: Function, exponent: Formula, values: dict[str, Scalar]) -> Function:
    """u to a constant power; one that is no whole number has the cut of the logarithm."""
    n = integer(exponent)
    if n is not None:
        return lambda z, analytic: base(z, analytic) ** n
    y = acb(arb(evaluate(exponent, lambda name, _: values[name])))
    logarithm = PRIMITIVES["log"]
    return lambda z, analytic: (y * logarithm(base(z, analytic), analytic)).exp()
