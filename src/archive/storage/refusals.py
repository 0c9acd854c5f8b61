"""What SQLite says, in our words: no exception of `sqlite3` leaves the rooms that use it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archive.domain.errors import ArchiveError, Corrupt, Phrase, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Primary result codes; an extended code keeps its primary one in the low byte (sqlite.org/rescode.html).
_PRIMARY = 0xFF


def refusal(error: sqlite3.Error, path: Path, *, busy_seconds: float = 0) -> ArchiveError:
    """The error of ours that says what happened to the file."""
    # An error without a code was made by the Python module itself: a wrong type, a closed connection.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return Refused("LOG-001", seconds=busy_seconds)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return Refused("LOG-002", path=path)
        case sqlite3.SQLITE_FULL:
            return Refused("LOG-003", path=path)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_INTERRUPT:
            return Refused("LOG-008", path=path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Corrupt("LOG-005", path=path, reason=Phrase("SQLite 检查出损坏", "SQLite finds it damaged"))
        case (
            sqlite3.SQLITE_CONSTRAINT
            | sqlite3.SQLITE_MISMATCH
            | sqlite3.SQLITE_MISUSE
            | sqlite3.SQLITE_RANGE
            | sqlite3.SQLITE_TOOBIG
        ):
            # We handed SQLite what it cannot take: the file is well, the program is not.
            return Refused("INT-001", kind=_name(error))
        case _:
            return Corrupt("LOG-005", path=path, reason=_name(error))


@contextmanager
def refusals(path: Path, *, busy_seconds: float = 0) -> Iterator[None]:
    """Inside, what SQLite raises about this file becomes an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(error, path, busy_seconds=busy_seconds) from error


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)
