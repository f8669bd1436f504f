"""Finds what kind of source a name means, and the importer that reads it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from hwsolve.errors import CallError
from hwsolve.files import read_spec
from hwsolve.importing.document import Document, loaded
from hwsolve.importing.settings import NO_SETTINGS, Settings
from hwsolve.language import say
from hwsolve.spec.report import SpecFailure

KNOWN = say(
    "Known are a config.json of the Hugging Face hub, the to_json() of a Keras model, an ONNX file and a PyTorch "
    "module as package.module:name."
)


def imported(source: str, settings: Settings = NO_SETTINGS) -> str:
    """The text of the spec that a source stands for."""
    found = foreign(source, settings)
    if found is None:
        data, name = read_spec(source)
        found = of_json(document := loaded(data, name, KNOWN), settings)
        if found is None:
            raise nothing(document)
    return found


def in_place_of(source: str, settings: Settings = NO_SETTINGS) -> bytes | str:
    """What is read as a spec: a file as it is, or the spec that it stands for."""
    if (found := foreign(source, settings)) is not None:
        return found
    data, name = read_spec(source)
    try:
        document = loaded(data, name, KNOWN)
    except (SpecFailure, CallError):
        return data  # what is wrong with it is said where specs are read
    found = of_json(document, settings)
    return data if found is None else found


def spec_of(model: Any, settings: Settings = NO_SETTINGS) -> str | None:
    """The spec of a PyTorch module, a Keras model or a configuration that Python code holds; None of anything else."""
    name = type(model).__name__
    if isinstance(model, Mapping):
        return of_json(Document(dict(model), name), settings)
    if (torch := sys.modules.get("torch")) is not None and isinstance(model, torch.nn.Module):
        from hwsolve.importing import torch as reader

        return reader.of_module(model, settings)
    if hasattr(model, "model_type") and hasattr(model, "to_dict"):
        return of_json(Document(model.to_dict(), name), settings)
    if hasattr(model, "to_json"):
        return of_json(Document(json.loads(model.to_json()), name), settings)
    return None


def foreign(source: str, settings: Settings) -> str | None:
    """The spec of what only another library reads; None of any other source."""
    if source.endswith(".onnx"):
        from hwsolve.importing import onnx

        return onnx.imported(source, settings)
    if is_module(source):
        from hwsolve.importing import torch

        return torch.imported(source, settings)
    return None


def of_json(document: Document, settings: Settings) -> str | None:
    """The spec of a JSON file that is a configuration or a model; None of any other."""
    data = document.data
    if not isinstance(data, dict) or "kind" in data:
        return None
    if "model_type" in data:
        from hwsolve.importing import huggingface

        return huggingface.imported(document, settings)
    if "class_name" in data and "config" in data:
        from hwsolve.importing import keras

        return keras.imported(document, settings)
    return None


def nothing(document: Document) -> Exception:
    """What is said of JSON that is no model: which key would make it one."""
    from hwsolve.importing.huggingface import KNOWN as ARCHITECTURES

    data = document.data
    if not isinstance(data, dict) or "kind" in data:
        return CallError(say("{source} is nothing that can be imported. {known}", source=document.source, known=KNOWN))
    keys = [key for key in ("class_name", "config") if key not in data]
    if len(keys) == 1:
        document.add(data, None, say("`{key}` is missing, which every model of Keras has.", key=keys[0]), KNOWN)
    else:
        document.add(
            data,
            None,
            say("`model_type` is missing, by which a configuration names its architecture: one of {known}.",
                known=ARCHITECTURES),
            KNOWN,
        )  # fmt: skip
    return document.failure()


def is_module(source: str) -> bool:
    """Whether a source is written as a module of Python and a name in it."""
    module, colon, name = source.partition(":")
    return bool(colon) and name.isidentifier() and all(part.isidentifier() for part in module.split("."))
