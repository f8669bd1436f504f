"""Problems from texts: kinds, common fields, values set from outside, schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated, Any

import msgspec
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from hwsolve.formula.tree import Call, Number, Ref
from hwsolve.language import say
from hwsolve.spec.fields import ArrayField, Count, ListOf, RecordField, Size, Text
from hwsolve.spec.load import as_text, load
from hwsolve.spec.named import NamedField
from hwsolve.spec.problem import Problem
from hwsolve.spec.report import Report, SpecFailure
from hwsolve.spec.schema import schema
from hwsolve.spec.terms import LAYER as LAYER_TERMS


class Dense(msgspec.Struct, frozen=True, kw_only=True):
    """A dense layer."""

    units: Size
    note: Text = ""


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing."""

    length: Count = 1


LAYER = NamedField(LAYER_TERMS, {"dense": Dense, "pause": Pause})


class Net(msgspec.Struct, frozen=True, kw_only=True):
    """Layers."""

    layers: Annotated[tuple[Any, ...], ListOf(LAYER)]


class Sample(Problem, kw_only=True):
    """A problem of the tests."""

    net: Annotated[Net, RecordField(Net)] | None = None
    x: Annotated[Any, ArrayField()] = None
    steps: Count = 1
    loss: Annotated[Any, LAYER] = None


def check(problem: Any, report: Report) -> None:
    if problem.steps == 13:
        report.add(problem.node.entries["steps"][1], "steps", say("Not this number."))


KINDS: dict[str, type[Problem]] = {"sample": Sample}


def problems(text: str | bytes, **more: Any) -> list[Any]:
    return load(text, "t.yaml", KINDS.get, KINDS, check=check, **more)


def one(text: str | bytes, **more: Any) -> Any:
    (problem,) = problems(text, **more)
    return problem


def errors(text: str | bytes, **more: Any) -> str:
    with pytest.raises(SpecFailure) as failure:
        problems(text, **more)
    return str(failure.value)


SPEC = """\
kind: sample
title: {en: A net, zh: 网络}
net:
  layers: [dense: 2, dense: {units: n}, pause]
steps: 3
loss: {dense: {units: 1}}
expect: {E: 0.0250, w: [[1, 1/3], [n**2, 4]], "a + b": {value: 2, tolerance: 1e-3}}
published: {E: {stated: 2.6e-2, source: "Slide 4"}, p: 6.4e9}
digits: 8
"""


def test_the_common_fields() -> None:
    problem = one(SPEC)
    assert (problem.kind, problem.source, problem.digits, problem.numbers) == ("sample", "t.yaml", 8, "exact")
    assert problem.title == {"en": "A net", "zh": "网络"}
    E, w, total = problem.expect.values()
    assert (E.value, E.text, E.tolerance, E.at) == (Number(1, 40), "0.0250", None, "t.yaml:7:13")
    assert w.value == ((Number(1), Number(1, 3)), (Call("**", (Ref("n"), Number(2))), Number(4)))
    assert w.text == (("1", "1/3"), ("n**2", "4"))
    assert (total.value, total.text, total.tolerance) == (Number(2), "2", Number(1, 1000))
    assert list(problem.expect) == ["E", "w", "a + b"]
    stated = problem.published["E"]
    assert (stated.value, stated.text, stated.source) == (Number(13, 500), "2.6e-2", "Slide 4")
    assert problem.published["p"].value == Number(6_400_000_000)


def test_several_problems_and_all_their_errors() -> None:
    assert [p.steps for p in problems("kind: sample\n---\nkind: sample\nsteps: 2\n")] == [1, 2]
    shown = errors("kind: sample\nsteps: x\n---\nkind: sampel\n---\nkind: sample\nsteps: 13\n")
    assert "t.yaml:2:8" in shown and "Did you mean `sample`?" in shown and "t.yaml:7:8: Not this number." in shown


def test_checks_of_the_whole_come_only_after_fields_that_are_right() -> None:
    assert "Not this number" not in errors("kind: sample\nsteps: 13\ndigits: 0\n")


def test_a_kind_from_outside() -> None:
    assert one("steps: 2", kind="sample").steps == 2
    assert "of the kind `sample`, not `other`" in errors("kind: sample", kind="other")
    assert "`kind` is missing" in errors("steps: 2")


@pytest.mark.parametrize(
    "path, value, where, expected",
    [
        ("steps", "7", lambda p: p.steps, 7),
        ("digits", "3", lambda p: p.digits, 3),
        ("net.layers[1].units", "5", lambda p: p.net.layers[0].units, 5),
        ("net.layers[1].note", "five", lambda p: (p.net.layers[0].units, p.net.layers[0].note), (2, "five")),
        ("net.layers[2].units", "5", lambda p: p.net.layers[1].units, 5),
        ("net.layers[3].length", "4", lambda p: p.net.layers[2].length, 4),
        ("net.layers[3]", "{dense: 9}", lambda p: p.net.layers[2].units, 9),
        ("net.layers", "[dense: 1]", lambda p: len(p.net.layers), 1),
        ("loss.units", "6", lambda p: p.loss.units, 6),
        ("loss.dense.units", "6", lambda p: p.loss.units, 6),
        ("x", "[1, 0.5]", lambda p: p.x.values, (Number(1), Number(1, 2))),
        ("expect.E", "1", lambda p: p.expect["E"].at, "--set expect.E=1"),
    ],
)
def test_a_value_from_outside(path: str, value: str, where: Any, expected: Any) -> None:
    assert where(one(SPEC, overrides={path: value})) == expected


@pytest.mark.parametrize(
    "path, value, part",
    [
        ("stepz", "7", "--set stepz=7: Unknown key `stepz`."),
        ("steps", "-7", "--set steps=-7: Expected a whole number"),
        ("steps", "[1", "--set steps=[1: Expected `,` or `]`"),
        ("net.layers[9].units", "5", "There is no item [9] here: the list has 3."),
        ("net.layers[0].units", "5", "hint: Items are counted from 1."),
        ("expekt.E", "5", "--set expekt.E=5: Unknown key `expekt`.\n  at expekt\n  hint: Did you mean `expect`?"),
        ("net.layerz[1].units", "5", "There is no key `layerz` here."),
        ("steps.x", "5", "not a mapping"),
        ("[1]", "5", "is not a path"),
        ("a..b", "5", "is not a path"),
        ("", "5", "is not a path"),
        ("net.layers[1].units", "0", "at net.layers[1].dense.units"),
    ],
)
def test_a_wrong_value_from_outside(path: str, value: str, part: str) -> None:
    assert part in errors(SPEC, overrides={path: value})


def test_a_mapping_that_a_spec_lacks_is_made() -> None:
    assert one("kind: sample\n", overrides={"expect.E": "1"}).expect["E"].value == Number(1)


def test_data_of_python_as_text() -> None:
    data = {"kind": "sample", "title": "反", "x": np.array([[1, 2], [3, 4]]), "digits": 3, "expect": {"w@1[1]": 1e-7}}
    problem = one(as_text(data))
    assert problem.x.shape == (2, 2) and problem.expect["w@1[1]"].value == Number(1, 10**7) and problem.title == "反"
    assert len(problems(as_text([data, data]))) == 2
    assert "`x`" in errors(as_text({"kind": "sample", "steps": "x"}))


def test_the_schema_takes_right_specs_and_refuses_wrong_ones() -> None:
    made = schema(KINDS)
    Draft202012Validator.check_schema(made)
    json.dumps(made)
    validator = Draft202012Validator(made)
    layers = [{"dense": 2}, {"dense": {"units": "n"}}, "pause", {"pause": {"length": "1_0"}}]
    right = {
        "kind": "sample",
        "title": {"en": "A"},
        "net": {"layers": layers},
        "expect": {"E": [1, "1/3"]},
        "digits": 4,
    }
    assert list(validator.iter_errors(right)) == []
    for wrong in (
        {},
        {"kind": "sampel"},
        right | {"net": {"layers": [{"dense": {"unit": 2}}]}},
        right | {"net": {}},
        right | {"digits": 0},
        right | {"title": {"fr": "A"}},
        right | {"solver": 1},
        right | {"expect": {"E": {"tolerance": 1}}},
    ):
        assert list(validator.iter_errors(wrong)), wrong


def test_the_schema_of_several_kinds() -> None:
    made = schema({"sample": Sample, "other": Problem})
    validator = Draft202012Validator(made)
    assert list(validator.iter_errors({"kind": "sample", "steps": 2})) == []
    assert list(validator.iter_errors({"kind": "other"})) == []
    assert list(validator.iter_errors({"kind": "other", "steps": 2}))
    assert list(validator.iter_errors({"kind": "third"}))


@pytest.mark.parametrize("module", ["numpy", "flint", "sympy", "rich", "typer", "difflib", "hwsolve.formula.parse"])
def test_reading_is_light(module: str) -> None:
    code = f"""
import sys
from hwsolve.spec.load import load
from hwsolve.spec.problem import Problem
load("kind: a\\nexpect: {{E: 0.5}}\\n", "t", lambda kind: Problem)
print({module!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_light_reader_would_be_noticed_to_be_heavy() -> None:
    code = "import sys; import hwsolve.spec.load; print('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
