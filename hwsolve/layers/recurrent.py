"""Recurrent layers: a state that each step of a sequence changes, by weights that are the same at every step.

Sequences are (T, D), the state of a step is (H).  Source: PyTorch, torch.nn.RNN, LSTM and GRU, and their cells.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import NotComputed, Shape, Size
from hwsolve.layers.cost import BY_FORMULAS, ByFormulas, NotCounted, Nothing, Product
from hwsolve.layers.gates import (
    FURTHER,
    NO_LETTERS,
    QUANTITIES,
    GateField,
    RecurrentSymbols,
    StateField,
    Weights,
    further,
    is_bare,
    is_stated,
    parts,
    suffix,
)
from hwsolve.layers.meanings import ARGUMENTS, RECURRENT
from hwsolve.layers.parameter import ABSENT, DEFAULT, Parameter, ParameterSpec
from hwsolve.layers.recurrent_checks import look, states_at
from hwsolve.layers.recurrent_products import step_products
from hwsolve.layers.recurrent_saves import NO_STEPS, kept_of_steps
from hwsolve.layers.sequences import LayersField, OverSequences
from hwsolve.layers.unrolling import Unrolling
from hwsolve.spec.fields import Choice, Count, Flag, ListOf, MapOf, RecordField, Word
from hwsolve.spec.fields import Size as SizeOf


class Recurrent(OverSequences, frozen=True, kw_only=True):
    """What recurrent layers share: (T, D) → (T, H), or (H) with `returns: last`."""

    hidden_size: SizeOf
    num_layers: Annotated[int, LayersField()] = 1
    bidirectional: Flag = False
    weight_ih: Annotated[Any, GateField()] = DEFAULT
    weight_hh: Annotated[Any, GateField()] = DEFAULT
    weight: Annotated[Any, GateField()] = DEFAULT
    concat: Annotated[tuple[str, ...], ListOf(Choice("h", "x"), minimum=2)] = ("h", "x")
    bias: Annotated[Any, GateField(allow_flag=True)] = DEFAULT
    bias_ih: Annotated[Any, GateField()] = DEFAULT
    bias_hh: Annotated[Any, GateField()] = DEFAULT
    gates: Annotated[tuple[str, ...], ListOf(Word, minimum=1)] = ()
    initial: Annotated[dict[str, ParameterSpec | str], MapOf(StateField())] = msgspec.field(default_factory=dict)
    returns: Annotated[str, Choice("all", "last")] = "all"
    truncate: Count | None = None
    more: dict[str, Any] = msgspec.field(default_factory=dict)  # parameters of further layers and directions
    symbols: Annotated[RecurrentSymbols, RecordField(RecurrentSymbols)] = NO_LETTERS  # type: ignore[assignment]

    ALONE: ClassVar[tuple[str, ...]] = ("hidden_size",)
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y", "h")
    GIVES: ClassVar[str] = "numbers"
    QUANTITIES: ClassVar[dict[str, Any]] = QUANTITIES
    GATES: ClassVar[tuple[str, ...]] = ("",)  # in PyTorch's order
    STATES: ClassVar[tuple[str, ...]] = ("h",)
    FURTHER: ClassVar[Any] = staticmethod(further)
    FURTHER_KEYS: ClassVar[str] = r"^(weight|bias)(_ih|_hh|_hr)?(_l[0-9]+)?(_reverse)?$"
    FURTHER_KEY: ClassVar[str] = "bias_reverse"
    CELL: ClassVar[bool] = False
    MULTIPLIES: ClassVar[Message | None] = say("recurrent layers (each weight at each step)")
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | RECURRENT
    keeps = kept_of_steps
    wired_at = states_at

    def named(self) -> dict[str, str]:
        """The initial states that are quantities of the network: what each is called there."""
        return {state: name for state, name in self.initial.items() if isinstance(name, str)}

    def ports(self) -> tuple[str, ...]:
        """The sequence, and such states."""
        return (*self.INPUTS, *(f"{state}0" for state in self.named()))

    def wired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The stream, and such states."""
        return (("input", *self.named().values()) if self.named() else ()), ()

    @property
    def order(self) -> tuple[str, ...]:
        """The gates in the order of packed parameters."""
        return self.gates or self.GATES

    @property
    def ways(self) -> tuple[bool, ...]:
        """The directions; True is backwards."""
        return (False, True) if self.bidirectional else (False,)

    @property
    def width(self) -> Size:
        """How many units a state has."""
        return self.hidden_size

    def steps(self, x: Shape) -> Size:
        """How many steps there are."""
        return 1 if self.CELL else x[0]

    def is_bare(self, x: Shape) -> bool:
        """Whether the weights are bare numbers: states are numbers too."""
        if self.num_layers > 1 or self.bidirectional or self.hidden_size != 1 or x[-1:] != (1,):
            return False
        known, biases = (self.weight_ih, self.weight_hh), (self.bias, self.bias_ih, self.bias_hh)
        return all(map(is_stated, known)) and all(is_bare(spec, len(self.GATES)) for spec in (*known, *biases))

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        """(T, H) or (H), and the last states."""
        x = shapes[0]
        look(self, x, shapes[1:])
        whole = base.simplified(base.product((self.width, len(self.ways))))
        y = (whole,) if self.CELL or self.returns == "last" or len(x) == 1 else (x[0], whole)
        cell = base.simplified(base.product((self.hidden_size, len(self.ways))))
        return (y, (whole,), (cell,))[: len(self.OUTPUTS)]

    def output(self, *shapes: Any, **_: Any) -> Shape:
        """The first of them."""
        return self.outputs(*shapes)[0]

    # parameters

    def stated(self) -> dict[str, Weights]:
        """What the spec says of the parameters, by name."""
        names = ("weight_ih", "weight_hh", "weight_hr", "weight", "bias", "bias_ih", "bias_hh")
        return {n: s for n in names if is_stated(s := getattr(self, n, DEFAULT))} | self.more

    def of(self, name: str, behind: str) -> Weights:
        """What the spec says of a parameter of a layer and direction: how all are drawn holds for each."""
        own: Weights | None = self.more.get(name + behind) if behind else getattr(self, name, DEFAULT)
        if own is not None:
            return own
        first: Weights = getattr(self, name, DEFAULT)
        common = first is ABSENT or (isinstance(first, ParameterSpec) and first.values is None and first.tie is None)
        return first if common else DEFAULT

    def biases(self) -> tuple[str, ...]:
        """The names of the biases: one that is given, or Keras's one, else PyTorch's two."""
        if self.bias is ABSENT:
            return ()
        two = tuple(n for n in ("bias_ih", "bias_hh") if is_stated(getattr(self, n)))
        keras = self.framework == "keras" and getattr(self, "reset", "before") == "before"
        return two or (("bias",) if is_stated(self.bias) or keras else ("bias_ih", "bias_hh"))

    def matrices(self) -> tuple[str, ...]:
        """The names of the weights."""
        return ("weight",) if is_stated(self.weight) else ("weight_ih", "weight_hh")

    def incoming(self, x: Shape, layer: int) -> Size:
        """How many values come into a layer at each step."""
        return x[-1] if layer == 1 else base.simplified(base.product((self.width, len(self.ways))))

    def shape_of(self, name: str, rows: Size, incoming: Size) -> Shape:
        """The shape of a parameter with so many rows."""
        match name:
            case "weight_ih":
                return (rows, incoming)
            case "weight_hh":
                return (rows, self.width)
            case "weight":
                return (rows, base.total((self.width, incoming)))
            case "weight_hr":
                return (self.width, self.hidden_size)
        return (rows,)

    def names(self) -> tuple[str, ...]:
        """The names of the parameters of one layer and direction."""
        return (*self.matrices(), *self.biases())

    def parameters(self, x: Shape, *_: Any, **__: Any) -> dict[str, Parameter]:
        """Those of every layer and direction."""
        found: dict[str, Parameter] = {}
        bare, gates = self.is_bare(x), len(self.GATES)
        for layer in range(1, self.num_layers + 1):
            for way in self.ways:
                behind = suffix(layer, way)
                for name in self.names():
                    for path, spec, gate in parts(name + behind, self.of(name, behind)):
                        count = 1 if gate or name == "weight_hr" else gates
                        rows = base.simplified(base.product((count, self.hidden_size)))
                        shape = self.shape_of(name, rows, self.incoming(x, layer))
                        if bare:
                            shape = () if count == 1 else (count,)
                        found[path] = Parameter(shape, "bias" if name.startswith("bias") else "weight", spec)
        return found

    def specs(self) -> dict[str, ParameterSpec]:
        """What the spec says of each parameter, by name."""
        return {path: spec for name, s in self.stated().items() for path, spec, _ in parts(name, s) if s is not ABSENT}

    def products(self, x: Shape, *_: Any, **__: Any) -> dict[str, str]:
        """Gates, units and inputs."""
        found: dict[str, str] = {}
        for path in self.parameters(x):
            name, _dot, gate = path.partition(".")
            kind, later = FURTHER.fullmatch(name), "_l" in name
            assert kind is not None
            count = "" if gate or len(self.GATES) == 1 else f"{len(self.GATES)}*"
            come = "between" if later else "in"
            known = {
                "weight_ih": f"{count}hidden*{come}",
                "weight_hh": f"{count}hidden*state",
                "weight": f"{count}hidden*(state + {come})",
                "weight_hr": "state*hidden",
            }
            found[path] = known.get(kind[1], f"{count}hidden")
        return found

    def sizes(self, x: Shape, *_: Any, **__: Any) -> dict[str, Size]:
        """Inputs, units, what comes from layer to layer, and steps."""
        known = {"in": x[-1], "hidden": self.hidden_size, "state": self.width, "between": self.incoming(x, 2)}
        return known | ({} if len(x) == 1 and not self.CELL else {"steps": self.steps(x)})

    def step_macs(self, x: Shape, *_: Any) -> str:
        """The multiply-adds of one step: those of the weights."""
        texts = self.products(x)
        return " + ".join(texts[name] for name, p in self.parameters(x).items() if not p.added)

    def macs(self, x: Shape, *_: Any, **__: Any) -> str | Nothing | NotCounted:
        """Those of all steps."""
        each = self.step_macs(x)
        return each if self.CELL else NO_STEPS if len(x) == 1 else f"steps*({each})"

    def multiplied(self, x: Shape, *_: Any, half: bool = False) -> tuple[Product, ...]:
        """Those of each weight."""
        return step_products(self.products(x), self.parameters(x), "" if self.CELL else "steps*")

    def operations(self, x: Shape, *_: Any, **__: Any) -> ByFormulas | NotCounted:
        """Those of the formulas of its steps."""
        return NO_STEPS if len(x) == 1 and not self.CELL else BY_FORMULAS

    def without_biases(self, *_: Any, **__: Any) -> Recurrent:
        """The layer with no bias at any step."""
        return msgspec.structs.replace(self, bias=ABSENT)

    def build(self, builder: Builder, x: str, *states: str, **_: Any) -> tuple[str, ...]:
        """The steps, one after the other."""
        shape = builder.own_shape(x)
        if len(shape) == 1 and not self.CELL:
            message = say("Expected an input {wanted}, got {shape}.", wanted="(T, D)", shape=base.shape_text(shape))
            raise NotComputed(message)
        return Unrolling(self, builder, x, dict(zip(self.named(), states, strict=True))).written()


class RNN(Recurrent, frozen=True, kw_only=True):
    """Recurrent layer h_t = tanh(W x_t + U h_{t−1} + b): (T, D) → (T, H).

    (D + H + 2)·H parameters in PyTorch, (D + H + 1)·H with one bias.
    """

    nonlinearity: Annotated[str, Choice("tanh", "relu")] = "tanh"

    EQUATION: ClassVar[str] = "hₜ = tanh(Wx xₜ + Wh hₜ₋₁ + b)"


class LSTM(Recurrent, frozen=True, kw_only=True):
    """Long short-term memory, c_t = f⊙c_{t−1} + i⊙g, h_t = o⊙tanh(c_t): (T, D) → (T, H).

    4·(D + H + 2)·H parameters in PyTorch, 4·(D + H + 1)·H with one bias.
    """

    proj_size: SizeOf | None = None
    weight_hr: Annotated[Any, GateField()] = DEFAULT

    OUTPUTS: ClassVar[tuple[str, ...]] = ("y", "h", "c")
    GATES: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o")
    STATES: ClassVar[tuple[str, ...]] = ("h", "c")
    EQUATION: ClassVar[str] = "cₜ = fₜ⊙cₜ₋₁ + iₜ⊙gₜ, hₜ = oₜ⊙tanh(cₜ)"

    @property
    def width(self) -> Size:
        """The projected state."""
        return self.proj_size or self.hidden_size

    def names(self) -> tuple[str, ...]:
        """The projection is one more."""
        return (*self.matrices(), *(("weight_hr",) if self.proj_size else ()), *self.biases())


class GRU(Recurrent, frozen=True, kw_only=True):
    """Gated recurrent unit, h_t = (1 − z)⊙n + z⊙h_{t−1}: (T, D) → (T, H).

    3·(D + H + 2)·H parameters in PyTorch, 3·(D + H + 1)·H with one bias.
    """

    reset: Annotated[str, Choice("after", "before")] = "after"
    update: Annotated[str, Choice("keeps", "replaces")] = "keeps"

    GATES: ClassVar[tuple[str, ...]] = ("r", "z", "n")
    EQUATION: ClassVar[str] = "hₜ = (1 − zₜ)⊙nₜ + zₜ⊙hₜ₋₁"
