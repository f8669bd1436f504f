"""What the YAML parser says of a text that is not YAML, in plain words with what to do."""

from __future__ import annotations

import yaml

from hwsolve.language import Message, say

Reason = tuple[Message, Message | None]

QUOTE = say("Put the text in quotes.")


def reworded(error: yaml.MarkedYAMLError, text: str, line: int, column: int, before: int) -> Reason:
    """The message and hint of a parser's error at a place (from 1) in a line; `before` its text stand so many lines."""
    problem, context = error.problem or "", error.context or ""
    char = text[column - 1 : column]
    opened = before + (error.context_mark.line + 1 if error.context_mark is not None else line)
    if "flow sequence" in context or "flow mapping" in context:
        return _unclosed("sequence" in context, char, opened)
    if "quoted scalar" in context:
        return _quoted(problem)
    if "tab" in problem or char == "\t":
        return say("A tab stands here, where YAML takes only spaces."), say("Indent with spaces.")
    if text[: column - 1].rstrip().endswith("]") and char in tuple("*@+-/"):
        return say("The array in front of this `{char}` is no formula to YAML.", char=char), say(
            "A formula that begins with a bracket needs quotes: `{form}`.", form='"[1, 2]*x"'
        )
    if "cannot start any token" in problem:
        return say("A text cannot begin with {char}.", char=f"`{char}`" if char != "`" else char), QUOTE
    if "mapping values are not allowed" in problem or ("simple key" in context and "':'" in problem):
        return _colon(problem, text[: column - 1], opened)
    if "sequence entries are not allowed" in problem:
        return say("A list cannot begin here."), say("Begin the list in the next line, or write `[…]`.")
    if "block collection" in context:
        return say("This belongs to the list that begins in line {line}, but has no `-`.", line=opened), _align()
    if "block mapping" in context:
        if char in ("]", "}"):
            return say("This `{char}` closes nothing.", char=char), None
        return say("This does not fit the mapping that begins in line {line}.", line=opened), _align()
    if "node content" in problem or "expected the node" in problem:
        return say("Expected a value here."), QUOTE if char else None
    return _other(problem)


def _align() -> Message:
    return say("Keys of one mapping, and the `-` of one list, stand exactly below each other.")


def _unclosed(is_list: bool, char: str, opened: int) -> Reason:
    closing = "]" if is_list else "}"
    message = say("Expected `,` or `{closing}` for the `{opening}` of line {line}.", closing=closing, line=opened,
                  opening="[" if is_list else "{")  # fmt: skip
    if char == "[" and not is_list:
        return message, say("Inside braces a key or formula with brackets needs quotes: `{key}`.", key='{"w[1,1]": 2}')
    return message, None


def _quoted(problem: str) -> Reason:
    if "escape" in problem:
        return say("This backslash sequence is not known."), say("In single quotes a backslash is just a backslash.")
    return say("This quotation mark is never closed."), None


def _colon(problem: str, before: str, opened: int) -> Reason:
    if "':'" in problem:
        return say("Expected a `:` after the key in line {line}.", line=opened), _space()
    if ": " in before or before.rstrip().endswith(":"):
        return say("A second `:` stands in this line."), say("A text that holds `: ` needs quotes.")
    return say("A mapping cannot begin here: the text before it goes on to this line."), _align()


def _space() -> Message:
    return say("A space belongs behind `:` and `-`.")


def _other(problem: str) -> Reason:
    if "nesting depth" in problem:
        return say("This is nested too deep."), None
    if "document start" in problem:
        return say("Expected `---` before another document."), None
    if "incompatible YAML" in problem or "directive" in problem:
        return say("This line that begins with `%` is not understood."), say("A spec needs no such line.")
    if "anchor" in problem or "alphabetic" in problem:
        return say("A name belongs behind `&` and `*`."), say("A text that begins with `&` or `*` needs quotes.")
    if "tag" in problem:
        return say("Tags are not read."), say("A text that begins with `!` needs quotes.")
    if "tab" in problem:
        return say("A tab stands here, where YAML takes only spaces."), say("Indent with spaces.")
    if "line break" in problem:
        return say("Behind `|` and `>` the line ends."), QUOTE
    if "unexpected ':'" in problem:
        return say("A `:` cannot stand here."), QUOTE
    return say("This is not YAML: {problem}.", problem=problem), None
