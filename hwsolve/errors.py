"""A wrong call: a mistake of the person at the command line or in a notebook, outside any spec."""

from __future__ import annotations

from hwsolve.language import Message


class CallError(Exception):
    """What is wrong with the call, as one sentence.  The command line ends with status 2."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
