"""Text that is compared with a file; `HWSOLVE_GOLDEN=write pytest …` writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def same(name: str, text: str) -> None:
    """The text is that of tests/golden/NAME."""
    file = FOLDER / name
    if os.environ.get("HWSOLVE_GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"differs from {file}"
