"""What holds at the borders of windows: cells that no place reads, padding, places without cells, counts of one."""

from __future__ import annotations

import json
import random
import re
from itertools import product
from typing import Any

import pytest

import hwsolve
from hwsolve.figures import Grid
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import references
from hwsolve.solution import Let, Sentence
from tests.line_check import wrong_lines
from tests.random_windows import problem
from tests.test_passing import said

FORMATS = ("plain", "markdown", "html", "latex", "typst")


def solved(layer: dict[str, Any], kind: str = "pooling", **more: Any) -> Any:
    return hwsolve.solve({"kind": kind, "layer": layer, **more})


def grids(solution: Any) -> list[Grid]:
    return [figure for step in solution.sections for figure in step.figures if isinstance(figure, Grid)]


def random_map(dice: random.Random, *shape: int) -> Any:
    return [random_map(dice, *shape[1:]) for _ in range(shape[0])] if shape else dice.randint(0, 2)


@pytest.mark.parametrize("mode", [{"padding": 1}, {"ceil_mode": True}, {"padding": 1, "ceil_mode": True}])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 3), ("K", 1), ("K", None), (3, "S")])
@pytest.mark.parametrize("inside", [True, False])
def test_a_mean_over_cells_of_the_map_has_no_window_without_any(
    mode: dict[str, Any], kernel: Any, stride: Any, inside: bool
) -> None:
    settings = {"kernel_size": kernel, "count_include_pad": not inside, **mode} | ({"stride": stride} if stride else {})
    solution = solved({"avg_pool1d": settings})
    assert wrong_lines(json.loads(solution.to("json"))) == []
    named = [line for line in solution.lines if isinstance(line, Let) and line.key.name == "L_out"]
    assert len(named) == (inside or "ceil_mode" in mode)
    for let, k, s, n in product(named, (2, 3, 4), (1, 2, 3), range(4, 9)):
        sizes = {"any_K": k, "K": k, "S": s, "L_in": n}
        k, s = kernel if isinstance(kernel, int) else k, stride if isinstance(stride, int) else s if stride else k
        places = evaluate(let.formula, lambda name, _, sizes=sizes: sizes[name])
        first = -mode.get("padding", 0)
        for p in range(int(places)):
            assert any(0 <= first + s * p + u < n for u in range(k))


@pytest.mark.parametrize("seed", range(12))
def test_no_index_of_a_weight_s_gradient_is_a_fraction(seed: int) -> None:
    dice = random.Random(seed)
    k, s, p, d, n = dice.randint(1, 3), dice.randint(1, 3), dice.randint(0, 1), dice.randint(1, 2), dice.randint(3, 4)
    side = (n - 1) * s - 2 * p + d * (k - 1) + 1
    w, x, g = ([dice.randint(-3, 3) for _ in range(m)] for m in (k, n, side))
    settings = {"out_channels": 1, "kernel_size": k, "stride": s, "padding": p, "dilation": d, "bias": False}
    solution = solved({"conv_transpose1d": settings | {"weight": w}}, "convolution", input=x, upstream=g)
    page = solution.to("plain", full=True)
    told = re.search(r"∂L/∂w.* = (Σ.*)", page[page.index("Backward pass") :]) if k > 1 else None
    assert told is None or "/" not in told[1].replace("∂L/∂", "")
    wanted = []
    for u in range(k):
        met = [(i, s * i + d * u - p) for i in range(n)]
        wanted.append(sum(x[i] * g[at] for i, at in met if 0 <= at < side))
    assert json.loads(solution.to("json"))["answers"]["dL_dw"]["value"] == wanted
    assert wrong_lines(json.loads(solution.to("json"))) == []


def test_a_place_that_reads_nothing_is_in_no_chain() -> None:
    settings = {"out_channels": 1, "kernel_size": 1, "stride": 4, "padding": 1, "weight": [2], "bias": False}
    solution = solved({"conv1d": settings}, "convolution", input=[1, 2, 3], upstream=[5, 7])
    assert wrong_lines(json.loads(solution.to("json"))) == []
    assert "∂y₁" not in solution.to("plain", full=True)


@pytest.mark.parametrize("ties", ["first", "all", "split"])
@pytest.mark.parametrize("seed", range(4))
def test_the_drawing_marks_the_cells_that_get_gradient(ties: str, seed: int) -> None:
    dice = random.Random(seed)
    axes, padding = dice.choice((1, 2)), dice.choice((0, 1))
    shape, settings = (4,) * axes, {"kernel_size": 2, "stride": 2, "padding": padding}
    upstream: Any = 1
    for _ in range(axes):
        upstream = [upstream] * (2 + padding)
    more = {"input": random_map(dice, *shape), "upstream": upstream, "ties": ties}
    solution = solved({f"max_pool{axes}d": settings}, **more)
    gradient = json.loads(solution.to("json"))["answers"]["dL_dx"]["value"]
    rows = [gradient] if axes == 1 else gradient
    wanted = {(r, c) for r, row in enumerate(rows, 1) for c, value in enumerate(row, 1) if value != 0}
    down, across = (padding if axes == 2 else 0), padding
    assert {(r - down, c - across) for r, c in grids(solution)[-1].marked} == wanted


@pytest.mark.parametrize("seed", range(20))
def test_cells_that_no_place_reads_are_named(seed: int) -> None:
    dice = random.Random(seed)
    kernel, stride, padding, n = dice.randint(1, 3), dice.randint(1, 4), dice.randint(0, 1), dice.randint(4, 8)
    padding = min(padding, kernel // 2)
    places = (n + 2 * padding - kernel) // stride + 1
    spec: dict[str, Any] = {"input": list(range(n)), "upstream": [1] * places}
    solution = solved({"avg_pool1d": {"kernel_size": kernel, "stride": stride, "padding": padding}}, **spec)
    read = {stride * p + u + 1 - padding for p in range(places) for u in range(kernel)}
    wanted = [i for i in range(1, n + 1) if i not in read]
    said = re.search(r"Where i is ([\d, ]+), no window covers xᵢ: its error is 0\.", solution.to("plain"))
    assert ([int(i) for i in said[1].split(",")] if said else []) == wanted
    assert "Cells between the windows" not in solution.to("plain", full=True)


def test_names_of_sizes_keep_the_sentence_on_cells_between() -> None:
    page = solved({"max_pool1d": {"kernel_size": 2, "stride": 3}}).to("plain")
    assert "Cells between the windows have none" in page


@pytest.mark.parametrize("seed", range(30))
def test_a_count_of_one_is_no_plural(seed: int) -> None:
    spec = problem(random.Random(seed))
    (name,) = spec["layer"]
    if isinstance(spec["layer"][name], dict):
        spec["layer"][name]["kernel_size"] = 1
        spec["layer"][name].pop("padding", None)
    else:
        spec["layer"][name] = 1
    page = hwsolve.solve(spec).to("plain", full=True)
    assert not re.search(r"(?<![\d×] )\b1 (cells|places|axes|windows|channels|values)\b", page)


@pytest.mark.parametrize("layer", ["max_pool2d", "avg_pool2d"])
def test_padding_is_marked_in_the_drawing(layer: str) -> None:
    settings = {"kernel_size": 3, "stride": 2, "padding": 1}
    solution = solved({layer: settings}, input=[[1, 5, 5, 0], [5, 3, 2, 2], [0, 2, 2, 2]])
    for grid in grids(solution):
        inside = {(r, c) for r in range(2, 5) for c in range(2, 6)}
        every = set(product(range(1, len(grid.cells) + 1), range(1, len(grid.cells[0]) + 1)))
        assert set(grid.outside) == every - inside
    legend = "takes no part" if layer == "max_pool2d" else "outside the map: 0"
    for form in FORMATS:
        assert legend in solution.to(form)
    assert "cell outside" in solution.to("html") and "·" in solution.to("plain")
    figure = json.loads(solution.to("json"))["sections"][-1]["figures"][0]
    assert [1, 1] in figure["outside"] and legend in figure["legend"]


def test_without_padding_nothing_is_outside() -> None:
    solution = solved({"max_pool1d": 2}, input=[1, 2, 3, 4])
    assert all(not grid.outside and not grid.legend for grid in grids(solution))
    assert "outside the map:" not in solution.to("plain")


@pytest.mark.parametrize(("ties", "word"), [("first", "equal ones"), ("all", "has the largest"), ("split", "divided")])
def test_the_box_says_what_m_is(ties: str, word: str) -> None:
    solution = solved({"max_pool2d": {"kernel_size": "K", "stride": "S"}}, ties=ties)
    page = solution.to("plain")
    box = page[: page.index("Asked")]
    assert re.search(r"m\[p, q, i, j\]\s+is\s+1", box.replace("│", " ")) and word in " ".join(
        box.replace("│", " ").split()
    )
    for form in FORMATS:
        assert word in " ".join(solution.to(form).split())


def test_the_box_says_what_the_operations_on_maps_are() -> None:
    settings = {"out_channels": 1, "kernel_size": "K", "stride": 2, "padding": 1, "bias": False}
    page = solved({"conv2d": settings}, "convolution").to("plain")
    box = " ".join(page[: page.index("Asked")].replace("│", " ").split())
    assert "⋆ is the full correlation" in box
    for name in ("rot180", "stuffed", "crop"):
        assert re.search(rf"{name}\S* (cuts|is)|{name}\(.*\) is", box)


@pytest.mark.parametrize("seed", range(25))
def test_the_windows_come_from_inequalities_that_hold(seed: int) -> None:
    """The claims of the reasons, at numbers of their own: of the first and last window, and of no other."""
    dice = random.Random(seed)
    spec = problem(dice)
    solution = hwsolve.solve(spec)
    claims = [
        claim["formula"] if isinstance(claim, dict) else claim
        for section in json.loads(solution.to("json"))["sections"]
        for part in section["body"]
        for claim in part.get("claims", [])
    ]
    lets = [line for line in solution.lines if isinstance(line, Let)]
    windows = {line.key.name: line.formula for line in lets if line.key.name[1:] in ("0", "1")}
    for claim in claims:
        f: Any = parse(claim)
        if any(ref.indices for ref in references(f)):
            continue  # a number of the case that is tried
        known = {n: dice.randint(1, 9) for n in "ijkKSPDQ"} | {n: dice.randint(4, 9) for n in ("H_in", "W_in", "L_in")}
        known |= {n: dice.randint(2, 4) for n in ("H_out", "W_out", "L_out", "D_in", "D_out")}
        found = {n: evaluate(w, lambda name, _, known=known: known[name]) for n, w in windows.items()}
        assert evaluate(f, lambda name, _, found=found, known=known: found[name] if name in found else known[name])


def test_the_statement_says_what_l_is() -> None:
    solution = solved({"avg_pool1d": "K"})
    said = [item.text.template for item in solution.sections[0].items if isinstance(item, Sentence)]
    assert any("is the loss" in template for template in said)


SLIDING = ("max_pool1d", "avg_pool1d", "max_pool2d", "avg_pool2d", "max_pool3d", "conv1d", "conv2d")


@pytest.mark.parametrize("layer", SLIDING)
@pytest.mark.parametrize(("kernel", "stride"), [("K", "S"), (2, 3), ("K", 3), (3, "S"), (3, 2)])
def test_a_cell_that_no_window_covers_is_one_of_those_that_are_told(layer: str, kernel: Any, stride: Any) -> None:
    """By counting loops: a cell without window has an empty sum as it is said, or its terms lie beyond the map."""
    axes, k, s = int(layer[-2]), 2 if kernel == "K" else kernel, 3 if stride == "S" else stride
    more = {"out_channels": 1, "bias": False} if "conv" in layer else {}
    kind = "convolution" if more else "pooling"
    page = solved({layer: {"kernel_size": kernel, "stride": stride, **more}}, kind)
    told = [m for m in said(page) if m.template == "{less}"]
    windows = {
        line.key.name: line.formula for line in page.lines if isinstance(line, Let) and line.key.name[1:] in "01"
    }
    if not windows:
        return
    beyond = "outside its map {g} is {zero}" in "".join(m.template for m in said(page))
    n, places = s * 2 + k + s - 1, 3
    for cell in product(range(1, n + 1), repeat=axes):
        known = dict(zip("ijk" if axes == 3 else "ij", cell, strict=False)) | {"K": k, "S": s}
        at = {name: evaluate(f, lambda n, _, known=known: known[n]) for name, f in windows.items()}
        covered = all(any(s * p < i <= s * p + k for p in range(places)) for i in cell)
        outside = any(
            at[p + "0"] <= at[p + "1"] and not 1 <= at[p + "0"] <= at[p + "1"] <= places for p in "pqr"[:axes]
        )
        sides = [[at[end.name] for end in m.values["less"].formula.args] for m in told]
        empty = any(last < first for last, first in sides)
        assert not (empty and covered)
        assert covered or empty or (outside and beyond)
        assert not outside or beyond


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 1), (3, 2), (2, 2)])
def test_windows_away_from_the_border_are_counted_along_each_axis(kernel: int, stride: int) -> None:
    """A cell of a map is in 2 × 2 windows of 4 × 4 cells and stride 2, not in 2."""
    page = solved({"avg_pool2d": {"kernel_size": kernel, "stride": stride}}).to("plain")
    assert "Away from the border" not in page or "along each axis" in page
    assert "along" not in solved({"avg_pool1d": {"kernel_size": kernel, "stride": stride}}).to("plain")
