"""Updates as nodes of the graph: what an optimizer's list of formulas gives for every trained parameter.

A line is a name and a formula over w, g, the settings, the states, earlier lines, and t.  `m'` is the new value of the
state m, and `w'` that of the parameter; a name without a prime is a quantity of one update (role `temporary`), as m̂, or
takes the place of the one that was called so, as a decayed gradient that of g.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

import msgspec

from hwsolve.formula.arrays import of_names
from hwsolve.formula.definition import CONSTANTS, defined
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, call, references
from hwsolve.graph.by_formula import of_definition
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.label import Label
from hwsolve.graph.operation import Array, Operation, Sizes

Lines = tuple[tuple[str, str], ...]
ASIDE = "_opt"  # behind the letter of what is the optimizer's own, where others have that letter
COUNTED = ("k", "t", "n", "s")  # letters for the number of the update; the first that is free


class Clipping(msgspec.Struct, frozen=True):
    """How gradients are cut off: to a norm of all of them together, or each number to a size."""

    norm: Formula | None
    value: Formula | None
    eps: Formula


class Rule(msgspec.Struct, frozen=True):
    """What an optimizer does with a parameter: its numbers, the starts of its states, and its formulas.

    A parameter without weight decay has the lines `plain`; `weight_decay` is None where only a parameter has its own.
    `schedule` are lines of the run, in front of all others; `shared` the states that are one number for all parameters.
    """

    settings: dict[str, Formula]
    states: dict[str, Formula]
    plain: Lines
    decayed: Lines
    weight_decay: Formula | None = None
    schedule: Lines = ()
    shared: tuple[str, ...] = ()
    clip: Clipping | None = None


class UpdateLine(Operation, frozen=True):
    """A formula of an optimizer, element by element; the inputs that are `arrays` have the shape of the parameter."""

    by_element = True
    line: str
    reads: tuple[str, ...]
    arrays: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the formula, in its order."""
        return self.reads

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """The arrays among them."""
        return self.arrays

    def text(self) -> str:
        """The formula."""
        return self.line

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """The same for the whole parameter."""
        return {"y": plain(over_whole_arrays(parse(self.line), frozenset(self.arrays)))} if self.arrays else {}

    @property
    def forward(self) -> Callable[..., Array]:
        """The formula as array code, in the shape of the parameter: looked up once for a whole training."""
        return of_names(self.line, self.reads)


def over_whole_arrays(f: Formula, arrays: frozenset[str]) -> Formula:
    """The formula of an element as one over whole arrays: products, squares and quotients go element by element."""
    if not reads(f, arrays) or not isinstance(f, Call):
        return f
    match f:
        case Call("**", (base, Number(2, 1))):
            return over_whole_arrays(call("*", base, base), arrays)
        case Call("*" | "/"):
            numbers, factors, divisors = parted(f, arrays)
            terms = [*numbers, product_of(factors)] if factors else numbers or [Number(1)]
            top = call("*", *terms) if len(terms) > 1 else terms[0]
            return call("/", top, product_of(divisors)) if divisors else top
    return Call(f.name, tuple(over_whole_arrays(part, arrays) for part in f.args))


def product_of(factors: list[Formula]) -> Formula:
    """The product of arrays, element by element."""
    whole = factors[0]
    for factor in factors[1:]:
        whole = call("odot", whole, factor)
    return whole


def parted(f: Formula, arrays: frozenset[str]) -> tuple[list[Formula], list[Formula], list[Formula]]:
    """The numbers, the arrays and the divisors of which a formula is the product and the quotient."""
    match f:
        case Call("*", args):
            found = [parted(part, arrays) for part in args]
            numbers, factors, divisors = (list(chain.from_iterable(column)) for column in zip(*found, strict=True))
            return numbers, factors, divisors
        case Call("/", (top, bottom)) if reads(bottom, arrays):
            numbers, factors, divisors = parted(top, arrays)
            return numbers, factors, [*divisors, over_whole_arrays(bottom, arrays)]
        case Call("/", (top, bottom)) if reads(top, arrays):
            return [], [call("/", over_whole_arrays(top, arrays), bottom)], []
    whole = over_whole_arrays(f, arrays)
    return ([], [whole], []) if reads(f, arrays) else ([whole], [], [])


def reads(f: Formula, names: frozenset[str]) -> bool:
    """Whether one of the names stands in a formula."""
    return any(r.name in names for r in references(f))


def update(graph: Graph, rule: Rule, gradients: Mapping[str, str] | None = None) -> dict[str, Formula]:
    """Append the new value of every trained parameter that has a gradient: by default that of the loss.

    What comes back is the number at which each state starts.
    """
    if gradients is None:
        gradients = {n.of: n.name for n in graph.nodes.values() if n.role == "gradient"}
    lines = tuple(dict.fromkeys((*rule.schedule, *rule.plain, *rule.decayed)))
    read = {name for _, text in lines for name in names_of(text)}
    common = {name: scalar(graph, name, value) for name, value in rule.settings.items() if name in read}
    if "t" in read:
        letters = {symbol for label in graph.labels.values() for symbol in (label.symbol, *label.elements.values())}
        common["t"] = graph.add(Label(next(s for s in COUNTED if s not in letters)), (), "counter")
    starts: dict[str, Formula] = {}
    for state in rule.shared:
        common[state] = graph.add(Label(state), (), "state")
        starts[common[state]] = rule.states[state]
    for new, text in lines:
        if common.keys() >= set(names_of(text)):  # the same for all parameters, as a learning rate that falls
            enter_common(graph, new, text, common)
    trained = [name for name in graph.parameters if name in gradients]
    cut = clipped(graph, rule.clip, {name: gradients[name] for name in trained})
    for name in trained:
        starts |= renew(graph, name, rule, common, cut[name])
    return starts


def enter_common(graph: Graph, new: str, text: str, common: dict[str, str]) -> None:
    """Append a line of the run: a quantity of this update alone, or the new value of a shared state."""
    base = new.removesuffix("'")
    if base == new:
        common[new] = append(graph, Label(new), "temporary", text, common)
    else:
        follows = common[base]
        common[unprimed(new)] = append(graph, graph.labels[follows], "update", text, common, follows=follows)


def clipped(graph: Graph, clip: Clipping | None, gradients: dict[str, str]) -> dict[str, str]:
    """The gradients that the rule reads, by parameter: those of the loss, or these cut off."""
    if clip is None or not gradients:
        return gradients
    if clip.norm is not None:
        where = {"max_norm": scalar(graph, "max_norm", clip.norm), "gnorm": norm_of(graph, gradients)}
        text = "min(1, max_norm/gnorm)"
        if clip.eps != Number(0):
            where["clip_eps"], text = scalar(graph, "clip_eps", clip.eps), "min(1, max_norm/(gnorm + clip_eps))"
        where["scale"], line = append(graph, Label("scale"), "temporary", text, where), "scale*g"
    else:
        assert clip.value is not None
        where = {"clip_value": scalar(graph, "clip_value", clip.value)}
        line = "max(-clip_value, min(g, clip_value))"
    found = {}
    for name, g in gradients.items():
        more = {"layer": graph.nodes[name].layer, "of": name}
        found[name] = append(graph, beside(graph, "ghat", name), "temporary", line, where | {"g": g}, **more)
    return found


def norm_of(graph: Graph, gradients: dict[str, str]) -> str:
    """The root of the sum of the squares of all numbers of all gradients."""
    names = {f"g{k}": name for k, name in enumerate(gradients.values(), 1)}
    shapes = {g: graph.nodes[name].shape for g, name in names.items()}
    squares = [f"sum({g}**2)" if shape else f"{g}**2" for g, shape in shapes.items()]
    found = defined(parse(f"sqrt({' + '.join(squares)})", True), shapes)
    inputs = tuple(names[g] for g in found.reads)
    return graph.add(Label("gnorm"), (), "temporary", of_definition(found, frozenset()), inputs=inputs)


def renew(graph: Graph, name: str, rule: Rule, common: dict[str, str], gradient: str) -> dict[str, Formula]:
    """Append the lines of one parameter; `common` gives the nodes behind the names that all parameters share."""
    node, where = graph.nodes[name], common | {"w": name, "g": gradient}
    decay = decay_of(graph, name, rule)
    if decay is not None:
        where["weight_decay"] = decay
    own = {state: start for state, start in rule.states.items() if state not in rule.shared}
    for state in own:
        where[state] = graph.add(beside(graph, state, name), node.shape, "state", layer=node.layer, of=name)
    starts = {where[state]: start for state, start in own.items()}
    for new, text in rule.plain if decay is None else rule.decayed:
        base = new.removesuffix("'")
        if unprimed(new) in common:
            continue
        if base != new:
            more = {"layer": node.layer, "follows": where[base]}
            where[unprimed(new)] = append(graph, graph.labels[where[base]], "update", text, where, **more)
        else:
            more = {"layer": node.layer, "of": name}
            where[new] = append(graph, beside(graph, new, name), "temporary", text, where, **more)
    return starts


def append(graph: Graph, label: Label, role: str, text: str, where: dict[str, str], **more: str) -> str:
    """Append what one line gives; `where` has the nodes behind its names."""
    reads = names_of(text)
    inputs = tuple(where[r] for r in reads)
    arrays = {r: graph.nodes[i].shape for r, i in zip(reads, inputs, strict=True) if graph.nodes[i].shape}
    shape = next(iter(arrays.values()), ())
    return graph.add(label, shape, role, UpdateLine(unprimed(text), reads, tuple(arrays)), inputs=inputs, **more)


def beside(graph: Graph, symbol: str, name: str) -> Label:
    """How a quantity of the optimizer for a parameter is written: `m_w1`, and so its elements where they have names."""
    label = graph.labels[name]
    return Label(f"{symbol}_{label.symbol}", {k: f"{symbol}_{v}" for k, v in label.elements.items()})


def called(graph: Graph, node: Node) -> str:
    """What a state or a temporary quantity is called in the formulas of its optimizer."""
    return graph.symbol(node.name).removesuffix(f"_{graph.symbol(node.of)}" if node.of else ASIDE)


def names_of(text: str) -> tuple[str, ...]:
    """The quantities of a line in its order."""
    return tuple(dict.fromkeys(r.name for r in references(parse(unprimed(text))) if r.name not in CONSTANTS))


def unprimed(text: str) -> str:
    """A line as a formula can be written: `m_new` for m'."""
    return text.replace("'", "_new")


def scalar(graph: Graph, symbol: str, value: Formula, of: str = "") -> str:
    """A number of the optimizer as a given quantity; `of` one parameter."""
    name = graph.add(Label(symbol), (), "setting", of=of)
    graph.numbers[name] = value
    return name


def decay_of(graph: Graph, name: str, rule: Rule) -> str | None:
    """The weight decay of one parameter: its own, or that of the optimizer; None without."""
    own = graph.parameters[name].weight_decay
    if own is not None:
        return scalar(graph, f"weight_decay_{graph.symbol(name)}", own, name)
    if rule.weight_decay is None:
        return None
    common = (n.name for n in graph.nodes.values() if n.role == "setting" and graph.symbol(n.name) == "weight_decay")
    return next(common, None) or scalar(graph, "weight_decay", rule.weight_decay)
