"""A program that appends to a log until it is killed or done: `appender.py LOG STREAM ROWS TRANSACTIONS`.

Each transaction appends ROWS entries and one command. The position it ended at is printed once it is durable.
"""

from __future__ import annotations

import sys
from pathlib import Path

from archive.storage.addresses import Address, open_storage
from archive.storage.contract import CommandRow, Row, Storage


def append_one(log: Storage, stream: bytes, rows: int) -> int:
    """One transaction; the position it ended at."""
    with log.write() as write:
        before = write.stream(stream)
        version = len(before)
        first = write.head + 1
        write.append(
            [Row(first + n, stream, version + n + 1, "type", b"entry %d" % (first + n)) for n in range(rows)],
            [CommandRow(first.to_bytes(16, "big"), first, rows, b"d" * 32)],
        )
        return write.head


def main() -> None:
    """Append and acknowledge."""
    place, stream, rows, transactions = sys.argv[1:]
    where = Address(place) if "://" in place else Path(place)
    with open_storage(where, read_only=False, busy_seconds=60) as log:
        for _ in range(int(transactions)):
            print(append_one(log, stream.encode() * 16, int(rows)), flush=True)  # noqa: T201 - the acknowledgement


if __name__ == "__main__":
    main()
