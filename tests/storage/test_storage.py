"""Each backend passes the suite. A new backend is a line in BACKENDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from archive.storage.contract import Storage
from archive.storage.postgres import PostgresLog
from archive.storage.sqlite import SQLiteLog
from storage.server import server
from storage.suite import CHECKS

BACKENDS: dict[str, Callable[[Path], Storage]] = {
    "postgres": lambda _: PostgresLog.create(server().schema()),
    "sqlite": SQLiteLog.create,
}


@pytest.fixture(params=sorted(BACKENDS))
def create(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Storage]]:
    numbers = count(1)
    with ExitStack() as logs:
        yield lambda: logs.enter_context(BACKENDS[request.param](tmp_path / f"log-{next(numbers)}"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_backend(check: Callable[[Callable[[], Storage]], None], create: Callable[[], Storage]) -> None:
    check(create)
