"""What the commands that solve do, whoever read the call: the parser of options, or nobody where there is none.

A plain call, a command and its specs, is answered without the parser: its import takes longer than a small spec.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hwsolve.commands.common import BEFORE, Common
from hwsolve.commands.solving import run
from hwsolve.kinds import KINDS


def backprop(spec: str | None, common: Common, lr: str | None = None, steps: int | None = None) -> int:
    """The exit status of the kind with the options that are asked most often."""
    extra: dict[str, str] = {}
    instead: dict[str, str] = {}
    if lr is not None:
        extra["optimizer.lr"] = lr
        instead["optimizer"] = f"{{sgd: {{lr: {lr}}}}}"
    if steps is not None:
        extra["steps"] = str(steps)
    return run([spec] if spec else [], common, extra, instead, kind="backprop")


def derivative(
    spec: str | None,
    common: Common,
    order: int | None = None,
    wrt: list[str] | None = None,
    variables: list[str] | None = None,
    points: list[str] | None = None,
) -> int:
    """The exit status of the kind that takes its function from the command line too."""
    from hwsolve.commands.typed_function import is_function, run_function, settings

    if spec is not None and is_function(spec):
        return run_function(spec, settings(order, wrt, variables, points), common)
    return run([spec] if spec else [], common, settings(order, wrt, variables, points), kind="derivative")


def count_params(
    spec: str | None,
    common: Common,
    shape: list[str] | None = None,
    tokens: int | None = None,
    architecture: str | None = None,
) -> int:
    """The exit status of the kind that takes what can be imported too."""
    from hwsolve.commands.shapes import settings

    return run([spec] if spec else [], common, kind="count-params", given=settings(shape, tokens, architecture))


OWN: dict[str, Callable[[str | None, Common], int]] = {
    "backprop": backprop,
    "derivative": derivative,
    "count-params": count_params,
}


def of_kind(kind: str, spec: str | None, common: Common) -> int:
    """The exit status of a kind without an option of its own."""
    return OWN[kind](spec, common) if kind in OWN else run([spec] if spec else [], common, kind=kind)


def is_plain(arguments: list[str]) -> bool:
    """Whether a call is a command and specs alone: no option, and nothing that a system's parser would expand."""
    if os.name == "nt" or any(argument.startswith("-") for argument in arguments):
        return False
    command, *specs = arguments or [""]
    return (command == "solve" and bool(specs)) or (command in KINDS and len(specs) < 2)


def plain(arguments: list[str]) -> int:
    """The exit status of a plain call."""
    BEFORE["lang"] = None
    command, *specs = arguments
    if command == "solve":
        return run(specs, Common())
    return of_kind(command, specs[0] if specs else None, Common())
