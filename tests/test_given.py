"""What stands under "Given", and in the problem without its solution, against the spec that it came from."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

import hwsolve

NUMBERS = ("1", "-2", "0.5", "1/3", "-5/7", "sqrt(5)", "pi/2", "1e-3", "0", "12.25")
PRINTED = {"sqrt(5)": "√5", "pi/2": "π/2", "1e-3": "0.001", "-2": "−2", "-5/7": "−5/7"}


def numbers(dice: random.Random, *shape: int) -> Any:
    """Nested lists of numbers as a person types them."""
    return [numbers(dice, *shape[1:]) for _ in range(shape[0])] if shape else dice.choice(NUMBERS)


def written(value: Any) -> list[list[str]]:
    """The same on paper, row by row: a vector is a column, and one number is alone."""
    if not isinstance(value, list):
        return [[PRINTED.get(value, value)]]
    return [[PRINTED.get(v, v) for v in (row if isinstance(row, list) else [row])] for row in value]


def read(page: str, name: str) -> list[list[str]]:
    """What stands behind `name =`, row by row: a number, or a box of numbers."""
    rows = page.split("\n")
    (row, start), *more = ((r, m.end()) for r, t in enumerate(rows) for m in re.finditer(rf"(?<!\S){name} = ", t))
    assert not more
    if rows[row][start] not in "⎡⎢⎣[":
        return [[rows[row][start:].split()[0]]]
    while rows[row][start] in "⎢⎣":
        row -= 1
    found = []
    while True:
        text = re.match(r"[⎡⎢⎣\[]([^⎤⎥⎦\]]*)[⎤⎥⎦\]]", rows[row][start:])
        assert text
        found.append(text[1].split())
        if rows[row][start] in "⎣[":
            return found
        row += 1


def question(spec: Any, **options: Any) -> str:
    """The page of the problem alone, its rows put together."""
    page = hwsolve.solve(spec).to("plain", width=400, **({"questions": True} | options))
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize("seed", range(25))
def test_given_numbers_are_those_of_the_spec(seed: int) -> None:
    dice = random.Random(seed)
    n, out, samples = dice.randint(1, 3), dice.randint(2, 4), dice.randint(0, 3)
    batch = (samples,) if samples else ()
    x, w, rate = numbers(dice, *batch, n), numbers(dice, out, n), dice.choice(("1/3", "0.5", "1/7"))
    bias = dice.choice(("0.5", "1/3"))
    linear = {"out_features": out, "weight": w, "bias": {"value": bias, "shared": True, "symbols": "B"}}
    spec: dict[str, Any] = {
        "kind": "backprop",
        "network": {"input": {"size": n, "symbols": "u"}, "layers": [{"linear": linear}]},
        "input": x,
    }
    wanted, said = {"u": x, "w⁽¹⁾": w, "B": bias}, ""
    end = dice.choice(("class", "index", "numbers", "upstream"))
    if end == "upstream":
        g = numbers(dice, *batch, out)
        spec["upstream"] = {"values": g, "symbol": "H"}
        wanted["H"] = g
    else:
        spec |= {"loss": "cross_entropy", "optimizer": {"sgd": {"lr": rate}}}
        wanted["η"] = rate
    if end == "numbers":
        spec |= {"target": numbers(dice, *batch, out), "loss": "mse_loss"}
        wanted["t"] = spec["target"]
    elif end in ("class", "index"):
        classes = [dice.randint(1, out) for _ in range(samples or 1)]
        stated = [k - (end == "index") for k in classes]
        spec["target"] = {end: stated if samples else stated[0]}
        listed, counted = ", ".join(map(str, classes)), ", ".join(map(str, stated))
        if end == "class":
            noun = "targets are the classes" if samples else "target is class"
            said = f"The {noun} {listed}, counted from 1:"
        else:
            noun = "targets are the indices" if samples else "target is index"
            said = f"The {noun} {counted}, counted from 0,"
    page = question(spec)
    assert said in page
    boxes = hwsolve.solve(spec).to("plain", width=400, questions=True)
    for name, value in wanted.items():
        assert read(boxes, name) == written(value), (name, boxes)
    if end in ("class", "index"):
        assert "t =" not in page.replace("t = {", "")
        assert "t =" not in question(spec, questions=False).partition("Network")[0]


@pytest.mark.parametrize("format", ["plain", "terminal", "markdown"])
def test_an_element_alone_is_not_shown_as_the_whole_array(format: str) -> None:
    layer = "{linear: {out_features: 2, weight: [[1, 2, 3], [4, 5, 6]], bias: false}}"
    spec = f"{{kind: backprop, network: {{input: 3, layers: [{layer}]}}, input: [7, 8, 9], upstream: [1, 1]}}"
    page = hwsolve.solve(spec).to(format, only="dL_dx[2]", width=200)
    given = page[: page.index("ackward")]
    assert not re.search(r"w(⁽¹⁾|\^\{\(1\)\}) &?= ", given)
    assert "7" not in given[given.index("Given") :] and given.count("pmatrix}") == 2 * (
        format == "markdown"
    )  # upstream
    assert ("w⁽¹⁾₁₂ = 2" in given) or ("w_{12}^{(1)} = 2" in given)


def test_a_long_array_is_given_whole_or_says_how_much_is_left_out() -> None:
    layer = "{linear: {out_features: ROWS, weight: {init: xavier_uniform, seed: 3}, bias: false}}"
    spec = "{kind: backprop, network: {input: 10, layers: [LAYER]}, input: {ones: [10]}, upstream: {ones: [ROWS]}}"
    spec = spec.replace("LAYER", layer)
    assert "100 × 10 numbers" in question(spec.replace("ROWS", "100"))
    solution = hwsolve.solve(spec.replace("ROWS", "100"))
    assert sum(1 for g in solution.given if g.key.name == "w1") == 1000
    page = question(spec.replace("ROWS", "200"), only="z1[3]")
    assert "w⁽¹⁾₃₁ = " in page
    assert "and 1,994 more of 200 × 10 numbers" in page
    assert "w⁽¹⁾: …" in page


def test_sizes_with_names_stand_in_a_given_shape() -> None:
    spec = "{kind: count-params, network: {input: [C, 14, 14], layers: [{conv2d: {out_channels: 3, kernel_size: 3}}]}}"
    assert "The input of the network: C × 14 × 14." in question(spec)
    keys = [g.key for g in hwsolve.solve(spec).given if g.quantity is not None]
    assert len(keys) == 2  # only numbers are in the JSON


def test_numbers_that_a_symbolic_problem_does_not_state_are_not_given() -> None:
    spec = "{kind: convolution, layer: {conv2d: {out_channels: 1, kernel_size: K}}}"
    page = question(spec, questions=False)
    assert "Given" not in page
    assert "Take K = 2 and a map of 3 × 3." in page.partition("Tried on numbers")[2]
    assert "Tried" not in question(spec)


def test_what_numbers_do_not_say_of_an_optimizer_is_said() -> None:
    layer = "{linear: {out_features: 1, weight: [[2]], bias: {values: [1], trainable: false}}}"
    optimizer = "{sgd: {lr: 1, momentum: 0.5, nesterov: true}}"
    network = f"{{input: 1, layers: [{layer}]}}"
    spec = f"{{kind: backprop, network: {network}, input: [1], target: [1], loss: mse_loss, optimizer: {optimizer}}}"
    page = question(spec)
    for text in ("The momentum is that of Nesterov.", "Every velocity v starts at 0.", "Not trained: b1."):
        assert text in page


def test_what_a_derivative_problem_says_of_its_variables() -> None:
    spec = """
kind: derivative
function: a*Sum(w[i]*log(x[i]), i, 1, 3) + b
wrt: x[k]
variables: {a: negative, b: real, x: {size: 3, domain: positive, sum: 1}, w: {size: 3, domain: unit}}
"""
    page = question(spec)
    for text in (
        "a is negative.",
        "x is positive.",
        "w lies between 0 and 1.",
        "x is a vector of 3 elements.",
        "x add up to 1.",
    ):
        assert text in page
    assert "b is" not in page
