"""The JSON: its exact schema, and lines that hold by a reader that knows nothing of hwsolve."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.parse import parse
from hwsolve.render import Options, render
from hwsolve.solution import Answer, Given, Quantity, Solution, Stage, Table, Value
from tests.line_check import wrong_lines
from tests.render_samples import counting, derivation, homework, quantity, ref, section

TOP = [
    "hwsolve",
    "schema",
    "kind",
    "title",
    "source",
    "given",
    "sections",
    "answers",
    "asked",
    "checks",
    "published",
    "notes",
]
LINES = {
    "value": {"kind", "key", "symbol", "formula", "shown", "relation", "value", "rule"},
    "identity": {"kind", "lhs", "rhs", "free", "rule", "shown", "key"},
    "carried": {"kind", "key", "value"},
    "text": {"kind", "shown"},
}


def as_json(*solutions: Solution, **options: Any) -> Any:
    return json.loads(render(solutions, "json", Options(**options)))


@pytest.mark.parametrize("sample", [homework, counting, derivation])
def test_the_schema(sample: Any) -> None:
    data = as_json(sample())
    assert list(data) == TOP
    for part in data["sections"]:
        assert list(part) == ["title", "level", "part", "lines", "tables", "figures", "body"]
        for line in part["lines"]:
            assert set(line) == LINES[line["kind"]]
    for answer in data["answers"].values():
        assert set(answer) in ({"value", "text", "exact", "system"}, {"formula", "text", "exact", "system"})


@pytest.mark.parametrize("sample", [homework, counting, derivation])
def test_every_line_holds(sample: Any) -> None:
    assert wrong_lines(as_json(sample())) == []


def test_a_wrong_line_is_noticed() -> None:
    """The check above can fail."""
    data = as_json(homework())
    data["sections"][0]["lines"][1]["value"] = "0.19"
    assert wrong_lines(data)


def test_several_solutions_are_a_list() -> None:
    assert [s["kind"] for s in as_json(homework(), counting())] == ["backprop", "count-params"]


def test_a_line_in_full() -> None:
    assert as_json(homework())["sections"][0]["lines"][1] == {
        "kind": "value",
        "key": "alpha[1]",
        "symbol": "α₁",
        "formula": "v[1,1]*x[1] + v[2,1]*x[2]",
        "shown": "α₁ = v₁₁x₁ + v₂₁x₂ = 0.6 × 0.2 + 0.2 × 0.3 = 0.18",
        "relation": "=",
        "value": "0.18",
        "rule": "",  # said once, at the general line
    }


def test_asides_and_carried_values_are_always_there() -> None:
    keys = [line.get("key") for section in as_json(homework())["sections"] for line in section["lines"]]
    assert "b@1[1]" in keys
    assert len(as_json(derivation())["sections"][1]["lines"]) == 298


def test_answers() -> None:
    answers = as_json(homework())["answers"]
    # 0.6226 = 0.6 - 1*0.5*(0.274 - 0.5)*0.2 and so on, by hand
    assert answers["v@1"]["value"] == [[0.6226, 0.13616], [0.2339, 0.75424]]
    assert answers["v@1"]["text"] == "[[0.6226, 0.13616], [0.2339, 0.75424]]"
    assert answers["E"] == {"value": 0.025538, "text": "0.025538", "exact": "12769/500000", "system": "exact"}
    assert Fraction(answers["E@1"]["exact"]) == (Fraction("0.32124532712") - Fraction("0.5")) ** 2 / 2
    formula = as_json(derivation())["answers"]["d1"]
    assert formula == {
        "formula": "sigmoid(x)*(1 - sigmoid(x))", "text": "σ(x)(1 − σ(x))", "exact": None, "system": "symbolic",
    }  # fmt: skip


def test_integers_stay_whole_at_any_size() -> None:
    n = 10**400 + 1
    big = Solution(kind="k", answers={"params": Answer(Quantity(n, str(n), "=", str(n)))})
    assert as_json(big)["answers"]["params"]["value"] == n


def test_a_shape_with_names_keeps_them() -> None:
    answer = as_json(Solution(kind="k", answers={"shape.conv1": Answer((3, ref("H"), ref("W")))}))["answers"][
        "shape.conv1"
    ]
    assert answer["value"] == [3, "H", "W"] and answer["system"] == "symbolic" and answer["exact"] is None


def test_the_weakest_system_is_named() -> None:
    q = Quantity(0.5, "0.5", "≈", None, "float64")
    answers = as_json(Solution(kind="k", answers={"a": Answer((quantity(Fraction(1, 2)), q))}))["answers"]
    assert answers["a"]["system"] == "float64" and answers["a"]["exact"] is None


def test_a_given_fraction_is_stated_exactly() -> None:
    third = Given(ref("x"), quantity(Fraction(1, 3)))
    line = Value(ref("y"), parse("3*x"), (Stage("=", parse("3*x")),), quantity(1), "product")
    data = as_json(Solution(kind="k", given=(third,), sections=(section("s", lines=(line,)),)))
    assert data["given"] == [{"key": "x", "value": "1/3"}]
    assert wrong_lines(data) == []


def test_a_given_root_is_stated_at_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    flint = pytest.importorskip("flint")
    monkeypatch.setattr(flint.ctx, "prec", 200)
    root = flint.arb(5).sqrt()
    data = as_json(Solution(kind="k", given=(Given(ref("x"), Quantity(root, "2.23607", "≈", None, "certified")),)))
    value = Fraction(data["given"][0]["value"])
    assert abs(value**2 - 5) < Fraction(1, 10**29)


def test_cells_of_tables_are_numbers_as_printed() -> None:
    rows = ((1_000, quantity(Fraction("0.025538")), parse("n*n"), "word"), (2, Quantity(1e-8, "1.0e-8", "≈"), "", ""))
    text = render(
        [Solution(kind="k", sections=(section("s", tables=(Table("t", ("a", "b", "c", "d"), rows),)),))], "json"
    )
    assert json.loads(text)["sections"][0]["tables"][0]["rows"] == [[1000, 0.025538, "n*n", "word"], [2, 1e-8, "", ""]]
    assert "1.0e-8" in text


def test_a_stage_that_repeats_its_neighbour_is_said_once() -> None:
    stages = (Stage("=", parse("relu(a)")), Stage("=", parse("0.5")))
    line = Value(ref("b"), parse("relu(a)"), stages, quantity(Fraction(1, 2)))
    data = as_json(
        Solution(kind="k", given=(Given(ref("a"), quantity(Fraction(1, 2))),), sections=(section("s", lines=(line,)),))
    )
    assert data["sections"][0]["lines"][0]["shown"] == "b = ReLU(a) = 0.5"


@pytest.mark.parametrize("activation", ["elu", "hard_swish", "selu", "leaky_relu"])
def test_a_branch_is_taken_by_a_step(activation: str) -> None:
    """A reader may hold a fraction on one side of a comparison and a real number on the other."""
    layers = [{"linear": {"out_features": 1, "weight": [["sqrt(2)"]], "bias": False}}, activation]
    spec = {"kind": "backprop", "network": {"input": 1, "layers": layers}, "input": [1], "target": [1]}
    data = json.loads(hwsolve.solve({**spec, "loss": "mse_loss"}).to("json"))
    formulas = [line["formula"] for s in data["sections"] for line in s["lines"] if line["kind"] == "value"]
    assert formulas
    assert not any(sign in formula for formula in formulas for sign in "<>")
    assert wrong_lines(data) == []
