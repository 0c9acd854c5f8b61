"""Failures in pairs: the commit failed; the commit failed, but it happened. And death between the two files' commits."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from archive.commands import Batch, Receipt, Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import RegisterChannel
from archive.domain.commands import AnyCommand
from archive.domain.errors import ArchiveError, Refused
from archive.domain.items import ItemDrafted, ReviseItem
from archive.log.log import Log
from archive.vault.store import Vault
from commands.unreliable import Fault, Faults
from stories import AGENCY, Clerk, Home, Noise, a_bureau, agency_id, item_id, tell, texts_behind

ITEM = item_id()
When = Literal["fails", "happens"]
BOTH = pytest.mark.parametrize("when", ["fails", "happens"])


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """What goes wrong; installed before the archive is opened."""
    faults = Faults()
    faults.install(monkeypatch)
    return faults


@pytest.fixture
def opened(faults: Faults, home: Home) -> Iterator[tuple[Writer, Log, Disclosures]]:
    """An archive with a bureau in it, on connections that can fail."""
    with home.opened() as (writer, log, disclosures):
        tell(writer, a_bureau(Clerk()))
        yield writer, log, disclosures


def orphans(log: Log, disclosures: Disclosures) -> int:
    """Texts of positions that the log does not have."""
    place = disclosures.place
    with Vault(place.with_name("vault.sqlite") if isinstance(place, Path) else place) as vault:
        found = [
            store._session().execute(f"SELECT COUNT(*) FROM {table} WHERE position > ?", (log.head(),)).fetchone()[0]
            for store, table in ((disclosures, "openings"), (vault, "sealed"))
        ]
    return sum(found)


def positions(log: Log) -> list[int]:
    return [entry.position for entry in log.entries(after=0, limit=10_000)]


# --- one command -------------------------------------------------------------------------------------------------------
def test_commit_that_fails_is_told_and_nothing_is_there(
    opened: tuple[Writer, Log, Disclosures], faults: Faults
) -> None:
    """Goal: absent means not acknowledged. Method: the log's commit fails before it took effect."""
    writer, log, disclosures = opened
    draft = Clerk(2).draft(ITEM)
    faults.coming.append(Fault(when="fails"))
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
    draft = Clerk(2).draft(ITEM)
    faults.coming.append(Fault(when="happens"))
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=False)
    assert log.head() == 10
    assert orphans(log, disclosures) == 0
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)
    assert log.head() == 10


@BOTH
def test_repeated_command_whose_commit_fails_is_still_a_repeated_one(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, when: When
) -> None:
    writer, _, _ = opened
    draft = Clerk(2).draft(ITEM)
    writer.handle(draft)
    faults.coming.append(Fault(when=when))
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)


def test_other_command_with_a_known_id_is_not_taken_for_done(
    opened: tuple[Writer, Log, Disclosures], home: Home
) -> None:
    """Goal: a failure never turns another command into a success. Method: the id is known, the lock is not to be had."""
    writer, _, _ = opened
    done = Clerk(2).draft(ITEM)
    writer.handle(done)
    other = ReviseItem(id=done.id, by=done.by, item=ITEM, text=done.text)
    with home.opened(busy_seconds=0.01) as (waiting, _, _), home.open_log() as holder, holder.write():
        for command in (done, other):
            with pytest.raises(Refused, match="LOG-001"):
                waiting.handle(command)


@BOTH
def test_nothing_that_was_known_before_a_failure_is_used_after_it(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home, when: When
) -> None:
    """Goal: a failed commit leaves no stale state. Method: another writer then fills just the position that was lost."""
    writer, log, _ = opened
    clerk = Clerk(2)
    tell(writer, [clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")])
    publish = clerk.publish(ITEM, on="2018-03-14")
    faults.coming.append(Fault(when=when))
    if when == "fails":
        with pytest.raises(ArchiveError, match="LOG-008"):
            writer.handle(publish)
    else:
        writer.handle(publish)
    with home.opened(noise=Noise("other")) as (other, _, _):
        other.handle(Clerk(3).revise(ITEM, title="另一稿"))
    # Were the lost publication believed, or the clearance from before the revision, these would be accepted.
    refused = (
        [clerk.update(ITEM, on="2018-06-04")] if when == "happens" else [publish, clerk.publish(ITEM, on="2018-03-15")]
    )
    for command in refused:
        with pytest.raises(Refused, match="ITM-013"):
            writer.handle(command)
    assert positions(log) == list(range(1, log.head() + 1))


def test_answer_that_cannot_be_found_out_is_told_as_such(
    opened: tuple[Writer, Log, Disclosures], faults: Faults
) -> None:
    """Goal: nobody is told what is not known. Method: the commit's answer is lost, and the log cannot be read either."""
    writer, log, _ = opened
    draft = Clerk(2).draft(ITEM)
    # The first such look is for what the command did before.
    faults.coming += [Fault(when="happens"), Fault(statement="SELECT id, first_position", spared=1)]
    with pytest.raises(Refused, match="CMD-009"):
        writer.handle(draft)
    assert (faults.coming, log.head()) == ([], 10)
    # As the next step says: send it again.
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)


def test_id_that_somebody_else_took_meanwhile_is_not_taken_for_done(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home
) -> None:
    """Goal: done is what was asked, not what bears its id. Method: the commit fails; before we look, another took the id."""
    writer, log, _ = opened
    draft = Clerk(2).draft(ITEM)
    taken = Clerk(3).register_channel("weibo", "weibo")

    def take() -> None:
        with home.opened(noise=Noise("other")) as (other, _, _):
            other.handle(
                RegisterChannel(id=draft.id, by=taken.by, agency=AGENCY, channel="weibo", kind="weibo", text=taken.text)
            )

    # The first such look, inside the transaction, is for what the command did before.
    look = Fault(statement="SELECT id, first_position", when="delayed", spared=1, meanwhile=take)
    faults.coming += [Fault(when="fails"), look]
    with pytest.raises(ArchiveError, match="LOG-008"):
        writer.handle(draft)
    assert (faults.coming, log.head()) == ([], 10)
    with pytest.raises(Refused, match="CMD-004"):
        writer.handle(draft)


@BOTH
def test_all_that_share_a_commit_get_their_own_answers(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, when: When
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

    faults.coming.append(Fault(when=when))
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
    assert any(isinstance(outcome, ArchiveError) for outcome in outcomes.values()) == (when == "fails")
    for number, command in stories.items():
        assert writer.handle(command).repeated == isinstance(outcomes[number], Receipt)
    assert positions(log) == list(range(1, 9 + len(stories) + 1))


# --- a batch -----------------------------------------------------------------------------------------------------------
def send(writer: Writer, story: list[AnyCommand]) -> Batch:
    return writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "ab" * 32)


@BOTH
def test_batch_whose_commit_fails_is_whole_or_absent_and_can_be_sent_again(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, when: When
) -> None:
    """Goal: an import is never half there. Method: its one commit fails, or fails after it happened; then the same again."""
    writer, log, disclosures = opened
    clerk = Clerk(2)
    story = [clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")]
    faults.coming.append(Fault(when=when))
    with pytest.raises(ArchiveError, match="LOG-008"):
        send(writer, story)
    assert log.head() == (9 if when == "fails" else 16)
    batch = send(writer, story)
    assert (batch.commands, batch.unchanged) == ((5, 0) if when == "fails" else (0, 5))
    assert log.head() == 16
    assert orphans(log, disclosures) == 0


# --- any statement -----------------------------------------------------------------------------------------------------
ENTRY_STATEMENTS = (
    "BEGIN",
    "SELECT COALESCE",
    "SAVEPOINT",
    "INSERT INTO entries",
    "INSERT INTO commands",
    "RELEASE",
    "COMMIT",
)
OPENING_STATEMENTS = ("BEGIN", "SELECT EXISTS", "SAVEPOINT", "INSERT INTO openings", "RELEASE", "COMMIT")
VAULT_STATEMENTS = ("SELECT EXISTS", "BEGIN", "SELECT key", "INSERT INTO keys", "INSERT INTO sealed", "COMMIT")
# A savepoint comes with the lock, a command with its entries.
POSTGRES_STATEMENTS = ("BEGIN", "INSERT INTO entries", "COMMIT")
STATEMENTS = [
    *(("sqlite", "log", statement) for statement in ENTRY_STATEMENTS),
    *(("sqlite", "disclosures", statement) for statement in OPENING_STATEMENTS),
    *(("sqlite", "vault", statement) for statement in VAULT_STATEMENTS),
    *(("postgres", "log", statement) for statement in POSTGRES_STATEMENTS),
    *(("postgres", "disclosures", statement) for statement in OPENING_STATEMENTS),
    *(("postgres", "vault", statement) for statement in VAULT_STATEMENTS),
]


@pytest.mark.parametrize("storage, file, statement", STATEMENTS, indirect=["storage"])
@pytest.mark.parametrize(
    "code, told",
    [(sqlite3.SQLITE_FULL, "LOG-003"), (sqlite3.SQLITE_IOERR, "LOG-008"), (sqlite3.SQLITE_BUSY, "LOG-001")],
)
def test_statement_that_fails_keeps_everything_out_and_the_next_command_goes_in(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, file: str, statement: str, code: int, told: str
) -> None:
    """Goal: no entry without its text, no text without its entry. Method: each statement on each file fails once."""
    writer, log, disclosures = opened
    clerk = Clerk(2)
    # A channel's name is public at once, a draft is not: each goes into one of the two stores.
    command = clerk.register_channel("weibo") if file == "disclosures" else clerk.draft(ITEM)
    faults.coming.append(Fault(file=file, statement=statement, code=code))
    with pytest.raises(ArchiveError) as raised:
        writer.handle(command)
    assert faults.coming == []
    assert raised.value.code == told
    assert log.head() == 9
    assert writer.handle(command) == Receipt(first=10, entries=1, repeated=False)
    assert orphans(log, disclosures) == 0
    entry = log.entry(10)
    assert entry is not None
    (seen,) = texts_behind(disclosures, [entry.event.text]).values()  # type: ignore[attr-defined] # both have a text
    assert seen.cleared == (10 if file == "disclosures" else None)


def drafted(log: Log, position: int) -> ItemDrafted:
    entry = log.entry(position)
    assert entry is not None
    assert isinstance(entry.event, ItemDrafted)
    return entry.event


# --- the disk ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("storage, file", [("sqlite", "log"), ("sqlite", "vault")], indirect=["storage"])
def test_full_disk_is_told_and_what_was_acknowledged_is_safe(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, file: str
) -> None:
    """Goal: LOG-003 and an intact log. Method: SQLite is allowed no page more than the file has; then it is."""
    writer, log, disclosures = opened
    clerk = Clerk(2)
    limited = [db for db in faults.connections if db.file == file and is_open(db)]
    for db in limited:
        db.execute("PRAGMA max_page_count = 1")
    acknowledged, told = 0, ""
    while not told:
        try:
            writer.handle(clerk.draft(item_id(acknowledged), title="长" * 300))
            acknowledged += 1
        except ArchiveError as error:
            told = error.code
    assert told == "LOG-003"
    assert positions(log) == list(range(1, 9 + acknowledged + 1))
    for db in limited:
        db.execute("PRAGMA max_page_count = 1000000")
    writer.handle(clerk.draft(item_id(1_000)))
    assert positions(log) == list(range(1, 9 + acknowledged + 2))
    assert orphans(log, disclosures) == 0
    kept = texts_behind(disclosures, [drafted(log, position).text for position in range(10, log.head() + 1)])
    assert len(kept) == acknowledged + 1


def is_open(db: sqlite3.Connection) -> bool:
    try:
        db.total_changes  # noqa: B018 - asking a closed connection for anything raises
    except sqlite3.ProgrammingError:
        return False
    return True


# --- death -------------------------------------------------------------------------------------------------------------
DIE_AT_COMMIT = """
import os, sqlite3, sys
from pathlib import Path
import pytest
from commands.unreliable import Fault, Faults
from stories import BACKENDS, Clerk, Home, Noise, item_id

class Deadly(Faults):
    def meet(self, file, statement, really, **_):
        if armed and (file, statement) == ("log", "COMMIT"):
            if sys.argv[3] == "after":
                really()
            os._exit(9)
        return really()

armed = False
Deadly().install(pytest.MonkeyPatch())
home = Home(Path(sys.argv[1]), BACKENDS[sys.argv[2]])
with home.opened(noise=Noise("dies")) as (writer, log, _):
    clerk = Clerk(2)
    writer.handle(clerk.draft(item_id(7)))
    armed = True
    writer.handle(clerk.draft(item_id(1)))
"""


@pytest.mark.parametrize("when, head", [("before", 10), ("after", 11)])
def test_death_between_the_two_commits_leaves_what_the_next_writer_sweeps(home: Home, when: str, head: int) -> None:
    """Goal: never half. Method: a process ends between the commit of the openings and that of the log, or just after."""
    with home.opened() as (writer, _, _):
        tell(writer, a_bureau(Clerk()))
    dying = [sys.executable, "-c", DIE_AT_COMMIT, str(home.folder), home.backend.name, when]
    done = subprocess.run(dying, cwd=Path(__file__).parent.parent, capture_output=True, check=False, timeout=60)
    assert done.returncode == 9, done.stderr.decode()
    with home.opened(noise=Noise("next")) as (writer, log, disclosures):
        assert log.head() == head
        assert orphans(log, disclosures) == (1 if when == "before" else 0)
        # Whatever was lost or not, the next command is handled, and nothing is left over.
        writer.handle(Clerk(3).register_channel("weibo", "weibo"))
        assert orphans(log, disclosures) == 0
        assert positions(log) == list(range(1, head + 2))
        assert log.history(AGENCY)[-1].position == log.head()
        texts = texts_behind(disclosures, [drafted(log, entry.position).text for entry in log.history(ITEM)])
        assert len(texts) == (0 if when == "before" else 1)
