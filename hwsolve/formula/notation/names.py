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
    "Psi": "Ψ", "Omega": "Ω", "lr": "η", "eps": "ε", "lam": "λ", "lambd": "λ", "weight_decay": "λ", "inf": "∞",
}  # fmt: skip
NO_NAMES = {"lr", "eps", "lam", "lambd", "weight_decay", "inf", "omicron"}  # of these no letter is called in LaTeX

SPELLED = {"eta", "mu", "nu", "xi", "pi", "rho", "tau", "phi", "chi", "psi"}  # Greek letters that would be cut up

DERIVATIVE = re.compile(r"d([^\W\d_][\w↓]*?)_d([^\W\d_][\w↓]*)")
AT_STEP = re.compile(r"d([^\W\d_][\w↓]*?@\d+)_d([^\W\d_][\w↓]*)")  # by what has no steps; no text can say it
PARTS = re.compile(r"(.*?[^\W\d])(\d+(?:_\d+)*)?")
SUBSCRIPTED = re.compile(r"([^\W\d_]|[^\W\d_]hat|" + "|".join(GREEK) + r")_([a-z]{1,3})(\d*)")
FURTHER = re.compile(  # of the gate, the layer and the direction of a recurrent layer, and of the second such layer
    r"([^\W\d_]|[WU][a-z])(?:_([a-z]|ih|hh|hr))?(?:_(l)(\d+))?(_reverse|_both)?(?:_(\d+))?"
)
DIRECTIONS = {"_reverse": "rev", "_both": "both"}
LETTERED = re.compile(r"(.+)⁽([a-z](?:[+-]1)?)⁾")  # `z⁽l+1⁾`, of a layer whose number is a letter; no text can say it
ANY_STEP = re.compile(
    r"[a-z](?:-1)?|B\d+|all"
)  # `w@k`, after any number of updates, `x@B2` of a batch; no text says it
BESIDE = "↓"  # `m↓alpha`, m of the parameter α, whose symbol stands below as a whole; no text can say it
APART = "‚"  # `h‚`, whose indices are parted by commas, as the first is a time; no text can say it
PRIMES = "′″‴⁗"
NUMBERED = re.compile(r"[a-zA-Z]\d+")  # f1, a function
HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"  # `mhat_w` is m̂ of w, `xhat` is x̂
PRIME = "′"
HATTED = re.compile(r"([gmpvxyz])hat")  # not `that`, `what` or `chat`
SQUARED = "σ²"  # `var`, the variance: a letter with its power
COUNTED = re.compile(
    r"(" + "|".join(GREEK) + r"|[gmpvxyz]hat|var|rms|running_mean|running_var|[Wb][qkvoxh]|[^\W\d_])_(\d+)"
)


class Name(msgspec.Struct, frozen=True):
    """A name taken apart.

    `base`: its letter or word; `numbers`: the digits it ends in ("1", "1_2"); `word`: a short subscript, as in `n_in`;
    `step`: the mark of the updates behind it; `single`: one letter, so that products of it need no sign; `layer`: its
    numbers are that of a layer, which stands above.
    """

    base: str
    numbers: tuple[str, ...] = ()
    word: str = ""
    step: str = ""
    single: bool = True
    layer: bool = False


@lru_cache(maxsize=1024)
def parts(name: str) -> Name:
    """A name that is no derivative, taken apart."""
    stem, _, updates = written_name(name).replace(APART, "").partition("@")
    if updates and not updates.isdecimal() and not ANY_STEP.fullmatch(updates):
        return Name(name, single=False)
    after = step_mark(updates)
    if lettered := LETTERED.fullmatch(stem):
        known = parts(lettered[1])
        return Name(known.base, (lettered[2],), known.word, after, known.single, True)
    if stem.endswith(PRIME):  # z′, of the layer in front
        whole = parts(stem[:-1])
        return Name(whole.base + PRIME, whole.numbers, whole.word, after, whole.single)
    if BESIDE in stem:
        above, of = [parts(part) for part in stem.split(BESIDE, 1)]
        return Name(above.base, of.numbers, (of.base + of.word).replace("_", "-"), after)
    if "_" in stem and (of_cell := in_cell(stem, after)) is not None:
        return of_cell
    short = SUBSCRIPTED.fullmatch(stem)
    if short and short[2] not in SPELLED:  # aₚᵢ would be read as an element of a
        letter, word, digits = short.groups()
        base = letter[0] + HAT if letter.endswith("hat") else GREEK.get(letter, letter)
        return Name(base, (digits,) if digits else (), word, after)
    counted = COUNTED.fullmatch(stem)  # `mu_2`, the second μ by its default name
    found = PARTS.fullmatch("".join(counted.groups()) if counted else stem)
    if found is None or "." in stem:
        return Name(stem, step=after, single=False)
    base, digits = found.groups()
    hatted = HATTED.fullmatch(base)
    if hatted:
        return Name(hatted[1] + HAT, tuple(digits.split("_")) if digits else (), "", after)
    base = SQUARED if base == "var" else GREEK.get(base, base)
    return Name(base, tuple(digits.split("_")) if digits else (), "", after, len(base) == 1 or base == SQUARED)


def in_cell(stem: str, after: str) -> Name | None:
    """A name of a recurrent layer with more than one mark, or none: `a_r_l2_reverse` is a with r, l, rev and (2)."""
    found = FURTHER.fullmatch(stem)
    if found is None or (len(found[1]) == 1 and found[5] is None and sum(map(bool, found.groups()[1:])) < 2):
        return None  # a letter with one mark is a name like any other
    base, gate, layer, number, direction, second = found.groups()
    words = [word for word in (gate, layer, DIRECTIONS.get(direction or "")) if word]
    return Name(base, tuple(n for n in (number, second) if n), ",".join(words), after, len(base) == 1)


def step_mark(updates: str) -> str:
    """The mark of what stands behind `@`: + after the one update of a page, else ⟨k⟩ after k of them.

    A number alone would be read as a power, one in parentheses as a layer's.
    """
    if ANY_STEP.fullmatch(updates):
        return f"⟨{updates.replace('-', ' − ')}⟩"
    return "" if not updates else "+" if updates == "1" else f"⟨{int(updates)}⟩"


def of_several(name: str) -> str:
    """The name on a page of several updates, where the first has a number as the others do: `w@01` is w⟨1⟩."""
    stem, _, updates = name.partition("@")
    first, below, of = updates.partition("_d")
    return f"{stem}@01{below}{of}" if first == "1" else name


@lru_cache(maxsize=1024)
def derivative(name: str) -> tuple[str, str] | None:
    """("E", "v") for `dE_dv`; with the updates on both for `dE_dv@1`, on E for `dE@1_dx`; None of what is none."""
    if lettered := LETTERED.fullmatch(name):
        found = DERIVATIVE.fullmatch(lettered[1])
        return (found[1], found[2] + name[len(lettered[1]) :]) if found else None
    if by_constant := AT_STEP.fullmatch(name):
        return by_constant[1], by_constant[2]
    stem, at, updates = name.partition("@")
    found = DERIVATIVE.fullmatch(stem.replace(APART, ""))
    apart = APART if APART in stem else ""
    return (found[1] + at + updates, found[2] + apart + at + updates) if found else None


def primed(text: str) -> str:
    """The name of a derivative: f′, f″, f‴, f⁗, then with one more of them."""
    order = PRIMES.find(text[-1:]) if text else -1
    return text[:-1] + PRIMES[order + 1] if 0 <= order < len(PRIMES) - 1 else text + PRIMES[0]
