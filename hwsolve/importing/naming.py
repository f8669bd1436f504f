"""Names of quantities within lists of layers: which are given, other names for them, plain ones in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hwsolve.importing.nodes import Items, Scoped


def branches_of(item: Any) -> Iterator[Items]:
    """The lists within an item."""
    if isinstance(item, dict):
        for settings in item.values():
            if isinstance(settings, dict):
                yield from (b for b in settings.get("of", ()) if isinstance(b, list))
                if isinstance(settings.get("body"), list):
                    yield settings["body"]
    elif isinstance(item, Scoped):
        yield item.body


def splice(items: Items, place: int) -> None:
    """Put the layers of a call in its place; its names must not meet those around it."""
    call: Scoped = items[place]
    ports = dict(zip(call.ports, call.inputs, strict=True)) if len(call.ports) > 1 else {}
    body, before = call.body, items[place - 1] if place else None
    if len(call.ports) == 1:
        if call.inputs:
            ports = {call.ports[0]: call.inputs[0]}
        elif isinstance(before, dict) and "=" not in str(settings_of_item(before).get("value", "")):
            output = settings_of_item(before).setdefault("output", fresh(call.ports[0]))
            ports = {call.ports[0]: output if isinstance(output, str) else output[0]}
        else:
            body = [{"identity": {"output": call.ports[0]}}, *body]
    inner = {name: fresh(name) for name in names_given(body)}
    body = renamed(body, ports | inner)
    if call.inputs:
        first = next(
            item for item in body if isinstance(item, Scoped) or next(iter(item)) not in ("parameter", "constant")
        )
        read_first(first, call.inputs[0])
    if call.output:
        last = settings_of_item(body[-1])
        if "output" in last:
            old = last["output"] if isinstance(last["output"], str) else last["output"][0]
            body = renamed(body, {old: call.output})
        else:
            last["output"] = call.output
    items[place : place + 1] = body


def read_first(item: Any, name: str) -> None:
    """A layer that read the stream reads a quantity by its name."""
    if isinstance(item, Scoped):
        item.inputs = item.inputs or (name,)
    elif "formula" in item:
        item["formula"]["value"] = re.sub(r"\binput\b", name, item["formula"]["value"])
    else:
        settings_of_item(item).setdefault("inputs", name)


def settings_of_item(item: Any) -> dict[str, Any]:
    """The settings of an item, which may be changed."""
    found: dict[str, Any] = next(iter(item.values()))
    return found


COUNTER = iter(range(1, 10**9))


def fresh(name: str) -> str:
    """A name that nothing else has, until `distinct` finds a plain one."""
    return f"{name.partition('§')[0]}§{next(COUNTER)}"


def names_given(items: Items) -> list[str]:
    """The quantities that are named in a list and in the lists within it."""
    found: list[str] = []
    for item in items:
        if isinstance(item, dict):
            output = settings_of_item(item).get("output", ())
            found.extend([output] if isinstance(output, str) else output)
        for branch in branches_of(item):
            found.extend(names_given(branch))
    return found


def renamed(value: Any, names: dict[str, str]) -> Any:
    """A list of layers with other names of quantities."""
    if not names:
        return value
    if isinstance(value, Scoped):
        return Scoped(value.kind, value.body, value.ports, tuple(names.get(i, i) for i in value.inputs),
                      names.get(value.output, value.output))  # fmt: skip
    if isinstance(value, list):
        return [renamed(v, names) if not isinstance(v, str) else names.get(v, v) for v in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, part in value.items():
        if key in ("inputs", "output") and isinstance(part, str):
            made[key] = names.get(part, part)
        elif key == "formula" and isinstance(part, dict):
            text = part["value"]
            found = (
                re.sub(r"[^\W\d]\w*(§\d+)?", lambda m: names.get(m[0], m[0]), text) if isinstance(text, str) else text
            )
            made[key] = renamed(part, names) | {"value": found}
        else:
            made[key] = renamed(part, names) if isinstance(part, dict | list) else part
    return made


def settle(items: Items, visible: set[str]) -> None:
    """Give quantities within branches short names: those of branches side by side do not meet."""
    visible = {*visible, *(name for name in own_names(items))}
    for item in items:
        for branch in () if isinstance(item, Scoped) else branches_of(item):
            names: dict[str, str] = {}
            taken = visible | set(names_given(branch))  # deeper lists read these names too
            for name in own_names(branch):
                plain = re.sub(r"_\d+$", "", name)
                if plain not in taken:
                    names[name] = plain
                    taken.add(plain)
            branch[:] = renamed(branch, names)
            settle(branch, visible)


def own_names(items: Items) -> list[str]:
    """The quantities that are named in a list itself."""
    found: list[str] = []
    for item in items:
        output = item.output if isinstance(item, Scoped) else settings_of_item(item).get("output", ())
        found.extend([output] if isinstance(output, str) and output else output or ())
    return found


def distinct(items: Items, taken: set[str]) -> Items:
    """A body whose fresh names are plain ones again."""
    given = names_given(items)
    taken = taken | {name for name in given if "§" not in name}
    names: dict[str, str] = {}
    for name in dict.fromkeys(n for n in given if "§" in n):
        plain = name.partition("§")[0]
        found, number = plain, 1
        while found in taken:
            number += 1
            found = f"{plain}_{number}"
        taken.add(found)
        names[name] = found
    made: Items = renamed(items, names)
    return made
