"""`hwsolve compare`: networks beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwsolve.commands.common import Common
from hwsolve.commands.importing import Shapes, Tokens
from hwsolve.errors import CallError
from hwsolve.language import say

if TYPE_CHECKING:
    from hwsolve.solution import Solution

Sources = Annotated[list[str], typer.Argument(metavar="A B...", help="Specs, or what `import` reads.")]
MOST = 8  # beside each other
OPTIONS = ("format", "output", "digits", "set", "columns", "full", "ask", "only", "lang", "questions", "quiet", "debug")


def compare(sources: Sources, shape: Shapes = None, tokens: int | None = Tokens, *, common: Common) -> None:
    """Compare networks layer by layer: parameters, multiply-adds and what else is counted."""
    from hwsolve.commands.shapes import settings
    from hwsolve.commands.solving import begin, complain_of, read_all, show

    begin(common, sources)
    found = read_all(sources, common.wishes(), "count-params", settings(shape, tokens))
    if wrong := [(one, "") for one in found if isinstance(one, Exception)]:
        raise typer.Exit(complain_of(wrong, common.debug))
    if not 2 <= len(found) <= MOST:
        raise CallError(say("A comparison is of 2 to {most} networks; {n} are given.", most=MOST, n=len(found)))
    from hwsolve.kinds.count_params.compared import compared
    from hwsolve.spec.report import SpecFailure

    networks: list[Any] = [one for one in found if not isinstance(one, Exception)]
    try:
        solution = compared(networks, common.column_names())
        if common.ask:
            solution = asked_of(networks[0], solution, common.asked_names())
    except SpecFailure as failure:
        raise typer.Exit(complain_of([(failure, "")], common.debug)) from None
    if not common.quiet:
        show([solution], common, False)


def asked_of(problem: Any, solution: Solution, names: tuple[str, ...]) -> Solution:
    """The comparison with what the command line asks, as every problem has it; what a spec defines is left aside."""
    import msgspec

    from hwsolve.asking import answered
    from hwsolve.spec.report import SpecFailure

    define = {name: definition for name, definition in problem.define.items() if name in names}
    found = answered(msgspec.structs.replace(problem, define=define), solution)
    if not problem.report.ok:
        raise SpecFailure(problem.report)
    return found
