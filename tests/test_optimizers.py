"""Optimizers as lists of formulas: against torch.optim on given gradients, and what a changed formula changes."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve import numbers
from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Graph, Training
from hwsolve.graph.label import Label
from hwsolve.graph.run import Values, train
from hwsolve.graph.update import update
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.adam import Adam
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.spec.report import SpecFailure
from tests import line_check, peers
from tests.conftest import Run
from tests.often import often

EXACT_DIGITS = 128


def record(name: str, settings: dict[str, Any]) -> Optimizer:
    """An optimizer with the decimals of its settings."""
    from hwsolve.spec.nodes import Scalar
    from hwsolve.spec.read import documents
    from hwsolve.spec.records import read_record
    from hwsolve.spec.report import ROOT, Report

    report = Report(text=json.dumps(settings))
    node = next(node for _, node in documents(report)) if settings else Scalar(1, 1, "null")
    assert node is not None
    made: Optimizer = read_record(OPTIMIZERS[name], node, report, ROOT)
    assert report.ok
    return made


class Steps:
    """One parameter of an optimizer, whose gradient is given anew for every update."""

    def __init__(self, optimizer: Optimizer, w: np.ndarray, exact: bool) -> None:
        self.exact, self.made = exact, 0
        self.graph = Graph()
        self.w = self.graph.add(Label("w"), w.shape, "parameter")
        self.graph.parameters[self.w] = Training()
        self.g = self.graph.add(Label("g"), w.shape, "given")
        starts = update(self.graph, optimizer.rule(), {self.w: self.g})
        self.values: Values = {self.w: self.array(w)}
        self.values |= {name: self.start(name, start) for name, start in starts.items()}
        self.values |= {name: self.scalar(value) for name, value in self.graph.numbers.items()}

    def start(self, name: str, f: Any) -> Any:
        shape = self.graph.nodes[name].shape
        return self.array(np.full(shape, self.scalar(f))) if shape else self.scalar(f)

    def scalar(self, f: Any) -> Any:
        assert isinstance(f, Number)
        return numbers.exact(f.numerator, f.denominator) if self.exact else f.numerator / f.denominator

    def array(self, values: np.ndarray) -> np.ndarray:
        """Multiples of 1/8 are the same number in every system."""
        if not self.exact or values.dtype == object:
            return values
        made = np.empty(values.size, dtype=object)
        made[:] = [numbers.exact(int(8 * v), 8) for v in values.ravel()]
        return made.reshape(values.shape)

    def step(self, g: np.ndarray) -> None:
        counters = {n.name: self.made for n in self.graph.nodes.values() if n.role == "counter"}
        givens = self.values | {self.g: self.array(g)} | counters
        with numbers.precision(EXACT_DIGITS):
            kept = train(self.graph, lambda: givens, 1, {0}, self.exact).kept[0]
        updates = [n for n in self.graph.nodes.values() if n.role == "update"]
        self.values |= {n.follows: np.asarray(kept[n.name]) if n.shape else kept[n.name] for n in updates}
        if not self.exact:
            self.values |= {n.follows: np.asarray(self.values[n.follows], float) for n in updates if n.shape}
        self.made += 1

    def floats(self) -> np.ndarray:
        return np.array([float(v) for v in self.values[self.w].ravel()]).reshape(self.values[self.w].shape)


def eighths(dice: random.Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.array([dice.randint(-20, 20) / 8 for _ in range(int(np.prod(shape)))]).reshape(shape)


def worst(name: str, exact: bool, cases: int) -> float:
    """The largest difference from torch.optim in random cases, each of up to 12 updates."""
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
    dice, most = random.Random(f"{name} {exact}"), 0.0
    peer, arguments = peers.OPTIMIZERS[name]
    with peers.in_doubles():
        for _ in range(cases):
            settings, shape = arguments(dice), (dice.randint(1, 2), dice.randint(1, 3))
            w = eighths(dice, shape)
            ours = Steps(record(name, settings), w, exact)
            theirs = torch.tensor(w, requires_grad=True)
            optimizer = getattr(torch.optim, peer)([theirs], **settings)
            for _ in range(dice.randint(1, 12)):
                g = eighths(dice, shape)
                theirs.grad = torch.tensor(g)
                optimizer.step()
                ours.step(g)
            most = max(most, float(np.abs(ours.floats() - theirs.detach().numpy()).max()))
    return most


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_random_updates_on_given_gradients_are_those_of_torch(name: str, exact: bool) -> None:
    assert worst(name, exact, often(25)) < 1e-11


# ---------------------------------------------------------------- the page follows the formulas

NET = {
    "kind": "backprop",
    "network": {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": [[0.5, -0.25]], "bias": [0.75]}}]},
    "input": [1, 2],
    "target": [2],
    "loss": "half_squared_error",
    "steps": 2,
}


def solved(optimizer: Any) -> Any:
    return hwsolve.solve(NET | {"optimizer": optimizer})


def formulas(solution: Any) -> dict[str, str]:
    document = json.loads(solution.to("json"))
    return {line["key"]: line["formula"] for s in document["sections"] for line in s["lines"] if "formula" in line}


def test_the_two_steps_of_adam_are_written_out() -> None:
    lines = formulas(solved({"adam": {"lr": 0.1}}))
    assert lines["m_w1@2[1,2]"] == "beta1*m_w1@1[1,2] + (1 - beta1)*dL_dw1@1[1,2]"
    assert lines["v_w1@2[1,2]"] == "beta2*v_w1@1[1,2] + (1 - beta2)*dL_dw1@1[1,2]**2"
    assert lines["mhat_w1@1[1,2]"] == "m_w1@1[1,2]/(1 - beta1)"
    assert lines["mhat_w1@2[1,2]"] == "m_w1@2[1,2]/(1 - beta1**2)"
    assert lines["vhat_b1@2[1]"] == "v_b1@2[1]/(1 - beta2**2)"
    assert lines["w1@2[1,2]"] == "w1@1[1,2] - lr*mhat_w1@2[1,2]/(sqrt(vhat_w1@2[1,2]) + eps)"
    page = solved({"adam": {"lr": 0.1}}).to("plain")
    assert "Start at 0: m, v." in page and "k is the number of the update" in page
    assert "m̂_w⁽¹⁾⟨1⟩ = m_w⁽¹⁾⟨1⟩/(1 − β₁)" in page and "m̂_w⁽¹⁾⟨2⟩ = m_w⁽¹⁾⟨2⟩/(1 − β₁²)" in page


def test_the_decay_is_in_the_gradient_of_adam_and_in_the_step_of_adamw() -> None:
    coupled, apart = (formulas(solved({name: {"weight_decay": 0.1}})) for name in ("adam", "adamw"))
    assert coupled["g_w1@1[1,1]"] == "dL_dw1[1,1] + weight_decay*w1[1,1]"
    assert coupled["m_w1@1[1,1]"] == "beta1*m_w1[1,1] + (1 - beta1)*g_w1@1[1,1]"
    assert apart["w1@1[1,1]"].startswith("w1[1,1] - lr*weight_decay*w1[1,1] - lr*mhat_w1@1[1,1]/")
    assert "g_w1@1[1,1]" not in apart
    assert formulas(solved({"adamw": {"weight_decay": 0}})) == formulas(solved("adam"))


def test_what_all_parameters_share_has_one_line_and_a_state_starts_where_it_is_told() -> None:
    settings = {"adagrad": {"lr": 0.1, "lr_decay": 1, "initial_accumulator_value": 0.25}}
    lines, page = formulas(solved(settings)), solved(settings).to("plain")
    assert lines["rate@2"] == "lr/(1 + (2 - 1)*lr_decay)" and not any(key.startswith("rate_") for key in lines)
    assert lines["w1@2[1,1]"] == "w1@1[1,1] - rate@2*dL_dw1@1[1,1]/(sqrt(G_w1@2[1,1]) + eps)"
    assert page.count("Start at 0.25: G.") == 1


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "adagrad"])
@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_a_reader_of_the_lines_finds_their_values(name: str, numbers: str) -> None:
    problem = NET | {"optimizer": {name: {"lr": 0.1, "weight_decay": 0.5}}, "steps": 3, "numbers": numbers}
    assert line_check.wrong_lines(json.loads(hwsolve.solve(problem).to("json"))) == []


def test_a_symbol_of_the_counter_is_not_that_of_a_quantity() -> None:
    net = {"input": {"size": 2, "symbols": "k"}, "layers": NET["network"]["layers"]}
    page = hwsolve.solve(NET | {"network": net, "optimizer": "adam", "loss": "mse_loss"}).to("plain")
    assert "t is the number" not in page and "n is the number of the update" in page


CHANGES = {
    "m": (0, ("m'", "beta1*m + beta1*g")),
    "v": (1, ("v'", "beta2*v + (1 - beta2)*abs(g)")),
    "mhat": (2, ("mhat", "m'/(1 + beta1**t)")),
    "vhat": (3, ("vhat", "v'/(1 + beta2**t)")),
    "w": (4, ("w'", "w - lr*mhat/sqrt(vhat + eps)")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_line_changes_page_and_numbers_and_is_not_torchs(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"adam": {"lr": 0.1, "betas": [0.25, 0.75], "eps": 0.125}}
    before = solved(settings)
    assert worst("adam", False, 10) < 1e-12
    place, line = CHANGES[change]
    monkeypatch.setattr(Adam, "LINES", (*Adam.LINES[:place], line, *Adam.LINES[place + 1 :]))
    after = solved(settings)
    key = f"{change}_w1@2" if change != "w" else "w1@2"
    changed = [k for k, f in formulas(after).items() if f != formulas(before)[k]]
    assert changed and all(k.split("_")[0] == change if change != "w" else k[0] in "wb" for k in changed), changed
    assert after.answers[key].value != before.answers[key].value
    assert after.answers["w1@2"].value != before.answers["w1@2"].value
    assert worst("adam", False, 10) > 1e-6


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{betas: [0.9]}", "Expected a list of 2 (each: a number), got a list of 1."),
        ("{betas: [0.9, 1]}", "Each of `betas` is at least 0 and less than 1."),
        ("{betas: [-0.1, 0.9]}", "Each of `betas` is at least 0 and less than 1."),
        ("{eps: -1}", "`eps` can't be negative."),
        ("{lr: -1}", "`lr` can't be negative."),
        ("{amsgrad: 1}", "Expected `true` or `false`, got `1`."),
        ("{state: {v: {w1: [[1, -0.5]]}}}", "`v` is made of squares and sizes: −0.5 is less than 0."),
        ("{amsgrad: true, state: {u: {b1: [-2]}}}", "`u` is made of squares and sizes: −2 is less than 0."),
        ("{state: {u: {b1: [2]}}}", "`adam` keeps no `u`."),
        ("{momentum: 0.9}", "Unknown key `momentum`."),
    ],
)
def test_what_torch_would_refuse_is_refused(settings: str, said: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(json.dumps(NET)[:-1] + f', "optimizer": {{"adam": {settings}}}}}')
    assert said in str(failure.value)


def test_the_largest_v_of_amsgrad_and_the_steps_of_radam_have_lines() -> None:
    lines = formulas(solved({"adam": {"lr": 0.1, "amsgrad": True}}))
    assert lines["u_w1@1[1,1]"] == "max(u_w1[1,1], v_w1@1[1,1])" and lines["vhat_b1@2[1]"] == "u_b1@2[1]/(1 - beta2**2)"
    lines = formulas(solved({"radam": {"lr": 0.1, "step": 4}}))
    assert lines["d_w1@1[1,1]"] == "mhat_w1@1[1,1]"  # the length of the mean is below 5 in update 5
    assert lines["d_w1@2[1,1]"] == "r@2*mhat_w1@2[1,1]*sqrt(1 - beta2**6)/(sqrt(v_w1@2[1,1]) + eps)"


@pytest.mark.parametrize(("name", "key"), [("rmsprop", "alpha"), ("adadelta", "rho")])
def test_a_mean_keeps_at_most_all_of_the_last(name: str, key: str) -> None:
    with pytest.raises(SpecFailure, match=f"`{key}` is at most 1."):
        solved({name: {key: 1.25}})
    assert solved({name: {key: 1}})


@pytest.mark.parametrize("form", ["adam", "{adam: {eps: 0.1}}", "{adamw: {lr: 2}}", "{adam: 3}", "{sgd: 0.5}", "adamw"])
def test_lr_is_set_from_the_command_line(form: str, hwsolve: Run, tmp_path: Any) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(json.dumps(NET)[:-1] + f', "optimizer": {form}}}')
    found = json.loads(hwsolve("backprop", str(path), "--lr", "0.125", "--format", "json").stdout)
    assert [g["value"] for g in found["given"] if g["key"] == "lr"] == ["0.125"]
