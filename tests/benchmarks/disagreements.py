"""Cases in which tools that count disagree: `python -m tests.benchmarks.disagreements` prints the table of the README.

Every figure is measured when this is run, of the same module and input of one sample; a tool that is not installed has
no column, and that is said.  `right` is worked out beside each case from the definition of its layers: one multiply-add
for each product of matrices and convolutions, none for adding a bias, for norms and activations.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import torch
from torch import nn

import hwsolve


class Case(NamedTuple):
    """A module and the shape of one sample; `right` is what `quantity` is by the definition of its layers."""

    name: str
    quantity: str
    module: Callable[[], nn.Module]
    shape: tuple[int, ...]
    right: int
    words: int = 0  # of an input of whole numbers, how many there are
    keras: Callable[[Any], Any] | None = None  # the layers of the same in Keras


class Tied(nn.Module):
    """A language model whose output layer has the weights of its embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(1000, 64), nn.Linear(64, 1000, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: torch.Tensor) -> Any:
        """Scores of the next words."""
        return self.head(self.embedding(x))


class Attention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> Any:
        """What comes out, without the weights of attention."""
        return self.attention(x, x, x, need_weights=False)[0]


class Last(nn.Module):
    """A recurrent layer, without its last state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> Any:
        """All outputs."""
        return self.layer(x)[0]


class Twice(nn.Module):
    """One layer that is applied twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64, 64)

    def forward(self, x: torch.Tensor) -> Any:
        """The layer of the layer."""
        return self.layer(torch.relu(self.layer(x)))


class Own(nn.Module):
    """A matrix that is a parameter of the module itself."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.zeros(64, 32))

    def forward(self, x: torch.Tensor) -> Any:
        """The product."""
        return x @ self.matrix


def encoder() -> nn.Module:
    """A layer of a transformer's encoder."""
    return nn.TransformerEncoderLayer(64, 4, 256, batch_first=True)


def normalised() -> nn.Module:
    """A convolution and its normalisation."""
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())


ATTENTION = 4 * 10 * 64 * 64 + 2 * 10 * 10 * 64  # four projections, scores and what they weigh, of 10 tokens
CASES = (
    Case("LSTM(10, 20), 5 steps", "macs", lambda: Last(nn.LSTM(10, 20, batch_first=True)), (5, 10), 5 * 4 * 20 * 30),
    Case("GRU(10, 20), 5 steps", "macs", lambda: Last(nn.GRU(10, 20, batch_first=True)), (5, 10), 5 * 3 * 20 * 30),
    Case("MultiheadAttention(64, 4), 10 tokens", "macs", Attention, (10, 64), ATTENTION),
    Case("MultiheadAttention(64, 4), 10 tokens", "params", Attention, (10, 64), 4 * (64 * 64 + 64)),
    Case("TransformerEncoderLayer(64, 4, 256), 10 tokens", "macs", encoder, (10, 64), ATTENTION + 2 * 10 * 64 * 256),
    Case("Embedding(1000, 64) and its tied output layer", "params", Tied, (10,), 64_000, 1000),
    Case("Embedding(1000, 64) and its tied output layer", "macs", Tied, (10,), 640_000, 1000),
    Case("Linear(64, 64), applied twice", "macs", Twice, (64,), 2 * 64 * 64),
    Case("a matrix of 64 × 32 of the module itself", "params", Own, (64,), 2048),
    Case("Conv2d(3, 16, 3), BatchNorm2d, ReLU at 32 × 32", "macs", normalised, (3, 32, 32), 27 * 16 * 32 * 32),
    Case(
        "LSTM(10, 20): as in PyTorch (2,560), as in Keras (2,480)", "params",
        lambda: Last(nn.LSTM(10, 20, batch_first=True)), (5, 10), 4 * 20 * (10 + 20 + 2), 0,
        lambda layers: [layers.LSTM(20)],
    ),
)  # fmt: skip


def given(case: Case) -> torch.Tensor:
    """A batch of one sample."""
    return torch.zeros(1, *case.shape, dtype=torch.long) if case.words else torch.zeros(1, *case.shape)


# ---------------------------------------------------------------- the tools: (MACs, parameters) of a module


def by_hwsolve(case: Case) -> dict[str, int]:
    """Ours."""
    solution = hwsolve.summary(case.module(), case.shape)
    return {key: solution[key] for key in ("macs", "params")}


def by_torchinfo(case: Case) -> dict[str, int]:
    """torchinfo's totals."""
    from torchinfo import summary

    found = summary(case.module(), input_data=given(case), verbose=0)
    return {"macs": found.total_mult_adds, "params": found.total_params}


def by_fvcore(case: Case) -> dict[str, int]:
    """fvcore's flops are multiply-adds."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    module = case.module().eval()
    return {"macs": int(FlopCountAnalysis(module, given(case)).total()), "params": parameter_count(module)[""]}


def by_thop(case: Case) -> dict[str, int]:
    """thop's."""
    from thop import profile

    macs, params = profile(case.module(), (given(case),), verbose=False)
    return {"macs": int(macs), "params": int(params)}


def by_ptflops(case: Case) -> dict[str, int]:
    """ptflops, with its default backend."""
    from ptflops import get_model_complexity_info

    module = case.module()
    argument = module.forward.__code__.co_varnames[1]
    macs, params = get_model_complexity_info(
        module, case.shape, as_strings=False, print_per_layer_stat=False, verbose=False,
        input_constructor=lambda _: {argument: given(case)},
    )  # fmt: skip
    return {"macs": int(macs), "params": int(params)}


def by_calflops(case: Case) -> dict[str, int]:
    """calflops counts multiply-adds beside its flops."""
    from calflops import calculate_flops

    _, macs, params = calculate_flops(
        case.module(), args=[given(case)], print_results=False, print_detailed=False, output_as_string=False
    )
    return {"macs": int(macs), "params": int(params)}


def by_torch(case: Case) -> dict[str, int]:
    """PyTorch's own counter, whose flops are two for each multiply-add, on the CPU."""
    from torch.utils.flop_counter import FlopCounterMode

    module = case.module()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(given(case))
    return {"macs": counter.get_total_flops() // 2}


def by_keras(case: Case) -> dict[str, int]:
    """The parameters that Keras counts of its own layers."""
    import keras

    if case.keras is None:
        return {}
    model = keras.Sequential([keras.Input(case.shape), *case.keras(keras.layers)])
    return {"params": model.count_params()}


TOOLS = {
    "torchinfo": by_torchinfo, "fvcore": by_fvcore, "thop": by_thop, "ptflops": by_ptflops, "calflops": by_calflops,
    "torch": by_torch, "keras": by_keras,
}  # fmt: skip


def figure(tool: Callable[[Case], dict[str, int]], case: Case) -> str:
    """What a tool counts; why not, where it fails."""
    noise = io.StringIO()
    try:
        with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            count = tool(case).get(case.quantity)
    except Exception as error:
        return f"fails ({type(error).__name__})"
    if count is None:  # it does not count this
        return ""
    return f"{count:,}" if count == case.right else f"**{count:,}**"


def main() -> None:
    """The table in Markdown; what is not right is bold."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    logging.disable(logging.CRITICAL)
    there = {}
    for name in TOOLS:
        try:
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                __import__(name)
            there[name] = version(name).partition("+")[0]
        except Exception as error:
            print(f"{name} is not there ({error}): no column of it", file=sys.stderr)
    print(f"| case | count | hwsolve | {' | '.join(f'{name} {number}' for name, number in there.items())} |")
    print("|---|---|" + "--:|" * (len(there) + 1))
    for case in CASES:
        row = [figure(by_hwsolve, case), *[figure(TOOLS[name], case) for name in there]]
        print(
            f"| {case.name} | {'MACs' if case.quantity == 'macs' else 'parameters'} | {' | '.join(row)} |", flush=True
        )


if __name__ == "__main__":
    main()
