"""Networks wired by names, against a plain evaluator of the same spec in PyTorch: values, gradients, updates, counts."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.render import render
from hwsolve.render.options import Options
from tests.line_check import wrong_lines
from tests.nearness import near
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")

COUNT = each(60, most=300)  # random networks
Spec = dict[str, Any]


# ---------------------------------------------------------------- the plain evaluator


class Peer:
    """Runs the layers of a spec on tensors; every list of layers has a copy of the names around it."""

    def __init__(self, blocks: Spec) -> None:
        self.blocks = blocks
        self.leaves: dict[str, Any] = {}  # by the program's keys
        self.number = 0

    def leaf(self, key: str, values: Any) -> Any:
        found = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        self.leaves[key] = found
        return found

    def run(self, layers: list[Any], x: Any, quantities: Spec, modules: Spec) -> Any:
        quantities, modules = dict(quantities), dict(modules)
        for layer in layers:
            name, given = next(iter(layer.items())) if isinstance(layer, dict) else (layer, {})
            read = given.get("inputs", []) if isinstance(given, dict) else []
            read = [read] if isinstance(read, str) else read
            inputs = [quantities[q] for q in read] or [x]
            x = self.layer(name, given, inputs, quantities, modules)
            if isinstance(given, dict) and "output" in given:
                quantities[given["output"]] = x
        return x

    def layer(self, name: str, given: Any, inputs: list[Any], quantities: Spec, modules: Spec) -> Any:
        x = inputs[0]
        if name in ("tanh", "sigmoid"):
            return getattr(torch, name)(x)
        if name in ("linear", "bilinear"):
            self.number += 1
            made = self.parameters(given, self.number, modules)
            if "name" in given:
                modules[given["name"]] = name, made
            return self.apply(name, made, inputs)
        if name == "use":
            self.number += 1
            return self.apply(*modules[given["layer"]], inputs)
        if name in ("add", "multiply", "concat"):
            return self.merge(name, given, x, quantities, modules)
        if name == "repeat":
            for _ in range(given["times"]):
                x = self.run(given["body"], x, quantities, modules)
            return x
        return self.run(self.blocks[name]["body"], x, quantities, modules)

    def parameters(self, given: Spec, k: int, modules: Spec) -> tuple[Any, Any]:
        weight, bias = given["weight"], given["bias"]
        if isinstance(weight, dict):
            w = modules[weight["tie"]][1][0]
            w = w.T if weight.get("transposed") else w
        else:
            w = self.leaf(f"w{k}", weight)
        return w, None if bias is False else self.leaf(f"b{k}", bias)

    def apply(self, name: str, made: tuple[Any, Any], inputs: list[Any]) -> Any:
        w, b = made
        if name == "linear":
            return torch.nn.functional.linear(inputs[0], w, b)
        return torch.nn.functional.bilinear(inputs[0], inputs[-1], w, b)

    def merge(self, name: str, given: Any, x: Any, quantities: Spec, modules: Spec) -> Any:
        entries = given["of"] if isinstance(given, dict) else given
        entries = [[], entries] if isinstance(entries, str) else entries
        parts = [quantities[e] if isinstance(e, str) else self.run(e, x, quantities, modules) for e in entries]
        if name == "concat":
            return torch.cat(parts, dim=-1)
        out = parts[0]
        for part in parts[1:]:
            out = out + part if name == "add" else out * part
        return out


def solved(problem: Spec) -> Any:
    """The solution of a problem."""
    return hwsolve.solve(problem)


def array(value: Any) -> np.ndarray:
    return np.array([array(v) for v in value]) if isinstance(value, tuple) else np.array(float(value.value))


def agree(problem: Spec, lines: bool = False) -> Any:
    """Solve a problem of one step, and compare everything with the evaluator's."""
    network = problem["network"]
    solution = solved(problem)
    peer = Peer(problem.get("blocks", {}))
    x = torch.tensor(problem["input"], dtype=torch.float64, requires_grad=True)
    y = peer.run(network["layers"], x, {"x": x}, {})
    loss = ((y - torch.tensor(problem["target"], dtype=torch.float64)) ** 2).sum() / 2
    loss.backward()
    lr, found = problem["optimizer"]["sgd"]["lr"], {k: a.value for k, a in solution.answers.items()}
    near(array(found["L"]), loss, "L")
    near(array(found["dL_dx"]), x.grad, "dL_dx")
    for key, leaf in peer.leaves.items():
        if leaf.grad is None:
            continue  # nothing reads it
        near(array(found[f"dL_d{key}"]), leaf.grad, key)
        near(array(found[f"{key}@1"]), leaf.detach() - lr * leaf.grad, key)
    assert {key for key in found if key.endswith("@1") and key[0] in "wb"} <= {f"{key}@1" for key in peer.leaves}
    counted = solved({k: problem[k] for k in ("network", "blocks") if k in problem} | {"kind": "count-params"})
    assert counted.answers["params"].value.value == sum(leaf.numel() for leaf in peer.leaves.values())
    if lines:
        assert wrong_lines(json.loads(render([solution], "json", Options()))) == []
    return solution


def trained(layers: list[Any], x: Any, target: Any, **more: Any) -> Spec:
    """A problem of one step."""
    size = len(x[0]) if isinstance(x[0], list) else len(x)
    network = {"input": size, "layers": layers}
    problem = {"kind": "backprop", "network": network, "input": x, "target": target, "loss": "half_squared_error"}
    return problem | {"optimizer": {"sgd": {"lr": 0.1}}, "numbers": "float64"} | more


# ---------------------------------------------------------------- networks of a course


def test_a_siamese_net_has_one_parameter_with_one_gradient() -> None:
    f = {"name": "f", "out_features": 2, "weight": [[0.5, -0.2], [0.1, 0.4]], "bias": [0.1, 0], "output": "u1"}
    other = {"inputs": "x", "out_features": 2, "weight": [[1, 0.5], [-0.3, 2]], "bias": False, "output": "x2"}
    layers = [
        {"linear": f},
        {"tanh": {"output": "h1"}},
        {"linear": other},
        {"use": {"layer": "f", "inputs": "x2", "output": "u2"}},
        {"tanh": {"output": "h2"}},
        {"multiply": ["h1", "h2"]},
    ]
    for x in ([1, 2], [[1, 2], [0.5, -1]]):
        target = [0.5, 0] if x == [1, 2] else [[0.5, 0], [0, 1]]
        agree(trained(layers, x, target), lines=True)
        agree(trained(layers, x, target, numbers="exact"))


@pytest.mark.parametrize("rows", ["outputs", "inputs"])
def test_a_decoder_may_be_its_encoder_transposed(rows: str) -> None:
    w = np.array([[0.2, -0.1, 0.4], [0.3, 0.5, -0.6]])
    encoder = {"name": "encoder", "out_features": 2, "bias": False, "weight": w.tolist()}
    tied = {"out_features": 3, "weight": {"tie": "encoder", "transposed": True}, "bias": [0, 0.1, 0], "output": "y"}
    problem = trained([{"linear": encoder}, {"sigmoid": {"output": "c"}}, {"linear": tied}], [1, 0, 2], [1, 0, 2])
    if rows == "outputs":
        agree(problem, lines=True)
        return
    turned = {"rows": "inputs", "values": w.T.tolist()}
    there = json.loads(json.dumps(problem))
    there["network"]["layers"][0]["linear"]["weight"] = turned
    ours, other = solved(there).answers, solved(problem).answers
    np.testing.assert_allclose(array(ours["dL_dw1"].value), array(other["dL_dw1"].value).T, rtol=1e-12)
    np.testing.assert_allclose(array(ours["w1@1"].value), array(other["w1@1"].value).T, rtol=1e-12)


def test_a_frozen_parameter_is_frozen_in_every_use() -> None:
    f = {"name": "f", "out_features": 1, "bias": False, "weight": {"values": [[0.5]], "trainable": False}}
    solution = solved(trained([{"linear": f}, "tanh", {"use": "f"}], [1], [0]))
    assert "w1@1" not in solution.answers


def test_shared_parameters_are_counted_once_and_said_so() -> None:
    layers = [{"embedding": {"name": "tok", "num_embeddings": 50, "embedding_dim": 8}}, {"linear": 8}]
    layers += [{"linear": {"name": "head", "out_features": 50, "bias": False, "weight": {"tie": "tok"}}}]
    solution = solved({"kind": "count-params", "network": {"input": 16, "layers": layers}})
    (line,) = [one for one in solution.lines if getattr(getattr(one, "key", None), "name", "") == "params.head"]
    assert (line.quantity.value, str(line.rule)) == (0, "shared with tok.weight")
    model = torch.nn.Sequential(torch.nn.Embedding(50, 8), torch.nn.Linear(8, 8), torch.nn.Linear(8, 50, bias=False))
    model[2].weight = model[0].weight
    assert solution.answers["params"].value.value == sum(p.numel() for p in model.parameters())


def test_a_block_may_be_used_again() -> None:
    body = [{"linear": {"out_features": 2, "weight": [[0.5, 1], [0, -1]], "bias": False, "output": "h"}}, "tanh"]
    blocks = {"cell": {"body": [*body, {"add": "h"}]}}
    layers = [{"cell": {"name": "first"}}, "cell", {"use": "first"}, {"use": {"layer": "first", "output": "end"}}]
    solution = solved(trained(layers, [0.3, -0.2], [0, 1], blocks=blocks))
    w, v = (torch.tensor([[0.5, 1], [0, -1]], dtype=torch.float64, requires_grad=True) for _ in range(2))
    x = torch.tensor([0.3, -0.2], dtype=torch.float64)
    for weight in (w, v, w, w):
        h = weight @ x
        x = torch.tanh(h) + h
    (((x - torch.tensor([0.0, 1.0])) ** 2).sum() / 2).backward()
    np.testing.assert_allclose(array(solution.answers["dL_dw1"].value), w.grad, rtol=1e-9)
    np.testing.assert_allclose(array(solution.answers["dL_dw2"].value), v.grad, rtol=1e-9)
    assert {"first.h", "cell2.h", "use1.h", "use2.h", "end"} <= set(solution.answers)
    counted = solved({"kind": "count-params", "network": {"input": 2, "layers": layers}, "blocks": blocks})
    assert [counted.answers[f"params{key}"].value.value for key in ("", ".first", ".cell2", ".use1")] == [8, 4, 4, 0]


def test_a_use_may_be_used_again() -> None:
    linear = {"linear": {"out_features": 4, "name": "f"}}
    residual = {"residual": {"name": "f", "body": [{"linear": 4}, "relu"]}}
    block, blocks = {"cell": {"name": "f"}}, {"cell": {"body": [{"linear": 4}, "tanh"]}}
    for first in (linear, residual, block):
        for again in ([{"use": {"layer": "f", "name": "g"}}, {"use": "g"}], [{"use": "f"}, {"use": "use1"}]):
            problem = {"blocks": blocks, "network": {"input": 4, "layers": [first, *again]}}
            assert solved({"kind": "count-params"} | problem).answers["params"].value.value == 20
            solved({"kind": "complexity"} | problem)


def test_a_repeat_may_be_used_again_where_its_shapes_change_otherwise() -> None:
    pool = {"adaptive_avg_pool2d": {"output_size": 1}}
    body = [{"conv2d": {"out_channels": 3, "kernel_size": 1}}, pool]
    repeat = {"residual": {"name": "r", "body": [{"repeat": {"times": 3, "body": body}}], "shortcut": [pool]}}
    for side in (1, 4):
        layers = [repeat, {"upsample": {"size": 5 - side}}, {"use": "r"}]
        network = {"input": [3, side, side], "layers": layers}
        assert solved({"kind": "count-params", "network": network}).answers["params"].value.value == 36


def test_what_stands_in_a_composite_may_be_used_again_by_its_path() -> None:
    inner = {"residual": {"name": "q", "body": [{"linear": {"out_features": 4, "weight": {"tie": "f"}}}]}}
    outer = {"residual": {"name": "r", "body": [{"linear": {"out_features": 4, "name": "f"}}, inner]}}
    for path in ("r.f", "r.q", "r.q.linear1"):
        network = {"input": 4, "layers": [outer, {"use": path}]}
        assert solved({"kind": "count-params", "network": network}).answers["params"].value.value == 24
    # a name means in what is used again what it means where that stands first
    other = {"residual": {"name": "s", "body": [{"linear": {"out_features": 4, "name": "r"}}, {"use": "t"}]}}
    layers = [{"linear": {"out_features": 4, "name": "r"}}, {"residual": {"name": "t", "body": [{"use": "r"}]}}, other]
    counted = solved({"kind": "count-params", "network": {"input": 4, "layers": layers}})
    assert "s.r.weight" not in str([str(line.rule) for line in counted.lines if hasattr(line, "rule")])


def test_every_copy_of_a_body_has_names_and_layers_of_its_own() -> None:
    f = {"name": "f", "out_features": 1, "weight": [[0.5]], "bias": False, "output": "h"}
    repeated = {"repeat": {"times": 2, "body": [{"linear": f}, "tanh", {"use": "f"}, {"add": "h"}]}}
    solution = solved(trained([repeated], [0.7], [0]))
    ws = [torch.tensor(0.5, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    x = torch.tensor(0.7, dtype=torch.float64)
    for w in ws:
        x = w * torch.tanh(w * x) + w * x
    (x**2 / 2).backward()
    assert {"repeat1.1.h", "repeat1.2.h"} <= set(solution.answers)
    assert [float(array(solution.answers[key].value).item()) for key in ("dL_dw1", "dL_dw3")] == pytest.approx(
        [w.grad.item() for w in ws], rel=1e-9
    )


def test_a_map_is_added_along_an_axis_of_length_one() -> None:
    layers = [
        {"conv1d": {"out_channels": 2, "kernel_size": 1, "weight": [[[2]], [[-1]]], "bias": False, "output": "a"}}
    ]
    layers += [{"adaptive_avg_pool1d": {"output_size": 1, "output": "m"}}, {"add": ["a", "m"]}]
    problem = {"kind": "backprop", "network": {"input": [1, 3], "layers": layers}, "input": [[1, 2, 4]]}
    solution = solved(problem | {"upstream": [[1, 0, 2], [0.5, 1, -1]]})
    x = torch.tensor([[1.0, 2, 4]], dtype=torch.float64, requires_grad=True)
    a = torch.tensor([[2.0], [-1]], dtype=torch.float64) * x
    (a + a.mean(dim=1, keepdim=True)).backward(torch.tensor([[1.0, 0, 2], [0.5, 1, -1]]))
    np.testing.assert_allclose(array(solution.answers["dL_dx"].value), x.grad, rtol=1e-12)
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


def test_a_u_net_by_names() -> None:
    conv = lambda out, k, **more: {"conv2d": {"out_channels": out, "kernel_size": k, "padding": k // 2} | more}  # noqa: E731
    up = {"conv_transpose2d": {"out_channels": 4, "kernel_size": 2, "stride": 2, "output": "up"}}
    layers = [conv(4, 3, output="skip"), {"max_pool2d": 2}, conv(8, 3), up]
    layers += [{"concat": {"of": ["skip", "up"], "name": "both"}}, conv(4, 3), conv(2, 1)]
    answers = solved({"kind": "count-params", "network": {"input": [1, 16, 16], "layers": layers}}).answers
    peers = [torch.nn.Conv2d(1, 4, 3), torch.nn.Conv2d(4, 8, 3), torch.nn.ConvTranspose2d(8, 4, 2)]
    peers += [torch.nn.Conv2d(8, 4, 3), torch.nn.Conv2d(4, 2, 1)]
    assert answers["params"].value.value == sum(p.numel() for peer in peers for p in peer.parameters())
    assert [size.value for size in answers["shape.both"].value] == [8, 16, 16]


# ---------------------------------------------------------------- what is said


def warnings(layers: list[Any], kind: str = "count-params", **more: Any) -> list[str]:
    solution = solved({"kind": kind, "network": {"input": 3, "layers": layers}} | more)
    return [str(note.text) for note in solution.notes if note.level == "warning"]


def test_what_nothing_reads_is_a_warning() -> None:
    used = {"linear": {"out_features": 3, "output": "a"}}
    assert warnings([used, "relu", {"add": "a"}]) == []
    unread = [used, {"relu": {"output": "b"}}, {"tanh": {"inputs": "a"}}]
    assert warnings(unread) == ["Nothing reads `b`, which `relu1` gives."]
    assert warnings([used, "relu", {"tanh": {"inputs": "a"}}], "complexity") == ["Nothing reads what `relu1` gives."]
    assert warnings(["relu", {"tanh": {"inputs": "x"}}], "backprop", input=[1, 2, 3]) == [
        "Nothing reads what `relu1` gives."
    ]


def test_a_name_is_the_key_of_a_quantity() -> None:
    layers = [
        {"relu": {"output": "r"}},
        {"dropout": {"output": "d", "mode": "eval"}},
        {"add": {"of": "r", "output": "s"}},
    ]
    answers = solved({"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": [1, -2]}).answers
    assert [array(answers[key].value).tolist() for key in "rds"] == [[1, 0], [1, 0], [2, 0]]


def operations(layers: list[Any], **count: Any) -> dict[str, int]:
    problem = {"kind": "complexity", "network": {"input": 3, "layers": layers}, "count": count}
    return {key: answer.value.value for key, answer in solved(problem).answers.items()}


def test_errors_of_all_readers_are_added_and_shared_parameters_updated_once() -> None:
    """By definition: h of 3 values is read 3 times, so 2·3 additions more; f has 12 numbers, and is used twice."""
    f = {"linear": {"out_features": 3, "name": "f", "output": "h"}}
    named = operations([f, "tanh", {"multiply": ["h", "h", []]}])
    alone = operations([f, "tanh", {"multiply": [[], [], []]}])
    assert named["error.add"] - (alone["error.add"] - 2 * 3) == 2 * 3
    once, twice = operations([f, {"linear": 3}]), operations([f, {"use": "f"}])
    assert (once["update.mul"], twice["update.mul"]) == (24, 12)
    assert once["forward.mul"] == twice["forward.mul"] == 18
    assert twice["gradient.add"] - once["gradient.add"] == 12
    given = operations([{"relu": {"output": "r"}}, {"add": ["r", "x"]}], input_gradient=True)
    assert given["error.add"] == 3  # the input's two errors
    bilinear = operations([{"bilinear": {"inputs": "x", "out_features": 2}}])
    assert (bilinear["forward.mul"], bilinear["forward.add"]) == (2 * 3 * 3 + 2 * 3, 2 * (3 * 2 + 2) + 2)


def test_a_repeated_body_counts_the_readers_of_what_stands_outside() -> None:
    """3 copies read h once more each: with the first as a stream they are 3 readers of 3 values."""
    outside = {"linear": {"out_features": 3, "output": "h"}}
    found = operations([outside, {"repeat": {"times": 3, "body": ["tanh", {"add": "h"}]}}])
    written = operations([outside, "tanh", {"add": "h"}, "tanh", {"add": "h"}, "tanh", {"add": "h"}])
    assert {k: found[k] for k in ("forward.add", "error.add", "error.mul")} == {
        k: written[k] for k in ("forward.add", "error.add", "error.mul")
    }


# ---------------------------------------------------------------- random networks


class Draw:
    """A random network: every layer reads a quantity by name or the stream, and up to four read the same."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.size = dice.randint(1, 3)
        self.known: list[tuple[str, int]] = [("x", self.size)]
        self.modules: list[tuple[str, int, int]] = []
        self.readers: dict[str, int] = {}
        self.stream = self.size
        self.layers: list[Any] = []

    def numbers(self, *shape: int) -> Any:
        values = [self.dice.randint(-15, 15) / 10 for _ in range(int(np.prod(shape)))]
        return np.array(values).reshape(shape).tolist()

    def pick(self, size: int | None = None) -> tuple[str, int] | None:
        """A quantity that has fewer than four readers."""
        found = [q for q in self.known if self.readers.get(q[0], 0) < 4 and size in (None, q[1])]
        if not found:
            return None
        name, size = self.dice.choice(found)
        self.readers[name] = self.readers.get(name, 0) + 1
        return name, size

    def put(self, kind: str, given: Spec, size: int) -> None:
        if self.dice.random() < 0.7:
            given["output"] = f"q{len(self.known)}"
            self.known.append((given["output"], size))
        self.layers.append({kind: given})
        self.stream = size

    def step(self) -> None:
        kind = self.dice.choice(("linear", "linear", "tanh", "sigmoid", "add", "multiply", "concat", "bilinear", "use",
                                 "tie", "cell", "repeat"))  # fmt: skip
        source = self.pick() if self.dice.random() < 0.6 else None
        size = source[1] if source else self.stream
        given: Spec = {"inputs": source[0]} if source else {}
        if kind in ("tanh", "sigmoid"):
            self.put(kind, given, size)
        elif kind == "linear":
            out = self.dice.randint(1, 3)
            given |= {"out_features": out, "weight": self.numbers(out, size), "name": f"f{len(self.layers)}"}
            given["bias"] = self.dice.choice((False, self.numbers(out)))
            self.modules.append((given["name"], size, out))
            self.put(kind, given, out)
        elif kind == "bilinear" and (other := self.pick()) and source:
            given |= {"inputs": [source[0], other[0]], "out_features": 1, "bias": self.numbers(1)}
            given["weight"] = self.numbers(1, size, other[1])
            self.put(kind, given, 1)
        elif kind == "use" and (found := [m for m in self.modules if m[1] == size]):
            name, _, out = self.dice.choice(found)
            self.put("use", given | {"layer": name}, out)
        elif kind == "tie" and (found := [m for m in self.modules if size in m[1:]]):
            name, inside, outside = self.dice.choice(found)
            turned = size == outside
            out = inside if turned else outside
            weight = {"tie": name} | ({"transposed": True} if turned else {})
            self.put("linear", given | {"out_features": out, "weight": weight, "bias": False}, out)
        elif kind in ("add", "multiply", "concat"):
            self.merge(kind)
        elif kind == "cell":
            if size == 2:
                self.put("cell", given, 2)
        elif kind == "repeat":
            body = [{"tanh": {"output": "t"}}, {"sigmoid": {}}, {"add": ["t", [{"tanh": {}}], []]}]
            self.put("repeat", given | {"times": 2, "body": body}, size)

    def merge(self, kind: str) -> None:
        size = None if kind == "concat" else self.stream
        entries: list[Any] = [q[0] for _ in range(self.dice.randint(1, 3)) if (q := self.pick(size))]
        sizes = dict(self.known)
        total = sum(sizes[e] for e in entries) + self.stream
        if self.dice.random() < 0.3:
            entries.append(["tanh"])
        else:
            entries.insert(self.dice.randint(0, len(entries)), [])
        if len(entries) > 1 and total <= 8:
            self.put(kind, {"of": entries}, total if kind == "concat" else self.stream)


def random_problem(seed: int) -> Spec:
    draw = Draw(random.Random(seed))
    for _ in range(draw.dice.randint(3, 9)):
        draw.step()
    cell = [
        {"linear": {"out_features": 2, "weight": draw.numbers(2, 2), "bias": False, "output": "h"}},
        {"tanh": {"output": "q"}},
        {"multiply": "h"},
        {"add": ["q", []]},
    ]
    batch = draw.dice.choice((0, 2))
    shape = (batch,) if batch else ()
    x, t = draw.numbers(*shape, draw.size), draw.numbers(*shape, draw.stream)
    return trained(draw.layers, x, t, blocks={"cell": {"body": cell}})


@pytest.mark.parametrize("chunk", range(6))
def test_random_networks(chunk: int) -> None:
    for seed in range(chunk * COUNT // 6, (chunk + 1) * COUNT // 6):
        problem = random_problem(seed)
        try:
            agree(problem, lines=seed % 5 == 0)
        except Exception as error:
            raise AssertionError(json.dumps(problem)) from error


def test_random_networks_have_every_form() -> None:
    text = json.dumps([random_problem(seed)["network"] for seed in range(COUNT)])
    for form in ('"use"', '"tie"', "transposed", '"bilinear"', '"cell"', '"repeat"', '"add"', '"multiply"', '"concat"'):
        assert form in text, form
