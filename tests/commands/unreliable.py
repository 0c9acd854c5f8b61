"""Doubles of the databases' connections whose statements fail as told: before they are done, or after. Faults come from outside."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import psycopg
import pytest
from typing_extensions import override

from archive.storage import sessions

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The next such statement on such a file fails: without being done, or although it was done. Or it is only delayed."""

    file: str = "log"
    statement: str = "COMMIT"
    when: Literal["fails", "happens", "delayed"] = "fails"
    code: int = sqlite3.SQLITE_IOERR
    # So many such statements are let through before.
    spared: int = 0
    # What goes on until a delayed statement is done.
    meanwhile: Callable[[], None] = lambda: None


def sqlite_error(code: int) -> Exception:
    error = sqlite3.OperationalError("as told")
    error.sqlite_errorcode = code
    return error


# What PostgreSQL calls it.
STATES = {sqlite3.SQLITE_FULL: "53100", sqlite3.SQLITE_IOERR: "58030", sqlite3.SQLITE_BUSY: "55P03"}


def postgres_error(code: int) -> Exception:
    return psycopg.errors.lookup(STATES[code])("as told")


@dataclass
class Faults:
    """What is still to go wrong, and the connections that were made."""

    coming: list[Fault] = field(default_factory=list)
    connections: list["Connection"] = field(default_factory=list)

    def meet(
        self,
        file: str,
        statement: str,
        really: Callable[[], Answer],
        *,
        error: Callable[[int], Exception] = sqlite_error,
    ) -> Answer:
        """Do the statement, unless it is one that fails."""
        for place, fault in enumerate(self.coming):
            if fault.file == file and statement.startswith(fault.statement):
                if fault.spared:
                    self.coming[place] = replace(fault, spared=fault.spared - 1)
                    break
                self.coming.remove(fault)
                if fault.when == "delayed":
                    fault.meanwhile()
                    break
                if fault.when == "happens":
                    really()
                # Unlike SQLite itself, which on some errors ends the transaction, the double always leaves it open.
                raise error(fault.code)
        return really()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on, whoever connects gets the double."""

        class Made(Connection):
            faults = self

        class MadeThere(PostgresConnection):
            faults = self

        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Made))
        monkeypatch.setattr(sessions, "Connection", MadeThere)


class Connection(sqlite3.Connection):
    """A connection that asks its faults first."""

    faults: Faults

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Any: what sqlite3.connect takes
        super().__init__(*args, **options)
        self.file = Path(str(args[0]).partition("?")[0]).stem
        self.faults.connections.append(self)

    @override
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # Any: what sqlite3 takes
        return self.faults.meet(self.file, sql, lambda: super(Connection, self).execute(sql, parameters))

    @override
    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:  # Any: what sqlite3 takes
        return self.faults.meet(self.file, sql, lambda: super(Connection, self).executemany(sql, parameters))

    @override
    def commit(self) -> None:
        return self.faults.meet(self.file, "COMMIT", super().commit)

    @override
    def cursor(self, *_: object) -> "Cursor":  # type: ignore[override] # nobody here asks for a cursor of another kind
        return super().cursor(Cursor)


class Cursor(sqlite3.Cursor):
    """A cursor that asks the faults of its connection first."""

    @override
    def execute(self, sql: str, parameters: Any = (), /) -> "Cursor":  # Any: what sqlite3 takes
        return self._meet(sql, lambda: super(Cursor, self).execute(sql, parameters))

    @override
    def executemany(self, sql: str, parameters: Any, /) -> "Cursor":  # Any: what sqlite3 takes
        return self._meet(sql, lambda: super(Cursor, self).executemany(sql, parameters))

    def _meet(self, sql: str, really: Callable[[], "Cursor"]) -> "Cursor":
        assert isinstance(self.connection, Connection)
        return self.connection.faults.meet(self.connection.file, sql, really)


class PostgresCursor(psycopg.Cursor[tuple[Any, ...]]):  # Any: what a row holds
    """A cursor of such a connection, for what is asked many times."""

    @override
    def executemany(self, query: Any, *values: Any, **options: Any) -> None:  # Any: what psycopg takes
        connection = self.connection
        assert isinstance(connection, PostgresConnection)
        connection.meet(query, lambda: super(PostgresCursor, self).executemany(query, *values, **options))


class PostgresConnection(sessions.Connection):
    """A connection to PostgreSQL, which asks its faults first; entries and their commands are one statement."""

    faults: Faults

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Any: what psycopg takes
        super().__init__(*args, **options)
        self.cursor_factory = PostgresCursor

    @override
    def execute(self, query: Any, *values: Any, **options: Any) -> Any:  # Any: what psycopg takes and gives
        return self.meet(query, lambda: super(PostgresConnection, self).execute(query, *values, **options))

    def meet(self, query: Any, really: Callable[[], Answer]) -> Answer:  # noqa: ANN401 - Any: a statement as psycopg takes it
        sql = query.decode() if isinstance(query, bytes) else str(query)
        sql = sql.replace("INSERT INTO vault_keys", "INSERT INTO keys")
        statement = "INSERT INTO entries" if "INSERT INTO entries" in sql else sql
        name = (self.info.parameter_status("application_name") or "").removeprefix("archive ")
        return self.faults.meet(name, statement, really, error=postgres_error)
