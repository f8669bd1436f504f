"""Scaled dot-product attention, operation by operation: scores, weights, what comes out; with an index for the head.

e = q·k/√d, α = softmax(e) over what the mask lets through, o = Σ α v.  Source: arXiv 1706.03762, eq. 1.
"""

from __future__ import annotations

from hwsolve import numbers
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Formula, formula
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.operation import Array, repeated
from hwsolve.layers.sizes import Size
from hwsolve.layers.softmax import softmax


class Attending(ByFormula, frozen=True):
    """An operation with the usual letters: h heads, i queries, j keys, r numbers in a head, m numbers of a token."""

    lettered = True


class MaskedSoftmax(Attending, frozen=True):
    """α[i,j] = exp(e[i,j])/Σₛ exp(e[i,s]) over what M lets through; array code keeps exponentials in range.

    Among the data, M is that of each sample.
    """

    by_rows = True

    def forward(self, x: Array, mask: Array = None) -> Array:
        """Each row sums to 1 over what is let through, and is 0 elsewhere."""
        if mask is None:
            return softmax(x)
        import numpy as np

        y = np.zeros(x.shape) if numbers.is_float(x) else repeated(numbers.exact(0), x.shape)
        each = "M" in self.data
        for own, here, there in zip(mask, x, y, strict=True) if each else ((mask, x, y),):
            for row in np.ndindex(own.shape[:-1]):
                at = (..., *row, [j for j, seen in enumerate(own[row]) if seen != 0])
                there[at] = softmax(here[at])
        return y


def scores(data: tuple[str, ...], dim: Size, scale: Formula | bool, heads: bool, group: Size) -> Attending:
    """e[i,j] = Σ q[i,r] k[j,r], over √d or times a number of one's own."""
    h, k_head = head_indices(heads, group)
    total = f"Sum(q[{h}i,r]*k[{k_head}j,r], r, 1, R)"
    over, by = (
        f"/sqrt({plain(formula(dim))})" if scale is True and dim != 1 else "",
        "s*" if not isinstance(scale, bool) else "",
    )
    forms = () if heads else tuple(
        (name, by + f + over) for name, f in (("y", "(q @ T(k))"), ("q", "(g @ k)"), ("k", "(T(g) @ q)"))
    )  # fmt: skip
    names = ("q", "k", "s") if by else ("q", "k")
    at = ("h", "i", "j") if heads else ("i", "j")
    return Attending(by + total + over, names, data, at, whole=forms)


def weights(masked: bool, heads: bool, mask_heads: bool, each: bool = False) -> MaskedSoftmax:
    """α of the scores; `each`: every sample has a mask of its own."""
    h, m = ("h," if heads else ""), ("h," if mask_heads else "")
    through, others = (f"M[{m}i,j]*", f"M[{m}i,s]*") if masked else ("", "")
    text = f"{through}exp(x[{h}i,j])/Sum({others}exp(x[{h}i,s]), s, 1, S)"
    h, m, row, place = (
        ("m1," if heads else ""),
        ("m1," if mask_heads else ""),
        *(("m2", "m3") if heads else ("m1", "m2")),
    )
    through, others = (f"M[{m}{row},{place}]*", f"M[{m}{row},s]*") if masked else ("", "")
    slope = f"{through}y[{h}{row},{place}]*(g[{h}{row},{place}] - Sum({others}g[{h}{row},s]*y[{h}{row},s], s, 1, S))"
    names = ("x", "M") if masked else ("x",)
    at = ("h", "i", "j") if heads else ("i", "j")
    return MaskedSoftmax(
        text, names, ("x", "M") if each else ("x",), at, constants=(1,) if masked else (), slopes=(("x", slope),)
    )


def dropped(heads: bool, mask_heads: bool, kept: Formula) -> Attending:
    """α times 0 or 1/(1 − p)."""
    h, m = ("h," if heads else ""), ("h," if mask_heads else "")
    at = ("h", "i", "j") if heads else ("i", "j")
    over = "" if plain(kept) == "1" else f"/({plain(kept)})"
    return Attending(f"R[{m}i,j]*x[{h}i,j]{over}", ("x", "R"), ("x",), at, constants=(1,))


def mixed(data: tuple[str, ...], masked: bool, heads: bool, group: Size, mask_heads: bool) -> Attending:
    """o[i,r] = Σⱼ α[i,j] v[j,r], over what the mask lets through."""
    h, v_head = head_indices(heads, group)
    through = f"M[{'h,' if mask_heads else ''}i,j]*" if masked else ""
    forms = () if heads else (("y", "p @ v"), ("v", "T(p) @ g"), ("p", "odot(M, g @ T(v))" if masked else "g @ T(v)"))
    names = ("p", "v", "M") if masked else ("p", "v")
    at = ("h", "i", "r") if heads else ("i", "r")
    text = f"Sum({through}p[{h}i,j]*v[{v_head}j,r], j, 1, J)"
    return Attending(text, names, data, at, constants=(2,) if masked else (), whole=forms)


def head_indices(heads: bool, group: Size) -> tuple[str, str]:
    """The index of a head, and of the keys and values that it reads: `group` heads share them, 0 where all do."""
    if not heads:
        return "", ""
    return "h,", "" if group == 0 else "h," if group == 1 else f"floor((h - 1)/({plain(formula(group))})) + 1,"


def projected(bias: bool, heads: bool) -> Attending:
    """q[h,i,r] = Σₘ w[h,r,m] x[i,m] + b[h,r]: what each head reads of a row."""
    h = "h," if heads else ""
    text = f"Sum(w[{h}r,m]*x[i,m], m, 1, M)" + (f" + b[{h}r]" if bias else "")
    forms: tuple[tuple[str, str], ...] = ()
    if not heads:
        forms = ("y", "x @ T(w)" + (" + rows(b)" if bias else "")), ("x", "g @ w"), ("w", "T(g) @ x")
    names = ("x", "w", "b") if bias else ("x", "w")
    return Attending(text, names, ("x",), ("h", "i", "r") if heads else ("i", "r"), whole=forms)


def with_rows(heads: bool, bias: bool, shape: tuple[int, ...], rows: int) -> Attending:
    """The rows of x, then a row b where there is a bias, then zeros: `rows` more of them in all."""
    h = "h," if heads else ""
    text = f"x[{h}j,r]" + (f" + b[j - A,{h}r]" if bias else "")  # what lies outside an array is absent
    extents = (*shape[:-2], shape[-2] + rows, shape[-1])
    names = ("x", "b") if bias else ("x",)
    return Attending(
        text, names, ("x",), ("h", "j", "r") if heads else ("j", "r"), extents, numbers=(("A", shape[-2]),)
    )


def joined(bias: bool) -> Attending:
    """y[i,m] = Σₕ Σᵣ w[m,h,r] o[h,i,r] + b[m]: the heads side by side, times the weights of the output."""
    text = "Sum(Sum(w[m,h,r]*x[h,i,r], r, 1, R), h, 1, H)" + (" + b[m]" if bias else "")
    return Attending(text, ("x", "w", "b") if bias else ("x", "w"), ("x",), ("i", "m"))
