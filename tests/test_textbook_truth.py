"""Further shipped exercises state what an independent script gives, in every document and for every key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="PyTorch works the exercises out a second time")
from tests.textbook_truth import TRUTH, by_formula, truth

FOLDER = Path(__file__).parent.parent / "problems" / "textbook"


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_expected_is_what_the_script_gives(name: str) -> None:
    specs = list(yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))
    for spec, found in zip(specs, truth(name), strict=True):
        assert spec["expect"]
        for key, value in spec["expect"].items():
            stated = by_formula(value) if isinstance(value, str) else np.array(value, dtype=float)
            np.testing.assert_allclose(stated, found[key], rtol=1e-6, atol=1e-12)
