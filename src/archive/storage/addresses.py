"""Where a log is kept: a file, or the address of a PostgreSQL database. An address never holds a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.domain.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from archive.storage.contract import Storage

SCHEMES: Final = ("postgresql://", "postgres://")
# Each of them is a secret, wherever in the address it stands.
_SECRET: Final = frozenset({"password", "sslpassword", "oauth_client_secret"})


class Address(str):
    """`postgresql://…` as libpq takes it (postgresql.org/docs/current/libpq-connect.html), and without a password in it."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """What the public is told of where the log is kept: not which machine it is on, nor who may write there."""
        return "PostgreSQL"


def checked_address(text: str, *, name: str = "log") -> Address:
    """The address, which may be shown and logged. CFG-005: it holds a password. CFG-003: it is none."""
    import psycopg  # noqa: PLC0415 - a log in a file needs none of it
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - see above

    if not text.startswith(SCHEMES):
        raise Refused("CFG-003", name=name)
    try:
        found = conninfo_to_dict(text)
    except psycopg.Error:
        # What libpq says repeats the address, and what could not be read may hold a password.
        raise Refused("CFG-003", name=name) from None
    if not _SECRET.isdisjoint(found):
        raise Refused("CFG-005")
    return Address(text)


def open_storage(place: Path | Address, *, read_only: bool, busy_seconds: float) -> Storage:
    """The log that is kept there."""
    if isinstance(place, Address):
        from archive.storage.postgres import PostgresLog  # noqa: PLC0415 - a log in a file needs none of it

        return PostgresLog(place, read_only=read_only, busy_seconds=busy_seconds)
    from archive.storage.sqlite import SQLiteLog  # noqa: PLC0415 - a log in a database needs none of it

    return SQLiteLog(place, read_only=read_only, busy_seconds=busy_seconds)
