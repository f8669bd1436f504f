"""What a computation is, where it stands without its solution: its layers, the formulas of its quantities, its updates.

These steps are `question`s: a solution shows the same in its lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform, walk
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.origin import is_view
from hwsolve.graph.explain.over_time import form_of
from hwsolve.graph.explain.schematic import general
from hwsolve.graph.explain.special_cases import has_cases_of_elements
from hwsolve.graph.graph import Node
from hwsolve.graph.operation import rename
from hwsolve.graph.stack import is_stack
from hwsolve.graph.update import UpdateLine
from hwsolve.kinds.backprop.symbols import beside_parameters
from hwsolve.language import say
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.solution import Form, Group, Item, Sentence, Stage, Step


def posed(page: Any) -> tuple[Step, ...]:
    """The layers, the formulas and the updates of a problem; nothing of what comes out."""
    problem: Any = page.problem
    steps: list[Step] = []
    if (network := getattr(problem, "network", None)) is not None:
        from hwsolve.kinds.count_params.network_question import posed as layers

        steps += layers(network, getattr(problem, "blocks", None), without_numbers=True)
    if forms := tuple(formulas(page)):
        steps.append(Step(say("Formulas"), (Group(forms),), part="question"))
    if page.updates:
        steps.append(Step(say("Update"), tuple(of_update(page)), part="question"))
    return tuple(steps)


def formulas(page: Any) -> Iterator[Form]:
    """The formula of each quantity up to the loss, of those that stand at every step once; none that has cases."""
    graph, seen = page.graph, set[tuple[str, str, str]]()
    for node in page.nodes("forward", "loss"):
        label = graph.labels[node.name]
        kind = (label.symbol, node.layer, label.cell)
        if is_view(graph, node.name) or is_stack(graph, node.name) or kind in seen:
            continue
        if label.time is not None:
            seen.add(kind)
        form = general(page.writer, node) if label.time is None else form_of(page.writer, node)
        if not any(has_cases_of_elements(link.formula) for link in form.links):
            yield form


def starting(writer: Writer) -> Iterator[Sentence]:
    """The states of sequences that start at 0, as the problem states none."""
    graph = writer.graph
    names = [n.name for n in graph.nodes.values() if n.role == "given" and n.of == "start"]
    if names:
        states = tuple(Ref(graph.symbol(name), (graph.labels[name].clock,)) for name in names)
        yield Sentence(say("The initial states are 0, as none is stated: {states}.", states=states))


def of_update(page: Any) -> Iterator[Item]:
    """The optimizer by name, and its lines for the first parameter that is trained."""
    optimizer = getattr(page.problem, "optimizer", None)
    if optimizer is not None:
        yield Sentence(say("The optimizer: {name}.", name=OPTIMIZERS.name_of(optimizer)))
    lines, counter = update_forms(page, page.steps > 1)
    if lines:
        others = sum(1 for n in page.graph.parameters if n in page.writer.trained) > 1
        yield Group(lines, say("and so for every parameter") if others else "", 0)
    if counter is not None:
        yield Sentence(say("{k} is the number of the update.", k=counter))


def counting_forms(page: Any, step: int) -> Iterator[Group]:
    """In front of the first update the lines that read its number, for any number."""
    if step or page.alone:
        return
    forms, counter = update_forms(page, page.steps > 1, counting=True)
    if forms and counter is not None:
        yield Group(forms, say("{k} is the number of the update", k=counter), 0)


def update_forms(page: Any, several: bool, counting: bool = False) -> tuple[tuple[Form, ...], Ref | None]:
    """The lines of the run and of the first parameter, and the letter in them; with `counting` those that read it.

    What an update leaves behind is ⁺, of several ⟨k⟩, where k is its number; updates made before stand beside k.
    """
    writer, optimizer = page.writer, getattr(page.problem, "optimizer", None)
    before = optimizer.step if several and optimizer is not None else 0
    graph = writer.graph
    nodes = [n for n in graph.nodes.values() if n.role in ("temporary", "update")]
    first = next((n for n in graph.nodes if n in writer.trained and n in graph.parameters), "")
    own = [n for n in nodes if isinstance(n.operation, UpdateLine) and parameter_of(writer, n) in ("", first)]
    counters = [n.name for n in graph.nodes.values() if n.role == "counter"]
    letter = next((graph.symbol(name) for name in counters), "k")
    shown = [n for n in own if not counting or {*n.inputs} & {*counters}]
    forms = tuple(one_form(writer, n, letter if several else "", before) for n in shown)
    read = {part.name for form in forms for link in form.links for part in walk(link.formula) if isinstance(part, Ref)}
    return forms, Ref(letter) if letter in read or (several and forms) else None


def parameter_of(writer: Writer, node: Node) -> str:
    """The parameter that a line belongs to; nothing for one of the run."""
    of = writer.graph.nodes[node.follows] if node.role == "update" and node.follows else node
    return of.name if of.name in writer.graph.parameters else of.of


def one_form(writer: Writer, node: Node, letter: str, before: int) -> Form:
    """A line over the letter of the update, or over what one update leaves behind."""
    graph, operation = writer.graph, node.operation
    assert isinstance(operation, UpdateLine)
    shapes = [graph.nodes[name].shape for name in node.inputs]
    text = operation.matrix(*shapes).get("y", operation.text())
    symbols = beside_parameters(writer, [0])

    def written(name: str) -> Formula:
        """A quantity at the update."""
        at = graph.nodes[name]
        if at.role in ("counter", "setting"):
            own = Ref(graph.symbol(name))
            return Call("+", (own, Number(before))) if before and at.role == "counter" else own
        key = writer.key(at.follows if at.role == "update" and at.follows else name, (), 0).name
        stem = symbols[key].name if key in symbols else key
        stem = stem.partition("@")[0]
        new = at.role in ("temporary", "update")
        mark = ("@1" if new else "") if not letter else f"@{letter}" if new else f"@{letter}-1"
        made = stem if at.role == "gradient" or name in graph.series or at.role == "given" else stem + mark
        return whole(made) if at.shape else Ref(made)

    f = rename(parse(text), dict(zip(operation.reads, node.inputs, strict=True)))
    f = transform(f, lambda part: written(part.name) if isinstance(part, Ref) and part.name in graph.nodes else part)
    return Form((Stage("", written(node.name)), Stage("=", f)))
