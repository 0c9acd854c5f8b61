"""Following the log, in whatever batches; what stops it; what a reader sees."""

import re
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain import commands as rules
from archive.domain.commands import State
from archive.domain.errors import Corrupt, Refused
from archive.domain.parsing import parse_command
from archive.log.log import Log
from archive.projections import agencies, catalogue, filings, generations, lateness, months, reviews, runner, tallies
from archive.projections.catalogue import ItemFilter
from archive.projections.measures import Dimension
from archive.projections.runner import Digest, Projections, Reader
from projections.counting import counts_of, facts_at, years_of
from projections.oracle import Told, agencies_at, items_at, told
from projections.tale import OTHER_AGENCY, Teller, reading
from stories import BACKENDS, NOON, Clock, Home, Noise, a_small_archive, tell
from strategies import World, commands

TODAY: Final = date(2018, 12, 10)
NAMES: Final = Projections.names()


def digests(projections: Projections) -> dict[str, Digest]:
    return {name: projections.digest(name) for name in projections.names()}


def serving_file(projections: Projections) -> Path:
    generation = generations.serving(projections.folder)
    assert generation is not None
    return generations.file_of(projections.folder, generation)


# --- whatever the batches ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("limit", [1, 2, 7, 5000])
def test_the_digest_does_not_depend_on_batches(
    tale: Told, home: Home, log: Log, disclosures: Disclosures, projections: Projections, limit: int
) -> None:
    assert projections.follow(limit=limit) == len(tale.entries)
    other = Projections(home.folder / "other", log, disclosures)
    other.follow(limit=3)
    other.rebuild(batch=limit)
    assert digests(projections) == digests(other)


@pytest.mark.parametrize("gathers", [0, 1, 4])
@pytest.mark.parametrize("committed", [10, 250_000])
def test_the_digest_does_not_depend_on_what_is_gathered_before_it_is_applied(
    tale: Told,
    projections: Projections,
    home: Home,
    log: Log,
    disclosures: Disclosures,
    monkeypatch: pytest.MonkeyPatch,
    gathers: int,
    committed: int,
) -> None:
    projections.follow()
    assert any(one.gathers for one in runner.PROJECTIONS)
    monkeypatch.setattr(runner, "PROJECTIONS", [one._replace(gathers=gathers) for one in runner.PROJECTIONS])
    monkeypatch.setattr(runner, "_COMMIT_ENTRIES", committed)
    other = Projections(home.folder / "other", log, disclosures)
    assert other.rebuild(batch=3).position == len(tale.entries)
    assert digests(projections) == digests(other)


def test_everything_drawn_is_folded_as_the_oracle_folds_it(told_small_archive: Path) -> None:
    """Goal: no order of events that the rules allow is folded wrongly, whatever the batches.

    Method: commands drawn at random on top of a small archive; every new position compared with the fold in plain Python.
    """

    # Thirty commands each, and the machine over projections folds as much again.
    @settings(max_examples=max(15, settings().max_examples // 3))
    @given(data=st.data(), limit=st.integers(1, 9))
    def check(data: st.DataObject, limit: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder) / "home", BACKENDS["sqlite"])
            shutil.copytree(told_small_archive, home.folder)
            with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
                before = log.head()
                with Writer(log, disclosures, vault, now=Clock(), noise=Noise("drawn")) as writer:
                    live(data, writer, log)
                archive = told(log, disclosures)
                projections = Projections(home.folder / "projections", log, disclosures)
                projections.follow(limit=limit)
                with reading(projections.folder) as one:
                    assert one.head == len(archive.entries)
                    for position in archive.positions[before:]:
                        must_be_the_oracle(one.db, archive, position)
                followed = digests(projections)
                projections.rebuild()
                assert digests(projections) == followed

    check()


def live(data: st.DataObject, writer: Writer, log: Log) -> None:
    """Thirty commands, each drawn after the one before."""
    streams: dict[str, State] = {}
    folded = 0
    for _ in range(30):
        for entry in log.entries(after=folded, limit=log.head()):
            state = rules.evolve(entry.stream.partition("-")[0], streams.get(entry.stream), entry.event)
            if state is not None:
                streams[entry.stream] = state
            folded = entry.position
        drawn = data.draw(commands(World(streams=streams, today=TODAY)))
        with suppress(Refused):
            writer.handle(parse_command(msgspec.json.encode(drawn)))


def must_be_the_oracle(db: sqlite3.Connection, archive: Told, position: int) -> None:
    assert catalogue.items(db, as_of=position, where=ItemFilter(), order="POSITION_ASC").rows == items_at(
        archive, position
    )
    assert agencies.agencies(db, as_of=position) == agencies_at(archive, position)
    years = tallies.years(db, as_of=position)
    assert years == years_of(archive.entries, position)
    facts = facts_at(archive.entries, position, years)
    by: tuple[Dimension, ...] = ("MONTH", "THEME", "CHANNEL", "OUTCOME")
    rows = tallies.counts(db, as_of=position, years=years, by=by)
    found = {(row.year, row.measure, tuple(code for _, code in row.dimensions)): row.value for row in rows}
    assert found == counts_of(facts, by, "")


@pytest.fixture(scope="module")
def told_small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small archive of the stories, to be copied."""
    home = Home.create(tmp_path_factory.mktemp("small") / "home", BACKENDS["sqlite"])
    with (
        home.open_log() as log,
        home.open_disclosures() as disclosures,
        home.open_vault() as vault,
        Writer(log, disclosures, vault, now=Clock(NOON), noise=Noise()) as writer,
    ):
        tell(writer, a_small_archive(Teller()))
    return home.folder


def test_the_empty_log_has_empty_projections(projections: Projections) -> None:
    assert projections.follow() == 0
    with reading(projections.folder) as one:
        assert one.head == 0
        assert agencies.agencies(one.db, as_of=0) == []
        assert catalogue.count(one.db, as_of=0, where=ItemFilter()) == 0
        assert tallies.years(one.db, as_of=0) == []


def test_what_comes_later_is_followed_later(tale: Told, writer: Writer, log: Log, projections: Projections) -> None:
    assert projections.follow() == len(tale.entries)
    assert projections.follow() == len(tale.entries)
    clerk = Teller(8)
    tell(writer, [clerk.open_section("archives", agency=OTHER_AGENCY)])
    status = projections.status()
    assert [(one.projection, one.lag, one.current) for one in status] == [(name, 1, True) for name in NAMES]
    assert projections.follow() == log.head() == len(tale.entries) + 1
    assert [one.lag for one in projections.status()] == [0] * len(NAMES)


def test_projections_that_are_deleted_come_back_the_same(tale: Told, projections: Projections) -> None:
    projections.follow()
    before = digests(projections)
    shutil.rmtree(projections.folder)
    assert [one.generation for one in projections.status()] == [None] * len(NAMES)
    projections.follow(limit=11)
    assert digests(projections) == before


# --- digests ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "projection, change, differs",
    [
        (
            "catalogue",
            "UPDATE catalogue_states SET known_to = 70 WHERE known_to IS NULL AND known_from = 17",
            "numbers",
        ),
        ("catalogue", "UPDATE catalogue_items SET made_on = '2018-03-06' WHERE position = 17", "numbers"),
        ("catalogue", "UPDATE catalogue_texts SET title = title || ' ' WHERE position = 17", "text"),
        ("catalogue", "UPDATE catalogue_publications SET url = NULL WHERE position = 17", "text"),
        ("catalogue", "UPDATE catalogue_publications SET channel = 'gazette' WHERE position = 17", "numbers"),
        ("tallies", "UPDATE tallies_facts SET month = '04' WHERE position = 17", "numbers"),
        ("tallies", "DELETE FROM tallies_categories WHERE subject = 17", "numbers"),
        ("tallies", "ALTER TABLE tallies_facts RENAME COLUMN section TO part", "numbers"),
    ],
)
def test_a_digest_notices_every_change(
    tale: Told, projections: Projections, projection: str, change: str, differs: str
) -> None:
    projections.follow()
    before = digests(projections)
    with closing(sqlite3.connect(serving_file(projections), isolation_level=None)) as db:
        db.execute(change)
    after = digests(projections)
    changed = {
        (name, part)
        for name in before
        for part in ("numbers", "text")
        if getattr(before[name], part) != getattr(after[name], part)
    }
    assert changed == {(projection, differs)}


def test_tables_are_named_after_their_projection() -> None:
    for one in runner.PROJECTIONS:
        for statement in one.tables:
            assert re.match(rf"CREATE (VIRTUAL )?TABLE {one.name}_", statement)
        for statement in one.indexes:
            assert re.match(rf"CREATE (UNIQUE )?INDEX {one.name}_", statement)
    assert len(set(runner.tables())) == 1 + sum(len(one.tables) + len(one.indexes) for one in runner.PROJECTIONS)


# --- what stops it ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("limit", [1, 7, 5000])
@pytest.mark.parametrize(
    "tamper, told_type",
    [
        ("UPDATE entries SET type = 'item-vanished' WHERE position = 42", "item-vanished"),
        # The bytes of an entry that is folded, and of one whose type nobody folds: only the first is looked into.
        ("UPDATE entries SET entry = CAST('{}' AS BLOB) WHERE position = 42", None),
    ],
)
def test_an_entry_that_cannot_be_read_stops_the_fold_just_before_it(
    tale: Told, home: Home, disclosures: Disclosures, tamper: str, told_type: str | None, limit: int
) -> None:
    position = next(entry.position for entry in tale.entries if entry.event.TYPE == "item-withdrawn")
    with home.changing() as db:
        db.execute(tamper.replace("42", str(position)))
    with home.open_log(read_only=True) as log:
        projections = Projections(home.folder / "projections", log, disclosures)
        for _ in range(2):
            with pytest.raises(Corrupt) as stopped:
                projections.follow(limit=limit)
            assert stopped.value.code == "PRJ-004"
            assert stopped.value.facts == {"position": position, "type": told_type or "item-withdrawn"}
        assert [one.position for one in projections.status()] == [position - 1] * len(NAMES)
        with reading(projections.folder) as one:
            assert one.head == position - 1
            rows = catalogue.items(one.db, as_of=one.head, where=ItemFilter(), order="POSITION_ASC").rows
            assert rows == items_at(tale, one.head)
        with pytest.raises(Corrupt) as stopped:
            projections.rebuild()
        assert stopped.value.code == "PRJ-004"


def test_a_gap_in_the_log_stops_the_fold(
    tale: Told, home: Home, disclosures: Disclosures, projections: Projections
) -> None:
    with home.changing() as db:
        db.execute("DELETE FROM entries WHERE position = 30")
    with pytest.raises(Corrupt) as stopped:
        projections.follow(limit=20)
    assert (stopped.value.code, stopped.value.facts) == ("PRJ-005", {"position": 30})
    assert [one.position for one in projections.status()] == [20] * len(NAMES)


def test_a_log_that_was_cut_short_is_noticed(tale: Told, home: Home, projections: Projections) -> None:
    head = projections.follow()
    before = digests(projections)
    with home.changing() as db:
        db.execute("DELETE FROM entries WHERE position > ?", (head - 2,))
    for attempt in (projections.follow, projections.rebuild):
        with pytest.raises(Corrupt) as stopped:
            attempt()
        assert (stopped.value.code, stopped.value.facts) == ("PRJ-006", {"position": head, "head": head - 2})
    assert digests(projections) == before


# What begins a life cannot happen twice, and everything else needs a beginning. A draft may be classified; tallies know
# no item that was disclosed on request.
BEGIN: Final = {"agency-registered", "item-published", "request-received"}
NEED_NOTHING: Final = {
    "agencies": {"erased"},
    "catalogue": {"item-classified", "erased"},
    # What is withdrawn may be that there was nothing, which is no figure.
    "declarations": {"figure-declared", "declaration-withdrawn"},
    # A step of no report is read by nobody.
    "filings": set(filings.TYPES),
    # Nothing follows from a month that is not there but that nobody reads it.
    "months": {*months.TYPES} - {"review-returned"},
    "links": {"item-linked", "item-unlinked", "index-number-assigned", "publication-url-changed", "erased"},
    "requests": set(),
    "lateness": set(lateness.TYPES),
    "reviews": set(reviews.TYPES),
    "search": {"erased"},
    "tree": set(),
    "tallies": {"channel-registered", "calendar-adopted", "item-classified", "publication-added"},
}


@pytest.mark.parametrize("projection", runner.PROJECTIONS, ids=lambda one: one.name)
def test_entries_that_do_not_follow_from_those_before_stop_the_fold(
    tale: Told, disclosures: Disclosures, projection: runner.Projection
) -> None:
    entries = [entry for entry in tale.entries if entry.event.TYPE in projection.types]
    tried = set()
    for entry in entries:
        kind = entry.event.TYPE
        if kind in NEED_NOTHING[projection.name] or kind in tried:
            continue
        tried.add(kind)
        position = len(tale.entries) + 1
        stream = entry.stream if kind in BEGIN else f"{entry.stream[:-32]}{'9' * 32}"
        wrong = entry._replace(position=position, stream=stream)
        with closing(sqlite3.connect(":memory:")) as db:
            for statement in projection.tables:
                db.execute(statement)
            assert projection.apply is not None
            with pytest.raises(Corrupt) as stopped:
                projection.apply(db, [*entries, wrong], disclosures)
        assert (stopped.value.code, stopped.value.facts) == ("PRJ-004", {"position": position, "type": kind})
    # The life of a request has a machine of its own, links, agencies and declarations have stories: the tale has some of
    # their steps.
    part = projection.name in {"agencies", "declarations", "months", "requests", "links", "tallies"}
    told = {entry.event.TYPE for entry in tale.entries} if part else projection.types
    assert (tried | NEED_NOTHING[projection.name]) & told == projection.types & told


def test_what_another_definition_folded_is_read_and_not_folded_on_until_it_is_rebuilt(
    tale: Told, projections: Projections
) -> None:
    projections.follow(limit=7)
    before = digests(projections)
    with closing(sqlite3.connect(serving_file(projections), isolation_level=None)) as db:
        db.execute("UPDATE progress SET definition = 'of another version' WHERE projection = 'tallies'")
    assert {one.projection: one.current for one in projections.status()} == {name: name != "tallies" for name in NAMES}
    for attempt in (
        projections.follow,
        lambda: projections.digest("tallies"),
        lambda: projections.rebuild(["catalogue"]),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert (refused.value.code, refused.value.facts) == ("PRJ-003", {"projection": "tallies"})
    with reading(projections.folder) as one:
        assert one.head == len(tale.entries)
    assert projections.digest("catalogue") == before["catalogue"]
    projections.rebuild(["tallies"])
    assert digests(projections) == before
    assert [one.current for one in projections.status()] == [True] * len(NAMES)


def test_tables_of_another_form_are_not_read(tale: Told, projections: Projections) -> None:
    projections.follow()
    with closing(sqlite3.connect(serving_file(projections), isolation_level=None)) as db:
        db.execute("UPDATE progress SET form = 'another' WHERE projection = 'search'")
    assert {one.projection: one.readable for one in projections.status()} == {name: name != "search" for name in NAMES}
    with pytest.raises(Refused) as refused, reading(projections.folder):
        pass
    assert (refused.value.code, refused.value.facts) == ("PRJ-003", {"projection": "search"})


def test_a_definition_is_its_version_tables_and_types() -> None:
    (one,) = [one for one in runner.PROJECTIONS if one.name == "catalogue"]
    changed = [
        one._replace(version=one.version + 1),
        one._replace(tables=one.tables[:-1]),
        one._replace(indexes=one.indexes[:-1]),
        one._replace(types=one.types - {"item-published"}),
    ]
    assert len({runner.definition(other) for other in [one, *changed]}) == len(changed) + 1


# --- readers ----------------------------------------------------------------------------------------------------------
def test_a_reader_before_the_first_fold_is_told_so(projections: Projections) -> None:
    with pytest.raises(Refused) as refused, reading(projections.folder):
        pass
    assert refused.value.code == "PRJ-007"
    with pytest.raises(Refused) as refused:
        projections.digest("catalogue")
    assert refused.value.code == "PRJ-007"


def test_a_reading_stays_where_it_began(tale: Told, writer: Writer, projections: Projections) -> None:
    head = projections.follow()
    reader = Reader(projections.folder)
    with closing(reader):
        with reader.reading() as one:
            tell(writer, [Teller(8).register_agency("agency-" + "3" * 32)])
            assert projections.follow() == head + 1
            projections.rebuild()
            assert one.head == head
            assert agencies.agencies_count(one.db, as_of=head + 1) == 2
        with reader.reading() as one:
            assert one.head == head + 1
            assert agencies.agencies_count(one.db, as_of=head + 1) == 3


def test_a_reader_cannot_write(tale: Told, folded: runner.Reading) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        folded.db.execute("DELETE FROM catalogue_items")


def test_what_sqlite_says_in_a_reading_is_said_in_our_words(tale: Told, projections: Projections) -> None:
    projections.follow()
    with pytest.raises(Corrupt) as stopped, reading(projections.folder) as one:
        one.db.execute("SELECT * FROM catalogue_nothing")
    assert stopped.value.code == "PRJ-008"


def test_a_reader_opens_the_file_once_while_the_same_generation_serves(tale: Told, projections: Projections) -> None:
    projections.follow()
    with closing(Reader(projections.folder)) as reader:
        with reader.reading() as one:
            first = one.db
        with reader.reading() as one:
            assert one.db is first
        projections.rebuild()
        with reader.reading() as one:
            assert one.db is not first


@pytest.mark.parametrize("damage", [b"", b"not a database" * 500, None])
def test_a_damaged_or_missing_file_is_to_be_rebuilt(tale: Told, projections: Projections, damage: bytes | None) -> None:
    projections.follow()
    before = digests(projections)
    path = serving_file(projections)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    for attempt in (
        projections.follow,
        projections.status,
        lambda: projections.digest("tallies"),
        lambda: projections.rebuild(["tallies"]),
        lambda: reading(projections.folder).__enter__(),
    ):
        with pytest.raises(Corrupt) as stopped:
            attempt()
        assert (stopped.value.code, stopped.value.facts) == ("PRJ-008", {"path": path})
    projections.rebuild()
    assert digests(projections) == before


def test_a_damaged_pointer_is_to_be_rebuilt(tale: Told, projections: Projections) -> None:
    projections.follow()
    before = digests(projections)
    path = projections.folder / "current"
    path.write_bytes(b"\0")
    for attempt in (
        projections.follow,
        projections.status,
        lambda: projections.rebuild(["tallies"]),
        lambda: reading(projections.folder).__enter__(),
    ):
        with pytest.raises(Corrupt) as stopped:
            attempt()
        assert (stopped.value.code, stopped.value.facts) == ("PRJ-008", {"path": path})
    projections.rebuild()
    assert digests(projections) == before


def test_an_unknown_name_is_refused(projections: Projections) -> None:
    for attempt in (lambda: projections.rebuild(["catalog"]), lambda: projections.digest("catalog")):
        with pytest.raises(Refused) as refused:
            attempt()
        assert (refused.value.code, refused.value.facts) == ("PRJ-009", {"names": ", ".join(NAMES)})
