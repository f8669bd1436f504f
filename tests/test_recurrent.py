"""Recurrent layers: states, gradients and lines against PyTorch, one step at a time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import yaml

import hwsolve
from hwsolve.answers import elements
from hwsolve.formula.notation import plain
from hwsolve.graph.explain.room import WRITTEN
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")

from tests import recurrent_expectations as expectations  # noqa: E402
from tests.recurrent_peer import Peer, random_problem, worked  # noqa: E402

Spec = dict[str, Any]
COUNT = each(12)


def solved(problem: Spec) -> Any:
    return hwsolve.solve(json.dumps(problem))


def found(answers: Any, key: str) -> Any:
    """An answer, or one that is there by its elements, as an array."""
    if key in answers:
        value = answers[key].value
        places = elements(value)
        made = np.zeros(tuple(map(max, zip(*places, strict=True))) if () not in places else ())
        for at, one in places.items():
            made[tuple(i - 1 for i in at)] = float(one.text)
        return made
    return None


def element(answers: Any, key: str, at: tuple[int, ...]) -> float:
    """One element, from the whole or by itself."""
    name = f"{key}[{','.join(map(str, at))}]" if at else key
    if name in answers:
        return float(answers[name].value.text)
    whole = found(answers, key)
    if whole is None or any(i > n for i, n in zip(at, whole.shape, strict=True)) or 0 in at:
        raise KeyError(name)
    return float(whole[tuple(i - 1 for i in at)])


def agree(problem: Spec) -> Any:
    """Every quantity of every step, every gradient, and no line that is wrong or carries what has none."""
    problem = problem | {"digits": 12}
    solution = solved(problem)
    answers = solution.answers
    peer, x, _ = worked(problem)
    lead = x.ndim - 2
    keys = set()
    for key, steps in peer.steps.items():
        for t, value in steps.items():
            for at in np.ndindex(*value.shape):
                place = (*(i + 1 for i in at[:lead]), t, *(i + 1 for i in at[lead:]))
                keys.add(f"{key}[{','.join(map(str, place))}]")
                assert element(answers, key, place) == pytest.approx(value[at].item(), rel=1e-9, abs=1e-11)
                if value.grad is not None:
                    got = gradient(answers, key, place)
                    assert got == pytest.approx(float(value.grad[at]), rel=1e-9, abs=1e-11), f"dL_d{key}{place}"
    stated = next(iter(problem["network"]["layers"][0].values())).get("initial", {})
    for key, leaf in {**peer.leaves, "x": x}.items():
        if leaf.grad is None or (key[1:2] == "0" and key.replace("0", "", 1) not in stated):
            continue
        name = "0" in key and key[0] in "hc" and key[1] == "0"
        for at in np.ndindex(*leaf.shape):
            place = tuple(i + 1 for i in at)
            if name:
                start = peer.times + 1 if "_reverse" in key else 0
                before = len(place) - 1
                place = (*place[:before], start, *place[before:])
            got = gradient(answers, key.replace("0", "", 1) if name else key, place)
            assert got == pytest.approx(float(leaf.grad[at]), rel=1e-9, abs=1e-11), f"dL_d{key}{place}"
    text = json.loads(render([solution], "json", Options()))
    assert wrong_lines(text) == []
    lines = [line for section in (text[0] if isinstance(text, list) else text)["sections"] for line in section["lines"]]
    carried = {line["key"].partition("[")[0] for line in lines if line["kind"] == "carried"}
    assert all(found(answers, key).size > WRITTEN for key in carried)  # the rest of a long array
    assert keys <= {line.get("key") for line in lines}
    return solution


def gradient(answers: Any, key: str, place: tuple[int, ...]) -> float:
    """0 where nothing comes back."""
    try:
        return element(answers, f"dL_d{key}", place)
    except KeyError:
        return 0.0


@pytest.mark.parametrize("seed", range(COUNT))
def test_random_recurrent_layers_against_pytorch(seed: int) -> None:
    agree(random_problem(seed))


@pytest.mark.parametrize("name", list(expectations.KEYS))
def test_the_problems_expect_what_pytorch_gives(name: str) -> None:
    text = (expectations.PROBLEMS / f"{name}.yaml").read_text(encoding="utf-8")
    stated = yaml.safe_load(text)["expect"]
    for key, value in expectations.expected(name).items():
        np.testing.assert_allclose(np.array(stated[key], dtype=float), value.numpy(), rtol=1e-5, atol=1e-9, err_msg=key)
    (solution,) = hwsolve.solve_all(text)
    assert all(check.ok for check in solution.checks)
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


@pytest.mark.parametrize(("kind", "module"), [("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")])
def test_the_peer_is_pytorchs_own_layer(kind: str, module: str) -> None:
    """With two layers, both directions and two biases, in PyTorch's order."""
    torch.manual_seed(3)
    own = getattr(torch.nn, module)(3, 2, num_layers=2, bidirectional=True, batch_first=True).double()
    layer = {"hidden_size": 2, "num_layers": 2, "bidirectional": True}
    for name, value in own.named_parameters():
        layer[name.replace("_l0", "").replace("_l1", "_l2")] = value.detach().tolist()
    x = torch.randn(2, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(Peer(kind, layer).run(x), own(x)[0])


def test_what_stands_in_a_scalar_cell_has_no_index_but_its_time() -> None:
    rnn = {"hidden_size": 1, "weight_ih": 0.5, "weight_hh": -0.25, "bias": 0.1, "initial": {"h": 0.2}}
    problem = {"kind": "backprop", "network": {"input": [3, 1], "layers": [{"rnn": rnn}]}, "input": [[1], [2], [-1]]}
    solution = solved(problem | {"target": [[0], [1], [0]], "loss": {"half_squared_error": {"reduction": "sum"}}})
    h, states = 0.2, []
    for x in (1, 2, -1):
        h = float(np.tanh(0.5 * x - 0.25 * h + 0.1))
        states.append(h)
    assert found(solution.answers, "h") == pytest.approx(states, rel=1e-5)
    assert {"h[2]", "a[3]", "dL_dh[1]", "dL_dWx"} <= {plain(one.key) for one in solution.lines if hasattr(one, "key")}


def test_a_net_is_trained_through_time() -> None:
    """Two updates, against the same in PyTorch."""
    layer: Spec = {
        "hidden_size": 2,
        "weight_ih": [[0.5], [-0.25]],
        "weight_hh": [[0.1, 0.2], [0.3, -0.4]],
        "bias": [0.05, 0.1],
    }
    network = {"input": [3, 1], "layers": [{"rnn": layer}]}
    problem: Spec = {"kind": "backprop", "network": network, "input": [[1], [-1], [0.5]]}
    problem |= {"target": [[0.1, 0], [0, 0.2], [0.3, 0.3]], "loss": {"half_squared_error": {"reduction": "sum"}}}
    solution = solved(problem | {"optimizer": {"sgd": {"lr": 0.1}}, "steps": 2, "digits": 10})
    for _ in range(2):
        peer, _, _ = worked(problem)
        for name, key in (("weight_ih", "Wx"), ("weight_hh", "Wh"), ("bias", "b")):
            layer[name] = (peer.leaves[key] - 0.1 * peer.leaves[key].grad).detach().tolist()
    for name, key in (("weight_ih", "Wx"), ("weight_hh", "Wh"), ("bias", "b")):
        np.testing.assert_allclose(found(solution.answers, f"{key}@2"), layer[name], rtol=1e-9)
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


@pytest.mark.parametrize("name", list(expectations.KEYS))
def test_the_pages_of_all_formats_can_be_written(name: str) -> None:
    (solution,) = hwsolve.solve_all((expectations.PROBLEMS / f"{name}.yaml").read_text(encoding="utf-8"))
    for form in ("terminal", "markdown", "html", "latex", "typst", "notebook"):
        assert render([solution], form, Options(language="zh" if form == "html" else "en"))


def test_a_step_of_a_scalar_lstm_reads_as_gates_cell_and_state() -> None:
    """At most 60 lines at 100 columns, with all gradients; the general line stands once."""
    text = (expectations.PROBLEMS / "textbook/lstm-one-step.yaml").read_text(encoding="utf-8")
    (solution,) = hwsolve.solve_all(text)
    page = render([solution], "plain", Options())
    work = page[page.index("Forward pass") :]
    assert len(work.splitlines()) <= 60, work


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_step_has_its_number_where_there_are_several(cell: str, steps: int) -> None:
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    weights = {"weight_ih": [[0.5]] * gates, "weight_hh": [[-0.25]] * gates, "bias": False}
    network = {"input": [steps, 1], "layers": [{cell: {"hidden_size": 1, **weights}}]}
    spec = {
        "kind": "backprop",
        "network": network,
        "input": [[t] for t in range(1, steps + 1)],
        "upstream": [[1]] * steps,
    }
    page = hwsolve.solve(spec).to("plain", full=True)
    assert [f"(step {t})" in page for t in range(1, 4)] == [steps > 1 and t <= steps for t in range(1, 4)]


@pytest.mark.parametrize(
    ("layer", "params", "macs"),
    [
        ({"lstm": {"hidden_size": 20}}, 4 * 20 * (10 + 20 + 2), 5 * 4 * 20 * (10 + 20)),
        ({"gru": {"hidden_size": 20, "bias": False}}, 3 * 20 * 30, 5 * 3 * 20 * 30),
        ({"lstm": {"hidden_size": 4, "proj_size": 3}}, None, 5 * (16 * (10 + 3) + 12)),
        ({"rnn": {"hidden_size": 4, "num_layers": 2, "bidirectional": True}}, None, 5 * 2 * 4 * (10 + 4 + 8 + 4)),
        ({"lstm": {"hidden_size": 4, "num_layers": 3, "bidirectional": True}}, None, None),
    ],
)
def test_counts(layer: Spec, params: int | None, macs: int | None) -> None:
    (kind, settings), *_ = layer.items()
    more = {key: value for key, value in settings.items() if key != "hidden_size"}
    own = getattr(torch.nn, kind.upper())(10, settings["hidden_size"], **more)
    counted = sum(p.numel() for p in own.parameters())
    assert params in (None, counted)
    for size in (5, "T"):
        answers = solved({"kind": "count-params", "network": {"input": [size, 10], "layers": [layer]}}).answers
        assert answers["params"].value.value == counted
    answers = solved(
        {"kind": "count-params", "network": {"input": [5, 10], "layers": [layer]}, "ask": ["macs"]}
    ).answers
    assert macs in (None, answers["macs"].value.value)
    assert answers["macs"].value.value == 5 * answers[f"macs.{kind}1.step"].value.value


@pytest.mark.parametrize("form", ["lstm", "gru", "before", "packed"])
def test_a_scalar_cell_is_that_of_arrays_of_one_number(form: str) -> None:
    kind = "lstm" if form in ("lstm", "packed") else "gru"
    gates = "ifgo" if kind == "lstm" else "rzn"
    bare: Spec = {"hidden_size": 1}
    for name, start in (("weight_ih", 0.3), ("weight_hh", -0.4), ("bias", 0.1)):
        numbers = [round(start + 0.15 * k, 2) for k in range(len(gates))]
        bare[name] = numbers if form == "packed" else dict(zip(gates, numbers, strict=True))
    whole: Spec = {"hidden_size": 1}
    for name, value in bare.items():
        if name != "hidden_size":
            numbers = list(value.values()) if isinstance(value, dict) else value
            whole[name] = numbers if name == "bias" else [[n] for n in numbers]
    if form == "before":
        bare, whole = ({**one, "reset": "before"} for one in (bare, whole))
    for data in ([[1], [-0.5], [2]], [[[1], [0.5]], [[-1], [2]]]):
        target = [[[0]] * len(data[0])] * len(data) if isinstance(data[0][0], list) else [[0]] * len(data)
        problem: Spec = {"kind": "backprop", "input": data, "target": target, "loss": "half_squared_error"}
        size = [len(data[0]) if isinstance(data[0][0], list) else len(data), 1]
        one, other = (
            solved(problem | {"network": {"input": size, "layers": [{kind: layer}]}}) for layer in (bare, whole)
        )
        for key in ("h", "dL_dh", "dL_da_" + gates[-1]):
            np.testing.assert_allclose(found(one.answers, key), found(other.answers, key)[..., 0], rtol=1e-5)
        np.testing.assert_allclose(found(one.answers, "dL_dx"), found(other.answers, "dL_dx"), rtol=1e-5)
        assert wrong_lines(json.loads(render([one], "json", Options()))) == []


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_steps_of_one_number_may_stand_without_their_own_brackets(cell: str) -> None:
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    layer = {"hidden_size": 1, "weight_ih": [["0.5"]] * gates, "weight_hh": [["0.1"]] * gates, "bias": False}
    spec = {"kind": "backprop", "network": {"input": [3, 1], "layers": [{cell: layer}]}, "upstream": [[1], [2], [-1]]}
    flat, nested = (hwsolve.solve(spec | {"input": x}) for x in ([1, -2, 3], [[1], [-2], [3]]))
    assert flat.to("plain", width=100) == nested.to("plain", width=100)
    with pytest.raises(SpecFailure, match="takes 3 × 1"):
        hwsolve.solve(spec | {"input": [1, -2]})
