"""The case with numbers that formulas were held against: its sizes, the numbers themselves, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hwsolve.counting import Taken
from hwsolve.formula.tree import Call, Formula, Number, Ref, walk
from hwsolve.language import Message, say
from hwsolve.solution import Detail, Form, Group, Item, Sentence, Stage

Given = tuple[Formula, str, Formula]  # a symbol, = or ≈, and an array
MOST = 60  # numbers that stand on the page


def tried(
    sizes: tuple[Taken, ...],
    of_map: Message,
    chosen: list[Given],
    forward: list[Given],
    worked: Iterable[Item],
    found: list[Given],
    compared: int,
    sends: bool,
) -> Iterator[Item]:
    """Sizes as K = 2, S = 1, the arrays that were `chosen`, what comes of them `forward`, a cell `worked`, and errors.

    The errors were `found` by the formulas and by array code, which `sends` them from output to output: `compared` of
    their values were compared.
    """
    numbers = [part for _, _, f in chosen for part in walk(f) if isinstance(part, Number)]
    if not chosen and sizes:
        yield Sentence(say("Take {sizes}; the numbers are those given above.", sizes=sizes))
    elif not chosen:
        yield Sentence(say("The numbers are those given above."))
    elif sizes:
        yield Sentence(say("Take {sizes} and a map of {map}.", sizes=sizes, map=of_map))
    else:
        yield Sentence(say("Take a map of {map}.", map=of_map))
    if len(numbers) > MOST:
        symbols = tuple([symbol for symbol, _, _ in chosen])
        text = say("{symbols} are made of numbers from {low} to {high}.",
                   symbols=symbols, low=least(numbers), high=largest(numbers))  # fmt: skip
        yield Sentence(text, detail="short")
    elif chosen:  # the full page has them in front
        yield arrays(chosen, "short")
    if chosen and forward and count(forward) <= MOST:
        yield Sentence(say("Forward, these give"))
        yield arrays(forward, "page")
    yield from worked
    if not found:
        return
    if sends:
        text = say(
            "The formulas sum for each cell over the outputs that depend on it. The other way round, output by output, "
            "each sends its error times its partial derivatives to the cells that it depends on, and there all is "
            "added."
        )
        yield Sentence(text)
    found = found if count(found) <= MOST else found[-1:]  # what is asked, before what it comes of
    if count(found) > MOST:
        symbols = tuple([symbol for symbol, _, _ in found])
        values: dict[str, Any] = {"n": compared, "symbols": symbols}
        if sends:
            yield Sentence(say("Both ways give the same {n} values of {symbols}.", **values))
        else:
            yield Sentence(say("The formulas and backpropagation through these arrays give the same {n} values of "
                               "{symbols}.", **values))  # fmt: skip
    elif sends:
        yield Sentence(say("Both ways give"))
        yield arrays(found, "page")
    else:
        yield Sentence(say("Cell by cell, the formulas and backpropagation through these arrays both give"))
        yield arrays(found, "page")


def count(given: list[Given]) -> int:
    """How many numbers there are."""
    return sum(isinstance(part, Number) for _, _, f in given for part in walk(f))


def arrays(given: list[Given], detail: Detail) -> Group:
    """Arrays with their symbols."""
    lines = tuple([Form((Stage("", key), Stage(relation, in_row(f)))) for key, relation, f in given])
    return Group(lines, detail=detail)


def sizes_of_case(
    sizes: dict[str, int], shapes: Iterable[tuple[tuple[Formula, ...], tuple[int, ...]]]
) -> dict[str, int]:
    """The numbers for all names of sizes: those of the layer, and those of arrays by their shapes."""
    pairs = ((size, n) for names, shape in shapes for size, n in zip(names, shape, strict=True))
    return sizes | {size.name: n for size, n in pairs if isinstance(size, Ref)}


def in_row(f: Formula) -> Formula:
    """An array of one axis in a row."""
    rows = isinstance(f, Call) and any(isinstance(part, Call) and part.name == "[]" for part in f.args)
    return Call("tuple", f.args) if isinstance(f, Call) and f.name == "[]" and not rows else f


def least(numbers: list[Number]) -> Number:
    """The least of some numbers."""
    return min(numbers, key=lambda n: n.numerator / n.denominator)


def largest(numbers: list[Number]) -> Number:
    """The largest of them."""
    return max(numbers, key=lambda n: n.numerator / n.denominator)
