"""Reading specs and writing results: a file is read up to a limit, and written whole or not at all."""

from __future__ import annotations

import os
import sys

from hwsolve.errors import CallError
from hwsolve.language import localised, say

MAX_BYTES = 10_000_000  # of a spec; the reader names a longer one as too big
MOST_SPECS = 65_536  # bytes: hardly a spec is longer
STDIN = "<stdin>"


def read_spec(path: str) -> tuple[bytes, str]:
    """The bytes of a spec (no more than are needed to refuse it) and its source's name; `-` is the standard input."""
    if path == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), STDIN
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_SPECS)  # Python sets aside all that is asked for
            return data if len(data) < MOST_SPECS else data + file.read(MAX_BYTES + 1 - MOST_SPECS), path
    except FileNotFoundError:
        raise CallError(say("There is no file {path}.", path=path)) from None
    except IsADirectoryError:
        raise CallError(say("{path} is a folder: `hwsolve batch {path}` solves what is in it.", path=path)) from None
    except (OSError, ValueError) as error:
        raise CallError(say("{path} cannot be read: {reason}.", path=path, reason=reason_of(error))) from None


# What the system says of a file most often; it says it in English.
REASONS = (
    "Permission denied",
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


def write_whole(path: str, text: str) -> None:
    """Write a file so that it is there completely or, when something fails, not at all."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):  # /dev/stdout, a pipe
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(path, error) from None
        return
    check_target(path)
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, f".{os.path.basename(path)[:100]}.{os.getpid()}.part")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def unwritable(path: str, error: OSError) -> CallError:
    """A wrong call where the system could not write."""
    return CallError(say("{path} cannot be written: {reason}.", path=path, reason=reason_of(error)))


def check_target(path: str) -> None:
    """A wrong call where a file could not be written for want of a folder."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise CallError(say("{path} cannot be written: there is no folder {folder}.", path=path, folder=folder))
    if os.path.isdir(path):
        raise CallError(say("{path} cannot be written: it is a folder.", path=path))
