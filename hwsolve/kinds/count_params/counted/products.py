"""Multiply-adds and floating-point operations, by direction and by what is multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hwsolve.derivation.size_lines import by_keys, counted, none_of, same, times
from hwsolve.formula.tree import Ref, formula
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.counted.factors import counted_products, ports_with_gradient
from hwsolve.kinds.count_params.counted.record import Counted, Parts
from hwsolve.kinds.count_params.counts import Counts, put_in
from hwsolve.kinds.count_params.partial import AtLeast, multiplied
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Layer, ShapeError, Size
from hwsolve.layers.cost import ByFormulas, NotCounted, Nothing, Operations, Phase, Product, joined
from hwsolve.layers.items import Item
from hwsolve.layers.multiplied import PARTS, depends, product_sizes
from hwsolve.solution import Line, Text

EVERYTHING = {"matmul": say("products with weights, and attention"), "all": say("all layers")}
ROTATIONS = say("rotations (two for each rotated number)")
HALF = say("Of a causal mask only the pairs that it lets through are multiplied (`causal: half`).")
BACKWARD = say(
    "Backward each multiply-add of a forward pass stands once more for each of its two factors whose gradient is "
    "needed: for the error of what came in, and for the gradient of a trained weight. "
    "The gradient of the data is not needed."
)
FLOPS = say("A multiply-add is two floating-point operations.")
FLOPS_ALL = say(
    "A multiply-add is two floating-point operations; each operation of a layer without multiply-adds is one (a "
    "comparison, an addition, a function of a value), but for what joins branches."
)


def said(asked: Asked) -> Message:
    """Of which layers."""
    *before, last = asked.layers or (EVERYTHING[asked.multiplied],)
    layers = say("{first} and {last}", first=listed(before), last=last) if before else last
    if asked.biases:
        whole = say("Multiply-adds: of {layers}; one for each bias that is added; one sample.", layers=layers)
    else:
        whole = say("Multiply-adds: of {layers}, one sample, without biases.", layers=layers)
    return say("{first} {second}", first=whole, second=HALF) if asked.half else whole


def said_backward(asked: Asked) -> Message:
    """What is counted backward."""
    return BACKWARD


def said_flops(asked: Asked) -> Message:
    """What an operation is."""
    return FLOPS_ALL if asked.multiplied == "all" else FLOPS


def macs(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The multiply-adds of one forward pass."""
    if not counts.asked.counts_macs(layer.CATEGORY):
        return
    path, shapes = item.path, item.shapes
    text, sizes = layer.macs(*shapes), layer.sizes(*shapes)
    aside = "macs" not in counts.asked.shown
    if step := getattr(layer, "step_macs", lambda *_: "")(*shapes):  # of a layer that has steps
        of_step = put_in(step, sizes)[1]
        one = counted(Ref(f"macs.{path}.step"), step, sizes, of_step, aside=aside)
        counts.keep(f"macs.{path}.step", of_step, lines, one)
    if isinstance(text, NotCounted):
        counts.values["macs"][path] = AtLeast(0, {path: text})
        return
    if isinstance(text, Nothing):
        counts.nothing[item.type] = text
        return
    if not (products := counted_products(counts, item, layer)):
        return
    counts.multiplied |= {said.template: said for said in multiplied_as(layer, products)}
    if counts.asked.biases or counts.asked.half or any(product.part == "rotation" for product in products):
        counts.text("macs", path, texts(products), product_sizes(layer, shapes, item.output), lines)
    else:
        counts.text("macs", path, text, sizes, lines)


def multiplied_as(layer: Layer, products: Iterable[Product]) -> Iterator[Message]:
    """What the multiply-adds of a layer are, in words."""
    parts = {product.part for product in products}
    if layer.MULTIPLIES is not None and not parts <= {"rotation", "bias"}:
        yield layer.MULTIPLIES
    if "rotation" in parts:
        yield ROTATIONS


def texts(products: Iterable[Product]) -> str:
    """The sum of what products count."""
    return joined(product.text for product in products) or "0"


WITH = {"matmul": ("matmul", "bias"), "elementwise": ("elementwise", "rotation")}  # what counts with a part


def of_part(part: str) -> Callable[[Counts, Item, Layer, list[Line]], None]:
    """Counts the products of one part; biases count with those of weights, rotations element by element."""

    def macs_of_part(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
        """The products of this part of a layer."""
        quantity, path = f"macs.{part}", item.path
        parts = WITH.get(part, (part,))
        every = counted_products(counts, item, layer)
        found = [product for product in every if product.part in parts]
        unknown = layer.macs(*item.shapes)
        if isinstance(unknown, NotCounted) and (layer.CATEGORY in PARTS or part == "elementwise"):
            counts.values[quantity][path] = AtLeast(0, {path: unknown})
        elif found and len(found) == len(every) and path in counts.values["macs"]:
            whole = counts.values["macs"][path]
            assert not isinstance(whole, AtLeast)
            line = same(Ref(f"{quantity}.{path}"), Ref(f"macs.{path}"), whole, aside=quantity not in counts.asked.shown)
            counts.put(quantity, path, whole, lines, line)
        elif found:
            counts.text(quantity, path, texts(found), product_sizes(layer, item.shapes, item.output), lines)

    return macs_of_part


def reason(often: list[list[bool]]) -> Text:
    """Which factors have a gradient, where all products are alike."""
    kinds = {tuple(flags) for flags in often if len(flags) > 1}
    if kinds == {(True, True)}:
        return say("once for each factor")
    if kinds == {(False, True)}:
        return say("gradient alone: nothing in front of it is trained")
    return say("error alone: its weights are not trained") if kinds == {(True, False)} else ""


def backward(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """Each product once more for each factor whose gradient is needed."""
    path, macs = item.path, counts.values["macs"].get(item.path)
    if macs is None or isinstance(macs, AtLeast):
        if macs is not None:
            counts.values["macs.backward"][path] = macs
        return
    key, whole, aside = Ref(f"macs.backward.{path}"), Ref(f"macs.{path}"), "macs.backward" not in counts.asked.shown
    products, needed = counted_products(counts, item, layer), ports_with_gradient(counts, item, layer)
    often = [[depends(layer, f, item.shapes, needed) for f in product.factors] for product in products]
    again = [sum(factors) for factors in often]
    why = reason(often)
    if not any(again):
        counts.put("macs.backward", path, 0, lines, none_of(key, whole, macs, say("nothing in front of it is trained")))
    elif len(set(again)) == 1:
        n = again[0]
        size = multiplied(n, macs)
        assert not isinstance(size, AtLeast)
        line = by_keys(key, times(n, whole), times(n, formula(macs)), size, aside=aside, rule=why)
        counts.terms["macs.backward"][path] = times(n, formula(macs))
        counts.put("macs.backward", path, size, lines, line)
    else:
        text = joined([p.text if n == 1 else f"{n}*({p.text})" for p, n in zip(products, again, strict=True) if n])
        sizes = product_sizes(layer, item.shapes, item.output)
        counts.text("macs.backward", path, text, sizes, lines, rule=why)


def other(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The operations of a layer without multiply-adds, forward."""
    operations_of(counts, item, layer, lines, "flops.other", ("forward",))


def other_backward(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The same backward: the error, where it is needed, and gradients of trained parameters."""
    errors = ["error", *[f"error.{port}" for port in ports_with_gradient(counts, item, layer)]]
    phases = [] if not ports_with_gradient(counts, item, layer) else errors
    phases += [f"gradient.{name}" for name in layer.learned(*item.shapes)]
    operations_of(counts, item, layer, lines, "flops.other_backward", tuple(phases))


def operations_of(
    counts: Counts, item: Item, layer: Layer, lines: list[Line], quantity: str, phases: tuple[str, ...]
) -> None:
    """The elementary operations of some phases, of all kinds together."""
    if counts.asked.multiplied == "all" and (own := getattr(layer, "others", None)) is not None:
        of_formula(counts, item, own(*item.shapes), lines, quantity, phases)
        return
    free = layer.macs(*item.shapes)
    if counts.asked.multiplied != "all" or not isinstance(free, Nothing) or layer.CATEGORY not in FUNCTIONS:
        return
    rules, sizes = rules_of(layer, item)
    if isinstance(rules, NotCounted):
        counts.values[quantity][item.path] = AtLeast(0, {item.path: rules})
    elif unknown := [why for phase, why in layer.not_counted(*item.shapes).items() if phase in phases]:
        counts.values[quantity][item.path] = AtLeast(0, {item.path: unknown[0]})
    elif isinstance(rules, dict):
        found = [text for phase in phases for text in rules.get(phase, {}).values()]
        if found:
            counts.text(quantity, item.path, joined(found), sizes, lines)


def rules_of(layer: Layer, item: Item) -> tuple[Operations | Nothing | NotCounted | ByFormulas, dict[str, Size]]:
    """The rules of a layer and the sizes they read; that they are not known where they don't reach its settings."""
    try:
        return layer.operations(*item.shapes), layer.cost_sizes(*item.shapes)
    except ShapeError as why:
        return NotCounted(why.message), {}


def of_formula(
    counts: Counts, item: Item, forward: Phase | NotCounted, lines: list[Line], quantity: str, phases: tuple[str, ...]
) -> None:
    """The operations of a formula beside its multiply-adds; those of its way back are not known."""
    if isinstance(forward, NotCounted) or (quantity != "flops.other" and phases):
        why = forward if isinstance(forward, NotCounted) else NO_WAY_BACK
        counts.values[quantity][item.path] = AtLeast(0, {item.path: why})
    elif quantity == "flops.other" and forward:
        counts.text(quantity, item.path, joined(forward.values()), {}, lines)


NO_WAY_BACK = NotCounted(say("the operations of its way back have no counting rule"))
FUNCTIONS = frozenset({"activation", "pooling"})  # the layers without multiply-adds whose operations count


def directions(backward: bool) -> Callable[[Asked], Parts]:
    """Forward, or both ways."""

    def parts(asked: Asked) -> Parts:
        """The keys."""
        return ((1, "macs"), (1, "macs.backward")) if backward else ((1, "macs"),)

    return parts


def twice(key: str, *others: str) -> Callable[[Asked], Parts]:
    """A multiplication and an addition; with `all` the operations of other layers too."""

    def parts(asked: Asked) -> Parts:
        """The keys."""
        return ((2, key), *[(1, other) for other in others if asked.multiplied == "all"])

    return parts


MACS, OPERATIONS = say("Multiply-adds"), say("Floating-point operations")
QUANTITIES: tuple[Counted, ...] = (
    Counted("macs", say("multiply-adds"), MACS, macs, said=said, always=True),
    Counted("macs.forward", say("multiply-adds forward"), say("Multiply-adds forward"), of=directions(False)),
    Counted(
        "macs.backward", say("multiply-adds backward"), say("Multiply-adds backward"), backward, reads=("macs",),
        said=said_backward,
    ),
    Counted(
        "macs.training", say("multiply-adds of a training step"), say("Multiply-adds, training"), of=directions(True)
    ),
    Counted(
        "macs.matmul", say("multiply-adds with weights"), say("With weights"), of_part("matmul"), reads=("macs",)
    ),
    Counted(
        "macs.attention", say("multiply-adds of queries, keys and values"), say("Attention"), of_part("attention"),
        reads=("macs",),
    ),
    Counted(
        "macs.elementwise", say("multiply-adds element by element"), say("Element by element"),
        of_part("elementwise"), reads=("macs",),
    ),
    Counted("flops.other", say("other operations"), say("Other operations"), other),
    Counted("flops.other_backward", say("other operations backward"), say("Other operations backward"), other_backward),
    Counted(
        "flops", say("floating-point operations"), OPERATIONS, of=twice("macs", "flops.other"), always=True,
        said=said_flops,
    ),
    Counted(
        "flops.forward", say("floating-point operations forward"), say("Operations forward"),
        of=twice("macs", "flops.other"), said=said_flops,
    ),
    Counted(
        "flops.backward", say("floating-point operations backward"), say("Operations backward"),
        of=twice("macs.backward", "flops.other_backward"), said=said_flops,
    ),
    Counted(
        "flops.training", say("floating-point operations of a training step"), say("Operations, training"),
        of=twice("macs.training", "flops.other", "flops.other_backward"), said=said_flops,
    ),
    Counted(
        "flops.matmul", say("floating-point operations with weights"), say("Operations with weights"),
        of=twice("macs.matmul"), said=said_flops,
    ),
    Counted(
        "flops.attention", say("floating-point operations of queries, keys and values"), say("Operations, attention"),
        of=twice("macs.attention"), said=said_flops,
    ),
    Counted(
        "flops.elementwise", say("floating-point operations element by element"), say("Operations, element by element"),
        of=twice("macs.elementwise", "flops.other"), said=said_flops,
    ),
)  # fmt: skip
