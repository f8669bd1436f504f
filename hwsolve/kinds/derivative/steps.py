"""The recorded steps of a derivative: what a form asks for, what of it needs a rule, and what can be put in at once."""

from __future__ import annotations

from typing import TypeGuard

from hwsolve.formula.differentiate import Rewrite
from hwsolve.formula.simplify.simplify import tidy
from hwsolve.formula.tree import Call, Formula, Ref, transform, walk
from hwsolve.language import Message

THROUGH = ("sum rule", "constant factor")  # rules that ask for nothing but what their terms ask for


class Steps:
    """The steps of a derivative by what they differentiate, each of which was recorded once."""

    def __init__(self, steps: list[Rewrite]) -> None:
        self.of: dict[Formula, Rewrite] = {}
        for step in steps:
            self.note(step)

    def note(self, step: Rewrite) -> None:
        """A step and those within it."""
        self.of.setdefault(step.lhs, step)
        for inner in step.substeps:
            self.note(inner)

    def within(self, step: Rewrite) -> list[Rewrite]:
        """The steps that a form asks for, in its order."""
        return [self.of[n] for n in dict.fromkeys(walk(step.form)) if n in self.of and n != step.lhs]

    def parts(self, step: Rewrite) -> list[Rewrite]:
        """What a form asks for and what needs a rule: of sums and constant factors, what their terms need."""
        found: dict[Formula, Rewrite] = {}
        for inner in self.within(step):
            if is_plain(inner):
                continue
            for part in self.parts(inner) if passes(inner) else [inner]:
                found.setdefault(part.lhs, part)
        return list(found.values())

    def deltas(self, step: Rewrite) -> list[Rewrite]:
        """The derivatives of elements that a form asks for and that are a δ."""
        plain = [inner for inner in self.within(step) if is_plain(inner)]
        return [inner for inner in plain if isinstance(inner.rhs, Call) and inner.rhs.name == "delta"]

    def known(self, step: Rewrite) -> Formula:
        """The form of a step in which what needs no rule is put in; of a sum, with the sums in its terms."""
        done = {s.lhs: s.rhs for s in self.within(step) if is_plain(s) or (passes(s) and not self.parts(s))}
        if passes(step):
            done |= {s.lhs: self.known(s) for s in self.within(step) if s.lhs not in done and passes(s)}
        return transform(step.form, lambda n: done[n] if n in done else tidy(n)) if done else step.form

    def rule(self, step: Rewrite) -> Message:
        """The rule of a step, or of the sum that is in its one term."""
        inner = [s for s in self.within(step) if passes(s)] if step.rule.template == "constant factor" else []
        return self.rule(inner[0]) if len(inner) == 1 else step.rule


def passes(step: Rewrite) -> bool:
    """Whether a step asks for no more than its terms do."""
    return step.rule.template in THROUGH


def is_plain(step: Rewrite) -> bool:
    """Whether a step differentiates a name."""
    return isinstance(step.lhs, Call) and isinstance(step.lhs.args[0], Ref)


def is_diff(f: Formula) -> TypeGuard[Call]:
    """Whether a formula is a derivative that is still to be done."""
    return isinstance(f, Call) and f.name == "diff"


def rewritings_of(step: Rewrite) -> list[Rewrite]:
    """The steps that rewrite what the derivatives of the parts have given, as Σ with a δ."""
    return [s for s in step.substeps if not is_diff(s.lhs)]
