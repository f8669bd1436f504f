"""Recurrent layers in PyTorch, one tensor at a time, and random specs of them: it knows nothing of the program."""

from __future__ import annotations

import random
from typing import Any

import torch

Spec = dict[str, Any]
ORDER = {"rnn": [""], "lstm": ["i", "f", "g", "o"], "gru": ["r", "z", "n"]}
KEYS = {"weight_ih": "Wx", "weight_hh": "Wh", "weight_hr": "Whr", "weight": "W", "bias": "b"}


class Peer:
    """Runs one recurrent layer of a spec; `values` are its quantities by key, `leaves` what gradients are taken of."""

    def __init__(self, kind: str, spec: Spec) -> None:
        self.kind, self.spec, self.order = (
            kind.removesuffix("_cell"),
            spec,
            spec.get("gates", ORDER[kind.split("_")[0]]),
        )
        self.leaves: dict[str, Any] = {}
        self.steps: dict[str, dict[int, Any]] = {}

    def leaf(self, key: str, values: Any) -> Any:
        if key not in self.leaves:
            self.leaves[key] = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        return self.leaves[key]

    def part(self, name: str, gate: str, behind: str) -> Any:
        """The rows of a parameter that belong to a gate."""
        given, key = self.spec[name + behind], KEYS.get(name, name[0] + name[4:])
        if isinstance(given, dict) and gate in given:
            return self.turned(f"{key}_{gate}{behind}", given[gate])
        whole = self.turned(key + behind, given)
        rows = len(whole) // len(self.order)
        at = self.order.index(gate) * rows
        return whole[at : at + rows]

    def turned(self, key: str, given: Any) -> Any:
        """A parameter with its outputs as rows, however it is given."""
        return self.leaf(key, given["values"]).T if isinstance(given, dict) else self.leaf(key, given)

    def keep(self, key: str, t: int, value: Any) -> Any:
        value.retain_grad()
        self.steps.setdefault(key, {})[t] = value
        return value

    def run(self, x: Any) -> Any:
        """(…, T, D) → (…, T, H), or the last states."""
        layers, ways = self.spec.get("num_layers", 1), [False, True][: 1 + self.spec.get("bidirectional", False)]
        self.times = x.shape[-2]
        for layer in range(1, layers + 1):
            sides = [self.direction(x, layer, back) for back in ways]
            x = torch.cat([torch.stack([s[t] for t in range(1, self.times + 1)], dim=-2) for s in sides], dim=-1)
        if self.spec.get("returns") != "last":
            return x
        return torch.cat([s[1 if back else self.times] for s, back in zip(sides, ways, strict=True)], dim=-1)

    def direction(self, x: Any, layer: int, back: bool) -> dict[int, Any]:
        behind = (f"_l{layer}" if layer > 1 else "") + ("_reverse" if back else "")
        hidden, width = self.spec["hidden_size"], self.spec.get("proj_size") or self.spec["hidden_size"]
        state = {}
        for name, size in (("h", width), ("c", hidden)):
            given = self.spec.get("initial", {}).get(name + behind)
            given = [0.0] * size if given is None else given
            if x.ndim == 3 and not isinstance(given[0], list):
                given = [given] * len(x)  # each sample has one of its own
            state[name] = self.leaf(f"{name}0{behind}", given)
        order = range(self.times, 0, -1) if back else range(1, self.times + 1)
        found = {}
        for count, t in enumerate(order):
            if self.spec.get("truncate") and count and count % self.spec["truncate"] == 0:
                state = {name: value.detach() for name, value in state.items()}
            keep = lambda key, value, t=t: self.keep(key + behind, t, value)  # noqa: E731
            state = getattr(self, self.kind)(x[..., t - 1, :], state, behind, keep)
            found[t] = state["h"]
        return found

    def both(self, x: Any, h: Any, gate: str, behind: str) -> tuple[Any, Any]:
        """What comes from the input, and from the state, each with its bias."""
        if "weight" in self.spec:
            w = self.part("weight", gate, behind)
            first = self.spec.get("concat", ["h", "x"])[0] == "h"
            wh, wx = (w[:, : h.shape[-1]], w[:, h.shape[-1] :]) if first else (w[:, x.shape[-1] :], w[:, : x.shape[-1]])
        else:
            wx, wh = self.part("weight_ih", gate, behind), self.part("weight_hh", gate, behind)
        from_x, from_h = x @ wx.T, h @ wh.T
        for name in ("bias", "bias_ih"):
            if self.spec.get(name + behind) not in (None, False):
                from_x = from_x + self.part(name, gate, behind)
        if "bias_hh" + behind in self.spec:
            from_h = from_h + self.part("bias_hh", gate, behind)
        return from_x, from_h

    def rnn(self, x: Any, s: Spec, behind: str, keep: Any) -> Spec:
        a = keep("a", sum(self.both(x, s["h"], "", behind)))
        return {"h": keep("h", getattr(torch, self.spec.get("nonlinearity", "tanh"))(a)), "c": s["c"]}

    def lstm(self, x: Any, s: Spec, behind: str, keep: Any) -> Spec:
        v = {}
        for gate in "ifgo":
            a = keep(f"a_{gate}", sum(self.both(x, s["h"], gate, behind)))
            v[gate] = keep(gate, torch.tanh(a) if gate == "g" else torch.sigmoid(a))
        c = keep("c", v["f"] * s["c"] + v["i"] * v["g"])
        h = v["o"] * torch.tanh(c)
        if self.spec.get("proj_size"):
            h = keep("m", h) @ self.turned("Whr" + behind, self.spec["weight_hr" + behind]).T
        return {"h": keep("h", h), "c": c}

    def gru(self, x: Any, s: Spec, behind: str, keep: Any) -> Spec:
        r = keep("r", torch.sigmoid(keep("a_r", sum(self.both(x, s["h"], "r", behind)))))
        z = keep("z", torch.sigmoid(keep("a_z", sum(self.both(x, s["h"], "z", behind)))))
        if self.spec.get("reset", "after") == "after":
            from_x, u = self.both(x, s["h"], "n", behind)
            a = keep("a_n", from_x + r * keep("u", u))
        else:
            a = keep("a_n", sum(self.both(x, r * s["h"], "n", behind)))
        n = keep("n", torch.tanh(a))
        old = z if self.spec.get("update", "keeps") == "keeps" else 1 - z
        return {"h": keep("h", (1 - old) * n + old * s["h"]), "c": s["c"]}


# ---------------------------------------------------------------- random specs


def numbers(random_: random.Random, *shape: int) -> Any:
    if not shape:
        return random_.randint(-20, 20) / 20
    return [numbers(random_, *shape[1:]) for _ in range(shape[0])]


def matrix(rng: random.Random, rows: int, columns: int, turned: bool) -> Any:
    """Weights; `turned`: some of them with a row for each input."""
    if turned and rng.random() < 0.7:
        return {"rows": "inputs", "values": numbers(rng, columns, rows)}
    return numbers(rng, rows, columns)


def random_layer(rng: random.Random, times: int, d: int, samples: int) -> tuple[str, Spec]:
    """A layer with all its numbers."""
    kind = rng.choice(list(ORDER))
    gates, hidden = len(ORDER[kind]), rng.randint(1, 4)
    spec: Spec = {"hidden_size": hidden, "num_layers": rng.choice([1, 1, 1, 2]), "bidirectional": rng.random() < 0.25}
    spec["returns"] = rng.choice(["all", "last"])
    width = hidden
    if kind == "rnn":
        spec["nonlinearity"] = rng.choice(["tanh", "tanh", "relu"])
    if kind == "lstm" and rng.random() < 0.2:
        spec["proj_size"] = width = rng.randint(1, 3)
    if kind == "gru":
        spec |= {"reset": rng.choice(["after", "before"]), "update": rng.choice(["keeps", "replaces"])}
    if gates > 1 and rng.random() < 0.4:
        spec["gates"] = rng.sample(ORDER[kind], gates)
    if rng.random() < 0.25:
        spec["truncate"] = rng.randint(1, times)
    one, biases = rng.random() < 0.2, rng.choice([(), ("bias",), ("bias",), ("bias_ih", "bias_hh")])
    if one:
        spec["concat"] = rng.choice([["h", "x"], ["x", "h"]])
    if not biases:
        spec["bias"] = False
    by_gate, ways = gates > 1 and rng.random() < 0.35, ("", "_reverse") if spec["bidirectional"] else ("",)
    initial = rng.random() < 0.5
    for layer in range(1, spec["num_layers"] + 1):
        for way in ways:
            behind = (f"_l{layer}" if layer > 1 else "") + way
            come = d if layer == 1 else width * len(ways)
            shapes = (
                {"weight": (hidden, width + come)}
                if one
                else {"weight_ih": (hidden, come), "weight_hh": (hidden, width)}
            )
            turned = rng.random() < 0.25
            for name, (rows, columns) in shapes.items():
                if by_gate:
                    spec[name + behind] = {gate: matrix(rng, rows, columns, turned) for gate in ORDER[kind]}
                else:
                    spec[name + behind] = matrix(rng, rows * gates, columns, turned)
            for name in biases:
                by = by_gate and rng.random() < 0.5
                packed = numbers(rng, hidden * gates)
                spec[name + behind] = {gate: numbers(rng, hidden) for gate in ORDER[kind]} if by else packed
            if "proj_size" in spec:
                spec["weight_hr" + behind] = matrix(rng, width, hidden, turned)
            if initial and rng.random() < 0.7:
                lead = (samples,) if samples and rng.random() < 0.5 else ()
                spec.setdefault("initial", {})["h" + behind] = numbers(rng, *lead, width)
                if kind == "lstm":
                    spec["initial"]["c" + behind] = numbers(rng, *lead, hidden)
    return kind, spec


def random_problem(seed: int) -> Spec:
    """A recurrent layer, sometimes a linear one behind it, and a loss or an upstream gradient."""
    rng = random.Random(seed)
    times, d, samples = rng.randint(1, 6), rng.randint(1, 4), rng.choice([0, 0, 1, 2, 3])
    kind, layer = random_layer(rng, times, d, samples)
    layers: list[Any] = [{kind: layer}]
    width = (layer.get("proj_size") or layer["hidden_size"]) * (1 + layer["bidirectional"])
    if rng.random() < 0.5:
        out = rng.randint(1, 3)
        layers.append({"linear": {"out_features": out, "weight": numbers(rng, out, width), "bias": False}})
        width = out
    lead = (samples,) if samples else ()
    shape = (*lead, width) if layer["returns"] == "last" else (*lead, times, width)
    problem: Spec = {"kind": "backprop", "network": {"input": [times, d], "layers": layers}}
    problem["input"] = numbers(rng, *lead, times, d)
    if rng.random() < 0.4:
        problem["upstream"] = numbers(rng, *shape)
    else:
        problem |= {"target": numbers(rng, *shape), "loss": {"half_squared_error": {"reduction": "sum"}}}
    return problem


def worked(problem: Spec) -> tuple[Peer, Any, Any]:
    """The peer after its backward pass, the input, and what comes out."""
    (kind, spec), *behind = [next(iter(layer.items())) for layer in problem["network"]["layers"]]
    peer = Peer(kind, spec)
    x = torch.tensor(problem["input"], dtype=torch.float64, requires_grad=True)
    y = peer.run(x)
    if behind:
        y = y @ peer.leaf("w1", behind[0][1]["weight"]).T
    if "upstream" in problem:
        y.backward(torch.tensor(problem["upstream"], dtype=torch.float64))
    else:
        (((y - torch.tensor(problem["target"], dtype=torch.float64)) ** 2).sum() / 2).backward()
    return peer, x, y
