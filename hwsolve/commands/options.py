"""The options that every solving command takes, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from hwsolve.commands.common import Common
from hwsolve.language import say


def version_asked(value: bool) -> None:
    """--version"""
    if value:
        from hwsolve import __version__

        print(f"hwsolve {__version__}")
        raise typer.Exit


class Whole:
    """Reads an option that is a whole number of a range, and says which where it is not."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.__name__ = "N"

    def __call__(self, text: str | int) -> int:
        number = int(text) if str(text).lstrip("+-").isdecimal() and len(str(text)) < 20 else None
        if number is None or not self.least <= number <= self.most:
            from hwsolve.spec.scalars import whole_between

            wanted = whole_between(self.least, self.most)
            got = say("`{text}`", text=text)
            raise typer.BadParameter(str(say("Expected {expected}, got {got}.", expected=wanted, got=got)))
        return number


def whole_number(least: int, most: int, name: str, help: str, default: int | None = None) -> Any:
    """An option that is a whole number."""
    return typer.Option(default, *name.split(), parser=Whole(least, most), metavar="N", help=help)


def file_named(path: str | None) -> str | None:
    """Where a result goes: None, for the standard output, where `-` stands for it."""
    return None if path == "-" else path


FILE: dict[str, Any] = {"metavar": "FILE", "help": "Write to a file; - is the standard output.", "callback": file_named}
LANG: Any = typer.Option(None, "--lang", metavar="en|zh", help="Language of the text.")
VERSION: Any = typer.Option(False, "--version", callback=version_asked, is_eager=True, help="Show the version and end.")

FORMATS = "terminal, plain, json, markdown, html, latex, typst, pdf or notebook."
OPTIONS: dict[str, tuple[Any, Any]] = {
    "format": (
        str | None,
        typer.Option(None, "--format", "-f", metavar="NAME", help=FORMATS),
    ),
    "output": (str | None, typer.Option(None, "--output", "-o", **FILE)),
    "digits": (
        int | None,
        whole_number(1, 2000, "--digits", "Significant digits of rounded values (6), at most 2000."),
    ),
    "set": (
        list[str],
        typer.Option([], "--set", metavar="PATH=VALUE", help="Change the spec: network.layers[1].out_features=3."),
    ),
    "input": (
        list[str],
        typer.Option([], "--input", metavar="NAME=FILE", help="Numbers of a given: x=data.npy, .csv or .json."),
    ),
    "columns": (
        str | None,
        typer.Option(None, "--columns", metavar="LIST", help="Columns of the layer table: params,activations,macs."),
    ),
    "checks": (bool, typer.Option(False, "--checks", help="Show all that was expected and published, in tables.")),
    "full": (bool, typer.Option(False, "--full", help="Write out every line, also of large arrays.")),
    "ask": (
        list[str],
        typer.Option([], "--ask", metavar="KEY|NAME=EXPR", help="What the page leads to: a key, or an expression."),
    ),
    "only": (
        str | None,
        typer.Option(None, "--only", metavar="KEY", help="How this one number arises, back to the givens."),
    ),
    "float": (bool, typer.Option(False, "--float", help="Calculate in float64: fast, at most 6 digits, none proven.")),
    "lang": (str | None, LANG),
    "questions": (bool, typer.Option(False, "--questions", help="The problem without its solution.")),
    "quiet": (bool, typer.Option(False, "--quiet", "-q", help="Show nothing but what fails.")),
    "debug": (bool, typer.Option(False, "--debug", help="Show a traceback for a bug of hwsolve's own.")),
}


def with_common(names: tuple[str, ...] = tuple(OPTIONS)) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the common options; its parameter `common` receives them together."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "common"]
        kind = inspect.Parameter.KEYWORD_ONLY
        shared = [inspect.Parameter(n, kind, default=OPTIONS[n][1], annotation=OPTIONS[n][0]) for n in names]
        shared.append(inspect.Parameter("version", kind, default=VERSION, annotation=bool))

        @wraps(command)
        def run(**values: Any) -> None:
            values.pop("version")
            chosen = {name: values.pop(name) for name in names}
            for several in {"set", "ask", "input"} & chosen.keys():
                chosen[several] = tuple(chosen[several] or ())
            command(**values, common=Common(**chosen))

        parameters = [p.replace(kind=kind) for p in own] + shared
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        return run

    return decorate
