"""The standard streams: closed ones, readers that go away, full disks, and encodings that lack our signs."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any

from hwsolve.files import unwritable
from hwsolve.language import say

FALLBACK = "hwsolve"  # the name of the way in which signs are written that an encoding lacks


class Output(io.TextIOWrapper):
    """A standard stream; when it cannot take any more, the rest is dropped.

    A reader that went away is no error.  All else is one of the call, but where the stream is that of messages.
    """

    def __init__(self, stream: io.TextIOWrapper, messages: bool) -> None:
        encoding, live = stream.encoding, stream.line_buffering or messages
        super().__init__(stream.detach(), encoding=encoding, errors=FALLBACK, line_buffering=live)
        self.messages = messages

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.lost(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.lost(error)

    def lost(self, error: OSError) -> None:
        """Drop what is left, so that it is not tried again at the end."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        if not self.messages and not isinstance(error, BrokenPipeError):
            raise unwritable(str(say("the standard output")), error) from None


def prepare() -> None:
    """Make the standard streams safe to write to; the system may have started the program without them."""
    codecs.register_error(FALLBACK, readable)
    for number, useless in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would take its place
            os.open(os.devnull, useless)
    sys.stdout = output(sys.stdout, 1)
    sys.stderr = output(sys.stderr, 2)


def output(stream: Any, number: int) -> Any:
    """The stream of a descriptor; one that was closed fails when it is written to."""
    if stream is None:
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8")
    return Output(stream, number == 2) if type(stream) is io.TextIOWrapper else stream


def put_bytes(data: bytes) -> None:
    """What is no text, on the standard output."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        if not isinstance(sys.stdout, Output):
            raise
        sys.stdout.lost(error)


def readable(error: UnicodeError) -> tuple[str, int]:
    """What is written for signs that the encoding lacks: `-` for −, `w_11` for w₁₁, `eta` for η, else their number."""
    from hwsolve.ascii import written

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return written(error.object, error.start, error.end), error.end
