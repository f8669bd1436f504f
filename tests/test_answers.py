"""Answers are whole: in the JSON always; a page may shorten them, and then says how to see the rest."""

from __future__ import annotations

import json
import random
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import hwsolve
from hwsolve.numbers import exact
from hwsolve.quantities import SPARED, brief, quantity
from hwsolve.spec.report import SpecFailure

STEP = re.compile(r"@(\d+)")


def network(inputs: int, outputs: int, **more: Any) -> dict[str, Any]:
    """A linear layer and ReLU with small whole weights."""
    dice = random.Random(inputs * 100 + outputs)
    weight = [[dice.randint(-3, 3) for _ in range(inputs)] for _ in range(outputs)]
    layers = [{"linear": {"out_features": outputs, "weight": weight, "bias": [1] * outputs}}]
    spec = {"kind": "backprop", "network": {"input": inputs, "layers": layers}, "input": list(range(1, inputs + 1))}
    return spec | {"target": [1] * outputs, "loss": {"mse_loss": {"reduction": "sum"}}} | more


def as_json(spec: Any, **options: Any) -> Any:
    return json.loads(hwsolve.solve(spec).to("json", **options))


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 4), (20, 17), (40, 30), (1, 100)])
def test_answers_hold_whole_arrays(inputs: int, outputs: int) -> None:
    """Against NumPy, for arrays of any length, with a line or a carried value behind each element."""
    spec = network(inputs, outputs)
    data = as_json(spec)
    w, x = np.array(spec["network"]["layers"][0]["linear"]["weight"]), np.array(spec["input"])
    z = w @ x + 1
    wanted = {"z1": z, "dL_dz1": 2 * (z - 1), "dL_dw1": np.outer(2 * (z - 1), x), "dL_dx": w.T @ (2 * (z - 1))}
    keys = {line.get("key") for s in data["sections"] for line in s["lines"]}
    for key, value in wanted.items():
        assert data["answers"][key]["value"] == value.tolist()
        assert all(f"{key}[{','.join(str(i + 1) for i in at)}]" in keys for at in np.ndindex(value.shape))
    assert {g["key"] for g in data["given"]} >= {f"w1[{o},{i}]" for o in (1, outputs) for i in (1, inputs)}


@pytest.mark.parametrize("format", ["plain", "terminal", "markdown"])
def test_a_page_shows_all_or_says_how_to_see_it(format: str) -> None:
    """The number of elements that are printed is the array's, or the page names --full, which prints them all."""
    for inputs, outputs in ((2, 3), (10, 3), (20, 3), (30, 20)):
        solution = hwsolve.solve(network(inputs, outputs))
        if inputs * outputs > 64:
            page = solution.to(format, width=200)
            assert "numbers; --full shows all" in page
            assert "--full" not in solution.to(format, width=200, only="dL_dw1")
        box = as_text(solution.to(format, width=10_000, full=True))
        assert "--full" not in box
        rows = [[q.text for q in values] for values in solution.answers["dL_dw1"].value]
        ways = (rows, zip(*rows, strict=True))  # what is wide is set as the transpose of what is high
        assert any(all(" ".join(row) in box for row in way) for way in ways), rows


def as_text(page: str) -> str:
    """A page with its numbers alone, parted by a space."""
    return re.sub(r"[^\d.-]+", " ", re.sub(r"(?<=\d)(,|\{,\})(?=\d{3})", "", page.replace("−", "-")))


def test_the_gradient_of_the_input_is_an_answer_beside_those_of_the_weights() -> None:
    """It is worked out in any case, and stands on the card where it is asked."""
    solution = hwsolve.solve(network(2, 2))
    assert "dL_dx" in solution.answers and "∂L/∂w⁽¹⁾ = " in card(solution) and "∂L/∂z" not in card(solution)
    assert "∂L/∂x" not in solution.to("plain")
    asked = card(hwsolve.solve(network(2, 2, ask=["dL_dx", "dL_dw*"])))
    assert "∂L/∂x = ⎡" in asked and "∂L/∂w⁽¹⁾ = ⎡" in asked and "∂L/∂z" not in asked


def card(solution: hwsolve.Solution) -> str:
    """The box of the answers, at the beginning of a page."""
    page = solution.to("plain")
    assert page.startswith("╭─ Answer")
    return page[: page.index("╰")]


def test_values_of_the_function_at_a_point_are_answers() -> None:
    spec = {"kind": "derivative", "function": "x**2", "at": [{"x": 3}, {"x": "1/3"}]}
    solution = hwsolve.solve(spec)
    assert [q.exact for q in solution.answers["d0_at"].value] == ["9", "1/9"]
    asked = card(hwsolve.solve({**spec, "ask": ["d0_at"]}))
    assert "9 " in asked and "0.111111" in asked


@pytest.mark.parametrize("steps", [3, 12, 120])
def test_keys_stand_in_the_order_of_their_steps(steps: int) -> None:
    spec = network(2, 1, optimizer={"sgd": {"lr": "1/100"}}, steps=steps, expect={"L@7": 0} if steps > 7 else {})
    data = as_json(spec)
    found = [int(match[1]) if (match := STEP.search(key)) else 0 for key in data["answers"]]
    assert found == sorted(found) and {f"L@{k}" for k in range(1, steps + 1)} <= data["answers"].keys()


def test_what_came_out_is_whole_beside_what_was_expected() -> None:
    weights = [["1/3", "0.1234567890123456789"], ["sqrt(2)", 2]]
    layer = {"linear": {"out_features": 2, "weight": weights, "bias": False}}
    spec = {"kind": "backprop", "network": {"input": 2, "layers": [layer]}, "input": [1, 1], "upstream": [1, 1]}
    expect = {"z1[1]": 0, "z1[2]": 0, "dL_dx": [1, 3], "z1": [0.456790, 3.414214]}
    data = as_json(spec | {"expect": expect, "published": {"z1[1]": 0.45, "dL_dx[1]": 2}})
    got = {c["key"]: c["got"] for c in data["checks"]}
    assert Fraction(got["z1[1]"]) == Fraction(1, 3) + Fraction("0.1234567890123456789")
    mpmath.mp.dps = 40
    assert abs(mpmath.mpf(got["z1[2]"]) - (2 + mpmath.sqrt(2))) < mpmath.mpf(10) ** -29
    assert Fraction(got["dL_dx[2]"]) == Fraction("2.1234567890123456789")
    assert (
        abs(mpmath.mpf(data["published"][1]["computed"]) - (mpmath.mpf(1) / 3 + mpmath.sqrt(2))) < mpmath.mpf(10) ** -29
    )
    long = as_json(network(30, 1) | {"expect": {"dL_dx": [0] * 30, "dL_dz1": [0, 1]}})
    assert len(long["checks"]) > 20
    assert "…" not in json.dumps([c["got"] for c in long["checks"]])


KINDS = [
    "kind: count-params\nnetwork: {input: [3, H, 9], layers: [{conv2d: {out_channels: 4, kernel_size: 3}}, relu, flatten]}",
    "kind: count-params\nnetwork: {input: 7, layers: [{repeat: {times: 3, body: [{linear: 7}, sigmoid]}}]}",
    "kind: complexity\nnetwork: {input: n, layers: [{repeat: {times: L, body: [{linear: n}, relu]}}, {linear: 5}]}",
    "kind: initialization\nlayer: {conv2d: {out_channels: 8, kernel_size: 3}}\ninput: [4, H, W]\nactivation: tanh\nmode: average",
    "kind: derivative\nfunction: x**2*y + relu(x)\nvariables: {x: {}, y: {}}\nwrt: [x, y]\norder: 2\nat: [{x: 1, y: 2}, {x: 3, y: 1/3}]",
    "kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: 2, weight: [[1, 2], [3, 4]], bias: [1]}}\n"
    "input: {arange: 36, shape: [6, 6]}\nupstream: {ones: [5, 5]}",
    "kind: pooling\nlayer: {max_pool2d: 2}\ninput: {arange: 400, shape: [20, 20]}\nupstream: {ones: [10, 10]}",
    "kind: backprop\nnetwork: {input: 2, layers: [{linear: {out_features: 70, weight: {init: normal, seed: 3}, bias: {zeros: 70}}}, tanh]}\n"
    "input: [1, 2]\ntarget: {zeros: 70}\nloss: mse_loss\noptimizer: {sgd: {lr: 1, momentum: 0.5}}\nsteps: 7",
]


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.split()[1])
def test_every_key_that_can_be_asked_is_in_the_json_and_every_line_is_an_answer(spec: str) -> None:
    """Each answer of the JSON is what `expect` finds under its key; each value with a line can be asked."""
    plain = as_json(spec)
    lines = {line["key"] for s in plain["sections"] for line in s["lines"] if line["kind"] in ("value", "carried")}
    names = {key.partition("[")[0] for key in lines}
    known = plain["answers"].keys() | {f"{key}.normal" for key in plain["answers"]}  # that it is a mean over a law
    unasked = {name for name in names if name not in known and not STEP.search(name)}
    assert not unasked  # of a step between, only the loss is an answer, and what the spec names
    for key, answer in plain["answers"].items():
        value = answer.get("formula", answer.get("exact") or answer.get("value"))
        stated = {"value": value, "tolerance": 1e-12} if answer["system"] == "certified" else value
        asked = hwsolve.solve(f"{spec}\nexpect:\n  {json.dumps(key)}: {json.dumps(stated)}\n")
        assert [c.ok for c in asked.checks] == [True], (key, [c.difference for c in asked.checks])


def test_an_element_can_be_asked_by_itself() -> None:
    spec = network(40, 3)
    data = as_json(spec)
    row = data["answers"]["dL_dw1"]["value"][1]
    asked = hwsolve.solve(spec | {"expect": {f"dL_dw1[2,{k}]": row[k - 1] for k in (1, 17, 40)}})
    assert all(c.ok for c in asked.checks)
    with pytest.raises(SpecFailure):
        hwsolve.solve(spec | {"expect": {"dL_dw1[4,1]": 0}})


@pytest.mark.parametrize("seed", range(40))
def test_a_long_decimal_is_rounded_in_the_box(seed: int) -> None:
    """It is the nearest decimal of the page's digits, by Python's own; a short one stays as it is."""
    dice = random.Random(seed)
    digits, length = dice.randint(3, 9), dice.randint(1, 12)
    typed = Decimal(dice.randint(10 ** (length - 1), 10**length - 1)).scaleb(-dice.randint(1, length))
    shown = brief(quantity(exact(*typed.as_integer_ratio()), digits), digits)
    own = len(typed.normalize().as_tuple().digits)
    if own > digits + SPARED and typed != int(typed):
        assert shown.relation == "≈"
        assert Decimal(shown.text) == Context(prec=digits, rounding=ROUND_HALF_UP).plus(typed)
    else:
        assert (shown.relation, Decimal(shown.text)) == ("=", typed)
