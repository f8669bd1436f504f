"""Training on a part of the samples at a time: which samples each update sees, and the graphs of their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.graph.graph import Graph
from hwsolve.graph.label import Label
from hwsolve.kinds.backprop.computation import Computation, Data
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.loss_terms import Terms
from hwsolve.kinds.backprop.target import Classes
from hwsolve.language import say
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
        return Array((len(batch), *shape[1:]), rows(value.values, shape, batch), value.node)
    return value


def rows(values: tuple[Any, ...], shape: tuple[int, ...], batch: Batch) -> tuple[Any, ...]:
    """The numbers of some samples, from those of all."""
    size = prod(shape[1:])
    return tuple(v for k in batch for v in values[(k - 1) * size : k * size])


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
    return msgspec.structs.replace(whole, graph=graph(0), givens=whole.givens | numbers(0), data=data, plan=plan)


def is_by_sample(whole: Computation, name: str, samples: int) -> bool:
    """Whether a given has a row for each sample."""
    node = whole.graph.nodes[name]
    return node.role == "given" and node.of in ("input", "target") and node.shape[:1] == (samples,)
