"""What a name says: `dE_dv` is a derivative, `z1` the z of layer 1, `w@2` w after two updates, `alpha` the letter."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from hwsolve.formula.tree import written_name

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω", "lr": "η", "eps": "ε", "lam": "λ", "inf": "∞",
}  # fmt: skip

DERIVATIVE = re.compile(r"d([^\W\d_]\w*?)_d([^\W\d_]\w*)")
PARTS = re.compile(r"(.*?[^\W\d])(\d+(?:_\d+)*)?")
SUBSCRIPTED = re.compile(r"([^\W\d_]|[^\W\d_]hat|" + "|".join(GREEK) + r")_([a-z]{1,3})(\d*)")
LETTERED = re.compile(r"(.+)⁽([a-z](?:\+1)?)⁾")  # `z⁽l+1⁾`, of a layer whose number is a letter; no text can say it
PRIMES = "′″‴⁗"
NUMBERED = re.compile(r"[a-zA-Z]\d+")  # f1, a function
HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"  # `mhat_w` is m̂ of w, `xhat` is x̂
PRIME = "′"
HATTED = re.compile(r"([gmpvxyz])hat")  # not `that`, `what` or `chat`


class Name(msgspec.Struct, frozen=True):
    """A name taken apart.

    `base`: its letter or word; `numbers`: the digits it ends in ("1", "1_2"); `word`: a short subscript, as in `n_in`;
    `updates`: how many updates it has behind it; `single`: one letter, so that products of it need no sign; `layer`:
    its numbers are that of a layer, which stands above.
    """

    base: str
    numbers: tuple[str, ...] = ()
    word: str = ""
    updates: int = 0
    single: bool = True
    layer: bool = False


@lru_cache(maxsize=1024)
def parts(name: str) -> Name:
    """A name that is no derivative, taken apart."""
    stem, _, updates = written_name(name).partition("@")
    if updates and not updates.isdecimal():
        return Name(name, single=False)
    after = int(updates or 0)
    if lettered := LETTERED.fullmatch(stem):
        known = parts(lettered[1])
        return Name(known.base, (lettered[2],), known.word, after, known.single, True)
    if stem.endswith(PRIME):  # z′, of the layer in front
        whole = parts(stem[:-1])
        return Name(whole.base + PRIME, whole.numbers, whole.word, after, whole.single)
    short = SUBSCRIPTED.fullmatch(stem)
    if short:
        letter, word, digits = short.groups()
        base = letter[0] + HAT if letter.endswith("hat") else GREEK.get(letter, letter)
        return Name(base, (digits,) if digits else (), word, after)
    found = PARTS.fullmatch(stem)
    if found is None or "." in stem:
        return Name(stem, updates=after, single=False)
    base, digits = found.groups()
    hatted = HATTED.fullmatch(base)
    if hatted:
        return Name(hatted[1] + HAT, tuple(digits.split("_")) if digits else (), "", after)
    base = GREEK.get(base, base)
    return Name(base, tuple(digits.split("_")) if digits else (), "", after, len(base) == 1)


@lru_cache(maxsize=1024)
def derivative(name: str) -> tuple[str, str] | None:
    """("E", "v") for `dE_dv`; with the updates on both for `dE_dv@1`; None where the name is no derivative."""
    if lettered := LETTERED.fullmatch(name):
        found = DERIVATIVE.fullmatch(lettered[1])
        return (found[1], found[2] + name[len(lettered[1]) :]) if found else None
    stem, at, updates = name.partition("@")
    found = DERIVATIVE.fullmatch(stem)
    return (found[1] + at + updates, found[2] + at + updates) if found else None


def primed(text: str) -> str:
    """The name of a derivative: f′, f″, f‴, f⁗, then with one more of them."""
    order = PRIMES.find(text[-1:]) if text else -1
    return text[:-1] + PRIMES[order + 1] if 0 <= order < len(PRIMES) - 1 else text + PRIMES[0]
