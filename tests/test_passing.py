"""The argument of a layer of windows: random layers, in names and numbers, against counting loops."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

import hwsolve
from hwsolve.derivation.argument import Argument
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref
from hwsolve.kinds.convolution.readers import axis_of
from hwsolve.language import Message
from hwsolve.solution import Group, Sentence, Solution
from tests.often import often
from tests.random_windows import problem

SEEDS = range(often(40))
MATHEMATICS = set("=≈<>Σ∂∫⟺²√")


@pytest.fixture(scope="module")
def pages() -> list[Solution]:
    """Random layers: that there is a page means that every line of its argument holds."""
    return [hwsolve.solve(problem(random.Random(seed))) for seed in SEEDS]


def messages(value: Any) -> Iterator[Message]:
    """A sentence and the sentences in it."""
    if isinstance(value, Message):
        yield value
        for inner in value.values.values():
            yield from messages(inner)


def said(page: Solution) -> Iterator[Message]:
    """All sentences, titles and reasons of the argument."""
    for step in page.sections:
        yield from messages(step.title)
        for item in step.items:
            if isinstance(item, Sentence):
                yield from messages(item.text)
            elif isinstance(item, Group):
                yield from messages(item.reason)


def test_every_layer_has_an_argument(pages: list[Solution]) -> None:
    for page in pages:
        titles = [step.title.template for step in page.sections if isinstance(step.title, Message)]
        assert any(title.startswith("Chain rule over") for title in titles)
        assert "recursion" in page.asked


def test_no_sentence_holds_a_number_or_mathematics(pages: list[Solution]) -> None:
    for page in pages:
        for message in said(page):
            bare = re.sub(r"{\w+}", "", message.template)
            assert not re.search(r"\d", bare), message.template
            assert not MATHEMATICS & set(bare), message.template


def test_no_sentence_is_of_one_layer_alone(pages: list[Solution]) -> None:
    found = Counter(template for page in pages for template in {m.template for m in said(page)})
    rare = {template for template, n in found.items() if n < 2}
    others = {m.template for seed in range(40, 100) for m in said(hwsolve.solve(problem(random.Random(seed))))} & rare
    assert rare <= others


def readers(axis: Any, sizes: dict[str, int], i: int) -> set[tuple[int, int]]:
    """The places that read cell i by the argument, each with its cell of the window."""

    def value(f: Any, **letters: int) -> Any:
        known = sizes | letters
        return evaluate(f, lambda name, _: known[name])

    places = range(1, sizes["Q"] + 1)
    cells = range(value(axis.low), value(axis.high) + 1)
    if axis.over in ("cells", "whole"):
        met = ((value(axis.solved, i=i, u=u), u) for u in cells)
        return {(int(Fraction(str(p))), u) for p, u in met if Fraction(str(p)) in places}
    first, last = value(axis.first, i=i), value(axis.last, i=i)
    met = ((p, value(axis.solved, i=i, p=p)) for p in range(first, last + 1) if p in places)
    return {(p, u) for p, u in met if u in cells or axis.over != "one"}


@pytest.mark.parametrize("named", [False, True])
def test_the_readers_are_those_of_a_counting_loop(named: bool) -> None:
    dice = random.Random(3)
    for _ in range(120):
        sizes = {"K": dice.randint(1, 4), "S": dice.randint(1, 3), "P": dice.randint(0, 2), "D": dice.randint(1, 2)}
        sizes["Q"] = dice.randint(1, 5)
        text = dice.choice(("S*(p-1) + D*(u-1) + 1 - P", "S*(p-1) + u - P", "p + D*(u-1) - P", "K*(p-1) + u"))
        reading, high = parse(text), parse("K")
        if not named:
            for name in "KSPD":
                text = text.replace(name, str(sizes[name]))
            reading, high = parse(text), parse(str(sizes["K"]))
        axis = axis_of(reading, "p", "u", "i", parse("1"), high)
        for i in range(1, 12):
            want = set()
            for p, u in product(range(1, sizes["Q"] + 1), range(1, sizes["K"] + 1)):
                known = sizes | {"p": p, "u": u}
                if evaluate(reading, lambda name, _, known=known: known[name]) == i:
                    want.add((p, u))
            assert readers(axis, sizes, i) == want, (text, sizes, i)


def test_windows_that_share_out_a_map_are_those_of_a_counting_loop() -> None:
    low, high = parse("floor((p-1)*N/Q) + 1"), parse("ceil(p*N/Q)")
    axis = axis_of(Ref("u"), "p", "u", "i", low, high)
    for n, q in product(range(1, 9), range(1, 9)):
        for i in range(1, n + 1):
            known = {"N": n, "Q": q, "i": i}
            first, last = (evaluate(f, lambda name, _, known=known: known[name]) for f in (axis.first, axis.last))
            covering = [p for p in range(1, q + 1) if (p - 1) * n // q + 1 <= i <= -(-p * n // q)]
            assert list(range(first, last + 1)) == covering


def test_a_reader_that_is_none_is_refused() -> None:
    argument = Argument()
    argument.let(parse("y[p]"), parse("Sum(w[u]*x[2*(p-1) + u], u, 1, K)"), w=["K"], K="size", x="real")
    free = {"w": ["K"], "K": "size", "x": "real", "g": ["H"], "H": "size", "i": "index"}
    every = parse("Sum(g[p]*diff(y[p], x[i]), p, 1, H)")
    argument.identity(every, parse("Sum(g[p]*w[i - 2*p + 2], p, 1, H)"), free=free)
    for wrong in ("Sum(g[p]*w[i - 2*p + 1], p, 1, H)", "Sum(g[p]*w[i - p + 1], p, 1, H)"):
        with pytest.raises(Disagreement):
            argument.identity(every, parse(wrong), free=free)
