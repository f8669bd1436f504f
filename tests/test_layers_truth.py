"""Layers against a table that was written by PyTorch: parameters, their shapes, output shapes."""

from __future__ import annotations

import ast
import csv
import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from hwsolve.layers import LAYERS
from hwsolve.layers.packaged import PACKAGED
from hwsolve.pipeline import Request, read, work_out
from tests.conftest import PROBLEMS

TRUTH = Path(__file__).parent / "truth"

# torch.nn's class: our name, and the names of its arguments in order; what is inferred here is left out.
CLASSES = {
    **{f"Conv{n}d": (f"conv{n}d", "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode") for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": (f"conv_transpose{n}d", "in_channels out_channels kernel_size stride padding output_padding groups bias dilation") for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": (f"batch_norm{n}d", "num_features eps momentum affine track_running_stats") for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": (f"instance_norm{n}d", "num_features eps momentum affine track_running_stats") for n in (1, 2, 3)},
    "Linear": ("linear", "in_features out_features bias"),
    "Embedding": ("embedding", "num_embeddings embedding_dim padding_idx"),
    "LayerNorm": ("layer_norm", "normalized_shape eps elementwise_affine bias"),
    "RMSNorm": ("rms_norm", "normalized_shape eps elementwise_affine"),
    "GroupNorm": ("group_norm", "num_groups num_channels eps affine"),
    "PReLU": ("prelu", "num_parameters init"),
    "MaxPool2d": ("max_pool2d", "kernel_size stride padding dilation return_indices ceil_mode"),
    "AvgPool2d": ("avg_pool2d", "kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    "Upsample": ("upsample", "size scale_factor mode align_corners"),
    "PixelShuffle": ("pixel_shuffle", "upscale_factor"),
    "Flatten": ("flatten", "start_dim end_dim"),
}  # fmt: skip
RECURRENT = "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size nonlinearity"
TRANSFORMER = "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias"
CLASSES |= {
    **{name: (name.lower(), RECURRENT) for name in ("RNN", "LSTM", "GRU")},
    **{f"{name}Cell": (f"{name.lower()}_cell", "input_size hidden_size bias") for name in ("RNN", "LSTM", "GRU")},
    "MultiheadAttention": ("multihead_attention", "embed_dim num_heads dropout bias add_bias_kv batch_first"),
    "TransformerEncoderLayer": ("transformer_encoder_layer", TRANSFORMER),
    "TransformerEncoder": ("transformer_encoder", "encoder_layer num_layers norm"),
    "Transformer": ("transformer", "d_model nhead"),
    "Bilinear": ("bilinear", "in1_features in2_features out_features bias"),
    "EmbeddingBag": ("embedding_bag", "num_embeddings embedding_dim mode"),
}  # fmt: skip
INFERRED = {
    "in_channels", "in_features", "num_features", "num_channels", "input_size", "in1_features", "in2_features",
    "batch_first",
}  # fmt: skip
SEQUENCES = {"rnn", "lstm", "gru", "multihead_attention"}


def rows(name: str) -> list[dict[str, str]]:
    with (TRUTH / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def constructor(text: str) -> tuple[str, dict[str, Any]]:
    """`nn.Conv2d(3, 64, 7, stride=2)` as the class's name and its arguments by name."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    names = CLASSES[name][1].split()
    given = {names[k]: a for k, a in enumerate(call.args)} | {k.arg: k.value for k in call.keywords if k.arg}
    arguments: dict[str, Any] = {}
    for key, value in given.items():
        if key == "encoder_layer":
            arguments |= constructor(ast.unparse(value))[1]
        else:
            arguments[key] = ast.literal_eval(value)
    return name, arguments


def solved(network: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Answers by key, as Python numbers and lists."""
    (problem,) = read(json.dumps({"kind": "count-params", "network": network, **more}), "test.yaml")
    return {key: plain(a.value) for key, a in work_out(problem).answers.items()}


def plain(value: Any) -> Any:
    return [plain(v) for v in value] if isinstance(value, tuple) else getattr(value, "value", value)


TABLE = rows("torch_layers.csv")


def test_every_row_is_one_of_our_layers() -> None:
    assert {constructor(row["constructor"])[0] for row in TABLE} <= set(CLASSES)
    assert len(TABLE) == 53
    assert all(CLASSES[name][0] in {*LAYERS, *PACKAGED} for name in CLASSES)


def sample(shape: tuple[int, ...], batch_first: bool, sequence: bool) -> list[int]:
    """A shape without its batch: axis 0, of sequences axis 1 unless it is said to be first."""
    axis = 1 if sequence and not batch_first and len(shape) == 3 else 0
    return [n for k, n in enumerate(shape) if k != axis]


def first_of(shapes: Any) -> tuple[int, ...]:
    """The first of the shapes that come out."""
    found: tuple[int, ...] = shapes if isinstance(shapes[0], int) else first_of(shapes[0])
    return found


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["constructor"])
def test_a_row_of_the_table(row: dict[str, str]) -> None:
    """Parameters, those that are trained, buffers, weights and biases by the shapes of the table, and what comes out."""
    name, arguments = constructor(row["constructor"])
    ours = CLASSES[name][0]
    sequence, first = ours in SEQUENCES or "transformer" in ours, arguments.get("batch_first", False)
    arguments = {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items() if k not in INFERRED}
    shapes = [sample(ast.literal_eval(s), first, sequence) for s in row["input_shape"].split(" ; ")]
    names = [f"x{k}" for k in range(1, len(shapes) + 1)]
    wires = {"inputs": names} if len(shapes) > 1 else {}
    layer = {ours: {**arguments, **wires, "name": "it", "output": "out"}}
    network = {"inputs": dict(zip(names, shapes, strict=True)), "layers": [layer]}
    network["layers"] += [{"identity": {"name": "end"}}]
    answers = solved(network)
    assert answers["params"] == int(row["params"])
    assert answers["params.trainable"] == int(row["trainable"])
    assert answers["params.frozen"] == answers["params"] - answers["params.trainable"]
    assert answers["params.buffers"] == int(row["buffer_elements"])
    output = first_of(ast.literal_eval(row["output_shape"].replace(";", ",")))
    assert answers["shape.end"] == sample(output, first, sequence)
    counts = {"weight": 0, "bias": 0}
    for part in filter(None, row["param_shapes"].split("; ")):
        own, shape = part.split(":")
        counts["bias" if "bias" in own else "weight"] += prod(map(int, shape.split("x")))
    assert {which: answers[f"params.{which}"] for which in counts} == counts


# ---------------------------------------------------------------- Keras

SAME = {"padding": "same"}
KERAS: dict[str, Any] = {  # its constructors as a spec has them; Keras has the channels last
    "LSTM(20)": {"lstm": {"hidden_size": 20, "returns": "last"}},
    "GRU(20) [reset_after=True default]": {"gru": {"hidden_size": 20, "returns": "last"}},
    "GRU(20,reset_after=False)": {"gru": {"hidden_size": 20, "returns": "last", "reset": "before"}},
    "SimpleRNN(20)": {"rnn": {"hidden_size": 20, "returns": "last"}},
    "Bidirectional(LSTM(20))": {"lstm": {"hidden_size": 20, "returns": "last", "bidirectional": True}},
    "LSTM(256,return_sequences=True)": {"lstm": 256},
    "BatchNormalization()": "batch_norm2d",
    "Conv2D(64,7)": {"conv2d": {"out_channels": 64, "kernel_size": 7}},
    "Conv2D(64,7,strides=2,padding='same')": {"conv2d": {"out_channels": 64, "kernel_size": 7, "stride": 2} | SAME},
    "Conv2D(128,3,groups=4)": {"conv2d": {"out_channels": 128, "kernel_size": 3, "groups": 4}},
    "DepthwiseConv2D(3)": {"depthwise_conv2d": 3},
    "SeparableConv2D(64,3)": {"separable_conv2d": {"out_channels": 64, "kernel_size": 3}},
    "Conv2DTranspose(8,3,strides=2,padding='same')": {
        "conv_transpose2d": {"out_channels": 8, "kernel_size": 3, "stride": 2} | SAME
    },
    "Conv2DTranspose(8,3,strides=2)": {"conv_transpose2d": {"out_channels": 8, "kernel_size": 3, "stride": 2}},
    "MaxPooling2D(2,padding='same')": {"max_pool2d": {"kernel_size": 2} | SAME},
    "MaxPooling2D(2)": {"max_pool2d": 2},
    "LayerNormalization()": "layer_norm",
    "GroupNormalization(4)": {"group_norm": {"num_groups": 4}},
    "Embedding(10000,300)": {"embedding": {"num_embeddings": 10000, "embedding_dim": 300}},
    "Dense(10)": {"linear": 10},
    "PReLU()": "prelu",
    "MultiHeadAttention(8,key_dim=8) self": {"multihead_attention": {"embed_dim": 64, "num_heads": 8, "head_dim": 8}},
    "MultiHeadAttention(8,key_dim=64) self": {
        "multihead_attention": {"embed_dim": 64, "num_heads": 8, "head_dim": 64}
    },
}  # fmt: skip
KERAS_ROWS = [row for row in rows("keras_params.csv") if not row["constructor"].startswith("applications.")]


def channels_first(shape: tuple[Any, ...]) -> list[Any]:
    """A map of Keras as ours."""
    return [shape[-1], *shape[:-1]] if len(shape) == 3 else list(shape)


@pytest.mark.parametrize("row", KERAS_ROWS, ids=lambda row: row["constructor"])
def test_a_layer_of_keras(row: dict[str, str]) -> None:
    shape = channels_first(ast.literal_eval(row["input_shape(no batch)"]))
    network = {"input": shape, "layers": [KERAS[row["constructor"]], {"identity": {"name": "end"}}]}
    answers = solved(network, count={"framework": "keras"})
    assert answers["params"] == int(row["params"])
    assert answers["params.trainable"] == int(row["trainable"])
    assert answers["params.frozen"] == int(row["non_trainable"])
    assert answers["shape.end"] == channels_first(ast.literal_eval(row["output_shape"])[1:])


def test_every_layer_of_keras_is_compared() -> None:
    assert {row["constructor"] for row in KERAS_ROWS} == set(KERAS)


@pytest.mark.parametrize(("k", "s", "n"), [(k, s, n) for k in (1, 2, 3, 5) for s in (1, 2, 3) for n in (4, 7, 9)])
def test_same_padding_of_keras_is_that_of_its_documentation(k: int, s: int, n: int) -> None:
    """ceil(n/s) places; a transposed convolution gives n·s, and with `valid` n·s + max(k − s, 0)."""
    for padding, side in (("same", n * s), ("valid", n * s + max(k - s, 0))):
        layer = {"conv_transpose1d": {"out_channels": 2, "kernel_size": k, "stride": s, "padding": padding}}
        answers = solved({"input": [1, n], "layers": [layer]}, count={"framework": "keras"})
        assert answers["shape.conv_transpose1"] == [2, side]
    layers = [{"conv1d": {"out_channels": 2, "kernel_size": k, "stride": s, "padding": "same"}}]
    layers += [{"avg_pool1d": {"kernel_size": k, "stride": s, "padding": "same"}}]
    answers = solved({"input": [1, n], "layers": layers}, count={"framework": "keras", "macs": "all"})
    places = -(-n // s)
    assert answers["shape.conv1"] == [2, places]
    assert answers["shape.avg_pool1"] == [2, -(-places // s)]
    assert answers["macs.conv1"] == 2 * k * places


# ---------------------------------------------------------------- models


FOLDER = PROBLEMS / "models"
PARAMS, MACS = ({row["name"]: row for row in rows(f"torchvision_{which}.csv")} for which in ("params", "macs"))
MODELS = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem in PARAMS)

# What torchvision computes by functions, which hooks on modules do not see, and what only one of both has as a layer.
SWIN_ROWS = 2 * 3136 * 96 + 2 * 784 * 192 + 6 * 196 * 384 + 2 * 49 * 768  # what all attention layers of Swin-T give
CONVNEXT_MAPS = 3 * 56**2 * 96 + 3 * 28**2 * 192 + 9 * 14**2 * 384 + 3 * 7**2 * 768  # and all blocks of ConvNeXt-T
UNSEEN = {
    "densenet121": 1024 * 7 * 7 + 1024,  # the last ReLU and the pooling
    "mobilenet_v2": 1280,  # the pooling
    "shufflenet_v2_x1_0": 1024,  # the pooling, a mean
    "vgg16": -512 * 7 * 7,  # its adaptive pooling of 7×7 to 7×7, which changes nothing and is not in the spec
    "googlenet": 3_226_160,  # ReLU behind each convolution
    # ReLU behind each convolution, the poolings within its blocks
    "inception_v3": 8_967_488 + (192 + 256 + 288) * 35**2 + (4 * 768 + 288) * 17**2 + (1280 + 2048 + 768) * 8**2,
    # attention and what is added to its input, the token of the class; dropout, which does nothing here
    "vit_b_16": (12 + 1) * 197 * 768 + 768 - 197 * 768 - 12 * 197 * (768 + 3072 + 768),
    # attention; dropout, which does nothing here, permutations at its ends, flattening
    "swin_t": SWIN_ROWS - 5 * SWIN_ROWS - 3136 * 96 - 49 * 768 - 768,
    # a layer scale; permutations, two in each block, flattening
    "convnext_tiny": CONVNEXT_MAPS - 2 * CONVNEXT_MAPS - 768,
}


def model_answers(model: str, **settings: str) -> dict[str, Any]:
    text = (FOLDER / f"{model}.yaml").read_text(encoding="utf-8")
    (problem,) = read(text, model, Request({key.replace("_", "."): value for key, value in settings.items()}, {}))
    return {key: plain(a.value) for key, a in work_out(problem).answers.items()}


@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_model_counts_as_torchvision_does(model: str) -> None:
    """Parameters to the unit; multiply-adds to the unit where they were counted, else to the digits it states."""
    answers = model_answers(model)
    auxiliary = f"{model}[aux_logits=False]"  # without side classifiers
    assert answers["params"] == int(PARAMS.get(auxiliary, PARAMS[model])["total_params"])
    assert answers["flops"] == 2 * answers["macs"]
    assert round(answers["macs"] / 1e9, 3) == float(PARAMS[model]["meta_gflops"])
    if model in MACS:
        assert answers["macs"] == int(float(MACS[model]["torch_flop_counter_macs_fwd"]))
        first = next(n for key, n in answers.items() if key.startswith("macs.") and n)
        assert 3 * answers["macs"] - first == int(MACS[model]["hand_fwd_bwd_macs(3*fwd-first_layer)"])


def test_every_network_of_the_table_is_shipped() -> None:
    assert set(MACS) <= set(MODELS)


@pytest.mark.parametrize("model", sorted(MACS))
def test_stored_outputs_of_a_shipped_model_are_those_that_hooks_see(model: str) -> None:
    total = model_answers(model, count_activations="outputs")["activations"]
    assert total == int(MACS[model]["leaf_activation_elements"]) + UNSEEN.get(model, 0)
