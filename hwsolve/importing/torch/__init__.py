"""PyTorch modules: one pass on the meta device, without numbers, whose modules and functions become layers."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from hwsolve.errors import CallError
from hwsolve.importing.assembled import assembled
from hwsolve.importing.settings import NO_SETTINGS, Settings
from hwsolve.language import say


def imported(source: str, settings: Settings = NO_SETTINGS) -> str:
    """The spec text of a module: `package.module:name`, a class, a function that makes one, or an instance."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise CallError(
            say("{source}: a PyTorch module is read by PyTorch: {install}.", source=source,
                install="pip install 'hwsolve[torch]'")
        ) from None  # fmt: skip
    if not settings.shapes:
        raise CallError(say("{source}: say which shape comes in, as in {example}.", source=source,
                            example="--shape 3,224,224"))  # fmt: skip
    from hwsolve.importing.torch.passing import passed

    module = made(source)
    graph = passed(module, settings.shapes, source)
    return assembled(source.partition(":")[2], graph)


def of_module(module: Any, settings: Settings) -> str:
    """The spec text of an instance, which stays as it is: a copy without numbers is followed."""
    from copy import deepcopy
    from itertools import chain

    import torch

    from hwsolve.importing.torch.building import known_sizes
    from hwsolve.importing.torch.passing import passed

    name = type(module).__name__
    if not settings.shapes:
        example = f"summary({name.lower()}, (3, 224, 224))"
        raise CallError(say("{source}: say which shape comes in, as in {example}.", source=name, example=example))
    known_sizes(module, name)
    bare = {id(p): torch.nn.Parameter(p.detach().to("meta"), p.requires_grad) for p in module.parameters()}
    beside = (v for m in module.modules() for v in vars(m).values() if isinstance(v, torch.Tensor))
    kept = chain(bare.items(), ((id(b), b.detach().to("meta")) for b in chain(module.buffers(), beside)))
    return assembled(name, passed(deepcopy(module, dict(kept)), settings.shapes, name))


def made(source: str) -> Any:
    """The module that a name stands for."""
    import torch

    from hwsolve.importing.torch.building import known_sizes, without_numbers

    place, _, name = source.partition(":")
    sys.path.insert(0, "")
    try:
        holder = import_module(place)
    except Exception as error:
        raise CallError(
            say("{source}: {module} can't be imported: {why}", source=source, module=place, why=first_line(error))
        ) from None
    finally:
        sys.path.remove("")
    if not hasattr(holder, name):
        raise CallError(say("{source}: {module} has no {name}.", source=source, module=place, name=name))
    found = getattr(holder, name)
    if not isinstance(found, torch.nn.Module) and callable(found):
        try:
            found = built(found)
        except Exception as error:
            raise CallError(
                say("{source}: {name}() fails: {why}", source=source, name=name, why=first_line(error))
            ) from None
    if not isinstance(found, torch.nn.Module):
        raise CallError(say("{source}: {name} is no module of PyTorch.", source=source, name=name))
    known_sizes(found, source)
    return without_numbers(found)


def built(maker: Any) -> Any:
    """A module without numbers; one that computes sizes with tensors gets its weights alone without numbers."""
    import torch

    try:
        with torch.device("meta"):
            return maker()
    except (NotImplementedError, RuntimeError):
        from hwsolve.importing.torch.building import WithoutWeights

        with WithoutWeights():
            return maker()


def first_line(error: Exception) -> str:
    """What an error of another program says, in one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
