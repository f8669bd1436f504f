"""`python -m hwsolve` and the script `hwsolve`: the command line."""

import gc
import sys


def main() -> None:
    """Start the command line.  Its many small records hold no cycles, so the collector is asked to look less often."""
    gc.set_threshold(300_000, 20, 20)
    load_records()
    from hwsolve.start import main as run

    run()


def load_records() -> None:
    """Load msgspec without what it takes from `typing_extensions` by choice: `typing` has it since Python 3.11.

    With all that this module loads in turn it would be a tenth of the time of a short call.
    """
    name = "typing_extensions"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules[name]


if __name__ == "__main__":
    main()
