"""Layers of PyTorch that are used again from outside of the branch they first stand in."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve.pipeline import read, work_out  # noqa: E402
from tests.test_import_batches import Then, text_of  # noqa: E402
from tests.test_import_subclasses import counted, flops_of_torch  # noqa: E402


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(9, 4), nn.Linear(4, 9, bias=False)
        self.places = nn.Parameter(torch.zeros(7, 4))
        self.head.weight = self.words.weight

    def forward(self, x: Any) -> Any:
        return self.head(self.words(x) + self.places)


class Block(nn.Module):
    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner, self.norm = inner, nn.LayerNorm(3)

    def forward(self, x: Any) -> Any:
        return x + self.inner(self.norm(x))


def looped(x: Any, conv: Any, norm: Any) -> Any:
    for _ in range(4):
        x = F.relu(norm(conv(x))) + x
    return x


def nested(x: Any, c: Any, d: Any) -> Any:
    y = x + d(F.relu(x + c(x)))
    z = y + F.relu(y + c(y))
    return d(z + c(d(z)))


SHARED = nn.Linear(3, 3)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: Then(lambda x, c: c(x + c(x)), nn.Linear(3, 3)), (3,)),
        (lambda: Then(nested, nn.Linear(3, 3), nn.Linear(3, 3)), (3,)),
        (lambda: Then(looped, nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)), (3, 6, 6)),
        (lambda: nn.Sequential(*(Block(SHARED) for _ in range(4))), (3,)),
    ],
)
def test_a_layer_in_a_branch_is_used_again(make: Any, shape: tuple[int, ...]) -> None:
    module = make()
    expected = sum(p.numel() for p in module.parameters()), flops_of_torch(module, shape)
    assert counted(module, shape) == expected


def test_a_table_in_a_branch_is_the_weight_of_another_layer() -> None:
    module = Tied()
    text = text_of(module, (7,))
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    assert int(answers["params"].value.exact) == 9 * 4 + 7 * 4
    assert "tie: add_words.words" in text


def test_composites_have_names_only_where_one_is_needed() -> None:
    assert "name" not in text_of(Then(lambda x, c, d: d(x + c(x)), nn.Linear(3, 3), nn.Linear(3, 3)), (3,))
