"""The log: entries in order, read by position, by stream and by moment; written through one lock.

Positions are 1, 2, 3 … without a gap, in commit order; `at` never decreases. Position 0 is the empty archive.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import MINYEAR, UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from archive.domain.errors import Refused
from archive.domain.events import STREAMS
from archive.log.entry import Entry, decode_entry, encode_entry
from archive.storage.addresses import Address, open_storage
from archive.storage.contract import CommandRow, Row, Storage, StorageWrite

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from archive.domain.codes import Event

FLUSH_ENTRIES: Final = 5_000
_NAMES: Final = re.compile(rf"role:[a-z](?:[a-z-]{{0,22}}[a-z])? [0-9a-f]{{32}} (?:{'|'.join(STREAMS)})-[0-9a-f]{{32}}")


def moment_text(moment: datetime) -> str:
    """The moment as entries write it: UTC, whole seconds, four digits of the year."""
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


@lru_cache(maxsize=16_384)
def stream_bytes(stream: str) -> bytes:
    """The 128 bits of a stream's id."""
    return bytes.fromhex(stream[-32:])


class Log:
    """The entries of one archive."""

    def __init__(self, storage: Storage, *, origin: str) -> None:
        self.storage = storage
        self.origin = origin

    @classmethod
    def open(cls, place: Path | Address, *, origin: str, read_only: bool = False, busy_seconds: float = 5.0) -> Self:
        """The log in this file, or at this address."""
        return cls(open_storage(place, read_only=read_only, busy_seconds=busy_seconds), origin=origin)

    def head(self) -> int:
        """The newest position; 0 when nothing has happened."""
        return self.storage.head()

    def rows(
        self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None
    ) -> list[Row]:
        """Stored rows with `after < position <= until`, in order, at most `limit`."""
        return self.storage.read(after=after, limit=limit, until=until, types=types)

    def entries(
        self, *, after: int, limit: int, until: int | None = None, types: Collection[str] | None = None
    ) -> list[Entry]:
        """The same as entries."""
        return [
            decode_entry(row.position, row.type, row.entry)
            for row in self.rows(after=after, limit=limit, until=until, types=types)
        ]

    def row(self, position: int) -> Row | None:
        """The stored row at a position."""
        return self.storage.row(position)

    def entry(self, position: int) -> Entry | None:
        """The entry at a position."""
        row = self.storage.row(position)
        return None if row is None else decode_entry(row.position, row.type, row.entry)

    def history(self, stream: str, *, until: int | None = None) -> list[Entry]:
        """The entries of one stream, first version first; none when these 128 bits are a stream of another kind."""
        entries = [
            decode_entry(row.position, row.type, row.entry)
            for row in self.storage.stream(stream_bytes(stream), until=until)
        ]
        return [entry for entry in entries if entry.stream == stream]

    def moment_of(self, position: int) -> str | None:
        """When the entry at a position was recorded; None for position 0."""
        if position == 0:
            return None
        entry = self.entry(position)
        if entry is None:
            raise Refused("LOG-009", position=position, head=self.head())
        return entry.at

    def position_at(self, moment: datetime, *, until: int) -> int:
        """The last position up to `until` recorded at or before the moment. `at` never decreases: a bisection."""
        try:
            wanted = moment_text(moment)
        except OverflowError:
            # In UTC it lies before the year 1 or after the year 9999.
            return 0 if moment.year == MINYEAR else until
        low, high = 0, until
        while low < high:
            middle = (low + high + 1) // 2
            recorded_at = self.moment_of(middle)
            assert recorded_at is not None
            if recorded_at <= wanted:
                low = middle
            else:
                high = middle - 1
        return low

    def commands(self, command_ids: Collection[str]) -> dict[str, CommandRow]:
        """The commands with these ids that have happened."""
        return {row.id.hex(): row for row in self.storage.commands([bytes.fromhex(one) for one in command_ids])}

    def behind_seconds(self) -> float | None:
        """How long ago what is read here was the newest, where it is read from a copy; None where it is not."""
        return self.storage.behind_seconds()

    def data_version(self) -> int:
        """A number that changes when somebody else has committed."""
        return self.storage.data_version()

    @contextmanager
    def write(self) -> Iterator[LogWrite]:
        """Everything appended inside happens at once when the block ends, or not at all."""
        with self.storage.write() as write:
            log_write = LogWrite(write, origin=self.origin)
            yield log_write
            log_write.flush()

    def wait(self, stop: threading.Event) -> None:
        """Wait until it is worth asking for `data_version` again, or until `stop` is set; never for long."""
        self.storage.wait(stop)

    def close(self) -> None:
        """Let go of the file or the database."""
        self.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LogWrite:
    """Appends inside the write lock. Rows are gathered and inserted many at a time."""

    def __init__(self, write: StorageWrite, *, origin: str) -> None:
        self._write = write
        self._rows: list[Row] = []
        self._commands: dict[bytes, CommandRow] = {}
        last = write.last()
        self.head = write.head
        self.origin = origin
        # The bytes of the newest entry; empty when there is none.
        self.newest = b"" if last is None else last.entry
        self.at = "" if last is None else decode_entry(last.position, last.type, last.entry).at

    def moment(self, now: datetime) -> str:
        """`at` for an entry made now: whole seconds, never before the newest entry."""
        return max(self.at, moment_text(now))

    def append(  # noqa: PLR0913 - the parts of one decision
        self,
        events: Sequence[Event],
        *,
        stream: str,
        version: int,
        prev: int | None,
        at: str,
        by: str,
        command_id: str,
        digest: bytes,
    ) -> int:
        """Add the events of one command to a stream that stands at `version`; the first position they got."""
        assert at >= self.at, "`at` never decreases"
        assert _NAMES.fullmatch(f"{by} {command_id} {stream}"), "an office, a command's id, a stream's id"
        first = self.head + 1
        stream_id = stream_bytes(stream)
        for event in events:
            self.head += 1
            version += 1
            raw = encode_entry(
                event, at=at, by=by, cmd=command_id, log=self.origin, prev=prev, stream=stream, version=version
            )
            self._rows.append(Row(self.head, stream_id, version, event.TYPE, raw))
            prev = self.head
            self.newest = raw
        self.at = at
        command = CommandRow(bytes.fromhex(command_id), first, len(events), digest)
        self._commands[command.id] = command
        if len(self._rows) >= FLUSH_ENTRIES:
            self.flush()
        return first

    def flush(self) -> None:
        """Insert what was gathered."""
        if self._rows or self._commands:
            self._write.append(self._rows, list(self._commands.values()))
            self._rows = []
            self._commands = {}

    def streams_after(self, position: int, newest: bytes, *, limit: int) -> set[bytes] | None:
        """The 128 bits of the streams that have entries after a position at which `newest` are the bytes of the entry.

        None: another entry is there, or none, or more than `limit` came after it.
        """
        if position == self.head:
            return set() if newest == self.newest else None
        row = self._write.row(position)
        if row is None or row.entry != newest or self.head - position > limit:
            return None
        return set(self._write.streams_after(position))

    def histories(self, stream_ids: Collection[bytes]) -> dict[bytes, list[Entry]]:
        """The entries of the streams with these 128 bits, with those of this transaction; a new stream has none."""
        self.flush()
        found: dict[bytes, list[Entry]] = {stream_id: [] for stream_id in stream_ids}
        for row in self._write.streams(list(found)):
            found[row.stream].append(decode_entry(row.position, row.type, row.entry))
        return found

    def entry(self, position: int) -> Entry:
        """The entry at a position up to `head`."""
        self.flush()
        row = self._write.row(position)
        assert row is not None
        return decode_entry(row.position, row.type, row.entry)

    def command(self, command_id: str) -> CommandRow | None:
        """What a command with this id did before."""
        wanted = bytes.fromhex(command_id)
        return self._commands.get(wanted) or self._write.command(wanted)

    def commands(self, command_ids: Collection[str]) -> dict[str, CommandRow]:
        """What commands with these ids did before, as far as they were."""
        self.flush()
        return {row.id.hex(): row for row in self._write.commands([bytes.fromhex(one) for one in command_ids])}

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is appended inside is undone when the block raises; what was appended before stays."""
        self.flush()
        before = self.head, self.at, self.newest
        try:
            with self._write.savepoint():
                yield
                self.flush()
        except BaseException:
            self.head, self.at, self.newest = before
            self._rows = []
            self._commands = {}
            raise
