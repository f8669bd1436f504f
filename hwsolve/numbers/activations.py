"""The activations and their derivatives on rationals and balls.

Those that are smooth take a ball.  Those made of pieces take rationals too, and are rational where the piece is.
"""

from __future__ import annotations

from flint import arb, fmpq

from hwsolve.language import say
from hwsolve.numbers.decisions import ONE, ZERO, inside, larger, positive, smaller
from hwsolve.numbers.systems import Scalar, Undecided

UNIT = arb(1)
GELU_CUBIC = fmpq(44715, 10**6)  # Hendrycks and Gimpel 2016
SELU_SCALE = fmpq(10507009873554804934193349852946, 10**31)  # Klambauer et al. 2017
SELU_ALPHA = fmpq(16732632423543772848170429916717, 10**31)


def sigmoid(z: arb) -> arb:
    """σ(z) = 1/(1 + e^−z)."""
    return UNIT / (UNIT + (-z).exp())


def d_sigmoid(z: arb) -> arb:
    """σ(z)σ(−z)."""
    return sigmoid(z) * sigmoid(-z)


def normal_pdf(z: arb) -> arb:
    """φ(z) = e^(−z²/2)/√(2π)."""
    return (z * z / -2).exp() / (2 * arb.pi()).sqrt()


def normal_cdf(z: arb) -> arb:
    """Φ(z) = erfc(−z/√2)/2."""
    return (-z / arb(2).sqrt()).erfc() / 2


def d_silu(z: arb) -> arb:
    """σ(z)(1 + zσ(−z))."""
    return sigmoid(z) * (1 + z * sigmoid(-z))


def mish_gate(z: arb) -> arb:
    """tanh(ln(1 + e^z)) = n/(n + 2) with n = e^z(e^z + 2)."""
    power = z.exp()
    n = power * (power + 2)
    return n / (n + 2)


def d_mish(z: arb) -> arb:
    """g + zσ(z)(1 − g²), where 1 − g² = 4(n + 1)/(n + 2)²."""
    power = z.exp()
    n = power * (power + 2)
    return n / (n + 2) + z * sigmoid(z) * 4 * (n + 1) / (n + 2) ** 2


def gelu_tanh_inner(z: arb) -> arb:
    """2√(2/π)(z + 0.044715z³): σ of it is (1 + tanh(√(2/π)(…)))/2, without its cancellation."""
    return (8 / arb.pi()).sqrt() * (z + GELU_CUBIC * z**3)


def d_gelu_tanh(z: arb) -> arb:
    """σ(u) + zu′σ(u)σ(−u)."""
    u = gelu_tanh_inner(z)
    slope = (8 / arb.pi()).sqrt() * (1 + 3 * GELU_CUBIC * z**2)
    return sigmoid(u) * (1 + z * slope * sigmoid(-u))


def elu(z: Scalar, a: Scalar = ONE) -> Scalar:
    """z above 0, a(e^z − 1) below."""
    if z > 0:
        return z
    if z == 0:
        return ZERO
    below = a * arb(z).expm1()
    return below if z < 0 else z.union(arb(below))


def d_elu(z: Scalar, a: Scalar = ONE) -> Scalar:
    """1 above 0, ae^z at 0 and below."""
    if z > 0:
        return ONE
    if z == 0:
        return a
    if z < 0:
        return a * arb(z).exp()
    raise Undecided(say("whether a value is positive"), z)


def relu(z: Scalar) -> Scalar:
    """The larger of z and 0."""
    if z > 0:
        return z
    return ZERO if z <= 0 else z.nonnegative_part()


def leaky_relu(z: Scalar, a: Scalar) -> Scalar:
    """z above 0, az below."""
    if z > 0:
        return z
    return a * z if z <= 0 else z.union(arb(a * z))


def d_leaky_relu(z: Scalar, a: Scalar) -> Scalar:
    """1 above 0, a at 0 and below."""
    return ONE if positive(z) else a


def clamp(z: Scalar, low: int, high: int) -> Scalar:
    """z, held between two bounds."""
    return smaller(larger(z, fmpq(low)), fmpq(high))


def d_hard_swish(z: Scalar) -> Scalar:
    """(2z + 3)/6 between −3 and 3, 0 below, 1 above."""
    return (2 * z + 3) / 6 if inside(z, -3, 3) else positive(z)
