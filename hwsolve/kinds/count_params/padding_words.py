"""What padding means for the maps of a network, with the sizes that it leads to, and what a shortcut of zeros does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Shape, StatedMap, size_text
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.items import Item, walk_items
from hwsolve.layers.pooling import Pooling
from hwsolve.layers.shortcut import ZeroPad
from hwsolve.layers.window import each_axis, window_words
from hwsolve.solution import Text

MOST = 4  # sizes that are listed of one window


def padding_words(items: tuple[Item, ...], matters: Callable[[list[Item]], bool]) -> Iterator[Message]:
    """The sentences that a network needs; none of a padding where what is asked does not depend on the sides."""
    every = list(walk_items(items))
    padded = [item for item in every if is_padded(item)]
    if matters(padded):
        yield from same_words([item for item in padded if isinstance(item.layer, Convolution)])
        yield from strided_words(every)
        yield from stated_words(every)
    elif any(keeps_stated(item) for item in padded):
        yield say("The padding keeps the size of the maps.")
    yield from shortcut_words(every)


def keeps_stated(item: Item) -> bool:
    """Whether a stated number of values per channel rests on a padding that keeps it."""
    return isinstance(item.output, StatedMap) and item.output.features is not None


def is_padded(item: Item) -> bool:
    """Whether a layer adds cells around a map."""
    same = isinstance(item.layer, Convolution) and item.layer.padding == "same"
    return same or any(p != 0 for p in stated_pads(item))


def same_words(items: list[Item]) -> Iterator[Message]:
    """`same`: as many cells as the window is longer than one, so that the size stays."""
    found: list[Text] = []
    spread = False
    for item in items:
        layer = item.layer
        assert isinstance(layer, Convolution)
        if layer.padding != "same" or layer.strides_over:
            continue
        spread = spread or any(d != 1 for d in layer.dilation)
        pads = layer.pads(item.shapes[0])
        ends = [each_axis(tuple([pair[n] for pair in pads])) for n in (0, 1)]
        cells: Text = say("{n} on either side", n=ends[0])
        if ends[0] != ends[1]:
            cells = say("{before} before and {behind} behind", before=ends[0], behind=ends[1])
        text = say("{window}: {sizes}", window=listed(window_words(layer)), sizes=cells)
        found += [text] if text not in found else []
    if found:
        both = parse("d*(k - 1)" if spread else "k - 1")
        meant = letters(k=say("the side of a window"), **({"d": say("its dilation")} if spread else {}))
        yield say("Padding “same” adds {both} cells along each axis ({letters}), half of them on either side, the odd "
                  "one behind, so that a map keeps its size: {each}.", both=both, letters=meant,
                  each=apart(found))  # fmt: skip


def stated_words(items: list[Item]) -> Iterator[Message]:
    """A padding by its number: the size formula, and what becomes of the sides of this network's maps."""
    sizes: dict[tuple[str, str], tuple[Text, list[Text]]] = {}
    spread = False
    for item in items:
        pads = stated_pads(item)
        if item.layer is None or not any(p != 0 for p in pads):
            continue
        words, padding = listed(window_words(item.layer)), each_axis(pads)
        spread = spread or any(d != 1 for d in getattr(item.layer, "dilation", ()))
        _, ends = sizes.setdefault((str(words), padding), (words, []))
        before, after = item.shapes[0], item.output
        if not isinstance(before, StatedMap) and not isinstance(after, StatedMap):
            text = say("{before} → {after}", before=side(before), after=side(after))
            ends += [text] if text not in ends else []
    if not sizes:
        return
    found: list[Text] = []
    for (_, padding), (words, ends) in sizes.items():
        shown: list[Text] = [*ends[:MOST], *(["…"] if len(ends) > MOST else [])]
        text = say("{window}, padding {padding}", window=words, padding=padding)
        found.append(say("{window} ({sizes})", window=text, sizes=listed(shown)) if shown else text)
    places = parse("floor((h + 2*p - d*(k - 1) - 1)/t) + 1" if spread else "floor((h + 2*p - k)/t) + 1")
    meant = letters(
        k=say("the side of a window"), t=say("its stride"), **({"d": say("its dilation")} if spread else {})
    )
    yield say("Padding {p} adds {p} cells on every side of a map, and a side {h} becomes {places} ({letters}): {each}.",
              p=Ref("p"), h=Ref("h"), places=places, letters=meant, each=apart(found))  # fmt: skip


def stated_pads(item: Item) -> Shape:
    """The padding along each axis where it is given as a number and sizes are rounded down."""
    layer = item.layer
    if isinstance(layer, Convolution) and not isinstance(layer.padding, str):
        return layer.padding
    if isinstance(layer, Pooling) and layer.kernel_size is not None and not layer.ceil_mode:
        return () if isinstance(layer.padding, str) else layer.padding
    return ()


def strided_words(items: list[Item]) -> Iterator[Message]:
    """`same` as Keras has it, with a stride."""
    if any(getattr(item.layer, "strides_over", False) for item in items):
        yield say("Padding “same” adds as many cells that with the stride {t} a side {h} becomes {places}, the odd one "
                  "behind.", t=Ref("t"), h=Ref("h"), places=parse("ceil(h/t)"))  # fmt: skip


def shortcut_words(items: list[Item]) -> Iterator[Message]:
    """A shortcut of zeros: which cells it passes on, and whether it fills channels with zeros."""
    found: list[Text] = []
    kept = filled = False
    for item in items:
        if not isinstance(item.layer, ZeroPad):
            continue
        x, y = item.shapes[0], item.output
        stride = None if isinstance(x, StatedMap) or isinstance(y, StatedMap) else item.layer.stride(x)
        if stride is None or x == y:
            kept = kept or x == y
            continue
        one: Text = say("every cell")
        if stride != 1:
            one = say("one cell in {n} along each axis", n=size_text(stride))
        filled = filled or y[0] != x[0]
        found += [one] if one not in found else []
    cells = listed(found)
    if filled:
        cells = say("{cells}; the missing channels are filled with zeros", cells=cells)
    if found and kept:
        yield say("A shortcut padded with zeros has no parameters: it passes on what comes in; where the shape "
                  "changes, it passes on {cells}.", cells=cells)  # fmt: skip
    elif found:
        yield say("A shortcut padded with zeros has no parameters: it passes on {cells}.", cells=cells)
    elif kept:
        yield say("A shortcut padded with zeros has no parameters: it passes on what comes in.")


def apart(parts: list[Text]) -> Text:
    """Texts that have commas of their own, one after the other."""
    first, *rest = parts
    return say("{first}; {second}", first=first, second=apart(rest)) if rest else first


def letters(**meant: Message) -> Message | str:
    """What letters stand for."""
    return listed([say("{letter}: {meaning}", letter=Ref(name), meaning=text) for name, text in meant.items()])


def side(shape: Shape) -> Text:
    """The sides of a map, one where all are alike."""
    return each_axis(shape[1:])
