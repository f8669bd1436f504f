"""`hwsolve draw`: the drawing of a problem alone, as SVG or PNG."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hwsolve.commands.options import Common
from hwsolve.errors import CallError
from hwsolve.files import check_target, write_whole
from hwsolve.language import say, use
from hwsolve.streams import put_bytes

if TYPE_CHECKING:
    from hwsolve.solution import Text
    from hwsolve.spec.problem import Problem

FORMATS = ("svg", "png")


def draw(spec: str, figure: str | None, values: bool, format: str | None, output: str | None, common: Common) -> int:
    """Draw the problems of a spec below each other, with what is worked out only if that is asked for."""
    from hwsolve.commands.solving import complain_of, put, read_all

    use(common.language())
    written = format or ("png" if output is not None and output.lower().endswith(".png") else "svg")
    check(written, figure, output, spec)
    problems = read_all([spec], common.wishes())
    if wrong := [(one, "") for one in problems if isinstance(one, Exception)]:
        return complain_of(wrong, common.debug)
    made = drawing([p for p in problems if not isinstance(p, Exception)], figure, values, common.language())
    if written == "png":
        from hwsolve.render.png import png

        data = png(made)
        if output is None:
            put_bytes(data)
        else:
            write_whole(output, data)
    elif output is not None:
        write_whole(output, made)
    else:
        put(made)
        put("")
    return 0


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
    from hwsolve.render.mixed import mixed
    from hwsolve.render.svg_file import svg_file

    def words(text: Text) -> str:
        """A text with its formulas."""
        return "".join([part for _, part in mixed(text, language, unicode)])

    made = svg_file([f for problem in problems for f in drawn(problem, figure, values)], words)
    if not made:
        raise CallError(say("There is nothing to draw in {source}.", source=problems[0].place))
    return made
