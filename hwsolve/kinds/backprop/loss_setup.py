"""The end of a computation: a loss and its target, or the gradient of a loss that is not stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Ref
from hwsolve.graph.label import Called, Label
from hwsolve.graph.stack import is_stack, stands_apart
from hwsolve.kinds.backprop.input_arrays import Given, stands_for
from hwsolve.kinds.backprop.loss_terms import Terms
from hwsolve.kinds.backprop.target_setup import TargetSetup
from hwsolve.kinds.backprop.terms_setup import TermsSetup, which_output
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.language import say
from hwsolve.layers.base import shape_text
from hwsolve.layers.items import walk_items
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.spec.report import did_you_mean

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction
    from hwsolve.layers.items import Body, Item


UPDATED = say(
    "An update needs the gradients of a loss: state `loss`; `optimize` updates by a `gradient` that is given."
)


class LossSetup:
    """Puts the end behind the output of a graph, and notes what does not fit."""

    def __init__(self, construction: Construction):
        self.construction = construction
        self.problem, self.graph, self.builder = construction.problem, construction.graph, construction.builder

    def enter(self) -> dict[str, str]:
        """The loss; without one, the nodes of upstream gradients by output."""
        problem = self.problem
        if problem.upstream is not None:
            for key in ("loss", "target", "optimizer"):
                if getattr(problem, key) is not None:
                    message = say("`{key}` and `upstream` can't both be given.", key=key)
                    self.construction.wrong(key, message, UPDATED if key == "optimizer" else None)
            return self.enter_upstream(problem.upstream)
        self.look_at("loss", LOSSES)
        self.look_at("optimizer", OPTIMIZERS)
        if problem.loss is None:
            for key in ("target", "optimizer"):
                if getattr(problem, key) is not None:
                    self.construction.wrong(key, say("`{key}` needs a `loss`.", key=key))
            return {}
        if isinstance(problem.loss, Terms):
            TermsSetup(self.construction).enter(problem.loss)
            return {}
        if len(self.graph.heads) > 1:
            names = ", ".join(f"`{self.graph.symbol(name)}`" for name in self.graph.heads)
            self.construction.wrong("loss", which_output(names))
            return {}
        letter = self.builder.free_symbol("t", "target")
        target = TargetSetup(self.construction, self.graph.output, letter, self.construction.wrong).enter(
            problem.loss, problem.target
        )
        self.look_twice(problem.loss)
        if target is not None:
            self.construction.build_loss(problem.loss, (self.graph.output,), target)
            if problem.loss.reduction == "none":
                self.construction.remarks.append(
                    say("The loss is not reduced; gradients are those of the sum of its elements.")
                )
        return {}

    def look_at(self, key: str, registry: Any) -> None:
        """Note a setting that makes no sense, of the loss or the optimizer."""
        record = getattr(self.problem, key)
        if record is not None and not isinstance(record, Terms) and (refused := record.wrong()) is not None:
            argument, message = refused
            self.construction.wrong(key, message, within=(registry.name_of(record), argument))

    def look_twice(self, loss: Loss) -> None:
        """Warn of a last layer that the loss takes once more, or that does not give what it takes."""
        last = last_layer(self.construction.body)
        if last is None or last.layer is None or loss.wants is None:
            return
        name = LOSSES.name_of(loss)
        if last.type == loss.holds:
            text = say(
                "The network ends in `{layer}`, and `{loss}` takes it once more; without this layer it is taken once.",
                layer=last.type,
                loss=name,
            )
        elif last.layer.GIVES and last.layer.GIVES not in loss.takes:
            text = say(
                "The network ends in `{layer}`, but `{loss}` takes {what}.", layer=last.type, loss=name, what=loss.wants
            )
        else:
            return
        self.construction.warnings.append(text)

    def enter_upstream(self, upstream: Any) -> dict[str, str]:
        """The gradients of the outputs as given quantities, by output."""
        outputs = dict(zip(self.problem.network.outputs, self.graph.heads, strict=True)) if self.graph.heads else {}
        if not isinstance(upstream, dict):
            if len(outputs) > 1:
                names = ", ".join(f"`{name}`" for name in outputs)
                message = say("`upstream` needs the gradient of each output by its name: {names}.", names=names)
                self.construction.wrong("upstream", message)
                return {}
            return self.upstream_of(self.graph.output, upstream, ())
        found: dict[str, str] = {}
        for name, one in upstream.items():
            if name not in outputs:
                message = say("The network has no output `{name}`.", name=name)
                hint = did_you_mean(name, outputs) if outputs else say("Name it under `outputs` of the network.")
                self.construction.wrong("upstream", message, hint, (name,))
            else:
                found |= self.upstream_of(outputs[name], one, (name,))
        return found

    def upstream_of(self, output: str, upstream: Upstream, within: tuple[str, ...]) -> dict[str, str]:
        """The gradient of one output."""
        shape, found = self.graph.nodes[output].shape, upstream.values.shape
        if not stands_for(found, shape):
            message = say(
                "The upstream gradient has the shape {found}, the output {shape}.",
                found=shape_text(found),
                shape=shape_text(shape),
            )
            self.construction.wrong("upstream", message, None, within)
            return {}
        label = self.label_of(output)
        label = label if upstream.symbol is None else msgspec.structs.replace(label, symbol=upstream.symbol)
        name = self.graph.add(label, shape, "given", of="upstream")
        self.construction.givens[name] = Given(shape, upstream.values.values)
        return {output: name}

    def label_of(self, output: str) -> Label:
        """How a gradient that is given is written: ∂L/∂y; where ∂L/∂y has other terms too, as a part of it.

        Those are of what reads the output too, or of later steps, where the states have its name.
        """
        symbol, whole = self.graph.symbol(output), f"d{self.graph.unstated}_d{self.graph.symbol(output)}"
        read = any(output in node.inputs for node in self.graph.nodes.values())
        if not read and (not is_stack(self.graph, output) or stands_apart(self.graph, output)):
            return Label(whole)
        taken = {label.symbol.partition("_")[0] for label in self.graph.labels.values()}  # an LSTM has a g of its own
        letter = "G" if "g" in taken else "g"
        words = say("the part of {whole} that comes from outside the network", whole=Ref(whole))
        return Label(f"{letter}_{symbol}", called=Called(words))


def last_layer(body: Body | None) -> Item | None:
    """The layer whose values come out in the end, behind those that only pass them on; None where several add up."""
    items = body.items if body is not None else ()
    behind = {wire.name: item for item in walk_items(items) for wire in item.outputs}
    item = behind.get(body.end.name) if body is not None else None
    while item is not None and item.layer is not None:
        if item.layer.CATEGORY != "view" and not item.type.startswith("dropout"):
            return item
        item = behind.get(item.inputs[0].name)
    return None
