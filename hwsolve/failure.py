"""What ends a command early: a wrong spec or call (status 2), or a bug of hwsolve's own (status 3)."""

from __future__ import annotations

import sys
import traceback
from errno import ENOMEM

from hwsolve.language import say, visible

WRONG, BUG = 2, 3  # a problem that ends for want of memory or time is no more solved than by a bug


def status_of(error: Exception, debug: bool) -> int:
    """Say what went wrong; the exit status."""
    text, status = explained(error, debug)
    print(text, file=sys.stderr)
    return status


def explained(error: Exception, debug: bool = False, place: str = "") -> tuple[str, int]:
    """The message for an exception, in a problem at a place of a file, and the exit status it stands for."""
    from hwsolve.errors import CallError
    from hwsolve.spec.report import SpecFailure

    if isinstance(error, SpecFailure):
        return str(error), WRONG
    if isinstance(error, CallError):
        return str(say("hwsolve: {message}", message=error.message)), WRONG
    lead = f"{visible(place)}: " if place else ""
    if no_memory(error):
        return (lead or "hwsolve: ") + str(say("There is not enough memory to work this out.")), BUG
    return bug_report(error, debug, lead), BUG


def no_memory(error: Exception) -> bool:
    """Whether the system refused memory, to Python or to a library that was to be loaded."""
    if isinstance(error, ImportError):
        return "failed to map" in str(error) or "annot allocate memory" in str(error)
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM


def bug_report(error: Exception, debug: bool, lead: str) -> str:
    """What went wrong inside, where, and what to send; the whole traceback only when it is asked for."""
    import platform

    from hwsolve import __version__

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "hwsolve" in frame.filename] or list(frames)
    last = own[-1] if own else None
    name = last.filename.rpartition("hwsolve")[2].replace("\\", "/").lstrip("/") if last else "?"
    rows = [
        lead + str(say("hwsolve has a bug: it could not go on. Nothing is wrong with your spec.")),
        f"  {type(error).__name__}: {visible(first_row(error))}",
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
