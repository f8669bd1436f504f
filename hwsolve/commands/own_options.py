"""The commands of kinds that have options of their own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hwsolve.commands import calls
from hwsolve.commands.common import Common
from hwsolve.commands.importing import Architecture, Shapes, Tokens
from hwsolve.commands.options import whole_number

Spec = Annotated[str | None, typer.Argument(metavar="[SPEC]", help="A spec file, or - for the standard input.")]


def backprop(
    spec: Spec = None,
    lr: Annotated[str | None, typer.Option("--lr", metavar="X", help="Learning rate.")] = None,
    steps: int | None = whole_number(1, 1_000_000, "--steps", "Steps of training."),
    *,
    common: Common,
) -> None:
    """A command with the options that are asked most often."""
    raise typer.Exit(calls.backprop(spec, common, lr, steps))


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
    raise typer.Exit(calls.derivative(spec, common, order, wrt, variable, at))


def count_params(
    spec: Annotated[str | None, typer.Argument(metavar="[SPEC|SOURCE]", help="A spec, or what `import` reads.")] = None,
    shape: Shapes = None,
    tokens: int | None = Tokens,
    architecture: Architecture = None,
    *,
    common: Common,
) -> None:
    """A command that takes what can be imported too."""
    raise typer.Exit(calls.count_params(spec, common, shape, tokens, architecture))


OWN_OPTIONS: dict[str, Any] = {"backprop": backprop, "derivative": derivative, "count-params": count_params}
