"""Shipped models of language and of maps against what is counted another way: by hand, by PyTorch, by Keras's table."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest
import yaml

from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from tests.conftest import PROBLEMS
from tests.test_layers_truth import model_answers, rows

FILES = sorted((PROBLEMS / "models").glob("*.yaml"))

# layers, width, heads, heads of keys, hidden units, words, places: of a decoder, and its parameters as they are known
DECODERS = {
    "gpt2": (12, 768, 12, 12, 3072, 50257, 1024, 124_439_808),
    "gpt2_medium": (24, 1024, 16, 16, 4096, 50257, 1024, 354_823_168),
    "gpt2_large": (36, 1280, 20, 20, 5120, 50257, 1024, 774_030_080),
    "gpt2_xl": (48, 1600, 25, 25, 6400, 50257, 1024, 1_557_611_200),
    "llama_7b": (32, 4096, 32, 32, 11008, 32000, 2048, 6_738_415_616),
    "llama_3_8b": (32, 4096, 32, 8, 14336, 128256, 8192, 8_030_261_248),
    "llama_3_70b": (80, 8192, 64, 8, 28672, 128256, 8192, 70_553_706_496),
    "mixtral_8x7b": (32, 4096, 32, 8, 14336, 32000, 32768, 46_702_792_704),
}


@pytest.mark.parametrize("model", DECODERS)
def test_a_decoder_counts_as_its_matrices_say(model: str) -> None:
    """Each matrix once for each place, two products of attention, and the table of words at the end."""
    layers, width, heads, groups, hidden, words, places, params = DECODERS[model]
    answers = model_answers(model)
    projections = 2 * width * width + 2 * width * (width // heads) * groups
    mlp = (2 if "gpt" in model else 3) * width * hidden
    experts, router = (2, 8 * width) if model == "mixtral_8x7b" else (1, 0)
    layer = places * (projections + experts * mlp + router) + 2 * places * places * width
    assert answers["params"] == params
    assert answers["macs"] == layers * layer + places * width * words
    if router:
        norms = (2 * layers + 1) * width
        assert answers["params.active"] == layers * (projections + 2 * mlp + router) + norms + 2 * words * width


def test_u_net_counts_as_pytorch_does() -> None:
    import torch
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    def double(before: int, channels: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(before, channels, 3), nn.ReLU(), nn.Conv2d(channels, channels, 3), nn.ReLU())

    widths = (64, 128, 256, 512, 1024)
    with torch.device("meta"):
        down = [double(before, width) for before, width in zip((1, *widths), widths, strict=False)]
        up = [nn.ConvTranspose2d(2 * width, width, 2, 2) for width in widths[-2::-1]]
        back = [double(2 * width, width) for width in widths[-2::-1]]
        last = nn.Conv2d(64, 2, 1)
        x, across = torch.empty(1, 1, 572, 572), []
        with FlopCounterMode(display=False) as counter:
            for layer in down[:-1]:
                across.append(layer(x))
                x = nn.functional.max_pool2d(across[-1], 2)
            x = down[-1](x)
            for wider, layer in zip(up, back, strict=True):
                x, beside = wider(x), across.pop()
                cut = (beside.shape[-1] - x.shape[-1]) // 2
                side = slice(cut, cut + x.shape[-1])
                x = layer(torch.cat([beside[..., side, side], x], 1))
            x = last(x)
    answers = model_answers("unet")
    assert answers["shape.classes"] == list(x.shape[1:]) == [2, 388, 388]
    assert answers["params"] == sum(p.numel() for part in (*down, *up, *back, last) for p in part.parameters())
    assert 2 * answers["macs"] == counter.get_total_flops()


def test_mobilenet_has_the_parameters_that_keras_has() -> None:
    (row,) = (row for row in rows("keras_params.csv") if row["constructor"] == "applications.MobileNet")
    answers, theirs = model_answers("mobilenet_v1"), model_answers("mobilenet_v1", count_framework="keras")
    assert answers["params"] == answers["params.trainable"] == int(row["trainable"])
    assert theirs["params"] == int(row["params"])
    assert theirs["params.frozen"] == int(row["non_trainable"])


def test_the_transformer_differs_from_pytorchs_by_biases_and_last_norms() -> None:
    """torch.nn.Transformer has biases of attention, 4·512 each, and a norm at the end of both stacks; no tables."""
    from torch import nn

    theirs = sum(p.numel() for p in nn.Transformer(batch_first=True, device="meta").parameters())
    assert model_answers("transformer_base")["params"] == theirs - 18 * 4 * 512 - 2 * 2 * 512 + 37_000 * 512


def test_the_language_model_of_lstms_counts_as_pytorch_does_with_one_bias() -> None:
    from torch import nn

    parts = (nn.Embedding(10000, 1500, device="meta"), nn.LSTM(1500, 1500, 2, device="meta"))
    theirs = sum(p.numel() for part in (*parts, nn.Linear(1500, 10000, device="meta")) for p in part.parameters())
    assert model_answers("lstm_language_model")["params"] == theirs - 2 * 4 * 1500


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_model_says_where_its_figures_come_from(file: Path) -> None:
    """In its title or beside what is published, in both languages; and nothing is left to warn of."""
    (problem,) = read(file.read_bytes(), file.name)
    solution = work_out(problem)
    sources: list[Any] = [problem.title, *(stated.source for stated in (problem.published or {}).values())]
    assert all(text["en"] and text["zh"] for text in sources)
    assert "Warning" not in render([solution], "plain", Options(color=False))


def outputs(items: Any, times: int = 1) -> int:
    """The values that convolutions and dense layers give, one copy of a repeated layer like the others."""
    found = 0
    for item in items:
        if item.layer is None:
            copies = times * (prod(item.times) if item.type == "repeat" else 1)
            found += sum(outputs(branch.items, copies) for branch in item.branches)
        elif item.layer.CATEGORY in ("convolution", "dense"):
            found += times * prod(item.output)
    return found


# What functions give is no output of a module: means of maps, and ReLUs; a pooling that changes nothing is one.
FUNCTIONS = {"vgg16": -512 * 7 * 7, "mobilenet_v2": 1280, "shufflenet_v2_x1_0": 1024, "densenet121": 1024 * (7 * 7 + 1),
             "googlenet": 3_227_160 - 1000}  # fmt: skip
OTHER_MODULES = {"vit_b_16", "swin_t", "convnext_tiny", "inception_v3"}  # whose functions are not those of layers here


@pytest.mark.parametrize("row", rows("torchvision_macs.csv"), ids=lambda row: row["name"])
def test_parameters_products_and_outputs_are_those_of_torchvision(row: dict[str, str]) -> None:
    """In a forward pass, as its modules and its counter of operations say."""
    stated = yaml.safe_load((PROBLEMS / "models" / f"{row['name']}.yaml").read_text(encoding="utf-8"))
    kept = {key: stated[key] for key in ("kind", "blocks", "network") if key in stated}
    count = {"activations": "outputs", "macs": "matmul"}
    (problem,) = read(json.dumps(kept | {"count": count}), "net.yaml")
    answers = {key: int(a.value.exact) for key, a in work_out(problem).answers.items() if key in (*count, "params")}
    assert answers["params"] == int(row["params"])
    assert answers["macs"] == float(row["torch_flop_counter_macs_fwd"])
    assert outputs(problem.network.items) == int(row["conv_linear_activation_elements"])
    if row["name"] not in OTHER_MODULES:
        leaves = int(row["leaf_activation_elements"])
        assert answers["activations"] == leaves + FUNCTIONS.get(row["name"], 0)
