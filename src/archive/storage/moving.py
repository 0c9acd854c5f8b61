"""copy_store(): the same rows in another store of the kind, whichever databases the two are in.

Both are walked in the order of their keys, a page at a time, so that a copy that was interrupted goes on where rows are
missing. What may be erased and is not in the first any more goes from the second too; what only grows there must be the
beginning of the first. Every page is read back and compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archive.domain.errors import Corrupt, Phrase, Refused
from archive.storage.contract import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.storage.beside import Rights, Store

PAGE: Final = 2_000
_Row = tuple[Any, ...]  # Any: the columns of a row as the database gives them


class Moved(NamedTuple):
    """How many rows both have, and how many of them the other one was given."""

    rows: int
    copied: int


class _Table(NamedTuple):
    name: str
    key: str
    columns: int
    rights: Rights


def copy_store(source: Store, target: Store, *, progress: Callable[[int], None] = lambda _: None) -> Moved:
    """Make `target` hold what `source` holds. LOG-017: what only grows is another one there. LOG-005: it gives back something else.

    `progress` is told how many rows are the same.
    """
    assert type(source) is type(target), "two stores of a kind"
    done = copied = 0
    erased = False
    for table in _tables(source):
        for first, last, rows in _pages(source, table):
            there = _between(target, table, first, last)
            wanted = set(rows)
            extra = [row for row in there if row not in wanted]
            if extra and table.rights.grows:
                raise Refused("LOG-017", path=target.place, table=table.name)
            missing = sorted(wanted.difference(there))
            if extra or missing:
                _write(target, table, extra, missing)
                if _between(target, table, first, last) != rows:
                    altered = Phrase(f"{table.name} 不是所写的内容", f"{table.name} is not what was written")
                    raise Corrupt("LOG-005", path=target.place, reason=altered)
            erased |= bool(extra and table.rights.erased)
            copied += len(missing)
            done += len(rows)
            progress(done)
    if erased:
        target.shrink()
    return Moved(done, copied)


def count_of(store: Store) -> int:
    """How many rows it has in all."""
    with store._reading() as db:  # noqa: SLF001 - one room: what a store is made of
        return sum(db.execute(f"SELECT COUNT(*) FROM {table.name}").fetchone()[0] for table in _tables(store))


def _tables(store: Store) -> Iterator[_Table]:
    """The tables in the order in which rows may name those of others; the key is the first column of each."""
    made = {found[1]: found for sql in store.TABLES if (found := re.match(r"CREATE TABLE (\w+) \(\n\s+(\w+)", sql))}
    for name, rights in store.RIGHTS.items():
        columns = len(re.findall(r"^    \w", made[name].string, re.MULTILINE))
        yield _Table(name, made[name][2], columns, rights)


def _pages(store: Store, table: _Table) -> Iterator[tuple[object, object, list[_Row]]]:
    """Rows by key with what they reach from (but not with it) and to; None: the beginning, the end."""
    after = None
    while True:
        rows = _between(store, table, after, None, limit=PAGE)
        last = rows[-1][0] if len(rows) == PAGE else None
        yield after, last, rows
        if last is None:
            return
        after = last


def _between(store: Store, table: _Table, after: object, last: object, *, limit: int | None = None) -> list[_Row]:
    limits = ((f"{table.key} > ?", after), (f"{table.key} <= ?", last))
    said = [(condition, value) for condition, value in limits if value is not None]
    where = " AND ".join(condition for condition, _ in said)
    sql = f"SELECT * FROM {table.name}{f' WHERE {where}' if where else ''} ORDER BY {table.key}"
    values = [value for _, value in said]
    if limit is not None:
        sql, values = f"{sql} LIMIT ?", [*values, limit]
    with store._reading() as db:  # noqa: SLF001 - one room: what a store is made of
        return [tuple(row) for row in db.execute(sql, values).fetchall()]


def _write(store: Store, table: _Table, extra: list[_Row], missing: list[_Row]) -> None:
    with store._writing() as db:  # noqa: SLF001 - one room: what a store is made of
        if extra:
            db.executemany(f"DELETE FROM {table.name} WHERE {table.key} = ?", [row[:1] for row in extra])
        if missing:
            db.executemany(f"INSERT INTO {table.name} VALUES ({marks(range(table.columns))})", missing)
