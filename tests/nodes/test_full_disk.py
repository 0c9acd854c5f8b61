"""The disk of the primary is full: for its tables, and for its write-ahead log, of which the server dies."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count, islice
from pathlib import Path
from typing import Final

import psycopg
import pytest

from archive.cli import home as homes
from archive.commands import Receipt, Writer
from archive.domain.commands import AnyCommand
from archive.domain.errors import ArchiveError
from faults.disks import filled, small_file_system
from faults.homes import run
from storage.server import Server
from stories import ORIGIN, Clerk, a_small_archive, item_id, tell

# What the cluster's own tables and a segment of its write-ahead log take, and some room.
SIZE: Final = "160m"
BATCH: Final = 400


@pytest.fixture
def disk() -> Iterator[Path]:
    """Its path is short: the server's socket may have a path of a hundred letters."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="archive-disk-")))
        # Whoever the server runs as has to pass through to it.
        folder.chmod(0o755)
        yield stack.enter_context(small_file_system(folder / "d", size=SIZE))


def drafts(clerk: Clerk, numbers: Iterator[int]) -> Iterator[AnyCommand]:
    return (clerk.draft(item_id(1_000 + number), title="项目核准的批复" * 10) for number in numbers)


def until_refused(
    writer: Writer, commands: Iterator[AnyCommand]
) -> tuple[list[tuple[AnyCommand, Receipt]], AnyCommand, str]:
    """What was acknowledged; the command that was not, and the code of its error."""
    acknowledged = []
    for command in commands:
        try:
            acknowledged.append((command, writer.handle(command)))
        except ArchiveError as error:
            return acknowledged, command, error.code
    raise AssertionError("the disk was never full")


def test_a_primary_without_room_takes_nothing_loses_nothing_and_goes_on_when_there_is(
    disk: Path, tmp_path: Path
) -> None:
    """Goal: what was acknowledged is there, what was not can be sent again. Method: a real file system without room."""
    folder = tmp_path / "home"
    (disk / "server").mkdir()
    server = Server(disk / "server")
    try:
        homes.create(folder, origin=ORIGIN, notary="notary", log=server.schema())
        clerk, numbers = Clerk(), count()
        with homes.writer(folder) as writer:
            tell(writer, a_small_archive(clerk))
            ballast = filled(disk)
            acknowledged, refused, code = until_refused(writer, drafts(clerk, numbers))
            assert code == "LOG-003"
            batch = list(enumerate(islice(drafts(clerk, numbers), BATCH), 1))
            assert code_of(writer, batch) == "LOG-003"
            assert [writer.handle(command) for command, _ in acknowledged] == [
                receipt._replace(repeated=True) for _, receipt in acknowledged
            ], "what is there can still be read"

            # Anybody's work may be what takes the last room for the write-ahead log.
            use_up_write_ahead_log(server)
            server.bury()
            with pytest.raises(ArchiveError) as unreachable:
                writer.handle(refused)
            assert unreachable.value.code == "LOG-014"

            ballast.unlink()
            server.serve()
            for command, receipt in acknowledged:
                assert writer.handle(command) == receipt._replace(repeated=True)
            newest = max(receipt.first for _, receipt in acknowledged)
            assert writer.handle(refused) == Receipt(newest + 1, 1, repeated=False)
            done = writer.handle_all(batch, kind="commands", source_sha256=lambda: "0" * 64)
            assert (done.commands, done.problem_count, done.head) == (BATCH, 0, newest + 1 + BATCH + 1)
        words = ["--home", str(folder), "--json"]
        assert run([*words, "projection", "follow"], cwd=tmp_path).returncode == 0
        assert json.loads(run([*words, "audit", "check"], cwd=tmp_path).stdout)["findings"] == []
    finally:
        server.stop()


def use_up_write_ahead_log(server: Server) -> None:
    """Fill it until the server has died."""
    with closing(psycopg.connect(server.address, autocommit=True)) as other:
        try:
            while True:
                other.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000), true)")
        except psycopg.OperationalError:
            assert other.closed, "the server ended, and not only the statement"


def code_of(writer: Writer, batch: list[tuple[int, AnyCommand]]) -> str:
    """The code of the error that keeps the batch out."""
    with pytest.raises(ArchiveError) as full:
        writer.handle_all(batch, kind="commands", source_sha256=lambda: "0" * 64)
    return full.value.code
