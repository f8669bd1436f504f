"""How many elementary operations a layer takes: the words in which the rules beside the layers are written.

A rule gives, for each phase and each kind of operation, a formula text over the layer's sizes.  Phases: `forward`;
`error`, what the gradient of the input takes; `gradient.NAME`, what the gradient of a parameter takes.  An update is
the same for every parameter.  A sum of k terms takes k − 1 additions, wherever its terms come from: a cell into which
nothing is sent takes none.  Zeros of a padding are multiplied and added like other numbers.  Where the number of terms
depends on the numbers that go in, the most are counted, as of two branches the costlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.language import Message, say

# `sum` are additions within a sum of products, which a multiply-add instruction does along with the multiplication.
KINDS = ("mul", "sum", "add", "div", "cmp", "exp", "log", "sqrt", "tanh", "erf")
SIGNS = {"+": "add", "-": "add", "*": "mul", "/": "div", "max": "cmp", "min": "cmp"}
SIGNS |= dict.fromkeys(("<", ">", "<=", ">=", "=="), "cmp")
FUNCTIONS = frozenset({"exp", "log", "sqrt", "tanh", "erf"})
FREE = frozenset({"neg", "abs"})  # signs

Phase = dict[str, str]
Operations = dict[str, Phase]


class Nothing(msgspec.Struct, frozen=True):
    """A count of 0, and why it is 0."""

    reason: Message


class NotCounted(msgspec.Struct, frozen=True):
    """A count that is not known, and why; no total holds it."""

    reason: Message


class ByFormulas(msgspec.Struct, frozen=True):
    """A count that is not stated: it is that of the formulas which the layer writes into a graph."""


class Product(msgspec.Struct, frozen=True):
    """Multiply-adds of one kind in a layer: how many in a forward pass, as a formula text over `sizes`.

    `part`: matmul (of weights), attention (of two quantities that follow from what comes in), elementwise, bias (an
    addition for each output), or rotation (two for each rotated number).  `factors`: what the two numbers of each
    follow from, ports and parameters by name.
    """

    part: str
    text: str
    factors: tuple[tuple[str, ...], ...]


NOT_COUNTED = NotCounted(say("it has no counting rule"))
SIDES_UNKNOWN = NotCounted(say("the sides of the map are not stated"))
BY_FORMULAS = ByFormulas()
NORMALISED = say("normalizations (one for each value)")
MOVED = Nothing(say("no operations: values are moved"))


@cache
def operations_in(text: str) -> dict[str, int]:
    """The operations that a formula takes as it is written, by kind; of two branches the larger number."""
    counts: dict[str, int] = {}
    count(parse(text), counts)
    return counts


def count(f: Formula, counts: dict[str, int]) -> None:
    """Add the operations of a formula; a part without names is a number that is known."""
    if not isinstance(f, Call) or not named(f):
        return
    if f.name == "if":
        count(f.args[0], counts)
        branches: list[dict[str, int]] = [{}, {}]
        for branch, part in zip(branches, f.args[1:], strict=True):
            count(part, branch)
        for kind in {*branches[0], *branches[1]}:
            counts[kind] = counts.get(kind, 0) + max(branch.get(kind, 0) for branch in branches)
        return
    for part in f.args:
        count(part, counts)
    if f.name == "**":
        power = f.args[1]
        assert isinstance(power, Number)
        counts["mul"] = counts.get("mul", 0) + power.numerator - 1
    elif f.name in SIGNS:
        counts[SIGNS[f.name]] = counts.get(SIGNS[f.name], 0) + len(f.args) - 1
    elif f.name in FUNCTIONS:
        counts[f.name] = counts.get(f.name, 0) + 1
    elif f.name not in FREE:
        known = function(f.name)
        stated = known and (known.definition or known.cases)
        meant = parse(stated) if stated else None
        if meant is None or (isinstance(meant, Call) and meant.name == f.name):  # floor is stated by itself
            raise ValueError(f"no count for {f.name}")
        count(meant, counts)


def named(f: Formula) -> bool:
    """Whether a formula has a name in it."""
    return any(named(a) for a in f.args) if isinstance(f, Call) else not isinstance(f, Number)


def times(counts: dict[str, int], name: str = "values") -> Phase:
    """So many operations for each of the things that `name` counts."""
    return {kind: name if n == 1 else f"{n}*{name}" for kind, n in counts.items() if n}


def elementwise(function: str, slope: str) -> Operations:
    """A function of every value, and its derivative times the gradient that comes back."""
    back = dict(operations_in(slope))
    back["mul"] = back.get("mul", 0) + 1
    return {"forward": times(operations_in(function)), "error": times(back)}


def joined(texts: Iterable[str]) -> str:
    """The sum of formula texts."""
    return " + ".join(texts)


def normalisation(scaled: bool, shifted: bool) -> Operations:
    """Values in groups, each group brought to mean 0 and variance 1, then γ where `scaled`, and β where `shifted`.

    Mean and variance are sums divided by m; (x − mean)/sqrt(var + eps).  Back, with ĝ = γg and the normalised x̂:
    (ĝ − mean(ĝ) − x̂·mean(ĝx̂))/sqrt(var + eps) (arXiv 1502.03167, section 3).
    """
    operations: Operations = {
        "forward": {"mul": "values", "add": "3*values - groups", "div": "values + 2*groups", "sqrt": "groups"},
        "error": {"mul": "2*values", "add": "4*values - 2*groups", "div": "values + 2*groups"},
    }
    if scaled:
        operations["forward"]["mul"], operations["error"]["mul"] = "2*values", "3*values"
        operations["gradient.weight"] = {"mul": "values", "sum": "values - owned"}
    if shifted:
        operations["forward"]["add"] = "4*values - groups"
        operations["gradient.bias"] = {"add": "values - owned"}
    return operations


def merged(kind: str, branches: int, readers: int, smaller: Iterable[str] = ()) -> Operations:
    """What joins the branches of a composite: sums or products of `values`; back, the errors of `inputs` are added.

    `readers` is the number of branches that read what comes in.
    `smaller` names the sizes of branches that are repeated along an axis, whose gradient is a sum over it.
    """
    others = branches - 1
    back: Phase = {"add": "inputs" if readers == 2 else f"{readers - 1}*inputs"} if readers > 1 else {}
    if kind == "concat":
        return {"error": back}
    sums = joined(f"values - {name}" for name in smaller)
    if kind in ("residual", "add"):
        forward = {"add": "values" if others == 1 else f"{others}*values"}
        return {"forward": forward, "error": back | ({"sum": sums} if sums else {})}
    products = {"mul": "2*values" if others == 1 else f"{branches * others}*values"} | ({"sum": sums} if sums else {})
    forward = {"mul": "values" if others == 1 else f"{others}*values"}
    return {"forward": forward, "product": products, "error": back}


def gradients(rules: Operations, learned: list[str]) -> Phase:
    """What the gradients of the trained parameters take, all together."""
    texts: dict[str, list[str]] = {}
    for name in learned:
        for kind, text in rules.get(f"gradient.{name}", {}).items():
            texts.setdefault(kind, []).append(text)
    return {kind: joined(found) for kind, found in texts.items()}
