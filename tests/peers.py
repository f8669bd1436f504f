"""The independent peer of everything that is registered: each layer, loss, optimizer, initializer and function by name.

A layer's peer is a module of PyTorch with random settings, a loss's or an optimizer's the one of PyTorch, an
initializer's that of torch.nn.init, a function's the value of mpmath or of fractions.  `tests/test_peers.py` compares
each, and fails for a name that stands in a registry and not here.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.line_check import ANALYTIC, STEPWISE

Shape = tuple[int, ...]


class Drawn(NamedTuple):
    """One layer with random settings: as a spec writes it, as torch.nn has it, and the shape of one sample."""

    arguments: dict[str, Any]
    module: Callable[[Any], Any]  # takes torch, gives the module
    shape: Shape


Draw = Callable[[random.Random], Drawn]


@contextmanager
def in_doubles() -> Iterator[None]:
    """PyTorch makes float64 of numbers inside the block, as of those that it keeps for itself."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def module(name: str, *positional: Any, **arguments: Any) -> Callable[[Any], Any]:
    """`torch.nn.NAME(…)`, made when PyTorch is there."""
    return lambda torch: getattr(torch.nn, name)(*positional, **arguments)


def sides(dice: random.Random, axes: int, low: int, high: int) -> Shape:
    """The sides of a map."""
    return tuple(dice.randint(low, high) for _ in range(axes))


def linear(dice: random.Random) -> Drawn:
    """A dense layer, on a vector or on the last axis of rows."""
    inputs, outputs, bias = dice.randint(1, 4), dice.randint(1, 4), dice.random() < 0.7
    shape = (*sides(dice, dice.choice((0, 0, 1)), 1, 3), inputs)
    return Drawn(
        {"out_features": outputs} | ({} if bias else {"bias": False}),
        module("Linear", inputs, outputs, bias=bias),
        shape,
    )


def bilinear(dice: random.Random) -> Drawn:
    """A bilinear layer that reads one quantity twice."""
    inputs, outputs, bias = dice.randint(1, 3), dice.randint(1, 3), dice.random() < 0.7
    shape = (*sides(dice, dice.choice((0, 0, 1)), 1, 3), inputs)

    def make(torch: Any) -> Any:
        class Twice(torch.nn.Bilinear):  # type: ignore[misc,name-defined]
            def forward(self, x: Any) -> Any:
                return super().forward(x, x)

        return Twice(inputs, inputs, outputs, bias=bias)

    return Drawn({"out_features": outputs, "inputs": "x"} | ({} if bias else {"bias": False}), make, shape)


def convolution(axes: int, transposed: bool) -> Draw:
    """A convolution or transposed convolution along some axes."""

    def draw(dice: random.Random) -> Drawn:
        groups = dice.choice((1, 1, 2))
        c_in, c_out = groups * dice.randint(1, 2), groups * dice.randint(1, 2)
        stride, kernel = dice.randint(1, 2), dice.randint(1, 2)
        settings = {"stride": stride, "dilation": dice.randint(1, 2), "groups": groups, "bias": dice.random() < 0.7}
        settings["padding"] = dice.randint(0, 1)
        if transposed:
            settings["output_padding"] = dice.randint(0, stride - 1)
        name = f"Conv{'Transpose' if transposed else ''}{axes}d"
        shape = (c_in, *sides(dice, axes, 3, 4 if axes < 3 else 3))
        stated = {k: v for k, v in settings.items() if k != "bias" or not v}
        made = module(name, c_in, c_out, kernel, **settings)
        return Drawn({"out_channels": c_out, "kernel_size": kernel, **stated}, made, shape)

    return draw


def pooling(kind: str, axes: int) -> Draw:
    """A maximum or an average over windows."""

    def draw(dice: random.Random) -> Drawn:
        kernel = dice.randint(1, 3)
        settings: dict[str, Any] = {"stride": dice.randint(1, 2), "padding": dice.randint(0, kernel // 2)}
        settings["ceil_mode"] = dice.random() < 0.3
        if kind == "Max":
            settings["dilation"] = dice.randint(1, 2) if kernel < 3 else 1
        shape = (dice.randint(1, 2), *sides(dice, axes, 4, 5 if axes < 3 else 4))
        return Drawn({"kernel_size": kernel, **settings}, module(f"{kind}Pool{axes}d", kernel, **settings), shape)

    return draw


def adaptive(kind: str, axes: int) -> Draw:
    """Pooling to a map of a given size."""

    def draw(dice: random.Random) -> Drawn:
        size = dice.randint(1, 3)
        shape = (dice.randint(1, 2), *sides(dice, axes, 1, 4))
        return Drawn({"output_size": size}, module(f"Adaptive{kind}Pool{axes}d", size), shape)

    return draw


def channel_norm(name: str, axes: int) -> Draw:
    """Batch or instance normalisation, with or without parameters."""

    def draw(dice: random.Random) -> Drawn:
        channels, affine = dice.randint(1, 4), dice.random() < 0.6
        shape = (channels, *sides(dice, axes, 2, 4))
        return Drawn({"affine": affine}, module(f"{name}{axes}d", channels, affine=affine), shape)

    return draw


def layer_norm(dice: random.Random) -> Drawn:
    """Normalisation over the last axes."""
    shape = sides(dice, dice.randint(1, 3), 2, 4)
    over = shape[-dice.randint(1, len(shape)) :]
    affine = dice.random() < 0.7
    arguments = {"normalized_shape": list(over), "elementwise_affine": affine}
    return Drawn(arguments, module("LayerNorm", over, elementwise_affine=affine), shape)


def rms_norm(dice: random.Random) -> Drawn:
    """Normalisation by the root mean square over the last axes; without eps, as PyTorch has it in float32."""
    shape = sides(dice, dice.randint(1, 2), 2, 4)
    over = shape[-dice.randint(1, len(shape)) :]
    affine, eps = dice.random() < 0.7, dice.choice((None, None, 0.001, 0.5))
    arguments = {"normalized_shape": list(over), "elementwise_affine": affine} | ({} if eps is None else {"eps": eps})
    return Drawn(arguments, module("RMSNorm", over, eps=eps or 1.1920929e-7, elementwise_affine=affine), shape)


def group_norm(dice: random.Random) -> Drawn:
    """Normalisation over groups of channels."""
    groups = dice.randint(1, 3)
    channels = groups * dice.randint(1, 3)
    return Drawn({"num_groups": groups}, module("GroupNorm", groups, channels), (channels, *sides(dice, 2, 2, 3)))


def activation(name: str, **settings: Callable[[random.Random], Any]) -> Draw:
    """A function of each element; `settings` draw its arguments."""

    def draw(dice: random.Random) -> Drawn:
        chosen = {key: value(dice) for key, value in settings.items() if dice.random() < 0.7}
        return Drawn(chosen, module(name, **chosen), sides(dice, dice.randint(1, 3), 1, 4))

    return draw


def hard_sigmoid(dice: random.Random) -> Drawn:
    """ReLU6(x + 3)/6; torch.nn.Hardsigmoid has the 1/6 of its derivative in float32."""

    def made(torch: Any) -> Any:
        return type("Peer", (torch.nn.Module,), {"forward": lambda _, x: torch.nn.functional.relu6(x + 3) / 6})()

    return Drawn({}, made, sides(dice, dice.randint(1, 3), 1, 4))


def slope(dice: random.Random) -> float:
    """A slope for the negative side."""
    return dice.choice((0.125, 0.25, 0.5, 2))  # as float32 has them too


def prelu(dice: random.Random) -> Drawn:
    """The activation with a slope that is learned, or one for each channel."""
    init, shape = slope(dice), sides(dice, dice.randint(1, 3), 1, 4)
    n = dice.choice((1, shape[0]))
    return Drawn({"init": init, "num_parameters": n}, module("PReLU", n, init=init), shape)


def threshold(name: str) -> Draw:
    """A unit that fires or does not, whatever it gives at 0; its gradient is 0."""

    def draw(dice: random.Random) -> Drawn:
        def made(torch: Any) -> Any:
            def fires(_: Any, x: Any) -> Any:
                return (torch.sign(x) if name == "sign" else (x > 0).to(x.dtype)) + 0 * x

            return type("Peer", (torch.nn.Module,), {"forward": fires})()

        at_zero = dice.choice((0, 1))
        return Drawn({"at_zero": at_zero}, made, sides(dice, dice.randint(1, 3), 1, 4))

    return draw


def bounds(dice: random.Random) -> Drawn:
    """A piecewise linear tanh, between bounds of its own or not."""
    chosen: dict[str, Any] = dice.choice(({}, {"min_val": -0.5}, {"min_val": -2, "max_val": 3}))
    return Drawn(chosen, module("Hardtanh", **chosen), sides(dice, dice.randint(1, 3), 1, 4))


def softmax(name: str) -> Draw:
    """The probabilities of classes, or their logarithms, along an axis."""

    def draw(dice: random.Random) -> Drawn:
        shape = sides(dice, dice.randint(1, 3), 1, 4)
        dim = dice.choice([*range(1, len(shape) + 1), *range(-len(shape), 0)])
        return Drawn({"dim": dim}, module(name, dim=dim), shape)

    return draw


def dropout(name: str, axes: int) -> Draw:
    """Dropout, as a trained network uses it."""

    def draw(dice: random.Random) -> Drawn:
        p = dice.choice((0.1, 0.5))
        return Drawn({"p": p}, lambda torch: getattr(torch.nn, name)(p).eval(), sides(dice, axes + 1, 1, 3))

    return draw


def flatten(dice: random.Random) -> Drawn:
    """Axes in a row."""
    shape = sides(dice, dice.randint(1, 4), 1, 3)
    start = dice.randint(1, len(shape))
    end = dice.choice([dice.randint(start, len(shape)), -1])
    return Drawn({"start_dim": start, "end_dim": end}, module("Flatten", start, end), shape)


def unflatten(dice: random.Random) -> Drawn:
    """One axis as several."""
    parts = sides(dice, 2, 1, 3)
    shape = (parts[0] * parts[1], *sides(dice, dice.randint(0, 1), 1, 3))
    return Drawn({"dim": 1, "unflattened_size": list(parts)}, module("Unflatten", 1, parts), shape)


def upsample(dice: random.Random) -> Drawn:
    """Each element repeated, or what lies between them."""
    axes = dice.choice((1, 1, 2, 2, 3))
    mode = dice.choice(
        ("nearest", "nearest-exact", {1: "linear", 2: dice.choice(("bilinear", "bicubic")), 3: "trilinear"}[axes])
    )
    settings: dict[str, Any] = dice.choice(
        ({"scale_factor": dice.choice((1, 2, 3, 1.5, 2.5))}, {"size": list(sides(dice, axes, 1, 4 if axes < 3 else 2))})
    )
    if axes == 3 and "scale_factor" in settings:
        settings = {"scale_factor": 2}
    settings["mode"] = mode
    if "nearest" not in mode and dice.random() < 0.5:
        settings["align_corners"] = True
    return Drawn(settings, module("Upsample", **settings), (dice.randint(1, 2), *sides(dice, axes, 1, 4 - axes)))


def pixel_shuffle(dice: random.Random) -> Drawn:
    """Channels as pixels."""
    r = dice.randint(1, 2)
    shape = (r * r * dice.randint(1, 2), *sides(dice, 2, 1, 3))
    return Drawn({"upscale_factor": r}, module("PixelShuffle", r), shape)


def embedding(dice: random.Random) -> Drawn:
    """A table of vectors; the shape is that of the indices."""
    rows, columns = dice.randint(1, 6), dice.randint(1, 4)
    padding = dice.choice(({}, {"padding_idx": dice.randint(-rows, rows - 1)}))
    layer = module("Embedding", rows, columns, **padding)
    return Drawn({"num_embeddings": rows, "embedding_dim": columns, **padding}, layer, (dice.randint(1, 4),))


def attention(dice: random.Random) -> Drawn:
    """Attention of rows to themselves."""

    def make(torch: Any) -> Any:
        class Itself(torch.nn.Module):  # type: ignore[misc,name-defined]
            def forward(self, x: Any) -> Any:
                return torch.nn.functional.scaled_dot_product_attention(x, x, x)

        return Itself()

    return Drawn({}, make, sides(dice, 2, 1, 4))


def multihead(dice: random.Random) -> Drawn:
    """Attention of rows to themselves in several heads; the weights of the output are numbers of the spec."""
    heads = dice.randint(1, 3)
    embed, bias = heads * dice.randint(1, 2), dice.random() < 0.5
    out = [[dice.randint(-8, 8) / 8 for _ in range(embed)] for _ in range(embed)]
    added = [dice.randint(-8, 8) / 8 for _ in range(embed)]

    def make(torch: Any) -> Any:
        class Itself(torch.nn.MultiheadAttention):  # type: ignore[misc,name-defined]
            def forward(self, x: Any) -> Any:
                return super().forward(x, x, x)[0]

            def named_parameters(self, *args: Any, **settings: Any) -> Any:
                """By themselves those alone that are no part of a layer within."""
                found = super().named_parameters(*args, **settings)
                return found if settings else [(name, p) for name, p in found if "." not in name]

        made = Itself(embed, heads, bias=bias, batch_first=True)
        made.out_proj.weight.data = torch.tensor(out)
        if bias:
            made.out_proj.bias.data = torch.tensor(added)
        return made

    stated = {"embed_dim": embed, "num_heads": heads, "weight": {"out": out}}
    return Drawn(stated | {"bias": {"out": added} if bias else False}, make, (dice.randint(1, 3), embed))


def positions(dice: random.Random) -> Drawn:
    """Sines and cosines of the place, added to rows."""

    def make(torch: Any) -> Any:
        class Waves(torch.nn.Module):  # type: ignore[misc,name-defined]
            def forward(self, x: Any) -> Any:
                places, dim = x.shape[-2:]
                made = torch.zeros(places, dim, dtype=x.dtype)
                for t in range(places):
                    for i in range(dim):
                        angle = t / 10_000 ** (i // 2 * 2 / dim)
                        made[t, i] = math.cos(angle) if i % 2 else math.sin(angle)
                return x + made

        return Waves()

    return Drawn({}, make, sides(dice, 2, 1, 4))


AXES = (1, 2, 3)
LAYERS: dict[str, Draw] = {
    "linear": linear,
    "bilinear": bilinear,
    **{f"conv{n}d": convolution(n, transposed=False) for n in AXES},
    **{f"conv_transpose{n}d": convolution(n, transposed=True) for n in AXES},
    **{f"max_pool{n}d": pooling("Max", n) for n in AXES},
    **{f"avg_pool{n}d": pooling("Avg", n) for n in AXES},
    **{f"adaptive_avg_pool{n}d": adaptive("Avg", n) for n in AXES},
    **{f"adaptive_max_pool{n}d": adaptive("Max", n) for n in AXES},
    **{f"batch_norm{n}d": channel_norm("BatchNorm", n) for n in AXES},
    **{f"instance_norm{n}d": channel_norm("InstanceNorm", n) for n in AXES},
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "identity": activation("Identity"),
    "relu": activation("ReLU"),
    "leaky_relu": activation("LeakyReLU", negative_slope=slope),
    "prelu": prelu,
    "relu6": activation("ReLU6"),
    "elu": activation("ELU", alpha=slope),
    "selu": activation("SELU"),
    "gelu": activation("GELU", approximate=lambda dice: dice.choice(("none", "tanh"))),
    "silu": activation("SiLU"),
    "mish": activation("Mish"),
    "sigmoid": activation("Sigmoid"),
    "log_sigmoid": activation("LogSigmoid"),
    "tanh": activation("Tanh"),
    "softplus": activation("Softplus"),
    "softsign": activation("Softsign"),
    "hard_tanh": bounds,
    "step": threshold("step"),
    "sign": threshold("sign"),
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": activation("Hardswish"),
    "softmax": softmax("Softmax"),
    "log_softmax": softmax("LogSoftmax"),
    "dropout": dropout("Dropout", 0),
    **{f"dropout{n}d": dropout(f"Dropout{n}d", n) for n in AXES},
    "flatten": flatten,
    "unflatten": unflatten,
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "embedding": embedding,
    "attention": attention,
    "multihead_attention": multihead,
    "positional_encoding": positions,
}

# a loss of output y and target t with a reduction, in PyTorch; `classes` says that t may be class indices
LOSSES: dict[str, Callable[[Any, Any, Any, str], Any]] = {
    "half_squared_error": lambda F, y, t, reduction: F.mse_loss(y, t, reduction=reduction) / 2,
    **{
        name: lambda F, y, t, reduction, name=name: getattr(F, name)(y, t, reduction=reduction)
        for name in (
            "mse_loss", "l1_loss", "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
            "huber_loss", "smooth_l1_loss", "hinge_embedding_loss", "multi_margin_loss", "kl_div", "soft_margin_loss",
            "poisson_nll_loss", "multilabel_soft_margin_loss",
        )
    },
    "hinge": lambda F, y, t, reduction: getattr(F.relu(1 - t * y), reduction)(),
}  # fmt: skip

# an optimizer's name in torch.optim, and random arguments
OPTIMIZERS: dict[str, tuple[str, Callable[[random.Random], dict[str, Any]]]] = {
    "sgd": (
        "SGD",
        lambda dice: {
            "lr": dice.choice((0.05, 0.3)),
            **dice.choice(
                ({}, {"momentum": 0.9}, {"momentum": 0.5, "nesterov": True}, {"momentum": 0.75, "dampening": 0.25})
            ),
            **dice.choice(({}, {"weight_decay": 0.1})),
        },
    ),
    "asgd": (
        "ASGD",
        lambda dice: {
            **dice.choice(({}, {"lr": 0.3, "lambd": 0.5}, {"lr": 0.05, "lambd": 0.25, "alpha": 0.5}, {"lambd": 0})),
            **dice.choice(({}, {"t0": 0}, {"t0": 2}, {"t0": 9})),
            **dice.choice(({}, {"weight_decay": 0.1})),
        },
    ),
    "rprop": (
        "Rprop",
        lambda dice: {
            **dice.choice(({}, {"lr": 0.5}, {"lr": 0.125, "etas": [0.25, 2]})),
            **dice.choice(({}, {"step_sizes": [0.1, 0.4]}, {"step_sizes": [0.25, 5]})),
        },
    ),
    "adagrad": (
        "Adagrad",
        lambda dice: {
            **dice.choice(({}, {"lr": 0.3, "lr_decay": 0.25}, {"lr": 0.05})),
            **dice.choice(({}, {"initial_accumulator_value": 0.5}, {"weight_decay": 0.1, "eps": 0.125})),
        },
    ),
    "rmsprop": (
        "RMSprop",
        lambda dice: {
            **dice.choice(({}, {"lr": 0.3, "alpha": 0.75}, {"alpha": 0.5, "weight_decay": 0.1})),
            **dice.choice(({}, {"momentum": 0.9}, {"momentum": 0.5, "eps": 0.125})),
            **dice.choice(({}, {"centered": True, "eps": 0.125})),
        },
    ),
    "adam": ("Adam", lambda dice: adam(dice) | dice.choice(({}, {"amsgrad": True}))),
    "adamw": ("AdamW", lambda dice: adam(dice) | dice.choice(({}, {"amsgrad": True}))),
    "radam": ("RAdam", lambda dice: adam(dice) | dice.choice(({}, {"decoupled_weight_decay": True}))),
    "nadam": (
        "NAdam",
        lambda dice: adam(dice) | dice.choice(({}, {"momentum_decay": 0.25}, {"momentum_decay": 0.5})),
    ),
    "adamax": ("Adamax", lambda dice: adam(dice)),
    "adadelta": (
        "Adadelta",
        lambda dice: {
            **dice.choice(({}, {"lr": 0.5}, {"rho": 0.5}, {"rho": 0.75, "lr": 0.3})),
            **dice.choice(({}, {"eps": 0.125}, {"weight_decay": 0.1})),
        },
    ),
}


def adam(dice: random.Random) -> dict[str, Any]:
    """Settings of Adam and AdamW, defaults among them."""
    return {
        **dice.choice(({}, {"lr": 0.05}, {"lr": 0.3})),
        **dice.choice(({}, {"betas": [0.5, 0.75]}, {"betas": [0.0, 0.9]})),
        **dice.choice(({}, {"eps": 0.125})),
        **dice.choice(({}, {"weight_decay": 0}, {"weight_decay": 0.1})),
    }


# an initializer's shape and random arguments; the numbers have the mean and deviation of torch.nn.init's
INITIALIZERS: dict[str, tuple[Shape, Callable[[random.Random], dict[str, Any]]]] = {
    "uniform": ((60, 50), lambda dice: {"a": -dice.randint(1, 3), "b": dice.randint(1, 3)}),
    "normal": ((60, 50), lambda dice: {"mean": dice.randint(-2, 2), "std": dice.randint(1, 3)}),
    "constant": ((3, 4), lambda dice: {"val": dice.randint(-3, 3)}),
    "ones": ((3, 4), lambda dice: {}),
    "zeros": ((3, 4), lambda dice: {}),
    "eye": ((4, 6), lambda dice: {}),
    "dirac": ((6, 4, 3, 3), lambda dice: {"groups": dice.choice((1, 2, 3))}),
    "xavier_uniform": ((80, 50), lambda dice: {"gain": dice.randint(1, 3)}),
    "xavier_normal": ((80, 50), lambda dice: {"gain": dice.randint(1, 3)}),
    **{
        name: (
            (80, 50),
            lambda dice: {
                "a": dice.randint(0, 3),
                "mode": dice.choice(("fan_in", "fan_out")),
                "nonlinearity": dice.choice(("leaky_relu", "leaky_relu", "relu", "tanh", "selu", "linear", "sigmoid")),
            },
        )
        for name in ("kaiming_uniform", "kaiming_normal")
    },
    "trunc_normal": ((60, 50), lambda dice: {"mean": 0, "std": dice.randint(1, 2), "a": -1, "b": dice.randint(1, 2)}),
    "orthogonal": ((60, 50), lambda dice: {"gain": dice.randint(1, 3)}),
    "sparse": ((60, 50), lambda dice: {"sparsity": dice.choice((0.1, 0.5)), "std": dice.randint(1, 3)}),
}

FUNCTIONS: dict[str, Callable[..., Any]] = {**ANALYTIC, **STEPWISE}
