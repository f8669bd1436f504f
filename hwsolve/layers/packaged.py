"""Layers that are written in the spec language: a record of settings, and the text of the layers it stands for.

Such a layer is a block whose body the package has: it is counted and computed as what it is made of.  `weights` gives
the settings of its parts by their names, `{linear1: {weight: …, bias: …}}`; `init` draws what they leave open.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.registry import load
from hwsolve.spec.events import Reader
from hwsolve.spec.fields import Count, MapOf, Raw, Word
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, did_you_mean

PACKAGED: dict[str, str] = {
    "swiglu": "hwsolve.layers.gated:SwiGLU",
    "geglu": "hwsolve.layers.gated:GEGLU",
    "transformer_encoder_layer": "hwsolve.layers.transformer:TransformerEncoderLayer",
    "transformer_decoder_layer": "hwsolve.layers.transformer:TransformerDecoderLayer",
    "transformer_encoder": "hwsolve.layers.transformer_stacks:TransformerEncoder",
    "transformer_decoder": "hwsolve.layers.transformer_stacks:TransformerDecoder",
    "transformer": "hwsolve.layers.transformer_stacks:Transformer",
    "squeeze_excitation": "hwsolve.layers.convolution_blocks:SqueezeExcitation",
    "depthwise_conv2d": "hwsolve.layers.convolution_blocks:DepthwiseConv2d",
    "separable_conv2d": "hwsolve.layers.convolution_blocks:SeparableConv2d",
}
PROJECTIONS = ("q", "k", "v", "out")
INCOMING, CHANNELS = "row_in", "channels_in"  # in a body: the last and the first size of what comes in
SEEDS = 100  # between the seeds of two layers of a stack


class Packaged(msgspec.Struct, frozen=True, kw_only=True):
    """A layer by its body; subclasses state the term, its settings and its source."""

    name: Word | None = None
    weights: Annotated[Any, MapOf(Raw())] = None
    init: Annotated[Any, Raw()] = None
    seed: Count = 0

    MEANINGS: ClassVar[dict[str, Message]] = {
        "name": ARGUMENTS["name"],
        "weights": say("the numbers of its parts by their names, as `{form}`", form="{linear1: {weight: …, bias: …}}"),
        "init": say("how weights that are not given are drawn, each with a seed of its own; biases are then 0"),
        "seed": say("the seed of the first weights that are drawn"),
    }
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    ALONE: ClassVar[tuple[str, ...]] = ()
    EXAMPLE: ClassVar[str] = ""  # how it is typed
    INPUT: ClassVar[str] = ""  # what such a layer may read, where no row will do

    def body(self) -> str:
        """The layers as a spec has them; `$d_model` is a setting of its own, as it was typed."""
        raise NotImplementedError


@cache
def packaged_class(name: str) -> type[Packaged]:
    """The record class of such a layer; KeyError for any other name."""
    found: type[Packaged] = load(PACKAGED[name])
    return found


@cache
def parsed(text: str) -> Node:
    """The nodes of a text."""
    reader, report = Reader(), Report()
    reader.begin(text, 1)
    found = reader.document(report)
    assert found is not None and report.ok, text
    return found


def written_out(record: Packaged, head: Scalar, node: Node, report: Report, path: Path) -> Node:
    """The body, with the settings as they were typed, and the numbers that it is given; at the place of the use."""
    if isinstance(node, Mapping):
        settings = {key: value for key, (_, value) in node.entries.items()}
    else:
        settings = dict.fromkeys(record.ALONE, node)
    filling = Filling(head, settings, record)
    made = filling.node(parsed(record.body()))
    given = settings.get("weights")
    entries = given.entries if isinstance(given, Mapping) else {}
    parts = {name: kind for kind, name, _ in filling.parts}
    for name, (at, value) in entries.items():
        where = path / "weights" / name
        if name not in parts:
            report.add(at, where, say("There is no part `{name}` here.", name=name), did_you_mean(name, parts))
        elif not isinstance(value, Mapping):
            form = say("As `{form}`.", form=f"{name}: {{weight: …}}")
            report.add(value, where, say("Expected the settings of `{name}` by name.", name=name), form)
        else:
            filling.give(name, value, report, where)
    if "init" in settings:
        filling.draw(settings["init"], record.seed)
    return made


class Filling:
    """A body in the making: its `parts` are type, name and settings of what has a name in it."""

    def __init__(self, head: Scalar, settings: dict[str, Node], record: Packaged) -> None:
        self.head, self.settings, self.record = head, settings, record
        self.parts: list[tuple[str, str, Mapping]] = []

    def scalar(self, text: str, plain: bool = True) -> Scalar:
        """A word of the package's own, at the place of the use."""
        return Scalar(self.head.line, self.head.column, text, plain)

    def mapping(self, entries: dict[str, Node]) -> Mapping:
        """A mapping of the package's own."""
        keys = {key: (self.scalar(key), value) for key, value in entries.items()}
        return Mapping(self.head.line, self.head.column, keys)

    def node(self, node: Node) -> Node:
        """A copy with the settings in it."""
        if isinstance(node, Scalar):
            name = node.text.removeprefix("$")
            if name == node.text:
                return self.scalar(node.text, node.plain)
            if name in self.settings:
                return self.settings[name]
            value = getattr(self.record, name)
            return self.scalar(INCOMING if value is None else str(value))
        if isinstance(node, Sequence):
            return Sequence(self.head.line, self.head.column, [self.node(item) for item in node.items])
        assert isinstance(node, Mapping)
        made = self.mapping({key: self.node(value) for key, (_, value) in node.entries.items()})
        for kind, (_, inner) in made.entries.items():
            if isinstance(inner, Mapping) and isinstance(own := inner.entries.get("name", (None, None))[1], Scalar):
                self.parts.append((kind, own.text, inner))
        return made

    def give(self, name: str, values: Mapping, report: Report, path: Path) -> None:
        """Put the settings of a part beside those that the body has."""
        kind, part = next((kind, part) for kind, own, part in self.parts if own == name)
        if kind in PACKAGED:
            part.entries["weights"] = self.scalar("weights"), values
            return
        for key, entry in values.entries.items():
            if key in part.entries:
                report.add(entry[0], path / key, say("`{key}` of `{name}` is stated already.", key=key, name=name))
            else:
                part.entries[key] = entry

    def draw(self, init: Node, seed: int) -> None:
        """State how the weights that have no numbers are drawn, and biases of 0 for them."""
        for kind, _, part in self.parts:
            if kind in PACKAGED:
                part.entries |= self.mapping({"init": init, "seed": self.scalar(str(seed))}).entries
                seed += SEEDS
            elif kind == "linear":
                self.default(part, "weight", self.drawn(init, seed))
                self.default(part, "bias", self.scalar("0"))
                seed += 1
            elif kind == "multihead_attention":
                for key in ("weight", "bias"):
                    if f"in_proj_{key}" in part.entries:
                        continue
                    known = part.entries[key][1] if key in part.entries else self.mapping({})
                    for k, one in enumerate(PROJECTIONS) if isinstance(known, Mapping) else ():
                        assert isinstance(known, Mapping)
                        drawn = self.drawn(init, seed + k) if key == "weight" else self.scalar("0")
                        self.default(known, one, drawn)
                    self.default(part, key, known)
                seed += len(PROJECTIONS)

    def drawn(self, init: Node, seed: int) -> Mapping:
        """A weight that is drawn."""
        return self.mapping({"init": init, "seed": self.scalar(str(seed))})

    def default(self, part: Mapping, key: str, value: Node) -> None:
        """A setting where there is none."""
        part.entries.setdefault(key, (self.scalar(key), value))
