"""What a call asks beside its specs, without the parser that reads it from options."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from hwsolve.errors import CallError
from hwsolve.language import LANGUAGES, say
from hwsolve.pipeline import Request

TEXT = (None, "plain", "terminal")  # formats of a page that is not folded
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
        settings["short"] = self.format in TEXT and not (self.full or self.only or self.questions or self.checks)
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
        if equals and found.setdefault(f"define.{name}", dumps(expression)) != dumps(expression):
            raise CallError(say("--ask gives `{name}` two expressions.", name=name))
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
