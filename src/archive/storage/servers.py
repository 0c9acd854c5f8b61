"""A store beside the log in the log's PostgreSQL database: tables, rights and triggers made from what the store says.

Who writes locks the one row of NAME_format. A transaction that the log's own commit follows is not waited for: the commits
of one server are on its disk, and on that of a synchronous standby, in the order in which they were made.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.sql import SQL, Identifier
from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.storage import tables
from archive.storage.answers import answer, answers
from archive.storage.beside import Keeping, Session
from archive.storage.contract import Conflict
from archive.storage.sessions import READER, Connection, connect, conninfo, role_of, with_marks, writer_settings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from archive.storage.addresses import Address
    from archive.storage.beside import Rights, Store

# A batch may decide for minutes between two texts.
IDLE_SECONDS: Final = 900
# From here on a role that does not own a table can be let to vacuum it (MAINTAIN).
_MAINTAIN: Final = 170_000
_PAUSE_SECONDS: Final = 0.05
# What SQLite calls the types, and the same here; a text is ordered by its bytes in both.
_TYPES: Final = (
    (r"\bBLOB\b", "bytea"),
    (r"\bINTEGER\b", "bigint"),
    (r"\bTEXT\b", 'text COLLATE "C"'),
    (r"\) STRICT(, WITHOUT ROWID)?$", ")"),
)
_TRIGGER: Final = re.compile(r"CREATE TRIGGER")
_TABLE: Final = re.compile(r"CREATE TABLE (\w+)")
_SCHEMA: Final = "{schema}"
_ROLE: Final = "{role}"
# The type of a trigger in bits (pg_trigger.h): see tables.py.
_BEFORE_INSERT_OF_A_ROW: Final = 7
_BEFORE_ANY_CHANGE: Final = 58


# --- what is made -----------------------------------------------------------------------------------------------------
def statements(store: type[Store]) -> list[str]:
    """What makes the tables of a store; `{schema}` is the schema in which they are made."""
    made = [_said_here(sql, _names(store)) for sql in store.TABLES if not _TRIGGER.match(sql)]
    made += [
        f"ALTER TABLE {table} ALTER {column} SET STATISTICS 0"
        for table, rights in _rights(store).items()
        for column in rights.erased
    ]
    # One row: who locks it is the one who writes.
    made += [
        f"CREATE TABLE {store.NAME}_format (\n    format integer PRIMARY KEY\n)",
        f"INSERT INTO {store.NAME}_format VALUES ({store.FORMAT})",
        _function(f"{store.NAME}_never_changes", tables.NEVER),
    ]
    made += [
        f"CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}\n"
        f"FOR EACH STATEMENT EXECUTE FUNCTION {store.NAME}_never_changes()"
        for table in _grows(store)
    ]
    for table, name, body in store.TRIGGERS:
        made += [
            _function(name, body),
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table}\nFOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return made


def grants(store: type[Store], kind: str, *, maintain: bool) -> Iterator[str]:
    """What gives the role `{role}` the rights of a `writer`, `reader` or `keeper`; `maintain`: the server knows MAINTAIN."""
    given: dict[str, str] = {table: getattr(rights, kind) for table, rights in _rights(store).items()}
    if not any(given.values()):
        return
    yield f"GRANT USAGE ON SCHEMA {_SCHEMA} TO {_ROLE}"
    # To lock a row one must be able to update a column: the one that never changes.
    locks = kind == "writer" or any("INSERT" in rights for rights in given.values())
    yield f"GRANT SELECT{', UPDATE (format)' if locks else ''} ON {store.NAME}_format TO {_ROLE}"
    for table, rights in given.items():
        if rights:
            shrinks = kind == "writer" and maintain and _rights(store)[table].erased
            yield f"GRANT {rights}{', MAINTAIN' if shrinks else ''} ON {table} TO {_ROLE}"


def create_at(
    store: type[Store],
    address: Address,
    *,
    owner: Address | None,
    readers: tuple[str, ...],
    keepers: tuple[str, ...],
) -> None:
    """A new, empty store, made by the owner."""
    with answers(address), psycopg.connect(conninfo(owner or address), autocommit=True) as db:
        roles = {"writer": () if owner is None else (role_of(address),), "reader": readers, "keeper": keepers}
        try:
            with db.transaction():
                ((schema,),) = db.execute("SELECT current_schema()").fetchall()
                maintain = db.info.server_version >= _MAINTAIN
                for sql in statements(store):
                    db.execute(_in_schema(sql, schema))
                for kind, some in roles.items():
                    for role in some:
                        for sql in grants(store, kind, maintain=maintain):
                            db.execute(_in_schema(sql, schema, role=role))
        except (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateFunction, psycopg.errors.UniqueViolation):
            raise Refused("LOG-015", path=address) from None


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql\nSET search_path = {_SCHEMA}, pg_temp AS $${body}$$"
    )


def _in_schema(sql: str, schema: str, *, role: str = "") -> SQL | psycopg.sql.Composed:
    """The statement with its names; what is written in it is ours, and the names are quoted."""
    statement = SQL(sql)
    return statement.format(schema=Identifier(schema), role=Identifier(role)) if "{" in sql else statement


def _rights(store: type[Store]) -> dict[str, Rights]:
    return {store.RENAMED.get(table, table): rights for table, rights in store.RIGHTS.items()}


def _grows(store: type[Store]) -> list[str]:
    return [*(table for table, rights in _rights(store).items() if rights.grows), f"{store.NAME}_format"]


def _names(store: type[Store]) -> tuple[tuple[str, str], ...]:
    return tuple(store.RENAMED.items())


@cache
def _renamed(sql: str, names: tuple[tuple[str, str], ...]) -> str:
    for name, here in names:
        sql = re.sub(rf"\b{name}\b", here, sql)
    return sql


def _said_here(sql: str, names: tuple[tuple[str, str], ...]) -> str:
    """A statement that makes a table or an index, as PostgreSQL says it; what is said of a column is left as it is."""
    lines = []
    for line in sql.split("\n"):
        code, dashes, remark = line.partition("--")
        code = _renamed(code, names)
        for pattern, here in _TYPES:
            code = re.sub(pattern, here, code)
        lines.append(code + dashes + remark)
    return "\n".join(lines)


# --- how it is opened -------------------------------------------------------------------------------------------------
class ServerSession(Session):
    """A connection to the database. One that was lost outside a transaction is made anew."""

    ERROR = psycopg.Error

    def __init__(self, store: type[Store], address: Address, settings: str, *, busy_seconds: float) -> None:
        self._address = address
        self._settings = settings
        self._busy_seconds = busy_seconds
        self._names = _names(store)
        lock = f"SELECT format FROM {store.NAME}_format FOR UPDATE"
        self._begin = {False: f"BEGIN; {lock}", True: f"BEGIN; SET LOCAL synchronous_commit = off; {lock}"}
        self._name = store.NAME
        self.db = connect(address, settings, name=store.NAME)

    @property
    @override
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    @override
    def execute(self, sql: str, values: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:  # Any: see Rows
        return self._again(with_marks(_renamed(sql, self._names)), values)

    @override
    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        rows = list(rows)
        said = with_marks(_renamed(sql, self._names))
        if len(rows) == 1:
            self.db.execute(said, rows[0])
        elif rows:
            with self.db.cursor() as cursor:
                cursor.executemany(said, rows)

    @override
    def mark(self, statement: str) -> Hashable:
        return self.execute(statement).fetchone()

    @override
    def begin(self, *, followed: bool) -> None:
        try:
            self._again(self._begin[followed].encode(), None)
        except BaseException:
            # The lock was not to be had: nothing has begun.
            if not self.db.is_lost:
                self.roll_back()
            raise

    @override
    def commit(self) -> None:
        # A transaction that has failed ends with ROLLBACK, and no error.
        assert self.db.execute("COMMIT").statusmessage == "COMMIT"

    @override
    def roll_back(self) -> None:
        self.db.rollback()

    @override
    def meaning(self, error: Exception) -> ArchiveError:
        assert isinstance(error, psycopg.Error)
        found = answer(error, self._address, busy_seconds=self._busy_seconds)
        # We handed the database what it does not take: nobody else has written, for we have the lock.
        return Refused("INT-001", kind=type(error).__name__) if isinstance(found, Conflict) else found

    def _again(self, sql: bytes, values: Sequence[object] | None) -> psycopg.Cursor[tuple[Any, ...]]:  # Any: see Rows
        alone = not self.in_transaction
        # Several statements in one have no values, and what they give is not read.
        binary = values is not None
        try:
            return self.db.execute(sql, values, binary=binary)
        except psycopg.OperationalError:
            if not (alone and self.db.is_lost):
                raise
        self.db = connect(self._address, self._settings, name=self._name)
        return self.db.execute(sql, values, binary=binary)


class InPostgres(Keeping):
    """The tables in the schema that the address leads to."""

    def __init__(self, store: type[Store], address: Address, *, read_only: bool, busy_seconds: float) -> None:
        self._store = store
        self._address = address
        self._busy_seconds = busy_seconds
        self._settings = READER if read_only else writer_settings(busy_seconds=busy_seconds, idle_seconds=IDLE_SECONDS)

    @override
    def connect(self) -> ServerSession:
        with answers(self._address, busy_seconds=self._busy_seconds):
            return ServerSession(self._store, self._address, self._settings, busy_seconds=self._busy_seconds)

    @override
    def check_format(self, session: Session) -> None:
        assert isinstance(session, ServerSession)
        store, path = self._store, self._address
        with session.errors():
            if session.execute("SELECT to_regclass(?)", (f"{store.NAME}_format",)).fetchall() == [(None,)]:
                raise Refused("LOG-006", path=path)
            found = session.execute(f"SELECT format FROM {store.NAME}_format").fetchall()
            if found and found[0][0] > store.FORMAT:
                raise Refused("LOG-004", path=path, found=found[0][0], known=store.FORMAT)
            expected = _expected(store)
            shape = tables.found_of(session.db, [table for _, table, name, _ in expected if name == table])
        if found != [(store.FORMAT,)] or {row for row in shape if row[0] in {"table", "trigger"}} != {
            (kind, table, "rp" if kind == "table" else name, value) for kind, table, name, value in expected
        }:
            altered = Phrase("表或触发器被改动", "its tables were altered")
            raise Corrupt("LOG-005", path=path, reason=altered)

    @override
    def shrink(self, session: Session) -> None:
        assert isinstance(session, ServerSession)
        deadline = time.monotonic() + self._busy_seconds
        for table, rights in _rights(self._store).items():
            while rights.erased and not self._written_anew(session.db, table):
                if time.monotonic() >= deadline:
                    raise Refused("ERA-005", path=self._address)
                time.sleep(_PAUSE_SECONDS)

    def _written_anew(self, db: Connection, table: str) -> bool:
        """Whether the table was written anew and holds nothing but what is there; else a snapshot still sees the rest."""
        told: list[tuple[str | None, str | None]] = []

        def keep(notice: psycopg.errors.Diagnostic) -> None:
            # It can be read no longer than this.
            told.append((notice.severity_nonlocalized, notice.message_detail))

        db.add_notice_handler(keep)
        try:
            db.execute(SQL("VACUUM (FULL, VERBOSE) {}").format(Identifier(table)))
        except psycopg.errors.LockNotAvailable:
            return False
        finally:
            db.remove_notice_handler(keep)
        kept = [detail for _, detail in told if detail]
        if not kept or any(severity == "WARNING" for severity, _ in told):
            # A role that may not is told so in a warning, and nothing is done.
            raise Refused("LOG-013", path=self._address)
        # "0 dead row versions cannot be removed yet", in whatever language the server speaks.
        return all(re.findall(r"\d+", one)[:1] == ["0"] for one in kept)


def _expected(store: type[Store]) -> set[tuple[str, str, str, str]]:
    """Tables and triggers as they are made: (kind, table, name, value); of a table the name once more."""
    made = [found[1] for sql in statements(store) if (found := _TABLE.match(sql))]
    return {
        *(("table", table, table, "falsefalse") for table in made),
        *(("trigger", table, f"{table}_never_changes {_BEFORE_ANY_CHANGE} O", tables.NEVER) for table in _grows(store)),
        *(("trigger", table, f"{name} {_BEFORE_INSERT_OF_A_ROW} O", body) for table, name, body in store.TRIGGERS),
    }
