"""The batch of a PyTorch module: one with another axis, and mixed, which a network of one sample has no form for."""

from __future__ import annotations

from typing import Any

import pytest

from hwsolve.errors import CallError
from hwsolve.pipeline import read, work_out

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve.importing.assembled import assembled  # noqa: E402
from hwsolve.importing.torch.building import without_numbers  # noqa: E402
from hwsolve.importing.torch.passing import passed  # noqa: E402


class Then(nn.Module):
    """A module, and what a function does to what it gives; the parts stand apart."""

    def __init__(self, function: Any, *parts: Any) -> None:
        super().__init__()
        self.parts, self.function = nn.ModuleList(parts), function

    def forward(self, x: Any) -> Any:
        return self.function(x, *self.parts)


def text_of(module: Any, *shapes: tuple[int, ...]) -> str:
    return assembled("net", passed(without_numbers(module), shapes, "net"))


@pytest.mark.parametrize(
    ("function", "shape", "who"),
    [
        (lambda x, f: f(x) @ f(x).t(), (3,), "matmul"),
        (lambda x, f: f(x).t() @ f(x), (3,), "matmul"),
        (lambda x, f: f(torch.cat([x, x], 0)), (3,), "cat"),
        (lambda x, f: f(x).mean(0), (3,), "mean"),
        (lambda x, f: f(x).sum(), (3,), "sum"),
        (lambda x, f: f(x)[1:], (3,), "getitem"),
        (lambda x, f: F.softmax(f(x), 0), (3,), "softmax"),
        (lambda x, f: nn.Softmax(-2)(f(x)), (3,), "Softmax"),
        (lambda x, f: f(x).unsqueeze(0) - f(x).unsqueeze(1), (3,), "sub"),
        (lambda x, f: torch.einsum("bi,ci->bc", f(x), f(x)), (3,), "einsum"),
    ],
)
def test_what_mixes_samples_is_refused(function: Any, shape: tuple[int, ...], who: str) -> None:
    with pytest.raises(CallError, match=f"{who} mixes the samples of a batch"):
        text_of(Then(function, nn.Linear(3, 4)), shape)


@pytest.mark.parametrize(
    ("function", "out"),
    [
        (lambda x, f: (y := f(x)).view(-1, y.size(-1)), (4, 9)),
        (lambda x, f: f(x.view(-1, 6)).view(x.shape[0], 4, 9), (4, 9)),
        (lambda x, f: f(x.flatten(0, 1)), (4, 9)),
        (lambda x, f: f(nn.Flatten(0, 1)(x)), (4, 9)),
        (lambda x, f: f(x).transpose(1, 2).reshape(-1, 4), (9, 4)),
    ],
)
def test_the_batch_may_be_one_with_another_axis(function: Any, out: tuple[int, ...]) -> None:
    module = Then(function, nn.Linear(6, 9))
    made = module(torch.zeros(2, 4, 6))
    problem: Any = read(text_of(module, (4, 6)), "net.yaml", None, None)[0]
    answers = work_out(problem).answers
    assert (int(answers["params"].value.exact), int(answers["macs"].value.exact)) == (6 * 9 + 9, 4 * 6 * 9)
    assert problem.network.output == out and made.numel() == 2 * out[0] * out[1]


def test_a_layer_over_maps_tells_the_batch_from_other_axes() -> None:
    module = Then(lambda x, c: c(x.flatten(0, 1)), nn.Conv2d(1, 2, 3))
    with pytest.raises(CallError, match="conv2d of a batch that is one axis with another one is not read"):
        text_of(module, (4, 1, 8, 8))


def test_a_layer_may_have_as_many_features_as_were_samples_once() -> None:
    """The axis of the batch is found by its size, which no layer should have."""
    module = Then(lambda x, f: f(x).transpose(1, 2) @ x, nn.Linear(3, 17))
    expected = tuple(module(torch.zeros(2, 5, 3)).shape[1:])
    problem: Any = read(text_of(module, (5, 3)), "net.yaml", None, None)[0]
    assert problem.network.output == expected
