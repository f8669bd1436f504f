"""The walk through a network that gives every layer its name, its wires and its shapes."""

from __future__ import annotations

from functools import partial

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, ShapeError, Size, StatedMap, shape_text, simplified
from hwsolve.layers.blocks import nth
from hwsolve.layers.given_numbers import check_numbers
from hwsolve.layers.incoming import agreed
from hwsolve.layers.items import MOST_PARTS, Body, Item, Part, Wire, too_many_layers
from hwsolve.layers.merging import KEPT, MERGED, merged
from hwsolve.layers.mixture_walk import placed_mixture
from hwsolve.layers.names import DIMENSION, Names, Scope, Stop, Unnamed
from hwsolve.layers.own_sizes import sized
from hwsolve.layers.packaged import PACKAGED
from hwsolve.layers.sharing import Tied
from hwsolve.layers.shortcut import ZeroPad
from hwsolve.layers.wiring import Wiring

MOST_STEPS = 1_000  # repetitions that are walked in search of a shape that stays, where their number is a name
MOST_AGAIN = 20_000  # layers that are walked again in repetitions; one with names in its sizes counts as 50
MOST_COPIES = 100_000  # layers that `expand` writes out


class Walk(Wiring):
    """Infers shapes along parts."""

    def body(
        self,
        name: str,
        parts: tuple[Part, ...],
        stream: Wire,
        scope: Scope,
        names: Names,
        again: bool = False,
        like: Body | None = None,
    ) -> Body:
        """A sequence that reads the stream; `names` are its own.  It has the parameters of one that it is `like`."""
        self.look_ahead(parts, names)
        found: list[Item] = []
        for k, part in enumerate(parts):
            item = self.item(part, stream, scope, names, again, like.items[k].path if like is not None else "")
            self.writable(part, item.output)
            self.keep(part, item, names, scope, again)
            found += opened(item) if self.unrolled and item.layer is None and item.type not in KEPT else (item,)
            stream = item.outputs[0] if item.layer is None or item.layer.ports() else stream
        return Body(name, tuple(found), stream)

    def item(self, part: Part, stream: Wire, scope: Scope, names: Names, again: bool, like: str) -> Item:
        """One item: its output, and what it is made of."""
        path = scope.name(part, self.report, again)
        names.open = path.removeprefix(scope.prefix)
        make = self.use if part.of else self.placed
        if not like:
            return make(part, path, stream, names)
        with self.owners.sharing(path, like):
            return make(part, path, stream, names)

    def placed(self, part: Part, path: str, stream: Wire, names: Names) -> Item:
        """An item whose path is known."""
        before = self.count
        self.count += 1
        item = self.made(part, path, stream, names)
        self.owners.place(part, item, self.count - before)
        return item

    def made(self, part: Part, path: str, stream: Wire, names: Names) -> Item:
        """A layer, or a composite with all that it is made of."""
        if part.layer is not None:
            self.copies += 1
            if self.unrolled and self.copies > MOST_COPIES:
                self.stop(part, say("Written out, there are more than {n} layers.", n=f"{MOST_COPIES:,}"))
            layer = part.layer.among(names.has, partial(self.whole, names))
            own = not part.inputs
            if len(read := layer.wired()[0]) > len(part.inputs):
                part = msgspec.structs.replace(part, inputs=part.inputs + read[len(part.inputs) :])
            return self.leaf(
                part, layer, path, self.inputs(part, stream, names, layer.ports(), own, layer.wired_at()), names
            )
        inner = Scope(path + ".")
        if part.type in MERGED:
            return self.joined(part, path, stream, inner, names)
        if part.type == "repeat":
            (stream,) = self.inputs(part, stream, names)
            return self.repeat(part, path, stream, inner, names)
        if part.type == "mixture":
            (stream,) = self.inputs(part, stream, names)
            return placed_mixture(self, part, path, stream, names)
        return self.block(part, path, self.inputs(part, stream, names, part.ports or ("x",)), inner, names)

    def block(self, part: Part, path: str, inputs: tuple[Wire, ...], scope: Scope, names: Names) -> Item:
        """A block: its ports have names in its body alone, and so has what it gives."""
        own = Names(part.branches[0], names, path + ".", own=True)
        own.wires |= dict(zip(part.ports, inputs, strict=False))
        if part.type in PACKAGED and inputs[0].shape:
            part = msgspec.structs.replace(part, branches=(sized(part.branches[0], inputs[0].shape),))
        body = self.body("body", part.branches[0], inputs[0], scope, own)
        try:
            ends = tuple(own.end(name) for name in part.ends) or (body.end,)
        except Unnamed as why:
            assert part.ends_at is not None
            node, at = nth(part.ends_at[0], part.ends.index(str(why.name)) + 1, part.ends_at[1])
            self.report.add(node, at, why.message, why.hint)
            raise Stop from None
        body = msgspec.structs.replace(body, end=ends[0])
        return Item(
            path, part.type, None, part.node, inputs, ends, (body,), where=part.path, symbols=keys_of(part, names)
        )

    def use(self, part: Part, path: str, stream: Wire, names: Names) -> Item:
        """A layer, composite or block once more, with the parameters it has."""
        placed = self.owners.first(path) or self.named(part, lambda: self.owners.find(part.of, names), "layer")
        source, first = placed.part, placed.item
        if not self.unrolled and self.count + placed.many > MOST_PARTS:
            self.stop(part, too_many_layers())
        again = msgspec.structs.replace(
            source, head=part.head, node=part.node, path=part.path, inputs=part.inputs, gives=part.gives, raw=False
        )
        with self.owners.sharing(path, first.path):
            return self.placed(again, path, stream, names)

    def look_ahead(self, parts: tuple[Part, ...], names: Names) -> None:
        """Stop before a list is walked where it uses too much of what stands before it."""
        if self.unrolled or self.owners.again:
            return
        count, kinds = self.count, {DIMENSION.sub("", part.type) for part in parts}
        for part in parts:
            start = part.of.partition(".")[0]
            if not start or start in names.later_layers or start.rstrip("0123456789") in kinds:
                continue  # it may be one of this list
            known = next((n.layers[start] for n in names.chain() if start in n.layers), None)
            placed = None if known is None else self.owners.known.get(known.path + part.of.removeprefix(start))
            count += 0 if placed is None else placed.many
            if count > MOST_PARTS:
                self.stop(part, too_many_layers())

    def leaf(self, part: Part, layer: Layer, path: str, inputs: tuple[Wire, ...], names: Names) -> Item:
        """A layer."""
        shapes = tuple([wire.shape for wire in inputs])
        try:
            layer = agreed(layer, shapes) if layer.INCOMING else layer
            first = self.owners.first(path)
            tied: Tied = {}
            if first is not None and first.item.layer is not None:
                layer = first.item.layer  # with what it is tied to, which may have no name here
            else:
                layer, tied = self.owners.tied(layer, shapes, names)
            made = enumerate(self.outputs(part, layer, shapes))
            outputs = tuple([Wire(f"{path}.{layer.OUTPUTS[k]}" if k else path, shape) for k, shape in made])
            keys = keys_of(part, names)
            item = Item(
                path, part.type, layer, part.node, inputs, outputs, (), (), (), part.path, keys, tied, part.options
            )
            return self.owners.shared(item)
        except ShapeError as error:
            self.stop(part, error.message, error.field, error.hint)
        except Unnamed as why:
            self.stop(part, why.message, why.field, why.hint)
        raise Stop

    def outputs(self, part: Part, layer: Layer, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """The shapes that come out of a layer; numbers given for its parameters must fit too."""
        made = layer.outputs(*shapes)
        made = tuple(s if isinstance(s, StatedMap) else tuple([simplified(size) for size in s]) for s in made)
        for shape in made:
            self.short_enough(part, shape)
        if not self.owners.again:  # what is used again has the numbers of the first, and is said to fit it or not
            check_numbers(layer, shapes)
        return made

    def repeat(self, part: Part, path: str, stream: Wire, scope: Scope, names: Names) -> Item:
        """The body is walked until its shape stays; from there on the copies are alike."""
        start = stream
        copies: list[Body] = []
        times: list[Size] = []
        left = part.times
        first = None if self.unrolled else self.owners.first(path)
        while left != 0:
            before, count = self.copies, self.count
            number = str(len(copies) + 1)
            own = Names(part.branches[0], names, f"{path}.{number}.")
            # what is used again may have had fewer differing copies: its last stands for those after it
            like = first.item.branches[min(len(copies), len(first.item.branches) - 1)] if first is not None else None
            entry = stream if self.unrolled else stream.within
            body = self.body(number, part.branches[0], entry, scope, own, bool(copies), like)
            self.count = count if copies else self.count
            out = body.end.shape
            slow = 50 if any(isinstance(size, Formula) for size in out) else 1
            self.again += (self.copies - before) * slow if copies else 0
            if self.again > MOST_AGAIN and not self.unrolled:
                message = say("The shape changes with every repetition, too often to follow it.")
                if isinstance(left, Formula):
                    message = say("The shape changes with every repetition; how often must be a number.")
                self.stop(part, message, "times")
            alike = out == stream.shape and not self.unrolled
            copies.append(body)
            times.append(left if alike else 1)
            if alike:
                break
            stream, left = body.end, simplified(left - 1)
            if isinstance(left, Formula) and (self.unrolled or len(copies) >= MOST_STEPS):
                message = say("The shape changes with every repetition; how often must be a number.")
                if self.unrolled:
                    message = say("Expected a number here: how often the body stands is needed to write it out.")
                self.stop(part, message, "times")
        end = copies[-1].end if copies else start
        keys, counts = keys_of(part, names), tuple(times)
        return Item(
            path, part.type, None, part.node, (start,), (end,), tuple(copies), counts, where=part.path, symbols=keys
        )

    def joined(self, part: Part, path: str, stream: Wire, scope: Scope, names: Names) -> Item:
        """Branches side by side: added, multiplied or joined along the channels; a name stands for its quantity."""
        listed = [k for k, read in enumerate(part.reads) if not read]
        if listed or part.inputs:
            (stream,) = self.inputs(part, stream, names)
        branches: list[Body] = []
        beside = Names((), names, names.prefix)
        for k, (parts, read) in enumerate(zip(part.branches, part.reads, strict=True), 1):
            name = f"branch{k}" if part.type != "residual" else ("body", "shortcut")[k - 1]
            if read:
                wire = self.named(part, lambda r=read: names.wire(r), "of", k)
                self.read.add(wire.name)
                branches.append(Body(name, (), wire, read))
            elif part.zero_pad and k == 2:
                branches.append(self.zero_pad(part, path, stream, branches[0].end.shape))
            else:
                inner = scope if name != "shortcut" else Scope(f"{scope.prefix}shortcut.")
                branches.append(self.body(name, parts, stream, inner, Names(parts, beside, names.prefix, beside=True)))
        self.read |= {branch.end.name for branch in branches}
        shapes = [branch.end.shape for branch in branches]
        out = merged(part.type, shapes, **part.options)
        if part.type == "residual" and shapes[0] != shapes[1]:
            self.unequal(part, *shapes)
        if out is None:
            text = ", ".join(f"`{b.read}` " * bool(b.read) + str(shape_text(b.end.shape)) for b in branches)
            self.stop(part, say("The branches give shapes that do not fit together: {shapes}.", shapes=text))
            raise Stop
        inputs = (stream,) if listed else tuple(branch.end for branch in branches)
        outputs = (Wire(path, out),)
        made = tuple(branches)
        return Item(
            path, part.type, None, part.node, inputs, outputs, made,
            where=part.path, symbols=keys_of(part, names), options=part.options,
        )  # fmt: skip

    def zero_pad(self, part: Part, path: str, stream: Wire, target: Shape) -> Body:
        """The shortcut that owns nothing, up to the shape of the body."""
        pad = ZeroPad(target)
        try:
            pad.output(stream.shape)
        except ShapeError as error:
            self.stop(part, error.message, "shortcut")
        end = Wire(f"{path}.zero_pad", target)
        item = Item(end.name, "zero_pad", pad, part.node, (stream,), (end,), where=part.path / "shortcut")
        return Body("shortcut", (item,), end)

    def unequal(self, part: Part, body: Shape, shortcut: Shape) -> None:
        """Note that a residual's two ways end in different shapes."""
        message = say(
            "The body gives {body}, but the shortcut {shortcut}.", body=shape_text(body), shortcut=shape_text(shortcut)
        )
        hint = None
        if not part.branches[1]:
            hint = say("Give a `shortcut` with a projection, such as a convolution of kernel size 1, or `zero_pad`.")
        self.report.add(part.head, part.path, message, hint)
        raise Stop


def opened(item: Item) -> tuple[Item, ...]:
    """The items of a block, or of all copies of a body; what comes out has the names that the whole gives it."""
    inner = [i for branch in item.branches for i in branch.items]
    for name, wire in zip(item.symbols, item.outputs, strict=False):
        for k, one in enumerate(inner):
            if wire in one.outputs:
                symbols = [*one.symbols, *[""] * (len(one.outputs) - len(one.symbols))]
                symbols[one.outputs.index(wire)] = name
                inner[k] = msgspec.structs.replace(one, symbols=tuple(symbols))
    return tuple(inner)


def keys_of(part: Part, names: Names) -> tuple[str, ...]:
    """The keys of the outputs that have names; within a block or a copy of a body, its path stands before them."""
    return part.gives if part.raw else tuple(names.prefix + name for name in part.gives)
