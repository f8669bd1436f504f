"""What a problem asks for: by its columns, by the conventions it states, and by the keys that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hwsolve.kinds.count_params.conventions import Asked, holds_partial
from hwsolve.kinds.count_params.counted import COLUMNS, QUANTITIES, quantity_of
from hwsolve.kinds.count_params.stated_keys import named_keys
from hwsolve.layers.items import Item, walk_items
from hwsolve.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.problem import Problem

BEHIND = {"activations": "activations.bytes"}  # totals that are given along with another


def asked(problem: Problem) -> Asked:
    """What is counted, and what of it is shown."""
    plain = conventions_of(problem)
    named = dict.fromkeys(on_demand(problem))
    chosen = [COLUMNS[name] for name in problem.columns] or [*implied(problem), *named]
    frozen = holds_frozen(problem.network.items)
    mixed = any(item.type == "mixture" for item in walk_items(problem.network.items))
    own = {"params.trainable": frozen, "params.active": mixed, "connections": holds_partial(problem.network.items)}
    totals = {"params", *[key for key, there in own.items() if there], *chosen}
    columns = {"params", *(["params.active"] if mixed else []), *chosen}
    always = [key for key, record in QUANTITIES.items() if record.always]
    wanted = closure([*totals, *named, *always], plain)
    if problem.every:
        wanted = frozenset(QUANTITIES) - (frozenset() if mixed else {"params.active"})
    totals |= {BEHIND[key] for key in totals & BEHIND.keys()}
    return msgspec.structs.replace(
        plain,
        counted=tuple([key for key in QUANTITIES if key in wanted]),
        shown=closure([*columns, *totals - set(BEHIND.values())], plain),
        totals=tuple([key for key, record in QUANTITIES.items() if key in totals and record.total]),
        columns=tuple(sorted([key for key in QUANTITIES if key in columns and shown_in_table(key, plain)], key=behind)),
    )


def behind(key: str) -> bool:
    """Activations stand before the parameters, all else behind them."""
    return not key.startswith("activations")


def shown_in_table(key: str, plain: Asked) -> bool:
    """Whether a table may have a column of it."""
    return QUANTITIES[key].column and not QUANTITIES[key].largest(plain)


def conventions_of(problem: Problem) -> Asked:
    """The conventions alone."""
    count = problem.count
    roles = ("params", "gradients", "optimizer", "activations", "cache")
    one = count.dtype if isinstance(count.dtype, str) else None
    dtypes = {role: one or getattr(count.dtype, role) for role in roles}
    optimizer = count.optimizer
    states = None if optimizer is None else len(set(optimizer.starts()) - set(optimizer.SHARED))
    return Asked(
        count.activations or ("saved" if count.attention else "cs231n"), count.macs or "matmul",
        (), frozenset(), (), (), dtypes, count.batch, count.bias, count.causal == "half", count.gradients,
        "" if optimizer is None else OPTIMIZERS.name_of(optimizer),
        states, count.master_weights or "", count.framework, fused=count.attention == "fused",
    )  # fmt: skip


def implied(problem: Problem) -> list[str]:
    """What the conventions that a problem states are of."""
    count = problem.count
    stated = {"activations": count.activations or count.attention, "macs": count.macs}
    found = [key for key, convention in stated.items() if convention is not None]
    if (count.bias or count.causal == "half") and "macs" not in found:
        found.append("macs")
    if count.gradients or count.optimizer is not None or count.master_weights is not None:
        found += ["memory.params", "memory.gradients"]
        found += ["memory.optimizer"] if count.optimizer is not None or count.master_weights is not None else []
        found.append("memory.total")
    return found


def on_demand(problem: Problem) -> Iterator[str]:
    """The quantities that a problem names and that nobody counts unless they are asked for."""
    for key in named_keys(problem):
        start, star, _ = key.partition("*")
        fitting = [q for q in QUANTITIES if q.startswith(start) or start.startswith(f"{q}.")] if star else []
        for quantity in fitting or [quantity_of(key)]:
            if quantity and not QUANTITIES[quantity].always:
                yield quantity


def closure(keys: Iterable[str], plain: Asked) -> frozenset[str]:
    """Quantities with all that their lines read."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [*QUANTITIES[key].reads, *[part for _, part in QUANTITIES[key].made_of(plain)]]
    return frozenset(found)


def holds_frozen(items: tuple[Item, ...]) -> bool:
    """Whether some parameters of a network are not trained."""
    leaves = ((item.layer, item.shapes) for item in walk_items(items) if item.layer is not None)
    return any(p.counted and not layer.learns(p) for layer, x in leaves for p in layer.parameters(*x).values())
