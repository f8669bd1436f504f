"""A loss that is a sum: each term a quantity L1, L2 … of its own output, with its factor as a given quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.definition import CONSTANTS, bound_in, defined, quantities
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Number, Ref, call, references
from hwsolve.graph.by_formula import of_definition
from hwsolve.graph.label import Label
from hwsolve.kinds.backprop.chosen_steps import chosen, of_target, refused
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.loss_terms import Term, Terms
from hwsolve.kinds.backprop.target_setup import TargetSetup
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.losses.loss import LETTERS, Loss
from hwsolve.losses.penalty import Penalty
from hwsolve.spec.defining import Stated
from hwsolve.spec.fields import Array
from hwsolve.spec.report import did_you_mean

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction

QUANTITIES = ("given", "parameter", "forward")


class TermsSetup:
    """Puts the terms and their sum behind the outputs of a graph, and notes what does not fit."""

    def __init__(self, construction: Construction):
        self.construction = construction
        self.graph, self.builder = construction.graph, construction.builder
        self.several_softmax = False
        self.read: set[str] = set()  # the quantities that terms name

    def enter(self, loss: Terms) -> None:
        """The terms, and their sum."""
        problem = self.construction.problem
        softmax = [t for t in loss.terms if isinstance(t.loss, Loss) and t.loss.holds == "softmax"]
        self.several_softmax = len(softmax) > 1
        several = len(loss.terms) > 1 or loss.terms[0].factor is not None
        users = [t for t in loss.terms if t.target is None and (takes_target(t.loss))]
        if problem.target is not None and not users:
            self.construction.wrong("target", say("Every loss has a `target` of its own: no loss takes this one."))
        made: list[tuple[Formula | None, str]] = []
        for place, term in enumerate(loss.terms, 1):
            number = str(place) if several else ""
            refused = term.loss.wrong() if isinstance(term.loss, Loss) else None
            if refused is not None:
                self.note(term, refused[1])
            node = self.of_loss(term, number) if isinstance(term.loss, Loss) else self.of_formula(term, number)
            if node is None:
                continue
            if self.graph.nodes[node].shape:
                shape = shape_text(self.graph.nodes[node].shape)
                whole = (
                    say("`sum({f})` or `mean({f})` is one number.", f="…") if not isinstance(term.loss, Loss) else None
                )
                message = say("A loss is one number; this one has the shape {shape}.", shape=shape)
                self.note(term, message, whole)
            made.append((term.factor, node))
        named = {self.graph.symbol(n) for n in self.read} | {self.graph.nodes[n].layer for n in self.read} - {""}
        self.construction.warnings[:] = [w for w in self.construction.warnings if not said_of(w) & named]
        if self.construction.report.ok:
            self.add_up(made, several)

    def note(self, term: Term, message: Message, hint: Message | None = None, key: str = "", nth: int = 0) -> None:
        """An error at a term, at what stands beside it under a key, or at one of a list there."""
        self.construction.report.add(*term.place(key, nth), message, hint)

    # what a term is of

    def known(self) -> dict[str, str]:
        """The quantities of the graph by symbol; a step of a sequence is none, as all steps have its name."""
        labels = self.graph.labels
        nodes = [n for n in self.graph.nodes.values() if n.role in QUANTITIES and labels[n.name].time is None]
        stated = {f"{one.path}.{one.which}": name for name, one in self.construction.builder.owned.items()}
        return stated | {self.graph.symbol(n.name): n.name for n in nodes}

    def instead(self, name: str, known: dict[str, str]) -> Message | None:
        """What to write in place of a name that is not known."""
        if any(label.symbol == name and label.time is not None for label in self.graph.labels.values()):
            return say("`{name}` is a quantity of each step; `output` gives a name to what comes out.", name=name)
        own = ", ".join(f"`{key}`" for key in known if key.startswith(f"{name}."))
        if own:
            return say("`{name}` is a layer; its parameters are {own}.", name=name, own=own)
        return did_you_mean(name, [key for key in known if "." in name or "." not in key])

    def of(self, term: Term) -> list[str] | None:
        """The nodes that a term names."""
        known, found = self.known(), []
        for nth, name in enumerate(term.of, 1):
            if name not in known:
                message = say("There is no quantity `{name}` here.", name=name)
                self.note(term, message, self.instead(name, known), "of", nth)
            else:
                found.append(known[name])
        self.read |= {*found}
        return found if len(found) == len(term.of) else None

    # terms

    def of_loss(self, term: Term, number: str) -> str | None:
        """A loss of an output and its target."""
        assert isinstance(term.loss, Loss)
        outputs = self.outputs(term, term.loss)
        if outputs is None:
            return None
        output = outputs[0]
        target = term.target if term.target is not None else self.construction.problem.target
        if term.steps:
            lead = int(self.graph.batched)
            if (why := refused(term.steps, self.graph.nodes[output].shape, lead)) is not None:
                self.note(term, why, None, "steps")
                return None
            outputs = [chosen(self.construction, output, term.steps) for output in outputs]
            output, target = outputs[0], of_target(target, term.steps, lead)

        def wrong(key: str, message: Message, hint: Message | None = None) -> None:
            if term.steps and key == "target" and hint is None:
                hint = say("The target has a row for every step, or one for each of the {n} chosen.", n=sum(term.steps))
            own = key == "loss" or term.target is not None or self.construction.problem.target is None
            self.note(term, message, hint, key) if own else self.construction.wrong(key, message, hint)

        entered = None
        if term.loss.compares:
            entered = TargetSetup(self.construction, output, f"t{number}", wrong).enter(term.loss, target)
            if entered is None:
                return None
        elif term.target is not None:
            self.note(term, say("This loss compares its outputs with each other: it has no target."), None, "target")
            return None
        loss = term.loss
        if number and loss.symbols.output is None:
            loss = msgspec.structs.replace(loss, symbols=msgspec.structs.replace(loss.symbols, output=f"L{number}"))
        if number and loss.symbols.probability is None and loss.holds == "softmax":
            p = f"p{number}" if self.several_softmax else "p"
            loss = msgspec.structs.replace(loss, symbols=msgspec.structs.replace(loss.symbols, probability=p))
        return self.construction.build_loss(loss, tuple(outputs), entered)

    def outputs(self, term: Term, loss: Loss) -> list[str] | None:
        """The outputs that a loss is of: those that are named, or all of the network."""
        outputs = self.of(term)
        if outputs is None:
            return None
        wanted, heads = loss.OUTPUTS, self.graph.heads or (self.graph.output,)
        if not outputs and len(heads) == len(wanted):
            outputs = [*heads]
        names = ", ".join(f"`{self.graph.symbol(name)}`" for name in heads)
        if len(wanted) == 1:
            if len(outputs) > 1:
                self.note(term, say("A loss is of one output, got {n}.", n=len(outputs)), None, "of")
            elif not outputs:
                self.note(term, which_output(names))
            return outputs if len(outputs) == 1 else None
        if len(outputs) != len(wanted):
            message = say(
                "This loss is of {n} outputs, in the order {order}; got {found}.",
                n=len(wanted),
                order=", ".join(wanted),
                found=len(outputs),
            )
            hint = say("Write `{form}` with the names of quantities.", form=f"of: [{', '.join(wanted)}]")
            self.note(term, message, hint, "of")
            return None
        shapes = [self.graph.nodes[name].shape for name in outputs]
        for nth, (name, shape) in enumerate(zip(outputs, shapes, strict=True), 1):
            if not loss.fits(shape, shapes[0]):
                message = say(
                    "The outputs of this loss fit each other; {a} has the shape {one}, {b} {other}.",
                    a=Ref(self.graph.symbol(outputs[0])),
                    one=shape_text(shapes[0]) or "1",
                    b=Ref(self.graph.symbol(name)),
                    other=shape_text(shape) or "1",
                )
                self.note(term, message, None, "of", nth)
                return None
        return outputs

    def of_formula(self, term: Term, number: str) -> str | None:
        """A penalty, or a formula of one's own, over the quantities that it names."""
        known = self.known()
        if isinstance(term.loss, Penalty):
            nodes = self.of(term)
            if nodes is None:
                return None
            if not nodes:
                self.note(term, say("A penalty says what it is of, as `{form}`.", form="of: [w1, w2]"))
                return None
            names = {f"w{k}": node for k, node in enumerate(nodes)}
            parts = [parse(term.loss.each.replace("w", name)) for name in names]
            f = parts[0] if len(parts) == 1 else call("+", *parts)
        else:
            assert not isinstance(term.loss, Loss)
            f = term.loss.formula
            target = term.target if term.target is not None else self.construction.problem.target
            if target is not None and "t" not in known and reads_target(term.loss):
                if not isinstance(target, Array):
                    self.note(term, say("A formula takes a target of numbers, not of classes."), None, "target")
                    return None
                self.enter_plain_target(target, number)
                known = self.known() | {"t": self.known()[f"t{number}"]}
            read = list(quantities(f))
            wanted = {r.name for one in read for r in (one, *references(one))} - bound_in(f)
            names = {n: known[n] for n in wanted if n in known and not (n in CONSTANTS and n not in known)}
        shapes = {name: self.graph.nodes[node].shape for name, node in names.items()}
        try:
            found = defined(f, shapes, counts=self.counts(names))
        except Unfit as why:
            at_fault = why.part.name if isinstance(why.part, Ref) else ""
            hint = self.instead(at_fault, known) if why.known else why.hint
            if at_fault == "t" and why.known:
                form = "{value: …, target: [1, 0]}"
                hint = say("`{t}` is the `target` beside the formula, as in `{form}`.", t="t", form=form)
            self.note(term, why.message, hint)
            return None
        inputs = tuple(names[name] for name in found.reads)
        self.read |= {names[name] for name in self.counts(names)}
        if not inputs:
            self.note(term, say("This formula reads no quantity."))
            return None
        self.read |= {*inputs}
        targets = frozenset(n for n in found.reads if self.graph.nodes[names[n]].of == "target")
        operation = of_definition(found, frozenset(), targets)
        stated = "" if isinstance(term.loss, Penalty) else getattr(term.loss, "name", "")
        label = Label(stated or f"L{number}")
        return self.graph.add(label, found.shape, "loss", operation, inputs=inputs, layer="loss")

    def counts(self, names: dict[str, str]) -> dict[str, int]:
        """The given whole numbers among the quantities, which may be indices: a class."""
        givens = {name: self.construction.givens.get(node) for name, node in names.items()}
        alone = {name: given.values[0] for name, given in givens.items() if given is not None and not given.shape}
        return {name: f.numerator for name, f in alone.items() if isinstance(f, Number) and f.denominator == 1}

    def enter_plain_target(self, target: Array, number: str) -> None:
        """The numbers that a formula of one's own knows as `t`."""
        name = self.builder.given(f"t{number}", target.shape, "target")
        self.construction.givens[name] = Given(target.shape, target.values)

    # the sum

    def add_up(self, made: list[tuple[Formula | None, str]], several: bool) -> None:
        """The loss as the sum of its terms, each times its factor."""
        if not several:
            self.graph.loss = made[0][1]
            return
        terms: list[Formula] = []
        names: dict[str, str] = {}
        for place, (factor, node) in enumerate(made, 1):
            self.graph.nodes[node] = msgspec.structs.replace(self.graph.nodes[node], role="forward")
            names[f"L{place}"] = node
            part: Formula = Ref(f"L{place}")
            if factor is not None:
                symbol = f"lambda{place}"
                names[symbol] = self.builder.given(symbol, (), "factor")
                self.construction.givens[names[symbol]] = Given((), (factor,))
                part = call("*", Ref(symbol), part)
            terms.append(part)
        total = terms[0] if len(terms) == 1 else call("+", *terms)
        found = defined(total, dict.fromkeys(names, ()))
        operation = of_definition(found, frozenset())
        inputs = tuple(names[name] for name in found.reads)
        self.graph.loss = self.graph.add(
            Label(self.builder.free_symbol(*LETTERS)), (), "loss", operation, inputs=inputs, layer="loss"
        )


def takes_target(loss: object) -> bool:
    """Whether a term compares something with a target."""
    return loss.compares if isinstance(loss, Loss) else reads_target(loss)


def reads_target(loss: object) -> bool:
    """Whether a formula of one's own reads `t`."""
    return isinstance(loss, Stated) and "t" in {r.name for r in quantities(loss.formula)}


def which_output(names: str) -> Message:
    """What is asked of a loss that may be of several outputs."""
    return say("Which output is it of? Write `of` with one of {names}.", names=names)


def said_of(warning: Message) -> set[object]:
    """The quantity and the layer that a warning is of."""
    return {warning.values.get("name"), warning.values.get("layer")} - {None}
