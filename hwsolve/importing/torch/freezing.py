"""Parameters that are not trained: all of a layer, or some of them by their names."""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.nodes import Node
from hwsolve.language import say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.packaged import PACKAGED
from hwsolve.layers.parameter import ParameterField

STILL = {"trainable": False}
PARTS = {"self_attn": "self_attention", "multihead_attn": "cross_attention"}  # of layers of transformers
KINDS = {"self_attention": "multihead_attention", "cross_attention": "multihead_attention", "linear1": "linear",
         "linear2": "linear", "norm1": "layer_norm", "norm2": "layer_norm", "norm3": "layer_norm"}  # fmt: skip


def freeze(named: dict[str, Any], owners: dict[int, Node], roles: dict[int, str]) -> None:
    """Say in the layers which of their parameters have `requires_grad=False`.

    `named` are the parameters of a module, `owners` the layers that have them, `roles` what these call them.
    """
    held: dict[int, tuple[Node, dict[str, Any]]] = {}
    names = {id(p): name for name, p in named.items()}
    for p in named.values():
        if (owner := owners.get(id(p))) is not None:
            held.setdefault(id(owner), (owner, {}))[1][roles[id(p)]] = p
    for node, parameters in held.values():
        if node.layer not in PACKAGED:
            add(names, node.layer, node.settings, parameters)
            continue
        weights: dict[str, Any] = {}
        for part in dict.fromkeys(role.partition(".")[0] for role in parameters):
            own = {r.partition(".")[2]: p for r, p in parameters.items() if r.partition(".")[0] == part}
            name = PARTS.get(part, part)
            settings: dict[str, Any] = {}
            add(names, KINDS[name], settings, own)
            weights |= {name: settings} if settings else {}
        if weights:
            node.settings["weights"] = weights


def add(names: dict[int, str], layer: str, settings: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Say it in the settings of one layer, whose parameters are given by the names that it has for them."""
    still = [role for role, p in parameters.items() if not p.requires_grad]
    if still and len(still) == len(parameters):
        settings |= STILL
    elif set(still) <= spoken_of(layer):
        settings |= {role: settings.get(role, {}) | STILL for role in still}
    else:
        name = names[id(parameters[still[0]])]
        raise Unreadable(
            say("{name} is not trained, but others of its layer are; of `{layer}` it can only be said of all together.",
                name=name, layer=layer)
        )  # fmt: skip


@cache
def spoken_of(layer: str) -> frozenset[str]:
    """The parameters of a layer of which a spec speaks one by one."""
    hints = get_type_hints(layer_class(layer), include_extras=True) if layer in LAYERS else {}
    fields = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return frozenset(n for n, parts in fields.items() if any(isinstance(part, ParameterField) for part in parts))
