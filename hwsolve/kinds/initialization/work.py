"""Checks an initialization problem, and solves it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import partial

import msgspec

from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.operators import equal, less
from hwsolve.formula.rules import NoRule
from hwsolve.formula.tree import ZERO, Formula, Number, references, substitute
from hwsolve.kinds.initialization.fans import Fans, fans
from hwsolve.kinds.initialization.gains import decided, slope_at_zero, torch_gain
from hwsolve.kinds.initialization.moments import Unit, give_parameters, second_moment, unit
from hwsolve.kinds.initialization.piecewise import NotPieces, Piece
from hwsolve.kinds.initialization.problem import Problem
from hwsolve.kinds.initialization.simulation import MOST_WORK
from hwsolve.language import Message, say
from hwsolve.layers.base import ShapeError, Size
from hwsolve.layers.incoming import agreed
from hwsolve.numbers import LADDER, NotFinite, Undecided, precision
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import Report

RESERVED = {
    "z", "z_above", "z_below", "delta", "delta_below", "spread", "square", "c1", "c2", "fan_in", "fan_out",
    "moment", "gain", "variance", "std", "bound", "slope", "truncation", "pi", "e", "inf", "E", "Var", "P",
}  # fmt: skip


class Prepared(msgspec.Struct, frozen=True):
    """Both fans of the layer, and the activation before it in pieces."""

    fans: Fans
    unit: Unit


def check(problem: Problem, report: Report) -> Prepared | None:
    """The layer takes the input and has weights; names are told apart; the moments exist."""
    checking = Checking(problem, report)
    fans = checking.layer()
    if fans is None or not checking.names(fans):
        return None
    unit = checking.activation()
    return None if unit is None else Prepared(fans, unit)


class Checking:
    """Notes what is wrong with a problem as a whole."""

    def __init__(self, problem: Problem, report: Report) -> None:
        self.problem, self.report = problem, report

    def wrong(self, key: str, message: Message, hint: Message | None = None) -> None:
        """A mistake at a key of the problem."""
        assert self.problem.node is not None
        entry = self.problem.node.entries.get(key)
        self.report.add(entry[1] if entry else self.problem.node, key, message, hint)

    def layer(self) -> Fans | None:
        """Both fans."""
        problem = self.problem
        try:
            if len(problem.layer.INPUTS) == 1:
                agreed(problem.layer, (problem.input,)).output(problem.input)
            found = fans(problem.layer, problem.input)
        except ShapeError as why:
            self.unfit(why)
            return None
        if found is None:
            hint = say("Known are linear layers, convolutions and transposed convolutions.")
            self.wrong("layer", say("This layer has no weights whose variance could be derived."), hint)
        return found

    def unfit(self, why: ShapeError) -> None:
        """What does not fit, at the setting of the layer that is at fault."""
        assert self.problem.node is not None
        node = self.problem.node.entries["layer"][1]
        if isinstance(node, Mapping):
            ((name, (_, arguments)),) = node.entries.items()
            if isinstance(arguments, Mapping) and why.field in arguments.entries:
                path = f"layer.{name}.{why.field}"
                self.report.add(arguments.entries[why.field][1], path, why.message)
                return
        self.wrong("layer", why.message)

    def names(self, found: Fans) -> bool:
        """Whether every name means one thing."""
        sizes = named_in(found.sizes.values())
        coming = named_in(self.problem.input) & sizes
        parameters = {name for name, value in self.problem.activation.parameters.items() if value is None}
        for key, names in (("input", coming), ("layer", sizes - coming), ("activation", parameters)):
            for name in sorted(names & RESERVED):
                self.wrong(key, say("`{name}` has a meaning of its own here: choose another name.", name=name))
        for name in sorted(sizes & set(self.problem.activation.parameters)):
            self.wrong("activation", say("`{name}` is a size and a parameter of the activation.", name=name))
        return self.report.ok

    def activation(self) -> Unit | None:
        """The activation in pieces; its moments, once, at low precision."""
        problem = self.problem
        try:
            found = unit(problem.activation.formula, problem.activation.parameters)
            self.moments(found)
        except NotPieces as why:
            self.wrong("activation", why.message)
            return None
        except (NotFinite, Undecided):
            self.wrong("activation", say("No mean square of this activation could be proven: is it real for every x?"))
            return None
        except NoRule as why:
            self.wrong("activation", why.message)
            return None
        self.gain(found)
        self.special(found)
        self.simulation(found)
        return found if self.report.ok else None

    def moments(self, found: Unit) -> None:
        """Raise what stands against the moments; note a function that is 0, or through which no gradient comes."""

        derivation = Derivation(6, False, {})
        with precision(LADDER[0]):
            give_parameters(derivation, found)
            second_moment(found.slopes, derivation, found.unknown)
            second_moment(found.pieces, derivation, found.unknown)
        if vanishing(found):
            self.wrong("activation", say("The activation is 0 everywhere."))
        backward = self.problem.mode != "fan_in" and self.problem.gain == "derived"
        if backward and all(piece.formula == ZERO for piece in found.slopes):
            message = say("f′ is 0 almost everywhere: no gradient comes through, whatever the weights are.")
            self.wrong("mode", message, say("`fan_in` keeps the signals."))

    def gain(self, found: Unit) -> None:
        """A gain that does not exist."""
        from hwsolve.formula.evaluate import evaluate, no_names

        problem = self.problem
        if problem.gain == "linear" and isinstance(why := slope_at_zero(found), Message):
            self.wrong("gain", why, say("`derived` takes the gain from the mean square of the activation."))
        if problem.gain == "torch" and torch_gain(problem.activation.name, found) is None:
            known = say("Known are {names}.", names="`linear`, `sigmoid`, `tanh`, `relu`, `leaky_relu`, `selu`")
            self.wrong("gain", say("PyTorch's calculate_gain has no gain for this activation."), known)
        if isinstance(problem.gain, Formula):
            stated = problem.gain
            if not decided(lambda: less(0, evaluate(stated, no_names)), unsure=False):
                self.wrong("gain", say("A gain is a positive number."))

    def special(self, found: Unit) -> None:
        """Numbers for what is no name, or with which nothing is left."""
        problem = self.problem
        for name in problem.at:
            if name not in found.unknown:
                self.wrong("at", say("`{name}` is no name in the activation.", name=name))
                return
        if problem.at and vanishing(unit(problem.activation.formula, {**problem.activation.parameters, **problem.at})):
            self.wrong("at", say("With these numbers the activation is 0 everywhere."))

    def simulation(self, found: Unit) -> None:
        """A simulation that needs more numbers, or more time."""
        setting = self.problem.simulate
        if setting is None:
            return
        if found.unknown:
            self.wrong("simulate", say("A simulation needs a number for `{name}`.", name=found.unknown[0]))
        if setting.work > MOST_WORK:
            work, most = f"{setting.work:,}", f"{MOST_WORK:,}"
            message = say("These are {n} random weights in all, more than {most}.", n=work, most=most)
            self.wrong("simulate", message, say("Fewer layers, narrower ones, or fewer `networks` will do."))


def named_in(sizes: Iterable[Size]) -> set[str]:
    """The names that stand in sizes."""
    return {r.name for size in sizes if isinstance(size, Formula) for r in references(size)}


def vanishing(found: Unit) -> bool:
    """Whether an activation is 0 everywhere: it is, where it is 0 in a few points of every piece for sure."""
    if found.unknown:
        return all(piece.formula == ZERO for piece in found.pieces)

    def somewhere(piece: Piece, at: Fraction) -> bool:
        derivation = Derivation(6, False, {})
        give_parameters(derivation, found)
        f = substitute(piece.formula, {"z": Number(*at.as_integer_ratio())})
        return not equal(derivation.value_of(f), 0)

    places = ((piece, at) for piece in found.pieces if piece.formula != ZERO for at in piece.some)
    return not any(decided(partial(somewhere, *place), unsure=True) for place in places)


def solve(problem: Problem) -> Solution:
    """The derivation, every printed digit proven."""
    from hwsolve.kinds.initialization.page import worked_out

    return proven(problem, worked_out)
