"""Keys of steps that are not written out: patterns meet them, lists name them, and pages of one number start there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

import hwsolve
from hwsolve.cli import app
from hwsolve.solution import Group, Value
from tests.line_check import wrong_lines

NAMES = ("w1", "b1", "w2", "b2")


def net(steps: int, **settings: Any) -> dict[str, Any]:
    first = {"linear": {"out_features": 2, "weight": [["0.1", "0.2"], ["0.3", "0.4"]], "bias": ["0.5", "0.6"]}}
    last = {"linear": {"out_features": 1, "weight": [["0.7", "0.8"]], "bias": ["0.9"]}}
    problem = {
        "kind": "backprop", "network": {"input": 2, "layers": [first, "sigmoid", last]}, "input": [1, 2], "target": [1],
        "loss": "half_squared_error", "optimizer": {"sgd": {"lr": "0.1", "momentum": "0.9"}}, "steps": steps,
    }  # fmt: skip
    return problem | settings


@pytest.mark.parametrize(
    ("pattern", "met"),
    [
        ("w1@*", {f"w1@{k}" for k in range(1, 9)}),
        ("w*@3", {"w1@3", "w2@3"}),
        ("dL_dw*@3", {"dL_dw1@3", "dL_dw2@3"}),
        ("*@2", {f"{n}@2" for p in NAMES for n in (p, f"velocity_{p}", f"dL_d{p}")}
                | {f"{n}@2" for q in ("z1", "a1", "z2") for n in (q, f"dL_d{q}")} | {"L@2", "dL_dx@2"}),
    ],
)  # fmt: skip
def test_a_pattern_meets_every_step_that_can_be_named(pattern: str, met: set[str]) -> None:
    made = hwsolve.solve(net(8, ask=[pattern]))
    assert set(made.asked) == met
    assert wrong_lines(json.loads(made.to("json"))) == []


def test_a_pattern_of_very_many_steps_says_what_it_does_not_meet() -> None:
    made = hwsolve.solve(net(120, ask=["L@1", "w1@1*"], optimizer={"sgd": {"lr": "0.001"}}))
    assert any(str(120) in str(note.text) and "*" in str(note.text) for note in made.notes)
    few = hwsolve.solve(net(12, ask=["w1@1*"]))
    assert set(few.asked) == {"w1@1", "w1@10", "w1@11", "w1@12"} and not few.notes


def run(*args: str, spec: dict[str, Any]) -> str:
    found = CliRunner().invoke(app, [*args], input=json.dumps(spec))
    assert found.exit_code == 0, found.output
    return found.stdout


def test_one_number_by_a_pattern_has_every_step() -> None:
    page = run("solve", "-", "--only", "w1@*", "--format", "plain", spec=net(8))
    assert [f"Step {k} of 8" in page for k in range(1, 9)] == [True] * 8
    assert all(f"w⁽¹⁾⟨{k}⟩" in page for k in range(1, 9))


@pytest.mark.parametrize("step", [2, 3, 4, 7, 8])
def test_what_a_page_of_one_number_reads_stands_on_it_before(step: int) -> None:
    """Every weight, bias and velocity of a step that is not written out has its value above the lines that read it."""
    page = run("solve", "-", "--only", f"w1@{step}[1,1]", "--format", "plain", spec=net(8))
    assert f"Step {step} of 8" in page
    alone = f"Step {step - 1} of 8" not in page
    assert (f"After {step - 1} updates" in page) == alone
    if alone:
        above, below = page.split(f"Step {step} of 8")
        for name in set(re.findall(rf"(v_w⁽\d⁾|w⁽\d⁾|b⁽\d⁾)[₀-₉]*⟨{step - 1}⟩", below)):
            assert re.search(rf"{name}[₀-₉]*⟨{step - 1}⟩ ≈", above), name


def test_the_keys_between_are_listed() -> None:
    text = run("list", "keys", "-", spec=net(8))
    signs = {row.split()[0]: row.split()[1] for row in text.splitlines()[1:]}
    assert signs["w1@1"] == "w⁽¹⁾⟨1⟩" and signs["velocity_w2@8"] == "v_w⁽²⁾⟨8⟩" and signs["dL_dx@7"] == "∂L⟨7⟩/∂x"
    assert re.search(r"\w+@[12] … \w+@[67]\.", text)
    assert "…" not in run("list", "keys", "-", spec=net(3))
    made = json.loads(run("list", "keys", "-", "--format", "json", spec=net(8)))
    rows = {row["key"]: row for row in (*made["keys"], *made["between"])}
    for name in NAMES:
        assert all(f"{name}@{k}" in rows and f"velocity_{name}@{k}" in rows for k in range(1, 9))
        assert all(rows[f"dL_d{name}@{k}"]["symbol"].startswith(f"∂L⟨{k}⟩/∂") for k in range(1, 8))
    assert rows["w1@4"]["symbol"] == "w⁽¹⁾⟨4⟩" and rows["w1@4"]["shape"] == [2, 2]


def lines_of_page(made: hwsolve.Solution) -> set[str]:
    """The keys, without indices, that have a formula on the page as it is without --full."""
    groups = [g for step in made.sections for g in step.items if isinstance(g, Group) and g.detail == "page"]
    return {line.key.name for g in groups for line in g.lines if isinstance(line, Value) and line.stages}


ADAM: dict[str, Any] = {
    "kind": "optimize", "minimize": "w1**2 + 3*w1", "start": {"w1": 1}, "optimizer": {"adam": {"lr": "0.1"}},
}  # fmt: skip


@pytest.mark.parametrize("steps", [1, 3, 5, 9])
@pytest.mark.parametrize("spec", [net(1), ADAM])
def test_an_asked_key_of_any_step_has_its_derivation_on_the_page(spec: dict[str, Any], steps: int) -> None:
    kept = ["velocity_w1"] if spec is not ADAM else ["m_w1", "v_w1"]
    for k in range(1, steps + 1):
        asked = [f"{name}@{k}" for name in ("w1", *kept)]
        made = hwsolve.solve(spec | {"steps": steps, "ask": asked})
        assert set(asked) <= lines_of_page(made), k


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_a_short_step_stands_on_the_page_whichever_it_is(steps: int) -> None:
    made = hwsolve.solve(ADAM | {"steps": steps})
    assert {f"{n}@{k}" for n in ("w1", "m_w1", "v_w1") for k in range(1, steps + 1)} <= lines_of_page(made)
    text = made.to("plain", width=80)
    assert "goes the same way" not in text and "go the same way" not in text
    assert all(f"Step {k} of {steps}" in text for k in range(1, steps + 1))


def test_a_long_step_between_others_goes_the_same_way() -> None:
    assert "Step 2 goes the same way" in hwsolve.solve(net(3)).to("plain", width=80)
    assert "Steps 2 to 8 go the same way" in hwsolve.solve(ADAM | {"steps": 9}).to("plain", width=80)


@pytest.mark.parametrize(("spec", "name"), [(net(1), "w⁽¹⁾"), (ADAM, "w₁")])
def test_the_mark_of_a_step_is_explained_on_a_symbol_of_the_page(spec: dict[str, Any], name: str) -> None:
    text = hwsolve.solve(spec | {"steps": 3}).to("plain", width=80)
    assert f"{name}⟨3⟩ is {name} after 3 updates" in text
    assert text.count(name) > 4
