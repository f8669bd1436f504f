"""A mixture of experts in its place: to be counted one expert stands for all, to be computed each stands by itself."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from hwsolve.language import say
from hwsolve.layers.items import Body, Item, Part, Wire
from hwsolve.layers.names import Names, Scope, Stop


def placed_mixture(walk: Any, part: Part, path: str, stream: Wire, names: Names) -> Item:
    """The router, and the experts behind it; `walk` is the walk through the network."""

    def body(name: str, parts: tuple[Part, ...]) -> Body:
        prefix = f"{path}." if name == "router" else f"{path}.{name}."
        made: Body = walk.body(name, parts, stream, Scope(prefix), Names(parts, names, prefix))
        return made

    symbols = part.gives if part.raw else tuple(names.prefix + name for name in part.gives)
    router, *experts = part.branches
    first = body("router", router)
    walk.read.add(first.end.name)
    if not walk.unrolled:
        one = body("expert", experts[0])
        assert part.active is not None
        times, active = (1, part.times), (1, part.active)
        made: tuple[Body, ...] = (first, one)
        return Item(
            path, part.type, None, part.node, (stream,), (one.end,), made, times, active, part.path, symbols
        )  # fmt: skip
    if not isinstance(part.times, int) or not isinstance(part.active, int):
        walk.stop(part, say("How many experts there are, and how many work, must be numbers here."), "experts")
        raise Stop
    every = experts if len(experts) > 1 else repeat(experts[0], part.times)
    bodies = [body(f"expert{k}", parts) for k, parts in enumerate(every, 1)]
    walk.read |= {one.end.name for one in bodies}
    options = part.options | {"active": part.active}
    outputs = (Wire(path, bodies[0].end.shape),)
    made = (first, *bodies)
    return Item(path, part.type, None, part.node, (stream,), outputs, made, where=part.path, symbols=symbols,
                options=options)  # fmt: skip
