"""The kind optimize and training on batches: what pages say, and what follows when a rule is changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import hwsolve
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.adadelta import Adadelta
from hwsolve.optimizers.adamax import Adamax
from hwsolve.optimizers.nadam import NAdam
from hwsolve.render import Options, render
from tests import line_check, optimizer_exercises
from tests.conftest import PROBLEMS

FORMULA = {"kind": "optimize", "minimize": "x**2 + 3*y**2 - x*y", "start": {"x": 1, "y": -2}}
GIVEN = {"kind": "optimize", "parameters": {"w": [0.5, -1.5]}, "gradient": {"w": [[0.2, -0.4], [0.1, 0.3]]}}
NET = {
    "kind": "backprop",
    "network": {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": [[0.2, -0.1]], "bias": [0]}}]},
    "input": [[1, 0], [0.5, -1], [2, 1], [-1, 0.5], [3, 3]],
    "target": [[1], [0], [2], [-1], [0.5]],
    "loss": "mse_loss",
}


def document(problem: dict[str, Any]) -> Any:
    return json.loads(hwsolve.solve(problem).to("json"))


def lines(found: Any) -> dict[str, Any]:
    return {line["key"]: line for s in found["sections"] for line in s["lines"] if "key" in line}


@pytest.mark.parametrize("name", optimizer_exercises.EXERCISES)
def test_an_exercise_states_what_plain_loops_give(name: str) -> None:
    assert optimizer_exercises.expected(name) in (PROBLEMS / "language" / f"{name}.yaml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- a changed rule

CHANGED: dict[str, tuple[Any, str, str, str]] = {
    "nadam": (NAdam, "mu", "beta1*(1 - 0.5*0.96**(t*momentum_decay))", "beta1*(1 - 0.25*0.96**(t*momentum_decay))"),
    "adamax": (Adamax, "u_w", "max(beta2*u, abs(g) + eps)", "max(beta2*u, g**2 + eps)"),
    "adadelta": (Adadelta, "d_w", "sqrt(D + eps)/sqrt(v' + eps)*g", "sqrt(D + eps)/sqrt(v + eps)*g"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_lines_numbers_and_the_comparison_follow_a_changed_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.test_optimizers import worst

    cls, key, before, after = CHANGED[name]
    problem = GIVEN | {"optimizer": {name: {"lr": 0.1}}}
    old = lines(document(problem))
    assert worst(name, False, 5) < 1e-12
    assert before in [text for _, text in cls.LINES]
    monkeypatch.setattr(cls, "LINES", tuple((n, after if text == before else text) for n, text in cls.LINES))
    found = document(problem)
    new = lines(found)
    changed = {k for k in old if old[k].get("formula") != new[k].get("formula")}
    assert changed and all(k.startswith(f"{key}@") for k in changed)
    assert all(old[k]["value"] != new[k]["value"] for k in ("w@2[1]", "w@2[2]"))
    assert line_check.wrong_lines(found) == []
    assert worst(name, False, 5) > 1e-6


def test_options_change_the_line_and_nothing_else() -> None:
    def of(**more: Any) -> dict[str, str]:
        made = lines(document(GIVEN | {"optimizer": {"adam": {"lr": 0.1, **more}}}))
        return {key: line["formula"] for key, line in made.items() if "formula" in line}

    plain, inside, bare = of(), of(eps_place="inside"), of(bias_correction=False)
    assert plain["w@1[1]"] == "w[1] - lr*mhat_w@1[1]/(sqrt(vhat_w@1[1]) + eps)"
    assert inside["w@1[1]"] == "w[1] - lr*mhat_w@1[1]/sqrt(vhat_w@1[1] + eps)"
    assert bare["w@1[1]"] == "w[1] - lr*m_w@1[1]/(sqrt(v_w@1[1]) + eps)"
    assert {re.split(r"\[", k)[0] for k in plain if plain[k] != inside[k]} == {"w@1", "w@2"}
    assert {k for k in plain if k not in bare} == {k for k in plain if "hat" in k}


def test_the_rate_inside_of_the_velocity() -> None:
    made = lines(document(FORMULA | {"optimizer": {"sgd": {"lr": 0.1, "momentum": 0.5, "rate": "inside"}}}))
    assert made["velocity_x@1"]["formula"] == "momentum*velocity_x + lr*df_dx"
    assert made["x@1"]["formula"] == "x - velocity_x@1"


# ---------------------------------------------------------------- schedules, clipping, the middle of a training


def test_a_learning_rate_that_is_a_formula_has_a_line_of_its_own_for_each_update() -> None:
    made = lines(document(GIVEN | {"optimizer": {"sgd": {"lr": "0.1*(1 - (t - 1)/steps)"}}}))
    assert (made["lr@1"]["value"], made["lr@2"]["value"]) == ("0.1", "0.05")
    assert made["w@2[1]"]["formula"] == "w@1[1] - lr@2*g@1[1]"


def test_a_given_that_differs_has_the_number_of_its_step() -> None:
    given = {g["key"]: g["value"] for g in document(GIVEN | {"optimizer": "adam"})["given"]}
    assert (given["g[2]"], given["g@1[2]"]) == ("-0.4", "0.3")


@pytest.mark.parametrize("norm", [0.5, 0.1])
def test_the_norm_is_that_of_all_gradients(norm: float) -> None:
    problem = {
        "kind": "optimize", "parameters": {"w": [1, 2], "b": 3}, "gradient": {"w": [[0.2, 0.1]], "b": [0.2]},
        "optimizer": {"sgd": {"lr": 1, "clip": {"norm": norm, "eps": 0}}},
    }  # fmt: skip
    made = lines(document(problem))
    assert made["gnorm@1"]["value"] == "0.3"
    assert float(made["scale@1"]["value"]) == pytest.approx(min(1, norm / 0.3), rel=1e-5)
    assert made["b@1"]["formula"] == "b - lr*ghat_b@1"


def test_states_and_earlier_updates_are_where_training_goes_on() -> None:
    """Two updates in one go are the same as one, and one more from its states."""
    whole = document(GIVEN | {"optimizer": {"nadam": {"lr": 0.1}}, "digits": 17})["answers"]
    state = {s: {"w": whole[f"{s}_w@1"]["value"]} for s in ("m", "v")} | {"P": whole["P@1"]["value"]}
    later = {
        "kind": "optimize", "parameters": {"w": whole["w@1"]["value"]}, "gradient": {"w": [[0.1, 0.3]]},
        "optimizer": {"nadam": {"lr": 0.1, "step": 1, "state": state}}, "digits": 17,
    }  # fmt: skip
    after = document(later)["answers"]["w@1"]["value"]
    assert [float(v) for v in after] == pytest.approx([float(v) for v in whole["w@2"]["value"]], rel=1e-12)


# ---------------------------------------------------------------- batches


def test_the_key_of_a_loss_is_that_of_the_batch_of_the_next_update() -> None:
    data = {"optimizer": {"sgd": {"lr": 0.1}}, "batch_size": 2, "order": [3, 1, 2, 4, 5], "epochs": 2}
    found = document(NET | data)
    keys = set(found["answers"])
    assert {"L", "L@1", "L@5", "L_all", "L_all@3", "L_all@6"} <= keys
    assert not {"L@6", "L_all@1", "L_all@2"} & keys
    assert line_check.wrong_lines(found) == []
    page = hwsolve.solve(NET | data).to("plain")
    assert "Batch 1: samples 3, 1." in page and "Batch 3: sample 5." in page and "x⟨B3⟩" in page


def test_an_epoch_of_one_batch_is_a_step_over_all_samples() -> None:
    sgd = {"optimizer": {"sgd": {"lr": 0.1}}}
    whole, epoch = document(NET | sgd | {"steps": 2}), document(NET | sgd | {"epochs": 2})
    assert whole["answers"]["w1@2"] == epoch["answers"]["w1@2"]
    assert whole["answers"]["L@2"]["value"] == epoch["answers"]["L_all@2"]["value"]


def test_samples_that_no_batch_has_are_named() -> None:
    page = hwsolve.solve(NET | {"optimizer": {"sgd": {"lr": 0.1}}, "batches": [[1, 2], [4]]}).to("plain")
    assert "never seen in training: 3, 5." in page


def test_classes_go_with_their_samples() -> None:
    layers = [{"linear": {"out_features": 3, "weight": [[0.1, 0.2], [0.3, -0.1], [0, 0.5]], "bias": [0, 0, 0]}}]
    problem = NET | {
        "network": {"input": 2, "layers": layers}, "target": {"class": [1, 3, 2, 2, 1]}, "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.1}},
    }  # fmt: skip
    batches = document(problem | {"batches": [[2, 5]]})
    alone = document(problem | {"input": [[0.5, -1], [3, 3]], "target": {"class": [3, 1]}})
    assert batches["answers"]["w1@1"]["value"] == alone["answers"]["w1@1"]["value"]
    assert line_check.wrong_lines(batches) == []


def test_the_epoch_is_a_line_where_the_rate_reads_it() -> None:
    made = lines(document(NET | {"optimizer": {"sgd": {"lr": "0.1/epoch"}}, "batch_size": 3, "epochs": 2}))
    assert [made[f"epoch@{k}"]["value"] for k in (1, 2, 3, 4)] == ["1", "1", "2", "2"]


# ---------------------------------------------------------------- pages


def test_the_table_has_a_row_for_every_step() -> None:
    page = hwsolve.solve(FORMULA | {"optimizer": {"sgd": {"lr": 0.05}}, "steps": 12}).to("plain")
    rows = page.split("All steps")[1]
    assert all(re.search(rf"^ +{k} ", rows, re.MULTILINE) for k in range(13))
    assert "the objective fell" in page


def test_a_rise_is_called_one() -> None:
    assert "the objective rose" in hwsolve.solve(FORMULA | {"optimizer": {"sgd": {"lr": 1}}}).to("plain")


def test_each_optimizer_says_its_rule() -> None:
    from hwsolve.commands.word_entries import optimizer_entry

    for name in OPTIMIZERS:
        facts = {fact.key: fact.text for fact in optimizer_entry(name).facts}
        assert "w ← w" in facts["rule"], name


def test_a_starter_is_solved(tmp_path: Path) -> None:
    from hwsolve.kinds import about

    solution = hwsolve.solve(about("optimize").STARTER)
    assert "x@2" in solution.answers


def test_a_number_with_a_form_goes_over_the_elements_of_an_array() -> None:
    """A learning rate, or the factor of clipped gradients, that is no rational times an array of gradients."""
    from operator import add, mul, sub, truediv

    import numpy as np
    from flint import arb, fmpq

    from hwsolve.numbers.formed import Formed, form_of

    root = arb(2).sqrt()
    number = Formed(root, form_of(root))
    array = np.array([fmpq(1, 2), fmpq(3)], dtype=object)
    for operation in (add, sub, mul, truediv):
        found = operation(number, array)
        assert [float(v.ball) for v in found] == pytest.approx([operation(2**0.5, v) for v in (0.5, 3.0)])


@pytest.mark.parametrize(
    ("stated", "given", "told"),
    [
        ("{adam: {lr: 0.1}}", "η = 0.1", "β₁ = 0.9, β₂ = 0.999, ε = 1 × 10⁻⁸, as in PyTorch where nothing is stated."),
        ("adam", "", "η = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 1 × 10⁻⁸, as in PyTorch where nothing is stated."),
        ("{adam: {lr: 0.001, betas: [0.9, 0.999], eps: 1e-8}}", "η = 0.001 β₁ = 0.9 β₂ = 0.999 ε = 1 × 10⁻⁸", ""),
        ("{sgd: {lr: 0.1, clip: {norm: 2}}}", "η = 0.1 max_norm = 2", "clip_eps = 0.000001, as in PyTorch"),
        ("{sgd: {lr: 0.1, clip: {norm: 2, eps: 0.5}}}", "η = 0.1 max_norm = 2 clip_eps = 0.5", ""),
        ("{adamw: {lr: 0.1}}", "η = 0.1", "λ = 0.01, as in PyTorch"),
    ],
)
def test_settings_that_are_not_stated_are_told_as_defaults(stated: str, given: str, told: str) -> None:
    """Given is what the problem gives; what PyTorch puts in its place is told, though it be the same number."""
    spec = f"kind: optimize\nminimize: x**2\nstart: {{x: 3}}\nsteps: 2\noptimizer: {stated}"
    page = render([hwsolve.solve(spec)], "plain", Options(width=300, color=False))
    assert " ".join(re.findall(r"^  x = 3(.*)$", page, re.M)[0].split()) == given
    assert told in page
    assert ("where nothing is stated" in page) == bool(told)
    solution = json.loads(hwsolve.solve(spec).to("json"))
    assert line_check.wrong_lines(solution) == []
