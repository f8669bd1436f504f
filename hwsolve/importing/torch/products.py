"""Functions of PyTorch that multiply by weights, or quantities with each other."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.drawing import LETTERS, Unreadable, over
from hwsolve.importing.settings_of import written
from hwsolve.importing.torch.arguments import argument
from hwsolve.importing.torch.recorder import Recorder
from hwsolve.language import say


def product(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Matrix products: with a parameter a linear layer, else a formula."""
    a, b = args[0], args[1] if len(args) > 1 else kwargs.get("other", kwargs.get("mat2"))
    assert b is not None
    if found.is_matrix(b):
        found.functional("linear", {"out_features": b.shape[1]}, a, b, out, has_bias=False, by_input=True)
        return
    x, y = found.own(a), found.own(b)
    found.rename(found.multiplied(found.operand(a, len(x)), x, found.operand(b, len(y)), y), out)


def einsum(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A sum of products by letters."""
    equation = args[0].replace(" ", "")
    operands = list(args[1] if len(args) == 2 and isinstance(args[1], tuple | list) else args[1:])
    if "->" not in equation or "." in equation:
        raise Unreadable(say("einsum {equation} is not read.", equation=equation))
    reads, gives = equation.split("->")
    letters = reads.split(",")
    batch = {
        c
        for word, x in zip(letters, operands, strict=True)
        for d, c in enumerate(word)
        if found.is_data(x) and found.axis_of(x, d) == 0
    }
    plain_words = ["".join(c for c in word if c not in batch) for word in letters]
    known = {c: LETTERS[k] for k, c in enumerate(dict.fromkeys("".join(plain_words)))}
    left = [known[c] for c in gives if c not in batch]
    summed = [known[c] for c in known if c not in gives]
    terms = "*".join(f"{{{k}}}[{','.join(known[c] for c in word)}]" for k, word in enumerate(plain_words))
    text = over("Sum", terms, summed)
    values = [found.operand(x, len(w)) for x, w in zip(operands, plain_words, strict=True)]
    found.rename(found.formula(f"{{out}}[{','.join(left)}] = {text}", values), out)


def linear(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A linear layer as a function."""
    given = argument("weight bias", args, kwargs, bias=None)
    found.functional("linear", {"out_features": given["weight"].shape[0]}, args[0], given["weight"], out, given["bias"])


def convolution(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A convolution as a function."""
    given = argument("weight bias stride padding dilation groups", args, kwargs, bias=None)
    weight = given["weight"]
    settings = {"out_channels": weight.shape[0], "kernel_size": tuple(weight.shape[2:])}
    settings |= {k: given[k] for k in ("stride", "padding", "dilation", "groups") if k in given}
    found.functional(name, written(name, settings), args[0], weight, out, given["bias"])


def norm(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Norms as functions."""
    if name == "batch_norm":
        given = argument("running_mean running_var weight bias", args, kwargs, weight=None, bias=None)
        layer: str = f"batch_norm{max(1, len(found.own(args[0])) - 1)}d"
        settings: dict[str, Any] = {} if given["weight"] is not None else {"affine": False}
    elif name == "group_norm":
        given = argument("num_groups weight bias", args, kwargs, weight=None, bias=None)
        layer, settings = (
            name,
            {"num_groups": given["num_groups"]} | ({} if given["weight"] is not None else {"affine": False}),
        )
    else:
        given = argument("normalized_shape weight bias", args, kwargs, weight=None, bias=None)
        layer, settings = name, {} if given["weight"] is not None else {"elementwise_affine": False}
        if len(given["normalized_shape"]) > 1:
            settings["normalized_shape"] = list(given["normalized_shape"])
    if given["weight"] is None:
        found.add(layer, settings, args[:1], [out])
    else:
        found.functional(layer, settings, args[0], given["weight"], out, given.get("bias"), has_bias=name != "rms_norm")


def embedding(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """A table as a function."""
    weight = argument("weight", args, kwargs)["weight"]
    settings = {"num_embeddings": weight.shape[0], "embedding_dim": weight.shape[1]}
    found.functional("embedding", settings, args[0], weight, out, has_bias=False)


def attention(found: Recorder, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
    """Scaled dot products, head by head where there is an axis for heads."""
    given = dict(zip(["query", "key", "value", "attn_mask", "dropout_p", "is_causal"], args, strict=False)) | kwargs
    read = [found.operand(given[k], given[k].ndim - 1) for k in ("query", "key", "value")]
    rank = len(found.own(given["query"]))
    if given.get("attn_mask") is not None or (rank > 3 and given.get("is_causal")):
        found.note("The mask of an attention is left out.")
    if rank == 2 or (rank == 3 and given.get("is_causal")):
        found.add("attention", {"mask": "causal"} if given.get("is_causal") else {}, read, [out])
        return
    lead = LETTERS[: rank - 2]
    i, j, d = list(LETTERS[rank - 2 : rank + 1])
    at = ",".join(lead)
    width = found.own(given["query"])[-1]
    text = f"{{out}}[{at},{i},{j}] = Sum({{0}}[{at},{i},{d}]*{{1}}[{at},{j},{d}], {d})/sqrt({width})"
    weights = found.chain(found.formula(text, read[:2], "e"), ("softmax", {}))
    text = f"{{out}}[{at},{i},{d}] = Sum({{0}}[{at},{i},{j}]*{{1}}[{at},{j},{d}], {j})"
    found.rename(found.formula(text, [weights, read[2]], "o"), out)
