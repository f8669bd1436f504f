"""The parts of a network with attention or a layer of a transformer: what its passes stand under, by their layers.

A part is a run of layers: an attention; sums and normalisations; the layers between them.  The backward pass has the
same parts, as each gradient belongs where its quantity does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hwsolve.formula.tree import Ref
from hwsolve.graph.graph import Graph, Node
from hwsolve.language import Message, listed, say
from hwsolve.solution import Item, Step

JOINED = ("add", "residual", "normalization")
PASSED_ON = ("dropout", "view")  # layers that belong to the part before them
UNNAMED = re.compile(r"(?:.*\.)?formula\d+")
Parts = list[tuple[Message | str, list[Item]]]
OF_A_MAP = ("dense", "activation", "multiply", *PASSED_ON)  # what a feed-forward part consists of


def divided(graph: Graph, run: list[list[Node]]) -> list[tuple[Message | str, list[list[Node]]]]:
    """Bundles of quantities under the title of their part; all together under none where there are no parts."""
    titles = titles_of(graph)
    if not titles:
        return [("", run)]
    found: list[tuple[Message | str, list[list[Node]]]] = []
    for nodes in run:
        title = title_of(graph, titles, nodes[0]) or (found[-1][0] if found else "")
        if found and found[-1][0] == title:
            found[-1][1].append(nodes)
        else:
            found.append((title, [nodes]))
    return found


def steps_of(
    title: Message, parts: Parts, level: int, before: Iterable[Item] = (), behind: Iterable[Item] = ()
) -> Iterator[Step]:
    """A step, and one below it for each part with a title; of nothing none."""
    own = [item for name, items in parts if not name for item in items]
    named = [(name, items) for name, items in parts if name]
    last = [*behind]
    first = [*before, *own, *([] if named else last)]
    if first or named:
        yield Step(title, tuple(first), level)
    for n, (name, items) in enumerate(named, 1):
        yield Step(name, (*items, *(last if n == len(named) else [])), level + 1)


def title_of(graph: Graph, titles: dict[str, Message], node: Node) -> Message | str:
    """The title of the part that a quantity, or that of a gradient, belongs to."""
    of = graph.nodes.get(node.of, node) if node.role == "gradient" else node
    outside = of.role == "loss" or of.layer in ("loss", "softmax")
    return say("Loss") if outside else titles.get(of.layer, "")


def titles_of(graph: Graph) -> dict[str, Message]:
    """The title of the part that each layer belongs to; none where nothing calls for parts."""
    kinds = graph.layers
    computed = (node.layer for node in graph.nodes.values() if node.role == "forward" and node.layer in kinds)
    parts: list[list[str]] = []
    for path in dict.fromkeys(computed):
        if parts and belongs(kinds, parts[-1], path):
            parts[-1].append(path)
        else:
            parts.append([path])
    if len(parts) < 2 or not has_parts([kinds[path] for part in parts for path in part]):
        return {}
    short = short_names([path for part in parts for path in part])
    return {path: titled(graph, part, short) for part in parts for path in part}


def has_parts(kinds: list[str]) -> bool:
    """Whether there is an attention, or a feed-forward part beside sums and normalisations."""
    if "attention" in kinds:
        return True
    beside = "normalization" in kinds and ("add" in kinds or "residual" in kinds)
    return beside and kinds.count("dense") > 1 and set(kinds) <= {*JOINED, *OF_A_MAP}


def belongs(kinds: dict[str, str], part: list[str], path: str) -> bool:
    """Whether a layer goes on with the part before it."""
    if not beside(part[-1], path):
        return False
    if kinds[path] in PASSED_ON:
        return True
    before = next((kinds[p] for p in reversed(part) if kinds[p] not in PASSED_ON), "")
    if "attention" in (before, kinds[path]) or (before == "normalization" and kinds[path] != before):
        return False
    return (before in JOINED) == (kinds[path] in JOINED)


def beside(one: str, other: str) -> bool:
    """Whether two layers lie in one composite, or one in a composite beside the other."""
    above = [path.rpartition(".")[0] for path in (one, other)]
    short, long = sorted(above, key=len)
    return not short or long == short or long.startswith(f"{short}.")


def common(paths: list[str]) -> str:
    """The composite in which all layers lie, with the dot behind it."""
    front = paths[0].split(".")[:-1]
    while front and not all(path.startswith(f"{'.'.join(front)}.") for path in paths):
        front.pop()
    return "".join(f"{step}." for step in front)


def short_names(paths: list[str]) -> dict[str, str]:
    """Layers by the last parts of their paths; where several have one, by their paths in the composite of them all."""
    last = [path.rpartition(".")[2] for path in paths]
    front = common(paths)
    return {p: own if last.count(own) == 1 else p.removeprefix(front) for p, own in zip(paths, last, strict=True)}


def titled(graph: Graph, part: list[str], short: dict[str, str]) -> Message:
    """What a part is, and its layers."""
    first = part[0] == next(iter(short))
    names = [named(graph, path, short[path]) for path in part]
    return say("{part}: {layers}", part=called(graph, part, first), layers=listed(names))


def named(graph: Graph, path: str, short: str) -> Message | str:
    """A layer by its name; one by formula that the spec does not name, by what comes out of it."""
    if graph.layers[path] != "formula" or not UNNAMED.fullmatch(short):
        return short
    *_, last = [node.name for node in graph.nodes.values() if node.layer == path and node.role == "forward"]
    return say("{symbol}", symbol=Ref(graph.symbol(last)))


def called(graph: Graph, part: list[str], first: bool) -> Message:
    """What a part is, by the kinds of its layers; `first`: no layer stands before it."""
    kinds = [graph.layers[path] for path in part]
    own = [kind for kind in kinds if kind not in PASSED_ON]
    if "attention" in own:
        read = read_by(graph, part)
        return say("Self-attention") if read == 1 else say("Cross-attention") if read == 2 else say("Attention")
    if own and set(own) <= set(JOINED):
        norms, sums = "normalization" in own, set(own) - {"normalization"}
        return say("Sum and normalisation") if norms and sums else say("Normalisation") if norms else say("Sum")
    if own.count("dense") > 1 and set(kinds) <= set(OF_A_MAP):
        return say("Gated feed-forward") if "multiply" in own else say("Feed-forward")
    other = say("First layers") if first and len(part) > 1 else say("Further layers")
    return say("Linear layer") if own == ["dense"] else other


def read_by(graph: Graph, part: Iterable[str]) -> int:
    """How many quantities queries, keys and values are made of; 0 where they are not made here."""
    layers = set(part)
    own = [node for node in graph.nodes.values() if node.layer in layers and node.role == "forward"]
    if not any(node.role == "parameter" and node.layer in layers for node in graph.nodes.values()):
        return 0
    return len({name for node in own for name in node.inputs if is_data(graph.nodes[name], layers)})


def is_data(node: Node, layers: set[str]) -> bool:
    """Whether a quantity comes into these layers from another."""
    stated = node.role == "given" and node.of == "input"
    return stated or (node.role == "forward" and node.layer not in layers)
