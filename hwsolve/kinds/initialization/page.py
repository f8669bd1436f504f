"""The worked solution of an initialization problem: what is assumed, and only what the mode and the gain need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve import numbers
from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import rational
from hwsolve.formula.tree import Call, Formula, Ref, references, substitute
from hwsolve.kinds.initialization import gains
from hwsolve.kinds.initialization.fans import put_in, repeated
from hwsolve.kinds.initialization.gains import Gain
from hwsolve.kinds.initialization.passes import Passes
from hwsolve.kinds.initialization.prediction import Curves
from hwsolve.kinds.initialization.remarks import remarks
from hwsolve.kinds.initialization.setting import ABOVE, ERROR, Setting
from hwsolve.kinds.initialization.simulated import far, simulation_step
from hwsolve.kinds.initialization.simulation import simulate
from hwsolve.kinds.initialization.special import special_cases
from hwsolve.kinds.initialization.squares import BACKWARD, Squares
from hwsolve.kinds.initialization.statement import counts, root_of_gain, statement
from hwsolve.kinds.initialization.weights import MOMENT, Weights, hide
from hwsolve.language import Message, say
from hwsolve.numbers.measured import in_float64
from hwsolve.solution import Answer, Group, Item, Note, Solution, Step
from hwsolve.spec.report import Report, SpecFailure

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.problem import Problem

SIDES = {"fan_in": ("forward",), "fan_out": ("backward",), "average": ("forward", "backward")}


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return Page(problem).solution()


class Page:
    """Writes the steps of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.mode = problem, problem.mode
        fans, unit = problem.prepared.fans, problem.prepared.unit
        sizes = {r.name for size in fans.sizes.values() if isinstance(size, Formula) for r in references(size)}
        domains = dict.fromkeys((*sizes, *fans.sizes), "size")
        digits = problem.digits or 6
        float64 = problem.numbers == "float64"
        self.derivation = Derivation(min(digits, 6) if float64 else digits, float64, domains, problem.kind)
        self.setting = Setting(problem, self.derivation)
        self.unit, self.linear = unit, problem.gain == "linear"
        self.steps: list[Step] = []
        self.conditions: Message | None = None

    def step(self, title: Message, items: list[Item]) -> None:
        """A step of the derivation."""
        self.steps.append(Step(title, tuple(items)))

    def solution(self) -> Solution:
        """The document."""
        problem, derivation, s = self.problem, self.derivation, self.setting
        counted = self.fans()
        squares = Squares(s)
        sides = SIDES[self.mode]
        self.passes = passes = Passes(s, squares, self.linear, self.shown())
        self.steps.append(statement(s, passes, sides))
        self.counted(counted)
        hidden = self.squares(squares, sides)
        gain = self.gain(hidden)
        self.step(say("Further quantities"), hidden)
        weights = Weights(s, squares, passes, gain)
        self.directions(weights, passes, sides)
        self.steps.append(weights.distributions())
        if (special := special_cases(s)) is not None:
            self.steps.append(special)
        found = Solution(
            kind=problem.kind,
            title=problem.title,
            source=problem.source,
            given=tuple(derivation.given),
            sections=tuple(self.steps),
            symbols=s.symbols,
            asked=("variance", *(("gain",) if self.mode != "average" else ()), "bound", "std"),
            answers=self.explained(),
            notes=tuple(remarks(problem, s, passes, self.balanced())),
        )
        return found if problem.simulate is None else self.simulated(found)

    def explained(self) -> dict[str, Answer]:
        """The answers with what they are about: sizes with names, the gain, and what each direction asks for."""
        s, found = self.setting, self.derivation.answers
        legends: dict[str, list[Message]] = {key: [] for key in found}
        if s.fans.named:
            sizes = {ref.name for size in put_in(s.fans.sizes).values() for ref in references(size)}
            for key, answer in found.items():
                told = {ref.name for ref in references(answer.value)} if isinstance(answer.value, Formula) else set()
                if told & sizes:
                    legends[key].append(counts(s, told))
        if self.mode != "average":
            legends["gain"] = [say("The gain is {root}.", root=root_of_gain(s)), *legends["gain"]]
        elif self.conditions is not None:
            legends["variance"].append(self.conditions)
        return {key: msgspec.structs.replace(answer, legend=tuple(legends[key])) for key, answer in found.items()}

    # the layer

    def fans(self) -> list[Item]:
        """fan_in and fan_out as lines."""
        derivation, fans, s = self.derivation, self.setting.fans, self.setting
        found: list[Item] = []
        sides = (
            ("fan_in", fans.fan_in, fans.loops_in, fans.step_in),
            ("fan_out", fans.fan_out, fans.loops_out, fans.step_out),
        )
        for name, f, loops, step in sides:
            lhs = None
            if fans.named:
                f = substitute(f, put_in(fans.sizes))
                lhs = substitute(repeated(parse("1"), loops, step, set(s.taken)), put_in(fans.sizes))
            line = derivation.define(name, f, lhs=lhs)
            plain = fans.named or isinstance(f, Ref)
            found.append(Group((line,), self.counts(name), detail="data" if plain else "page"))
        return found

    def counts(self, name: str) -> Message:
        """What a fan counts."""
        if name == "fan_in":
            return say("terms of one output")
        if any(stride != 1 for stride in getattr(self.problem.layer, "stride", ())):
            return say("outputs that would read one value without the stride, away from the border")
        return say("outputs that read one value, away from the border")

    def counted(self, items: list[Item]) -> None:
        """The fans that the mode needs, the others for machines."""
        wanted = {"fan_in": ("fan_in",), "fan_out": ("fan_out",), "average": ("fan_in", "fan_out")}[self.mode]
        shown: list[Item] = []
        for item in items:
            assert isinstance(item, Group)
            key = getattr(item.lines[0], "key", None)
            kept = key is not None and key.name in wanted
            shown.append(item if kept else msgspec.structs.replace(item, detail="data"))
        self.step(say("How many terms there are"), shown)

    def squares(self, squares: Squares, sides: tuple[str, ...]) -> list[Item]:
        """The mean squares that the mode needs; what is left for machines."""
        hidden: list[Item] = []
        titles = say("The mean square of the activation"), say("The mean square of the slope")
        for side, title in zip(("forward", "backward"), titles, strict=True):
            made = squares.items(side) if side in sides and not self.linear else []
            if made:
                self.step(title, made)
            elif self.linear or side in sides or side not in self.passes.shown:  # else it stands where it is needed
                hidden.append(Group((squares.lines[MOMENT[side]],), detail="data"))
        return hidden

    # the gain

    def gain(self, hidden: list[Item]) -> Gain:
        """The gain that is asked for; what it is made of joins what is hidden."""
        derivation, wanted, s = self.derivation, self.problem.gain, self.setting
        found = gains.torch_gain(self.problem.activation.name, self.unit)
        if found is not None:
            hidden.append(Group((derivation.define("gain.torch", found[1]),), detail="data"))
        if wanted == "derived":
            return gains.derived("fan_in" if self.balanced() else self.mode)
        if wanted == "linear":
            slope = gains.slope_at_zero(self.unit)
            assert isinstance(slope, Formula)
            s.symbols["slope"] = s.slope(parse("0"))
            items: list[Item] = [Group((derivation.define("slope", slope),))]
            self.step(say("The tangent at zero"), [*items, self.passes.line_at_zero()] if s.name else hide(items))
            return gains.linear()
        if wanted == "torch":
            assert found is not None
            hidden.append(Group((derivation.define("gain", parse("gain.torch")),), detail="data"))
            s.symbols["gain.torch"] = simplify(found[1])
            return Gain(Ref("gain.torch"), found[2], stated=True)
        before = len(derivation.lines)
        derivation.give("gain", wanted)
        hidden.append(Group(tuple(derivation.lines[before:]), detail="data"))
        derivation.answers["gain"] = Answer(derivation.quantity(derivation.values["gain"]))
        return Gain(wanted, gains.squared(wanted), stated=True)

    def balanced(self) -> bool:
        """Whether E f(z)² is E f′(z)², so that the signals and the gradients ask for the same gain."""
        derivation = self.derivation
        if self.unit.homogeneous:
            return True
        both = [derivation.formulas.get(name) or derivation.values.get(name) for name in ("moment", BACKWARD)]
        if any(value is None or (not isinstance(value, Formula) and not numbers.is_exact(value)) for value in both):
            return False
        return bool(both[0] == both[1])

    # both directions

    def directions(self, weights: Weights, passes: Passes, sides: tuple[str, ...]) -> None:
        """Each direction that the mode asks for, and what becomes of the other."""
        titles = {
            "forward": say("Forward: keep {variance}", variance=Call("Var", (Ref(ABOVE),))),
            "backward": say("Backward: keep {variance}", variance=Call("Var", (Ref(ERROR),))),
        }
        keep = weights.gain.own
        if not keep:
            self.step(say("The variance for this gain"), weights.variance())
            titles = {"forward": say("What becomes of the signals"), "backward": say("What becomes of the errors")}
        bodies = {side: getattr(passes, side)(keep) for side in sides}
        average = self.mode == "average"
        for side in ("forward", "backward"):
            later = side in passes.shown and side not in sides
            if later or (side == "backward" and self.zero()):
                continue
            shown = side in sides and (average or not keep)
            kept = weights.kept(side, f"variance.{side}", shown and keep)
            if side not in sides:
                self.step(say("Further quantities"), hide(kept))
            else:
                bodies[side] += kept if keep and average else hide(kept)
        if keep and not average:
            bodies[sides[0]] += weights.variance() + weights.gain_line()
        after: list[Item] = []
        if keep and average:
            after = weights.both() + weights.gain_line()
            self.conditions = weights.conditions()
        told = sides if not keep or (average and not self.linear) else ()
        for side in told:
            (bodies[side] if not keep else after).extend(weights.follows(side))
        if passes.law == "symmetric" and "forward" not in passes.shown:
            after += [passes.centred(), *passes.symmetric()]
        rest = [side for side in ("forward", "backward") if side not in told and side in (*sides, *self.silent())]
        after.append(Group(tuple([weights.growth(side) for side in rest]), detail="data"))
        for side in sides:
            more = after if side == sides[-1] and not (keep and average) else []
            self.step(titles[side], [*bodies[side], *more])
        if keep and average:
            self.step(say("Both at once"), after)
        elif len(passes.shown) > 1 and keep:
            title = say("What becomes of the errors") if sides == ("forward",) else say("What becomes of the signals")
            self.step(title, weights.other_way(sides[0]))

    def shown(self) -> tuple[str, ...]:
        """The directions on the page: those that keep their variance, and what becomes of the other one."""
        sides = SIDES[self.mode]
        if self.problem.gain in ("derived", "linear") and not self.zero():
            return sides + tuple([side for side in ("forward", "backward") if side not in sides])
        return sides

    def silent(self) -> list[str]:
        """The directions that no line on the page is about."""
        return [side for side in ("forward", "backward") if side not in self.passes.shown]

    def zero(self) -> bool:
        """Whether no gradient comes through."""
        return rational(simplify(self.derivation.inlined(Ref(BACKWARD)))) == 0

    # the simulation

    def simulated(self, found: Solution) -> Solution:
        """With variances through random layers, in tables and figures."""
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
        what = Call("Var", (Ref(ABOVE),)), Call("Var", (Ref(ERROR),))
        step = simulation_step(setting, what, forward, backward)
        notes = found.notes
        if far(forward, backward):
            notes += (Note("warning", say("The simulation lies far from what is expected.")),)
        return msgspec.structs.replace(found, sections=(*found.sections, step), notes=notes)

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
            forward, backward = (in_float64(derivation.values[name]) for name in ("moment", BACKWARD))
            return {"fan_in": 1 / forward, "fan_out": 1 / (backward or forward), "average": 2 / (forward + backward)}[
                self.mode
            ]
        return in_float64(derivation.values["gain"]) ** 2
