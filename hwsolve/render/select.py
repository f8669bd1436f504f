"""What of a solution is asked for: all of it, one number's derivation, the problem alone."""

from __future__ import annotations

import msgspec

from hwsolve.language import translate
from hwsolve.render.options import Options
from hwsolve.solution import Solution


def selected(solution: Solution, options: Options) -> Solution:
    """The part of the solution that the options ask for."""
    if options.only is not None:
        from hwsolve.trace import only

        solution = only(solution, options.only)
    return problem(solution) if options.questions else solution


def problem(solution: Solution) -> Solution:
    """What is given and asked, without what was worked out."""
    asked = tuple(s for s in solution.sections if s.asked)
    return msgspec.structs.replace(solution, sections=asked, answers={}, checks=(), published=(), notes=())


def title(solution: Solution, language: str) -> str:
    """The title in the reader's language, or in the first there is."""
    given = solution.title
    if isinstance(given, dict):
        return given.get(language) or given.get("en") or next(iter(given.values()), "")
    return given if isinstance(given, str) else translate(given, language)
