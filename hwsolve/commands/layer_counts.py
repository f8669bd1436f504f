"""What is counted of a layer, by formulas over the names of its sizes: parameters, multiply-adds, a forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hwsolve.commands.entries import Fact, fact
from hwsolve.commands.layer_samples import block, sample, snake
from hwsolve.language import say


def has_operations(cls: Any) -> bool:
    """Whether there is a rule for the operations of a layer, be it for sizes that are numbers alone."""
    from hwsolve.formula.tree import Ref
    from hwsolve.layers.base import ShapeError
    from hwsolve.layers.cost import NotCounted

    layer, shapes = sample(cls)
    try:
        if not isinstance(layer.operations(*shapes), NotCounted):
            return True
        named = {f.name: getattr(layer, f.name) for f in msgspec.structs.fields(cls)}
        sizes = {k: (3,) * len(v) for k, v in named.items() if isinstance(v, tuple) and v and isinstance(v[0], Ref)}
        small = msgspec.structs.replace(layer, **sizes)
        return not isinstance(small.operations(*[(12,) * len(shape) for shape in shapes]), NotCounted)
    except ShapeError:
        return True


def counts_of_layer(cls: Any) -> tuple[Fact, ...]:
    """Those of a layer, over the names of its own sizes."""
    from hwsolve.formula.tree import Ref
    from hwsolve.layers.cost import Nothing

    layer, shapes = sample(cls)
    grouped = msgspec.structs.replace(layer, groups=Ref("groups")) if hasattr(layer, "groups") else layer
    said: Nothing | None = getattr(cls, "COUNTED", None)  # of a layer whose count follows from what is written
    counts, macs = grouped.counts(*shapes), said or grouped.macs(*shapes)
    alike = first_names(grouped.sizes(*shapes)) if counts or isinstance(macs, str) else {}
    products = multiplied(cls, written(macs, alike)) if isinstance(macs, str) else macs.reason
    return (
        *fact("parameters", say("Parameters"), written(counts["params"], alike) if counts else ""),
        *fact("macs", say("Multiply-adds"), products),
        *fact("forward", say("Operations of a forward pass"), forward(layer, shapes)),
    )


def multiplied(cls: Any, text: str) -> object:
    """The multiply-adds of a layer, and where they count."""
    from hwsolve.kinds.count_params.conventions import always_multiplied

    return text if always_multiplied(cls.CATEGORY) else say("{count}, with `macs: all`", count=text)


def forward(layer: Any, shapes: tuple[Any, ...]) -> str:
    """The operations of a forward pass, a kind a line; of steps those of a problem with names for its sizes."""
    from hwsolve.layers.base import ShapeError
    from hwsolve.layers.recurrent import Recurrent

    if isinstance(layer, Recurrent):
        read = ["in"] if layer.CELL else ["steps", "in"]
        return signed(forward_answers({"x": read}, f"{snake(type(layer).__name__)}: {{hidden_size: hidden}}"))
    try:
        rules = layer.operations(*shapes)
        alike = first_names(layer.sizes(*shapes) | layer.cost_sizes(*shapes))
    except ShapeError:  # counted only where some of its settings are numbers
        return ""
    if not isinstance(rules, dict):
        return ""
    counts: dict[str, list[str]] = {}
    for kind, text in rules.get("forward", {}).items():
        counts.setdefault("add" if kind == "sum" else kind, []).append(text)
    return signed({kind: written(" + ".join(texts), alike) for kind, texts in counts.items()})


def signed(counts: Mapping[str, str]) -> str:
    """Counts of operations in lines, each behind its sign."""
    from hwsolve.kinds.complexity.tables import KINDS, SIGNS

    order = [kind for kind in KINDS if kind in counts]
    return "\n".join(f"{SIGNS.get(kind, KINDS[kind])}  {counts[kind]}" for kind in order)


def first_names(sizes: Mapping[str, Any]) -> dict[str, Any]:
    """For a size that is the same as one before it, the name of that one."""
    from hwsolve.formula.tree import Formula, Ref

    firsts: dict[Any, Ref] = {}
    return {name: firsts.setdefault(size, Ref(name)) for name, size in sizes.items() if isinstance(size, Formula)}


def written(text: str, names: dict[str, Any]) -> str:
    """A formula text as a reader sees it."""
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse
    from hwsolve.formula.tree import substitute

    return unicode(substitute(parse(text), names))


def counts_of_block(name: str) -> tuple[Fact, ...]:
    """Those of a block of the package, as a network with it alone answers them."""
    inputs, typed = block(name)
    found = answers("count-params", inputs, typed, ("params", "macs"))
    passed = signed(forward_answers(inputs, typed)) if len(inputs) == 1 else ""
    read = ", ".join(f"({', '.join(shape)})" for shape in inputs.values())
    return (
        *fact("counted_for", say("Counted for"), f"{read}, {typed}"),
        *fact("parameters", say("Parameters"), found["params"]),
        *fact("macs", say("Multiply-adds"), found["macs"]),
        *fact("forward", say("Operations of a forward pass"), passed),
    )


def forward_answers(inputs: dict[str, list[str]], typed: str) -> dict[str, str]:
    """The operations of a forward pass, by kind."""
    from hwsolve.kinds.complexity.tables import KINDS

    found = answers("complexity", inputs, typed, tuple(f"forward.{kind}" for kind in KINDS))
    return {key.removeprefix("forward."): text for key, text in found.items() if text != "0"}


def answers(kind: str, inputs: dict[str, list[str]], typed: str, keys: tuple[str, ...]) -> dict[str, str]:
    """What a network with one layer answers, as a reader sees it."""
    from hwsolve.answers import written as value_text
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.tree import Formula
    from hwsolve.pipeline import read, work_out

    shapes = ", ".join(f"{name}: [{', '.join(shape)}]" for name, shape in inputs.items())
    every = "count: {activations: true}\n" if kind == "complexity" else ""
    text = f"kind: {kind}\n{every}network:\n  inputs: {{{shapes}}}\n  layers:\n    - {typed}\n"
    (problem,) = read(text, "")
    found = work_out(problem).answers
    values = {key: found[key].value for key in keys if key in found}
    return {key: unicode(f) if isinstance(f, Formula) else value_text(f) for key, f in values.items()}
