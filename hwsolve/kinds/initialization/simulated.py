"""The simulation as a step: tables, figures, and how far it lies from what is expected."""

from __future__ import annotations

from hwsolve.figures import Curve
from hwsolve.formula.tree import Formula
from hwsolve.kinds.initialization.simulation import Simulate, Track
from hwsolve.language import Message, say
from hwsolve.quantities import quantity
from hwsolve.solution import Cell, Sentence, Step, Table

FIRST_ROWS = 12  # layers of a simulation that are all in the table
FAR = 5  # standard errors


def far(forward: Track, backward: Track) -> bool:
    """Whether the simulation is not what was expected."""
    return max(forward.deviation, backward.deviation) > FAR


def simulation_step(setting: Simulate, what: tuple[Formula, Formula], forward: Track, backward: Track) -> Step:
    """Both variances by layer."""
    z, delta = what
    layers = shown_layers(setting.depth)
    title = say(
        "Simulation: {networks} networks of {depth} layers of {width} units, seed {seed}",
        networks=setting.networks, depth=setting.depth, width=setting.width, seed=setting.seed,
    )  # fmt: skip
    text = say(
        "Simulated in float64 with normal weights: the means lie within {n} standard errors of what is expected.",
        n=f"{max(forward.deviation, backward.deviation):.1f}",
    )
    items = (
        Sentence(text),
        Table(say("Forward: {variance} by layer", variance=z), heads(), tuple(row(k, forward) for k in layers)),
        Table(say("Backward: {variance} by layer", variance=delta), heads(), tuple(row(k, backward) for k in layers)),
        figure(say("{variance} by layer", variance=z), forward),
        figure(say("{variance} by layer", variance=delta), backward),
    )
    return Step(title, items, part="simulation")


def shown_layers(depth: int) -> list[int]:
    """All layers of a few; of many the first, and every fifth, tenth …"""
    if depth <= FIRST_ROWS:
        return list(range(depth + 1))
    step = next(s for s in (5, 10, 20, 50, 100, 200) if depth // s <= FIRST_ROWS)
    return sorted({0, 1, 2, 3, *range(step, depth, step), depth})


def heads() -> tuple[Message, ...]:
    """The columns of a table of the simulation."""
    return (say("layer"), say("infinitely wide"), say("expected"), say("simulated"), say("standard error"))


def row(layer: int, track: Track) -> tuple[Cell, ...]:
    """One layer of a simulation."""
    found = (track.limit[layer], track.predicted[layer], track.simulated[layer], track.error[layer])
    return (layer, *(quantity(value, 4) for value in found))


def figure(title: Message, track: Track) -> Curve:
    """A variance by layer, expected and simulated."""
    series = ((say("expected"), track.predicted), (say("simulated"), track.simulated))
    positive = all(value > 0 for _, values in series for value in values)
    layers = tuple(float(k) for k in range(len(track.predicted)))
    return Curve(title, say("layer"), say("variance"), layers, series, positive)
