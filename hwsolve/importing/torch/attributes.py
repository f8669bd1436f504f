"""What modules of PyTorch say of themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.importing.settings_of import plain, written
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.layers import LAYERS, layer_class


def label_of(found: Recorder, module: Any) -> str:
    """What the output of a module may be called: its name in the module that holds it."""
    name = found.paths.get(id(module), "").rpartition(".")[2]
    return name if name.isidentifier() else ""


def attributes(layer: str, module: Any) -> dict[str, Any]:
    """The settings that a module has as attributes, where they are not the layer's defaults."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(layer_class(layer)) if layer in LAYERS else ():
        value = getattr(module, field.encode_name, None)
        if isinstance(value, bool | int | float | str) or (isinstance(value, tuple | list) and value):
            given[field.encode_name] = tuple(value) if isinstance(value, list) else value
    if "proj_size" in given and not given["proj_size"]:
        del given["proj_size"]
    if layer.startswith(("avg_pool", "max_pool")) and plain(given.get("stride")) == plain(given.get("kernel_size")):
        given.pop("stride", None)
    if layer == "prelu" and given["num_parameters"] == 1:
        del given["num_parameters"]
    settings = written(layer, given)
    shape = getattr(module, "normalized_shape", ())
    if len(shape) > 1:
        settings["normalized_shape"] = list(shape)
    has = dict(module.named_parameters(recurse=False))
    if "bias" in settings and "bias" not in has and settings["bias"] is True:
        del settings["bias"]
    if getattr(module, "bias", 0) is None and (has or layer == "linear") and layer != "prelu":
        settings["bias"] = False
    if layer == "batch_norm" or "running" in settings:
        settings.pop("running", None)
    if isinstance(settings.get("padding"), list) and len(settings["padding"]) > 3 and layer.endswith("pad2d"):
        settings["padding"] = list(settings["padding"])
    return settings
