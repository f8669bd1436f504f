"""Read specs, solve them, show the solutions: what `solve` and the command of each kind have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from hwsolve.commands.options import Common
from hwsolve.errors import CallError
from hwsolve.files import check_target, read_spec, unwritable, write_whole
from hwsolve.language import say, use

if TYPE_CHECKING:
    from hwsolve.pipeline import Wishes
    from hwsolve.render import Options
    from hwsolve.solution import Solution
    from hwsolve.spec.problem import Problem

HOLDS, FAILS, WRONG = 0, 1, 2  # exit statuses


def complain(text: object) -> None:
    """A line on the standard error."""
    print(text, file=sys.stderr)


def load_all(specs: Iterable[str | tuple[str, str]], wishes: Wishes, kind: str | None = None) -> list[Problem]:
    """The problems of spec files or of (text, source); all mistakes of all of them are shown, and then the run ends."""
    from hwsolve.failure import explained
    from hwsolve.pipeline import read
    from hwsolve.spec.report import SpecFailure

    problems: list[Problem] = []
    wrong = False
    for spec in specs:
        try:
            text, source = read_spec(spec) if isinstance(spec, str) else spec
            problems += read(text, source, wishes, kind)
        except (CallError, SpecFailure) as error:
            complain(explained(error)[0])
            wrong = True
    if wrong:
        raise typer.Exit(WRONG)
    return problems


def solve_and_show(problems: list[Problem], common: Common) -> int:
    """Solve, write, and name what fails; the exit status."""
    from hwsolve.checks import failure_text, failures

    solutions = solve_all(problems)
    if not common.quiet:
        show(solutions, common)
    failed = [check for solution in solutions for check in failures(solution)]
    for check in failed:
        complain(failure_text(check))
    return FAILS if failed else HOLDS


def solve_all(problems: list[Problem]) -> list[Solution]:
    """The solutions; where a mistake of a spec shows only now, those of all problems are named, and the run ends."""
    from hwsolve.pipeline import work_out
    from hwsolve.spec.report import SpecFailure

    solutions: list[Solution] = []
    wrong: dict[str, None] = {}
    for problem in problems:
        try:
            solutions.append(work_out(problem))
        except SpecFailure as failure:
            wrong[str(failure)] = None
    if wrong:
        complain("\n".join(wrong))
        raise typer.Exit(WRONG)
    return solutions


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


def show(solutions: list[Solution], common: Common) -> None:
    """Write the solutions to the file asked for or to the standard output."""
    from hwsolve.render import render

    format = format_of(common)
    emit(render(solutions, format, render_options(common, format)), common.output)


def render_options(common: Common, format: str) -> Options:
    """What a renderer is told."""
    from hwsolve.render import Options

    on_terminal = format == "terminal" and common.output is None and sys.stdout.isatty()
    return Options(
        width=terminal_width(on_terminal),
        color=on_terminal and not os.environ.get("NO_COLOR"),
        full=common.full,
        only=common.only,
        questions=common.questions,
        language=common.language(),
    )


def terminal_width(on_terminal: bool) -> int:
    """Columns to fill: the terminal's, COLUMNS where it is set, else 100."""
    import shutil

    width = shutil.get_terminal_size((100, 24)).columns if on_terminal or os.environ.get("COLUMNS") else 100
    return max(40, min(width, 200))


def emit(text: str, output: str | None) -> None:
    """Write a result whole; a reader that has gone away is no error."""
    if not text.endswith("\n"):
        text += "\n"
    if output is not None:
        write_whole(output, text)
    else:
        put(text)
        put("")


def put(text: str) -> None:
    """Write a part of a result to the standard output; an empty one sends off those before it."""
    try:
        sys.stdout.write(text)
        if not text:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again at the end
        raise unwritable(str(say("the standard output")), error) from None


def begin(common: Common) -> None:
    """Set the language, and refuse a call that could not be ended, before anything is solved."""
    use(common.language())
    format_of(common)
    if common.output is not None:
        check_target(common.output)


def run(
    specs: list[str],
    common: Common,
    extra: dict[str, str] | None = None,
    instead: dict[str, str] | None = None,
    kind: str | None = None,
) -> int:
    """Solve spec files, `-` or, with a kind and no file, the example shipped for it."""
    begin(common)
    wishes = common.wishes(extra, instead)
    if not specs and kind is not None:
        return solve_and_show(shipped_example(kind, wishes), common)
    return solve_and_show(load_all(specs, wishes, kind), common)


def shipped_example(kind: str, wishes: Wishes) -> list[Problem]:
    """The example of a kind.  What it expects is left out where the call changes it."""
    from hwsolve.examples import root
    from hwsolve.solvers import solver

    name: str = solver(kind).EXAMPLE
    complain(say("No SPEC given: solving the example problems/{name}.", name=name))
    text = (root() / name).read_text(encoding="utf-8")
    problems = load_all([(text, f"problems/{name}")], wishes, kind)
    if set(wishes.overrides) - {"numbers", "digits"}:
        for problem in problems:
            problem.expect, problem.published = {}, {}
    return problems


def check_only(specs: list[str], common: Common) -> int:
    """Read and check specs, and name each that is right."""
    begin(common)
    good = True
    for spec in specs:
        try:
            problems = load_all([spec], common.wishes())
        except typer.Exit:
            good = False
            continue
        if not common.quiet:
            kinds = ", ".join(dict.fromkeys(problem.kind for problem in problems))
            print(say("{source}: right, {n} of {kinds}", source=spec, n=len(problems), kinds=kinds))
    return HOLDS if good else WRONG
