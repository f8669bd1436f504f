"""The README's blocks of output: `python -m tests.readme` runs each `$ …` command again and writes what it prints.

A block of `yaml` whose first line is `# NAME.yaml` is the file that the commands below it read.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import PINNED, ROOT

README = ROOT / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
TIME = re.compile(r"\d+\.\d s$", re.M)


def refreshed(text: str) -> str:
    """The README's text with the output of every console block as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "problems").symlink_to(ROOT / "problems")

        def block(match: re.Match[str]) -> str:
            language, body = match.groups()
            if language == "yaml" and (name := re.match(r"# (\S+\.yaml)\n", body)):
                (Path(folder) / name[1]).write_text(body, encoding="utf-8")
            if language != "console":
                return match[0]
            commands = [row.removeprefix("$ ") for row in body.splitlines() if row.startswith("$ ")]
            return "```console\n" + "".join(f"$ {c}\n{printed(c, folder)}" for c in commands) + "```"

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
    """Write the README anew."""
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
