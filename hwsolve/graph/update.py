"""Stochastic gradient descent as nodes of the graph: a new value for every trained parameter.

PyTorch's form (torch.optim.SGD): g + λw is the decayed gradient; the velocity u ← μu + g starts at 0, so that the
first one is the gradient; the step is η times the velocity, or times g + μu in Nesterov's form.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.graph import Graph, Label
from hwsolve.graph.operation import Array, Operation, Sizes


class Velocity(Operation, frozen=True):
    """u ← μ u + g + λ w, element by element."""

    decay: bool

    inputs = ("u", "g", "w", "momentum", "decay")
    batched = ("u", "g", "w")

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """The same for the whole parameter."""
        return {"y": self.text()}

    def text(self) -> str:
        """With or without weight decay."""
        return "momentum*u + g + decay*w" if self.decay else "momentum*u + g"

    def forward(self, u: Array, g: Array, w: Array, momentum: Array, decay: Array) -> Array:
        """The new velocity, in the shape of the parameter."""
        return momentum * u + g + decay * w if self.decay else momentum * u + g


class Descend(Operation, frozen=True):
    """w ← w − η d, where d is the gradient, decayed where asked, or the velocity, or Nesterov's look ahead."""

    decay: bool
    momentum: bool
    nesterov: bool

    inputs = ("w", "g", "u", "lr", "momentum", "decay")
    batched = ("w", "g", "u")

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """The same for the whole parameter."""
        return {"y": self.text()}

    def text(self) -> str:
        """The step that the settings ask for."""
        if self.momentum and not self.nesterov:
            return "w - lr*u"
        terms = ["g"] + ["decay*w"] * self.decay + ["momentum*u"] * self.nesterov
        return "w - lr*g" if len(terms) == 1 else f"w - lr*({' + '.join(terms)})"

    def forward(self, w: Array, g: Array, u: Array, lr: Array, momentum: Array, decay: Array) -> Array:
        """The new parameter, in its own shape."""
        if self.momentum and not self.nesterov:
            return w - lr * u
        if self.decay:
            g = g + decay * w
        if self.nesterov:
            g = g + momentum * u
        return w - lr * g


class Settings(msgspec.Struct, frozen=True):
    """The numbers of the optimizer; None where a feature is not used."""

    lr: Formula
    momentum: Formula | None = None
    weight_decay: Formula | None = None
    nesterov: bool = False


def update(graph: Graph, settings: Settings) -> None:
    """Append the new value of every trained parameter that the loss depends on."""
    gradients = {n.of: n.name for n in graph.nodes.values() if n.role == "gradient"}
    lr = scalar(graph, "lr", settings.lr)
    momentum = scalar(graph, "momentum", settings.momentum) if settings.momentum is not None else None
    for name in list(graph.parameters):
        if name in gradients:
            descend(graph, name, gradients[name], settings, lr, momentum)


def descend(graph: Graph, name: str, g: str, settings: Settings, lr: str, momentum: str | None) -> None:
    """Append the new value of one parameter, and the velocity that it needs."""
    node, label = graph.nodes[name], graph.labels[name]
    decay = decay_of(graph, name, settings)
    # an input that the operation does not read is filled with one that is there
    unused = lr
    u = g
    if momentum is not None:
        start = Label(f"velocity_{label.symbol}", {k: f"velocity_{v}" for k, v in label.elements.items()})
        state = graph.add(start, node.shape, "state", layer=node.layer, of=name)
        inputs = (state, g, name, momentum, decay or unused)
        velocity = Velocity(decay is not None)
        u = graph.add(start, node.shape, "update", velocity, inputs=inputs, follows=state)
    step = Descend(decay is not None, momentum is not None, settings.nesterov)
    reads = (name, g, u, lr, momentum or unused, decay or unused)
    graph.add(label, node.shape, "update", step, inputs=reads, follows=name, layer=node.layer)


def scalar(graph: Graph, symbol: str, value: Formula) -> str:
    """A number of the optimizer as a given quantity."""
    name = graph.add(Label(symbol), (), "setting")
    graph.numbers[name] = value
    return name


def decay_of(graph: Graph, name: str, settings: Settings) -> str | None:
    """The weight decay of one parameter: its own, or that of the optimizer; None without."""
    own = graph.parameters[name].weight_decay
    value = settings.weight_decay if own is None else own
    if value is None:
        return None
    if own is not None:
        return scalar(graph, f"weight_decay_{graph.symbol(name)}", value)
    common = (n.name for n in graph.nodes.values() if n.role == "setting" and graph.symbol(n.name) == "weight_decay")
    return next(common, None) or scalar(graph, "weight_decay", value)
