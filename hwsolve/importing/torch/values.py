"""The tensors of a pass: which quantity each of them is, and its shape without the batch."""

from __future__ import annotations

from typing import Any

import torch

from hwsolve.importing.drawing import Drawing, Unreadable
from hwsolve.language import say

BATCH = 1009  # samples in the pass: a prime that is no other size, by which the axis of the batch is known


def tensors_in(value: Any) -> list[torch.Tensor]:
    """All tensors of nested tuples, lists and dictionaries, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return [t for part in value for t in tensors_in(part)]
    return []


class Known(Drawing):
    """Quantities by tensor; `keep` holds the tensors, so that no two have one id."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module
        self.values: dict[int, str] = {}
        self.names: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        self.keep: list[Any] = [module]
        self.read: set[int] = set()  # parameters
        self.holders: dict[int, Any] = {}
        self.paths = {id(m): name for name, m in module.named_modules()}
        self.parameters = {id(p): name for name, p in module.named_parameters()}
        self.buffers = {id(p): name for name, p in module.named_buffers()}
        self.sources: dict[tuple[int, tuple[int, ...]], str] = {}
        self.derived: dict[int, torch.Tensor] = {}  # a parameter under another shape
        self.computed: dict[int, tuple[str, ...]] = {}  # the parameters that a tensor without data is computed from
        self.changed: set[int] = set()  # tensors that are no other view of a parameter, but computed from it
        self.views: dict[int, str] = {}  # of a parameter: the same matrix, one turned round, another shape of it
        self.axis = 0

    def input(self, x: torch.Tensor, name: str) -> str:
        """What comes in."""
        found = self.give(x)
        self.names[found] = name
        return found

    def noise(self, x: torch.Tensor) -> None:
        """Random numbers come in, too."""
        count = sum(name.startswith("noise") for name in self.names.values())
        self.inputs[self.input(x, f"noise{count + 1}" if count else "noise")] = list(self.own(x))

    def give(self, out: torch.Tensor) -> str:
        """A new quantity that a tensor now is."""
        self.keep.append(out)
        self.values[id(out)] = found = self.fresh()
        return found

    def alias(self, out: torch.Tensor, of: torch.Tensor) -> None:
        """Another tensor that is the same quantity."""
        self.keep.append(out)
        if id(of) in self.values:
            self.values[id(out)] = self.values[id(of)]
        elif self.base(of) is not None:
            self.derived[id(out)] = self.base(of)

    def is_data(self, x: Any) -> bool:
        """Whether something depends on what comes in."""
        return isinstance(x, torch.Tensor) and id(x) in self.values

    def base(self, x: Any) -> Any:
        """The parameter that a tensor is, or is another view of; None of other tensors."""
        return x if id(x) in self.parameters else self.derived.get(id(x))

    def value(self, x: torch.Tensor) -> str:
        """The id of a quantity."""
        if id(x) not in self.values:
            raise Unreadable(say("a tensor of shape {shape} comes from nowhere.", shape=tuple(x.shape)))
        return self.values[id(x)]

    def own(self, x: torch.Tensor) -> tuple[int, ...]:
        """The shape without the batch."""
        shape = list(x.shape)
        if BATCH in shape:
            shape.remove(BATCH)
        else:  # the batch and another axis may have become one
            at = next((k for k, n in enumerate(shape) if n and n % BATCH == 0), None)
            if at is not None and self.base(x) is None:
                shape[at] //= BATCH
        return tuple(shape)

    def one_batch(self, x: torch.Tensor, name: str) -> None:
        """What depends on the data has one axis for its samples, perhaps with another one in it."""
        if sum(n > 0 and n % BATCH == 0 for n in x.shape) != 1:
            raise Unreadable(
                say("{name} mixes the samples of a batch: a network here is that of one sample.", name=name)
            )

    def apart(self, x: torch.Tensor, dim: int, name: str) -> None:
        """An operation along an axis is not one along the batch."""
        if self.is_data(x) and x.shape[dim] and x.shape[dim] % BATCH == 0:
            raise Unreadable(
                say("{name} mixes the samples of a batch: a network here is that of one sample.", name=name)
            )

    def is_joined(self, x: torch.Tensor) -> bool:
        """Whether the batch is one axis with another one."""
        return self.is_data(x) and BATCH not in x.shape

    def axis_of(self, x: torch.Tensor, dim: int) -> int:
        """An axis of a tensor, counted from 1 without the batch; 0 is the batch."""
        dim = dim % x.ndim
        shape = tuple(x.shape)
        at = shape.index(BATCH) if BATCH in shape else -1
        return 0 if dim == at else dim + 1 - (at != -1 and at < dim)
