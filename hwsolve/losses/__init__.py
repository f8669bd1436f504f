"""The losses by name: one module per loss, imported when a spec uses it.

Names, arguments and defaults are those of torch.nn.functional; `half_squared_error` is the textbook's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.registry import Registry

if TYPE_CHECKING:
    from hwsolve.losses.loss import Loss

LOSSES: Registry[Loss] = Registry(
    "hwsolve.losses",
    {
        "half_squared_error": "half_squared_error:HalfSquaredError",
        "mse_loss": "mse_loss:MSELoss",
        "l1_loss": "l1_loss:L1Loss",
        "huber_loss": "huber_loss:HuberLoss",
        "smooth_l1_loss": "smooth_l1_loss:SmoothL1Loss",
        "cross_entropy": "cross_entropy:CrossEntropy",
        "nll_loss": "nll_loss:NLLLoss",
        "binary_cross_entropy": "binary_cross_entropy:BinaryCrossEntropy",
        "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits:BinaryCrossEntropyWithLogits",
    },
)
