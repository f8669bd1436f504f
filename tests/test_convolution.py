"""Convolution by hand: small cases, the recursion of the error, and layers of kernels inside a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import BigOperator, Call, Ref, children, walk
from hwsolve.graph.operation import backward_schematic, forward_schematic
from hwsolve.kinds.convolution import instance as layer_task
from hwsolve.layers.correlation import Correlation
from hwsolve.solution import Form, Identity
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

MAP = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
KERNEL = {"out_channels": 1, "kernel_size": 2, "bias": False, "weight": [[0, 1], [2, 3]]}


def spec(layer: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"kind": "convolution", "layer": {"conv2d": KERNEL | (layer or {})}, "input": MAP} | more


def solved(problem: dict[str, Any]) -> Any:
    """The solution, every line of which an independent reader has calculated anew."""
    solution = hwsolve.solve(problem)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    return solution


def values(solution: Any, key: str) -> Any:
    def text(value: Any) -> Any:
        return [text(v) for v in value] if isinstance(value, tuple) else float(value.text)

    return text(solution.answers[key].value)


def test_the_cross_correlation_of_a_textbook() -> None:
    """Zhang and others, Dive into Deep Learning, section 7.2."""
    assert values(solved(spec()), "y") == [[19, 25], [37, 43]]


def test_stride_and_padding_of_the_same_textbook() -> None:
    """Section 7.3: a stride of 3 in height and 2 in width, over a map with a border of zeros."""
    assert values(solved(spec({"stride": [3, 2], "padding": 1})), "y") == [[0, 8], [6, 8]]


def test_a_true_convolution_turns_the_kernel_round() -> None:
    turned = spec({"weight": [[3, 2], [1, 0]]})
    assert values(solved(spec(flip=True)), "y") == values(solved(turned), "y")


def test_gradients_of_a_case_done_on_paper() -> None:
    found = solved(spec(upstream=[[1, 2], [3, 4]]))
    assert values(found, "dL_dw") == [[27, 37], [57, 67]]
    assert values(found, "dL_dx") == [[0, 1, 2], [2, 10, 10], [6, 17, 12]]


def test_keys_have_the_rank_of_the_arrays_as_they_are_written() -> None:
    short = solved(spec(upstream=[[1, 2], [3, 4]]))
    full = solved(spec({"weight": [[KERNEL["weight"]]]}, input=[MAP], upstream=[[[1, 2], [3, 4]]]))
    assert values(full, "y") == [values(short, "y")]
    assert values(full, "dL_dx") == [values(short, "dL_dx")]
    assert values(full, "dL_dw") == [[values(short, "dL_dw")]]


def test_one_bias_for_one_channel_is_a_number_or_a_list() -> None:
    one = solved(spec({"bias": 0.5}, upstream=[[1, 2], [3, 4]]))
    assert values(one, "dL_db") == 10
    listed = solved(spec({"bias": [0.5]}, upstream=[[1, 2], [3, 4]]))
    assert values(listed, "dL_db") == [10]


def test_an_element_that_no_place_reads_has_gradient_0() -> None:
    found = solved(spec({"kernel_size": 1, "weight": [[2]], "stride": 2}, upstream=[[1, 2], [3, 4]]))
    assert values(found, "dL_dx") == [[2, 0, 4], [0, 0, 0], [6, 0, 8]]


def test_channels_and_a_batch() -> None:
    x = np.arange(2 * 2 * 3 * 3).reshape(2, 2, 3, 3)
    w = [[[[1, 0], [0, 1]], [[0, 1], [1, 0]]]]
    found = solved(spec({"weight": w}, input=x.tolist()))
    want = x[:, 0, :2, :2] + x[:, 0, 1:, 1:] + x[:, 1, :2, 1:] + x[:, 1, 1:, :2]
    assert values(found, "y") == want[:, None].tolist()


def test_float64_says_that_it_proves_nothing() -> None:
    found = hwsolve.solve(spec(numbers="float64", upstream=[[1, 2], [3, 4]]))
    assert values(found, "dL_dw") == [[27, 37], [57, 67]]
    assert any(note.level == "warning" for note in found.notes)


# ---------------------------------------------------------------- for all sizes


def general(layer: dict[str, Any], name: str = "conv2d", **more: Any) -> Any:
    return solved({"kind": "convolution", "layer": {name: {"out_channels": 1, "bias": False} | layer}} | more)


def identities(solution: Any) -> list[dict[str, Any]]:
    data = json.loads(solution.to("json"))
    return [line for s in data["sections"] for line in s["lines"] if line["kind"] == "identity"]


def test_the_recursion_of_a_plain_kernel() -> None:
    found = general({"kernel_size": "K"})
    assert plain(found.answers["recursion"].value) == ("Sum(Sum(dL_dy[i - u + 1,j - v + 1]*w[u,v], v, 1, K), u, 1, K)")
    bounds = plain(found.answers["recursion.bounds"].value)
    for condition in ("1 <= i - u + 1", "i - u + 1 <= H_out", "1 <= j - v + 1", "j - v + 1 <= W_out"):
        assert condition in bounds
    assert "floor" not in bounds


def test_a_stride_asks_for_divisibility() -> None:
    found = general({"kernel_size": "K", "stride": "S", "padding": "P", "dilation": "D"}, "conv1d")
    bounds = plain(found.answers["recursion.bounds"].value)
    assert "floor((i + P - 1 - D*(u - 1))/S) == (i + P - 1 - D*(u - 1))/S" in bounds
    assert len(identities(found)) >= 2


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kind", ["conv", "conv_transpose"])
def test_every_kind_of_kernel_has_a_recursion_that_holds(kind: str, axes: int) -> None:
    spec = {"out_channels": 1, "bias": False, "kernel_size": "K" if axes < 2 else 2, "stride": 2}
    problem = {"kind": "convolution", "layer": {f"{kind}{axes}d": spec}}
    found = hwsolve.solve(problem) if axes > 2 else solved(problem)  # an independent reader takes a minute for these
    assert len(identities(found)) >= 2


GROUPED = {"out_channels": "M", "kernel_size": "K", "bias": False}


@pytest.mark.parametrize(
    ("layer", "settings"),
    [
        ("conv1d", GROUPED | {"groups": "G"}),
        ("conv1d", GROUPED | {"groups": 2, "stride": "S", "padding": "P", "dilation": "D"}),
        ("conv2d", {"out_channels": 6, "kernel_size": 2, "groups": "G"}),
        ("conv_transpose1d", GROUPED | {"groups": "G"}),
        ("conv_transpose1d", GROUPED | {"groups": 2, "stride": "S"}),
        ("conv1d", {"out_channels": "M", "kernel_size": "K"}),
    ],
)
def test_no_number_of_the_chosen_case_stands_in_a_general_answer(
    layer: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another case, of other sizes and channels, leaves every general answer as it is."""

    def answers() -> dict[str, str]:
        found = hwsolve.solve({"kind": "convolution", "layer": {layer: settings}})  # its lines are checked elsewhere
        return {key: repr(answer.value) for key, answer in found.answers.items()}

    one = answers()
    shape = layer_task.instance_shape

    def other_shape(problem: Any, layer: Any, sizes: dict[str, int]) -> Any:
        (channels, *sides), sizes = shape(problem, layer, sizes)
        return (2 * channels, *(n + 2 for n in sides)), sizes

    monkeypatch.setattr(layer_task, "instance_shape", other_shape)
    monkeypatch.setattr(layer_task, "DEFAULTS", layer_task.DEFAULTS | {"kernel_size": 3, "stride": 1})
    assert answers() == one


def test_channels_by_name() -> None:
    found = solved(
        {
            "kind": "convolution",
            "layer": {"conv1d": {"out_channels": "O", "kernel_size": 3, "padding": "same"}},
            "input": ["C", "N"],
        }
    )
    assert plain(found.answers["recursion"].value) == "Sum(Sum(dL_dy[o,i - u + 2]*w[o,c,u], u, 1, 3), o, 1, O)"
    assert plain(found.answers["dL_dw"].value) == "Sum(dL_dy[o,p]*x[c,p + u - 2], p, 1, L_out)" or (
        plain(found.answers["dL_dw"].value) == "Sum(dL_dy[o,p]*x[c,p + u - 2], p, 1, N)"
    )


@pytest.mark.parametrize("activation", ["f", "relu", "sigmoid", "tanh", {"leaky_relu": 0.1}, "softplus"])
def test_the_derivative_of_an_activation_in_front(activation: Any) -> None:
    layer = {"conv2d": {"out_channels": 1, "kernel_size": "K", "bias": False}}
    found = hwsolve.solve({"kind": "convolution", "layer": layer, "activation": activation})
    factor = plain(found.answers["recursion"].value).split("*Sum")[0]
    wanted = {"f": "d_f(z[i,j])", "relu": "d_relu(z[i,j])", "sigmoid": "sigmoid(z[i,j])*(1 - sigmoid(z[i,j]))"}
    assert factor == wanted.get(str(activation), factor)
    assert "z[i,j]" in factor


# ---------------------------------------------------------------- one formula behind both


@pytest.fixture
def fresh() -> Iterator[None]:
    """Formulas are derived anew, before and after."""
    for cached in (forward_schematic, backward_schematic):
        cached.cache_clear()
    yield
    for cached in (forward_schematic, backward_schematic):
        cached.cache_clear()


def turned(text: str) -> str:
    return text.replace("w[u,v]", "w[v,u]")


@pytest.mark.usefixtures("fresh")
def test_another_formula_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Correlation.text
    monkeypatch.setattr(Correlation, "text", lambda self: turned(true(self)))
    with pytest.raises(Disagreement):
        hwsolve.solve(spec())


@pytest.mark.usefixtures("fresh")
def test_another_formula_and_its_array_code_change_recursion_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel is read column by column, in the formula and in the arrays: nothing else is told of it."""
    before = hwsolve.solve(spec(upstream=[[1, 2], [3, 4]]))
    true, kernels, gradient = Correlation.text, Correlation.kernels, Correlation.weight_gradient
    monkeypatch.setattr(Correlation, "text", lambda self: turned(true(self)))
    monkeypatch.setattr(Correlation, "matrix", lambda self, *shapes: {})  # that of the kernel read row by row
    monkeypatch.setattr(Correlation, "kernels", lambda self, w: kernels(self, w.swapaxes(-1, -2)))
    monkeypatch.setattr(Correlation, "weight_gradient", lambda self, d, like: gradient(self, d, like).swapaxes(-1, -2))
    for cached in (forward_schematic, backward_schematic):
        cached.cache_clear()
    after = solved(spec(upstream=[[1, 2], [3, 4]]))
    assert "w[v,u]" in plain(after.answers["recursion"].value)
    assert "w[u,v]" in plain(before.answers["recursion"].value)
    lines = [
        {plain(line.key): plain(line.formula) for line in s.lines if hasattr(line, "stages")} for s in (before, after)
    ]
    assert lines[0]["y[1,1]"] == "w[1,1]*x[1,1] + w[1,2]*x[1,2] + w[2,1]*x[2,1] + w[2,2]*x[2,2]"
    assert lines[1]["y[1,1]"] == "w[1,1]*x[1,1] + w[2,1]*x[1,2] + w[1,2]*x[2,1] + w[2,2]*x[2,2]"
    assert lines[0]["dL_dx[1,2]"] != lines[1]["dL_dx[1,2]"]


# ---------------------------------------------------------------- what does not fit


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a window larger than the map": (spec({"kernel_size": 4, "weight": [[1] * 4] * 4}), "spans 4 cells"),
    "numbers of another shape": (spec({"weight": [[1, 2, 3]]}), "Expected numbers of the shape"),
    "no numbers for the kernel": (
        {"kind": "convolution", "layer": {"conv2d": {"out_channels": 1, "kernel_size": 2}}, "input": MAP},
        "needs numbers for its weight",
    ),
    "an upstream gradient of another shape": (spec(upstream=[[1, 2, 3]]), "The upstream gradient has the shape"),
    "too few axes": (spec(input=[1, 2, 3]), "Expected a map of 2 axes"),
    "too few axes where the kernel has a name": (
        {"kind": "convolution", "layer": {"conv2d": KERNEL | {"kernel_size": "K"}}, "input": [1, 2, 3]},
        "at input",
    ),
    "a batch of maps by name": (
        {"kind": "convolution", "layer": {"conv2d": {"out_channels": 1, "kernel_size": 2}}, "input": ["N", "C", 5, 5]},
        "got N × C × 5 × 5",
    ),
    "a tie, where there is one layer": (spec({"weight": {"tie": "other"}}), "There is no layer `other`"),
    "no layer": ({"kind": "convolution", "input": MAP}, "`layer` is missing"),
    "another layer": ({"kind": "convolution", "layer": {"linear": 3}, "input": MAP}, "linear"),
    "a mistyped activation": (spec(activation="sigmod"), "sigmoid"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_an_error_with_its_place(name: str) -> None:
    problem, part = WRONG[name]
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(problem)
    assert part in str(failure.value)


def test_the_letter_of_the_upstream_gradient() -> None:
    found = solved(spec(upstream={"values": [[1, 0], [0, 1]], "symbol": "H"}))
    assert plain(found.answers["recursion"].value) == "Sum(Sum(H[i - u + 1,j - v + 1]*w[u,v], v, 1, 2), u, 1, 2)"
    assert values(found, "dL_dw") == [[4, 6], [10, 12]]  # x[u,v] + x[u + 1,v + 1]


@pytest.mark.parametrize("slope", [None, 0.5])
def test_an_activation_that_learns_against_pytorch(slope: float | None) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    z, g = [[1.0, -2.0, 0.5], [3.0, -4.0, 1.5]], [[2.0, -1.0]]
    activation = "prelu" if slope is None else {"prelu": {"weight": {"values": [slope], "symbols": "s"}}}
    found = solved(spec(input=z, upstream=g, activation=activation))
    tensors = [
        torch.tensor(a, dtype=torch.float64, requires_grad=True)
        for a in ([[z]], [0.25 if slope is None else slope], [[KERNEL["weight"]]])
    ]
    y = torch.nn.functional.conv2d(torch.nn.functional.prelu(*tensors[:2]), tensors[2])
    y.backward(torch.tensor([[g]], dtype=torch.float64))
    for key, tensor in zip(("dL_dz", "dL_dalpha" if slope is None else "dL_ds", "dL_dw"), tensors, strict=True):
        assert np.array(values(found, key)) == pytest.approx(np.squeeze(tensor.grad.numpy()))
    general = solved(
        {"kind": "convolution", "layer": {"conv1d": {"out_channels": 1, "kernel_size": "K"}}, "activation": "prelu"}
    )
    assert plain(general.answers["recursion"].value).startswith("d_prelu(z[i], alpha)*Sum(")


# ---------------------------------------------------------------- inside a network


def test_a_convolutional_network_against_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    F = torch.nn.functional
    dice = np.random.default_rng(3)
    x = dice.integers(-9, 9, (2, 1, 6, 6)) / 8
    w1, b1 = dice.integers(-9, 9, (2, 1, 3, 3)) / 8, dice.integers(-9, 9, 2) / 8
    w2, b2 = dice.integers(-9, 9, (3, 8)) / 8, dice.integers(-9, 9, 3) / 8
    problem = {
        "kind": "backprop",
        "network": {
            "input": [1, 6, 6],
            "layers": [
                {"conv2d": {"out_channels": 2, "kernel_size": 3, "weight": w1.tolist(), "bias": b1.tolist()}},
                "relu",
                {"max_pool2d": 2},
                "dropout",
                "flatten",
                {"linear": {"out_features": 3, "weight": w2.tolist(), "bias": b2.tolist()}},
            ],
        },
        "input": x.tolist(),
        "target": {"class": [1, 3]},
        "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.5}},
        "mode": "eval",
        "expect": {"w1@1": np.zeros(w1.shape).tolist()},
    }
    found = hwsolve.solve(problem)
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (w1, b1, w2, b2)]
    a = F.max_pool2d(torch.relu(F.conv2d(torch.tensor(x), *tensors[:2])), 2).flatten(1)
    loss = F.cross_entropy(a @ tensors[2].T + tensors[3], torch.tensor([0, 2]))
    loss.backward()
    for key, tensor in zip(("w1", "b1", "w2", "b2"), tensors, strict=True):
        got = values(found, f"{key}@1")
        np.testing.assert_allclose(got, (tensor - 0.5 * tensor.grad).detach().numpy(), atol=1e-5)
    assert abs(float(found.answers["L"].value.text) - float(loss.detach())) < 1e-5
    assert wrong_lines(json.loads(found.to("json"))) == []


@pytest.mark.parametrize("layer", ["conv1d", "conv_transpose1d"])
@pytest.mark.parametrize("bias", [False, [1]])
@pytest.mark.parametrize("activation", [None, "tanh", "relu"])
@pytest.mark.parametrize("lead", [(), (1,), (2, 1)])
def test_the_gradient_of_what_goes_in_is_an_answer(
    layer: str, bias: Any, activation: Any, lead: tuple[int, ...]
) -> None:
    """Also beside those of weights and bias: it was the question."""
    x: Any = [1, 2, 3]
    for n in reversed(lead):
        x = [x] * n
    spec = {"out_channels": 1, "kernel_size": 2, "weight": [1, 2], "bias": bias}
    problem = {"kind": "convolution", "layer": {layer: spec}, "input": x} | (
        {"activation": activation} if activation else {}
    )
    y = hwsolve.solve(problem).answers["shape.y"].value
    g: Any = 1
    for n in reversed(y):
        g = [g] * int(float(n.text))
    found = hwsolve.solve(problem | {"upstream": g}).answers
    assert found["dL_dz" if activation else "dL_dx"].main and found["dL_dw"].main


# ---------------------------------------------------------------- letters


BATCH = [[[1, 1, 2, 2], [0, 3, 3, 3]], [[5, 4, 3, 2], [1, 1, 1, 1]]]
PAGES: dict[str, dict[str, Any]] = {
    "names": {"layer": {"conv2d": {"out_channels": "M", "kernel_size": "K"}}},
    "groups": {"layer": {"conv1d": {"out_channels": "M", "kernel_size": "K", "groups": "G"}}},
    "transposed groups": {"layer": {"conv_transpose1d": {"out_channels": "M", "kernel_size": "K", "groups": 2}}},
    "an activation": {"layer": {"conv1d": {"out_channels": "M", "kernel_size": 2}}, "activation": "sigmoid"},
    "a batch": {"layer": {"conv1d": {"out_channels": 3, "kernel_size": 2}}, "input": BATCH}
    | {"upstream": [[[1, 2, 3]] * 3] * 2},
    "pooling of a batch": {"kind": "pooling", "layer": {"max_pool1d": 2}, "input": BATCH, "ties": "split"}
    | {"upstream": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
}
NUMBERS = {"values": [[[1, -2]] * 2] * 3}


@pytest.mark.parametrize("name", PAGES)
def test_a_letter_means_one_thing_on_a_page(name: str) -> None:
    """An element of a quantity has the same letters wherever it is general, and none that a sum below d/dx binds."""
    problem = {"kind": "convolution"} | PAGES[name]
    if name == "a batch":
        problem["layer"] = {"conv1d": problem["layer"]["conv1d"] | {"weight": NUMBERS, "bias": False}}
    found = hwsolve.solve(problem)
    letters: dict[str, set[tuple[str, ...]]] = {}
    for line in found.lines:
        lhs = line.links[0].formula if isinstance(line, Form) else None
        if isinstance(lhs, Ref) and any(isinstance(i, Ref) for i in lhs.indices):  # no cell that is worked
            letters.setdefault(lhs.name, set()).add(tuple(plain(i) for i in lhs.indices))
        if isinstance(line, Identity):
            for node in walk(line.lhs):
                if isinstance(node, Call) and node.name == "diff":
                    below, by = node.args[:2]
                    bound = {n.index for n in walk(below) if isinstance(n, BigOperator)}
                    assert not bound & {plain(i) for i in children(by)}
    assert {"dL_dx", "dL_da"} & letters.keys()
    assert {key: uses for key, uses in letters.items() if len(uses) > 1} == {}


def test_a_name_near_an_activation_is_no_letter() -> None:
    text = "kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: K}}\nactivation: NAME\n"
    for name in ("rely", "sulu", "tahn"):
        with pytest.raises(SpecFailure, match="Did you mean"):
            hwsolve.solve(text.replace("NAME", name))
    for name in ("f", "phi", "act"):
        assert hwsolve.solve(text.replace("NAME", name)).answers


def test_one_weight_for_all_has_every_letter_of_its_gradient_bound() -> None:
    """The place of a cell depends on the cell of the kernel, whose sum therefore stands in front of both factors."""
    layer = {
        "out_channels": 2,
        "kernel_size": 3,
        "stride": 2,
        "dilation": 2,
        "bias": False,
        "weight": {"value": 2.5, "shared": True},
    }
    x = [[[1, 2], [3, 5]], [[-1, 0.5], [2, 4]]]
    page = hwsolve.solve(
        {"kind": "convolution", "layer": {"conv_transpose2d": layer}, "input": x, "upstream": [[[1] * 7] * 7] * 2}
    ).to("plain")
    (line,) = [line for line in page.replace("\n" + 10 * " ", " ").splitlines() if line.strip().startswith("∂L/∂w = Σ")]
    front = line[: line.index("∂L/∂y")]
    assert all(f"Σ[{letter} = " in front for letter in "ocuvij")


# ---------------------------------------------------------------- the letter of the loss


def named_l(kind: str, layer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "layer": layer} | more


@pytest.mark.parametrize(
    ("problem", "letter"),
    [
        (named_l("convolution", {"conv1d": {"out_channels": 1, "kernel_size": 2}}, input=["L"]), "E"),
        (named_l("convolution", {"conv2d": {"out_channels": 1, "kernel_size": "L"}}, activation="f"), "E"),
        (named_l("convolution", {"conv2d": {"out_channels": "E", "kernel_size": "L"}}), "J"),
        (named_l("convolution", {"conv1d": {"out_channels": 1, "kernel_size": "K"}}, activation="L"), "E"),
        (named_l("pooling", {"avg_pool1d": {"kernel_size": "L"}}), "E"),
        (spec({"symbols": {"weight": "L"}}, upstream=[[1, 2], [3, 4]]), "E"),
        (spec(upstream={"values": [[1, 2], [3, 4]], "symbol": "L"}), "E"),
        (spec(upstream=[[1, 2], [3, 4]]), "L"),
    ],
)
def test_the_loss_has_the_first_letter_that_is_free(problem: dict[str, Any], letter: str) -> None:
    found = solved(problem)
    gradients = [key for key in found.answers if "_d" in key and key.startswith("d")]
    assert gradients
    assert all(key.startswith(f"d{letter}_d") for key in gradients)
    page = found.to("plain")
    assert f"{letter} is the loss; the error of a quantity is the derivative of {letter}" in page
    assert f"→ {letter}" in page
    assert letter == "L" or "∂L/" not in page


def test_sizes_with_every_letter_of_a_loss_are_refused() -> None:
    layer = {"conv2d": {"out_channels": "E", "kernel_size": ["L", "J"]}}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "convolution", "layer": layer, "input": ["C", "H", "W"]})
    assert "Two quantities are called `L`" in str(failure.value)


OF_ONE_MAP: dict[str, Any] = {"input": [[1, -2, 3], [4, 9, 5], [-6, 7, 8]], "upstream": [[1, 2], [3, 4]]}


@pytest.mark.parametrize("letter", ["f", "phi", "g"])
@pytest.mark.parametrize("kind", ["convolution", "pooling"])
def test_numbers_are_not_put_into_a_letter_for_any_function(kind: str, letter: str) -> None:
    """It was taken as ReLU once, without a word."""
    layer: dict[str, Any] = {"max_pool2d": {"kernel_size": 2, "stride": 1}}
    if kind == "convolution":
        layer = {"conv2d": {"out_channels": 1, "kernel_size": 2, "bias": False, "weight": [[1, 2], [3, 4]]}}
    problem = {"kind": kind, "layer": layer, "activation": letter}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(problem | OF_ONE_MAP)
    assert "at activation" in str(failure.value) and "any function" in str(failure.value)
    assert "ReLU(z)" in hwsolve.solve(problem | OF_ONE_MAP | {"activation": "relu"}).to("plain")


def test_a_letter_beside_names_for_sizes_is_said_to_be_tried_as_a_function() -> None:
    problem = {"kind": "pooling", "layer": {"max_pool2d": {"kernel_size": "K"}}, "activation": "f"}
    page = hwsolve.solve(problem | OF_ONE_MAP | {"upstream": [[1]]}).to("plain")
    assert "f = ReLU" in page and "the numbers are those given above" in page
