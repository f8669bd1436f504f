"""The entries of losses: their equations and gradients, as their operations have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwsolve.commands.entries import Entry, fact, record_arguments, sentence
from hwsolve.language import Message, say

if TYPE_CHECKING:
    from hwsolve.formula.tree import Formula

OWN_LOSS = "formula"


def loss_names() -> list[str]:
    """Every loss and penalty, and a formula of one's own."""
    from hwsolve.losses import LOSSES
    from hwsolve.losses.penalty import PENALTIES

    return [*LOSSES, *PENALTIES, OWN_LOSS]


def loss_brief(name: str) -> str:
    """A loss in a line."""
    from hwsolve.losses import LOSSES
    from hwsolve.losses.penalty import PENALTIES

    if name == OWN_LOSS:
        form = '{formula: "sum((y - t)**2)"}'
        return str(say("A loss of one's own over outputs, parameters and the target t, as `{form}`.", form=form))
    return sentence((LOSSES[name] if name in LOSSES else PENALTIES[name]).__doc__)


def penalty_entry(name: str) -> Entry:
    """A penalty, or a formula of one's own, with what stands beside it."""
    from hwsolve.formula.differentiate import differentiate
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse
    from hwsolve.formula.simplify.simplify import simplify
    from hwsolve.formula.tree import Ref
    from hwsolve.kinds.backprop.loss_terms import Beside
    from hwsolve.losses.penalty import PENALTIES

    facts: tuple[Any, ...] = ()
    if name in PENALTIES:
        each = parse(PENALTIES[name].each.removeprefix("sum(").removesuffix(")"))
        slope = unicode(simplify(differentiate(each, Ref("w"))))
        facts = fact("equation", say("Equation"), f"L = Σ {unicode(each)}")
        facts += fact("gradient", say("Gradient"), f"∂L/∂w = {slope}")
    arguments = record_arguments(Beside)
    left_out = ("target", "steps") if name in PENALTIES else ("of", "steps")
    return Entry(name, loss_brief(name), facts=facts, arguments=tuple(a for a in arguments if a.name not in left_out))


def loss_entry(name: str) -> Entry:
    """A loss with its equation, its gradient and its arguments."""
    from hwsolve.formula.notation import unicode
    from hwsolve.losses import LOSSES

    if name not in LOSSES:
        return penalty_entry(name)
    loss = LOSSES[name]()
    if len(loss.OUTPUTS) > 1:
        return joint_entry(name, loss)
    if loss.sequence:
        return sequence_entry(name, loss)
    letter, value, slope = loss_formulas(loss)
    facts = (
        *fact("equation", say("Equation"), f"L = {unicode(value)}"),
        *fact("gradient", say("Gradient"), f"∂L/∂{letter}ᵢ = {unicode(slope)}"),
        *(fact("takes", say("Takes"), loss.wants) if loss.wants else ()),
        *fact("target", say("Target"), target(loss)),
    )
    return Entry(name, sentence(LOSSES[name].__doc__), facts=facts, arguments=record_arguments(LOSSES[name]))


def joint_entry(name: str, loss: Any) -> Entry:
    """A loss of several outputs, with the quantities on the way."""
    from hwsolve.formula.notation import symbol, unicode

    equations = "\n".join(f"{symbol(of)} = {unicode(value)}" for of, value in joint_formulas(loss))
    facts = (
        *fact("equation", say("Equation"), equations),
        *fact("of", say("Of"), f"of: [{', '.join(loss.OUTPUTS)}]"),
        *fact("target", say("Target"), target(loss)),
    )
    return Entry(name, sentence(type(loss).__doc__), facts=facts, arguments=record_arguments(type(loss)))


def sequence_entry(name: str, loss: Any) -> Entry:
    """A loss of a sequence of labels, with the recursion over the steps."""
    from hwsolve.formula.notation import symbol, unicode

    equations = "\n".join(f"{symbol(of)} = {unicode(value)}" for of, value in sequence_formulas(loss))
    facts = (
        *fact("equation", say("Equation"), equations),
        *fact("takes", say("Takes"), loss.wants),
        *fact(
            "target", say("Target"), say("the labels, as `{form}`: no more of them than steps", form="{class: [3, 2]}")
        ),
    )
    return Entry(name, sentence(type(loss).__doc__), facts=facts, arguments=record_arguments(type(loss)))


def sequence_formulas(loss: Any) -> list[tuple[str, Formula]]:
    """The quantities of a loss of two steps and one label, and their formulas."""
    from hwsolve.formula.tree import Number, substitute
    from hwsolve.graph.graph import Builder, Graph
    from hwsolve.graph.operation import forward_schematic, rename
    from hwsolve.losses.loss import Target

    builder = Builder(Graph())
    letters = {"labels": ("c", (3, 2)), "begins": ("b", (3,)), "skips": ("k", (3,))}
    arrays = {key: builder.given(*one) for key, one in letters.items()}
    loss.build(builder, (builder.given("x", (2, 2)),), Target(arrays["labels"], False, arrays=arrays), 1)
    found = []
    for node in builder.graph.nodes.values():
        if (operation := node.operation) is not None:
            names = dict(zip(operation.inputs, map(builder.graph.symbol, node.inputs), strict=True))
            f = forward_schematic(operation, len(node.shape)).formula
            numbers: dict[str, Formula] = {letter: Number(n) for letter, n in operation.numbers if letter == "P"}  # type: ignore[attr-defined]
            found.append((builder.graph.symbol(node.name), rename(substitute(f, numbers), names)))
    return found


def target(loss: Any) -> Message:
    """What a loss compares the output with."""
    if not loss.compares:
        return say("none: the outputs are compared with each other")
    if len(loss.OUTPUTS) > 1:
        if loss.vectors:
            return say("1 or −1 for each pair")
        return say("1 or −1 for each output") if loss.signs else say("numbers in the shape of the output")
    if loss.signs:
        return say("1 or −1 for each output, or classes") if loss.classes else say("1 or −1 for each output")
    if not loss.classes:
        return say("numbers in the shape of the output")
    form = "{class: 3}"
    if loss.probabilities:
        return say("classes, as `{form}`, or a probability for every class", form=form)
    return say("classes, as `{form}`", form=form)


def loss_formulas(loss: Any) -> tuple[str, Formula, Formula]:
    """The letter of the output, the loss of one sample, and its derivative by output i, as the operation has them."""
    from hwsolve.formula.simplify.simplify import simplify
    from hwsolve.formula.tree import Call, Number, Ref, substitute
    from hwsolve.graph.graph import Builder, Graph
    from hwsolve.graph.operation import backward_schematic, forward_schematic, rename
    from hwsolve.losses.loss import Target

    builder = Builder(Graph())
    target = Target("t", unit=True)
    operation, _ = loss.operation(builder, builder.given("y", (2,)), target, 1, loss.half)
    letter = "z" if loss.holds else "y"
    value = rename(forward_schematic(operation, 0).formula, {"x": letter})
    back = substitute(backward_schematic(operation, 0, 0).formula, {"g": Number(1), "m1": Ref("i")})
    slope = rename(simplify(back), {"x": letter})
    if loss.reduction == "mean" and (loss.signs or not loss.classes) and not loss.by_sample:
        value, slope = Call("/", (value, Ref("I"))), Call("/", (slope, Ref("I")))
    return letter, value, slope


def joint_formulas(loss: Any) -> list[tuple[str, Formula]]:
    """The quantities of a loss of several outputs, for one sample, and their formulas."""
    from hwsolve.graph.graph import Builder, Graph
    from hwsolve.graph.operation import forward_schematic, rename
    from hwsolve.losses.loss import Target

    builder = Builder(Graph())
    shape = (2,) if loss.vectors else ()
    outputs = tuple(builder.given(name, shape) for name in loss.OUTPUTS)
    target = Target(builder.given("t", loss.target_shape(shape)), unit=False)
    loss.build(builder, outputs, target if loss.compares else None, 1)
    graph = builder.graph
    found = []
    for node in graph.nodes.values():
        if node.operation is not None:
            inputs = zip(node.operation.inputs, node.inputs, strict=True)
            names = {port: graph.symbol(name) for port, name in inputs if name not in graph.numbers}
            found.append((graph.symbol(node.name), rename(forward_schematic(node.operation, 0).formula, names)))
    return found
