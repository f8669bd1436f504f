"""The `batch` command: progress while it runs, results where they were asked for, and the summary."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import msgspec

from hwsolve import batch
from hwsolve.batch import BUG, FAILS, HOLDS, WRONG, Plan, Row
from hwsolve.commands.common import Common
from hwsolve.commands.options import file_named
from hwsolve.commands.solving import begin, complain, emit, format_of, put, render_options
from hwsolve.errors import CallError
from hwsolve.files import check_target, reason_of, write_whole
from hwsolve.language import Message, say, visible
from hwsolve.render import ALONE, ENDINGS, Options
from hwsolve.render.measure import left, right, width
from hwsolve.workers import end_in_order

SHORTEST, LONGEST = 0.01, 1_000_000  # seconds for a spec


def run_batch(
    places: list[str],
    jobs: int,
    output: str | None,
    junit: str | None,
    timeout: float | None,
    strict: bool,
    common: Common,
) -> int:
    """Solve all specs, write what is asked for; the worst status of the files."""
    begin(common)
    end_in_order()
    if timeout is not None and not SHORTEST <= timeout <= LONGEST:  # nan too
        raise CallError(say("--timeout takes {low} to {high} seconds.", low=SHORTEST, high=f"{LONGEST:,}"))
    format = format_of(common) if common.format or output else None
    output = file_named(output)
    if format in ALONE and output is None:
        raise CallError(say("{format} makes a file of each problem: --output DIR says where.", format=format))
    paths = batch.find_specs(places)
    if junit is not None:
        check_target(junit, paths)
    if output is not None and os.path.exists(output) and not os.path.isdir(output):
        raise CallError(say("{path} is no folder to write to.", path=output))
    options = msgspec.structs.replace(render_options(common, format or "plain"), compact=output is None)
    plan = Plan(common.wishes(), format, options, strict, common.debug)
    start = time.monotonic()
    show = writer(paths, format, output, common.quiet, options)
    rows: list[Row] = []
    with progress(len(paths), beside=format is not None and output is None) as tell, show as write:
        for row in batch.run(paths, plan, jobs, timeout, tell):
            write(row)
            rows.append(msgspec.structs.replace(row, text=""))
    seconds = time.monotonic() - start
    if junit is not None:
        from hwsolve.junit import report

        write_whole(junit, report(rows, seconds))
    for complaint in dict.fromkeys(complaint for row in rows for complaint in row.complaints):
        complain(complaint)
    if not common.quiet:
        text = summary(rows, seconds)
        if format is not None and output is None:
            complain(text)
        else:
            emit(text, None)
    return batch.status_of(rows)


@contextmanager
def progress(total: int, beside: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar where a person watches, nothing elsewhere, nor `beside` results on the same terminal."""
    if not sys.stderr.isatty() or (beside and sys.stdout.isatty()):
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=total)

        def tell(done: int) -> None:
            bar.update(task, completed=done, refresh=True)

        yield tell


def writer(
    paths: list[str], format: str | None, output: str | None, quiet: bool, options: Options
) -> AbstractContextManager[Callable[[Row], None]]:
    """Where the result of a row goes at once: to a file of its own, to the standard output, or nowhere."""
    if output is not None:
        return each_to_its_file(paths, output, str(format), options)
    return nowhere() if format is None or quiet else together(format)


@contextmanager
def nowhere() -> Iterator[Callable[[Row], None]]:
    """Results that nobody asked for."""
    yield lambda row: None


@contextmanager
def together(format: str) -> Iterator[Callable[[Row], None]]:
    """The results of many problems as one text on the standard output; of JSON, one list."""
    first, between, last = ("[\n", ",\n", "\n]\n") if format == "json" else ("", "\n", "")
    before = first

    def write(row: Row) -> None:
        nonlocal before
        if row.text:
            put(before)
            put(row.text.rstrip("\n") if format == "json" and isinstance(row.text, str) else row.text)
            before = between

    yield write
    put(last if before == between else first + last)
    put("")


@contextmanager
def each_to_its_file(paths: list[str], folder: str, format: str, options: Options) -> Iterator[Callable[[Row], None]]:
    """One file per problem, in folders as the specs are; `-2` behind the name of the second in a file."""
    common = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in paths])
    ending = ENDINGS.get(format, ".txt")
    taken: set[str] = {"index"} if format == "html" else set()
    pages: list[tuple[Row, str]] = []
    specs = {os.path.realpath(path) for path in paths}

    def write(row: Row) -> None:
        if not row.text:
            pages.append((row, ""))
            return
        stem = os.path.splitext(os.path.relpath(os.path.abspath(row.path), common))[0]
        if row.count > 1:
            stem += f"-{row.number}"
        while stem in taken:  # a.yaml beside a.yml
            stem += os.path.splitext(row.path)[1].replace(".", "-")
        taken.add(stem)
        target = os.path.join(folder, stem + ending)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        except OSError as error:
            raise CallError(say("{path} cannot be written: {reason}.", path=target, reason=reason_of(error))) from None
        if os.path.realpath(target) in specs:
            check_target(target, [target])
        write_whole(target, row.text)
        pages.append((msgspec.structs.replace(row, text=""), stem + ending))

    yield write
    if format == "html":
        write_index(pages, common, folder, options)


def write_index(pages: Sequence[tuple[Row, str]], common: str, folder: str, options: Options) -> None:
    """The first page of a site, with a link to each other; of exercises alone, without what came out."""
    from hwsolve.render.site import Entry, index

    entries = []
    for row, target in pages:
        path = os.path.relpath(os.path.abspath(row.path), common).replace(os.sep, "/")
        posed = options.questions and row.status in (HOLDS, FAILS)
        result = "" if posed else f"{result_of(row)}"
        if row.checks and not posed:
            result += f"; {say('{n} of {all} expectations hold.', n=row.checks - row.failed, all=row.checks)}"
        name = path + (f" #{row.number}" if row.count > 1 else "")
        href = target.replace(os.sep, "/")
        entries.append(
            Entry(href, name, row.head, result, posed or row.status == HOLDS, () if posed else row.complaints)
        )
    os.makedirs(folder, exist_ok=True)
    many = number_of(len(pages), say("1 problem"), say("{n} problems", n=len(pages)))
    said = str(many) if options.questions else tally([row for row, _ in pages])
    write_whole(os.path.join(folder, "index.html"), index(entries, said, options.language))


RESULTS: dict[int, Message] = {
    HOLDS: say("right"),
    FAILS: say("FAILS"),
    WRONG: say("wrong spec"),
    BUG: say("NOT SOLVED"),
}


def result_of(row: Row) -> Message:
    """How a problem came out; one that expects nothing is solved, and nothing says that it is right."""
    return say("solved") if unjudged(row) else RESULTS[row.status]


def unjudged(row: Row) -> bool:
    """Whether a problem was solved and expects nothing."""
    return row.status == HOLDS and not row.checks


def summary(rows: list[Row], seconds: float) -> str:
    """A table with a row for each problem, and a sentence."""
    heads = [say("problem"), say("kind"), say("holds"), say("published"), say("warnings"), say("result")]
    cells = [[str(head) for head in heads]]
    for row in rows:
        name = visible(row.path) + (f" #{row.number}" if row.count > 1 else "")
        holds = f"{row.checks - row.failed}/{row.checks}" if row.checks else "-"
        published = agreement(row) if row.published else "-"
        cells.append([name, row.kind or "-", holds, published, str(row.warnings or "-"), str(result_of(row))])
    return f"{aligned(cells)}\n\n{sentence(rows, seconds)}"


def agreement(row: Row) -> str:
    """How many published answers agree, and how many of the others are cut off or not decided: all else is wrong."""
    parts = [f"{row.verdicts.get('agrees', 0)}/{row.published}"]
    if cut := row.verdicts.get("cut off"):
        parts.append(str(say("{n} cut off", n=cut)))
    if undecided := row.verdicts.get("not decided"):
        parts.append(str(say("{n} not decided", n=undecided)))
    return str(say(", ")).join(parts)


def aligned(cells: list[list[str]]) -> str:
    """Columns under each other: the first two and the last to the left, counts to the right."""
    widths = [max(width(row[n]) for row in cells) for n in range(len(cells[0]))]
    last = len(widths) - 1
    lines = [
        "  ".join(
            left(c, w) if n < 2 or n == last else right(c, w) for n, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    lines.insert(1, "  ".join("─" * w for w in widths))
    return "\n".join(line.rstrip() for line in lines)


def tally(rows: Sequence[Row]) -> str:
    """How many came out how."""
    counts = {status: sum(row.status == status for row in rows) for status in RESULTS}
    solved = sum(map(unjudged, rows))
    parts = [str(say("{n} right", n=counts[HOLDS] - solved))] if counts[HOLDS] > solved or not solved else []
    if solved:
        parts.append(str(say("{n} solved, with nothing expected", n=solved)))
    if counts[FAILS]:
        parts.append(str(say("{n} with an expectation that fails", n=counts[FAILS])))
    if counts[WRONG]:
        parts.append(str(say("{n} wrong", n=counts[WRONG])))
    if counts[BUG]:
        parts.append(str(say("{n} not solved: a bug, a crash, no memory or no time", n=counts[BUG])))
    return str(say(", ")).join(parts)


def sentence(rows: list[Row], seconds: float) -> str:
    """How many of what, and how long it took."""
    files = len({row.path for row in rows})
    return str(
        say(
            "{problems} in {files}: {parts}; {seconds} s",
            problems=number_of(len(rows), say("1 problem"), say("{n} problems", n=len(rows))),
            files=number_of(files, say("1 file"), say("{n} files", n=files)),
            parts=tally(rows),
            seconds=f"{seconds:.1f}",
        )
    )


def number_of(n: int, one: Message, many: Message) -> Message:
    """The words for one or for many."""
    return one if n == 1 else many
