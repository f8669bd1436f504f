"""Modules of torchvision that are one layer here."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.torch.recorder import Recorder


def drop_path(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """torchvision.ops.StochasticDepth."""
    if module.p:
        found.add("drop_path", {"p": module.p}, args[:1], [out])
    else:
        found.alias(out, args[0])


def norm_of_channels(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """LayerNorm2d: a layer norm over the channels of each place."""
    from hwsolve.importing.torch.attributes import attributes

    last, normed = found.chain(found.value(args[0]), ("permute", {"dims": [2, 3, 1]})), found.fresh()
    found.shared(found.steps("layer_norm", attributes("layer_norm", module), [last], normed), module)
    found.add("permute", {"dims": [3, 1, 2]}, [normed], [out])


def frozen_norm(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """FrozenBatchNorm2d: all its numbers are buffers."""
    found.add("batch_norm2d", {"affine": False}, args[:1], [out])


def windowed(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """ShiftedWindowAttention of Swin: a map (H, W, C) as rows, padded until windows fit."""
    height, width, channels = found.own(args[0])
    sides = list(module.window_size)
    high, wide = (-(-n // side) * side for n, side in zip((height, width), sides, strict=True))
    at = found.value(args[0])
    if (high, wide) != (height, width):
        at = found.chain(
            at,
            ("permute", {"dims": [3, 1, 2]}),
            ("zero_pad2d", {"padding": [0, wide - width, 0, high - height]}),
            ("permute", {"dims": [2, 3, 1]}),
        )
    at = found.chain(at, ("flatten", {"start_dim": 1, "end_dim": 2}))
    settings: dict[str, Any] = {"embed_dim": channels, "num_heads": module.num_heads, "window": sides}
    shift = [0 if n <= side else s for n, side, s in zip((high, wide), sides, module.shift_size, strict=True)]
    if any(shift):
        settings["shift"] = shift
    if module.qkv.bias is None:
        settings["bias"] = {"q": False, "k": False, "v": False, "out": module.proj.bias is not None}
    made = found.fresh()
    if hasattr(module, "relative_position_bias_table"):
        settings["position_bias"] = module.relative_position_bias_table.shape[0]
    else:
        position_net(found, module)
    found.shared(found.steps("multihead_attention", settings, [at], made), module)
    steps: list[tuple[str, dict[str, Any]]] = [("unflatten", {"dim": 1, "unflattened_size": [high, wide]})]
    if (high, wide) != (height, width):
        for dim, n, full in ((1, height, high), (2, width, wide)):
            if n != full:
                steps.append(("narrow", {"dim": dim, "start": 1, "length": n}))
    found.rename(found.chain(made, *steps), out)


def position_net(found: Recorder, module: Any) -> None:
    """Swin V2: a scale for each head, and a network that gives the biases of places; they stand beside the rest."""
    nodes, scopes, found.nodes, found.scopes = found.nodes, found.scopes, [], []
    found.source(tuple(module.logit_scale.shape), "scale")
    rows = tuple(int(n) for n in module.relative_coords_table.shape[1:])
    at = found.source(rows, "places", "constant")
    first, _, second = module.cpb_mlp
    found.chain(
        at,
        ("linear", {"out_features": first.out_features}),
        ("relu", {}),
        ("linear", {"out_features": second.out_features, "bias": False}),
    )
    found.aside.extend(found.nodes)
    found.nodes, found.scopes = nodes, scopes


def partitioned(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """RelativePositionalMultiHeadAttention of MaxViT: within each of the groups (G, P, C)."""
    groups, rows, channels = found.own(args[0])
    at = found.chain(found.value(args[0]), ("flatten", {"start_dim": 1, "end_dim": 2}))
    settings = {"embed_dim": channels, "num_heads": module.n_heads, "window": rows,
                "position_bias": module.relative_position_bias_table.shape[0]}  # fmt: skip
    made = found.fresh()
    found.shared(found.steps("multihead_attention", settings, [at], made), module)
    found.rename(found.chain(made, ("unflatten", {"dim": 1, "unflattened_size": [groups, rows]})), out)


VISION = {
    "StochasticDepth": drop_path,
    "LayerNorm2d": norm_of_channels,
    "FrozenBatchNorm2d": frozen_norm,
    "ShiftedWindowAttention": windowed,
    "ShiftedWindowAttentionV2": windowed,
    "RelativePositionalMultiHeadAttention": partitioned,
}
