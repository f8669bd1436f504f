"""Training on a part of the samples at a time: which samples each update sees, and the graphs of their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Formula, Ref, transform
from hwsolve.graph.batch import rows
from hwsolve.graph.graph import Graph
from hwsolve.graph.label import Label
from hwsolve.kinds.backprop.computation import Computation, Data
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.loss_terms import Terms
from hwsolve.kinds.backprop.target import Classes
from hwsolve.language import Message, say
from hwsolve.spec.fields import Array

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction

KEYS = ("epochs", "batch_size", "order", "batches")
Batch = tuple[int, ...]


class Plan(msgspec.Struct, frozen=True):
    """The samples (from 1) of each update of an epoch, of so many samples, and how many updates there are."""

    batches: tuple[Batch, ...]
    samples: int
    steps: int

    def batch(self, step: int) -> Batch:
        """The samples of update number step + 1; all of them after the last."""
        return tuple(range(1, self.samples + 1)) if step >= self.steps else self.batches[step % len(self.batches)]

    def epochs(self) -> frozenset[int]:
        """The updates at the ends of the epochs, and 0."""
        return frozenset((*range(0, self.steps, len(self.batches)), self.steps))


def planned(construction: Construction) -> Plan | None:
    """What a problem says of its batches; None where it says nothing, or after an error."""
    problem, wrong = construction.problem, construction.wrong
    stated = [key for key in KEYS if getattr(problem, key, None) is not None]
    if not stated:
        return None
    key, node = stated[0], problem.node
    if problem.optimizer is None or problem.loss is None:
        wrong(key, say("`{key}` needs an `optimizer` and a `loss`: without updates there are no batches.", key=key))
    elif not construction.graph.batched:
        message = say("`{key}` goes through samples, and the input is a single one.", key=key)
        wrong(key, message, say("One more axis in front of the input makes samples of it."))
    elif problem.epochs is not None and node is not None and "steps" in node.entries:
        wrong("steps", say("`{key}` and `{other}` can't both be given.", key="steps", other="epochs"))
    elif problem.batches is not None and len(stated) > 1 + (problem.epochs is not None):
        other = next(key for key in ("batch_size", "order") if key in stated)
        wrong(other, say("`{key}` and `{other}` can't both be given.", key=other, other="batches"))
    else:
        return checked_plan(construction)
    return None


def checked_plan(construction: Construction) -> Plan | None:
    """The plan, where every batch names samples that there are, each once in an epoch."""
    problem, samples = construction.problem, construction.samples
    key = "batches" if problem.batches is not None else "order"
    order = problem.order or tuple(range(1, samples + 1))
    size = problem.batch_size or samples
    parts = problem.batches or tuple(order[k : k + size] for k in range(0, len(order), size))
    named = Counter(sample for batch in parts for sample in batch)
    for sample in named:
        if sample > samples:
            construction.wrong(key, say("There is no sample {k}; there are {n}.", k=sample, n=samples))
            return None
    twice = [sample for sample, times in named.items() if times > 1]
    if twice:
        construction.wrong(key, say("Sample {k} stands here twice.", k=twice[0]))
        return None
    if size > samples:
        message = say("A batch of {size} is more than there are samples: {n}.", size=size, n=samples)
        construction.wrong("batch_size", message)
        return None
    left = [str(k) for k in range(1, samples + 1) if k not in named]
    if left:
        construction.warnings.append(say("In no batch, and so never seen in training: {names}.", names=", ".join(left)))
    by_steps = problem.epochs is None and problem.node is not None and "steps" in problem.node.entries
    steps = problem.steps if by_steps else (problem.epochs or 1) * len(parts)
    return Plan(tuple(parts), samples, steps)


def chosen(value: Any, samples: int, batch: Batch) -> Any:
    """The part of a spec's numbers that belongs to some samples; what is not by sample stays."""
    if isinstance(value, dict):
        return {key: chosen(part, samples, batch) for key, part in value.items()}
    if isinstance(value, Classes):
        if len(value.numbers) % samples:
            return value
        each = len(value.numbers) // samples
        picked = tuple(n for k in batch for n in value.numbers[(k - 1) * each : k * each])
        return msgspec.structs.replace(value, numbers=picked)
    if isinstance(value, Array):
        shape = value.shape
        while len(shape) > 1 and shape[0] == 1 != samples:
            shape = shape[1:]
        if not shape or shape[0] != samples:
            return value
        return msgspec.structs.replace(value, shape=(len(batch), *shape[1:]), values=rows(value.values, shape, batch))
    return value


def narrowed(problem: Any, plan: Plan, batch: Batch) -> Any:
    """The problem of a batch alone, with as many updates."""
    loss = problem.loss
    if isinstance(loss, Terms):
        terms = [msgspec.structs.replace(t, target=chosen(t.target, plan.samples, batch)) for t in loss.terms]
        loss = msgspec.structs.replace(loss, terms=tuple(terms))
    return msgspec.structs.replace(
        problem,
        input=chosen(problem.input, plan.samples, batch),
        target=chosen(problem.target, plan.samples, batch),
        loss=loss,
        steps=plan.steps,
        **dict.fromkeys(KEYS),
    )


def in_batches(whole: Computation, plan: Plan, graph_of: Callable[[Batch], Graph]) -> Computation:
    """The computation that takes a batch at a time; the graph of each has the nodes of `whole`."""
    graphs = {len(batch): batch for batch in reversed(plan.batches)}
    made = {size: graph_of(batch) for size, batch in graphs.items()}
    series = [n.name for n in whole.graph.nodes.values() if is_by_sample(whole, n.name, plan.samples)]
    symbol = whole.graph.symbol(whole.graph.loss)
    whole.graph.labels[whole.graph.loss] = Label(f"{symbol}_all")

    def numbers(step: int) -> dict[str, Given]:
        batch = plan.batch(step)
        every = {name: whole.givens[name] for name in series}
        return {n: Given((len(batch), *g.shape[1:]), rows(g.values, g.shape, batch)) for n, g in every.items()}

    def graph(step: int) -> Graph:
        return whole.graph if step >= plan.steps else made[len(plan.batch(step))]

    def typed(name: str) -> Callable[[int], tuple[Any, ...]]:
        return lambda step: numbers(step)[name].values

    for one in (whole.graph, *made.values()):
        one.series = {name: typed(name) for name in series}
        one.typed = whole.graph.typed
        one.begun, one.defaults = whole.graph.begun, whole.graph.defaults
    every = {name: whole.givens[name] for name in series}
    data = Data(numbers, graph, plan.epochs(), whole.graph, every)
    own = {whole.graph.symbol(name): Ref(f"{whole.graph.symbol(name)}@{plan.steps}") for name in whole.graph.by_sample}
    told = [of_all(said, own) for said in whole.stated]
    given = whole.givens | numbers(0)
    return msgspec.structs.replace(whole, graph=graph(0), givens=given, stated=told, data=data, plan=plan)


def of_all(part: Any, names: dict[str, Ref]) -> Any:
    """What is said of data of layers: that of all samples, which stands behind the last update."""
    if isinstance(part, Message):
        return Message(part.template, {key: of_all(value, names) for key, value in part.values.items()})
    if isinstance(part, Formula):
        return transform(part, lambda f: names.get(f.name, f) if isinstance(f, Ref) and not f.indices else f)
    return part


def alike(part: Graph, whole: Graph) -> bool:
    """Whether the graph of a batch has the formulas of that of all samples, and rows as long."""

    def form(graph: Graph) -> list[Any]:
        samples = next((node.shape[0] for node in graph.nodes.values() if node.of == "input"), 0)
        return [
            n.shape[1:] if n.shape[:1] == (samples,) else n.shape for n in graph.nodes.values() if n.role == "given"
        ]

    return len(part.nodes) == len(whole.nodes) and form(part) == form(whole)


def is_by_sample(whole: Computation, name: str, samples: int) -> bool:
    """Whether a given has a row for each sample."""
    node = whole.graph.nodes[name]
    data = node.of in ("input", "target") or name in whole.graph.by_sample
    return node.role == "given" and data and node.shape[:1] == (samples,)
