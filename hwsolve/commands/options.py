"""The options that every solving command takes, declared once."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
import typer

from hwsolve.errors import CallError
from hwsolve.language import LANGUAGES, say
from hwsolve.pipeline import Request

ENVIRONMENT = ("LC_ALL", "LC_MESSAGES", "LANG")


class Common(msgspec.Struct, frozen=True):
    """How to solve and how to show, as asked on the command line."""

    format: str | None = None
    output: str | None = None
    digits: int | None = None
    set: tuple[str, ...] = ()
    input: tuple[str, ...] = ()
    columns: str | None = None
    full: bool = False
    checks: bool = False
    only: str | None = None
    ask: tuple[str, ...] = ()
    float: bool = False
    lang: str | None = None
    questions: bool = False
    quiet: bool = False
    debug: bool = False

    def wishes(self, extra: dict[str, str] | None = None, instead: dict[str, str] | None = None) -> Request:
        """What the solvers are asked beside the spec; `extra` and `instead` come from a command's own options."""
        found: dict[str, str] = dict(extra or {})
        if self.float:
            found["numbers"] = "float64"
        if self.digits is not None:
            found["digits"] = str(self.digits)
        for item in self.set:
            path, equals, value = item.partition("=")
            if not equals or not path.strip():
                raise CallError(say("--set takes PATH=VALUE, as in --set network.layers[1].out_features=3."))
            found[path.strip()] = value
        if self.ask:
            found |= asked(self.ask)
        data = self.format == "json"
        settings: dict[str, Any] = {"only": self.only, "brief": not (self.full or self.only or data)}
        if self.full:
            settings["full"] = True
        if columns := self.column_names():
            settings["columns"] = columns
        return Request(found, instead or {}, settings, dict(map(named_file, self.input)))

    def column_names(self) -> tuple[str, ...]:
        """The columns asked for; none where there is nothing between the commas."""
        return tuple([name.strip() for name in (self.columns or "").split(",") if name.strip()])

    def asked_names(self) -> tuple[str, ...]:
        """The keys and the names of expressions that the page is to lead to."""
        return tuple([item.partition("=")[0].strip() for item in self.ask])

    def language(self) -> str:
        """The language asked for behind the command or before it, else that of the environment."""
        asked = self.lang or BEFORE["lang"]
        if asked is None:
            return of_environment()
        if asked not in LANGUAGES:
            raise CallError(
                say("There is no language `{name}`; there are {known}.", name=asked, known=", ".join(LANGUAGES))
            )
        return asked


def named_file(item: str) -> tuple[str, str]:
    """NAME=FILE as its two parts."""
    name, equals, path = (part.strip() for part in item.partition("="))
    if not equals or not name or not path:
        raise CallError(say("--input takes NAME=FILE, as in --input x=data.csv."))
    return name, path


def asked(wanted: tuple[str, ...]) -> dict[str, str]:
    """`--ask KEY` and `--ask NAME=EXPRESSION` as what a spec says."""
    from json import dumps

    found: dict[str, str] = {}
    keys = []
    for item in wanted:
        name, equals, expression = (part.strip() for part in item.partition("="))
        if equals:
            found[f"define.{name}"] = dumps(expression)
        keys.append(name)
    return {"ask": dumps(keys)} | found


BEFORE: dict[str, str | None] = {"lang": None}  # options that stand before the command


def of_environment() -> str:
    """The language of the environment where there is a catalogue for it, else English."""
    named = next((value for name in ENVIRONMENT if (value := os.environ.get(name))), "")
    return "zh" if named.startswith("zh") else "en"


def first_language(arguments: list[str]) -> str:
    """The language for what is said before the arguments are read, such as help."""
    for option, value in zip(["", *arguments], [*arguments, ""], strict=True):
        asked = value if option == "--lang" else option.removeprefix("--lang=") if "--lang=" in option else ""
        if asked in LANGUAGES:
            return asked
    return of_environment()


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


LANG: Any = typer.Option(None, "--lang", metavar="en|zh", help="Language of the text.")
VERSION: Any = typer.Option(False, "--version", callback=version_asked, is_eager=True, help="Show the version and end.")

FORMATS = "terminal, plain, json, markdown, html, latex, typst, pdf or notebook."
OPTIONS: dict[str, tuple[Any, Any]] = {
    "format": (
        str | None,
        typer.Option(None, "--format", "-f", metavar="NAME", help=FORMATS),
    ),
    "output": (str | None, typer.Option(None, "--output", "-o", metavar="FILE", help="Write to a file.")),
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
