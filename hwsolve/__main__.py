"""`python -m hwsolve` and the script `hwsolve`: the command line."""

import gc


def main() -> None:
    """Start the command line.  Its many small records hold no cycles, so the collector is asked to look less often."""
    gc.set_threshold(300_000, 20, 20)
    from hwsolve.start import main as run

    run()


if __name__ == "__main__":
    main()
