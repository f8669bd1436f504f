"""Layers whose sizes are letters, as `hwsolve layers NAME` counts them: records, and blocks as they are typed."""

from __future__ import annotations

from typing import Any

import msgspec

LETTERS = {"kernel_size": "K", "stride": "S", "padding": "P", "dilation": "D"}
NAMES = {
    "out_features": "out", "out_channels": "C_out", "num_groups": "G", "num_embeddings": "V", "embedding_dim": "d",
    "upscale_factor": "r",
}  # fmt: skip
SHAPES: dict[str, tuple[tuple[str, ...], ...]] = dict.fromkeys(("RNN", "LSTM", "GRU"), (("T", "D"),)) | {
    "LayerScale": (("C", "H", "W"),),
    "GroupNorm": (("C", "H", "W"),),
    "BatchNorm1d": (("C", "L"),),
    "SyncBatchNorm": (("C", "H", "W"),),
    "Attention": (("L", "d"), ("S", "d"), ("S", "c")),
    "MultiheadAttention": (("L", "embed_dim"), ("S", "embed_dim"), ("S", "embed_dim")),
}  # of layers that read no row alone, or of whose counts a row says less
ROWS = ("T", "S")  # how many rows come in by each port of a block
BLOCK_LETTERS = {
    "d_model": "d", "nhead": "h", "dim_feedforward": "f", "hidden": "h", "num_layers": "N", "num_encoder_layers": "N",
    "num_decoder_layers": "M", "squeeze_channels": "s", "out_channels": "C_out", "kernel_size": "K",
    "padding": "same",
}  # fmt: skip


def sample(cls: Any) -> tuple[Any, tuple[tuple[Any, ...], ...]]:
    """A layer whose sizes are letters, and the shapes that it reads."""
    from hwsolve.formula.tree import Ref
    from hwsolve.layers.window import AXES

    n = getattr(cls, "AXES", 0)
    fields = {f.name for f in msgspec.structs.fields(cls)}
    settings: dict[str, Any] = {key: (Ref(letter),) for key, letter in LETTERS.items() if n and key in fields}
    settings |= {key: Ref(letter) for key, letter in NAMES.items() if key in fields}
    if "output_size" in fields:
        settings["output_size"] = tuple(Ref(f"{axis}_out") for axis in AXES[n])
    if "cells" in fields:
        settings["size"] = tuple(Ref(f"{axis}_out") for axis in AXES[n])
    if "output_padding" in fields:
        settings["output_padding"] = (0,) * n
    if "unflattened_size" in fields:
        settings |= {"dim": -1, "unflattened_size": (Ref("C"), Ref("H"), Ref("W"))}
    own = msgspec.structs.fields(cls)
    settings |= {f.name: Ref(f.name) for f in own if f.required and f.name not in settings}
    axes = (*getattr(cls, "RANKS", ()), n + 1)[0]
    map_of = {2: ("C", "L"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}
    names = ("C_in", *(f"{axis}_in" for axis in AXES[n])) if n else map_of.get(axes, ("n",))
    ports = len(cls.INPUTS)
    every = [tuple(f"{name}{k}" if ports > 1 else name for name in names) for k in range(1, ports + 1)]
    shapes = [tuple(map(Ref, shape)) for shape in SHAPES.get(cls.__name__, every)]
    return cls(**settings), tuple(shapes)


def snake(name: str) -> str:
    """The name of a recurrent layer in a spec: `lstm_cell` of LSTMCell."""
    return name.lower().replace("cell", "_cell")


def block(name: str) -> tuple[dict[str, list[str]], str]:
    """The inputs of a network with one block of the package, and the block as it is typed there."""
    from hwsolve.layers.packaged import packaged_class

    cls: Any = packaged_class(name)
    maps = bool(cls.INPUT)
    ports = cls.INPUTS if len(cls.INPUTS) > 1 else ("x",)
    inputs = {port: ["C", "H", "W"] if maps else [rows, "d"] for port, rows in zip(ports, ROWS, strict=False)}
    own = [key for key in BLOCK_LETTERS if key in cls.__struct_fields__ and (maps or key != "out_features")]
    settings = [f"{key}: {BLOCK_LETTERS[key]}" for key in own]
    wires = [f"inputs: [{', '.join(inputs)}]"] if len(inputs) > 1 else []
    return inputs, f"{name}: {{{', '.join(wires + settings)}}}"
