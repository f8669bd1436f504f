"""The perceptron of several classes against a plain loop over the samples, and what is refused."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest
import yaml

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS
from tests.line_check import wrong_lines
from tests.often import often
from tests.test_perceptron import exact

CASES = often(15)


def loop(spec: dict[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
    """Every presentation as (net inputs, answer, mistake, rows, biases), and the epochs it took."""

    def fractions(value: Any) -> Any:
        return [fractions(v) for v in value] if isinstance(value, list) else Fraction(str(value))

    x, lr = fractions(spec["input"]), fractions(spec["lr"])
    ((key, t),) = spec["target"].items()
    t = [k - (key == "class") for k in t]
    classes = spec.get("classes") or (len(spec["weight"]) if "weight" in spec else max(t) + 1)
    w = fractions(spec.get("weight", [[0] * len(x[0])] * classes))
    given = spec.get("bias", 0)
    b = fractions(given) if isinstance(given, list) else [Fraction(str(given or 0))] * classes
    moves, made, epoch, wrong = given is not False, [], 0, 1
    while wrong and epoch < spec["epochs"]:
        epoch, wrong = epoch + 1, 0
        for s in spec.get("order", range(1, len(x) + 1)):
            row = x[s - 1]
            net = [sum(p * q for p, q in zip(w[k], row, strict=True)) + b[k] for k in range(classes)]
            answer = max(range(classes), key=lambda k: (net[k], -k))
            w, b = [[*r] for r in w], [*b]
            if answer != t[s - 1]:
                wrong += 1
                for k, sign in ((t[s - 1], 1), (answer, -1)):
                    w[k] = [p + sign * lr * q for p, q in zip(w[k], row, strict=True)]
                    b[k] += sign * lr * moves
            made.append((net, answer + 1, int(answer != t[s - 1]), w, b))
    return made, epoch


def drawn(dice: random.Random) -> dict[str, Any]:
    n, d, classes = dice.randint(2, 5), dice.randint(1, 3), dice.randint(2, 4)
    spec: dict[str, Any] = {
        "kind": "perceptron",
        "input": [[dice.randint(-8, 8) / 4 for _ in range(d)] for _ in range(n)],
        "lr": dice.choice((1, 0.5, 0.1)),
        "epochs": dice.randint(1, 8),
        "classes": classes,
    }
    numbers = [dice.randint(1, classes) for _ in range(n)]
    spec["target"] = {"class": numbers} if dice.random() < 0.6 else {"index": [k - 1 for k in numbers]}
    if dice.random() < 0.6:
        spec["weight"] = [[dice.randint(-4, 4) / 2 for _ in range(d)] for _ in range(classes)]
    bias: Any = dice.choice((None, False, 0.5, [dice.randint(-4, 4) / 2 for _ in range(classes)]))
    spec |= {} if bias is None else {"bias": bias}
    if dice.random() < 0.4:
        spec["order"] = dice.sample(range(1, n + 1), n)
    return spec


@pytest.mark.parametrize("case", range(CASES))
def test_every_presentation_is_that_of_the_loop(case: int) -> None:
    spec = drawn(random.Random(f"classes{case}"))
    made, epochs = loop(spec)
    solution = hwsolve.solve(spec)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    answers = solution.answers
    assert exact(answers["epochs"].value) == epochs
    for k, (net, o, e, w, b) in enumerate(made):
        at = f"@{k}" if k else ""
        assert [exact(answers[f"{name}{at}"].value) for name in ("net", "o", "e")] == [net, o, e]
        assert exact(answers[f"w@{k + 1}"].value) == w
        if spec.get("bias") is not False:
            assert exact(answers[f"b@{k + 1}"].value) == b
    each = len(spec["input"])
    order = spec.get("order", list(range(1, each + 1)))
    wrong = [sum(m[2] for k, m in enumerate(made) if order[k % each] == s) for s in range(1, each + 1)]
    assert exact(answers["mistakes"].value) == wrong
    assert exact(answers["w.epoch"].value) == [made[k * each - 1][3] for k in range(1, epochs + 1)]


def test_the_exercise_expects_what_the_loop_gives() -> None:
    text = (PROBLEMS / "textbook" / "perceptron-three-classes.yaml").read_text(encoding="utf-8")
    spec = yaml.safe_load(text)
    made, epochs = loop(spec)
    _, _, _, w, b = made[-1]
    wrong = [sum(m[2] for m in made[s :: len(spec["input"])]) for s in range(len(spec["input"]))]
    assert spec["expect"] == {f"w@{len(made)}": w, f"b@{len(made)}": b, "epochs": epochs, "mistakes": wrong}


def test_the_page_says_the_rule_and_shows_a_row_for_each_class() -> None:
    page = hwsolve.solve({"kind": "perceptron", "input": [[1], [-1], [3]], "target": {"class": [1, 2, 3]}, "epochs": 9})
    said = " ".join(page.to("plain").split())
    assert "o is the class with the largest netₖ, the first of several" in said
    assert "w₁ w₂ w₃ b" in said


BASE: dict[str, Any] = {"kind": "perceptron", "input": [[1, 2], [3, 4]], "target": {"class": [1, 3]}}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"weight": [[1, 2], [3, 4]]}, "The classes go from 1 to 2."),
        ({"classes": 3, "weight": [[1, 2], [3, 4]]}, "`weight` has a row for each of the 3 classes, with 2 numbers."),
        ({"bias": [1, 2]}, "`bias` has a number for each of the 3 classes."),
        ({"threshold": 1}, "`threshold` is for two."),
        ({"activation": "sign"}, "`activation` is for two."),
        ({"rule": "mistakes"}, "`rule` is for two."),
        ({"target": {"class": [1, 2, 3]}}, "3 classes are given for 2 samples."),
        ({"target": {"index": [-1, 2]}}, "The classes go from 1 to 3."),
        ({"bias": True}, "`bias` is the number at the start"),
        ({"weight": [1, 2]}, "`weight` has a row for each"),
        ({"target": [1, 0], "classes": 3}, "The classes of the samples are written"),
        ({"target": [1, 0], "bias": [0, 1]}, "A list of biases is for several classes"),
        ({"lr": 0}, "`lr` must be greater than 0."),
    ],
)
def test_what_does_not_fit_is_said(more: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(BASE | more)
    assert message in str(failure.value)
