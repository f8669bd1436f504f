"""Every layer and loss that `hwsolve layers` and `hwsolve losses` list has a random comparison with its peer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

pytest.importorskip("torch", reason="the comparisons are with PyTorch")

from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.layers.composed import COMPOSITES
from hwsolve.layers.packaged import PACKAGED
from hwsolve.losses import LOSSES
from tests import (
    further_peers,
    peers,
    test_ctc,
    test_further_layers_torch,
    test_further_values_torch,
    test_loss_terms,
    test_losses_joint,
    test_peers,
    test_recurrent,
    test_transformer_torch,
    test_wiring_nets,
)

ONLY_COUNTED = {name for name in LAYERS if layer_class(name).build is Layer.build}
BY_TEST: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("rnn", "lstm", "gru"), test_recurrent.test_random_recurrent_layers_against_pytorch),
    **dict.fromkeys(("rnn_cell", "lstm_cell", "gru_cell"), test_further_values_torch.test_one_step),
    **dict.fromkeys(("parameter", "constant", "formula", "use", "repeat"), test_wiring_nets.test_random_networks),
    "mixture": test_further_layers_torch.test_a_mixture_by_hand,
    "embedding_bag": test_further_layers_torch.test_bags_of_embeddings,
    **{f"transformer_{side}coder_layer": test_transformer_torch.test_a_layer for side in ("en", "de")},
    **{f"transformer_{side}coder": test_transformer_torch.test_a_stack for side in ("en", "de")},
    "transformer": test_transformer_torch.test_a_whole_transformer,
    **dict.fromkeys(("swiglu", "geglu"), test_transformer_torch.test_a_gated_unit),
}
LOSSES_BY_TEST: dict[str, Callable[..., Any]] = {
    "ctc_loss": test_ctc.test_the_loss_of_labels_is_that_of_torch,
    "triplet_margin_loss": test_losses_joint.test_triplets,
    "cosine_embedding_loss": test_losses_joint.test_cosines,
    "margin_ranking_loss": test_losses_joint.test_ranks,
    "gaussian_nll_loss": test_losses_joint.test_means_and_variances,
    "multilabel_margin_loss": test_losses_joint.test_several_classes_at_once,
    **dict.fromkeys(
        ("l1", "l2", "formula"), test_loss_terms.test_a_sum_of_terms_has_the_values_and_gradients_of_autograd
    ),
}


@pytest.mark.parametrize(
    ("listed", "tables"),
    [
        ({*LAYERS, *PACKAGED, *COMPOSITES} - ONLY_COUNTED, (peers.LAYERS, further_peers.LAYERS, BY_TEST)),
        ({*LOSSES, "l1", "l2", "formula"}, (peers.LOSSES, LOSSES_BY_TEST)),
    ],
    ids=["layers", "losses"],
)
def test_nothing_is_listed_that_is_not_compared(listed: Iterable[str], tables: Iterable[Mapping[str, Any]]) -> None:
    compared = {name for table in tables for name in table}
    assert set(listed) - compared == set()
    assert {*listed, "brand_new"} - compared == {"brand_new"}, "this test could not fail"


def test_what_is_drawn_by_name_is_drawn_for_each_name() -> None:
    """Each table is the list of a test."""
    marks = {
        test_peers.test_a_loss_is_its_peer: peers.LOSSES,
        test_further_values_torch.test_a_layer_agrees_with_autograd: further_peers.LAYERS,
    }
    for test, table in marks.items():
        lists = [[*mark.args[1]] for mark in test.pytestmark]  # type: ignore[attr-defined]
        assert [*table] in lists
