"""Configurations and models in files become specs that count what their papers and programs say."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from hwsolve.errors import CallError
from hwsolve.importing.document import Document
from hwsolve.importing.keras import imported as of_keras
from hwsolve.importing.naming import names_given, settle
from hwsolve.importing.settings import Settings
from hwsolve.importing.source import imported
from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure
from tests.conftest import Run

CONFIGS = Path(__file__).parent / "importing_configs"


def counted(text: str, key: str = "params") -> int:
    """What a spec counts."""
    return int(work_out(read(text, "net.yaml", None, None)[0]).answers[key].value.exact)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("gpt2", 124_439_808), ("gpt2-xl", 1_557_611_200), ("llama-7b", 6_738_415_616), ("llama-3-70b", 70_553_706_496),
        ("bert-base", 109_482_240), ("t5-small", 60_506_624), ("vit-base", 86_567_656), ("mixtral-8x7b", 46_702_792_704),
        ("keras-sequential", 726), ("keras-functional", 14_760), ("keras-words", 1_605),
    ],
)  # fmt: skip
def test_a_model_has_as_many_parameters_as_is_known(name: str, params: int) -> None:
    tokens = 12 if name == "keras-words" else None
    assert counted(imported(str(CONFIGS / f"{name}.json"), Settings(tokens=tokens))) == params


def test_a_mixture_has_fewer_parameters_at_work() -> None:
    assert counted(imported(str(CONFIGS / "mixtral-8x7b.json")), "params.active") == 12_879_925_248


def test_layers_of_keras_are_read_channels_first_and_repeats_are_found() -> None:
    text = imported(str(CONFIGS / "keras-functional.json"))
    assert "[3, 16, 16]" in text and "repeat" in text and "use: " in text


def test_the_command_writes_what_it_counts(hwsolve: Run) -> None:
    made = hwsolve("import", str(CONFIGS / "gpt2.json"))
    assert made.returncode == 0 and "124,439,808" in hwsolve("count-params", "-", stdin=made.stdout).stdout


# the parameters of layers of keras-sequential.json, and of them the statistics, which are never trained
SEQUENTIAL = {"conv2d": (80, 0), "batch_normalization": (32, 16), "depthwise_conv2d": (72, 0),
              "separable_conv2d": (216, 0), "p_re_lu": (16, 0), "conv2d_transpose": (260, 0), "dense": (50, 0)}  # fmt: skip


@pytest.mark.parametrize("still", [(), ("conv2d",), ("batch_normalization", "dense"), tuple(SEQUENTIAL), ("small",)])
def test_layers_of_keras_that_are_not_trained(still: tuple[str, ...]) -> None:
    data = json.loads((CONFIGS / "keras-sequential.json").read_text())
    for layer in [data, *data["config"]["layers"]]:
        if layer["config"]["name"] in still:
            layer["config"]["trainable"] = False
    text = of_keras(Document(data, "model.json"))
    trained = sum(n - fixed for name, (n, fixed) in SEQUENTIAL.items() if not {name, "small"} & set(still))
    assert (counted(text), counted(text, "params.trainable")) == (726, trained)


def deep(depth: int) -> str:
    return '{"model_type": ' + "[" * depth + "]" * depth + "}"


def keras(*layers: dict[str, Any], kind: str = "Sequential", **more: Any) -> str:
    return json.dumps({"class_name": kind, "config": {"name": "net", "layers": list(layers), **more}})


def a_layer(kind: str, *reads: str, **config: Any) -> dict[str, Any]:
    calls = [[[name, 0, 0, {}] for name in reads]] if reads else []
    return {"class_name": kind, "config": config, "inbound_nodes": calls}


START = a_layer("InputLayer", name="x", batch_shape=[None, 4])
LOOP = (START, a_layer("Add", "x", "b", name="a"), a_layer("Dense", "a", name="b", units=4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"model_type": "gpt2",', "This is no JSON. A key in double quotes is missing here."),
        (deep(100_000), "nested too deeply"),
        ('{"model_type": "gpt3"}', "Did you mean `gpt2`?"),
        ('{"model_type": "gpt2", "n_layer": -1, "vocab_size": "many"}', "`n_layer` must be a whole number"),
        ("[1, 2]", "nothing that can be imported"),
        (keras(START, a_layer("Capsule", name="c")), "Capsule"),
        (keras(START, a_layer("Dense", name="d")), "units"),
        (keras(), "no layers"),
        ('{"hidden_size": 8}', "`model_type` is missing"),
        (
            keras(*LOOP, kind="Functional", input_layers=[["x", 0, 0]], output_layers=[["b", 0, 0]]),
            "not there before it",
        ),
        (
            keras(a_layer("Conv2D", name="c", filters=2, kernel_size=3, batch_input_shape=[None, None, None, 3])),
            "--shape",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises((CallError, SpecFailure)) as raised:
        imported(str(path))
    assert said in str(raised.value)


def onnx_file(path: Path, nodes: list[Any], weights: dict[str, tuple[int, ...]], shape: list[Any], **small: Any) -> str:
    """An ONNX file with one input x and one output y."""
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
    import numpy as np

    made = [onnx.numpy_helper.from_array(np.zeros(size, np.float32), name) for name, size in weights.items()]
    made += [onnx.numpy_helper.from_array(np.array(value, np.int64), name) for name, value in small.items()]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph(nodes, "net", [x], [y], made)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]), str(path))
    return str(path)


def test_an_onnx_file_has_the_parameters_of_its_weights(tmp_path: Path) -> None:
    node = pytest.importorskip("onnx", reason="the package onnx is not installed").helper.make_node
    weights: dict[str, tuple[int, ...]] = {"w1": (6, 3, 3, 3), "b1": (6,)}
    nodes = [node("Conv", ["x", "w1", "b1"], ["h0"], pads=[1, 1, 1, 1], strides=[2, 2])]
    for k in range(3):
        weights |= {f"k{k}": (6, 6, 3, 3), f"g{k}": (6,), f"s{k}": (6,)}
        weights |= {f"m{k}": (6,), f"v{k}": (6,)}
        nodes += [
            node("Conv", [f"h{k}", f"k{k}"], [f"c{k}"], auto_pad="SAME_UPPER"),
            node("BatchNormalization", [f"c{k}", f"g{k}", f"s{k}", f"m{k}", f"v{k}"], [f"n{k}"]),
            node("Relu", [f"n{k}"], [f"r{k}"]),
            node("Add", [f"r{k}", f"h{k}"], [f"h{k + 1}"]),
        ]
    weights |= {"d": (6, 5), "e": (5,)}
    nodes += [
        node("GlobalAveragePool", ["h3"], ["p"]),
        node("Shape", ["p"], ["all"]), node("Gather", ["all", "zero"], ["n"]),
        node("Unsqueeze", ["n", "first"], ["one"]), node("Concat", ["one", "rest"], ["to"], axis=0), node("Reshape", ["p", "to"], ["f"]),
        node("MatMul", ["f", "d"], ["z"]), node("Add", ["e", "z"], ["y"]),
    ]  # fmt: skip
    source = onnx_file(tmp_path / "net.onnx", nodes, weights, ["n", 3, 32, 32], zero=0, first=[0], rest=[-1])
    text = imported(source)
    statistics = sum(prod(size) for name, size in weights.items() if name[0] in "mv")
    assert counted(text) == sum(map(prod, weights.values())) - statistics
    assert "repeat" in text and "linear: 5" in text


@pytest.mark.parametrize(("reads", "said"), [(["z", "z"], "not there before it"), (["x", "y"], "given twice")])
def test_a_graph_of_onnx_that_runs_in_a_circle_or_gives_a_name_twice(
    tmp_path: Path, reads: list[str], said: str
) -> None:
    node = pytest.importorskip("onnx", reason="the package onnx is not installed").helper.make_node
    nodes = [node("Relu", [reads[0]], ["y"]), node("Relu", [reads[1]], ["z" if said[0] == "n" else "y"])]
    with pytest.raises(CallError, match=said):
        imported(onnx_file(tmp_path / "net.onnx", nodes, {}, [1, 3]))


def test_an_operator_of_onnx_that_is_not_known_is_named(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
    source = onnx_file(tmp_path / "net.onnx", [onnx.helper.make_node("Det", ["x"], ["y"])], {}, [1, 3, 3])
    with pytest.raises(CallError, match="Det"):
        imported(source)
    (tmp_path / "no.onnx").write_bytes(b"none of it")
    with pytest.raises(CallError, match="no ONNX file"):
        imported(str(tmp_path / "no.onnx"))


@pytest.mark.parametrize(("layer", "slopes"), [("prelu", 2 * 3 * 4), ("{prelu: 1}", 1), ("{prelu: 2}", 2)])
def test_slopes_of_keras_are_those_of_elements_unless_told(layer: str, slopes: int) -> None:
    net = f"network: {{input: [2, 3, 4], layers: [{layer}]}}"
    assert counted(f"kind: count-params\n{net}\ncount: {{framework: keras}}\n") == slopes


def test_names_of_branches_within_branches_do_not_meet() -> None:
    """A list in a list may have the plain name already that a list around it would get."""
    items = [{"add": {"of": [[{"tanh": {"output": "s_2"}}, {"add": {"of": [[{"tanh": {"output": "s"}}], "s_2"]}}]]}}]
    settle(items, set())
    assert sorted(names_given(items)) == ["s", "s_2"]
