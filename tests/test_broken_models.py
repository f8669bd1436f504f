"""What is broken in a model of another program is said in words with its place: no traceback, and no end is waited for."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from hwsolve.errors import CallError
from hwsolve.importing.settings import Settings
from hwsolve.importing.source import imported
from hwsolve.pipeline import read
from hwsolve.spec.report import SpecFailure
from tests.broken_models import broken, broken_graph
from tests.conftest import Run
from tests.test_import_files import CONFIGS, a_layer, keras, onnx_file
from tests.test_import_heads import SMALL

NAMES = sorted(path.stem for path in CONFIGS.glob("*.json"))
SECONDS = 5


def outcome(path: Path) -> str:
    """What becomes of a file: a right spec, or a refusal in words."""
    began = time.perf_counter()
    try:
        read(imported(str(path), Settings(tokens=7)), "model")
        said = "right"
    except (CallError, SpecFailure) as error:
        said = str(error)
    assert time.perf_counter() - began < SECONDS
    return said


@pytest.mark.parametrize("name", NAMES)
def test_models_and_configurations_with_mistakes(name: str, tmp_path: Path) -> None:
    rng, path = random.Random(name), tmp_path / "model.json"
    data = json.loads((CONFIGS / f"{name}.json").read_text())
    for _ in range(30):
        path.write_text(broken(data, rng), errors="surrogatepass")
        assert outcome(path) == "right" or path.name in outcome(path)


def test_graphs_of_onnx_with_mistakes(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    node, rng, path = onnx.helper.make_node, random.Random(1), tmp_path / "net.onnx"
    nodes = [node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
             node("BatchNormalization", ["c", "g", "g", "g", "g"], ["n"], epsilon=1e-3), node("Relu", ["n"], ["r"]),
             node("MaxPool", ["r"], ["m"], kernel_shape=[2, 2]), node("Add", ["m", "m"], ["s"]),
             node("GlobalAveragePool", ["s"], ["p"]), node("Reshape", ["p", "to"], ["f"]),
             node("Gemm", ["f", "d"], ["y"])]  # fmt: skip
    onnx_file(path, nodes, {"w": (6, 3, 3, 3), "g": (6,), "d": (6, 5)}, ["n", 3, 8, 8], to=[-1, 6])
    right = path.read_bytes()
    assert outcome(path) == "right"
    for _ in range(100):
        path.write_bytes(broken_graph(onnx.load_from_string(right), rng))
        assert outcome(path) == "right" or path.name in outcome(path) or "model:" in outcome(path)


X = a_layer("InputLayer", name="x", batch_shape=[None, 8, 8, 4])
LLAMA = SMALL | {"num_key_value_heads": 2}


def one(kind: str, **config: Any) -> str:
    return keras(X, a_layer(kind, name="a", **config))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("Conv2D", kernel_size=3), ["`filters` is missing in Conv2D"]),
        (one("Conv2D", filters=2), ["`kernel_size` is missing in Conv2D"]),
        (one("Conv2D", filters="2", kernel_size=-3, padding="sane", use_bias="no"),
         ["`filters` must be a whole number from 1", "`kernel_size` must be", "`padding` must be one of valid, same, got",
          "`use_bias` must be true or false"]),
        (one("Conv2D", filters=2, kernel_size=9), ["A window over 9 does not fit into 8."]),
        (one("Conv2D", filters=6, kernel_size=3, groups=3), ["3 groups must divide the 4 channels"]),
        (one("Conv1D", filters=2, kernel_size=3), ["it needs 2 axes"]),
        (one("Dens", units=3), ["There is no layer for Dens of Keras.", "Did you mean `Dense`?"]),
        (one("Dense", units=True), ["`units` must be a whole number"]),
        (one("Dense", units=3, activation="rellu"), ["`activation` must be one of"]),
        (one("Dropout", rate=1.5), ["`rate` must be a number of at least 0 and below 1"]),
        (one("Permute", dims=[1, 1, 9]), ["a: `dims` must be the axes 1 to 3 in any order."]),
        (keras(X, a_layer("Dense", "z", name="a", units=2), kind="Functional", output_layers=[["b", 0, 0]]),
         ["There is no layer `z`.", "There is no layer `b`."]),
        (keras(X, a_layer("Dense", "x", name="a", units=2), kind="Functional", output_layers=[["a", 3, 0]]),
         ["`a` is called once: the number of its call is 0, not 3."]),
        (keras(X, {"class_name": 3, "config": []}), ["`class_name` must be", "`config` must be"]),
        (json.dumps(LLAMA | {"hidden_size": 63}), ["`hidden_size` must be a multiple of `num_attention_heads`"]),
        (json.dumps(LLAMA | {"num_key_value_heads": 3}), ["must be a multiple of `num_key_value_heads`: 4"]),
        (json.dumps(LLAMA | {"num_attention_heads": 0, "vocab_size": False, "hidden_act": 3, "intermediate_size": "9"}),
         ["`num_attention_heads` must be", "`vocab_size` must be", "`hidden_act` must be one of", "`intermediate_size`"]),
        (json.dumps({"hidden_size": 64}), ["`model_type` is missing", "one of bert, "]),
        (json.dumps({"model_type": "lama"}), ["There is no importer for the architecture lama.", "Did you mean `llama`? Known are bert, "]),
        (json.dumps({"class_name": "Sequential"}), ["`config` is missing"]),
    ],
)  # fmt: skip
def test_all_mistakes_are_said_at_their_places(text: str, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(SpecFailure) as raised:
        imported(str(path))
    shown = str(raised.value)
    assert all(part in shown for part in said), shown
    assert len(raised.value.report.errors) == len(
        [part for part in said if "Did you" not in part and "one of b" not in part]
    )
    for error in raised.value.report.errors:
        assert f"{path}:{error.line}:{error.column}: " in shown and error.line == 1 and "^" in shown


def test_the_caret_stands_at_the_value(tmp_path: Path, hwsolve: Run) -> None:
    path = tmp_path / "config.json"
    path.write_text('{\r\n "model_type": "gpt2",\n\n "n_\\u0065mbd": "7"}')
    made = hwsolve("import", str(path))
    assert made.returncode == 2 and made.stdout == ""
    assert f"{path}:4:17: `n_embd` must be" in made.stderr and "Traceback" not in made.stderr
    assert made.stderr.splitlines()[-1].index("^") - made.stderr.splitlines()[-2].index('"7"') == 0


def test_a_spec_that_does_not_hold_is_not_written(tmp_path: Path, hwsolve: Run) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": "gpt2", "n_positions": 2}))
    made = hwsolve("import", str(path), "--tokens", "9")
    assert made.returncode == 2 and made.stdout == "" and "as a spec" in made.stderr


def test_layers_of_two_models_may_have_one_name() -> None:
    """A layer is shared where it is called twice, not where another model within has one of its name."""
    from hwsolve.importing.document import Document
    from hwsolve.importing.keras import imported as of_keras
    from tests.test_import_files import counted

    inner = [json.loads(keras(a_layer("Dense", name="d", units=3))) for _ in range(2)]
    data = json.loads(keras(a_layer("InputLayer", name="x", batch_shape=[None, 3]), *inner))
    assert counted(of_keras(Document(data, "net"))) == 2 * (3 * 3 + 3)
