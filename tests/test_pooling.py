"""Pooling by hand: small cases, ties, the general case, and what the homework's own answers say of it."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from math import exp, pi, sqrt, tanh
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, references, transform
from hwsolve.solution import Sentence, Value
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS
from tests.line_check import wrong_lines
from tests.random_windows import problem
from tests.test_convolution import values

MAP = [[1, 5, 2], [4, 3, 6], [0, 8, 7]]


def solved(layer: Any, **more: Any) -> Any:
    """The solution, every line of which an independent reader has calculated anew."""
    solution = hwsolve.solve({"kind": "pooling", "layer": layer, "input": MAP} | more)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    return solution


def test_the_largest_and_the_mean_of_each_window() -> None:
    """Zhang and others, Dive into Deep Learning, section 7.5."""
    plane = {"input": [[0, 1, 2], [3, 4, 5], [6, 7, 8]]}
    assert values(solved({"max_pool2d": {"kernel_size": 2, "stride": 1}}, **plane), "y") == [[4, 5], [7, 8]]
    assert values(solved({"avg_pool2d": {"kernel_size": 2, "stride": 1}}, **plane), "y") == [[2, 3], [5, 6]]


def test_what_overlapping_windows_send_adds_up() -> None:
    found = solved({"max_pool2d": {"kernel_size": 2, "stride": 1}}, upstream=[[1, 2], [3, 4]])
    assert values(found, "dL_dx") == [[0, 1, 0], [0, 0, 2], [0, 7, 0]]
    mean = solved({"avg_pool2d": {"kernel_size": 2, "stride": 1}}, upstream=[[4, 8], [12, 16]])
    assert values(mean, "dL_dx") == [[1, 3, 2], [4, 10, 6], [3, 7, 4]]


@pytest.mark.parametrize(
    ("ties", "wanted"),
    [("first", [[6, 0], [0, 0]]), ("all", [[6, 6], [0, 6]]), ("split", [[2, 2], [0, 2]])],
)
def test_of_several_largest_cells(ties: str, wanted: list[list[float]]) -> None:
    found = solved({"max_pool2d": 2}, input=[[3, 3], [1, 3]], upstream=[[6]], ties=ties)
    assert values(found, "dL_dx") == wanted
    word = {"first": "first", "all": "each", "split": "equally"}[ties]
    assert any(word in str(note.text) for note in found.notes)


def test_ties_of_certified_values_are_one_value() -> None:
    """The largest of equal inputs after a function: balls that no precision can part, but they stand for one number."""
    net = {"input": [1, 2, 2], "layers": ["tanh", {"max_pool2d": 2}]}
    problem = {"kind": "backprop", "network": net, "input": [[[1, 2], [2, 1]]], "upstream": [[[3]]]}
    found = hwsolve.solve(problem)
    assert values(found, "dL_da0") == [[[0, 3], [0, 0]]]
    assert wrong_lines(json.loads(found.to("json"))) == []


def test_a_maximum_over_rationals_and_real_numbers_can_be_read() -> None:
    """What a long quantity carries over stands as decimals beside values that a reader works out as real numbers."""
    dice = range(1, 101)
    net = {
        "input": [1, 10, 10],
        "layers": [
            {"conv2d": {"out_channels": 1, "kernel_size": 1, "weight": 0.5, "bias": [0.1]}},
            "sigmoid",
            {"max_pool2d": 2},
        ],
    }
    rows = [[[k / 100 for k in dice[10 * r : 10 * r + 10]] for r in range(10)]]
    problem = {"kind": "backprop", "network": net, "input": rows, "upstream": [[[1] * 5] * 5]}
    assert wrong_lines(json.loads(hwsolve.solve(problem).to("json"))) == []


def test_long_windows_keep_their_sign() -> None:
    x = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3]
    found = solved({"max_pool1d": {"kernel_size": 15, "stride": 1}}, input=x, upstream=[1, 2, 3, 4])
    assert values(found, "y") == [9, 9, 9, 9]
    assert values(found, "dL_dx")[5] == 10


def test_a_line_says_of_a_tie_only_where_there_is_one() -> None:
    found = solved({"max_pool1d": {"kernel_size": 2}}, input=[3, 3, 1, 2], upstream=[1, 1])
    formulas = {plain(line.key): plain(line.formula) for line in found.lines if hasattr(line, "stages")}
    assert formulas["dL_dx[2]"] == "dL_dy[1]*if(x[2] == y[1], if(x[1] == y[1], 0, 1), 0)"
    assert formulas["dL_dx[4]"] == "dL_dy[2]*if(x[4] == y[2], 1, 0)"


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        ({"avg_pool1d": {"kernel_size": 3, "stride": 2, "padding": 1}}, [3, 5, 6]),
        ({"avg_pool1d": {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}}, [4.5, 5, 9]),
        ({"avg_pool1d": {"kernel_size": 2, "stride": 2, "ceil_mode": True}}, [4.5, 4.5, 18]),
        ({"adaptive_avg_pool1d": 2}, [6, 9]),
        ({"adaptive_max_pool1d": 2}, [9, 18]),
        ({"max_pool1d": {"kernel_size": 2, "stride": 1, "dilation": 3}}, [3, 18]),
    ],
)
def test_windows_over_borders(layer: Any, wanted: list[float]) -> None:
    """PyTorch's own rules for what counts, worked out on paper."""
    assert values(solved(layer, input=[3, 6, 9, 0, 18]), "y") == wanted


@pytest.mark.parametrize("lead", [(), (1,), (2, 1)])
def test_the_shape_of_a_batch_counts_its_samples(lead: tuple[int, ...]) -> None:
    x = [1, 2, 3, 4]
    for n in reversed(lead):
        x = [x] * n  # type: ignore[list-item]
    for layer in ({"max_pool1d": 2}, {"max_pool1d": {"kernel_size": "K", "stride": 2}}):
        found = solved(layer, input=x, sizes={"K": 2})
        assert values(found, "shape.y") == [*lead, 2]


def test_global_average_pooling() -> None:
    found = solved({"adaptive_avg_pool2d": 1}, input=[MAP, MAP], upstream=[[[9]], [[18]]])
    assert values(found, "y") == [[[4]], [[4]]]
    assert values(found, "dL_dx") == [[[1] * 3] * 3, [[2] * 3] * 3]


# ---------------------------------------------------------------- for all sizes


def general(layer: Any, **more: Any) -> Any:
    solution = hwsolve.solve({"kind": "pooling", "layer": layer} | more)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    return solution


def test_the_general_average() -> None:
    found = general({"avg_pool2d": {"kernel_size": "K"}})
    assert plain(found.answers["y"].value) == "Sum(Sum(x[K*(p - 1) + u,K*(q - 1) + v], v, 1, K), u, 1, K)/K**2"
    assert plain(found.answers["recursion"].value).endswith("/K**2")


@pytest.mark.parametrize(
    ("ties", "share"),
    [
        ("first", "Prod(if(x[i - u + u2] == y[(i - u)/S + 1], 0, 1), u2, 1, u - 1)"),
        ("all", "1"),
        ("split", "1/Sum(if(x[i - u + u2] == y[(i - u)/S + 1], 1, 0), u2, 1, K)"),
    ],
)
def test_the_general_maximum_goes_to_the_cells_of_its_convention(ties: str, share: str) -> None:
    found = general({"max_pool1d": {"kernel_size": "K", "stride": "S"}}, ties=ties)
    recursion = plain(found.answers["recursion"].value)
    assert f"if(x[i] == y[(i - u)/S + 1], {share}, 0)" in recursion
    assert recursion.count("floor((i - u)/S) == (i - u)/S") == 1


@pytest.mark.parametrize("ties", ["first", "all", "split"])
def test_what_lies_outside_the_map_is_skipped_by_a_maximum(ties: str) -> None:
    """In a window over the border only cells below 0 are there: none counts as 0, in the bounded formula either."""
    layer = {"max_pool2d": {"kernel_size": 2, "padding": 1}}
    found = solved(layer, input=[[-1, -1], [-1, -1]], upstream=[[1, 2], [3, 4]], ties=ties)
    assert values(found, "y") == [[-1, -1], [-1, -1]]
    assert values(found, "dL_dx") == [[1, 2], [3, 4]]
    assert not any("counts as 0" in str(getattr(line, "text", "")) for line in found.lines)
    bounded = plain(found.answers["recursion.bounds"].value)
    assert ("1 <= i - u + u2" in bounded) == (ties != "all")


@pytest.mark.parametrize("layer", ["max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool"])
@pytest.mark.parametrize("axes", [1, 2])
def test_every_pooling_layer_by_name(layer: str, axes: int) -> None:
    size = "output_size" if "adaptive" in layer else "kernel_size"
    found = general({f"{layer}{axes}d": {size: "Q" if "adaptive" in layer else "K"}})
    assert "recursion" in found.answers


@pytest.mark.parametrize(("spec", "other"), [("2.5-max-pooling", "Sum"), ("2.5-average-pooling", "Max")])
def test_the_homework_has_the_two_formulas_under_each_other_s_name(spec: str, other: str) -> None:
    found = hwsolve.solve(PROBLEMS / f"homework-2/{spec}.yaml")
    (published,) = [p for p in found.published if p.key == "y"]
    assert published.agrees is False
    assert published.stated.startswith(other)


def test_the_homework_s_recursion_of_a_convolution_is_right() -> None:
    found = hwsolve.solve(PROBLEMS / "homework-2/2.4-convolution-gradient.yaml")
    assert [p.agrees for p in found.published] == [True]


# ---------------------------------------------------------------- what does not fit

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "padding of more than half": ({"layer": {"max_pool1d": {"kernel_size": 2, "padding": 2}}}, "half of the window"),
    "a mistyped convention": ({"layer": {"max_pool2d": 2}, "ties": "frist"}, "first"),
    "a stated size": ({"layer": {"max_pool2d": {"features": 4}}}, "without a window"),
    "a window in the padding alone": (
        {"layer": {"max_pool1d": {"kernel_size": 2, "padding": 1, "dilation": 2}}, "input": [5]},
        "no maximum",
    ),
    "another layer": ({"layer": {"conv2d": 3}}, "conv2d"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_an_error_with_its_place(name: str) -> None:
    problem, part = WRONG[name]
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "pooling", "input": MAP} | problem)
    assert part in str(failure.value)


@pytest.mark.parametrize("numbers", ['["sqrt(2)", e]', "[e, pi]", "[1, pi]"])
def test_e_and_pi_are_numbers_of_an_input(numbers: str) -> None:
    found = hwsolve.solve("kind: pooling\nlayer: {max_pool1d: 2}\ninput: " + numbers)
    values = {"sqrt(2)": sqrt(2), "e": exp(1), "pi": pi, "1": 1.0}
    wanted = max(values[text.strip('" ')] for text in numbers[1:-1].split(","))
    (y,) = found.answers["y"].value
    assert float(y.text) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("ties", ["first", "all", "split"])
@pytest.mark.parametrize("layer", ["max_pool1d", "adaptive_max_pool1d"])
def test_the_derivative_of_a_maximum_is_a_convention_where_there_are_ties(layer: str, ties: str) -> None:
    """At x = (1, 1) the chain rule gives 1 to each cell, whatever the convention makes of it."""
    found = solved({layer: 2 if layer == "max_pool1d" else 1}, input=[1, 1], upstream=[1], ties=ties)
    said = [str(item.text) for step in found.sections for item in step.items if isinstance(item, Sentence)]
    assert any("has no derivative" in text and "convention" in text for text in said)
    factor = {
        "first": "of several equal ones the first",
        "all": "has the largest value",
        "split": "divided by the number",
    }[ties]
    assert any(factor in text for text in said)


def test_an_average_has_no_ties_to_speak_of() -> None:
    assert "largest" not in solved({"avg_pool1d": 2}, input=[1, 1], upstream=[1]).to("plain")


@pytest.mark.parametrize("settings", [{"kernel_size": "K", "stride": "S"}, {"kernel_size": 2}, {"kernel_size": "K"}])
@pytest.mark.parametrize("axes", [1, 2])
def test_the_formula_of_the_other_pooling_is_said_to_be_that(axes: int, settings: dict[str, object]) -> None:
    """Its y, and how the error passes it."""
    for own, other, name in (("max", "avg", "average pooling"), ("avg", "max", "max pooling")):
        answers = hwsolve.solve({"kind": "pooling", "layer": {f"{other}_pool{axes}d": settings}}).answers
        y, back = (plain(answers[key].value) for key in ("y", "recursion"))
        spec = {"kind": "pooling", "layer": {f"{own}_pool{axes}d": settings}}
        (found,) = hwsolve.solve(spec | {"published": {"y": {"stated": y, "source": "key"}}}).published
        assert found.verdict == "wrong" and name in str(found.why)
        (found,) = hwsolve.solve(spec | {"published": {"recursion": {"stated": back, "source": "key"}}}).published
        assert found.verdict == "wrong" and name in str(found.why)
        (found,) = hwsolve.solve(spec | {"published": {"y": {"stated": f"2*({y})", "source": "key"}}}).published
        assert found.verdict == "wrong" and name not in str(found.why)


def test_a_kernel_that_was_not_turned_round_is_told() -> None:
    layer = {"conv2d": {"out_channels": 1, "kernel_size": "K", "bias": False}}
    stated = "Sum(Sum(w[u,v]*dL_dy[i-K+u,j-K+v], v, 1, K), u, 1, K)"
    published = {"recursion": {"stated": stated, "source": "key"}}
    (found,) = hwsolve.solve({"kind": "convolution", "layer": layer, "published": published}).published
    assert found.verdict == "wrong" and "opposite order" in str(found.why)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize(
    "settings", [{"kernel_size": "K", "stride": "S"}, {"kernel_size": "K", "stride": "S", "padding": "P"}]
)
def test_windows_side_by_side_send_one_share(settings: dict[str, Any], k: int) -> None:
    """Against a loop over windows: each cell gets a part of the only window that covers it, if one does."""
    found = hwsolve.solve({"kind": "pooling", "layer": {"avg_pool1d": settings}})
    assert wrong_lines(json.loads(found.to("json"))) == []
    f = found.answers["recursion.disjoint"].value
    for side in range(k, 3 * k + 2):
        pad = k // 2 if "padding" in settings else 0
        places = (side + 2 * pad - k) // k + 1
        wanted = dict.fromkeys(range(1, side + 1), 0)
        for p in range(1, places + 1):
            for i in range(k * (p - 1) + 1 - pad, k * p + 1 - pad):
                if i in wanted:
                    wanted[i] += 3 * p + 1
        for i, share in wanted.items():
            names = {"K": k, "P": pad, "i": i}

            def read(name: str, at: tuple[int, ...], names: dict[str, int] = names, places: int = places) -> int:
                return names[name] if not at else 3 * at[0] + 1 if 1 <= at[0] <= places else 0

            assert k * evaluate(f, read) == share


@pytest.mark.parametrize(("layer", "letters"), [("avg_pool1d", "i"), ("max_pool1d", "i"), ("max_pool2d", "ij")])
@pytest.mark.parametrize(("side", "stride"), [("K", "S"), ("K", 3), (3, "S")])
def test_it_is_shown_that_the_first_and_the_last_window_are_one(
    layer: str, letters: str, side: int | str, stride: int | str
) -> None:
    """Both ends, written out and rounded, for each axis."""
    s = hwsolve.solve({"kind": "pooling", "layer": {layer: {"kernel_size": side, "stride": stride}}})
    page = s.to("plain", width=100)
    _, _, step = page.partition("Windows side by side")
    k = 3 if 3 in (side, stride) else "K"
    for letter in letters:
        both = (f"⌈({letter} − {k})/{k}⌉ + 1", f"⌊({letter} − 1)/{k}⌋ + 1")
        equations = [equation.strip() for row in step.splitlines() for equation in row.split("   ")]
        assert [f"{end} = ⌈{letter}/{k}⌉" in equations for end in both] == [True, True]
    for i, n in ((i, n) for i in range(1, 20) for n in range(1, 7)):
        assert -((n - i) // n) + 1 == (i - 1) // n + 1 == -(-i // n)


@pytest.mark.parametrize("seed", range(12))
def test_a_cell_that_is_worked_tells_something(seed: int) -> None:
    """The worked cell has an error that is not 0, and the definition, read off the forward pass, gives it too."""
    dice = random.Random(seed)
    spec = problem(dice)
    text = hwsolve.solve(spec).to("plain", width=400)
    worked = text.partition("The formulas, worked out for ")[2].partition("Both ways give")[0]
    ends = [
        row.split(" = ")[-1].split("  ")[0].strip() for row in worked.splitlines() if row.lstrip().startswith("∂L/∂")
    ]
    assert not worked or all(end != "0" for end in ends), spec
    if "by the definition" in worked:
        first, second = ends[:2]
        assert first == second, spec


@pytest.mark.parametrize("activation", ["f", "relu", "tanh", {"leaky_relu": 0.1}])
@pytest.mark.parametrize("layer", ["max_pool1d", "avg_pool1d"])
def test_an_activation_in_front_is_in_every_formula(layer: str, activation: Any) -> None:
    """f′(z) times what the pooling passes back; of windows side by side too, which the box says beside their formula."""
    bare = {"kind": "pooling", "layer": {layer: {"kernel_size": "K", "stride": "S"}}}
    found = hwsolve.solve(bare | {"activation": activation})
    plainly = hwsolve.solve(bare)
    assert wrong_lines(json.loads(found.to("json"))) == []
    z, errors, outputs = [0.3, -0.4, 0.9, 0.2, -0.8, 0.5], [4, 2], [0.9, 0.5]
    slopes = {"f": lambda v: 7, "relu": lambda v: v > 0, "tanh": lambda v: 1 - tanh(v) ** 2}
    slope = slopes[activation] if isinstance(activation, str) else lambda v: 1 if v > 0 else 0.1
    for key in ("recursion", "recursion.disjoint"):
        for i, v in enumerate(z, 1):

            def look_up(name: str, at: tuple[int, ...], i: int = i) -> Any:
                if not at:
                    return {"K": 3, "S": 3, "i": i}[name]
                row = {"z": z, "x": z, "a": z, "y": outputs, "dL_dy": errors}[name]
                return row[at[0] - 1] if 1 <= at[0] <= len(row) else 0

            with_f, without = (evaluate(transform(s.answers[key].value, seven), look_up) for s in (found, plainly))
            assert float(with_f) == pytest.approx(slope(v) * float(without))
    (row,) = [r for r in found.to("plain").splitlines() if "(if S = K)" in r]
    assert "⌈i/K⌉" in row
    assert "(if }S = K" in found.to("markdown") and "((if" not in found.to("markdown")


def seven(node: Formula) -> Formula:
    """7 for the derivative of any function."""
    return Number(7) if isinstance(node, Call) and node.name == "d_f" else node


def worked_element(solution: Any, name: str) -> Any:
    """The only element of a long quantity whose line stands on the page."""
    (line,) = [
        line
        for line in solution.lines
        if isinstance(line, Value) and line.key.name == name and line.key.indices and not line.aside
    ]
    return line


@pytest.mark.parametrize("ties", ["first", "all", "split"])
@pytest.mark.parametrize("seed", range(4))
def test_the_worked_cell_is_one_that_the_most_windows_chose(seed: int, ties: str) -> None:
    dice = random.Random(seed)
    x = [[dice.randint(0, 6) for _ in range(4)] for _ in range(4)]
    g = [[dice.randint(1, 9) for _ in range(3)] for _ in range(3)]
    found = solved({"max_pool2d": {"kernel_size": 2, "stride": 1}}, input=x, upstream=g, ties=ties)
    took: dict[tuple[int, int], list[Fraction]] = {}  # what each cell gets, window by window
    for p in range(3):
        for q in range(3):
            cells = [(p + u, q + v) for u in range(2) for v in range(2)]
            best = [at for at in cells if x[at[0]][at[1]] == max(x[i][j] for i, j in cells)]
            for at in best[:1] if ties == "first" else best:
                took.setdefault(at, []).append(Fraction(g[p][q], len(best) if ties == "split" else 1))
    line = worked_element(found, "dL_dx")
    at = tuple(i.numerator - 1 for i in line.key.indices)
    assert len(took[at]) == max(map(len, took.values()))
    assert line.quantity.exact == str(sum(took[at]))
    symbols = line.stages[0].formula
    assert [ref.name for ref in references(symbols)] == ["dL_dy"] * len(took[at])
    text = found.to("plain", width=100)
    assert "has the largest value in the window" in text.replace("\n", " ")
    assert f"{16 - 1} other elements: --full" in " ".join(text.split())


def test_what_is_asked_is_the_worked_cell() -> None:
    layer, g = {"max_pool2d": {"kernel_size": 2, "stride": 1}}, [[1, 2], [3, 4]]
    text = solved(layer, upstream=g, ask=["dL_dx[1,2]"]).to("plain", width=100)
    assert "∂L/∂x₁₂ = ∂L/∂y₁₁ = 1\n" in text
    text = solved(layer, upstream=g, ask=["dL_dx[1,1]"]).to("plain", width=100)
    assert "∂L/∂x₁₁ = 0 " in text and "x₁₁ is taken as the maximum of no window" in text
    text = solved(layer, upstream=g, ask=["dL_dx[1,2]", "dL_dx[2,3]"]).to("plain", width=100)
    assert "∂L/∂x₁₂ = ∂L/∂y₁₁ = 1\n" in text and "∂L/∂x₂₃ = ∂L/∂y₁₂ = 2 " in text


@pytest.mark.parametrize("layer", ["avg_pool2d", "conv2d"])
def test_a_worked_cell_lies_in_as_many_windows_as_any(layer: str) -> None:
    """A corner lies in one window, a cell inside in four."""
    settings: dict[str, Any] = {"kernel_size": 2, "stride": 1}
    kind = "pooling" if layer == "avg_pool2d" else "convolution"
    if kind == "convolution":
        settings |= {"out_channels": 1, "weight": [[1, 2], [3, 4]], "bias": False}
    problem = {"kind": kind, "layer": {layer: settings}, "input": MAP, "upstream": [[1, 2], [3, 4]]}
    line = worked_element(hwsolve.solve(problem), "dL_dx")
    assert [i.numerator for i in line.key.indices] == [2, 2]
