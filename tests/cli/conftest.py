"""The command line, run in this process with its streams captured."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.cli.main import run

ORIGIN = "archive.example/fgj"


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - Any: JSON as a client reads it
        """What was printed with `--json`."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error that was printed with `--json`, as the last line."""
        told: dict[str, str] = json.loads(self.err.splitlines()[-1])["error"]
        return told


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have an archive of his own."""
    for name in ("ARCHIVE_HOME", "ARCHIVE_ORIGIN", "ARCHIVE_HOST", "ARCHIVE_PORT", "ARCHIVE_BUSY_SECONDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def outside(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`archive` without a home."""

    def call(*words: str) -> Said:
        capsys.readouterr()
        code = run(list(words))
        out, err = capsys.readouterr()
        return Said(code=code, out=out, err=err)

    return call


@pytest.fixture
def folder(tmp_path: Path, outside: Callable[..., Said]) -> Path:
    """The home of an archive in which nothing has happened."""
    made = outside("init", str(tmp_path / "home"), "--origin", ORIGIN)
    assert (made.code, made.err) == (0, "")
    return tmp_path / "home"


@pytest.fixture
def cli(folder: Path, outside: Callable[..., Said]) -> Callable[..., Said]:
    """`archive --home …`, with these words."""
    return lambda *words: outside("--home", str(folder), *words)


@pytest.fixture
def asked(folder: Path, outside: Callable[..., Said]) -> Callable[..., Said]:
    """`archive --home … --json`, with these words."""
    return lambda *words: outside("--home", str(folder), "--json", *words)
