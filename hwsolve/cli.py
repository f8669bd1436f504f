"""The command line: one command per kind of problem, and `solve`, `validate`, `batch` for any.  No arithmetic in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from hwsolve.commands.comparing import OPTIONS as COMPARED_BY
from hwsolve.commands.comparing import compare
from hwsolve.commands.drawing import draw
from hwsolve.commands.importing import import_
from hwsolve.commands.options import BEFORE, LANG, VERSION, Common, first_language, whole_number, with_common
from hwsolve.commands.own_options import OWN_OPTIONS
from hwsolve.kinds import KINDS
from hwsolve.language import localised, use
from hwsolve.streams import prepare

INTERRUPTED = 130  # as shells have it for the signal of Ctrl-C


class Group(TyperGroup):
    """The program: its help is in the language in use."""

    def get_help(self, ctx: Any) -> str:
        return translated_help(self, super().get_help, ctx)

    def get_usage(self, ctx: Any) -> str:
        return translated_help(self, super().get_usage, ctx)


app = typer.Typer(
    name="hwsolve",
    cls=Group,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

Spec = Annotated[str | None, typer.Argument(metavar="[SPEC]", help="A spec file, or - for the standard input.")]
Specs = Annotated[list[str], typer.Argument(metavar="SPEC...", help="Spec files, or - for the standard input.")]
Kind = Annotated[str | None, typer.Argument(metavar="[KIND]", help="A kind of problem.")]


@app.callback()
def top(version: bool = VERSION, lang: str | None = LANG) -> None:
    """Neural-network homework, worked out line by line."""
    BEFORE["lang"] = lang


class Command(TyperCommand):
    """A command whose one-line help is not cut; help is in the language in use."""

    def get_short_help_str(self, limit: int = 45) -> str:
        return localised((self.help or "").partition("\n")[0])

    def get_help(self, ctx: Any) -> str:
        return translated_help(self, super().get_help, ctx)

    def get_usage(self, ctx: Any) -> str:
        return translated_help(self, super().get_usage, ctx)


def translated_help(command: Any, text: Callable[[Any], str], ctx: Any) -> str:
    """A page of the parser's, or its line of usage."""
    from hwsolve.commands.parser_words import help_of, page

    help_of(command)
    return page(text(ctx))


class KindCommand(Command):
    """A command whose help is its kind's own, read when it is asked for."""

    def get_short_help_str(self, limit: int = 45) -> str:
        self._fill_help()
        return super().get_short_help_str(limit)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._fill_help()
        super().format_help(ctx, formatter)

    def _fill_help(self) -> None:
        from hwsolve.commands.reference import summary_of_kind

        self.help = localised(summary_of_kind(self.name or ""))


def kind_command(kind: str) -> Any:
    """The command of a kind that needs no options of its own."""

    def command(spec: Spec = None, *, common: Common) -> None:
        from hwsolve.commands.solving import run

        raise typer.Exit(run([spec] if spec else [], common, kind=kind))

    return command


for _kind in KINDS:
    app.command(_kind, cls=KindCommand)(with_common()(OWN_OPTIONS.get(_kind) or kind_command(_kind)))


@app.command(cls=Command)
@with_common()
def solve(specs: Specs, *, common: Common) -> None:
    """Solve specs of any kind."""
    from hwsolve.commands.solving import run

    raise typer.Exit(run(specs, common))


@app.command(cls=Command)
@with_common(("set", "input", "lang", "quiet", "debug"))
def validate(specs: Specs, *, common: Common) -> None:
    """Read and check specs without solving them."""
    from hwsolve.commands.solving import check_only

    raise typer.Exit(check_only(specs, common))


@app.command(cls=Command)
@with_common(
    (
        *("format", "digits", "set", "input", "columns", "full", "float", "ask"),
        *("checks", "lang", "questions", "quiet", "debug"),
    )
)
def batch(
    places: Annotated[
        list[str], typer.Argument(metavar="FOLDER...", help="Folders, files, or patterns like 'a/*.yaml'.")
    ],
    jobs: int = whole_number(1, 256, "--jobs -j", "Processes.", 1),
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="DIR", help="One file per problem.")] = None,
    junit: Annotated[str | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit XML report.")] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="Give a spec up after this long.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings and published disagreements fail too.")] = False,
    *,
    common: Common,
) -> None:
    """Solve every spec in folders, check what each expects, and sum up."""
    from hwsolve.commands.batching import run_batch

    raise typer.Exit(run_batch(places, jobs, output, junit, timeout, strict, common))


@app.command("list", cls=Command)
@with_common(("format", "lang"))
def list_(
    subject: Annotated[str | None, typer.Argument(metavar="[LIST]", help="kinds, layers, losses … or keys.")] = None,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of it; for keys, a spec file.")] = None,
    *,
    common: Common,
) -> None:
    """List what can be written, show one thing of it, or the keys that a problem answers."""
    from hwsolve.commands.listing import show_list

    show_list(subject, name, common)


app.command(cls=Command)(with_common(COMPARED_BY)(compare))
app.command(cls=Command)(with_common(("set", "input", "digits", "float", "lang", "debug"))(draw))
app.command("import", cls=Command)(with_common(("lang", "debug"))(import_))


def short_list(subject: str) -> Any:
    """The command that is another name of `list SUBJECT`."""

    def command(
        name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show one of them.")] = None,
        *,
        common: Common,
    ) -> None:
        from hwsolve.commands.listing import show_list

        show_list(subject, name, common)

    return command


SHORT = {
    "kinds": "List the kinds of problems, or show one.",
    "layers": "List the layers, or show the arguments of one.",
    "losses": "List the losses, or show the arguments of one.",
    "optimizers": "List the optimizers, or show the rule of one.",
    "functions": "List the functions of formulas, or show one.",
    "examples": "List the shipped problems, or print one.",
}
for _subject, _help in SHORT.items():
    app.command(_subject, cls=Command, help=_help)(with_common(("format", "lang"))(short_list(_subject)))


Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")]


@app.command(cls=Command)
@with_common(("lang",))
def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind of problem.")],
    output: Output = None,
    *,
    common: Common,
) -> None:
    """Write a commented spec to begin with."""
    from hwsolve.commands import reference
    from hwsolve.commands.solving import emit

    use(common.language())
    emit(reference.starter(kind), output)


@app.command(cls=Command)
@with_common(("lang",))
def schema(
    kind: Kind = None,
    solution: Annotated[bool, typer.Option("--solution", help="The schema of what --format json writes.")] = False,
    output: Output = None,
    *,
    common: Common,
) -> None:
    """Print the JSON Schema of specs, for an editor, or that of solutions, for a program."""
    from hwsolve.commands import reference
    from hwsolve.commands.solving import emit

    use(common.language())
    emit(reference.solution_schema() if solution else reference.schema(kind), output)


@contextmanager
def only_called(arguments: list[str]) -> Iterator[None]:
    """Of all commands, build the one that is called: the others take as long as a small spec."""
    every = app.registered_commands
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    called = [c for c in every if first == (c.name or getattr(c.callback, "__name__", None))]
    app.registered_commands = called or every
    try:
        yield
    finally:
        app.registered_commands = every


def main() -> None:
    """The entry point: runs a command, and turns what it raises into a message and an exit status."""
    prepare()
    use(first_language(sys.argv[1:]))
    try:
        with only_called(sys.argv[1:]):
            status = app(prog_name="hwsolve", standalone_mode=False) or 0
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):
            from hwsolve.commands.parser_words import refuse

            status = refuse(error)
        else:
            from hwsolve.failure import status_of

            status = status_of(error, debug="--debug" in sys.argv)
    sys.exit(status)
