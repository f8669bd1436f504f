"""The first page of a folder of solutions: each problem with its answers, how it came out, and a link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from posixpath import dirname
from urllib.parse import quote

import msgspec

from hwsolve.formula.tree import walk
from hwsolve.language import say, translate
from hwsolve.render import blocks
from hwsolve.render.html import Article, document
from hwsolve.render.options import Options
from hwsolve.solution import Solution

MOST, LARGEST = 8, 80  # quantities that are shown of a problem, and nodes of one


class Entry(msgspec.Struct, frozen=True):
    """A problem: the page it is on, "" where there is none, and in words how it came out."""

    href: str
    path: str
    head: Head | None
    result: str
    holds: bool
    remarks: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """What the first page shows of a solution: its title, and its answers as markup."""

    title: str
    answers: str


def head(solution: Solution, options: Options) -> Head:
    """Title and answers; long ones are left to the page of the problem."""
    article = Article(solution, options)
    cards = [b for b in article.blocks if isinstance(b, blocks.Quantities) and b.title]
    rows = [row for card in cards for row in card.rows]
    short = [row for row in rows if sum(1 for _, f in row.links for _ in walk(f)) <= LARGEST]
    tables = [article.table(card.table) for card in cards if card.table]
    shown = [*tables, *[article.quantity(row) for row in short[:MOST]]]
    if len(shown) < len(rows) + len(tables):
        shown.append('<span class="quantity">…</span>')
    return Head(article.title, "\n".join(shown))


def index(entries: Sequence[Entry], sentence: str, language: str) -> str:
    """The page, with a heading for each folder where there are several."""
    name = translate(say("Solved problems"), language)
    parts = [f'<h1 id="top">{escape(name)}</h1>', f"<p>{escape(sentence)}</p>"]
    folders = [(folder, list(found)) for folder, found in groupby(entries, lambda e: dirname(e.path))]
    for folder, found in folders:
        deep = len(folders) > 1 and bool(folder)
        parts += [f"<h2>{escape(folder)}</h2>"] if deep else []
        for entry in found:
            parts += written(entry, "h3" if deep else "h2")
    return document(name, "\n".join(parts), language)


def written(entry: Entry, tag: str) -> Iterator[str]:
    """One problem."""
    title = escape(entry.head.title if entry.head else entry.path)
    linked = f'<a href="{escape(quote(entry.href))}">{title}</a>' if entry.href else title
    yield f'<section class="entry"><{tag}>{linked}</{tag}>'
    if entry.head and entry.head.answers:
        yield f'<div class="given">{entry.head.answers}</div>'
    said = ": ".join(filter(None, (entry.path, entry.result)))
    yield f'<p class="{"check" if entry.holds else "warning"}">{escape(said)}</p>'
    for remark in entry.remarks:
        yield f'<pre class="warning">{escape(remark)}</pre>'
    yield "</section>"
