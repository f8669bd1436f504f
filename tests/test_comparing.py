"""`hwsolve compare`: rows that belong together stand beside each other, and every number is a difference of two counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.notation import unicode
from hwsolve.kinds.count_params.compared import compared
from hwsolve.pipeline import read
from hwsolve.solution import Solution, Table
from tests.conftest import PROBLEMS, Run

HOMEWORK = str(PROBLEMS / "homework-3/3.3-resnet18.yaml")
REAL = str(PROBLEMS / "models/resnet18.yaml")
CONFIGS = Path(__file__).parent / "importing_configs"
PAIR = """\
kind: count-params
network: {{input: {size}, layers: [{{conv2d: {{out_channels: {out}, kernel_size: {k}, padding: same, bias: false}}}}]}}
---
kind: count-params
network:
  input: {size}
  layers:
    - conv2d: {{name: depthwise, out_channels: {c}, kernel_size: {k}, padding: same, groups: {c}, bias: false}}
    - conv2d: {{name: pointwise, out_channels: {out}, kernel_size: 1, bias: false}}
"""


def comparison(text: str, *columns: str) -> Solution:
    """The comparison of the documents of a text."""
    return compared(read(text, "nets.yaml"), columns)  # type: ignore[arg-type]


def exact(solution: Solution) -> dict[str, str]:
    """The answers."""
    return {key: answer.value.exact for key, answer in solution.answers.items()}


def rows(solution: Solution, n: int = 0) -> dict[Any, tuple[Any, ...]]:
    """The rows of a table by their first cell."""
    table = [item for step in solution.sections for item in step.items if isinstance(item, Table)][n]
    return {str(row[0]): row[1:] for row in table.rows}


def test_resnet_18_as_the_homework_counts_it_against_the_real_one(hwsolve: Run) -> None:
    found = json.loads(hwsolve("compare", HOMEWORK, REAL, "--format", "json").stdout)["answers"]
    assert found["params.difference"]["exact"] == "182632"  # projections 172,032, norms 9,600, biases 1,000
    assert found["params.difference.linear1"]["exact"] == "1000"
    assert found["params.difference.smaller1"]["exact"] == str(230_144 - 221_184)  # beside basic3 of the homework
    assert found["macs.difference"]["exact"] == "19267584"  # three projections of 6,422,528


def test_a_standard_convolution_against_a_separable_one() -> None:
    found = exact(comparison(PAIR.format(size="[32, 56, 56]", c=32, out=64, k=3)))
    assert found["A.params"] == "18432" and found["B.params"] == "2336"
    assert found["params.ratio"] == found["macs.ratio"] == "73/576"  # 1/64 + 1/9


def test_of_named_sizes_the_ratio_is_the_formula_of_the_mobilenet_paper() -> None:
    solution = comparison(PAIR.format(size="[M, D, D]", c="M", out="N", k="K"))
    assert unicode(solution.answers["macs.ratio"].value) == "1/N + 1/K²"


def test_blocks_of_a_stage_stand_beside_each_other_though_their_widths_differ(hwsolve: Run) -> None:
    page = hwsolve("compare", REAL, str(PROBLEMS / "models/resnet50.yaml"), "--columns", "params").stdout
    assert "basic1, first1" in page and "basic2, 2 × bottleneck1" in page
    assert "13,867,520" in page  # 25,557,032 − 11,689,512


def test_formulas_stand_where_they_differ_alone() -> None:
    net = "kind: count-params\nnetwork: {{input: 7, layers: [linear: 5, relu, linear: {}]}}\n"
    found = rows(comparison(net.format(4) + "---\n" + net.format(3), "params"))
    assert found["linear1"][:5] == ("", 40, "", 40, 0)
    assert unicode(found["linear2"][0]) == "(5 + 1) × 4" and unicode(found["linear2"][2]) == "(5 + 1) × 3"


def test_three_networks_are_compared_with_the_first(hwsolve: Run) -> None:
    files = [str(CONFIGS / f"{name}.json") for name in ("gpt2", "gpt2-xl", "bert-base")]
    found = json.loads(hwsolve("compare", *files, "--columns", "params", "--format", "json").stdout)["answers"]
    assert found["params.difference.B"]["exact"] == str(1_557_611_200 - 124_439_808)
    assert found["params.difference.C"]["exact"] == str(109_482_240 - 124_439_808)


def test_other_conventions_are_named(hwsolve: Run) -> None:
    net = "kind: count-params\nnetwork: {input: 7, layers: [linear: 5]}\ncount: {activations: %s}\n"
    both = net % "outputs" + "---\n" + net % "cs231n"
    assert "different conventions" in hwsolve("compare", "-", "--columns", "activations", stdin=both).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([HOMEWORK], "2 to 8 networks; 1 are given"),
        ([HOMEWORK, REAL, "--columns", "receptive_field"], "no column `receptive_field`"),
        ([HOMEWORK, str(PROBLEMS / "homework-2/2.1-backprop.yaml")], "of the kind `backprop`"),
        ([HOMEWORK, "nothere.yaml"], "no file nothere.yaml"),
    ],
)
def test_what_cannot_be_compared_is_said(hwsolve: Run, arguments: list[str], said: str) -> None:
    made = hwsolve("compare", *arguments)
    assert made.returncode != 0 and said in made.stderr


WIDTHS = st.lists(st.integers(1, 4), min_size=0, max_size=7)


@settings(max_examples=60, deadline=None)
@given(WIDTHS, WIDTHS)
def test_every_layer_has_one_row_in_its_order_and_differences_add_up(a: list[int], b: list[int]) -> None:
    def net(widths: list[int]) -> str:
        layers = ", ".join([f"linear: {n}" for n in [*widths, 5]])
        return f"kind: count-params\nnetwork: {{input: 3, layers: [{layers}]}}\n"

    def params(widths: list[int]) -> list[int]:
        return [(x + 1) * y for x, y in zip([3, *widths], [*widths, 5], strict=True)]

    solution = comparison(net(a) + "---\n" + net(b), "params")
    table = next(item for step in solution.sections for item in step.items if isinstance(item, Table))
    body = table.rows[:-1]
    assert [row[2] for row in body if row[2] != "–"] == params(a)
    assert [row[4] for row in body if row[4] != "–"] == params(b)
    assert sum(int(str(row[5])) for row in body) == sum(params(b)) - sum(params(a)) == table.rows[-1][5]
