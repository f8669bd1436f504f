"""The graph of a Keras model: which layer reads what, in the order in which they can be worked out."""

from __future__ import annotations

import re
from typing import Any

from hwsolve.importing.assembled import Imported
from hwsolve.importing.document import Document
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.fields import is_size
from hwsolve.importing.graph import free
from hwsolve.importing.keras.checking import INPUT, MODELS, check, name_of
from hwsolve.importing.keras.layers import TABLE
from hwsolve.importing.keras.ranks import fits
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.importing.keras.windows import MAPS
from hwsolve.importing.keras.wiring import Call, Key, calls_of, key, listed
from hwsolve.importing.nodes import Node, Scope
from hwsolve.importing.settings import Settings
from hwsolve.language import say

BLOCK = re.compile(r"((?:[a-z]+\d*_)?block_?\d*[a-z]?|mixed\d+|stage\d+)_")


def drawn(document: Document, settings: Settings) -> Imported:
    """The graph of a model."""
    data = document.data
    check(document, data)
    document.finish()
    reader = Reader(document, settings)
    reader.frozen = still(data, False)
    ends = model(reader, data, None)
    document.finish()
    alone = len(reader.inputs) == 1 and not re.search("inputs?_", next(iter(reader.names.values())))
    if not alone and len(reader.inputs) == 1:
        reader.names[next(iter(reader.names))] = "x"
    out = tuple(v.id for v in ends)
    return Imported(called_for(reader.nodes, set(out)), reader.inputs, reader.names, out, {"framework": "keras"})


def called_for(nodes: list[Node], read: set[str]) -> list[Node]:
    """Without further calls of layers that nothing reads: a model of Keras does not make them."""
    kept = []
    for node in reversed(nodes):
        if node.layer != "use" or read.intersection(node.outputs):
            kept.append(node)
            read.update(node.inputs)
    return kept[::-1]


def model(reader: Reader, data: dict[str, Any], read: list[Value] | None) -> list[Value]:
    """A model's outputs; `read` is what a model within a model reads."""
    kind, config = data["class_name"], data["config"]
    layers = config["layers"] if isinstance(config, dict) else config
    return (sequential if kind == "Sequential" else functional)(reader, config, layers, read)


def sequential(reader: Reader, config: Any, layers: list[Any], read: list[Value] | None) -> list[Value]:
    """One layer after the other."""
    at, begun = (read[0] if read else None), bool(read)
    for layer in layers:
        own = layer["config"]
        if layer["class_name"] == INPUT:
            at, begun = at or entry(reader, layer, layers), True
            continue
        if at is None and not begun:
            shape = own.get("batch_input_shape") or own.get("batch_shape") or built(config)
            if shape is None and not reader.settings.shapes:
                raise Unreadable(
                    say(
                        "the input {name} leaves its shape open: give it, as in {example}.",
                        name="x",
                        example="--shape 224,224,3",
                    )
                )
            whole = layer["class_name"] == "Embedding"
            at = reader.input("x", tuple((shape or [None])[1:]), whole, spatial(layers[:1]))
        at = at or built_for(reader, layer)
        if at is None:
            break
        made = called(reader, layer, [at], {})
        at, begun = (made[0] if made else None), True
    reader.document.finish()
    if at is None:
        raise Unreadable(say("the model has no layers."))
    return [at]


def built_for(reader: Reader, layer: dict[str, Any]) -> Value | None:
    """What a layer behind one that failed reads, by the shape that it was built for; further mistakes are found so."""
    known = layer.get("build_config")
    shape = known.get("input_shape") if isinstance(known, dict) else None
    if not isinstance(shape, list) or len(shape) < 2 or not all(is_size(n) for n in shape[1:]):
        return None
    return Value(reader.fresh(), tuple(shape[1:]))


def built(config: Any) -> Any:
    """The shape for which a sequence was built, where it says one."""
    shape = config.get("build_input_shape") if isinstance(config, dict) else None
    right = isinstance(shape, list) and len(shape) > 1 and all(n is None or is_size(n) for n in shape)
    return shape if right else None


def spatial(readers: list[Any]) -> bool:
    """Whether what reads an input works on maps, whose channels then stand first."""

    first = readers[0]["class_name"] if readers else ""
    return first in MAPS


def entry(reader: Reader, layer: dict[str, Any], layers: list[Any]) -> Value:
    """An input layer."""
    own, called = layer["config"], name_of(layer)
    shape = own.get("batch_input_shape") or own.get("batch_shape")
    behind = [other for other in layers if other["class_name"] != INPUT]
    tables = [other for other in behind if other["class_name"] == "Embedding" and reads(other, called)]
    whole = bool(tables) or ("int" in str(own.get("dtype")) and len(shape) == 2)
    return reader.input(called, tuple(shape[1:]), whole, map_like(tuple(shape[1:]), behind, called))


def map_like(shape: tuple[Any, ...], behind: list[Any], name: str) -> bool:
    """Whether the channels of an input stand first here: of images, and of sequences that a convolution reads."""

    return len(shape) > 2 or any(
        other["class_name"] in MAPS and (reads(other, name) or other is behind[0]) for other in behind
    )


def reads(layer: dict[str, Any], name: str) -> bool:
    """Whether a layer reads what another one gives; in a sequence the first one does."""
    calls = calls_of(layer)
    return not calls or any(source[0] == name for call in calls for source in call.reads)


def functional(reader: Reader, config: dict[str, Any], layers: list[Any], read: list[Value] | None) -> list[Value]:
    """A graph; a layer may be called several times.  What reads something that failed is tried as it was built."""
    values: dict[Key, Value] = {}
    given = iter(read or ())
    by_name = {name_of(layer): layer for layer in layers}
    order = [key(one) for one in listed(config.get("input_layers") or [])]
    order = order or [(name, 0, 0) for name, layer in by_name.items() if layer["class_name"] == INPUT]
    if read and len(order) != len(read):
        raise Unreadable(say("the model within reads {n}, and is given {m}.", n=len(order), m=len(read)))
    for one in order:
        values[one] = next(given) if read else entry(reader, by_name[one[0]], layers)
    waiting = [
        (name, k, call)
        for name, layer in by_name.items()
        if layer["class_name"] != INPUT
        for k, call in enumerate(calls_of(layer))
    ]
    while waiting:
        ready = [one for one in waiting if all(source in values for source in one[2].all)]
        if not ready:
            if not resumed(reader, by_name, [(name, call) for name, _, call in waiting], values):
                break
            continue
        waiting = [one for one in waiting if one not in ready]
        for name, k, call in ready:
            named = {word: values[source] for word, source in call.named.items()}
            layer = by_name[name]
            number = call.numbers[0] if call.numbers else None  # of an operation with a number
            for place, made in enumerate(called(reader, layer, [values[s] for s in call.reads], named, number)):
                values[name, k, place] = made
    ends = [key(one) for one in listed(config["output_layers"])]
    circle(reader, by_name, [(name, call) for name, _, call in waiting], values)
    reader.document.finish()
    if left := [end for end in ends if end not in values]:
        raise Unreadable(say("{name} gives nothing: it is not called.", name=left[0][0]))
    return [values[end] for end in ends]


def resumed(reader: Reader, layers: dict[str, Any], waiting: list[tuple[str, Call]], values: dict[Key, Value]) -> bool:
    """Put something in the place of what failed, for a layer that reads nothing else and says what it was built for."""
    for name, call in waiting if reader.document.wrong else ():
        stand_in = built_for(reader, layers[name])
        if len(call.all) == 1 and stand_in is not None:
            values[call.all[0]] = stand_in
            return True
    return False


def circle(reader: Reader, layers: dict[str, Any], waiting: list[tuple[str, Call]], values: dict[Key, Value]) -> None:
    """Note a call that waits for what is never there, where nothing in front of it failed."""
    if reader.document.wrong or not waiting:
        return
    name, call = waiting[0]
    missing = next(source for source in call.all if source not in values)
    reader.document.add(
        layers[name], "inbound_nodes", say("{name} reads {other}, which is not there before it.",
                                           name=name, other=missing[0])
    )  # fmt: skip


def still(layer: dict[str, Any], around: bool) -> bool:
    """Whether nothing in a layer is trained: as it says, or a model or layer around it."""
    own = layer["config"] if isinstance(layer["config"], dict) else {}
    within = [own[key] for key in ("layer", "backward_layer") if own.get(key)]
    return around or own.get("trainable") is False or (bool(within) and all(still(one, False) for one in within))


def called(
    reader: Reader, layer: dict[str, Any], read: list[Value], named: dict[str, Value], number: float | None = None
) -> list[Value]:
    """One call of a layer or of a model within the model; nothing where it fails, which is noted."""
    kind, config = layer["class_name"], layer["config"]
    before = len(reader.nodes)
    try:
        if kind in MODELS:
            around, reader.frozen = reader.frozen, still(layer, reader.frozen)
            inner = model(reader, layer, read)
            reader.frozen = around
            return inner
        name = str(config.get("name", kind))
        block = BLOCK.match(name)
        reader.scopes = [Scope(block[1], re.sub(r"\d+[a-z]?|_$", "", block[1]).strip("_"))] if block else []
        others = [v for word, v in named.items() if word in ("query", "key", "value")]
        fits(kind, name, number is not None, [*read, *others])
        made = TABLE[kind](reader, config if number is None else config | {"number": number}, read, named)
    except Unreadable as error:
        reader.document.add(layer, None, error.message)
        return []
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, ZeroDivisionError):
        shapes = ", ".join(str(v.shape) for v in (*read, *named.values()))
        reader.document.add(layer, None, say("{name} does not fit what it reads: {shapes}.", name=kind, shapes=shapes))
        return []
    share(reader, layer, name, before)
    return [made] if isinstance(made, Value) else made


def share(reader: Reader, layer: dict[str, Any], name: str, before: int) -> None:
    """Of the layers that a call made: those that are not trained, and those that are there a second time."""
    owners = [node for node in reader.nodes[before:] if not free(node.layer)]
    if still(layer, reader.frozen):
        for node in owners:
            node.settings["trainable"] = False
    if id(layer) not in reader.made:
        reader.made[id(layer)] = owners
        return
    for k, (first, node) in enumerate(zip(reader.made[id(layer)], owners, strict=True)):
        word = re.sub(r"\W", "_", name) + (f"_{k + 1}" if k else "")
        node.layer, node.settings = "use", {"layer": first.settings.setdefault("name", word)}
        first.scopes = node.scopes = ()
