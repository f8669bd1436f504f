"""Heads: what stands behind the layers that all models of a family have, by the end of an architecture's name.

`BertForMaskedLM` is BERT with the head `ForMaskedLM`; a head is its layers, or several by name that stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.parts import Layers, linear

Heads = dict[str, Callable[[], Layers | dict[str, Layers]]]

FIRST = {"select": {"dim": 1, "index": 1}}
LAST = {"select": {"dim": 1, "index": -1}}
FRONT = ("name", "inputs", "output")
SHARED = "h"  # what several heads read


def headed(layers: Layers, head: Layers | dict[str, Layers]) -> tuple[Layers, list[str]]:
    """The layers with a head behind them, or with several and their names."""
    if isinstance(head, list):
        return [*layers, *head], []
    *before, last = layers
    read = [*before, extended(last, output=SHARED)]
    for name, (first, *rest) in head.items():
        *between, end = [extended(first, inputs=SHARED), *rest]
        read += [*between, extended(end, output=name)]
    return read, list(head)


def extended(layer: Any, **more: Any) -> Any:
    """A layer with further settings; what it is called, reads and gives stands in front."""
    [(kind, settings)] = layer.items()
    settings = settings | more
    return {kind: {key: settings[key] for key in (*filter(settings.__contains__, FRONT), *settings)}}


def words(count: int, tied: str, bias: bool = False, name: str = "lm_head") -> Any:
    """A number for each word; `tied` is the table whose numbers are the weights."""
    return linear(count, bias, name=name, **({"weight": {"tie": tied}} if tied else {}))


def labelled(c: Config, name: str) -> Layers:
    """A number for each label."""
    return [linear(c.labels(), name=name)]


def pooled(width: int, activation: Any = "tanh", inner: int | None = None) -> Layers:
    """The first token, seen by one more layer."""
    return [FIRST, linear(inner or width, name="pooler"), activation]


def guessed(width: int, activation: Any, table: Any) -> Layers:
    """A number for each word that may be masked: one more layer with its norm, and the table of words."""
    return [linear(width, name="transform"), activation, "layer_norm", table]


def of_decoder(c: Config, table: Any, token: str = "score") -> Heads:
    """Those of a decoder: `table` gives a number for each word, `token` names what gives one for each label."""
    return {
        "Model": list,
        "ForCausalLM": lambda: [table],
        "ForSequenceClassification": lambda: [linear(c.labels(), bias=False, name="score"), LAST],
        "ForTokenClassification": lambda: labelled(c, token),
        "ForQuestionAnswering": lambda: [linear(2, name="qa_outputs")],
    }
