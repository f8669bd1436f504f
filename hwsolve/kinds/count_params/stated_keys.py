"""The keys of single layers that a problem states numbers for, in words: a page says them where it judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from hwsolve.formula.key_sums import Term, terms_of
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Formula, references
from hwsolve.language import Message, listed, say
from hwsolve.layers.composed import COMPOSITES
from hwsolve.solution import Text
from hwsolve.spec.problem import Problem


def stated_keys(problem: Problem) -> Iterator[str]:
    """Every key that an expectation or a published answer reads, alone or as a part of a formula."""
    for text in chain(problem.expect, problem.published):
        try:
            yield from (ref.name for ref in references(parse(text)))
        except FormulaError:
            continue


def named_keys(problem: Problem) -> Iterator[str]:
    """Every key that a problem names anywhere, and the patterns of keys that it asks for."""
    yield from stated_keys(problem)
    for text in (ask.text for ask in problem.ask):
        try:
            yield from [text] if "*" in text and " " not in text else (ref.name for ref in references(parse(text)))
        except FormulaError:
            yield text
    for definition in problem.expressions.values():
        yield from (ref.name for ref in references(definition.formula))


def layer_words(
    problem: Problem,
    words: Mapping[str, Message],
    worked_out: Callable[[str, str], tuple[Formula, ...]] | None = None,
    row_named: Mapping[str, Text] | None = None,
) -> dict[str, Message]:
    """`parameters of conv1 in basic3` for params.basic3.residual1.conv1.

    `words` are those of whole quantities; `worked_out` gives the symbols by which a reader knows a layer in one,
    `row_named` what a row of the page calls a layer that it does not call by its path.
    """
    found: dict[str, Message] = {}
    named = row_named or {}
    for key in stated_keys(problem):
        quantity = max((name for name in words if key.startswith(f"{name}.")), key=len, default="")
        if quantity and key not in words:
            path = key.removeprefix(f"{quantity}.")
            symbols = [say("{symbol}", symbol=f) for f in worked_out(quantity, path)] if worked_out else []
            found[key] = of(words[quantity], listed(symbols or [named.get(path) or placed(path)]))
    alike = Counter(map(repr, found.values()))
    for key, text in found.items():
        if alike[repr(text)] > 1:  # layers that would be called alike keep their paths
            found[key] = of(text.values["quantity"], key.partition(".")[2])
    return found


def stage_words(
    problem: Problem, words: Mapping[str, Message], stages: Mapping[frozenset[str], Text]
) -> dict[str, Message]:
    """`parameters of stage 1` for a sum over what that is made of: params.basic1 + params.basic2."""
    found: dict[str, Message] = {}
    for key, terms in stated_sums(problem):
        for quantity, text in words.items():
            paths = [name.removeprefix(f"{quantity}.") for _, name in terms if name.startswith(f"{quantity}.")]
            stage = stages.get(frozenset(paths))
            if stage is not None and len(terms) == len({*paths}) and all(times == 1 for times, _ in terms):
                found[key] = of(text, stage)
    return found


def stated_sums(problem: Problem) -> Iterator[tuple[str, list[Term]]]:
    """Every sum of keys that a number is stated for."""
    for text in chain(problem.expect, problem.published):
        try:
            terms = list(terms_of(parse(text)))
        except FormulaError:
            continue
        if len(terms) > 1:
            yield text, terms


def of(quantity: Message, layer: Text) -> Message:
    """A quantity of a layer."""
    return say("{quantity} of {layer}", quantity=quantity, layer=layer)


def placed(path: str) -> Text:
    """A layer and the blocks that it stands in, the innermost first."""
    *outer, name = path.split(".")
    found: Text = name
    for block in reversed([part for part in outer if part.rstrip("0123456789") not in COMPOSITES]):
        found = say("{layer} in {block}", layer=found, block=block)
    return found
