"""The words of torch.nn: each of its layers by every spelling, and each argument taken or answered by what to write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.packaged import PACKAGED, packaged_class
from hwsolve.layers.spelling import spelled
from hwsolve.losses import LOSSES
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.spec.names import bare, same_name, same_spelling
from hwsolve.spec.records import form_of
from hwsolve.spec.report import SpecFailure
from hwsolve.spec.terms import LAYER, LOSS

nn = pytest.importorskip("torch").nn
NO_LAYERS = {"Module", "Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}
NO_LAYERS |= {"DataParallel", "RNNBase", "RNNCellBase"}
RECURRENT = (
    "input_size",
    "hidden_size",
    "num_layers",
    "nonlinearity",
    "bias",
    "batch_first",
    "dropout",
    "bidirectional",
)


def classes() -> Iterator[str]:
    """The layers of torch.nn; Lazy* are named like others, and other losses and tools stand beside them."""
    for name, cls in vars(nn).items():
        if (
            isinstance(cls, type)
            and issubclass(cls, nn.Module)
            and name not in NO_LAYERS
            and not name.startswith("Lazy")
        ):
            yield name


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def arguments(name: str) -> Iterator[str]:
    """The names of what a class of torch.nn takes."""
    if name in ("RNN", "LSTM", "GRU"):  # their signatures have only *args
        yield from (a for a in RECURRENT if a != "nonlinearity" or name == "RNN")
        return
    for p in inspect.signature(getattr(nn, name).__init__).parameters.values():
        if p.name not in ("self", "args", "kwargs"):
            yield p.name


OURS = {name: spelled(name) for name in classes() if spelled(name) in LAYERS or spelled(name) in PACKAGED}


def test_most_layers_are_there_and_the_others_are_said_to_be_absent() -> None:
    missing = {name for name in classes() if name not in OURS}
    assert len(OURS) > 105
    for name in missing:
        loss = same_name(name, LOSSES) is not None or LOSS.absent(name, list(LOSSES))
        message, hint = LAYER.unknown(name, [*LAYERS, *PACKAGED])
        assert loss or "not there yet" in str(message) or (hint is not None and re.match("Here|Did", str(hint))), name


@pytest.mark.parametrize("name", OURS)
def test_a_layer_may_be_spelled_as_its_class_in_small_letters_and_with_lines(name: str) -> None:
    for spelling in (name, name.lower(), snake(name), f"nn.{name}", f"torch.nn.{name}"):
        assert spelled(spelling) == OURS[name] and bare(OURS[name]) == bare(name)
    assert spelled(name, own={name: 0}) == name


@pytest.mark.parametrize("name", OURS)
def test_every_argument_is_taken_or_told(name: str) -> None:
    ours = OURS[name]
    form = form_of(layer_class(ours) if ours in LAYERS else packaged_class(ours))
    lost = [
        a for a in arguments(name) if not any(a in known for known in (form.fields, form.idle, form.also, form.hints))
    ]
    assert lost == [] or (ours in PACKAGED and lost == ["device", "dtype"])


def test_losses_and_optimizers_are_spelled_as_they_like() -> None:
    torch = pytest.importorskip("torch")
    assert same_spelling("MSELoss", LOSSES) == "mse_loss" and same_spelling("SmoothL1Loss", LOSSES) == "smooth_l1_loss"
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "Adamax"):
        assert same_spelling(name, OPTIMIZERS) in OPTIMIZERS and hasattr(torch.optim, name)


def params(layer: Any, shape: list[int]) -> int:
    return hwsolve.solve({"kind": "count-params", "network": {"input": shape, "layers": [layer]}})["params"]


AS_IN_TORCH: list[tuple[str, dict[str, Any], list[int]]] = [
    ("Linear", {"in_features": 7, "out_features": 3}, [5, 7]),
    ("Conv1d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 2}, [4, 9]),
    ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3}, [4, 9, 8]),
    ("ConvTranspose2d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "bias": False}, [4, 9, 8]),
    ("BatchNorm1d", {"num_features": 4}, [4, 9]),
    ("BatchNorm2d", {"num_features": 4, "momentum": 0.2}, [4, 9, 8]),
    ("InstanceNorm2d", {"num_features": 4, "affine": True}, [4, 9, 8]),
    ("SyncBatchNorm", {"num_features": 4}, [4, 9, 8]),
    ("GroupNorm", {"num_groups": 2, "num_channels": 4}, [4, 9, 8]),
    ("LayerNorm", {"normalized_shape": [9, 8]}, [4, 9, 8]),
    ("RNN", {"input_size": 7, "hidden_size": 3, "batch_first": True}, [5, 7]),
    ("LSTM", {"input_size": 7, "hidden_size": 3, "num_layers": 2}, [5, 7]),
    ("GRU", {"input_size": 7, "hidden_size": 3, "bidirectional": True}, [5, 7]),
    ("LSTMCell", {"input_size": 7, "hidden_size": 3}, [7]),
    ("MultiheadAttention", {"embed_dim": 8, "num_heads": 2, "dropout": 0.1, "batch_first": True}, [5, 8]),
    ("TransformerEncoderLayer", {"d_model": 8, "nhead": 2, "dropout": 0.1, "batch_first": True}, [5, 8]),
    ("Embedding", {"num_embeddings": 9, "embedding_dim": 3, "sparse": True, "scale_grad_by_freq": False}, [5]),
    ("ReLU", {"inplace": True}, [5]),
    ("Softplus", {"beta": 2, "threshold": 20}, [5]),
    ("MaxPool2d", {"kernel_size": 2, "return_indices": False}, [4, 9, 8]),
]  # fmt: skip
SIZES = {"in_features", "in_channels", "num_features", "num_channels", "input_size", "normalized_shape", "embed_dim"}


@pytest.mark.parametrize(("name", "given", "shape"), AS_IN_TORCH, ids=[case[0] for case in AS_IN_TORCH])
def test_the_arguments_of_pytorch_give_its_parameters(name: str, given: dict[str, Any], shape: list[int]) -> None:
    owned = sum(p.numel() for p in getattr(nn, name)(**given).parameters())
    without = {key: value for key, value in given.items() if key not in SIZES or name == "LayerNorm"}
    assert params({name: given}, shape) == params({snake(name): given}, shape) == owned
    if "embed_dim" not in given and "d_model" not in given:
        assert params({name: without} if without else name, shape) == owned


@pytest.mark.parametrize(("name", "given", "shape"), AS_IN_TORCH, ids=[case[0] for case in AS_IN_TORCH])
def test_a_size_that_does_not_come_in_is_an_error_with_both_numbers(
    name: str, given: dict[str, Any], shape: list[int]
) -> None:
    for key in SIZES & set(given):
        wrong = [n + 90 for n in given[key]] if isinstance(given[key], list) else given[key] + 90
        with pytest.raises(SpecFailure) as why:
            params({name: given | {key: wrong}}, shape)
        said = str(why.value)
        one = wrong[0] if isinstance(wrong, list) else wrong
        true = given[key][0] if isinstance(given[key], list) else given[key]
        assert str(one) in said.splitlines()[0] and str(true) in said.splitlines()[0] and f".{key}" in said


def test_a_number_behind_a_normalisation_is_how_many_channels_come_in() -> None:
    assert params({"batch_norm2d": 4}, [4, 9, 8]) == 8 and params({"InstanceNorm1d": 4}, [4, 9]) == 0
    with pytest.raises(SpecFailure, match=r"`num_features` is 5 here, but 4 come in: the input is 4 × 9 × 8"):
        params({"batch_norm2d": 5}, [4, 9, 8])


def test_what_would_change_numbers_is_refused_with_a_reason() -> None:
    for layer, said in (
        ({"max_pool2d": {"kernel_size": 2, "return_indices": True}}, "Only `return_indices: false`"),
        ({"softplus": {"threshold": 1}}, "Only `threshold: 20`"),
        ({"conv2d": {"out_channels": 1, "kernel_size": 1, "dtype": "float16"}}, r"count: \{dtype: float16\}"),
        ({"upsampling_bilinear2d": 2}, "mode: bilinear, align_corners: true"),
        ({"gru": {"hidden_size": 2, "proj_size": 1}}, "Only `lstm` has a projection"),
    ):
        with pytest.raises(SpecFailure, match=said):
            params(layer, [4, 9, 8] if "gru" not in layer else [9, 8])
    with pytest.raises(SpecFailure, match="`dropout_p` and `dropout` can't both be given"):
        params({"multihead_attention": {"embed_dim": 8, "num_heads": 2, "dropout": 0, "dropout_p": 0}}, [9, 8])


def test_what_is_said_of_the_input_is_no_part_of_a_layer() -> None:
    """Layers that are alike are one, whether or not they say what comes in."""
    layers = [{"linear": {"in_features": 6, "out_features": 6}}, {"linear": 6}]
    solution = hwsolve.solve({"kind": "complexity", "network": {"input": 6, "layers": layers}})
    assert solution["forward.mul"] == 72


@pytest.mark.parametrize("layer", [{"conv2d": {"in_channels": 2, "out_channels": 3, "kernel_size": 2}}, {"Conv2d": {"in_channels": 1, "out_channels": 1, "kernel_size": 2}}])  # fmt: skip
def test_a_layer_alone_says_how_many_channels_come_in(layer: dict[str, Any]) -> None:
    assert "dL_dx" in hwsolve.solve({"kind": "convolution", "layer": layer}).answers
    with pytest.raises(SpecFailure, match="`in_channels` is"):
        hwsolve.solve({"kind": "convolution", "layer": layer, "input": {"zeros": [7, 4, 4]}})
    with pytest.raises(SpecFailure, match="`in_channels` is"):
        hwsolve.solve({"kind": "initialization", "layer": layer, "input": [7, "H", "W"]})
