"""The arguments of a block as letters: `c output channels` where the spec says `out_channels: $channels`."""

from __future__ import annotations

import msgspec

from hwsolve.kinds.count_params.setting_words import in_words
from hwsolve.language import listed
from hwsolve.layers.blocks import ARGUMENT, Block
from hwsolve.solution import Text
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence


def letters_of(block: Block) -> dict[str, str]:
    """A letter of its own for each argument: the first one of its name that no other has, else the name."""
    found: dict[str, str] = {}
    for name in block.arguments:
        taken = {*found.values(), *block.arguments} - {name}
        found[name] = next((letter for letter in name if letter.isalpha() and letter not in taken), name)
    return found


def arguments_said(letters: dict[str, str]) -> Text:
    """`c channels, stride s`."""
    said: list[Text] = [
        in_words(name, letter, close=True) if letter != name else name for name, letter in letters.items()
    ]
    return listed(said)


def lettered(node: Node, letters: dict[str, str]) -> Node:
    """A body whose arguments are letters."""
    if isinstance(node, Scalar):
        text = ARGUMENT.sub(lambda found: f"${letters.get(found[1], found[1])}", node.text)
        return msgspec.structs.replace(node, text=text)
    if isinstance(node, Sequence):
        return msgspec.structs.replace(node, items=[lettered(item, letters) for item in node.items])
    if isinstance(node, Mapping):
        entries = {key: (head, lettered(value, letters)) for key, (head, value) in node.entries.items()}
        return msgspec.structs.replace(node, entries=entries)
    return node
