"""What layers are called where a page speaks of them: `dense layer` of linear, `max pool 2` of max_pool2, ReLU.

A name that the problem gives stays as it is, and so does a type that has no word of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hwsolve.formula.functions import function
from hwsolve.kinds.count_params.tree import Node, plain_type
from hwsolve.language import Message, say, translate
from hwsolve.solution import Text

WORDS: Mapping[str, Message] = {
    "conv": say("convolution"),
    "conv_transpose": say("transposed convolution"),
    "linear": say("dense layer"),
    "max_pool": say("max pooling"),
    "avg_pool": say("average pooling"),
    "adaptive_avg_pool": say("average pooling"),
    "adaptive_max_pool": say("max pooling"),
    "batch_norm": say("batch normalization"),
    "layer_norm": say("layer normalization"),
    "group_norm": say("group normalization"),
    "local_response_norm": say("local response normalization"),
    "rms_norm": say("RMS normalization"),
    "pixel_unshuffle": say("pixel unshuffle"),
    "multihead_attention": say("multi-head attention"),
    "drop_path": say("drop path"),
    "residual": say("the additions"),
    "add": say("the additions"),
    "zero_pad": say("the shortcuts padded with zeros"),
    "flatten": say("flattening"),
    "embedding": say("embedding"),
    "instance_norm": say("instance normalization"),
    "layer_scale": say("layer scale"),
    "squeeze_excitation": say("squeeze-and-excitation"),
    "channel_shuffle": say("channel shuffle"),
    "pixel_shuffle": say("pixel shuffle"),
    "positional_encoding": say("positional encoding"),
    "upsample": say("upsampling"),
}
IN_ROWS: Mapping[str, Message] = {
    "linear": say("dense layer"),
    "max_pool": say("max pool"),
    "avg_pool": say("average pool"),
    "adaptive_avg_pool": say("average pool"),
    "adaptive_max_pool": say("max pool"),
}
GLOBAL: Mapping[str, Message] = {
    "adaptive_avg_pool": say("global average pool"),
    "adaptive_max_pool": say("global max pool"),
}


def type_word(name: str) -> Text:
    """A type of layers."""
    base = plain_type(name)
    known = function(name)
    if known is not None and known.shown.isascii():
        return known.shown
    return WORDS.get(base) or base


def row_words(nodes: Iterable[Node]) -> dict[str, Text]:
    """The layers of a network that a row calls otherwise than by their names; a number only where there are several."""
    own = [(node, word_of(node)) for node in nodes if node.single and not node.children and is_numbered(node)]
    named = [(node, word) for node, word in own if word is not None]
    types = Counter(word.template for word in {node.type: word for node, word in named}.values())
    named = [(node, kind_of(node, word) if types[word.template] > 1 else word) for node, word in named]
    often = Counter(translate(word, "en") for _, word in named)
    found: dict[str, Text] = {}
    for node, word in named:
        number = node.name[len(node.type) :]
        found[node.name] = word if often[translate(word, "en")] == 1 else say("{layer} {n}", layer=word, n=number)
    return found


def word_in_row(node: Node) -> Text:
    """A layer within a composite, with its number."""
    word = word_of(node) if is_numbered(node) else None
    if word is None:
        return node.name
    return say("{layer} {n}", layer=kind_of(node, word), n=node.name[len(node.type) :])


def spoken_of(word: Text) -> Text:
    """The only layer of its kind in a sentence."""
    alone = isinstance(word, Message) and not word.values
    return say("the {layer}", layer=word) if alone else word


def is_numbered(node: Node) -> bool:
    """Whether a layer has its type and a number as its name."""
    return node.name.startswith(node.type) and node.name[len(node.type) :].isdigit()


def word_of(node: Node) -> Message | None:
    """The word of a row; of a pool over whole maps that it is one."""
    sides = node.shape[1:]
    if node.type in GLOBAL and sides and all(n == 1 for n in sides):
        return GLOBAL[node.type]
    return IN_ROWS.get(node.type)


def kind_of(node: Node, word: Message) -> Message:
    """The word of a row beside those of other pools: of one that is not of whole maps that it is adaptive."""
    if node.type in GLOBAL and word != GLOBAL[node.type]:
        return say("adaptive {layer}", layer=word)
    return word


def with_words(text: Text, words: Mapping[str, Text]) -> Text:
    """A sentence with the words of rows in place of names."""
    if isinstance(text, str):
        return words.get(text, text)
    return Message(text.template, {k: replaced(v, words) for k, v in text.values.items()})


def replaced(value: object, words: Mapping[str, Text]) -> object:
    """The same of what stands at a place."""
    if isinstance(value, tuple):
        return tuple([replaced(part, words) for part in value])
    return with_words(value, words) if isinstance(value, str | Message) else value
