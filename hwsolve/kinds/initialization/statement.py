"""The statement: what is asked, the layer's sums, and all that is taken as true."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Call, Formula, Ref, formula, references
from hwsolve.kinds.initialization.assumptions import assumptions
from hwsolve.kinds.initialization.fans import kernel_names
from hwsolve.kinds.initialization.passes import Passes
from hwsolve.kinds.initialization.setting import ABOVE, BELOW, ERROR, ERROR_BELOW, Setting
from hwsolve.language import Message, say
from hwsolve.layers import layer_class
from hwsolve.layers.base import shape_text
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.linear import Linear
from hwsolve.layers.transposed_convolution import TransposedConvolution
from hwsolve.solution import Group, Item, Sentence, Step


def statement(s: Setting, passes: Passes, sides: tuple[str, ...]) -> Step:
    """What stands before the derivation."""
    said = assumptions(s, passes, sides)
    f = s.function()
    lets = passes.signals()
    items: list[Item] = [
        *question(s, sides),
        *map(Sentence, names(s, sides)),
        Group(tuple(s.assumed), detail="data"),
        *called(s),
        Group(tuple(s.derivation.lines)),
        *f,
        Group(lets, where(s), head=len(lets) - 1),
        *said,
    ]
    return Step(say("Problem"), tuple([x for x in items if not isinstance(x, Group) or x.lines]), part="statement")


def question(s: Setting, sides: tuple[str, ...]) -> list[Item]:
    """What is asked."""
    problem, z, error = s.problem, Ref(ABOVE), Ref(ERROR)
    shapes = f"{shape_text(problem.input)} → {shape_text(problem.layer.output(problem.input))}"
    each: dict[tuple[str, ...], Message] = {
        ("forward",): say("the sums {z}", z=z),
        ("backward",): say("the errors {error}", error=error),
    }
    whose = each.get(sides, say("the sums {z} and the errors {error}", z=z, error=error))
    layer = Ref(s.layer)
    if problem.gain in ("derived", "linear"):
        first = say("Asked: the variance that the weights of layer {layer}, {shapes}, must have for {whose} to keep "
                    "their variance from layer to layer.", layer=layer, shapes=shapes, whose=whose)  # fmt: skip
    else:
        gain: object = problem.gain if isinstance(problem.gain, Formula) else say("that PyTorch takes")
        first = say("Asked: the variance of the weights of layer {layer}, {shapes}, with the gain {gain}, and what "
                    "becomes of the variance of {whose}.", layer=layer, shapes=shapes, gain=gain,
                    whose=whose)  # fmt: skip
    r = Ref(s.bound)
    weights = say(
        "Also: {r} and {sigma}, for weights that are uniform between {low} and {r}, or normal with mean zero and "
        "standard deviation {sigma}.",
        low=-r, r=r, sigma=Ref(s.deviation),
    )  # fmt: skip
    found: list[Item] = [Sentence(first), Sentence(weights)]
    if len(sides) == 1:
        squared = s.squared_gain(sides[0])
        fan = Call("sqrt", (squared.args[0],))
        found.append(Sentence(say(
            "The gain is {root}: the standard deviation of the weights is the gain over {fan}.",
            root=root_of_gain(s), fan=fan,
        )))  # fmt: skip
    return found


def root_of_gain(s: Setting) -> Formula:
    """√(fan·Var W)."""
    return Call("sqrt", (s.squared_gain("backward" if s.problem.mode == "fan_out" else "forward"),))


def called(s: Setting) -> list[Item]:
    """The activation by its name, where the page writes a letter for it, and a parameter that is its slope."""
    name = s.problem.activation.name
    if not name or s.name in ("", name):
        return []
    text = say("{f} is {name}.", f=Ref(s.name), name=layer_class(name).__name__)
    slopes = {piece.formula: piece for piece in s.unit.slopes}
    for letter in map(Ref, s.unit.parameters):
        piece = slopes.get(letter)
        if piece is not None and (piece.low, piece.high) == (None, 0):
            values: dict[str, Any] = {"letter": letter, "z": Ref("z")}
            meant = say("{letter} is its slope for negative {z}.", **values)
            if s.problem.activation.learns:
                meant = say("{letter} is its slope for negative {z}; it is learned, and here its initial value counts.",
                            **values)  # fmt: skip
            text = say("{first} {second}", first=text, second=meant)
    return [Sentence(text)]


def names(s: Setting, sides: tuple[str, ...]) -> list[Message]:
    """What the quantities of the argument are, before the first of them is read."""
    a, z, below = Ref(s.out), Ref(ABOVE), Ref(BELOW)
    layer = Ref(s.layer)
    read = say("Layer {layer} has the weights {weight} and the biases {bias}. It reads the outputs {a} of layer "
               "{before}, its activation applied to its sums {below}, and gives the sums {z}.", layer=layer,
               weight=Ref(s.weight), bias=Ref(s.bias), before=layer - 1, a=a, z=z, below=below)  # fmt: skip
    found = [read, counts(s)]
    if "backward" not in sides:
        return found
    return [*found, errors()]


def errors() -> Message:
    """What they are."""
    return say("The errors {error} and {before} are the derivatives of the loss with respect to {z} and {below}.",
               error=Ref(ERROR), before=Ref(ERROR_BELOW), z=Ref(ABOVE), below=Ref(BELOW))  # fmt: skip


def counts(s: Setting, told: set[str] | None = None) -> Message:
    """What the sizes of the layer count: those that the problem names, else the names that stand for its numbers.

    `told`: the names that are spoken of, where not all are.
    """
    layer, sizes = s.problem.layer, s.fans.sizes
    size = {name: s.fans.written.get(name, Ref(name)) for name in sizes}
    outs_alone, ins_alone = (
        told is not None and not told & {ref.name for ref in references(formula(size[name]))}
        for name in (("n_in", "n_out") if isinstance(layer, Linear) else ("C_in", "C_out"))
    )
    if isinstance(layer, Linear) and outs_alone != ins_alone:
        if outs_alone:
            return say("{outs} values go out of the layer.", outs=size["n_out"])
        return say("{ins} values come into the layer.", ins=size["n_in"])
    if isinstance(layer, Linear):
        return say("{ins} values come into the layer, {outs} go out of it.", ins=size["n_in"], outs=size["n_out"])
    values: dict[str, Any] = {"ins": size["C_in"], "outs": size["C_out"]}
    assert isinstance(layer, Convolution | TransposedConvolution)
    values["cells"] = shape_text(tuple([size[name] for name in kernel_names(layer.kernel_size)]))
    if "G" in size:
        return say(
            "{ins} channels come into the layer, {outs} go out of it, in {groups} groups; a kernel is of {cells}. "
            "A channel that comes in has its number within its group.",
            **values, groups=size["G"],
        )  # fmt: skip
    if ins_alone and not outs_alone:
        return say("{ins} channels come into the layer; a kernel is of {cells}.", **values)
    if outs_alone and not ins_alone:
        return say("{outs} channels go out of the layer; a kernel is of {cells}.", **values)
    return say("{ins} channels come into the layer, {outs} go out of it; a kernel is of {cells}.", **values)


def where(s: Setting) -> Message | str:
    """What the places of a sum count."""
    layer = s.problem.layer
    if isinstance(layer, Linear):
        return ""
    if isinstance(layer, Convolution) and any(any(pad != 0 for pad in pair) for pair in layer.pads(s.problem.input)):
        return say("cells are counted in the padded map")
    return ""
