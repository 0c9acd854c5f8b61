"""Changes in the log of an archive, as its owner could make them."""

import json
import sqlite3
from typing import Any

Json = dict[str, Any]  # Any: an entry as an auditor parses it


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


def back_date(db: sqlite3.Connection) -> None:
    put(db, 12, {**entry_at(db, 12), "at": "2001-01-01T00:00:00Z"})


def delete_and_close_ranks(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entries WHERE position = 12")
    for (position,) in db.execute("SELECT position FROM entries WHERE position > 12 ORDER BY position").fetchall():
        db.execute("UPDATE entries SET position = ? WHERE position = ?", (position - 1, position))


def swap(db: sqlite3.Connection) -> None:
    first, second = entry_at(db, 20), entry_at(db, 21)
    rows = {at: db.execute("SELECT * FROM entries WHERE position = ?", (at,)).fetchone() for at in (20, 21)}
    assert first["stream"] == second["stream"], "two steps of one stream"
    db.execute("DELETE FROM entries WHERE position IN (20, 21)")
    db.execute("INSERT INTO entries VALUES (20, ?, ?, ?, ?)", rows[21][1:])
    db.execute("INSERT INTO entries VALUES (21, ?, ?, ?, ?)", rows[20][1:])


def insert(db: sqlite3.Connection) -> None:
    head = db.execute("SELECT MAX(position) FROM entries").fetchone()[0]
    stream, version, event_type, raw = db.execute(
        "SELECT stream, version, type, entry FROM entries WHERE position = ?", (head,)
    ).fetchone()
    entry = {**json.loads(raw), "prev": head, "ver": version + 1, "cmd": "f" * 32}
    db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", (head + 1, stream, version + 1, event_type, raw))
    put(db, head + 1, entry)


def rewritten(db: sqlite3.Connection) -> None:
    """Everything that the entries say of each other is made to fit: only the bytes are others."""
    at = last_of(db, "request-closed")
    entry = entry_at(db, at)
    put(db, at, {**entry, "data": {**entry["data"], "closed_on": "2018-09-29"}})


def truncate(db: sqlite3.Connection) -> None:
    """The newest entries are gone, and with them the commands that made them."""
    (head,) = db.execute("SELECT MAX(position) FROM entries").fetchone()
    db.execute("DELETE FROM entries WHERE position > ?", (head - 5,))
    db.execute("DELETE FROM commands WHERE first_position > ?", (head - 5,))
