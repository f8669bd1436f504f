"""What is asked: keys, parts of arrays, patterns, expressions; what nothing asked depends on is set back."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import references
from hwsolve.pipeline import Request, read, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Form, Group, Value
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import often

SPEC = Path("problems/homework-2/2.1-backprop.yaml").read_text(encoding="utf-8")
RESNET = Path("problems/homework-3/3.3-resnet18.yaml").read_text(encoding="utf-8")


def solved(ask: Any, define: dict[str, str] | None = None, spec: str = SPEC) -> Any:
    overrides = {"ask": json.dumps(ask)} | {f"define.{k}": json.dumps(v) for k, v in (define or {}).items()}
    (problem,) = read(spec, "spec.yaml", Request(overrides))
    return work_out(problem)


def page(solution: Any, **options: Any) -> str:
    return render([solution], "plain", Options(width=80, **options))


def test_the_card_shows_what_is_asked_and_nothing_else() -> None:
    found = solved(["w@1", "v@1[1,2]", "E", "E@1"])
    assert found.asked == ("w@1", "v@1[1,2]", "E", "E@1")
    card = page(found).partition("╰")[0]
    assert "w⁺ = ⎡0.54068⎤" in card and "v₁₂⁺ = 0.13616" in card
    assert "E = 0.025538" in card and "E⁺ ≈ 0.0159766" in card
    assert "y" not in card.partition("╭")[2]


def test_the_answers_stay_whatever_is_asked() -> None:
    assert set(solved([]).answers) <= set(solved(["E"]).answers)


def test_an_expression_has_a_line_and_an_answer() -> None:
    found = solved(["(E - E@1)/E", "ratio"], {"ratio": "E@1/E"})
    loss, after = Fraction("0.025538"), Fraction("0.32124532712")
    after = (after - Fraction("0.5")) ** 2 / 2
    assert Fraction(found.answers["ratio"].value.exact) == after / loss
    assert Fraction(found.answers["(E - E@1)/E"].value.exact) == 1 - after / loss
    text = page(found)
    assert "What is asked" in text and "ratio = E⁺/E" in text and "(E − E⁺)/E ≈ 0.374398" in text
    assert "_" not in text.partition("What is asked")[2].partition("Compared")[0]
    assert wrong_lines(json.loads(render([found], "json", Options()))) == []


def test_a_star_stands_for_any_part() -> None:
    found = solved(["params.basic1.*"], spec=RESNET)
    assert found.asked and all(key.startswith("params.basic1.") for key in found.asked)
    assert found.asked == tuple(k for k in found.answers if k.startswith("params.basic1."))


def test_parts_of_arrays() -> None:
    found = solved(["v@1[1,:]", "v@1[1:2,2]"])
    texts = [[q.text for q in found.answers[key].value] for key in found.asked]
    assert texts == [["0.6226", "0.13616"], ["0.13616", "0.75424"]]


def test_digits_of_one_answer() -> None:
    text = SPEC + "ask: {E@1: {digits: 10}, y@1: {}}\n"
    (problem,) = read(text, "spec.yaml")
    assert work_out(problem).answers["E@1"].value.text == "0.01597661654"


def test_what_is_not_needed_is_set_back() -> None:
    text = page(solved(["w@1"]))
    assert "∂E/∂w =" in text and "∂E/∂v" not in text and "∂E/∂x" not in text
    assert "∂E/∂v₁₁ =" in page(solved(["w@1"]), full=True)
    assert "∂E/∂v =" in page(solved(["v@1"]))


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("prams", "There is no answer `prams`"),
        ("w@1[3,1]", "outside"),
        ("w@1[:,7]", "outside"),
        ("1/(E - E)", "division by zero"),
        ("w@1 @ x", "they do not fit"),
        ("*nothing*", "nothing"),
    ],
)
def test_what_cannot_be_asked_says_so_where_it_stands(ask: str, said: str) -> None:
    text = SPEC + f"ask:\n  - {json.dumps(ask)}\n"
    (problem,) = read(text, "spec.yaml")
    with pytest.raises(SpecFailure) as failure:
        work_out(problem)
    message = str(failure.value)
    assert (
        said in message and f"spec.yaml:{text[: text.index('  - ' + json.dumps(ask))].count(chr(10)) + 1}:5" in message
    )


def test_a_name_that_is_a_key_cannot_be_defined() -> None:
    with pytest.raises(SpecFailure, match="already"):
        solved(["E"], {"E": "y[1]"})


NUMBERS = st.fractions(-3, 3, max_denominator=20)


@settings(max_examples=30)
@given(NUMBERS, NUMBERS)
def test_an_expression_with_exp_has_30_proven_digits(a: Fraction, b: Fraction) -> None:
    spec = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [{"linear": {"out_features": 1, "weight": [[str(a)]], "bias": [str(b)]}}]},
        "input": [1],
        "ask": {"exp(z1[1])": {"digits": 30}},
    }
    found = hwsolve.solve(spec)
    value = found.answers["exp(z1[1])"].value
    with mpmath.workdps(50):
        true = mpmath.exp(mpmath.mpf(a.numerator) / a.denominator + mpmath.mpf(b.numerator) / b.denominator)
        assert abs(mpmath.mpf(value.text) - true) <= abs(true) * mpmath.mpf(10) ** -29


@pytest.mark.parametrize("asked", [["L@2", "L", "L@1"], ["L@1", "L@2", "L"]])
def test_a_number_at_several_steps_stands_in_their_order(asked: list[str]) -> None:
    """3.125 falls to 0.78125 and 0.1953125, in whatever order they are asked for; none is left out."""
    net = {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": [[0.5, -1]], "bias": False}}]}
    spec = {"kind": "backprop", "network": net, "input": [1, 2], "target": [1], "loss": "half_squared_error"}
    spec |= {"optimizer": {"sgd": {"lr": 0.1}}, "steps": 3}
    assert "L = 3.125   L⟨1⟩ = 0.78125   L⟨2⟩ = 0.1953125" in hwsolve.solve(spec | {"ask": asked}).to("plain")
    assert "L⟨2⟩ = 0.1953125   L⟨1⟩ = 0.78125" in hwsolve.solve(spec | {"ask": ["L@2", "L@1"]}).to("plain")


def test_places_of_a_map_are_no_samples() -> None:
    layer = {"conv2d": {"out_channels": 1, "kernel_size": 1, "weight": [[[[2]]]], "bias": [0]}}
    net = {"input": [1, 1, 2], "layers": [layer, "flatten"]}
    page = hwsolve.solve({"kind": "backprop", "network": net, "input": [[[[1, 2]]]], "upstream": [[1, 3]]}).to("plain")
    assert "= 1 + 3 = 4" in page and "used for every sample" not in page


@pytest.mark.parametrize("seed", range(often(8)))
def test_a_row_is_set_as_a_row_and_a_column_as_a_column(seed: int) -> None:
    """A part of a matrix stands on the page as it stands in the matrix; a part of a vector as a column."""
    dice = random.Random(seed)
    i, j = dice.randint(1, 3), dice.randint(1, 4)
    x, g = dice.sample(range(-9, 10), 4), dice.sample(range(-9, 10), 3)
    slope = [[a * b for b in x] for a in g]  # of z = w x + b by w; that by b is g
    layer = {"linear": {"out_features": 3, "weight": [[1] * 4] * 3, "bias": [1] * 3}}
    spec = {"kind": "backprop", "network": {"input": 4, "layers": [layer]}, "input": x, "upstream": g}
    for key, rows in (
        (f"dL_dw1[{i},:]", [slope[i - 1]]),
        (f"dL_dw1[{i}]", [slope[i - 1]]),
        (f"dL_dw1[{i},2:3]", [slope[i - 1][1:3]]),
        (f"dL_dw1[:,{j}]", [[row[j - 1]] for row in slope]),
        (f"dL_dw1[2:3,{j}]", [[row[j - 1]] for row in slope[1:]]),
        ("dL_db1[2:3]", [[g[1]], [g[2]]]),
    ):
        text = render([hwsolve.solve(spec | {"ask": [key]})], "plain", Options(color=False))
        card = text[: text.index("╰")].replace("−", "-")
        shown = re.findall(r"(?:[⎡⎢⎣]|= \[)([^⎤⎥⎦\]]*)[⎤⎥⎦\]]", card)
        assert [[int(n) for n in row.split()] for row in shown] == rows, (key, card)


NET: dict[str, Any] = {
    "kind": "backprop", "network": {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": [["0.1", "0.2"]], "bias": [0]}}]},
    "input": [1, 2], "target": [1], "loss": "half_squared_error",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_the_box_of_answers_has_the_order_of_the_question(seed: int) -> None:
    asked = ["L", "z1@1", "dL_db1", "b1@1", "w1[1,2]"]
    random.Random(seed).shuffle(asked)
    asked.append("L@1" if asked[-1] != "L" else "z1")
    made = hwsolve.solve(NET | {"optimizer": {"sgd": {"lr": "0.1"}}, "ask": asked})
    assert [key.removesuffix("[1]") for key in made.asked] == asked  # one unit has no symbol for the whole
    page = made.to("plain", width=300)
    box = page.partition("Asked:")[0]
    said = page.partition("Asked: ")[2].partition(".\n")[0].split(", ")
    written = [entry.split(" ")[0] for row in box.splitlines() for entry in row.strip("│ ").split("   ") if entry]
    assert [symbol for symbol in written if symbol in said] == said


def test_the_box_of_answers_has_the_order_of_a_question_that_nobody_asked() -> None:
    page = hwsolve.solve(NET).to("plain", width=300)
    assert "Asked: the output, the loss, and the gradients" in page
    box = page.partition("Asked:")[0]
    assert box.index("z⁽¹⁾ = ") < box.index("L = ") < box.index("∂L/∂w") < box.index("∂L/∂b")


WORKSHEET = """\
kind: worksheet
given: {W: [[0.5, -1], [2, 1]], x: [1, 2], r: [0.5, -0.5]}
define: {z: W @ x, a: relu(z), q: max(a), L: (q - r @ z)**2/2}
gradient_of: L
"""


@pytest.mark.parametrize("ask", [["L"], ["dL_dW"], ["dL_dW[2,1]"], ["L*2"]])
def test_a_worksheet_leads_to_what_is_asked(ask: list[str]) -> None:
    found = solved(ask, spec=WORKSHEET)
    assert found.asked == tuple(ask)
    text = page(found)
    assert ("∂L/∂W" in text) == ("dL_dW" in ask[0]) and "∂L/∂x" not in text


TEXTBOOK = ["two-layer-softmax-batch", "convolutional-network", "lstm-one-step"]


@pytest.mark.parametrize("name", TEXTBOOK)
def test_what_a_line_reads_stands_on_the_page_too(name: str) -> None:
    spec = Path(f"problems/textbook/{name}.yaml").read_text(encoding="utf-8")
    slopes = [key for key in hwsolve.solve(spec).answers if re.fullmatch(r"d[LE]_d\w+", key)]
    assert slopes
    for key in slopes[::3]:
        found = solved([key], spec=spec)
        groups = [item for step in found.sections for item in step.items if isinstance(item, Group)]
        shown = [line for group in groups if group.detail == "page" for line in group.lines]
        values = [line for line in shown if isinstance(line, Value) and not line.aside]
        there = {plain(line.key) for line in values}.union(*map(whole, shown))
        arises = {plain(line.key) for line in found.lines if isinstance(line, Value)}
        read_by = {ref for line in values for ref in references(line.formula)}
        assert {plain(ref) for ref in read_by if ref.name not in there} & arises <= there, key


def whole(line: Any) -> set[str]:
    """The key of the array of which a line gives all values."""
    head = line.links[0].formula if isinstance(line, Form) else line.key if isinstance(line, Value) else None
    return {plain(head)} if head is not None and "[" not in plain(head) else set()
