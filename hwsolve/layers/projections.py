"""The projections of multi-head attention: their numbers, apart or packed, and an index for the head."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.attention import Masked
from hwsolve.layers.base import Shape, ShapeError
from hwsolve.layers.parameter import ABSENT, DEFAULT, Parameter, ParameterField, ParameterSpec
from hwsolve.spec.fields import Array, ArrayField, FlagField, OneOf, RecordField, Size

PARTS = ("q", "k", "v", "out")


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights, or the biases, of the projections."""

    q: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    k: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    v: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    out: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    MEANINGS: ClassVar[dict[str, Message]] = {
        "q": say("of the queries"),
        "k": say("of the keys"),
        "v": say("of the values"),
        "out": say("of what comes out"),
    }


class Biases(Weights, frozen=True, kw_only=True):
    """The biases of the projections; `false` where one has none."""

    q: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    k: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    v: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    out: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT


class Projections(Masked, frozen=True, kw_only=True):
    """What multi-head attention is told of its heads and of the numbers of its projections."""

    embed_dim: Size
    num_heads: Size
    kv_heads: Size | None = None
    head_dim: Size | None = None
    weight: Annotated[Weights, RecordField(Weights)] = Weights()
    bias: Annotated[Any, OneOf(FlagField(), RecordField(Biases))] = True
    in_proj_weight: Annotated[Array | None, ArrayField()] = None
    in_proj_bias: Annotated[Array | None, ArrayField()] = None

    @property
    def key_heads(self) -> base.Size:
        """How many heads keys and values have."""
        return self.num_heads if self.kv_heads is None else self.kv_heads

    @property
    def width(self) -> base.Size:
        """How many numbers a query has in each head."""
        return base.quotient(self.embed_dim, self.num_heads) if self.head_dim is None else self.head_dim

    def shapes(self, k: Shape, v: Shape) -> dict[str, Shape]:
        """The shapes of the weights, as PyTorch stores them."""
        queries, keys = base.product((self.num_heads, self.width)), base.product((self.key_heads, self.width))
        return {
            "q": (queries, self.embed_dim),
            "k": (keys, k[-1]),
            "v": (keys, v[-1]),
            "out": (self.embed_dim, queries),
        }

    def check_parts(self, k: Shape, v: Shape) -> None:
        """Refuse numbers of another shape, and two ways to state the same."""
        shapes = self.shapes(k, v)
        rows = base.total([shapes[part][0] for part in PARTS[:3]])
        packed: tuple[tuple[str, Array | None, Shape, Any], ...] = (
            ("in_proj_weight", self.in_proj_weight, (rows, self.embed_dim), self.weight),
            ("in_proj_bias", self.in_proj_bias, (rows,), self.bias),
        )
        for name, array, wanted, apart in packed:
            if array is None:
                continue
            if name == "in_proj_weight" and len({shapes[p][1] for p in PARTS[:3]}) > 1:
                raise ShapeError(say("Queries, keys and values of different lengths have weights apart."), name)
            if array.shape != wanted:
                text = {"wanted": base.shape_text(wanted), "got": base.shape_text(array.shape)}
                raise ShapeError(say("Expected numbers of the shape {wanted}, got {got}.", **text), name)
            other = next(
                (p for p in PARTS[:3] if isinstance(apart, Weights) and getattr(apart, p) is not DEFAULT), None
            )
            if other is not None or apart is ABSENT or apart is False:
                key = name.removeprefix("in_proj_")
                raise ShapeError(say("`{a}` and `{b}` can't both be given.", a=name, b=key), name)
        for field, specs in (("weight", self.weight), ("bias", self.bias)):
            for part in PARTS if isinstance(specs, Weights) else ():
                spec, wanted = getattr(specs, part), shapes[part] if field == "weight" else shapes[part][:1]
                if spec.tie is not None or spec.rows == "inputs" or spec.shared or isinstance(spec.symbols, tuple):
                    keys = {"part": part, "keys": "`tie`, `rows`, `shared`"}
                    said = say("`{part}` takes numbers, or how they are drawn; {keys} are not for it.", **keys)
                    raise ShapeError(said, field)
                if spec.values is not None and spec.values.shape not in (wanted, self.by_head(part, wanted)):
                    text = {"part": part, "wanted": base.shape_text(wanted), "got": base.shape_text(spec.values.shape)}
                    raise ShapeError(say("`{part}` needs numbers of the shape {wanted}, got {got}.", **text), field)

    def without_biases(self, *shapes: Any, **_: Any) -> Projections:
        """The projections without theirs."""
        return msgspec.structs.replace(self, bias=False, in_proj_bias=None)

    @property
    def has_heads(self) -> bool:
        """Whether there is more than one head, and so an index for it."""
        return self.num_heads != 1

    def splits(self, part: str) -> bool:
        """Whether a projection has an axis for the heads; keys and values that all heads share have none."""
        return (self.num_heads if part in ("q", "out") else self.key_heads) != 1

    def by_head(self, part: str, shape: Shape) -> Shape:
        """The shape of weights or a bias with an axis for the heads."""
        if not self.splits(part) or (part == "out" and len(shape) == 1):
            return shape
        heads = self.num_heads if part in ("q", "out") else self.key_heads
        return (shape[0], heads, self.width) if part == "out" else (heads, self.width, *shape[1:])

    def spec_of(self, part: str, field: str, shape: Shape) -> ParameterSpec:
        """What is said of the weights or the bias of a projection, which may be packed with others."""
        packed = getattr(self, f"in_proj_{field}")
        if packed is None or part == "out":
            stated = getattr(self, field)
            return getattr(stated, part) if isinstance(stated, Weights) else DEFAULT if stated else ABSENT
        at = PARTS.index(part)
        sizes = [base.product((h, self.width)) for h in (self.num_heads, self.key_heads, self.key_heads)]
        row = 1 if field == "bias" else shape[1]
        start, count = sum(sizes[:at]) * row, sizes[at] * row
        return ParameterSpec(values=Array(shape, packed.values[start : start + count], packed.node))  # type: ignore[arg-type]

    def parameters(self, q: Shape, k: Shape, v: Shape) -> dict[str, Parameter]:
        """Weights and biases of the projections, as PyTorch stores them."""
        found = {}
        for part, shape in self.shapes(k, v).items():
            found[f"weight.{part}"] = Parameter(shape, "weight", self.spec_of(part, "weight", shape))
            spec = self.spec_of(part, "bias", shape[:1])
            if spec is not ABSENT:
                found[f"bias.{part}"] = Parameter(shape[:1], "bias", spec)
        return found

    def owned(self, builder: Builder, parameters: dict[str, Parameter], part: str) -> tuple[str, ...]:
        """The nodes of the weights and the bias of a projection, with an axis for the heads."""
        found = []
        for field, letter in (("weight", "W"), ("bias", "b")):
            parameter = parameters.get(f"{field}.{part}")
            if parameter is None:
                continue
            symbol = letter + ("o" if part == "out" else part)
            shape = self.by_head(part, parameter.shape)
            found.append(self.in_shape(builder, f"{field}.{part}", parameter, symbol, shape))
        return tuple(found)

    def in_shape(self, builder: Builder, which: str, parameter: Parameter, symbol: str, shape: Shape) -> str:
        """The node of a parameter that has other axes here than PyTorch gives it."""
        spec = parameter.spec
        if spec.values is not None:
            values = msgspec.structs.replace(spec.values, shape=shape)
            parameter = msgspec.structs.replace(parameter, spec=msgspec.structs.replace(spec, values=values))
        return builder.own(self, which, parameter, builder.free_symbol(symbol), shape)
