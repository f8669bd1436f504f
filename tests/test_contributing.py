"""The layer that docs/contributing.md adds in one file works as it is printed there."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
HEAD = "from typing import ClassVar\nfrom hwsolve.layers.activation import Activation\n"


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    block = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert block
    module = ModuleType("squared_relu_of_the_page")
    sys.modules[module.__name__] = module
    exec(HEAD + textwrap.dedent(block[1]), module.__dict__)
    LAYERS["squared_relu"] = f"{module.__name__}:SquaredReLU"
    layer_class.cache_clear()
    yield
    del LAYERS["squared_relu"], sys.modules[module.__name__]
    layer_class.cache_clear()


@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_it_is_computed_and_differentiated(numbers: str) -> None:
    problem: dict[str, Any] = {
        "kind": "backprop",
        "network": {"input": [3], "layers": ["squared_relu"]},
        "input": ["0.75", "0.25", "-1"],
        "upstream": [2, 3, 4],
        "numbers": numbers,
    }
    answers = hwsolve.solve(problem).answers
    assert [float(v.value) for v in answers["a0"].value] == [0.5625, 0.0625, 0]
    assert [float(v.value) for v in answers["dL_dx"].value] == [3, 1.5, 0]


def test_its_operations_are_counted() -> None:
    problem = {"kind": "complexity", "network": {"input": 3, "layers": [{"linear": 4}, "squared_relu"]}}
    assert hwsolve.solve(problem).answers["backward.cmp"].value.value == 4
