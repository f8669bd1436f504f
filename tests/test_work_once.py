"""Work that would be done in vain is not begun: a page is written at the precision that its longest decimals need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flint import ctx

import hwsolve
from hwsolve.graph.explain.lines import Writer
from hwsolve.solution import Line


@pytest.mark.parametrize("units", [3, 80])
def test_no_line_is_made_before_the_digits_of_what_is_carried_are_known(
    units: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """(1 + 10⁻³⁰·tanh x) − 1 loses 100 of 128 bits: 28 are enough for a line, and too few for a carried decimal."""
    made: list[int] = []
    lines = Writer.lines

    def counted(self: Writer, name: str, *more: Any) -> Iterator[Line]:
        made.append(int(ctx.prec))
        return lines(self, name, *more)

    monkeypatch.setattr(Writer, "lines", counted)
    spec = {
        "kind": "backprop",
        "network": {
            "input": units,
            "layers": ["tanh", {"formula": "v = input*1e-30 + 1"}, {"formula": {"value": "input - 1", "output": "y"}}],
        },
        "input": [k + 1 for k in range(units)],
    }
    found = hwsolve.solve(spec)
    assert len(found.answers["y"].value) == units
    assert len(set(made)) == 1
    assert (max(made) > 128) == (units > 64)
