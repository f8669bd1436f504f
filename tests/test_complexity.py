"""Operation counts against loops that execute the textbook's algorithms and count every operation."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import hwsolve
from hwsolve.formula.functions import FUNCTIONS, Function
from hwsolve.formula.notation import plain as plain_text
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Call, Formula, Ref, transform
from hwsolve.formula.whole_arrays import value as over_arrays
from hwsolve.kinds.complexity.forms import LayerForms
from hwsolve.language import Message
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Sentence
from hwsolve.spec.report import SpecFailure
from tests import counting_loops as loops
from tests.line_check import wrong_lines

KINDS = ("mul", "add", "div", "cmp", "exp", "log", "sqrt", "tanh", "erf")
PHASES = ("forward", "error", "gradient", "update")
Counts = dict[str, dict[str, int]]
EVERYTHING = {"activations": True, "input_gradient": True}


def solved(layers: list[Any], shape: Any, count: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The solution as JSON; each line is checked on the way."""
    spec = {
        "kind": "complexity",
        "network": {"input": shape, "layers": layers},
        "count": EVERYTHING | (count or {}),
        **more,
    }
    (problem,) = read(json.dumps(spec), "test.yaml")
    data: dict[str, Any] = json.loads(render([work_out(problem)], "json", Options()))
    assert wrong_lines(data) == []
    return data


def at(solution: dict[str, Any], key: str, sizes: dict[str, int] | None = None) -> int:
    """An answer as a number; 0 where there is none."""
    answer = solution["answers"].get(key)
    if answer is None:
        return 0
    if "formula" not in answer:
        return int(answer["value"])
    names = {"floor": lambda x: x // 1, "ceil": lambda x: -(-x // 1), "min": min, "max": max, "__builtins__": {}}
    value = eval(answer["formula"], names, {k: Fraction(v) for k, v in (sizes or {}).items()})
    assert value == int(value)
    return int(value)


def check(solution: dict[str, Any], found: Counts, sizes: dict[str, int] | None = None) -> None:
    for phase in PHASES:
        for kind in KINDS:
            assert at(solution, f"{phase}.{kind}", sizes) == found.get(phase, {}).get(kind, 0), (phase, kind, sizes)
    for kind in KINDS:
        both = sum(found.get(phase, {}).get(kind, 0) for phase in ("error", "gradient"))
        assert at(solution, f"backward.{kind}", sizes) == both


def updated(tally: loops.Tally, parameters: int) -> dict[str, int]:
    loops.update(tally, parameters)
    return tally.taken()


# ---------------------------------------------------------------- dense layers


def linear_counts(shape: tuple[int, ...], outputs: int, bias: bool) -> Counts:
    tally, inputs = loops.Tally(), shape[-1]
    w, x = loops.tensor(tally, (outputs, inputs)), loops.tensor(tally, shape)
    b = loops.tensor(tally, (outputs,)) if bias else None
    found: Counts = {}
    y = loops.linear(w, b, x, shape, outputs)
    found["forward"] = tally.taken()
    loops.linear_error(w, y, shape, outputs)
    found["error"] = tally.taken()
    loops.linear_gradient(y, x, shape, outputs, bias)
    found["gradient"] = tally.taken()
    return found | {"update": updated(tally, outputs * inputs + outputs * bias)}


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias: bool) -> None:
    solution = solved([{"linear": {"out_features": "m", "bias": bias}}], "n")
    on_rows = solved([{"linear": {"out_features": "m", "bias": bias}}], ["p", "n"])
    for n in range(1, 7):
        for m in range(1, 7):
            check(solution, linear_counts((n,), m, bias), {"n": n, "m": m})
            for p in (2, 5):
                check(on_rows, linear_counts((p, n), m, bias), {"n": n, "m": m, "p": p})
                check(solved([{"linear": {"out_features": m, "bias": bias}}], [p, n]), linear_counts((p, n), m, bias))


# ---------------------------------------------------------------- functions of values


def spec_of(name: str) -> Any:
    known = {"gelu_tanh": {"gelu": {"approximate": "tanh"}}, "threshold": {"threshold": ARGUMENTS["threshold"]}}
    return known.get(name, name)


ARGUMENTS: dict[str, dict[str, Any]] = {"threshold": {"threshold": 0.1, "value": 20}}


@pytest.mark.parametrize("name", loops.FUNCTIONS)
def test_activations(name: str) -> None:
    solution = solved([spec_of(name)], "n")
    for n in range(1, 7):
        tally = loops.Tally()
        forward, error = loops.elementwise(tally, name, n)
        found: Counts = {"forward": forward, "error": error}
        if name == "prelu":
            loops.add_up(tally.num(1) * tally.num(1) for _ in range(n))
            found["gradient"] = tally.taken()
            found["update"] = updated(tally, 1)
        check(solution, found, {"n": n})


def test_every_activation_is_among_them() -> None:
    names = {name for name in LAYERS if issubclass(layer_class(name), Activation)}
    assert names - {"identity"} == set(loops.FUNCTIONS) - {"gelu_tanh"}
    assert solved(["identity"], 3)["answers"]["total.mul"]["value"] == 0


KEPT: dict[str, Any] = {
    "p": mpmath.ncdf,
    "s": lambda x: 1 / (1 + mpmath.exp(-x)),
    "t": lambda x: mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
}
KNOWN = {
    "lambd": mpmath.mpf("0.5"), "threshold": mpmath.mpf("0.1"), "value": mpmath.mpf(20), "a": mpmath.mpf(11) / 48,
    "negative_slope": mpmath.mpf("0.01"), "weight": mpmath.mpf("0.25"), "alpha": mpmath.mpf(1), "sqrt_2": mpmath.sqrt(2),
    "sqrt_2pi": mpmath.sqrt(2 * mpmath.pi), "scale": mpmath.mpf(loops.SCALE), "scale_alpha": mpmath.mpf(loops.SCALE) * loops.ALPHA,
}  # fmt: skip
READ = {
    **{f: getattr(mpmath, f) for f in ("exp", "log", "tanh", "erf", "sqrt")}, "abs": abs, "max": max, "min": min,
    "cases": lambda c, a, b: a if c else b, "__builtins__": {},
}  # fmt: skip


def stated(f: Function) -> Callable[..., Any]:
    """A function by the text of its definition, which is what is counted of it."""
    text = (f.definition or f.cases or "").replace("if(", "cases(")
    defaults = dict(zip(f.parameters[len(f.parameters) - len(f.defaults) :], map(float, f.defaults), strict=True))
    return lambda *args: eval(text, READ, defaults | dict(zip(f.parameters, args, strict=False)))


READ |= {f.name: stated(f) for f in FUNCTIONS.values() if f.name not in READ and (f.definition or f.cases)}


@pytest.mark.parametrize("name", [name for name in LAYERS if issubclass(layer_class(name), Activation)])
@pytest.mark.parametrize("x", [-4, -1.3, 0.4, 2.5, 7.5])
def test_what_is_counted_is_the_function_and_its_derivative(name: str, x: float) -> None:
    """The formulas that are counted, evaluated: the value is PyTorch's, the slope is the value's numerical derivative."""
    record: Any = layer_class(name)

    def value(at: Any) -> Any:
        return eval((record.evaluation or record.function).replace("if(", "cases("), READ, KNOWN | {"x": at})

    point = mpmath.mpf(x)
    names = KNOWN | {"x": point, "y": value(point)} | {k: f(point) for k, f in KEPT.items()}
    slope = eval(record.slope.replace("if(", "cases("), READ, names)
    assert abs(slope - mpmath.diff(value, point)) < 1e-6
    torch = pytest.importorskip("torch", reason="PyTorch is the peer of this test")
    classes = {
        "hard_tanh": "Hardtanh",
        "hard_sigmoid": "Hardsigmoid",
        "hard_swish": "Hardswish",
        "log_sigmoid": "LogSigmoid",
    }
    peer = getattr(torch.nn, classes.get(name, record.__name__))(*ARGUMENTS.get(name, {}).values()).double().eval()
    assert abs(float(value(point)) - peer(torch.tensor([x], dtype=torch.float64)).item()) < 1e-6


def test_softmax() -> None:
    for layer, forward, back in [
        ("softmax", loops.softmax, loops.softmax_error),
        ("log_softmax", loops.log_softmax, loops.log_softmax_error),
    ]:
        solution = solved([layer], ["r", "n"])
        for n in range(1, 7):
            for r in (1, 3):
                tally, found = loops.Tally(), Counts()
                rows = [forward([tally.num(0.1)] * n) for _ in range(r)]
                found["forward"] = tally.taken()
                for row in rows:
                    back(row, [tally.num(1)] * n)
                check(solution, found | {"error": tally.taken()}, {"n": n, "r": r})


# ---------------------------------------------------------------- normalisation and the rest


def norm_counts(groups: int, m: int, owned: int, affine: bool, bias: bool = True) -> Counts:
    tally, found, v = loops.Tally(), Counts(), groups * m
    normal = [loops.normalised([tally.num(k) for k in range(m)]) for _ in range(groups)]
    if affine:
        for hat, _ in normal:
            scaled = [h * tally.num(2) for h in hat]
            if bias:
                [s + tally.num(1) for s in scaled]
    found["forward"] = tally.taken()
    for hat, deviation in normal:
        g = [tally.num(1) for _ in hat]
        loops.normalised_error(hat, [b * tally.num(2) for b in g] if affine else g, deviation)
    found["error"] = tally.taken()
    if affine:
        for _ in range(owned):
            loops.add_up(tally.num(1) * tally.num(1) for _ in range(v // owned))
            if bias:
                loops.add_up(tally.num(1) for _ in range(v // owned))
        found["gradient"] = tally.taken()
        found["update"] = updated(tally, owned * (1 + bias))
    return found


def rms_counts(groups: int, m: int, affine: bool) -> Counts:
    tally, found = loops.Tally(), Counts()
    normal = [loops.by_root_mean_square([tally.num(k) for k in range(m)]) for _ in range(groups)]
    if affine:
        [[h * tally.num(2) for h in hat] for hat, _ in normal]
    found["forward"] = tally.taken()
    for hat, root in normal:
        g = [tally.num(1) * tally.num(2) if affine else tally.num(1) for _ in hat]
        slope = loops.add_up(a * b for a, b in zip(g, hat, strict=True)) / m
        [(b - a * slope) / root for a, b in zip(hat, g, strict=True)]
    found["error"] = tally.taken()
    if affine:
        for _ in range(m):
            loops.add_up(tally.num(1) * tally.num(1) for _ in range(groups))
        found["gradient"] = tally.taken()
        found["update"] = updated(tally, m)
    return found


def test_normalisation() -> None:
    for c in range(1, 5):
        for side in range(1, 5):
            check(solved(["batch_norm2d"], [c, side, 2]), norm_counts(c, 2 * side, c, True))
            check(solved([{"batch_norm1d": {"affine": False}}], [c, side]), norm_counts(c, side, c, False))
            check(solved(["instance_norm1d"], [c, side]), norm_counts(c, side, c, False))
            check(solved([{"group_norm": 2}], [2 * c, side]), norm_counts(2, c * side, 2 * c, True))
            check(solved(["layer_norm"], [side, c]), norm_counts(side, c, c, True))
            check(solved([{"layer_norm": {"bias": False}}], [side, c]), norm_counts(side, c, c, True, bias=False))
            check(solved(["rms_norm"], [side, c]), rms_counts(side, c, True))
            check(solved([{"rms_norm": {"elementwise_affine": False}}], [side, c]), rms_counts(side, c, False))
    symbolic = solved(["batch_norm2d"], ["C", "H", "W"])
    check(symbolic, norm_counts(3, 8, 3, True), {"C": 3, "H": 4, "W": 2})


def test_layers_that_only_move_or_scale_values() -> None:
    for layer in ("flatten", "identity", {"pixel_shuffle": 2}, {"unflatten": {"dim": 1, "unflattened_size": [2, 2]}}):
        assert at(solved([layer], [4, 3, 2]), "total.mul") == at(solved([layer], [4, 3, 2]), "total.add") == 0
    check(solved(["dropout"], [4, 3]), {"forward": {"mul": 12}, "error": {"mul": 12}})
    check(solved([{"upsample": {"scale_factor": 2}}], [1, 3, 2]), {"error": {"add": 24 - 6}})
    bilinear = solved([{"upsample": {"scale_factor": 2, "mode": "bilinear"}}], [1, 3, 2])
    check(bilinear, {"forward": {"mul": 96, "add": 72}, "error": {"mul": 96, "add": 96 - 6}})
    embedding = solved([{"embedding": {"num_embeddings": 7, "embedding_dim": 3}}], [5])
    check(embedding, {"gradient": {"add": 4 * 3}, "update": {"mul": 21, "add": 21}})


def test_every_layer_has_a_rule_or_does_nothing() -> None:
    nothing = {"flatten", "unflatten", "pixel_shuffle", "parameter", "constant", "crop", "permute", "select", "reshape"}
    nothing |= {"channel_shuffle", "pixel_unshuffle", "narrow", "max_unpool1d", "max_unpool2d", "max_unpool3d"}
    for name in LAYERS:
        rule = layer_class(name).operations
        assert (rule is Layer.operations) == (name in nothing), name


# ---------------------------------------------------------------- networks


def network_loops(length: int, n: int) -> Counts:
    """L layers of n units with sigmoid, as the homework runs them: no error term for the input."""
    tally, found = loops.Tally(), {phase: Counter[str]() for phase in PHASES}
    w = [loops.tensor(tally, (n, n), 0.1) for _ in range(length)]
    b = [loops.tensor(tally, (n,), 0.1) for _ in range(length)]
    outputs = [loops.tensor(tally, (n,), 0.3)]
    for k in range(length):
        z = loops.linear(w[k], b[k], outputs[-1], (n,), n)
        found["forward"].update(tally.taken())
        outputs.append({i: loops.gate(v) for i, v in z.items()})
        tally.taken()  # evaluating an activation does not count here
    g = loops.tensor(tally, (n,), 1)
    for k in reversed(range(length)):
        delta = {i: g[i] * (outputs[k + 1][i] * (1 - outputs[k + 1][i])) for i in g}
        found["error"].update(tally.taken())
        loops.linear_gradient(delta, outputs[k], (n,), n, True)
        found["gradient"].update(tally.taken())
        if k > 0:
            g = loops.linear_error(w[k], delta, (n,), n)
        found["error"].update(tally.taken())
        found["update"].update(updated(tally, n * n + n))
    return {phase: dict(counts) for phase, counts in found.items()}


def test_the_homeworks_network() -> None:
    layers = [{"repeat": {"times": "L", "body": [{"linear": "n"}, "sigmoid"]}}]
    solution = solved(layers, "n", {"activations": False, "input_gradient": False})
    for length in range(1, 6):
        for n in range(1, 7):
            found = network_loops(length, n)
            check(solution, found, {"L": length, "n": n})
            assert found["error"].get("mul", 0) + found["gradient"]["mul"] == (2 * length - 1) * n**2 + 2 * length * n
            numeric = [{"repeat": {"times": length, "body": [{"linear": n}, "sigmoid"]}}]
            check(solved(numeric, n, {"activations": False, "input_gradient": False}), found)
    assert solution["answers"]["order.backward"]["formula"] == "L*n**2"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus", "silu"])
def test_slopes_that_are_there_cost_a_product_each(name: str) -> None:
    """The error of a hidden layer is that of the next one through its weights, times a slope for each unit."""
    for length, n in [(1, 3), (2, 1), (3, 4)]:
        layers = [{"repeat": {"times": length, "body": [{"linear": n}, name]}}]
        found = solved(layers, n, {"activations": False, "input_gradient": False, "slopes": False})
        assert at(found, "error.mul") == (length - 1) * n * n + length * n
        assert at(found, "error.add") == (length - 1) * n * (n - 1)


def test_a_published_count_is_read_under_other_conventions() -> None:
    """What another convention gives is said to be that; what none of them gives keeps its difference."""
    layers = [{"repeat": {"times": "L", "body": [{"linear": "n"}, "sigmoid"]}}]
    usual = {"multiply_add": 2, "bias": True, "activations": False, "slopes": True, "input_gradient": False}
    other = usual | {"slopes": False, "input_gradient": True}
    spec = {"kind": "complexity", "network": {"input": "n", "layers": layers}, "count": usual}
    there = hwsolve.solve(spec | {"count": other})
    stated = {key: plain_text(there.answers[key].value) for key in ("backward.mul", "error.add", "forward.mul")}
    published = {key: {"stated": text, "source": "key"} for key, text in stated.items()}
    published["update.mul"] = {"stated": "L*n**2 + 7*n", "source": "key"}
    judged = {p.key: (p.verdict, str(p.why)) for p in hwsolve.solve(spec | {"published": published}).published}
    slopes, layers = "not counting the working out of σ′(x)", "counting ∂a⁽ˡ⁻¹⁾ in L layers, not in L − 1"
    said = f"the leading part 2Ln² agrees; Ln too few: {slopes}; n² too many: {layers}"
    assert judged["backward.mul"] == ("wrong", said)
    said = f"the leading part Ln² agrees; Ln too few: {slopes}; n² − n too many: {layers}"
    assert judged["error.add"] == ("wrong", said)
    assert judged["forward.mul"][0] == "agrees"
    assert judged["update.mul"][0] == "wrong" and "stated minus computed" in judged["update.mul"][1]


def differs(layers: list[Any], shape: Any, kind: str = "mul") -> int:
    """What the gradient of the input adds."""
    with_it, without = solved(layers, shape), solved(layers, shape, {"input_gradient": False})
    return at(with_it, f"error.{kind}") - at(without, f"error.{kind}")


def test_only_what_stands_before_the_first_trained_layer_has_no_error() -> None:
    assert differs([{"linear": 4}, {"linear": 5}], 3) == 12
    assert differs(["dropout", {"linear": 4}, "dropout"], 3) == 3 + 12
    assert differs([{"linear": {"out_features": 4, "trainable": False}}, {"linear": 5}], 3) == 12 + 20
    assert differs([{"repeat": {"times": 6, "body": ["dropout"]}}, {"linear": 4}], 3) == 6 * 3 + 12
    assert differs([{"repeat": {"times": 6, "body": ["dropout", {"linear": 3}]}}], 3) == 3 + 9
    nested = [{"repeat": {"times": 2, "body": [{"repeat": {"times": 3, "body": [{"linear": 3}]}}]}}]
    assert differs(nested, 3) == 9
    assert differs([{"residual": {"body": [{"linear": 3}, "dropout"]}}], 3) == 9
    assert differs([{"residual": {"body": [{"linear": 3}]}}], 3, "add") == 6 + 3


def test_branches() -> None:
    residual = solved([{"residual": {"body": ["dropout"]}}], [2, 3])
    check(residual, {"forward": {"mul": 6, "add": 6}, "error": {"mul": 6, "add": 6}})
    concat = solved([{"concat": [["dropout"], [], []]}], [2, 3])
    check(concat, {"forward": {"mul": 6}, "error": {"mul": 6, "add": 12}})
    multiply = solved([{"multiply": [["dropout"], []]}], [2, 3])
    check(multiply, {"forward": {"mul": 12}, "error": {"mul": 6 + 12, "add": 6}})
    gate = solved([{"multiply": [[], [{"adaptive_avg_pool1d": 1}]]}], [2, 3])
    check(gate, {"forward": {"mul": 6, "add": 4, "div": 2}, "error": {"mul": 12, "add": (6 - 2) + 6, "div": 2}})
    padded = [
        {"residual": {"body": [{"conv1d": {"out_channels": 4, "kernel_size": 1, "stride": 2}}], "shortcut": "zero_pad"}}
    ]
    assert at(solved(padded, [2, 6]), "error.add.residual1") == 2 * 3


# ---------------------------------------------------------------- who needs an error


F, G = {"linear": {"out_features": 2, "name": "f", "output": "p"}}, {"linear": {"out_features": 2, "inputs": ["x"]}}


def plain(layers: list[Any], **count: Any) -> dict[str, Any]:
    return solved(layers, 3, {"input_gradient": False, "activations": False} | count)


def test_no_error_flows_towards_the_input_alone() -> None:
    found = plain([F, G, {"add": ["p", []]}])
    assert [at(found, key) for key in ("error.mul", "backward.mul", "backward.add")] == [0, 12, 0]
    wanted = plain([F, G, {"add": ["p", []]}], input_gradient=True)
    assert [at(wanted, key) for key in ("error.mul", "error.add.input")] == [12, 3]
    bilinear = plain([F, {"bilinear": {"name": "B", "out_features": 2, "inputs": ["p", "x"]}}])
    assert (at(bilinear, "error.mul.B"), at(bilinear, "error.add.B")) == (2 * 2, 2)  # g·(A x) for p
    other = plain([F, {"bilinear": {"name": "B", "out_features": 2, "inputs": ["x", "p"]}}])
    assert (at(other, "error.mul.B"), at(other, "error.add.B")) == (3 * 2 * 2 + 2 * 2, 2 * 2 * 2 + 2)
    product = plain([F, {"dropout": {"inputs": "x", "output": "d"}}, {"linear": {"out_features": 2, "trainable": False}},
                     {"multiply": {"of": ["p", []], "name": "m"}}])  # fmt: skip
    assert at(product, "error.mul") == at(product, "error.mul.m") == 2


def test_a_frozen_branch_has_no_error_wherever_it_stands() -> None:
    frozen = {"linear": {"out_features": 2, "inputs": ["x"], "trainable": False}}
    for layers in ([F, frozen, {"add": ["p", []]}], [frozen, {"add": [[], [G]]}]):
        assert at(plain(layers), "error.mul") == at(plain(layers), "error.add") == 0
    behind = plain([F, {"linear": {"out_features": 2, "trainable": False}}])
    assert at(behind, "error.mul") == 4


def test_what_does_not_lead_to_the_output_goes_forward_alone() -> None:
    f, g = {"linear": {"out_features": 4, "output": "p"}}, {"linear": {"out_features": 2, "inputs": ["p"]}}
    found = plain([f, {"linear": {"out_features": 5, "name": "dead"}}, "tanh", g])
    assert [at(found, key) for key in ("backward.mul", "backward.add", "update.mul")] == [12 + 8 + 8, 4, 26]
    assert at(found, "forward.mul") == 12 + 20 + 8
    assert not any(key.endswith("dead") for key in found["answers"] if not key.startswith("forward"))
    again = plain([{"linear": {"out_features": 3, "name": "f"}}, {"use": {"layer": "f", "inputs": "x"}}])
    assert [at(again, key) for key in ("gradient.mul", "gradient.add", "update.mul")] == [9, 0, 12]
    uses = plain([{"linear": {"out_features": 3, "name": "f"}}, {"dropout": {"inputs": "x"}},
                  {"repeat": {"times": "L", "body": [{"use": "f"}]}}])  # fmt: skip
    for copies in (1, 4):
        found_here = [at(uses, key, {"L": copies}) for key in ("gradient.mul", "gradient.add", "update.mul")]
        assert found_here == [9 * copies, 12 * (copies - 1), 12]
    last = plain([{"linear": 3}, {"repeat": {"times": "L", "body": [{"linear": {"out_features": 3, "inputs": "x"}}]}}])
    for copies in (1, 4):
        assert [at(last, key, {"L": copies}) for key in ("forward.mul", "backward.mul")] == [9 + 9 * copies, 9]


def test_bodies_within_bodies_are_walked_in_time() -> None:
    layers: list[Any] = [{"linear": 3}]
    for _ in range(16):
        layers = [{"repeat": {"times": "L", "body": [*layers, {"linear": 3}]}}]
    copies = sum(2**k for k in range(1, 16)) + 2 * 2**16
    assert at(plain(layers), "error.mul", {"L": 2}) == 9 * (copies - 1)


class Graph:
    """A random network, and its layers written out: (kind, what they read, what they give, trained)."""

    def __init__(self, seed: int, copies: int | None = None) -> None:
        """With `copies`, every body stands so often, and L times in the problem."""
        self.dice, self.number, self.copies, self.repeats = random.Random(seed), 0, copies, 0
        self.written, self.widths = list[tuple[str, list[int], int, bool]](), [3]
        parts = self.body({"x": 3}, 3, True)
        self.end = self.write(parts, 0, {"x": 0})
        self.layers = [self.spec(part) for part in parts]

    def body(self, names: dict[str, int], stream: int, outside: bool) -> list[Any]:
        """Parts (kind, names read or none for the stream, width, trained, name); a repeat has (times, parts)."""
        parts: list[Any] = []
        before, names = stream, dict(names)
        for k in range(length := self.dice.randint(1, 6 if outside else 3)):
            kind = self.dice.choice(("linear", "linear", "linear", "bilinear", "add", "multiply", "repeat"))
            last = not outside and k == length - 1
            width = before if last or kind == "repeat" else self.dice.choice((2, 3))
            reads: list[str] = []
            if kind == "linear" and self.dice.random() < 0.5:
                reads = [self.dice.choice(list(names))]
            elif kind == "bilinear":
                reads = self.dice.choices(list(names), k=2)
            elif kind in ("add", "multiply"):
                fit = [name for name in names if names[name] == stream and (not last or stream == before)]
                reads = self.dice.choices(fit, k=self.dice.choice((1, 2))) if fit else []
                kind, width = (kind, stream) if reads else ("linear", width)
            inner: Any = None
            if kind == "repeat" and (not outside or stream != before) and self.dice.random() < 0.5:
                kind = "linear"
            if kind == "repeat":
                inner = (self.dice.randint(1, 4), self.body(names, stream, False))
                width = stream
                if last and stream != before:
                    kind, inner, width = "linear", None, before
            self.number += 1
            parts.append((kind, reads, width, self.dice.random() < 0.6, f"q{self.number}", inner))
            names[f"q{self.number}"] = stream = width
        return parts

    def spec(self, part: Any) -> Any:
        kind, reads, width, trained, name, inner = part
        if kind == "repeat":
            self.repeats += 1
            times = inner[0] if self.copies is None else "L"
            return {"repeat": {"times": times, "body": [self.spec(one) for one in inner[1]], "output": name}}
        if kind in ("add", "multiply"):
            return {kind: {"of": [*reads, []], "output": name}}
        more = {"inputs": reads} if reads else {}
        return {kind: {"out_features": width, "trainable": trained, "output": name, **more}}

    def write(self, parts: list[Any], stream: int, names: dict[str, int]) -> int:
        names = dict(names)
        for kind, reads, width, trained, name, inner in parts:
            if kind == "repeat":
                for _ in range(inner[0] if self.copies is None else self.copies):
                    stream = self.write(inner[1], stream, names)
            else:
                takes = [names[one] for one in reads] if reads else [stream]
                takes += [stream] if kind in ("add", "multiply") else []
                self.widths.append(width)
                stream = len(self.widths) - 1
                self.written.append((kind, takes, stream, trained and kind in ("linear", "bilinear")))
            names[name] = stream
        return stream

    def counts(self, input_gradient: bool) -> Counts:
        """By the definition: a sum of k terms takes k - 1 additions, and δ is passed back where it is of use."""
        of_use = {0} if input_gradient else set[int]()
        for _, takes, gives, trained in self.written:
            if trained or of_use & set(takes):
                of_use.add(gives)
        reached = {self.end}
        for _, takes, gives, _ in reversed(self.written):
            reached |= set(takes) if gives in reached else set()
        sums: Counts = {phase: {"mul": 0, "add": 0} for phase in PHASES}
        terms = dict.fromkeys(range(len(self.widths)), 0)

        def add(phase: str, mul: int, plus: int) -> None:
            sums[phase]["mul"] += mul
            sums[phase]["add"] += plus

        for kind, takes, gives, trained in self.written:
            m, (a, *others) = self.widths[gives], [self.widths[one] for one in takes]
            back = [gives in reached and one in of_use for one in takes]
            for one, goes in zip(takes, back, strict=True):
                terms[one] += goes
            b = others[0] if others else 0
            if kind == "linear":
                add("forward", a * m, (a - 1) * m + m)
                add("error", a * m * back[0], a * (m - 1) * back[0])
                numbers, outer = a * m + m, a * m
            elif kind == "bilinear":
                add("forward", a * b * m + a * m, a * (b - 1) * m + (a - 1) * m + m)
                add("error", a * m * back[0], a * (m - 1) * back[0])
                add("error", (a * b * m + b * m) * back[1], ((a - 1) * b * m + b * (m - 1)) * back[1])
                numbers, outer = a * b * m + m, a * m + a * b * m
            else:
                times = kind == "multiply"
                add("forward", len(others) * m * times, len(others) * m * (not times))
                add("error", sum(back) * len(others) * m * times, 0)
            if trained and gives in reached:
                add("gradient", outer, 0)
                add("update", numbers, numbers)
        sums["error"]["add"] += sum((terms[q] - 1) * self.widths[q] for q in of_use if terms[q] > 1)
        return sums


def test_random_graphs_against_the_definition() -> None:
    seen = Counter[str]()
    for seed in range(250):
        graph = Graph(seed)
        for wanted in (False, True):
            try:
                check(solved(graph.layers, 3, {"input_gradient": wanted}), graph.counts(wanted))
            except Exception as error:
                raise AssertionError(json.dumps(graph.layers)) from error
        seen.update(kind for kind, *_ in graph.written)
        seen["repeat"] += graph.repeats
    assert min(seen[kind] for kind in ("linear", "bilinear", "add", "multiply", "repeat")) > 50


def test_random_graphs_with_bodies_that_stand_l_times() -> None:
    for seed in range(60):
        one = Graph(seed, 1)
        if not one.repeats:
            continue
        for wanted in (False, True):
            solution = solved(one.layers, 3, {"input_gradient": wanted})
            for copies in (1, 2, 3, 5):
                check(solution, Graph(seed, copies).counts(wanted), {"L": copies})


def said(data: dict[str, Any]) -> str:
    """The sentences of the statement."""
    (statement,) = [s for s in data["sections"] if s["part"] == "statement"]
    return " ".join(item["say"] for item in statement["body"])


def test_conventions() -> None:
    layers = [{"linear": 4}, "sigmoid", {"linear": 2}]
    fused = solved(layers, 3, {"multiply_add": 1})
    assert at(fused, "forward.mul.linear1") == 12
    assert at(fused, "forward.add.linear1") == 0
    assert at(fused, "update.add") == 0
    no_bias = solved(layers, 3, {"bias": False})
    assert at(no_bias, "forward.add.linear1") == 4 * 2
    assert at(no_bias, "update.mul") == 12 + 8
    quiet = solved(layers, 3, {"activations": False})
    assert at(quiet, "forward.exp") == 0
    assert at(quiet, "error.mul.sigmoid1") == 8
    assert "multiplication along with its addition as one operation" in said(fused)
    assert "Not counted: biases, the loss." in said(no_bias)
    assert "Not counted: the inside of activation functions, the loss." in said(quiet)
    everything = solved(layers, 3, loss="mse_loss")
    assert "Not counted" not in said(everything)


def test_the_loss_is_where_errors_begin() -> None:
    answers = solved([{"linear": 4}], 3, loss="half_squared_error")
    assert at(answers, "error.add.loss") == 4
    cross = solved([{"linear": 4}], 3, loss="cross_entropy")
    assert [at(cross, f"error.{kind}.loss") for kind in ("exp", "add", "div")] == [4, 3 + 4, 4]


def test_frozen_parameters_take_no_gradient_and_no_update() -> None:
    frozen = solved([{"linear": {"out_features": 4, "weight": {"trainable": False}}}], [5, 3])
    assert at(frozen, "gradient.mul") == 0
    assert at(frozen, "gradient.add") == 4 * 4
    assert at(frozen, "update.mul") == 4
    shared = solved([{"linear": {"out_features": 4, "bias": {"value": 1, "shared": True}}}], 3)
    assert at(shared, "gradient.add") == 3
    assert at(shared, "update.mul") == 13
    bias = {"bias": {"value": 1, "shared": True}}
    pair = [{"linear": {"out_features": 2, "output": "a"}}, {"linear": {"out_features": 2, "output": "b"}}]
    bilinear = solved([*pair, {"bilinear": {"out_features": 4, "inputs": ["a", "b"], **bias}}], 3)
    assert at(bilinear, "gradient.add.bilinear1") == 3


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(SpecFailure, match="not stated"):
        solved([{"max_pool2d": {"features": 4}}], [1, 4, 4])
    found = solved([{"adaptive_avg_pool2d": 3}], [1, "H", "H"])
    assert "forward.add" not in found["answers"] and "forward.mul" not in found["answers"]
    assert "adaptive_avg_pool1" in json.dumps(found["notes"])


def test_a_changed_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.layers.linear import Linear

    monkeypatch.setattr(Linear, "operations", lambda self, x: {"forward": {"mul": "in*out + 1"}})
    with pytest.raises(AssertionError):
        check(solved([{"linear": 2}], 3), linear_counts((3,), 2, True))


# ---------------------------------------------------------------- what each layer computes


def table(solution: dict[str, Any]) -> list[list[Any]]:
    """The rows of the tables of phases, the phase in each."""
    rows = [
        list(row)
        for s in solution["sections"]
        if s["title"] == "Phase by phase"
        for t in s["tables"]
        for row in t["rows"]
    ]
    for above, row in itertools.pairwise(rows):
        row[0] = row[0] or above[0]
    return rows


def test_the_formulas_of_layers_that_are_repeated_have_a_letter() -> None:
    layers = [{"repeat": {"times": "L", "body": [{"linear": "n"}, "sigmoid"]}}]
    rows = table(solved(layers, "n", {"input_gradient": False, "activations": False}))
    assert [row[:2] for row in rows] == [
        ["forward", "layer(z, l) == layer(W, l) @ layer(a, l - 1) + layer(b, l)"],
        ["forward", "layer(a, l) == sigmoid(layer(z, l))"],
        ["error", "grad(layer(z, l)) == odot(odot(grad(layer(a, l)), layer(a, l)), 1 - layer(a, l))"],
        ["error", "grad(layer(a, l - 1)) == T(layer(W, l)) @ grad(layer(z, l))"],
        ["gradient", "∂W⁽ˡ⁾ = ∂z⁽ˡ⁾ a⁽ˡ⁻¹⁾ᵀ, ∂b⁽ˡ⁾ = ∂z⁽ˡ⁾"],
        ["update", "W⁽ˡ⁾ ← W⁽ˡ⁾ − η ∂W⁽ˡ⁾, b⁽ˡ⁾ ← b⁽ˡ⁾ − η ∂b⁽ˡ⁾"],
    ]
    assert [row[4] for row in rows] == ["L", "L", "L", "L - 1", "L", "L"]
    page = told(layers, "n", count={"input_gradient": False})
    said, row = page.index("∂a⁽ˡ⁻¹⁾ is worked out for l from 2 to L."), page.index("∂a⁽ˡ⁻¹⁾ = W⁽ˡ⁾ᵀ")
    assert page.index("a⁽ˡ⁾ = σ(z⁽ˡ⁾)") < said < row, "beside the rows that it explains"
    assert rows[1][2:4] == ["–", "–"]
    taken = table(solved([{"repeat": {"times": "k", "body": [{"linear": "l"}]}}], "l"))
    assert taken[0][1].startswith("layer(z, t) == layer(W, t)"), "a letter that the problem does not use"


def test_the_formulas_of_layers_give_the_gradients_of_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    layers = [{"linear": 4}, "sigmoid", {"linear": 3}, "tanh", {"linear": {"out_features": 2, "bias": False}}, "relu"]
    spec = {"kind": "complexity", "network": {"input": 5, "layers": layers}, "count": EVERYTHING}
    (problem,) = read(json.dumps(spec), "test.yaml")
    forms = LayerForms(problem.network, lambda layer, shapes: layer)
    sizes, values = [5, 4, 3, 2], {"x": torch.randn(5, dtype=torch.float64, requires_grad=True)}
    x = values["x"]
    for k, f in enumerate((torch.sigmoid, torch.tanh, torch.relu), 1):
        values[f"W_{k}"] = torch.randn(sizes[k], sizes[k - 1], dtype=torch.float64, requires_grad=True)
        values[f"b_{k}"] = torch.randn(sizes[k], dtype=torch.float64, requires_grad=True)
        values[f"z_{k}"] = values[f"W_{k}"] @ x + (values[f"b_{k}"] if k < 3 else 0)
        x = values[f"a_{k}"] = f(values[f"z_{k}"])
    for value in values.values():
        value.retain_grad()
    (x * torch.randn(2, dtype=torch.float64)).sum().backward()
    arrays = {name: value.detach().numpy() for name, value in values.items()}
    arrays |= {f"d_{name}": value.grad.numpy() for name, value in values.items() if value.grad is not None}

    def named(f: Formula) -> Formula:
        if isinstance(f, Call) and f.name == "layer":
            return Ref("_".join(map(plain_text, f.args)))
        return Ref("d_" + plain_text(f.args[0])) if isinstance(f, Call) and f.name == "grad" else f

    checked = 0
    for phases in forms.found.values():
        for form in (*phases["forward"], *phases["error"], *phases.get("gradient", ())):
            left, right = transform(form, named).args  # type: ignore[attr-defined]
            assert abs(over_arrays(right, arrays) - arrays[plain_text(left)]).max() < 1e-12, form
            checked += 1
    assert checked == 3 + 3 + 6 + 3 + 2


# what a reader is told before the numbers, and what layers are called


def told(layers: list[Any], shape: Any, **more: Any) -> str:
    """The plain page with its verdicts, its line breaks undone."""
    spec = {"kind": "complexity", "network": {"input": shape, "layers": layers}, **more}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return " ".join(render([work_out(problem)], "plain", Options(width=1000, checks=True)).split())


def test_layers_are_called_by_what_they_work_out() -> None:
    keys = ("forward.mul.linear1", "error.mul.linear2 + error.mul.tanh1", "update.mul.linear1", "gradient.mul.linear2")
    page = told([{"linear": 4}, "tanh", {"linear": 2}], 3, expect=dict.fromkeys(keys, 1))
    assert "forward multiplications of z⁽¹⁾" in page
    assert "error multiplications of ∂a⁽¹⁾ and ∂z⁽¹⁾" in page
    assert "update multiplications of W⁽¹⁾, b⁽¹⁾" in page and "gradient multiplications of ∂W⁽²⁾, ∂b⁽²⁾" in page
    assert ".mul" not in page


def test_totals_that_are_added_are_called_by_their_phases() -> None:
    keys = ("backward.mul + update.mul", "forward.mul + forward.add + update.add", "update.mul - forward.mul")
    page = told([{"linear": 4}, "tanh"], 3, expect=dict.fromkeys(keys, 1))
    assert "backward and update multiplications 1" in page
    assert "forward multiplications + forward additions + update additions 1" in page
    assert "update multiplications − forward multiplications 1" in page


def boxed(page: str) -> list[list[str]]:
    """The rows of the table in the box of answers of a plain page."""
    box = page.split("╭")[1].split("╰")[0].splitlines()[1:]
    return [re.split(r" {2,}", row.strip("│ ")) for row in box if "─" not in row]


@pytest.mark.parametrize("n", [3, "n"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_box_has_both_counts_of_each_phase_and_all_and_the_order(n: Any, width: int) -> None:
    """In rows, each cell the answer of its key; what JSON says is asked is what is shown."""
    layers = [{"repeat": {"times": "L" if n == "n" else 4, "body": [{"linear": n}, "tanh"]}}]
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": n, "layers": layers}}), "test.yaml")
    solution = work_out(problem)
    head, *rows = boxed(render([solution], "plain", Options(width=width)))
    order = ["Order"] if n == "n" else []
    assert head == ["Phase", "Multiplications", "Additions", *order]
    asked = []
    for (name, *cells), phase in zip(rows, ("forward", "backward", "update", "total"), strict=True):
        keys = [f"{phase}.mul", f"{phase}.add", *([f"order.{phase}"] if order else [])]
        answers = [solution.answers[key] for key in keys]
        shown = [str(unicode(a.shown or a.value)) if order else f"{a.value.value:,}" for a in answers]
        assert cells == shown and name == ("all" if phase == "total" else phase)
        asked += keys
    assert json.loads(render([solution], "json", Options()))["asked"] == asked
    for form, sign in (("html", "<table>"), ("markdown", "| --- |"), ("latex", "tabular"), ("typst", "table: grille")):
        card = re.split(r"Asked", render([solution], form, Options()))[0]
        assert sign in card and len(re.findall(r"backward|update", card)) == 2


def test_few_answers_stand_beside_each_other() -> None:
    """Those of one column, or with gaps between; two of both are rows and columns."""
    layers = [{"linear": "n"}, "tanh"]
    asked = {
        "order.*": False,
        "forward.mul": False,
        "[forward.mul, update.add]": False,
        "[forward.mul, order.forward, update.mul, order.update]": True,
    }
    for ask, is_table in asked.items():
        keys = ask.strip("[]").split(", ")
        spec = {"kind": "complexity", "network": {"input": "n", "layers": layers}, "ask": keys}
        (problem,) = read(json.dumps(spec), "test.yaml")
        page = render([work_out(problem)], "plain", Options())
        assert (boxed(page)[0][0] == "Phase") == is_table, ask


@pytest.mark.parametrize("n", [4, "n"])
def test_a_total_that_is_not_known_has_its_place_in_the_box(n: Any) -> None:
    cumulated = {"formula": {"value": "y[i] = x[i]*Sum(x[j], j, 1, i)"}}
    spec = {"kind": "complexity", "network": {"input": n, "layers": [{"linear": n}, cumulated, {"linear": n}]}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    solution = work_out(problem)
    _, *rows = boxed(render([solution], "plain", Options(width=80)))
    phases = ("forward", "backward", "update", "total")
    assert [set(cells) == {"?"} for _, *cells in rows] == [f"{p}.mul" in solution.partial for p in phases]
    assert bool(solution.partial) == (n == "n")


def test_what_gives_the_order_is_true_and_enough() -> None:
    """At random sizes each m ≤ n that is said holds, and every count is below its coefficients times the order."""
    dice = random.Random(5)
    layers = [{"linear": "h"}, "relu", {"repeat": {"times": "L", "body": [{"linear": "h"}, "tanh"]}}, {"linear": "k"}]
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": "d", "layers": layers}}), "test.yaml")
    solution = work_out(problem)
    said = [
        i.text for s in solution.sections for i in s.items if isinstance(i, Sentence) and "at least 1" in str(i.text)
    ]
    claims = [f for f in parts_of(said[0]) if f.name == "<="]
    assert claims
    for _ in range(30):
        sizes = {name: dice.randint(1, 40) for name in "dhkL"}
        values = [[eval(plain_text(side), dict(sizes)) for side in f.args] for f in claims]
        assert all(a <= b for a, b in values)
        for phase in ("forward", "backward", "update", "total"):
            order = eval(plain_text(solution.answers[f"order.{phase}"].value), dict(sizes))
            for kind in ("mul", "add"):
                count = plain_text(solution.answers[f"{phase}.{kind}"].value)
                most = sum(int(n or 1) for n in re.findall(r"(?:^|[+-] )(\d*)\*?", count))
                assert eval(count, dict(sizes)) <= most * order


def parts_of(text: Any) -> list[Call]:
    """The formulas at the places of a sentence."""
    found = [text] if isinstance(text, Call) else []
    values = text.values.values() if isinstance(text, Message) else ()
    return found + [f for value in values for f in parts_of(value)]


def test_layers_without_a_formula_are_called_by_their_names() -> None:
    conv = {"conv2d": {"out_channels": 2, "kernel_size": 3}}
    page = told([conv, "relu"], [1, 6, 6], expect={"forward.mul.conv1": 1, "backward.mul.conv1": 1})
    assert "forward multiplications of conv1" in page and "backward multiplications of conv1" in page


def test_a_sign_of_the_table_is_explained_before_it() -> None:
    page = told([{"linear": "n"}, "sigmoid"], "n")
    assert page.index("is the gradient of the loss") < page.index("error ∂z")
    assert page.index("η is the learning rate") < page.index("update W")
    assert "The input of the network: n values." in page


@pytest.mark.parametrize(("columns", "rows"), [(3, 4), (5, 2), (2, 7)])
def test_the_reasons_of_a_dense_layer_give_its_counts(columns: int, rows: int) -> None:
    """What the sentences say of each row, added up, are the counts of loops that execute the algorithm."""
    page = told([{"linear": rows}, "tanh"], columns, count={"input_gradient": True})
    said = re.findall(r"times a column: (\d+) rows, each (\d+) multiplications? and (\d+) additions?", page)
    (forward, error), found = [tuple(map(int, one)) for one in said], linear_counts((columns,), rows, True)
    bias = int(re.findall(r"Adding b⁽¹⁾ takes (\d+) additions?", page)[0])
    assert found["forward"] == {"mul": forward[0] * forward[1], "add": forward[0] * forward[2] + bias}
    assert found["error"] == {"mul": error[0] * error[1], "add": error[0] * error[2]}
    a, b = map(int, re.findall(r"gradient of W⁽¹⁾ has (\d+)×(\d+) elements", page)[0])
    assert found["gradient"]["mul"] == a * b and (a, b) == (rows, columns)
    assert f"W⁽¹⁾ is {rows}×{columns}" in page


def test_what_goes_back_begins_with_the_last_layer() -> None:
    rows = table(solved([{"linear": 4}, "tanh", {"linear": 2}, "sigmoid"], 3, loss="mse_loss"))
    back = [str(row[1]).partition(" ==")[0] for row in rows if row[0] == "error"]
    assert back == ["loss", *(f"grad(layer({x}))" for x in ("z, 2", "a, 1", "z, 1")), "grad(x)"]


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus", "silu", "hard_tanh"])
def test_a_function_is_stated_before_it_is_used(name: str) -> None:
    forms = LayerForms(read_network([{"linear": "n"}, name], "n"), lambda layer, shapes: layer)
    assert set(forms.functions) == {name}
    torch = pytest.importorskip("torch", reason="PyTorch is the peer of this test")
    for claim in forms.functions.values():
        right = plain_text(claim.args[1])  # type: ignore[attr-defined]
        for x in (-1.5, 0.25, 2):
            peer = getattr(torch.nn.functional, name.replace("hard_tanh", "hardtanh"))(
                torch.tensor(x, dtype=torch.float64)
            ).item()
            assert abs(eval(right, READ | {"x": x}) - peer) < 1e-9


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus", "silu"])
def test_a_slope_from_the_kept_value_is_said_and_is_the_slope(name: str) -> None:
    layers = [{"linear": "n"}, name]
    forms = LayerForms(read_network(layers, "n"), lambda layer, shapes: layer)
    assert set(forms.kept_slopes) == ({name} & {"sigmoid", "tanh"})
    page = told(layers, "n")
    assert ("of the forward pass, and multiplying by it." in page) == bool(forms.kept_slopes)
    f = {"sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)), "tanh": mpmath.tanh}.get(name)
    for claim, kept in forms.kept_slopes.values():
        assert f is not None
        right = plain_text(claim.args[1]).replace(plain_text(kept), "y")  # type: ignore[attr-defined]
        for x in (-1.5, 0.25, 2):
            assert abs(mpmath.diff(f, x) - eval(right, {"y": f(x)})) < 1e-9


def read_network(layers: list[Any], shape: Any) -> Any:
    spec = {"kind": "complexity", "network": {"input": shape, "layers": layers}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return problem.network


@pytest.mark.parametrize(
    ("stated", "said"),
    [("3*L*n**2 + 2*L*n", True), ("4*L*n**2", False), ("3*L*n**2 - n", True), ("3*L*n", False), ("3*n**2", False)],
)
def test_counts_that_differ_in_lower_terms_alone_say_so(stated: str, said: bool) -> None:
    """With sympy: the leading part is the coefficient of L·n², and what is left is the difference."""
    sympy = pytest.importorskip("sympy")
    from hwsolve.formula.growth import begin_alike
    from hwsolve.formula.notation import plain
    from hwsolve.formula.parse import parse

    computed = "3*L*n**2 + 3*L*n - n**2"
    found = begin_alike(parse(stated), parse(computed))
    assert (found is not None) == said
    if found is not None:
        assert sympy.sympify(plain(found[0])) == sympy.sympify("3*L*n**2")
        assert sympy.expand(sympy.sympify(stated) - sympy.sympify(computed) - sympy.sympify(plain(found[1]))) == 0
