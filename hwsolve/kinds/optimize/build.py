"""From an optimize problem to its graph: parameters, an objective or given gradients, updates."""

from __future__ import annotations

from functools import partial
from math import prod

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.definition import defined
from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.graph.by_formula import of_definition
from hwsolve.graph.differentiate import differentiate
from hwsolve.graph.effort import operations
from hwsolve.graph.graph import Training
from hwsolve.graph.label import Label
from hwsolve.kinds.backprop.computation import Computation, Data
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.updates import enter_updates
from hwsolve.kinds.optimize.problem import Problem
from hwsolve.kinds.worksheet.build import WorksheetConstruction, pointed, whole_number
from hwsolve.language import say
from hwsolve.layers.base import shape_text
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Course
from hwsolve.spec.fields import Array
from hwsolve.spec.report import ROOT, Report, did_you_mean

OBJECTIVES = ("f", "J", "E", "L")  # names of the objective; the first that is free


class OptimizeConstruction(WorksheetConstruction):
    """Builds the graph of an optimize problem."""

    problem: Problem  # type: ignore[assignment]

    def __init__(self, problem: Problem, report: Report) -> None:
        super().__init__(problem, report)  # type: ignore[arg-type]
        self.series: dict[str, tuple[Given, ...]] = {}

    def build(self) -> Computation | None:
        """The computation; None after an error."""
        problem = self.problem
        if (refused := problem.optimizer.wrong()) is not None:
            argument, message = refused
            self.wrong("optimizer", message, within=(OPTIMIZERS.name_of(problem.optimizer), argument))
        gradients = None
        if problem.minimize is not None:
            self.of_formula()
        else:
            gradients = self.of_gradients()
        if not self.report.ok:
            return None
        enter_updates(self, problem.optimizer, Course(problem.steps), gradients)
        if not self.report.ok:
            return None
        if not self.names_fit(ROOT):
            return None
        self.graph.typed = {name: given.values for name, given in self.givens.items()}
        self.graph.typed |= {name: (f,) for name, f in self.graph.numbers.items()}
        data = Data(self.numbers, lambda step: self.graph) if self.series else None
        self.graph.series = {name: partial(self.typed, name) for name in self.series}
        return Computation(
            self.graph, self.givens, self.stated, self.remarks, self.warnings, operations(self.graph), data
        )

    def numbers(self, step: int) -> dict[str, Given]:
        """The gradients of a step; those of the last one where there is none."""
        return {name: every[min(step, len(every) - 1)] for name, every in self.series.items()}

    def typed(self, name: str, step: int) -> tuple[Formula, ...]:
        """The numbers of one of them."""
        return self.numbers(step)[name].values

    def enter_named(self, key: str, arrays: dict[str, Array], role: str) -> None:
        """Quantities whose numbers are stated under a key."""
        assert self.problem.node is not None
        for name, array in arrays.items():
            if not self.usable(name, self.problem.node.entries[key][1], key):
                continue
            node = self.graph.add(Label(name), array.shape, role)
            self.nodes[name], self.places[name] = node, array.node
            self.givens[node] = Given(array.shape, array.values)
            if role == "parameter":
                self.graph.parameters[node] = Training()

    # a formula

    def of_formula(self) -> None:
        """The parameters, the objective and its gradient."""
        problem = self.problem
        for key in ("parameters", "gradient"):
            if getattr(problem, key):
                self.wrong(key, say("`{key}` and `minimize` can't both be given.", key=key))
        if not problem.start:
            self.wrong("minimize", say("`start` is missing: the parameters, and where each starts."))
        problem.steps = problem.steps or 1
        self.enter_named("given", problem.given, "given")
        self.enter_named("start", problem.start, "parameter")
        if self.report.ok:
            self.enter_objective()
        if self.report.ok:
            differentiate(self.graph)

    def enter_objective(self) -> None:
        """The node of what is minimised."""
        stated = self.problem.minimize
        assert stated is not None
        path = ROOT / "minimize"
        name = stated.name or self.builder.free_symbol(*OBJECTIVES)
        if stated.name and not self.usable(name, stated.head, "minimize"):
            return
        shapes = {name: self.graph.nodes[node].shape for name, node in self.nodes.items()}
        try:
            counts = {name: n for name, a in self.problem.given.items() if (n := whole_number(a)) is not None}
            found = defined(stated.formula, shapes, None, counts)
        except Unfit as why:
            at_fault = why.part.name if isinstance(why.part, Ref | Call) else ""
            hint = did_you_mean(at_fault, why.known) if why.known else why.hint
            self.report.add(pointed(stated.node, why), path, why.message, hint)
            return
        if prod(found.shape) != 1 or found.shape:
            message = say("What is minimised is one number; this has the shape {shape}.", shape=shape_text(found.shape))
            self.report.add(stated.node, path, message, say("As `{form}`.", form="sum(…)"))
            return
        if not any(name in self.problem.start for name in found.reads):
            self.report.add(stated.node, path, say("This formula reads no parameter."))
            return
        inputs = tuple(self.nodes[name] for name in found.reads)
        operation = of_definition(found, frozenset())
        self.graph.loss = self.graph.add(Label(name), (), "loss", operation, inputs=inputs, layer="minimize")
        assert self.problem.node is not None
        self.problem.places = self.ends() | {"minimize": (stated.node, path)}
        still = [f"`{name}`" for name in self.problem.start if name not in found.reads]
        if still:
            self.warnings.append(say("Not in the formula, and so never changed: {names}.", names=", ".join(still)))

    # gradients

    def of_gradients(self) -> dict[str, str]:
        """The parameters, and the nodes of their gradients."""
        problem = self.problem
        if not problem.parameters:
            message = say("`minimize` is missing: a formula; or `parameters` with the `gradient` of each.")
            assert problem.node is not None
            self.report.add(problem.node, ROOT, message)
            return {}
        for key in ("start", "given"):
            if getattr(problem, key):
                self.wrong(key, say("`{key}` stands beside `minimize`, not beside `parameters`.", key=key))
        problem.places = self.ends()
        self.enter_named("parameters", problem.parameters, "parameter")
        for name in problem.gradient:
            if name not in problem.parameters:
                hint = did_you_mean(name, problem.parameters)
                self.wrong("gradient", say("There is no parameter `{name}`.", name=name), hint, (name,))
        for name in problem.parameters:
            if name not in problem.gradient:
                self.wrong("gradient", say("The gradient of `{name}` is missing.", name=name))
        if not self.report.ok:
            return {}
        found = {self.nodes[name]: self.of_gradient(name) for name in problem.parameters}
        self.set_steps()
        return found

    def of_gradient(self, name: str) -> str:
        """The gradient of one parameter: the same for all steps, or one for each."""
        array, shape = self.problem.gradient[name], self.problem.parameters[name].shape
        single = len(self.problem.parameters) == 1 and "g" not in self.problem.parameters
        node = self.graph.add(Label("g" if single else f"dL_d{name}"), shape, "given", of="gradient")
        self.places[self.graph.symbol(node)] = array.node
        if array.shape == shape:
            self.givens[node] = Given(shape, array.values)
        elif array.shape[1:] == shape and array.shape:
            size = prod(shape)
            parts = [array.values[k : k + size] for k in range(0, len(array.values), size)]
            self.series[node] = tuple(Given(shape, values) for values in parts)
            self.givens[node] = self.series[node][0]
        else:
            form = f"n × {shape_text(shape)}" if shape else "n"
            message = say(
                "The gradient of `{name}` has the shape {found}; it needs {shape}, one for each of n steps.",
                name=name,
                found=shape_text(array.shape) or "1",
                shape=form,
            )
            self.wrong("gradient", message, None, (name,))
        return node

    def set_steps(self) -> None:
        """As many as there are gradients."""
        problem, lengths = self.problem, {len(every) for every in self.series.values()}
        if len(lengths) > 1:
            text = ", ".join(f"`{self.graph.symbol(n)}` {len(every)}" for n, every in self.series.items())
            self.wrong("gradient", say("Every parameter needs a gradient for each step: {counts}.", counts=text))
        elif lengths and problem.steps > min(lengths):
            message = say("There are {n} gradients, for {steps} steps.", n=min(lengths), steps=problem.steps)
            self.wrong("steps", message)
        problem.steps = problem.steps or min(lengths, default=1)


def build(problem: Problem, report: Report) -> Computation | None:
    """The computation that a problem asks for; None after errors."""
    return OptimizeConstruction(problem, report).build()
