"""`hwsolve list`: everything that can be written, one thing of it, or the keys that a problem answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, cast

from hwsolve.commands import layer_entries as layers
from hwsolve.commands import loss_entries as losses
from hwsolve.commands import word_entries as words
from hwsolve.commands.common import Common
from hwsolve.commands.entries import Entry, Subject, as_json, call_error, described, left_column, sentence, two_columns
from hwsolve.errors import CallError
from hwsolve.language import Message, say, use
from hwsolve.registry import load
from hwsolve.spec import terms
from hwsolve.spec.names import same_spelling


def names_at(place: str) -> Callable[[], Iterable[str]]:
    """The names in a registry at `module:NAME`, which is loaded when they are asked for."""
    return lambda: cast(Iterable[str], load(place))


def about_at(place: str) -> Callable[[str], str]:
    """What the class of a name in a registry says of itself, in a line."""
    return lambda name: sentence(load(place)[name].__doc__)


def layer_names() -> Iterable[str]:
    """Every layer, those that are blocks of the package, and the composites behind them."""
    from hwsolve.layers import LAYERS
    from hwsolve.layers.composed import COMPOSITES
    from hwsolve.layers.packaged import PACKAGED

    return (*LAYERS, *PACKAGED, *COMPOSITES)


def example_names() -> Iterable[str]:
    """Every shipped problem."""
    from hwsolve.examples import names

    return names()


def example_brief(name: str) -> str:
    """A shipped problem's title."""
    from hwsolve.commands.reference import example, title_of

    return title_of(example(name))


def example_entry(name: str) -> Entry:
    """A shipped problem with its text."""
    from hwsolve.commands.reference import example

    return Entry(name, example_brief(name), example=example(name))


def not_called(name: str, known: list[str]) -> tuple[Message, Message | None]:
    """What is said of a rule for arrays that is not there."""
    return terms.Terms(say("rule for arrays"), "arrays").unknown(name, known)


OPTIMIZERS = "hwsolve.optimizers:OPTIMIZERS"
INITIALIZERS = "hwsolve.initializers:INITIALIZERS"
SUBJECTS: dict[str, Subject] = {
    "kinds": Subject(
        say("Kinds of problems."), names_at("hwsolve.kinds:KINDS"), words.kind_brief, words.kind_entry,
        terms.KIND.unknown,
    ),
    "layers": Subject(
        say("Layers of a network."), layer_names, layers.brief, layers.entry, terms.LAYER.unknown,
        layers.mark,
    ),
    "losses": Subject(
        say("Losses of `backprop`."), losses.loss_names, losses.loss_brief, losses.loss_entry, terms.LOSS.unknown
    ),
    "optimizers": Subject(
        say("Optimizers of `backprop` and `optimize`."), names_at(OPTIMIZERS), about_at(OPTIMIZERS),
        words.optimizer_entry, terms.OPTIMIZER.unknown,
    ),
    "initializers": Subject(
        say("How weights are drawn: `weight: {init: …}`."), names_at(INITIALIZERS), about_at(INITIALIZERS),
        words.initializer_entry, terms.INITIALIZATION.unknown,
    ),
    "functions": Subject(
        say("Functions and constants of formulas."), words.function_names, words.function_brief, words.function_entry,
        terms.FUNCTION.unknown,
    ),
    "arrays": Subject(
        say("Rules that make arrays of numbers."), names_at("hwsolve.spec.arrays:FORMS"), words.array_brief,
        words.array_entry, not_called,
    ),
    "examples": Subject(
        say("Shipped problems."), example_names, example_brief, example_entry, not_called
    ),
}  # fmt: skip
KEYS = say("The keys that a problem answers: `hwsolve list keys SPEC`.")


def show_list(subject: str | None, name: str | None, common: Common) -> None:
    """Write a list to the standard output, in the format that is asked for."""
    from hwsolve.commands.solving import emit, format_of, terminal_width

    use(common.language())
    format = format_of(common)
    if format == "markdown":
        raise CallError(say("A list has the format plain or json."))
    on_terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    emit(listing(subject, name, format, terminal_width(on_terminal) if on_terminal else None), None)


def listing(subject: str | None, name: str | None, format: str, columns: int | None = None) -> str:
    """The list of a subject, one entry of it, or all subjects; as text or as JSON.

    An entry is a row of text, which is folded where it is to be shown in so many `columns`.
    """
    if subject is None:
        rows = [(known, str(found.about)) for known, found in SUBJECTS.items()] + [("keys", str(KEYS))]
        return as_json(pairs(rows)) if format == "json" else two_columns(rows, columns)
    if subject == "keys":
        from hwsolve.commands.keys import keys_of

        return keys_of(name, format)
    if subject not in SUBJECTS:
        raise call_error(*terms.Terms(say("list"), "").unknown(subject, [*SUBJECTS, "keys"]))
    return of_subject(SUBJECTS[subject], subject, name, format, columns)


def of_subject(found: Subject, subject: str, name: str | None, format: str, columns: int | None) -> str:
    """All of a subject, or one of its entries."""
    if name is None:
        return whole(found, format, columns)
    if subject == "examples":
        from hwsolve.commands.reference import example

        return as_json(found.entry(name).data()) if format == "json" else example(name)
    known = list(found.names())
    if name not in known:
        name = same_spelling(name, known) or name
    if name not in known and not (subject == "functions" and name.startswith("d_") and name[2:] in known):
        raise call_error(*found.unknown(name, known))
    entry = found.entry(name)
    return as_json(entry.data()) if format == "json" else described(entry)


def whole(found: Subject, format: str, columns: int | None) -> str:
    """All of a subject, with the word on each entry where there is one, and what these words mean."""
    rows = [(known, found.brief(known)) for known in found.names()]
    if found.mark is None:
        return as_json(pairs(rows)) if format == "json" else two_columns(rows, columns)
    marks = [found.mark(known) for known, _ in rows]
    if format == "json":
        return as_json([pair | mark.data for pair, mark in zip(pairs(rows), marks, strict=True)])
    words = left_column([str(mark.word) for mark in marks])
    names = left_column([name for name, _ in rows])
    shown = [(f"{name}  {word}", text) for name, word, (_, text) in zip(names, words, rows, strict=True)]
    meant = dict.fromkeys(str(say("{word}: {meaning}.", word=mark.word, meaning=mark.meaning)) for mark in marks)
    return two_columns(shown, columns) + "\n\n" + "\n".join(meant)


def pairs(rows: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Names with what they are, as data."""
    return [{"name": name, "about": about} for name, about in rows]
