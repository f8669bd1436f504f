"""How many inputs the layers of Keras read, and of how many axes."""

from __future__ import annotations

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.reader import Value
from hwsolve.importing.keras.windows import MAPS
from hwsolve.language import say

MANY = ("Add", "Multiply", "Average", "Concatenate", "Maximum", "Minimum")
MOST_INPUTS = 1000
INPUTS = dict.fromkeys(MANY, (2, MOST_INPUTS))
INPUTS |= {"Subtract": (2, 2), "MultiHeadAttention": (1, 3), "Attention": (2, 3), "CustomScaleLayer": (2, 2)}
RANKS = {"LSTM": 2, "GRU": 2, "SimpleRNN": 2, "Bidirectional": 2, "MultiHeadAttention": 2, "Attention": 2}
RANKS |= {name: int(name[name.rindex("D") - 1]) + 1 for name in MAPS}
RANKS |= {f"SpatialDropout{axes}D": axes + 1 for axes in (1, 2, 3)}


def fits(kind: str, name: str, number: bool, read: list[Value]) -> None:
    """Refuse a layer that reads too much or too little, beside a `number`, or something with other axes."""
    least, most = INPUTS.get(kind, (1, 1))
    least -= number
    if len(read) < least:
        raise Unreadable(say("{name} reads {n}, and needs at least {least}.", name=name, n=len(read), least=least))
    if kind in INPUTS and len(read) > most:
        raise Unreadable(say("{name} reads {n}, and takes at most {most}.", name=name, n=len(read), most=most))
    rank = RANKS.get(kind)
    for value in read[:3] if rank else ():
        if len(value.shape) != rank:
            shape = " × ".join(map(str, value.shape))
            raise Unreadable(
                say("{name} reads {shape}: it needs {rank} axes without that of the batch.",
                    name=name, shape=shape, rank=rank)
            )  # fmt: skip
