"""What is wrong with a Keras model before it is drawn: its layers, their settings, what they read."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.document import Document
from hwsolve.importing.fields import Fields, is_size
from hwsolve.importing.keras.layers import KNOWN, TABLE
from hwsolve.importing.keras.settings import CHECKS
from hwsolve.importing.keras.wiring import Key, Malformed, call_of, key, listed
from hwsolve.language import say
from hwsolve.spec.report import clip, did_you_mean

MODELS = ("Sequential", "Functional", "Model")
INPUT = "InputLayer"


def check(document: Document, data: dict[str, Any]) -> None:
    """Note all mistakes of a model and of the models within it."""
    top = Fields(document, data, say("the model"))
    top.word("class_name", MODELS)
    kind, config = data.get("class_name"), data.get("config")
    plain = kind == "Sequential" and isinstance(config, list)  # as Keras 1 wrote it
    layers = config if plain else config.get("layers") if isinstance(config, dict) else None
    if not plain and not isinstance(config, dict):
        if config is None:
            top.missing("config", say("an object with the layers"))
        else:
            top.refuse("config", say("an object with the layers"))
        return
    if not isinstance(layers, list) or not layers:
        said = say("The model has no layers: `layers` must be a list of them.")
        document.add(config, None if plain else "layers", said)
        return
    right = [layer for k, layer in enumerate(layers) if well_formed(document, layers, k)]
    for layer in right:
        of_layer(document, layer)
    if kind in ("Functional", "Model") and isinstance(config, dict) and len(right) == len(layers):
        wires(document, config, layers)


def well_formed(document: Document, layers: list[Any], k: int) -> bool:
    """Whether an entry is an object with a class and settings."""
    layer = layers[k]
    if not isinstance(layer, dict):
        document.add(layers, k, say("A layer is an object with its `class_name` and `config`."))
        return False
    top = Fields(document, layer, say("this layer"))
    before = len(document.wrong)
    top.text("class_name", say("the class of the layer, as `{name}`", name="Dense"))
    settings = layer.get("config")
    if settings is None:
        top.missing("config", say("an object with the layer's settings"))
    elif not isinstance(settings, dict) and layer.get("class_name") not in MODELS:
        top.refuse("config", say("an object with the layer's settings"))
    return len(document.wrong) == before


def of_layer(document: Document, layer: dict[str, Any]) -> None:
    """The class and the settings of one layer."""
    kind, config = layer["class_name"], layer["config"]
    if kind in MODELS:
        check(document, layer)
        return
    f = Fields(document, config, kind)
    if "name" in config:
        f.text("name", say("a text"))
    f.flag("trainable", True)
    if kind == INPUT:
        shape(f)
    elif kind not in TABLE:
        document.add(
            layer,
            "class_name",
            say("There is no layer for {name} of Keras.", name=clip(kind)),
            did_you_mean(kind, KNOWN),
        )
    elif kind in CHECKS:
        CHECKS[kind](f)
    if kind != INPUT and any(f.given(key) for key in SHAPES):
        shape(f)


SHAPES = ("batch_input_shape", "batch_shape")


def shape(f: Fields) -> None:
    """The shape of an input: the batch, and at least one size that may be left open."""
    right = say("a list that begins with null for the batch, then a size or null for each axis")
    key = next((key for key in SHAPES if f.given(key)), "")
    if not key:
        f.missing(SHAPES[1], right)
        return
    value = f.holder[key]
    if not isinstance(value, list) or len(value) < 2 or not all(n is None or is_size(n) for n in value):
        f.refuse(key, right)


def wires(document: Document, config: dict[str, Any], layers: list[dict[str, Any]]) -> None:
    """What the layers of a graph read, and what goes in and out of it."""
    names: dict[str, dict[str, Any]] = {}
    for layer in layers:
        name = name_of(layer)
        if name in names:
            document.add(layer, None, say("Two layers have the name `{name}`.", name=name))
        names[name] = layer
    for layer in layers:
        nodes = layer.get("inbound_nodes") or []
        if not isinstance(nodes, list):
            document.add(layer, "inbound_nodes", NO_CALL)
            continue
        for k, node in enumerate(nodes):
            try:
                read = call_of(node).all
            except Malformed:
                document.add(nodes, k, NO_CALL)
                continue
            for one in read:
                there(document, nodes, k, names, one)
            if not read and layer["class_name"] != INPUT:
                document.add(nodes, k, say("This call reads nothing."))
    for place in ("input_layers", "output_layers"):
        ends(document, config, place, names)


NO_CALL = say("A call is a list of tensors, each as a layer, the number of its call and that of its output.")


def ends(document: Document, config: dict[str, Any], place: str, names: dict[str, dict[str, Any]]) -> None:
    """The tensors that go in or come out."""
    if place == "input_layers" and not config.get(place):
        return
    try:
        found = [key(one) for one in listed(config.get(place))]
    except Malformed:
        found = []
    if not found:
        said = say("`{key}` must be a list of tensors, each as a layer and two numbers.", key=place)
        document.add(config, place, said)
    for one in found:
        there(document, config, place, names, one)
        if place == "input_layers" and one[0] in names and names[one[0]]["class_name"] != INPUT:
            document.add(config, place, say("`{name}` is no input layer.", name=one[0]))


def there(document: Document, holder: Any, at: str | int, names: dict[str, dict[str, Any]], one: Key) -> None:
    """Refuse a tensor of a layer, or of a call of it, that there is not."""
    name, call, output = one
    if name not in names:
        document.add(holder, at, say("There is no layer `{name}`.", name=clip(name)), did_you_mean(name, names))
        return
    calls = names[name].get("inbound_nodes") or []
    most = max(1, len(calls) if isinstance(calls, list) else 1)
    if most == 1 and call:
        document.add(holder, at, say("`{name}` is called once: the number of its call is 0, not {call}.",
                                     name=name, call=call))  # fmt: skip
    elif not 0 <= call < most:
        document.add(holder, at, say("`{name}` has no call {call}: they are counted from 0 to {last}.",
                                     name=name, call=call, last=most - 1))  # fmt: skip
    elif output and names[name]["class_name"] not in MODELS:
        document.add(holder, at, say("`{name}` has one output, 0, not {output}.", name=name, output=output))


def name_of(layer: dict[str, Any]) -> str:
    """What a layer is called."""
    own = layer["config"].get("name") if isinstance(layer["config"], dict) else None
    found = own if own is not None else layer.get("name")
    return found if isinstance(found, str) else str(layer["class_name"])
