"""What PostgreSQL says, in our words: no exception of psycopg leaves this room."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused
from archive.storage.contract import Conflict
from archive.storage.tables import OUT_OF_TURN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.storage.addresses import Address

# What SQLSTATE means for us (postgresql.org/docs/current/errcodes-appendix.html): a whole code, or else its class. Any
# other: we handed PostgreSQL what it cannot take, and the database is well, the program is not.
_MEANING: Final = {
    "08": "LOG-014",
    "25006": "LOG-013",  # a standby, or a session that may only read
    "28": "LOG-013",
    "3D": "LOG-006",
    "3F": "LOG-006",
    "40": "LOG-001",  # a deadlock with somebody who wrote past the lock
    "42501": "LOG-013",
    "42704": "LOG-013",  # a role that is not there
    "42P01": "LOG-006",
    "53": "LOG-014",
    "53100": "LOG-003",
    "55P03": "LOG-001",
    "57": "LOG-014",
    "57014": "LOG-001",
    "58": "LOG-008",
    "XX": "LOG-005",
}
# What the database answers to a row that is there already, or out of turn.
CONFLICTS: Final = frozenset({"23505", OUT_OF_TURN})


def answer(error: psycopg.Error, address: Address, *, busy_seconds: float = 0) -> ArchiveError | Conflict:
    """The error of ours that says what happened."""
    state = error.sqlstate or ""
    if state in CONFLICTS:
        return Conflict(error.diag.message_primary or state)
    # Without a state the server did not speak: the client could not reach it, or lost it.
    lost = not state and isinstance(error, psycopg.OperationalError)
    match "LOG-014" if lost else _MEANING.get(state) or _MEANING.get(state[:2]):
        case "LOG-001":
            return Refused("LOG-001", seconds=busy_seconds)
        case "LOG-005":
            damaged = Phrase("PostgreSQL 检查出损坏", "PostgreSQL finds it damaged")
            return Corrupt("LOG-005", path=address, reason=damaged)
        case "LOG-014":
            return Refused("LOG-014", path=address, reason=state or type(error).__name__)
        case None:
            return Refused("INT-001", kind=type(error).__name__)
        case code:
            return Refused(code, path=address)


@contextmanager
def answers(address: Address, *, busy_seconds: float = 0) -> Iterator[None]:
    """Inside, what PostgreSQL raises becomes an error of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise answer(error, address, busy_seconds=busy_seconds) from error
