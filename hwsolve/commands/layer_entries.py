"""The entries of layers: their arguments, their equation, and what is counted and computed of them.

Equations and counts are those of the layer itself, for settings that are letters: a `K`×`K` kernel over (C_in, H, W).
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from hwsolve.commands.entries import Argument, Entry, Fact, Mark, fact, record_arguments, sentence
from hwsolve.commands.layer_counts import counts_of_block, counts_of_layer, has_operations
from hwsolve.commands.layer_samples import sample
from hwsolve.language import localised, say

LAST = (
    "weight",
    "bias",
    "weights",
    "init",
    "seed",
    "name",
    "trainable",
    "symbols",
)  # the arguments that most layers have
COUNTED = ("count-params", "complexity", "backprop")  # the kinds of a whole network
FORMS = {
    "residual": "- residual:\n    body: [linear: 4, relu, linear: 4]\n    shortcut: [linear: 4]",
    "add": "- linear: {out_features: 4, output: s}\n- add:\n    - s\n    - [linear: 4, tanh]",
    "concat": "- concat:\n    - []\n    - [linear: 4, relu]",
    "multiply": "- multiply:\n    - []\n    - [linear: 4, sigmoid]",
    "repeat": "- repeat:\n    times: 3\n    body: [linear: 4, relu]",
    "mixture": "- mixture: {experts: 4, active: 2, body: [linear: 8, relu, linear: 4]}",
    "use": "- linear: {out_features: 4, name: f}\n- tanh\n- use: f",
}  # the composites as they are typed


def brief(name: str) -> str:
    """A layer in a line."""
    from hwsolve.layers import layer_class
    from hwsolve.layers.composed import COMPOSED
    from hwsolve.layers.packaged import PACKAGED, packaged_class

    if name in COMPOSED:
        return str(COMPOSED[name][0])
    return sentence((packaged_class(name) if name in PACKAGED else layer_class(name)).__doc__)


def entry(name: str) -> Entry:
    """A layer, a block of the package, or a composite."""
    from hwsolve.layers import layer_class
    from hwsolve.layers.composed import COMPOSED, KEYS, REQUIRED, WIRE_NAMES, WIRES
    from hwsolve.layers.packaged import PACKAGED, packaged_class
    from hwsolve.spec.fields import CountField, FlagField, SizeField, WordField

    if name in COMPOSED:
        takes = dict.fromkeys(("times", "experts", "active"), SizeField().expected)
        takes |= {
            "axis": CountField(1).expected,
            "router": say("the settings of `{layer}`", layer="linear"),
            "name": WordField().expected,
        }
        takes["renormalize"] = FlagField().expected
        takes |= {"body": say("a list of layers"), "shortcut": say("`zero_pad`, or a list of layers")}
        takes |= {"of": say("a list of branches and names, or a name"), "layer": say("a name")}
        takes |= dict.fromkeys(WIRES, WIRE_NAMES.expected)
        needed = REQUIRED.get(name, ())
        arguments = tuple(
            Argument(key, str(takes[key]), "" if key in needed else str(say("none")), str(KEYS[key]))
            for key in COMPOSED[name][1]
        )
        return Entry(
            name,
            brief(name),
            facts=kinds_fact((COUNTED[0], COUNTED[-1]) if name == "mixture" else COUNTED),
            arguments=arguments,
            example=FORMS[name],
        )
    cls: Any = packaged_class(name) if name in PACKAGED else layer_class(name)
    more = tuple(localised(text) for text in paragraphs(cls.__doc__)[1:])
    wires = tuple(Argument(key, str(WIRE_NAMES.expected), str(say("none")), str(KEYS[key])) for key in WIRES)
    arguments = (*record_arguments(cls, LAST), *wires)
    if name in PACKAGED:
        return Entry(name, brief(name), more, (*counts_of_block(name), *kinds_fact(COUNTED)), arguments, cls.EXAMPLE)
    return Entry(name, brief(name), more, (*facts(cls), *kinds_fact(kinds_of(cls))), arguments)


BOTH = Mark(say("both"), say("counted and computed by hand"), {"counted": True, "computed": True})
COUNTED_ONLY = Mark(say("counted"), say("counted, not yet computed by hand"), {"counted": True, "computed": False})


def mark(name: str) -> Mark:
    """Whether a layer, which is counted, is computed by hand too."""
    from hwsolve.layers import LAYERS, layer_class
    from hwsolve.layers.base import Layer

    computed = name not in LAYERS or layer_class(name).build is not Layer.build
    return BOTH if computed else COUNTED_ONLY


def kinds_fact(kinds: tuple[str, ...]) -> tuple[Fact, ...]:
    """The kinds that take a layer, and whether it is only counted."""
    done = (BOTH if "backprop" in kinds else COUNTED_ONLY).meaning
    return (*fact("done", say("Here it is"), done), *fact("kinds", say("Kinds that take it"), ", ".join(kinds)))


def kinds_of(cls: Any) -> tuple[str, ...]:
    """The kinds that take a layer: all count it; those that compute need an operation, or weights, or one number."""
    from hwsolve.layers.activation import Activation
    from hwsolve.layers.base import Layer
    from hwsolve.layers.pooling import Pooling

    windows = {"convolution": "convolution", "pooling": "pooling"}
    by_windows = getattr(cls, "operation", Pooling.operation) is not Pooling.operation
    return (
        *COUNTED[: 2 if has_operations(cls) else 1],
        *(("backprop",) if cls.build is not Layer.build else ()),
        *(("initialization",) if issubclass(cls, Activation) or has_fans(cls) else ()),
        *((windows[cls.CATEGORY],) if cls.CATEGORY in windows and by_windows else ()),
    )


def has_fans(cls: Any) -> bool:
    """Whether the variance of a layer's weights can be derived: it is that of sums over one input."""
    return cls.CATEGORY in ("dense", "convolution") and len(cls.INPUTS) == 1


def paragraphs(docstring: str | None) -> list[str]:
    """A docstring's paragraphs, each on one line."""
    return [" ".join(text.split("\n")) for text in re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))]


def facts(cls: Any) -> tuple[Fact, ...]:
    """The equation of an output element, the sides of a map, and what is counted."""
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse

    layer, shapes = sample(cls)
    lengths = "\n".join(f"{cap(cls, axis)} = {unicode(parse(text))}" for axis, (text, _) in layer.axes(*shapes).items())
    return (
        *fact("equation", say("Equation"), equation(layer, shapes[0]) if shapes else ""),
        *fact("sides", say("Sides"), lengths),
        *counts_of_layer(cls),
    )


def cap(cls: Any, axis: int) -> str:
    """The side of a map that comes out, as L′."""
    from hwsolve.layers.window import AXES

    return f"{AXES[cls.AXES][axis - 1]}′" if hasattr(cls, "AXES") else "n′"


def equation(layer: Any, x: tuple[Any, ...]) -> str:
    """An element of what comes out, in the layer's own letters; of an activation also what its function is."""
    from hwsolve.formula.functions import function
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse
    from hwsolve.formula.tree import Call, Number, Ref, substitute
    from hwsolve.layers.activation import Activation

    if layer.EQUATION or not hasattr(layer, "operation"):
        return str(layer.EQUATION)
    if isinstance(layer, Activation):
        f = parse(layer.formula_text())
        known = function(f.name) if isinstance(f, Call) else None
        text = (known.cases or known.definition) if known is not None else None
        rows = [f"y = {unicode(f)}"]
        if known is not None and text and isinstance(f, Call):
            inner = substitute(parse(text), dict(zip(known.parameters, f.args, strict=False)))
            rows[0] += f" = {unicode(inner)}"
        return rows[0]
    try:
        operation = layer.operation(x)
    except TypeError:
        operation = layer.operation()
    from hwsolve.formula.simplify.simplify import simplify

    f = parse(operation.text())
    if not hasattr(layer, "dilation"):
        f = simplify(substitute(f, {"D": Number(1)}))
    if hasattr(layer, "groups"):
        f = substitute(f, {"C": Ref("C_in")})
    indices = tuple(Ref(i) for i in operation.output_indices())
    return f"{unicode(Ref('y', indices))} = {unicode(f)}"
