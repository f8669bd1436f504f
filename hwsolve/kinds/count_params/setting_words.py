"""The settings of a layer in words: `64 output channels, window 7×7, stride 2, no bias`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from hwsolve.formula.notation import unicode
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.language import Message, listed, say
from hwsolve.layers import layer_class
from hwsolve.layers.blocks import ARGUMENT, Block
from hwsolve.layers.composed import COMPOSITES, WIRED
from hwsolve.layers.packaged import PACKAGED, packaged_class
from hwsolve.solution import Text
from hwsolve.spec import nodes
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.records import form_of, meant_alone
from hwsolve.spec.report import clip
from hwsolve.spec.scalars import FLAGS

LONGEST = 80  # characters of one setting
COUNTED: Mapping[str, Callable[[str], Message]] = {
    "out_channels": lambda n: say("{n} output channels", n=n),
    "in_channels": lambda n: say("{n} input channels", n=n),
    "out_features": lambda n: say("{n} outputs", n=n),
    "in_features": lambda n: say("{n} inputs", n=n),
    "num_features": lambda n: say("{n} channels", n=n),
    "num_channels": lambda n: say("{n} channels", n=n),
    "channels": lambda n: say("{n} channels", n=n),
    "groups": lambda n: say("{n} groups", n=n),
    "num_heads": lambda n: say("{n} heads", n=n),
}
SIZES = ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size", "scale_factor")
NAMED: Mapping[str, Message] = {
    "out_channels": say("output channels"),
    "in_channels": say("input channels"),
    "out_features": say("outputs"),
    "in_features": say("inputs"),
    "per_sample_weights": say("weights of the rows"),
    "features": say("values that come out"),
    "kernel_size": say("window"),
    "stride": say("stride"),
    "padding": say("padding"),
    "dilation": say("dilation"),
    "groups": say("groups"),
    "output_size": say("output size"),
    "embed_dim": say("embed dim"),
    "num_heads": say("num heads"),
    "kv_heads": say("kv heads"),
    "position_bias": say("position bias"),
    "position_table": say("position table"),
    "squeeze_channels": say("squeeze channels"),
    "scale_activation": say("scale activation"),
    "unflattened_size": say("unflattened size"),
    "start_dim": say("start dim"),
    "downscale_factor": say("downscale factor"),
    "num_positions": say("num positions"),
    "head_dim": say("head dim"),
    "hidden_size": say("hidden size"),
    "num_layers": say("num layers"),
    "input_size": say("input size"),
    "proj_size": say("proj size"),
    "pairs": say("pairs"),
    "in1_features": say("in1 features"),
    "in2_features": say("in2 features"),
    "padding_mode": say("padding mode"),
    "output_padding": say("output padding"),
    "ceil_mode": say("ceil mode"),
    "count_include_pad": say("count include pad"),
    "divisor_override": say("divisor override"),
    "track_running_stats": say("track running stats"),
    "normalized_shape": say("normalized shape"),
    "elementwise_affine": say("elementwise affine"),
    "num_groups": say("num groups"),
    "weight_ih": say("weight ih"),
    "weight_hh": say("weight hh"),
    "bias_ih": say("bias ih"),
    "bias_hh": say("bias hh"),
    "weight_hr": say("weight hr"),
    "negative_slope": say("negative slope"),
    "num_parameters": say("num parameters"),
    "min_val": say("min val"),
    "max_val": say("max val"),
    "at_zero": say("at zero"),
    "end_dim": say("end dim"),
    "scale_factor": say("scale factor"),
    "align_corners": say("align corners"),
    "upscale_factor": say("upscale factor"),
    "dropout_mask": say("dropout mask"),
    "key_padding_mask": say("key padding mask"),
    "key_lengths": say("key lengths"),
    "dropout_p": say("dropout p"),
    "in_proj_weight": say("in proj weight"),
    "in_proj_bias": say("in proj bias"),
    "bias_k": say("bias k"),
    "bias_v": say("bias v"),
    "qk_norm": say("qk norm"),
    "num_embeddings": say("num embeddings"),
    "embedding_dim": say("embedding dim"),
    "padding_idx": say("padding idx"),
    "norm_type": say("norm type"),
    "output_ratio": say("output ratio"),
    "init_values": say("init values"),
    "weight_decay": say("weight decay"),
    "d_model": say("d model"),
    "dim_feedforward": say("dim feedforward"),
    "norm_first": say("norm first"),
    "layer_norm_eps": say("layer norm eps"),
    "memory_mask": say("memory mask"),
    "final_norm": say("final norm"),
    "num_encoder_layers": say("num encoder layers"),
    "num_decoder_layers": say("num decoder layers"),
    "target_mask": say("target mask"),
    "depth_multiplier": say("depth multiplier"),
    "name": say("name"),
    "inputs": say("reads"),
    "output": say("gives"),
}
ARGUMENTS: Mapping[str, Message] = {"channels": say("channels")}  # names that no setting has
WITHOUT: Mapping[str, Message] = {
    "bias": say("no bias"),
    "affine": say("no weight and no bias"),
    "bidirectional": say("in one direction"),
    "add_bias_kv": say("no learned key beside the others"),
    "add_zero_attn": say("no key of zeros beside the others"),
}
WITH: Mapping[str, Message] = {
    "bidirectional": say("in both directions"),
    "add_bias_kv": say("a learned key beside the others"),
    "add_zero_attn": say("a key of zeros beside the others"),
}


def setting_words(name: str, arguments: Node) -> list[Text]:
    """What a spec says of a layer, in its order."""
    layer: type[Struct] | None = None
    if name not in COMPOSITES and not name.startswith("$"):
        layer = packaged_class(name) if name in PACKAGED else layer_class(name)
    if isinstance(arguments, nodes.Mapping):
        idle = form_of(layer).idle if layer is not None else {}
        return [setting(key, value, layer) for key, (_, value) in arguments.entries.items() if key not in idle]
    if is_null(arguments) or layer is None:
        return []
    return [setting(meant_alone(layer, arguments), arguments, layer)]


def argument_words(block: Block, arguments: Node) -> Text:
    """The arguments of the use of a block."""
    if is_null(arguments):
        return ""
    if isinstance(arguments, nodes.Sequence) and len(block.arguments) > 1:
        given = zip(block.arguments, arguments.items, strict=False)
        return listed([in_words(key, value_text(value)) for key, value in given])
    if not isinstance(arguments, nodes.Mapping):
        return in_words(block.arguments[0], value_text(arguments))
    own = [key for key in arguments.entries if key in block.arguments or key not in WIRED]
    said: list[Text] = [in_words(key, value_text(arguments.entries[key][1])) for key in own]
    rest = [key for key in arguments.entries if key not in own]
    return listed([*said, *[setting(key, arguments.entries[key][1], None) for key in rest]])


def setting(key: str, value: Node, layer: type[Struct] | None) -> Text:
    """One setting."""
    if isinstance(value, Scalar) and value.plain and value.text in FLAGS:
        if not FLAGS[value.text]:
            return WITHOUT.get(key) or say("without {setting}", setting=argument_word(key))
        return WITH.get(key) or say("with {setting}", setting=argument_word(key))
    if isinstance(value, nodes.Mapping) and set(value.entries) == {"tie"}:
        shared = value_text(value.entries["tie"][1])
        return say("{name}: that of {layer}", name=argument_word(key), layer=shared)
    if isinstance(value, nodes.Mapping) and NAMED.keys() & value.entries and len(value_text(value)) < LONGEST:
        parts = [in_words(k, value_text(v), close=True) for k, (_, v) in value.entries.items()]
        return say("{name}: {value}", name=argument_word(key), value=listed(parts))
    axes = getattr(layer, "AXES", 1) if key in ("kernel_size", "output_size") else 1
    if key in WIRED and isinstance(value, Scalar):
        text = clip(unmarked(value.text), LONGEST)
    else:
        text = value_text(value, between(key))
    if isinstance(value, Scalar) and axes > 1 and text.replace(",", "").isalnum():
        text = "×".join([text] * axes)
    return in_words(key, text)


def in_words(key: str, value: str, close: bool = False) -> Text:
    """`64 output channels`, `stride 2`, `init: normal`; `close`: without a colon."""
    if key in COUNTED and value != "1":
        return COUNTED[key](value)
    if close or key in SIZES:
        return say("{name} {value}", name=argument_word(key), value=value)
    return say("{name}: {value}", name=argument_word(key), value=value)


def unmarked(text: str) -> str:
    """The arguments of a block by their names alone."""
    return ARGUMENT.sub(r"\1", text)


def argument_word(name: str) -> Text:
    """The argument of a block, by the word of the setting that has this name."""
    return ARGUMENTS.get(name) or NAMED.get(name) or spaced(name)


def between(key: str) -> str:
    """What stands between the parts of a value."""
    return "×" if key in SIZES else ", "


def spaced(key: str) -> str:
    """A key as words."""
    return key.replace("_", " ")


def value_text(node: Node, sign: str = ", ") -> str:
    """A value as it is written by hand: thousands parted, formulas set, the arguments of a block by their names."""
    if isinstance(node, nodes.Sequence):
        parts = [value_text(item, ", ") for item in node.items]
        nested = any(not isinstance(item, Scalar) for item in node.items)
        joined = sign.join(parts)
        return clip(f"({joined})" if nested or (sign == ", " and len(parts) != 1) else joined, LONGEST)
    if isinstance(node, nodes.Mapping):
        return clip(", ".join([f"{spaced(k)} {value_text(v)}" for k, (_, v) in node.entries.items()]), LONGEST)
    return scalar_text(node) if isinstance(node, Scalar) else ""


def scalar_text(node: Scalar) -> str:
    """A number, a formula or a word."""
    text = unmarked(node.text)
    if not node.plain or "_" in text:
        return clip(text, LONGEST)
    try:
        return clip(unicode(parse(text)), LONGEST)
    except FormulaError:
        return clip(text, LONGEST)
