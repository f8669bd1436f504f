"""The heads of a table's columns, no two alike: one that the table leaves open is of what numbers come from."""

from __future__ import annotations

import re

from hwsolve.language import say
from hwsolve.render.measure import width
from hwsolve.solution import Table, Text

WORDS = re.compile(r"(?<=[\s-])(?=\S)")


def heads_of(table: Table) -> list[Text]:
    """The heads where each column has cells of its own: what numbers come from has one too, no two are alike."""
    last = len(table.columns) - 1
    bare = [n for n, head in enumerate(table.columns) if not head and 0 < n < last]
    alone = len(bare) == 1
    made = {n: say("Working") if alone else working(table.columns[n + 1]) for n in bare}
    return [made.get(n, head) for n, head in enumerate(table.columns)]


def working(head: Text) -> Text:
    """What stands beside the numbers of a column."""
    return say("Working ({column})", column=head)


def name_of(table: Table, n: int) -> Text:
    """A column in a sentence: one without a head holds what the one behind it comes from."""
    return table.columns[n] or working(table.columns[n + 1])


def halves(head: str) -> list[str]:
    """A head in two rows of about one length; one word stays in one."""
    words = WORDS.split(head)
    cuts = [["".join(words[:n]).rstrip(), "".join(words[n:])] for n in range(1, len(words))]
    return min(cuts, key=lambda cut: max(map(width, cut)), default=[head])
