"""The text of a YAML file as documents: bytes decoded, what no YAML text holds refused, and each document read alone.

More than 10 MB and more than 10,000 documents are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from hwsolve.language import Message, say
from hwsolve.spec.events import MOST_NODES, Reader, Stop
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.report import LINE_END, ROOT, Full, Report, numbered_lines
from hwsolve.spec.syntax import reworded

MOST_BYTES = 10_000_000
MOST_DOCUMENTS = 10_000

ODD_ASCII = re.compile("[^\t\n\r\x20-\x7e]")
READABLE = ((" ", "~"), ("\xa0", "\ud7ff"), ("\ue000", "\ufefe"), ("\uff00", "\ufffd"), ("\U00010000", "\U0010ffff"))
MARK = re.compile(r"^---(?!\S)", re.MULTILINE)
TAG_LINE = re.compile(r"^%TAG\b", re.MULTILINE)


def documents(whole: Report) -> Iterator[tuple[Report, Node | None]]:
    """Each document of the report's text with a report of its own, empty ones left out; None where it has no node.

    A document is parsed alone, so that one that is no YAML leaves the others as they are.
    """
    if not _readable(whole):
        yield whole, None
        return
    reader = Reader()
    line = 1
    for number, (start, end) in enumerate(_spans(whole.text)):
        report = whole.part((start, line))
        text = whole.text[start:end]
        if number == MOST_DOCUMENTS:
            report.add(
                Scalar(line, 1, ""), ROOT, say("A text has at most {most} problems.", most=f"{MOST_DOCUMENTS:,}")
            )
            yield report, None
            return
        try:
            reader.begin(text, line)
            while (node := reader.document(report)) is not None:
                if not is_null(node) or not report.ok:
                    yield report, node
                report = whole.part((start, line))
        except yaml.MarkedYAMLError as error:
            _syntax_error(error, text, report)
            yield report, None
        except (yaml.YAMLError, RecursionError):
            report.add(Scalar(0, 0, ""), ROOT, say("This is not a YAML text."))
            yield report, None
        except (Full, Stop):
            yield report, None
            if reader.count > MOST_NODES:
                return
        line += sum(map(text.count, "\n\r\x85\u2028\u2029")) - text.count("\r\n")


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where documents begin and end: at a line `---`, which no document holds, or at lines `%…` before it."""
    start = 0
    for found in MARK.finditer(text):
        at = found.start()
        while at > start and text[(before := text.rfind("\n", start, at - 1) + 1 or start)] == "%":
            at = before
        if text[start:at].strip():
            yield start, at
            start = at
    yield start, len(text)


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
    line, start = 1, 0
    for found in LINE_END.finditer(text, 0, offset):
        line, start = line + 1, found.end()
    return Scalar(line, offset - start + 1, "")


def _syntax_error(error: yaml.MarkedYAMLError, written: str, report: Report) -> None:
    """Note what the parser says of the text of a document."""
    mark = error.problem_mark or error.context_mark
    if "quoted scalar" in (error.context or "") and "end of" in (error.problem or ""):
        mark = error.context_mark  # where it was opened
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    text = numbered_lines(written, {line}).get(line, "")
    if line > 1 and not text.strip():  # the end of the text: show its last words
        written = written.rstrip()
        at = _place(written, len(written))
        line, column = at.line, at.column
        text = written[len(written) - column + 1 :]
    first = report.start[1] - 1
    message, hint = reworded(error, text, line, column, first)
    report.add(Scalar(line + first if line else 0, column, ""), ROOT, message, hint)
