"""Reading specs and writing results: a file is read up to a limit, and written whole or not at all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from errno import EACCES, EBADF, ELOOP
from stat import S_IMODE
from typing import BinaryIO

from hwsolve.errors import CallError
from hwsolve.language import localised, say

MAX_BYTES = 10_000_000  # of a spec; the reader names a longer one as too big
MOST_SPECS = 65_536  # bytes: hardly a spec is longer
STDIN = "<stdin>"


def read_spec(path: str) -> tuple[bytes, str]:
    """The bytes of a spec (no more than are needed to refuse it) and its source's name; `-` is the standard input."""
    if path != "-" and os.path.isdir(path):
        raise CallError(say("{path} is a folder: `hwsolve batch {path}` solves what is in it.", path=path))
    return read_bytes(path, MAX_BYTES), STDIN if path == "-" else path


def read_bytes(path: str, most: int) -> bytes:
    """The bytes of a file, one more than `most` where it is longer; `-` is the standard input."""
    try:
        if path == "-":
            return standard_input().read(most + 1)
        with open(path, "rb") as file:
            data = file.read(MOST_SPECS)  # Python sets aside all that is asked for
            return data if len(data) < MOST_SPECS else data + file.read(most + 1 - MOST_SPECS)
    except FileNotFoundError:
        raise CallError(say("There is no file {path}.", path=path)) from None
    except (OSError, ValueError) as error:
        name = say("the standard input") if path == "-" else path
        raise CallError(say("{path} cannot be read: {reason}.", path=name, reason=reason_of(error))) from None


def standard_input() -> BinaryIO:
    """The standard input; the system may have started the program without one."""
    if sys.stdin is None:
        raise OSError(EBADF, os.strerror(EBADF))
    return sys.stdin.buffer


# What the system says of a file most often; it says it in English.
REASONS = (
    "Permission denied",
    "Bad file descriptor",
    "Is a directory",
    "File too large",
    "Not a directory",
    "No space left on device",
    "Read-only file system",
    "File name too long",
    "Too many levels of symbolic links",
    "embedded null byte",
)


def reason_of(error: Exception) -> str:
    """Why the system could not read or write."""
    return localised(getattr(error, "strerror", None) or str(error))


def write_whole(path: str, text: str | bytes) -> None:
    """Write a file so that it is there completely or, when something fails, as it was before.

    A link is followed, and what it leads to keeps its permissions; a device or a pipe is written as it is.
    """
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".hwsolve-{os.getpid()}-{time.time_ns()}.part")
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            with open(path, "wb") as file:
                file.write(data)
            return
        check_target(path)
        try:
            with open(temporary, "xb") as file:
                file.write(data)
            if os.path.exists(target):
                os.chmod(temporary, S_IMODE(os.stat(target).st_mode))
            os.replace(temporary, target)
        finally:
            if os.path.lexists(temporary):
                os.unlink(temporary)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def unwritable(path: str, error: Exception) -> CallError:
    """A wrong call where the system could not write."""
    return CallError(say("{path} cannot be written: {reason}.", path=path, reason=reason_of(error)))


def check_target(path: str, specs: Iterable[str] = ()) -> None:
    """A wrong call where a file could not be written: for want of a folder or a right, or over a spec that it is of."""
    try:
        target = os.path.realpath(path)
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            shown = os.path.dirname(path) or "."
            raise CallError(say("{path} cannot be written: there is no folder {folder}.", path=path, folder=shown))
        if os.path.islink(target):  # though followed to its end
            raise OSError(ELOOP, os.strerror(ELOOP))
        if os.path.isdir(target):
            raise CallError(say("{path} cannot be written: it is a folder.", path=path))
        if not os.access(target if os.path.exists(target) else folder, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
        if os.path.isfile(target) and any(os.path.exists(s) and os.path.samefile(s, target) for s in specs):
            raise CallError(say("{path} cannot be written: it is the spec that is to be solved.", path=path))
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
