"""The names of a problem about one layer against the letters of its formulas: each must mean one thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve.formula.tree import Formula, references
from hwsolve.graph.spelling import KRONECKER, Named, clash, quantities
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.name_clashes import place
from hwsolve.kinds.convolution.layer_letters import check_letters_of_layers as fits
from hwsolve.kinds.convolution.recursion import PLACES
from hwsolve.kinds.convolution.single_layer import MAPS, SingleLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers.axes import CELLS
from hwsolve.layers.axes import PLACES as PLACES_OF_Y
from hwsolve.losses.loss import LETTERS
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import ROOT, Report

KEYS = ("recursion", "shape")
HINT = say("Choose another name.")


def check_letters(problem: SingleLayerProblem, construction: Construction, report: Report) -> bool:
    """Note a size or a quantity that is called as an index or as another size is."""
    axes = problem.record.AXES
    indices = {*PLACES[:axes], *CELLS[:axes], *PLACES_OF_Y[:axes], "c", "o", "n"}
    slope = () if problem.activation is None else ("da_dz",)  # of any function
    for one in quantities(construction.graph):
        if one.name in (*indices, *slope, *KEYS):
            node, path, _ = place(construction, one)
            report.add(node, path, (as_key if one.name in KEYS else as_index)(one.name), HINT)
            return False
    sizes = dict(stated_sizes(problem))
    own = {f"{side}_out" for side in MAPS[axes]}
    own |= set() if problem.input is not None else {"C", *(f"{side}_in" for side in MAPS[axes])}
    for name, field in sizes.items():
        if name in (*indices, *KEYS):
            wrong(problem, report, field, (as_key if name in KEYS else as_index)(name))
        elif name in own:
            wrong(problem, report, field, say("`{name}` is a size of the formulas here.", name=name))
        else:
            continue
        return False
    every = [
        KRONECKER,
        Named("the loss", construction.graph.unstated),
        *quantities(construction.graph),
        *(Named(f"size {name}", name) for name in sizes),
    ]
    found = clash(every)
    if found is not None and found.second.node in construction.graph.nodes:
        node, path, _ = place(construction, found.second)
        report.add(node, path, found.sentence(), HINT)
    elif found is not None:
        wrong(problem, report, sizes.get(found.second.name) or "layer", found.sentence())
    taken = {*indices, *sizes, *own, "m", *([problem.activation] if isinstance(problem.activation, str) else [])}
    return found is None and fits(problem.notation, construction, taken, problem.activation is not None, report)


def letter_of_loss(problem: SingleLayerProblem, symbols: Iterable[str | None]) -> str:
    """The first letter of a loss that neither a size nor one of these has."""
    function = [problem.activation] if isinstance(problem.activation, str) else []
    taken = {*symbols, *function, *(name for name, _ in stated_sizes(problem))}
    return next((letter for letter in LETTERS if letter not in taken), LETTERS[0])


def as_index(name: str) -> Message:
    """What is wrong with a name that an index has."""
    return say("`{name}` is an index of the formulas here.", name=name)


def as_key(name: str) -> Message:
    """What is wrong with a name that an answer has."""
    return say("`{name}` is a key of the answers here.", name=name)


def stated_sizes(problem: SingleLayerProblem) -> Iterator[tuple[str, str]]:
    """The sizes that have only names, with the key they stand under."""
    yield from problem.names().items()
    for size in problem.shape or ():
        if isinstance(size, Formula):
            yield from ((ref.name, "input") for ref in references(size))


def wrong(problem: SingleLayerProblem, report: Report, field: str, message: Message) -> None:
    """Note a mistake at a setting of the layer, or at the input."""
    assert problem.node is not None
    key = "input" if field == "input" else "layer"
    node, path = problem.node.entries[key][1], ROOT / key
    while isinstance(node, Mapping) and (field in node.entries or len(node.entries) == 1):
        step = field if field in node.entries else next(iter(node.entries))
        node, path = node.entries[step][1], path / step
        if step == field:
            break
    report.add(node, path, message, HINT)
