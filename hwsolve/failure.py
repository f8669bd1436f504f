"""What ends a command early: a wrong spec or call (status 2), or a bug of hwsolve's own (status 3)."""

from __future__ import annotations

import sys
import traceback

from hwsolve.language import say

WRONG, BUG = 2, 3


def status_of(error: Exception, debug: bool) -> int:
    """Say what went wrong; the exit status."""
    text, status = explained(error, debug)
    print(text, file=sys.stderr)
    return status


def explained(error: Exception, debug: bool = False) -> tuple[str, int]:
    """The message for an exception and the exit status it stands for."""
    from hwsolve.errors import CallError
    from hwsolve.spec.report import SpecFailure

    if isinstance(error, SpecFailure):
        return str(error), WRONG
    if isinstance(error, CallError):
        return str(say("hwsolve: {message}", message=error.message)), WRONG
    return bug_report(error, debug), BUG


def bug_report(error: Exception, debug: bool) -> str:
    """What went wrong inside, where, and what to send; the whole traceback only when it is asked for."""
    import platform

    from hwsolve import __version__

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "hwsolve" in frame.filename] or list(frames)
    last = own[-1] if own else None
    name = last.filename.rpartition("hwsolve")[2].replace("\\", "/").lstrip("/") if last else "?"
    rows = [
        str(say("hwsolve has a bug: it could not go on. Nothing is wrong with your spec.")),
        f"  {type(error).__name__}: {first_row(error)}",
        f"  hwsolve/{name}:{last.lineno if last else '?'} ({last.name if last else '?'})",
        f"  hwsolve {__version__}, Python {platform.python_version()}, {platform.system()}",
        str(say("Please send these lines with the spec. --debug shows the traceback.")),
    ]
    if debug:
        rows.append("".join(traceback.format_exception(error)).rstrip())
    return "\n".join(rows)


def first_row(error: Exception) -> str:
    """The first line of what an exception says."""
    return str(error).partition("\n")[0][:300]
