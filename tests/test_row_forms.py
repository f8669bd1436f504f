"""The equations of the rows of `complexity`: forward they give what PyTorch's layer gives, back they give its gradients."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
import torch

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, references
from hwsolve.kinds.complexity.unrolled import rows_of
from hwsolve.kinds.complexity.written import Needs, Row
from hwsolve.layers.items import Item
from hwsolve.pipeline import read
from tests.test_complexity_formulas import FORMULAS

FUNCTIONS: dict[str, Any] = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt,
    "relu": torch.relu, "d_relu": lambda x: (x > 0).double(), "neg": torch.neg, "T": lambda x: x.T if x.dim() > 1 else x.reshape(1, -1),
    "d_tanh": lambda x: 1 - torch.tanh(x) ** 2, "sum": torch.sum,
}  # fmt: skip
STEPS = 4


class Machine:
    """Values of the names of equations; those of steps stand by their number."""

    def __init__(self, time: str = "") -> None:
        self.time, self.values, self.grads = time, dict[Any, torch.Tensor](), dict[Any, torch.Tensor]()

    def key(self, ref: Ref, letters: dict[str, int]) -> tuple[Any, tuple[int, ...]]:
        """What a quantity stands under, and the indices into it."""
        at = tuple(int(self.run(i, letters)) for i in ref.indices)
        return ((ref.name, at[0]), at[1:]) if self.time and at else (ref.name, at)

    def look(self, ref: Ref, letters: dict[str, int], found: dict[Any, torch.Tensor]) -> torch.Tensor:
        key, at = self.key(ref, letters)
        return found[key][tuple(i - 1 for i in at)]

    def run(self, f: Formula, letters: dict[str, int]) -> torch.Tensor:
        """A formula with these numbers for its letters."""
        match f:
            case Number():
                return torch.tensor(f.numerator / f.denominator, dtype=torch.float64)
            case Ref(name, ()) if name in letters:
                return torch.tensor(float(letters[name]), dtype=torch.float64)
            case Ref():
                return self.look(f, letters, self.values)
            case Call("grad", (Ref() as ref,)):
                return self.look(ref, letters, self.grads)
            case BigOperator(op, body, index, low, high):
                assert op == "Sum"
                ends = [int(self.run(end, letters)) for end in (low, high)]
                parts = [self.run(body, {**letters, index: k}) for k in range(ends[0], ends[1] + 1)]
                return torch.stack(parts).sum(0)
            case Call(name, args):
                found = [self.run(a, letters) for a in args]
                match name:
                    case "+" | "-":
                        total = found[0]
                        for one in found[1:]:
                            total = total + one if name == "+" else total - one
                        return total
                    case "*" | "odot":
                        total = found[0]
                        for one in found[1:]:
                            total = total * one
                        return total
                    case "@":
                        return product(*found)
                    case "/":
                        return found[0] / found[1]
                    case "**":
                        return found[0] ** found[1]
                return FUNCTIONS[name](*found)  # type: ignore[no-any-return]
        raise NotImplementedError(f)

    def array(self, left: Ref, right: Formula, sizes: dict[str, int], letters: dict[str, int]) -> torch.Tensor:
        """All elements of what an equation gives."""
        indices = [i.name for i in left.indices if isinstance(i, Ref) and i.name not in letters and i.name != self.time]
        if not indices:
            return self.run(right, letters)
        ranges = [range(1, sizes[i] + 1) for i in indices]
        parts = [self.run(right, letters | dict(zip(indices, at, strict=True))) for at in itertools.product(*ranges)]
        return torch.stack(parts).reshape([len(r) for r in ranges])


def rows_with_equations(layer: Any, shape: list[int]) -> tuple[Item, list[Row]]:
    spec = {"kind": "complexity", "network": {"input": shape, "layers": [layer]}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    (item,) = problem.network.items
    assert item.layer is not None
    learned = frozenset(item.layer.learned(*item.shapes))
    return item, list(rows_of(item.layer, item.shapes, Needs((True,) * len(item.inputs), (0,), learned), True))


def of_gate(form: Formula, old: str, new: str) -> Formula:
    """An equation for another gate."""
    names = {ref.name for ref in references(form)}
    other = {n: new if n == old else n.removesuffix(old) + new if n.endswith(f"_{old}") else n for n in names}

    def change(f: Any) -> Any:
        if isinstance(f, Ref):
            return Ref(other.get(f.name, f.name), tuple(map(change, f.indices)))
        if isinstance(f, Call):
            return Call(f.name, tuple(map(change, f.args)))
        return f if not isinstance(f, BigOperator) else BigOperator(f.op, change(f.body), f.index, f.low, f.high)

    return change(form)  # type: ignore[no-any-return]


def equations(rows: list[Row], phases: tuple[str, ...]) -> list[tuple[Any, Formula]]:
    """Left and right sides, those of all gates that a row stands for."""
    found = []
    for row in rows:
        if row.phase in phases and row.form is not None:
            for gate in row.gates or ("",):
                form = of_gate(row.form, row.gates[0], gate) if gate and gate != row.gates[0] else row.form
                assert isinstance(form, Call) and form.name == "=="
                found.append((form.args[0], form.args[1]))
    return found


def own(ref: Any) -> Ref:
    """The quantity of a left side."""
    inner = ref.args[0] if isinstance(ref, Call) else ref
    assert isinstance(inner, Ref)
    return inner


RECURRENT: list[tuple[str, dict[str, Any]]] = [
    ("rnn", {}),
    ("lstm", {}),
    ("gru", {}),
    ("gru", {"reset": "before"}),
    ("gru", {"update": "replaces"}),
]


@pytest.mark.parametrize(("kind", "more"), RECURRENT)
def test_the_equations_of_steps(kind: str, more: dict[str, Any]) -> None:
    come, hidden = 3, 2
    _, rows = rows_with_equations({kind: {"hidden_size": hidden, **more}}, [STEPS, come])
    assert all(row.form is not None for row in rows)
    torch.manual_seed(3)
    machine = Machine("t")

    def drawn(key: Any, *shape: int) -> None:
        machine.values[key] = torch.randn(shape, dtype=torch.float64, requires_grad=True)

    forward = equations(rows, ("forward",))
    made = {own(left).name for left, _ in forward}
    for _, right in forward:
        for ref in references(right):
            if not ref.indices and ref.name not in {*machine.values, "t"}:
                shape = {"W": (hidden, come), "U": (hidden, hidden)}.get(ref.name[0], (hidden,))
                drawn(ref.name, *shape)
    for t in range(1, STEPS + 1):
        drawn(("x", t), come)
    drawn(("h", 0), hidden)
    drawn(("c", 0), hidden)
    for t in range(1, STEPS + 1):
        waiting = list(forward)
        while waiting:
            left, right = waiting.pop(0)
            try:
                machine.values[own(left).name, t] = machine.run(right, {"t": t})
            except KeyError:
                waiting.append((left, right))
    if not more:
        check_output(kind, machine, come, hidden)
    weights = torch.randn(STEPS, hidden, dtype=torch.float64)
    loss = sum((machine.values["h", t] * weights[t - 1]).sum() for t in range(1, STEPS + 1))
    keys = [key for key, value in machine.values.items() if value.requires_grad and key != ("c", 0)]
    grads = torch.autograd.grad(loss, [machine.values[key] for key in keys], retain_graph=True, allow_unused=True)  # type: ignore[arg-type]
    machine.grads = {key: g for key, g in zip(keys, grads, strict=True) if g is not None}
    machine.grads |= {("y", t): weights[t - 1] for t in range(1, STEPS + 1)}
    back = equations(rows, ("error", "gradient"))
    later = {own(left) for left, right in back if "t + 1" in text(right)}
    assert {own(left).name for left, _ in back} >= made
    for left, right in back:
        several = [1] if not own(left).indices else range(1, STEPS + 1)
        if "t + 1" in text(right):
            several = range(1, STEPS)
        elif own(left) in later:
            several = [STEPS]
        for t in several:
            letters = {"t": t} if own(left).indices else {}
            torch.testing.assert_close(
                machine.run(right, letters),
                machine.run(left, letters),
            )


def text(f: Formula) -> str:
    from hwsolve.formula.notation import plain

    return plain(f)


def check_output(kind: str, machine: Machine, come: int, hidden: int) -> None:
    """PyTorch's layer with the same numbers gives the same."""
    torch_layer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](come, hidden).double()
    gates = {"rnn": [""], "lstm": ["_i", "_f", "_g", "_o"], "gru": ["_r", "_z", "_n"]}[kind]
    for name, letter in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b"), ("bias_hh", "d")):
        parts = [machine.values.get(letter + gate, machine.values.get(letter)) for gate in gates]
        getattr(torch_layer, f"{name}_l0").data = torch.cat(parts).detach()  # type: ignore[arg-type]
    x = torch.stack([machine.values["x", t] for t in range(1, STEPS + 1)]).unsqueeze(1)
    start: Any = machine.values["h", 0].reshape(1, 1, -1)
    start = (start, machine.values["c", 0].reshape(1, 1, -1)) if kind == "lstm" else start
    y = torch_layer(x, start)[0].squeeze(1)
    torch.testing.assert_close(torch.stack([machine.values["h", t] for t in range(1, STEPS + 1)]), y)


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A matrix times a column, or a column times a row."""
    return torch.outer(a, b[0]) if a.dim() == 1 and b.dim() == 2 else a @ b


def elements_agree(rows: list[Row], machine: Machine, sizes: dict[str, int]) -> torch.Tensor:
    """Forward the equations are worked out, in order; back each must give the gradient.  Gives the last quantity."""
    for left, right in equations(rows, ("forward",)):
        machine.values[own(left).name] = y = machine.array(own(left), right, sizes, {})
    names = list(machine.values)
    weights = torch.randn(*y.shape, dtype=torch.float64)
    grads = torch.autograd.grad((y * weights).sum(), [machine.values[name] for name in names])
    machine.grads = dict(zip(names, grads, strict=True))
    back = equations(rows, ("error", "gradient"))
    assert {own(left).name for left, _ in back} == {*names} - {last_name(rows)}
    for left, right in back:
        ref, wanted = own(left), machine.grads[own(left).name]
        letters = {i.name: n for i, n in zip(ref.indices, wanted.shape, strict=True) if isinstance(i, Ref)}
        got = machine.array(ref, right, letters, {})
        assert torch.allclose(got, wanted), f"{text(left)} = {text(right)}"
    return y.detach()


def last_name(rows: list[Row]) -> str:
    return [own(left).name for left, _ in equations(rows, ("forward",))][-1]


@pytest.mark.parametrize("bias", [True, False])
def test_the_equations_of_attention(bias: bool) -> None:
    heads, n, width, embed = 2, 4, 3, 6
    more = {"embed_dim": embed, "num_heads": heads, "bias": bias}
    _, rows = rows_with_equations({"multihead_attention": more}, [n, embed])
    assert all(row.form is not None for row in rows)
    torch.manual_seed(4)
    machine = Machine()
    x = torch.randn(n, embed, dtype=torch.float64)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("Wq", "Wk", "Wv"), (heads, width, embed))
    shapes |= {"Wo": (embed, heads, width)}
    shapes |= (dict.fromkeys(("bq", "bk", "bv"), (heads, width)) | {"bo": (embed,)}) if bias else {}
    drawn = {name: torch.randn(*shape, dtype=torch.float64) for name, shape in shapes.items()}
    drawn |= dict.fromkeys(("x_q", "x_k", "x_v"), x)
    machine.values = {name: value.clone().requires_grad_() for name, value in drawn.items()}
    y = elements_agree(rows, machine, {"h": heads, "i": n, "j": n, "r": width, "m": embed})
    peer = torch.nn.MultiheadAttention(embed, heads, bias=bias).double()
    stacked = [drawn[f"W{c}"].reshape(embed, embed) for c in "qkv"]
    peer.in_proj_weight.data, peer.out_proj.weight.data = torch.cat(stacked), drawn["Wo"].reshape(embed, embed)
    if bias:
        peer.in_proj_bias.data = torch.cat([drawn[f"b{c}"].reshape(-1) for c in "qkv"])
        peer.out_proj.bias.data = drawn["bo"]
    torch.testing.assert_close(y, peer(x, x, x)[0].detach())


FORMED: tuple[Any, ...] = (
    lambda x, A: x @ A,
    lambda x, A, b: torch.tanh(x @ A + b),
    lambda x, A: torch.log(1 + torch.exp(x @ A)),
    lambda x, A, B: (x @ A) @ B.T,
    lambda x, A, B: torch.sigmoid(x @ A) * (x @ B),
    lambda x, A: torch.tanh(x) @ A,
    lambda x, A, B: (A[:, None] * torch.tanh(B[None, None] * x[:, :, None] + A[None, :, None])).sum(1),
    lambda x, s: x * s + s**3 * x**2,
    lambda x, a: (x - a) / (1 + torch.exp(x)),
)


@pytest.mark.parametrize(("n", "case"), list(enumerate(FORMULAS)), ids=[value for value, _, _ in FORMULAS])
def test_the_equations_of_a_formula(n: int, case: tuple[str, dict[str, list[str]], str]) -> None:
    value, parameters, output = case
    sizes = {"n": 4, "d": 3, "e": 2}
    shapes = {name: [sizes[c] for c in axes] for name, axes in parameters.items()}
    layer = {"formula": {"value": value, "parameters": {name: {"shape": shape} for name, shape in shapes.items()}}}
    _, rows = rows_with_equations(layer, [4, 3])
    torch.manual_seed(5)
    machine = Machine()
    machine.values = {
        name: torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for name, shape in {"input": [4, 3], **shapes}.items()
    }
    (first, *_) = [own(left) for left, _ in equations(rows, ("forward",))]
    letters = {i.name: sizes[c] for i, c in zip(first.indices, output, strict=True) if isinstance(i, Ref)}
    y = elements_agree(rows, machine, letters)
    x, *others = (machine.values[name] for name in ("input", *parameters))
    torch.testing.assert_close(y, FORMED[n](x, *others).detach())
