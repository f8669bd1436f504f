"""A mixture of experts as a spec states it: a router, and the body of one expert.

Source: arXiv 1701.06538; arXiv 2401.04088, whose router has no bias.
"""

from __future__ import annotations

from typing import Any

from hwsolve.language import say
from hwsolve.layers.base import simplified
from hwsolve.layers.items import Part
from hwsolve.spec.fields import INVALID, SizeField, describe
from hwsolve.spec.nodes import Mapping, Node, Scalar, is_null
from hwsolve.spec.report import Path


def read_mixture(reader: Any, name: str, node: Node, path: Path, depth: int) -> Any:
    """The part, with the router and one of the experts as its branches; INVALID after a note."""
    keys = reader.keys(name, node, path)
    if keys is INVALID:
        return INVALID
    sizes = [SizeField().read(keys[key], reader.report, path / key) for key in ("experts", "active")]
    body = reader.layers(keys["body"], path / "body", depth + 1)
    router = read_router(reader, keys, node, path / "router")
    if INVALID in (*sizes, body, router):
        return INVALID
    experts, active = map(simplified, sizes)
    if isinstance(experts, int) and isinstance(active, int) and active > experts:
        said = say("Of {n} experts at most {n} are active, got {got}.", n=experts, got=active)
        reader.report.add(keys["active"], path / "active", said)
        return INVALID
    branches = (router,), body
    return Part(name, None, Scalar(0, 0, ""), node, path, keys.get("name"), branches, experts, active)


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
