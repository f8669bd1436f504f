"""Recurrent cells: one step of the layer of the same name.  Source: PyTorch, torch.nn.RNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.layers.recurrent import GRU, LSTM, RNN


class RNNCell(RNN, frozen=True, kw_only=True):
    """One step of a recurrent layer: (D) → (H)."""

    CELL: ClassVar[bool] = True


class LSTMCell(LSTM, frozen=True, kw_only=True):
    """One step of an LSTM: (D) → (H)."""

    CELL: ClassVar[bool] = True


class GRUCell(GRU, frozen=True, kw_only=True):
    """One step of a GRU: (D) → (H)."""

    CELL: ClassVar[bool] = True
