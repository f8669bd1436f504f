"""The `batch` command: progress while it runs, results where they were asked for, and the summary."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hwsolve import batch
from hwsolve.batch import BUG, FAILS, HOLDS, WRONG, Plan, Row
from hwsolve.commands.options import Common
from hwsolve.commands.solving import begin, complain, emit, format_of, render_options
from hwsolve.errors import CallError
from hwsolve.files import check_target, write_whole
from hwsolve.language import Message, say

ENDINGS = {"json": ".json", "markdown": ".md"}


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
    format = format_of(common) if common.format or output else None
    if junit is not None:
        check_target(junit)
    paths = batch.find_specs(places)
    options = render_options(common, format or "plain")
    plan = Plan(common.wishes(), format, options, strict, common.debug)
    start = time.monotonic()
    with progress(len(paths)) as tell:
        rows = batch.run(paths, plan, jobs, timeout, tell)
    seconds = time.monotonic() - start
    if output is not None:
        write_each(rows, output, str(format))
    elif format is not None and not common.quiet:
        emit(together([row.text for row in rows if row.text], format), None)
    if junit is not None:
        from hwsolve.junit import report

        write_whole(junit, report(rows, seconds))
    for row in rows:
        for complaint in row.complaints:
            complain(complaint)
    if not common.quiet:
        text = summary(rows, seconds)
        if format is not None and output is None:
            complain(text)
        else:
            emit(text, None)
    return batch.status_of(rows)


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar where a person watches, nothing elsewhere."""
    if not sys.stderr.isatty():
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


def together(texts: list[str], format: str) -> str:
    """The results of many problems as one text; of JSON, one list."""
    if format == "json":
        return "[\n" + ",\n".join(text.rstrip("\n") for text in texts) + "\n]"
    return "\n".join(texts)


def write_each(rows: list[Row], folder: str, format: str) -> None:
    """One file per problem, in folders as the specs are; `-2` behind the name of the second in a file."""
    paths = list(dict.fromkeys(row.path for row in rows))
    common = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in paths])
    ending = ENDINGS.get(format, ".txt")
    taken: set[str] = set()
    for row in rows:
        if not row.text:
            continue
        stem = os.path.splitext(os.path.relpath(os.path.abspath(row.path), common))[0]
        if row.count > 1:
            stem += f"-{row.number}"
        if stem in taken:  # a.yaml beside a.yml
            stem += os.path.splitext(row.path)[1].replace(".", "-")
        taken.add(stem)
        target = os.path.join(folder, stem + ending)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        except OSError as error:
            raise CallError(
                say("{path} cannot be written: {reason}.", path=target, reason=error.strerror or "")
            ) from None
        write_whole(target, row.text)


RESULTS: dict[int, Message] = {
    HOLDS: say("right"),
    FAILS: say("FAILS"),
    WRONG: say("wrong spec"),
    BUG: say("BUG"),
}


def summary(rows: list[Row], seconds: float) -> str:
    """A table with a row for each problem, and a sentence."""
    heads = [say("problem"), say("kind"), say("holds"), say("published"), say("warnings"), say("result")]
    cells = [[str(head) for head in heads]]
    for row in rows:
        name = row.path + (f" #{row.number}" if row.count > 1 else "")
        holds = f"{row.checks - row.failed}/{row.checks}" if row.checks else "-"
        published = f"{row.published - row.disagree}/{row.published}" if row.published else "-"
        cells.append([name, row.kind or "-", holds, published, str(row.warnings or "-"), str(RESULTS[row.status])])
    return f"{aligned(cells)}\n\n{sentence(rows, seconds)}"


def aligned(cells: list[list[str]]) -> str:
    """Columns under each other: the first two and the last to the left, counts to the right."""
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    last = len(widths) - 1
    lines = [
        "  ".join(
            c.ljust(w) if n < 2 or n == last else c.rjust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def sentence(rows: list[Row], seconds: float) -> str:
    """How many of what, and how long it took."""
    counts = {status: sum(row.status == status for row in rows) for status in RESULTS}
    parts = [str(say("{n} right", n=counts[HOLDS]))]
    if counts[FAILS]:
        parts.append(str(say("{n} with an expectation that fails", n=counts[FAILS])))
    if counts[WRONG]:
        parts.append(str(say("{n} wrong", n=counts[WRONG])))
    if counts[BUG]:
        parts.append(str(say("{n} not solved: a bug, a crash or no time", n=counts[BUG])))
    files = len({row.path for row in rows})
    return str(
        say(
            "{problems} in {files}: {parts}; {seconds} s",
            problems=number_of(len(rows), say("1 problem"), say("{n} problems", n=len(rows))),
            files=number_of(files, say("1 file"), say("{n} files", n=files)),
            parts=", ".join(parts),
            seconds=f"{seconds:.1f}",
        )
    )


def number_of(n: int, one: Message, many: Message) -> Message:
    """The words for one or for many."""
    return one if n == 1 else many
