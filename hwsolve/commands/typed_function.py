"""A function typed on the command line, put into the form of a spec."""

from __future__ import annotations

import json
import os

from hwsolve.commands.common import Common
from hwsolve.errors import CallError
from hwsolve.language import say

SOURCE = "<command line>"


def is_function(text: str) -> bool:
    """A text that is no file is the function."""
    return text != "-" and not os.path.exists(text) and not text.endswith((".yaml", ".yml"))


def settings(
    order: int | None, wrt: list[str] | None, variables: list[str] | None, points: list[str] | None
) -> dict[str, str]:
    """The options as parts of a spec, each a YAML text."""
    found: dict[str, str] = {}
    if order is not None:
        found["order"] = str(order)
    if wrt:
        names = [name.strip() for text in wrt for name in split_outside(text)]
        found["wrt"] = json.dumps(names[0] if len(names) == 1 else names)
    if variables:
        pairs = (text.partition("=") for text in variables)
        found["variables"] = json.dumps({name: {"size": size} if size else {} for name, _, size in pairs})
    if points:
        found["at"] = "[" + ", ".join(point(text) for text in points) + "]"
    return found


def point(text: str) -> str:
    """`x=1/2,y=[1, 2]` as a YAML mapping."""
    entries: list[str] = []
    for part in split_outside(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise CallError(say("--at takes NAME=VALUE, as in --at x=1/2,y=3."))
        entries.append(f"{json.dumps(name.strip())}: {value.strip()}")
    return "{" + ", ".join(entries) + "}"


def split_outside(text: str) -> list[str]:
    """The parts between commas that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def run_function(function: str, parts: dict[str, str], common: Common) -> int:
    """Solve the derivative of a typed function."""
    from hwsolve.commands.solving import begin, read_all, solve_and_show

    begin(common)
    text = "\n".join(["kind: derivative", f"function: {json.dumps(function, ensure_ascii=False)}"])
    text += "".join(f"\n{name}: {value}" for name, value in parts.items()) + "\n"
    return solve_and_show(read_all([(text, SOURCE)], common.wishes()), common)
