"""What exercises with the published numbers of a source must come to, worked out by PyTorch, NumPy and plain Python.

python -m tests.source_truth    prints the values of each document, to be typed under its `expect`
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from tests.peers import in_doubles
from tests.textbook_truth import Values, given, leaf, numbers, slopes, typed

F = torch.nn.functional
nn = torch.nn


def spaced(low: float, high: float, *shape: int) -> Any:
    """Evenly spaced numbers in the shape, as numpy.linspace gives them."""
    return torch.tensor(np.linspace(low, high, num=int(np.prod(shape))).reshape(shape))


def count(*modules: Any, name: str = "params", weights: bool = False) -> Values:
    """The parameters of modules of PyTorch: all of them, and apart."""
    sizes = {"weight": 0, "bias": 0}
    for module in modules:
        for key, parameter in module.named_parameters():
            sizes["bias" if key.split(".")[-1].startswith("bias") else "weight"] += parameter.numel()
    parts = {f"{name}.{kind}": n for kind, n in sizes.items()} if weights else {}
    return parts | {name: sum(sizes.values())}


def circuits() -> list[Values]:
    x, y, z = leaf(-2.0), leaf(5.0), leaf(-4.0)
    q = x + y
    q.retain_grad()
    first = {"q": q} | slopes(q * z, "f", q=q, x=x, y=y, z=z)
    x, y, z, w = leaf(3.0), leaf(-4.0), leaf(2.0), leaf(-1.0)
    p, m = x * y, torch.maximum(z, w)
    return [first, {"p": p, "m": m, "s": p + m} | slopes(2 * (p + m), "f", x=x, y=y, z=z, w=w)]


def margins_and_softmax() -> list[Values]:
    s = leaf([13.0, -7, 11])
    three = slopes(F.multi_margin_loss(s[None], torch.tensor([0]), margin=10) * 3, s=s)
    w, b = leaf([[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0, -0.45, -0.2, 0.03]]), leaf([0, 0.2, -0.3])
    scores = w @ given([-15.0, 22, -44, 56]) + b
    image = {"s": scores} | slopes(F.multi_margin_loss(scores[None], torch.tensor([2])) * 3, W=w, b=b)
    z, rows = given([1.0, -2, 0]), (given([1.0, 0, 0, 0]), given([0.25] * 4))
    halves = {"a": z.exp(), "p": z.softmax(0), "b": (z / 2).exp(), "r": (z / 2).softmax(0)}
    penalties = {f"s{k}": row.sum() for k, row in enumerate(rows, 1)} | {
        f"R{k}": (row**2).sum() for k, row in enumerate(rows, 1)
    }
    return [three, image, halves, {"p": given([12.5, 0.6, -23]).softmax(0)}, penalties]


def sizes_of_networks() -> list[Values]:
    small = [nn.Linear(3, 4), nn.Linear(4, 2)], [nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 1)]
    places = nn.Conv2d(3, 96, 11, 4)
    neurons = places(torch.zeros(1, 3, 227, 227)).numel()
    alone = nn.Linear(3 * 11 * 11, 1)
    alexnet = {
        "activations.conv1": neurons,
        "window": alone.weight.numel(),
        "separate": neurons * count(alone)["params"],
        "params.weight": places.weight.numel(),
    }

    def three(C: int) -> Any:
        "27*C**2"
        return count(*[nn.Conv2d(C, C, 3, bias=False) for _ in range(3)])["params"]

    def large(C: int) -> Any:
        "49*C**2"
        return count(nn.Conv2d(C, C, 7, bias=False))["params"]

    return [
        *[count(*net, weights=True) for net in small],
        alexnet | count(places),
        {"params": three},
        {"params": large},
    ]


def optimizers_at_work() -> list[Values]:
    """The course adds a velocity to the weights; PyTorch's rules otherwise, from the states that are given."""
    g, v = spaced(-0.6, 0.4, 4, 5), spaced(0.6, 0.9, 4, 5)
    w, velocity = spaced(-0.4, 0.6, 4, 5), 0.9 * v - 1e-3 * g
    found = [{"w@1": w + velocity}]
    for kind, state in (
        (torch.optim.RMSprop, {"square_avg": v}),
        (torch.optim.Adam, {"exp_avg": v, "exp_avg_sq": spaced(0.7, 0.5, 4, 5)}),
    ):
        p = leaf(w.tolist())
        optimizer = kind([p], lr=1e-2)
        optimizer.state[p] = {"step": torch.tensor(5.0)} | {key: value.clone() for key, value in state.items()}
        p.grad = g
        optimizer.step()
        kept = optimizer.state[p]
        means = (
            {"m_w@1": kept["exp_avg"], "v_w@1": kept["exp_avg_sq"]}
            if "exp_avg" in kept
            else {"v_w@1": kept["square_avg"]}
        )
        found.append(means | {"w@1": p})
    return found


def loaded(module: Any, **values: Any) -> Any:
    """A module with these numbers as its parameters."""
    with torch.no_grad():
        for key, value in values.items():
            module.get_parameter(key).copy_(value)
    return module


def recurrent(module: Any, wx: Any, wh: Any, b: Any, suffix: str = "") -> Any:
    names = {"weight_ih": wx.T, "weight_hh": wh.T, "bias_ih": b, "bias_hh": torch.zeros_like(b)}
    return loaded(module, **{key + suffix: value for key, value in names.items()})


def in_torch_order(packed: Any) -> Any:
    """Gates i, f, o, g, side by side, in PyTorch's order."""
    i, f, o, g = packed.chunk(4, -1)
    return torch.cat([i, f, g, o], -1)


def recurrent_steps() -> list[Values]:
    cell = recurrent(nn.RNNCell(10, 4), spaced(-0.1, 0.9, 10, 4), spaced(-0.3, 0.7, 4, 4), spaced(-0.2, 0.4, 4))
    one = cell(spaced(-0.4, 0.7, 3, 10), spaced(-0.2, 0.5, 3, 4))
    net = recurrent(
        nn.RNN(4, 5, batch_first=True), spaced(-0.2, 0.4, 4, 5), spaced(-0.4, 0.1, 5, 5), spaced(-0.7, 0.1, 5), "_l0"
    )
    rows, _ = net(spaced(-0.1, 0.3, 2, 3, 4), spaced(-0.3, 0.1, 2, 5)[None])
    words = F.embedding(torch.tensor([[0, 3, 1, 2], [2, 1, 0, 3]]), spaced(0, 1, 5, 3))
    packed = [in_torch_order(spaced(*ends)) for ends in ((-2.1, 1.3, 4, 20), (-0.7, 2.2, 5, 20), (0.3, 0.7, 20))]
    step = recurrent(nn.LSTMCell(4, 5), *packed)
    h, c = step(spaced(-0.4, 1.2, 3, 4), (spaced(-0.3, 0.7, 3, 5), spaced(-0.4, 0.9, 3, 5)))
    packed = [in_torch_order(spaced(*ends)) for ends in ((-0.2, 0.9, 5, 16), (-0.3, 0.6, 4, 16), (0.2, 0.7, 16))]
    lstm = recurrent(nn.LSTM(5, 4, batch_first=True), *packed, "_l0")
    series, _ = lstm(spaced(-0.4, 0.6, 2, 3, 5), (spaced(-0.4, 0.8, 2, 4)[None], torch.zeros(1, 2, 4)))
    return [{"h": one[:, None]}, {"h": rows}, {"e": words}, {"c": c[:, None], "h": h[:, None]}, {"h": series}]


def maps() -> list[Values]:
    w, b = spaced(-0.2, 0.3, 3, 3, 4, 4), spaced(-0.1, 0.2, 3)
    convolved = F.conv2d(spaced(-0.1, 0.5, 2, 3, 4, 4), w, b, stride=2, padding=1)
    return [{"y": convolved}, {"y": F.max_pool2d(spaced(-0.3, 0.4, 2, 3, 4, 4), 2)}]


def two_layers() -> list[Values]:
    w1, w2 = spaced(-0.7, 0.3, 5, 50), spaced(-0.3, 0.4, 50, 7)
    s = torch.relu(spaced(-5.5, 4.5, 5, 3).T @ w1 + spaced(-0.1, 0.9, 50)) @ w2 + spaced(-0.9, 0.1, 7)
    plain = F.cross_entropy(s, torch.tensor([0, 5, 1]))
    return [{"s": s, "L1": plain, "L": plain + 0.5 * ((w1**2).sum() + (w2**2).sum())}]


def sums_of_squares() -> list[Values]:
    """torch.optim, and where Optax has an ε of its own inside of the root, the rule in plain Python."""

    def stepped(move: Callable[[Any], None], x: Any) -> Values:
        found = {"f": (x**2).sum().item()}
        for k in range(1, 6):
            move(x)
            found[f"f@{k}"] = (x**2).sum().item()
        return found

    def library(kind: Any, **settings: Any) -> Values:
        x = leaf([1.0, 2, 3])
        optimizer = kind([x], **settings)

        def move(x: Any) -> None:
            x.grad = 2 * x.detach()
            optimizer.step()

        return stepped(move, x)

    def rooted(kept: float, new: float, start: float, lr: float, eps: float) -> Values:
        state = np.full(3, float(start))

        def move(x: Any) -> None:
            state[:] = kept * state + new * (2 * x) ** 2
            x -= lr * 2 * x / np.sqrt(state + eps)

        return stepped(move, np.array([1.0, 2, 3]))

    o = torch.optim
    return [
        library(o.SGD, lr=0.003), library(o.Adam, lr=0.003), library(o.AdamW, lr=0.003, weight_decay=1e-4),
        library(o.Adamax, lr=0.003), library(o.RAdam, lr=0.003), rooted(1, 1, 0.1, 1, 1e-7),
        rooted(0.9, 0.1, 0, 0.003, 1e-8), library(o.Adadelta, lr=10),
    ]  # fmt: skip


def keras_losses() -> list[Values]:
    t, z = given([[0, 1], [0, 0]]), given([[-18.6, 0.51], [2.94, -12.8]])
    w = given([0.8, 0.2])

    def reduced(rows: Any, weights: Any, **first: Any) -> Values:
        return first | {"mean_loss": rows.mean(), "sum_loss": rows.sum(), "weighted": (weights * rows).mean()}

    each = F.binary_cross_entropy_with_logits(z, t, reduction="none").mean(1)
    p = given([[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
    picked = p[[0, 1], [1, 2]]
    target, percent = leaf([100.0, 200, 300]), leaf([90.0, 210, 310])
    mape = slopes(100 * ((target - percent).abs() / target).mean(), t=target, y=percent)
    logcosh_t, logcosh_y = leaf([[0.0, 1], [0, 0]]), leaf([[1.0, 1], [0, 0]])
    s = torch.where(t == 1, given([[0.6, 0.4], [0.4, 0.6]]), 1 - given([[0.6, 0.4], [0.4, 0.6]]))
    plain, focal = -s.log().mean(1), -((1 - s) ** 2 * s.log()).mean(1)
    masks, made = given([[1, 1, 0, 0], [1, 1, 0, 0]]), given([[0, 1, 0, 1], [0.4, 0, 0, 0.9]])
    pairs = given([[0, 1], [1, 1], [1, 1]]), given([[1, 0], [1, 1], [-1, -1]])
    return [
        {"L": F.mse_loss(given([0.9, 0.1, 0.8]), given([1, 0, 1]))},
        {"L": F.l1_loss(given([1.9, 0.3, 1.8]), given([1, 0.3, 1]))},
        mape,
        {"L": F.binary_cross_entropy_with_logits(z.flatten(), t.flatten())},
        reduced(each, w, r=each),
        reduced(-picked.log(), given([0.3, 0.7]), r=-picked.log()),
        {"L": F.huber_loss(given([[0.6, 0.4], [0.4, 0.6]]), t)},
        slopes(torch.log(torch.cosh(logcosh_y - logcosh_t)).mean(), t=logcosh_t, y=logcosh_y),
        {"BCE": plain, "FL": focal, "ratio": focal / plain},
        reduced(
            -0.25 * (1 - picked) ** 2 * picked.log(),
            given([0.3, 0.7]),
            FL=-0.25 * (1 - picked) ** 2 * picked.log(),
        ),
        {
            "D": 1 - 2 * (masks * made).sum(1) / (masks + made).sum(1),
            "all": 1 - 2 * (masks * made).sum() / (masks + made).sum(),
        },
        {"c": -F.cosine_similarity(*pairs, dim=1)},
    ]


def keras_activations() -> list[Values]:
    x = given([-1.0, 0, 1])
    three = {
        "E": F.elu(x), "S": F.selu(x), "G": F.gelu(x), "H": torch.clamp(0.2 * x + 0.5, 0, 1), "T": F.tanhshrink(x),
        "R": F.leaky_relu(x, 0.2), "Q": (x + (x**2 + 4).sqrt()) / 2, "p": x.softmax(0), "l": x.log_softmax(0),
    }  # fmt: skip
    five = given([-6.0, 1, 0, 1, 6])
    soft = {
        "p": F.softplus(given([-0.555, 0, 0.555])), "s": F.softsign(given([-0.1, -10, 1, 0, 100])),
        "l": F.logsigmoid(given([-0.541391, 0, 0.5, 5])),
    }  # fmt: skip
    z, row = leaf([1.0, 2, 1]), leaf([0.0, 1, 2, 3, 4])
    p, y = z.softmax(0), F.layer_norm(row, (5,), eps=0)
    p[0].backward()
    y[0].backward()
    far = leaf([0.0, 1, 2, 3, 100])
    spread = {"mu": far.mean()} | slopes(far.var(unbiased=False), "v", x=far)
    w = leaf(np.ones((5, 5)).tolist())
    out = given(np.full((5, 5), 2).tolist()) @ w.T
    first, second = 0.01 * w.abs().sum(), 0.01 * (out**2).sum() / 5
    penalties = {"kernel": first, "activity": second} | slopes(first + second, W=w)
    return [
        three, {"s": torch.sigmoid(five), "y": F.silu(five)}, soft, {"y": F.hardswish(given([-3.0, -1, 0, 1, 3]))},
        {"a0": p, "dL_dx": z.grad}, {"y": y, "dL_dx": row.grad}, spread, penalties,
        {"x@1": 10 - 0.1 * 10 / (0.1 * 10**2 + 1e-7) ** 0.5},
    ]  # fmt: skip


def keras_rnn(kind: str, inputs: int, units: int, ways: int = 1) -> int:
    """Keras adds the biases of its layers up to one for each gate, but for the two of a GRU with `reset_after`."""
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind]
    biases = 2 if kind == "gru" else 1
    return sum(np.zeros(shape).size for shape in [(inputs, gates * units), (units, gates * units), (biases, gates * units)]) * ways  # fmt: skip


def keras_summaries() -> list[Values]:
    def named(**layers: Any) -> Values:
        sizes = {name: n if isinstance(n, int) else count(n)["params"] for name, n in layers.items()}
        return {f"params.{name}": n for name, n in sizes.items()} | {"params": sum(sizes.values())}

    c, t = nn.Conv2d, nn.ConvTranspose2d
    digits = named(conv1=c(1, 32, 3), conv2=c(32, 64, 3), linear1=nn.Linear(1600, 10))
    dense = named(linear1=nn.Linear(784, 64), linear2=nn.Linear(64, 64), linear3=nn.Linear(64, 10))
    down = {"conv1": c(1, 16, 3), "conv2": c(16, 32, 3), "conv3": c(32, 32, 3), "conv4": c(32, 16, 3)}
    up = {"conv_transpose1": t(1, 16, 3), "conv_transpose2": t(16, 32, 3), "conv_transpose3": t(32, 16, 3), "conv_transpose4": t(16, 1, 3)}  # fmt: skip
    auto = {"encoder": named(**down)["params"]} | named(**down, **up)
    words, last = nn.Embedding(1000, 64), nn.Linear(64, 10)
    return [
        digits, dense, auto,
        named(embedding1=words, lstm1=keras_rnn("lstm", 64, 128), linear1=nn.Linear(128, 10)),
        named(embedding1=words, gru1=keras_rnn("gru", 64, 256), rnn1=keras_rnn("rnn", 256, 128), linear1=nn.Linear(128, 10)),
        named(
            embedding1=words, encoder=keras_rnn("lstm", 64, 64), embedding2=nn.Embedding(2000, 64),
            decoder=keras_rnn("lstm", 64, 64), linear1=last,
        ),
        named(lstm1=keras_rnn("lstm", 10, 64, 2), lstm2=keras_rnn("lstm", 128, 32, 2), linear1=last),
    ]  # fmt: skip


def micrograd() -> list[Values]:
    a, b = leaf(-4.0), leaf(2.0)
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c - a
    d = d + d * 2 + torch.relu(b + a)
    d = d + 3 * d + torch.relu(b - a)
    f = (c - d) ** 2
    first = slopes(f / 2 + 10 / f, "g", a=a, b=b)
    parts = {"a": leaf(2.0), "b": leaf(-3.0), "c": leaf(10.0), "f": leaf(-2.0)}

    def whole() -> Any:
        return (parts["a"] * parts["b"] + parts["c"]) * parts["f"]

    small = {"d": 4} | slopes(whole(), "L", **parts)
    with torch.no_grad():
        for value in parts.values():
            value += 0.01 * value.grad
        moved = {"L": whole()}
    w, bias, x = leaf([[-3.0, 1]]), leaf([6.8813735870195432]), leaf([2.0, 0])
    n = w @ x + bias
    o = torch.tanh(n)
    o.backward()
    return [first, small, moved, {"n": n, "o": o, "slope": 1 - o[0] ** 2, "dL_dw": w.grad, "dL_dx": x.grad}]


WORDS = [[0.43, 0.15, 0.89], [0.55, 0.87, 0.66], [0.57, 0.85, 0.64], [0.22, 0.58, 0.33], [0.77, 0.25, 0.1], [0.05, 0.8, 0.55]]  # fmt: skip


def words_seen() -> list[Values]:
    x = given(WORDS)
    s = x @ x[1]
    e = x @ x.T
    return [
        {"s": s, "r": s / s.sum(), "w": s.softmax(0), "c": s.softmax(0) @ x},
        {"e": e, "alpha": e.softmax(1), "o": F.scaled_dot_product_attention(x[None], x[None], x[None], scale=1)[0]},
    ]


def parts_of_gpt2() -> list[Values]:
    qkv = [nn.Linear(768, 768, bias=False) for _ in range(3)]
    halves = [count(nn.Linear(768, 3072), nn.Linear(3072, 768)), count(*qkv, nn.Linear(768, 768))]
    return [*halves, *[{"kv_cache.bytes": 32 * 32768 * heads * (4096 // 32) * len("kv") * 2} for heads in (32, 8)]]


def self_attention() -> list[Values]:
    x = given([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]])
    k = x @ given([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]])
    q = x @ given([[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]])
    v = x @ given([[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]])
    alpha = (q @ k.T).softmax(1)
    whole = {"q": q, "k": k, "v": v, "e": q @ k.T, "alpha": alpha, "o": alpha @ v}
    return [whole, {"s": q[0] @ k.T, "w": alpha[0], "o": alpha[0] @ v}]


def divergences() -> list[Values]:
    p, q = np.array([0.1, 0.4, 0.5]), np.array([0.8, 0.15, 0.05])
    bits = {"Hp": p @ -np.log2(p), "Hq": q @ -np.log2(q), "pq": p @ -np.log2(q), "qp": q @ -np.log2(p)}
    both = torch.distributions.Categorical(given([9, 12, 4])), torch.distributions.Categorical(given([1, 1, 1]))
    kl = torch.distributions.kl_divergence
    ways = kl(*both), kl(*both[::-1])
    return [bits, {"pq": ways[0], "qp": ways[1], "J": sum(ways)}]


def sentiment() -> list[Values]:
    w, x, b = leaf([2.5, -5, -1.2, 0.5, 2, 0.7]), leaf([3, 2, 1, 3, 0, 4.19]), leaf(0.1)
    z = w @ x + b
    parts = {"z": z, "p": torch.sigmoid(z), "n": torch.sigmoid(-z), "Ln": -F.logsigmoid(-z)}
    return [parts | slopes(-F.logsigmoid(z), "Lp", w=w, x=x, b=b)]


def cats() -> list[Values]:
    w, b = leaf([[1.0, 2]]), leaf(2.0)
    x, t = given([[1, 3], [2, 4], [-1, -3.2]]), given([[1], [0], [1]])
    optimizer, found = torch.optim.SGD([w, b], lr=0.009), {}
    for k in range(100):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(x @ w.T + b, t)
        loss.backward()
        if k in (0, 99):
            at = f"@{k}" if k else ""
            found |= {f"J{at}": loss.detach(), f"dJ_dw{at}": w.grad.clone(), f"dJ_db{at}": b.grad.clone()}
        optimizer.step()
    return [found | {"w@100": w, "b@100": b}]


def two_hidden_units() -> list[Values]:
    first, b = leaf([[0.2, 0.4, -0.5], [-0.3, 0.1, 0.2]]), leaf([-0.4, 0.2])
    second, c, x = leaf([[-0.3, -0.2]]), leaf([0.1]), given([1.0, 0, 1])
    inner = first @ x + b
    outer = second @ torch.sigmoid(inner) + c
    inner.retain_grad()
    outer.retain_grad()
    (((torch.sigmoid(outer) - 1) ** 2).sum() / 2).backward()
    found = {"I": inner, "O": torch.sigmoid(inner), "I6": outer, "O6": torch.sigmoid(outer)}
    found |= {"e6": -outer.grad[0], "e5": -inner.grad[1], "e4": -inner.grad[0]}
    names = (("w14", "w24", "w34", "w15", "w25", "w35"), ("b4", "b5"), ("w46", "w56"), ("b6",))
    for some, leaves in zip(names, (first, b, second, c), strict=True):
        new = (leaves - 0.9 * leaves.grad).flatten()
        found |= {f"{name}@1": new[k] for k, name in enumerate(some)}
    return [found]


def lenet_5() -> list[Values]:
    """Connections are counted place by place, with the one to the bias, as the paper does."""
    reads = [3] * 6 + [4] * 9 + [6]
    sizes = {
        "params.C1": count(nn.Conv2d(1, 6, 5))["params"], "params.S2": 2 * 6,
        "params.C3": sum(count(nn.Conv2d(n, 1, 5))["params"] for n in reads), "params.S4": 2 * 16,
        "params.C5": count(nn.Conv2d(16, 120, 5))["params"], "params.F6": count(nn.Linear(120, 84))["params"],
    }  # fmt: skip
    connections = {
        "connections.C1": 6 * 28 * 28 * (25 + 1), "connections.S2": 6 * 14 * 14 * (4 + 1),
        "connections.C3": sum(10 * 10 * (25 * n + 1) for n in reads), "connections.S4": 16 * 5 * 5 * (4 + 1),
    }  # fmt: skip
    return [sizes | connections]


def three_neurons() -> list[Values]:
    h = torch.sigmoid(given([[0, 1], [0, 1]]) @ given([2.0, 3]))
    return [{"y": torch.sigmoid(given(7.0))}, {"h": h, "y": torch.sigmoid(given([[0, 1]]) @ h)}]


def windows() -> list[Values]:
    small, found = [[[1.0, 2], [3, 4]]], []
    for corners in (False, True):
        x = leaf(small)
        y = F.interpolate(x[None], scale_factor=2, mode="bilinear", align_corners=corners)[0]
        y.sum().backward()
        found.append({"y": y, "dL_dx": x.grad})
    x = leaf(np.arange(9.0).reshape(1, 3, 3).tolist())
    y = F.pad(x[None], (1, 1, 2, 0), mode="reflect")[0]
    y.sum().backward()
    means = F.avg_pool1d(torch.arange(1.0, 8)[None, None], 3, stride=2)[0, 0]
    return [{"y": means}, *found, {"y": y, "dL_dx": x.grad}]


def adam_by_hand() -> list[Values]:
    def steps(start: float, gradient: Callable[[float], float], eps: float, n: int, slope: str = "") -> Values:
        theta, m, v, found = start, 0.0, 0.0, {}
        for t in range(1, n + 1):
            g = gradient(theta)
            if slope:
                found[f"{slope}@{t - 1}" if t > 1 else slope] = g
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            mean, square = m / (1 - 0.9**t), v / (1 - 0.999**t)
            theta -= 0.1 * mean / (square**0.5 + eps)
            found |= {
                f"{key}_theta@{t}": value for key, value in {"m": m, "v": v, "mhat": mean, "vhat": square}.items()
            }
            found[f"theta@{t}"] = theta
        return found

    return [steps(0, lambda _: 4, 0, 1), steps(5, lambda theta: 2 * theta, 1e-8, 2, "df_dtheta")]


def budgets() -> list[Values]:
    compute = 6 * 174_600 * 10**6 * 300 * 10**9
    hours = 57.7 * 24
    lamda = {"C": 0.565 * 123e12 * 1024 * hours * 3600, "MWh": hours * 1024 * 289 * 1.1 / 1e6}
    return [{"C": compute, "days": compute / (1e15 * 86400)}, lamda]


def two_ways() -> list[Values]:
    a, b = leaf(2.0), leaf(1.0)
    c, d = a + b, b + 1
    c.retain_grad()
    d.retain_grad()
    return [{"c": c, "d": d} | slopes(c * d, "e", a=a, b=b, c=c, d=d)]


def presented(t: list[int], w: list[float], threshold: float, lr: float, stays: bool = True) -> Values:
    """A perceptron on the corners of a square, by a plain loop in fractions."""
    corners, k, found = [(0, 0), (0, 1), (1, 0), (1, 1)], 0, {}
    weights, beside, rate = [Fraction(str(v)) for v in w], Fraction(str(threshold)), Fraction(str(lr))
    for epoch in range(1, 21):
        wrong = 0
        for x, target in zip(corners, t, strict=True):
            net = sum(a * v for a, v in zip(weights, x, strict=True)) - beside
            e = target - (net >= 0)
            found[f"net@{k}" if k else "net"] = net
            weights = [a + rate * e * v for a, v in zip(weights, x, strict=True)]
            k, wrong = k + 1, wrong + abs(e)
            found[f"w@{k}"] = weights
            if not stays:
                beside -= rate * e
                found[f"theta@{k}"] = beside
        if not wrong:
            return found | {"epochs": epoch}
    return found


def corners() -> list[Values]:
    first, second = presented([0, 0, 0, 1], [0.9, 0.9], 0.5, 0.6), presented([0, 0, 0, 1], [0.3, -0.2], 0.4, 0.2)
    keys = ("w@1", "w@2", "w@3", "w@8", "epochs")
    sums = {f"net@{k} + theta": first[f"net@{k}"] + Fraction(1, 2) for k in (1, 2, 3)}
    last = max(int(key[2:]) for key in second if key.startswith("w@"))
    return [sums | {key: first[key] for key in keys}, {key: second[key] for key in ("w@4", f"w@{last}", "epochs")}]


def disjunction() -> list[Values]:
    found = presented([0, 1, 1, 1], [0, 0], 0, 0.5, stays=False)
    keys = ("net", *[f"net@{k}" for k in (1, 2, 3, 6)], *[f"{n}@{k}" for k in (1, 2, 4, 5) for n in ("w", "theta")])
    return [{key: found[key] for key in (*keys, "epochs")}]


def small_windows() -> list[Values]:
    nine = torch.arange(9.0).reshape(1, 3, 3)
    x = leaf(nine.tolist())
    pooled = F.max_pool2d(x, 2, stride=1)
    pooled.sum().backward()
    both = torch.cat([nine, nine + 1])[None]
    mixed = F.conv2d(both, given([[[[0, 1], [2, 3]], [[1, 2], [3, 4]]]]))[0, 0]
    series = F.conv1d(torch.arange(7.0)[None, None], given([[[1, 2]]]))[0]
    return [
        {"y": pooled[0], "dL_dx": x.grad[0]},
        {"y": mixed, "y[1,1]": mixed[0, 0]},
        {"y": series, "y[1,1]": series[0, 0]},
    ]


def tensorflow_tutorials() -> list[Values]:
    q, k = given([[0, 0, 10], [0, 10, 0], [10, 10, 0]]), given([[10, 0, 0], [0, 10, 0], [0, 0, 10], [0, 0, 10]])
    v = given([[1, 0], [10, 0], [100, 5], [1000, 6]])
    alpha = (q @ k.T / 3**0.5).softmax(1)
    layers = {
        "conv2": nn.Conv2d(32, 64, 3), "conv3": nn.Conv2d(64, 64, 3), "linear1": nn.Linear(64 * 4 * 4, 64),
        "linear2": nn.Linear(64, 10),
    }  # fmt: skip
    sizes = {f"params.{name}": count(layer)["params"] for name, layer in layers.items()}
    return [{"alpha": alpha, "o": alpha @ v}, sizes | count(nn.Conv2d(3, 32, 3), *layers.values())]


def four_samples() -> list[Values]:
    p = leaf([0.9, 0.1, 0.2, 0.65])
    first = slopes(F.binary_cross_entropy(p, given([1, 0, 0, 1])), p=p)
    t, y = leaf([-1.0, 1, 1, -1]), leaf([-8.5, 0.5, 1.5, -0.3])
    return [first, slopes(torch.relu(1 - t * y).mean(), t=t, y=y)]


def gates_by_hand() -> list[Values]:
    """Plain loops over the gates' own formulas."""

    def step(a: dict[str, Any], c: Any) -> dict[str, Any]:
        gate = {key: np.tanh(v) if key == "g" else 1 / (1 + np.exp(-v)) for key, v in a.items()}
        c = gate["f"] * c + gate["i"] * gate["g"]
        return gate | {"c": c, "h": gate["o"] * np.tanh(c)}

    wx, wh = {"f": 0.5, "i": 0.6, "g": 0.7, "o": 0.8}, {"f": 0.1, "i": 0.2, "g": 0.3, "o": 0.4}
    h, c, made = 0.0, 0.0, []
    for x in (1, 2, 3):
        made.append(step({key: wx[key] * x + wh[key] * h for key in wx}, c))
        h, c = made[-1]["h"], made[-1]["c"]
    series = {key: [one[key] for one in made] for key in made[0]}
    matrices = {"f": [[0.5, 0.3], [0.1, 0.4]], "i": [[0.2, 0.1], [0.3, 0.2]], "g": [[0.4, 0.2], [0.2, 0.5]], "o": [[0.1, 0.3], [0.4, 0.1]]}  # fmt: skip
    two = step({key: np.array(w) @ [1, 0.5] for key, w in matrices.items()}, np.zeros(2))
    return [series | {"y": [4 * h]}, {key: value[None] for key, value in two.items()}]


def overshoot() -> list[Values]:
    """Momentum in fractions."""
    x, v, found = Fraction(10), Fraction(0), {}
    for k in range(5):
        at = f"@{k}" if k else ""
        g = 2 * (x - 4)
        found |= {f"x{at}": x, f"f{at}": (x - 4) ** 2, f"df_dx{at}": g}
        v = Fraction(9, 10) * v + g / 5
        x -= v
    return [{key: value for key, value in found.items() if key not in ("x", "df_dx@4")}]


def exclusive_or() -> list[Values]:
    corners = given([[0, 0], [0, 1], [1, 0], [1, 1]])
    z = corners @ given([[1, 1], [1, 1]]) + given([0, -1])
    y = torch.relu(z) @ given([[1], [-2]])
    return [{"z": z, "h": torch.relu(z), "y": y, "L": F.mse_loss(y, given([[0], [1], [1], [0]]))}]


TRUTH: dict[str, Callable[[], list[Values]]] = {
    "cs231n-circuits": circuits,
    "cs231n-losses": margins_and_softmax,
    "cs231n-counts": sizes_of_networks,
    "cs231n-optimizers": optimizers_at_work,
    "cs231n-recurrent": recurrent_steps,
    "cs231n-maps": maps,
    "cs231n-two-layer-net": two_layers,
    "optax-sum-of-squares": sums_of_squares,
    "keras-losses": keras_losses,
    "keras-activations": keras_activations,
    "keras-summaries": keras_summaries,
    "micrograd": micrograd,
    "raschka-attention": words_seen,
    "raschka-sizes": parts_of_gpt2,
    "karim-self-attention": self_attention,
    "information": divergences,
    "slp-sentiment": sentiment,
    "ng-logistic-regression": cats,
    "han-backpropagation": two_hidden_units,
    "lecun-lenet-5": lenet_5,
    "zhou-neurons": three_neurons,
    "pytorch-windows": windows,
    "perceptron-fixed-threshold": corners,
    "perceptron-cornell-or": disjunction,
    "adam-by-hand": adam_by_hand,
    "training-budgets": budgets,
    "olah-computational-graph": two_ways,
    "d2l-windows": small_windows,
    "tensorflow-tutorials": tensorflow_tutorials,
    "scikit-learn-losses": four_samples,
    "lstm-by-hand": gates_by_hand,
    "momentum-overshoots": overshoot,
    "goodfellow-xor": exclusive_or,
}


def truth(name: str) -> list[Values]:
    """What each document of an exercise comes to, as arrays; a count with names for sizes stays a function of them."""
    with in_doubles():
        return [
            {key: value if callable(value) else numbers(value) for key, value in one.items()} for one in TRUTH[name]()
        ]


if __name__ == "__main__":
    for exercise in TRUTH:
        for document in truth(exercise):
            print(exercise)
            for key, array in document.items():
                print(f"  {key}: {array.__doc__ if callable(array) else typed(array.tolist())}")
