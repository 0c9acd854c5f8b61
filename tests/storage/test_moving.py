"""Stores that were copied hold the same rows, whichever database they came from and wherever they went."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest

from archive.checkpoints.store import Checkpoints
from archive.disclosures.openings import Disclosures, Opening
from archive.domain.errors import Refused
from archive.domain.seals import seal_text
from archive.storage import moving
from archive.storage.beside import Store
from archive.storage.moving import Moved, copy_store, count_of
from archive.vault.store import Kept, Vault
from stories import BACKENDS, STORES, Home, Noise

PAIRS = list(product(sorted(BACKENDS), repeat=2))
SALT = bytes(range(32))
STREAMS = [f"request-{number:032x}" for number in range(1, 4)]
NUMBERS = range(1, 12)
WHO = {"at": "2018-12-10T04:00:00Z", "by": "role:auditor", "account": "root", "reason": "inspection"}
Pair = tuple[dict[str, Store], dict[str, Store]]


def sealed(number: int) -> str:
    return seal_text((number * 7919 % 256).to_bytes(1, "big") * 32)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "PAGE", 3)


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]}-to-{pair[1]}")
def homes(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Home, Home]:
    """Stores in which something is, and empty ones."""
    one, other = (Home.create(tmp_path / str(n), BACKENDS[name]) for n, name in enumerate(request.param))
    fill(one)
    return one, other


def fill(home: Home) -> None:
    with home.open_disclosures() as disclosures, disclosures.write(head=0) as openings:
        for number in NUMBERS:
            openings.put(Opening(sealed(number), SALT, b'"%d"' % number, number), position=number)
        openings.erase([sealed(90), sealed(91)], position=12)
    with home.open_vault() as vault:
        with vault.write(head=0) as kept:
            for number in NUMBERS:
                kept.put(Kept(sealed(number), STREAMS[number % 3], "person", number, SALT, b'"%d"' % number))
        for stream in STREAMS:
            vault.read(stream, "person", **WHO)
    with home.open_checkpoints() as checkpoints:
        for number in NUMBERS:
            vkeys = ["an old key"] if number < 5 else ["a new key"]
            checkpoints.append(
                size=number,
                root=SALT,
                note=b"%d" % number,
                signed_at="",
                quorum=[None, True, False][number % 3],
                keys=vkeys,
            )
        checkpoints.add_timestamp(4, token=b"token", stamped_at="2018")


@pytest.fixture
def pair(homes: tuple[Home, Home]) -> Iterator[Pair]:
    with ExitStack() as opened:
        one, other = (
            {
                store.NAME: opened.enter_context(store)
                for store in (home.open_disclosures(), home.open_vault(noise=Noise("later")), home.open_checkpoints())
            }
            for home in homes
        )
        yield one, other


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(tuple(row) for row in store._session().execute(f"SELECT * FROM {table}").fetchall())
        for table in store.RIGHTS
    }


@pytest.mark.parametrize("name", STORES)
def test_a_copy_has_the_same_rows_and_once_more_changes_nothing(pair: Pair, name: str) -> None:
    one, other = (stores[name] for stores in pair)
    seen: list[int] = []
    count = count_of(one)
    assert copy_store(one, other, progress=seen.append) == Moved(count, count)
    assert (seen, seen[-1]) == (sorted(seen), count)
    assert rows(other) == rows(one)
    assert copy_store(one, other) == Moved(count, 0)


@pytest.mark.parametrize("name", STORES)
def test_a_copy_that_was_interrupted_goes_on(pair: Pair, name: str) -> None:
    one, other = (stores[name] for stores in pair)

    def interrupted(done: int) -> None:
        if done > 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(one, other, progress=interrupted)
    there = count_of(other)
    assert 0 < there < count_of(one)
    assert copy_store(one, other) == Moved(count_of(one), count_of(one) - there)
    assert rows(other) == rows(one)


def test_the_values_open_in_the_copy_too(pair: Pair) -> None:
    one, other = (stores["vault"] for stores in pair)
    assert isinstance(one, Vault)
    assert isinstance(other, Vault)
    copy_store(one, other)
    for stream in STREAMS:
        assert other.read(stream, "person", **WHO) == one.read(stream, "person", **WHO)


def test_what_was_erased_since_an_older_copy_goes_from_it(pair: Pair, homes: tuple[Home, Home]) -> None:
    """Goal: a copy brings back nothing that was erased, and its disk forgets it. Method: copy, erase, copy again."""
    disclosures, vault = pair[0]["disclosures"], pair[0]["vault"]
    assert isinstance(disclosures, Disclosures)
    assert isinstance(vault, Vault)
    secret = b"a value that nobody may see again"
    with disclosures.write(head=20) as write:
        write.put(Opening(sealed(15), SALT, secret, 13), position=13)
    for name in ("disclosures", "vault"):
        copy_store(pair[0][name], pair[1][name])
    assert secret in homes[1].raw("disclosures")
    (key,) = vault._session().execute("SELECT key FROM keys WHERE stream = ?", (STREAMS[1],)).fetchone()
    assert key in homes[1].raw("vault")
    disclosures.destroy([sealed(15)])
    vault.destroy([sealed(1)])
    for name in ("disclosures", "vault"):
        copy_store(pair[0][name], pair[1][name])
        assert rows(pair[1][name]) == rows(pair[0][name])
    assert secret not in homes[1].raw("disclosures")
    assert key not in homes[1].raw("vault")


def other_checkpoint(stores: dict[str, Store]) -> None:
    store = stores["checkpoints"]
    assert isinstance(store, Checkpoints)
    store.append(size=1, root=SALT, note=b"another", signed_at="", quorum=None, keys=["an old key"])


def other_read(stores: dict[str, Store]) -> None:
    store = stores["vault"]
    assert isinstance(store, Vault)
    with pytest.raises(Refused, match="VLT-001"):
        store.read(STREAMS[0], "text", **WHO)


@pytest.mark.parametrize("name, change", [("checkpoints", other_checkpoint), ("vault", other_read)])
def test_what_only_grows_is_not_written_over(pair: Pair, name: str, change: Callable[[dict[str, Store]], None]) -> None:
    change(pair[1])
    before = {table: rows(pair[1][name])[table] for table, rights in pair[1][name].RIGHTS.items() if rights.grows}
    with pytest.raises(Refused, match="LOG-017"):
        copy_store(pair[0][name], pair[1][name])
    assert {table: rows(pair[1][name])[table] for table in before} == before


def test_a_vault_of_another_archive_has_other_keys(pair: Pair, tmp_path: Path) -> None:
    """What is there of an older copy is replaced where it differs: a key that was changed since."""
    with Vault.create(tmp_path / "other.sqlite") as made, Vault(made.place, noise=Noise("another")) as other:
        copy_store(pair[0]["vault"], other)
        with other.write(head=99) as write:
            write.put(Kept(sealed(40), "request-other", "person", 99, SALT, b"{}"))
        copy_store(pair[0]["vault"], other)
        assert rows(other) == rows(pair[0]["vault"])
