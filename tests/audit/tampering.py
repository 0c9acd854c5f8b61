"""Changes in the files of an archive, as its owner could make them: without the triggers, which are there again afterwards."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from archive.storage.sqlite import TABLES

Json = dict[str, Any]  # Any: an entry as an auditor parses it


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """A file as its owner opens it: nothing stops him."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for statement in TABLES:
            if triggers and statement.startswith("CREATE TRIGGER"):
                db.execute(statement)


def entry_at(db: sqlite3.Connection, position: int) -> Json:
    (raw,) = db.execute("SELECT entry FROM entries WHERE position = ?", (position,)).fetchone()
    return json.loads(raw)  # type: ignore[no-any-return] # an entry is an object


def put(db: sqlite3.Connection, position: int, entry: Json) -> None:
    """Canonical bytes, as ours are."""
    raw = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    db.execute("UPDATE entries SET entry = ?, type = ? WHERE position = ?", (raw, entry["type"], position))


def last_of(db: sqlite3.Connection, event_type: str) -> int:
    (position,) = db.execute("SELECT MAX(position) FROM entries WHERE type = ?", (event_type,)).fetchone()
    return int(position)


def published_without_clearing(db: sqlite3.Connection) -> None:
    """Other text than was reviewed: the seal of another entry of the log."""
    at = last_of(db, "item-updated")
    entry = entry_at(db, at)
    drafted = entry_at(db, last_of(db, "item-drafted"))
    put(db, at, {**entry, "seals": {**entry["seals"], "text": drafted["seals"]["text"]}})
