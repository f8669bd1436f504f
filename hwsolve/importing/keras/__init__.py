"""Keras models as `model.to_json()` writes them: Sequential and Functional, of Keras 2 and 3."""

from __future__ import annotations

from hwsolve.errors import CallError
from hwsolve.importing.assembled import assembled
from hwsolve.importing.document import Document
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.settings import NO_SETTINGS, Settings
from hwsolve.language import say


def imported(document: Document, settings: Settings = NO_SETTINGS) -> str:
    """The spec text of a model; sizes that it leaves open are those of the settings."""
    from hwsolve.importing.keras.model import drawn

    config = document.data["config"]
    name = config.get("name") if isinstance(config, dict) else None
    try:
        return assembled(name if isinstance(name, str) and name else "Keras model", drawn(document, settings))
    except Unreadable as error:
        raise CallError(say("{source}: {why}", source=document.source, why=error.message)) from None
    except RecursionError:
        raise CallError(say("{source} is nested too deeply.", source=document.source)) from None
