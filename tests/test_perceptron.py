"""The perceptron against a plain loop over the samples, on data that can be separated and that cannot, by every rule."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import often

CASES = often(25)


def loop(x: Any, t: Any, w: Any, beside: Any, sign: int, at_zero: int, low: int, spec: dict[str, Any]) -> Any:
    """Every presentation as (net, o, e, w, what stands beside), and the epochs it took."""
    lr, made, epoch, wrong = Fraction(str(spec["lr"])), [], 0, 1
    stays = any(isinstance(spec.get(key), dict) for key in ("bias", "threshold"))
    while wrong and epoch < spec["epochs"]:
        epoch += 1
        wrong = 0
        for s in spec.get("order", range(1, len(x) + 1)):
            net = sum(a * b for a, b in zip(w, x[s - 1], strict=True)) + sign * beside
            o = at_zero if net == 0 else 1 if net > 0 else low
            e = (t[s - 1] if t[s - 1] * net <= 0 else 0) if spec["rule"] == "mistakes" else t[s - 1] - o
            w, beside = [a + lr * e * b for a, b in zip(w, x[s - 1], strict=True)], beside + sign * lr * e * (not stays)
            made.append((net, o, e, w, beside))
            wrong += e != 0
    return made, epoch


def drawn(dice: random.Random) -> tuple[dict[str, Any], Any]:
    """A problem, and what the loop gives for it."""
    n, d = dice.randint(2, 5), dice.randint(1, 3)
    x = [[Fraction(dice.randint(-6, 6), dice.choice((1, 1, 2, 3))) for _ in range(d)] for _ in range(n)]
    rule, name = dice.choice((("error", "step"), ("error", "sign"), ("mistakes", "sign")))
    low = 0 if name == "step" else -1
    hidden = [dice.randint(-3, 3) for _ in range(d + 1)]  # of a line that parts them, for half of the problems
    side = [sum(a * b for a, b in zip(hidden, [*row, 1], strict=True)) > 0 for row in x]
    t = [1 if (s if dice.random() < 0.5 else dice.random() < 0.5) else low for s in side]
    if dice.random() < 0.5:
        t = [1 if s else low for s in side]
    at_zero = dice.choice((0, 1) if name == "step" else (-1, 0, 1))
    kind = dice.choice(("bias", "threshold", "none"))
    w = [Fraction(dice.randint(-4, 4), 2) for _ in range(d)]
    beside = Fraction(0) if kind == "none" else Fraction(dice.randint(-4, 4), 4)
    spec: dict[str, Any] = {
        "kind": "perceptron",
        "input": [[str(v) for v in row] for row in x],
        "target": t,
        "weight": [str(v) for v in w],
        "activation": {name: {"at_zero": at_zero}},
        "rule": rule,
        "lr": dice.choice((1, 0.5, 0.1)),
        "epochs": dice.randint(1, 12),
    }
    spec |= {"bias": {"bias": False}, "threshold": {}}.get("bias" if kind == "none" else "threshold", {})
    if kind != "none":
        spec[kind] = {"value": str(beside), "trainable": False} if dice.random() < 0.3 else str(beside)
    if dice.random() < 0.4:
        spec["order"] = dice.sample(range(1, n + 1), n)
    sign = {"bias": 1, "threshold": -1, "none": 0}[kind]
    return spec, loop(x, t, w, beside, sign, at_zero, low, spec)


def exact(value: Any) -> Any:
    """An answer as fractions."""
    return [exact(v) for v in value] if isinstance(value, tuple) else Fraction(value.exact or value.text)


@pytest.mark.parametrize("case", range(CASES))
def test_every_presentation_is_that_of_the_loop(case: int) -> None:
    dice = random.Random(f"perceptron{case}")
    spec, (made, epochs) = drawn(dice)
    solution = hwsolve.solve(spec)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    answers = solution.answers
    each = len(spec["input"])
    assert exact(answers["epochs"].value) == epochs and len(made) == epochs * each
    key = "theta" if "threshold" in spec else "b"
    for k, (net, o, e, w, beside) in enumerate(made):
        at = f"@{k}" if k else ""
        assert [exact(answers[f"{name}{at}"].value) for name in ("net", "o", "e")] == [net, o, e]
        assert exact(answers[f"w@{k + 1}"].value) == w
        if isinstance(spec.get("bias", spec.get("threshold")), dict):
            assert f"{key}@{k + 1}" not in answers and exact(answers[key].value) == beside
        elif spec.get("bias") is not False:
            assert exact(answers[f"{key}@{k + 1}"].value) == beside
    order = spec.get("order", list(range(1, each + 1)))
    wrong = [sum(m[2] != 0 for k, m in enumerate(made) if order[k % each] == s) for s in range(1, each + 1)]
    assert exact(answers["mistakes"].value) == wrong
    assert exact(answers["w.epoch"].value) == [made[k * each - 1][3] for k in range(1, epochs + 1)]


def text(spec: dict[str, Any]) -> str:
    """The page on one line."""
    return " ".join(hwsolve.solve(spec).to("plain").split())


XOR = {"kind": "perceptron", "input": [[0, 0], [0, 1], [1, 0], [1, 1]], "target": [0, 1, 1, 0], "epochs": 20}


def test_what_cannot_be_separated_is_said_and_proven() -> None:
    said = text(XOR)
    assert "Epoch 20 is the last that is allowed" in said
    assert "no straight line parts the two classes" in said
    assert "The limit of 20 epochs is reached" in said
    assert "are like epoch" in said  # and not a row for each


def test_a_limit_that_is_too_low_is_no_proof() -> None:
    spec = XOR | {"target": [0, 0, 0, 1], "epochs": 2}
    said = text(spec)
    assert "no straight line" not in said
    _, epochs = loop(
        [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], [0, 0], 0, 1, 1, 0, {"rule": "error", "lr": 1, "epochs": 99}
    )
    assert f"With more epochs it ends: epoch {epochs} has no mistake." in said


@pytest.mark.parametrize("case", range(CASES))
def test_a_circle_is_never_claimed_of_what_can_be_separated(case: int) -> None:
    """Of samples that a line parts with room to spare, whatever the rule is."""
    dice = random.Random(f"circle{case}")
    spec, _ = drawn(dice)
    d = len(spec["input"][0])
    hidden = [dice.choice((-2, -1, 1, 2)) for _ in range(d)]
    spec["input"] = [[dice.randint(-5, 5) for _ in range(d)] for _ in spec["input"]]
    low = 0 if "step" in spec["activation"] else -1
    sums = [sum(a * b for a, b in zip(hidden, row, strict=True)) for row in spec["input"]]
    kept = [k for k, s in enumerate(sums) if s]
    if not kept:
        return
    spec["input"] = [spec["input"][k] for k in kept]
    spec["target"] = [1 if sums[k] > 0 else low for k in kept]
    spec.pop("order", None)
    spec["epochs"] = 1
    assert "parts the two classes" not in text(spec)


def test_a_long_training_is_carried_over_between_its_ends() -> None:
    spec = XOR | {"epochs": 400, "expect": {"w@1000": [0, 0]}}
    solution = hwsolve.solve(spec)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    made, _ = loop(
        [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], [0, 0], 0, 1, 1, 0, {"rule": "error", "lr": 1, "epochs": 400}
    )
    assert exact(solution.answers["w@1000"].value) == made[999][3]
    assert exact(solution.answers["w@1600"].value) == made[1599][3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": [0, 1, 1, -1]}, "With `sign` the targets are -1 and 1; that of sample 1 is 0."),
        ({"target": [0, 1, 2, 0]}, "With `step` the targets are 0 and 1; that of sample 3 is 2."),
        ({"input": [1, 2]}, "The samples are rows, as `[[2, 3], [1, 1]]`."),
        ({"target": [1, 0]}, "There are 4 samples: `target` is a list with a number for each."),
        ({"weight": [1]}, "Each sample has 2 numbers: `weight` is a list of as many."),
        ({"lr": 0}, "`lr` must be greater than 0."),
        ({"bias": 1, "threshold": 2}, "`bias` and `threshold` can't both be given."),
        ({"bias": True}, "`bias` is the number at the start, or `false` for none."),
        ({"order": [1, 2, 3, 3]}, "`order` names every sample from 1 to 4 once."),
        ({"lr": "sqrt(2)"}, "A perceptron is trained in fractions; `sqrt(2)` is none."),
        (
            {"rule": "mistakes", "activation": "step"},
            "The rule `mistakes` multiplies by the target, which `step` would have at 0.",
        ),
    ],
)
def test_what_does_not_fit(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecFailure) as caught:
        hwsolve.solve(XOR | change)
    assert said in str(caught.value)


def test_a_threshold_that_stays_has_no_column_and_proves_nothing_by_a_circle_alone() -> None:
    """The weights of AND with a threshold of -1 come again and again, though a line with another threshold parts it."""
    spec = XOR | {"target": [0, 0, 0, 1], "threshold": {"value": -1, "trainable": False}}
    said = text(spec)
    assert "θ is not learned: it stays as it is." in said and "takes ηe off θ" not in said
    assert "goes in circles" in said and "no straight line" not in said
    with pytest.raises(SpecFailure, match="a number, or a list with one for each"):
        hwsolve.solve(
            {
                "kind": "perceptron",
                "input": [[0, 1]],
                "target": {"class": [1]},
                "bias": {"value": 1, "trainable": False},
            }
        )


@pytest.mark.parametrize("targets", [[1, 0], {"class": [1, 2]}])
def test_a_rate_that_is_not_stated_is_told_and_not_given(targets: Any) -> None:
    spec: dict[str, Any] = {"kind": "perceptron", "input": [[1, 0], [0, 1]], "target": targets}
    page = hwsolve.solve(spec).to("plain")
    assert "η = 1, as none is stated." in page
    assert page.count("η = 1") == 1
    assert "as none is stated" not in hwsolve.solve(spec | {"lr": 1}).to("plain")
