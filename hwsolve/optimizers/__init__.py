"""The optimizers by name: one module per optimizer, imported when a spec uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.registry import Registry

if TYPE_CHECKING:
    from hwsolve.optimizers.optimizer import Optimizer

OPTIMIZERS: Registry[Optimizer] = Registry(
    "hwsolve.optimizers",
    {
        "sgd": "sgd:SGD",
        "asgd": "asgd:ASGD",
        "rprop": "rprop:Rprop",
        "adagrad": "adagrad:Adagrad",
        "rmsprop": "rmsprop:RMSprop",
        "adadelta": "adadelta:Adadelta",
        "adam": "adam:Adam",
        "adamw": "adamw:AdamW",
        "nadam": "nadam:NAdam",
        "radam": "radam:RAdam",
        "adamax": "adamax:Adamax",
    },
)
