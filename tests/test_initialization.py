"""Initialization against independent peers: mpmath's quadrature, PyTorch's layers and its init functions."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import mpmath
import pytest

from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Number
from hwsolve.kinds.initialization.growth_bound import growth
from hwsolve.kinds.initialization.moments import second_moment, unit
from hwsolve.kinds.initialization.piecewise import NotPieces, pieces
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.activation import Activation
from hwsolve.numbers import precision
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Formula, Solution
from hwsolve.spec.report import SpecFailure
from tests.line_check import answers_without_line, wrong_lines
from tests.often import TIMES

DIGITS = 15


def solve(**spec: Any) -> Solution:
    """The solution of a spec with defaults for what it leaves out."""
    whole = {"kind": "initialization", "layer": {"linear": 64}, "input": 32} | spec
    (problem,) = read(json.dumps(whole), "<test>")
    return work_out(problem)


def value(solution: Solution, key: str) -> float:
    """A numeric answer as a float."""
    return float(mpmath.mpf(exact_text(solution.answers[key].value)))


def exact_text(quantity: Any) -> str:
    text = quantity.exact or str(quantity.value.mid().str(40, radius=False))
    top, _, bottom = text.partition("/")
    return str(mpmath.mpf(top) / mpmath.mpf(bottom or 1))


def as_json(solution: Solution) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render([solution], "json", Options()))
    return data


# ---------------------------------------------------------------- moments

PHI = mpmath.npdf
SELU = (mpmath.mpf("1.0507009873554804934193349852946"), mpmath.mpf("1.6732632423543772848170429916717"))


def softplus(z: Any) -> Any:
    return mpmath.log1p(mpmath.exp(z))


def sigmoid(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


# the activation as a spec writes it, the function for mpmath, its kinks
PEERS: dict[str, tuple[Any, Any, list[float]]] = {
    "identity": ("identity", lambda z: z, []),
    "relu": ("relu", lambda z: max(z, 0), [0]),
    "leaky_relu": ({"leaky_relu": 0.2}, lambda z: z if z > 0 else z / 5, [0]),
    "prelu": ({"prelu": {"init": 0.75}}, lambda z: z if z > 0 else 3 * z / 4, [0]),
    "relu6": ("relu6", lambda z: min(max(z, 0), 6), [0, 6]),
    "elu": ({"elu": 1.5}, lambda z: z if z > 0 else 1.5 * mpmath.expm1(z), [0]),
    "selu": ("selu", lambda z: SELU[0] * (z if z > 0 else SELU[1] * mpmath.expm1(z)), [0]),
    "gelu": ("gelu", lambda z: z * mpmath.ncdf(z), []),
    "silu": ("silu", lambda z: z * sigmoid(z), []),
    "mish": ("mish", lambda z: z * mpmath.tanh(softplus(z)), []),
    "sigmoid": ("sigmoid", sigmoid, []),
    "log_sigmoid": ("log_sigmoid", lambda z: mpmath.log(sigmoid(z)), []),
    "tanh": ("tanh", mpmath.tanh, []),
    "softplus": ({"softplus": {"beta": 2}}, lambda z: softplus(2 * z) / 2, []),
    "softsign": ("softsign", lambda z: z / (1 + abs(z)), [0]),
    "hard_tanh": ("hard_tanh", lambda z: min(max(z, -1), 1), [-1, 1]),
    "hard_sigmoid": ("hard_sigmoid", lambda z: min(max(z + 3, 0), 6) / mpmath.mpf(6), [-3, 3]),
    "hard_swish": ("hard_swish", lambda z: z * min(max(z + 3, 0), 6) / mpmath.mpf(6), [-3, 3]),
    "gelu_tanh": (
        {"gelu": {"approximate": "tanh"}},
        lambda z: z * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (z + mpmath.mpf("0.044715") * z**3))) / 2,
        [],
    ),
    "celu": ({"celu": 1.5}, lambda z: z if z > 0 else 1.5 * mpmath.expm1(z / 1.5), [0]),
    "hard_shrink": ("hard_shrink", lambda z: z if abs(z) > 0.5 else mpmath.mpf(0), [-0.5, 0.5]),
    "soft_shrink": ("soft_shrink", lambda z: max(z - 0.5, 0) + min(z + 0.5, 0), [-0.5, 0.5]),
    "tanh_shrink": ("tanh_shrink", lambda z: z - mpmath.tanh(z), []),
    "threshold": ({"threshold": {"threshold": "1/4", "value": 2}}, lambda z: z if z > 0.25 else mpmath.mpf(2), [0.25]),
    "rrelu": ("rrelu", lambda z: z if z > 0 else z * 11 / 48, [0]),
    "sine": ("sin(x)", mpmath.sin, []),
    "two kinks": ("max(x - 1, 0, -2*x - 1)", lambda z: max(z - 1, 0, -2 * z - 1), [-0.5, 1]),
}


def quadrature(f: Any, kinks: list[float]) -> Any:
    """E[f(z)²] by mpmath, between the kinks."""
    points = sorted({-mpmath.inf, *range(-9, 10, 3), *kinks, mpmath.inf})
    return sum(mpmath.quad(lambda z: f(z) ** 2 * PHI(z), [a, b]) for a, b in pairwise(points))


@pytest.mark.parametrize("name", PEERS)
def test_moments_agree_with_mpmath_to_15_digits(name: str) -> None:
    spec, f, kinks = PEERS[name]
    solution = solve(activation=spec)
    with mpmath.workdps(30):
        for key, g in (("moment", f), ("moment.backward", lambda z: mpmath.diff(f, z))):
            ours = mpmath.mpf(exact_text(solution.answers[key].value))
            peer = quadrature(g, kinks)
            assert abs(ours - peer) < mpmath.mpf(10) ** -DIGITS * max(1, abs(peer)), key


def test_every_activation_has_a_peer() -> None:
    assert {n for n in LAYERS if issubclass(layer_class(n), Activation)} <= set(PEERS)


@pytest.mark.parametrize("slope", ["alpha", "slope_of_mine"])
def test_a_slope_with_only_a_name_gives_a_formula_for_all_slopes(slope: str) -> None:
    answers = solve(activation={"prelu": {"init": slope}}).answers
    numeric = solve(activation={"prelu": {"init": "1/3"}}).answers["moment"].value
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import exact

    assert isinstance(answers["moment"].value, Formula)
    assert evaluate(answers["moment"].value, lambda name, _: {slope: exact(1, 3)}[name]) == numeric.value == exact(5, 9)


def test_the_symbolic_moment_of_elu_agrees_with_numbers() -> None:
    found = solve(activation={"elu": "a"}).answers["moment"].value
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import exact

    for number in (exact(1, 2), exact(2), exact(-1)):
        text = f"{number.p}/{number.q}"
        numeric = solve(activation={"elu": {"alpha": text}}).answers["moment"].value.value
        with precision(128):
            assert evaluate(found, lambda name, _, a=number: a).overlaps(numeric)


def test_fifty_digits_are_fifty_right_digits() -> None:
    with mpmath.workdps(70):
        wanted = quadrature(mpmath.tanh, [])
        found = solve(activation="tanh", digits=50).answers["moment"].value.text
        assert found == mpmath.nstr(wanted, 50)


def test_a_wrong_moment_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed form and integration are independent: change one of them, and no line is made."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.initialization import moments

    right = moments.normal_integral
    monkeypatch.setattr(moments, "normal_integral", lambda *args: right(*args) + Number(1, 1000))
    with pytest.raises(Disagreement):
        solve(activation="relu")


# ---------------------------------------------------------------- pieces and bounds

FUNCTIONS = [
    "relu(z)", "relu6(z)", "hard_swish(z)", "hard_tanh(z)", "hard_sigmoid(z)", "softsign(z)", "selu(z)", "elu(z, 2)", "abs(z)",
    "max(z - 1, 0, -2*z - 1)", "relu(relu(z) - 1)", "min(relu(z), 2) - abs(z + 1)", "if(z > 1, z**2, if(2*z < -3, sin(z), exp(z)))",
]  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS)
def test_pieces_are_the_function(text: str) -> None:
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import close, exact

    f = parse(text)
    found = pieces(f, "z")
    assert found[0].low is None and found[-1].high is None
    assert all(a.high == b.low for a, b in pairwise(found))
    dice = random.Random(3)
    for _ in range(60):
        z = exact(dice.randint(-900, 900), 101)
        piece = next(p for p in found if p.high is None or z <= exact(*p.high.as_integer_ratio()))
        assert close(evaluate(f, lambda *_, z=z: z), evaluate(piece.formula, lambda *_, z=z: z)), z


def test_kinks_that_depend_on_a_name_are_refused() -> None:
    with pytest.raises(NotPieces):
        pieces(parse("max(z, a*z)"), "z")
    with pytest.raises(NotPieces):
        pieces(parse("relu(sin(z))"), "z")


@pytest.mark.parametrize(
    "text",
    [
        "gelu(z)",
        "mish(z)",
        "softplus(z)",
        "z/(1 + z**2)",
        "exp(z)*z**3 - 4",
        "exp(-z**2)",
        "tanh(z)*sinh(2*z)",
        "log(3 + z**2)",
        "z/sqrt(1 + z**2)",
    ],
)
@pytest.mark.parametrize("side", [-1, 1])
def test_a_function_stays_below_its_bound(text: str, side: int) -> None:
    from flint import arb

    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import exact

    bound = growth(parse(text), "z", {}, side)
    for k in range(0, 400, 7):
        z = exact(side * k, 10)
        most = bound.factor * (1 + abs(arb(z))) ** bound.power * (bound.rate * abs(arb(z))).exp()
        assert not abs(arb(evaluate(parse(text), lambda *_, z=z: z))) > most, z


@pytest.mark.parametrize("text", ["exp(z**2)", "1/z", "log(z)", "sqrt(z)", "1/(z + 1)", "tan(z)"])
def test_what_has_no_bound_gets_none(text: str) -> None:
    with pytest.raises(NotPieces):
        growth(parse(text), "z", {}, -1)


def test_tails_are_part_of_the_ball() -> None:
    """At every precision the ball holds the value that a higher one finds."""
    u = unit(parse("gelu(z)*z**2"), {})
    derivation = Derivation(6, False, {})
    with precision(256):
        best = second_moment(u.pieces, derivation, []).value
    for bits in (32, 64, 128):
        with precision(bits):
            found = second_moment(u.pieces, derivation, []).value
            assert found.overlaps(best) and found.rad() < 2.0 ** (16 - bits)


# ---------------------------------------------------------------- fans, against PyTorch's layers

LINEAR_CASES = [({"linear": 7}, [5])]
CASES = [
    ({"conv1d": {"out_channels": 6, "kernel_size": 3}}, [4, 21]),
    ({"conv2d": {"out_channels": 8, "kernel_size": [3, 5], "groups": 2}}, [4, 21, 21]),
    ({"conv2d": {"out_channels": 8, "kernel_size": 3, "groups": 4, "dilation": 2}}, [8, 21, 21]),
    ({"conv3d": {"out_channels": 2, "kernel_size": 3}}, [3, 9, 9, 9]),
    ({"conv_transpose1d": {"out_channels": 6, "kernel_size": 4}}, [4, 21]),
    ({"conv_transpose2d": {"out_channels": 8, "kernel_size": 3, "groups": 2}}, [4, 21, 21]),
]


@pytest.mark.parametrize(("layer", "shape"), LINEAR_CASES + CASES, ids=lambda x: str(x))
def test_fans_count_the_connections_of_the_layer(layer: dict[str, Any], shape: list[int]) -> None:
    torch = pytest.importorskip("torch")
    ((name, settings),) = layer.items()
    kind = "".join(part.capitalize() for part in name.split("_")).replace("1D", "1d").replace("2D", "2d")
    kind = {"Conv1d": "Conv1d", "Convtranspose": "ConvTranspose"}.get(kind, kind).replace("d", "d")
    made = (
        torch.nn.Linear(shape[0], settings, bias=False)
        if name == "linear"
        else getattr(torch.nn, kind)(shape[0], bias=False, **settings)
    )
    torch.nn.init.ones_(made.weight)
    x = torch.ones(1, *shape, requires_grad=True)
    y = made(x)
    y.sum().backward()
    middle_in = (0, 0, *(n // 2 for n in shape[1:]))
    middle_out = (0, 0, *(n // 2 for n in y.shape[2:]))
    answers = solve(layer=layer, input=shape).answers
    assert answers["fan_in"].value.value == int(y[middle_out])
    assert answers["fan_out"].value.value == int(x.grad[middle_in])


@pytest.mark.parametrize(("layer", "shape"), LINEAR_CASES + CASES[:1] + CASES[3:4], ids=lambda x: str(x))
def test_fans_are_those_of_pytorch_where_it_has_them_right(layer: dict[str, Any], shape: list[int]) -> None:
    init = pytest.importorskip("torch.nn.init")
    torch = pytest.importorskip("torch")
    ((name, settings),) = layer.items()
    kind = {"linear": "Linear", "conv1d": "Conv1d", "conv3d": "Conv3d"}[name]
    made = getattr(torch.nn, kind)(shape[0], **(settings if isinstance(settings, dict) else {"out_features": settings}))
    answers = solve(layer=layer, input=shape).answers
    assert (answers["fan_in"].value.value, answers["fan_out"].value.value) == init._calculate_fan_in_and_fan_out(
        made.weight
    )


def test_names_for_sizes_stand_for_every_number() -> None:
    from hwsolve.formula.evaluate import evaluate

    layer = {"conv2d": {"out_channels": "C", "kernel_size": "K", "groups": "g"}}
    symbolic = solve(layer=layer, input=["D", "H", "W"], activation="relu", mode="average").answers
    numbers = {"C": 12, "D": 8, "K": 3, "g": 4}
    filled = {"conv2d": {"out_channels": 12, "kernel_size": 3, "groups": 4}}
    numeric = solve(layer=filled, input=[8, "H", "W"], activation="relu", mode="average").answers
    for key in ("fan_in", "fan_out", "variance", "variance.forward", "variance.backward"):
        assert evaluate(symbolic[key].value, lambda name, _: numbers[name]) == numeric[key].value.value, key


# ---------------------------------------------------------------- gains and distributions, against torch.nn.init

GAINS = [("identity", "linear", None), ("sigmoid",) * 2 + (None,), ("tanh",) * 2 + (None,), ("relu",) * 2 + (None,), ("selu",) * 2 + (None,), ("leaky_relu", "leaky_relu", 0.3)]  # fmt: skip


@pytest.mark.parametrize(("name", "torch_name", "parameter"), GAINS)
def test_the_gain_of_pytorch_is_its_own(name: str, torch_name: str, parameter: float | None) -> None:
    init = pytest.importorskip("torch.nn.init")
    activation = name if parameter is None else {name: parameter}
    solution = solve(activation=activation, gain="torch")
    assert value(solution, "gain.torch") == pytest.approx(init.calculate_gain(torch_name, parameter), rel=1e-14)
    assert value(solution, "gain") == value(solution, "gain.torch")


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("activation", ["relu", {"leaky_relu": 0.1}])
def test_kaiming_of_pytorch_draws_with_this_variance(mode: str, activation: Any) -> None:
    torch = pytest.importorskip("torch")
    slope = 0 if activation == "relu" else 0.1
    answers = solve(
        layer={"conv2d": {"out_channels": 40, "kernel_size": 5}}, input=[30, 9, 9], activation=activation, mode=mode
    )
    torch.manual_seed(5)
    weight = torch.empty(40, 30, 5, 5)
    torch.nn.init.kaiming_uniform_(weight, a=slope, mode=mode)
    bound = value(answers, "bound")
    assert 0.999 * bound < float(weight.abs().max()) <= bound * (1 + 1e-6)
    torch.nn.init.kaiming_normal_(weight, a=slope, mode=mode)
    assert float(weight.std()) == pytest.approx(value(answers, "std"), rel=0.02)


def test_xavier_of_pytorch_draws_within_this_bound() -> None:
    torch = pytest.importorskip("torch")
    answers = solve(layer={"linear": 300}, input=200, activation="tanh", mode="average", gain="torch")
    weight = torch.empty(300, 200)
    torch.manual_seed(1)
    torch.nn.init.xavier_uniform_(weight, gain=5 / 3)
    bound = value(answers, "bound")
    assert 0.999 * bound < float(weight.abs().max()) <= bound * (1 + 1e-6)


def test_a_truncated_normal_has_the_variance_it_is_drawn_for() -> None:
    torch = pytest.importorskip("torch")
    answers = solve(activation="relu")
    sigma = value(answers, "std.truncated")
    weight = torch.empty(1_000_000, dtype=torch.float64)
    torch.manual_seed(2)
    torch.nn.init.trunc_normal_(weight, std=sigma, a=-2 * sigma, b=2 * sigma)
    assert float(weight.std()) == pytest.approx(value(answers, "std"), rel=0.003)


def test_gains_that_are_asked_for() -> None:
    assert solve(activation="sigmoid", gain="linear").answers["gain"].value.text == "4"
    assert solve(activation="tanh", gain="linear").answers["gain"].value.text == "1"
    assert solve(activation="relu", gain="5/3").answers["variance"].value.exact == "25/288"
    root = solve(activation="relu", gain="sqrt(3)").answers
    assert root["variance"].value.exact == "3/32" and root["gain"].value.text == "1.73205"


def test_a_moment_that_a_root_makes_rational_is_exact() -> None:
    answers = solve(activation={"leaky_relu": "sqrt(5)"}).answers
    assert answers["moment"].value.exact == "3" and answers["variance"].value.exact == "1/96"


# ---------------------------------------------------------------- what is written

LAYER_CHOICES: list[tuple[Any, Any]] = [
    ({"linear": 10}, 7), ({"linear": "m"}, "n"), ({"linear": 10}, "n"), *CASES,
    ({"conv2d": {"out_channels": "C", "kernel_size": "K"}}, [3, "H", "W"]),
    ({"conv_transpose2d": {"out_channels": 6, "kernel_size": ["K", 3], "groups": 3}}, ["D", 9, 9]),
]  # fmt: skip
UNITS = [spec for spec, _, _ in PEERS.values()] + [{"prelu": {"init": "s"}}, "x*sigmoid(1.702*x)", {"elu": "s"}, {"prelu": {"init": "sqrt(2)"}}, "if(x > 1, 1, min(x, 0))"]  # fmt: skip


def random_spec(seed: int) -> dict[str, Any]:
    dice = random.Random(seed)
    layer, shape = dice.choice(LAYER_CHOICES)
    gain = dice.choice(["derived", "derived", "derived", 1.5, "sqrt(2)"])
    return {"layer": layer, "input": shape, "activation": UNITS[seed % len(UNITS)], "mode": dice.choice(["fan_in", "fan_out", "average"]), "gain": gain}  # fmt: skip


@pytest.mark.parametrize("seed", range(0, len(UNITS), 2 if TIMES > 1 else 4))
def test_every_line_holds(seed: int) -> None:
    solution = as_json(solve(**random_spec(seed)))
    assert wrong_lines(solution) == []
    assert answers_without_line(solution) == []


def written(**spec: Any) -> list[str]:
    solution = as_json(solve(**spec))
    return [
        line["shown"]
        for section in solution["sections"]
        for line in section["lines"]
        if "shown" in line and line["kind"] != "text"
    ]


def test_the_derivation_changes_with_what_is_asked() -> None:
    base = {"layer": {"linear": "m"}, "input": "n", "activation": {"prelu": {"init": "a"}}}
    others = [{"activation": "tanh"}, {"activation": {"elu": "a"}}, {"mode": "fan_out"}, {"mode": "average"}, {"gain": 2}, {"input": "k"}, {"layer": {"conv1d": {"out_channels": "m", "kernel_size": 3}}, "input": ["n", "L"]}]  # fmt: skip
    pages = [written(**base), *(written(**base | other) for other in others)]
    assert len({tuple(page) for page in pages}) == len(pages)
    assert solve(**base).answers["variance"].value == parse("2/(n*(1 + a**2))")


@pytest.mark.parametrize(
    "name", ["tanh", "gelu", "sigmoid", "softplus", "elu", "hard_tanh", "relu", "sine", "two kinks"]
)
def test_fan_out_keeps_the_gradients(name: str) -> None:
    spec, f, kinks = PEERS[name]
    slope = quadrature(lambda z: (f(z + 1e-9) - f(z - 1e-9)) / 2e-9, kinks)  # E f′², by mpmath alone
    level = quadrature(f, kinks)
    solution = solve(activation=spec, mode="fan_out")
    assert value(solution, "variance") * 64 * float(slope) == pytest.approx(1, rel=1e-6)
    assert value(solution, "growth.backward") == pytest.approx(1)
    assert value(solution, "gain") == pytest.approx(float(slope) ** -0.5, rel=1e-6)
    assert wrong_lines(as_json(solution)) == []
    solution = solve(activation=spec, mode="average")
    assert value(solution, "variance") == pytest.approx(2 / float(32 * level + 64 * slope), rel=1e-6)
    assert value(solution, "growth.forward") + value(solution, "growth.backward") == pytest.approx(2)
    assert value(solution, "variance") == pytest.approx(2 * value(solution, "gain") ** 2 / (32 + 64))
    balanced = level == pytest.approx(slope, rel=1e-6)
    assert balanced or any("compromise keeps neither" in str(note.text) for note in solution.notes)
    assert wrong_lines(as_json(solution)) == []


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus"])
def test_gradients_keep_their_variance_in_a_random_layer(activation: str) -> None:
    torch = pytest.importorskip("torch")
    solution = solve(layer={"linear": 1024}, input=512, activation=activation, mode="fan_out")
    torch.manual_seed(1)
    z = torch.randn(400, 512, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(1024, 512, dtype=torch.float64) * value(solution, "std")
    a = getattr(torch, activation, getattr(torch.nn.functional, activation, None))(z)
    upstream = torch.randn(400, 1024, dtype=torch.float64)
    (a @ weight.T).backward(upstream)
    assert float(z.grad.var()) == pytest.approx(1, rel=0.03)


def test_no_gradient_comes_through_a_step() -> None:
    for mode in ("fan_out", "average"):
        with pytest.raises(SpecFailure, match="no gradient comes through"):
            solve(activation="step(x)", mode=mode)
    assert value(solve(activation="step(x)"), "moment") == 0.5


def test_only_what_is_0_everywhere_is_said_to_be() -> None:
    for activation in ("0*x", "relu(-abs(x))", "x - x"):
        with pytest.raises(SpecFailure, match="0 everywhere"):
            solve(activation=activation)
    mpmath.mp.dps = 30
    for shift in (9, 15, 30):
        wanted = mpmath.quad(lambda z, c=shift: (z - c) ** 2 * PHI(z), [shift, shift + 1, shift + 3, shift + 10])
        assert value(solve(activation=f"relu(x - {shift})"), "moment") == pytest.approx(float(wanted), rel=1e-9)
    assert value(solve(activation="sin(2000*x)"), "moment") == pytest.approx(0.5)  # (1 - exp(-2a²))/2
    with pytest.raises(SpecFailure, match="could be proven"):
        solve(activation="sin(10**9*x)")


def test_a_sentence_waits_for_the_precision_that_decides_it() -> None:
    tiny = "sqrt(2) - 1.4142135623730950488016887242096980785696718"  # 7.5e-45
    assert value(solve(activation="relu", gain=tiny), "gain") == pytest.approx(7.5e-45, rel=0.01)
    with pytest.raises(SpecFailure, match="A gain is a positive number"):
        solve(activation="relu", gain=f"-({tiny})")
    assert value(solve(activation="if(x > 0, exp(x) - 1, x)", gain="linear"), "gain") == 1  # no kink: e⁰ is 1
    with pytest.raises(SpecFailure, match="kink at 0"):
        solve(activation="relu", gain="linear")


def test_float64_says_so_and_proves_nothing() -> None:
    solution = solve(activation="gelu", numbers="float64")
    assert solution.answers["moment"].value.system == "float64"
    assert any("not proven" in str(note.text) for note in solution.notes)
    assert wrong_lines(as_json(solution)) == []


@pytest.mark.parametrize(
    ("text", "slope", "kinks"),
    [
        ("x+1", lambda z: 1, []),
        ("2*abs(x) - 3", lambda z: mpmath.sign(z) * 2, [0]),
        ("relu(x) + 1", lambda z: z > 0, [0]),
        ("relu(x - 1)", lambda z: z > 1, [1]),
        ("abs(x - 1)", lambda z: mpmath.sign(z - 1), [1]),
        ("tanh(x)", lambda z: mpmath.sech(z) ** 2, []),
        ("hard_tanh(x)", lambda z: abs(z) < 1, [-1, 1]),
        ("x**2", lambda z: 2 * z, []),
    ],
)
def test_the_gain_backward_is_said_to_be_for_one_variance_where_it_is(text: str, slope: Any, kinks: list[int]) -> None:
    def at(deviation: float) -> Any:
        places = sorted({-12, *(k / deviation for k in kinks), 12})
        density = lambda z: mpmath.exp(-z * z / 2) / mpmath.sqrt(2 * mpmath.pi)  # noqa: E731
        return mpmath.quad(lambda z: (slope(deviation * z) * 1) ** 2 * density(z), places)

    found = solve(layer={"linear": 20}, input=10, activation=text, mode="fan_out")
    said = any("depends on" in str(n.text) for n in found.notes)
    assert said == (abs(at(2.0) - at(1.0)) > 1e-6)
