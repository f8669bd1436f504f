"""Connectionist temporal classification (A. Graves et al. 2006; torch.nn.functional.ctc_loss).

The labels stand with blanks between and around them, S = 2U + 1 in all.  α⁽ᵗ⁾[s] is the probability that the first t
steps have told the first s of them: it stays, comes from the one before, or passes over a blank between two labels that
differ (Graves, eq. 7.9).  The loss is minus the logarithm of α⁽ᵀ⁾[S] + α⁽ᵀ⁾[S − 1].
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Label
from hwsolve.language import Message, say
from hwsolve.losses.loss import LETTERS, Loss, Target
from hwsolve.spec.fields import Choice, CountField

FIRST = "b[s]*q[P,s]"
NEXT = "(a[s] + a[s - 1] + k[s]*a[s - 2])*q[P,s]"


class CTCLoss(Loss, frozen=True, kw_only=True):
    """CTC: minus the logarithm of the probability of all paths of labels and blanks that read as the target."""

    reduction: Annotated[str, Choice("mean", "sum", "none")] = "mean"
    blank: Annotated[int, CountField(0)] = 0

    sequence: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"log distribution"})
    wants: ClassVar[Message | None] = say("logarithms of probabilities, as of a `log_softmax`")
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
        read = ByFormula("exp(Sum(c[s,v]*x[t,v], v, 1, V))", ("x", "c"), ("x", "c"), ("t", "s"), constants=(1,))
        q = builder.forward(read, (x, labels), builder.free_symbol("q"), layer="loss")
        a = ""
        for t in range(1, steps + 1):
            reads = {"q": q, "a": a, "k": target.arrays["skips"]} if a else {"q": q, "b": target.arrays["begins"]}
            text, names, last = NEXT if a else FIRST, tuple(reads), len(reads) - 1
            made = ByFormula(text, names, names, ("s",), constants=(last,), numbers=(("P", t),))
            a = builder.forward(made, tuple(reads.values()), builder.free_symbol(f"alpha{t}"), layer="loss")
        written = [call("whole", Ref(builder.graph.symbol(n))) for n in (q, a, *target.arrays.values())]
        builder.remark(
            say(
                "{q} holds the probabilities of blank, label, blank, …, blank at each step; {alpha}, of the last step, "
                "those of all paths that end at each of these.",
                q=written[0],
                alpha=written[1],
            )
        )
        builder.remark(
            say(
                "{c} is one for the class that stands at a place and zero for the others, {b} for the two places where "
                "paths begin, {k} where the blank in front of a label may be passed over.",
                c=written[2],
                b=written[3],
                k=written[4],
            )
        )
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
