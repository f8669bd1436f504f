"""Functions of PyTorch that move numbers to other places, or take them together along axes."""

from __future__ import annotations

from typing import Any

import torch

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.settings_of import plain, written
from hwsolve.importing.torch.arguments import argument
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.language import say


def concatenate(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Several quantities behind each other."""
    parts = list(args[0] if args else kwargs["tensors"])
    dim = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis", 0))
    for part in parts:
        found.apart(part, dim, name)
    rank = len(found.own(out))
    found.rename(found.concatenated([found.operand(p, rank) for p in parts], found.axis_of(out, dim), rank), out)


def stack(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Several quantities along a new axis."""
    parts = list(args[0] if args else kwargs["tensors"])
    axis = found.axis_of(out, args[1] if len(args) > 1 else kwargs.get("dim", 0))
    own = found.own(parts[0])
    values = [found.reshaped(found.operand(p, len(own)), own, (1, *own)) for p in parts]
    order = [*range(2, axis + 1), 1, *range(axis + 1, len(own) + 2)]
    found.rename(found.permuted(found.concatenated(values, 1, len(own) + 1), order), out)


def reshape(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """The same numbers under another shape."""
    found.rename(found.reshaped(found.value(args[0]), found.own(args[0]), found.own(out)), out)


def permute(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Axes in another order."""
    x = args[0]
    order = torch.arange(x.ndim, device="cpu").tolist()
    if name == "permute":
        dims = args[1] if len(args) == 2 and isinstance(args[1], tuple | list) else args[1:] or kwargs["dims"]
        order = [d % x.ndim for d in dims]
    elif name in ("T", "mT", "t", "transpose", "swapaxes", "swapdims"):
        a, b = (args[1], args[2]) if len(args) > 2 else (kwargs.get("dim0", -2), kwargs.get("dim1", -1))
        order[a], order[b] = order[b], order[a]
    else:
        source, target = args[1] % x.ndim, args[2] % x.ndim
        order.pop(source)
        order.insert(target, source)
    found.rename(found.permuted(found.value(x), [a for d in order if (a := found.axis_of(x, d))]), out)


def parts(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """chunk and split: neighbours along an axis."""
    axis = found.axis_of(args[0], argument("sizes dim", args, kwargs, dim=0)["dim"])
    start = 0
    for piece in out:
        length = found.own(piece)[axis - 1]
        found.rename(found.part(found.value(args[0]), axis, start, length, found.own(args[0])), piece)
        start += length


def unbind(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Each place of an axis."""
    axis = found.axis_of(args[0], argument("dim", args, kwargs, dim=0)["dim"])
    for k, piece in enumerate(out):
        found.rename(found.place(found.value(args[0]), axis, k), piece)


def select(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """One place of an axis."""
    given = argument("dim index", args, kwargs)
    axis = found.axis_of(args[0], given["dim"])
    alone = found.states.get(id(args[0]), (0, ""))[0] == 1 and axis == 1
    x = found.value(args[0])
    found.rename(x if alone else found.place(x, axis, given["index"]), out)


def narrow(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Neighbours along an axis."""
    given = argument("dim start length", args, kwargs)
    x = args[0]
    axis = found.axis_of(x, given["dim"])
    found.rename(found.part(found.value(x), axis, int(given["start"]), int(given["length"]), found.own(x)), out)


def getitem(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Places and neighbours along axes, one axis after the other."""
    x, index = args[0], args[1]
    index = index if isinstance(index, tuple) else (index,)
    if any(not isinstance(i, int | slice | type(None) | type(Ellipsis)) or isinstance(i, bool) for i in index):
        raise Unreadable(say("an index that is a tensor is not read."))
    fixed = sum(i is not None and i is not Ellipsis for i in index)
    wide: list[Any] = []
    for i in index:
        wide.extend([slice(None)] * (x.ndim - fixed) if i is Ellipsis else [i])
    at, alone = found.value(x), found.states.get(id(x), (0, ""))[0] == 1
    for dim, i in reversed(list(enumerate(i for i in wide if i is not None))):
        axis, size = found.axis_of(x, dim), x.shape[dim]
        if isinstance(i, int):
            if axis == 0:
                raise Unreadable(say("single samples of a batch are not read."))
            at = at if alone and axis == 1 else found.place(at, axis, i)
        elif axis and i != slice(None):
            start, stop, step = i.indices(size)
            length = len(range(start, stop, step))
            at = at if length == size else found.part(at, axis, start, length, (0,) * axis, step)
    if any(i is None for i in wide):
        at = found.chain(at, ("reshape", {"shape": list(found.own(out))}))
    found.rename(at, out)


def mean(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Means, sums and largest values along axes."""
    given = argument("dim keepdim", args, kwargs, dim=None, keepdim=False)
    x = args[0]
    dims = given["dim"] if given["dim"] is not None else tuple(range(x.ndim))
    axes = sorted(a for d in ((dims,) if isinstance(dims, int) else dims) if (a := found.axis_of(x, d)))
    kind = name.removeprefix("a")
    found.rename(found.reduced(kind, found.value(x), found.own(x), axes, given["keepdim"]), out)


def interpolate(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A map made larger."""
    given = argument(
        "size scale_factor mode align_corners recompute_scale_factor antialias",
        args,
        kwargs,
        size=None,
        scale_factor=None,
        mode="nearest",
        align_corners=None,
        antialias=False,
    )
    if given["mode"] == "area" or given["antialias"]:
        what = "mode='area'" if given["mode"] == "area" else "antialias"
        raise Unreadable(say("interpolate with {what} is not read.", what=what))
    settings = written("upsample", {"mode": given["mode"], "align_corners": bool(given["align_corners"])})
    own = (
        {"size": plain(list(found.own(out)[1:]))}
        if given["size"] is not None
        else {"scale_factor": plain(given["scale_factor"])}
    )
    found.add("upsample", own | settings, args[:1], [out])


def pad(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Cells around a map."""
    given = argument("pad mode value", args, kwargs, mode="constant", value=None)
    axes = len(found.own(args[0])) - 1
    ends = list(given["pad"]) + [0] * (2 * axes - len(given["pad"]))
    if not any(ends):
        found.alias(out, args[0])
        return
    last = axes == 2 and len(ends) == 6 and ends[:2] == [0, 0]  # channels stand last
    if not last and (not 1 <= axes <= 3 or any(ends[2 * axes :])):
        raise Unreadable(say("padding of these axes is not read."))
    ends = ends[2:] if last else ends
    mode = {"replicate": "edge", "circular": "wrap"}.get(given["mode"], given["mode"])
    pairs = [(ends[2 * k], ends[2 * k + 1]) for k in range(axes - 1, -1, -1)]
    x = found.permuted(found.value(args[0]), [3, 1, 2]) if last else found.value(args[0])
    x = found.padded(x, pairs, mode, given["value"] or 0)
    found.rename(found.permuted(x, [2, 3, 1]) if last else x, out)
