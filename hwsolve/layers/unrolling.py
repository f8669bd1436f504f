"""A recurrent layer written into a graph: every quantity of every step is a node, a formula over those before it."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.tree import ZERO, Number, Ref
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Label
from hwsolve.graph.stack import Stack, stands_apart
from hwsolve.language import say
from hwsolve.layers.base import NotComputed, shape_text
from hwsolve.layers.gates import SYMBOL, ByGate, suffix
from hwsolve.layers.parameter import DEFAULT, ParameterSpec
from hwsolve.layers.step_formulas import StepFormulas, Text
from hwsolve.spec.fields import Array


class Unrolling:
    """Writes all layers, directions and steps."""

    def __init__(self, layer: Any, builder: Builder, x: str, named: dict[str, str]) -> None:
        self.layer, self.builder, self.x, self.named = layer, builder, x, named  # `named`: nodes of initial states
        shape = builder.own_shape(x)
        self.lead = int(builder.is_data(x) and builder.graph.batched)
        self.samples = builder.shape(x)[: self.lead]
        self.times = 1 if layer.CELL else shape[0]
        self.own = (shape[-1],) if layer.CELL else shape
        self.bare = layer.is_bare(self.own)
        self.parameters = layer.parameters(self.own)
        self.hidden: Any = layer.hidden_size
        self.width: Any = layer.width
        self.number = self.free_number()
        ends = [suffix(layer.num_layers, back) for back in layer.ways]
        self.output = layer.symbols.output or (builder.outputs[0] if builder.outputs else "")
        # behind the names of what comes out as it is; the last state alone has a name beside that of all
        alone = layer.returns == "last" and not layer.CELL and self.output != self.letter("h")
        self.end = None if alone or len(ends) > 1 else ends[0]
        self.nodes: dict[str, str] = {}  # the parameters by name

    def free_number(self) -> str:
        """What stands behind the default names, where they are taken: `_2`, `_3` …."""
        taken = {label.symbol for label in self.builder.graph.labels.values()}
        names = {*self.layer.STATES, *(SYMBOL[n] for n in self.layer.names()), *self.layer.GATES} - {""}
        names |= {f"a_{gate}" if gate else "a" for gate in self.layer.GATES}
        k = 1
        while any(f"{name}_{k}" in taken if k > 1 else name in taken for name in names):
            k += 1
        return f"_{k}" if k > 1 else ""

    def symbol(self, name: str, behind: str = "") -> str:
        """The letter of a quantity: the problem's, or its own name."""
        if name == "h" and self.output and behind == self.end:
            return self.output
        found = self.letter(name) + behind
        if found != self.output:
            return found
        return found + ("_l1" if self.layer.num_layers > 1 else "_forward")  # the name is that of what comes out

    def letter(self, name: str) -> str:
        """The letter of a quantity in the first layer."""
        return getattr(self.layer.symbols, name, None) or name + self.number

    # the layer

    def written(self) -> tuple[str, ...]:
        """The nodes of the outputs."""
        below: list[list[str]] = []
        for layer in range(1, self.layer.num_layers + 1):
            below = self.one_layer(layer, below)
        steps = [[row[k] for row in below] for k in range(len(self.layer.ways))]
        ends = [states[0 if back else -1] for states, back in zip(steps, self.layer.ways, strict=True)]
        alone = self.layer.CELL or self.layer.returns == "last"
        last = self.stack([[end] for end in ends], 0, "h", 0 if alone else 1)
        whole = last if alone else self.stack(steps, self.times, "h", 0)
        self.say_cuts()
        if stands_apart(self.builder.graph, last) and not self.layer.bidirectional:
            state, named = self.builder.graph.labels[ends[0]], Ref(self.builder.graph.symbol(last))
            end = Ref(state.symbol, (Number(state.time or 0),))
            self.builder.remarks.append(say("{last} is {state}, the state of the last step.", last=named, state=end))
        if self.layer.bidirectional:
            h = [Ref(self.symbol("h", suffix(self.layer.num_layers, back))) for back in self.layer.ways]
            both = Ref(self.builder.graph.symbol(whole))
            self.builder.remarks.append(
                say("{both} is {first}, and behind it {second}.", both=both, first=h[0], second=h[1])
            )
        if "c" not in self.layer.STATES:
            return whole, last
        return whole, last, self.stack([[end] for end in self.cells], 0, "c", 2)

    def stack(self, states: list[list[str]], times: int, name: str, port: int) -> str:
        """States as one array, that of an output."""
        width = self.width if name == "h" else self.hidden
        operation = Stack(times, (width,) * len(states), bool(self.lead), self.bare)
        nodes = tuple(node for side in states for node in side)
        shape = operation.shape(*(self.builder.shape(node) for node in nodes))
        stated = self.output if not port else "".join(self.builder.outputs[port : port + 1])
        if len(states) == 1:
            letter = self.symbol(name, suffix(self.layer.num_layers, False))
        else:
            letter = self.letter(name) + ("_last" if port else "_both")
        label = Label(stated or letter)
        return self.builder.graph.add(label, shape, "forward", operation, inputs=nodes, layer=self.builder.path)

    def for_each(self, spec: ParameterSpec, shape: tuple[int, ...]) -> ParameterSpec:
        """What the spec says of an initial state, once for each sample where it is the same for all."""
        values = spec.values
        if not self.lead or values is None or len(values.shape) != len(shape) - 1:
            return spec
        repeated = Array(shape, values.values * shape[0], values.node)
        return msgspec.structs.replace(spec, values=repeated)

    def named_state(self, name: str, wanted: tuple[Any, ...]) -> str:
        """The node of an initial state that is a quantity of the network."""
        node = self.named[name]
        if (found := self.builder.own_shape(node)) != wanted and (found, wanted) != ((1,), ()):
            known = {"name": name, "found": shape_text(found), "wanted": shape_text(wanted)}
            message = say("The initial state `{name}` has the shape {found}, but needs {wanted}.", **known)
            raise NotComputed(message)
        return node

    def say_cuts(self) -> None:
        """Where no gradient goes on."""
        cut = [t for t in range(2, self.times + 1) if self.is_cut(t)]
        if cut:
            steps = ", ".join(map(str, cut))
            self.builder.remarks.append(
                say("`{layer}`: the state enters step {steps} as a constant, and no gradient goes back through it.",
                    layer=self.builder.path, steps=steps)
            )  # fmt: skip

    def is_cut(self, t: int) -> bool:
        """Whether the state enters a step as a constant."""
        k = self.layer.truncate
        return bool(k) and t > 1 and (t - 1) % (k or 1) == 0

    def one_layer(self, layer: int, below: list[list[str]]) -> list[list[str]]:
        """The states of a layer, by step and direction."""
        found: list[list[str]] = [[] for _ in range(self.times)]
        self.cells: list[str] = []
        for back in self.layer.ways:
            direction = Direction(self, layer, back, below)
            states = direction.run()
            self.cells.append(direction.states.get("c", ""))
            for t, state in states.items():
                found[t - 1].append(state)
        return found

    def parameter(self, name: str, gate: str, behind: str) -> tuple[str, int]:
        """The node of a parameter, and at how many rows those of the gate begin."""
        spec = self.layer.of(name, behind)
        by_gate = isinstance(spec, ByGate)
        path = f"{name}{behind}.{gate}" if by_gate else name + behind
        if path not in self.nodes:
            parameter = self.parameters[path]
            symbol = self.symbol(SYMBOL[name]) + (f"_{gate}" if by_gate else "") + behind
            shape = parameter.shape
            if parameter.spec.rows == "inputs" and len(shape) == 2:
                shape = shape[::-1]
            self.nodes[path] = self.builder.own(self.layer, path, parameter, symbol, shape)
        rows = 0 if by_gate or name == "weight_hr" else self.layer.order.index(gate) * (1 if self.bare else self.hidden)
        return self.nodes[path], rows


class Direction(StepFormulas):
    """One layer in one direction."""

    def run(self) -> dict[int, str]:
        """The states by step."""
        whole = self.whole
        order = list(range(1, whole.times + 1))
        order = order[::-1] if self.back else order
        start = whole.times + 1 if self.back else 0
        for name in whole.layer.STATES:
            spec = whole.layer.initial.get(name + self.behind, DEFAULT)
            width = whole.width if name == "h" else whole.hidden
            shape = (*whole.samples, *(() if whole.bare else (width,)))
            label = Label(whole.symbol(name, self.behind), {}, start, whole.lead, self.behind)
            self.states[name] = (
                self.as_state(label, whole.named_state(name + self.behind, shape[whole.lead :]))
                if isinstance(spec, str)
                else whole.builder.initial(label, shape, whole.for_each(spec, shape), ZERO)
            )
        for name in whole.layer.names():  # those of one kind stand together, whatever reads them first
            for gate in whole.layer.GATES if name != "weight_hr" else ("",):
                whole.parameter(name, gate, self.behind)
        found = {}
        for k, t in enumerate(order, 1):
            self.t, self.cut = t, whole.is_cut(k)
            self.step()
            found[t] = self.states["h"]
        return found

    def as_state(self, label: Label, node: str) -> str:
        """A quantity of the network as the state before the first step."""
        builder, data = self.whole.builder, self.whole.lead and self.whole.builder.is_data(node)
        found = builder.own_shape(node)
        at, extents = ((), ()) if self.whole.bare else (("i",), found)
        term = "s" if not found else "s[i]" if at else "s[1]"
        operation = ByFormula(term, ("s",), ("s",) if data else (), at, extents)
        label = msgspec.structs.replace(label, lead=int(bool(data)))
        shape = (*builder.shape(node)[: label.lead], *extents)
        known = {"inputs": (node,), "layer": builder.path, "of": "initial"}
        name: str = builder.graph.add(label, shape, "forward", operation, **known)
        return name

    # one step

    def step(self) -> None:
        """The quantities of one step."""
        match self.whole.layer.GATES:
            case ("",):
                self.rnn()
            case (_, _, _):
                self.gru()
            case _:
                self.lstm()

    def rnn(self) -> None:
        """a = Wx x + Wh h + b, h = tanh(a)."""
        act = self.whole.layer.nonlinearity
        self.states["h"] = self.by_element("h", f"{act}(p)", p=self.affine("a", ""))

    def lstm(self) -> None:
        """The gates, the cell, the state."""
        before = {name: self.affine(f"a_{name}", name) for name in self.whole.layer.GATES}
        gate = {
            name: self.by_element(name, "tanh(p)" if name == "g" else "sigmoid(p)", p=a) for name, a in before.items()
        }
        p, q, s = gate["f"], gate["i"], gate["g"]
        self.states["c"] = self.by_element("c", "p*c + q*s", constant="c", p=p, c=self.states["c"], q=q, s=s)
        projected = getattr(self.whole.layer, "proj_size", None)
        end = self.by_element("m" if projected else "h", "p*tanh(c)", p=gate["o"], c=self.states["c"])
        if projected:
            text = Text([], {}, {}, set())
            weights, _ = self.weights(text, "p", "weight_hr", "")
            text.terms.append(f"Sum({self.cell(text, weights, 'i', 'k')}*{text.read('m', end)}[k], k, 1, K)")
            end = self.add("h", text, self.whole.width)
        self.states["h"] = end

    def gru(self) -> None:
        """Reset and update gate, the candidate, the state."""
        layer: Any = self.whole.layer
        before = {name: self.affine(f"a_{name}", name) for name in "rz"}
        r, z = [self.by_element(name, "sigmoid(p)", p=a) for name, a in before.items()]
        if layer.reset == "after":
            inner = Text([], {}, {}, set())
            self.from_state(inner, "n")
            self.add_bias(inner, "n", "bias_hh")
            u = self.add("u", inner, self.whole.hidden)
            outer = Text([], {}, {}, set())
            self.from_input(outer, "n")
            self.add_bias(outer, "n", *(name for name in layer.biases() if name != "bias_hh"))
            at = "" if self.whole.bare else "[i]"
            outer.terms.append(f"{outer.read('r', r)}{at}*{outer.read('u', u)}{at}")
            a = self.add("a_n", outer, self.whole.hidden)
        else:
            a = self.affine("a_n", "n", reset=r)
        n = self.by_element("n", "tanh(p)", p=a)
        text = "(1 - q)*p + q*h" if layer.update == "keeps" else "(1 - q)*h + q*p"
        self.states["h"] = self.by_element("h", text, constant="h", q=z, p=n, h=self.states["h"])
