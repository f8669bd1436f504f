"""One maker of lines: what it refuses in each system of numbers, when it says ≈, and where each value comes from."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from flint import arb, fmpq

import hwsolve
from hwsolve.derivation.derivation import Derivation
from hwsolve.derivation.lines import Disagreement, chain, check
from hwsolve.derivation.size_lines import by_keys, counted, equal, summed
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.quantities import put_in
from hwsolve.solution import Value
from tests.conftest import ROOT
from tests.test_architecture import MODULES, module_name, part_of

KEY = Ref("y")


def reading(**values: Any) -> Any:
    return lambda name, indices: values[name]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("formula", "known", "value", "wrong"),
    [
        ("x/3 + 1", {"x": fmpq(1, 2)}, fmpq(7, 6), fmpq(7, 6) + fmpq(1, 10**30)),
        ("sqrt(x)", {"x": fmpq(2)}, arb(2).sqrt(), arb(2).sqrt() + arb(10) ** -12),
        ("exp(x)", {"x": 1.0}, 2.718281828459045, 2.7182818284590),
    ],
    ids=["rational", "ball", "float64"],
)
def test_a_value_that_its_formula_does_not_give_is_refused(formula: str, known: Any, value: Any, wrong: Any) -> None:
    check(KEY, value, parse(formula), reading(**known))
    with pytest.raises(Disagreement):
        check(KEY, wrong, parse(formula), reading(**known))


def test_a_count_that_its_formula_does_not_give_is_refused() -> None:
    for make in (
        lambda n: counted(KEY, "a*b + b", {"a": 3, "b": 4}, n),
        lambda n: by_keys(KEY, parse("k*l"), parse("4*4"), n),
        lambda n: summed(KEY, [(2, Ref("k"), 6), (1, Ref("l"), 4)], n)[-1],
    ):
        line = make(16)
        assert isinstance(line, Value) and line.quantity.value == 16
        with pytest.raises(Disagreement):
            make(17)


def test_a_polynomial_that_its_formula_is_not_is_refused() -> None:
    equal(KEY, parse("(H - 1)*(H + 1)"), parse("H**2 - 1"))
    with pytest.raises(Disagreement):
        equal(KEY, parse("(H - 1)*(H + 1)"), parse("H**2"))


def test_a_number_found_in_another_way_must_agree() -> None:
    derivation = Derivation(6, False, {})
    derivation.give("x", Number(1, 3))
    derivation.define("y", parse("3*x + sqrt(2)"), value=1 + arb(2).sqrt())
    with pytest.raises(Disagreement):
        derivation.define("z", parse("3*x + sqrt(2)"), value=arb(2).sqrt())


# ---------------------------------------------------------------- numbers put in


def shown(*forms: Formula) -> list[tuple[str, str]]:
    return [(stage.relation, plain(stage.formula)) for stage in chain(*forms)]


def test_approximately_stands_before_a_rounded_number_and_nowhere_else() -> None:
    third, half = put_in(fmpq(1, 3)), put_in(fmpq(1, 2))
    f = parse("x + 1")
    assert [r for r, _ in shown(f, Number(1, 2, "0.5"))] == ["="]  # the value itself stands at the end of a line
    for number, relation in ((third, "≈"), (half, "=")):
        stages = substituted(f, lambda node, n=number: n if node == Ref("x") else node)  # type: ignore[misc]
        assert [stage.relation for stage in stages] == ["=", relation]
    assert shown(f, f) == [("=", "x + 1")]


def test_a_branch_is_decided_behind_its_numbers() -> None:
    stages = substituted(
        parse("2*max(x, y)"),
        lambda node: Number(-3) if node == Ref("x") else node,
        parse("2*max(a, y)"),
        lambda call: Number(0),
    )
    assert [plain(stage.formula) for stage in stages] == ["2*max(a, y)", "2*max(-3, y)", "2*0"]


def test_a_branch_that_a_reason_tells_is_decided_at_once() -> None:
    put = lambda node: Number(-3) if node == Ref("x") else node  # noqa: E731
    stages = substituted(parse("2*relu(x)"), put, parse("2*relu(a)"), lambda call: Number(0))
    assert [plain(stage.formula) for stage in stages] == ["2*relu(a)", "2*0"]


def test_a_lone_number_is_no_link() -> None:
    stages = substituted(parse("-x"), lambda node: Number(3) if node == Ref("x") else node)
    assert [plain(stage.formula) for stage in stages] == ["-x"]


# ---------------------------------------------------------------- where values come from

NET = {
    "kind": "backprop",
    "network": {
        "input": 2,
        "layers": [
            {"linear": {"out_features": 2, "weight": [[0.1, 0.2], [0.3, 0.4]], "bias": [0, 1]}},
            "tanh",
            {"linear": {"out_features": 1, "weight": [[1, -1]], "bias": [0.5]}},
        ],
    },
    "input": [1, 2],
    "target": [1],
    "loss": "mse_loss",
    "optimizer": {"sgd": {"lr": 0.1}},
}


def origins(spec: Any) -> dict[str, Any]:
    data = json.loads(hwsolve.solve(spec).to("json"))
    lines = [line for section in data["sections"] for line in section["lines"]]
    return {line["key"]: line.get("origin") for line in lines if line["kind"] == "value"}


def test_a_value_of_a_network_names_its_operation_its_slot_and_its_rule() -> None:
    found = origins(NET)
    assert None not in found.values()
    assert found["z1[1]"] == ["Affine", "y", "formula"]
    assert found["a1[2]"] == ["tanh", "y", "formula"]
    assert found["dL_dz1[1]"] == ["tanh", "x", "derived"]
    assert found["dL_dw2[1,2]"] == ["Affine", "w", "derived"]
    assert found["dL_db1[1]"] == ["Affine", "b", "derived"]
    assert found["w1@1[1,1]"][1:] == ["y", "update"]


def test_what_two_consumers_add_up_names_both() -> None:
    found = origins({"kind": "backprop", "network": {"input": 2, "layers": ["tanh", {"residual": {"body": ["relu"], "shortcut": ["sigmoid"]}}]},
                     "input": [1, 2], "upstream": [1, 1]})  # fmt: skip
    assert {"relu+sigmoid", "sigmoid+relu"} & {origin[0] for origin in found.values()}


@pytest.mark.parametrize(
    ("spec", "key", "origin"),
    [
        ("models/resnet18.yaml", "params.conv1", ["conv2d", "params", "formula"]),
        ("models/resnet18.yaml", "params", ["network", "params", "formula"]),
        ("homework-3/3.1-xavier.yaml", "moment", ["initialization", "moment", "integral"]),
        ("homework-3/3.1-xavier.yaml", "gain.torch", ["initialization", "gain.torch", "formula"]),
        ("homework-2/2.2-sigmoid.yaml", "d1_at[1]", ["diff", "d1", "formula"]),
    ],
)
def test_values_of_other_kinds_name_theirs(spec: str, key: str, origin: list[str]) -> None:
    found = origins(str(ROOT / "problems" / spec))
    assert found[key] == origin


def test_a_given_formula_has_no_origin() -> None:
    found = origins({"kind": "derivative", "function": "x**2", "wrt": "x", "at": [{"x": "sqrt(2)"}]})
    assert found["x"] is None and found["d1_at[1]"] is not None


# ---------------------------------------------------------------- nobody else makes lines


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_lines_are_made_in_one_package(path: Any) -> None:
    if part_of(module_name(path)) in ("derivation", "render"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "hwsolve.solution":
            made = {alias.name for alias in node.names} & {"Value", "Identity"}
            calls = {n.func.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_call(n)}
            assert not made & calls


def is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
