"""Openings: public texts, kept until they are erased; what a dead writer left is swept."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.disclosures.openings import Disclosures, Opening
from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.domain.seals import seal_text
from stories import Home

SALT = bytes(range(32))


def sealed(number: int) -> str:
    return seal_text(number.to_bytes(32, "big"))


def opening(number: int, *, cleared: int | None = None) -> Opening:
    return Opening(sealed(number), SALT, b'{"title":"%d"}' % number, number if cleared is None else cleared)


def put(disclosures: Disclosures, *numbers: int) -> None:
    """An opening for each number, made and cleared at the position of that number."""
    with disclosures.write(head=0) as write:
        for number in numbers:
            write.put(opening(number), position=number)


def kept(disclosures: Disclosures, *numbers: int) -> dict[int, int]:
    """Which of these there are, and from where on the public may see each."""
    found = disclosures.get([sealed(number) for number in numbers])
    assert all(one.seal == name for name, one in found.items())
    return {number: found[sealed(number)].cleared for number in numbers if sealed(number) in found}


# --- put and get -------------------------------------------------------------------------------------------------------
def test_opening_comes_back_as_it_was_put(disclosures: Disclosures) -> None:
    put(disclosures, 1)
    (found,) = disclosures.get([sealed(1)]).values()
    assert found == (sealed(1), SALT, b'{"title":"1"}', 1)


def test_seal_without_an_opening_is_left_out(disclosures: Disclosures) -> None:
    put(disclosures, 1, 3)
    assert kept(disclosures, 1, 2, 3) == {1: 1, 3: 3}
    assert disclosures.get([]) == {}


def test_many_openings_are_read_in_parts(disclosures: Disclosures) -> None:
    numbers = range(1, 1_203)
    put(disclosures, *numbers)
    assert len(kept(disclosures, *numbers)) == 1_202


def test_text_may_be_older_than_what_cleared_it(disclosures: Disclosures) -> None:
    with disclosures.write(head=0) as write:
        write.put(opening(1, cleared=7), position=1)
    assert kept(disclosures, 1) == {1: 7}


def test_value_is_seen_inside_the_transaction_that_puts_it(disclosures: Disclosures) -> None:
    with disclosures.write(head=0) as write:
        write.put(opening(1), position=1)
        assert write.value(sealed(1)) == b'{"title":"1"}'
        assert write.value(sealed(2)) is None


def test_gathered_openings_are_written_in_parts(disclosures: Disclosures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.disclosures.openings.FLUSH_OPENINGS", 2)
    put(disclosures, 1, 2, 3, 4, 5)
    assert kept(disclosures, *range(10)) == {number: number for number in range(1, 6)}


# --- erasures ----------------------------------------------------------------------------------------------------------
def test_erasure_leaves_a_tombstone_and_stands_unfinished_until_all_is_destroyed(disclosures: Disclosures) -> None:
    put(disclosures, 1, 2)
    with disclosures.write(head=2) as write:
        write.erase([sealed(1)], position=3)
        assert (write.erased_at(sealed(1)), write.erased_at(sealed(2))) == (3, None)
    assert disclosures.tombstones([sealed(1), sealed(2)]) == {sealed(1): 3}
    # Until its entry is durable it has not happened.
    assert disclosures.unfinished(head=2) == []
    assert disclosures.unfinished(head=3) == [3]
    assert disclosures.erased_by([3]) == [sealed(1)]
    disclosures.destroy([sealed(1)])
    disclosures.finished([3])
    assert kept(disclosures, 1, 2) == {2: 2}
    assert disclosures.unfinished(head=3) == []
    assert disclosures.tombstones([sealed(1)]) == {sealed(1): 3}


# --- all or nothing ----------------------------------------------------------------------------------------------------
def test_block_that_raises_leaves_everything_as_it_was(disclosures: Disclosures) -> None:
    put(disclosures, 1)
    with pytest.raises(ZeroDivisionError), disclosures.write(head=1) as write:  # noqa: PT012 - the block is what is undone
        write.put(opening(2), position=2)
        write.erase([sealed(1)], position=2)
        write.flush()
        raise ZeroDivisionError
    assert kept(disclosures, 1, 2) == {1: 1}
    assert disclosures.tombstones([sealed(1)]) == {}


def test_savepoint_that_raises_leaves_its_neighbours(disclosures: Disclosures) -> None:
    with disclosures.write(head=0) as write:
        write.put(opening(1), position=1)
        with pytest.raises(ZeroDivisionError), write.savepoint():  # noqa: PT012 - the block is what is undone
            write.put(opening(2), position=2)
            raise ZeroDivisionError
        with write.savepoint():
            write.put(opening(3), position=3)
    assert kept(disclosures, 1, 2, 3) == {1: 1, 3: 3}


def test_writer_sweeps_what_a_dead_one_left_above_the_head(disclosures: Disclosures) -> None:
    """Goal: openings of entries that never were do not stay. Method: openings and tombstones above the head, then a writer."""
    with disclosures.write(head=0) as write:
        write.put(opening(1), position=1)
        write.put(opening(2, cleared=4), position=2)
        write.put(opening(3), position=3)
        write.erase([sealed(1)], position=4)
    with disclosures.write(head=2):
        pass
    # The third was put for position 3, and the second cleared at position 4, which the log never reached.
    assert kept(disclosures, 1, 2, 3) == {1: 1}
    assert disclosures.tombstones([sealed(1)]) == {}
    assert disclosures.unfinished(head=9) == []


def test_sweep_leaves_what_is_at_the_head(disclosures: Disclosures) -> None:
    put(disclosures, 1, 2)
    with disclosures.write(head=2):
        pass
    assert kept(disclosures, 1, 2) == {1: 1, 2: 2}


# --- threads and files -------------------------------------------------------------------------------------------------
def test_reader_in_another_thread_sees_what_is_committed_and_nothing_else(disclosures: Disclosures) -> None:
    """Goal: reads go on while one thread writes. Method: two threads that wait for each other at each step."""
    put(disclosures, 1)
    written, looked = threading.Event(), threading.Event()
    seen: list[dict[int, int]] = []

    def look() -> None:
        assert written.wait(30)
        seen.append(kept(disclosures, 1, 2))
        looked.set()

    reader = threading.Thread(target=look)
    reader.start()
    with disclosures.write(head=1) as write:
        write.put(opening(2), position=2)
        write.flush()
        written.set()
        assert looked.wait(30)
    reader.join()
    assert seen == [{1: 1}]
    assert kept(disclosures, 1, 2) == {1: 1, 2: 2}


def test_second_writer_is_told_that_the_store_is_busy(home: Home) -> None:
    path = home.beside("disclosures")
    with Disclosures(path) as ours, Disclosures(path, busy_seconds=0.01) as theirs, ours.write(head=0):
        with pytest.raises(Refused) as refused, theirs.write(head=0):
            pytest.fail("two writers at once")
        assert (refused.value.code, refused.value.facts) == ("LOG-001", {"seconds": 0.01})


def test_store_opened_to_read_is_not_written(home: Home) -> None:
    with home.open_disclosures() as ours:
        put(ours, 1)
    with home.open_disclosures(read_only=True) as disclosures:
        assert kept(disclosures, 1) == {1: 1}
        with pytest.raises(Refused, match=r"LOG-002|LOG-013"), disclosures.write(head=0):
            pytest.fail("a reader cannot write")


def test_erased_value_does_not_stay_on_the_disk(home: Home) -> None:
    """Goal: what is erased is gone. Method: destroy and shrink as an erasure does, look at the bytes."""
    secret = b"a value that nobody may see again " * 40
    with home.open_disclosures() as disclosures:
        with disclosures.write(head=0) as write:
            write.put(Opening(sealed(1), SALT, secret, 1), position=1)
        assert secret[:34] in home.raw("disclosures")
        disclosures.destroy([sealed(1)])
        disclosures.shrink()
        assert secret[:34] not in home.raw("disclosures")


def test_every_commit_to_a_file_is_on_disk_before_it_is_told(tmp_path: Path) -> None:
    disclosures = Disclosures.create(tmp_path / "disclosures.sqlite")
    db = disclosures._session()
    assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_store_is_not_made_where_a_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "disclosures.sqlite"
    Disclosures.create(path).close()
    with pytest.raises(Refused, match="LOG-010"):
        Disclosures.create(path)


def missing(path: Path) -> None:
    assert not path.exists()


def empty(path: Path) -> None:
    path.touch()


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like one " * 100)


def newer(path: Path) -> None:
    Disclosures.create(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {Disclosures.FORMAT + 1}")


def older(path: Path) -> None:
    Disclosures.create(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {Disclosures.FORMAT - 1}")


def of_another_program(path: Path) -> None:
    Disclosures.create(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 1")


def damaged(path: Path) -> None:
    with Disclosures.create(path) as disclosures:
        put(disclosures, *range(1, 200))
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xaa" * (len(raw) - 4096)
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "make, code, family",
    [
        (missing, "LOG-006", Refused),
        (empty, "LOG-005", Corrupt),
        (garbage, "LOG-005", Corrupt),
        (of_another_program, "LOG-005", Corrupt),
        (newer, "LOG-004", Refused),
        (older, "LOG-012", Refused),
        (damaged, "LOG-005", Corrupt),
    ],
)
def test_wrong_file_gets_its_code(
    tmp_path: Path, make: Callable[[Path], None], code: str, family: type[ArchiveError]
) -> None:
    path = tmp_path / "disclosures.sqlite"
    make(path)
    with pytest.raises(family) as raised, Disclosures(path) as disclosures:
        kept(disclosures, *range(1, 200))
    assert raised.value.code == code
    assert raised.value.facts["path"] == path
