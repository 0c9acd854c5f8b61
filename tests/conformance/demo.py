"""Archives, served by the real program for programs of others."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def served_demo(folder: Path) -> Iterator[str]:
    """The address of the demo, served on a free port."""
    with served("demo", "--dir", str(folder)) as site:
        yield site


@contextmanager
def served(*words: str) -> Iterator[str]:
    """The address of what a command serves, on a free port; the server's output where it ends before it has one."""
    server = subprocess.Popen(
        [sys.executable, "-m", "archive", "--lang", "en", *words, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            found = re.search(r"http://\S+", line)
            if found:
                yield found[0]
                break
        else:
            pytest.fail("the server ended: " + "".join(said))
    finally:
        server.terminate()
        server.communicate(timeout=30)
