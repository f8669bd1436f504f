"""The matrix forms of the heads of an attention, summed, side by side and shared, evaluated on arrays of PyTorch."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

from hwsolve import pipeline
from hwsolve.formula.notation import latex, plain, unicode
from hwsolve.formula.tree import ONE, Call, Ref
from hwsolve.render import Options, render

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

OF_HEADS = ("y", "dL_do", "dL_dWo", "dL_dk", "dL_dv", "dL_dq", "e", "o")


class Counted(np.ndarray):
    """An array whose parts count from 1, as those of a formula do."""

    def __getitem__(self, at: Any) -> Any:
        return np.asarray(self)[at - 1].view(Counted)


def turned(a: Any) -> Counted:
    return np.swapaxes(np.array(a), 0, 1).view(Counted)


def attended(dice: random.Random, heads: int, groups: int, width: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A random spec, and all that it computes by PyTorch, gradients too."""
    length, embed, bias = dice.randint(2, 3), dice.randint(3, 4), dice.random() < 0.5

    def drawn(*shape: int) -> torch.Tensor:
        numbers = [round(dice.uniform(-1, 1), 2) or 0.5 for _ in range(int(np.prod(shape)))]
        return torch.tensor(numbers, dtype=torch.float64).reshape(shape).requires_grad_()

    x, upstream = drawn(length, embed), drawn(length, embed)
    w = {"q": drawn(heads, width, embed), "k": drawn(groups, width, embed), "v": drawn(groups, width, embed)}
    wo, b = drawn(embed, heads, width), drawn(embed)
    q, k, v = (torch.einsum("hrm,im->hir", w[n], x) for n in "qkv")
    share = [h * groups // heads for h in range(heads)]
    e = torch.einsum("hir,hjr->hij", q, k[share]) / width**0.5
    alpha = torch.softmax(e, 2)
    o = torch.einsum("hij,hjr->hir", alpha, v[share])
    y = torch.einsum("mhr,hir->im", wo, o) + (b if bias else 0)
    found = {"x": x, "q": q, "k": k, "v": v, "e": e, "alpha": alpha, "o": o, "y": y, "Wo": wo} | (
        {"bo": b} if bias else {}
    )
    for one in found.values():
        one.retain_grad()
    y.backward(upstream)
    arrays = {name: a.detach().numpy() for name, a in found.items()}
    arrays |= {f"dL_d{name}": a.grad.numpy() for name, a in found.items()}
    if groups == 1 < heads:  # one head of keys and values has no index
        arrays |= {name: a[0] for name, a in arrays.items() if name.removeprefix("dL_d") in ("k", "v")}
    weights = {n: a.detach().reshape(-1, a.shape[2]).tolist() for n, a in w.items()}
    weights["out"] = wo.detach().reshape(embed, -1).tolist()
    biases = {"q": False, "k": False, "v": False, "out": b.detach().tolist()} if bias else False
    layer = {"embed_dim": embed, "num_heads": heads, "kv_heads": groups, "head_dim": width}
    spec = {
        "kind": "backprop",
        "network": {"input": [length, embed], "layers": [{"multihead_attention": layer | {"weight": weights, "bias": biases}}]},
        "input": x.tolist(),
        "upstream": upstream.tolist(),
    }  # fmt: skip
    return spec, arrays


@pytest.mark.parametrize(
    ("heads", "groups", "width"), [(2, 2, 2), (2, 2, 1), (2, 1, 2), (4, 2, 2), (4, 2, 1), (3, 3, 2)]
)
def test_the_forms_of_heads_give_what_pytorch_gives(heads: int, groups: int, width: int) -> None:
    dice, met = random.Random(heads + 7 * groups + width), set()
    for _ in range(3):
        spec, arrays = attended(dice, heads, groups, width)
        (problem,) = pipeline.read(json.dumps(spec), "<test>")
        data = json.loads(render([pipeline.work_out(problem)], "json", Options()))
        known: dict[str, Any] = {name: a.view(Counted) for name, a in arrays.items()}
        known |= {"T": turned, "rows": lambda a: np.asarray(a)[None], "sqrt": np.sqrt}
        for line in (line for section in data["sections"] for line in section["lines"]):
            if line.get("key") in OF_HEADS and "@" in line.get("formula", ""):
                made = np.array(eval(line["formula"], {"__builtins__": {}}, known))
                assert np.allclose(made, arrays[line["key"]], rtol=1e-9, atol=1e-12), line
                met.add(line["key"])
    assert met == set(OF_HEADS)


def test_the_parts_of_a_gradient_head_by_head() -> None:
    spec, arrays = attended(random.Random(5), 2, 2, 2)
    (problem,) = pipeline.read(json.dumps(spec), "<test>")
    page = render([pipeline.work_out(problem)], "plain", Options(width=100))
    assert "(∂L/∂Wo[·, 1, ·], ∂L/∂Wo[·, 2, ·]) = ((∂L/∂y)ᵀo₁, (∂L/∂y)ᵀo₂)" in page
    row = " ".join(page[page.index("(∂L/∂Wo[·, 1") :].splitlines()[1].split())
    first = arrays["dL_dWo"][0]
    assert all(f"{x:.5f}"[:6].lstrip("-") in row for x in (first[0, 0], first[1, 1])), (row, first)


def test_how_a_part_that_the_second_index_chooses_is_written() -> None:
    o, w = (Call("whole", (Ref(name),)) for name in "ow")
    f = Call("@", (Call("part", (o, ONE)), Call("T", (Call("part", (Call("T", (w,)), ONE)),))))
    assert unicode(f) == "o₁ w[·, 1, ·]ᵀ"
    assert latex(f) == r"o_{1} {w_{\cdot,1,\cdot}}^{\top}"
    assert plain(f) == "(o)[1] @ T((T(w))[1])"
