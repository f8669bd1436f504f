"""Specs as somebody might write them, mostly right: random networks to count and to train, random functions."""

from __future__ import annotations

import random
from typing import Any

ACTIVATIONS = [
    "relu",
    "sigmoid",
    "tanh",
    "softplus",
    "identity",
    "softmax",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softsign",
    "relu6",
    "hard_tanh",
    "hard_sigmoid",
    "hard_swish",
    "log_sigmoid",
    "log_softmax",
]
VALUES = (0, 1, -1, 2, 0.5, -0.25, 0.1, 3, "1/3", "-2/7", "sqrt(2)", "exp(1)", 1e-3, "pi/2")
LOSSES = {
    "half_squared_error": ("sum", "mean", "none", "batchmean"),
    "mse_loss": ("sum", "mean", "none"),
    "l1_loss": ("sum", "mean", "none"),
    "cross_entropy": ("sum", "mean", "none"),
    "nll_loss": ("sum", "mean", "none"),
    "binary_cross_entropy": ("sum", "mean", "none"),
    "binary_cross_entropy_with_logits": ("sum", "mean", "none"),
}
FUNCTIONS = (
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sin",
    "cos",
    "sigmoid",
    "softplus",
    "relu",
    "abs",
    "erf",
    "gelu",
    "max",
    "atan",
)


def plausible(rng: random.Random) -> dict[str, Any]:
    """The data of a spec of any kind."""
    return rng.choice((training, training, counting, counting, derivative))(rng)


def numbers(rng: random.Random, *shape: int, whole: bool = True) -> Any:
    """Numbers in a shape, now and then by a rule."""
    if not shape:
        if rng.random() < 0.01:
            return rng.choice(("1e-30", "1e30", "1e300", "1/0", "log(0)"))
        return rng.choice((*VALUES, round(rng.uniform(-2, 2), rng.randint(0, 6))))
    if rng.random() < 0.04 and whole:
        return rng.choice(({"zeros": list(shape)}, {"ones": list(shape)}, {"linspace": [-1, 1], "shape": list(shape)}))
    return [numbers(rng, *shape[1:], whole=False) for _ in range(shape[0])]


def slip(rng: random.Random, n: int) -> int:
    """A size, seldom wrong."""
    return n if rng.random() < 0.98 else n + rng.choice((-1, 1, 2))


def parameter(rng: random.Random, *shape: int) -> Any:
    """What may stand for a weight or bias."""
    kind = rng.random()
    if kind < 0.7:
        return numbers(rng, *(slip(rng, n) for n in shape))
    if kind < 0.8:
        return {
            "init": rng.choice(("xavier_uniform", "normal", "kaiming_uniform", "zeros", "ones")),
            "seed": rng.randint(0, 9),
        }
    if kind < 0.9:
        return {"value": numbers(rng), "trainable": rng.random() < 0.7}
    return {"rows": "inputs", "values": numbers(rng, *reversed(shape))} | (
        {"weight_decay": 0.1} if rng.random() < 0.3 else {}
    )


def linear(rng: random.Random, n: int, out: int) -> Any:
    """A linear layer of a training problem."""
    bias: Any = rng.choice((False, parameter(rng, out), {"shared": True, "value": numbers(rng)}))
    layer: dict[str, Any] = {"out_features": out, "weight": parameter(rng, out, n), "bias": bias}
    if rng.random() < 0.1:
        layer["symbols"] = {"weight": rng.choice(("w", "v", "W1")), "output": rng.choice(("z", "alpha", "net"))}
    if rng.random() < 0.1:
        layer["trainable"] = False
    return {"linear": layer}


def activation(rng: random.Random) -> Any:
    """An activation, now and then with its setting."""
    name = rng.choice(ACTIVATIONS[:8] if rng.random() < 0.8 else ACTIVATIONS)
    if name == "leaky_relu" and rng.random() < 0.5:
        return {name: {"negative_slope": rng.choice((0.1, "1/4"))}}
    return name


def training(rng: random.Random) -> dict[str, Any]:
    """A network with numbers, a loss, and some steps."""
    n = size = rng.randint(1, 3)
    layers: list[Any] = []
    for _ in range(rng.randint(1, 3)):
        out = rng.randint(1, 3)
        layers += [linear(rng, n, out)]
        n = out
        layers += [activation(rng)] if rng.random() < 0.8 else []
        if rng.random() < 0.1:
            layers.append({"residual": {"body": [linear(rng, n, n), activation(rng)]}})
    samples = rng.choice((0, 0, 0, 1, 2, 3))
    batch = (samples,) if samples else ()
    loss = rng.choice(list(LOSSES))
    target: Any = numbers(rng, *batch, slip(rng, n))
    if loss in ("cross_entropy", "nll_loss"):
        which = [rng.randint(1, n) for _ in range(samples or 1)]
        target = {"class": which if samples else which[0]} if rng.random() < 0.7 else {"index": [k - 1 for k in which]}
    elif loss.startswith("binary"):
        target = [[rng.choice((0, 1, 0.5)) for _ in range(n)] for _ in range(samples)] or [
            rng.choice((0, 1)) for _ in range(n)
        ]
    spec: dict[str, Any] = {"kind": "backprop", "network": {"input": size, "layers": layers}}
    spec["input"] = numbers(rng, *batch, slip(rng, size))
    if rng.random() < 0.9:
        spec |= {"target": target, "loss": rng.choice((loss, {loss: {"reduction": rng.choice(LOSSES[loss])}}))}
    elif rng.random() < 0.7:
        spec["upstream"] = numbers(rng, *batch, n)
    if rng.random() < 0.7 and "loss" in spec:
        sgd: dict[str, Any] = {"lr": rng.choice((1, 0.1, "1/3", 100))}
        sgd |= rng.choice(({}, {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.1}))
        spec |= {"optimizer": {"sgd": sgd}, "steps": rng.choice((1, 1, 2, 3, 12))}
    if rng.random() < 0.4:
        spec["expect"] = {
            rng.choice(("L", "L@1", "z1", "z1[1]", "w1@1", "dL_dw1", "a1[1] + a1[2]", "zz")): numbers(rng)
        }
    if rng.random() < 0.15:
        spec["numbers"] = "float64"
    if rng.random() < 0.15:
        spec["digits"] = rng.choice((1, 3, 12, 50, 300))
    return spec


def sizes(rng: random.Random, low: int, high: int, axes: int) -> Any:
    """One size, or one for each axis."""
    return rng.randint(low, high) if rng.random() < 0.8 else [rng.randint(low, high) for _ in range(axes)]


def spatial(rng: random.Random, axes: int) -> Any:
    """A layer for a map."""
    d = f"{axes}d"
    window = {
        "kernel_size": sizes(rng, 1, 3, axes),
        "stride": sizes(rng, 1, 2, axes),
        "padding": sizes(rng, 0, 1, axes),
    }
    if rng.random() < 0.9:
        window |= {"kernel_size": sizes(rng, 2, 3, axes)}
    convolution = window | {"out_channels": rng.choice((1, 2, 4, 8, "C", 10**30)), "dilation": rng.choice((1, 1, 2))}
    kind = rng.randrange(9)
    if kind < 3:
        if rng.random() < 0.2:
            convolution |= {"padding": "same", "stride": 1}
        return {
            rng.choice((f"conv{d}", f"conv{d}", f"conv_transpose{d}")): convolution | rng.choice(({}, {"groups": 2}))
        }
    if kind < 5:
        return {f"{rng.choice(('max', 'avg'))}_pool{d}": window | rng.choice(({}, {"ceil_mode": True}))}
    if kind == 5:
        return rng.choice((f"batch_norm{d}", f"instance_norm{d}", {"group_norm": 2}, "layer_norm", f"dropout{d}"))
    if kind == 6:
        return {f"adaptive_avg_pool{d}": sizes(rng, 1, 4, axes)}
    return activation(rng)


def block(rng: random.Random, axes: int, depth: int) -> Any:
    """A layer, or one made of layers."""
    kind = rng.random()
    if depth == 0 or kind < 0.75:
        return spatial(rng, axes)
    body = [block(rng, axes, depth - 1) for _ in range(rng.randint(1, 3))]
    if kind < 0.83:
        return {
            "residual": {"body": body} | rng.choice(({}, {"shortcut": "zero_pad"}, {"shortcut": [spatial(rng, axes)]}))
        }
    if kind < 0.9:
        return {rng.choice(("concat", "multiply")): [body, [block(rng, axes, depth - 1)]]}
    if kind < 0.96:
        return {"repeat": {"times": rng.choice((1, 2, 3, "N", 10**12)), "body": body}}
    return rng.choice(("twice", {"wide": 8}, {"wide": {"channels": 4, "name": "w"}}))


def counting(rng: random.Random) -> dict[str, Any]:
    """A network to count."""
    axes = rng.choice((1, 2, 2, 2, 3))
    side: list[Any] = [rng.choice((8, 9, 32, "H", 10**40)) for _ in range(axes)]
    shape: Any = [rng.choice((1, 2, 4, 4, "C")), *side]
    if rng.random() < 0.1:
        shape = rng.choice(({"channels": 2, "features": 200}, 100, "n", [3], {"size": [2, 8, 8]}))
    layers = [block(rng, axes, 3) for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.7:
        layers += ["flatten", {"linear": rng.choice((10, 1000, "K", "2*n"))}]
    spec: dict[str, Any] = {"kind": "count-params", "network": {"input": shape, "layers": layers}}
    if rng.random() < 0.95:
        conv = {f"conv{axes}d": {"out_channels": "$channels", "kernel_size": 1}}
        spec["blocks"] = {"twice": {"body": ["relu", "relu"]}, "wide": {"arguments": ["channels"], "body": [conv]}}
    if rng.random() < 0.5:
        spec["count"] = {"activations": rng.choice(("cs231n", "outputs")), "macs": rng.choice(("matmul", "all"))}
    if rng.random() < 0.5:
        spec["columns"] = ["params", "activations", "macs", "flops", "trainable"][: rng.randint(1, 5)]
    if rng.random() < 0.4:
        key = rng.choice(("params", "macs", "shape.conv1", "params.weight", "activations.bytes", "params.linear1 + 1"))
        spec["expect"] = {key: rng.choice((10, [4, 8, 8], "C**2", 1e9))}
    return spec


def expression(rng: random.Random, depth: int) -> str:
    """A formula of x, y and a."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(("x", "x", "x", "y", "a", "2", "1/3", "0.5", "pi", "x[1]", "x[i]"))
    if rng.random() < 0.4:
        return f"{rng.choice(FUNCTIONS)}({expression(rng, depth - 1)})"
    sign = rng.choice(("+", "-", "*", "/", "**"))
    right = rng.choice(("2", "3", "-1", "1/2", "x")) if sign == "**" else expression(rng, depth - 1)
    return f"({expression(rng, depth - 1)}){sign}({right})"


def derivative(rng: random.Random) -> dict[str, Any]:
    """A function to differentiate."""
    function: Any = expression(rng, rng.randint(1, 4)) + rng.choice(("+x", "*x", ""))
    if rng.random() < 0.9:
        function = function.replace("x[1]", "x").replace("x[i]", "x")
    if rng.random() < 0.2:
        function = rng.choice(
            ("softmax(x)[i]", "Sum(w[j]*x[j], j, 1, n)", "log_softmax(x)[i]", "Max(x[j], j, 1, 3)", [function, "x"])
        )
    spec: dict[str, Any] = {
        "kind": "derivative",
        "function": function,
        "wrt": rng.choice(("x", "x", "x", "x", "x[k]", "y", ["x", "y"])),
    }
    if rng.random() < 0.4:
        spec["variables"] = {"x": rng.choice(("positive", {"size": "C"}, {"size": 3}, "unit"))}
    if rng.random() < 0.4:
        spec["order"] = rng.choice((1, 2, 3))
    if rng.random() < 0.5:
        spec["at"] = [{name: numbers(rng) for name in rng.choice(("x", "xy", "xya"))} for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.3:
        spec["expect"] = {rng.choice(("d0", "d1", "d2", "d1_at", "gradient")): expression(rng, 2)}
    return spec
