"""Neural-network homework, worked out line by line.

`solve("spec.yaml")` reads a spec and returns its `Solution`.
"""

from __future__ import annotations

__version__ = "0.1.0"
