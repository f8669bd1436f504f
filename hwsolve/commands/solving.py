"""Read specs, solve them, show the solutions: what `solve` and the command of each kind have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hwsolve.commands.common import Common
from hwsolve.errors import CallError
from hwsolve.files import check_target, read_spec, write_whole
from hwsolve.language import say, use
from hwsolve.streams import put_bytes

if TYPE_CHECKING:
    from hwsolve.importing.settings import Settings
    from hwsolve.pipeline import Request
    from hwsolve.render import Options
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem

HOLDS, FAILS = 0, 1  # exit statuses
FOREIGN = (".json", ".onnx")  # files that may be no specs


def complain(text: object) -> None:
    """A line on the standard error."""
    print(text, file=sys.stderr)


def read_all(
    specs: Iterable[str | tuple[str, str]], wishes: Request, kind: str | None = None, given: Settings | None = None
) -> list[Problem | Exception]:
    """The problems of spec files or of (text, source), in order, with what is wrong where one cannot be read."""
    from hwsolve.pipeline import read_each

    found: list[Problem | Exception] = []
    for spec in specs:
        try:
            text, source = opened(spec, given) if isinstance(spec, str) else spec
            found += read_each(text, source, wishes, kind)
        except Exception as error:
            found.append(error)
    return found


def opened(name: str, given: Settings | None) -> tuple[bytes | str, str]:
    """The text of a spec, or the spec that something else stands for, and its source's name."""
    if name.endswith(FOREIGN) or (":" in name and not os.path.exists(name)):
        from hwsolve.importing.settings import NO_SETTINGS
        from hwsolve.importing.source import in_place_of

        found = in_place_of(name, given or NO_SETTINGS)
        return found, as_spec(name) if isinstance(found, str) else name
    return read_spec(name)


def as_spec(name: str) -> str:
    """What the lines of the spec are called that something else stands for."""
    return str(say("{name} as a spec", name=name))


def solve_and_show(found: list[Problem | Exception], common: Common) -> int:
    """Solve what could be read, name what could not, write, and name what fails; the worst exit status."""
    from hwsolve.checks import failure_text, failures
    from hwsolve.pipeline import work_out

    solutions: list[Solution] = []
    wrong: list[tuple[Exception, str]] = []
    for one in found:
        if isinstance(one, Exception):
            wrong.append((one, ""))
            continue
        try:
            solutions.append(work_out(one))
        except Exception as error:
            wrong.append((error, one.place))
    status = complain_of(wrong, common.debug)
    if solutions and not common.quiet:
        show(solutions, common, len(found) > 1)
    failed = [check for solution in solutions for check in failures(solution)]
    for check in failed:
        complain(failure_text(check))
    return max(status, FAILS if failed else HOLDS)


def complain_of(wrong: list[tuple[Exception, str]], debug: bool = False) -> int:
    """Say once what each problem (at its place) ended in; the worst exit status."""
    if not wrong:
        return HOLDS
    from hwsolve.failure import explained

    said = [explained(error, debug, place) for error, place in wrong]
    for text in dict.fromkeys(text for text, _ in said):
        complain(text)
    return max((status for _, status in said), default=HOLDS)


def format_of(common: Common) -> str:
    """The format asked for; else the terminal's where there is one, and plain text elsewhere."""
    from hwsolve.render import FORMATS

    if common.format is None:
        return "terminal" if common.output is None and sys.stdout.isatty() else "plain"
    if common.format not in FORMATS:
        raise CallError(
            say("There is no format `{name}`; there are {known}.", name=common.format, known=", ".join(FORMATS))
        )
    return common.format


def check_format(common: Common) -> None:
    """A wrong call where a format is unknown, needs what is not there, or is no text for a terminal."""
    from hwsolve.render import BINARY, demand

    format = format_of(common)
    demand(format)
    if format in BINARY and common.output is None and sys.stdout.isatty():
        raise CallError(say("{format} is no text for a terminal: --output FILE writes it to a file.", format=format))


def show(solutions: list[Solution], common: Common, several: bool) -> None:
    """Write the solutions to the file asked for or to the standard output; `several` were asked for."""
    from hwsolve.render import render

    format = format_of(common)
    options = render_options(common, format, several)
    if format == "markdown" and common.output is not None:
        show_with_pictures(solutions, options, common.output)
    else:
        emit(render(solutions, format, options), common.output)


def show_with_pictures(solutions: list[Solution], options: Options, output: str) -> None:
    """Write Markdown to a file, and its diagrams to files beside it."""
    from hwsolve.render.markdown import with_pictures

    folder, name = os.path.split(output)
    text, pictures = with_pictures(solutions, options, os.path.splitext(name)[0])
    emit(text, output)
    for picture, drawn in pictures.items():
        emit(drawn, os.path.join(folder, picture))


def render_options(common: Common, format: str, several: bool = False) -> Options:
    """What a renderer is told."""
    from hwsolve.render import Options

    on_terminal = format == "terminal" and common.output is None and sys.stdout.isatty()
    return Options(
        width=terminal_width(on_terminal),
        color=on_terminal and not os.environ.get("NO_COLOR"),
        full=common.full,
        checks=common.checks,
        only=common.only,
        questions=common.questions,
        language=common.language(),
        several=several,
        ascii=format in ("terminal", "plain") and common.output is None and not has_signs(sys.stdout.encoding),
    )


def has_signs(encoding: str | None) -> bool:
    """Whether an output has the signs that formulas are written with."""
    try:
        "−⎡⁽₁≈─".encode(encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def terminal_width(on_terminal: bool) -> int:
    """Columns to fill: the terminal's, COLUMNS where it is set, else 100."""
    if not on_terminal and not os.environ.get("COLUMNS"):
        return 100
    import shutil

    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 200))


def emit(text: str | bytes, output: str | None) -> None:
    """Write a result whole; a reader that has gone away is no error."""
    if isinstance(text, str) and not text.endswith("\n"):
        text += "\n"
    if output is not None:
        write_whole(output, text)
    else:
        put(text)
        put("")


def put(text: str | bytes) -> None:
    """Write a part of a result to the standard output; an empty one sends off those before it."""
    if isinstance(text, bytes):
        put_bytes(text)
    else:
        sys.stdout.write(text)
    if not text:
        sys.stdout.flush()


def begin(common: Common, specs: Iterable[str] = ()) -> None:
    """Set the language, and refuse a call that could not be ended, before anything is solved."""
    use(common.language())
    check_format(common)
    if common.output is not None:
        check_target(common.output, specs)


def run(
    specs: list[str],
    common: Common,
    extra: dict[str, str] | None = None,
    instead: dict[str, str] | None = None,
    kind: str | None = None,
    given: Settings | None = None,
) -> int:
    """Solve spec files, `-` or, with a kind and no file, the example shipped for it."""
    begin(common, specs)
    wishes = common.wishes(extra, instead)
    if not specs and kind is not None:
        return solve_and_show(shipped_example(kind, wishes), common)
    return solve_and_show(read_all(specs, wishes, kind, given), common)


def shipped_example(kind: str, wishes: Request) -> list[Problem | Exception]:
    """The example of a kind.  What it expects is left out where the call changes it."""
    from hwsolve.examples import root
    from hwsolve.kinds import about

    name: str = about(kind).EXAMPLE
    complain(say("No SPEC given: solving the example problems/{name}.", name=name))
    text = (root() / name).read_text(encoding="utf-8")
    found = read_all([(text, f"problems/{name}")], wishes, kind)
    if wishes.files or set(wishes.overrides) - {"numbers", "digits"}:
        for problem in found:
            if not isinstance(problem, Exception):
                problem.expect, problem.published = {}, {}
    return found


def check_only(specs: list[str], common: Common) -> int:
    """Read and check specs, and name each that is right."""
    begin(common)
    status = HOLDS
    for spec in specs:
        found = read_all([spec], common.wishes())
        wrong = [(one, "") for one in found if isinstance(one, Exception)]
        if wrong:
            status = max(status, complain_of(wrong))
        elif not common.quiet:
            kinds = ", ".join(dict.fromkeys(problem.kind for problem in found if not isinstance(problem, Exception)))
            put(f"{say('{source}: right, {n} of {kinds}', source=spec, n=len(found), kinds=kinds)}\n")
    put("")
    return status
