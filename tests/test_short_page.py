"""A page of text is worked out without the lines of layers that it does not show, and is the same as with them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hwsolve.kinds.count_params.counted import COLUMNS
from hwsolve.kinds.count_params.page import Counting
from hwsolve.kinds.count_params.short import may_be_short
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from tests.conftest import PROBLEMS
from tests.often import often
from tests.random_nests import BLOCKS, Nest

SPECS = [p for p in sorted(PROBLEMS.rglob("*.yaml")) if "kind: count-params" in p.read_text(encoding="utf-8")]
COUNTS: list[dict[str, Any]] = [
    {}, {"macs": "all"}, {"macs": "matmul", "bias": True}, {"activations": "outputs"}, {"activations": "peak"},
    {"activations": "saved", "gradients": True}, {"optimizer": "adam", "batch": 8}, {"activations": "cs231n"},
]  # fmt: skip


def both(problem: Any, **options: Any) -> tuple[list[str], list[int]]:
    """The pages of a problem that is solved for one, and whole; and how many answers each solution has."""
    solutions = [work_out(msgspec.structs.replace(problem, short=short)) for short in (True, False)]
    return [str(render([s], "plain", Options(**options))) for s in solutions], [len(s.answers) for s in solutions]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("options", [{}, {"width": 60, "language": "zh"}], ids=["en", "zh"])
def test_shipped_pages_are_the_same(path: Path, options: dict[str, Any]) -> None:
    for problem in read(path.read_bytes(), str(path)):
        if not hasattr(problem, "short"):
            continue
        free = msgspec.structs.replace(problem, expect={}, published={}, ask=(), define={})
        (short, whole), (few, many) = both(free, **options)
        assert short == whole and few < many
        assert len({*both(problem, **options)[0]}) == 1


@pytest.mark.parametrize("part", range(often(4)))
def test_pages_of_random_nests_are_the_same(part: int) -> None:
    for seed in range(20 * part, 20 * part + 20):
        dice, nest = random.Random(seed), Nest(seed)
        columns = dice.sample(sorted({*COLUMNS.values()}), dice.randrange(4))
        spec = {
            "kind": "count-params", "count": dice.choice(COUNTS), "columns": columns, "blocks": BLOCKS,
            "network": {"input": nest.shape, "layers": dice.choice([nest.layers, nest.written()])},
        }  # fmt: skip
        (problem,) = read(json.dumps(spec), "test.yaml")
        (short, whole), _ = both(problem)
        assert short == whole, json.dumps(spec)


NET = "kind: count-params\nnetwork: {input: 4, layers: [linear: 3, relu, linear: 3]}\n"


@pytest.mark.parametrize(
    "more",
    [
        "expect: {params.linear1: 15}", "expect: {params: 28}", "expect: {macs: 22}",
        "published: {params: 27}", "ask: params.linear2", "define: {twice: 2*params}",
        "expect: {params: {value: 27, tolerance: 1}}", "expect: {params.weight + params.bias: 27}",
    ],
)  # fmt: skip
def test_all_is_worked_out_where_more_is_said_than_a_total_that_holds(more: str) -> None:
    (problem,) = read(NET + more, "test.yaml")
    (short, whole), (few, many) = both(problem)
    assert short == whole and few == many


@pytest.mark.parametrize(("more", "counted"), [("", 1), ("expect: {params: 27}", 1), ("expect: {macs: 21}", 9)])
def test_a_page_counts_no_more_than_it_shows_and_is_held_to(more: str, counted: int) -> None:
    (problem,) = read(NET + more, "test.yaml")
    problem.short = True  # type: ignore[attr-defined]
    assert may_be_short(problem)  # type: ignore[arg-type]
    assert len(Counting(problem, short=True).asked.counted) == counted  # type: ignore[arg-type]
    (short, whole), (few, many) = both(problem)
    assert short == whole and few < many


def test_a_page_of_text_alone_is_short() -> None:
    from hwsolve.commands.common import Common

    assert Common().wishes().settings["short"] and Common(format="plain").wishes().settings["short"]
    for more in (
        {"format": "json"},
        {"format": "html"},
        {"full": True},
        {"only": "params"},
        {"questions": True},
        {"checks": True},
    ):
        assert not Common(**more).wishes().settings["short"]
