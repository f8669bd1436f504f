"""Arguments of torch.nn that change no number here: each is taken, and forgotten, or for its default alone."""

from __future__ import annotations

from hwsolve.formula.tree import Number
from hwsolve.language import say
from hwsolve.spec.field import Field, Nullable
from hwsolve.spec.fields import Decimal, FlagField, Raw, field_of
from hwsolve.spec.idle import Idle

FLAG, NUMBER = FlagField(), field_of(Decimal)
INPLACE: dict[str, Field] = {"inplace": Idle(FLAG)}
BATCH_FIRST: dict[str, Field] = {"batch_first": Idle(FLAG)}  # shapes have no batch here
NESTED: dict[str, Field] = {"enable_nested_tensor": Idle(FLAG), "mask_check": Idle(FLAG)}
INDICES: dict[str, Field] = {
    "return_indices": Idle(FLAG, False, why=say("Only the largest values come out, not where they stand."))
}
GROUP: dict[str, Field] = {"process_group": Idle(Raw())}
PICKING: dict[str, Field] = {
    "sparse": Idle(FLAG),
    "scale_grad_by_freq": Idle(FLAG, False, why=say("The gradient of a row is the sum over the places that pick it.")),
    "max_norm": Idle(Nullable(NUMBER), None, why=say("Rows are taken as they are.")),
    "norm_type": Idle(NUMBER),
}
OFFSETS: dict[str, Field] = {
    "include_last_offset": Idle(FLAG, False, why=say("A bag is the last axis of what comes in; there are no offsets."))
}
BEND: dict[str, Field] = {
    "threshold": Idle(
        NUMBER,
        Number(20),
        why=say("Softplus is what its formula says for every x; in PyTorch this guards large numbers."),
    )
}
AGAIN: dict[str, Field] = {
    "recompute_scale_factor": Idle(
        Nullable(FLAG), None, False, why=say("Places are found by `scale_factor` as it is given; state `size` instead.")
    )
}
