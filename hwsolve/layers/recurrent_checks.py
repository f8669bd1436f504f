"""What is refused of a recurrent layer: shapes, gates, parameters and states that do not fit."""

from __future__ import annotations

from typing import Any

from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Shape, ShapeError
from hwsolve.layers.gates import FURTHER, ByGate, is_stated, suffix


def look(layer: Any, x: Shape, states: tuple[Shape, ...] = ()) -> None:
    """Refuse what does not fit; `states` are the shapes of initial states that are quantities."""
    base.positive("hidden_size", layer.hidden_size)
    if len(x) > 2 or (layer.CELL and len(x) != 1) or not x or isinstance(x, base.StatedMap):
        wanted = "(D)" if layer.CELL else "(T, D)"
        raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted=wanted, shape=base.shape_text(x)))
    if sorted(layer.order) != sorted(layer.GATES):
        wanted, got = ", ".join(layer.GATES), ", ".join(layer.order)
        raise ShapeError(say("Expected the gates {wanted} in some order, got {got}.", wanted=wanted, got=got), "gates")
    if layer.truncate is not None and layer.truncate < 1:
        base.positive("truncate", layer.truncate)
    if sorted(layer.concat) != ["h", "x"]:
        raise ShapeError(say("Expected `h` and `x` in some order."), "concat")
    look_at_names(layer)
    named = dict(zip(layer.named(), states, strict=False))
    for name in layer.initial:
        look_at_state(layer, name, named.get(name))


def look_at_names(layer: Any) -> None:
    """Refuse parameters that exclude each other, of layers that there are not, and of gates that there are not."""
    both = [n for n in ("weight_ih", "weight_hh") if is_stated(getattr(layer, n))]
    if is_stated(layer.weight) and both:
        raise ShapeError(say("`{a}` and `{b}` can't both be given.", a="weight", b=both[0]), both[0])
    two = [n for n in ("bias_ih", "bias_hh") if is_stated(getattr(layer, n))]
    if is_stated(layer.bias) and two:
        raise ShapeError(say("`{a}` and `{b}` can't both be given.", a="bias", b=two[0]), two[0])
    known = {suffix(k, way) for k in range(1, layer.num_layers + 1) for way in layer.ways}
    for key in layer.more:
        found = FURTHER.fullmatch(key)
        if found is not None and key.removeprefix(found[1]) not in known:
            raise ShapeError(say("With these settings the layer has no `{name}`.", name=key), key)
    for name, spec in layer.stated().items():
        if isinstance(spec, ByGate) and (wrong := sorted(set(spec.of) ^ set(layer.GATES))):
            wanted = ", ".join(layer.GATES)
            message = say(
                "`{name}` needs the gates {wanted}; `{gate}` is missing.", name=name, wanted=wanted, gate=wrong[0]
            )
            if wrong[0] in spec.of:
                message = say("`{name}` has the gates {wanted}, not `{gate}`.", name=name, wanted=wanted, gate=wrong[0])
                raise ShapeError(message, f"{name}.{wrong[0]}")
            raise ShapeError(message, name)


def states_at(layer: Any) -> dict[int, tuple[str, Shape]]:
    """Where initial states that are quantities stand, behind the stream, and their shapes."""
    width = {"h": (layer.width,), "c": (layer.hidden_size,)}
    return {k: (f"initial.{name}", width.get(name[:1], ())) for k, name in enumerate(layer.named(), 2)}


def look_at_state(layer: Any, name: str, shape: Shape | None) -> None:
    """Refuse an initial state that there is not, or of another width; that of a quantity has a `shape`."""
    known = {s + suffix(k, way): s for s in layer.STATES for k in range(1, layer.num_layers + 1) for way in layer.ways}
    if name not in known:
        meant = name[0] if name in ("h0", "c0") and name[0] in layer.STATES else ""
        listed = ", ".join(f"`{state}`" for state in known)
        message = say("There is no initial state `{name}`; there are {known}.", name=name, known=listed)
        if meant:
            message = say("The initial state is called `{right}` here, not `{name}`.", right=meant, name=name)
        raise ShapeError(message, "initial")
    spec, width = layer.initial[name], layer.width if known[name] == "h" else layer.hidden_size
    found = shape if isinstance(spec, str) else None if spec.values is None else spec.values.shape
    if found is None or not isinstance(width, int):
        return
    if len(found) > (1 if shape else 2) or found[-1:] != (width,):
        raise ShapeError(
            say("The initial state `{name}` has the shape {found}, but needs {wanted}.",
                name=name, found=base.shape_text(found), wanted=width), "initial")  # fmt: skip
