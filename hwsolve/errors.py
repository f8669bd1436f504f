"""A wrong call: a mistake of the person at the command line or in a notebook, outside any spec."""

from __future__ import annotations

from hwsolve.language import Explained


class CallError(Explained):
    """What is wrong with the call, as one sentence.  The command line ends with status 2."""
