"""Random networks wired by names: several inputs and heads, parameters and formulas of their own, blocks with ports.

`random_net` draws one; `Plain` evaluates a spec in PyTorch, one sample after the other, and knows nothing of hwsolve.
"""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")

Spec = dict[str, Any]
INDEXED = re.compile(r"(\w+)\[i\] = Sum\((\w+)\[i,j\]\*tanh\((\w+)\[j\]\), j\)")
FUNCTIONS = {
    "sum": torch.sum,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "softmax": lambda x: torch.softmax(x, dim=-1),
    "dot": lambda a, b: (a * b).sum(),
    "T": lambda a: a.T,
}


def tensor(values: Any, grad: bool = False) -> Any:
    return torch.tensor(values, dtype=torch.float64, requires_grad=grad)


# ---------------------------------------------------------------- the plain evaluator


class Plain:
    """The layers of a spec on tensors of one sample.  Parameters are made when they are met first, by the keys of a
    reader: weights and biases are numbered by layers, and one with a name has that name."""

    def __init__(self, spec: Spec) -> None:
        self.network, self.blocks = spec["network"], spec.get("blocks", {})
        self.leaves: dict[str, Any] = {}
        self.number = 0

    def heads(self, inputs: Spec) -> Spec:
        """What the network gives for one sample, by name; "" is the stream where no output has a name."""
        self.number = 0
        names = dict(inputs)
        end = self.run(self.network["layers"], next(iter(inputs.values())), names, {})
        return {name: names[name] for name in self.network.get("outputs", [])} or {"": end}

    def leaf(self, key: str, values: Any) -> Any:
        if key not in self.leaves:
            self.leaves[key] = tensor(values, True)
        return self.leaves[key]

    def run(self, layers: list[Any], x: Any, names: Spec, modules: Spec) -> Any:
        """The stream behind a list; what it names is put into `names`."""
        for layer in layers:
            kind, given = next(iter(layer.items())) if isinstance(layer, dict) else (layer, {})
            settings = given if isinstance(given, dict) else {}
            if kind in ("parameter", "constant"):
                values = settings.get("values", settings.get("value"))
                names[given["output"]] = self.leaf(given["output"], values) if kind == "parameter" else tensor(values)
                continue
            read = settings.get("inputs", [])
            inputs = [names[q] for q in ([read] if isinstance(read, str) else read)] or [x]
            made = self.layer(kind, given, inputs, names, modules)
            out = settings.get("output", [])
            for name, value in zip([out] if isinstance(out, str) else out, made, strict=False):
                names[name] = value
            x = made[0]
        return x

    def layer(self, kind: str, given: Any, inputs: list[Any], names: Spec, modules: Spec) -> list[Any]:
        x = inputs[0]
        if kind in ("tanh", "sigmoid"):
            return [getattr(torch, kind)(x)]
        if kind == "formula":
            return [self.formula(given, x, names)]
        if kind == "linear":
            self.number += 1
            made = self.parameters(given, modules)
            modules[given.get("name", "")] = lambda inputs: [self.linear(made, inputs[0], count=True)]
            modules[given.get("name", "") + ".weight"] = made[0]
            return [self.linear(made, x)]
        if kind == "use":
            return modules[given["layer"]](inputs)
        if kind in ("add", "multiply", "concat"):
            return [self.merge(kind, given, x, names, modules)]
        if kind == "repeat":
            for _ in range(given["times"]):
                x = self.run(given["body"], x, dict(names), dict(modules))
            return [x]
        leaves: dict[int, Any] = {}
        modules[given.get("name", "")] = lambda inputs: self.block(kind, given, inputs, names, modules, leaves)
        return self.block(kind, given, inputs, names, modules, leaves)

    def block(self, kind: str, given: Any, inputs: list[Any], names: Spec, modules: Spec, leaves: Spec) -> list[Any]:
        """A copy of a block's body; `leaves` are the weights that all uses of this one share, by their place."""
        block = self.blocks[kind]
        inner = names | dict(zip(block["inputs"], inputs, strict=True))
        x = inputs[0]
        for place, layer in enumerate(block["body"]):
            (what, said), *_ = layer.items()
            if what == "linear":
                self.number += 1
                w = (
                    leaves.setdefault(place, self.leaf(f"w{self.number}", given["w"]))
                    if place not in leaves
                    else leaves[place]
                )
                x = w @ inner[said["inputs"]]
            else:
                x = self.layer(what, said, [inner[said["inputs"]]] if "inputs" in said else [x], inner, dict(modules))[
                    0
                ]
            if what == "formula":
                inner[said.partition(" = ")[0]] = x
            elif "output" in said:
                inner[said["output"]] = x
        return [inner[name] for name in block["outputs"]]

    def parameters(self, given: Spec, modules: Spec) -> tuple[Any, Any]:
        weight, bias = given["weight"], given["bias"]
        if isinstance(weight, dict):
            w = modules[weight["tie"] + ".weight"]
            w = w.T if weight.get("transposed") else w
        else:
            w = self.leaf(f"w{self.number}", weight)
        return w, None if bias is False else self.leaf(f"b{self.number}", bias)

    def linear(self, made: tuple[Any, Any], x: Any, count: bool = False) -> Any:
        self.number += count
        w, b = made
        return w @ x if b is None else w @ x + b

    def merge(self, kind: str, given: Any, x: Any, names: Spec, modules: Spec) -> Any:
        entries = given["of"] if isinstance(given, dict) else given
        entries = [[], entries] if isinstance(entries, str) else entries
        parts = [names[e] if isinstance(e, str) else self.run(e, x, dict(names), dict(modules)) for e in entries]
        if kind == "concat":
            return torch.cat(parts, dim=-1)
        out = parts[0]
        for part in parts[1:]:
            out = out + part if kind == "add" else out * part
        return out

    def formula(self, given: Any, x: Any, names: Spec) -> Any:
        """A formula on whole arrays in Python's grammar, or the one with indices."""
        text, own = (given, {}) if isinstance(given, str) else (given["value"], given.get("parameters", {}))
        known = (
            names | {"input": x} | {name: self.leaf(name, p.get("values", p.get("value"))) for name, p in own.items()}
        )
        if found := INDEXED.fullmatch(text):
            name, m, a = found.groups()
            value = torch.stack([sum(known[m][i, j] * torch.tanh(known[a][j]) for j in range(len(known[a])))
                                 for i in range(len(known[m]))])  # fmt: skip
        else:
            name, _, right = text.rpartition(" = ")
            value = eval(right, {"__builtins__": {}}, FUNCTIONS | known)
        if name:
            names[name] = value
        return value


# ---------------------------------------------------------------- the draw


class Draw:
    """A random network: every layer reads a quantity by name or the stream, and up to four read the same."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.inputs = {f"x{k}": dice.randint(1, 3) for k in range(1, dice.randint(1, 3) + 1)}
        self.sizes = dict(self.inputs)  # of vectors by name; 0 of a single number
        self.modules: list[tuple[str, int, int]] = []
        self.towers: list[tuple[str, int]] = []
        self.readers: dict[str, int] = {}
        self.stream = self.inputs["x1"]
        self.count = 0
        self.layers: list[Any] = []
        self.outputs: list[str] = []

    def numbers(self, *shape: int) -> Any:
        values = [self.dice.randint(-15, 15) / 10 for _ in range(int(np.prod(shape)))]
        return np.array(values).reshape(shape).tolist()

    def name(self) -> str:
        self.count += 1
        return f"q{self.count}"

    def pick(self, size: int | None = None) -> str | None:
        """A quantity that has fewer than four readers."""
        fits = [
            q for q, n in self.sizes.items() if self.readers.get(q, 0) < 4 and (n == size if size is not None else n)
        ]
        if not fits:
            return None
        found = self.dice.choice(fits)
        self.readers[found] = self.readers.get(found, 0) + 1
        return found

    def put(self, kind: str, given: Any, size: int, name: str = "") -> None:
        if isinstance(given, dict) and not name and self.dice.random() < 0.7:
            given["output"] = name = self.name()
        if name:
            self.sizes[name] = size
            self.outputs.append(name)
        self.layers.append({kind: given})
        self.stream = size

    def parameter(self, *shape: int) -> str:
        """A parameter or a constant that stands by itself, read by the next layer."""
        self.count += 1
        kind, name = self.dice.choice((("parameter", f"p{self.count}"), ("constant", f"c{self.count}")))
        numbers = {"values": self.numbers(*shape)} if shape else {"value": self.dice.randint(-15, 15) / 10}
        if shape and self.dice.random() < 0.3:
            numbers["shape"] = list(shape)
        self.layers.append({kind: {"output": name} | numbers})
        return name

    def step(self) -> None:
        kind = self.dice.choice(("linear", "linear", "act", "merge", "merge", "use", "tie", "tower", "repeat", "formula",
                                 "formula", "formula"))  # fmt: skip
        if self.stream == 0 and kind not in ("formula", "merge"):
            source = self.pick()
        else:
            source = self.pick() if self.dice.random() < 0.6 else None
        if self.stream == 0 and source is None:
            return
        size = self.sizes[source] if source else self.stream
        given: Spec = {"inputs": source} if source else {}
        getattr(self, kind)(given, size, source)

    def act(self, given: Spec, size: int, source: str | None) -> None:
        self.put(self.dice.choice(("tanh", "sigmoid")), given, size)

    def linear(self, given: Spec, size: int, source: str | None) -> None:
        out = self.dice.randint(1, 3)
        given |= {"out_features": out, "weight": self.numbers(out, size), "name": f"f{len(self.layers)}"}
        given["bias"] = self.dice.choice((False, self.numbers(out)))
        self.modules.append((given["name"], size, out))
        self.put("linear", given, out)

    def use(self, given: Spec, size: int, source: str | None) -> None:
        if found := [m for m in self.modules if m[1] == size]:
            name, _, out = self.dice.choice(found)
            self.put("use", given | {"layer": name}, out)
        elif found := [t for t in self.towers if t[1] == size and source]:
            other = self.pick(size)
            names = [self.name(), self.name()]
            if other:
                use = {"layer": self.dice.choice(found)[0], "inputs": [source, other], "output": names}
                self.sizes[names[1]] = size
                self.outputs.append(names[1])
                self.put("use", use, size, names[0])

    def tie(self, given: Spec, size: int, source: str | None) -> None:
        if found := [m for m in self.modules if size in m[1:]]:
            name, inside, outside = self.dice.choice(found)
            turned = size == outside
            out = inside if turned else outside
            weight = {"tie": name} | ({"transposed": True} if turned else {})
            self.put("linear", given | {"out_features": out, "weight": weight, "bias": False}, out)

    def tower(self, given: Spec, size: int, source: str | None) -> None:
        other = self.pick(size) if source else None
        if other is None:
            return
        names = [self.name(), self.name()][: self.dice.randint(1, 2)]
        self.count += 1
        tower = {"name": f"tower{self.count}", "w": self.numbers(size, size), "inputs": [source, other]}
        self.towers.append((tower["name"], size))
        if len(names) > 1:
            self.sizes[names[1]] = size
            self.outputs.append(names[1])
        self.put("tower", tower | {"output": names if len(names) > 1 else names[0]}, size, names[0])

    def repeat(self, given: Spec, size: int, source: str | None) -> None:
        body = [{"tanh": {"output": "u"}}, {"sigmoid": {}}, {"add": ["u", [{"tanh": {}}], []]}]
        self.put("repeat", given | {"times": 2, "body": body}, size)

    def merge(self, given: Spec, size: int, source: str | None) -> None:
        kind = self.dice.choice(("add", "multiply", "concat"))
        if self.stream == 0:
            return
        wanted = None if kind == "concat" else self.stream
        entries: list[Any] = [q for _ in range(self.dice.randint(1, 3)) if (q := self.pick(wanted))]
        total = sum(self.sizes[e] for e in entries) + self.stream
        if self.dice.random() < 0.3:
            entries.append(["tanh"])
        else:
            entries.insert(self.dice.randint(0, len(entries)), [])
        if len(entries) > 1 and total <= 6:
            self.put(kind, {"of": entries}, total if kind == "concat" else self.stream)

    def formula(self, given: Spec, size: int, source: str | None) -> None:
        a, b, s = self.pick(), None, self.pick(0)
        if a is None:
            return
        n, b = self.sizes[a], self.pick(self.sizes[a]) or a
        o, m = self.name(), self.dice.randint(1, 3)
        what = self.dice.randrange(8)
        if what == 0:
            self.put("formula", f"{o} = {a}*sigmoid({b}) + {self.parameter(n)}", n, o)
        elif what == 1:
            self.put("formula", f"{o} = sum(({a} - {b})**2)", 0, o)
        elif what == 2:
            self.put("formula", f"{o} = {a} + {s or self.parameter()}*{b}", n, o)
        elif what == 3:
            self.put("formula", f"{o} = {self.parameter(m, n)} @ {a}", m, o)
        elif what == 4:
            self.put("formula", f"{o} = softmax({a})*{b}", n, o)
        elif what == 5:
            self.put("formula", f"{o}[i] = Sum({self.parameter(m, n)}[i,j]*tanh({a}[j]), j)", m, o)
        elif what == 6 and self.stream:
            own = f"k{self.count}"
            value = {"value": f"input*{own}*{own}", "parameters": {own: {"values": self.numbers(self.stream)}}}
            self.put("formula", value | {"output": o}, self.stream, o)
        elif what == 7 and self.stream:
            self.put("formula", f"{o} = dot({a}, {b})*input - input/2", self.stream, o)


TOWER = {
    "arguments": ["w"],
    "inputs": ["a", "b"],
    "outputs": ["y", "z"],
    "body": [
        {"linear": {"out_features": 1, "bias": False, "weight": "$w", "inputs": "b", "output": "h"}},
        {"tanh": {"output": "z"}},
        {"formula": "y = a*h + sum(x1)"},  # x1 is a name around it
    ],
}


def random_net(seed: int) -> Spec:
    """A network, its numbers, and the gradients of its heads."""
    draw = Draw(random.Random(seed))
    dice = draw.dice
    for _ in range(dice.randint(3, 9)):
        draw.step()
    while not draw.layers:
        draw.step()
    heads = list(dict.fromkeys(dice.choice(draw.outputs) for _ in range(dice.randint(1, 3)))) if draw.outputs else []
    batch = dice.choice((0, 0, 2, 3))
    shape = (batch,) if batch else ()
    of_size = lambda n: draw.numbers(*shape, *((n,) if n else ())) if shape or n else dice.randint(-9, 9) / 4  # noqa: E731
    one = len(draw.inputs) == 1 and dice.random() < 0.5
    network: Spec = {"inputs": draw.inputs, "layers": draw.layers}
    spec: Spec = {"kind": "backprop", "network": network, "input": {x: of_size(n) for x, n in draw.inputs.items()}}
    if one:
        network |= {"input": {"size": network.pop("inputs")["x1"], "symbols": "x1"}}
        spec["input"] = spec["input"]["x1"]
    if heads:
        network["outputs"] = heads
        spec["upstream"] = {head: of_size(draw.sizes[head]) for head in heads}
    else:
        spec["upstream"] = of_size(draw.stream)
    sizes = {size for _, size in draw.towers}
    if sizes:
        tower = TOWER | {"body": [dict(layer) for layer in TOWER["body"]]}
        tower["body"][0] = {"linear": tower["body"][0]["linear"] | {"out_features": "$n"}}
        tower["arguments"] = ["w", "n"]
        spec["blocks"] = {"tower": tower}
        for layer in draw.layers:
            if "tower" in layer:
                layer["tower"]["n"] = len(layer["tower"]["w"])
    return spec | {"numbers": "float64"}
