"""What every optimizer is: settings with the names and defaults of torch.optim, states, and a list of formulas.

A line is a name and a formula over w (the parameter), g (its gradient), the settings, the states, what earlier lines
gave, and t (the number of this update, from 1).  `m'` is the new value of m; a name without a prime is a quantity of
this update alone, as m̂.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.notation import plain as plain_text
from hwsolve.formula.tree import Formula, Number, Ref, references
from hwsolve.graph.update import Clipping, Lines, Rule
from hwsolve.language import Message, say
from hwsolve.optimizers.settings import SCHEDULED, Clip, StateField
from hwsolve.spec.amounts import first_negative
from hwsolve.spec.fields import CountField, RecordField

ZERO = Number(0)


class Course(msgspec.Struct, frozen=True):
    """How long a training is: its updates, and how many of them make an epoch; 0 where there are no epochs."""

    steps: int = 1
    per_epoch: int = 0


class Optimizer(msgspec.Struct, frozen=True, kw_only=True):
    """An optimizer as a spec states it."""

    state: Annotated[dict[str, Any], StateField()] = {}
    step: Annotated[int, CountField(0)] = 0
    clip: Annotated[Clip | None, RecordField(Clip)] = None

    SHARED: ClassVar[tuple[str, ...]] = ()  # states that are one number, the same for all parameters
    SQUARES: ClassVar[tuple[str, ...]] = ("v", "u", "G", "D")  # states that are no less than 0
    FROM_RATE: ClassVar[tuple[str, ...]] = ()  # states that start at the learning rate
    RESULTS: ClassVar[tuple[str, ...]] = ()  # states that come out beside the parameters
    SHARES: ClassVar[tuple[str, ...]] = ()  # settings that are at most 1, as they weigh a mean
    STATES: ClassVar[tuple[str, ...]] = ()  # those that start at 0, where settings change nothing of it
    LINES: ClassVar[Lines] = ()  # likewise
    WORDS: ClassVar[dict[str, Message]] = {  # what a reader calls its states, and its quantities of one update
        "g": say("decayed gradient"),
        "m": say("mean of the gradients"),
        "v": say("mean of the squared gradients"),
        "velocity": say("velocity"),
        "lr": say("learning rate of the update"),
        "epoch": say("number of the epoch"),
        "gnorm": say("norm of all gradients"),
        "scale": say("factor of the clipped gradients"),
        "ghat": say("clipped gradient"),
    }
    NUMBERS: ClassVar[dict[str, Message]] = {  # and its numbers that are written as letters
        "eps": say("small number that keeps a divisor from being zero"),
        "weight_decay": say("weight decay"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the learning rate η: a number, or a formula in t (this update, from 1), epoch and steps"),
        "state": say("what is kept from earlier updates, by name: numbers, or numbers by parameter"),
        "step": say("how many updates were made before; the next has t one more"),
        "clip": say("how gradients are cut off: their norm all together, or each number"),
        "eps_place": say("whether ε stands outside or inside of the root"),
        "bias_correction": say("whether m and v are divided by what they lack of 1"),
        "momentum": say("how much of the last step is kept in the next"),
        "weight_decay": say("λ of the term λw that is added to the gradient of w"),
        "eps": say("ε, which keeps the divisor from 0"),
    }

    def settings(self) -> dict[str, Formula]:
        """The numbers that the formulas read, by their names there; those of a tuple are numbered."""
        found: dict[str, Any] = {}
        for key in self.__struct_fields__:
            value = getattr(self, key)
            found |= zip(self.names(key), value if type(value) is tuple else (value,), strict=False)
        return {key: value for key, value in found.items() if isinstance(value, Formula)}

    def names(self, key: str) -> tuple[str, ...]:
        """What the formulas call a setting, or the parts of one."""
        value = getattr(self, key)
        return tuple(f"{key.removesuffix('s')}{k + 1}" for k in range(len(value))) if type(value) is tuple else (key,)

    def starts(self) -> dict[str, Formula]:
        """The quantities that are kept from one update to the next, and the number at which each starts."""
        return dict.fromkeys(self.STATES, ZERO)

    def plain(self) -> Lines:
        """The formulas of a parameter without weight decay."""
        return self.LINES

    def decayed(self) -> Lines:
        """The same with weight decay: a part of the gradient unless an optimizer has it elsewhere."""
        return (("g", "g + weight_decay*w"), *self.plain())

    def rule(self, course: Course | None = None) -> Rule:
        """The same for the graph; a weight decay of 0 is left out."""
        settings = self.settings()
        decay = settings.pop("weight_decay", ZERO)
        schedule = self.schedule(settings, course or Course())
        clip = None if self.clip is None else Clipping(self.clip.norm, self.clip.value, self.clip.eps)
        return Rule(
            settings,
            self.starts(),
            self.plain(),
            self.decayed(),
            None if decay == ZERO else decay,
            schedule,
            self.SHARED,
            clip,
        )

    def schedule(self, settings: dict[str, Formula], course: Course) -> Lines:
        """The lines of a learning rate that is a formula of the update; it leaves the settings."""
        read = {r.name for r in references(settings.get("lr", ZERO))} & set(SCHEDULED)
        if not read:
            return ()
        if "steps" in read:
            settings["steps"] = Number(course.steps)
        epoch = (("epoch", f"floor((t - 1)/{course.per_epoch}) + 1"),) if "epoch" in read else ()
        return (*epoch, ("lr", plain_text(settings.pop("lr"))))

    def wrong(self) -> tuple[str, Message] | None:
        """What torch.optim would refuse: an argument, and why."""
        if self.clip is not None and (why := self.clip.wrong()) is not None:
            return "clip", why
        for key in self.SHARES:
            if isinstance(share := getattr(self, key), Number) and share.numerator > share.denominator:
                return key, say("`{key}` is at most 1.", key=key)
        return first_negative(self)

    def with_root(self, lines: Lines) -> Lines:
        """The lines with ε inside of their roots, where that is asked for."""
        if getattr(self, "eps_place", "outside") == "outside":
            return lines
        return tuple((name, text.replace(") + eps)", " + eps))")) for name, text in lines)

    def stated(self, trained: bool, renamed: Mapping[str, str]) -> tuple[Message, ...]:
        """What its numbers do not say of it; of its states, some of them `renamed`, where something is trained."""
        alike: dict[tuple[Formula, bool], list[Ref]] = {}
        letters = letters_of(self.starts()) | dict(renamed)
        for name, start in self.starts().items() if trained else ():
            if name in self.state or letters.get(name) in self.state:
                continue
            alike.setdefault((start, name in self.FROM_RATE), []).extend(map(Ref, letters.get(name, name).split(", ")))
        begin = tuple(
            say("Start at the learning rate, {value}: {names}.", names=tuple(n), value=v)
            if rate
            else say("Start at {value}: {names}.", names=tuple(n), value=v)
            for (v, rate), n in alike.items()
        )
        if self.step == 1:
            return (*begin, say("One update was made before."))
        return (*begin, say("{n} updates were made before.", n=self.step)) if self.step else begin


def letters_of(names: Iterable[str]) -> dict[str, str]:
    """The letters of what is called by a word: v for a velocity, or u beside another v."""
    every = set(names)
    return {"velocity": "u" if "v" in every else "v"} if "velocity" in every else {}
