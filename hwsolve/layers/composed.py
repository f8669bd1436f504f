"""The layers that are made of layers, and what they take."""

from __future__ import annotations

from hwsolve.language import Message, say

# The layers that are made of layers: what each is, and its keys with those that must be given first; without keys it
# takes a list of branches.
COMPOSED: dict[str, tuple[Message, tuple[str, ...]]] = {
    "residual": (
        say("Residual: body(x) + shortcut(x); without a shortcut body(x) + x. A shortcut may be `zero_pad`."),
        ("body", "shortcut", "name"),
    ),
    "concat": (say("Concatenation of branches along the channels; `[]` is the input itself."), ()),
    "multiply": (say("Product of branches, element by element; `[]` is the input itself."), ()),
    "repeat": (
        say("A body that stands several times, each with weights of its own; `times` may be a name."),
        ("times", "body", "name"),
    ),
}
REQUIRED = {"residual": ("body",), "repeat": ("times", "body")}
KEYS: dict[str, Message] = {
    "body": say("the layers, one after the other"),
    "shortcut": say("the layers beside the body, or `zero_pad`; nothing is the input itself"),
    "times": say("how often the body stands"),
    "name": say("the layer's own name, in place of its type and number"),
}
COMPOSITES = tuple(COMPOSED)
