"""A graph in the making: the quantities so far, and the report of what does not fit, at the place where it stands."""

from __future__ import annotations

from typing import Any

from hwsolve.graph.graph import Builder, Graph
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.language import Message
from hwsolve.layers.items import Body, walk_items
from hwsolve.losses.loss import Loss, Target
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.nodes import Node as Place
from hwsolve.spec.report import ROOT, Path, Report


class Construction:
    """A graph that is being built for a problem, and where notes of what does not fit belong."""

    def __init__(self, problem: Any, report: Report):
        self.problem, self.report = problem, report
        self.graph = Graph()
        self.builder = Builder(self.graph)
        self.givens: dict[str, Given] = {}
        self.stated: list[Message] = []
        self.remarks: list[Message] = []
        self.warnings: list[Message] = []
        self.body: Body | None = None

    def build_loss(self, loss: Loss, outputs: tuple[str, ...], target: Target | None) -> str:
        """Write a loss into the graph, with what a reader is told of it; gives its node."""
        builder, told, noted = self.builder, len(self.builder.said), len(self.builder.remarks)
        builder.words = loss.QUANTITIES
        made = loss.build(builder, outputs, target, self.samples)
        self.stated += builder.said[told:]
        self.remarks += builder.remarks[noted:]
        return made

    def wrong(self, key: str, message: Message, hint: Message | None = None, within: tuple[str, ...] = ()) -> None:
        """Note an error at a key of the problem, or at one that stands within it."""
        assert self.problem.node is not None
        node: Place = self.problem.node
        path = ROOT
        for step in (key, *within):
            if isinstance(node, Mapping) and step in node.entries:
                node, path = node.entries[step][1], path / step
        self.report.add(node, path, message, hint)

    def place_of(self, layer: str) -> tuple[Place, Path] | None:
        """Where a layer's arguments stand, by its path; None for what is no layer, as the loss."""
        items = self.body.items if self.body is not None else ()
        found = (item for item in walk_items(items) if item.path == layer)
        return next(((item.node, item.where) for item in found), None)

    def ends(self) -> dict[str, tuple[Place, Path]]:
        """Where the loss, the optimizer and its settings stand."""
        entries = self.problem.node.entries if isinstance(self.problem.node, Mapping) else {}
        found: dict[str, tuple[Place, Path]] = {
            key: (entries[key][1], ROOT / key) for key in ("loss", "optimizer") if key in entries
        }
        optimizer = found["optimizer"][0] if "optimizer" in found else None
        for name, (_, one) in optimizer.entries.items() if isinstance(optimizer, Mapping) else ():
            settings = one.entries.items() if isinstance(one, Mapping) else ()
            found |= {f"optimizer.{key}": (node, ROOT / "optimizer" / name / key) for key, (_, node) in settings}
        return found

    @property
    def end_key(self) -> str:
        """The key of what stands behind the last layer: the loss, or the gradient in place of one."""
        return "loss" if self.problem.loss is not None else "upstream"

    @property
    def samples(self) -> int:
        """The number of samples; 1 without a batch."""
        data = (node for node in self.graph.nodes.values() if node.role == "given" and node.of == "input")
        return next((node.shape[0] for node in data), 1) if self.graph.batched else 1

    def wrong_layer(self, layer: str, message: Message, hint: Message | None = None) -> None:
        """Note an error at a layer, by its path."""
        place = self.place_of(layer)
        if place is None:
            self.wrong(self.end_key, message, hint)
        else:
            self.report.add(*place, message, hint)
