"""The Python API: a spec in, a solution out that shows itself in a notebook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import solution
from hwsolve.errors import CallError
from hwsolve.files import read_spec
from hwsolve.language import say
from hwsolve.pipeline import Request, read, work_out

if TYPE_CHECKING:
    from hwsolve.spec.problem import Problem

Spec = str | os.PathLike[str] | Mapping[str, Any]


class Solution(solution.Solution, kw_only=True):
    """A worked solution.  `print` shows it as plain text, a notebook as Markdown with formulas.

    `problem` is what it is of: the lines of a key that `only` names are made when they are asked for.
    """

    problem: Problem | None = None

    def to(self, format: str, **options: Any) -> str | bytes:
        """The solution as `plain`, `markdown`, `json` …, as bytes where that is no text; `options` as `full=True`."""
        from hwsolve.render import FORMATS, Options, demand, render

        if format not in FORMATS:
            raise CallError(
                say("There is no format `{name}`; there are {known}.", name=format, known=", ".join(FORMATS))
            )
        demand(format)
        asked, found = Options(**options), self
        if asked.only is not None and self.problem is not None:
            found = _dressed(work_out(msgspec.structs.replace(self.problem, only=asked.only)))
        return render([found], format, asked)

    def __str__(self) -> str:
        return str(self.to("plain"))

    def __repr__(self) -> str:
        return f"<hwsolve.Solution of {self.kind}: {len(self.lines)} lines, {len(self.answers)} answers>"

    def _repr_markdown_(self) -> str:
        return str(self.to("markdown"))


def solve(spec: Spec, **overrides: Any) -> Solution:
    """The solution of a spec: a file's path, its text, or a dict.  `solve("a.yaml", steps=3)` changes a field.

    A wrong spec is a SpecFailure that says where; one that holds several problems is for `solve_all`.
    """
    solutions = solve_all(spec, **overrides)
    if len(solutions) != 1:
        raise CallError(say("This spec holds {n} problems: use solve_all.", n=len(solutions)))
    return solutions[0]


def solve_all(spec: Spec, **overrides: Any) -> list[Solution]:
    """The solutions of every problem in a spec."""
    from hwsolve.spec.load import as_text

    if isinstance(spec, Mapping):
        text, source = as_text(dict(spec)), "<dict>"
    elif is_text(spec):
        text, source = str(spec), "<text>"
    else:
        data, source = read_spec(os.fspath(spec))
        return _solve(data, source, overrides)
    return _solve(text, source, overrides)


def is_text(spec: Any) -> bool:
    """Whether a string is a spec's own text rather than the path of its file."""
    return (
        isinstance(spec, str) and ("\n" in spec or ": " in spec) and not Path(spec[:255].partition("\n")[0]).is_file()
    )


def _solve(text: str | bytes, source: str, overrides: dict[str, Any]) -> list[Solution]:
    from hwsolve.spec.load import as_text

    wishes = Request({path: as_text(value).strip() for path, value in overrides.items()})
    problems = read(text, source, wishes)
    return [_dressed(work_out(problem), problem) for problem in problems]


def _dressed(plain: solution.Solution, problem: Problem | None = None) -> Solution:
    return Solution(**{name: getattr(plain, name) for name in plain.__struct_fields__}, problem=problem)
