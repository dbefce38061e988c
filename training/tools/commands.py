"""For tools that run other commands of training/: whose words are whose, and the run itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def divided(words: list[str]) -> tuple[list[str], list[str]]:
    """A command line at its first `--`: a command's own words, and those that it hands on to main.py."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def python(*words: object, quiet: bool = False) -> None:
    """Runs a command of training/, and ends as it does if it fails. `quiet`: only its errors are shown."""
    done = subprocess.run([sys.executable, *map(str, words)], cwd=HERE, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode:
        sys.exit(done.returncode)
