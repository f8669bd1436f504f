"""From the events of the YAML parser to nodes with positions; the one module that knows YAML's traps.

Events are taken as they come, so that a hostile text is refused early: deeper than 100 levels, more than 500,000
values (each use of an alias counts as written out).  A duplicate key, a tag and a merge key are errors.  Scalars keep
their text; only plain ones can be flags or nothing, and fields decide that.
"""

from __future__ import annotations

from typing import Any, NoReturn

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
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, clip

MOST_NODES = 500_000
MOST_DEPTH = 100
TOO_MANY = say("A spec has at most {most} values, with aliases written out.", most=f"{MOST_NODES:,}")
TOO_DEEP = say("This is nested more than {most} levels deep.", most=MOST_DEPTH)


class SlowParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser in Python: the same events, more slowly."""

    def __init__(self, stream: Any) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


Parser: Any = getattr(yaml.cyaml, "CParser", SlowParser) if yaml.__with_libyaml__ else SlowParser


class Stop(Exception):
    """The rest of the document cannot be read; the report says why."""


class Reader:
    """Builds the nodes of a text from the parser's events, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def begin(self, text: str, line: int) -> None:
        """Turn to a part of the text, and to the line it begins in."""
        self.line = line
        self.next = Parser(text).get_event
        self.next()  # the start of the stream

    def document(self, report: Report) -> Node | None:
        """The next document, or None at the end; what is wrong with it goes to the report."""
        self.report = report
        self.deepest = 0
        if type(self.next()) is StreamEndEvent:
            return None
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # the node, how many nodes it holds, how deep it goes
        node = self.node(self.next(), 1)
        self.next()  # the end of the document
        return node

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with an event."""
        kind = type(event)
        mark = event.start_mark
        self.count += 1
        if self.count > MOST_NODES:
            self.stop(mark, TOO_MANY)
        if depth > self.deepest:
            if depth > MOST_DEPTH:
                self.stop(mark, TOO_DEEP)
            self.deepest = depth
        if kind is AliasEvent:
            return self.alias(event, depth)
        if event.tag is not None:
            return self.tagged(event, depth)
        if event.anchor is not None:
            return self.anchored(event, depth)
        if kind is ScalarEvent:
            return Scalar(mark.line + self.line, mark.column + 1, event.value, event.implicit[0])
        return self.inside(event, depth)

    def inside(self, event: Any, depth: int) -> Node:
        """The list or mapping that begins with an event."""
        mark = event.start_mark
        if type(event) is ScalarEvent:
            return Scalar(mark.line + self.line, mark.column + 1, event.value, event.implicit[0])
        below = depth + 1
        advance, node = self.next, self.node
        if type(event) is SequenceStartEvent:
            items = []
            while type(event := advance()) is not SequenceEndEvent:
                items.append(node(event, below))
            return Sequence(mark.line + self.line, mark.column + 1, items)
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
        return Mapping(mark.line + self.line, mark.column + 1, entries)

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
            at = Scalar(mark.line + self.line, mark.column + 1, "")
            hint = say("A text that begins with `*` needs quotes.")
            self.add(at, say("There is no anchor `&{name}` before this alias.", name=clip(event.anchor)), hint)
            self.report.unreadable.add((at.line, at.column))
            return at
        node, size, height = found
        self.count += size - 1
        self.deepest = max(self.deepest, depth + height)
        if self.count > MOST_NODES:
            self.stop(mark, TOO_MANY)
        if self.deepest > MOST_DEPTH:
            self.stop(mark, TOO_DEEP)
        return node

    def tagged(self, event: Any, depth: int) -> Node:
        """A part that a tag would make something of; nothing is made of it."""
        mark = event.start_mark
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        at = Scalar(mark.line + self.line, mark.column + 1, "")
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

    def stop(self, mark: Any, message: Message) -> NoReturn:
        self.add(Scalar(mark.line + self.line, mark.column + 1, ""), message)
        raise Stop
