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
    module = ModuleType("hard_shrink_of_the_page")
    exec(HEAD + textwrap.dedent(block[1]), module.__dict__)
    sys.modules[module.__name__] = module
    LAYERS["hard_shrink"] = f"{module.__name__}:HardShrink"
    layer_class.cache_clear()
    yield
    del LAYERS["hard_shrink"], sys.modules[module.__name__]
    layer_class.cache_clear()


@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_it_is_computed_and_differentiated(numbers: str) -> None:
    problem: dict[str, Any] = {
        "kind": "backprop",
        "network": {"input": [3], "layers": ["hard_shrink"]},
        "input": ["0.75", "0.25", "-1"],
        "upstream": [2, 3, 4],
        "numbers": numbers,
    }
    answers = hwsolve.solve(problem).answers
    assert [float(v.value) for v in answers["a0"].value] == [0.75, 0, -1]
    assert [float(v.value) for v in answers["dL_dx"].value] == [2, 0, 4]


def test_its_operations_are_counted() -> None:
    problem = {"kind": "complexity", "network": {"input": 3, "layers": [{"linear": 4}, "hard_shrink"]}}
    assert hwsolve.solve(problem).answers["backward.cmp"].value.value == 4
