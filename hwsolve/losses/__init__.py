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
        "hinge": "hinge:Hinge",
        "hinge_embedding_loss": "hinge_embedding_loss:HingeEmbeddingLoss",
        "multi_margin_loss": "multi_margin_loss:MultiMarginLoss",
        "soft_margin_loss": "soft_margin_loss:SoftMarginLoss",
        "multilabel_margin_loss": "multilabel_margin_loss:MultilabelMarginLoss",
        "multilabel_soft_margin_loss": "multilabel_soft_margin_loss:MultilabelSoftMarginLoss",
        "margin_ranking_loss": "margin_ranking_loss:MarginRankingLoss",
        "cosine_embedding_loss": "cosine_embedding_loss:CosineEmbeddingLoss",
        "triplet_margin_loss": "triplet_margin_loss:TripletMarginLoss",
        "kl_div": "kl_div:KLDiv",
        "poisson_nll_loss": "poisson_nll_loss:PoissonNLLLoss",
        "gaussian_nll_loss": "gaussian_nll_loss:GaussianNLLLoss",
        "huber_loss": "huber_loss:HuberLoss",
        "smooth_l1_loss": "smooth_l1_loss:SmoothL1Loss",
        "cross_entropy": "cross_entropy:CrossEntropy",
        "nll_loss": "nll_loss:NLLLoss",
        "ctc_loss": "ctc_loss:CTCLoss",
        "binary_cross_entropy": "binary_cross_entropy:BinaryCrossEntropy",
        "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits:BinaryCrossEntropyWithLogits",
    },
)
