"""The keys of a count beside parameters: directions of multiply-adds, memory, caches, what is stored, receptive fields.

Each is compared with a plain loop that knows nothing of the program, at random sizes.
"""

from __future__ import annotations

import csv
import json
import random
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

import hwsolve
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula
from hwsolve.kinds.count_params.conventions import storage_text
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Quantity, Solution
from tests import counting_loops as loops
from tests.conftest import PROBLEMS
from tests.line_check import answers_without_line, wrong_lines

TRUTH = Path(__file__).parent / "truth"


def solved(layers: list[Any], shape: Any, ask: tuple[str, ...] = (), **more: Any) -> Solution:
    """The solution; all its lines hold."""
    spec = {"kind": "count-params", "network": {"input": shape, "layers": layers}, **more}
    if ask:
        spec["ask"] = list(ask)
    return checked(json.dumps(spec))


def checked(text: str) -> Solution:
    (problem,) = read(text, "test.yaml")
    solution = work_out(problem)
    data = json.loads(render([solution], "json", Options()))
    assert wrong_lines(data) == []
    assert answers_without_line(data) == []
    return solution


def number(solution: Solution, key: str, sizes: dict[str, int] | None = None) -> Any:
    """An answer as a number, with these sizes in place of names."""

    def of(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(of, value))
        if isinstance(value, Quantity):
            return value.value
        assert isinstance(value, Formula)
        names = {"floor": lambda x: x // 1, "__builtins__": {}}
        return eval(plain(value), names, {name: Fraction(n) for name, n in (sizes or {}).items()})

    return of(solution.answers[key].value)


# ---------------------------------------------------------------- what specs state


@pytest.mark.parametrize(
    "spec",
    [
        "{kind: count-params, network: {input: [T, 6], layers: [lstm: {hidden_size: 4, num_layers: 2, bidirectional: true}]}, expect: {params: 832}}",
        "{kind: count-params, network: {input: [5, 6], layers: [lstm: {hidden_size: 4, proj_size: 3}]}, expect: {params: 188}}",
        "{kind: count-params, network: {input: [n, 64], layers: [multihead_attention: {embed_dim: 64, num_heads: 8, kv_heads: 2, bias: false}]}, count: {dtype: float16}, expect: {params: 10240, kv_cache.token: 64, kv_cache.bytes: 64*n}}",
        "{kind: count-params, network: {input: [1, 64, 64], layers: [conv2d: {out_channels: 1, kernel_size: 5, stride: 2}, max_pool2d: {kernel_size: 3, stride: 2}, conv2d: {out_channels: 1, kernel_size: 3, dilation: 2}, conv2d: {out_channels: 1, kernel_size: 3}]}, expect: {receptive_field.conv3: 33, stride.conv3: 4}}",
        """kind: count-params
network: {input: 100, layers: [linear: 50, relu, linear: 10]}
count: {dtype: float32, batch: 32, gradients: true, optimizer: adam, activations: saved}
define: {per_weight: (memory.params + memory.gradients + memory.optimizer)/params}
expect: {params: 5560, memory.params + memory.gradients + memory.optimizer: 88960, activations.bytes: 19200, per_weight: 16}""",
        "{kind: count-params, network: {input: 8, layers: [repeat: {times: L, body: [linear: {out_features: 8, bias: false}]}]}, define: {budget: 6*params*1000}, expect: {budget: 384000*L}}",
    ],
)  # fmt: skip
def test_what_is_stated_holds(spec: str) -> None:
    solution = checked(spec)
    assert solution.checks, spec
    assert all(check.ok for check in solution.checks), solution.checks


MEASURED = {row["name"] for row in csv.DictReader((TRUTH / "torchvision_macs.csv").open())}


@pytest.mark.parametrize("model", sorted(MEASURED))
def test_a_training_step_of_a_model(model: str) -> None:
    """Forward and backward by hand: three times the forward pass, without the error of the first layer."""
    rows = {row["name"]: row for row in csv.DictReader((TRUTH / "torchvision_macs.csv").open())}
    stated = yaml.safe_load((PROBLEMS / "models" / f"{model}.yaml").read_text())
    kept = {key: stated[key] for key in ("kind", "blocks", "network") if key in stated}
    solution = checked(json.dumps(kept | {"ask": ["macs.training", "flops.training"]}))
    assert number(solution, "macs.training") == int(rows[model]["hand_fwd_bwd_macs(3*fwd-first_layer)"])
    assert number(solution, "flops.training") == 2 * number(solution, "macs.training")


# PyTorch on a CPU keeps the input of an average pooling, and of a max pooling too, where no gradient reads its values;
# and the mask of a dropout as numbers of 4 bytes.  What of that nothing else keeps, in bytes:
AVERAGED = {
    "vgg16": 512 * 7 * 7 * 4,
    "alexnet": 256 * 6 * 6 * 4,
    "densenet121": 4 * (128 * 56 * 56 + 256 * 28 * 28 + 512 * 14 * 14),
}
# With one window in a map its heads' keys and values lie in one array with the queries, which are kept once more, scaled;
# and the factor of a branch that is never dropped, that of the first block, is none:
BESIDE = {"swin_t": 2 * 49 * 768 * 4 - 2 * 4, "convnext_tiny": -4}
MAXIMA = {"squeezenet1_0": 4 * (256 * 54 * 54 + 512 * 27 * 27)}
MASKS = {
    "vgg16": 3 * 2 * 4096,
    "alexnet": 3 * (9216 + 4096),
    "mobilenet_v2": 3 * 1280,
    "efficientnet_b0": 3 * 1280,
    "squeezenet1_0": 3 * 512 * 13 * 13,
}


FUSED = ("vit_b_16",)  # whose attention is one operation in PyTorch; that of Swin is written out


@pytest.mark.parametrize(
    "model",
    [row["name"] for row in csv.DictReader((TRUTH / "torchvision_saved_activations.csv").open())],
)
def test_what_a_model_saves_for_the_way_back(model: str) -> None:
    """As autograd does, with the deviations above."""
    rows = {row["name"]: row for row in csv.DictReader((TRUTH / "torchvision_saved_activations.csv").open())}
    stated = yaml.safe_load((PROBLEMS / "models" / f"{model}.yaml").read_text())
    kept = {key: stated[key] for key in ("kind", "blocks", "network") if key in stated}
    count = {"activations": "saved"} | ({"attention": "fused"} if model in FUSED else {})
    solution = checked(json.dumps(kept | {"count": count}))
    more = sum(found.get(model, 0) for found in (AVERAGED, BESIDE, MAXIMA, MASKS))
    assert number(solution, "activations.bytes") + more == int(rows[model]["saved_for_backward_bytes"])


# ---------------------------------------------------------------- multiply-adds


def dense(dice: random.Random) -> tuple[Any, Any, dict[str, int]]:
    """A dense layer with its loops: how many products each phase has."""
    tally, shape, out = loops.Tally(), [dice.randint(1, 3) for _ in range(dice.randint(1, 3))], dice.randint(1, 5)
    x = loops.tensor(tally, tuple(shape))
    w = loops.tensor(tally, (out, shape[-1]))
    y = loops.linear(w, None, x, tuple(shape), out)
    found = {"forward": tally.taken()["mul"]}
    loops.linear_error(w, y, tuple(shape), out)
    found["error"] = tally.taken()["mul"]
    loops.linear_gradient(y, x, tuple(shape), out, False)
    return {"linear": {"out_features": out}}, shape, found | {"gradient": tally.taken()["mul"], "bias": len(y)}


def convolution(dice: random.Random) -> tuple[Any, Any, dict[str, int]]:
    """The same of a convolution over a padded map."""
    groups, kernel, stride, dilation, padding = (dice.randint(1, 2) for _ in range(5))
    c_in, c_out = groups * dice.randint(1, 2), groups * dice.randint(1, 2)
    side = dice.randint(dilation * (kernel - 1) + 1, 6)
    padded = (side + 2 * padding,) * 2
    places = tuple((n - dilation * (kernel - 1) - 1) // stride + 1 for n in padded)
    sizes = {
        "in": c_in, "out": c_out, "groups": groups, "kernel": (kernel,) * 2, "stride": (stride,) * 2,
        "dilation": (dilation,) * 2, "padded": padded, "places": places, "map": (side,) * 2, "before": (padding,) * 2,
    }  # fmt: skip
    tally = loops.Tally()
    x = loops.tensor(tally, (c_in, *padded))
    w = loops.tensor(tally, (c_out, c_in // groups, kernel, kernel))
    y = loops.convolution(w, None, x, sizes)
    found = {"forward": tally.taken()["mul"]}
    loops.convolution_error(w, y, sizes)
    found["error"] = tally.taken()["mul"]
    loops.convolution_gradient(y, x, sizes, False)
    settings = {
        "out_channels": c_out, "kernel_size": kernel, "stride": stride, "dilation": dilation, "padding": padding,
        "groups": groups,
    }  # fmt: skip
    return {"conv2d": settings}, [c_in, side, side], found | {"gradient": tally.taken()["mul"], "bias": len(y)}


@pytest.mark.parametrize("seed", range(40))
def test_backward_multiply_adds_are_those_of_loops(seed: int) -> None:
    """Of a first layer there is the gradient alone, of one behind it the error too, of a frozen one the error alone."""
    dice = random.Random(seed)
    layer, shape, phases = (dense if seed % 2 else convolution)(dice)
    ((name, settings),) = layer.items()
    in_front = {"prelu": None}
    keys = ("macs.forward", "macs.backward", "macs.training")
    frozen = {name: settings | {"trainable": False}}
    for layers, wanted in (
        ([layer], phases["gradient"]),
        ([in_front, layer], phases["error"] + phases["gradient"]),
        ([in_front, frozen], phases["error"]),
        ([frozen], 0),
    ):
        solution = solved(layers, shape, keys)
        assert number(solution, "macs.backward") == wanted
        assert (
            number(solution, "macs.training") == wanted + phases["forward"] == wanted + number(solution, "macs.forward")
        )
    biased = solved([in_front, layer], shape, ("macs", "macs.backward"), count={"bias": True})
    assert number(biased, "macs") == phases["forward"] + phases["bias"]
    assert number(biased, "macs.backward") == phases["error"] + phases["gradient"] + phases["bias"]


@pytest.mark.parametrize("seed", range(30))
def test_attention_by_loops(seed: int) -> None:
    """Pairs of a query and a key, with a causal mask all of them or those it lets through; heads that share keys."""
    dice = random.Random(seed)
    kv, group, width, rows = (dice.randint(1, 3) for _ in range(4))
    heads, come = kv * group, dice.randint(1, 4)
    embed, causal = dice.randint(1, 5), dice.random() < 0.5
    settings = {"embed_dim": embed, "num_heads": heads, "kv_heads": kv, "head_dim": width, "bias": dice.random() < 0.5}
    settings |= {"mask": "causal"} if causal else {}
    half = dice.random() < 0.5
    counts: dict[str, int] = {"attention": 0, "matmul": 0}
    for _head, query, key in product(range(heads), range(rows), range(rows)):
        if not (half and causal and key > query):
            counts["attention"] += 2 * width
    for outs, ins, often in ((heads * width, embed, 1), (kv * width, embed, 2), (embed, heads * width, 1)):
        counts["matmul"] += rows * outs * ins * often
    first = ["prelu"] if come > 1 else []
    ask = ("macs", "macs.matmul", "macs.attention", "macs.backward", "kv_cache.token", "kv_cache.bytes")
    count = {"causal": "half" if half else "full", "batch": come, "dtype": {"cache": "float16"}}
    solution = solved([*first, {"multihead_attention": settings}], [rows, embed], ask, count=count)
    assert number(solution, "macs.attention") == counts["attention"]
    assert number(solution, "macs.matmul") == counts["matmul"]
    assert number(solution, "macs") == sum(counts.values())
    into = rows * embed * width * (heads + 2 * kv)  # the errors of what comes in
    assert number(solution, "macs.backward") == 2 * sum(counts.values()) - (0 if first else into)
    assert number(solution, "kv_cache.token") == sum(2 for _ in product(range(2), range(kv), range(width)))
    assert number(solution, "kv_cache.bytes") == number(solution, "kv_cache.token") * rows * come


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_recurrent_layers_backward(kind: str) -> None:
    """Each weight meets its factor at each step; what comes in needs no error in front."""
    gates, steps, come, hidden = {"rnn": 1, "lstm": 4, "gru": 3}[kind], 5, 3, 2
    solution = solved([{kind: {"hidden_size": hidden}}], [steps, come], ("macs", "macs.backward"))
    inputs, states = steps * gates * hidden * come, steps * gates * hidden * hidden
    assert number(solution, "macs") == inputs + states
    assert number(solution, "macs.backward") == inputs + 2 * states


def test_all_counts_every_operation_of_layers_without_multiply_adds() -> None:
    """ReLU compares; backward it compares again and multiplies; nothing of that belongs to `matmul`."""
    layers = [{"linear": 4}, "relu", {"layer_norm": None}, {"linear": 2}]
    ask = ("macs", "macs.elementwise", "flops", "flops.other", "flops.other_backward", "flops.training")
    every = solved(layers, 3, ask, count={"macs": "all"})
    assert number(every, "macs.elementwise") == 4
    assert number(every, "macs") == 3 * 4 + 4 + 4 * 2
    assert number(every, "flops.other") == 4
    assert number(every, "flops") == 2 * number(every, "macs") + 4
    assert number(every, "flops.training") == 2 * (24 + 12 + 2 * 4 + 2 * 8) + 4 + number(every, "flops.other_backward")
    few = solved(layers, 3, ("flops", "flops.training"), count={"macs": "matmul"})
    assert number(few, "flops") == 2 * (12 + 8)
    assert number(few, "flops.training") == 2 * (20 + 12 + 2 * 8)


# ---------------------------------------------------------------- copies and names


BODIES: list[list[Any]] = [
    [{"linear": 4}],
    [{"linear": 4}, "relu"],
    [{"add": [[{"layer_norm": None}, {"linear": 8}, "gelu", {"linear": 4}], []]}],
    [{"repeat": {"times": 2, "body": [{"linear": {"out_features": 4, "name": "f"}}, "tanh"]}}, "sigmoid"],
    [{"multiply": [[{"linear": 4}, "silu"], [{"linear": 4}]]}],
    [{"residual": {"body": [{"linear": 4}, "relu", {"linear": 4}]}}, "relu"],
]


@pytest.mark.parametrize("body", range(len(BODIES)))
@pytest.mark.parametrize("around", range(3))
def test_copies_count_what_they_count_written_out(body: int, around: int) -> None:
    """Also where the first copy needs no error, or reads what is stored already."""
    front, behind = ([[], []], [["relu"], [{"linear": 3}]], [[{"linear": 4}, "relu"], ["relu"]])[around]
    times = 3
    keys = ("macs.backward", "macs.training", "params", "activations", "activations.bytes")
    count = {"activations": "saved"}
    folded = solved([*front, {"repeat": {"times": times, "body": BODIES[body]}}, *behind], 4, keys, count=count)
    spelled = json.loads(json.dumps(BODIES[body]).replace(', "name": "f"', ""))
    written = solved([*front, *(spelled * times), *behind], 4, keys, count=count)
    for key in keys:
        assert number(folded, key) == number(written, key), key
    named = solved([*front, {"repeat": {"times": "L", "body": BODIES[body]}}, *behind], 4, keys, count=count)
    for key in keys:
        assert number(named, key, {"L": times}) == number(written, key), key


@pytest.mark.parametrize("seed", range(12))
def test_names_for_sizes_give_the_same(seed: int) -> None:
    """Every key is a polynomial that has the value of the numbers put in."""
    dice = random.Random(seed)
    sizes = {"C": dice.randint(1, 3), "H": dice.randint(7, 9), "K": 3, "B": dice.randint(1, 4)}

    def net(get: Any) -> tuple[list[Any], Any, dict[str, Any]]:
        layers = [
            {"conv2d": {"out_channels": get("C"), "kernel_size": get("K"), "padding": 1}}, "relu",
            {"batch_norm2d": None},
            {"conv2d": {"out_channels": 2, "kernel_size": 3, "stride": 1, "padding": 1}},
        ]  # fmt: skip
        count = {"batch": get("B"), "activations": "saved", "optimizer": "adamw", "master_weights": "float32"}
        return layers, [2, get("H"), get("H")], count | {"dtype": {"params": "bfloat16", "gradients": "bfloat16"}}

    keys = [
        "macs.training", "flops.training", "memory.total", "memory.optimizer", "activations", "activations.bytes",
        "receptive_field.conv2", "start.conv2", "im2col.conv1.columns", "im2col.conv1.product",
    ]  # fmt: skip
    layers, shape, count = net(lambda name: name)
    named = solved(layers, shape, tuple(keys), count=count)
    layers, shape, count = net(lambda name: sizes[name])
    counted = solved(layers, shape, tuple(keys), count=count)
    for key in keys:
        assert number(named, key, sizes) == number(counted, key), key


# ---------------------------------------------------------------- memory


def test_memory_is_the_sum_of_its_parts_in_both_units() -> None:
    count = {"optimizer": "adam", "master_weights": "float32", "activations": "outputs", "batch": 7}
    count |= {"dtype": {"params": "float16", "gradients": "float16", "activations": "int8"}}
    solution = solved([{"linear": 100}, "relu"], 300, ("memory.total",), count=count)
    trained = 301 * 100
    assert number(solution, "memory.total") == trained * (2 + 2 + 2 * 4 + 4) + 7 * 200
    assert "483.00 kB (471.68 KiB)" in render([solution], "plain", Options())


@pytest.mark.parametrize(("n", "text"), [
    (0, "0 B"), (999, "999 B"), (1010, "1.01 kB"), (1024, "1.02 kB (1.00 KiB)"), (10**9, "1.00 GB (953.67 MiB)"),
    (141_107_412_992, "141.11 GB (131.42 GiB)"), (3 * 10**13, "30.00 TB (27.28 TiB)"),
])  # fmt: skip
def test_bytes_in_two_units(n: int, text: str) -> None:
    assert storage_text(n) == text


def test_an_optimizer_needs_no_learning_rate_to_be_counted() -> None:
    for optimizer, states in (("sgd", 0), ({"sgd": {"momentum": 0.9}}, 1), ("adam", 2), ("adagrad", 1)):
        solution = solved([{"linear": 3}], 2, ("memory.optimizer",), count={"optimizer": optimizer})
        assert number(solution, "memory.optimizer") == 4 * states * 9


# ---------------------------------------------------------------- what lives at one time


def lived(layers: list[tuple[str, list[int], int]], start: int) -> dict[str, int]:
    """The values that live while each operation works: (name, what it reads, how many it gives); 0 is the input."""
    sizes, found = [start], {}
    for n, (name, reads, gives) in enumerate(layers, 1):
        sizes.append(gives)
        later = {r for _, some, _ in layers[n:] for r in some}
        alive = {*reads, n, *(k for k in range(n) if k in later)}
        found[name] = sum(sizes[k] for k in alive)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_peak_by_a_plain_loop(seed: int) -> None:
    """Dense layers and functions in a row, with skips that are added later."""
    dice = random.Random(seed)
    layers: list[Any] = []
    plan: list[tuple[str, list[int], int]] = []
    width, stream, counts = dice.randint(1, 9), 0, {"linear": 0, "relu": 0, "add": 0}
    start, named = width, {}
    for n in range(1, dice.randint(3, 9)):
        kind = dice.choice(["linear", "linear", "relu", "add"])
        fitting = [k for k, size in named.items() if size == width and k != stream]
        kind = "relu" if kind == "add" and not fitting else kind
        counts[kind] += 1
        reads = [stream]
        if kind == "linear":
            width = dice.choice([width, dice.randint(1, 9)])
            layers.append({"linear": {"out_features": width, "output": f"q{n}"}})
        elif kind == "relu":
            layers.append({"relu": {"output": f"q{n}"}})
        else:
            other = dice.choice(fitting)
            reads = [stream, other]
            layers.append({"add": {"of": [f"q{stream}" if stream else [], f"q{other}"], "output": f"q{n}"}})
        plan.append((f"{kind}{counts[kind]}", reads, width))
        stream, named[n] = n, width
    wanted = lived(plan, start)
    batch = dice.randint(1, 3)
    solution = solved(
        layers, start, ("activations", "activations.bytes"), count={"activations": "peak", "batch": batch}
    )
    for name, size in wanted.items():
        assert number(solution, f"activations.{name}") == batch * size, (name, layers)
    assert number(solution, "activations") == batch * max(wanted.values())
    assert number(solution, "activations.bytes") == 4 * batch * max(wanted.values())


# ---------------------------------------------------------------- receptive fields and matrices


def cells(stack: list[dict[str, int]], place: int) -> set[int]:
    """The input cells that a place reads through a stack of windows, on a line without ends; the first cell is 1."""
    found = {place}
    for w in reversed(stack):
        if w.get("spread"):
            reach = {(q + w["p"] - w["d"] * u, w["s"]) for q in found for u in range(w["k"])}
            found = {n // s for n, s in reach if n % s == 0}
        else:
            found = {w["s"] * q - w["p"] + w["d"] * u for q in found for u in range(w["k"])}
    return found


@pytest.mark.parametrize("seed", range(60))
def test_receptive_fields_by_following_cells(seed: int) -> None:
    dice = random.Random(seed)
    stack, layers, names = [], [], []
    for n in range(1, dice.randint(2, 6)):
        w = {"k": dice.randint(1, 4), "s": dice.randint(1, 3), "p": dice.randint(0, 2), "d": dice.randint(1, 2)}
        if seed % 2 and n > 1 and dice.random() < 0.4:
            w |= {"d": 1, "p": 0}
            w["s"] = dice.choice([w["s"], 1])
        settings = {"out_channels": 1, "kernel_size": w["k"], "stride": w["s"], "padding": w["p"], "dilation": w["d"]}
        stack.append(w)
        layers += [{"conv1d": settings}, dice.choice(["relu", "tanh"])]
        names.append(f"conv{n}")
    solution = solved(
        layers, [1, 5000], tuple(f"{q}.{n}" for q in ("receptive_field", "stride", "start") for n in names)
    )
    for n, name in enumerate(names, 1):
        first, second = cells(stack[:n], 0), cells(stack[:n], 1)
        assert number(solution, f"receptive_field.{name}") == max(first) - min(first) + 1
        assert number(solution, f"stride.{name}") == min(second) - min(first)
        assert number(solution, f"start.{name}") == Fraction(max(first) + min(first), 2) + 1


@pytest.mark.parametrize("seed", range(20))
def test_receptive_fields_of_a_transposed_convolution(seed: int) -> None:
    """r grows by what a cell can read at most: of all the cells of a period the one that reads most."""
    dice = random.Random(seed)
    one = {"k": dice.randint(1, 4), "s": dice.choice([2, 4, 6]), "p": 0, "d": 1}
    s = dice.choice([n for n in (1, 2, 3) if one["s"] % n == 0])
    two = {"k": dice.randint(s, 6), "s": s, "p": dice.randint(0, 2), "d": 1, "spread": 1}
    layers = [
        {"conv1d": {"out_channels": 1, "kernel_size": one["k"], "stride": one["s"]}},
        {"conv_transpose1d": {"out_channels": 1, "kernel_size": two["k"], "stride": s, "padding": two["p"]}},
    ]
    solution = solved(layers, [1, 500], ("receptive_field.conv_transpose1", "stride.conv_transpose1"))
    spans = [max(c) - min(c) + 1 for place in range(40, 40 + s) if (c := cells([one, two], place))]
    assert number(solution, "receptive_field.conv_transpose1") == max(spans)
    assert number(solution, "stride.conv_transpose1") == Fraction(one["s"], s)


def test_branches_read_the_union_and_must_move_alike() -> None:
    def net(stride: int) -> list[Any]:
        wide = {"conv1d": {"out_channels": 2, "kernel_size": 7, "padding": 1, "stride": stride}}
        narrow = [
            {"conv1d": {"out_channels": 2, "kernel_size": 3, "padding": 1}},
            {"max_pool1d": {"kernel_size": 5, "stride": 1}},
        ]
        return [{"conv1d": {"out_channels": 2, "kernel_size": 3, "stride": 2}}, {"concat": [[wide], narrow]}]

    solution = solved(net(1), [2, 60], ("receptive_field.concat1", "start.concat1", "stride.concat1"))
    first = [{"k": 3, "s": 2, "p": 0, "d": 1}]
    both = cells([*first, {"k": 7, "s": 1, "p": 1, "d": 1}], 0)
    both |= cells([*first, {"k": 3, "s": 1, "p": 1, "d": 1}, {"k": 5, "s": 1, "p": 0, "d": 1}], 0)
    assert number(solution, "receptive_field.concat1") == max(both) - min(both) + 1
    assert number(solution, "start.concat1") == Fraction(max(both) + min(both), 2) + 1
    other = [{"conv2d": {"out_channels": 1, "kernel_size": 1, "stride": 2}}]
    far = [{"conv2d": {"out_channels": 1, "kernel_size": 3}}]
    layers = [{"add": [other, far]}]
    (problem,) = read(
        json.dumps(
            {
                "kind": "count-params",
                "network": {"input": [1, 5, 5], "layers": layers},
                "expect": {"receptive_field.add1": 3},
            }
        ),
        "t",
    )
    (check,) = (c for c in work_out(problem).checks)
    assert not check.ok
    assert check.got == "add1: its branches have different strides, 2 and 1"


@pytest.mark.parametrize("seed", range(20))
def test_matrices_of_a_convolution_by_loops(seed: int) -> None:
    """A column for each place, a row for each cell of a window; of each group."""
    layer, shape, _ = convolution(random.Random(seed))
    settings = layer["conv2d"]
    solution = solved([layer], shape, ("im2col.conv1.columns", "im2col.conv1.kernel", "im2col.conv1.product"))
    windows = [range(shape[0] // settings["groups"]), *[range(settings["kernel_size"])] * 2]
    places = number(solution, "shape.conv1")[1:]
    rows, columns = sum(1 for _ in product(*windows)), sum(1 for _ in product(*map(range, places)))
    out = settings["out_channels"] // settings["groups"]
    assert number(solution, "im2col.conv1.columns") == (rows, columns)
    assert number(solution, "im2col.conv1.kernel") == (out, rows)
    assert number(solution, "im2col.conv1.product") == (out, columns)
    assert number(solution, "macs") == rows * columns * settings["out_channels"]


# ---------------------------------------------------------------- the page


def test_a_quantity_is_counted_where_it_is_asked_for() -> None:
    """Not otherwise; and every one of the registry has a column or a reason for none, words, and lines."""
    quiet = solved([{"linear": 4}], 3)
    assert not [key for key in quiet.answers if key.startswith(("macs.backward", "memory", "receptive_field"))]
    for columns in ([], ["macs.backward"]):
        loud = solved([{"linear": 4}], 3, (), columns=columns, expect={"macs.backward": 12})
        assert all(check.ok for check in loud.checks)
        assert "Multiply-adds backward" in render([loud], "plain", Options(width=200))
    pattern = solved([{"linear": 4}], 3, ("macs.*",))
    assert {"macs.backward", "macs.training", "macs.matmul"} <= set(pattern.answers)


def test_every_quantity_can_be_a_column() -> None:
    layers = [{"conv2d": {"out_channels": 2, "kernel_size": 3}}, "relu", "flatten", {"linear": 5}]
    for key, record in QUANTITIES.items():
        if record.column:
            solution = solved(layers, [1, 6, 6], columns=[key], count={"optimizer": "adam", "macs": "all"})
            heads = [str(head) for step in solution.sections for table in step.tables for head in table.columns]
            assert str(record.head) in heads, key


def test_bars_are_the_outermost_rows() -> None:
    layers = [{"linear": 4}, {"repeat": {"times": 3, "body": [{"linear": 4}, "relu"]}}, {"linear": 2}]
    solution = solved(layers, 3, columns=["macs"], figure="bars")
    figures = [figure for step in solution.sections for figure in step.figures]
    assert [sum(value for _, value in figure.bars) for figure in figures] == [
        number(solution, "params"), number(solution, "macs"),
    ]  # fmt: skip
    text = render([solution], "plain", Options())
    assert "3 × dense layer  ████████████████████████████████████████  60" in text
    assert "3 × dense layer  ########################################  60" in render(
        [solution], "plain", Options(ascii=True)
    )
    for format in ("html", "markdown", "latex", "typst", "json", "notebook"):
        assert "60" in render([solution], format, Options())


@pytest.mark.parametrize(
    ("layers", "shape", "said"),
    [
        ([{"linear": "4*d"}, {"linear": 3}], ["n", "d"], "Parameters: no bars, since not all of its rows are numbers."),
        ([{"linear": k + 1} for k in range(61)], [3], "Parameters: no bars, since there would be more than 60."),
        ([{"linear": 3}, {"linear": 4}], ["n", 2], "Multiply-adds: no bars, since not all of its rows are numbers."),
    ],
)
def test_a_column_without_bars_says_why(layers: list[Any], shape: list[Any], said: str) -> None:
    """Numbers stand beside names: the parameters of the last case have a chart, its multiply-adds have none."""
    solution = solved(layers, shape, columns=["macs"], figure="bars")
    page = " ".join(render([solution], "plain", Options()).split())
    figures = [str(figure.title) for step in solution.sections for figure in step.figures]
    assert said in page and figures == (["Parameters"] if shape == ["n", 2] else [])


def test_eighty_copies_of_a_block_fit_one_screen() -> None:
    """As a language model has them: all keys of training asked for."""
    block = [
        {"add": [["rms_norm", {"multihead_attention": {"embed_dim": 64, "num_heads": 8, "kv_heads": 2, "bias": False, "mask": "causal"}}], []]},
        {"add": [["rms_norm", {"swiglu": {"hidden": 256, "bias": False}}], []]},
    ]  # fmt: skip
    spec = {
        "kind": "count-params", "blocks": {"block": {"body": block}},
        "network": {"input": {"tokens": 128}, "layers": [
            {"embedding": {"num_embeddings": 1000, "embedding_dim": 64}},
            {"repeat": {"times": 80, "body": ["block"]}}, "rms_norm", {"linear": {"out_features": 1000, "bias": False}},
        ]},
        "count": {"macs": "matmul"},
    }  # fmt: skip
    solution = checked(json.dumps(spec))
    rows = render([solution], "plain", Options(width=100)).splitlines()
    assert len(rows) <= 55, "\n".join(rows)
    training = checked(json.dumps(spec | {"columns": ["params", "macs.training", "activations.bytes"]}))
    (table,) = (table for step in training.sections for table in step.tables if step.part == "derivation")
    assert len(table.rows) <= 30
    assert number(training, "macs.training") > 2.5 * number(solution, "macs")


def test_memory_with_a_peak_of_named_sizes_is_that_of_numbers() -> None:
    """Which moment is the largest depends on n."""

    def total(n: Any) -> Any:
        spec = {"kind": "count-params", "network": {"input": n, "layers": [{"linear": 10}, "relu"]}}
        spec |= {"count": {"activations": "peak"}, "columns": ["params", "memory.total"]}
        return hwsolve.solve(spec).answers["memory.total"].value

    for n in (3, 10, 40):
        found = evaluate(total("n"), lambda _, __, n=n: n)  # type: ignore[misc]
        assert found == total(n).value == 4 * (10 * n + 10) + 4 * max(n + 10, 20)


UNREACHED = {"max_pool1d": {"dilation": "e", "kernel_size": "k"}}


def test_operations_whose_rule_does_not_reach_its_settings_are_not_known() -> None:
    """Where gradients meet under named steps no rule says; the rest of the network is counted."""
    for count in ({"macs": "all"}, {"macs": "all", "activations": "peak"}):
        solution = solved([UNREACHED, "hard_sigmoid"], ["n", "d"], count=count)
        assert "flops.other.hard_sigmoid1" in solution.answers
        assert "flops.other.max_pool1" not in solution.answers


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ({"transformer_encoder_layer": {"d_model": 4, "nhead": 2, "dim_feedforward": 8}}, (5, 4)),
        ({"residual": {"body": [{"linear": 6}], "shortcut": [{"linear": 6}]}}, (5, 6)),
        ({"repeat": {"times": 3, "body": [{"linear": 4}, "relu"]}}, (5, 4)),
        ({"repeat": {"times": 2, "body": [{"residual": [{"linear": 4}]}]}}, (5, 4)),
        ({"mixture": {"experts": 4, "active": 2, "body": [{"linear": 8}, {"linear": 4}]}}, (5, 4)),
        ({"swiglu": {"hidden": 6, "out_features": 3}}, (5, 3)),
    ],
)
def test_a_composite_has_a_shape_as_a_layer_has(layer: dict[str, Any], shape: tuple[int, ...]) -> None:
    """What comes out of it, with a line for each axis."""
    key = f"shape.{next(iter(layer))}1"
    assert number(solved([layer, "relu"], [5, 4], (key,)), key) == shape
