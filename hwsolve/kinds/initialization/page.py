"""The worked solution of an initialization problem, section by section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve import numbers
from hwsolve.derivation.derivation import Derivation
from hwsolve.figures import Curve
from hwsolve.formula.tree import Formula, references
from hwsolve.kinds.initialization import gains, weights
from hwsolve.kinds.initialization.gains import Gain
from hwsolve.kinds.initialization.moments import give_parameters
from hwsolve.kinds.initialization.prediction import Curves
from hwsolve.kinds.initialization.simulation import Track, simulate
from hwsolve.kinds.initialization.weight_variance import VarianceSections
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.numbers.measured import in_float64
from hwsolve.quantities import quantity
from hwsolve.solution import Answer, Cell, Note, Solution, Table
from hwsolve.spec.report import Report, SpecFailure

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.problem import Problem

MEANINGS = {  # of a mode, where signals and gradients ask for different gains
    "fan_out": say("the gain is 1/√moment.backward, which keeps the gradients; Var z is multiplied by growth.forward."),
    "average": say(
        "`average` is the harmonic mean of variance.forward and variance.backward, which keeps neither: growth.forward "
        "and growth.backward add up to 2."
    ),
}
FIRST_ROWS = 12  # layers of a simulation that are all in the table


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return Page(problem).solution()


class Page:
    """Writes the sections of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.fans, self.unit = problem, problem.prepared.fans, problem.prepared.unit
        sizes = {r.name for size in self.fans.sizes.values() if isinstance(size, Formula) for r in references(size)}
        taken = sizes | set(self.unit.parameters)
        positive = ("c", "q", "sigma_w", "sigma_a", "sigma_z", "sigma_d")
        domains = dict.fromkeys((*sizes, *self.fans.sizes), "size") | dict.fromkeys(positive, "positive")
        digits = problem.digits or 6
        self.float64 = problem.numbers == "float64"
        self.derivation = Derivation(min(digits, 6) if self.float64 else digits, self.float64, domains, problem.kind)
        self.sections = VarianceSections(self.derivation, self.unit, self.fans, taken | {"z", "q"})
        self.taken = taken
        self.notes: list[Note] = []

    def solution(self) -> Solution:
        """The document."""
        derivation, problem = self.derivation, self.problem
        self.asked()
        self.assumptions()
        give_parameters(derivation, self.unit)
        derivation.section(say("Parameters"))
        if not self.fans.named:
            for name, size in self.fans.sizes.items():
                derivation.give(name, size if isinstance(size, Formula) else number(size))
        self.sections.count()
        self.sections.activation()
        weights.torch_gains(derivation, problem.activation.name, self.unit)
        gain = self.gain()
        if "gain" not in derivation.answers:
            derivation.define("gain", gain.formula, gain.rule, lhs=gain.unfolded, main=True)
        derivation.section(say("Gain"))
        self.sections.forward_pass(gain)
        self.sections.backward_pass(gain)
        weights.scaled(derivation, gain, problem.mode)
        weights.growth(derivation, self.unit.homogeneous, self.unit.steady)
        weights.distributions(derivation, self.taken)
        self.remarks()
        if problem.simulate is not None:
            self.simulation()
        return Solution(
            kind=problem.kind,
            title=problem.title,
            source=problem.source,
            given=tuple(derivation.given),
            sections=tuple(derivation.sections),
            answers=derivation.answers,
            notes=tuple(self.notes),
        )

    # the problem

    def asked(self) -> None:
        """What is to be initialized, as a table."""
        problem = self.problem
        shapes = f"{shape_text(problem.input)} → {shape_text(problem.layer.output(problem.input))}"
        gain: Cell = problem.gain if isinstance(problem.gain, str | Formula) else str(problem.gain)
        rows: tuple[tuple[Cell, ...], ...] = (
            (say("layer"), type(problem.layer).__name__),
            (say("shapes"), shapes),
            (say("activation f(z) before it"), self.unit.formula),
            (say("mode"), problem.mode),
            (say("gain"), gain),
        )
        self.derivation.section(say("Problem"), asked=True, tables=(Table("", (say("setting"), say("value")), rows),))

    def assumptions(self) -> None:
        """What the derivation takes for granted."""
        derivation = self.derivation
        weights_text = say(
            "Assumed: the weights W are independent of each other and of what comes in, with mean 0 and variance σ_w²; "
            "biases are 0."
        )
        derivation.text(weights_text)
        if self.problem.gain == "linear":
            derivation.text(say("Assumed: z is so small that the activation acts as its tangent at 0."))
        else:
            derivation.text(say("Assumed: the z before the activation are normal, with mean 0 and variance σ_z²."))
        derivation.section(say("Assumptions"))

    # the gain

    def gain(self) -> Gain:
        """The gain that is asked for."""
        derivation, wanted = self.derivation, self.problem.gain
        if wanted == "derived":
            return gains.derived("fan_in" if self.balanced() else self.problem.mode)
        if wanted == "linear":
            slope = gains.slope_at_zero(self.unit)
            assert isinstance(slope, Formula)
            derivation.define("slope", slope, say("f′(0)"))
            return gains.linear()
        if wanted == "torch":
            found = gains.torch_gain(self.problem.activation.name, self.unit)
            assert found is not None
            return Gain(parsed("gain.torch"), found[2], rule=say("PyTorch's"))
        derivation.give("gain", wanted, say("as stated"))
        derivation.answers["gain"] = Answer(derivation.quantity(derivation.values["gain"]), True)
        return Gain(wanted, gains.squared(wanted))

    def balanced(self) -> bool:
        """Whether E f(z)² is E f′(z)², so that the signals and the gradients ask for the same gain."""
        derivation = self.derivation
        if self.unit.homogeneous:
            return True
        both = [derivation.formulas.get(name) or derivation.values.get(name) for name in ("moment", "moment.backward")]
        if any(value is None or (not isinstance(value, Formula) and not numbers.is_exact(value)) for value in both):
            return False
        return bool(both[0] == both[1])

    def remarks(self) -> None:
        """What a reader should know beside the derivation."""
        derivation, mode = self.derivation, self.problem.mode
        backward = mode == "fan_out" and not self.balanced()
        self.notes += weights.torch_remarks(derivation, self.problem.activation.name, self.unit, backward)
        self.notes += weights.torch_fans(self.fans)
        derived = self.problem.gain == "derived"
        if derived and mode != "fan_in" and not self.balanced():
            self.note(say("E f′(z)² is not E f(z)²: {meaning}", meaning=MEANINGS[mode]))
        if derived and not (self.unit.steady if mode == "fan_out" else self.unit.homogeneous):
            self.note(
                say(
                    "f(cz) is not c·f(z): {what} depends on Var z, and the gain is the one for Var z = 1.",
                    what="E f′(z)²" if mode == "fan_out" else "E f(z)²/Var z",
                )
            )
        strides = getattr(self.problem.layer, "stride", ())
        if any(s != 1 for s in strides):
            self.note(
                say(
                    "The stride is left aside, as in PyTorch: with a stride S a value meets about one kernel cell in S "
                    "along that axis, on the side of the larger map."
                )
            )
        if self.float64:
            self.note(say("Computed in float64: the printed digits are not proven."), "warning")

    def note(self, text: Message, level: str = "info") -> None:
        """A remark."""
        self.notes.append(Note(level, text))

    # the simulation

    def simulation(self) -> None:
        """Variances through random layers, in tables and a figure."""
        setting = self.problem.simulate
        assert setting is not None
        values: dict[str, float] = {
            name: in_float64(self.derivation.values[name]) for name in (*self.unit.parameters, *self.unit.constants)
        }
        curves = Curves(self.unit.pieces, self.unit.slopes, values, self.unit.homogeneous)
        try:
            forward, backward = simulate(curves, self.squared_gain(), setting)
        except OverflowError:
            message = say("The simulated variances leave the range of float64: fewer layers, or another gain, will do.")
            raise self.refused("simulate", message) from None
        layers = shown_layers(setting.depth)
        tables = (
            Table(say("Forward: Var z by layer"), heads(), tuple(row(k, forward) for k in layers)),
            Table(say("Backward: Var δ by layer"), heads(), tuple(row(k, backward) for k in layers)),
        )
        figures = (figure(say("Var z by layer"), forward), figure(say("Var δ by layer"), backward))
        title = say(
            "Simulation: {networks} networks of {depth} layers of {width} units, seed {seed}",
            networks=setting.networks, depth=setting.depth, width=setting.width, seed=setting.seed,
        )  # fmt: skip
        self.derivation.section(title, tables=tables, figures=figures)
        farthest = max(forward.deviation, backward.deviation)
        text = say(
            "Simulated in float64 with normal weights: the means lie within {n} standard errors of what is expected.",
            n=f"{farthest:.1f}",
        )
        self.note(text, "info" if farthest <= 5 else "warning")

    def refused(self, key: str, message: Message) -> SpecFailure:
        """The error of a setting that only solving shows."""
        problem = self.problem
        report = problem.report if problem.report is not None else Report()
        assert problem.node is not None
        report.add(problem.node.entries[key][1], key, message)
        return SpecFailure(report)

    def squared_gain(self) -> float:
        """g² for fan_in = fan_out."""
        derivation, wanted = self.derivation, self.problem.gain
        if wanted == "derived":
            forward, backward = (in_float64(derivation.values[name]) for name in ("moment", "moment.backward"))
            return {"fan_in": 1 / forward, "fan_out": 1 / (backward or forward), "average": 2 / (forward + backward)}[
                self.problem.mode
            ]
        return in_float64(derivation.values["gain"]) ** 2


def number(size: int) -> Formula:
    """A size as a number."""
    from hwsolve.formula.tree import Number

    return Number(size)


def parsed(text: str) -> Formula:
    """A formula."""
    from hwsolve.formula.parse import parse

    return parse(text)


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
