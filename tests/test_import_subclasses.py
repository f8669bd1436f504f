"""Modules of PyTorch that someone changed: by a class below theirs, or by hooks."""

from __future__ import annotations

from typing import Any

import pytest

from hwsolve.errors import CallError
from hwsolve.pipeline import read, work_out

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve import summary  # noqa: E402
from hwsolve.importing.assembled import assembled  # noqa: E402
from hwsolve.importing.torch.building import without_numbers  # noqa: E402
from hwsolve.importing.torch.passing import passed  # noqa: E402


def text_of(module: Any, *shapes: tuple[int, ...]) -> str:
    return assembled("net", passed(without_numbers(module), shapes, "net"))


def counted(module: Any, *shapes: tuple[int, ...]) -> tuple[int, int]:
    """Parameters, and multiply-adds of products of matrices."""
    answers = work_out(read(text_of(module, *shapes), "net.yaml", None, None)[0]).answers
    return int(answers["params"].value.exact), int(answers["macs"].value.exact)


class LowRank(nn.Linear):
    def __init__(self, a: int, b: int, r: int) -> None:
        super().__init__(a, b)
        self.down, self.up = nn.Parameter(torch.zeros(r, a)), nn.Parameter(torch.zeros(b, r))

    def forward(self, x: Any) -> Any:
        return super().forward(x) + F.linear(F.linear(x, self.down), self.up)


class Twice(nn.Linear):
    def forward(self, x: Any) -> Any:
        return super().forward(F.relu(super().forward(x)))


class Rooted(nn.BatchNorm1d):
    def forward(self, x: Any) -> Any:
        return F.relu(super().forward(x))


class Encoder(nn.TransformerEncoderLayer):
    def __init__(self) -> None:
        super().__init__(8, 2, 16, batch_first=True)
        self.extra = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.extra(super().forward(x))


class Wider(nn.Conv2d):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(a, b, 3, padding=1)


class Centred(nn.Conv1d):
    def _conv_forward(self, x: Any, weight: Any, bias: Any) -> Any:
        return super()._conv_forward(x, weight - weight.mean(), bias)


class Recurrent(nn.LSTM):
    pass


class Unread(nn.TransformerEncoderLayer):
    def __init__(self) -> None:
        super().__init__(8, 2, 16, batch_first=True)
        self.extra = nn.Linear(8, 3)


class Held(nn.Module):
    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Any) -> Any:
        return self.body(x)


def flops_of_torch(module: Any, *shapes: tuple[int, ...]) -> int:
    """Multiply-adds of one sample, as PyTorch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.train()(*(torch.zeros(2, *shape) for shape in shapes))
    return int(counter.get_total_flops() // 4)


@pytest.mark.parametrize(
    ("module", "shape"),
    [(LowRank(4, 5, 2), (4,)), (Twice(4, 4), (4,)), (Rooted(3), (3,)), (Wider(2, 3), (2, 5, 5)), (Encoder(), (5, 8))],
)
def test_what_a_subclass_computes_is_followed(module: Any, shape: tuple[int, ...]) -> None:
    held = Held(module)
    expected = sum(p.numel() for p in held.parameters()), flops_of_torch(held, shape)
    assert counted(held, shape) == expected


def test_what_stands_in_the_forward_pass_of_a_subclass_is_a_layer() -> None:
    assert "relu" in text_of(Held(Rooted(3)), (3,))


def test_a_subclass_that_computes_the_same_is_the_layer() -> None:
    assert "conv2d: {out_channels: 3, kernel_size: 3, padding: 1" in text_of(Held(Wider(2, 3)), (2, 5, 5))
    assert "lstm: {" in text_of(Held(Recurrent(3, 4, batch_first=True)), (5, 3))


def test_parameters_that_a_layer_does_not_read_stand_alone() -> None:
    module = Held(Unread())
    text = text_of(module, (5, 8))
    assert "Nothing reads these parameters: body.extra.weight, body.extra.bias" in text
    assert counted(module, (5, 8))[0] == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: Centred(3, 4, 3), (3, 9)),
        (lambda: nn.utils.weight_norm(nn.Conv1d(3, 4, 3)), (3, 9)),
        (lambda: nn.utils.spectral_norm(nn.Linear(3, 4)), (3,)),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)), (3,)),
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weights_that_are_computed_are_refused(make: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(CallError) as raised:
        text_of(Held(make()), shape)
    with pytest.raises(CallError):
        summary(Held(make()), shape)
    assert "body" in str(raised.value)


def test_what_a_hook_computes_is_followed() -> None:
    a, b = nn.Linear(4, 4), nn.Linear(4, 2)
    a.register_forward_hook(lambda module, given, out: b(out))
    module = Held(a)
    module.more = b
    assert counted(module, (4,)) == (30, 24)


def test_lazy_layers_want_one_call() -> None:
    module = Held(nn.LazyLinear(3))
    with pytest.raises(CallError, match=r"body\.weight has no size yet, as its layer is lazy"):
        summary(module, (4,))
    module(torch.zeros(2, 4))
    assert counted(module, (4,)) == (15, 12)
