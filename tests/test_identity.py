"""Equal irrationals are decided at the first precision, near-equal ones are told apart, and nothing else is claimed."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq

import hwsolve
from hwsolve import numbers
from hwsolve.formula.function_code import code_names, on_rationals_and_balls
from hwsolve.formula.tree import Formula
from hwsolve.graph.run import PlainProgram
from hwsolve.numbers import NotFinite, Undecided, atoms, forms
from hwsolve.numbers.formed import Formed, Remembering
from hwsolve.render import Options, render
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

LEAVES = [fmpq(*q) for q in ((1, 2), (2, 1), (-3, 1), (1, 1), (8, 1), (1, 3), (5, 7), (-1, 2))]
OF_ONE = sorted(
    set(code_names()) - {"max", "min", "delta", "leaky_relu", "prelu", "d_leaky_relu", "d_prelu", "elu", "d_elu"}
)


@pytest.fixture
def first_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than 128 bits."""
    monkeypatch.setattr(numbers, "LADDER", (128,))


def solved(**problem: Any) -> dict[str, Any]:
    found = hwsolve.solve(problem).answers
    return {key: floats(a.value) for key, a in found.items() if not isinstance(a.value, Formula)}


def floats(value: Any) -> Any:
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)


# -- forms


def expression(draw: random.Random, depth: int, made: list[Any]) -> Any:
    """A number worked out from rationals and from numbers that were there before."""
    if depth == 0:
        return draw.choice(LEAVES)
    if made and draw.random() < 0.3:
        return draw.choice(made)
    try:
        if draw.random() < 0.45:
            value = on_rationals_and_balls(draw.choice(OF_ONE))(expression(draw, depth - 1, made))
        else:
            a, b = (expression(draw, depth - 1, made) for _ in range(2))
            value = draw.choice(
                [
                    lambda: a + b,
                    lambda: a - b,
                    lambda: a * b,
                    lambda: numbers.divide(a, b),
                    lambda: on_rationals_and_balls("max")(a, b),
                ]
            )()
    except (NotFinite, Undecided, ZeroDivisionError):
        return draw.choice(LEAVES)
    made.append(value)
    return value


def test_equal_forms_are_equal_numbers() -> None:
    """At 600 bits: what two forms say of two numbers' difference is true of their balls."""
    draw, claims = random.Random(3), 0
    with numbers.precision(600), Remembering():
        for _ in range(400):
            made: list[Any] = []
            for _ in range(10):
                expression(draw, draw.randint(2, 4), made)
            for a, b in itertools.combinations([v for v in made if type(v) is Formed], 2):
                found = forms.rational(forms.difference(a.form, b.form))
                if found is not None:
                    claims += 1
                    assert (a.ball - b.ball).overlaps(arb(found))
    assert claims > 500


RULES = [
    ("sqrt(2)*sqrt(8)", "4"),
    ("sqrt(6)", "sqrt(2)*sqrt(3)"),
    ("1/sqrt(3)", "sqrt(3)/3"),
    ("exp(1)*exp(2)", "exp(3)"),
    ("exp(1/2)**2", "exp(1)"),
    ("exp(log(7))", "7"),
    ("log(8)", "3*log(2)"),
    ("log(exp(1)/7)", "1 - log(7)"),
    ("log10(2)", "log(2)/log(10)"),
    ("tanh(-1)", "-tanh(1)"),
    ("cos(-2)", "cos(2)"),
    ("sigmoid(-3)", "1 - sigmoid(3)"),
    ("sin(1)**2 + cos(1)**2", "1"),
    ("cosh(1)**2", "1 + sinh(1)**2"),
    ("(exp(1) + sqrt(2))/(2*exp(1) + sqrt(8))", "1/2"),
    ("exp(1)/(exp(1) + exp(2)) + exp(2)/(exp(1) + exp(2))", "1"),
    ("log(1/(1 + exp(1)))", "-log(1 + exp(1))"),
    ("d_tanh(1)", "1 - tanh(1)**2"),
    ("max(exp(1), sqrt(2) + exp(1) - sqrt(2))", "exp(1)"),
]


@pytest.mark.parametrize(("a", "b"), RULES)
@pytest.mark.usefixtures("first_precision")
def test_two_ways_to_write_a_number_are_a_tie(a: str, b: str) -> None:
    found = solved(kind="pooling", layer={"max_pool1d": 2}, input=[a, b], upstream=[1])
    assert found["dL_dx"] == [1, 0]
    assert (
        solved(kind="pooling", layer={"max_pool1d": 2}, input=[b, a], upstream=[1], ties="split")["dL_dx"] == [0.5] * 2
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sqrt(2)", "sqrt(2) + 1e-900"),
        ("sqrt(2)", "sqrt(2 + 1e-900)"),
        ("exp(1)", "exp(1 + 1e-900)"),
        ("tanh(1 - 1e-900)", "tanh(1)"),
        ("sigmoid(2000)", "sigmoid(2001)"),
    ],
)
def test_numbers_that_nearly_agree_are_told_apart(a: str, b: str) -> None:
    for values, winner in (([a, b], [0, 1]), ([b, a], [1, 0])):
        assert solved(kind="pooling", layer={"max_pool1d": 2}, input=values, upstream=[1])["dL_dx"] == winner


def test_what_no_form_tells_is_left_undecided_with_both_names() -> None:
    """√2 + √3 and √(5 + 2√6) are equal, but no rule says so: values alone are no proof."""
    with pytest.raises(SpecFailure) as refused:
        solved(kind="pooling", layer={"max_pool1d": 2}, input=["sqrt(2) + sqrt(3)", "sqrt(5 + 2*sqrt(6))"])
    assert "8192 bits" in str(refused.value)
    assert "x[1], x[2] (in y)" in str(refused.value)
    assert "--float" in str(refused.value)


# -- networks, against PyTorch


def numbers_of(draw: random.Random, *shape: int) -> Any:
    return [numbers_of(draw, *shape[1:]) for _ in range(shape[0])] if shape else draw.randint(-20, 20) / 10


def split(row: Any, units: int) -> list[tuple[slice, Any]]:
    """The halves of a row, with their places."""
    return [(slice(None, units), row[:units]), (slice(units, None), row[units:])]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.usefixtures("first_precision")
def test_symmetric_networks_agree_with_pytorch(seed: int) -> None:
    """Units with equal weights, subtracted from one another in front of a kink, for some steps of training."""
    torch = pytest.importorskip("torch")
    draw = random.Random(seed)
    width, samples, units = draw.randint(1, 3), draw.randint(1, 2), draw.randint(1, 2)
    inner, kink = draw.choice(("sigmoid", "tanh", "softplus")), draw.choice(("relu", "relu6", "leaky_relu"))
    row, bias = numbers_of(draw, units, width), numbers_of(draw, units)
    w1, b1 = row + row, bias + bias
    out = numbers_of(draw, 2, units)
    w2, b2 = [r + [-v for v in r] for r in out], [0, 0]
    x, t = numbers_of(draw, samples, width), numbers_of(draw, samples, 2)
    steps = draw.randint(1, 3)
    found = solved(
        kind="backprop",
        network={
            "input": width,
            "layers": [
                {"linear": {"out_features": 2 * units, "weight": w1, "bias": b1}},
                inner,
                {"linear": {"out_features": 2, "weight": w2, "bias": b2}},
                kink,
            ],
        },
        input=x,
        target=t,
        loss="mse_loss",
        optimizer={"sgd": {"lr": 0.1}},
        steps=steps,
    )
    parameters = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w1, b1, w2, b2)]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    for step in range(steps + 1):
        # unit by unit, and half by half: equal terms are then equal to the last bit, whatever the order of a sum is
        sums = [(torch.tensor(x, dtype=torch.float64) * row).sum(-1) for row in parameters[0]]
        z = getattr(torch.nn.functional, inner)(torch.stack(sums, -1) + parameters[1])
        halves = [sum((part * z[:, k]).sum(-1) for k, part in split(row, units)) for row in parameters[2]]
        y = getattr(torch.nn.functional, kink)(torch.stack(halves, -1) + parameters[3])
        loss = torch.nn.functional.mse_loss(y, torch.tensor(t, dtype=torch.float64))
        assert np.isclose(found[f"L@{step}" if step else "L"], loss.item(), rtol=1e-9, atol=1e-12)
        if step == 0 and kink != "leaky_relu":
            assert found["a2"] == [[0, 0]] * samples
        optimizer.zero_grad()
        loss.backward()
        if step < steps:
            optimizer.step()
    for name, p in zip(("w1", "b1", "w2", "b2"), parameters, strict=True):
        assert np.allclose(found[f"{name}@{steps}"], p.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("first_precision")
def test_flat_images_agree_with_a_counting_loop(seed: int) -> None:
    """Convolution, sigmoid, maximum: the first of the largest cells of a window takes its gradient."""
    draw = random.Random(seed)
    side, kernel, inner = draw.randint(4, 6), draw.randint(1, 2), draw.choice(("sigmoid", "tanh", "softplus"))
    image = [[draw.choice((0, 1, 1, 1)) for _ in range(side)] for _ in range(side)]
    weight, bias = numbers_of(draw, kernel, kernel), draw.randint(-9, 9) / 10
    width = side - kernel + 1
    places = (width - 2) // 1 + 1
    g = numbers_of(draw, places, places)
    found = solved(
        kind="backprop",
        network={
            "input": [1, side, side],
            "layers": [
                {"conv2d": {"out_channels": 1, "kernel_size": kernel, "weight": [[weight]], "bias": [bias]}},
                inner,
                {"max_pool2d": {"kernel_size": 2, "stride": 1}},
            ],
        },
        input=[image],
        upstream=[g],
    )
    z = np.zeros((width, width))
    for i, j in np.ndindex(z.shape):
        patch = np.array(image)[i : i + kernel, j : j + kernel]
        z[i, j] = np.round((patch * np.array(weight)).sum() + bias, 9)  # equal sums are one number
    f = {"sigmoid": lambda v: 1 / (1 + np.exp(-v)), "tanh": np.tanh, "softplus": lambda v: np.log1p(np.exp(v))}[inner]
    a = np.zeros((places, places))
    error = np.zeros_like(z)
    for i, j in np.ndindex(a.shape):
        window = f(z)[i : i + 2, j : j + 2]
        a[i, j] = window.max()
        k = int(window.argmax())
        error[i + k // 2, j + k % 2] += g[i][j]
    assert np.allclose(found["a1_2"], [a], rtol=1e-12)
    assert np.allclose(found["dL_da1"], [error], rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("first_precision")
def test_equal_weights_stay_equal_over_many_steps() -> None:
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "input": [1, 4],
                "layers": [
                    {"conv1d": {"out_channels": 1, "kernel_size": 1, "weight": [[["0.3"]]], "bias": ["0.1"]}},
                    "tanh",
                    {"max_pool1d": 2},
                    "flatten",
                ],
            },
            "input": [[1, 1, "0.5", "0.5"]],
            "target": ["0.2", "0.7"],
            "loss": "mse_loss",
            "optimizer": {"sgd": {"lr": "0.1"}},
            "steps": 60,
        }
    )
    assert found.answers["dL_da1@59"].value[0][1].text == found.answers["dL_da1@59"].value[0][3].text == "0"


# -- whole numbers and formulas


@pytest.mark.parametrize(
    ("function", "at", "value", "slope"),
    [
        ("x**2", {"x": "sqrt(2)"}, "2", None),
        ("relu(x*x - 2)", {"x": "sqrt(2)"}, "0", "0"),
        ("abs(tanh(x) - tanh(y))", {"x": 1, "y": 1}, "0", "0"),
        ("exp(x)*exp(-x)", {"x": "1/3"}, "1", "0"),
        ("softmax(z)[1] + softmax(z)[2]", {"z": ["1/3", "sqrt(5)"]}, "1", "0"),
    ],
)
@pytest.mark.usefixtures("first_precision")
def test_a_whole_number_is_printed_as_one(function: str, at: Any, value: str, slope: str | None) -> None:
    wrt = next(iter(at))
    problem: dict[str, Any] = {"kind": "derivative", "function": function, "at": [at], "wrt": wrt}
    if wrt == "z":
        problem |= {"variables": {"z": {"size": 2}}, "wrt": "z[1]"}
    answers = hwsolve.solve(problem).answers
    for key, wanted in (("d0_at", value), ("d1_at", slope)):
        (found,) = answers[key].value
        assert wanted is None or (found.text, found.relation) == (wanted, "=")


@pytest.mark.usefixtures("first_precision")
def test_equal_arguments_of_a_maximum_are_decided() -> None:
    answers = hwsolve.solve(
        {"kind": "derivative", "function": "max(exp(x), exp(y))", "at": [{"x": 1, "y": 1}], "wrt": "x"}
    ).answers
    assert answers["d0_at"].value[0].text == "2.71828"
    assert answers["d1_at"].value


@pytest.mark.usefixtures("first_precision")
def test_what_cancels_in_a_network_is_printed_as_zero() -> None:
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "input": 2,
                "layers": ["softmax", {"linear": {"out_features": 1, "weight": [[1, 1]], "bias": [-1]}}],
            },
            "input": ["0.3", "1.7"],
            "target": [1],
            "loss": "mse_loss",
        }
    ).answers
    assert (found["z1"].value[0].text, found["z1"].value[0].relation) == ("0", "=")
    assert (found["L"].value.text, found["L"].value.relation) == ("1", "=")


def test_forms_cost_nothing_where_all_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remembering, "__enter__", None)
    found = solved(kind="pooling", layer={"max_pool1d": 2}, input=["sqrt(2)", "sqrt(3)"], upstream=[1])
    assert found["dL_dx"] == [0, 1]


@pytest.mark.usefixtures("first_precision")
@pytest.mark.parametrize(("a", "b"), RULES)
def test_equal_numbers_are_decided_by_one_more_run(a: str, b: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first precision, in at most twice the work of numbers that differ."""
    runs: list[int] = []
    true = PlainProgram.run
    monkeypatch.setattr(PlainProgram, "run", lambda self, state: (runs.append(1), true(self, state))[1])

    def work(*x: str) -> int:
        runs.clear()
        solved(kind="pooling", layer={"max_pool1d": 2}, input=[*x], upstream=[1])
        return len(runs)

    apart = work(a, "sqrt(3)/1000")
    assert 0 < apart <= work(a, b) <= 2 * apart


# -- lines and kinks


@pytest.mark.usefixtures("first_precision")
@pytest.mark.parametrize("layer", ["tanh", "sigmoid", "softplus", "silu", "gelu", "elu", "mish"])
@pytest.mark.parametrize("after", [[], [{"linear": {"out_features": 1, "weight": [["1/3"]], "bias": [2]}}, "tanh"]])
def test_an_output_equal_to_its_irrational_target_has_no_l1_loss(layer: str, after: list[Any]) -> None:
    target = f"tanh({layer}(-1)/3 + 2)" if after else f"{layer}(-1)"
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": 1, "layers": [layer, *after]},
            "input": [-1],
            "target": [target],
            "loss": "l1_loss",
        }
    )
    assert found.answers["L"].value.text == "0"
    assert [q.text for q in found.answers["dL_dx"].value] == ["0"]
    (note,) = [str(n.text) for n in found.notes if "abs" in str(n.text)]
    assert note.endswith("0 is taken, as PyTorch does.")


@pytest.mark.usefixtures("first_precision")
@pytest.mark.parametrize("layer", ["relu", "hard_tanh", "leaky_relu", "softsign", "relu6"])
def test_a_kink_met_by_irrationals_that_cancel_is_remarked_on(layer: str) -> None:
    cancel: dict[str, Any] = {"linear": {"out_features": 1, "weight": [[1, 1]], "bias": [-1]}}
    if layer == "hard_tanh":
        cancel["linear"]["bias"] = [-2]
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": 2, "layers": ["softmax", cancel, layer]},
            "input": ["0.3", "1.7"],
            "target": [1],
            "loss": "mse_loss",
        }
    )
    kinks = [str(n.text) for n in found.notes if "no derivative at" in str(n.text)]
    assert len(kinks) == (layer != "softsign")


@pytest.mark.usefixtures("first_precision")
def test_a_square_of_irrationals_stays_decided_in_every_order() -> None:
    found = solved(kind="derivative", function="abs(sin(x)**2 + cos(x)**2 - 1) + x", wrt="x", at=[{"x": 2}])
    assert found["d1_at"] == [1]


def test_what_is_not_decided_is_named() -> None:
    same: dict[str, Any] = {"input": ["sqrt(2)+sqrt(3)"], "target": ["sqrt(5+2*sqrt(6))"]}
    with pytest.raises(SpecFailure, match=r"which of two values is the greater, a0\[1\], t\[1\]"):
        solved(kind="backprop", network={"input": 1, "layers": ["relu"]}, loss="l1_loss", **same)
    problem: dict[str, Any] = {"kind": "derivative", "function": "max(tanh(x), (exp(2*x)-1)/(exp(2*x)+1))", "wrt": "x"}
    (note,) = [str(n.text) for n in hwsolve.solve(problem | {"at": [{"x": 1}]}).notes if n.level == "warning"]
    assert note.endswith("which of (e²ˣ − 1)/(e²ˣ + 1) and tanh(x) is the greater.")


def test_the_effort_of_forms_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient that is 0 by a relation of softmax which forms do not find: without a bound they take 100,000s of steps."""
    steps: list[int] = []
    effort = forms.effort
    monkeypatch.setattr(forms, "effort", lambda taken=0: (steps.extend([1] * taken), effort(taken))[1])
    monkeypatch.setattr(numbers, "LADDER", (128, 8192))

    def weights(rows: int, columns: int) -> list[list[str]]:
        return [[str(((7 * i + 11 * j + i * j) % 19 - 9) / 10) for j in range(columns)] for i in range(rows)]

    shared = {"linear": {"out_features": 6, "weight": {"value": -0.4, "shared": True}, "bias": weights(1, 6)[0]}}
    layers: list[Any] = [
        {"linear": {"out_features": 6, "weight": weights(6, 5), "bias": weights(1, 6)[0]}},
        "softmax",
        {"residual": {"body": [shared, "softmax"]}},
        {"linear": {"out_features": 4, "weight": weights(4, 6), "bias": weights(1, 4)[0]}},
    ]
    found = solved(
        kind="backprop",
        network={"input": 5, "layers": layers},
        input=weights(3, 5),
        loss="cross_entropy",
        target=[[0.5, 0.25, 0.125, 0.125]] * 3,
        optimizer={"sgd": {"lr": 0.1, "momentum": 0.3}},
        steps=2,
    )
    assert found["dL_dw2"] == 0
    assert 1000 < len(steps) < 6 * forms.SAVED  # twice, the second time with short forms


def weights_of(rng: random.Random, *shape: int) -> Any:
    """Random decimals of one digit."""
    return [weights_of(rng, *shape[1:]) for _ in range(shape[0])] if shape else rng.randint(-9, 9) / 10


@pytest.mark.parametrize("seed", range(6))
def test_terms_over_their_sum_add_up_to_one(seed: int) -> None:
    """Exponentials with exponents of both signs: each over the sum of all, in whatever order, is a share of 1."""
    rng = random.Random(seed)
    with Remembering():
        root = forms.atom("sqrt", forms.constant(fmpq(2)))
        powers = [
            Formed((arb(2).sqrt() * k / 10).exp(), on_forms("exp", forms.scaled(root, fmpq(k, 10))))
            for k in rng.sample([k for k in range(-9, 10) if k], rng.randint(2, 4))
        ]
        total = sum(powers, fmpq(0))
        shares = [power / total for power in powers]
        rng.shuffle(shares)
        assert sum(shares, fmpq(0)) == 1
        assert sum((1 / total * power for power in powers[1:]), powers[0] / total) == 1


def on_forms(name: str, *args: Any) -> Any:
    return atoms.of_function(name, args)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.usefixtures("first_precision")
def test_a_bias_of_keys_has_no_gradient(seed: int) -> None:
    """It adds one number to all scores of a query, which a softmax does not see: 0, and not only nearly."""
    rng = random.Random(seed)
    heads, width = rng.choice(((1, 2), (1, 3), (2, 2), (2, 1)))
    rows, size = rng.randint(2, 3), heads * width
    parts = ("q", "k", "v", "out")
    layers: list[Any] = [
        {"multihead_attention": {
            "embed_dim": size, "num_heads": heads, "mask": "causal",
            "weight": {part: weights_of(rng, size, size) for part in parts},
            "bias": {part: weights_of(rng, size) for part in parts},
        }},
        rng.choice(("tanh", "layer_norm", "relu")),
    ]  # fmt: skip
    if seed % 2:
        del layers[0]["multihead_attention"]["mask"]
    found = solved(
        kind="backprop",
        network={"input": [rows, size], "layers": layers},
        mode="eval",
        input=weights_of(rng, rows, size),
        target=weights_of(rng, rows, size),
        loss="half_squared_error",
    )
    assert not np.any(found["dL_dbk"])
    assert np.any(found["dL_dbv"])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.usefixtures("first_precision")
def test_a_norm_passes_nothing_of_an_upstream_that_is_equal_in_a_row(seed: int) -> None:
    """Σ x̂ = 0 in a row: the gradient by the variance is 0, and so is that of what is normalised."""
    rng = random.Random(seed)
    rows, size = rng.randint(1, 3), rng.randint(2, 5)
    each = [rng.randint(1, 9) / 4 for _ in range(rows)]
    solution = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "input": [rows, size],
                "layers": [
                    {"linear": {"out_features": size, "bias": False, "weight": weights_of(rng, size, size)}},
                    {"layer_norm": {"weight": [1] * size, "bias": [0] * size}},
                ],
            },
            "input": weights_of(rng, rows, size),
            "upstream": [[g] * size for g in each],
        }
    )
    found = {key: floats(a.value) for key, a in solution.answers.items()}
    assert not np.any(found["dL_dvar"])
    assert not np.any(found["dL_dw1"])
    assert np.any(found["dL_dmu"])
    written = json.loads(render([solution], "json", Options()))
    assert wrong_lines(written) == []
    near = [row for key, row in written["answers"].items() if key == "dL_dvar"]
    for row in near:  # the digits that its line gives, where it gives digits
        full = row.get("full") or row["exact"]
        assert all(float(text) == 0 for text in np.ravel(full))


def test_what_is_proven_to_be_0_is_0_in_json() -> None:

    rows = [[1, 2], [1, 2], [0, 4]]  # rows 1 and 2 are one row: what comes back through the softmax of them is 0
    solution = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "inputs": {key: [3, 2] for key in "qkv"},
                "layers": [{"attention": {"inputs": ["q", "k", "v"], "mask": "causal"}}],
            },
            "input": {"q": [[1, 0.5], [0, 1], [2, -1]], "k": [[0.5, 1], [1, -1], [0, 0.25]], "v": rows},
            "upstream": [[1, 0], [0.5, -1], [2, 3]],
        }
    )
    answer = json.loads(solution.to("json"))["answers"]["dL_de"]
    assert answer["value"][1] == [0, 0, 0] and answer["full"][1][:2] == ["0", "0"]
    assert all(float(text) != 0 for text in answer["full"][2])
