"""The entry point of the command line: runs a call, and turns what it raises into a message and an exit status."""

from __future__ import annotations

import sys

from hwsolve.commands.calls import is_plain, plain
from hwsolve.commands.common import first_language
from hwsolve.language import use
from hwsolve.streams import prepare

INTERRUPTED = 130  # as shells have it for the signal of Ctrl-C


def main() -> None:
    """Run the call of the command line; ends the program."""
    arguments = sys.argv[1:]
    prepare()
    use(first_language(arguments))
    try:
        status = plain(arguments) if is_plain(arguments) else parsed(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):
            from hwsolve.commands.parser_words import refuse

            status = refuse(error)
        else:
            from hwsolve.failure import status_of

            status = status_of(error, debug="--debug" in arguments)
    sys.exit(status)


def parsed(arguments: list[str]) -> int:
    """The exit status of a call that the parser reads."""
    from hwsolve.cli import called

    return called(arguments)
