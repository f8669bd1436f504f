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
    steps = [step for step in solution.sections if step.part != "question"]
    table = [item for step in steps for item in step.items if isinstance(item, Table)][n]
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
    steps = [step for step in solution.sections if step.part != "question"]
    table = next(item for step in steps for item in step.items if isinstance(item, Table))
    body = list(zip(table.depths, table.rows, strict=True))[:-1]

    def counts(column: int) -> list[Any]:
        """What is counted of single layers: of several that stand beside one below their sum."""
        found: list[Any] = []
        for (depth, row), (below, inner) in zip(body, [*body[1:], (0, ("–",) * 9)], strict=True):
            if row[column] != "–" and not (depth < below and inner[column] != "–"):
                found.append(row[column])
        return found

    assert counts(2) == params(a) and counts(4) == params(b)
    off = sum(params(b)) - sum(params(a))
    assert sum(int(str(row[5])) for depth, row in body if depth == 0) == off == table.rows[-1][5]


WEIGHED = """\
kind: count-params
network:
  input: [C, H, W]
  layers:
    - conv2d: {name: full, out_channels: N, kernel_size: K, padding: same, bias: false}
    - batch_norm2d
    - max_pool2d: 2
---
kind: count-params
network:
  input: [C, H, W]
  layers:
    - conv2d: {name: dw, out_channels: C, kernel_size: K, padding: same, groups: C, bias: false}
    - batch_norm2d
    - conv2d: {name: pw, out_channels: N, kernel_size: 1, bias: false}
    - batch_norm2d
    - max_pool2d: 2
"""


@pytest.mark.parametrize(("turned", "ratio"), [(False, "1/N + 1/K²"), (True, "K²N/(K² + N)")])
def test_several_layers_stand_beside_the_one_that_they_replace(turned: bool, ratio: str) -> None:
    """Whichever network is the first, each row has its ratio; what is normalised between them is a part of it."""
    one, other = WEIGHED.split("---\n")
    solution = comparison(f"{other}---\n{one}" if turned else WEIGHED, "params", "macs")
    label = "dw + batch_norm1 + pw, full" if turned else "full, dw + batch_norm1 + pw"
    assert unicode(rows(solution, 1)[label.replace(" + batch_norm1", "")][-1]) == ratio, "no norm has a multiply-add"
    assert unicode(rows(solution, 1)["Total"][-1]) == ratio
    assert label in rows(solution)
    assert unicode(solution.answers["macs.ratio.full"].value) == ratio
    assert all(row[-2:] == ("", "") for name, row in rows(solution).items() if name in ("dw", "pw", "batch_norm1"))


def test_a_layer_that_stands_again_is_not_joined_with_the_next() -> None:
    """Of two convolutions beside one the like stands beside the like; a wider window beside two narrow ones."""
    net = "kind: count-params\nnetwork: {{input: [3, 8, 8], layers: [{}]}}\n"
    conv = "conv2d: {{out_channels: 4, kernel_size: {}, padding: same}}"
    three, five = conv.format(3), conv.format(5)
    assert {"conv1", "conv2"} <= rows(comparison(net.format(three) + "---\n" + net.format(f"{three}, {three}"))).keys()
    found = rows(comparison(net.format(five) + "---\n" + net.format(f"{three}, {three}"), "params"))
    assert "conv1, conv1 + conv2" in found


def test_the_rows_add_up_to_the_totals_where_the_input_is_stored() -> None:
    solution = comparison(PAIR.format(size="[32, 56, 56]", c=32, out=64, k=3), "activations")
    found = rows(solution)
    assert found["input"][1] == found["input"][3] == 32 * 56 * 56
    for column in (1, 3):
        outer = [row[column] for name, row in found.items() if name not in ("Total", "depthwise", "pointwise")]
        assert sum(n for n in outer if isinstance(n, int)) == found["Total"][column]


def test_a_comparison_leads_to_what_is_asked(tmp_path: Path, hwsolve: Run) -> None:
    (tmp_path / "nets.yaml").write_text(PAIR.format(size="[32, 56, 56]", c=32, out=64, k=3))
    nets = str(tmp_path / "nets.yaml")
    page = hwsolve("compare", nets, "--ask", "params.ratio", "--ask", "saved=1 - B.macs/A.macs").stdout
    assert "Asked: ratio of parameters, saved (1 − B.macs/A.macs)." in page and "saved = 503/576" in page
    wrong = hwsolve("compare", nets, "--ask", "params.rato")
    assert wrong.returncode == 2 and "Did you mean `params.ratio`?" in wrong.stderr


def test_a_comparison_without_its_solution_shows_both_networks(tmp_path: Path, hwsolve: Run) -> None:
    (tmp_path / "nets.yaml").write_text(PAIR.format(size="[32, 56, 56]", c=32, out=64, k=3))
    page = hwsolve("compare", str(tmp_path / "nets.yaml"), "--questions").stdout
    assert "Network A" in page and "Network B" in page and "32 groups" in page
    assert "18,432" not in page and "Network A" not in hwsolve("compare", str(tmp_path / "nets.yaml")).stdout


def test_a_part_stands_beside_the_layer_that_it_replaces() -> None:
    """A block from the same shape to the same shape; its layers are below, without differences of their own."""
    net = "kind: count-params\n{}network: {{input: [8, 6, 6], layers: [{}]}}\n"
    blocks = (
        "blocks: {separable: {arguments: [n], body: [{conv2d: {out_channels: 8, kernel_size: 3, padding: same, "
        "groups: 8}}, {conv2d: {out_channels: $n, kernel_size: 1}}]}}\n"
    )
    one = net.format("", "conv2d: {out_channels: 16, kernel_size: 3, padding: same}")
    other = net.format(blocks, "separable: 16")
    for first, second, label in ((one, other, "conv1, separable1"), (other, one, "separable1, conv1")):
        found = rows(comparison(f"{first}---\n{second}", "params"))
        assert found[label][-2] in (80 + 144 - 1168, 1168 - 80 - 144) and found[label][-1] != ""
        assert found["conv2"][-2:] == ("", "")


def test_of_three_networks_several_layers_stand_beside_one() -> None:
    net = "kind: count-params\nnetwork: {{input: [3, 8, 8], layers: [{}]}}\n"
    three, five = (f"conv2d: {{out_channels: 4, kernel_size: {k}, padding: same}}" for k in (3, 5))
    nets = [net.format(one) for one in (five, f"{three}, {three}", f"repeat: {{times: 2, body: [{three}]}}")]
    for n in range(3):
        found = rows(comparison("---\n".join(nets[n:] + nets[:n]), "params"))
        (label,) = [name for name in found if "+" in name]
        assert "–" not in found[label] and not {"conv1", "conv2", "repeat1.conv2"} & found.keys()


def test_a_layer_beside_a_block_shows_how_both_counts_arise() -> None:
    """The layer its product, the block the sum of the rows below; whichever network is first."""
    one = "{kind: count-params, network: {input: [32, 28, 28], layers: [conv2d: {out_channels: 64, kernel_size: 3, padding: 1}]}}\n"
    parts = (
        "conv2d: {out_channels: 32, kernel_size: 3, padding: 1, groups: 32}, conv2d: {out_channels: 64, kernel_size: 1}"
    )
    other = f"{{kind: count-params, blocks: {{separable: {{body: [{parts}]}}}}, network: {{input: [32, 28, 28], layers: [separable]}}}}\n"
    there = rows(comparison(f"{one}---\n{other}", "params"))["conv1, separable1"]
    back = rows(comparison(f"{other}---\n{one}", "params"))["separable1, conv1"]
    assert [unicode(cell) for cell in (there[0], there[2])] == ["(3 × 3 × 32 + 1) × 64", "320 + 2,112"]
    assert (back[0], back[2]) == (there[2], there[0])


def test_a_narrow_page_keeps_differences_and_ratios_before_formulas(hwsolve: Run) -> None:
    places = [str(PROBLEMS / "models" / f"{name}.yaml") for name in ("resnet18", "resnet34")]
    for columns, kept, gone in (
        (80, ["Working", "B − A", "B / A"], ""),
        (64, ["B / A"], "B − A"),
        (200, ["Working", "B − A"], ""),
    ):
        text = hwsolve("compare", *places, "--columns", "macs", COLUMNS=str(columns)).stdout
        head = next(row for row in text.splitlines() if row.strip().startswith("Layer "))
        assert all(name in head for name in kept) and (not gone or gone not in head)
        assert max(map(len, text.splitlines())) <= columns
