"""Recurrent layers, tables and attention of Keras."""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.activations import Config, Made, Named
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.language import say


def embedding(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Embedding."""
    x = read[0]
    settings = {"num_embeddings": config["input_dim"], "embedding_dim": config["output_dim"]}
    return Value(reader.chain(x.id, ("embedding", settings)), (*x.shape, config["output_dim"]))


def recurrent_settings(layer: str, config: Config) -> Config:
    """The settings of a recurrent layer."""
    made: Config = {"hidden_size": config["units"]}
    if not config.get("use_bias", True):
        made["bias"] = False
    if layer == "gru" and not config.get("reset_after", True):
        made["reset"] = "before"
    if layer == "rnn" and config.get("activation", "tanh") == "relu":
        made["nonlinearity"] = "relu"
    if config.get("go_backwards") or config.get("stateful"):
        raise Unreadable(say("{name} goes backwards or keeps its state, which is not read.", name=config.get("name")))
    return made


JOINED = {"sum": "{0} + {1}", "ave": "({0} + {1})/2", "mul": "{0}*{1}"}  # how directions are joined
RECURRENT = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def recurrent(kind: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """LSTM, GRU and SimpleRNN."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        return steps(
            reader, RECURRENT[kind], recurrent_settings(RECURRENT[kind], config), config, read[0], config["units"]
        )

    return make


def steps(reader: Reader, layer: str, settings: Config, config: Config, x: Value, width: int) -> Value:
    """All steps, or the last."""
    if not config.get("return_sequences", False):
        settings = settings | {"returns": "last"}
    if config.get("return_state"):
        raise Unreadable(say("{name} gives its states, which is not read.", name=config.get("name")))
    at = reader.chain(reader.channels_last(x), (layer, settings))
    return Value(at, (x.shape[0], width) if config.get("return_sequences") else (width,))


def bidirectional(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Bidirectional: its directions stand behind each other, or are joined element by element."""
    inner, how = config["layer"], config.get("merge_mode", "concat")
    layer, units = RECURRENT.get(inner["class_name"]), inner["config"].get("units")
    if layer is None or how not in ("concat", *JOINED):
        raise Unreadable(say("{name} joins its directions in a way that is not read.", name=config.get("name")))
    back = config.get("backward_layer") or inner
    settings = recurrent_settings(layer, inner["config"])
    if back["class_name"] != inner["class_name"] or recurrent_settings(layer, forwards(back)) != settings:
        raise Unreadable(
            say("{name} has two directions that are not alike, which is not read.", name=config.get("name"))
        )
    settings |= {"bidirectional": True} | still_ways(layer, settings, [inner["config"], back["config"]])
    both = steps(reader, layer, settings, inner["config"], read[0], 2 * units)
    if how == "concat":
        return both
    axis = len(both.shape)
    halves = [reader.part(both.id, axis, start, units, both.shape) for start in (0, units)]
    return Value(reader.formula(JOINED[how], halves), (*both.shape[:-1], units))


def forwards(layer: Config) -> Config:
    """The settings of the layer that goes backwards, as if it went forwards."""
    own: Config = layer["config"]
    return own | {"go_backwards": False}


def still_ways(layer: str, settings: Config, ways: list[Config]) -> Config:
    """Which parameters are trained, where those of one direction alone are."""
    trained = [way.get("trainable") is not False for way in ways]
    if len(set(trained)) == 1:
        return {}
    two = layer == "gru" and "reset" not in settings
    biases = [] if "bias" in settings else ["bias_ih", "bias_hh"] if two else ["bias"]
    behind = {"": trained[0], "_reverse": trained[1]} if trained[1] else {"_reverse": trained[1]}
    names = ["weight_ih", "weight_hh", *biases]
    return {name + end: {"trainable": own} for end, own in behind.items() for name in names}


def attention(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """MultiHeadAttention of query, value and key."""
    query = read[0] if read else named["query"]
    value = read[1] if len(read) > 1 else named.get("value", query)
    key = read[2] if len(read) > 2 else named.get("key", value)
    width, heads, across = query.shape[-1], config["num_heads"], config["key_dim"]
    if config.get("value_dim") not in (None, across) or config.get("output_shape") not in (None, width, [width]):
        raise Unreadable(
            say("{name} has other widths of values or outputs, which is not read.", name=config.get("name"))
        )
    settings: Config = {"embed_dim": width, "num_heads": heads} | (
        {"head_dim": across} if across * heads != width else {}
    )
    settings |= {k: v.shape[-1] for k, v in (("kdim", key), ("vdim", value)) if v.shape[-1] != width}
    settings |= {} if config.get("use_bias", True) else {"bias": False}
    ids = [reader.channels_last(v) for v in (query, key, value)]
    made = reader.fresh()
    reader.steps("multihead_attention", settings, ids, made)
    return Value(made, query.shape)


def dot_attention(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Attention: dot products of query, value and key."""
    query, value = read[0], read[1]
    key = read[2] if len(read) > 2 else value
    if config.get("use_scale") or config.get("score_mode", "dot") != "dot":
        raise Unreadable(say("{name} has a scale of its own, which is not read.", name=config.get("name")))
    made = reader.fresh()
    reader.steps("attention", {"scale": False}, [query.id, key.id, value.id], made)
    return Value(made, (*query.shape[:-1], value.shape[-1]))
