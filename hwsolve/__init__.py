"""Neural-network homework, worked out line by line.

import hwsolve

solution = hwsolve.solve("spec.yaml")       # a file, a dict, or the text of a spec
solution["params"]
hwsolve.summary(model, (3, 224, 224))       # a PyTorch module, layer by layer
print(solution.to("markdown"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Solution", "__version__", "solve", "solve_all", "summary"]

if TYPE_CHECKING:
    from hwsolve.notebook import Solution, solve, solve_all, summary


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used: the command line needs none of them to start."""
    if name in __all__:
        from hwsolve import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'hwsolve' has no attribute {name!r}")
