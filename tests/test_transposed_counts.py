"""The products of a transposed convolution are counted from the side of what comes in, and the page says so."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render


def solved(kind: str, settings: dict[str, Any], size: list[int]) -> Any:
    spec: dict[str, Any] = {"kind": kind, "network": {"input": size, "layers": [{"conv_transpose2d": settings}]}}
    spec |= {"count": {"macs": "matmul"}} if kind == "count-params" else {}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return work_out(problem)


def number(solution: Any, key: str) -> int:
    return int(solution.answers[key].value.value)


def test_each_cell_meets_all_weights_of_its_channel() -> None:
    """As torch counts it, for any stride, padding, dilation and groups; and by loops over what comes in."""
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    draw = random.Random(3)
    for _ in range(25):
        groups = draw.choice([1, 2])
        settings: dict[str, Any] = {"out_channels": groups * draw.randint(1, 3), "kernel_size": draw.randint(1, 4),
                                    "stride": draw.randint(1, 3), "padding": draw.randint(0, 1), "groups": groups,
                                    "dilation": draw.randint(1, 2), "bias": False}  # fmt: skip
        size = [groups * draw.randint(1, 2), draw.randint(3, 5), draw.randint(3, 5)]
        layer = torch.nn.ConvTranspose2d(size[0], **settings)
        with FlopCounterMode(display=False) as counter:
            layer(torch.zeros(1, *size))
        found, page = solved("complexity", settings, size), solved("count-params", settings, size)
        cells = size[0] * size[1] * size[2]
        each = settings["kernel_size"] ** 2 * settings["out_channels"] // groups
        assert number(found, "forward.mul") == number(page, "macs") == counter.get_total_flops() // 2 == cells * each
        (note,) = [str(note.text) for note in found.notes if "comes in" in str(note.text)]
        assert f"{each} weights" in note and ("padding" in note) == (settings["padding"] > 0)
        assert "A transposed convolution multiplies each cell" in render([page], "plain", Options(width=300))
