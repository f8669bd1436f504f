"""fan_in and fan_out: how many inputs meet in one output of a layer, and how many outputs one input feeds.

Linear: n_in and n_out.  Convolution: one kernel over the channels of a group, K·K·C_in/G, and K·K·C_out/G.
Transposed convolution: the same counts, its kernel being laid down rather than slid over.  Stride and borders are left
aside, as in Glorot and Bengio 2010 and He et al. 2015: every value is taken to meet every cell of the kernel.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, formula, references
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, Size
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.linear import Linear
from hwsolve.layers.transposed_convolution import TransposedConvolution
from hwsolve.layers.window import AXES

LETTERS = "juvwcisklm"


class Fans(msgspec.Struct, frozen=True):
    """Both counts of a layer, over the names of its sizes.

    `loops_in` and `loops_out` are the ranges that a sum over the inputs of an output, or the outputs of an input, runs
    over, and what one step counts for; `torch` is what torch.nn.init counts by the shape of the weight.
    """

    sizes: dict[str, Size]
    fan_in: Formula
    fan_out: Formula
    loops_in: tuple[Formula, ...]
    loops_out: tuple[Formula, ...]
    step_in: Formula
    step_out: Formula
    torch: tuple[Size, Size]

    @property
    def named(self) -> bool:
        """Whether one of the sizes has only a name."""
        return any(isinstance(size, Formula) for size in self.sizes.values())

    @property
    def written(self) -> dict[str, Formula]:
        """What is written for the sizes where one has only a name; a lone 1 keeps its own, as 1·x reads badly."""
        used = {ref.name for size in put_in(self.sizes).values() for ref in references(size)}
        return {n: f for n, f in put_in(self.sizes).items() if self.named and (f != ONE or n in used)}


def fans(layer: Layer, x: Shape) -> Fans | None:
    """The counts of a layer on an input; None for a layer without such weights."""
    if not isinstance(layer, Linear | Convolution | TransposedConvolution):
        return None
    torch = torch_fans(layer.parameters(x)["weight"].shape)
    if isinstance(layer, Linear):
        sizes = {"n_in": layer.sizes(x)["in"], "n_out": layer.out_features}
        ins, outs = Ref("n_in"), Ref("n_out")
        return Fans(sizes, ins, outs, (ins,), (outs,), Number(1), Number(1), torch)
    kernel, names = layer.kernel_size, kernel_names(layer.kernel_size)
    sizes = {"C_in": x[0], "C_out": layer.out_channels, **dict(zip(names, kernel, strict=True))}
    sides = tuple(Ref(n) for n in names)
    area = "*".join(f"{n}**{names.count(n)}" if names.count(n) > 1 else n for n in dict.fromkeys(names))
    if layer.groups == 1:
        loops = [(Ref("C_in"), *sides), (Ref("C_out"), *sides)]
        steps: list[Formula] = [Number(1), Number(1)]
        texts = [f"{area}*C_in", f"{area}*C_out"]
    else:
        sizes["G"] = layer.groups
        loops, steps = [sides, sides], [parse("C_in/G"), parse("C_out/G")]
        texts = [f"{area}*C_in/G", f"{area}*C_out/G"]
    return Fans(sizes, parse(texts[0]), parse(texts[1]), loops[0], loops[1], steps[0], steps[1], torch)


def kernel_names(kernel: Shape) -> tuple[str, ...]:
    """K for every axis of a square kernel, else K_h, K_w by axis."""
    if all(k == kernel[0] for k in kernel):
        return ("K",) * len(kernel)
    return tuple(f"K_{axis.lower()}" for axis in AXES[len(kernel)])


def torch_fans(weight: Shape) -> tuple[Size, Size]:
    """What torch.nn.init takes: the second and the first axis of the weight, times the kernel."""
    field = base.product(weight[2:])
    return base.product((weight[1], field)), base.product((weight[0], field))


def repeated(body: Formula, loops: tuple[Formula, ...], step: Formula, taken: set[str]) -> Formula:
    """`body` added up over all loops: Σ_c Σ_u Σ_v body."""
    out = body if step == Number(1) else Call("*", (step, body)) if body != Number(1) else step
    letters = [letter for letter in LETTERS if letter not in taken]
    for letter, high in zip(letters, loops, strict=False):
        out = BigOperator("Sum", out, letter, Number(1), high)
    return out


def put_in(sizes: dict[str, Size]) -> dict[str, Formula]:
    """The sizes as formulas, by their names."""
    return {name: formula(size) for name, size in sizes.items()}
