"""Programs of others, installed in environments of their own from locked versions with hashes.

Where one cannot be had (no npm, no registry), its test is skipped and says so; with CI set in the environment it fails.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(__file__).parents[1] / "assets"
INSTALL_SECONDS = 240


def without(what: str) -> None:
    """Say what could not be had."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def installed(words: list[str], folder: Path) -> None:
    """Run an installer; skip where it cannot reach what it installs from."""
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        without(f"{words[0]} did not end within {INSTALL_SECONDS} seconds: nothing was tried with it")
        return
    if done.returncode:
        without(f"{words[0]} could not install: nothing was tried with it. {done.stderr[-500:]}")


def from_npm(assets: str, folder: Path) -> Path:
    """A copy of the folder of this name below tests/assets, with what its package-lock.json names."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        without(f"node and npm are not on this machine: nothing of tests/assets/{assets} was run")
    shutil.copytree(ASSETS / assets, folder)
    installed(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder


def from_pypi(locked: Path, folder: Path) -> str:
    """The Python of a new environment with what a file of locked requirements names."""
    installed([sys.executable, "-m", "venv", "client"], folder)
    python = str(folder / "client" / "bin" / "python")
    words = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
    installed([python, "-m", "pip", "install", *words, "-r", str(locked)], folder)
    return python


def ran(folder: Path, *words: str) -> Any:  # noqa: ANN401 - Any: JSON as a program of others prints it
    """What a program prints."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
