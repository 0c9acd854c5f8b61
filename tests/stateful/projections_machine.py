"""Projections and a plain fold side by side: whatever is appended, folded, rebuilt, erased or cut short, they answer alike.

The model is the list of entries and what was behind their seals; every answer is folded from the first entry on in plain
Python (projections/oracle.py). A crash is what a killed process leaves: the files as they lie at that moment, in another
folder; nothing that the old process does afterwards is seen there.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from archive import erasure
from archive.disclosures.openings import Disclosures, Opening
from archive.domain.erasures import Erase, Erased
from archive.domain.errors import Refused
from archive.log.log import Log
from archive.projections import agencies, catalogue, lateness, links, requests, reviews, revisions, runner, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.measures import Dimension
from archive.projections.requests import RequestFilter
from archive.projections.runner import Digest, Projections, Reader, Reading, RebuildProgress
from archive.projections.search import query
from archive.storage.addresses import Address
from archive.vault.store import Vault
from projections.counting import counts_of, facts_at, years_of
from projections.oracle import Told, agencies_at, items_at, told
from projections.test_lateness import late_at
from projections.test_links import links_at, numbers_at
from projections.test_requests import folded_at
from projections.test_reviews import reviews_at
from projections.test_revisions import changes_between
from projections.test_search import has, shown
from stateful.lives import AGENCIES, ITEMS, REQUESTS, Lives, agency_of
from stories import Clock, Home, Noise

BATCHES: Final = st.sampled_from((1, 7, 5_000))
# Streams that go on, each with a number that chooses how.
HAPPENINGS: Final = st.lists(
    st.tuples(st.integers(0, Lives.STREAMS - 1), st.integers(0, Lives.CHOICES - 1)), min_size=1, max_size=10
)
NAMES: Final = st.sampled_from([None, None, None, *([name] for name in Projections.names())])
ERASABLE: Final = st.sampled_from(
    [*((one, field) for one in ITEMS for field in ("text", "link")), *((one, "text") for one in (*AGENCIES, *REQUESTS))]
)
DIMENSIONS: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY", "THEME", "CHANNEL", "OUTCOME")
SOUGHT: Final = ("关于", "2018", "批复 项目", "价", "第二", "某发改", "不在")
# How often each rule was obeyed, over all examples: did something hardly ever happen, the machine would say little of it.
STEPS: Final[Counter[str]] = Counter()


class Died(BaseException):
    """The process is no more."""


class Earlier(Log):
    """The log as one saw it who asked for its head a while ago."""

    def __init__(self, log: Log, head: int) -> None:
        super().__init__(log.storage, origin=log.origin)
        self._head = head

    @override
    def head(self) -> int:
        return self._head


class Deadly(Disclosures):
    """A store at whose n-th reading the process dies: in the middle of a batch, with its rows not committed."""

    def __init__(self, path: Path | Address, *, reading: int, die: Callable[[], None]) -> None:
        super().__init__(path)
        self._left = reading
        self._die = die

    @override
    def get(self, seals: Collection[str]) -> dict[str, Opening]:
        self._left -= 1
        if self._left == 0:
            self._die()
        return super().get(seals)


# --- what is asked ----------------------------------------------------------------------------------------------------
class Answers(NamedTuple):
    """Everything that is asked of a reading as of a position."""

    items: object
    agencies: object
    years: object
    counts: object
    requests: object
    reviews: object
    links: object
    numbers: object
    late: object
    changes: object
    found: object


def answers_of(one: Reading, position: int) -> Answers:
    """What the projections say."""
    db = one.db
    years = tallies.years(db, as_of=position)
    rows = tallies.counts(db, as_of=position, years=years, by=DIMENSIONS, scheme="theme")
    register = requests.requests(db, as_of=position, where=RequestFilter())
    steps = requests.steps(db, as_of=position, requests=[row.position for row in register])
    return Answers(
        items=catalogue.items(db, as_of=position, where=ItemFilter(), order="POSITION_ASC").rows,
        agencies=agencies.agencies(db, as_of=position),
        years=years,
        counts={(row.year, row.measure, tuple(code for _, code in row.dimensions)): row.value for row in rows},
        requests={row.id: (row.clock, row.number, row.outcomes, len(steps[row.position])) for row in register},
        reviews=reviews.reviews(db, as_of=position, items=[(item, agency_of(item)) for item in ITEMS]),
        links=links.links(db, as_of=position, items=ITEMS),
        numbers=links.numbers(db, as_of=position, items=ITEMS),
        late={item for (item,) in db.execute(lateness.LATE, {"as_of": position})},
        changes=revisions.changes(db, since=position // 2, as_of=position, first=100, after=None).found,
        found={
            sought: {
                row.id
                for row in catalogue.items(
                    db, as_of=position, where=ItemFilter(search=query(sought)), order="RELEVANCE"
                ).rows
            }
            for sought in SOUGHT
        },
    )


def folded(archive: Told, position: int) -> Answers:
    """What they must say."""
    years = years_of(archive.entries, position)
    facts = facts_at(archive.entries, position, years)
    items = items_at(archive, position)
    said = reviews_at(archive, position)[1]
    return Answers(
        items=items,
        agencies=agencies_at(archive, position),
        years=years,
        counts=counts_of(facts, DIMENSIONS, "theme"),
        requests={
            request: (state.clock, number, outcomes, steps)
            for request, (state, number, outcomes, steps) in folded_at(archive, position).items()
        },
        reviews={item: said.get(item, []) for item in ITEMS},
        links={item: links_at(archive, position, item) for item in ITEMS},
        numbers={item: numbers_at(archive, position, item) for item in ITEMS},
        late=late_at(archive.entries, position),
        changes=changes_between(archive, position // 2, position),
        found={
            sought: {row.id for row in items if has([one for one in shown(row) if one is not None], sought)}
            for sought in SOUGHT
        },
    )


# --- the machine ------------------------------------------------------------------------------------------------------
class ProjectionsMachine(RuleBasedStateMachine):
    """One archive, the projections that follow it, and readers who ask all the time."""

    def __init__(self, beginning: Home) -> None:
        super().__init__()
        self.kept = ExitStack()
        # Beside the home that is copied: in memory where there is room.
        self.folder = Path(self.kept.enter_context(tempfile.TemporaryDirectory(dir=beginning.folder.parent)))
        self.lives = Lives()
        self.clock = Clock()
        self.openings: dict[str, Opening] = {}
        self.erasures = 0
        # The newest position at which a reader has been answered.
        self.seen = 0
        self.processes = 0
        self.open = ExitStack()
        self.home = self._moved(beginning)
        self._start()
        self._remember()

    @override
    def teardown(self) -> None:
        """Whatever happened: what serves in the end is what a fold from nothing gives. Then let go of the files."""
        try:
            self.projections.follow()
            self.served_is_what_a_fold_from_nothing_gives()
        finally:
            self.open.close()
            self.kept.close()

    def _moved(self, home: Home) -> Home:
        """A copy of a home as its files lie now."""
        copy = Home(self.folder / f"home-{self.processes}", home.backend)
        shutil.copytree(home.folder, copy.folder)
        return copy

    def _start(self) -> None:
        """A process begins, and finishes the erasures that another one left."""
        self.processes += 1
        process = self.open
        self.writer, self.log, self.disclosures = process.enter_context(
            self.home.opened(clock=self.clock, noise=Noise(f"{self.processes}"))
        )
        self.vault: Vault = process.enter_context(self.home.open_vault(noise=Noise(f"vault/{self.processes}")))
        self.projections = self._folder(self.log, self.disclosures)
        self.reader = process.enter_context(closing(Reader(self.projections.folder)))
        self.held: tuple[Reading, Answers, int] | None = None
        self.holding = process.enter_context(ExitStack())
        erasure.finish(self.log, self.disclosures, self.vault, self.projections)
        self.entries = told(self.log, self.disclosures).entries

    def _folder(self, log: Log, disclosures: Disclosures) -> Projections:
        return Projections(self.home.folder / "projections", log, disclosures)

    def _remember(self) -> None:
        """What is in the log, and what the public may read of it until it is erased."""
        self.entries, openings = told(self.log, self.disclosures)
        self.openings |= openings

    @property
    def head(self) -> int:
        return len(self.entries)

    def _archive(self, head: int) -> Told:
        """Everything that one knows who has read up to a position: with what was erased until then, nobody has a text."""
        gone = set()
        for entry in self.entries[:head]:
            if isinstance(entry.event, Erased):
                before = [one for one in self.entries[: entry.position] if one.stream == entry.stream]
                gone |= {getattr(one.event, entry.event.field, None) for one in before}
        return Told(self.entries[:head], {one: known for one, known in self.openings.items() if one not in gone})

    # --- what comes in ------------------------------------------------------------------------------------------------
    @initialize(steps=HAPPENINGS)
    def begin(self, steps: list[tuple[int, int]]) -> None:
        """Something has happened before anybody folds."""
        self._go_on(steps)

    @rule(steps=HAPPENINGS)
    def happen(self, steps: list[tuple[int, int]]) -> None:
        """Some streams go on, each by what comes next in its life."""
        STEPS["happen"] += 1
        self._go_on(steps)

    def _go_on(self, steps: list[tuple[int, int]]) -> None:
        for stream, choice in steps:
            self.lives.go_on(self.writer, stream, choice)
        self._remember()

    @rule(what=ERASABLE, end=st.sampled_from(("finished", "followed", "later", "dies")))
    def erase(self, what: tuple[str, str], end: Literal["finished", "followed", "later", "dies"]) -> None:
        """A class of text goes: it is destroyed at once, at the next start, or by the next after one who died over it.

        Who follows first, and then the erasure, takes the text from what he has folded.
        """
        self.erasures += 1
        stream, field = what
        wish = Erase(id=f"{self.erasures:032x}", by="role:administrator", stream=stream, field=field, basis="pipl-47-3")
        try:
            self.writer.handle(wish)
        except Refused:
            # There is nothing of it, or nothing any more.
            return
        STEPS[f"erase, {end}"] += 1
        self._remember()
        if end == "finished":
            erasure.finish(self.log, self.disclosures, self.vault, self.projections)
        elif end == "followed":
            self._folder(Earlier(self.log, max(self._served(), self.head - 1)), self.disclosures).follow()
            self.projections.follow(limit=1)
            self._must_answer(self.head)
            self._must_answer(self.head - 1)
        elif end == "dies":
            with self._dying() as die, mock.patch.object(Projections, "cleanse", side_effect=die):
                erasure.finish(self.log, self.disclosures, self.vault, self.projections)

    # --- who folds ------------------------------------------------------------------------------------------------------
    @rule(limit=BATCHES)
    def follow(self, limit: int) -> None:
        """The projections come up to the log."""
        STEPS[f"follow by {limit}"] += 1
        assert self.projections.follow(limit=limit) == self.head
        assert self._served() == self.head

    @rule(behind=st.integers(1, 30), limit=BATCHES)
    def follow_some(self, behind: int, limit: int) -> None:
        """They come up to where the log was a while ago."""
        STEPS["follow some"] += 1
        head = max(self._served(), self.head - behind)
        assert self._folder(Earlier(self.log, head), self.disclosures).follow(limit=limit) == head
        assert self._served() == head

    @rule(names=NAMES, batch=BATCHES, keep=st.integers(0, 2), resume=st.booleans())
    def rebuild(self, names: list[str] | None, batch: int, keep: int, *, resume: bool) -> None:
        """A new generation says what the old one says, where that says something."""
        STEPS[f"rebuild by {batch}"] += 1
        before = self._digests() if self._served() == self.head else None
        rebuilt = self.projections.rebuild(names, batch=batch, keep=keep, resume=resume)
        assert rebuilt.position == self.head == self._served()
        assert before is None or self._digests() == before

    @rule(names=NAMES, batch=st.sampled_from((1, 7)), batches=st.integers(1, 12), resume=st.booleans())
    def rebuild_in_part(self, names: list[str] | None, batch: int, batches: int, *, resume: bool) -> None:
        """A rebuild is interrupted, and what serves is what served."""
        STEPS["rebuild in part"] += 1
        served = self._served()

        def step(_: RebuildProgress) -> None:
            nonlocal batches
            batches -= 1
            if batches == 0:
                raise Died

        with suppress(Died), mock.patch.object(runner, "_COMMIT_ENTRIES", 20):
            self.projections.rebuild(names, batch=batch, resume=resume, progress=step)
        # It may have been done before it was interrupted.
        assert self._served() in {served, self.head}

    @precondition(lambda self: self._serves())
    @rule()
    def verify(self) -> None:
        """The program itself finds nothing wrong."""
        STEPS["verify"] += 1
        self.served_is_what_a_fold_from_nothing_gives()

    def served_is_what_a_fold_from_nothing_gives(self) -> None:
        """Digests of both, for every projection."""
        for one in self.projections.verify():
            assert one.served == one.fresh, one.projection

    # --- who dies -------------------------------------------------------------------------------------------------------
    @rule(killed=st.booleans())
    def reopen(self, *, killed: bool) -> None:
        """A process ends, well or not, and another one begins."""
        STEPS["crash" if killed else "reopen"] += 1
        if killed:
            with self._dying() as die:
                die()
        else:
            self.open.close()
            self._start()

    @rule(steps=HAPPENINGS, reading=st.integers(1, 20), limit=st.sampled_from((1, 7)))
    def crash_in_follow(self, steps: list[tuple[int, int]], reading: int, limit: int) -> None:
        """A follower is killed in the middle of a batch of what has just come in."""
        self._go_on(steps)
        before = self.processes
        with self._dying() as die, Deadly(self.disclosures.place, reading=reading, die=die) as deadly:
            self._folder(self.log, deadly).follow(limit=limit)
        STEPS["crash in follow"] += self.processes > before

    @rule(names=NAMES, reading=st.integers(1, 120), batch=st.sampled_from((1, 7, 5_000)))
    def crash_in_rebuild(self, names: list[str] | None, reading: int, batch: int) -> None:
        """One who rebuilds is killed in the middle of a batch, after some were committed."""
        before = self.processes
        with (
            mock.patch.object(runner, "_COMMIT_ENTRIES", 20),
            self._dying() as die,
            Deadly(self.disclosures.place, reading=reading, die=die) as deadly,
        ):
            self._folder(self.log, deadly).rebuild(names, batch=batch)
        STEPS["crash in rebuild"] += self.processes > before

    @contextmanager
    def _dying(self) -> Iterator[Callable[[], None]]:
        """Inside, the process may die; afterwards another one has begun with the files that it left."""
        left: list[Home] = []

        def die() -> None:
            left.append(self._moved(self.home))
            raise Died

        try:
            yield die
        except Died:
            (home,) = left
            self.open.close()
            shutil.rmtree(self.home.folder)
            self.home = home
            self._start()

    # --- who asks -------------------------------------------------------------------------------------------------------
    @precondition(lambda self: self._serves())
    @rule(place=st.integers(0, 1_000))
    def ask_as_of(self, place: int) -> None:
        """Every answer of any past position is what a fold up to it says."""
        STEPS["ask as of"] += 1
        self._must_answer(self._served() * place // 1_000)

    @precondition(lambda self: self._serves() and self.held is None)
    @rule()
    def hold(self) -> None:
        """A reader who takes his time begins to read; his question is as of the position that he finds."""
        STEPS["hold"] += 1
        reader = self.holding.enter_context(closing(Reader(self.projections.folder)))
        one = self.holding.enter_context(reader.reading())
        answers = answers_of(one, one.head)
        assert answers == folded(self._archive(one.head), one.head)
        self.held = one, answers, one.head

    @precondition(lambda self: self.held is not None)
    @rule()
    def let_go(self) -> None:
        """He is told at the end what he was told at the beginning, whatever happened meanwhile."""
        STEPS["let go"] += 1
        assert self.held is not None
        one, answers, head = self.held
        assert answers_of(one, head) == answers
        self.held = None
        self.holding.close()

    def _must_answer(self, position: int) -> None:
        with self.reader.reading() as one:
            assert answers_of(one, position) == folded(self._archive(one.head), position)

    def _serves(self) -> bool:
        return (self.projections.folder / "current").exists()

    def _served(self) -> int:
        """The position at which readers are answered now."""
        if not self._serves():
            return 0
        with self.reader.reading() as one:
            return one.head

    def _digests(self) -> dict[str, Digest]:
        return {name: self.projections.digest(name) for name in self.projections.names()}

    @invariant()
    def nobody_is_answered_at_an_older_position_than_before(self) -> None:
        """Nor at one that the log does not have."""
        served = self._served()
        assert self.seen <= served <= self.head
        self.seen = served
