"""A mixture of experts as a spec states it: a router, and the body of one expert.

Source: arXiv 1701.06538; arXiv 2401.04088, whose router has no bias.
"""

from __future__ import annotations

from typing import Any

from hwsolve.language import say
from hwsolve.layers.base import simplified
from hwsolve.layers.items import Part
from hwsolve.spec.fields import INVALID, FlagField, SizeField, describe
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path


def read_mixture(reader: Any, name: str, node: Node, path: Path, depth: int) -> Any:
    """The part, with the router and one of the experts as its branches; INVALID after a note."""
    keys = reader.keys(name, node, path)
    if keys is INVALID:
        return INVALID
    bodies = read_experts(reader, keys, node, path, depth)
    if bodies is INVALID:
        return INVALID
    active = SizeField().read(keys["active"], reader.report, path / "active")
    how = FlagField().read(keys["renormalize"], reader.report, path / "renormalize") if "renormalize" in keys else True
    experts = SizeField().read(keys["experts"], reader.report, path / "experts")
    router = read_router(reader, keys, node, path / "router")
    if INVALID in (experts, active, how, router, *bodies):
        return INVALID
    experts, active = map(simplified, (experts, active))
    if isinstance(experts, int) and isinstance(active, int) and active > experts:
        said = say("Of {n} experts at most {n} are active, got {got}.", n=experts, got=active)
        reader.report.add(keys["active"], path / "active", said)
        return INVALID
    branches = ((router,), *bodies)
    options = {"renormalize": how}
    return Part(name, None, Scalar(0, 0, ""), node, path, keys.get("name"), branches, experts, active, options=options)


def read_experts(reader: Any, keys: dict[str, Any], node: Node, path: Path, depth: int) -> Any:
    """The body of all experts, or one for each in a list, whose length is then their number; INVALID after a note."""
    listed = keys["experts"] if isinstance(keys["experts"], Sequence) else None
    if (listed is None) == ("body" not in keys):
        said = say("`experts` is a number beside a `body`, or a list with the layers of each.")
        reader.report.add(keys["experts"], path / "experts", said)
        return INVALID
    if listed is None:
        return (reader.layers(keys["body"], path / "body", depth + 1),)
    keys["experts"] = Scalar(listed.line, listed.column, str(len(listed.items)))
    bodies = [reader.layers(one, path / "experts" / k, depth + 1) for k, one in enumerate(listed.items, 1)]
    for k, body in enumerate(bodies if INVALID not in bodies else (), 1):
        if alike(body) != alike(bodies[0]):
            said = say("The experts of a mixture differ in their numbers alone; expert {k} has other layers.", k=k)
            reader.report.add(listed.items[k - 1], path / "experts" / k, said)
            return INVALID
    return tuple(bodies)


def alike(body: tuple[Part, ...]) -> Any:
    """What the experts have in common: their layers and settings, without names and numbers."""
    return [(part.type, settings_of(part), *map(alike, part.branches), part.times, part.active) for part in body]


def settings_of(part: Part) -> Any:
    """The settings of a layer that is no composite."""
    if part.layer is None:
        return None
    free = {"name", "symbols", *part.layer.specs()}
    return {
        f: v for f in part.layer.__struct_fields__ if f not in free and type(v := getattr(part.layer, f)) is not dict
    }


def read_router(reader: Any, keys: dict[str, Any], node: Node, path: Path) -> Any:
    """The linear layer with a number for each expert; INVALID after a note."""
    settings = keys.get("router")
    if settings is not None and not is_null(settings) and not isinstance(settings, Mapping):
        said = say("Expected a mapping with {keys}, got {got}.", keys="`bias`", got=describe(settings))
        reader.report.add(settings, path, said)
        return INVALID

    def word(text: str) -> Scalar:
        return Scalar(node.line, node.column, text)

    own = {"out_features": keys["experts"], "bias": word("false"), "name": word("router")}
    entries: Any = {key: (word(key), value) for key, value in own.items()}
    entries |= settings.entries if isinstance(settings, Mapping) else {}
    return reader.plain("linear", word("linear"), Mapping(node.line, node.column, entries), path)
