"""The blocks of output in README and guide: `python -m tests.readme` runs each `$ …` command again and writes what it prints.

A block of `yaml` whose first line is `# NAME.yaml` is the file that the commands below it read, those of the guide
too where it stands in the README.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import PINNED, ROOT

README, GUIDE = ROOT / "README.md", ROOT / "docs" / "guide.md"
PAGES = (README, GUIDE)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
TIME = re.compile(r"\d+\.\d s$", re.M)


def refreshed(text: str, before: str = "") -> str:
    """A page's text with the output of every console block as it is now; the files of the page before are there."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "problems").symlink_to(ROOT / "problems")

        def block(match: re.Match[str]) -> str:
            language, body = match.groups()
            if language == "yaml" and (name := re.match(r"# (\S+\.yaml)\n", body)):
                (Path(folder) / name[1]).write_text(body, encoding="utf-8")
            if language != "console" or match.string is before:
                return match[0]
            commands = [row.removeprefix("$ ") for row in body.splitlines() if row.startswith("$ ")]
            return "```console\n" + "".join(f"$ {c}\n{printed(c, folder)}" for c in commands) + "```"

        FENCE.sub(block, before)
        return FENCE.sub(block, text)


def printed(command: str, folder: str) -> str:
    """What a command prints, in a shell in the folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **PINNED, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=env,
        timeout=300,
    )
    return done.stdout


def timeless(text: str) -> str:
    """Times are left out of a comparison."""
    return TIME.sub("0.0 s", text)


def main() -> None:
    """Write the pages anew."""
    before = ""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(refreshed(text, before), encoding="utf-8")
        before = text


if __name__ == "__main__":
    main()
