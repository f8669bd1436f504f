"""The initializers by name: one module per rule of torch.nn.init, imported when a spec uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.registry import Registry

if TYPE_CHECKING:
    from hwsolve.initializers.initializer import Initializer

INITIALIZERS: Registry[Initializer] = Registry(
    "hwsolve.initializers",
    {
        "uniform": "uniform:Uniform",
        "normal": "normal:Normal",
        "constant": "constant:Constant",
        "ones": "constant:Ones",
        "zeros": "constant:Zeros",
        "eye": "eye:Eye",
        "dirac": "dirac:Dirac",
        "xavier_uniform": "xavier:XavierUniform",
        "xavier_normal": "xavier:XavierNormal",
        "kaiming_uniform": "kaiming:KaimingUniform",
        "kaiming_normal": "kaiming:KaimingNormal",
        "trunc_normal": "trunc_normal:TruncNormal",
        "orthogonal": "orthogonal:Orthogonal",
        "sparse": "sparse:Sparse",
    },
)
