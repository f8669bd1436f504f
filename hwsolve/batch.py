"""Many specs: find them, solve each in a worker, and say how each came out, in the order of the specs."""

from __future__ import annotations

import glob
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from hwsolve.checks import disagreements, failure_text, failures, published_text
from hwsolve.errors import CallError
from hwsolve.failure import explained
from hwsolve.files import read_spec, reason_of
from hwsolve.language import Message, say
from hwsolve.pipeline import Request, read_each, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Solution
from hwsolve.spec.problem import Problem
from hwsolve.workers import Crashed, Late, run_all

HOLDS, FAILS, WRONG, BUG = 0, 1, 2, 3


class Plan(msgspec.Struct, frozen=True):
    """What is done with every spec."""

    wishes: Request = Request()
    format: str | None = None  # None: solve and check only
    options: Options = Options()
    strict: bool = False
    debug: bool = False


class Row(msgspec.Struct, frozen=True):
    """How one problem came out; `status` as the exit status of the command line."""

    path: str
    number: int
    count: int  # of problems in its file
    kind: str = ""
    status: int = HOLDS
    checks: int = 0
    failed: int = 0
    published: int = 0
    verdicts: dict[str, int] = {}  # of what was published
    warnings: int = 0
    complaints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()  # on what was published and does not agree, where that is no complaint
    text: str | bytes = ""
    head: Any = None  # what the first page of a site shows of it
    seconds: float = 0.0


def find_specs(places: list[str]) -> list[str]:
    """The spec files in folders, of patterns and by name, each once."""
    found: dict[str, None] = {}
    for place in places:
        if os.path.isdir(place):
            files = list(_below(place))
        elif os.path.exists(place):
            files = [place]
        elif glob.has_magic(place):
            files = sorted(f for f in glob.glob(place, recursive=True) if os.path.isfile(f))
        else:
            raise CallError(say("There is no file or folder {place}.", place=place))
        if not files:
            raise CallError(say("There are no specs in {place}.", place=place))
        found.update(dict.fromkeys(files))
    return list(found)


def _below(folder: str) -> Iterator[str]:
    """The specs in a folder and in those below it."""

    def unreadable(error: OSError) -> None:
        place = error.filename or folder
        raise CallError(say("{path} cannot be read: {reason}.", path=place, reason=reason_of(error)))

    for top, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        paths = [os.path.join(top, f) for f in sorted(files) if f.endswith((".yaml", ".yml"))]
        yield from (path for path in paths if os.path.isfile(path) or not os.path.exists(path))


def solve_file(path: str, plan: Plan) -> list[Row]:
    """Every problem of a file; whatever goes wrong is in the rows."""
    start = time.perf_counter()
    try:
        text, source = read_spec(path)
        found: Sequence[Problem | Exception] = read_each(text, source, plan.wishes)
    except Exception as error:
        found = [error]
    rows = []
    for number, one in enumerate(found, 1):
        kind = place = ""
        try:
            if isinstance(one, Exception):
                raise one
            kind, place = one.kind, one.place
            row = _solve(one, path, number, len(found), plan)
        except Exception as error:
            complaint, status = explained(error, plan.debug, place or path)
            row = Row(path, number, len(found), kind, status=status, complaints=(complaint,))
        rows.append(msgspec.structs.replace(row, seconds=time.perf_counter() - start))
        start = time.perf_counter()
    return rows


def _solve(problem: Problem, path: str, number: int, count: int, plan: Plan) -> Row:
    solution = work_out(problem)
    failed, disagree = failures(solution), disagreements(solution)
    warnings = [note for note in solution.notes if note.level == "warning"]
    complaints: list[Message | str] = [failure_text(check) for check in failed]
    if plan.strict:
        complaints += [published_text(p, path) for p in disagree]
        complaints += [say("{path}: warning: {text}", path=path, text=note.text) for note in warnings]
    differing = [p for p in solution.published if not p.agrees and not (plan.strict and p in disagree)]
    return Row(
        path,
        number,
        count,
        solution.kind,
        FAILS if complaints else HOLDS,
        len(solution.checks),
        len(failed),
        len(solution.published),
        Counter(p.verdict for p in solution.published),
        len(warnings),
        tuple(str(c) for c in complaints),
        tuple(str(published_text(p, path)) for p in differing),
        render([solution], plan.format, plan.options) if plan.format else "",
        heading(solution, plan),
    )


def heading(solution: Solution, plan: Plan) -> Any:
    """Title and answers, for the first page of a site."""
    if plan.format != "html" or plan.options.compact:
        return None
    from hwsolve.render.site import head

    return head(solution, plan.options)


def run(paths: list[str], plan: Plan, jobs: int, timeout: float | None, tell: Callable[[int], None]) -> Iterator[Row]:
    """The rows in the order of the paths, each as soon as those before it are there.

    `tell` hears how many files are done.
    """
    results: dict[int, list[Row]] = {}
    shown = 0
    solved = run_all(partial(solve_file, plan=plan), paths, jobs, timeout, _spent)
    for done, (number, result) in enumerate(solved, 1):
        results[number] = result if isinstance(result, list) else [_given_up(paths[number], result)]
        tell(done)
        while shown in results:
            yield from results.pop(shown)
            shown += 1


def _spent(rows: list[Row]) -> bool:
    """Whether a process met a bug or was refused memory: what it had half loaded stays, and spoils the next file."""
    return status_of(rows) == BUG


def _given_up(path: str, result: Crashed | Late) -> Row:
    """The row of a file whose worker did not come back."""
    if isinstance(result, Late):
        complaint = say("{path}: gave up after {seconds} s", path=path, seconds=f"{result.seconds:g}")
        return Row(path, 1, 1, status=BUG, complaints=(str(complaint),), seconds=result.seconds)
    complaint = say("{path}: the process that solved it ended with code {code}", path=path, code=result.code)
    return Row(path, 1, 1, status=BUG, complaints=(str(complaint),))


def status_of(rows: list[Row]) -> int:
    """The worst of the files."""
    return max((row.status for row in rows), default=HOLDS)
