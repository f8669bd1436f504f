"""The record of a count-params problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.registry import load
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, Convention, Field, Flag, ListOf, OneOf, RecordField, Size
from hwsolve.spec.named import NamedField, named
from hwsolve.spec.nodes import Mapping, Node, Scalar, is_null
from hwsolve.spec.records import form_of
from hwsolve.spec.report import Path, Report
from hwsolve.spec.terms import OPTIMIZER

COUNTED = "hwsolve.kinds.count_params.counted"  # loaded where a spec names columns
DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")


class Column(Field):
    """The key of a quantity that a table can show."""

    expected = say("the key of a quantity, such as `{form}`", form="macs")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The key."""
        return Choice(*load(f"{COUNTED}:COLUMNS")).read(node, report, path)

    def accepts(self, node: Node) -> bool:
        """Whether it is one."""
        return Choice(*load(f"{COUNTED}:COLUMNS")).accepts(node)

    def schema(self) -> dict[str, Any]:
        """All of them."""
        return Choice(*load(f"{COUNTED}:COLUMNS")).schema()


class Dtypes(msgspec.Struct, frozen=True):
    """The types of numbers by their role."""

    params: Annotated[str, Choice(*DTYPES)] = "float32"
    gradients: Annotated[str, Choice(*DTYPES)] = "float32"
    optimizer: Annotated[str, Choice(*DTYPES)] = "float32"
    activations: Annotated[str, Choice(*DTYPES)] = "float32"
    cache: Annotated[str, Choice(*DTYPES)] = "float32"

    MEANINGS: ClassVar[dict[str, Message]] = {
        "params": say("of the parameters"),
        "gradients": say("of their gradients"),
        "optimizer": say("of the states of the optimizer"),
        "activations": say("of what is stored of a forward pass"),
        "cache": say("of keys and values that are kept"),
    }


class OptimizerField(NamedField):
    """An optimizer by its name; what it needs for an update is not needed to count its states."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record; where it needs a learning rate and has none, with any."""
        found = named(node)
        if found is not None and found[0] in self.classes:
            name, head, arguments = found
            needs = "lr" in form_of(self.classes[name]).required
            given = arguments.entries if isinstance(arguments, Mapping) else {}
            if needs and "lr" not in given and (isinstance(arguments, Mapping) or is_null(arguments)):
                rate = Scalar(head.line, head.column, "lr"), Scalar(head.line, head.column, "1")
                entries: dict[str, tuple[Scalar, Node]] = {**given, "lr": rate}
                assert isinstance(head, Scalar)
                node = Mapping(node.line, node.column, {name: (head, Mapping(node.line, node.column, entries))})
        return super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        """Every name, alone too."""
        return {"anyOf": [{"enum": list(self.classes)}, super().schema()]}


class Count(msgspec.Struct, frozen=True):
    """The conventions of counting; one that is stated is shown."""

    framework: Annotated[str, Choice("torch", "keras")] | None = None
    activations: Annotated[str, Convention("cs231n", "outputs", "saved", "peak")] | None = None
    macs: Annotated[str, Convention("matmul", "all")] | None = None
    bias: Flag = False
    causal: Annotated[str, Choice("full", "half")] = "full"
    attention: Annotated[str, Choice("weights", "fused")] | None = None
    dtype: Annotated[Any, OneOf(Choice(*DTYPES), RecordField(Dtypes))] = "float32"
    batch: Size = 1
    gradients: Flag = False
    optimizer: Annotated[Any | None, OptimizerField(OPTIMIZER, OPTIMIZERS)] = None
    master_weights: Annotated[str, Choice(*DTYPES)] | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "framework": say("whose conventions hold: those of PyTorch, unless given, or of Keras"),
        "activations": say(
            "what is stored: outputs of input, convolution, pooling and dense layers (cs231n), of all layers "
            "(outputs), what the way back reads (saved), or what lives at one time (peak)"
        ),
        "macs": say("whose multiply-adds count: products with weights and attention (matmul), or all layers (all)"),
        "bias": say("whether adding a bias is a multiply-add too"),
        "causal": say("whether pairs that a causal mask hides are multiplied (`full`) or not (`half`)"),
        "attention": say(
            "what attention keeps for the way back: the weights, unless given, or what gives them again (`fused`)"
        ),
        "dtype": say("the type of a stored number, for bytes: one, or by role"),
        "batch": say("how many samples are stored at one time"),
        "gradients": say("whether the gradients of the parameters take memory"),
        "optimizer": say("the optimizer whose states take memory, alone or with its settings"),
        "master_weights": say("the type of a copy of the weights that the optimizer keeps"),
    }


class Problem(base.Problem, kw_only=True):
    """Parameters, output shapes, activations and multiply-adds of a network, layer by layer."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    count: Annotated[Count, RecordField(Count)] = Count()
    columns: Annotated[tuple[str, ...], ListOf(Column())] = ()
    figure: Annotated[str, Choice("bars")] | None = None
    short: bool = False  # whether it is solved for a page of text that shows no lines of layers

    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "count": say("which activations and multiply-adds count"),
        "columns": say("the columns of the table of layers"),
        "figure": say("`bars`: a bar chart of each column of the table, by layer"),
    }
