"""What an imported module of PyTorch says is true of it: masks, random numbers, learned queries, unread parameters."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve.errors import CallError  # noqa: E402
from hwsolve.pipeline import read, work_out  # noqa: E402
from tests.test_import_batches import Then, text_of  # noqa: E402


class Held(nn.Module):
    """Modules and parameters by name, and a function of them."""

    def __init__(self, function: Any, **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.function = function

    def forward(self, *xs: Any) -> Any:
        return self.function(self, *xs)


def weight(*shape: int) -> Any:
    return nn.Parameter(torch.zeros(*shape))


def answers_of(text: str) -> dict[str, int]:
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    return {key: int(answers[key].value.exact) for key in ("params", "macs")}


def heads(x: Any, causal: bool = False) -> Any:
    q = x.reshape(x.shape[0], -1, 2, 4).transpose(1, 2)
    return F.scaled_dot_product_attention(q, q, q, is_causal=causal)


def test_a_causal_attention_of_heads_keeps_its_mask() -> None:
    text = text_of(Then(lambda x: heads(x, True)), (5, 8))
    assert "attention: {mask: causal" in text
    assert answers_of(text)["macs"] == 2 * 2 * 5 * 5 * 4
    assert "mask" not in text_of(Then(heads), (5, 8))


def test_a_mask_that_is_left_out_is_told() -> None:
    def masked(x: Any) -> Any:
        return (x @ x.transpose(1, 2)).masked_fill(torch.ones(5, 5, device="meta") == 0, -1e9).softmax(-1)

    assert text_of(Then(masked), (5, 8)).startswith("# The mask of `masked_fill` is left out.\n")
    assert not text_of(Then(lambda x: (x @ x.transpose(1, 2)).softmax(-1)), (5, 8)).startswith("#")


def test_random_numbers_come_in() -> None:
    def sampled(self: Any, x: Any) -> Any:
        m, v = self.m(x), self.v(x)
        return self.d(m + torch.exp(0.5 * v) * torch.randn_like(v))

    module = Held(sampled, m=nn.Linear(4, 2), v=nn.Linear(4, 2), d=nn.Linear(2, 4))
    text = text_of(module, (4,))
    assert "noise: [2]" in text and "constant" not in text
    assert answers_of(text) == {"params": 10 + 10 + 12, "macs": 24}


def test_a_learned_query_is_what_an_attention_reads() -> None:
    def queried(self: Any, x: Any) -> Any:
        return self.a(self.q.expand(x.shape[0], -1, -1), x, x)[0]

    module = Held(queried, q=weight(1, 3, 8), a=nn.MultiheadAttention(8, 2, batch_first=True))
    text = text_of(module, (5, 8))
    macs = 3 * 64 + 2 * 5 * 64 + 2 * 3 * 5 * 8 + 3 * 64
    assert answers_of(text) == {"params": 24 + 4 * 64 + 4 * 8, "macs": macs}


def test_a_layer_reads_a_parameter() -> None:
    text = text_of(Held(lambda self, x: x + self.f(self.q), q=weight(3, 8), f=nn.Linear(8, 8)), (3, 8))
    assert answers_of(text) == {"params": 24 + 72, "macs": 3 * 64}
    assert "constant" not in text and "Nothing reads" not in text


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: x + self.a * self.b,
        lambda self, x: x + torch.cat([self.a, self.b])[:3],
        lambda self, x: self.f(self.a * self.b) + x,
    ],
)
def test_what_is_computed_from_parameters_is_refused(function: Any) -> None:
    module = Held(function, a=weight(3), b=weight(3), f=nn.Linear(3, 3))
    with pytest.raises(CallError, match="computed from the parameters a, b is not read"):
        text_of(module, (3,))


def test_states_that_are_given_are_read() -> None:
    def started(self: Any, x: Any) -> Any:
        h, c = (s.expand(-1, x.shape[0], -1).contiguous() for s in (self.h, self.c))
        return self.r(x, (h, c))[0]

    module = Held(started, r=nn.LSTM(3, 4, batch_first=True), h=weight(1, 1, 4), c=weight(1, 1, 4))
    expected = sum(p.numel() for p in module.parameters())
    text = text_of(module, (5, 3))
    assert "The states that `r` is given are left out." in text and "Nothing reads" not in text
    assert "training" not in text and answers_of(text)["params"] == expected


def test_training_is_told_only_where_it_reads_more() -> None:
    def aside(self: Any, x: Any) -> Any:
        return (self.a(x), self.b(x)) if self.training else self.a(x)

    parts = {"a": nn.Linear(3, 2), "b": nn.Linear(3, 4)}
    assert text_of(Held(aside, **parts), (3,)).startswith("# As in training")
    text = text_of(Held(lambda self, x: self.a(x), **parts), (3,))
    assert text.startswith("# Nothing reads these parameters: b.weight, b.bias\n")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda self, x: self.f(x) / self.t, "input / t"),
        (lambda self, x: self.f(x) * self.t, "multiply"),
        (lambda self, x: self.t - self.f(x), "t - input"),
    ],
)
def test_a_parameter_without_axes_is_read(function: Any, said: str) -> None:
    text = text_of(Held(function, f=nn.Linear(3, 3), t=nn.Parameter(torch.tensor(1.0))), (5, 3))
    assert answers_of(text) == {"params": 13, "macs": 5 * 9} and said in text and not text.startswith("#")


def test_a_parameter_that_is_changed_before_it_is_read() -> None:
    module = Held(lambda self, x: self.f(x) * self.t.exp(), f=nn.Linear(3, 3), t=nn.Parameter(torch.tensor(1.0)))
    text = text_of(module, (3,))
    assert text.startswith("# `t` stands for what is computed from it.\n") and answers_of(text)["params"] == 13
