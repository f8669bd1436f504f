"""Connectionist temporal classification (A. Graves et al. 2006; torch.nn.functional.ctc_loss).

The labels stand with blanks between and around them, S = 2U + 1 in all.  α⁽ᵗ⁾[s] is the probability that the first t
steps have told the first s of them: it stays, comes from the one before, or passes over a blank between two labels that
differ (Graves, eq. 7.9).  The loss is minus the logarithm of α⁽ᵀ⁾[S] + α⁽ᵀ⁾[S − 1].
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Formula, Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Called, Label
from hwsolve.language import Message, say
from hwsolve.losses.loss import LETTERS, Loss, Target
from hwsolve.spec.fields import Choice, CountField

FIRST = "b[s]*q[P,s]"
NEXT = "(a[s] + a[s - 1] + k[s]*a[s - 2])*q[P,s]"
QUANTITIES = {
    "c": Called(say("a 1 for the class at each place and zeros for the others"), many=True),
    "b": Called(say("a 1 for each place where a path may begin and zeros"), many=True),
    "k": Called(say("a 1 for each place that a path may reach over the blank in front of it and zeros"), many=True),
    "q": Called(say("the probability of the class at each place, at each step"), many=True),
}


class CTCLoss(Loss, frozen=True, kw_only=True):
    """CTC: minus the logarithm of the probability of all paths of labels and blanks that read as the target."""

    reduction: Annotated[str, Choice("mean", "sum", "none")] = "mean"
    blank: Annotated[int, CountField(0)] = 0

    sequence: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"log distribution"})
    wants: ClassVar[Message | None] = say("logarithms of probabilities, as of a `log_softmax`")
    QUANTITIES: ClassVar[dict[str, Any]] = QUANTITIES
    MEANINGS: ClassVar[dict[str, Message]] = {
        "reduction": say("the mean over samples of the loss by label, the sum over samples, or none of these"),
        "blank": say("the class that stands for no label, from 0 as in PyTorch"),
    }

    def build(self, builder: Builder, outputs: tuple[str, ...], target: Target | None, samples: int) -> str:
        """The probabilities of the labels at each step, the recursion over the steps, and the logarithm of its end."""
        (x,) = outputs
        assert target is not None
        shape, labels = builder.shape(x), target.arrays["labels"]
        steps, places = shape[-2], builder.shape(labels)[-2]
        lead = ("n",) * (len(shape) - 2)
        for node, letter in zip(target.arrays.values(), "cbk", strict=True):
            builder.call(node, letter)
        read = ByFormula("exp(Sum(c[s,v]*x[t,v], v, 1, V))", ("x", "c"), ("x", "c"), ("t", "s"), constants=(1,))
        q = builder.forward(read, (x, labels), builder.free_symbol("q"), layer="loss")
        a, every = "", list[Formula]()
        for t in range(1, steps + 1):
            reads = {"q": q, "a": a, "k": target.arrays["skips"]} if a else {"q": q, "b": target.arrays["begins"]}
            text, names, last = NEXT if a else FIRST, tuple(reads), len(reads) - 1
            made = ByFormula(text, names, names, ("s",), constants=(last,), numbers=(("P", t),))
            a = builder.forward(made, tuple(reads.values()), builder.free_symbol(f"alpha{t}"), layer="loss")
            every.append(call("whole", Ref(builder.graph.symbol(a))))
        builder.said += self.told(every, (places - 1) // 2, bool(lead))
        at = ",".join((*lead, ""))
        text = f"-log(a[{at}S] + a[{at}S - 1])"
        if self.reduction == "mean":
            text = f"{text}/U"
        if lead and self.reduction != "none":
            text = f"Sum({text}, n, 1, N)" + ("/M" if self.reduction == "mean" else "")
        kept = lead if self.reduction == "none" else ()
        numbers = (("S", places), ("U", (places - 1) // 2), ("M", samples))
        end = ByFormula(text, ("a",), (), kept, numbers=tuple(n for n in numbers if n[0] in text))
        symbol = self.symbols.output or builder.free_symbol(*LETTERS)
        of = (samples,) if kept else ()
        builder.graph.loss = builder.graph.add(Label(symbol), of, "loss", end, inputs=(a,), layer="loss")
        return builder.graph.loss

    def told(self, alphas: list[Formula], labels: int, several: bool) -> list[Message]:
        """What the quantities of the recursion are, and what the mean divides by."""
        first, last = alphas[0], alphas[-1]
        paths = say(
            "{first} holds the probabilities of the paths of one step, by the place where they are.", first=first
        )
        if len(alphas) > 1:
            paths = say(
                "{first} to {last} hold, step by step, the probabilities of all paths so far that end at each place; a "
                "whole path ends at the last label or at the blank behind it.",
                first=first,
                last=last,
            )
        said = [paths]
        if self.reduction == "mean" and several:
            said.append(
                say(
                    "The reduction `mean` divides the loss of each sample by the number of its labels, {n}, and takes "
                    "the mean over the samples.",
                    n=labels,
                )
            )
        elif self.reduction == "mean":
            said.append(say("The reduction `mean` divides the loss by the number of labels, {n}.", n=labels))
        return said
