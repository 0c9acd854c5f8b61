"""A connection to PostgreSQL as every store of ours asks for it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg.pq import TransactionStatus
from typing_extensions import override

if TYPE_CHECKING:
    from archive.storage.addresses import Address

# Where the network breaks silently, both sides notice within half a minute: a server that waits for a client that is gone
# keeps the lock for as long.
CONNECTION: Final = {
    "client_encoding": "UTF8",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
READER: Final[LiteralString] = "SET default_transaction_read_only = on"
_WRITER: Final[LiteralString] = """
SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
SET default_transaction_isolation = 'read committed';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""


class Connection(psycopg.Connection[tuple[Any, ...]]):  # Any: the columns of a row as the database gives them
    """A connection that is closed when nobody holds it any more: its thread has ended, or the store was closed."""

    @override
    def __del__(self, *_: object) -> None:
        self.close()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended, even if it has failed."""
        return self.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    @property
    def is_lost(self) -> bool:
        """Whether the server has gone, or has ended it."""
        return self.info.transaction_status is TransactionStatus.UNKNOWN


def writer_settings(*, busy_seconds: float, idle_seconds: int) -> str:
    """What a session that writes says first: how long it waits for a lock, and how long it may hold one and say nothing."""
    # lock_timeout 0 would be: for ever.
    milliseconds = max(1, int(busy_seconds * 1000))
    return f"{_WRITER}; SET lock_timeout = {milliseconds}; SET idle_in_transaction_session_timeout = '{idle_seconds}s'"


def connect(address: Address, settings: str, *, name: str) -> Connection:
    """A connection of the store of that name; it commits each statement by itself, where no transaction has begun."""
    db = Connection.connect(conninfo(address, name=name), autocommit=True)
    db.execute(settings.encode())
    return db


def conninfo(address: Address, *, name: str = "") -> str:
    """The address with what we ask of a connection, where it does not say otherwise. `name`: what it is for."""
    given = psycopg.conninfo.conninfo_to_dict(address)
    return psycopg.conninfo.make_conninfo("", **({"application_name": f"archive {name}".rstrip()} | CONNECTION | given))


def role_of(address: Address) -> str:
    """The role that the address leads to, whether it names it or libpq does."""
    with psycopg.connect(conninfo(address), autocommit=True) as db:
        return db.info.user


@cache
def with_marks(sql: str) -> bytes:
    """The statement with psycopg's mark for a value that is handed over as it is. There is no other `?` in any of ours."""
    return sql.replace("?", "%b").encode()
