"""The modules of torch.nn and torchvision.ops that are layers here; what other modules do is followed inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.settings_of import plain, written
from hwsolve.importing.torch.attributes import attributes, label_of
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.importing.torch.values import BATCH, tensors_in
from hwsolve.importing.torch.vision import VISION
from hwsolve.language import say
from hwsolve.layers import LAYERS
from hwsolve.spec.names import all_known

AXES = ("1d", "2d", "3d")
DIMENSIONS = ("Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "BatchNorm",
              "InstanceNorm", "LPPool", "ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad",
              "Dropout")  # fmt: skip
SPELLED = {"Conv": "conv", "ConvTranspose": "conv_transpose", "LPPool": "lp_pool"}
NAMES: dict[str, str] = {
    "Linear": "linear", "Bilinear": "bilinear", "SyncBatchNorm": "sync_batch_norm", "LayerNorm": "layer_norm",
    "RMSNorm": "rms_norm", "GroupNorm": "group_norm", "LocalResponseNorm": "local_response_norm",
    "RNN": "rnn", "LSTM": "lstm", "GRU": "gru", "Identity": "identity",
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ReLU6": "relu6", "ELU": "elu", "SELU": "selu",
    "GELU": "gelu", "SiLU": "silu", "Mish": "mish", "Sigmoid": "sigmoid", "LogSigmoid": "log_sigmoid", "Tanh": "tanh",
    "Softplus": "softplus", "Softsign": "softsign", "Hardtanh": "hard_tanh", "Hardsigmoid": "hard_sigmoid",
    "Hardswish": "hard_swish", "CELU": "celu", "Hardshrink": "hard_shrink", "Softshrink": "soft_shrink",
    "Tanhshrink": "tanh_shrink", "Threshold": "threshold", "RReLU": "rrelu", "GLU": "glu", "Softmin": "softmin",
    "Softmax": "softmax", "LogSoftmax": "log_softmax", "Softmax2d": "softmax2d", "Dropout": "dropout",
    "AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout", "Flatten": "flatten",
    "Unflatten": "unflatten", "Upsample": "upsample", "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle", "ChannelShuffle": "channel_shuffle", "Embedding": "embedding",
    "EmbeddingBag": "embedding_bag", "MultiheadAttention": "multihead_attention", "Unfold": "unfold", "Fold": "fold",
    "TransformerEncoderLayer": "transformer_encoder_layer", "TransformerDecoderLayer": "transformer_decoder_layer",
}  # fmt: skip
for _name in DIMENSIONS:
    _plain = SPELLED.get(_name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in _name).strip("_")
    for _axes in AXES:
        if f"{_plain}{_axes}" in LAYERS:
            NAMES[_name + _axes] = f"{_plain}{_axes}"
OLDER = {
    "NonDynamicallyQuantizableLinear": "Linear",
    "UpsamplingNearest2d": "Upsample",
    "UpsamplingBilinear2d": "Upsample",
}
FOLLOWED = (
    "Sequential",
    "ModuleList",
    "ModuleDict",
    "TransformerEncoder",
    "TransformerDecoder",
    "Transformer",
    "Module",
)

# methods that say nothing of the forward pass
HARMLESS = {"reset_parameters", "_reset_parameters", *dir(torch.nn.Module)} - {"forward"}

Made = Callable[[Recorder, Any, tuple[Any, ...], dict[str, Any], Any], None]


def changed(module: Any, cls: type) -> bool:
    """Whether a module computes something else than the class of a library does: by methods of its own, or by hooks."""
    classes = type(module).__mro__
    own = {name for k in classes[: classes.index(cls)] for name in vars(k)} - HARMLESS
    hooks = module._forward_hooks or module._forward_pre_hooks
    return bool(hooks) or "forward" in vars(module) or any(n[:2] != "__" and hasattr(cls, n) for n in own)


def layer_of(module: Any) -> Made | None:
    """How a module becomes a layer; None where its inside is followed."""

    for cls in type(module).__mro__:
        home, name = cls.__module__, OLDER.get(cls.__name__, cls.__name__)
        if home.startswith("torchvision.") and name in VISION:
            return None if changed(module, cls) else VISION[name]
        if home.startswith(("torch.nn.", "torch.ao.nn.")):
            if name in FOLLOWED or (name in (*SPECIAL, *NAMES) and changed(module, cls)):
                return None
            if name in SPECIAL:
                return SPECIAL[name]
            if name in NAMES:
                return simple(NAMES[name])
            raise unknown(module, name)
    return None


def unknown(module: Any, name: str) -> Exception:
    """What is said of a module that is no layer here."""
    return Unreadable(say("there is no layer for the module {name}. {known}", name=name, known=all_known(list(NAMES))))


def simple(layer: str) -> Made:
    """A module with one input and one output, whose attributes have the names of the layer's settings."""

    def make(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        x = [*args, *kwargs.values()]
        if found.is_data(x[0]) and (layer == "identity" or ("dropout" in layer and not module.p)):
            found.alias(out, x[0])
            return
        if layer == "flatten" and found.is_data(x[0]) and not found.axis_of(x[0], module.start_dim):
            found.rename(found.reshaped(found.value(x[0]), found.own(x[0]), found.own(out)), out)
            return
        settings = attributes(layer, module)
        if "dim" in settings or "start_dim" in settings or "end_dim" in settings:
            for key in ("dim", "start_dim", "end_dim"):
                if key in settings and settings[key] is not None:
                    if key == "dim":
                        found.apart(x[0], settings[key], type(module).__name__)
                    settings[key] = settings[key] if settings[key] < 0 else found.axis_of(x[0], settings[key])
        read = (
            [t for t in x if isinstance(t, torch.Tensor)]
            if layer in ("bilinear", "transformer_decoder_layer")
            else x[:1]
        )
        if not all(map(found.is_data, read)):
            constant_input(found, module, layer, read, out)
            return
        found.add(layer, settings, read, tensors_in(out)[:1], label_of(found, module), module)

    return make


def constant_input(found: Recorder, module: Any, layer: str, read: list[Any], out: Any) -> None:
    """A table of positions, read at places that do not depend on the data; anything else is made without data."""
    if layer == "embedding":
        found.tables[id(out)] = module
        found.keep.append(out)
        return
    for x in read:
        if not found.is_data(x) and found.base(x) is None:
            found.given(x)
    found.add(layer, attributes(layer, module), read, tensors_in(out)[:1], label_of(found, module), module)


def recurrent(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """RNN, LSTM and GRU: all steps, and the last states."""
    x = args[0]
    packed = not isinstance(x, torch.Tensor)
    if packed:
        raise Unreadable(say("packed sequences are not read."))
    if not module.batch_first and found.own(x) != tuple(x.shape) and tuple(x.shape).index(BATCH) == 0:
        raise ValueError("the module wants the batch as its second axis")
    layer = module.mode.partition("_")[0].lower()
    y, states = out
    found.left_out(module, tensors_in((args[1:], kwargs)))
    node = found.add(layer, attributes(layer, module), [x], [y, *tensors_in(states)], label_of(found, module), module)
    for state in tensors_in(states):
        found.states[id(state)] = (module.num_layers * (2 if module.bidirectional else 1), node.outputs[0])


def attention(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """torch.nn.MultiheadAttention."""
    named = (
        dict(
            zip(
                (
                    "query",
                    "key",
                    "value",
                    "key_padding_mask",
                    "need_weights",
                    "attn_mask",
                    "average_attn_weights",
                    "is_causal",
                ),
                args,
                strict=False,
            )
        )
        | kwargs
    )
    read = [named["query"], named["key"], named["value"]]
    if not module.batch_first and read[0].ndim == 3 and tuple(read[0].shape).index(BATCH) == 0:
        raise ValueError("the module wants the batch as its second axis")
    settings: dict[str, Any] = {"embed_dim": module.embed_dim, "num_heads": module.num_heads}
    settings |= {k: getattr(module, k) for k in ("kdim", "vdim") if getattr(module, k) != module.embed_dim}
    if module.in_proj_bias is None:
        settings["bias"] = False
    if module.bias_k is not None:
        settings["add_bias_kv"] = True
    if module.add_zero_attn:
        settings["add_zero_attn"] = True
    if named.get("is_causal"):
        settings["mask"] = "causal"
    found.add("multihead_attention", settings, read, tensors_in(out)[:1], label_of(found, module), module)


def encoder_layer(layer: str) -> Made:
    """Layers of transformers."""

    def make(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        own = module.self_attn
        settings = {"d_model": own.embed_dim, "nhead": own.num_heads, "dim_feedforward": module.linear1.out_features}
        activation = getattr(module.activation, "__name__", type(module.activation).__name__).lower()
        settings |= {"activation": activation, "norm_first": module.norm_first, "dropout": module.dropout1.p}
        made = written(layer, settings)
        if own.in_proj_bias is None:
            made["bias"] = False
        read = [*args, *kwargs.values()][: 2 if layer.endswith("decoder_layer") else 1]
        found.add(layer, made, read, tensors_in(out)[:1], label_of(found, module), module)

    return make


def upsample(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """torch.nn.Upsample."""
    settings = written("upsample", {"mode": module.mode, "align_corners": bool(module.align_corners)})
    if module.size is not None:
        settings = {"size": plain(list(found.own(out)[1:]))} | settings
    else:
        settings = {"scale_factor": plain(module.scale_factor)} | settings
    found.add("upsample", settings, args[:1], [out], "", module)


def cells(layer: str) -> Made:
    """One step of a recurrent layer; several steps would share it."""

    def make(found: Recorder, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        found.left_out(module, tensors_in((args[1:], kwargs)))
        found.add(layer, attributes(layer, module), args[:1], tensors_in(out), label_of(found, module), module)

    return make


SPECIAL: dict[str, Made] = {
    "RNN": recurrent, "LSTM": recurrent, "GRU": recurrent, "MultiheadAttention": attention, "Upsample": upsample,
    "TransformerEncoderLayer": encoder_layer("transformer_encoder_layer"),
    "TransformerDecoderLayer": encoder_layer("transformer_decoder_layer"),
    "RNNCell": cells("rnn_cell"), "LSTMCell": cells("lstm_cell"), "GRUCell": cells("gru_cell"),
}  # fmt: skip
