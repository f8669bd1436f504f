"""A page of what is asked: no step without a line, no word of what is left out, parts of arrays by their ranges."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hwsolve.answers import look_up
from hwsolve.commands.common import Common
from hwsolve.errors import CallError
from hwsolve.pipeline import Request, read, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Solution
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

UPDATED = ("homework-2/2.1-backprop", "textbook/mazur-2-2-2", "textbook/bishop-tanh-network")
OTHERS = ("textbook/two-layer-softmax-batch", "textbook/momentum-by-hand", "language/24-batch-norm")
STEP = re.compile(r"^(?:\d+ )?(\S.*)\n─+\n((?:.+\n|\n(?!.*\n─+\n))*)", re.MULTILINE)
SIGMOID = "homework-2/2.2-sigmoid"


def solved(name: str, *ask: str, **more: Any) -> Solution:
    text = Path(f"problems/{name}.yaml").read_text(encoding="utf-8")
    overrides = ({"ask": json.dumps(list(ask))} if ask else {}) | {k: json.dumps(v) for k, v in more.items()}
    return work_out(read(text, "spec.yaml", Request(overrides))[0])


def page(solution: Any, width: int = 100) -> str:
    text = render([solution], "plain", Options(width=width))
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("name", (*UPDATED, *OTHERS, SIGMOID))
def test_no_step_stands_without_a_line(name: str) -> None:
    for key in solved(name).answers:
        text = page(solved(name, key))
        steps = STEP.findall(text)
        assert steps, key
        for title, body in steps:
            assert re.search("[=≈<>⟺]|──", body), (key, title)


@pytest.mark.parametrize("name", UPDATED)
def test_nothing_is_said_of_an_update_that_nothing_asked_needs(name: str) -> None:
    keys = [key for key in solved(name).answers if "@" not in key]
    assert len(keys) > 5
    for key in [*keys, "dE_d*" if name == UPDATED[0] else keys[0]]:
        text = page(solved(name, key))
        assert "⁺" not in text and "before the update" not in text, key


def test_what_an_update_means_stays_where_one_is_on_the_page() -> None:
    text = page(solved(UPDATED[0], "E", "E@1"))
    assert "v⁺ is v after the update" in text and "not v⁺, w⁺" in text and "E⁺ ≈ 0.0159766 < 0.025538 = E" in text


@pytest.mark.parametrize("ask", [("variance", "bound/std"), ("bound/std",)])
def test_what_an_expression_of_formulas_reads_stays(ask: tuple[str, ...]) -> None:
    text = page(solved("homework-3/3.1-xavier", *ask))
    assert "r = √(3 Var W) = √(6/(M₀ + M₁))" in text and "σ = √(Var W) = √(2/(M₀ + M₁))" in text
    named = page(solved("homework-3/3.1-xavier", "variance", "q", **{"define.q": "bound/std"}))
    assert "r = √(3 Var W)" in named and "σ = √(Var W)" in named


PARTS = [("1:2,:", "1:2, ·"), ("2:3,1", "2:3, 1"), ("2:,1", "2:3, 1"), (":,2", "·, 2"), ("1:3,2", "·, 2")]


@pytest.mark.parametrize(("part", "written"), PARTS)
def test_a_part_says_its_ranges(part: str, written: str) -> None:
    found = solved(OTHERS[0], f"dL_dw1[{part}]")
    assert f"∂L/∂w⁽¹⁾[{written}]" in page(found).partition("╰")[0]


@pytest.mark.parametrize("point", [1, 2])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_point_that_is_asked_is_worked_out(point: int, order: int) -> None:
    text = page(solved(SIGMOID, f"d{order}_at[{point}]"))
    x = (0, 2)[point - 1]
    worked = text.partition("Worked out at ")[2]
    assert worked.startswith(f"x = {x}:\n  σ{'′″'[order - 1] if order else ''}({x}) = ")
    assert text.count("Worked out at ") == 1 and ("σ″" in text) == (order == 2)
    assert ("First derivative" in text) == (order > 0)


def test_every_point_that_is_asked_is_worked_out() -> None:
    whole, several = solved(SIGMOID, "d1_at[:]"), solved(SIGMOID, "d1_at[1]", "d1_at[2]")
    assert whole.asked == several.asked == ("d1_at[1]", "d1_at[2]")
    assert page(whole) == page(several) and page(whole).count("Worked out at ") == 2
    assert "_at" not in page(whole)
    assert look_up("d1_at[1]", whole.answers).exact == "1/4"


def test_an_unknown_key_says_where_all_of_them_are_listed() -> None:
    with pytest.raises(SpecFailure) as bad:
        solved(UPDATED[0], "bet")
    assert "Did you mean `beta`? `hwsolve list keys SPEC` lists all that can be asked." in str(bad.value)


def test_one_name_has_one_expression() -> None:
    with pytest.raises(CallError, match="--ask gives `r` two expressions"):
        Common(ask=("r=E", "r=y")).wishes()
    assert Common(ask=("r=E", "r=E")).wishes().overrides["define.r"] == '"E"'


@pytest.mark.parametrize("array", ["z1[1]", "z1[2]", "z2[1]", "p[1]", "p[2]", "dL_db1", "dL_dx[2]"])
def test_argmax_counts_from_1(array: str) -> None:
    name = f"argmax({array})"
    found = solved(OTHERS[0], name)
    values = [float(v.text) for v in look_up(array, found.answers)]
    place = max(range(len(values)), key=values.__getitem__) + 1  # of several equal ones the first
    assert found.answers[name].value.text == str(place)
    assert f" = {place} " in page(found).partition("╰")[0]
    assert wrong_lines(json.loads(render([found], "json", Options()))) == []


def test_argmax_of_equal_elements_is_the_first() -> None:
    more = {"define.r": "2*argmax(x) + 1"}
    assert solved(UPDATED[0], "r", **more).answers["r"].value.text == "5"
    assert solved(UPDATED[0], "r", **more, input=[0.3, 0.3]).answers["r"].value.text == "3"


@pytest.mark.parametrize("of", ["E", "v@1", "nothing", "b + 1"])
def test_argmax_of_what_has_no_single_axis_is_refused(of: str) -> None:
    with pytest.raises(SpecFailure, match="takes an array of one axis"):
        solved(UPDATED[0], f"argmax({of})")
