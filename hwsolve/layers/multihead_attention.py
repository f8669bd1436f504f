"""Multi-head attention: several attentions side by side, each over projections of its own; then one projection of all.

q[h] = x W_qᵀ + b, likewise k and v; o[h] = softmax(q[h] k[h]ᵀ/√d) v[h]; y = Σₕ o[h] W_oᵀ + b.  Fewer heads of keys and
values than of queries: grouped queries, or multi-query for one.  Source: PyTorch, torch.nn.MultiheadAttention; arXiv
1706.03762, section 3.2.2; arXiv 1911.02150; arXiv 2305.13245.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.attention import MASK
from hwsolve.layers.attention_operations import joined, projected, with_rows
from hwsolve.layers.base import NotComputed, NotWritten, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import Product
from hwsolve.layers.idle_arguments import BATCH_FIRST
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec
from hwsolve.layers.projections import PARTS, Projections
from hwsolve.layers.rotary import Rotary, need_pairs, rotated
from hwsolve.layers.saves import LOG_SUM, WEIGHTS, Keeps, Kept
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice, Flag, FlagField, ListOf, OneOf, RecordField, Size, SizeOrZero

HEADS = Kept(name=say("output of the heads"), text="queries*heads*width")


class MultiheadAttention(Projections, frozen=True, kw_only=True):
    """Multi-head attention of queries (L, embed_dim), keys (S, kdim) and values (S, vdim): → (L, embed_dim).

    With bias 4·embed_dim·(embed_dim + 1) parameters, where keys and values are as long and have as many heads.  Weights
    and their gradients have an axis for the heads, as `dL_dWq[h,r,m]`, unless there is one head; what is given or
    expected may also have PyTorch's shape, with the heads below each other.
    """

    kdim: Size | None = None
    vdim: Size | None = None
    add_bias_kv: Flag = False
    bias_k: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias_v: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    add_zero_attn: Flag = False
    rotary: Annotated[Any, OneOf(FlagField(), RecordField(Rotary))] = False
    position_bias: Size | None = None
    position_table: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    qk_norm: Annotated[str | None, Choice("layer_norm", "rms_norm")] = None
    window: Annotated[Shape | None, ListOf(Size, minimum=1, single=True)] = None
    shift: Annotated[Shape | None, ListOf(SizeOrZero, minimum=1, single=True)] = None

    ALONE: ClassVar[tuple[str, ...]] = ("embed_dim",)
    IDLE: ClassVar[dict[str, Field]] = BATCH_FIRST
    ALSO: ClassVar[dict[str, str]] = {"dropout": "dropout_p"}
    INPUTS: ClassVar[tuple[str, ...]] = ("q", "k", "v")
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y", "alpha")
    EQUATION: ClassVar[str] = "y = Σₕ softmax(qₕ kₕᵀ/√d) vₕ W_oᵀ + b"
    MEANINGS: ClassVar[dict[str, Message]] = MASK | {
        "embed_dim": say("how many numbers a query has, and what comes out for it"),
        "num_heads": say("how many heads there are"),
        "kv_heads": say("how many heads keys and values have; as many as queries unless given"),
        "head_dim": say("how many numbers a query has in each head"),
        "kdim": say("how many numbers a key has; those that come in unless given"),
        "vdim": say("how many numbers a value has; those that come in unless given"),
        "weight": say("the weights of the projections: `q`, `k`, `v` and `out`"),
        "bias": say("the biases of the projections, or whether there are any"),
        "in_proj_weight": say("the weights of queries, keys and values below each other"),
        "in_proj_bias": say("their biases one behind the other"),
        "add_bias_kv": say("whether a learned row stands behind the keys and one behind the values"),
        "bias_k": say("the row behind the keys"),
        "bias_v": say("the row behind the values"),
        "add_zero_attn": say("whether a row of zeros stands behind the keys and one behind the values"),
        "position_bias": say("how many rows a learned table has whose numbers are added to the scores, one a head"),
        "position_table": say("its numbers, or the table that it is once more, as `{form}`", form="{tie: attention1}"),
        "qk_norm": say("the normalisation of queries and keys within each head, with numbers for all heads together"),
        "window": say("the sides of windows, or how many rows one has, within which queries see keys; of no others"),
        "shift": say("how far the windows are shifted; it changes which rows meet, and no count"),
        "rotary": say("whether queries and keys are rotated by their places in each head: `true`, or how"),
    }

    def wired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Without inputs of its own it reads the stream three times."""
        return ("input",), ()

    # sizes

    def output(self, q: Shape, k: Shape, v: Shape) -> Shape:
        """(L, embed_dim), (S, kdim), (S, vdim) → (L, embed_dim)."""
        for name in ("embed_dim", "num_heads", "kv_heads", "head_dim"):
            base.positive(name, getattr(self, name))
        if any(isinstance(s, StatedMap) or len(s) != 2 for s in (q, k, v)):
            shapes = [base.shape_text(s) for s in (q, k, v)]
            raise ShapeError(
                say("Expected queries, keys and values as rows of a matrix each, got {q}, {k} and {v}.",
                    q=shapes[0], k=shapes[1], v=shapes[2])
            )  # fmt: skip
        if not base.is_whole(self.width):
            whole = {"n": base.size_text(self.embed_dim), "heads": base.size_text(self.num_heads)}
            raise ShapeError(say("{n} numbers can't be split into {heads} heads.", **whole), "num_heads")
        if not base.is_whole(base.quotient(self.num_heads, self.key_heads)):
            whole = {"n": base.size_text(self.num_heads), "groups": base.size_text(self.key_heads)}
            raise ShapeError(say("{n} heads can't share {groups} heads of keys and values.", **whole), "kv_heads")
        for name, wanted, got in (
            ("embed_dim", self.embed_dim, q[1]),
            ("kdim", self.kdim, k[1]),
            ("vdim", self.vdim, v[1]),
        ):
            if wanted is not None and wanted != got:
                text = {"wanted": base.size_text(wanted), "got": base.size_text(got)}
                raise ShapeError(say("Expected rows of {wanted} numbers, got rows of {got}.", **text), name)
        if k[0] != v[0]:
            text = {"k": base.size_text(k[0]), "v": base.size_text(v[0])}
            raise ShapeError(say("There must be as many keys as values, got {k} and {v}.", **text))
        if self.turns is not None:
            need_pairs(self.width, "rotary")
        if not self.add_bias_kv and (self.bias_k is not DEFAULT or self.bias_v is not DEFAULT):
            field = "bias_v" if self.bias_k is DEFAULT else "bias_k"
            raise ShapeError(say("`{name}` needs `add_bias_kv: true`.", name=field), field)
        self.check_windows(q[0], k[0])
        self.check_masks(self.num_heads if isinstance(self.num_heads, int) else 1, q[0], k[0], self.added)
        self.check_parts(k, v)
        return (q[0], self.embed_dim)

    def check_windows(self, queries: base.Size, keys: base.Size) -> None:
        """Refuse windows that do not fill what comes in."""
        if self.window is None and self.shift is not None:
            raise ShapeError(say("`{name}` needs `{other}`.", name="shift", other="window"), "shift")
        if self.position_bias is None and self.position_table is not DEFAULT:
            raise ShapeError(say("`{name}` needs `{other}`.", name="position_table", other="position_bias"),
                             "position_table")  # fmt: skip
        if self.window is None:
            return
        rows = base.product(self.window)
        if queries != keys or not base.is_whole(base.quotient(queries, rows)):
            n, each = base.size_text(queries), base.size_text(rows)
            raise ShapeError(say("{n} rows can't be split into windows of {rows}.", n=n, rows=each), "window")
        if self.added:
            raise ShapeError(say("Windows have no rows behind the keys."), "window")

    def outputs(self, *shapes: Shape) -> tuple[Shape, ...]:
        """What comes out, and the weights of each head."""
        out = self.output(*shapes)
        q, k, _ = shapes
        weights = q[0], self.seen_keys(k)
        return out, (self.num_heads, *weights) if self.has_heads else weights

    def seen_keys(self, k: Shape) -> base.Size:
        """How many keys a query meets."""
        return base.total((k[0], self.added)) if self.window is None else base.product(self.window)

    @property
    def added(self) -> int:
        """How many rows stand behind the keys and the values."""
        return self.add_bias_kv + self.add_zero_attn

    @property
    def turns(self) -> Rotary | None:
        """How queries and keys are rotated."""
        return self.rotary if isinstance(self.rotary, Rotary) else Rotary() if self.rotary else None

    # counts

    def parameters(self, q: Shape, k: Shape, v: Shape) -> dict[str, Parameter]:
        """Those of the projections, and the rows behind keys and values: (1, 1, kv_heads·head_dim)."""
        rows = {"bias_k": self.bias_k, "bias_v": self.bias_v} if self.add_bias_kv else {}
        shape = (1, 1, base.product((self.key_heads, self.width)))
        found = super().parameters(q, k, v) | {name: Parameter(shape, "bias", spec) for name, spec in rows.items()}
        if self.position_bias is not None:
            found["position_table"] = Parameter((self.position_bias, self.num_heads), "table", self.position_table)
        for part in ("q_norm", "k_norm") if self.qk_norm else ():
            found[f"{part}.weight"] = Parameter((self.width,), "gain")
            if self.qk_norm == "layer_norm":
                found[f"{part}.bias"] = Parameter((self.width,), "shift")
        return found

    def products(self, q: Shape, k: Shape, v: Shape) -> dict[str, str]:
        """The products behind the counts."""
        weights = {"q": "heads*width*embed", "k": "kv*width*key", "v": "kv*width*value", "out": "embed*heads*width"}
        biases = {"q": "heads*width", "k": "kv*width", "v": "kv*width", "out": "embed"}
        texts = {f"weight.{part}": text for part, text in weights.items()}
        texts |= {f"bias.{part}": text for part, text in biases.items()}
        texts |= {f"{part}_norm.{field}": "width" for part in ("q", "k") for field in ("weight", "bias")}
        return texts | dict.fromkeys(("bias_k", "bias_v"), "kv*width") | {"position_table": "positions*heads"}

    def sizes(self, q: Shape, k: Shape, v: Shape) -> dict[str, base.Size]:
        """Heads, how wide they are, rows and their lengths."""
        known = {} if self.position_bias is None else {"positions": self.position_bias}
        return known | {
            "heads": self.num_heads, "kv": self.key_heads, "width": self.width, "embed": self.embed_dim,
            "key": k[-1], "value": v[-1], "queries": q[0], "keys": k[0],
            "seen": self.seen_keys(k),
        }  # fmt: skip

    def macs(self, q: Shape, k: Shape, v: Shape) -> str:
        """The four projections, q kᵀ and α v; a mask saves nothing, and rotations are no products of matrices."""
        projections = "2*queries*embed*heads*width + keys*kv*width*(key + value)"
        return f"{projections} + 2*heads*queries*{'seen' if self.added or self.window is not None else 'keys'}*width"

    def multiplied(self, q: Shape, k: Shape, v: Shape, half: bool = False) -> tuple[Product, ...]:
        """The projections, rotated queries and keys, q kᵀ, α v, and the projection of all heads."""
        of = {part: (part, f"weight.{part}", f"bias.{part}") for part in PARTS[:3]}
        inner = of["q"] + of["k"] + of["v"]
        rows = {
            "q": ("queries*heads*width", "embed"), "k": ("keys*kv*width", "key"),
            "v": ("keys*kv*width", "value"), "out": ("queries*embed", "heads*width"),
        }  # fmt: skip
        reads = {part: (part,) for part in PARTS[:3]} | {"out": inner}
        projections = [Product("matmul", f"{rows[p][0]}*{rows[p][1]}", (reads[p], (f"weight.{p}",))) for p in PARTS]
        pairs = f"heads*{self.pairs(q[0], k[0], half, self.added)}*width"
        scores = Product("attention", pairs, (of["q"], of["k"]))
        mixing = Product("attention", pairs, (of["q"] + of["k"], of["v"]))
        owned = self.parameters(q, k, v)
        biases = [Product("bias", rows[p][0], ((f"bias.{p}",),)) for p in PARTS if f"bias.{p}" in owned]
        rotations = [Product("rotation", f"2*{rows[p][0]}", (of[p],)) for p in ("q", "k") if self.turns is not None]
        return (*projections[:3], *rotations, scores, mixing, projections[3], *biases)

    def keeps(self, q: Shape, k: Shape, v: Shape, needed: frozenset[str], learned: list[str]) -> tuple[Kept, ...]:
        """What comes in, for the gradients of the weights; queries, keys, values, weights and output of each head."""
        read = [Kept(port=n) for n, part in enumerate(PARTS[:3]) if f"weight.{part}" in learned]
        inner = [
            Kept(name=say("queries"), text="queries*heads*width"),
            Kept(name=say("keys"), text=f"{'seen' if self.added else 'keys'}*kv*width"),
            Kept(name=say("values"), text=f"{'seen' if self.added else 'keys'}*kv*width"),
            WEIGHTS,
        ]
        return (*read, *inner, *([HEADS] if "weight.out" in learned else []))

    def keeps_fused(self, q: Shape, k: Shape, v: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """In place of the weights the output of each head, and for each query what gives its weights again."""
        plain = [one for one in self.keeps(q, k, v, needed, learned) if one not in (WEIGHTS, HEADS)]
        return (*plain, HEADS, Kept(name=LOG_SUM, text="queries*heads"))

    def cache(self, q: Shape, k: Shape, v: Shape) -> str:
        """What is kept of each position of the past, as a formula text over `sizes`: its key and its value."""
        return "2*kv*width"

    # the graph

    def build(self, builder: Builder, q: str, k: str, v: str) -> tuple[str, ...]:
        """Projections, attention in each head, and the projection of all heads."""
        for name in ("position_bias", "qk_norm", "window"):
            if getattr(self, name) is not None:
                if builder.mode == "shapes":
                    raise NotWritten(say("`{key}` is not written out in formulas", key=name))
                said = say("`{layer}` with `{key}` can be counted, but not yet computed by hand.",
                           layer=builder.path, key=name)  # fmt: skip
                raise NotComputed(said)
        builder.next_layer()
        parameters = self.parameters(*(builder.own_shape(name) for name in (q, k, v)))
        made: dict[str, str] = {}
        for part, x in zip(PARTS, (q, k, v), strict=False):
            read = self.owned(builder, parameters, part)
            operation = projected(len(read) > 1, self.splits(part))
            made[part] = builder.forward(operation, (x, *read), builder.free_symbol(part), port=-1)
        angles: dict[Any, str] = {}
        if (turns := self.turns) is not None:
            made |= {part: rotated(builder, made[part], turns, f"{part}rot", angles) for part in ("q", "k")}
        for part in ("k", "v") if self.added else ():
            made[part] = self.with_added(builder, parameters, part, made[part])
        shared = base.quotient(self.num_heads, self.key_heads)
        group = shared if self.key_heads != 1 else 0
        o, alpha = self.attend(builder, made["q"], made["k"], made["v"], self.has_heads, group, self.added, port=-1)
        read = self.owned(builder, parameters, "out")
        operation = joined(len(read) > 1) if self.has_heads else projected(len(read) > 1, False)
        return builder.forward(operation, (o, *read), builder.free_symbol("y")), alpha

    def with_added(self, builder: Builder, parameters: dict[str, Parameter], part: str, x: str) -> str:
        """Keys or values with the rows behind them."""
        heads, read = self.splits(part), [x]
        if self.add_bias_kv:
            shape = (1, self.key_heads, self.width) if heads else (1, self.width)
            read.append(self.in_shape(builder, f"bias_{part}", parameters[f"bias_{part}"], f"{part}row", shape))
        operation = with_rows(heads, self.add_bias_kv, builder.own_shape(x), self.added)
        return builder.forward(operation, tuple(read), builder.free_symbol(f"{part}all"), port=-1)
