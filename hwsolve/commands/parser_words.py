"""Help pages and complaints of the parser of the command line, put into the language in use.

The parser (typer and click) speaks English alone: its few words are found in its text and replaced.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from hwsolve import language
from hwsolve.language import Message, localised, say, visible

HELP_WORDS = (
    say("Usage: "),
    say("Options:\n"),
    say("Arguments:\n"),
    say("Commands:\n"),
    say("Show this message and exit."),
    say("[default: "),
    say("[required]"),
)

# What the parser says, as a pattern, and the message made from its groups.
COMPLAINTS: tuple[tuple[str, Callable[..., Message]], ...] = (
    (r"No such option: (\S+)\.?", lambda a: say("There is no option {a}.", a=a)),
    (
        r"No such option: (\S+) Did you mean (.+)\?",
        lambda a, b: say("There is no option {a}. Did you mean {b}?", a=a, b=b),
    ),
    (
        r"No such option: (\S+) \(Possible options: (.+)\)",
        lambda a, b: say("There is no option {a}. Did you mean {b}?", a=a, b=b),
    ),
    (r"No such command '(.+?)'\.", lambda a: say("There is no command `{a}`.", a=a)),
    (
        r"No such command '(.+?)'\. Did you mean '?(.+?)'?\?",
        lambda a, b: say("There is no command `{a}`. Did you mean `{b}`?", a=a, b=b),
    ),
    (r"Missing (?:argument|parameter) '(.+)'\.", lambda a: say("{a} is missing.", a=a)),
    (r"Missing option '(.+)'\.", lambda a: say("The option {a} is missing.", a=a)),
    (r"Missing command\.", lambda: say("A command is missing.")),
    (r"Option '(.+)' requires an argument\.", lambda a: say("The option {a} takes a value.", a=a)),
    (r"Option '(.+)' does not take a value\.", lambda a: say("The option {a} takes no value.", a=a)),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", lambda a: say("Nothing is known of the further {a}.", a=a)),
    (
        r"Invalid value for (.+?): '?(.+?)'? is not a valid float(?: range)?\.",
        lambda a, b: say("{a} takes a number, not {b}.", a=a, b=b),
    ),
    (
        r"Invalid value for (.+?): .+ is not in the range (.+)\.",
        lambda a, b: say("The value x of {a} must be in the range {b}.", a=a, b=b),
    ),
    (r"Invalid value for (.+?): (.+)", lambda a, b: say("{a}: {what}", a=a, what=b)),
)


def help_of(command: Any) -> None:
    """Put the help of a command and of its options into the language in use."""
    command.help = localised(command.help or "")
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = localised(parameter.help)


def page(text: str) -> str:
    """A page of the parser's with its own words replaced."""
    if language.current == "en":
        return text
    for word in HELP_WORDS:
        text = text.replace(word.template, str(word))
    return text


def complaint(text: str) -> str:
    """What the parser complains of."""
    if language.current == "en":
        return text
    for pattern, message in COMPLAINTS:
        found = re.fullmatch(pattern, text)
        if found:
            return str(message(*[group.replace("'", "") for group in found.groups()]))
    return text


def refuse(error: Any) -> int:
    """Say what is wrong with a call that the parser refuses; the exit status."""
    context = getattr(error, "ctx", None)
    rows = []
    if type(error).__name__ == "NoArgsIsHelpError":
        rows = [error.format_message()]
    else:
        if context is not None:
            more = say("`{command} --help` shows what there is.", command=context.command_path)
            rows = [context.get_usage(), str(more), ""]
        rows.append(str(say("Error: {message}", message=complaint(error.format_message()))))
    print("\n".join(visible(row) for text in rows for row in text.split("\n")), file=sys.stderr)
    return int(error.exit_code)
