"""The layers that are made of layers, and what they take; and the keys by which every layer is wired."""

from __future__ import annotations

from typing import Any

from hwsolve.language import Message, say
from hwsolve.spec.fields import CountField, ListOf, WordField
from hwsolve.spec.report import Path, Report

WIRED = ("name", "inputs", "output")  # the keys that every layer of a network may have
WIRES = WIRED[1:]  # those that say what is read and what is given
# The layers that are made of layers: what each is, and its keys with those that must be given first; without keys it
# takes a list of branches.
COMPOSED: dict[str, tuple[Message, tuple[str, ...]]] = {
    "residual": (
        say("Residual: body(x) + shortcut(x); without a shortcut body(x) + x. A shortcut may be `zero_pad`."),
        ("body", "shortcut", *WIRED),
    ),
    "add": (say("Sum of branches, element by element: lists of layers, or quantities by name."), ("of", *WIRED)),
    "concat": (
        say("Concatenation of branches along the channels, or another axis; `[]` is the input itself."),
        ("of", "axis", *WIRED),
    ),
    "multiply": (say("Product of branches, element by element; `[]` is the input itself."), ("of", *WIRED)),
    "repeat": (
        say("A body that stands several times, each with weights of its own; `times` may be a name."),
        ("times", "body", *WIRED),
    ),
    "mixture": (
        say("Experts of which only some work on a row; a router, a linear layer, decides which."),
        ("experts", "active", "body", "router", "renormalize", *WIRED),
    ),
    "use": (
        say("A layer, composite or block that stands before, once more, with the same parameters."),
        ("layer", *WIRED),
    ),
}
WIRE_NAMES = ListOf(WordField(), minimum=1, single=True)  # what stands under `inputs` and `output`
BRANCHED = ("add", "concat", "multiply")  # those whose branches may stand without a key
LONE = {"residual": "body", "use": "layer"}  # the key whose value may stand without it
REQUIRED = {
    "residual": ("body",),
    "repeat": ("times", "body"),
    "mixture": ("experts", "active"),
    "use": ("layer",),
} | dict.fromkeys(BRANCHED, ("of",))
KEYS: dict[str, Message] = {
    "body": say("the layers, one after the other"),
    "shortcut": say("the layers beside the body, or `zero_pad`; nothing is the input itself"),
    "times": say("how often the body stands"),
    "experts": say("how many experts there are, each with weights of its own; or a list with the layers of each"),
    "active": say("how many of them work on a row"),
    "router": say("the settings of the linear layer that decides; without a bias unless given"),
    "renormalize": say("whether the weights of those at work are divided by their sum; true unless given"),
    "of": say("what is joined: lists of layers, or names of quantities; a name alone is joined to what comes in"),
    "axis": say("the axis along which branches are joined, from 1; the channels, the first axis, unless given"),
    "layer": say("the name of what is used again"),
    "name": say("the layer's own name, in place of its type and number"),
    "inputs": say("the quantities that it reads, by name, in place of what stands before it"),
    "output": say("a name for what comes out, which is its key too"),
}
COMPOSITES = tuple(COMPOSED)


def branches_listed(name: str) -> Message | None:
    """How the branches of a composite are written, where it takes a list of them."""
    if name not in BRANCHED:
        return None
    forms = f"{name}: [[…], […]]", f"{name}: {{of: [[…], […]], output: NAME}}"
    return say("The branches are a list: `{one}`, or `{two}`.", one=forms[0], two=forms[1])


def along(keys: dict[str, Any], report: Report, path: Path) -> dict[str, Any]:
    """The axis along which branches are joined, where it is told; INVALID after a note."""
    return {"axis": CountField(1).read(keys["axis"], report, path / "axis")} if "axis" in keys else {}
