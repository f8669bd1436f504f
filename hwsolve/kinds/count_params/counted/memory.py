"""Memory in bytes: of parameters, their gradients, the states of an optimizer, and all together; and the KV cache."""

from __future__ import annotations

from hwsolve.derivation.size_lines import by_keys, times
from hwsolve.formula.tree import Ref, formula
from hwsolve.kinds.count_params.cached import kept_by
from hwsolve.kinds.count_params.conventions import BYTES, Asked
from hwsolve.kinds.count_params.counted.record import Counted, Parts
from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Size, product, size_text
from hwsolve.layers.items import Item
from hwsolve.solution import Line


def of_params(asked: Asked) -> Parts:
    """Each has a number of bytes."""
    return ((asked.bytes_of("params"), "params"),)


def of_gradients(asked: Asked) -> Parts:
    """One for each trained parameter."""
    return ((asked.bytes_of("gradients"), "params.trainable"),)


def of_optimizer(asked: Asked) -> Parts:
    """So many states of each trained parameter, and its copy."""
    states = (asked.states or 0) * asked.bytes_of("optimizer")
    return ((states + (BYTES[asked.master] if asked.master else 0), "params.trainable"),)


def of_all(asked: Asked) -> Parts:
    """Parameters and activations; in training gradients and states too."""
    training = [key for key, there in (("gradients", trains(asked)), ("optimizer", keeps(asked))) if there]
    return ((1, "memory.params"), *[(1, f"memory.{key}") for key in training], (1, "activations.bytes"))


def trains(asked: Asked) -> bool:
    """Whether gradients are kept."""
    return asked.gradients or keeps(asked)


def keeps(asked: Asked) -> bool:
    """Whether an optimizer keeps numbers."""
    return asked.states is not None or bool(asked.master)


def said_params(asked: Asked) -> Message:
    """The type of parameters."""
    return say(
        "Memory of parameters: {dtype}, {n} bytes each.", dtype=asked.dtypes["params"], n=asked.bytes_of("params")
    )


def said_gradients(asked: Asked) -> Message:
    """The type of gradients."""
    n = asked.bytes_of("gradients")
    return say(
        "Memory of gradients: {dtype}, {n} bytes for each trained parameter.", dtype=asked.dtypes["gradients"], n=n
    )


def said_optimizer(asked: Asked) -> Message:
    """What the optimizer keeps."""
    dtype, n = asked.dtypes["optimizer"], asked.states or 0
    copy = say("a copy of the weights in {dtype}", dtype=asked.master)
    if asked.states is None and not asked.master:
        return say("Memory of the optimizer: none is stated.")
    if asked.states is None:
        return say("Memory of the optimizer: {copy}.", copy=copy)
    if asked.master:
        return say(
            "Memory of the optimizer ({name}): {n} numbers of {dtype} for each trained parameter, and {copy}.",
            name=asked.optimizer, n=n, dtype=dtype, copy=copy,
        )  # fmt: skip
    return say(
        "Memory of the optimizer ({name}): {n} numbers of {dtype} for each trained parameter.",
        name=asked.optimizer, n=n, dtype=dtype,
    )  # fmt: skip


def said_total(asked: Asked) -> Message:
    """What it is the sum of."""
    if keeps(asked):
        return say("Memory in all: parameters, gradients, states of the optimizer, and activations.")
    if trains(asked):
        return say("Memory in all: parameters, gradients and activations.")
    return say("Memory in all: parameters and activations.")


def cache_token(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The bytes that attention keeps of one position of the past."""
    if kept(counts, item) == "grows":
        text = layer.cache(*item.shapes)  # type: ignore[attr-defined]
        sizes = layer.sizes(*item.shapes) | {"bytes": counts.asked.bytes_of("cache")}
        counts.text("kv_cache.token", item.path, f"{text}*bytes", sizes, lines, rule=say("keys and values"))


def kept(counts: Counts, item: Item) -> str | None:
    """What a layer keeps of the past; None of one that is no attention."""
    if "kv_cache" not in counts.network:
        counts.network["kv_cache"] = kept_by(counts.problem.network.items)
    found: str | None = counts.network["kv_cache"].get(item.path)
    return found


def cache(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The same of all positions that come in, of all samples of a batch; of another sequence what stands for it."""
    if kept(counts, item) == "fixed":
        sizes = layer.sizes(*item.shapes) | {"bytes": counts.asked.bytes_of("cache"), "samples": counts.asked.batch}
        text = layer.cache(*item.shapes)  # type: ignore[attr-defined]
        rule = say("keys and values of another sequence")
        counts.text("kv_cache.bytes", item.path, f"samples*keys*{text}*bytes", sizes, lines, rule=rule)
        return
    one = counts.values["kv_cache.token"].get(item.path)
    if one is None or isinstance(one, AtLeast):
        return
    n, path = product((counts.asked.batch, item.shapes[1][-2])), item.path
    size, aside = product((n, one)), "kv_cache.bytes" not in counts.asked.shown
    numbers = counts.terms["kv_cache.bytes"][path] = times(n, formula(one))
    line = by_keys(Ref(f"kv_cache.bytes.{path}"), times(n, Ref(f"kv_cache.token.{path}")), numbers, size, aside=aside)
    counts.put("kv_cache.bytes", path, size, lines, line)


def samples(n: Size) -> Message:
    """How many samples."""
    return say("one sample") if n == 1 else say("{n} samples", n=size_text(n))


def said_cache(asked: Asked) -> Message:
    """What is kept of the past."""
    return say(
        "KV cache: a key and a value for each head that has its own, {dtype}; of all positions that come in, for {n} "
        "at a time.", dtype=asked.dtypes["cache"], n=samples(asked.batch),
    )  # fmt: skip


QUANTITIES: tuple[Counted, ...] = (
    Counted(
        "memory.params", say("bytes of parameters"), say("Bytes of parameters"), of=of_params, bytes=True,
        experts=True, said=said_params, dtype=lambda asked: asked.dtypes["params"],
    ),
    Counted(
        "memory.gradients", say("bytes of gradients"), say("Bytes of gradients"), of=of_gradients, bytes=True,
        experts=True, said=said_gradients, dtype=lambda asked: asked.dtypes["gradients"],
    ),
    Counted(
        "memory.optimizer", say("bytes of the optimizer"), say("Bytes of the optimizer"), of=of_optimizer,
        bytes=True, experts=True,
        said=said_optimizer,
    ),
    Counted(
        "memory.total", say("bytes in all"), say("Bytes in all"), of=of_all, bytes=True, experts=True, said=said_total,
        largest=lambda asked: asked.stored == "peak",
    ),
    Counted(
        "kv_cache.token", say("bytes of the KV cache for one position"), say("KV cache, one position"), cache_token,
        bytes=True, said=said_cache,
    ),
    Counted(
        "kv_cache.bytes", say("bytes of the KV cache"), say("KV cache"), cache, reads=("kv_cache.token",), bytes=True,
        said=said_cache,
    ),
)  # fmt: skip
