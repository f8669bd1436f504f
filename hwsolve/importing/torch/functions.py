"""Functions of PyTorch outside modules: each is a layer, a formula, or another view of the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.settings_of import plain, written
from hwsolve.importing.torch.arguments import argument
from hwsolve.importing.torch.moving import (
    concatenate,
    getitem,
    interpolate,
    mean,
    narrow,
    pad,
    parts,
    permute,
    reshape,
    select,
    stack,
    unbind,
)
from hwsolve.importing.torch.products import attention, convolution, einsum, embedding, linear, norm, product
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.importing.torch.values import tensors_in
from hwsolve.language import say
from hwsolve.spec.names import all_known

SAME = frozenset([
    "contiguous", "clone", "detach", "to", "float", "half", "double", "type", "type_as", "requires_grad_", "cuda",
    "cpu", "as_subclass", "data", "expand", "expand_as", "masked_fill", "alias", "_to_copy", "positive",
    "bfloat16", "broadcast_to",
])  # fmt: skip
MADE = frozenset([
    "zeros_like", "ones_like", "empty_like", "new_zeros", "new_ones", "new_empty", "new_full", "full_like",
    "rand_like", "randn_like", "randint_like",
])  # fmt: skip
ACTIVATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("relu", ()),
    "sigmoid": ("sigmoid", ()),
    "tanh": ("tanh", ()),
    "gelu": ("gelu", ("approximate",)),
    "silu": ("silu", ()),
    "mish": ("mish", ()),
    "softplus": ("softplus", ("beta",)),
    "elu": ("elu", ("alpha",)),
    "selu": ("selu", ()),
    "hardswish": ("hard_swish", ()),
    "hardsigmoid": ("hard_sigmoid", ()),
    "relu6": ("relu6", ()),
    "hardtanh": ("hard_tanh", ("min_val", "max_val")),
    "leaky_relu": ("leaky_relu", ("negative_slope",)),
    "logsigmoid": ("log_sigmoid", ()),
    "softsign": ("softsign", ()),
    "celu": ("celu", ("alpha",)),
    "pixel_shuffle": ("pixel_shuffle", ("upscale_factor",)),
    "pixel_unshuffle": ("pixel_unshuffle", ("downscale_factor",)),
    "channel_shuffle": ("channel_shuffle", ("groups",)),
    "local_response_norm": ("local_response_norm", ("size", "alpha", "beta", "k")),
}
POOL = {
    "max_pool": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
    "adaptive_avg_pool": ("output_size",), "adaptive_max_pool": ("output_size",),
}  # fmt: skip
ELEMENTS = {
    "exp": "exp({0})",
    "log": "log({0})",
    "sqrt": "sqrt({0})",
    "rsqrt": "1/sqrt({0})",
    "abs": "abs({0})",
    "neg": "-{0}",
    "sin": "sin({0})",
    "cos": "cos({0})",
    "square": "{0}**2",
    "reciprocal": "1/{0}",
}
SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "true_divide": "/",
    "pow": "**",
    "truediv": "/",
    "multiply": "*",
    "subtract": "-",
    "divide": "/",
}


def seen(found: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Note what a function did to tensors that depend on the data or are parameters."""
    outs = tensors_in(out)
    if not outs:
        return
    name = getattr(func, "__name__", str(func))
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    name = name.strip("_") if name != "_to_copy" else name
    if name.startswith("i") and name[1:] in SIGNS and name not in SIGNS:
        name = name[1:]
    swapped = name.startswith("r") and name[1:] in SIGNS and name not in ("relu",)
    name = name[1:] if swapped else name
    read = tensors_in((args, kwargs))
    if name in ("rand_like", "randn_like") and found.is_data(args[0]):
        found.noise(outs[0])
    if name in MADE:
        return
    data = [t for t in read if found.is_data(t)]
    if not data:
        without_data(found, name, read, out)
        return
    if name in SAME:
        if name == "masked_fill":
            found.note("The mask of `masked_fill` is left out.")
        found.alias(outs[0], args[0])
        return
    handler = TABLE.get(name)
    for made in outs if handler is not None else ():
        found.one_batch(made, name)
    if handler is None:
        known = all_known([name for name in TABLE if name.isalpha()])
        raise Unreadable(say("there is no layer for the function {name}. {known}", name=name, known=known))
    if swapped:
        args = (args[1], args[0], *args[2:])
    handler(found, name, args, kwargs, out)


def without_data(found: Recorder, name: str, read: list[Any], out: Any) -> None:
    """Another view of a parameter; anything else computed from parameters alone keeps to them."""
    outs = tensors_in(out)
    bases = {id(b): b for t in read if (b := found.base(t)) is not None}
    several = dict.fromkeys(name for t in read for name in found.computed.get(id(t), ()))
    several |= dict.fromkeys(found.parameters[k] for k in bases) if several or len(bases) > 1 else {}
    for made in outs if several else ():
        found.keep.append(made)
        found.computed[id(made)] = tuple(several)
    tables = [t for t in read if id(t) in found.tables]
    if tables and len(outs) == 1:
        found.tables[id(outs[0])] = found.tables[id(tables[0])]
        found.keep.append(outs[0])
    elif len(bases) == 1 and len(outs) == 1 and not several:
        found.keep.append(outs[0])
        found.derived[id(outs[0])] = next(iter(bases.values()))
        if TABLE.get(name) in (activation, softmax, arithmetic, elements, clamp, mean, extremes):
            found.changed.add(id(outs[0]))
        found.changed |= {id(outs[0])} if id(read[0]) in found.changed else set()
        view = found.views.get(id(read[0]), "same")
        turn = {"same": "turned", "turned": "same"}.get(view, "other")
        same = name in SAME and name not in ("masked_fill", "expand", "expand_as", "broadcast_to")
        turned = name in ("t", "T", "mT", "transpose", "swapaxes", "swapdims", "permute") and is_turned(
            outs[0], read[0]
        )
        found.views[id(outs[0])] = view if same else turn if turned else "other"


def is_turned(out: Any, x: Any) -> bool:
    """Whether a matrix is another one with its axes exchanged."""
    exchanged = (tuple(x.shape)[::-1], tuple(x.stride())[::-1])
    return x.ndim == 2 and (tuple(out.shape), tuple(out.stride())) == exchanged


def activation(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A function of single numbers, or another layer with the arguments of its function."""
    layer, settings = ACTIVATIONS[name]
    given = argument(" ".join(settings), args, kwargs)
    found.add(layer, written(layer, {k: v for k, v in given.items() if k in settings}), args[:1], [out])


def pooling(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Pools as functions."""
    name = name.removesuffix("_with_indices")
    given = argument(" ".join(POOL[name[:-2]]), args, kwargs)
    settings = {k: v for k, v in given.items() if k in POOL[name[:-2]] and v is not None and v != []}
    if plain(settings.get("stride")) == plain(settings.get("kernel_size")):
        settings.pop("stride", None)
    found.add(name, written(name, settings), args[:1], tensors_in(out)[:1])


def softmax(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Softmax along an axis."""
    dim = argument("dim", args, kwargs, dim=-1)["dim"]
    found.apart(args[0], dim, name)
    dim = found.axis_of(args[0], dim)
    dim = -1 if dim == len(found.own(args[0])) else dim
    found.add(name, written(name, {"dim": dim}), args[:1], [out])


def dropout(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Dropout; nothing where it is off."""
    given = argument("p training inplace", args, kwargs, p=0.5, training=True)
    layer = {"feature_dropout": "dropout2d"}.get(name, name)
    if not given["training"] or (out is args[0] and not given.get("inplace")):
        found.alias(out, args[0])
    else:
        found.add(layer, written(layer, {"p": given["p"]}), args[:1], [out])


def arithmetic(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Sums and products of two quantities, or with a number."""
    a: Any = args[0]
    b: Any = args[1] if len(args) > 1 else kwargs.get("other", kwargs.get("exponent"))
    sign = SIGNS[name]
    if not all(isinstance(v, torch.Tensor) and (v.ndim or found.base(v) is not None) for v in (a, b)):
        texts = [(number(v) if not (isinstance(v, torch.Tensor) and found.is_data(v)) else "{0}") for v in (a, b)]
        data: Any = next(v for v in (a, b) if found.is_data(v))
        if (texts == ["{0}", "0"] and sign in "+-") or ("1" in texts and sign == "*"):
            found.alias(out, data)
            return
        found.add("formula", {"value": f"{texts[0]} {sign} {texts[1]}".replace(" ** ", "**")}, [data], [out])
        return
    rank = len(found.own(out))
    if name == "add" and (table := next((found.tables[id(v)] for v in (a, b) if id(v) in found.tables), None)):
        positions(found, table, a if found.is_data(a) else b, out)
        return
    both = [found.operand(v, rank) for v in (a, b)]
    merge = {"+": "add", "*": "multiply"}.get(sign)
    alpha = kwargs.get("alpha", 1)
    if merge and alpha == 1:
        found.add(merge, {}, both, [out])
    else:
        right = "{1}" if alpha == 1 else f"{number(alpha)}*{{1}}"
        found.add("formula", {"value": f"{{0}} {sign} {right}".replace(" ** ", "**")}, both, [out])


def positions(found: Recorder, table: Any, x: Any, out: Any) -> None:
    """A learned table of positions that is added."""
    rows = found.own(x)[0]
    settings = {"kind": "learned"} | ({"num_positions": table.num_embeddings} if table.num_embeddings != rows else {})
    found.add("positional_encoding", settings, [x], [out], "", table)


def number(value: Any) -> str:
    """A number as a formula has it."""
    if isinstance(value, torch.Tensor):
        raise Unreadable(say("a number that is computed from tensors is not read."))
    text = repr(value)
    return text if not text.startswith("-") else f"({text})"


def elements(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A formula of single numbers."""
    found.add("formula", {"value": ELEMENTS[name]}, args[:1], [out])


def clamp(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Cut off below and above."""
    given = argument("min max", args, kwargs, min=None, max=None)
    text = "{0}"
    if given["min"] is not None:
        text = f"max({text}, {number(given['min'])})"
    if given["max"] is not None:
        text = f"min({text}, {number(given['max'])})"
    found.add("formula", {"value": text}, args[:1], [out])


def extremes(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """The larger or smaller of two quantities, or the largest or smallest along an axis; where it is found is no number
    here."""
    other = args[1] if len(args) > 1 else kwargs.get("other")
    if isinstance(other, torch.Tensor):
        rank = len(found.own(out))
        both = [found.operand(v, rank) for v in (args[0], other)]
        found.add("formula", {"value": f"{name[:3]}({{0}}, {{1}})"}, both, [out])
    else:
        mean(found, f"a{name}", args, kwargs, tensors_in(out)[0])


Handler = Callable[[Recorder, str, tuple[Any, ...], dict[str, Any], Any], None]
TABLE: dict[str, Handler] = (
    dict.fromkeys(ACTIVATIONS, activation)
    | {f"{kind}{axes}d{more}": pooling for kind in POOL for axes in (1, 2, 3) for more in ("", "_with_indices")}
    | dict.fromkeys(("softmax", "log_softmax"), softmax)
    | dict.fromkeys(("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout"), dropout)
    | dict.fromkeys(SIGNS, arithmetic)
    | dict.fromkeys(ELEMENTS, elements)
    | dict.fromkeys(("clamp", "clip"), clamp)
    | dict.fromkeys(("cat", "concat", "concatenate"), concatenate)
    | dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"), reshape)
    | dict.fromkeys(("view_as", "reshape_as", "ravel"), reshape)
    | dict.fromkeys(("permute", "transpose", "T", "mT", "t", "swapaxes", "swapdims", "movedim"), permute)
    | dict.fromkeys(("chunk", "split", "tensor_split"), parts)
    | dict.fromkeys(("mean", "sum", "amax", "amin"), mean)
    | dict.fromkeys(("max", "min", "maximum", "minimum"), extremes)
    | dict.fromkeys(("matmul", "bmm", "mm", "rmatmul"), product)
    | dict.fromkeys(("conv1d", "conv2d", "conv3d"), convolution)
    | dict.fromkeys(("batch_norm", "layer_norm", "group_norm", "rms_norm"), norm)
    | {
        "stack": stack, "unbind": unbind, "select": select, "narrow": narrow, "getitem": getitem, "einsum": einsum,
        "linear": linear, "embedding": embedding, "scaled_dot_product_attention": attention, "interpolate": interpolate,
        "pad": pad,
    }
)  # fmt: skip
