"""What is particular to the log in PostgreSQL: what it refuses to whom, who dies when, and how others hear of a commit."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.storage import addresses, postgres, sessions
from archive.storage.addresses import Address, checked_address
from archive.storage.contract import Conflict, Row
from archive.storage.postgres import PostgresLog
from storage import appender
from storage.server import Server, new_folder, server, within
from storage.suite import append, command, rows

EVENTS = "entries", "commands", "head"


@pytest.fixture
def address() -> Iterator[Address]:
    place = server().schema()
    with PostgresLog.create(place) as log:
        append(log, rows(1, 3), command(1, 1, 3))
    yield place
    with PostgresLog(place) as log:
        assert log.read(after=0, limit=3) == rows(1, 3), "the three entries are there, whatever was tried"
        everything = log.read(after=0, limit=100)
        assert [row.position for row in everything] == list(range(1, log.head() + 1))


@dataclass(frozen=True)
class Roles:
    """The same log by each role."""

    owner: Address
    writer: Address
    reader: Address


@pytest.fixture
def roles() -> Roles:
    """A log made by its owner, in a schema in which the others may do what the log lets them."""
    place = server().schema()
    schema = place.rpartition("%3D")[2]
    names = {one: f"{schema}_{one}" for one in ("owner", "writer", "reader")}
    for name in names.values():
        server().execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(name)))
    server().execute(SQL("ALTER SCHEMA {} OWNER TO {}").format(Identifier(schema), Identifier(names["owner"])))
    found = Roles(**{one: within(place, schema, role=name) for one, name in names.items()})
    with PostgresLog.create(found.writer, owner=found.owner, readers=(names["reader"],)) as log:
        append(log, rows(1, 3), command(1, 1, 3))
    return found


def execute(address: Address, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as db:
        db.execute(statement.encode())


# --- what is refused ----------------------------------------------------------------------------------------------------
CHANGES = [
    "UPDATE entries SET entry = ''",
    "UPDATE entries SET position = 9 WHERE position = 3",
    "DELETE FROM entries",
    "DELETE FROM entries WHERE position = 3",
    "TRUNCATE entries",
    "INSERT INTO entries SELECT 4, stream, version, type, entry FROM entries WHERE position = 3",
    "INSERT INTO entries SELECT 5, stream, 9, type, entry FROM entries WHERE position = 3",
    "INSERT INTO entries SELECT 0, stream, 9, type, entry FROM entries WHERE position = 3",
    "INSERT INTO entries SELECT * FROM entries ON CONFLICT (position) DO UPDATE SET entry = ''",
    "MERGE INTO entries USING (SELECT 3 AS p) AS s ON position = p WHEN MATCHED THEN DELETE",
    "UPDATE commands SET digest = ''",
    "DELETE FROM commands",
    "TRUNCATE commands",
    "INSERT INTO commands SELECT id, 9, 9, digest FROM commands",
    "UPDATE head SET position = 9",
    "DELETE FROM head",
    "TRUNCATE head, entries, commands",
    "INSERT INTO head VALUES (true, 1, 0)",
    "INSERT INTO head VALUES (false, 1, 0)",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_its_owner_to_change_what_is_there(address: Address, statement: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        execute(address, statement)


FORBIDDEN = [
    *(f"{change} {table}" for table in EVENTS for change in ("DELETE FROM", "TRUNCATE", "DROP TABLE")),
    "UPDATE entries SET entry = ''",
    "UPDATE commands SET digest = ''",
    "UPDATE head SET position = 9",
    "INSERT INTO head VALUES (true, 1, 0)",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "CREATE OR REPLACE FUNCTION log_in_turn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET session_replication_role = replica",
]
APPENDS = ["INSERT INTO entries SELECT 4, stream, 9, type, entry FROM entries WHERE position = 3"]


@pytest.mark.parametrize("role, refused", [("writer", FORBIDDEN), ("reader", [*FORBIDDEN, *APPENDS])])
def test_a_role_may_do_nothing_but_append_or_read(roles: Roles, role: str, refused: list[str]) -> None:
    for statement in refused:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(getattr(roles, role), statement)
    with PostgresLog(roles.owner) as log:
        assert log.read(after=0, limit=9) == rows(1, 3)


def test_who_inserts_without_the_lock_continues_the_log_or_is_refused(roles: Roles) -> None:
    """A writer's own tables cannot stand in for those of the log."""
    execute(roles.writer, f"CREATE TEMPORARY TABLE head (one boolean, format integer, position bigint); {APPENDS[0]}")
    with PostgresLog(roles.writer) as log:
        append(log, rows(5, 1, version=20))
        assert log.head() == 5


def test_a_reader_reads_and_hears_and_is_told_that_it_may_not_write(roles: Roles) -> None:
    with pytest.raises(Refused) as refused:
        PostgresLog(roles.reader)
    assert (refused.value.code, int(refused.value.exit)) == ("LOG-013", 7)
    with PostgresLog(roles.reader, read_only=True) as log:
        assert log.read(after=0, limit=9) == rows(1, 3)
        with pytest.raises(Refused) as refused, log.write():
            pass
        assert refused.value.code == "LOG-013"


def test_readers_cannot_write(address: Address) -> None:
    with PostgresLog(address) as log, pytest.raises(ArchiveError) as refused:
        log._rows("CREATE TABLE more (x integer)", ())
    assert refused.value.code == "LOG-013"


def test_every_write_is_durable_before_it_is_acknowledged(address: Address) -> None:
    careless = Address(address.replace("options=", "options=-csynchronous_commit%3Doff%20"))
    with PostgresLog(careless) as log, log.write() as write:
        assert write._rows("SHOW synchronous_commit") == [("on",)]


def test_what_postgresql_cannot_take_is_a_fault_of_the_program(address: Address) -> None:
    with PostgresLog(address) as log:
        with pytest.raises(Refused) as refused:
            append(log, [rows(4, 1)[0]._replace(type="\0")])
        assert refused.value.code == "INT-001"


# --- what is no log -----------------------------------------------------------------------------------------------------
WRONG: dict[str, tuple[str, type[ArchiveError], str]] = {
    "a newer format": ("UPDATE head SET format = 2", Refused, "LOG-004"),
    "no table": ("DROP TABLE commands", Corrupt, "LOG-005"),
    "no log": ("DROP TABLE entries", Refused, "LOG-006"),
    "no trigger": ("DROP TRIGGER entries_never_change ON entries", Corrupt, "LOG-005"),
    "a trigger that sleeps": ("ALTER TABLE entries DISABLE TRIGGER entries_in_turn", Corrupt, "LOG-005"),
    "a trigger that does nothing": (
        "CREATE OR REPLACE FUNCTION log_never_changes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        Corrupt,
        "LOG-005",
    ),
    "a rule": ("CREATE RULE none AS ON INSERT TO entries DO INSTEAD NOTHING", Corrupt, "LOG-005"),
    "a policy": ("ALTER TABLE entries ENABLE ROW LEVEL SECURITY", Corrupt, "LOG-005"),
    "a table that forgets": ("ALTER TABLE entries SET UNLOGGED", Corrupt, "LOG-005"),
    "one column more": ("ALTER TABLE entries ADD COLUMN more text", Corrupt, "LOG-005"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_as_it_was_made_gets_its_code(wrong: str) -> None:
    statement, kind, code = WRONG[wrong]
    place = server().schema()
    PostgresLog.create(place).close()
    execute(place, statement)
    with pytest.raises(ArchiveError) as error:
        PostgresLog(place)
    assert (type(error.value), error.value.code) == (kind, code)


def test_an_index_that_an_administrator_added_does_no_harm(address: Address) -> None:
    execute(address, "CREATE INDEX more ON entries (type)")
    with PostgresLog(address) as log:
        assert log.head() == 3


def test_a_new_log_does_not_take_the_place_of_one_that_is_there(address: Address) -> None:
    with pytest.raises(Refused) as refused:
        PostgresLog.create(address)
    assert refused.value.code == "LOG-015"


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        PostgresLog(Address(f"postgresql:///x?host={tmp_path}"))
    assert (refused.value.code, int(refused.value.exit)) == ("LOG-014", 6)


def test_a_database_or_a_role_that_is_not_there_is_told(address: Address) -> None:
    for change in ("/nothing?", "/postgres?user=stranger&"):
        with pytest.raises(Refused) as refused:
            PostgresLog(Address(address.replace("/postgres?", change)))
        assert refused.value.code == "LOG-014"


@pytest.mark.parametrize(
    "text, code",
    [
        ("postgresql://me:secret-word@db/archive", "CFG-005"),
        ("postgresql://me@db/archive?password=secret-word", "CFG-005"),
        ("postgresql://me@db/archive?sslpassword=secret-word", "CFG-005"),
        ("postgresql://me:secret-word@db/archive?nonsense=1", "CFG-003"),
        ("mysql://me:secret-word@db/archive", "CFG-003"),
        ("host=db password=secret-word", "CFG-003"),
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_address(text)
    assert refused.value.code == code
    assert "secret" not in f"{refused.value} {refused.value.facts} {refused.value.__cause__}"


# --- who dies, and when ---------------------------------------------------------------------------------------------------
def end(db: psycopg.Connection[tuple[object, ...]]) -> None:
    """The server ends this connection; returns when it has."""
    with psycopg.connect(server().address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [db.info.backend_pid])


class Struck(sessions.Connection):
    """A connection that the server ends, or that loses its answer, at the n-th statement from now."""

    at = -1
    happens = False

    @override
    def execute(self, query: object, *values: object, **options: object) -> psycopg.Cursor[tuple[object, ...]]:
        run: Callable[..., psycopg.Cursor[tuple[object, ...]]] = super().execute
        self.at -= 1
        if self.at == 0:
            if self.happens:
                run(query, *values, **options)
            end(self)
        return run(query, *values, **options)


@pytest.fixture
def struck(address: Address, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PostgresLog, Callable[[], Struck]]]:
    """The log, and its writing connection, which is there from the first write on."""
    monkeypatch.setattr(sessions, "Connection", Struck)
    with PostgresLog(address) as log:
        with log.write():
            pass

        def writer() -> Struck:
            assert isinstance(log._writer, Struck)
            return log._writer

        yield log, writer


# An append of one entry: the lock, a second savepoint, a look, the append, the commit.
STATEMENTS = range(1, 7)


@pytest.mark.parametrize("happens", [False, True])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_connection_ended_at_any_statement_leaves_the_command_there_once_or_not_at_all(
    struck: tuple[PostgresLog, Callable[[], Struck]],
    statement: int,
    happens: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Goal: whole or absent, and no lock is kept. Method: pg_terminate_backend before or after each statement."""
    log, writer = struck
    writer().happens = happens
    writer().at = statement
    told = None
    try:
        with log.write() as write:
            with suppress(ZeroDivisionError), write.savepoint():
                write.append(rows(4, 1), [command(9, 4)])
                raise ZeroDivisionError
            with write.savepoint():
                assert write.command(command(2).id) is None
                write.append(rows(4, 2), [command(2, 4, 2)])
    except Refused as error:
        told = error.code
    there = log.command(command(2).id)
    assert there in {None, command(2, 4, 2)}
    assert log.head() == (3 if there is None else 5)
    if told is None:
        assert there is not None, "what was acknowledged is there"
    else:
        assert told == "LOG-014"
    if there is None:
        append(log, rows(4, 2), command(2, 4, 2))
    append(log, rows(6, 1), command(3, 6))
    assert log.head() == 6


def test_a_commit_whose_answer_was_lost_is_found_by_its_command(
    struck: tuple[PostgresLog, Callable[[], Struck]],
) -> None:
    log, writer = struck
    with pytest.raises(Refused) as refused, log.write() as write:  # noqa: PT012 - the block's end is what fails
        write.append(rows(4, 1), [command(2, 4)])
        writer().happens, writer().at = True, 1
    assert refused.value.code == "LOG-014"
    assert log.command(command(2).id) == command(2, 4)
    with pytest.raises(Conflict):
        append(log, rows(5, 1), command(2, 5))


def test_a_commit_that_is_still_under_way_is_waited_for(address: Address) -> None:
    """The answer was lost and the server has not finished: a look alone would say that the command never happened."""
    with PostgresLog(address, busy_seconds=30) as log, PostgresLog(address) as slow:
        held, _ = slow._lock()
        writing = postgres.PostgresWrite(slow, held, head=3, newest=None)
        writing.append(rows(4, 1), [command(2, 4)])
        log._unsettled = True
        found: list[object] = []
        asking = threading.Thread(target=lambda: found.append(log.command(command(2).id)))
        asking.start()
        with psycopg.connect(server().address, autocommit=True) as db:
            while not db.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchall():
                pass
        assert found == []
        held.execute("COMMIT")
        asking.join(60)
        assert found == [command(2, 4)]


def test_a_commit_that_cannot_be_asked_about_is_not_taken_for_absent(address: Address) -> None:
    with PostgresLog(address, busy_seconds=0.05) as log, PostgresLog(address) as other:
        with other.write():
            log._unsettled = True
            with pytest.raises(Refused) as refused:
                log.command(command(2).id)
            assert refused.value.code == "LOG-001"
        assert log.command(command(2).id) is None


def test_a_reader_whose_connection_was_ended_reads_on(address: Address) -> None:
    with PostgresLog(address) as log:
        assert log.head() == 3
        end(log._local.db)
        assert log.read(after=0, limit=9) == rows(1, 3)


def appender_of(address: Address, stream: str, *, size: int, transactions: int) -> subprocess.Popen[str]:
    """A program that appends to the log; see appender."""
    words = [sys.executable, appender.__file__, address, stream, str(size), str(transactions)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def test_processes_that_write_at_once_all_succeed_in_one_order() -> None:
    """Goal: nobody loses and nothing is doubled. Method: four programs append; each knows where its entries stand."""
    place = server().schema()
    with PostgresLog.create(place) as log:
        processes = {stream: appender_of(place, stream, size=2, transactions=50) for stream in "abcd"}
        for stream, process in processes.items():
            told, _ = process.communicate(timeout=100)
            assert process.returncode == 0
            assert [row.position for row in log.stream(stream.encode() * 16)][1::2] == [
                int(one) for one in told.split()
            ]
        assert [row.position for row in log.read(after=0, limit=1_000)] == list(range(1, 401))


@pytest.mark.parametrize("acknowledged", [1, 5, 21])
@pytest.mark.parametrize("size", [1, 300])
def test_what_a_killed_process_acknowledged_is_there_and_the_rest_is_whole(acknowledged: int, size: int) -> None:
    """Goal: acknowledged means there, and the lock is given back. Method: SIGKILL after the n-th acknowledgement."""
    place = server().schema()
    with PostgresLog.create(place) as log:
        with appender_of(place, "a", size=size, transactions=1_000_000) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(acknowledged)]
            process.kill()
            told += process.stdout.readlines()
        ends = [int(line) for line in told if line.endswith("\n")]
        # Under the lock: whatever was under way has ended.
        with log.write() as write:
            head = write.head
        assert head in {ends[-1], ends[-1] + size}, "at most the one that was under way"
        assert [row.entry for row in log.read(after=0, limit=head)] == [b"entry %d" % n for n in range(1, head + 1)]
        assert appender.append_one(log, b"b" * 16, size) == head + size


def test_what_a_server_acknowledged_is_there_after_it_was_killed_under_load(mortal: Server) -> None:
    """Goal: acknowledged means there. Method: SIGKILL to the server while a program appends; a reader goes on after it."""
    place = mortal.schema()
    with PostgresLog.create(place) as log:
        with appender_of(place, "a", size=3, transactions=1_000_000) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(30)]
            mortal.die()
            told += process.stdout.readlines()
        with pytest.raises(Refused) as refused:
            log.head()
        assert refused.value.code == "LOG-014"
        mortal.serve()
        last = int(told[-1])
        head = log.head()
        assert head in {last, last + 3}
        assert [row.position for row in log.read(after=0, limit=head)] == list(range(1, head + 1))
        assert appender.append_one(log, b"b" * 16, 2) == head + 2


def test_a_storm_of_connections_is_answered_or_told_and_passes(roles: Roles) -> None:
    """Goal: who finds no room is told and keeps nothing. Method: forty threads, six connections; then each in turn."""
    role = roles.reader.partition("://")[2].partition("@")[0]
    server().execute(SQL("ALTER ROLE {} CONNECTION LIMIT 6").format(Identifier(role)))
    together, found = threading.Barrier(40), list[object]()
    with PostgresLog(roles.reader, read_only=True) as log, PostgresLog(roles.writer) as writer:

        def read() -> None:
            together.wait(30)
            try:
                found.append(log.head())
            except Refused as error:
                found.append(error.code)
            together.wait(30)

        threads = [threading.Thread(target=read) for _ in range(40)]
        for thread in threads:
            thread.start()
        append(writer, rows(4, 1), command(4, 4))
        for thread in threads:
            thread.join()
        # The threads have gone, and their connections with them.
        assert set(found) <= {3, 4, "LOG-014"}
        assert found.count("LOG-014") >= 34
        assert log.head() == 4


def test_a_second_writer_is_told_that_the_log_is_busy(address: Address) -> None:
    with PostgresLog(address) as other, PostgresLog(address, busy_seconds=0.05) as log:
        with other.write():
            for _ in range(2):
                with pytest.raises(Refused) as refused, log.write():
                    pass
                assert (refused.value.code, int(refused.value.exit)) == ("LOG-001", 6)
            assert log.head() == 3, "a reader does not wait for a writer"
        append(log, rows(4, 1))


def test_a_deadlock_with_one_who_wrote_past_the_lock_ends(address: Address) -> None:
    with PostgresLog(address, busy_seconds=30) as log, psycopg.connect(address) as past:
        past.execute(
            "CREATE TEMPORARY TABLE mine AS SELECT 4 AS p, stream, 9 AS v, type, entry FROM entries WHERE position = 3"
        )
        with log.write() as write:
            write.append(rows(4, 1), [])
            told: list[BaseException] = []

            def insert() -> None:
                try:
                    past.execute("INSERT INTO entries TABLE mine")
                    past.commit()
                except psycopg.Error as error:
                    told.append(error)

            thread = threading.Thread(target=insert)
            thread.start()
        thread.join(60)
        assert isinstance(told[0], psycopg.errors.UniqueViolation)
        assert log.head() == 4


@pytest.mark.parametrize("state, code", [("53100", "LOG-003"), ("58030", "LOG-008"), ("53200", "LOG-014")])
def test_what_the_server_lacks_is_told_and_nothing_is_half_written(address: Address, state: str, code: str) -> None:
    """The disk is full, or fails, in the middle of an append: a trigger of the test's own says so."""
    with PostgresLog(address) as log:
        with log.write():
            pass
        # After the log was opened: one with a trigger more is not opened.
        execute(
            address,
            f"CREATE FUNCTION lack() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'x' USING ERRCODE = '{state}'; END$$;"
            "CREATE TRIGGER lack AFTER INSERT ON commands FOR EACH STATEMENT EXECUTE FUNCTION lack()",
        )
        for count in (1, 300):
            with pytest.raises(Refused) as refused:
                append(log, rows(4, count), command(2, 4, count))
            assert refused.value.code == code
        assert log.head() == 3
        execute(address, "DROP TRIGGER lack ON commands")
        append(log, rows(4, 1), command(2, 4))


# --- how others hear of it ------------------------------------------------------------------------------------------------
@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for this long has heard nothing."""
    monkeypatch.setattr(postgres, "RELOOK_SECONDS", 60.0)


def waiting(log: PostgresLog, stop: threading.Event) -> threading.Thread:
    """A thread that waits for the next commit, and is listening already."""
    log._listener = log._listener or log._listen()
    thread = threading.Thread(target=log.wait, args=(stop,))
    thread.start()
    return thread


def test_who_waits_hears_of_a_commit_at_once(address: Address, patient: None) -> None:
    with PostgresLog(address, read_only=True) as log, PostgresLog(address) as other:
        for position in (4, 5):
            thread = waiting(log, threading.Event())
            append(other, rows(position, 1))
            thread.join(30)
            assert not thread.is_alive()


def test_who_waits_is_not_woken_by_another_log(address: Address, patient: None) -> None:
    stop = threading.Event()
    with PostgresLog(address) as log, PostgresLog.create(server().schema()) as other:
        thread = waiting(log, stop)
        append(other, rows(1, 1))
        thread.join(0.2)
        assert thread.is_alive()
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "nobody waits longer than he wants to"


def test_who_hears_nothing_looks_again(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "RELOOK_SECONDS", 0.1)
    with PostgresLog(address) as log:
        log.wait(threading.Event())


def test_who_lost_the_connection_looks_again_and_listens_anew(address: Address, patient: None) -> None:
    with PostgresLog(address) as log:
        thread = waiting(log, threading.Event())
        assert log._listener is not None
        end(log._listener)
        thread.join(30)
        assert not thread.is_alive()
        thread = waiting(log, threading.Event())
        append(log, rows(4, 1))
        thread.join(30)
        assert not thread.is_alive()


def test_the_tables_are_looked_for_where_the_log_was_made(address: Address) -> None:
    with pytest.raises(Refused) as refused:
        addresses.open_storage(server().schema(), read_only=True, busy_seconds=1)
    assert refused.value.code == "LOG-006"
    with PostgresLog(address) as log:
        assert log.row(1) == Row(*rows(1, 1)[0])


# --- a replica ------------------------------------------------------------------------------------------------------------
def test_a_replica_is_followed_and_not_written_and_written_once_it_is_promoted(
    mortal: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: who reads a replica sees the log's beginning, in time all of it. Method: a streaming replica, promoted at last."""
    place = mortal.schema()
    monkeypatch.setattr(postgres, "RELOOK_SECONDS", 0.1)
    with PostgresLog.create(place) as log:
        append(log, rows(1, 3), command(1, 1, 3))
        replica = Server(new_folder(), replica_of=mortal)
        there = Address(place.replace(quote(str(mortal.folder), safe=""), quote(str(replica.folder), safe="")))
        try:
            with PostgresLog(there, read_only=True) as follower:
                for position in range(4, 9):
                    append(log, rows(position, 1), command(position, position))
                    while follower.head() < position:
                        # It tells nobody; who waits looks again.
                        follower.wait(threading.Event())
                assert follower.read(after=0, limit=9) == rows(1, 8)
            with pytest.raises(Refused) as refused:
                PostgresLog(there)
            assert refused.value.code == "LOG-013"
            mortal.die()
            replica.execute(SQL("SELECT pg_promote()"))
            with PostgresLog(there) as promoted:
                append(promoted, rows(9, 1), command(9, 9))
                assert promoted.read(after=0, limit=9) == rows(1, 9)
        finally:
            replica.stop()
