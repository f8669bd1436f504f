"""One pass of a module on the meta device: calls of known modules, and functions outside them, are layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from hwsolve.errors import CallError
from hwsolve.importing.assembled import Imported
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.nodes import Scope
from hwsolve.importing.torch.functions import seen
from hwsolve.importing.torch.modules import layer_of
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.importing.torch.values import BATCH, tensors_in
from hwsolve.language import say

CONTAINERS = (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)


def passed(module: torch.nn.Module, shapes: tuple[tuple[int, ...], ...], source: str) -> Imported:
    """What a module does to inputs of these shapes.  The kind of numbers and the place of the batch are tried out."""
    first: Exception | None = None
    best: Pass | None = None
    for training in (False, True):
        module.train(training)
        for axis, kinds in product((0, 1), product((torch.float32, torch.int64), repeat=len(shapes))):
            found = Pass(module)
            try:
                found.run(shapes, kinds, axis)
            except CallError:
                raise
            except Unreadable as error:
                raise refused(source, error) from None
            except Exception as error:  # of the module itself: it may want whole numbers, or the batch elsewhere
                first = first or error
                continue
            if best is None or len(found.unread()) < len(best.unread()):
                best = found
            break
        if best is not None and not best.unread():
            break
    if best is None:
        assert first is not None
        text = (str(first).strip().splitlines() or [type(first).__name__])[0]
        sizes = "; ".join(",".join(map(str, shape)) for shape in shapes)
        raise CallError(
            say(
                "{source}: the module fails at an input of {shape}, in a batch of {samples}: {why}",
                source=source,
                shape=sizes,
                samples=BATCH,
                why=text,
            )
        )
    try:
        return best.imported()
    except Unreadable as error:
        raise refused(source, error) from None


def refused(source: str, error: Unreadable) -> CallError:
    """What is said of something that is no layer here, with the module in which it was met."""
    if not error.place:
        return CallError(say("{source}: {why}", source=source, why=error.message))
    return CallError(say("{source}: in the module `{path}`, {why}", source=source, path=error.place, why=error.message))


class Pass(Recorder):
    """A pass in the making."""

    def run(self, shapes: tuple[tuple[int, ...], ...], kinds: tuple[torch.dtype, ...], axis: int) -> None:
        """Pass inputs through the module."""
        inputs = []
        for k, (shape, kind) in enumerate(zip(shapes, kinds, strict=True), 1):
            at = min(axis, len(shape))
            x = torch.zeros((*shape[:at], BATCH, *shape[at:]), dtype=kind, device="meta")
            name = self.input(x, "x" if len(shapes) == 1 else f"x{k}")
            whole = kind == torch.int64
            self.inputs[name] = {"tokens": shape[0] if len(shape) == 1 else list(shape)} if whole else list(shape)
            inputs.append(x)
        self.axis = axis
        with torch.no_grad(), self.watched(), Functions(self):
            out = self.module(*inputs)
        self.ends = tuple(dict.fromkeys(self.values[id(t)] for t in tensors_in(out) if id(t) in self.values))
        if not self.ends:
            raise Unreadable(say("what the module gives does not depend on what comes in."))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While modules tell of their calls."""
        original = torch.nn.Module.__call__

        def call(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            return self.called(module, original, args, kwargs)

        torch.nn.Module.__call__ = call  # type: ignore[method-assign]
        try:
            yield
        finally:
            torch.nn.Module.__call__ = original  # type: ignore[method-assign]

    def called(self, module: torch.nn.Module, original: Any, args: Any, kwargs: Any) -> Any:
        """One call: a layer, or a call whose inner calls are layers."""

        if self.leaf:
            return original(module, *args, **kwargs)
        path = self.paths.get(id(module), type(module).__name__)
        try:
            return self.followed(module, path, original, args, kwargs)
        except Unreadable as error:
            error.place = error.place or path
            raise

    def followed(self, module: torch.nn.Module, path: str, original: Any, args: Any, kwargs: Any) -> Any:
        """The same, where what is met inside is not named."""
        layer = layer_of(module)
        if layer is not None:
            self.leaf += 1
            try:
                out = original(module, *args, **kwargs)
            finally:
                self.leaf -= 1
            layer(self, module, args, kwargs, out)
            return out
        plain = type(module) in CONTAINERS or module is self.module
        if not plain:
            self.calls[path] = self.calls.get(path, 0) + 1
            self.scopes.append(Scope(f"{path}#{self.calls[path]}", type(module).__name__))
        try:
            return original(module, *args, **kwargs)
        finally:
            if not plain:
                self.scopes.pop()


class Functions(TorchFunctionMode):
    """Every function that is called outside a layer."""

    def __init__(self, found: Pass) -> None:
        super().__init__()
        self.found = found

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:

        out = func(*args, **(kwargs or {}))
        if self.found.leaf:
            self.found.touched.update(id(t) for t in tensors_in((args, kwargs or {})))
        else:
            seen(self.found, func, args, kwargs or {}, out)
        return out
