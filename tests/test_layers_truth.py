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
INFERRED = {"in_channels", "in_features", "num_features", "num_channels"}
LATER = {
    "RNN", "LSTM", "GRU", "LSTMCell", "RNNCell", "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder",
    "Transformer", "Bilinear", "EmbeddingBag",
}  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (TRUTH / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def constructor(text: str) -> tuple[str, dict[str, Any]]:
    """`nn.Conv2d(3, 64, 7, stride=2)` as the class's name and its arguments by name."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    if name in LATER:
        return name, {}
    names = CLASSES[name][1].split()
    arguments = {names[k]: ast.literal_eval(a) for k, a in enumerate(call.args)}
    return name, arguments | {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}


def solved(network: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Answers by key, as Python numbers and lists."""
    (problem,) = read(json.dumps({"kind": "count-params", "network": network, **more}), "test.yaml")
    return {key: plain(a.value) for key, a in work_out(problem).answers.items()}


def plain(value: Any) -> Any:
    return [plain(v) for v in value] if isinstance(value, tuple) else getattr(value, "value", value)


TABLE = rows("torch_layers.csv")
KNOWN = [row for row in TABLE if constructor(row["constructor"])[0] not in LATER]


def test_only_layers_of_later_chapters_are_left_out() -> None:
    assert {constructor(row["constructor"])[0] for row in TABLE} - set(CLASSES) == LATER
    assert len(KNOWN) == 32
    assert all(CLASSES[name][0] in LAYERS for name in CLASSES)


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row["constructor"])
def test_a_row_of_the_table(row: dict[str, str]) -> None:
    name, arguments = constructor(row["constructor"])
    arguments = {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items() if k not in INFERRED}
    batched = ast.literal_eval(row["input_shape"])
    network = {"input": list(batched[1:]), "layers": [{CLASSES[name][0]: {**arguments, "name": "it"}}]}
    answers = solved(network)
    assert answers["params"] == int(row["params"])
    assert answers.get("params.trainable", 0) == int(row["trainable"])
    assert answers["shape.it"] == list(ast.literal_eval(row["output_shape"])[1:])
    shapes = dict(part.split(":") for part in row["param_shapes"].split("; ") if part)
    for which in ("weight", "bias"):
        count = prod(map(int, shapes[which].split("x"))) if which in shapes else 0
        assert answers.get(f"params.{which}.it", 0) == count


# torchvision's DenseNet and MobileNet pool (and DenseNet activates) by functions, which hooks on modules do not see; its VGG
# has a 7×7 adaptive pooling that changes nothing for 224×224
UNSEEN = {"densenet121": 1024 * 7 * 7 + 1024, "mobilenet_v2": 1280, "vgg16": -512 * 7 * 7}
MODELS = sorted(path.stem for path in (PROBLEMS / "models").glob("*.yaml"))


@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_model_counts_as_torchvision_does(model: str) -> None:
    text = (PROBLEMS / "models" / f"{model}.yaml").read_text(encoding="utf-8")
    (problem,) = read(text, model)
    answers = {key: plain(a.value) for key, a in work_out(problem).answers.items()}
    params = {row["name"]: row for row in rows("torchvision_params.csv")}[model]
    macs = {row["name"]: row for row in rows("torchvision_macs.csv")}[model]
    assert answers["params"] == int(params["total_params"])
    assert answers["macs"] == int(float(macs["torch_flop_counter_macs_fwd"]))
    assert answers["flops"] == 2 * answers["macs"]


@pytest.mark.parametrize("model", MODELS)
def test_stored_outputs_of_a_shipped_model_are_those_that_hooks_see(model: str) -> None:
    text = (PROBLEMS / "models" / f"{model}.yaml").read_text(encoding="utf-8")
    (problem,) = read(text, model, Request({"count.activations": "outputs"}, {}))
    answers = work_out(problem).answers
    macs = {row["name"]: row for row in rows("torchvision_macs.csv")}[model]
    total = answers["activations"].value.value
    assert total == int(macs["leaf_activation_elements"]) + UNSEEN.get(model, 0)
