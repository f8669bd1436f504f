"""Scaled dot-product attention: each query takes the mean of the values, weighted by how well the keys fit it.

o = softmax(q kᵀ/√d) v; q: (L, d), k: (S, d), v: (S, c), o: (L, c).  A mask of zeros and ones says which keys a query
sees.  Source: PyTorch, torch.nn.functional.scaled_dot_product_attention; arXiv 1706.03762, eq. 1.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import ONE, ZERO, Formula, Number, call
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Called
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.attention_masks import Masks, check_array, in_words, of_one, of_samples
from hwsolve.layers.attention_operations import dropped, mixed, scores, weights
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import BY_FORMULAS, ByFormulas, Product
from hwsolve.layers.dropout import mask_in_words
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.layers.saves import LOG_SUM, WEIGHTS, Keeps, Kept, Y
from hwsolve.spec.fields import Array, ArrayField, Decimal, DecimalField, FlagField, OneOf
from hwsolve.spec.nodes import Scalar

MASK: dict[str, Message] = Masks.MASKS | {
    "scale": say("what the scores are multiplied by: a number, `false` for nothing, `true` for one over the root of d"),
    "dropout_mask": say("a 1 for each weight that is kept and a 0 for each that is dropped"),
    "dropout_p": say("the probability with which weights are dropped; those that are kept are divided by what is left"),
}


QUANTITIES = {
    "q": Called(say("the queries"), many=True),
    "k": Called(say("the keys"), many=True),
    "v": Called(say("the values"), many=True),
    "e": Called(say("the scores"), many=True),
    "alpha": Called(say("the attention weights"), many=True),
    "o": Called(say("the output of attention"), many=True),
}


def comparable(queries: Any, keys: Any) -> bool:
    """Whether it is known which of two sizes is the larger one."""
    return queries == keys or (isinstance(queries, int) and isinstance(keys, int))


class Masked(Masks, frozen=True, kw_only=True):
    """What layers of attention share: scale, masks, and the quantities between queries, keys, values and output."""

    scale: Annotated[Any, OneOf(FlagField(), DecimalField())] = True
    dropout_mask: Annotated[Array | None, ArrayField()] = None
    dropout_p: Decimal = ZERO

    CATEGORY: ClassVar[str] = "attention"
    QUANTITIES: ClassVar[dict[str, Any]] = QUANTITIES
    MULTIPLIES: ClassVar[Message | None] = say("attention")
    GIVES: ClassVar[str] = "numbers"

    def check_masks(self, heads: int, queries: Any, keys: Any, added: int = 0) -> None:
        """Refuse masks of another shape, with other numbers than 0 and 1, or that hide everything from a query."""
        self.check_hidden(heads, queries, keys, added)
        if self.dropout_mask is not None:
            if not isinstance(queries, int) or not isinstance(keys, int):
                said = say("How many queries and keys there are must be numbers for a mask.")
                raise ShapeError(said, "dropout_mask")
            wanted = [(queries, keys), *([(heads, queries, keys)] if heads > 1 else [])]
            check_array("dropout_mask", self.dropout_mask, wanted)
        if isinstance(self.dropout_p, Number) and not 0 <= self.dropout_p.numerator < self.dropout_p.denominator:
            raise ShapeError(say("The probability of being dropped is at least 0 and less than 1."), "dropout_p")

    def pairs(self, queries: Any, keys: Any, half: bool, added: int = 0) -> str:
        """How many pairs of a query and a key are multiplied; `half`: those alone that a causal mask lets through.

        All queries see the last `added` keys.
        """
        if not half or self.mask != "causal" or not comparable(queries, keys):
            return "queries*seen" if added else "queries*keys"
        through = "queries*(queries + 1)/2"
        if isinstance(queries, int) and isinstance(keys, int) and queries > keys:
            through = "keys*(2*queries - keys + 1)/2"
        return f"({through} + {added}*queries)" if added else through

    def operations(self, *shapes: Shape, **_: Any) -> ByFormulas:
        """Those of its formulas; a mask saves nothing."""
        return BY_FORMULAS

    def by_mode(self) -> bool:
        """Whether it must be said if this is training: where something may be dropped, and it is not said what."""
        return self.dropout_p != ZERO and self.dropout_mask is None

    def attend(
        self, b: Builder, q: str, k: str, v: str, heads: bool = False, group: Any = 1, added: int = 0, port: int = 0
    ) -> tuple[str, str]:
        """From queries, keys and values to the output, of this `port`, and the weights.

        The last `added` keys are none of those that come in.
        """
        queries, keys, dim = b.own_shape(q)[-2], b.own_shape(k)[-2], b.own_shape(q)[-1]

        def data(**nodes: str) -> tuple[str, ...]:
            return tuple(name for name, node in nodes.items() if b.is_data(node))

        factor = () if isinstance(self.scale, bool) else (b.constant(self.scale),)
        operation = scores(data(q=q, k=k), dim, self.scale, heads, group)
        e = b.forward(operation, (q, k, *factor), b.free_symbol("e"), port=-1)
        if b.mode == "shapes":  # which numbers a mask holds changes no count
            return self.unmasked(b, e, v, heads, group, port)
        seen = self.seen(b.own_shape(e)[0] if heads else 1, queries, keys - added, added)
        given: tuple[str, ...] = ()
        per_head = each = False
        if seen is not None:
            lead = b.shape(e)[: len(b.shape(e)) - len(b.own_shape(e))]
            seen = seen.cut(*b.batch.of(seen.shape, seen.values)) if seen.samples else seen
            seen = seen if lead else of_one(seen)
            if (wrong := of_samples(self.named(), seen, lead)) is not None:
                raise NotComputed(wrong)
            per_head, each = bool(seen.heads), bool(seen.samples)
            given = (self.mask_of(b, seen.shape, seen.values, "M"),)
            b.graph.by_sample |= {*given} if each else set()
            b.said.append(in_words(b.graph.symbol(given[0]), seen))
        alpha = b.forward(weights(bool(given), heads, per_head, each), (e, *given), b.free_symbol("alpha"), port=1)
        mixing = alpha
        if self.by_mode() and b.mode == "train":
            shape = base.shape_text((queries, keys))
            raise NotComputed(
                say("`{layer}` in training needs its `{key}`, {shape}: 1 for what stays, 0 for what is dropped.",
                    layer=b.path, key="dropout_mask", shape=shape)
            )  # fmt: skip
        if self.dropout_mask is not None and b.mode != "eval":
            drop = self.mask_of(b, self.dropout_mask.shape, self.dropout_mask.values, "R")
            operation = dropped(heads, len(self.dropout_mask.shape) > 2, call("-", ONE, self.dropout_p))
            mixing = b.forward(operation, (alpha, drop), b.free_symbol("r"), port=-1)
            b.said.append(mask_in_words(b.graph.symbol(drop), b.path, self.dropout_p))
        read = data(p=mixing, v=v) + (("M",) if each else ())
        operation = mixed(read, bool(given), heads, group, per_head)
        return b.forward(operation, (mixing, v, *given), b.free_symbol("o"), port=port), alpha

    def unmasked(self, b: Builder, e: str, v: str, heads: bool, group: Any, port: int) -> tuple[str, str]:
        """From scores to the output, without numbers of masks; dropout multiplies by 0 or 1/(1 − p)."""
        alpha = mixing = b.forward(weights(False, heads, False), (e,), b.free_symbol("alpha"), port=1)
        if self.dropout_p != ZERO or self.dropout_mask is not None:
            drop = b.given(b.free_symbol("R"), b.shape(e))
            mixing = b.forward(dropped(heads, heads, ONE), (alpha, drop), b.free_symbol("r"), port=-1)
        data = tuple(name for name, node in (("p", mixing), ("v", v)) if b.is_data(node))
        return b.forward(mixed(data, False, heads, group, False), (mixing, v), b.free_symbol("o"), port=port), alpha

    def mask_of(self, b: Builder, shape: tuple[int, ...], values: tuple[Formula, ...], symbol: str) -> str:
        """The node of a mask."""
        spec = ParameterSpec(values=Array(shape, values, Scalar(0, 0, "")))
        return b.selector(Parameter(shape, "buffer", spec), b.free_symbol(symbol))


class Attention(Masked, frozen=True, kw_only=True):
    """Scaled dot-product attention softmax(q kᵀ/√d) v: (L, d), (S, d), (S, c) → (L, c); no parameters."""

    INPUTS: ClassVar[tuple[str, ...]] = ("q", "k", "v")
    OUTPUTS: ClassVar[tuple[str, ...]] = ("o", "alpha")
    EQUATION: ClassVar[str] = "o = softmax(q kᵀ/√d) v"
    MEANINGS: ClassVar[dict[str, Message]] = MASK

    def wired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Without inputs of its own it reads the stream three times."""
        return ("input",), ()

    def output(self, q: Shape, k: Shape, v: Shape) -> Shape:
        """(L, d), (S, d), (S, c) → (L, c); one more axis in front, the same for all, is that of the heads."""
        shapes = [base.shape_text(s) for s in (q, k, v)]
        if (
            any(isinstance(s, StatedMap) for s in (q, k, v))
            or len({len(q), len(k), len(v)}) > 1
            or len(q) not in (2, 3)
        ):
            raise ShapeError(
                say("Expected queries, keys and values as rows of a matrix each, got {q}, {k} and {v}.",
                    q=shapes[0], k=shapes[1], v=shapes[2])
            )  # fmt: skip
        if q[-1] != k[-1] or k[:-1] != v[:-1] or q[:-2] != k[:-2]:
            raise ShapeError(
                say("Queries and keys must have rows of one length, and keys and values as many rows: "
                    "got {q}, {k} and {v}.", q=shapes[0], k=shapes[1], v=shapes[2])
            )  # fmt: skip
        heads = q[0] if len(q) == 3 and isinstance(q[0], int) else 1
        self.check_masks(heads, q[-2], k[-2])
        return (*q[:-1], v[-1])

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        """What comes out, and the weights."""
        q, k, _ = shapes
        return self.output(*shapes), (*q[:-1], k[-2])

    def sizes(self, q: Shape, k: Shape, v: Shape) -> dict[str, base.Size]:
        """Queries and keys (of all heads), their length, and that of a value."""
        heads = {"heads": q[0]} if len(q) == 3 else {}
        queries = base.product(q[:-1])
        return heads | {"queries": queries, "keys": k[-2], "dim": q[-1], "value_dim": v[-1]}

    def macs(self, q: Shape, k: Shape, v: Shape) -> str:
        """q kᵀ and α v; a mask saves nothing."""
        return "queries*keys*(dim + value_dim)"

    def multiplied(self, q: Shape, k: Shape, v: Shape, half: bool = False) -> tuple[Product, ...]:
        """q kᵀ, and α v."""
        pairs = self.pairs(self.sizes(q, k, v)["queries"], k[-2], half)
        scores, mixing = ((("q",), ("k",)), "dim"), ((("q", "k"), ("v",)), "value_dim")
        return tuple([Product("attention", f"{pairs}*{size}", factors) for factors, size in (scores, mixing)])

    def keeps(self, q: Shape, k: Shape, v: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """Queries, keys and values, and the weights between them."""
        return (*[Kept(port=n) for n in range(3)], WEIGHTS)

    def keeps_fused(self, *shapes: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """In place of the weights the output, and for each query what gives its weights again."""
        return (*[Kept(port=n) for n in range(3)], Y, Kept(name=LOG_SUM, text="queries"))

    def cache(self, q: Shape, k: Shape, v: Shape) -> str:
        """What is kept of each position of the past, as a formula text over `sizes`: its keys and its values."""
        return "heads*(dim + value_dim)" if len(k) == 3 else "(dim + value_dim)"

    def build(self, builder: Builder, q: str, k: str, v: str) -> tuple[str, ...]:
        """Scores, weights, output."""
        for node in dict.fromkeys((q, k, v)):
            builder.call(node, *(letter for letter, read in zip("qkv", (q, k, v), strict=True) if read == node))
        heads = len(builder.own_shape(q)) == 3
        return self.attend(builder, q, k, v, heads)
