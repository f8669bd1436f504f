"""The lines for any update hold for each update that is printed, where updates were made before too."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import references
from hwsolve.solution import Form, Group

RATES = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "momentum_decay": 0.004}
RATES |= {"lambd": 0.0001, "alpha": 0.75, "t0": 5}
CASES: dict[str, dict[str, Any]] = {
    "adam": {}, "nadam": {}, "adamax": {}, "radam": {}, "asgd": {"t0": 5}, "sgd": {"lr": "0.1/(t + 1)"}
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("before", [0, 4])
def test_the_general_lines_hold(name: str, before: int) -> None:
    problem = {"kind": "optimize", "minimize": "x**2", "start": {"x": 1}, "steps": 2, "digits": 12}
    solution = hwsolve.solve(problem | {"optimizer": {name: {"lr": 0.1} | CASES[name] | {"step": before}}})
    items = [item for section in solution.sections for item in section.items]
    forms = [line for item in items if isinstance(item, Group) for line in item.lines if isinstance(line, Form)]
    held = 0
    for update in (1, 2):

        def value(symbol: str, _: tuple[int, ...], k: int = update) -> float:
            if symbol == "k":
                return k
            key = symbol.replace("@k-1", f"@{k - 1}" if k > 1 else "").replace("@k", f"@{k}")
            return RATES[key] if key in RATES else float(solution.answers[key].value.text.replace(",", ""))

        for form in forms:
            left, right = (link.formula for link in form.links[:2])
            counts = any(one.name == "k" for one in references(right))
            if counts and not left.name.startswith("d_"):  # which has cases
                assert float(evaluate(right, value)) == pytest.approx(value(left.name, ()), rel=1e-9)
                held += 1
    assert held
