"""The shipped exercises on wiring state what an independent script in PyTorch gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="PyTorch works the exercises out a second time")
from tests.wiring_truth import TRUTH

FOLDER = Path(__file__).parent.parent / "problems" / "textbook"


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_expected_is_what_the_script_gives(name: str) -> None:
    expected: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["expect"]
    found = TRUTH[name]()
    assert len(expected) >= 5
    for key, value in expected.items():
        np.testing.assert_allclose(np.array(value, dtype=float), found[key].detach(), rtol=1e-6, atol=1e-12)
