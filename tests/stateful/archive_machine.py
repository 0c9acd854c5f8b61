"""An archive and its model side by side: whatever is sent in whatever order, both accept and refuse alike.

The model is the rules folded in memory and a list of what should be in the log; the promises are checked after each step
by reading the archive from outside.
"""

import copy
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace
from typing_extensions import override

from archive.commands import CHINA, Batch, Receipt, Writer
from archive.disclosures.openings import Disclosures
from archive.domain import commands as rules
from archive.domain.agencies import Agency
from archive.domain.batches import BatchRecorded
from archive.domain.codes import ROLES, Event
from archive.domain.commands import AnyCommand, State
from archive.domain.errors import Refused
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.items import ItemCorrected, ItemPublished, ItemUpdated, PublicationAdded
from archive.domain.reviews import PriorReviewDeclared, ReviewConcluded
from archive.domain.seals import opens, seal_text
from archive.log.entry import Entry, decode_entry, is_canonical
from archive.log.log import Log, moment_text
from archive.projections import agencies, catalogue
from archive.projections.catalogue import ItemFilter
from archive.projections.runner import Projections
from projections.oracle import agencies_at, items_at, told
from projections.tale import reading
from stories import ORIGIN, Backend, Clerk, Clock, Home, Noise, a_small_archive, texts_behind
from strategies import World, commands

SHA: Final = "ab" * 32
MOVES: Final = [timedelta(seconds=1), timedelta(days=1), timedelta(days=40), timedelta(days=-1), timedelta(days=-400)]


@dataclass
class Model:
    """What the archive should be: where each stream stands, and what its entries say beside their seals."""

    states: dict[str, State] = field(default_factory=dict)
    events: list[tuple[str, Event]] = field(default_factory=list)
    done: dict[str, tuple[AnyCommand, Receipt]] = field(default_factory=dict)

    def handle(self, command: AnyCommand, today: date) -> Receipt:
        """What the archive should answer, or `Refused` with the code that it should refuse with."""
        if command.id in self.done:
            known, receipt = self.done[command.id]
            if known != command:
                raise Refused("CMD-004", id=command.id)
            return receipt._replace(repeated=True)
        stream = getattr(command, command.STREAM)
        state = self.states.get(stream)
        # A seal of the model tells texts apart, as the real one does; it is not the real one.
        seals = {name: seal_text(sha256(f"{command.id}/{name}".encode()).digest()) for name in command.TEXTS}
        facts = Facts(
            today=today,
            position=len(self.events),
            by=command.by,
            seals=seals,
            agency=self._agency(command, state),
            calendar=NO_CALENDAR,
            streams={},
        )
        events = rules.decide(state, command, facts)
        receipt = Receipt(len(self.events) + 1, len(events), repeated=False)
        for event in events:
            state = rules.evolve(command.STREAM, state, event)
            assert state is not None
            self.states[stream] = state
            self.events.append((stream, event))
        self.done[command.id] = command, receipt
        return receipt

    def _agency(self, command: AnyCommand, state: State | None) -> Agency | None:
        named = getattr(command, "agency", None) or getattr(state, "agency", None)
        known = self.states.get(named) if isinstance(named, str) else None
        return known if isinstance(known, Agency) else None


class Trial:
    """What a batch would do to a copy of the model."""

    def __init__(self, model: Model, today: date) -> None:
        self.model = model
        self.today = today
        self.sent: list[AnyCommand] = []
        self.problems: list[tuple[int, str]] = []
        self.repeated = 0

    def send(self, command: AnyCommand) -> None:
        """One line more."""
        self.sent.append(command)
        try:
            self.repeated += self.model.handle(command, self.today).repeated
        except Refused as refused:
            self.problems.append((len(self.sent), refused.code))


class ArchiveMachine(RuleBasedStateMachine):
    """One archive, two writers that do not know of each other, and the projections that follow it."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.kept = ExitStack()
        self.folder = Path(self.kept.enter_context(tempfile.TemporaryDirectory()))
        self.home = Home.create(self.folder / "home", backend)
        self.clock = Clock()
        self.newest_at = ""
        self.model = Model()
        self.openings = 0
        self.open = ExitStack()
        self._open()

    def _open(self) -> None:
        self.openings += 1
        # Salts and ids are new for each writer and each time it opens the archive.
        one, other = (
            self.open.enter_context(self.home.opened(clock=self.clock, noise=Noise(f"{name}/{self.openings}")))
            for name in ("one", "other")
        )
        self.writers: tuple[Writer, Writer] = one[0], other[0]
        self.log: Log = other[1]
        self.disclosures: Disclosures = other[2]
        self.projections = Projections(self.home.folder / "projections", self.log, self.disclosures)

    @override
    def teardown(self) -> None:
        """Let go of the files, and remove them."""
        self.open.close()
        self.kept.close()

    @property
    def moment(self) -> str:
        """What an entry made now bears: the clock's time, but never one before the newest entry's."""
        return max(self.newest_at, moment_text(self.clock()))

    @property
    def today(self) -> date:
        return datetime.fromisoformat(self.moment).astimezone(CHINA).date()

    def drawn(self, data: st.DataObject, model: Model) -> AnyCommand:
        """A command that makes sense for where the model stands."""
        return data.draw(commands(World(streams=model.states, today=self.today)))

    # --- what comes in ---------------------------------------------------------------------------------------------
    @rule(data=st.data(), writer=st.integers(0, 1))
    def handle(self, data: st.DataObject, writer: int) -> None:
        """One command, to either writer."""
        self._send(self.drawn(data, self.model), writer)

    @precondition(lambda self: self.model.done)
    @rule(data=st.data(), writer=st.integers(0, 1), changed=st.booleans())
    def handle_again(self, data: st.DataObject, writer: int, *, changed: bool) -> None:
        """A command that was done, once more, or its id for something else."""
        command, _ = self.model.done[data.draw(st.sampled_from(sorted(self.model.done)))]
        other = next(role for role in ROLES if role != command.by)
        self._send(replace(command, by=other) if changed else command, writer)

    def _send(self, command: AnyCommand, writer: int) -> None:
        try:
            expected = self.model.handle(command, self.today)
        except Refused as refused:
            self._must_be_refused(command, writer, refused)
            return
        assert self.writers[writer].handle(command) == expected
        if not expected.repeated:
            self.newest_at = self.moment

    def _must_be_refused(self, command: AnyCommand, writer: int, expected: Refused) -> None:
        try:
            self.writers[writer].handle(command)
        except Refused as refused:
            assert (refused.code, refused.facts) == (expected.code, expected.facts)  # noqa: PT017 - model and archive refuse alike
        else:
            raise AssertionError(f"the model refuses this with {expected.code}")

    @rule(data=st.data(), writer=st.integers(0, 1), size=st.integers(1, 6), dry_run=st.booleans())
    def batch(self, data: st.DataObject, writer: int, size: int, *, dry_run: bool) -> None:
        """Several commands at once; with one that is refused, none is done."""
        trial = Trial(copy.deepcopy(self.model), self.today)
        for _ in range(size):
            trial.send(self.drawn(data, trial.model))
        self._import(trial, writer, dry_run=dry_run)

    @precondition(lambda self: not self.model.events)
    @rule(writer=st.integers(0, 1), length=st.integers(1, 45))
    def story(self, writer: int, length: int) -> None:
        """The beginning of a story, so that deep states come up."""
        trial = Trial(copy.deepcopy(self.model), self.today)
        for command in a_small_archive(Clerk())[:length]:
            trial.send(command)
        self._import(trial, writer, dry_run=False)

    def _import(self, trial: Trial, writer: int, *, dry_run: bool) -> None:
        batch = self.writers[writer].handle_all(
            enumerate(trial.sent, 1), kind="commands", source_sha256=lambda: SHA, dry_run=dry_run
        )
        assert [(problem.line, problem.error.code) for problem in batch.problems] == trial.problems
        done = len(trial.sent) - trial.repeated - len(trial.problems)
        assert (batch.lines, batch.commands, batch.unchanged) == (len(trial.sent), done, trial.repeated)
        assert batch.entries == len(trial.model.events) - len(self.model.events)
        if trial.problems or dry_run or not done:
            assert (batch.stream, batch.head) == (None, len(self.model.events))
        else:
            self._record(batch, trial.model)

    def _record(self, batch: Batch, trial: Model) -> None:
        assert batch.stream is not None
        recorded = BatchRecorded(
            kind="commands",
            source_sha256=SHA,
            lines=batch.lines,
            commands=batch.commands,
            unchanged=batch.unchanged,
            entries=batch.entries,
        )
        trial.events.append((batch.stream, recorded))
        assert batch.head == len(trial.events)
        self.newest_at = self.moment
        self.model = trial

    # --- what happens around it ------------------------------------------------------------------------------------
    @rule(by=st.sampled_from(MOVES))
    def move_the_clock(self, by: timedelta) -> None:
        """Clocks go on, and sometimes back."""
        self.clock.move(by)

    @rule()
    def reopen(self) -> None:
        """Everything that was only in memory is gone."""
        self.open.close()
        self._open()

    # --- what is read ----------------------------------------------------------------------------------------------
    @rule(limit=st.integers(1, 9))
    def follow(self, limit: int) -> None:
        """The projections come up to the log, in parts of any size."""
        assert self.projections.follow(limit=limit) == len(self.model.events)

    @rule(batch=st.integers(1, 20))
    def rebuild(self, batch: int) -> None:
        """A new generation says what the old one says."""
        self.projections.follow()
        before = {name: self.projections.digest(name) for name in self.projections.names()}
        rebuilt = self.projections.rebuild(batch=batch)
        assert (rebuilt.position, rebuilt.digests) == (len(self.model.events), before)

    @precondition(lambda self: (self.home.folder / "projections" / "current").exists())
    @rule(data=st.data())
    def ask_as_of(self, data: st.DataObject) -> None:
        """An answer of any past position is what a fold up to it says."""
        archive = told(self.log, self.disclosures)
        with reading(self.home.folder / "projections") as now:
            position = data.draw(st.integers(0, now.head))
            rows = catalogue.items(now.db, as_of=position, where=ItemFilter(), order="POSITION_ASC").rows
            assert rows == items_at(archive, position)
            assert agencies.agencies(now.db, as_of=position) == agencies_at(archive, position)

    # --- the promises ----------------------------------------------------------------------------------------------
    @invariant()
    def log_says_what_the_model_says(self) -> None:
        """Every entry, whole: no gap, canonical bytes, streams in order, time never back, and nothing but what was done."""
        rows = self.log.rows(after=0, limit=100_000)
        entries = [decode_entry(row.position, row.type, row.entry) for row in rows]
        assert [entry.position for entry in entries] == list(range(1, len(self.model.events) + 1))
        assert all(is_canonical(entry, row.entry) for entry, row in zip(entries, rows, strict=True))
        moments = [entry.at for entry in entries]
        assert moments == sorted(moments)
        assert [(entry.stream, without_seals(entry.event)) for entry in entries] == [
            (stream, without_seals(event)) for stream, event in self.model.events
        ]
        newest: dict[str, Entry] = {}
        for entry in entries:
            before = newest.get(entry.stream)
            assert (entry.version, entry.prev) == ((before.version + 1, before.position) if before else (1, None))
            newest[entry.stream] = entry
        for command, receipt in self.model.done.values():
            asked = entries[receipt.first - 1 : receipt.first - 1 + receipt.entries]
            assert [entry.cmd for entry in asked] == [command.id] * receipt.entries
        check_publications(entries)
        self._check_openings(entries)

    def _check_openings(self, entries: Iterable[Entry]) -> None:
        """A text opens the seal of the entry that first carried it, and is seen from the first entry that clears it."""
        texts = {
            (receipt.first, name)
            for command, receipt in self.model.done.values()
            for name in command.TEXTS
            if getattr(command, name)
        }
        first: dict[str, tuple[Entry, str]] = {}
        cleared: dict[str, int] = {}
        for entry in entries:
            for name in entry.event.SEALS:
                first.setdefault(getattr(entry.event, name), (entry, name))
            for name in entry.event.CLEARS:
                cleared.setdefault(getattr(entry.event, name), entry.position)
        kept = texts_behind(self.disclosures, list(first))
        assert {(first[sealed][0].position, first[sealed][1]) for sealed in kept} == texts
        for sealed, (_, salt, value, seen_from) in kept.items():
            entry, name = first[sealed]
            assert opens(sealed, origin=ORIGIN, stream=entry.stream, field=name, salt=salt, value=value)
            assert seen_from == cleared.get(sealed)


def without_seals(event: Event) -> tuple[str, list[object]]:
    """What an event says beside its seals, which are new each time."""
    return event.TYPE, [getattr(event, name) for name in event.__struct_fields__ if name not in event.SEALS]


def check_publications(entries: Iterable[Entry]) -> None:
    """Whatever became public bears the seal that a review of its own stream cleared before."""
    cleared: set[tuple[str, str]] = set()
    public: dict[str, str] = {}
    for entry in entries:
        match entry.event:
            case ReviewConcluded(conclusion="cleared", text=text) | PriorReviewDeclared(text=text):
                cleared.add((entry.stream, text))
            case ItemPublished(text=text) | ItemUpdated(text=text) | ItemCorrected(text=text):
                assert (entry.stream, text) in cleared
                public[entry.stream] = text
            case PublicationAdded(text=text):
                assert public[entry.stream] == text
            case _:
                pass
