"""The line check itself: it takes what is right and finds what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.line_check import wrong_lines


def value(key: str, formula: str, relation: str, text: Any) -> dict[str, Any]:
    return {"kind": "value", "key": key, "formula": formula, "relation": relation, "value": text}


def identity(lhs: str, rhs: str, **free: str) -> dict[str, Any]:
    return {"kind": "identity", "lhs": lhs, "rhs": rhs, "free": free}


def solution(*lines: dict[str, Any], answers: dict[str, Any] | None = None) -> dict[str, Any]:
    given = [{"key": "x[1]", "value": "0.2"}, {"key": "x[2]", "value": "0.3"}, {"key": "w@1[1,2]", "value": "-1.5"}]
    return {"given": given, "sections": [{"lines": list(lines)}], "answers": answers or {}}


RIGHT = [
    value("z", "x[1] + w@1[1,2]*x[2]", "=", "-0.25"),
    value("z", "x[1]**2 - -x[2]", "=", "0.34"),
    value("z", "sigmoid(0)", "=", "0.5"),
    value("z", "1/3*x[1]", "≈", "0.0666667"),
    value("z", "sigmoid(x[1])", "≈", "0.549834"),
    value("z", "d_tanh(x[2])", "≈", "0.915137"),
    value("z", "Sum(x[j]*Sum(j*k, k, 1, j), j, 1, 2)", "=", "2"),
    value("z", "if(x[1] < x[2], 7*1, 8)", "=", "7"),
    value("z", "Max(x[j], j, 1, 2) - max(x[1], x[2])", "=", "0"),
    value("params.conv1", "floor(7/2)*2 + 10**18", "=", "1000000000000000006"),
    value("z", "2*x + 1", "=", ["1.4", "1.6"]),
    value("z", "outer(x, x/3)", "≈", [["0.0133333", "0.02"], ["0.02", "0.03"]]),
    value("z", "T(outer(x, x)) @ x + odot(x, x)", "=", ["0.066", "0.129"]),
    value("z", "x[1]*T(x)", "=", [["0.04", "0.06"]]),
    value("z", "T(x) @ x", "=", ["0.13"]),
    value("z", "diag(x) + rows(x)", "=", [["0.4", "0.3"], ["0.2", "0.6"]]),
    identity("(x + 1)**2", "x**2 + 2*x + 1", x="real"),
    identity("L*(n*n)", "L*n**2", L="size", n="size"),
    identity("diff(log(x), x)", "1/x", x="positive"),
    identity("diff(sin(x), x, 2)", "-sin(x)", x="real"),
    identity("diff(Sum(y[j]**2, j, 1, C), y[k])", "2*y[k]", C="size", k="index"),
    identity("Sum(delta(i, k)*y[i], i, 1, C)", "y[k]", C="size", k="index"),
    identity("integral(normal_pdf(t)*t**2, t, -inf, inf)", "a/a", a="positive"),
    {"kind": "carried", "key": "v", "value": "0.123456789012345678901234567890"},
    {"kind": "text", "shown": "prose"},
]
BROKEN = [
    value("z", "x[1] + x[2]", "=", "0.51"),
    value("z", "0.5", "=", "0.5"),
    value("z", "-0.5", "=", "-0.5"),
    value("z", "x[3]*1", "=", "0.5"),
    value("x[1]", "x[2]*1", "=", "0.3"),
    value("z", "sigmoid(x[1])", "=", "0.549834"),
    value("z", "sigmoid(x[1])", "≈", "0.549835"),
    value("z", "sigmoid(x[1])", "≈", "0.55"),
    value("z", "1/(x[1] - x[1])", "=", "1"),
    value("z", "x[1] +", "=", "0.2"),
    value("z", "unknown(x[1])", "=", "0.2"),
    value("z", "x[1] < x[2]", "=", "1"),
    value("z", "__import__('os')", "=", "1"),
    value("z", "x[1]*1", "~", "0.2"),
    value("z", "x[1]*10000", "=", "2,000"),
    value("z", "2*x", "=", ["0.4", "0.61"]),
    value("z", "2*x", "=", ["0.4", "0.6", "0"]),
    value("z", "x/3", "≈", ["0.0666667", "0.101"]),
    value("z", "diag(x) + x", "=", [["0.4", "0.3"], ["0.2", "0.6"]]),
    value("z", "x @ outer(x, x) @ outer(x, 1)", "=", ["0", "0"]),
    value("z", "T(x)", "=", ["0.2", "0.3"]),
    value("z", "T(x) + x", "=", ["0.4", "0.6"]),
    value("z", "T(x[1])", "=", "0.2"),
    identity("x + 1", "x + 1", x="real"),
    identity("abs(x)", "x", x="real"),
    identity("floor(n/2)*2", "n", n="size"),
    identity("Sum(y[j], j, 1, C)", "Sum(y[j], j, 1, C - 1)", C="size"),
    identity("delta(i, k)", "0*i", i="index", k="index"),
    {"kind": "other", "key": "v"},
]


@pytest.mark.parametrize("line", RIGHT, ids=lambda line: str(line.get("formula") or line.get("lhs")))
def test_a_right_line_passes(line: dict[str, Any]) -> None:
    assert wrong_lines(solution(line)) == []


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: str(line.get("formula") or line.get("lhs")))
def test_a_wrong_line_is_found(line: dict[str, Any]) -> None:
    assert len(wrong_lines(solution(line))) == 1


def test_an_answer_must_equal_its_line() -> None:
    line = value("z[1]", "x[1] + x[2]", "=", "0.5")
    assert wrong_lines(solution(line, answers={"z": {"value": [0.5]}})) == []
    assert len(wrong_lines(solution(line, answers={"z": {"value": [0.6]}}))) == 1
