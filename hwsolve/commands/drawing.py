"""`hwsolve draw`: the drawing of a problem alone, as SVG or PNG."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from hwsolve.commands.common import Common
from hwsolve.commands.options import FILE
from hwsolve.errors import CallError
from hwsolve.files import check_target, write_whole
from hwsolve.language import say, use
from hwsolve.streams import put_bytes

if TYPE_CHECKING:
    from hwsolve.figures import Figure
    from hwsolve.solution import Text
    from hwsolve.spec.problem import Problem

FORMATS = ("svg", "png")


Spec = Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, or - for the standard input.")]
Kind = Annotated[str | None, typer.Option("--figure", metavar="NAME", help="network, circuit, windows or curve.")]
Values = Annotated[bool, typer.Option("--values", help="Put in what is worked out: values and gradients.")]
Format = Annotated[str | None, typer.Option("--format", "-f", metavar="NAME", help="svg or png.")]
Output = Annotated[str | None, typer.Option("--output", "-o", **FILE)]


def draw(
    spec: Spec,
    figure: Kind = None,
    values: Values = False,
    format: Format = None,
    output: Output = None,
    *,
    common: Common,
) -> None:
    """Draw the network, the circuit or the windows of a problem, without its solution."""
    from hwsolve.commands.solving import complain_of, read_all

    use(common.language())
    written = format or ("png" if output is not None and output.lower().endswith(".png") else "svg")
    check(written, figure, output, spec)
    problems = read_all([spec], common.wishes())
    if wrong := [(one, "") for one in problems if isinstance(one, Exception)]:
        raise typer.Exit(complain_of(wrong, common.debug))
    made = drawing([p for p in problems if not isinstance(p, Exception)], figure, values, common.language())
    if written == "png":
        from hwsolve.render.png import png

        write(png(made), output)
    else:
        write(made, output)


def write(made: str | bytes, output: str | None) -> None:
    """Write a drawing to its file, or to the standard output."""
    from hwsolve.commands.solving import emit

    if isinstance(made, bytes) and output is None:
        put_bytes(made)
    elif output is not None:
        write_whole(output, made)
    elif isinstance(made, str):
        emit(made, None)


def check(format: str, figure: str | None, output: str | None, spec: str) -> None:
    """Refuse a call that could not be ended, before anything is solved."""
    from hwsolve.kinds.drawn import FIGURES

    if format not in FORMATS:
        known = ", ".join(FORMATS)
        raise CallError(say("A drawing has no format `{name}`; there are {known}.", name=format, known=known))
    if figure is not None and figure not in FIGURES:
        known = ", ".join(FIGURES)
        raise CallError(say("There is no drawing `{name}`; there are {known}.", name=figure, known=known))
    if format == "png":
        from hwsolve.render.png import demand

        demand()
        if output is None and sys.stdout.isatty():
            raise CallError(
                say("{format} is no text for a terminal: --output FILE writes it to a file.", format=format)
            )
    if output is not None:
        check_target(output, [spec])


def drawing(problems: list[Problem], figure: str | None, values: bool, language: str) -> str:
    """The drawings of all problems in one file."""
    from hwsolve.formula.notation import unicode
    from hwsolve.kinds.drawn import drawn
    from hwsolve.render.from_zero import symbols_of
    from hwsolve.render.mixed import mixed
    from hwsolve.render.select import title
    from hwsolve.render.svg_file import svg_file
    from hwsolve.solution import Solution

    def words(text: Text) -> str:
        """A text with its formulas."""
        return "".join([part for _, part in mixed(text, language, unicode)])

    figures: list[Figure] = []
    for problem in problems:
        found = drawn(problem, figure, values)
        if len(problems) > len(found) == 1 and problem.title:
            found = (msgspec.structs.replace(found[0], title=title(problem.title, language)),)
        counting = Solution(kind=problem.kind, notation=problem.notation)
        figures += map(symbols_of(counting, language).figure, found)
    made = svg_file(figures, words)
    if not made:
        raise CallError(say("There is nothing to draw in {source}.", source=problems[0].place))
    return made
