"""Settings of PyTorch that change what is computed, but no size."""

from __future__ import annotations

from typing import Any

import pytest

from hwsolve.pipeline import read, work_out

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve.errors import CallError  # noqa: E402
from tests.test_import_batches import Then, text_of  # noqa: E402


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), "{scale_factor: 2, mode: bilinear}"),
        (lambda x: F.interpolate(x, scale_factor=2), "{scale_factor: 2}"),
        (lambda x: F.interpolate(x, (7, 9), mode="bicubic", align_corners=True),
         "{size: [7, 9], mode: bicubic, align_corners: true}"),
        (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
         "{scale_factor: 2.0, mode: bilinear, align_corners: true}"),
        (nn.UpsamplingBilinear2d(scale_factor=2), "{scale_factor: 2.0, mode: bilinear, align_corners: true}"),
        (nn.Upsample(8, mode="nearest-exact"), "{size: 8, mode: nearest-exact}"),
    ],
)  # fmt: skip
def test_the_way_between_cells_is_kept(function: Any, said: str) -> None:
    text = text_of(Then(function), (3, 4, 4))
    assert f"- upsample: {said}" in text
    work_out(read(text, "net.yaml", None, None)[0])


@pytest.mark.parametrize("more", [{"mode": "area"}, {"mode": "bilinear", "antialias": True}])
def test_other_ways_between_cells_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(CallError, match="interpolate with"):
        text_of(Then(lambda x: F.interpolate(x, (2, 2), **more)), (3, 4, 4))


@pytest.mark.parametrize("mode", ["sum", "max"])
def test_a_bag_takes_its_words_together_as_it_says(mode: str) -> None:
    assert f"mode: {mode}" in text_of(nn.EmbeddingBag(9, 4, mode=mode), (5,))
