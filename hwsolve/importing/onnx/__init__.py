"""ONNX files: each operator becomes a layer.  Weights are read by their shapes alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hwsolve.errors import CallError
from hwsolve.importing.assembled import assembled
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.settings import NO_SETTINGS, Settings
from hwsolve.language import say

MOST_BYTES = 2**31 - 1  # of one message of protobuf; larger weights stand in files of their own


def imported(source: str, settings: Settings = NO_SETTINGS) -> str:
    """The spec text of an ONNX file; shapes that it leaves open are those of the settings."""
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise CallError(
            say(
                "{source}: an ONNX file is read by onnx: {install}.",
                source=source,
                install="pip install 'hwsolve[onnx]'",
            )
        ) from None
    from hwsolve.importing.onnx.model import Model
    from hwsolve.importing.onnx.operators import drawn

    try:
        return assembled(Path(source).stem, drawn(Model(loaded(source), settings)))
    except Unreadable as error:
        raise CallError(say("{source}: {why}", source=source, why=error.message)) from None


def loaded(source: str) -> Any:
    """The model in a file, without what stands in other files."""
    import onnx

    path = Path(source)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise CallError(say("{source}: {why}", source=source, why=error.strerror or str(error))) from None
    if size > MOST_BYTES:
        raise CallError(say("{source} has more than 2 GiB; save its weights as external data.", source=source))
    try:
        model = onnx.load(source, load_external_data=False)
    except Exception:
        raise CallError(say("{source} is no ONNX file.", source=source)) from None
    if not model.graph.node or not all(isinstance(name, str) for name in names_in(model)):
        raise CallError(say("{source} is no ONNX file.", source=source))
    return model


def names_in(model: Any) -> Iterator[Any]:
    """All names in a model; what is no right text of protobuf is read as bytes."""
    graph = model.graph
    for opset in model.opset_import:
        yield opset.domain
    for node in graph.node:
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for one in (*graph.input, *graph.output, *graph.initializer):
        yield one.name
