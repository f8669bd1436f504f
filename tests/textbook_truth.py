"""What further shipped exercises must come to, worked out a second time by PyTorch, NumPy and plain Python.

python -m tests.textbook_truth    prints the values of each document, to be typed under its `expect`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tests.peers import in_doubles

F = torch.nn.functional
Values = dict[str, Any]


def leaf(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def given(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.float64)


def slopes(loss: Any, name: str = "L", **leaves: Any) -> Values:
    """The loss, and its gradient by each of the leaves."""
    loss.backward()
    return {name: loss} | {f"d{name}_d{key}": value.grad for key, value in leaves.items()}


def moved(optimizer: Any, w: Any, gradients: Any, rates: Any = None) -> list[Any]:
    """The parameter after each update of torch.optim."""
    found = []
    for k, g in enumerate(gradients):
        if rates is not None:
            optimizer.param_groups[0]["lr"] = rates(k + 1)
        w.grad = given(g)
        optimizer.step()
        found.append(w.detach().clone())
    return found


def automatic_differentiation() -> list[Values]:
    x, y = leaf(2.0), leaf(5.0)
    v1, v2, v3 = torch.log(x), x * y, torch.sin(y)
    v4 = v1 + v2
    return [{"v1": v1, "v2": v2, "v3": v3, "v4": v4} | slopes(v4 - v3, "f", x=x, y=y)]


def focal_loss() -> list[Values]:
    p, gamma = leaf([0.25, 0.9, 0.968]), leaf(2.0)
    cross, focal = -torch.log(p), -((1 - p) ** gamma) * torch.log(p)
    return [{"CE": cross, "FL": focal, "ratio": cross / focal} | slopes(focal.sum(), p=p, gamma=gamma)]


def radial_basis_functions() -> list[Values]:
    corners = np.array([(a, b) for a in (0, 1) for b in (0, 1)])
    phi = [np.exp(-((corners - centre) ** 2).sum(1)) for centre in ((1, 1), (0, 0))]
    return [{"phi1": phi[0], "phi2": phi[1], "y": [a ^ b for a, b in corners]}]


def hopfield() -> list[Values]:
    patterns = np.array([[1, 1, 1, -1, -1, -1], [1, -1, 1, -1, 1, -1]])
    w, s = patterns.T @ patterns, np.array([1, 1, -1, -1, -1, -1])
    np.fill_diagonal(w, 0)
    r = np.sign(w @ s)
    return [{"W": w, "h": w @ s, "r": r, "E": -s @ w @ s / 2, "F": -r @ w @ r / 2, "overlap": r @ patterns[0] / 6}]


def policy_gradient() -> list[Values]:
    theta = leaf([[0.2, 0.1], [-0.5, 0.3], [1, -0.4]])
    p = torch.distributions.Categorical(logits=theta @ given([1, 0.5]))
    found = {"p": p.probs} | slopes(-(3 - 1.25) * p.log_prob(torch.tensor(0)), theta=theta)
    return [found | {"theta@1": theta - 0.4 * theta.grad}]


def adam_decay() -> list[Values]:
    gradients, found = [[8, 0.05], [-4, 0.1], [6, -0.05]], []
    for kind in (torch.optim.Adam, torch.optim.AdamW):
        w = leaf([2.0, 2.0])
        after = moved(kind([w], lr=0.1, weight_decay=0.2), w, gradients)
        found.append({f"w@{k}": one for k, one in enumerate(after, 1)})
    return found


def adagrad() -> list[Values]:
    w = leaf([1.0, 1.0])
    after = moved(torch.optim.Adagrad([w]), w, [[3, 0], [1, 0], [-2, 0], [1, 1]], lambda t: 0.5 / t**0.5)
    return [{f"w@{k}": one for k, one in enumerate(after, 1)} | {"G_w@4": [9 + 1 + 4 + 1, 1]}]


def warmup() -> list[Values]:
    """The schedule of the paper as PyTorch's LambdaLR, and the gradient by autograd."""
    x, y = leaf(-1.0), leaf(2.0)
    adam = torch.optim.Adam([x, y], lr=1, betas=(0.9, 0.98), eps=1e-9)
    rate = torch.optim.lr_scheduler.LambdaLR(adam, lambda k: 16**-0.5 * min((k + 1) ** -0.5, (k + 1) * 3**-1.5))
    found = {}
    for k in range(1, 6):
        found[f"lr@{k}"] = rate.get_last_lr()[0]
        adam.zero_grad()
        ((x - 3) ** 2 + x * y + y**2).backward()
        adam.step()
        rate.step()
        found |= {f"x@{k}": x.detach().clone(), f"y@{k}": y.detach().clone()}
    return [found | {"f@5": (x - 3) ** 2 + x * y + y**2}]


def rmsprop() -> list[Values]:
    w, v, found = 0.5, 0.09, {}
    for k, g in enumerate([0.1] * 9 + [-0.9], 1):
        v = 0.9 * v + 0.1 * g * g
        w -= 0.01 * g / v**0.5
        found |= {f"w@{k}": w, f"v_w@{k}": v}
    return [found]


def triplet() -> list[Values]:
    w = leaf([[0.6, -0.2, 0.3], [0.1, 0.5, -0.4]])
    fa, fp, fn = (F.normalize(w @ given(x), dim=0) for x in ([1, 2, 0], [0.5, 1, 1], [2, 1, -1]))
    loss = torch.relu(((fa - fp) ** 2).sum() - ((fa - fn) ** 2).sum() + 0.2)
    return [{"fa": fa, "fp": fp, "fn": fn} | slopes(loss, W=w)]


def huber() -> list[Values]:
    x, t, found = given([[0], [1], [2], [3]]), given([[0.25], [2], [1.75], [9.5]]), []
    for loss in (F.huber_loss, F.mse_loss):
        w, b = leaf([[1.0]]), leaf([0.5])
        made = slopes(loss(x @ w.T + b, t), w=w, b=b)
        found.append(made | {"w@1": w - 0.2 * w.grad, "b@1": b - 0.2 * b.grad})
    return found


def autoencoder() -> list[Values]:
    """The divergence is that of torch.distributions."""
    wm, bm = leaf([[0.5, -0.25, 0.1], [0.2, 0.4, -0.3]]), leaf([0, 0.1])
    ws, bs = leaf([[-0.2, 0.3, 0.1], [0.4, -0.1, 0.2]]), leaf([-0.5, 0])
    v, c = leaf([[1, -0.5], [0.25, 0.75], [-0.5, 0.5]]), leaf([0, 0, 0.2])
    x = given([1, 0, 1])
    mu, s = wm @ x + bm, ws @ x + bs
    z = mu + torch.exp(s / 2) * given([0.5, -1])
    first = F.binary_cross_entropy_with_logits(v @ z + c, x, reduction="sum")
    normal = torch.distributions.Normal
    second = torch.distributions.kl_divergence(normal(mu, torch.exp(s / 2)), normal(0.0, 1.0)).sum()
    found = {"mu": mu, "s": s, "z": z, "L1": first, "L2": second}
    return [found | slopes(first + second, Wm=wm, bm=bm, Ws=ws, bs=bs, V=v, c=c)]


def skip_gram() -> list[Values]:
    """The paper's objective with its sign turned: log σ of the word beside, and of minus the drawn ones."""
    inside = leaf([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.1], [0, 0.3], [-0.2, -0.4]])
    outside = leaf([[0.3, -0.2], [0.1, 0.1], [-0.4, 0.2], [0.6, 0.5], [0, -0.3]])
    s = outside[[3, 0, 4]] @ inside[2]
    found = {"s": s} | slopes(-F.logsigmoid(s * given([1, -1, -1])).sum(), V=inside, U=outside)
    return [found | {"V@1": inside - inside.grad, "U@1": outside - outside.grad}]


POINT: Values = {"z": np.array([0.3, -1.2, 0.9, 0.1]), "p": np.array([0.1, 0.4, 0.3, 0.2]), "T": 2.5}


def by_formula(text: str) -> Any:
    """A derivative by z[k] that an exercise states, at the point, for every k."""
    names = POINT | {"softmax": lambda x: np.exp(x) / np.exp(x).sum()}
    return np.array([eval(text, {}, names | {"k": k}) for k in range(4)])


def distillation() -> list[Values]:
    """The gradient of the first part at a point of its own, by autograd."""
    logits = leaf(POINT["z"])
    F.cross_entropy(logits / POINT["T"], given(POINT["p"])).backward()
    w = leaf([[0.4, 0.2], [-0.1, 0.5], [0.3, -0.6]])
    z, r = w @ given([1, 2]), torch.softmax(given([4, 1, -1]) / 2, 0)
    soft, hard = F.cross_entropy(z / 2, r), F.cross_entropy(z, torch.tensor(0))
    found = {"r": r, "q": torch.softmax(z / 2, 0), "L1": soft, "L2": hard}
    return [{"d1": logits.grad}, found | slopes(4 * soft + 0.5 * hard, W=w) | {"W@1": w - 0.1 * w.grad}]


def dropout() -> list[Values]:
    w, b = leaf([[1, -0.5], [0.5, 0.25], [-1, 1], [0.75, 0.5]]), leaf([0, 0.1, 0.2, -0.25])
    v, c, x = leaf([[0.6, -0.4, 0.8, -1]]), leaf([0.1]), given([2, 1])
    h = torch.relu(w @ x + b)
    test = {"h": h, "y": v / 2 @ h + c}  # the weights halved, as the paper has it
    d = h * given([1, 0, 1, 1])
    y = v @ d + c
    found = {"d": d, "y": y} | slopes(((y - 1) ** 2).sum() / 2, W=w, b=b, V=v, c=c)
    return [found | {"W@1": w - 0.1 * w.grad, "V@1": v - 0.1 * v.grad}, test]


def decoder_layer() -> list[Values]:
    """torch.nn.TransformerDecoderLayer with the same weights."""
    layer = torch.nn.TransformerDecoderLayer(3, 1, 2, dropout=0, bias=False)
    matrices = {
        "self_attn": (
            [[1, 0.5, 0], [0, 1, 0], [0.5, 0, -1]], [[0.5, 0, 1], [1, -1, 0], [0, 1, 0.5]],
            [[1, 0, 0.5], [0.5, 1, 0], [0, -1, 1]], [[1, 0, 0], [0, 1, 0.5], [-0.5, 0, 1]],
        ),
        "multihead_attn": (
            [[0.5, 1, 0], [1, 0, -0.5], [0, 1, 1]], [[1, 0, 0], [0, -1, 0.5], [1, 0, 1]],
            [[0, 1, 1], [1, 0.5, 0], [0.5, 0, -1]], [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]],
        ),
    }  # fmt: skip
    with torch.no_grad():
        for name, (q, k, v, out) in matrices.items():
            part = getattr(layer, name)
            part.in_proj_weight.copy_(given([*q, *k, *v]))
            part.out_proj.weight.copy_(given(out))
        layer.linear1.weight.copy_(given([[1, -1, 0.5], [0.5, 1, 0]]))
        layer.linear2.weight.copy_(given([[0.5, 1], [-1, 0.25], [0, 0.5]]))
    s, m = given([[1, 0, 2], [0.5, -1, 0]]), given([[1, 2, -1], [0, -1, 1]])
    y = layer(s, m, tgt_mask=torch.nn.Transformer.generate_square_subsequent_mask(2))
    loss = F.mse_loss(y, given([[1, -1, 0], [0, 1, -1]]))
    loss.backward()
    own, beside = (layer.self_attn.in_proj_weight.grad, layer.multihead_attn.in_proj_weight.grad)  # type: ignore[union-attr]
    found = {"y_3": y, "L": loss, "dL_dWq": own[:3], "dL_dWv": own[6:], "dL_dWk_2": beside[3:6], "dL_dWv_2": beside[6:]}
    return [found | {"dL_dw3": layer.linear1.weight.grad, "dL_dw4": layer.linear2.weight.grad}]


def bidirectional() -> list[Values]:
    net = torch.nn.RNN(1, 1, bias=False, bidirectional=True)
    numbers = {"weight_ih_l0": 0.8, "weight_hh_l0": 0.5, "weight_ih_l0_reverse": -0.6, "weight_hh_l0_reverse": 0.4}
    for name, value in numbers.items():
        torch.nn.init.constant_(getattr(net, name), value)
    v, c = leaf([[1, -0.5]]), leaf([0.1])
    h, _ = net(given([[1], [-0.5], [2]]))
    o = h @ v.T + c
    found = {"h": h[:, :1], "h_reverse": h[:, 1:], "o": o}
    found |= slopes(((o - given([[1], [0], [0.5]])) ** 2).sum() / 2, V=v, c=c)
    keys = ("dL_dWx", "dL_dWh", "dL_dWx_reverse", "dL_dWh_reverse")
    return [found | {key: getattr(net, name).grad for key, name in zip(keys, numbers, strict=True)}]


def characters() -> list[Values]:
    wx, wh = leaf([[0.5, -0.3, 0.8, 0.1], [-0.2, 0.6, 0.4, -0.7]]), leaf([[0.3, -0.4], [0.2, 0.1]])
    b, v, state, states = leaf([0, 0.1]), leaf([[-1, 0.5], [1, -0.5], [0.25, 1], [0.5, 0.75]]), given([0, 0]), []
    for letter in (0, 1, 2, 2):
        state = torch.tanh(wx[:, letter] + wh @ state + b)
        states.append(state)
    h = torch.stack(states)
    found = {"h": h, "z": h @ v.T, "p": torch.softmax(h @ v.T, 1)}
    return [found | slopes(F.cross_entropy(h @ v.T, torch.tensor([1, 2, 2, 3])), Wx=wx, Wh=wh, b=b, V=v)]


def batch_norm() -> list[Values]:
    w, b, v = leaf([[1, -1], [0.5, 2]]), leaf([3.0, -7.0]), leaf([[0.5, -1]])
    gamma, beta, x = leaf([2.0, 1.0]), leaf([0, 0.5]), given([[1, 0], [2, -1], [0, 1.5]])
    h = torch.relu(F.batch_norm(x @ w.T + b, None, None, gamma, beta, True, 0.1, 0.25))
    y = h @ v.T
    found = {"h": h, "y": y} | slopes(F.mse_loss(y, given([[1], [0], [0.5]])), W=w, b=b, gamma=gamma, beta=beta, V=v)
    return [found | {"b@1": b - 0.1 * b.grad, "beta@1": beta - 0.1 * beta.grad}]


def norms() -> list[Values]:
    rows, upstream = [[1, 3, 5], [7, 5, 3], [-2, 0, 2], [8, 0, 4]], [[1, 0, 0], [0, -1, 0], [2, 0, 0], [0, 0, 0.5]]
    found = []
    for groups in (1, 2, 4):
        x = leaf(rows)
        parts = x.reshape(groups, -1)
        centred = parts - parts.mean(1, keepdim=True)
        y = (centred / torch.sqrt((centred**2).mean(1, keepdim=True))).reshape(4, 3)
        y.backward(given(upstream))
        found.append({"mu": parts.mean(1).squeeze(), "var": (centred**2).mean(1).squeeze(), "y": y, "dL_dx": x.grad})
    return found


def gated() -> list[Values]:
    gamma, x = leaf([1, 0.5]), given([3, -1])
    gate, up = leaf([[1, 0], [0.5, -1], [-1, 2]]), leaf([[0.5, 1], [1, 0], [0, -1]])
    down = leaf([[1, 0, -0.5], [0.25, 1, 0.5]])
    n = gamma * x / torch.sqrt((x**2).mean())
    y = x + down @ (F.silu(gate @ n) * (up @ n))
    loss = ((y - given([2, 0])) ** 2).sum() / 2
    return [{"y": n, "a3": y} | slopes(loss, gamma=gamma, w1=gate, w2=up, w3=down)]


def bag_of_words() -> list[Values]:
    table, w, b = (
        leaf([[0.2, -0.1], [0.5, 0.4], [-0.3, 0.8], [0.1, 0.1]]),
        leaf([[1, 0.5], [-0.4, 0.9]]),
        leaf([0, 0.1]),
    )
    means = F.embedding_bag(torch.tensor([[1, 2, 1], [3, 0, 2]]), table, mode="mean")
    found = slopes(F.cross_entropy(F.linear(means, w, b), torch.tensor([1, 0])), E=table, w1=w, b1=b)
    return [{"x": means, **found, "E@1": table.detach() - table.grad}]


TRUTH: dict[str, Callable[[], list[Values]]] = {
    "bag-of-words": bag_of_words,
    "worksheet-automatic-differentiation": automatic_differentiation,
    "worksheet-focal-loss": focal_loss,
    "worksheet-rbf-xor": radial_basis_functions,
    "worksheet-hopfield": hopfield,
    "policy-gradient": policy_gradient,
    "optimize-adam-decay": adam_decay,
    "optimize-adagrad-rare-feature": adagrad,
    "optimize-warmup": warmup,
    "optimize-rmsprop-minibatches": rmsprop,
    "triplet-loss": triplet,
    "huber-outlier": huber,
    "variational-autoencoder": autoencoder,
    "skip-gram-negative-sampling": skip_gram,
    "distillation": distillation,
    "dropout-in-a-network": dropout,
    "transformer-decoder-layer": decoder_layer,
    "rnn-bidirectional": bidirectional,
    "character-rnn": characters,
    "batch-norm-and-bias": batch_norm,
    "norms-of-one-map": norms,
    "gated-feed-forward": gated,
}


def numbers(value: Any) -> Any:
    """A value as an array of doubles."""
    return np.array(value.detach().numpy() if isinstance(value, torch.Tensor) else value, dtype=float)


def typed(value: Any) -> str:
    """Nested lists with seven digits each; what is 0 but for the rounding of doubles is 0."""
    if isinstance(value, list):
        return f"[{', '.join(map(typed, value))}]"
    return f"{value if abs(value) > 1e-14 else 0:.7g}"


def truth(name: str) -> list[Values]:
    """What each document of an exercise comes to, as arrays."""
    with in_doubles():
        return [{key: numbers(value) for key, value in one.items()} for one in TRUTH[name]()]


if __name__ == "__main__":
    for exercise in TRUTH:
        for document in truth(exercise):
            print(exercise)
            for key, array in document.items():
                print(f"  {key}: {typed(array.tolist())}")
