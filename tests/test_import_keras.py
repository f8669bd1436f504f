"""Keras itself builds the models; what `to_json()` writes of them is read to the same parameters."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from hwsolve.importing.document import Document
from hwsolve.importing.keras import imported
from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure
from tests.often import often

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="Keras is not installed: pip install keras torch")
K: Any = keras.layers
MODELS = often(20)  # 200 with HWSOLVE_TIMES=10
# one of each family in a usual run; all of them with HWSOLVE_TIMES=10
APPLICATIONS = ["MobileNetV2", "EfficientNetB0", "ResNet50V2", "Xception", "InceptionResNetV2", "ConvNeXtTiny"]
MORE = ["MobileNet", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetV2B0", "EfficientNetV2S", "VGG16", "VGG19",
        "ResNet50", "ResNet101", "ResNet152", "ResNet101V2", "ResNet152V2", "InceptionV3",
        "DenseNet121", "DenseNet169", "DenseNet201", "EfficientNetB4", "ConvNeXtSmall"]  # fmt: skip


def agrees(model: Any) -> None:
    """All parameters, and those that are trained."""
    text = imported(Document(json.loads(model.to_json()), "model.json"))
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    trained = sum(int(keras.ops.size(w)) for w in model.trainable_weights)
    found = {key: int(answers[key].value.exact) for key in ("params", "params.trainable") if key in answers}
    assert found.get("params.trainable", found["params"]) == trained, text
    assert found["params"] == model.count_params(), text


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS + (MORE if "HWSOLVE_TIMES" in os.environ else []))
def test_applications(name: str) -> None:
    shape = {"input_shape": (96, 96, 3)} if name.startswith("MobileNetV3") else {}
    agrees(getattr(keras.applications, name)(weights=None, **shape))


Make = Callable[[random.Random], Any]


def _bias(r: random.Random) -> bool:
    return r.random() < 0.7


def _word(r: random.Random) -> str | None:
    return r.choice([None, "relu", "tanh", "sigmoid", "gelu", "silu", "softplus", "elu", "swish", "hard_sigmoid"])


SAME: dict[str, Any] = {"padding": "same"}
IMAGE: list[Make] = [
    lambda r: K.Conv2D(r.randint(1, 6), r.choice([1, 3, (3, 1)]), strides=r.choice([1, 2]), use_bias=_bias(r),
                       activation=_word(r), **SAME),
    lambda r: K.Conv2D(4, 3, dilation_rate=2, **SAME),
    lambda r: K.DepthwiseConv2D(3, depth_multiplier=r.randint(1, 3), use_bias=_bias(r), **SAME),
    lambda r: K.SeparableConv2D(r.randint(1, 6), 3, depth_multiplier=r.randint(1, 2), use_bias=_bias(r), **SAME),
    lambda r: K.Conv2DTranspose(r.randint(1, 5), r.choice([2, 3]), strides=2, use_bias=_bias(r), **SAME),
    lambda r: K.BatchNormalization(center=_bias(r), scale=_bias(r)),
    lambda r: K.LayerNormalization(center=_bias(r)),
    lambda r: K.PReLU(shared_axes=r.choice([None, [1, 2]])),
    lambda r: K.MaxPooling2D(2, **SAME),
    lambda r: K.AveragePooling2D(3, strides=1, **SAME),
    lambda r: K.ZeroPadding2D(r.choice([1, ((1, 0), (2, 1))])),
    lambda r: K.UpSampling2D(2),
    lambda r: K.SpatialDropout2D(0.3),
    lambda r: K.LeakyReLU(0.1),
    lambda r: K.Dense(r.randint(1, 5), use_bias=_bias(r)),
    lambda r: K.Activation("relu"),
    lambda r: K.Permute((2, 1, 3)),
]  # fmt: skip
SEQUENCE: list[Make] = [
    lambda r: K.LSTM(r.randint(1, 5), return_sequences=True, use_bias=_bias(r)),
    lambda r: K.GRU(r.randint(1, 5), return_sequences=True, reset_after=_bias(r), use_bias=_bias(r)),
    lambda r: K.SimpleRNN(r.randint(1, 5), return_sequences=True, use_bias=_bias(r)),
    lambda r: K.Bidirectional(r.choice([K.LSTM, K.GRU, K.SimpleRNN])(3, return_sequences=True),
                              merge_mode=r.choice(["concat", "sum", "ave", "mul"])),
    lambda r: K.Conv1D(r.randint(1, 5), 3, padding=r.choice(["same", "causal"]), use_bias=_bias(r)),
    lambda r: K.TimeDistributed(K.Dense(r.randint(1, 5), use_bias=_bias(r))),
    lambda r: K.Dense(r.randint(1, 5), activation=_word(r)),
    lambda r: K.LayerNormalization(),
    lambda r: K.BatchNormalization(),
    lambda r: K.Dropout(0.2),
    lambda r: K.MaxPooling1D(2, **SAME),
]  # fmt: skip
VECTOR: list[Make] = [
    lambda r: K.Dense(r.randint(1, 6), activation=_word(r), use_bias=_bias(r)),
    lambda r: K.BatchNormalization(),
    lambda r: K.Dropout(0.5),
    lambda r: K.PReLU(),
    lambda r: K.LayerNormalization(scale=_bias(r)),
]


def some(r: random.Random, x: Any, makes: list[Make], most: int) -> Any:
    """A few layers one behind the other; some are frozen, some are added to what came in, and some used twice."""
    for _ in range(r.randint(1, most)):
        layer = r.choice(makes)(r)
        layer.trainable = r.random() < 0.85
        y = layer(x)
        if y.shape == x.shape:
            way = r.random()
            y = K.Add()([x, y]) if way < 0.2 else layer(y) if way < 0.3 else K.Multiply()([y, x]) if way < 0.35 else y
        x = y
    return x


@pytest.mark.parametrize("ways", [(False, True), (True, False), (False, False), (True, True)])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "GRU before", "SimpleRNN"])
def test_directions_that_are_not_trained(kind: str, ways: tuple[bool, bool]) -> None:
    """One way, the other, both or none; with a bias, two or none."""
    name, _, before = kind.partition(" ")
    for biased in (True, False):
        made = K.Bidirectional(getattr(K, name)(3, use_bias=biased, **({"reset_after": False} if before else {})))
        start = K.Input((4, 2))
        model = keras.Model(start, K.Dense(2)(made(start)))
        made.forward_layer.trainable, made.backward_layer.trainable = ways
        agrees(model)


def test_directions_that_differ_in_more_are_refused() -> None:
    start = K.Input((4, 2))
    made = K.Bidirectional(K.LSTM(3), backward_layer=K.LSTM(3, go_backwards=True, use_bias=False))
    text = keras.Model(start, made(start)).to_json()
    with pytest.raises(SpecFailure, match="two directions that are not alike"):
        imported(Document(json.loads(text), "model.json"))


@pytest.mark.parametrize("functional", [True, False])
def test_all_layers_that_are_not_read_are_told_at_once(functional: bool) -> None:
    """Behind one that fails the shapes are those for which Keras built the layers."""
    layers = [K.Input((4, 2)), K.LSTM(3, return_sequences=True, stateful=False), K.Dense(5),
              K.Bidirectional(K.GRU(3)), K.Dense(2)]  # fmt: skip
    model: Any = keras.Sequential(layers)
    if functional:
        x = start = layers[0]
        for layer in layers[1:]:
            x = layer(x)
        model = keras.Model(start, x)
    data = json.loads(model.to_json())
    kinds = {layer["class_name"]: layer["config"] for layer in data["config"]["layers"]}
    kinds["LSTM"]["return_state"], kinds["Bidirectional"]["merge_mode"] = True, None
    with pytest.raises(SpecFailure) as raised:
        imported(Document(data, "model.json"))
    said = str(raised.value)
    assert "gives its states" in said and "joins its directions" in said and said.count("at config.layers") == 2


@pytest.mark.parametrize("seed", range(MODELS))
def test_random_models(seed: int) -> None:
    r = random.Random(seed)
    way = r.choice(["image", "words", "sequence"])
    if way == "image":
        start = K.Input((r.randint(6, 12), r.randint(6, 12), r.randint(1, 4)))
        x = some(r, start, IMAGE, 6)
        x = r.choice([K.Flatten, K.GlobalAveragePooling2D, K.GlobalMaxPooling2D])()(x)
    elif way == "words":
        start = K.Input((r.randint(3, 8),))
        x = K.Embedding(r.randint(5, 30), r.randint(1, 6))(start)
        if r.random() < 0.5:
            x = K.Add()([x, K.MultiHeadAttention(r.randint(1, 3), r.randint(1, 4), use_bias=_bias(r))(x, x)])
        x = K.LSTM(3)(some(r, x, SEQUENCE, 3))
    else:
        start = K.Input((r.randint(3, 8), r.randint(1, 5)))
        x = r.choice([K.Flatten(), K.GRU(3), K.GlobalAveragePooling1D()])(some(r, start, SEQUENCE, 4))
    agrees(keras.Model(start, some(r, x, VECTOR, 3)))
