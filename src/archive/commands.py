"""handle(command): the only writer of entries.

    command ──▶ decide(state, command, facts) ──▶ entries, in the log        (never changes)
                       text ──▶ seal ──▶ the vault; once cleared, openings in disclosures      (erasable)

State is read, decided upon and written inside the log's write lock, so no decision is ever made on an old state.
The vault is committed first, then openings, then the entries that name them. Concurrent single commands share one commit.
What an entry clears is looked through for personal data before the entry is made.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import msgspec
from msgspec import UNSET

from archive.disclosures.openings import Opening
from archive.domain import commands as rules
from archive.domain import erasures, personal_data
from archive.domain.batches import BatchRecorded
from archive.domain.calendars import RegionCalendar, calendar_id, overlaid, regions_above, year_of
from archive.domain.erasures import Erase, Erased, PersonalDataAccepted
from archive.domain.errors import ArchiveError, Refused
from archive.domain.events import STREAMS
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.parsing import check_command, text_values
from archive.domain.seals import SALT_BYTES, decoy, seal
from archive.log.log import stream_bytes
from archive.storage.commit import GroupCommit
from archive.vault.store import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archive.disclosures.openings import Disclosures, DisclosuresWrite
    from archive.domain.agencies import Agency
    from archive.domain.codes import Event, PersonalDataKind
    from archive.domain.commands import AnyCommand, State
    from archive.law.calendar import Calendar
    from archive.log.log import Log, LogWrite
    from archive.storage.contract import CommandRow
    from archive.vault.store import Vault, VaultWrite

# The law counts days in China, which has had one time zone and no summer time since 1991.
CHINA: Final = timezone(timedelta(hours=8))
STREAMS_KEPT: Final = 20_000
PROBLEMS_KEPT: Final = 10_000
CHUNK: Final = 1_000
_NOTHING: Final[dict[str, Any]] = {}  # Any: shared by commands without text, for seals and for salts
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Receipt(NamedTuple):
    """A command is in the log: its entries are `first … first + entries − 1`. `repeated`: they were there before."""

    first: int
    entries: int
    repeated: bool


class Problem(NamedTuple):
    """Why one line of a batch was refused."""

    line: int
    error: ArchiveError


class Batch(NamedTuple):
    """What a batch did, or with `dry_run` would do. Where there is a problem, nothing happened."""

    lines: int
    commands: int
    unchanged: int
    entries: int
    head: int
    stream: str | None
    problems: tuple[Problem, ...]
    problem_count: int


class _Stand(NamedTuple):
    """Where a stream stands: its name, its version, the position of its newest entry, and the state folded from it.

    The 128 bits of an id belong to one stream, of one kind; they have no name as long as nothing has happened in it.
    """

    stream: str | None
    version: int
    prev: int | None
    state: State | None


class _Rollback(Exception):
    """Not an error: the way out of a transaction that must not happen."""


class Writer:
    """Takes commands. `now` is the clock, `noise` gives random bytes for salts and ids."""

    def __init__(
        self,
        log: Log,
        disclosures: Disclosures,
        vault: Vault,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        noise: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._log = log
        self._disclosures = disclosures
        self._vault = vault
        self._now = now
        self._noise = noise
        # One transaction at a time in this process; it holds what stands, which is true only while nobody else has written.
        self._turn = threading.Lock()
        self._stands: OrderedDict[bytes, _Stand] = OrderedDict()
        # The position and the bytes of the newest entry when they stood so.
        self._written = (0, b"")
        # The newest head known to be durable. What entries up to it moved out of the vault goes with its next commit, or
        # at the end; a writer that ended otherwise leaves that to the next one.
        self._moved_until = 0
        self._group = GroupCommit(self._transaction, _Work.savepoint)

    def handle(self, command: AnyCommand) -> Receipt:
        """Do what the command asks, once; returns when it is on disk. Many threads may call at the same time."""
        check_command(command)
        answers: list[Receipt] = []

        def handle_in(work: _Work) -> Receipt:
            answers.append(work.handle(command))
            return answers[-1]

        try:
            return self._group.submit(handle_in)
        except ArchiveError as error:
            if not answers or not _concerns_files(error):
                raise
            return self._answer_of_the_log(command, answers[-1], error)

    def handle_all(  # noqa: PLR0913 - what a batch is, and how it is done
        self,
        lines: Iterable[tuple[int, AnyCommand | ArchiveError]],
        *,
        kind: str,
        source_sha256: Callable[[], str],
        by: str = "role:importer",
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Batch:
        """Do what all lines ask in one commit, or nothing; every problem is found in one pass.

        `source_sha256` is asked when the last line is read. A batch that changes nothing is not recorded.
        """
        tally = _Tally()
        stream = None
        try:
            with self._transaction() as work:
                before = work.head
                for chunk in _chunks(lines):
                    work.prepare([command for _, command in chunk if not isinstance(command, ArchiveError)])
                    for line, command in chunk:
                        tally.add(line, work.attempt(command))
                    progress(tally.lines)
                if tally.commands and not tally.problem_count:
                    stream = work.record_batch(tally.recorded(kind, source_sha256(), work.head - before), by=by)
                tally.must_happen(dry_run=dry_run)
        except _Rollback:
            stream = None
        return tally.batch(stream=stream, head=self._log.head())

    def close(self) -> None:
        """Finish what was submitted, and remove from the vault what was cleared."""
        self._group.close()
        if self._moved_until:
            self._vault.sweep_moved(head=self._moved_until)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[_Work]:
        with self._turn:
            try:
                with self._log.write() as log:
                    self._forget_moved(log)
                    with (
                        self._disclosures.write(head=log.head) as openings,
                        self._vault.write(head=log.head) as vault,
                    ):
                        yield _Work(self, log, openings, vault)
                    # Vault and openings are durable, entries are not; a death here leaves what the next writer sweeps.
                    log.flush()
                    self._written = (log.head, log.newest)
                # From here the entries are durable. If we die now, the sender asks again and gets its answer.
                self._moved_until = log.head
            except BaseException:
                self._stands.clear()
                raise
            _forget_oldest(self._stands)

    def _forget_moved(self, log: LogWrite) -> None:
        """Forget what others have written to; and all, where the log is not the one this process has written (a standby took over)."""
        moved = log.streams_after(*self._written, limit=STREAMS_KEPT) if self._stands else None
        if moved is None:
            self._stands.clear()
        else:
            for stream_id in moved:
                self._stands.pop(stream_id, None)

    def _answer_of_the_log(self, command: AnyCommand, answer: Receipt, error: ArchiveError) -> Receipt:
        """A commit failed, or it only seemed to: whether the command is in the log is the answer."""
        try:
            known = self._log.storage.command(bytes.fromhex(command.id))
        except ArchiveError:
            raise Refused("CMD-009") from error
        if known is None or known.digest != _digest(command):
            raise error
        return Receipt(known.first_position, known.entries, answer.repeated)


class _Tally:
    """What a batch has done so far."""

    def __init__(self) -> None:
        self.lines = self.commands = self.unchanged = self.entries = self.problem_count = 0
        self.problems: list[Problem] = []

    def add(self, line: int, outcome: Receipt | ArchiveError) -> None:
        self.lines += 1
        if isinstance(outcome, ArchiveError):
            self.problem_count += 1
            if len(self.problems) < PROBLEMS_KEPT:
                self.problems.append(Problem(line, outcome))
        elif outcome.repeated:
            self.unchanged += 1
        else:
            self.commands += 1
            self.entries += outcome.entries

    def must_happen(self, *, dry_run: bool) -> None:
        if self.problem_count or dry_run:
            raise _Rollback

    def recorded(self, kind: str, source_sha256: str, entries: int) -> BatchRecorded:
        return BatchRecorded(
            kind=kind,  # type: ignore[arg-type] # checked when the entry is read back; callers pass literals
            source_sha256=source_sha256,
            lines=self.lines,
            commands=self.commands,
            unchanged=self.unchanged,
            entries=entries,
        )

    def batch(self, *, stream: str | None, head: int) -> Batch:
        return Batch(
            self.lines,
            self.commands,
            self.unchanged,
            self.entries,
            head,
            stream,
            tuple(self.problems),
            self.problem_count,
        )


class _Work:
    """Commands inside one transaction."""

    def __init__(self, writer: Writer, log: LogWrite, openings: DisclosuresWrite, vault: VaultWrite) -> None:
        self._writer = writer
        self._log = log
        self._openings = openings
        self._vault = vault
        self._stands = writer._stands  # noqa: SLF001 - one class in two halves: what outlives a transaction and what does not
        now = writer._now()  # noqa: SLF001 - see above
        self._at = log.moment(now)
        self._today = datetime.strptime(self._at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone(CHINA).date()
        self._known: dict[str, CommandRow | None] = {}
        # Region -> its calendar, until another one is adopted or a command is taken back.
        self._calendars: dict[str, Calendar] = {}

    @property
    def head(self) -> int:
        return self._log.head

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A command that raises leaves its neighbours in the same commit alone."""
        try:
            with self._log.savepoint(), self._openings.savepoint(), self._vault.savepoint():
                yield
        except BaseException:
            self._stands.clear()
            self._calendars.clear()
            raise

    def prepare(self, commands: Sequence[AnyCommand]) -> None:
        """Read what these commands need in a few statements instead of several a command."""
        self._known = {command.id: None for command in commands} | self._log.commands([c.id for c in commands])
        self._load({stream_bytes(getattr(command, command.STREAM)) for command in commands})
        named = {other for command in commands for other in _others(command)}
        named.update(agency for command in commands if (agency := self._agency_of(command)) is not None)
        self._load({stream_bytes(other) for other in named})
        _forget_oldest(self._stands)

    def attempt(self, command: AnyCommand | ArchiveError) -> Receipt | ArchiveError:
        """Handle the command; a refusal of its own is the answer, trouble with a file is raised."""
        if isinstance(command, ArchiveError):
            return command
        try:
            return self.handle(command)
        except Refused as error:
            if _concerns_files(error):
                raise
            return error

    def handle(self, command: AnyCommand) -> Receipt:
        """Decide and append; a command that happened before gets its first answer."""
        values = text_values(command)
        digest = _digest(command)
        known = self._known[command.id] if command.id in self._known else self._log.command(command.id)
        if known is not None:
            return self._repeated(known, digest, values, command.id)
        stream = getattr(command, command.STREAM)
        stand = self._stand(stream)
        if stand.stream not in (None, stream):
            raise Refused("CMD-010", id=stream)
        if isinstance(command, Erase):
            return self._erase(command, stand, digest)
        seals, salts = self._sealed(stream, command.TEXTS, values) if command.TEXTS else (_NOTHING, _NOTHING)
        agency = self._agency(self._agency_of(command))
        facts = Facts(
            today=self._today,
            position=self.head,
            by=command.by,
            seals=seals,
            agency=agency,
            calendar=NO_CALENDAR if agency is None else self._calendar(agency.region),
            streams=self._named_by(command),
        )
        events = rules.decide(stand.state, command, facts)
        new = {seals[name]: Kept(seals[name], stream, name, 0, salts[name], value) for name, value in values.items()}
        shown: dict[str, Kept] = _NOTHING
        for event in events:
            if event.CLEARS:
                shown = self._shown(events, seals, new)
                events = (*events, *_accepted(shown.values(), command))
                break
        first = self._append(events, command=command, stream=stream, stand=stand, digest=digest)
        if new or shown:
            self._keep(events, first=first, new=new, shown=shown)
        self._known.pop(command.id, None)  # from here the transaction itself knows it
        return Receipt(first, len(events), repeated=False)

    def record_batch(self, event: BatchRecorded, *, by: str) -> str:
        """Record the batch as the entry after its last one; the stream it got."""
        noise = self._writer._noise  # noqa: SLF001 - one class in two halves
        stream = f"batch-{noise(16).hex()}"
        command_id = noise(16).hex()
        digest = sha256(b"archive/batch/v1\n" + _encode(event)).digest()
        self._log.append(
            (event,), stream=stream, version=0, prev=None, at=self._at, by=by, command_id=command_id, digest=digest
        )
        return stream

    def _append(
        self, events: Sequence[Event], *, command: AnyCommand, stream: str, stand: _Stand, digest: bytes
    ) -> int:
        first = self._log.append(
            events,
            stream=stream,
            version=stand.version,
            prev=stand.prev,
            at=self._at,
            by=command.by,
            command_id=command.id,
            digest=digest,
        )
        state = stand.state
        for event in events:
            state = rules.evolve(_kind_of(stream), state, event)
        newest = first + len(events) - 1
        self._stands[stream_bytes(stream)] = _Stand(stream, stand.version + len(events), newest, state)
        if command.STREAM == "calendar":
            self._calendars.clear()
        return first

    def _erase(self, command: Erase, stand: _Stand, digest: bytes) -> Receipt:
        """Append the erasure and leave tombstones; what they stand for is destroyed when the entry is durable."""
        stream = command.stream
        history = [entry.event for entry in self._log.histories([stream_bytes(stream)])[stream_bytes(stream)]]
        erasable = {name for event in STREAMS.get(_kind_of(stream), ()) for name in event.SEALS}
        events = erasures.decide(history, command, erasable=erasable)
        first = self._append(events, command=command, stream=stream, stand=stand, digest=digest)
        for position, event in enumerate(events, first):
            assert isinstance(event, Erased)
            self._openings.erase(event.seals, position=position)
            self._vault.erase(event.seals)
        self._known.pop(command.id, None)
        return Receipt(first, len(events), repeated=False)

    def _shown(self, events: Sequence[Event], seals: dict[str, str], new: dict[str, Kept]) -> dict[str, Kept]:
        """What these events make public for the first time, by seal. `new`: the texts of the command, without position."""
        shown: dict[str, Kept] = {}
        for event in events:
            for name in event.CLEARS:
                sealed = getattr(event, name)
                if sealed in shown:
                    continue
                if sealed == seals.get(name):
                    # Made by the command itself: a text of its own, or a decoy.
                    kept = new.get(sealed)
                else:
                    kept = self._vault.waiting(sealed) or self._kept_before(sealed, name)
                if kept is not None:
                    shown[sealed] = kept
        return shown

    def _kept_before(self, sealed: str, name: str) -> Kept | None:
        """What an earlier transaction left in the vault; what is erased does not become public, destroyed already or not."""
        erased_at = self._openings.erased_at(sealed)
        if erased_at is not None:
            raise Refused("ERA-004", field=name, position=erased_at)
        return self._vault.get(sealed)

    def _keep(self, events: Sequence[Event], *, first: int, new: dict[str, Kept], shown: dict[str, Kept]) -> None:
        """Keep new texts in the vault, and open to the public what these events clear."""
        for position, event in enumerate(events, first):
            for name in event.SEALS:
                sealed = getattr(event, name)
                if (fresh := new.pop(sealed, None)) is not None:
                    fresh = fresh._replace(position=position)
                    if name not in event.CLEARS:
                        self._vault.put(fresh)
                        if sealed in shown:
                            shown[sealed] = fresh
                if name in event.CLEARS and (kept := shown.pop(sealed, None)) is not None:
                    since = kept.position or position
                    self._openings.put(Opening(sealed, kept.salt, kept.value, position), position=since)
                    if fresh is None:
                        self._vault.clear(sealed, position=position)

    def _sealed(
        self, stream: str, names: Sequence[str], values: dict[str, bytes]
    ) -> tuple[dict[str, str], dict[str, bytes]]:
        """A seal and its salt for each class of text of a command; where the text is absent, a decoy."""
        salts = {name: self._writer._noise(SALT_BYTES) for name in names}  # noqa: SLF001 - one class in two halves
        seals = {
            name: seal(origin=self._log.origin, stream=stream, field=name, salt=salt, value=values[name])
            if name in values
            else decoy(salt)
            for name, salt in salts.items()
        }
        return seals, salts

    def _repeated(self, known: CommandRow, digest: bytes, values: dict[str, bytes], command_id: str) -> Receipt:
        """The first answer, if this is the same command; its text is compared as long as it has not been erased."""
        same = known.digest == digest
        if same and values:
            event = self._log.entry(known.first_position).event
            for name, value in values.items():
                sealed = getattr(event, name)
                waiting = self._vault.get(sealed)
                kept = self._openings.value(sealed) if waiting is None else waiting.value
                same = same and kept in (None, value)
        if not same:
            raise Refused("CMD-004", id=command_id)
        return Receipt(known.first_position, known.entries, repeated=True)

    def _agency_of(self, command: AnyCommand) -> str | None:
        """The agency whose rules bind the command."""
        if command.STREAM == "agency":
            return None
        named = getattr(command, "agency", None)
        if named is not None:
            return named  # type: ignore[no-any-return] # a field of type AgencyId
        state = self._stand(getattr(command, command.STREAM)).state
        return getattr(state, "agency", None)

    def _agency(self, agency: str | None) -> Agency | None:
        stand = None if agency is None else self._stand(agency)
        if stand is None or stand.stream != agency:
            return None
        return stand.state  # type: ignore[return-value] # by its name it is an agency's stream

    def _calendar(self, region: str) -> Calendar:
        """The calendar of a region, as it stands in this transaction."""
        calendar = self._calendars.get(region)
        if calendar is None:
            ids = [calendar_id(one) for one in regions_above(region)]
            self._load({stream_bytes(one) for one in ids})
            stands = [self._stand(one).state for one in ids]
            years = [[year_of(event) for event in one.adopted] for one in stands if isinstance(one, RegionCalendar)]
            calendar = self._calendars[region] = overlaid(years)
        return calendar

    def _named_by(self, command: AnyCommand) -> dict[str, object]:
        """The states of the other streams that the command names, as far as there are such streams."""
        named = _others(command)
        if not named:
            return _NOTHING
        return {other: stand.state for other in named if (stand := self._stand(other)).stream == other}

    def _stand(self, stream: str) -> _Stand:
        stream_id = stream_bytes(stream)
        if stream_id not in self._stands:
            self._load({stream_id})
        return self._stands[stream_id]

    def _load(self, stream_ids: set[bytes]) -> None:
        """Fold the streams that are not known yet; one read for all."""
        missing = stream_ids.difference(self._stands)
        for stream_id in stream_ids - missing:
            self._stands.move_to_end(stream_id)
        if not missing:
            return
        for stream_id, entries in self._log.histories(missing).items():
            state: State | None = None
            for entry in entries:
                state = rules.evolve(_kind_of(entry.stream), state, entry.event)
            last = entries[-1] if entries else None
            self._stands[stream_id] = (
                _Stand(last.stream, last.version, last.position, state) if last else _Stand(None, 0, None, None)
            )


def _others(command: AnyCommand) -> list[str]:
    """The streams that a command names besides its own."""
    others = []
    for name in command.REFERS:
        value = getattr(command, name)
        if isinstance(value, str):
            others.append(value)
        elif value is not UNSET:
            others.extend(value)
    return others


def _chunks(
    lines: Iterable[tuple[int, AnyCommand | ArchiveError]],
) -> Iterator[list[tuple[int, AnyCommand | ArchiveError]]]:
    numbered = iter(lines)
    while chunk := list(islice(numbered, CHUNK)):
        yield chunk


def _forget_oldest(stands: OrderedDict[bytes, _Stand]) -> None:
    while len(stands) > STREAMS_KEPT:
        stands.popitem(last=False)


def _digest(command: AnyCommand) -> bytes:
    """What a command asks, without its texts: a bare hash of a text could be guessed back after it is erased."""
    if not command.TEXTS:
        return sha256(b"archive/command/v1\n" + _encode(command)).digest()
    fields = {
        name: value
        for name in command.__struct_fields__
        if name not in command.TEXTS and (value := getattr(command, name)) is not UNSET
    }
    fields["command"] = command.__struct_config__.tag
    fields["texts"] = [name for name in command.TEXTS if getattr(command, name) is not UNSET]
    return sha256(b"archive/command/v1\n" + _encode(fields)).digest()


def _accepted(shown: Iterable[Kept], command: AnyCommand) -> list[PersonalDataAccepted]:
    """What the clerk says about personal data in what becomes public; where there is some and he says nothing, `Refused`."""
    found: dict[str, set[PersonalDataKind]] = {}
    for kept in shown:
        hits = personal_data.find(kept.value)
        if hits and command.accept_personal_data is UNSET:
            kind, field, offset = hits[0]
            place = f"{kept.field}.{field}"
            raise Refused("PDA-001", field=place, kind=personal_data.NAMES[kind], offset=offset)
        for hit in hits:
            found.setdefault(kept.field, set()).add(hit.kind)
    return [
        PersonalDataAccepted(field=field, kinds=sorted(kinds), reason=command.accept_personal_data)  # type: ignore[arg-type] # not UNSET: see above
        for field, kinds in found.items()
    ]


def _kind_of(stream: str) -> str:
    return stream.rpartition("-")[0]


def _concerns_files(error: ArchiveError) -> bool:
    return error.code.startswith("LOG-")
