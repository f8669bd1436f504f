"""Quantities of layers are named in words where a page first meets them, as their layers call them; a cell's page is short."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.render import Options, render
from hwsolve.solution import Group, Value
from tests.conftest import PROBLEMS

LSTM = (PROBLEMS / "textbook" / "lstm-one-step.yaml").read_text(encoding="utf-8")


def words(spec: Any, format: str = "plain", language: str = "en") -> str:
    """A page in one row."""
    page = render([hwsolve.solve(spec)], format, Options(width=400, color=False, language=language))
    if format == "html":
        page = html.unescape(re.sub(r"<(style|svg|title|h1)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S))
    return " ".join(page.replace("\\text{", " ").replace("\\", " ").split())


def network(layer: Any, shapes: dict[str, list[int]]) -> dict[str, Any]:
    """A network of one layer, all of whose inputs are ones."""
    ones = {name: {"full": shape, "value": 1} for name, shape in shapes.items()}
    return {"kind": "backprop", "network": {"inputs": shapes, "layers": [layer]}, "input": ones}


@pytest.mark.parametrize("format", ["plain", "html", "markdown", "latex", "typst", "notebook"])
@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", ("the input gate", "the forget gate", "the candidate", "the output gate", "the cell", "the state")),
        ("zh", ("输入门", "遗忘门", "候选值", "输出门", "细胞状态", "状态")),
    ],
)
def test_a_cell_says_once_what_its_letters_are(format: str, language: str, wanted: tuple[str, ...]) -> None:
    page = words(LSTM, format, language)
    for what in wanted:
        assert page.count(what) == (1 if what != "状态" else 2), what  # 细胞状态 ends in it


def test_the_words_are_those_of_the_layer() -> None:
    page = words(
        network(
            {"gru": {"hidden_size": 1, "weight_ih": {"init": "ones"}, "weight_hh": {"init": "ones"}, "bias": False}},
            {"x": [2, 1]},
        )
    )
    assert "r is the reset gate, z the update gate" in page
    assert "n the candidate, h the state." in page
    assert "gate" not in words(network({"tanh": {}}, {"x": [2]}))


def test_a_letter_of_ones_own_is_the_one_that_is_named() -> None:
    spec = LSTM.partition("expect:")[0].replace("hidden_size: 1", "hidden_size: 1\n        symbols: {c: s, f: keep}")
    assert "keep the forget gate" in words(spec)
    assert "s the cell, h the state." in words(spec)


def test_attention_names_what_comes_in_too() -> None:
    shapes = {"q": [2, 2], "k": [3, 2], "v": [3, 1]}
    said = "q holds the queries, k the keys, v the values, e the scores, α the attention weights, o the output"
    assert said in words(network({"attention": {"inputs": ["q", "k", "v"]}}, shapes))
    both = words(network({"attention": {"inputs": ["q", "m", "m"]}}, {"q": [2, 2], "m": [3, 2]}))
    assert "q holds the queries, m the keys and the values, e the scores" in both
    itself = words(network({"attention": {"inputs": "x"}}, {"x": [2, 2]}))
    assert "x holds the queries, the keys and the values, e the scores" in itself


def test_heads_have_a_letter_that_is_told() -> None:
    """q[h,i,r]: what its axes number is said beside what it holds."""
    init = {"init": "ones"}
    layer = {"embed_dim": 4, "num_heads": 2, "bias": False, "weight": dict.fromkeys(("q", "k", "v", "out"), init)}
    page = words(network({"multihead_attention": layer}, {"x": [3, 4]}))
    assert "h numbers the heads, i the queries, j the keys." in page
    assert "q holds the queries, k the keys, v the values" in page
    assert "the heads" not in words(network({"multihead_attention": layer | {"num_heads": 1}}, {"x": [3, 4]}))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"layer_norm": {}}, "μ is the mean, σ² the variance, x̂ the normalised input, γ the scale, β the shift."),
        ({"layer_norm": {"elementwise_affine": False}}, "μ is the mean, σ² the variance, y the normalised input."),
        ({"rms_norm": {}}, "rms is the root mean square, x̂ the normalised input, γ the scale."),
    ],
)
def test_norms_name_their_quantities(layer: Any, said: str) -> None:
    if "elementwise" in str(layer):
        layer["layer_norm"]["output"] = "y"
    assert said in words(network(layer, {"x": [3]}))


def test_of_two_norms_the_first_has_the_words() -> None:
    page = words(
        network({"layer_norm": {}}, {"x": [3]})
        | {"network": {"input": 3, "layers": ["layer_norm", "layer_norm"]}, "input": [1, 2, 4]}
    )
    assert page.count("the variance") == 1


def test_the_step_of_a_scalar_cell_fits_on_a_screen() -> None:
    """Forward and backward, no number left out: every line of the solution that has a value is on the page."""
    solution = hwsolve.solve(LSTM)
    page = render([solution], "plain", Options(width=80, color=False))
    assert len(page.splitlines()) <= 60
    groups = [
        item for step in solution.sections for item in step.items if isinstance(item, Group) and item.detail == "page"
    ]
    found = [line for group in groups for line in group.lines if isinstance(line, Value)]
    assert len(found) >= 30
    for line in found:
        assert line.quantity.text.replace("-", "−") in page, line.key


def test_short_equations_of_one_form_stand_beside_each_other() -> None:
    page = render([hwsolve.solve(LSTM)], "plain", Options(width=80, color=False))
    assert re.search(r"^  i = σ\(aᵢ\) = .* {3,}f = σ\(a_f\) = .*$", page, re.M)
    narrow = render([hwsolve.solve(LSTM)], "plain", Options(width=60, color=False))
    assert re.search(r"^  i = σ\(aᵢ\) = σ\(1.1\) ≈ [\d.]+$", narrow, re.M)


def test_equations_that_read_each_other_stand_below_each_other() -> None:
    spec = {"kind": "worksheet", "given": {"x": 2}, "define": {"a": "x*3", "b": "a*3", "c": "b*3"}}
    page = render([hwsolve.solve(spec)], "plain", Options(width=100, color=False))
    assert len(re.findall(r"^  [abc] = \S+ ", page, re.M)) >= 3


def test_masks_of_samples_and_padding_are_told_in_words() -> None:
    """The sample stands once in front of its rows; where all rows see the same, that is said once."""
    rows = [[[1, 0], [0, 1]], [[1, 1], [0, 2]]]
    spec = {"kind": "backprop", "network": {"input": {"size": [2, 2]}}, "input": rows}
    layer = {"mask": "causal", "key_padding_mask": [[False, True], [False, False]]}
    page = words(spec | {"network": {"input": {"size": [2, 2]}, "layers": [{"attention": layer}]}})
    assert "n numbers the samples, i the queries, j the keys." in page
    assert (
        "M is 1 where a row sees a position, else 0: in sample 1, every row sees position 1; "
        "in sample 2, row 1 sees position 1; row 2 sees positions 1, 2." in page
    )
    long = words(spec | {"network": {"input": {"size": [2, 2]}, "layers": [{"attention": {"key_lengths": 1}}]}})
    assert "M is 1 where a row sees a position, else 0: every row sees position 1." in long
