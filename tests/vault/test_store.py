"""The vault: what is kept comes back to who may have it and is recorded, in the file it cannot be read, erased it is gone."""

from pathlib import Path
from unittest import mock

import pytest

from archive.disclosures.openings import Disclosures
from archive.domain.errors import Corrupt, Refused
from archive.domain.seals import seal_bytes, seal_text
from archive.vault.store import Kept, Vault
from stories import Home, Noise

STREAM, OTHER = f"request-{'1' * 32}", f"request-{'2' * 32}"
SALT = bytes(range(32))
WHO = {"at": "2018-12-10T04:00:00Z", "by": "role:information-officer", "account": "clerk", "reason": "delivery"}


def sealed(number: int) -> str:
    return seal_text(number.to_bytes(32, "big"))


def kept(
    number: int, *, stream: str = STREAM, field: str = "person", value: bytes = b'{"name":"\xe6\x9d\x8e"}'
) -> Kept:
    return Kept(sealed(number), stream, field, number, SALT, value)


def put(vault: Vault, *values: Kept, head: int = 0) -> None:
    with vault.write(head=head) as write:
        for one in values:
            write.put(one)


def count(vault: Vault, table: str) -> int:
    found = vault._session().execute(f"SELECT COUNT(*) FROM {table}").fetchone()
    return int(found[0])


# --- put and read ------------------------------------------------------------------------------------------------------
def test_value_comes_back_and_the_read_is_recorded_before(vault: Vault) -> None:
    put(vault, kept(1), kept(2), kept(3, stream=OTHER), kept(4, field="text"))
    assert vault.read(STREAM, "person", **WHO) == [kept(1), kept(2)]
    assert [row[1:] for row in vault.reads()] == [(*WHO.values(), STREAM, "person", 2)]
    assert vault.reads(stream=OTHER) == []


def test_who_asks_in_vain_is_recorded_too(vault: Vault) -> None:
    with pytest.raises(Refused, match="VLT-001"):
        vault.read(STREAM, "person", **WHO)
    assert [(row.stream, row.found) for row in vault.reads()] == [(STREAM, 0)]


def test_a_read_that_cannot_be_recorded_gives_nothing(home: Home, vault: Vault) -> None:
    put(vault, kept(1))
    with Vault(vault.place, read_only=True) as watching, pytest.raises(Refused, match=r"LOG-002|LOG-013"):
        watching.read(STREAM, "person", **WHO)
    assert vault.reads() == []


def test_nothing_of_a_value_or_its_salt_stands_on_the_disk(home: Home, vault: Vault) -> None:
    value = b'{"name":"somebody of whom nobody may know"}'
    put(vault, kept(1, value=value))
    vault.shrink()
    raw = home.raw("vault")
    assert b"somebody" not in raw
    assert SALT not in raw


@pytest.mark.parametrize("column, value", [("stream", OTHER), ("field", "text"), ("seal", seal_bytes(sealed(9)))])
def test_a_row_that_was_copied_elsewhere_opens_nowhere(home: Home, vault: Vault, column: str, value: object) -> None:
    """Goal: a value is bound to stream, field and seal. Method: change each of them behind the program's back."""
    put(vault, kept(1), kept(2, stream=OTHER, field="text"))
    with home.changing("vault") as db:
        (key,) = db.execute("SELECT key FROM keys WHERE stream = ?", (STREAM,)).fetchone()
        db.execute("UPDATE keys SET key = ?", (key,))
        db.execute(f"UPDATE sealed SET {column} = ? WHERE position = 1", (value,))
        db.execute("DELETE FROM sealed WHERE position = 2")
    stream, field = (OTHER if column == "stream" else STREAM), ("text" if column == "field" else "person")
    with pytest.raises(Corrupt, match="VLT-002"):
        vault.read(stream, field, **WHO)


def test_without_its_key_a_value_cannot_be_had(home: Home, vault: Vault) -> None:
    put(vault, kept(1))
    with home.changing("vault") as db:
        db.execute("DELETE FROM keys")
    with pytest.raises(Corrupt, match="VLT-002"):
        vault.read(STREAM, "person", **WHO)


def test_every_subject_has_one_key(vault: Vault) -> None:
    put(vault, kept(1), kept(2))
    put(vault, kept(3), kept(4, stream=OTHER), head=2)
    assert count(vault, "keys") == 2


# --- what an entry clears ----------------------------------------------------------------------------------------------
def test_what_is_cleared_where_it_is_made_is_never_written(vault: Vault) -> None:
    session = vault._session()
    begun = mock.Mock(wraps=session.begin)
    with mock.patch.object(session, "begin", begun), vault.write(head=0) as write:
        write.put(kept(1))
        assert write.get(sealed(1)) == kept(1)
        write.clear(sealed(1), position=2)
        assert write.get(sealed(1)) is None
    assert not begun.called


def test_what_is_cleared_later_is_marked_and_goes_when_the_entry_is_durable(vault: Vault) -> None:
    put(vault, kept(1), kept(2))
    with vault.write(head=2) as write:
        write.clear(sealed(1), position=3)
        assert write.get(sealed(1)) is None
    assert count(vault, "sealed") == 2
    vault.sweep_moved(head=2)
    assert count(vault, "sealed") == 2, "the entry is not durable"
    vault.sweep_moved(head=3)
    assert count(vault, "sealed") == 1


def test_the_next_write_removes_what_was_moved_and_the_key_with_the_last_value(vault: Vault) -> None:
    put(vault, kept(1))
    with vault.write(head=1) as write:
        write.clear(sealed(1), position=2)
    put(vault, kept(3, stream=OTHER), head=2)
    assert count(vault, "sealed") == 1
    assert vault._session().execute("SELECT stream FROM keys").fetchall() == [(OTHER,)]


def test_writer_sweeps_what_a_dead_one_left_above_the_head(vault: Vault) -> None:
    """Goal: nothing of entries that never were. Method: values and moves above the head, then a writer that does nothing."""
    put(vault, kept(1), kept(2), kept(3, stream=OTHER))
    with vault.write(head=3) as write:
        write.clear(sealed(1), position=4)
    with vault.write(head=2) as write:
        assert write.get(sealed(1)) == kept(1)
        assert write.get(sealed(3)) is None
    assert vault.read(STREAM, "person", **WHO) == [kept(1), kept(2)]
    assert count(vault, "keys") == 1


def test_more_than_waits_is_written_and_can_still_be_cleared(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.vault.store.WAITING", 2)
    with vault.write(head=0) as write:
        for number in range(1, 6):
            write.put(kept(number))
        for number in range(1, 6):
            assert write.get(sealed(number)) == kept(number)
        for number in range(1, 4):
            write.clear(sealed(number), position=9)
            assert write.get(sealed(number)) is None
    vault.sweep_moved(head=9)
    assert vault.read(STREAM, "person", **WHO) == [kept(4), kept(5)]


# --- all or nothing ----------------------------------------------------------------------------------------------------
def test_block_that_raises_leaves_everything_as_it_was(vault: Vault) -> None:
    put(vault, kept(1))
    with pytest.raises(ZeroDivisionError), vault.write(head=1) as write:  # noqa: PT012 - the block is what is undone
        write.put(kept(2))
        write.clear(sealed(1), position=2)
        write.flush()
        raise ZeroDivisionError
    assert vault.read(STREAM, "person", **WHO) == [kept(1)]


@pytest.mark.parametrize("written", [False, True])
def test_savepoint_that_raises_leaves_its_neighbours(vault: Vault, *, written: bool) -> None:
    put(vault, kept(1))
    with vault.write(head=1) as write:
        write.put(kept(2))
        if written:
            write.flush()
        with pytest.raises(ZeroDivisionError), write.savepoint():  # noqa: PT012 - the block is what is undone
            write.put(kept(3))
            write.clear(sealed(1), position=3)
            write.clear(sealed(2), position=3)
            if written:
                write.flush()
            raise ZeroDivisionError
        with write.savepoint():
            write.put(kept(4))
    assert vault.read(STREAM, "person", **WHO) == [kept(1), kept(2), kept(4)]


# --- erasure -----------------------------------------------------------------------------------------------------------
def test_destroyed_values_are_gone_and_what_is_left_has_another_key(home: Home, vault: Vault) -> None:
    put(vault, kept(1), kept(2, field="text"), kept(3, stream=OTHER))
    before = dict(vault._session().execute("SELECT stream, key FROM keys").fetchall())
    vault.destroy([sealed(1), sealed(77)])
    after = dict(vault._session().execute("SELECT stream, key FROM keys").fetchall())
    assert after[STREAM] != before[STREAM]
    assert after[OTHER] == before[OTHER]
    assert vault.read(STREAM, "text", **WHO) == [kept(2, field="text")]
    vault.destroy([sealed(2)])
    assert count(vault, "keys") == 1
    vault.shrink()
    raw = home.raw("vault")
    assert before[STREAM] not in raw
    assert after[STREAM] not in raw


def test_a_shrink_that_somebody_stops_by_reading_says_so(home: Home, vault: Vault) -> None:
    put(vault, kept(1))
    with Vault(vault.place, busy_seconds=0.05, noise=Noise("other")) as other, home.changing("vault") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sealed").fetchall()
        with pytest.raises(Refused, match="ERA-005"):
            other.shrink()
        reader.execute("ROLLBACK")
    other.shrink()


def test_nobody_but_its_owner_may_open_the_file(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault.sqlite") as vault:
        put(vault, kept(1))
        for file in tmp_path.glob("vault.sqlite*"):
            assert file.stat().st_mode & 0o077 == 0, file.name


def test_another_file_is_no_vault(tmp_path: Path) -> None:
    Disclosures.create(tmp_path / "disclosures.sqlite").close()
    with pytest.raises(Corrupt, match="LOG-005"):
        Vault(tmp_path / "disclosures.sqlite")
