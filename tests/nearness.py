"""How near a number is to that of PyTorch in float64."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

CLOSE = 1e-9
ROUNDING = 1e-12  # of the largest element, or of 1: what is left where terms cancel


def size(peers: Iterable[Any]) -> float:
    """The largest number of a case, which may have cancelled in the others: float64 itself is off by its rounding."""
    return max(float(np.abs(np.asarray(peer.detach(), dtype=float)).max(initial=0)) for peer in peers)


def near(found: Any, peer: Any, what: Any = "", least: float = 1) -> None:
    """Every element to nine digits, but for rounding in the largest, or in `least`."""
    peer = np.asarray(peer.detach() if hasattr(peer, "detach") else peer, dtype=float)
    found = np.asarray(found, dtype=float)
    assert found.size == peer.size, (what, found, peer)
    largest = max(1.0, least, float(np.abs(peer).max(initial=0)))
    np.testing.assert_allclose(
        found.reshape(peer.shape), peer, rtol=CLOSE, atol=ROUNDING * largest, err_msg=str(what)[:4000]
    )
