"""What a pass finds: layers between the tensors of a module, and who has which parameter."""

from __future__ import annotations

import re
from typing import Any

import torch

from hwsolve.importing.assembled import Imported
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.nodes import Node, Reading
from hwsolve.importing.torch.freezing import freeze
from hwsolve.importing.torch.values import Known
from hwsolve.language import say

# layers that tell the axes of a sample from each other
WHOLE = re.compile(r"conv|.*pool|(sync_)?batch_norm|instance_norm|group_norm|local_resp|prelu|rnn|lstm|gru|.*attention|"
                   r"transformer|upsample|pixel|channel|.*pad\d|fold|unfold|dropout\dd")  # fmt: skip


class Recorder(Known):
    """A pass in the making."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__(module)
        self.aside: list[Node] = []  # what has parameters beside the way of the data
        self.calls: dict[str, int] = {}
        self.leaf = 0
        self.touched: set[int] = set()  # what functions within layers read
        self.made: dict[int, Node] = {}  # the first call of each module that is a layer
        self.owners: dict[int, Node] = {}  # the layer of each parameter
        self.roles: dict[int, str] = {}  # what the layer calls it
        self.turned: set[int] = set()  # the parameters whose owner has them with their axes exchanged
        self.tables: dict[int, Any] = {}  # tensors that are tables of positions, by id
        self.states: dict[int, tuple[int, str]] = {}  # last states of recurrent layers
        self.dissolved: set[str] = set()  # calls that share parameters with others
        self.training = module.training
        self.elsewhere: set[int] = set()  # parameters that are read where no layer has a place for them
        self.notes: list[str] = []  # what is said above the text
        self.ends: tuple[str, ...] = ()

    def add(
        self, layer: str, settings: dict[str, Any], inputs: Any, outputs: Any, label: str = "", module: Any = None
    ) -> Node:  # fmt: skip
        """A layer that reads tensors and gives tensors."""
        if WHOLE.match(layer) and any(not isinstance(i, str) and self.is_joined(i) for i in inputs):
            raise Unreadable(say("{layer} of a batch that is one axis with another one is not read.", layer=layer))
        read = tuple(i if isinstance(i, str) else self.value(i) for i in inputs)
        made = tuple(self.give(o) for o in outputs)
        if "value" in settings and layer == "formula":
            settings = {"value": Reading(settings["value"], read, made[0])}
        node = Node(layer, settings, read, made, tuple(self.scopes), label)
        self.nodes.append(node if module is None else self.shared(node, module))
        return self.nodes[-1]

    def note(self, text: str) -> None:
        """Say something once above the text."""
        if text not in self.notes:
            self.notes.append(text)

    def rename(self, name: str, out: torch.Tensor) -> None:
        """A tensor is a quantity that was made."""
        self.keep.append(out)
        self.values[id(out)] = name

    def operand(self, x: torch.Tensor, rank: int) -> str:
        """The id of what an operation with `rank` axes reads: data, or a parameter in the shape it is read in."""
        if self.is_data(x):
            return self.values[id(x)]
        shape = tuple(x.shape)[-rank:] if x.ndim > rank else (1,) * (rank - x.ndim) + tuple(x.shape)
        base = self.base(x)
        if id(x) in self.changed:
            self.note(f"`{self.parameters[id(base)]}` stands for what is computed from it.")
        if base is None:
            self.uncomputed(x)
            return self.source(shape, "constant", "constant")
        size = 1
        for n in shape:
            size *= n
        if size != base.numel():
            held = self.own(x)
            shape = tuple(held)[-rank:]
            size = 1
            for n in shape:
                size *= n
            if size != base.numel():
                raise Unreadable(say("part of the parameter {name} is read.", name=self.parameters[id(base)]))
        if (id(base), shape) not in self.sources:
            if id(base) in self.read:
                raise Unreadable(say("the parameter {name} is read in two shapes.", name=self.parameters[id(base)]))
            self.read.add(id(base))
            self.sources[id(base), shape] = self.source(shape, self.parameters[id(base)].rpartition(".")[2])
            self.owners[id(base)], self.roles[id(base)] = self.nodes[-1], "value"
        return self.sources[id(base), shape]

    def uncomputed(self, x: torch.Tensor) -> None:
        """A constant does not come from parameters."""
        if id(x) in self.computed:
            names = ", ".join(self.computed[id(x)])
            raise Unreadable(say("what is computed from the parameters {names} is not read.", names=names))

    def value(self, x: torch.Tensor) -> str:
        """The id of a quantity, which may be a parameter."""
        return super().value(x) if self.base(x) is None else self.operand(x, len(self.own(x)))

    def left_out(self, module: Any, states: list[torch.Tensor]) -> None:
        """States that a recurrent layer starts from."""
        bases = {id(b) for x in states if (b := self.base(x)) is not None}
        self.elsewhere |= bases
        if bases or any(map(self.is_data, states)):
            self.note(f"The states that `{self.paths[id(module)]}` is given are left out.")

    def given(self, x: torch.Tensor) -> None:
        """A tensor without data is a constant."""
        self.uncomputed(x)
        self.rename(self.source(tuple(x.shape), "constant", "constant"), x)

    def is_matrix(self, x: Any) -> bool:
        """Whether a tensor is a parameter with two axes as it is, or with them exchanged."""
        return x.ndim == 2 and self.base(x) is not None and self.views.get(id(x), "same") != "other"

    def functional(
        self, layer: str, settings: dict[str, Any], x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor,
        bias: torch.Tensor | None = None, has_bias: bool = True, by_input: bool = False,
    ) -> None:  # fmt: skip
        """A layer whose parameters are given to a function; `by_input`: the first axis of its matrix is that of x."""
        held = self.base(weight)
        right = weight is held or (layer == "linear" and self.is_matrix(weight))
        if not right or (bias is not None and self.base(bias) is not bias):
            of = self.parameters.get(id(held), "") if held is not None else ""
            raise Unreadable(
                say("{name} with weights that are computed from {parameter} is not read.", name=layer, parameter=of)
                if of
                else say("{name} with weights that are computed is not read.", name=layer)
            )
        turned = by_input != (self.views.get(id(weight), "same") == "turned")
        if bias is not None and self.again(layer, settings, held, bias, turned):
            owner = self.owners[id(held)]
            name = owner.settings.setdefault("name", self.name_by(owner, held))
            self.join(owner, self.add("use", {"layer": name}, [x], [out], owner.label))
            return
        if bias is None and (has_bias or by_input):
            settings["bias"] = False
        node = self.add(layer, settings, [x], [out], self.parameters[id(held)].rpartition(".")[2])
        name = self.parameters[id(held)].replace(".", "_")
        for role, p in (("weight", held), ("bias", bias)):
            if p is None:
                continue
            self.read.add(id(p))
            self.roles.setdefault(id(p), role)
            owner = self.owners.setdefault(id(p), node)
            if owner is node:
                self.turned |= {id(p)} if turned and role == "weight" else set()
            elif layer not in ("linear", "embedding") or role == "bias" or not self.tie(node, p, name, turned):
                raise Unreadable(say("{name} shares a parameter in a way that has no form here.", name=name))

    def again(self, layer: str, settings: dict[str, Any], weight: Any, bias: Any, turned: bool) -> bool:
        """Whether a weight and a bias are those of a layer that was there, which is used once more."""
        owner = self.owners.get(id(weight))
        if owner is None or owner is not self.owners.get(id(bias)) or owner.layer != layer:
            return False
        alike = layer == "linear" or {k: v for k, v in owner.settings.items() if k != "name"} == settings
        return alike and turned == (id(weight) in self.turned) and self.roles[id(bias)] == "bias"

    def tie(self, node: Node, p: Any, name: str, turned: bool = False) -> bool:
        """Say that a layer's weight is that of another layer, perhaps with its axes exchanged; False if it can't be."""
        owner = self.owners[id(p)]
        if owner.layer not in ("linear", "embedding"):
            return False
        exchanged = {"transposed": True} if turned != (id(p) in self.turned) else {}
        node.settings["weight"] = {"tie": owner.settings.setdefault("name", name)} | exchanged
        self.join(owner, node)
        return True

    def shared(self, node: Node, module: Any) -> Node:
        """The layer, or its use once more; its parameters are read."""
        first = self.made.get(id(module))
        parameters = [p for p in module.parameters() if id(p) in self.touched]
        self.read.update(id(p) for p in parameters)
        if first is not None and parameters:
            name = self.name_of(first, module)
            self.join(first, node)
            return Node("use", {"layer": name}, node.inputs, node.outputs, node.scopes, node.label)
        self.made[id(module)] = node
        for role, p in module.named_parameters():
            owner = self.owners.get(id(p))
            if id(p) not in self.touched:
                continue
            if owner is None:
                self.owners[id(p)], self.roles[id(p)] = node, role
                self.holders[id(p)] = module
            elif not (
                p is getattr(module, "weight", None)
                and node.layer in ("linear", "embedding")
                and self.tie(node, p, self.name_by(owner, p))
            ):
                raise Unreadable(
                    say("{name} shares a parameter in a way that has no form here.", name=self.paths[id(module)])
                )
        return node

    def name_of(self, node: Node, module: Any) -> str:
        """The name of a layer that is used again."""
        name: str = node.settings.setdefault("name", self.path_of(node, module))
        return name

    def name_by(self, node: Node, p: Any) -> str:
        """The same by one of its parameters."""
        holder = self.holders.get(id(p))
        return self.parameters[id(p)].replace(".", "_") if holder is None else self.path_of(node, holder)

    def path_of(self, node: Node, module: Any) -> str:
        """What a layer may be called after its module."""
        path = self.paths.get(id(module), node.layer).replace(".", "_")
        return path if path.isidentifier() else f"{node.layer}_{path}"

    def join(self, a: Node, b: Node) -> None:
        """Two layers that share parameters stand in one list: what is called around only one of them is no block."""
        both = set(a.scopes) & set(b.scopes)
        self.dissolved |= {scope.id for scope in (*a.scopes, *b.scopes) if scope not in both}

    def unread(self) -> list[str]:
        """The parameters that nothing read."""
        return [name for name, p in self.module.named_parameters() if id(p) not in self.read]

    def imported(self) -> Imported:
        """The graph; parameters that nothing reads are not left out."""
        comments = tuple(self.notes)
        left = self.unread()
        sizes = dict(self.module.named_parameters())
        extra = []
        for name in left:
            word = name.replace(".", "_")
            settings = {"name": word, "shape": list(sizes[name].shape)}
            extra.append(Node("parameter", settings, (), (f"unread.{name}",), (), word))
            self.owners[id(sizes[name])], self.roles[id(sizes[name])] = extra[-1], "value"
        freeze(dict(self.module.named_parameters()), self.owners, self.roles)
        if self.training:
            comments += ("As in training: some parameters are read then alone.",)
        beside = [name for name in left if id(sizes[name]) in self.elsewhere]
        nowhere = [name for name in left if name not in beside]
        if nowhere:
            more = " …" if len(nowhere) > 6 else ""
            comments += (f"Nothing reads these parameters: {', '.join(nowhere[:6])}{more}",)
        for node in self.nodes:
            node.scopes = tuple(s for s in node.scopes if s.id not in self.dissolved)
        return Imported(extra + self.aside + self.nodes, self.inputs, self.names, self.ends, {}, comments)
