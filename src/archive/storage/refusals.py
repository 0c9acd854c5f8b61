"""What SQLite says, in our words: no exception of `sqlite3` leaves the rooms that use it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What the primary result codes mean for us (sqlite.org/rescode.html). Any other: SQLite cannot make sense of the file.
_MEANING: Final = {
    sqlite3.SQLITE_BUSY: "LOG-001",
    sqlite3.SQLITE_LOCKED: "LOG-001",
    sqlite3.SQLITE_PROTOCOL: "LOG-001",
    sqlite3.SQLITE_AUTH: "LOG-002",
    sqlite3.SQLITE_CANTOPEN: "LOG-002",
    sqlite3.SQLITE_PERM: "LOG-002",
    sqlite3.SQLITE_READONLY: "LOG-002",
    sqlite3.SQLITE_FULL: "LOG-003",
    sqlite3.SQLITE_INTERRUPT: "LOG-008",
    sqlite3.SQLITE_IOERR: "LOG-008",
    sqlite3.SQLITE_NOMEM: "LOG-008",
    # We handed SQLite what it cannot take: the file is well, the program is not.
    sqlite3.SQLITE_CONSTRAINT: "INT-001",
    sqlite3.SQLITE_MISMATCH: "INT-001",
    sqlite3.SQLITE_MISUSE: "INT-001",
    sqlite3.SQLITE_RANGE: "INT-001",
    sqlite3.SQLITE_TOOBIG: "INT-001",
}


def refusal(error: sqlite3.Error, path: Path, *, busy_seconds: float = 0) -> ArchiveError:
    """The error of ours that says what happened to the file."""
    # An extended code keeps its primary one in the low byte. An error without a code was made by the Python module
    # itself: a wrong type, a closed connection.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    match _MEANING.get(code):
        case None:
            damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
            reason = Phrase("SQLite 检查出损坏", "SQLite finds it damaged") if damaged else name
            return Corrupt("LOG-005", path=path, reason=reason)
        case "LOG-001":
            return Refused("LOG-001", seconds=busy_seconds)
        case "INT-001":
            return Refused("INT-001", kind=name)
        case meaning:
            return Refused(meaning, path=path)


@contextmanager
def refusals(path: Path, *, busy_seconds: float = 0) -> Iterator[None]:
    """Inside, what SQLite raises about this file becomes an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(error, path, busy_seconds=busy_seconds) from error
