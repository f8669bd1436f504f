"""The page of an initialization: any input has its own argument, which rests on all that is assumed and on no more."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.language import Message
from hwsolve.pipeline import read, work_out
from hwsolve.solution import Group, Identity, Let, Note, Sentence, Solution, Table
from hwsolve.spec.report import SpecFailure
from tests.conftest import ROOT
from tests.initialization_specs import random_spec
from tests.line_check import answers_without_line, wrong_lines

SHIPPED = [
    *(ROOT / "problems" / "homework-3").glob("3.[12]*.yaml"),
    *(ROOT / "problems" / "textbook" / f"{name}.yaml" for name in ("glorot-sigmoid", "pytorch-linear-default")),
]


def solve(**spec: Any) -> Solution:
    whole = {"kind": "initialization", "layer": {"linear": "m"}, "input": "n"} | spec
    (problem,) = read(json.dumps(whole), "<test>")
    return work_out(problem)


def messages(value: Any) -> list[Message]:
    """Every template of a document, those at places of others too."""
    if isinstance(value, Message):
        return [value, *[m for v in value.values.values() for m in messages(v)]]
    if isinstance(value, Sentence | Note):
        return messages(value.text)
    if isinstance(value, Group):
        return messages(value.reason)
    if isinstance(value, Table):
        return [m for part in (value.title, *value.columns) for m in messages(part)]
    return []


def templates(solution: Solution) -> set[str]:
    found = [m for s in solution.sections for item in (s.title, *s.items) for m in messages(item)]
    found += [m for note in solution.notes for m in messages(note)]
    return {m.template for m in found}


def random_solutions(count: int) -> list[tuple[dict[str, Any], Solution]]:
    found = []
    for seed in range(count):
        spec = random_spec(seed)
        try:
            (problem,) = read(json.dumps(spec), "<test>")
            found.append((spec, work_out(problem)))
        except SpecFailure:
            continue
    return found


@pytest.fixture(scope="module")
def many() -> list[tuple[dict[str, Any], Solution]]:
    return random_solutions(40)


def test_no_sentence_holds_mathematics_or_numbers_of_its_own(many: list[tuple[dict[str, Any], Solution]]) -> None:
    for _, solution in many:
        for template in templates(solution):
            text = re.sub(r"\{\w+\}", "", template)
            assert not set(text) & set("=≈<>Σ∂∫⟺²√"), template
            assert not re.search(r"(?<![\w])\d", text.replace("float64", "")), template


def test_every_sentence_is_said_of_more_than_one_input(many: list[tuple[dict[str, Any], Solution]]) -> None:
    fixed = [
        solve(activation=a, gain="torch", mode=m)
        for a in ("tanh", "sigmoid", "selu", "relu")
        for m in ("fan_in", "average")
    ]
    fixed += [solve(activation=a, gain="linear", mode=m) for a in ("tanh", "sigmoid") for m in ("fan_in", "average")]
    fixed += [solve(activation=a, mode=m) for a in ("identity", "2*x") for m in ("fan_in", "average")]
    fixed += [solve(activation=a, gain=2, mode="fan_out") for a in ("relu", "abs(x)")]
    counted: dict[str, int] = {}
    for solution in [*(s for _, s in many), *fixed]:
        for template in templates(solution):
            counted[template] = counted.get(template, 0) + 1
    assert [t for t, n in counted.items() if n < 2] == []


def test_pages_show_no_keys_and_no_braces(many: list[tuple[dict[str, Any], Solution]]) -> None:
    from hwsolve.render import Options, render

    for spec, solution in many:
        if "if(" in str(spec["activation"]):
            continue  # what was typed with cases is shown with them
        page = render([solution], "plain", Options())
        body = page[: page.find("Note:")] if "Note:" in page else page
        for wrong in ("{", "_at", "_below", "_above", "moment", "variance.", "growth", "spread", "nan", "− 1 + 1"):
            assert wrong not in body, (wrong, spec)
        assert not re.search(r"[a-z_]{2,}\.[a-z_]{2,}", body), spec


def test_the_mode_decides_which_direction_is_kept_and_a_stated_gain_shows_no_other() -> None:
    sides = {"fan_in": ("Var(z_above", "Var(delta_below"), "fan_out": ("Var(delta_below", "Var(z_above")}
    for mode, (there, gone) in sides.items():
        shown = as_json(solve(activation="relu", mode=mode, gain=1.5))["sections"]
        left = " ".join(line["lhs"] for s in shown for line in s["lines"] if line["kind"] == "identity")
        assert there in left and gone not in left
        derived = as_json(solve(activation="relu", mode=mode))["sections"]
        at = [
            next(n for n, s in enumerate(derived) for line in s["lines"] if line.get("lhs", "").startswith(side))
            for side in (there, gone)
        ]
        assert at[0] < at[1]
    for gain in ("derived", 1.5):
        both = as_json(solve(activation="relu", mode="average", gain=gain))["sections"]
        left = " ".join(line["lhs"] for s in both for line in s["lines"] if line["kind"] == "identity")
        assert all(side in left for side in sides["fan_in"])


WEIGHTS, SIGNALS, ERRORS = "E(W) == 0", "b == 0", "E(delta) == 0"
NORMAL = EVEN = {WEIGHTS, "normal(z_below)"}  # the normal law stands for the symmetric ones
ASSUMED = {
    ("tanh", "average", "linear"): {WEIGHTS, "E(a) == 0", SIGNALS, ERRORS, "linear(tanh)"},
    ("tanh", "fan_in", "linear"): {WEIGHTS, "E(a) == 0", SIGNALS, ERRORS, "linear(tanh)"},
    ("tanh", "fan_out", "linear"): {WEIGHTS, "E(a) == 0", SIGNALS, ERRORS, "linear(tanh)"},
    ("relu", "fan_in", "derived"): {*EVEN, SIGNALS, ERRORS},
    ("relu", "fan_out", "derived"): {*EVEN, SIGNALS, ERRORS},
    ("relu", "fan_in", 2): {*EVEN, SIGNALS},
    ("relu", "fan_out", 2): {*EVEN, SIGNALS, ERRORS},
    ("gelu", "average", "derived"): {*NORMAL, SIGNALS, ERRORS},
    ("gelu", "fan_in", "derived"): {*NORMAL, SIGNALS, ERRORS},
    ("sigmoid", "fan_in", "torch"): {*NORMAL, SIGNALS},
    ("identity", "fan_out", "derived"): {WEIGHTS, "E(z_below) == 0", SIGNALS, ERRORS},
    ("2*x", "fan_in", "derived"): {WEIGHTS, "E(z_below) == 0", SIGNALS, ERRORS},
    ("identity", "average", "linear"): {WEIGHTS, "E(a) == 0", SIGNALS, ERRORS},
    ("relu6", "fan_out", 2): {*NORMAL, ERRORS},
    ("step(x)", "fan_in", "derived"): {*NORMAL, SIGNALS},  # no error comes through
}


def as_json(solution: Solution) -> dict[str, Any]:
    from hwsolve.render import Options, render

    data: dict[str, Any] = json.loads(render([solution], "json", Options()))
    return data


def assumed(document: dict[str, Any]) -> set[str]:
    return {line["formula"] for s in document["sections"] for line in s["lines"] if line["kind"] == "assume"}


@pytest.mark.parametrize("case", ASSUMED, ids=str)
def test_what_is_assumed(case: tuple[str, str, Any]) -> None:
    activation, mode, gain = case
    document = as_json(solve(activation=activation, mode=mode, gain=gain))
    assert assumed(document) == ASSUMED[case]


LIGHT = [case for case in ASSUMED if case[1] != "average" and case[0] not in ("relu6", "gelu")]


@pytest.mark.parametrize("case", LIGHT, ids=str)
def test_without_any_one_assumption_a_line_fails(case: tuple[str, str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the JSON: the independent reader refuses it."""
    from tests import line_check

    activation, mode, gain = case
    document = as_json(solve(activation=activation, mode=mode, gain=gain))
    assert line_check.wrong_at(document, 7, 50) == []
    for dropped in assumed(document):
        other = json.loads(json.dumps(document))
        for section in other["sections"]:
            for part in section["body"]:
                part.pop("claims", None)  # a sentence that says it is no line that needs it
            section["lines"] = [x for x in section["lines"] if x["kind"] != "assume" or x["formula"] != dropped]
        assert line_check.wrong_at(other, 7, 50) != [], dropped


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "average"])
@pytest.mark.parametrize("activation", ["relu", {"leaky_relu": 0.2}, "gelu", "2*x", "softplus", "tanh", "x + 1"])
def test_only_a_symmetric_argument_asks_for_symmetric_weights(activation: Any, mode: str) -> None:
    solution = solve(activation=activation, mode=mode)
    said = templates(solution)
    asked = any("symmetric about zero and have this variance" in text for text in said)
    renewed = [kind for kind in ("distributed symmetrically", "nearly normal") if any(kind in text for text in said)]
    assert asked is any("symmetrically about zero, so that" in text for text in said)
    assert asked is any("has a density" in text and "symmetric about zero" in text for text in said)
    normal = not asked and "normal(z_below)" in assumed(as_json(solution))
    assert renewed == (["distributed symmetrically"] if asked else ["nearly normal"] if normal else [])


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("activation", ["relu", {"prelu": {"init": "s"}}, "2*x", "x + 1", "elu", "identity"])
def test_the_factor_of_the_other_direction_is_worked_out(activation: Any, mode: str) -> None:
    """Independent of the page: fan · Var W · the mean square, by numbers."""
    sizes = {"layer": {"linear": 6}, "input": 4, "mode": mode, "activation": activation}
    lines = [line for s in as_json(solve(**sizes))["sections"] for line in s["lines"]]
    side, fan, moment = ("backward", 6, "moment.backward") if mode == "fan_in" else ("forward", 4, "moment")
    found = hwsolve.solve({"kind": "initialization", **sizes}).answers
    (line,) = [line for line in lines if line.get("key") == f"growth.{side}"]
    assert line["rule"].startswith("with this Var W")
    values = [hwsolve_number(found[key].value) for key in (f"growth.{side}", "variance", moment)]
    if all(values):
        assert values[0] == pytest.approx(fan * values[1] * values[2], rel=1e-4)


def hwsolve_number(value: Any) -> float:
    return float(value.text) if hasattr(value, "text") else 0.0


@pytest.mark.parametrize("sizes", [("n", "n"), (8, 8), ("n", "m"), (8, 9)], ids=str)
def test_that_both_conditions_cannot_hold_is_said_only_where_they_differ(sizes: tuple[Any, Any]) -> None:
    said = templates(solve(layer={"linear": sizes[1]}, input=sizes[0], activation="relu", mode="average"))
    assert any("both cannot hold" in text for text in said) is (sizes[0] != sizes[1])
    assert any("ask for the same, also" in text for text in said) is (sizes[0] == sizes[1])


def test_no_answer_is_only_named_and_every_symbol_is_a_formula_but_the_gain(
    many: list[tuple[dict[str, Any], Solution]],
) -> None:
    for _, solution in many:
        lets = {let.key.name for s in solution.sections for let in s.lines if isinstance(let, Let)}  # type: ignore[attr-defined]
        assert not lets & solution.answers.keys()
        assert all(
            isinstance(f, Formula) for key, f in solution.symbols.items() if key.partition(".")[0] != "gain"
        )  # a word
        assert set(solution.asked) <= solution.answers.keys()


def test_a_tampered_condition_is_refused() -> None:
    document = as_json(solve(activation={"prelu": {"init": "s"}}))
    lines = [
        line for s in document["sections"] for line in s["lines"] if line["kind"] == "identity" and line.get("links")
    ]
    conditions = [line for line in lines if line["links"][0][0] == "⟺"]
    assert conditions
    for line in conditions:
        for link in line["links"]:
            before = link[1]
            link[1] = before.replace("2", "3", 1) if "2" in before else before + " + 1"
            assert wrong_lines_once(document) != []
            link[1] = before


def wrong_lines_once(document: dict[str, Any]) -> list[str]:
    from tests import line_check

    return line_check.wrong_at(document, 7, 50)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_line_of_a_shipped_problem_holds(path: Any) -> None:
    for problem in read(path.read_text(encoding="utf-8"), str(path)):
        document = as_json(work_out(problem))
        assert wrong_lines_once(document) == [] and answers_without_line(document) == []


@pytest.mark.parametrize("seed", range(0, 9, 4))
def test_every_line_of_a_random_problem_holds(seed: int) -> None:
    try:
        document = json.loads(hwsolve.solve(random_spec(seed)).to("json"))
    except SpecFailure:
        return
    assert wrong_lines(document) == []


def test_a_letter_of_the_problem_is_not_taken_for_another_thing() -> None:
    solution = solve(layer={"linear": "W"}, input="a", activation={"prelu": {"init": "b"}})
    lines = [line for s in solution.sections for line in s.lines if isinstance(line, Identity | Let)]
    assert solution.symbols["variance"] == Call("Var", (Ref("V"),)) and lines


@pytest.mark.parametrize(
    ("activation", "module", "slope"), [("prelu", "PReLU", "weight"), ("leaky_relu", "LeakyReLU", "negative_slope")]
)
def test_a_slope_with_only_a_name_is_tried_with_that_of_pytorch(activation: str, module: str, slope: str) -> None:
    torch = pytest.importorskip("torch")
    usual = float(getattr(getattr(torch.nn, module)(), slope))
    spec = {"kind": "initialization", "layer": {"linear": 30}, "input": 50}
    named = hwsolve.solve(spec | {"activation": {activation: "a"}})
    gain = torch.nn.init.calculate_gain("leaky_relu", usual)
    assert float(named.answers["gain.usual"].value.text) == pytest.approx(gain, rel=1e-4)
    assert float(named.answers["variance.usual"].value.text) == pytest.approx(gain**2 / 50, rel=1e-4)
    learned = "it is learned" in named.to("plain", width=300)
    assert learned is bool(list(getattr(torch.nn, module)().parameters()))


@pytest.mark.parametrize(("mode", "told", "not_told"), [("fan_in", "N", "M"), ("fan_out", "M", "N")])
def test_the_box_explains_the_names_that_stand_in_it(mode: str, told: str, not_told: str) -> None:
    spec = {"kind": "initialization", "layer": {"linear": "M"}, "input": "N", "activation": "relu", "mode": mode}
    page = hwsolve.solve(spec).to("plain", width=300)
    box = page.partition("╰")[0]
    assert f"{told} values" in box and f"{not_told} values" not in box
    other = page.partition("What becomes of the ")[2]
    assert f"= {not_told}/{told} " in other and f"would be kept by a Var W of 2/{not_told}." in other
