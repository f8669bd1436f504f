"""The commands of kinds that have options of their own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hwsolve.commands.importing import Shapes, Tokens
from hwsolve.commands.options import Common, whole_number

Spec = Annotated[str | None, typer.Argument(metavar="[SPEC]", help="A spec file, or - for the standard input.")]


def backprop(
    spec: Spec = None,
    lr: Annotated[str | None, typer.Option("--lr", metavar="X", help="Learning rate.")] = None,
    steps: int | None = whole_number(1, 1_000_000, "--steps", "Steps of training."),
    *,
    common: Common,
) -> None:
    """A command with the options that are asked most often."""
    from hwsolve.commands.solving import run

    extra: dict[str, str] = {}
    instead: dict[str, str] = {}
    if lr is not None:
        extra["optimizer.lr"] = lr
        instead["optimizer"] = f"{{sgd: {{lr: {lr}}}}}"
    if steps is not None:
        extra["steps"] = str(steps)
    raise typer.Exit(run([spec] if spec else [], common, extra, instead, kind="backprop"))


def derivative(
    spec: Annotated[str | None, typer.Argument(metavar="[SPEC|FUNCTION]", help="A spec file, or the function.")] = None,
    order: int | None = whole_number(1, 12, "--order", "Order of the derivative, from 1 to 12."),
    wrt: Annotated[
        list[str] | None, typer.Option("--wrt", metavar="NAME", help="With respect to: x, x[k], or x,y.")
    ] = None,
    variable: Annotated[
        list[str] | None, typer.Option("--variable", metavar="NAME[=SIZE]", help="A variable; x=C is a vector.")
    ] = None,
    at: Annotated[list[str] | None, typer.Option("--at", metavar="NAME=VALUE,…", help="A point for the value.")] = None,
    *,
    common: Common,
) -> None:
    """A command that takes its function from the command line too."""
    from hwsolve.commands.solving import run
    from hwsolve.commands.typed_function import is_function, run_function, settings

    if spec is not None and is_function(spec):
        raise typer.Exit(run_function(spec, settings(order, wrt, variable, at), common))
    extra = settings(order, wrt, variable, at)
    raise typer.Exit(run([spec] if spec else [], common, extra, kind="derivative"))


def count_params(
    spec: Annotated[str | None, typer.Argument(metavar="[SPEC|SOURCE]", help="A spec, or what `import` reads.")] = None,
    shape: Shapes = None,
    tokens: int | None = Tokens,
    *,
    common: Common,
) -> None:
    """A command that takes what can be imported too."""
    from hwsolve.commands.importing import settings
    from hwsolve.commands.solving import run

    raise typer.Exit(run([spec] if spec else [], common, kind="count-params", given=settings(shape, tokens)))


OWN_OPTIONS: dict[str, Any] = {"backprop": backprop, "derivative": derivative, "count-params": count_params}
