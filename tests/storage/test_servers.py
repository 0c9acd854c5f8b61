"""Openings, vault and checkpoints in the log's PostgreSQL database: who may do what, and what is refused of their tables."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from archive.checkpoints.store import Checkpoints
from archive.commands import Writer
from archive.disclosures.openings import Disclosures, Opening
from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.domain.seals import seal_text
from archive.log.log import Log
from archive.storage.addresses import Address
from archive.storage.postgres import PostgresLog
from archive.storage.servers import InPostgres
from archive.vault.store import Kept, Vault
from storage.server import Server, new_folder, server, within
from stories import ORIGIN, Clerk, Noise, a_bureau, item_id, tell, texts_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.storage.beside import Store

STORES: Final[tuple[type[Store], ...]] = (Disclosures, Vault, Checkpoints)
SALT: Final = bytes(range(32))
SEAL: Final = seal_text(SALT)
STREAM: Final = f"request-{7:032x}"
WHO: Final = {"at": "2018-12-10T04:00:00Z", "by": "role:auditor", "account": "root", "reason": "inspection"}


@dataclass(frozen=True)
class Roles:
    """The same schema by each role."""

    owner: Address
    writer: Address
    reader: Address
    keeper: Address


@pytest.fixture
def roles() -> Roles:
    return roles_at(server())


@pytest.fixture
def roles_on_mortal(mortal: Server) -> Roles:
    return roles_at(mortal)


def roles_at(server: Server) -> Roles:
    """An archive made by its owner: one opening, one value in the vault, one checkpoint."""
    place = server.schema()
    schema = place.rpartition("%3D")[2]
    names = {one: f"{schema}_{one}" for one in ("owner", "writer", "reader", "keeper")}
    for name in names.values():
        server.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(name)))
    server.execute(SQL("ALTER SCHEMA {} OWNER TO {}").format(Identifier(schema), Identifier(names["owner"])))
    found = Roles(**{one: within(place, schema, role=name) for one, name in names.items()})
    readers, keepers = (names["reader"],), (names["keeper"],)
    PostgresLog.create(found.writer, owner=found.owner, readers=(*readers, *keepers)).close()
    for store in STORES:
        store.create(found.writer, owner=found.owner, readers=readers, keepers=keepers).close()
    with Disclosures(found.writer) as disclosures, disclosures.write(head=0) as openings:
        openings.put(Opening(SEAL, SALT, b'"public"', 1), position=1)
    with Vault(found.writer) as vault, vault.write(head=0) as kept:
        kept.put(Kept(SEAL, STREAM, "person", 1, SALT, b'"somebody"'))
    with Checkpoints(found.writer) as checkpoints:
        checkpoints.append(size=1, root=SALT, note=b"note", signed_at="", quorum=True, keys=["a key"])
    return found


def execute(address: Address, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address, autocommit=True) as db:
        cursor = db.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


# --- who may do what ---------------------------------------------------------------------------------------------------
def test_a_reader_sees_what_is_public_and_changes_nothing(roles: Roles) -> None:
    with Disclosures(roles.reader, read_only=True) as disclosures:
        assert disclosures.get([SEAL])[SEAL].value == b'"public"'
        assert disclosures.unfinished(head=9) == []
        with pytest.raises(Refused, match="LOG-013"), disclosures.write(head=1):
            pytest.fail("a reader cannot write")
    with Checkpoints(roles.reader, read_only=True) as checkpoints:
        assert (checkpoints.published(), [one.vkey for one in checkpoints.key_periods()]) == (1, ["a key"])
        with pytest.raises(Refused, match="LOG-013"):
            checkpoints.add_timestamp(1, token=b"x", stamped_at="")


def test_a_reader_cannot_open_the_vault_nor_ask_for_its_rows(roles: Roles) -> None:
    with pytest.raises(Refused, match="LOG-013"):
        Vault(roles.reader, read_only=True)
    for table in ("sealed", "vault_keys", "vault_reads", "vault_format"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(roles.reader, f"SELECT * FROM {table}")


def test_a_keeper_reads_the_vault_and_is_recorded_and_changes_nothing(roles: Roles) -> None:
    with Vault(roles.keeper) as vault:
        (found,) = vault.read(STREAM, "person", **WHO)
        assert found.value == b'"somebody"'
        assert [row.found for row in vault.reads()] == [1]
        with pytest.raises(Refused, match="LOG-013"):
            vault.destroy([SEAL])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(roles.keeper, "DELETE FROM vault_reads")
    with Disclosures(roles.keeper, read_only=True) as disclosures:
        assert disclosures.get([SEAL])


GROWS: Final = ("checkpoints", "checkpoint_keys", "retirements", "timestamps", "vault_reads", "vault_format")


@pytest.mark.parametrize("table", GROWS)
def test_what_only_grows_is_changed_by_nobody(roles: Roles, table: str) -> None:
    (column,) = execute(
        roles.owner,
        f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum = 1",
    )
    for statement in (
        f"UPDATE {table} SET {column[0]} = {column[0]}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        # The writer has no right to it; the owner is stopped by a trigger.
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)):
            execute(roles.writer, statement)
        with pytest.raises(psycopg.errors.IntegrityError):
            execute(roles.owner, statement)


def test_the_writer_destroys_and_leaves_no_byte(roles: Roles) -> None:
    with Disclosures(roles.writer) as disclosures, Vault(roles.writer) as vault:
        for store in (disclosures, vault):
            store.destroy([SEAL])
            store.shrink()
        assert disclosures.get([SEAL]) == {}
        assert vault.holds([SEAL]) == set()


def test_where_the_writer_may_not_write_a_table_anew_he_is_told(roles: Roles) -> None:
    """Goal: nobody is told that a text is gone while its bytes stay. Method: as before PostgreSQL 17, without MAINTAIN."""
    (writer,) = execute(roles.writer, "SELECT current_user")
    execute(roles.owner, f'REVOKE MAINTAIN ON openings FROM "{writer[0]}"')
    with Disclosures(roles.writer) as disclosures, pytest.raises(Refused, match="LOG-013"):
        disclosures.shrink()
    with Disclosures(roles.owner) as disclosures:
        disclosures.shrink()


@pytest.mark.parametrize("table", ["openings", "checkpoints"])
def test_what_somebody_still_sees_is_not_said_to_be_gone(roles: Roles, table: str) -> None:
    """Goal: ERA-005 as long as a snapshot, of this table or of another, holds what was deleted."""
    with Disclosures(roles.writer, busy_seconds=0.2) as disclosures:
        with psycopg.connect(roles.reader) as looking:
            looking.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            looking.execute(f"SELECT * FROM {table}".encode())
            disclosures.destroy([SEAL])
            with pytest.raises(Refused, match="ERA-005"):
                disclosures.shrink()
        disclosures.shrink()


# --- how it is opened --------------------------------------------------------------------------------------------------
def newer(store: type[Store]) -> str:
    return f"SET session_replication_role = replica;UPDATE {store.NAME}_format SET format = {store.FORMAT + 1}"


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(
    "statement, code, family",
    [
        (lambda store: f"DROP TABLE {store.NAME}_format", "LOG-006", Refused),
        (newer, "LOG-004", Refused),
        (lambda store: f"DROP TRIGGER {store.NAME}_format_never_changes ON {store.NAME}_format", "LOG-005", Corrupt),
        (lambda store: f"ALTER TABLE {store.NAME}_format SET UNLOGGED", "LOG-005", Corrupt),
    ],
)
def test_wrong_tables_get_their_code(
    store: type[Store], statement: Callable[[type[Store]], str], code: str, family: type[ArchiveError]
) -> None:
    place = server().schema()
    store.create(place).close()
    execute(place, statement(store))
    with pytest.raises(family) as raised:
        store(place)
    assert (raised.value.code, raised.value.facts["path"]) == (code, place)


def test_a_store_of_checkpoints_that_may_fork_is_not_opened() -> None:
    place = server().schema()
    Checkpoints.create(place).close()
    execute(place, "ALTER TABLE checkpoints DISABLE TRIGGER checkpoints_extend")
    with pytest.raises(Corrupt, match="LOG-005"):
        Checkpoints(place)


@pytest.mark.parametrize("store", STORES)
def test_a_store_is_made_once(store: type[Store]) -> None:
    place = server().schema()
    store.create(place).close()
    with pytest.raises(Refused, match="LOG-015"):
        store.create(place)


def test_a_connection_that_was_lost_is_made_anew_outside_a_transaction(roles: Roles) -> None:
    with Disclosures(roles.writer) as disclosures:
        for step in (lambda: disclosures.get([SEAL]), lambda: disclosures.finished([1])):
            assert disclosures.get([SEAL])
            lose(disclosures)
            step()
        with pytest.raises(Refused, match="LOG-014"), disclosures.write(head=1) as write:  # noqa: PT012 - the block is what is lost
            write.value(SEAL)
            lose(disclosures)
            write.value(SEAL)
        with disclosures.write(head=1) as write:
            assert write.value(SEAL) == b'"public"'


def lose(store: Store) -> None:
    """The server ends the connection of this thread."""
    db = store._session().db  # type: ignore[attr-defined] # a session in PostgreSQL
    assert isinstance(store._keeping, InPostgres)
    with psycopg.connect(server().address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [db.info.backend_pid])


# --- when the server dies, and on a replica ----------------------------------------------------------------------------
def test_no_entry_loses_its_text_when_the_server_is_killed_under_load(mortal: Server) -> None:
    """Goal: what was not waited for is there with the entry that was. Method: SIGKILL to the server while a writer works."""
    place = mortal.schema()
    PostgresLog.create(place).close()
    for store in STORES:
        store.create(place).close()
    clerk = Clerk()
    dying = threading.Timer(0.7, mortal.die)
    with Log.open(place, origin=ORIGIN) as log, Disclosures(place) as disclosures, Vault(place) as vault:
        last = 0
        with Writer(log, disclosures, vault, noise=Noise()) as writer:
            tell(writer, a_bureau(clerk))
            dying.start()
            with pytest.raises(ArchiveError) as raised:  # noqa: PT012 - the server dies somewhere in the block
                for number in count(1):
                    # The name of a channel is public, a draft is not.
                    writer.handle(clerk.register_channel(f"channel-{number}"))
                    last = writer.handle(clerk.draft(item_id(number))).first
            assert raised.value.code in {"LOG-014", "CMD-009"}
            dying.join()
        mortal.serve()
        with Writer(log, disclosures, vault, noise=Noise("other")) as writer:
            assert writer.handle(clerk.draft(item_id(9_999))).first == log.head()
        entries = log.entries(after=0, limit=100_000)
        assert [entry.position for entry in entries] == list(range(1, log.head() + 1))
        assert log.head() > last
        seals = {getattr(entry.event, name) for entry in entries for name in entry.event.SEALS}
        assert texts_behind(disclosures, seals).keys() == seals


def test_a_replica_shows_texts_and_what_is_signed(roles_on_mortal: Roles, mortal: Server) -> None:
    replica = Server(new_folder(), replica_of=mortal)
    there = Address(
        roles_on_mortal.reader.replace(quote(str(mortal.folder), safe=""), quote(str(replica.folder), safe=""))
    )
    try:
        with Disclosures(there, read_only=True) as disclosures, Checkpoints(there, read_only=True) as checkpoints:
            assert disclosures.get([SEAL])[SEAL].value == b'"public"'
            assert checkpoints.published() == 1
        with pytest.raises(Refused, match="LOG-013"):
            Vault(there, read_only=True)
    finally:
        replica.stop()
