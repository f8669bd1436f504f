"""Random cases of the layers whose peer is a function of PyTorch: settings with their numbers, shapes, gradients.

`tests/test_further_values_torch.py` compares each, and fails for a layer that is computed and has no peer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

Shape = tuple[int, ...]


class Case(NamedTuple):
    """A layer as a spec has it, the same as a function of a batch, the shape of one sample, parameters by their keys."""

    settings: dict[str, Any]  # tensors of parameters among them
    function: Callable[[Any], Any]
    shape: Shape
    parameters: dict[str, Any] = {}
    mode: str = "eval"
    batches: tuple[int, ...] = (0, 2)  # 0: one sample without a batch axis
    positive: bool = False  # whether what comes in is above 0


Draw = Callable[[random.Random, Any], Case]


def sides(dice: random.Random, axes: int, low: int = 1, high: int = 4) -> Shape:
    """The sides of a map."""
    return tuple(dice.randint(low, high) for _ in range(axes))


def eighths(dice: random.Random, torch: Any, *shape: int) -> Any:
    """Numbers of both signs, none of them a kink of a function: odd numbers of sixteenths."""
    numbers = [(2 * dice.randint(-24, 23) + 1) / 16 for _ in range(prod(shape))]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def learned(dice: random.Random, torch: Any, *shape: int) -> Any:
    """Numbers of a parameter."""
    return eighths(dice, torch, *shape).requires_grad_()


# ---------------------------------------------------------------- cells around a map, and in other places

MODES = {"zero": "constant", "constant": "constant", "reflection": "reflect", "replication": "replicate",
         "circular": "circular"}  # fmt: skip


def padding(kind: str, axes: int) -> Draw:
    """Cells around a map: one number for all ends, or one for each; zeros may be fewer than none."""

    def draw(dice: random.Random, torch: Any) -> Case:
        shape = (dice.randint(1, 2), *sides(dice, axes, 2, 4 if axes < 3 else 3))
        low = -1 if kind in ("zero", "constant") else 0
        ends = [dice.randint(low, 1 if kind == "reflection" else 2) for _ in range(2 * axes)]
        given: Any = dice.choice((ends, max(ends[0], 0)))
        if min(n + sum(ends[2 * k : 2 * k + 2]) for k, n in enumerate(reversed(shape[1:]))) < 1:
            given = 0
        whole = ends if isinstance(given, list) else [given] * 2 * axes
        settings: dict[str, Any] = {"padding": given}
        more = {}
        if kind == "constant":
            settings["value"] = more["value"] = dice.choice((2.5, -1, 0))
        pad = torch.nn.functional.pad
        return Case(settings, lambda x: pad(x, whole, MODES[kind], **more), shape)

    return draw


def crop(dice: random.Random, torch: Any) -> Case:
    """By cells at the ends, or in the middle as torchvision's center_crop has it."""
    shape = (dice.randint(1, 2), *sides(dice, 2, 3, 6))
    if dice.random() < 0.5:
        left, right, top, bottom = (dice.randint(0, 1) for _ in range(4))
        cut = slice(top, shape[1] - bottom), slice(left, shape[2] - right)
        return Case({"cells": [left, right, top, bottom]}, lambda x: x[..., cut[0], cut[1]], shape)
    size = [dice.randint(1, n) for n in shape[1:]]
    starts = [round((n - m) / 2) for n, m in zip(shape[1:], size, strict=True)]
    cut = slice(starts[0], starts[0] + size[0]), slice(starts[1], starts[1] + size[1])
    return Case({"size": size}, lambda x: x[..., cut[0], cut[1]], shape)


def permute(dice: random.Random, torch: Any) -> Case:
    """Axes in another order, the batch stated or not."""
    shape = sides(dice, dice.randint(1, 4), 1, 3)
    order = dice.sample(range(1, len(shape) + 1), len(shape))
    return Case({"dims": dice.choice((order, [0, *order]))}, lambda x: x.permute(0, *order), shape)


def axis_of(dice: random.Random, shape: Shape) -> int:
    """An axis of a sample, from the front or from the back."""
    return dice.choice([*range(1, len(shape) + 1), *range(-len(shape), 0)])


def select(dice: random.Random, torch: Any) -> Case:
    """One place of an axis."""
    shape = sides(dice, dice.randint(2, 4), 1, 3)
    dim = axis_of(dice, shape)
    place = dice.randint(1, shape[dim - (dim > 0)])
    index, at = dice.choice(((place, place - 1), (-place, -place)))
    return Case({"dim": dim, "index": index}, lambda x: x.select(dim, at), shape)


def narrow(dice: random.Random, torch: Any) -> Case:
    """Places along an axis, each or every second one."""
    shape = sides(dice, dice.randint(1, 4), 1, 5)
    dim = axis_of(dice, shape)
    n, step = shape[dim - (dim > 0)], dice.choice((1, 1, 2))
    start = dice.randint(1, n)
    length = dice.randint(1, (n - start) // step + 1)
    settings = {"dim": dim, "start": start, "length": length} | ({"step": step} if step > 1 else {})
    return Case(
        settings, lambda x: x.narrow(dim, start - 1, (length - 1) * step + 1).unfold(dim, 1, step).squeeze(-1), shape
    )


def reshape(dice: random.Random, torch: Any) -> Case:
    """The same values under another shape, one size of which may be left out."""
    new = list(sides(dice, dice.randint(1, 4), 1, 3))
    shape = (prod(new),) if dice.random() < 0.4 else tuple(dice.sample(new, len(new)))
    stated = list(new)
    if dice.random() < 0.5:
        stated[dice.randrange(len(new))] = -1
    return Case({"shape": stated}, lambda x: x.reshape(len(x), *new), shape)


def unflatten(dice: random.Random, torch: Any) -> Case:
    """One axis as several."""
    parts = sides(dice, dice.randint(2, 3), 1, 3)
    shape = [*sides(dice, dice.randint(1, 3), 1, 3)]
    dim = axis_of(dice, tuple(shape))
    shape[dim - (dim > 0)] = prod(parts)
    return Case({"dim": dim, "unflattened_size": list(parts)}, lambda x: x.unflatten(dim, parts), tuple(shape))


def channel_shuffle(dice: random.Random, torch: Any) -> Case:
    """Channels of different groups behind each other."""
    groups = dice.randint(1, 4)
    shape = (groups * dice.randint(1, 3), *sides(dice, dice.randint(1, 2), 1, 2))
    return Case({"groups": groups}, lambda x: torch.nn.functional.channel_shuffle(x, groups), shape)


def pixel_unshuffle(dice: random.Random, torch: Any) -> Case:
    """Squares of cells as channels."""
    r = dice.randint(1, 3)
    shape = (dice.randint(1, 2), r * dice.randint(1, 2), r * dice.randint(1, 2))
    return Case({"downscale_factor": r}, lambda x: torch.nn.functional.pixel_unshuffle(x, r), shape)


def columns(folded: bool) -> Draw:
    """The windows of a map as columns, or columns added up where their windows lie."""

    def draw(dice: random.Random, torch: Any) -> Case:
        kernel, stride, dilation = sides(dice, 2, 1, 3), sides(dice, 2, 1, 3), sides(dice, 2, 1, 2)
        settings = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "padding": sides(dice, 2, 0, 1)}
        size = tuple(max(dice.randint(1, 4), d * (k - 1) + 1) for k, d in zip(kernel, dilation, strict=True))
        given: dict[str, Any] = {key: list(value) for key, value in settings.items()}
        module, shape = torch.nn.Unfold(**settings), (dice.randint(1, 2), *size)
        if not folded:
            return Case(given, module, shape)
        rows = tuple(module(torch.zeros(1, *shape)).shape[1:])
        return Case(given | {"output_size": list(size)}, torch.nn.Fold(size, **settings), rows)

    return draw


def power_pooling(axes: int) -> Draw:
    """The root of a sum of powers of each window; of even powers of numbers of both signs."""

    def draw(dice: random.Random, torch: Any) -> Case:
        p = dice.choice((1, 2, 2, 3, 4, 1.5))
        settings = {"norm_type": p, "kernel_size": list(sides(dice, axes, 1, 3 if axes < 3 else 2))}
        settings |= {"ceil_mode": dice.random() < 0.5} | dice.choice(({}, {"stride": list(sides(dice, axes, 1, 3))}))
        shape = (dice.randint(1, 2), *(n + dice.randint(0, 2) for n in settings["kernel_size"]))
        own = {k: v[0] if axes == 1 and isinstance(v, list) else v for k, v in settings.items()}
        module = getattr(torch.nn, f"LPPool{axes}d")(**own)
        return Case(settings, module, shape, positive=p in (1, 3, 1.5))  # PyTorch has no slope where a sum is 0

    return draw


def unpooling(axes: int) -> Draw:
    """Values at the cells of given indices."""

    def draw(dice: random.Random, torch: Any) -> Case:
        channels, places = dice.randint(1, 2), sides(dice, axes, 1, 3 if axes < 3 else 2)
        kernel = dice.randint(1, 3)
        stride = dice.choice((None, dice.randint(1, kernel)))
        pad = dice.randint(0, (kernel - 1) // 2)
        size = [max((n - 1) * (stride or kernel) - 2 * pad + kernel, 1) for n in places]
        if prod(size) < prod(places):
            kernel, stride, pad, size = 2, None, 0, [2 * n for n in places]
        index = torch.tensor([dice.sample(range(prod(size)), prod(places)) for _ in range(channels)])
        index = index.reshape(channels, *places)
        settings = {"kernel_size": kernel, "padding": pad, "indices": index} | ({"stride": stride} if stride else {})
        settings |= {"output_size": size} if dice.random() < 0.3 else {}
        unpool = getattr(torch.nn, f"MaxUnpool{axes}d")(kernel, stride, pad)
        return Case(settings, lambda x: unpool(x, index.expand(len(x), *index.shape)), (channels, *places))

    return draw


def response_norm(dice: random.Random, torch: Any) -> Case:
    """Over some channels, fewer or more than there are."""
    settings = {"size": dice.randint(1, 5), "alpha": dice.choice((1e-4, 0.5, 2)), "beta": dice.choice((0.75, 0.5, 1, 2.5)),
                "k": dice.choice((1, 2, 0.5))}  # fmt: skip
    shape = (dice.randint(1, 5), *sides(dice, dice.randint(1, 3), 1, 2))
    return Case(settings, torch.nn.LocalResponseNorm(**settings), shape)


# ---------------------------------------------------------------- functions of each value, and along an axis


def each(name: str, **settings: tuple[Any, ...]) -> Draw:
    """A function of torch.nn.functional of each value; `settings` say what its arguments may be."""

    def draw(dice: random.Random, torch: Any) -> Case:
        chosen = {key: dice.choice(values) for key, values in settings.items()}
        function = getattr(torch.nn.functional, name)
        return Case(chosen, lambda x: function(x, **chosen), sides(dice, dice.randint(1, 3), 1, 3))

    return draw


def rrelu(dice: random.Random, torch: Any) -> Case:
    """With the slope of evaluation."""
    lower, upper = dice.choice(((0.125, 0.375), (0.1, 0.5), (0.25, 0.25)))
    shape = sides(dice, dice.randint(1, 3), 1, 3)
    return Case({"lower": lower, "upper": upper}, lambda x: torch.nn.functional.rrelu(x, lower, upper), shape)


def prelu(dice: random.Random, torch: Any) -> Case:
    """A slope of its own for each channel."""
    shape = sides(dice, dice.randint(1, 4), 1, 3)
    n = dice.choice((1, shape[0]))
    weight = learned(dice, torch, n)
    settings = {"num_parameters": n, "weight": weight}
    return Case(settings, lambda x: torch.nn.functional.prelu(x, weight), shape, {"alpha": weight})


def glu(dice: random.Random, torch: Any) -> Case:
    """Half an axis through the gate of the other half."""
    shape = list(sides(dice, dice.randint(1, 4), 1, 3))
    dim = axis_of(dice, tuple(shape))
    shape[dim - (dim > 0)] *= 2
    return Case({"dim": dim}, lambda x: torch.nn.functional.glu(x, dim), tuple(shape))


def softmin(dice: random.Random, torch: Any) -> Case:
    """Along any axis."""
    shape = sides(dice, dice.randint(1, 3), 1, 3)
    dim = axis_of(dice, shape)
    return Case({"dim": dim}, lambda x: torch.nn.functional.softmin(x, dim), shape)


def softmax2d(dice: random.Random, torch: Any) -> Case:
    """Over the channels at each place."""
    return Case({}, lambda x: torch.softmax(x, -3), sides(dice, 3, 1, 3))


def layer_scale(dice: random.Random, torch: Any) -> Case:
    """A number for each place of one axis."""
    shape = sides(dice, dice.randint(1, 4), 1, 3)
    dim = axis_of(dice, shape) if dice.random() < 0.5 else None
    axis = (1 if len(shape) > 2 else len(shape)) if dim is None else dim if dim > 0 else len(shape) + 1 + dim
    gamma = learned(dice, torch, shape[axis - 1])
    own = [shape[axis - 1] if k == axis else 1 for k in range(1, len(shape) + 1)]
    settings = {"weight": gamma} | ({} if dim is None else {"dim": dim})
    return Case(settings, lambda x: x * gamma.reshape(own), shape, {"gamma": gamma})


# ---------------------------------------------------------------- what is drawn in training


def drop_path(dice: random.Random, torch: Any) -> Case:
    """A number for each sample decides of all of it."""
    shape, p = sides(dice, dice.randint(1, 3), 1, 3), dice.choice((0.1, 0.25, 0.5))
    if dice.random() < 0.3:
        return Case({"p": p}, lambda x: x, shape)
    mask = torch.tensor([dice.randint(0, 1) for _ in range(3)])
    kept = mask.double() / (1 - p)
    return Case({"p": p, "mask": mask}, lambda x: x * kept.reshape(3, *(1,) * len(shape)), shape, {}, "train", (3,))


def undropped(dice: random.Random, torch: Any) -> Case:
    """Alpha dropout in evaluation."""
    return Case({"p": dice.choice((0.1, 0.5))}, lambda x: x, sides(dice, dice.randint(2, 3), 1, 3))


def synchronised(dice: random.Random, torch: Any) -> Case:
    """Batch normalisation over whatever axes there are, in training or with running statistics."""
    shape, train = (dice.randint(1, 3), *sides(dice, dice.randint(0, 3), 1, 2)), dice.random() < 0.6
    eps, affine = dice.choice((1e-5, 0.5)), dice.random() < 0.7
    gamma, beta = learned(dice, torch, shape[0]), learned(dice, torch, shape[0])
    mean, var = eighths(dice, torch, shape[0]), eighths(dice, torch, shape[0]).abs() + 0.5
    settings: dict[str, Any] = {"eps": eps, "affine": affine}
    settings |= {"weight": gamma, "bias": beta} if affine else {}
    settings |= {} if train else {"running": {"mean": mean, "var": var}}
    own = (gamma, beta) if affine else (None, None)
    kept = (None, None) if train else (mean, var)

    def function(x: Any) -> Any:
        return torch.nn.functional.batch_norm(x, *kept, *own, train, 0.1, eps)

    parameters = {"gamma": gamma, "beta": beta} if affine else {}
    return Case(settings, function, shape, parameters, "train" if train else "eval", (2, 3))


# ---------------------------------------------------------------- layers with parameters


def copied_convolution(axes: int) -> Draw:
    """A convolution over a map with copies of its cells around it."""

    def draw(dice: random.Random, torch: Any) -> Case:
        groups = dice.choice((1, 1, 2)) if axes < 3 else 1
        c_in, c_out = groups * dice.randint(1, 2), groups * dice.randint(1, 2)
        kernel = list(sides(dice, axes, 1, 3 if axes < 3 else 2))
        mode = dice.choice(("zeros", "reflect", "replicate", "circular"))
        shape = (c_in, *sides(dice, axes, 3, 4 if axes < 3 else 3))
        settings: dict[str, Any] = {"padding_mode": mode, "groups": groups}
        settings["dilation"] = [dice.choice((1, 1, 2)) if k < 3 else 1 for k in kernel]
        if dice.random() < 0.3:
            settings["padding"] = "same"
        else:
            settings |= {"padding": list(sides(dice, axes, 0, 1)), "stride": list(sides(dice, axes, 1, 2))}
        bias = dice.random() < 0.7
        w = learned(dice, torch, c_out, c_in // groups, *kernel)
        b = learned(dice, torch, c_out) if bias else None
        own = {k: v if isinstance(v, (str, int)) else tuple(v) for k, v in settings.items()}
        layer = getattr(torch.nn, f"Conv{axes}d")(c_in, c_out, kernel, bias=bias, dtype=torch.float64, **own)
        numbers = {"weight": w} | ({"bias": b} if bias else {})
        given = settings | {"out_channels": c_out, "kernel_size": kernel, "weight": w, "bias": b if bias else False}
        keys = {"w1": w} | ({"b1": b} if bias else {})
        return Case(given, lambda x: torch.func.functional_call(layer, numbers, (x,)), shape, keys)

    return draw


def positions(dice: random.Random, torch: Any) -> Case:
    """A learned row for each place, of which there may be more than come in."""
    shape = sides(dice, 2, 1, 3)
    more = dice.randint(0, 2)
    p = learned(dice, torch, shape[0] + more, shape[1])
    settings = {"kind": "learned", "weight": p} | ({"num_positions": shape[0] + more} if more else {})
    return Case(settings, lambda x: x + p[: shape[0]], shape, {"P": p})


def depthwise(dice: random.Random, torch: Any) -> Case:
    """Each channel with kernels of its own."""
    channels, times, bias = dice.randint(1, 2), dice.randint(1, 2), dice.random() < 0.6
    kernel, stride, pad = sides(dice, 2, 1, 2), dice.randint(1, 2), dice.randint(0, 1)
    w, b = learned(dice, torch, channels * times, 1, *kernel), learned(dice, torch, channels * times)
    settings = {"kernel_size": list(kernel), "stride": stride, "padding": pad, "depth_multiplier": times, "bias": bias}
    settings["weights"] = {"depthwise": {"weight": w} | ({"bias": b} if bias else {})}

    def function(x: Any) -> Any:
        return torch.nn.functional.conv2d(x, w, b if bias else None, stride, pad, 1, channels)

    return Case(settings, function, (channels, *sides(dice, 2, 2, 3)), {"w1": w} | ({"b1": b} if bias else {}))


def separable(dice: random.Random, torch: Any) -> Case:
    """Each channel by itself, then all of them at each place."""
    channels, out, bias, pad = dice.randint(1, 2), dice.randint(1, 2), dice.random() < 0.6, dice.randint(0, 1)
    kernel = sides(dice, 2, 1, 2)
    w, v, b = (
        learned(dice, torch, channels, 1, *kernel),
        learned(dice, torch, out, channels, 1, 1),
        learned(dice, torch, out),
    )
    settings: dict[str, Any] = {"out_channels": out, "kernel_size": list(kernel), "padding": pad, "bias": bias}
    parts: dict[str, Any] = {"depthwise": {"weight": w}, "pointwise": {"weight": v} | ({"bias": b} if bias else {})}

    def function(x: Any) -> Any:
        F = torch.nn.functional
        return F.conv2d(F.conv2d(x, w, None, 1, pad, 1, channels), v, b if bias else None)

    keys = {"w1": w, "w2": v} | ({"b2": b} if bias else {})
    return Case(settings | {"weights": parts}, function, (channels, *sides(dice, 2, 2, 3)), keys)


def excitation(dice: random.Random, torch: Any) -> Case:
    """Two convolutions over the means of the channels scale each of them."""
    channels, middle, bias = dice.randint(1, 3), dice.randint(1, 2), dice.random() < 0.6
    inner, outer = dice.choice(("relu", "silu", "gelu")), dice.choice(("sigmoid", "hard_sigmoid"))
    w, v = learned(dice, torch, middle, channels, 1, 1), learned(dice, torch, channels, middle, 1, 1)
    b, c = learned(dice, torch, middle), learned(dice, torch, channels)
    settings = {"squeeze_channels": middle, "activation": inner, "scale_activation": outer, "bias": bias}
    own = ({"bias": b}, {"bias": c}) if bias else ({}, {})
    settings["weights"] = {"fc1": {"weight": w} | own[0], "fc2": {"weight": v} | own[1]}

    def function(x: Any) -> Any:
        F = torch.nn.functional
        h = getattr(F, inner)(F.conv2d(x.mean((2, 3), keepdim=True), w, b if bias else None))
        z = F.conv2d(h, v, c if bias else None)
        return x * (torch.sigmoid(z) if outer == "sigmoid" else F.relu6(z + 3) / 6)

    keys = {"w1": w, "w2": v} | ({"b1": b, "b2": c} if bias else {})
    return Case(settings, function, (channels, *sides(dice, 2, 1, 2)), keys)


def residual(dice: random.Random, torch: Any) -> Case:
    """A convolution beside a shortcut: what comes in, a 1 × 1 convolution, or the cells of a stride with zeros."""
    kind, c = dice.choice(("", "convolution", "zero_pad")), dice.randint(1, 2)
    out = c if kind == "" else c + dice.randint(0, 1)
    stride = 1 if kind == "" else dice.randint(1, 2)
    w, v = learned(dice, torch, out, c, 3, 3), learned(dice, torch, out, c, 1, 1)
    body = {"out_channels": out, "kernel_size": 3, "padding": 1, "stride": stride, "bias": False, "weight": w}
    beside = {"out_channels": out, "kernel_size": 1, "stride": stride, "bias": False, "weight": v}
    settings: dict[str, Any] = {"body": [{"conv2d": body}, "tanh"]}
    settings |= {"": {}, "convolution": {"shortcut": [{"conv2d": beside}]}, "zero_pad": {"shortcut": "zero_pad"}}[kind]

    def function(x: Any) -> Any:
        F = torch.nn.functional
        y = torch.tanh(F.conv2d(x, w, None, stride, 1))
        if kind == "convolution":
            return y + F.conv2d(x, v, None, stride)
        return y + F.pad(x[..., ::stride, ::stride], (0, 0, 0, 0, 0, out - c))

    keys = {"w1": w} | ({"w2": v} if kind == "convolution" else {})
    return Case(settings, function, (c, *sides(dice, 2, 2, 3)), keys)


def branches(name: str) -> Draw:
    """Maps of two convolutions and what comes in, side by side, added up or multiplied."""

    def draw(dice: random.Random, torch: Any) -> Case:
        c = dice.randint(1, 2)
        outs = [dice.randint(1, 2) if name == "concat" else c for _ in range(2)]
        ws = [learned(dice, torch, out, c, 1, 1) for out in outs]
        of: list[Any] = [
            [{"conv2d": {"out_channels": len(w), "kernel_size": 1, "bias": False, "weight": w}}] for w in ws
        ]
        of.append([dice.choice(("sigmoid", "identity"))])

        def function(x: Any) -> Any:
            parts = [torch.nn.functional.conv2d(x, w) for w in ws]
            parts.append(torch.sigmoid(x) if of[2] == ["sigmoid"] else x)
            if name == "concat":
                return torch.cat(parts, 1)
            return parts[0] + parts[1] + parts[2] if name == "add" else parts[0] * parts[1] * parts[2]

        return Case({"of": of}, function, (c, *sides(dice, 2, 1, 3)), {"w1": ws[0], "w2": ws[1]})

    return draw


AXES = (1, 2, 3)
LAYERS: dict[str, Draw] = {
    **{f"{kind}_pad{n}d": padding(kind, n) for kind in MODES for n in AXES},
    "crop": crop,
    "permute": permute,
    "select": select,
    "narrow": narrow,
    "reshape": reshape,
    "unflatten": unflatten,
    "channel_shuffle": channel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "unfold": columns(folded=False),
    "fold": columns(folded=True),
    **{f"lp_pool{n}d": power_pooling(n) for n in AXES},
    "local_response_norm": response_norm,
    **{f"max_unpool{n}d": unpooling(n) for n in AXES},
    "celu": each("celu", alpha=(1, 0.5, 2, -0.75)),
    "hard_shrink": each("hardshrink", lambd=(0.5, 0.25, 0, 1)),
    "soft_shrink": each("softshrink", lambd=(0.5, 0.25, 0, 1)),
    "tanh_shrink": each("tanhshrink"),
    "threshold": each("threshold", threshold=(0, 0.25, -1), value=(20, 0, -0.5)),
    "rrelu": rrelu,
    "prelu": prelu,
    "glu": glu,
    "softmin": softmin,
    "softmax2d": softmax2d,
    "layer_scale": layer_scale,
    "drop_path": drop_path,
    "alpha_dropout": undropped,
    "feature_alpha_dropout": undropped,
    "sync_batch_norm": synchronised,
    **{f"conv{n}d": copied_convolution(n) for n in AXES},
    "positional_encoding": positions,
    "depthwise_conv2d": depthwise,
    "separable_conv2d": separable,
    "squeeze_excitation": excitation,
    "residual": residual,
    **{name: branches(name) for name in ("add", "concat", "multiply")},
}
