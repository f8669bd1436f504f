"""Modules that are made without room for their weights."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from hwsolve.errors import CallError
from hwsolve.language import say

MAKERS = frozenset({torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn})


class WithoutWeights(TorchFunctionMode):
    """While it holds, tensors that are made empty or equal have no numbers, and all others have."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in MAKERS:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def known_sizes(module: torch.nn.Module, source: str) -> None:
    """Layers that learn their sizes from the first call must have had it."""
    for name, held in (*module.named_parameters(), *module.named_buffers()):
        if is_lazy(held):
            raise CallError(
                say("{source}: {name} has no size yet, as its layer is lazy: call the module once, or give its sizes.",
                    source=source, name=name)
            )  # fmt: skip


def without_numbers(module: torch.nn.Module) -> torch.nn.Module:
    """The module with its weights on the meta device; what was one parameter stays one, unlike with `to`."""
    made: dict[int, torch.Tensor] = {}
    for part in module.modules():
        for name, p in part._parameters.items():
            if p is not None:
                made.setdefault(id(p), torch.nn.Parameter(p.detach().to("meta"), p.requires_grad))
                part._parameters[name] = made[id(p)]  # type: ignore[assignment]
        for name, b in part._buffers.items():
            if b is not None:
                part._buffers[name] = made.setdefault(id(b), b.to("meta"))
    return module
