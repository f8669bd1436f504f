"""Layers that are used again from outside of the branch they stand in: their path leads through composites."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.naming import branches_of, settings_of_item
from hwsolve.importing.nodes import Items

Way = list[Any]  # the composites around a layer, from the outside in, as seen from a list


def reach(items: Items, outer: dict[str, Way] | None = None) -> dict[str, Way]:
    """Write paths where names alone do not hold; the ways to the layers that have names in this list."""
    found: dict[str, Way] = {}
    for item in items:
        if not isinstance(item, dict):
            continue
        known = (outer or {}) | found
        settings = settings_of_item(item)
        branches = list(branches_of(item))
        refer(settings if branches == [] else {}, known)
        if isinstance(name := settings.get("name"), str):
            found[name] = []
        inner: dict[str, Way] = {}
        for branch in branches:
            inner |= reach(branch, known | inner)
        for name, way in inner.items():
            found.setdefault(name, [item, *way])
    return found


def refer(settings: dict[str, Any], known: dict[str, Way]) -> None:
    """The names of other layers in the settings of one."""
    for key, value in settings.items():
        if isinstance(value, dict):
            refer(value, known)
        elif key in ("layer", "tie") and known.get(value):
            settings[key] = ".".join([*(called(item, value) for item in known[value]), value])


def called(item: Any, layer: str) -> str:
    """The name of a composite, which gets one after a layer in it."""
    ((kind, settings),) = item.items()
    if "name" not in settings:
        item[kind] = {"name": f"{kind}_{layer}"} | settings
    name: str = item[kind]["name"]
    return name
