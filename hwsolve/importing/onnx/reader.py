"""A walk through the operators of an ONNX file."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from hwsolve.importing.drawing import Drawing, Unreadable
from hwsolve.importing.nodes import Scope
from hwsolve.importing.onnx.model import Model
from hwsolve.language import say


class Reader(Drawing):
    """A walk through the operators: `data` are the ids of quantities by name, `batch` where their batch stands."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.data: dict[str, str] = {}
        self.batch: dict[str, int] = {}
        self.sources: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.owners: dict[str, Any] = {}
        self.uses = Counter(name for node in model.graph.node for name in node.input)
        self.uses.update(output.name for output in model.graph.output)
        self.skipped: set[str] = set()
        self.node: Any = None

    def own(self, name: str) -> tuple[int, ...]:
        """The sizes of a quantity without the batch."""
        shape, at = self.model.shape(name), self.batch.get(name, 0)
        return (*shape[:at], *shape[at + 1 :]) if shape else ()

    def axis(self, name: str, axis: int) -> int:
        """An axis counted from 1 without the batch; 0 is the batch."""
        rank, at = len(self.model.shape(name)), self.batch.get(name, 0)
        axis %= rank
        return 0 if axis == at else axis + 1 - (axis > at)

    def give(self, name: str, value: str, batch: int = 0) -> None:
        """An output is a quantity."""
        self.data[name], self.batch[name] = value, batch

    def value(self, name: str) -> str:
        """The id of a quantity of the data."""
        if name not in self.data:
            raise Unreadable(say("{name} comes from nowhere.", name=name))
        return self.data[name]

    def operand(self, name: str, rank: int) -> str:
        """The id of data, or of a weight as a parameter with `rank` axes."""
        if name in self.data:
            return self.data[name]
        shape = self.model.shape(name)
        shape = shape[-rank:] if len(shape) > rank else (1,) * (rank - len(shape)) + shape
        if name not in self.sources:
            kind = "parameter" if name in self.model.weights else "constant"
            self.sources[name] = self.source(shape, words(name), kind), shape
        made, known = self.sources[name]
        if known != shape:
            made = self.reshaped(made, known, shape)
        return made

    def put(self, layer: str, settings: dict[str, Any], x: str, more: tuple[str, ...] = ()) -> None:
        """A layer that reads one input of the operator and gives its first output; `more` are weights."""
        made = self.fresh()
        node = self.steps(layer, settings, [self.value(x)], made, label=words(self.node.output[0]))
        for weight in more:
            owner = self.owners.setdefault(weight, node)
            if owner is not node:
                if layer not in ("linear", "embedding"):
                    raise Unreadable(say("{name} is the weight of two layers.", name=weight))
                node.settings["weight"] = {"tie": owner.settings.setdefault("name", words(weight))}
        self.give(self.node.output[0], made, self.batch.get(x, 0))


def words(name: str) -> str:
    """What a quantity may be called."""
    last = re.split(r"[/.:]", name.removesuffix("_output_0"))[-1]
    plain_name = re.sub(r"\W", "_", last).strip("_").lower()
    return plain_name if plain_name and not plain_name[0].isdigit() else ""


def scopes_of(name: str) -> list[Scope]:
    """The modules around an operator, where its name is a path, as PyTorch writes it: `/layer1/layer1.0/conv1/Conv`."""
    parts = name.strip("/").split("/")[:-2] if name.startswith("/") else []
    found = []
    for k in range(1, len(parts) + 1):
        kind = re.sub(r"\d+", "", parts[k - 1].rpartition(".")[0] or parts[k - 1]).strip("._") or "block"
        found.append(Scope("/".join(parts[:k]), kind))
    return found


def rounded(value: Any) -> Any:
    """A number of 32 bits as it was typed."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def number_of(reader: Reader, node: Any, place: int, default: Any = None) -> Any:
    """A number that an operator reads."""
    if len(node.input) <= place or not node.input[place]:
        return default
    value = reader.model.values.get(node.input[place])
    return default if value is None else rounded(float(np.asarray(value).reshape(-1)[0]))
