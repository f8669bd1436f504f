"""Operators of ONNX that move numbers to other places, or take them together along axes."""

from __future__ import annotations

from math import prod
from typing import Any

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.onnx.model import axes_of
from hwsolve.importing.onnx.reader import Reader, number_of
from hwsolve.importing.settings_of import plain, written
from hwsolve.language import say


def concatenate(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Concat."""
    rank = len(reader.model.shape(node.output[0])) - 1
    data = next(n for n in node.input if n in reader.data)
    values = [reader.operand(n, rank) for n in node.input]
    reader.give(node.output[0], reader.concatenated(values, reader.axis(data, more["axis"]), rank), reader.batch[data])


def reshape(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """The same numbers under another shape; the batch stays in front."""
    x = node.input[0]
    old, new = reader.model.shape(x), reader.model.shape(node.output[0])
    at = reader.batch[x]
    batch = old[at] if old else 1
    if batch in new[:1] or at == 0:
        place = 0
    else:
        place = next((k for k, n in enumerate(new) if n == batch), 0)
    rest = (*new[:place], *new[place + 1 :])
    if new and new[place] != batch and new[place] % batch == 0:
        rest = (new[place] // batch, *rest)
    if prod(rest) != prod(reader.own(x)):
        raise Unreadable(say("{name} joins samples, which is not read.", name=node.output[0]))
    reader.give(node.output[0], reader.reshaped(reader.value(x), reader.own(x), rest), place)


def squeeze(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Squeeze and Unsqueeze: axes of length 1."""
    x = node.input[0]
    axes = axes_of([None, *(reader.model.values.get(n) for n in node.input[1:2])], more)
    at = reader.batch[x]
    rank = len(reader.model.shape(x if node.op_type == "Squeeze" else node.output[0]))
    axes = tuple(a % rank for a in axes)
    if node.op_type == "Squeeze":
        place = at - sum(a < at for a in axes)
    else:
        place = [k for k in range(rank) if k not in axes][at]
    shape = reader.model.shape(node.output[0])
    new = (*shape[:place], *shape[place + 1 :])
    reader.give(node.output[0], reader.reshaped(reader.value(x), reader.own(x), new), place)


def transpose(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Axes in another order."""
    x = node.input[0]
    order = list(more.get("perm", range(len(reader.model.shape(x)))[::-1]))
    own = [a for k in order if (a := reader.axis(x, k))]
    reader.give(node.output[0], reader.permuted(reader.value(x), own), order.index(reader.batch[x]))


def slices(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Slice: places along axes."""
    x = node.input[0]
    got = [reader.model.values.get(n) if n else None for n in node.input[1:]]
    starts = more.get("starts") if "starts" in more else got[0]
    ends = more.get("ends") if "ends" in more else got[1]
    if starts is None or ends is None:
        raise Unreadable(say("{name} reads places that are computed, which is not read.", name=node.output[0]))
    axes: Any = more["axes"] if "axes" in more else got[2] if len(got) > 2 else None
    axes = range(len(starts)) if axes is None else axes
    steps = got[3] if len(got) > 3 and got[3] is not None else [1] * len(starts)
    at, own = reader.value(x), list(reader.own(x))
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        place = reader.axis(x, int(axis))
        found = range(*slice(int(start), int(end), int(step)).indices(reader.model.shape(x)[int(axis)]))
        if step < 1 or (not place and len(found) != reader.model.shape(x)[int(axis)]):
            raise Unreadable(say("{name} reads places that are computed, which is not read.", name=node.output[0]))
        if place:
            at = reader.part(at, place, found.start, len(found), tuple(own), int(step))
            own[place - 1] = len(found)
    reader.give(node.output[0], at, reader.batch[x])


def split(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Split: neighbours along an axis."""
    x = node.input[0]
    axis, start = reader.axis(x, more.get("axis", 0)), 0
    for name in node.output:
        length = reader.model.shape(name)[more.get("axis", 0)]
        reader.give(name, reader.part(reader.value(x), axis, start, length, reader.own(x)), reader.batch[x])
        start += length


def resize(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Resize and Upsample, to the size that comes out."""
    x, axes = node.input[0], len(reader.own(node.input[0])) - 1
    old, new = reader.own(x)[1:], reader.model.shape(node.output[0])[2:]
    mode = {"nearest": "nearest", "linear": ("linear", "bilinear", "trilinear")[axes - 1], "cubic": "bicubic"}[
        more.get("mode", "nearest")
    ]
    whole = all(b % a == 0 for a, b in zip(old, new, strict=True))
    size = (
        {"scale_factor": plain([b // a for a, b in zip(old, new, strict=True)])}
        if whole
        else {"size": plain(list(new))}
    )
    corners = more.get("coordinate_transformation_mode") == "align_corners"
    reader.put("upsample", size | written("upsample", {"mode": mode, "align_corners": corners}), x)


def pad(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Pad."""
    x = node.input[0]
    found = more.get("pads") if "pads" in more else reader.model.values.get(node.input[1])
    if found is None:
        raise Unreadable(say("{name} has padding that is computed, which is not read.", name=node.output[0]))
    pads = [int(n) for n in found]
    half = len(pads) // 2
    ends = list(zip(pads[:half], pads[half:], strict=True))
    other = any(ends[0]) or any(ends[1]) or not 3 <= half <= 5
    if other and any(n for pair in ends for n in pair):
        raise Unreadable(say("padding of these axes is not read."))
    value = number_of(reader, node, 2, more.get("value", 0)) or 0
    reader.give(
        node.output[0], reader.padded(reader.value(x), ends[2:], more.get("mode", "constant"), value), reader.batch[x]
    )


def reduced(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Means, sums and largest values along axes."""
    x = node.input[0]
    axes = axes_of([None, *(reader.model.values.get(n) for n in node.input[1:2])], more)
    places = sorted(a for k in axes or range(len(reader.model.shape(x))) if (a := reader.axis(x, k)))
    kind = node.op_type.removeprefix("Reduce").lower()
    reader.give(
        node.output[0], reader.reduced(kind, reader.value(x), reader.own(x), places, bool(more.get("keepdims", 1)))
    )


def shuffle(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """DepthToSpace and SpaceToDepth."""
    if node.op_type == "DepthToSpace":
        reader.put("pixel_shuffle", {"upscale_factor": more["blocksize"]}, node.input[0])
    else:
        reader.put("pixel_unshuffle", {"downscale_factor": more["blocksize"]}, node.input[0])
