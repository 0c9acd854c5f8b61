"""What may fail under a writer in PostgreSQL: each time nothing is lost or doubled, and the audit finds nothing."""

import json
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg.sql import SQL

from archive.cli import home as homes
from archive.commands import Receipt, Writer
from archive.domain.commands import AnyCommand
from archive.domain.errors import ArchiveError
from faults.homes import run
from storage.server import Server
from stories import ORIGIN, Clerk, a_small_archive, item_id, tell

WAIT_SECONDS: Final = 120
# So many commands are acknowledged before something fails, and after it.
BEFORE = AFTER = 20
# More than the server takes.
CONNECTIONS: Final = 400


def killed(server: Server) -> None:
    """SIGKILL to the server and all its processes."""
    server.die()
    server.serve()


def connections_ended(server: Server) -> None:
    """pg_terminate_backend to whoever writes, several times."""
    for _ in range(5):
        server.execute(
            SQL("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name LIKE 'archive%'")
        )


def stormed(server: Server) -> None:
    """More connections than there may be."""
    with ExitStack() as stack, suppress(psycopg.OperationalError):
        for _ in range(CONNECTIONS):
            stack.enter_context(psycopg.connect(server.address))
        raise AssertionError("the server took them all")


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(Path(tempfile.mkdtemp(prefix="archive-pg-")))
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("fails", [killed, connections_ended, stormed])
def test_after_a_failure_under_load_nothing_is_lost_or_doubled_and_the_audit_is_clean(
    fails: Callable[[Server], None], server: Server, tmp_path: Path
) -> None:
    """Goal: whoever sends again what got no answer has it once. Method: one writer goes on through the failure; then an audit."""
    folder = tmp_path / "home"
    homes.create(folder, origin=ORIGIN, notary="notary", log=server.schema())
    acknowledged: queue.Queue[tuple[AnyCommand, Receipt]] = queue.Queue()
    stop = threading.Event()
    with homes.writer(folder) as writer:
        story = tell(writer, a_small_archive(Clerk()))
        head = story[-1].first + story[-1].entries - 1
        appending = threading.Thread(target=_append, args=(writer, acknowledged, stop))
        appending.start()
        try:
            told = [acknowledged.get(timeout=WAIT_SECONDS) for _ in range(BEFORE)]
            fails(server)
            # What was under way is answered before these.
            told += [acknowledged.get(timeout=WAIT_SECONDS) for _ in range(acknowledged.qsize() + AFTER)]
        finally:
            stop.set()
            appending.join()
        while not acknowledged.empty():
            told.append(acknowledged.get())
        assert [receipt.first for _, receipt in told] == list(range(head + 1, head + len(told) + 1))
        for command, receipt in told:
            assert writer.handle(command) == receipt._replace(repeated=True)
    words = ["--home", str(folder), "--json"]
    assert run([*words, "projection", "follow"], cwd=tmp_path).returncode == 0
    found = json.loads(run([*words, "audit", "check"], cwd=tmp_path).stdout)
    assert (found["findings"], found["entries"]) == ([], head + len(told))


def _append(writer: Writer, acknowledged: "queue.Queue[tuple[AnyCommand, Receipt]]", stop: threading.Event) -> None:
    """One command after the other; one that got no answer is sent again as it was."""
    clerk = Clerk(7)
    for number in count(1_000):
        command = clerk.draft(item_id(number))
        while not stop.is_set():
            try:
                acknowledged.put((command, writer.handle(command)))
            except ArchiveError:
                continue
            break
        if stop.is_set():
            return
