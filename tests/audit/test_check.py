"""An audit of a sound archive finds nothing; whatever is changed in a file is found, at its position, with its code.

What a table row does to a file is done as its owner would do it: without the triggers, which are there again afterwards.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from api.world import tell_at_once
from archive.audit.check import Outside, Report, check
from archive.audit.findings import Finding
from archive.audit.roots import Head, check_root, parse_head
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.erasures import Erase
from archive.domain.errors import CODES, Refused
from archive.domain.seals import seal_text
from archive.erasure import finish
from archive.log.log import Log
from archive.merkle.tree import leaf_row, root_of
from archive.projections.catalogue import TEXT_COLUMNS
from archive.projections.runner import Projections
from archive.vault.store import Vault
from audit.tampering import (
    back_date,
    delete_and_close_ranks,
    entry_at,
    insert,
    last_of,
    published_without_clearing,
    put,
    rewritten,
    swap,
)
from audit.telling import something_for_every_projection
from stories import (
    AGENCY,
    Clerk,
    Clock,
    Home,
    Noise,
    a_published_item,
    a_small_archive,
    agency_id,
    item_id,
    tell,
)

OTHER = item_id(2)


@pytest.fixture
def told(writer: Writer, log: Log, disclosures: Disclosures, home: Home) -> Projections:
    """A small archive, with one erasure that is finished, and its projections."""
    clerk = Clerk()
    tell(writer, a_small_archive(clerk))
    tell(writer, [Erase(id="e" * 32, by="role:administrator", stream=OTHER, field="link", basis="pipl-47-3")])
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow()
    return projections


def audited(home: Home, log: Log, disclosures: Disclosures, vault: Vault | None) -> Report:
    return check(log, disclosures, vault, Projections(home.folder / "projections", log, disclosures))


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}


def test_sound_archive_has_no_findings(
    home: Home, told: Projections, log: Log, disclosures: Disclosures, vault: Vault
) -> None:
    finish(log, disclosures, vault, told)
    report = audited(home, log, disclosures, vault)
    assert report.findings == []
    assert (report.entries, report.position) == (log.head(), log.head())
    assert report.streams == len({entry.stream for entry in log.entries(after=0, limit=log.head())})
    assert report.projections == len(Projections.names())
    assert report.openings > 0


def test_empty_archive_has_no_findings(home: Home, log: Log, disclosures: Disclosures, vault: Vault) -> None:
    Projections(home.folder / "projections", log, disclosures).follow()
    assert audited(home, log, disclosures, vault).found == 0


@pytest.mark.usefixtures("told")
def test_unfinished_erasure_is_found(home: Home, log: Log, disclosures: Disclosures, vault: Vault) -> None:
    assert codes(audited(home, log, disclosures, vault)) == {"AUD-014"}


# --- the log ----------------------------------------------------------------------------------------------------------
def flip(db: sqlite3.Connection) -> None:
    entry = entry_at(db, 12)
    db.execute("UPDATE entries SET entry = ? WHERE position = 12", (json.dumps(entry, sort_keys=True).encode(),))


def delete(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entries WHERE position = 12")


def other_archive(db: sqlite3.Connection) -> None:
    put(db, 12, {**entry_at(db, 12), "log": "other.example/fgj"})


def unknown_type(db: sqlite3.Connection) -> None:
    put(db, 12, {**entry_at(db, 12), "type": "item-vanished"})


def other_stream(db: sqlite3.Connection) -> None:
    put(db, 12, {**entry_at(db, 12), "stream": "item-" + "9" * 32})


def level_skipped(db: sqlite3.Connection) -> None:
    at = last_of(db, "review-level-passed")
    entry = entry_at(db, at)
    put(db, at, {**entry, "data": {**entry["data"], "level": 1}})


def fields_exchanged(db: sqlite3.Connection) -> None:
    at = last_of(db, "item-published")
    entry = entry_at(db, at)
    seals = entry["seals"]
    put(db, at, {**entry, "seals": {**seals, "text": seals["link"], "link": seals["text"]}})


def seal_of_another_stream(db: sqlite3.Connection) -> None:
    shown = [at for (at,) in db.execute("SELECT position FROM entries WHERE type = 'item-published' ORDER BY position")]
    first, last = entry_at(db, shown[0]), entry_at(db, shown[-1])
    assert first["stream"] != last["stream"], "two items"
    put(db, shown[0], {**first, "seals": {**first["seals"], "text": last["seals"]["text"]}})


def erased_elsewhere(db: sqlite3.Connection) -> None:
    at = last_of(db, "erased")
    entry = entry_at(db, at)
    drafted = entry_at(db, last_of(db, "item-drafted"))
    put(db, at, {**entry, "data": {**entry["data"], "seals": [drafted["seals"]["text"]]}})


def without_its_beginning(db: sqlite3.Connection) -> None:
    at = last_of(db, "item-drafted")
    entry = entry_at(db, at)
    published = entry_at(db, last_of(db, "item-withdrawn"))
    put(
        db,
        at,
        {
            **entry,
            "type": "item-withdrawn",
            "v": published["v"],
            "data": published["data"],
            "seals": published["seals"],
        },
    )


def command_forgotten(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM commands WHERE first_position = 12")


IN_THE_LOG: dict[str, tuple[Callable[[sqlite3.Connection], None], set[str]]] = {
    "bytes that are not canonical": (flip, {"AUD-003"}),
    "an entry is back-dated": (back_date, {"AUD-006"}),
    "an entry is deleted": (delete, {"AUD-001", "AUD-007"}),
    "an entry is deleted, and ranks are closed": (delete_and_close_ranks, {"AUD-007", "AUD-008"}),
    "two entries are swapped": (swap, {"AUD-007"}),
    "an entry is put in": (insert, {"AUD-008"}),
    "an entry of another archive": (other_archive, {"AUD-005"}),
    "a type that nobody knows": (unknown_type, {"AUD-002"}),
    "an entry of another stream": (other_stream, {"AUD-004"}),
    "other text than was cleared": (published_without_clearing, {"AUD-021"}),
    "the seals of two fields are exchanged": (fields_exchanged, {"AUD-010", "AUD-021"}),
    "a seal of another stream": (seal_of_another_stream, {"AUD-012", "AUD-021"}),
    "a level is skipped": (level_skipped, {"AUD-022"}),
    "seals of another stream are erased": (erased_elsewhere, {"AUD-015", "AUD-023"}),
    "a stream without its beginning": (without_its_beginning, {"AUD-020"}),
    "a command is forgotten": (command_forgotten, {"AUD-008"}),
}


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", IN_THE_LOG)
def test_change_in_the_log_is_found(home: Home, log: Log, disclosures: Disclosures, vault: Vault, name: str) -> None:
    change, wanted = IN_THE_LOG[name]
    before = codes(audited(home, log, disclosures, vault))
    with home.changing() as db:
        change(db)
    found = codes(audited(home, log, disclosures, vault)) - before
    assert wanted <= found, (name, found)


# --- what is kept beside it -------------------------------------------------------------------------------------------
BESIDE: dict[str, tuple[str, str, str]] = {
    "a public text is changed": (
        "disclosures",
        "UPDATE openings SET value = replace(value, '委', '局') WHERE position = 1",
        "AUD-010",
    ),
    "a salt is changed": (
        "disclosures",
        "UPDATE openings SET salt = zeroblob(32) WHERE position = 1",
        "AUD-010",
    ),
    "an opening is moved to another entry": (
        "disclosures",
        "UPDATE openings SET position = 2 WHERE position = 1",
        "AUD-011",
    ),
    "a text is opened that no entry cleared": (
        "disclosures",
        "UPDATE openings SET cleared = 13 WHERE cleared = 1",
        "AUD-012",
    ),
    "an opening is withheld": ("disclosures", "DELETE FROM openings WHERE position = 1", "AUD-013"),
    "an erasure is not noted": ("disclosures", "DELETE FROM tombstones", "AUD-015"),
    "an erasure that never was": ("disclosures", "UPDATE tombstones SET position = 12", "AUD-015"),
}


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", BESIDE)
def test_change_beside_the_log_is_found(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault, name: str
) -> None:
    file, statement, code = BESIDE[name]
    with home.changing(file) as db:
        if "replace" in statement:
            (value,) = db.execute("SELECT value FROM openings WHERE position = 1").fetchone()
            db.execute(
                "UPDATE openings SET value = ? WHERE position = 1", (value.replace(b"county", b"cities") + b" ",)
            )
        else:
            db.execute(statement)
    assert code in codes(audited(home, log, disclosures, vault))


# --- what is of another archive ---------------------------------------------------------------------------------------
Foreign = tuple[bytes, int, bytes, bytes, int]


@pytest.fixture
def foreign(home: Home) -> Foreign:
    """An opening of another archive in which the same was told with the same salts: it differs in its seal alone."""
    other = Home.create(home.folder / "other", home.backend)
    with (
        Log.open(other.place(), origin="other.example/fgj") as log,
        other.open_disclosures() as disclosures,
        other.open_vault() as vault,
        Writer(log, disclosures, vault, now=Clock(), noise=Noise()) as writer,
    ):
        tell(writer, a_small_archive(Clerk()))
    with other.changing("disclosures") as db:
        row = db.execute("SELECT seal, position, salt, value, cleared FROM openings WHERE position = 1").fetchone()
    seal, position, salt, value, cleared = row
    return bytes(seal), position, bytes(salt), bytes(value), cleared


def foreign_beside_ours(home: Home, foreign: Foreign) -> None:
    with home.changing("disclosures") as db:
        db.execute("INSERT INTO openings (seal, position, salt, value, cleared) VALUES (?, ?, ?, ?, ?)", foreign)


def foreign_for_ours(home: Home, foreign: Foreign) -> None:
    with home.changing("disclosures") as db:
        db.execute("DELETE FROM openings WHERE position = 1")
    foreign_beside_ours(home, foreign)


def foreign_with_its_seal_in_our_entry(home: Home, foreign: Foreign) -> None:
    foreign_for_ours(home, foreign)
    with home.changing() as db:
        entry = entry_at(db, 1)
        put(db, 1, {**entry, "seals": {**entry["seals"], "text": seal_text(foreign[0])}})


FOREIGN: dict[str, tuple[Callable[[Home, Foreign], None], set[str]]] = {
    "beside ours": (foreign_beside_ours, {"AUD-011", "AUD-012"}),
    "for ours": (foreign_for_ours, {"AUD-011", "AUD-012", "AUD-013", "AUD-030"}),
    "with its seal in our entry": (foreign_with_its_seal_in_our_entry, {"AUD-010", "AUD-030", "AUD-032"}),
}


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", FOREIGN)
def test_opening_of_another_archive_is_found(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault, foreign: Foreign, name: str
) -> None:
    change, wanted = FOREIGN[name]
    before = codes(audited(home, log, disclosures, vault))
    change(home, foreign)
    report = audited(home, log, disclosures, vault)
    assert codes(report) - before == wanted
    assert {one.position for one in report.findings if "AUD-010" <= one.code <= "AUD-013"} == {1}


# --- projections ------------------------------------------------------------------------------------------------------
@contextmanager
def serving(home: Home) -> Iterator[sqlite3.Connection]:
    """What serves, as its owner could change it."""
    path = next((home.folder / "projections").glob("generation-*.sqlite"))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def tables_of(db: sqlite3.Connection, projection: str) -> list[str]:
    rows = db.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name GLOB ?",
        (f"{projection}_*",),
    )
    return [name for (name,) in rows]


def columns_of(db: sqlite3.Connection, table: str) -> tuple[list[str], list[str]]:
    """Those of the key, and the others."""
    rows = db.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
    return [name for name, pk in rows if pk], [name for name, pk in rows if not pk]


def drop_a_row(db: sqlite3.Connection, projection: str) -> None:
    """From the table that has most."""
    table = max(tables_of(db, projection), key=lambda name: db.execute(f"SELECT COUNT(*) FROM {name}").fetchone())
    key = ", ".join(columns_of(db, table)[0])
    deleted = db.execute(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} LIMIT 1)")
    assert deleted.rowcount == 1


def swap_two_rows(db: sqlite3.Connection, projection: str) -> None:
    """Each of two rows that differ gets what the other says, and keeps its key."""
    for table in tables_of(db, projection):
        key, others = columns_of(db, table)
        rows = db.execute(f"SELECT {', '.join([*key, *others])} FROM {table}").fetchall()
        said = [row[len(key) :] for row in rows]
        different = next((at for at, one in enumerate(said) if one != said[0]), None)
        if different is None:
            continue
        swapped = [rows[0][: len(key)] + said[different], rows[different][: len(key)] + said[0]]
        same = " AND ".join(f"{name} IS ?" for name in key)
        db.executemany(f"DELETE FROM {table} WHERE {same}", [row[: len(key)] for row in swapped])
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT INTO {table} ({', '.join([*key, *others])}) VALUES ({marks})", swapped)
        return
    raise AssertionError(f"no two rows of {projection} differ")


@pytest.mark.parametrize("change", [drop_a_row, swap_two_rows])
@pytest.mark.parametrize("projection", Projections.names())
def test_row_dropped_from_a_projection_or_swapped_with_another_is_found(
    home: Home,
    log: Log,
    disclosures: Disclosures,
    vault: Vault,
    writer: Writer,
    change: Callable[[sqlite3.Connection, str], None],
    projection: str,
) -> None:
    tell_at_once(writer, something_for_every_projection(Clerk()))
    Projections(home.folder / "projections", log, disclosures).follow()
    with serving(home) as db:
        change(db, projection)
    found = [one for one in audited(home, log, disclosures, vault).findings if one.code == "AUD-030"]
    assert {one.facts["projection"] for one in found} == {projection}


EXCHANGED: dict[str, tuple[str, list[str], set[str]]] = {
    "titles": ("catalogue_texts", ["title"], {"text"}),
    "texts": ("catalogue_texts", ["title", *sorted(TEXT_COLUMNS["catalogue_texts"] - {"title"})], {"text"}),
    "addresses": ("catalogue_publications", ["url"], {"text"}),
    "categories": ("catalogue_categories", ["code"], {"numbers"}),
    "identifiers": ("catalogue_items", ["item"], {"numbers"}),
}


@pytest.mark.parametrize("name", EXCHANGED)
def test_what_two_items_exchange_is_found_in_the_half_it_stands_in(
    home: Home, told: Projections, log: Log, disclosures: Disclosures, vault: Vault, writer: Writer, name: str
) -> None:
    table, columns, halves = EXCHANGED[name]
    other = a_published_item(Clerk(2), item_id(9), title="另一件", categories=[("genre", "notice")])  # type: ignore[arg-type] # a parameter of draft
    tell(writer, other)
    told.follow()
    item = "item" if table != "catalogue_items" else "position"
    # On one of its channels an item has no address.
    which = f"{item} = ? AND {columns[0]} IS NOT NULL"
    with serving(home) as db:
        first, last = db.execute("SELECT min(position), max(position) FROM catalogue_items").fetchone()
        said = {
            one: db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {which}", (one,)).fetchone()
            for one in (first, last)
        }
        assert said[first] != said[last], "what is exchanged differs"
        values = [(*said[last], first), (*said[first], last)]
        if table == "catalogue_items":
            # No two rows may say the same, not even for a moment.
            values.insert(0, ("", last))
        db.executemany(f"UPDATE {table} SET {', '.join(f'{one} = ?' for one in columns)} WHERE {which}", values)
    found = [one for one in audited(home, log, disclosures, vault).findings if one.code == "AUD-030"]
    assert {(one.facts["projection"], one.field) for one in found} == {("catalogue", half) for half in halves}


@pytest.mark.usefixtures("told")
def test_audit_leaves_no_file_behind(home: Home, log: Log, disclosures: Disclosures, vault: Vault) -> None:
    (home.folder / "projections" / "probe.sqlite").write_bytes(b"left by an audit that was killed")
    audited(home, log, disclosures, vault)
    assert list((home.folder / "projections").glob("probe*")) == []


def test_finding_says_what_and_what_next_in_both_languages() -> None:
    facts = {"reason": "x", "found": "a", "origin": "b", "at": "c", "before": "d", "stream": AGENCY, "command": "e"}
    for code in sorted(code for code in CODES if code.startswith("AUD-0") and code < "AUD-050"):
        one = Finding(
            code,
            7,
            "text",
            {**facts, "cleared": 3, "projection": "tallies", "size": 9, "head": 7, "number": 2, "level": 1, "key": "f"},
        )
        for language in ("zh", "en"):
            assert one.sentence(language), code
            assert one.next_step(language), code


# --- what was kept outside --------------------------------------------------------------------------------------------
def checked(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault, *, expected: Head | None = None
) -> tuple[set[str], Head]:
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.rebuild()
    outside = Outside([] if expected is None else [expected])
    report = check(log, disclosures, vault, projections, outside=outside)
    return {one.code for one in report.findings if one.code != "AUD-014"}, report.head


@pytest.mark.usefixtures("told")
def test_rewritten_log_is_found_only_by_a_root_that_was_kept_outside(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault
) -> None:
    """Nobody should take one check for enough: what an owner changes everywhere is not seen from inside."""
    sound, kept = checked(home, log, disclosures, vault)
    assert sound == set()
    assert checked(home, log, disclosures, vault, expected=kept)[0] == set()
    with home.changing() as db:
        rewritten(db)
    assert checked(home, log, disclosures, vault)[0] == set()
    assert checked(home, log, disclosures, vault, expected=kept)[0] == {"AUD-040"}


@pytest.mark.usefixtures("told")
def test_log_goes_on_from_what_was_kept_and_is_not_cut_off(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault, writer: Writer
) -> None:
    _, kept = checked(home, log, disclosures, vault)
    tell(writer, [Clerk(2).register_agency(agency_id(7))])
    found, newer = checked(home, log, disclosures, vault, expected=kept)
    assert (found, newer.size) == (set(), kept.size + 1)
    longer = Head(newer.size + 1, newer.root)
    assert checked(home, log, disclosures, vault, expected=longer)[0] == {"AUD-041"}


def test_root_is_that_of_the_tree_over_the_stored_bytes(log: Log, disclosures: Disclosures, writer: Writer) -> None:
    tell(writer, a_small_archive(Clerk()))
    head = check_root(log, until=log.head(), claims=[], report=lambda _: None)
    row = leaf_row(one.entry for one in log.rows(after=0, limit=log.head()))
    assert head == (log.head(), root_of(row))


@pytest.mark.parametrize("root", ["hex", "base64"])
def test_what_was_printed_is_read_back(root: str) -> None:
    head = Head(7, bytes(range(32)))
    text = head.printed() if root == "base64" else f"7 {head.root.hex()}"
    assert parse_head(f" {text}\n") == head


@pytest.mark.parametrize("text", ["", "7", "7 x", f"07 {'0' * 64}", f"-1 {'0' * 64}", f"7 {'0' * 62}", f"7 {'0' * 66}"])
def test_what_is_no_size_and_root_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_head(text)
    assert refused.value.code == "AUD-051"
