"""A network without its solution: every layer that the spec has, its blocks once, and no text of the spec's own form."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.kinds.count_params.type_words import type_word
from hwsolve.layers import LAYERS
from hwsolve.layers.items import Item
from hwsolve.layers.packaged import PACKAGED
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Solution, Table
from tests.conftest import ROOT

NETWORKS = [
    *sorted((ROOT / "problems" / "models").glob("*.yaml")),
    ROOT / "problems" / "homework-3" / "3.3-resnet18.yaml",
    ROOT / "problems" / "textbook" / "building-blocks.yaml",
]
COMPOSED = (
    "residual connection",
    "add",
    "concat",
    "multiply",
    "repeat",
    "mixture of experts",
    "input",
    "body",
    "shortcut",
    "expert",
)


def layers_of(items: tuple[Item, ...]) -> Counter[str]:
    """The types of all layers and how often they stand; a layer with parts of its own is one, an expert stands once."""
    found: Counter[str] = Counter()
    for item in items:
        once_more = re.fullmatch(r"(.*\.)?use\d+", item.path)
        if once_more or item.type in PACKAGED or item.layer is not None:
            found["use" if once_more else item.type] += 1
            continue
        for k, branch in enumerate(item.branches):
            often = item.times[k] if item.type == "repeat" else 1
            for layer, n in layers_of(branch.items).items():
                found[layer] += int(often) * n
    return found


def stated(solution: Solution) -> Counter[str]:
    """The layers that the rows of the statement stand for, as a reader would count them."""
    found: dict[str, Table] = {}
    letters: dict[str, dict[str, str]] = {}  # of the arguments of each block that may be layers: `act a`
    for step in solution.sections:
        if step.part == "question" or (step.part == "statement" and step.tables):
            title = str(step.title)
            block = title.split()[1].rstrip(":") if title.startswith("Block ") else ""
            found[block] = step.tables[0]
            letters[block] = dict(re.findall(r"(\w+) (\w)(?=,|$)", title.partition(": ")[2]))

    def count(name: str, given: dict[str, str]) -> Counter[str]:
        """Of a block, whose arguments may be layers."""
        total: Counter[str] = Counter()
        within = [1]  # how often each depth stands
        for (label, words), depth in zip(found[name].rows, found[name].depths, strict=True):
            times, layer = ((m := re.fullmatch(r"(?:(\d+) × )?(.+)", str(label))) and (int(m[1] or 1), m[2])) or (1, "")
            layer = given.get(layer, "linear" if layer == "router" else layer)
            repeated = re.match(r"(\d+) times", str(words)) if layer == "repeat" else None
            often = within[depth] * times
            within[depth + 1 :] = [often * (int(repeated[1]) if repeated else 1)]
            if layer in found:
                chosen = {
                    letters[layer].get(name, name): value for name, value in re.findall(r"(\w+): (\w+)", str(words))
                }
                for inner, n in count(layer, chosen).items():
                    total[inner] += often * n
            elif layer not in COMPOSED and not layer.startswith(("branch ", "input ")):
                total[str(type_word(layer)) if layer in (*LAYERS, *PACKAGED) else layer] += often
        return total

    return count("", {})


def posed(problem: Any, style: str = "plain", language: str = "en") -> str:
    solution = work_out(problem)
    return render([solution], style, Options(width=80, color=False, questions=True, language=language))


def same_layers(problem: Any) -> None:
    there = layers_of(problem.network.items)
    del there["zero_pad"]  # a shortcut, in words
    words: Counter[str] = Counter()
    for name, n in there.items():
        words[str(type_word(name))] += n
    assert stated(work_out(problem)) == words


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_the_rows_are_all_layers_and_nothing_of_yaml(path: Any) -> None:
    for problem in read(path.read_bytes(), path.name):
        same_layers(problem)
        for style in ("plain", "markdown"):
            network = posed(problem, style).partition("Network")[2]
            assert network and not re.search(r"\w: [{\[]|\$\w|\w\d\.\w+\d", network), style


LAYER = st.sampled_from(
    [
        "relu",
        {"linear": 4},
        {"linear": {"out_features": 4, "bias": False}},
        {"dropout": 0.5},
        {"own": 4},
        {"own": {"n": 4}},
    ]
)


def lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Composites of lists of layers that give what comes in."""
    many = st.lists(inner, min_size=1, max_size=3)
    repeat = st.builds(lambda n, b: {"repeat": {"times": n, "body": b}}, st.integers(1, 4), many)
    residual = st.builds(lambda b: {"residual": {"body": b}}, many)
    return st.one_of(inner, repeat, residual, st.builds(lambda a, b: {"add": [a, b]}, many, st.just([]) | many))


@given(st.lists(st.recursive(LAYER, lists, max_leaves=8), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_the_statement_of_any_nested_network_holds_every_layer(layers: list[Any]) -> None:
    block = {"arguments": ["n"], "body": [{"linear": "$n"}, "relu", {"linear": {"out_features": "$n"}}]}
    network = {"input": 4, "layers": layers}
    text = json.dumps({"kind": "count-params", "blocks": {"own": block}, "network": network})
    (problem,) = read(text, "t")
    same_layers(problem)
    page = posed(problem)
    assert "{" not in page and "[" not in page and "$" not in page


def test_a_name_for_a_layer_and_what_it_reads_are_said() -> None:
    layers = [
        {"linear": {"out_features": 3, "name": "alpha", "output": "beta"}},
        "relu",
        {"use": "alpha"},
        {"add": "beta"},
    ]
    (problem,) = read(json.dumps({"kind": "count-params", "network": {"input": 3, "layers": layers}}), "t")
    page = posed(problem)
    assert "name: alpha, gives: beta" in page and "alpha once more" in page
    assert re.search(r"branch 2 +beta", page)


def test_the_arguments_of_a_block_are_said_by_their_names() -> None:
    """Also where they are a layer, another block, or what a layer reads."""
    body = [{"conv2d": {"out_channels": 3, "kernel_size": 1, "inputs": "$across"}}, "$act", {"add": ["$across", []]}]
    blocks = {"unit": {"arguments": ["act", "across"], "body": body}, "two": {"body": ["relu", "tanh"]}}
    uses = [{"unit": {"act": act, "across": "s"}} for act in ("two", "gelu", {"leaky_relu": 0.1})]
    network = {"input": [3, 6, 6], "layers": [{"identity": {"output": "s"}}, *uses]}
    (problem,) = read(json.dumps({"kind": "count-params", "network": network, "blocks": blocks}), "t")
    for page in (posed(problem), render([work_out(problem)], "plain", Options(color=False))):
        assert "$" not in page
        act, across = re.findall(r"Block unit: act (\w), across (\w)\b", page)[0]
        assert f"reads: {across}" in page and "Block two" in page
        assert re.search(rf"^ *{act}$", page, re.MULTILINE) and re.search(rf"branch 1 +{across}", page)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("style", ["plain", "markdown", "html", "latex", "typst"])
def test_a_map_whose_sides_are_unknown_says_what_it_holds(style: str, language: str) -> None:
    """No `?` stands for a size: the channels, and the number of values where one is stated."""
    path = ROOT / "problems" / "homework-1" / "1.2-convolutional.yaml"
    (problem,) = read(path.read_bytes(), path.name)
    page = render([work_out(problem)], style, Options(width=80, color=False, language=language, full=True))
    assert "?" not in page.replace("[?!]", "")  # a rule for code in the head of a Typst page
    said = (
        ["480,000 values in 3 channels", "5 channels"] if language == "en" else ["3 个通道共 480,000 个值", "5 个通道"]
    )
    assert all(text in page.replace("\n", " ").replace("{,}", ",") for text in said)
