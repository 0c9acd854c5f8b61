"""Failures in pairs: the commit failed; the commit failed, but it happened. And death between the two files' commits."""

import sqlite3
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import archive.storage.sqlite as sqlite_storage
from archive.commands import Batch, Receipt, Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import AnyCommand
from archive.domain.errors import ArchiveError, Refused
from archive.log.log import Log
from stories import AGENCY, Clerk, Home, Noise, a_bureau, agency_id, item_id, tell

ITEM = item_id()
TITLE = "失败时的标题"


def disk_error(code: int = sqlite3.SQLITE_IOERR) -> sqlite3.OperationalError:
    """What SQLite raises when the disk does not do as it is told."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


class Faults:
    """What happens to the next commits of the log: "fails" before anything is done, or "happens" and then fails."""

    def __init__(self) -> None:
        self.coming: deque[str] = deque()
        self.code = sqlite3.SQLITE_IOERR

    def commit(self, really: Callable[[], None]) -> None:
        fault = self.coming.popleft() if self.coming else None
        if fault != "fails":
            really()
        if fault is not None:
            raise disk_error(self.code)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """A double of the log's connection, whose commits fail as told; made before the log is opened."""
    faults = Faults()

    class Connection(sqlite_storage._Connection):
        def commit(self) -> None:
            faults.commit(super().commit)

    monkeypatch.setattr(sqlite_storage, "_Connection", Connection)
    return faults


@pytest.fixture
def opened(faults: Faults, home: Home) -> Iterator[tuple[Writer, Log, Disclosures]]:
    """An archive with a bureau in it, on connections that can fail."""
    with home.opened() as (writer, log, disclosures):
        tell(writer, a_bureau(Clerk()))
        yield writer, log, disclosures


def orphans(log: Log, disclosures: Disclosures) -> int:
    """Openings of positions that the log does not have."""
    ((count,),) = disclosures._connection().execute("SELECT COUNT(*) FROM openings WHERE position > ?", (log.head(),))
    return int(count)


# --- one command -------------------------------------------------------------------------------------------------------
def test_commit_that_fails_is_told_and_nothing_is_there(
    opened: tuple[Writer, Log, Disclosures], faults: Faults
) -> None:
    """Goal: absent means not acknowledged. Method: the log's commit fails before it took effect."""
    writer, log, disclosures = opened
    draft = Clerk(2).draft(ITEM, title=TITLE)
    faults.coming.append("fails")
    with pytest.raises(ArchiveError, match="LOG-008"):
        writer.handle(draft)
    assert log.head() == 9
    assert log.storage.command(bytes.fromhex(draft.id)) is None
    # The openings were committed first: they stay, unseen, until the next writer sweeps them.
    assert orphans(log, disclosures) == 1
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=False)
    assert orphans(log, disclosures) == 0
    assert writer.handle(draft).repeated


def test_commit_that_failed_but_happened_is_told_as_done_once(
    opened: tuple[Writer, Log, Disclosures], faults: Faults
) -> None:
    """Goal: present means acknowledged, once. Method: the log's commit takes effect, then its answer is lost."""
    writer, log, disclosures = opened
    draft = Clerk(2).draft(ITEM, title=TITLE)
    faults.coming.append("happens")
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=False)
    assert log.head() == 10
    assert orphans(log, disclosures) == 0
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)
    assert log.head() == 10


def test_repeated_command_whose_commit_fails_is_still_a_repeated_one(
    opened: tuple[Writer, Log, Disclosures], faults: Faults
) -> None:
    writer, _, _ = opened
    draft = Clerk(2).draft(ITEM)
    writer.handle(draft)
    faults.coming.append("fails")
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)


def test_other_command_with_the_same_id_is_not_taken_for_done(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home
) -> None:
    """Goal: a failure never turns a refusal into a success. Method: the id is known, the lock is not to be had."""
    writer, _, _ = opened
    clerk = Clerk(2)
    done = clerk.draft(ITEM)
    writer.handle(done)
    with home.opened(busy_seconds=0.01) as (other, _, _), home.open_log() as holder, holder.write():
        with pytest.raises(Refused, match="LOG-001"):
            other.handle(clerk.revise(ITEM, title="x").__class__(id=done.id, by=done.by, item=ITEM, text=done.text))


@pytest.mark.parametrize("fault", ["fails", "happens"])
def test_nothing_that_was_known_before_a_failure_is_used_after_it(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home, fault: str
) -> None:
    """Goal: a failed commit leaves no stale state. Method: another writer fills just the positions that were lost."""
    writer, log, _ = opened
    clerk = Clerk(2)
    tell(writer, [clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")])
    publish = clerk.publish(ITEM, on="2018-03-14")
    faults.coming.append(fault)
    if fault == "fails":
        with pytest.raises(ArchiveError, match="LOG-008"):
            writer.handle(publish)
    else:
        writer.handle(publish)
    # One entry was lost or gained; another process now writes one.
    with home.opened(noise=Noise("other")) as (other, _, _):
        other.handle(Clerk(3).revise(ITEM, title="另一稿"))
    if fault == "fails":
        with pytest.raises(Refused, match="ITM-013"):
            writer.handle(publish)
    with pytest.raises(Refused, match="ITM-013"):
        writer.handle(
            clerk.update(ITEM, on="2018-06-04") if fault == "happens" else clerk.publish(ITEM, on="2018-03-15")
        )
    assert [entry.position for entry in log.entries(after=0, limit=100)] == list(range(1, log.head() + 1))


def test_answer_that_cannot_be_found_out_is_told_as_such(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, log, _ = opened
    draft = Clerk(2).draft(ITEM)

    def gone(_: bytes) -> None:
        raise Refused("LOG-008", path=log.storage.path)

    faults.coming.append("happens")
    with monkeypatch.context() as unreadable:
        unreadable.setattr(log.storage, "command", gone)
        with pytest.raises(Refused, match="CMD-009"):
            writer.handle(draft)
    # As the next step says: send it again.
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)


@pytest.mark.parametrize("fault", ["fails", "happens"])
def test_all_that_share_a_commit_get_their_own_answers(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, fault: str
) -> None:
    """Goal: acknowledged means present, for each of a group. Method: many threads, one commit among them goes wrong."""
    writer, log, _ = opened
    outcomes: dict[int, Receipt | ArchiveError] = {}
    stories = {number: Clerk(number).register_agency(agency_id(number)) for number in range(20, 44)}

    def work(number: int) -> None:
        try:
            outcomes[number] = writer.handle(stories[number])
        except ArchiveError as error:
            outcomes[number] = error

    faults.coming.append(fault)
    threads = [threading.Thread(target=work, args=(number,)) for number in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == set(stories)
    for number, outcome in outcomes.items():
        known = log.storage.command(bytes.fromhex(stories[number].id))
        assert (known is not None) == isinstance(outcome, Receipt)
        if known is not None:
            assert outcome == Receipt(known.first_position, 1, repeated=False)
    assert any(isinstance(outcome, ArchiveError) for outcome in outcomes.values()) == (fault == "fails")
    for number, command in stories.items():
        assert writer.handle(command).repeated == isinstance(outcomes[number], Receipt)


# --- a batch -----------------------------------------------------------------------------------------------------------
def send(writer: Writer, story: list[AnyCommand]) -> Batch:
    return writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "ab" * 32)


@pytest.mark.parametrize("fault, done", [("fails", 0), ("happens", 5)])
def test_batch_whose_commit_fails_is_whole_or_absent_and_can_be_sent_again(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, fault: str, done: int
) -> None:
    writer, log, disclosures = opened
    clerk = Clerk(2)
    story = [clerk.draft(ITEM, title=TITLE), *clerk.review(ITEM, on="2018-03-12")]
    faults.coming.append(fault)
    with pytest.raises(ArchiveError, match="LOG-008"):
        send(writer, story)
    assert log.head() in {9, 16}
    batch = send(writer, story)
    assert (batch.commands, batch.unchanged) == (5 - done, done)
    assert log.head() == 16
    assert orphans(log, disclosures) == 0


# --- the other file ----------------------------------------------------------------------------------------------------
class Halting:
    """A double of the connection to the openings: one statement fails as told."""

    def __init__(self, db: sqlite3.Connection, statement: str, code: int) -> None:
        self._db = db
        self._statement = statement
        self._code = code

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if sql.startswith(self._statement):
            raise disk_error(self._code)
        return self._db.execute(sql, values)

    def executemany(self, sql: str, values: list[tuple[object, ...]]) -> sqlite3.Cursor:
        if sql.startswith(self._statement):
            raise disk_error(self._code)
        return self._db.executemany(sql, values)


@contextmanager
def openings_that_fail(disclosures: Disclosures, statement: str, code: int) -> Iterator[None]:
    connection = disclosures._connection
    with pytest.MonkeyPatch.context() as double:
        double.setattr(disclosures, "_connection", lambda: Halting(connection(), statement, code))
        yield


@pytest.mark.parametrize("statement", ["BEGIN", "DELETE", "SAVEPOINT", "INSERT", "RELEASE", "COMMIT"])
@pytest.mark.parametrize(
    "code, told",
    [(sqlite3.SQLITE_FULL, "LOG-003"), (sqlite3.SQLITE_IOERR, "LOG-008"), (sqlite3.SQLITE_BUSY, "LOG-001")],
)
def test_openings_that_cannot_be_kept_keep_the_entry_out(
    writer: Writer, log: Log, disclosures: Disclosures, statement: str, code: int, told: str
) -> None:
    """Goal: no entry without its text. Method: each statement on the store of openings fails once, in each way."""
    tell(writer, a_bureau(Clerk()))
    draft = Clerk(2).draft(ITEM)
    with openings_that_fail(disclosures, statement, code), pytest.raises(ArchiveError) as raised:
        writer.handle(draft)
    assert raised.value.code == told
    assert log.head() == 9
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=False)
    assert orphans(log, disclosures) == 0


# --- the disk ----------------------------------------------------------------------------------------------------------
def test_full_disk_is_told_and_what_was_acknowledged_is_safe(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    """Goal: LOG-003 and an intact log. Method: SQLite is allowed no page more than the file has; then it is."""
    limits: list[sqlite3.Connection] = []
    create = sqlite_storage._Pool._create_connection

    def noted(pool: sqlite_storage._Pool) -> sqlite_storage.SQLiteConnection:
        connection = create(pool)
        limits.append(connection._sqlite_conn)
        return connection

    monkeypatch.setattr(sqlite_storage._Pool, "_create_connection", noted)
    clerk = Clerk(2)
    with home.opened() as (writer, log, disclosures):
        tell(writer, a_bureau(Clerk()))
        (db,) = limits
        db.execute("PRAGMA max_page_count = 1")
        acknowledged, told = 0, None
        for number in range(200):
            try:
                writer.handle(clerk.register_channel(f"c{number}"))
                acknowledged += 1
            except ArchiveError as error:
                told = error.code
                break
        assert told == "LOG-003"
        assert log.head() == 9 + acknowledged
        db.execute("PRAGMA max_page_count = 1000000")
        writer.handle(clerk.register_channel("after"))
        assert [entry.position for entry in log.entries(after=0, limit=1000)] == list(range(1, 9 + acknowledged + 2))
        assert orphans(log, disclosures) == 0


# --- death -------------------------------------------------------------------------------------------------------------
DIE_AT_COMMIT = """
import os, sys
from pathlib import Path
import archive.storage.sqlite as sqlite_storage
from stories import BACKENDS, Clerk, Home, Noise, item_id

home = Home(Path(sys.argv[1]), BACKENDS[sys.argv[2]])
with home.opened(noise=Noise("dies")) as (writer, log, _):
    clerk = Clerk(2)
    writer.handle(clerk.draft(item_id(7), title="先前的"))
    commit = sqlite_storage._Connection.commit

    def die(self):
        if sys.argv[3] == "after":
            commit(self)
        os._exit(9)

    sqlite_storage._Connection.commit = die
    writer.handle(clerk.draft(item_id(1), title="失败时的标题"))
"""


@pytest.mark.parametrize("when, positions", [("before", 10), ("after", 11)])
def test_death_between_the_two_commits_leaves_what_the_next_writer_sweeps(
    home: Home, when: str, positions: int
) -> None:
    """Goal: never half. Method: a process ends between the commit of the openings and that of the log, or just after."""
    with home.opened() as (writer, _, _):
        tell(writer, a_bureau(Clerk()))
    dying = [sys.executable, "-c", DIE_AT_COMMIT, str(home.folder), home.backend.name, when]
    done = subprocess.run(dying, cwd=Path(__file__).parent.parent, capture_output=True, check=False, timeout=60)
    assert done.returncode == 9, done.stderr.decode()
    draft = [Clerk(2).draft(item_id(7)), Clerk(2).draft(ITEM, title=TITLE)][1]
    with home.opened(noise=Noise("next")) as (writer, log, disclosures):
        assert log.head() == positions
        assert orphans(log, disclosures) == (1 if when == "before" else 0)
        # Whatever was lost or not, the next command is handled, and nothing is left over.
        writer.handle(Clerk(3).register_channel("weibo", "weibo"))
        assert orphans(log, disclosures) == 0
        assert [entry.position for entry in log.entries(after=0, limit=100)] == list(range(1, positions + 2))
        texts = [opening.value for opening in disclosures.get([e.event.text for e in log.history(ITEM)]).values()]  # type: ignore[attr-defined] # an item's entries here are drafts
        assert len(texts) == (0 if when == "before" else 1)
        assert draft.item == ITEM
        assert log.history(AGENCY)[-1].position == log.head()
