"""From the text of a YAML file to nodes with positions; the one module that knows YAML's traps.

The parser's events are taken as they come, so that a hostile text is refused early: deeper than 100 levels, more than
500,000 values (each use of an alias counts as written out), more than 10 MB.  A duplicate key, a tag and a merge key
are errors.  Scalars keep their text; only plain ones can be flags or nothing, and fields decide that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from hwsolve.language import Message, say
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import ROOT, Path, Report, clip, numbered_lines
from hwsolve.spec.syntax import reworded

MOST_BYTES = 10_000_000
MOST_NODES = 500_000
MOST_DEPTH = 100
BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")

ODD_ASCII = re.compile("[^\t\n\r\x20-\x7e]")
READABLE = ((" ", "~"), ("\xa0", "\ud7ff"), ("\ue000", "\ufefe"), ("\uff00", "\ufffd"), ("\U00010000", "\U0010ffff"))
TAG_LINE = re.compile(r"^%TAG\b", re.MULTILINE)


class SlowParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser in Python: the same events, more slowly."""

    def __init__(self, stream: Any) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


Parser: Any = getattr(yaml.cyaml, "CParser", SlowParser) if yaml.__with_libyaml__ else SlowParser


class Stop(Exception):
    """The rest of the text cannot be read; the report says why."""


def documents(report: Report) -> Iterator[Node]:
    """The documents of the report's text, empty ones left out.  After a mistake of syntax, those before it."""
    if not _readable(report):
        return
    try:
        reader = _Reader(report)
        while (node := reader.document()) is not None:
            if not is_null(node):
                yield node
    except yaml.MarkedYAMLError as error:
        _syntax_error(error, report)
    except (yaml.YAMLError, RecursionError):
        report.add(Scalar(0, 0, ""), ROOT, say("This is not a YAML text."))
    except Stop:
        pass


def decoded(data: bytes, report: Report) -> str | None:
    """A file's bytes as text (UTF-8, or UTF-16 by its mark), or None after a note of where they are not."""
    if len(data) > MOST_BYTES:
        report.add(Scalar(0, 0, ""), ROOT, too_big(len(data)))
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        report.text = data[:MOST_BYTES].decode("utf-8", "replace")
        at = _place(before.removeprefix("\ufeff"), len(before))
        if b"\0" in data[:1000]:
            report.text = ""
            report.add(Scalar(0, 0, ""), ROOT, say("This is a binary file, not a YAML text."))
        else:
            shown = f"{data[error.start]:02x}"
            hint = say("Save the file in UTF-8.")
            report.add(at, ROOT, say("The byte {byte} here is not UTF-8.", byte=shown), hint)
        return None


def too_big(n: int) -> Message:
    """The error of a file that is too long."""
    most = f"{MOST_BYTES / 1e6:.0f}"
    return say("The text has {n} MB; a spec has at most {most} MB.", n=f"{n / 1e6:.1f}", most=most)


def _readable(report: Report) -> bool:
    """Whether a text is short enough and has only characters of YAML; takes a byte order mark off its front."""
    text = report.text
    if len(text) > MOST_BYTES:
        report.text = ""
        report.add(Scalar(0, 0, ""), ROOT, too_big(len(text)))
        return False
    if text.startswith("\ufeff"):
        report.text = text = text[1:]
    if (line := TAG_LINE.search(text)) is not None:  # thousands of them take the parser minutes
        report.add(_place(text, line.start()), ROOT, say("Tags are not read."), say("A spec needs no such line."))
        return False
    at = _unreadable(text)
    if at is None:
        return True
    code = f"U+{ord(text[at]):04X}"
    if text[at] == "\0":
        message = say("Here is a NUL character: this is a binary file, not a YAML text.")
    else:
        message = say("The character {code} cannot stand in a YAML text.", code=code)
    report.add(_place(text, at), ROOT, message)
    return False


def _unreadable(text: str) -> int | None:
    """Where the first character stands that no YAML text can hold.

    A pattern of all characters would take longer to compile than a spec to read.
    """
    if text.isascii():
        found = ODD_ASCII.search(text)
        return None if found is None else found.start()
    odd = [c for c in set(text) if c not in "\t\n\r\x85" and not any(low <= c <= high for low, high in READABLE)]
    return min(map(text.index, odd), default=None)


def _place(text: str, offset: int) -> Scalar:
    """A node at an offset of a text."""
    before = text[:offset]
    start = max(map(before.rfind, BREAKS))
    return Scalar(sum(map(before.count, BREAKS)) - before.count("\r\n") + 1, offset - start, "")


def _syntax_error(error: yaml.MarkedYAMLError, report: Report) -> None:
    mark = error.problem_mark or error.context_mark
    if "quoted scalar" in (error.context or "") and "end of" in (error.problem or ""):
        mark = error.context_mark  # where it was opened
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    text = numbered_lines(report.text, {line}).get(line, "")
    if line > 1 and not text.strip():  # the end of the text: show its last words
        written = report.text.rstrip()
        at = _place(written, len(written))
        line, column = at.line, at.column
        text = written[len(written) - column + 1 :]
    message, hint = reworded(error, text, line, column)
    report.add(Scalar(line, column, ""), ROOT, message, hint)


class _Reader:
    """Builds the nodes of one text from the parser's events."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.next = Parser(report.text).get_event
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # the node, how many nodes it holds, how deep it goes
        self.count = 0
        self.deepest = 0
        self.next()  # the start of the stream

    def document(self) -> Node | None:
        """The next document, or None at the end."""
        if type(self.next()) is StreamEndEvent:
            return None
        self.anchors = {}
        node = self.node(self.next(), 1)
        self.next()  # the end of the document
        return node

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with an event."""
        kind = type(event)
        mark = event.start_mark
        self.count += 1
        if self.count > MOST_NODES:
            self.stop(mark, say("A spec has at most {most} values, with aliases written out.", most=f"{MOST_NODES:,}"))
        if depth > self.deepest:
            if depth > MOST_DEPTH:
                self.stop(mark, say("This is nested more than {most} levels deep.", most=MOST_DEPTH))
            self.deepest = depth
        if kind is AliasEvent:
            return self.alias(event, depth)
        if event.tag is not None:
            return self.tagged(event, depth)
        if event.anchor is not None:
            return self.anchored(event, depth)
        if kind is ScalarEvent:
            return Scalar(mark.line + 1, mark.column + 1, event.value, event.implicit[0])
        return self.inside(event, depth)

    def inside(self, event: Any, depth: int) -> Node:
        """The list or mapping that begins with an event."""
        mark = event.start_mark
        if type(event) is ScalarEvent:
            return Scalar(mark.line + 1, mark.column + 1, event.value, event.implicit[0])
        below = depth + 1
        advance, node = self.next, self.node
        if type(event) is SequenceStartEvent:
            items = []
            while type(event := advance()) is not SequenceEndEvent:
                items.append(node(event, below))
            return Sequence(mark.line + 1, mark.column + 1, items)
        entries: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Mapping] = []
        while type(event := advance()) is not MappingEndEvent:
            key = node(event, below)
            value = node(advance(), below)
            if type(key) is not Scalar:
                self.add(key, say("A key is a single text."))
            elif key.text in entries:
                first = entries[key.text][0].line
                self.add(
                    key,
                    say("The key `{key}` stands twice; the first is in line {line}.", key=clip(key.text), line=first),
                )
            elif key.text == "<<" and key.plain:
                self.add(key, say("Merge keys (`<<`) are not read."), say("Write the keys out, or use `blocks`."))
                merged += [value] if type(value) is Mapping else []
            else:
                entries[key.text] = (key, value)
        for other in merged:  # so that what it holds is not missed too
            entries = other.entries | entries
        return Mapping(mark.line + 1, mark.column + 1, entries)

    def anchored(self, event: Any, depth: int) -> Node:
        """A node that aliases can repeat."""
        count, deepest = self.count, self.deepest
        self.deepest = depth
        self.anchors.pop(event.anchor, None)
        node = self.inside(event, depth)
        self.anchors[event.anchor] = (node, self.count - count + 1, self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return node

    def alias(self, event: Any, depth: int) -> Node:
        """The node that an alias repeats, counted as if it were written out here."""
        found = self.anchors.get(event.anchor)
        mark = event.start_mark
        if found is None:
            at = Scalar(mark.line + 1, mark.column + 1, "")
            hint = say("A text that begins with `*` needs quotes.")
            self.add(at, say("There is no anchor `&{name}` before this alias.", name=clip(event.anchor)), hint)
            self.report.unreadable.add((at.line, at.column))
            return at
        node, size, height = found
        self.count += size - 1
        self.deepest = max(self.deepest, depth + height)
        if self.count > MOST_NODES:
            self.stop(mark, say("A spec has at most {most} values, with aliases written out.", most=f"{MOST_NODES:,}"))
        if self.deepest > MOST_DEPTH:
            self.stop(mark, say("This is nested more than {most} levels deep.", most=MOST_DEPTH))
        return node

    def tagged(self, event: Any, depth: int) -> Node:
        """A part that a tag would make something of; nothing is made of it."""
        mark = event.start_mark
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        at = Scalar(mark.line + 1, mark.column + 1, "")
        self.add(
            at,
            say("Tags such as `{tag}` are not read.", tag=clip(tag)),
            say("A text that begins with `!` needs quotes."),
        )
        self.inside(event, depth)
        self.report.unreadable.add((at.line, at.column))
        return at

    def add(self, node: Node, message: Message, hint: Message | None = None) -> None:
        self.report.add(node, Path(), message, hint)

    def stop(self, mark: Any, message: Message) -> None:
        self.add(Scalar(mark.line + 1, mark.column + 1, ""), message)
        raise Stop
