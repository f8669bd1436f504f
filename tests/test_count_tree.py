"""The rows of a count: stages, equal neighbours, composites that are written out once, and layers without a row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import hwsolve
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Solution, Table
from tests.conftest import ROOT

MODELS = ROOT / "problems" / "models"
CONV = {"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": 1, "bias": False}}


def solved(layers: list[Any], shape: Any, **more: Any) -> Solution:
    (problem,) = read(json.dumps({"kind": "count-params", "network": {"input": shape, "layers": layers}, **more}), "t")
    return work_out(problem)


def from_file(path: Path) -> Solution:
    (problem,) = read(path.read_bytes(), path.name)
    return work_out(problem)


def table_of(solution: Solution) -> Table:
    (table,) = [t for s in solution.sections if s.part == "derivation" for t in s.tables]
    return table


def labels(solution: Solution) -> list[str]:
    """The rows, set in as on the page."""
    table = table_of(solution)
    return ["  " * depth + str(row[0]) for row, depth in zip(table.rows, table.depths, strict=True)]


def page(solution: Solution, **more: Any) -> str:
    return render([solution], "plain", Options(**({"width": 80, "color": False} | more)))


# ---------------------------------------------------------------- stages


def test_stages_of_resnet_18_are_their_layers() -> None:
    """Table 1 of arXiv 1512.03385: conv2_x … conv5_x, two blocks of two 3×3 layers each."""
    solution = from_file(ROOT / "problems" / "homework-3" / "3.3-resnet18.yaml")
    rows = labels(solution)
    assert rows[3:9] == [
        "stage 1: 2 × basic", "  4 × conv 3×3", "stage 2: 2 × basic", "  conv 3×3, stride 2", "  3 × conv 3×3",
        "stage 3: 2 × basic",
    ]  # fmt: skip
    table = table_of(solution)
    params = {str(row[0]): row[4] for row, depth in zip(table.rows, table.depths, strict=True) if not depth}
    assert [params[f"stage {k}: 2 × basic"] for k in (1, 2, 3, 4)] == [147_456, 516_096, 2_064_384, 8_257_536]


def test_stages_of_resnet_50_are_their_blocks() -> None:
    """The parameters of torchvision's layer1 … layer4; blocks like the first ones are closed."""
    solution = from_file(MODELS / "resnet50.yaml")
    table = table_of(solution)
    stages = {str(row[0]): row[3] for row in table.rows if str(row[0]).startswith("stage")}
    assert stages == {
        "stage 1: first1, 2 × bottleneck": 215_808, "stage 2: first2, 3 × bottleneck": 1_219_584,
        "stage 3: first3, 5 × bottleneck": 7_098_368, "stage 4: first4, 2 × bottleneck": 14_964_736,
    }  # fmt: skip
    closed = [str(text) for _, _, text in table.folds]
    first, then = ("… 8 layers as in first1, of other sizes", "… 6 layers as in bottleneck1, of other sizes")
    assert closed == [f"{first} (--full)", f"{then} (--full)"] * 3
    short, full = page(solution), page(solution, full=True)
    assert short.count("conv3 1×1") == 2 and full.partition("2 Totals")[0].count("conv3 1×1") == 8


def test_closed_rows_are_those_of_a_composite_of_the_same_sizes() -> None:
    """Another width, kernel or number of channels is said; a second use, whose parameters are shared, is the same."""
    layers = []
    for k, width in enumerate((8, 12, 8), 1):
        layers += [
            {"transformer_encoder_layer": {"name": f"t{k}", "nhead": 2, "dim_feedforward": width}},
            {"linear": 4},
        ]
    found = solved([*layers, {"use": "t1"}, {"linear": 4}, {"use": "t2"}], [3, 4])
    closed = [str(text).removeprefix("… 5 layers as in ") for _, _, text in table_of(found).folds]
    assert closed == ["t1, of other sizes (--full)", "t1 (--full)", "t1 (--full)", "t1, of other sizes (--full)"]


def test_one_run_of_composites_is_no_stage() -> None:
    blocks = {"basic": {"body": [CONV, "relu", CONV]}}
    assert labels(solved(["basic", "basic"], [4, 8, 8], blocks=blocks)) == [
        "2 × basic, 288 each", "  2 × conv 3×3", "Total",
    ]  # fmt: skip


def test_composites_of_other_sizes_are_closed_behind_the_first() -> None:
    grow = {"concat": [[], ["batch_norm2d", {"conv2d": {"out_channels": 2, "kernel_size": 3, "padding": 1}}]]}
    solution = solved([{"repeat": {"times": 5, "body": [grow]}}], [3, 4, 4])
    assert labels(solution)[:4] == ["concat1–concat5", "  concat1", "    batch_norm1", "    conv1 3×3"]
    assert [str(text) for _, _, text in table_of(solution).folds] == ["… 4 × concat of other sizes (--full)"]


@pytest.mark.parametrize(("key", "called"), [
    ("params.basic3 + params.basic4", "parameters of stage 2"),
    ("params.basic4 + params.basic3", "parameters of stage 2"),
    ("params.basic3 + params.basic5", "parameters of basic3 and basic5"),
    ("params.basic3 + 2*params.basic4", None),
])  # fmt: skip
def test_a_sum_over_a_stage_is_called_by_it(key: str, called: str | None) -> None:
    text = (ROOT / "problems" / "homework-3" / "3.3-resnet18.yaml").read_text(encoding="utf-8")
    spec = text.partition("expect:")[0] + f'expect: {{"{key}": 1}}\n'
    said = " ".join(page(hwsolve.solve(spec), width=200).split())
    assert (f"{called} 1 " in said) if called else ("of stage 2" not in said)


# ---------------------------------------------------------------- rows


def test_a_normalisation_stands_in_the_row_of_the_layer_that_it_follows() -> None:
    rows = labels(solved([CONV, "batch_norm2d", "relu", "batch_norm2d"], [4, 8, 8]))
    assert rows == ["conv1 3×3, batch_norm1", "batch_norm2", "Total"]


def test_equal_neighbours_are_one_row_with_their_number() -> None:
    solution = solved([CONV, "relu", CONV, "relu", CONV, {"linear": 8}], [4, 8, 8])
    table = table_of(solution)
    assert labels(solution) == ["3 × conv 3×3", "dense layer", "Total"]
    assert "3 × 3×3×4×4" in page(solution) and table.rows[0][-1] == 3 * 144


def test_additions_are_named_among_what_has_no_row() -> None:
    layers = [{"residual": {"body": [CONV, "relu", CONV]}}, {"linear": 2}]
    assert "Without parameters: ReLU, the additions." in page(solved(layers, [4, 8, 8]))


def test_layers_without_a_row_are_named_in_a_sentence() -> None:
    layers = [CONV, "relu", "dropout", "flatten", {"linear": 2}, "softmax"]
    assert "Without parameters: ReLU, dropout, flattening, softmax." in page(solved(layers, [4, 8, 8]))
    stored = page(solved(layers, [4, 8, 8], count={"activations": "outputs"}))
    assert "Without parameters and stored values: flattening." in stored
    every = page(solved(layers, [4, 8, 8], count={"macs": "all"}))
    assert "Without parameters and multiply-adds: ReLU, dropout, flattening, softmax." in every


def test_a_window_says_what_is_not_usual() -> None:
    layers = [
        {"conv2d": {"out_channels": 4, "kernel_size": [3, 5], "stride": [2, 1], "padding": 2}},
        {"conv2d": {"out_channels": 4, "kernel_size": 3, "dilation": 2, "groups": 2}},
        {"max_pool2d": 2}, {"max_pool2d": {"kernel_size": 2, "stride": 1}},
    ]  # fmt: skip
    assert labels(solved(layers, [4, 16, 16])) == [
        "conv1 3×5, stride 2×1", "conv2 3×3, dilation 2, 2 groups", "max pool 1, 2×2", "max pool 2, 2×2, stride 1", "Total",
    ]  # fmt: skip


def test_the_input_is_a_row_or_a_sentence_and_no_vector() -> None:
    plain = page(solved([CONV], [4, 8, 8]))
    assert "The input of the network: 4 × 8 × 8." in plain and "shape" not in plain and "Given" not in plain
    stored = page(solved([CONV], [4, 8, 8], count={"activations": "cs231n"}))
    assert re.search(r"^  input +4×8×8 +256$", stored, re.MULTILINE)


def test_no_key_stands_on_a_short_page() -> None:
    for path in [*MODELS.glob("*.yaml"), *(ROOT / "problems" / "homework-1").glob("*.yaml")]:
        text = page(from_file(path))
        assert not re.search(r"\b(params|activations|macs|flops|shape)\.\w", text), path
        assert "× 1\n" not in text and "/1 " not in text and "{" not in text


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("columns", [80, 140])
def test_every_number_of_a_model_is_on_its_full_page_or_its_column_is_named(path: Path, columns: int) -> None:
    solution = from_file(path)
    text = page(solution, full=True, width=columns).partition("2 Totals")[0]
    assert max(map(len, text.splitlines())) <= columns
    rows, heads = table_of(solution).rows, [str(c) for c in table_of(solution).columns]
    gone = " ".join(text.partition("left out: ")[2].split()).partition(".")[0].split(", ")
    for row in rows:
        for head, cell in zip(heads, row, strict=True):
            assert head in gone or not isinstance(cell, int) or f" {cell:,}" in text, (head, cell)


@pytest.mark.parametrize("around", [lambda layers: layers, lambda layers: [{"residual": layers}]])
def test_no_two_rows_have_the_same_name(around: Any) -> None:
    """Pools of two types are told apart, one that makes a map of given sides and one of windows."""
    pools = [{"adaptive_max_pool2d": 8}, {"max_pool2d": {"kernel_size": 3, "stride": 1, "padding": 1}}]
    averages = [{"adaptive_avg_pool2d": 8}, {"avg_pool2d": {"kernel_size": 3, "stride": 1, "padding": 1}}]
    solution = solved(around([*pools, *averages]), [3, 8, 8], count={"activations": "outputs"}, columns=["activations"])
    names = [label.strip().split(", ")[0].removesuffix(" 3×3") for label in labels(solution)]
    assert len(set(names)) == len(names) and sum("adaptive" in name for name in names) == 2


def test_a_column_of_bytes_adds_up_with_the_row_of_the_input() -> None:
    """Whichever of its columns are chosen: the values that come in take bytes."""
    count = {"dtype": "bfloat16", "gradients": True, "optimizer": "adam", "master_weights": "float32"}
    columns = ["params", "activations.bytes", "memory.total"]
    solution = solved([{"linear": 5}], [5], count=count, columns=columns)
    table = table_of(solution)
    assert labels(solution)[0] == "input"
    for column in (-1, 3):
        *cells, total = [row[column] for row in table.rows]
        assert sum(cells) == total
