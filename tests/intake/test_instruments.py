"""Legal instruments: the list is taken as it is, what is odd in it is told, and the same list again changes nothing."""

import gzip
import json
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.batches import BatchRecorded
from archive.domain.codes import Classification, Event
from archive.domain.errors import Refused
from archive.domain.items import (
    ItemAmended,
    ItemDrafted,
    ItemPublished,
    ItemRepealed,
    ItemStepRecorded,
    ItemText,
    ItemTookEffect,
)
from archive.domain.reviews import PriorReviewDeclared
from archive.intake.instruments import GENRES, REGIONS, THEMES, import_instruments
from archive.log.log import Log
from archive.projections import catalogue, tallies
from archive.projections.runner import Projections, Reader
from stories import Clock

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "tests" / "assets" / "intake"
LIST = ASSETS / "instruments.jsonl"
BODIES = ASSETS / "bodies.jsonl"
LAWS = ROOT.parent / "shared" / "data" / "laws"
SET_UP = 6


@pytest.fixture(autouse=True)
def today(clock: Clock) -> None:
    clock.now = datetime(2026, 1, 5, 2, tzinfo=UTC)


def written(log: Log) -> list[Event]:
    return [entry.event for entry in log.entries(after=0, limit=1_000_000)]


def of_source(log: Log, source_id: str) -> list[Event]:
    """The events of one instrument, in order."""
    entries = log.entries(after=0, limit=1_000_000)
    (stream,) = {
        entry.stream for entry in entries if isinstance(entry.event, ItemDrafted) and entry.event.source_id == source_id
    }
    return [entry.event for entry in log.history(stream)]


def text_of(disclosures: Disclosures, event: Event) -> ItemText:
    """The text that a publication cleared."""
    assert isinstance(event, ItemPublished)
    opening = disclosures.get([event.text])[event.text]
    assert opening.cleared is not None
    return msgspec.json.decode(opening.value, type=ItemText)


def lines_of(path: Path) -> list[dict[str, Any]]:  # Any: JSON as found
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:  # Any: JSON as found
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_instrument_becomes_a_published_item_with_its_history(
    writer: Writer, log: Log, disclosures: Disclosures
) -> None:
    import_instruments(writer, LIST, bodies=BODIES)
    drafted, declared, published, *steps = of_source(log, f"{1:016x}")
    assert isinstance(drafted, ItemDrafted)
    assert isinstance(declared, PriorReviewDeclared)
    assert isinstance(published, ItemPublished)
    assert published.categories == [Classification(scheme="genre", code="administrative-regulation")]
    assert (str(published.made_on), str(published.published_on)) == ("2001-03-01", "2001-03-05")
    assert published.channel == "promulgation"
    assert [(type(step), str(next(iter(msgspec.to_builtins(step).values())))) for step in steps] == [
        (ItemStepRecorded, "adopted"),
        (ItemStepRecorded, "promulgated"),
        (ItemTookEffect, "2001-07-01"),
        (ItemAmended, "2010-06-01"),
    ]
    text = text_of(disclosures, published)
    body = lines_of(BODIES)[0]["body"].encode()
    assert (text.title, text.document_number) == ("示例公开条例", "示例令第1号")
    assert text.notes == [step["text"] for step in lines_of(LIST)[0]["history"]]
    assert text.body is not msgspec.UNSET
    assert (text.body.sha256, text.body.size) == (sha256(body).hexdigest(), len(body))


def test_theme_and_region_are_categories(writer: Writer, log: Log) -> None:
    import_instruments(writer, LIST)
    categories = {
        event.source_id: {category.scheme: category.code for category in event.categories}
        for event in written(log)
        if isinstance(event, ItemPublished)
    }
    assert categories[f"{2:016x}"] == {"genre": "law", "theme": "administrative"}
    assert categories[f"{3:016x}"] == {"genre": "local-regulation", "region": "370000"}


def test_steps_are_entered_in_order_of_date(writer: Writer, log: Log) -> None:
    import_instruments(writer, LIST)
    assert [type(event) for event in of_source(log, f"{2:016x}")[3:]] == [ItemStepRecorded, ItemTookEffect, ItemAmended]


def test_odd_ones_are_entered_and_told(writer: Writer) -> None:
    report = import_instruments(writer, LIST, bodies=BODIES)
    assert report.batch.problems == ()
    assert report.instruments == 8
    assert [
        (finding.code, int(finding.source_id, 16) if finding.source_id.isdigit() else 0) for finding in report.findings
    ] == [
        ("history-out-of-order", 2),
        ("repeal-reads-as-revision", 3),
        ("step-after-repeal", 3),
        ("title-twice", 4),
        ("history-out-of-order", 5),
        ("step-before-formation", 5),
        ("step-repeated", 5),
        ("step-other", 5),
        ("effective-several", 6),
        ("step-before-formation", 7),
        ("formed-after-promulgation", 7),
        ("body-differs", 7),
        ("body-missing", 8),
        ("body-without-instrument", 0),
    ]
    assert report.counts["history-out-of-order"] == 2
    assert sum(report.counts.values()) == len(report.findings)
    assert all(finding.zh and finding.en and "示例" not in finding.zh for finding in report.findings)


def test_body_with_another_digest_is_not_entered(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    import_instruments(writer, LIST, bodies=BODIES)
    assert text_of(disclosures, of_source(log, f"{7:016x}")[2]).body is msgspec.UNSET


def test_without_bodies_no_body_is_entered_and_none_is_missed(
    writer: Writer, log: Log, disclosures: Disclosures
) -> None:
    report = import_instruments(writer, LIST)
    assert not any(code.startswith("body") for code in report.counts)
    assert text_of(disclosures, of_source(log, f"{1:016x}")[2]).body is msgspec.UNSET


def test_bodies_may_be_packed(writer: Writer, tmp_path: Path) -> None:
    packed = tmp_path / "bodies.jsonl.gz"
    packed.write_bytes(gzip.compress(BODIES.read_bytes()))
    import_instruments(writer, LIST, bodies=BODIES)
    assert import_instruments(writer, LIST, bodies=packed).batch.commands == 0


def test_same_list_again_changes_nothing(writer: Writer, log: Log) -> None:
    first = import_instruments(writer, LIST, bodies=BODIES)
    head = log.head()
    again = import_instruments(writer, LIST, bodies=BODIES)
    assert (again.batch.commands, again.batch.unchanged, again.batch.stream) == (0, first.batch.commands, None)
    assert log.head() == head
    assert again.findings == first.findings


def test_dry_run_tells_the_same_and_writes_nothing(writer: Writer, log: Log) -> None:
    dry = import_instruments(writer, LIST, bodies=BODIES, dry_run=True)
    assert log.head() == 0
    wet = import_instruments(writer, LIST, bodies=BODIES)
    assert dry.batch[:4] == wet.batch[:4]
    assert dry.findings == wet.findings


def test_longer_list_adds_only_what_is_new(writer: Writer, log: Log, tmp_path: Path) -> None:
    import_instruments(writer, write(tmp_path / "short.jsonl", lines_of(LIST)[:5]))
    head = log.head()
    report = import_instruments(writer, LIST)
    assert report.batch.commands == sum(len(of_source(log, f"{number:016x}")) for number in (6, 7, 8))
    assert log.head() == head + report.batch.entries + 1


def test_changed_instrument_is_refused_by_its_id(writer: Writer, log: Log, tmp_path: Path) -> None:
    import_instruments(writer, LIST)
    head = log.head()
    rows = lines_of(LIST)
    rows[3]["title"] = "另一个标题"
    report = import_instruments(writer, write(tmp_path / "changed.jsonl", rows))
    (problem,) = report.batch.problems
    assert (problem.line, problem.error.code, problem.error.facts) == (4, "IMP-008", {"source": f"{4:016x}"})
    assert log.head() == head


def test_import_is_one_batch_with_the_digest_of_its_list(writer: Writer, log: Log) -> None:
    report = import_instruments(writer, LIST, bodies=BODIES)
    last = log.entry(log.head())
    assert last is not None
    assert isinstance(last.event, BatchRecorded)
    assert (last.event.kind, last.by) == ("instruments", "role:importer")
    assert last.event.source_sha256 == sha256(LIST.read_bytes()).hexdigest()
    assert last.event.entries == report.batch.entries == log.head() - 1


# A change of the second line, the code and the field that it is refused with.
WRONG: list[tuple[dict[str, Any], str, dict[str, object]]] = [  # Any: JSON as found
    ({"kind": "通知"}, "IMP-006", {"field": "kind"}),
    ({"theme": "火星法"}, "IMP-006", {"field": "theme"}),
    ({"region": "火星"}, "IMP-006", {"field": "region"}),
    ({"kind": None}, "IMP-006", {"field": "kind"}),
    ({"formed_on": None}, "IMP-006", {"field": "formed_on"}),
    ({"formed_on": "1994-02-30"}, "IMP-006", {"field": "formed_on"}),
    ({"body_chars": 1.5}, "IMP-006", {"field": "body_chars"}),
    ({"body_sha256": "王某"}, "IMP-006", {"field": "body_sha256"}),
    ({"source_id": "编号 一"}, "IMP-006", {"field": "source_id"}),
    ({"title": ""}, "IMP-006", {"field": "title"}),
    ({"remark": "王某"}, "IMP-006", {"field": "remark"}),
    ({"history": [{"on": "1994-10-27", "action": "burnt", "text": "焚"}]}, "IMP-006", {"field": "history[0].action"}),
    ({"history": [{"on": "1994-10-27", "action": "other"}]}, "IMP-006", {"field": "history[0].text"}),
    ({"source_id": f"{1:016x}"}, "IMP-007", {"source": f"{1:016x}", "line": 1}),
    ({"promulgated_on": "2025-01-01"}, "ITM-014", {}),
    ({"title": "示例\u0007法"}, "CMD-006", {"field": "text.title"}),
    (
        {"history": [{"on": "1994-10-27", "action": "other", "text": "长" * 2000}] * 9},
        "CMD-005",
        {"limit": 32 * 1024},
    ),
]


@pytest.mark.parametrize("change, code, facts", WRONG)
def test_wrong_line_is_told_once_with_its_field_and_nothing_happens(
    writer: Writer,
    log: Log,
    tmp_path: Path,
    change: dict[str, Any],  # Any: JSON as found
    code: str,
    facts: dict[str, object],
) -> None:
    rows = lines_of(LIST)
    rows[1] |= change
    report = import_instruments(writer, write(tmp_path / "wrong.jsonl", rows), bodies=BODIES)
    (problem,) = report.batch.problems
    assert (problem.line, problem.error.code) == (2, code)
    assert problem.error.facts | facts == problem.error.facts
    assert "王某" not in problem.error.sentence("zh")
    assert log.head() == 0


def test_all_wrong_lines_are_told(writer: Writer, log: Log, tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    first, second, *others = LIST.read_bytes().splitlines()
    file.write_bytes(
        b"\n".join([b"{}", first, b"no object", second.replace("法律".encode(), b"x"), *others, others[0][:99]])
    )
    problems = import_instruments(writer, file).batch.problems
    assert [(problem.line, problem.error.code) for problem in problems] == [
        (1, "IMP-006"),
        (3, "CMD-001"),
        (4, "IMP-006"),
        (11, "IMP-002"),
    ]
    assert log.head() == 0


def test_empty_list_is_refused_and_nothing_is_registered(writer: Writer, log: Log) -> None:
    with pytest.raises(Refused, match="IMP-001"):
        import_instruments(writer, ASSETS / "empty.jsonl")
    assert log.head() == 0


@pytest.mark.parametrize(
    "line, code",
    [
        (b"{", "CMD-001"),
        (b'{"source_id": "1"}', "IMP-006"),
        (b'{"source_id": "0000000000000001", "body": ""}', "IMP-007"),
    ],
)
def test_wrong_line_of_bodies_is_refused(writer: Writer, log: Log, tmp_path: Path, line: bytes, code: str) -> None:
    file = tmp_path / "bodies.jsonl"
    file.write_bytes(BODIES.read_bytes() + line + b"\n")
    with pytest.raises(Refused) as caught:
        import_instruments(writer, LIST, bodies=file)
    assert caught.value.code == "IMP-010"
    assert caught.value.facts == {"path": file, "line": 9, "code": code}
    assert log.head() == 0


def test_missing_bodies_are_not_found(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="IMP-003"):
        import_instruments(writer, LIST, bodies=tmp_path / "bodies.jsonl.gz")


def test_codes_of_a_scheme_differ() -> None:
    for codes in (GENRES, THEMES, REGIONS):
        assert len(set(codes.values())) == len(codes)


# --- the real list ------------------------------------------------------------------------------------------------------
@pytest.fixture
def real() -> list[dict[str, Any]]:  # Any: JSON as found
    if not (LAWS / "instruments.jsonl").exists():
        pytest.skip("../shared/data/laws is not here: the 3,108 real instruments were not imported")
    return lines_of(LAWS / "instruments.jsonl")


def test_real_list_comes_in_whole(writer: Writer, log: Log, real: list[dict[str, Any]]) -> None:  # Any: JSON as found
    report = import_instruments(writer, LAWS / "instruments.jsonl", bodies=LAWS / "bodies.jsonl.gz")
    assert report.batch.problems == ()
    assert report.instruments == len(real) == 3108
    assert report.counts == {
        "history-out-of-order": 5,
        "step-before-formation": 4,
        "step-repeated": 1,
        "step-other": 25,
        "repeal-reads-as-revision": 98,
        "step-after-repeal": 38,
        "effective-several": 5,
        "title-twice": 7,
    }
    assert figures_of_entries(log) == figures_of_list(real)
    assert import_instruments(writer, LAWS / "instruments.jsonl", bodies=LAWS / "bodies.jsonl.gz").batch.commands == 0


def test_projections_of_the_real_list_equal_a_plain_count(
    writer: Writer,
    log: Log,
    disclosures: Disclosures,
    tmp_path: Path,
    real: list[dict[str, Any]],  # Any: JSON as found
) -> None:
    import_instruments(writer, LAWS / "instruments.jsonl")
    projections = Projections(tmp_path / "projections", log, disclosures)
    head = projections.follow()
    reader = Reader(tmp_path / "projections")
    with closing(reader), reader.reading() as (db, *_):

        def found(**where: object) -> int:
            return catalogue.count(db, as_of=head, where=catalogue.ItemFilter(**where))  # type: ignore[arg-type] # a name and its list each

        validities = Counter(map(validity, real))
        assert {name: found(validities=[name]) for name in ("IN_FORCE", "AMENDED", "REPEALED", "EXPIRED")} == {
            "IN_FORCE": validities["IN_FORCE"],
            "AMENDED": validities["AMENDED"],
            "REPEALED": validities["REPEALED"],
            "EXPIRED": 0,
        }
        kinds = Counter(GENRES[row["kind"]] for row in real)
        assert {code: found(genres=[code]) for code in GENRES.values()} == kinds
        regions = Counter(REGIONS[row["region"]] for row in real if row["region"])
        assert {code: found(scheme="region", categories=[code]) for code in regions} == regions
        made = Counter(row["formed_on"] for row in real)
        assert {on: found(made_from=on, made_to=on) for on in made} == made
        yearly = Counter((int(row["promulgated_on"][:4]), GENRES[row["kind"]]) for row in real)
        counted = tallies.counts(
            db,
            as_of=head,
            years=tallies.years(db, as_of=head),
            measures=["proactive.items_total"],
            by=["GENRE"],
        )
        assert {(row.year, row.dimensions[0][1]): row.value for row in counted} == yearly


def validity(row: dict[str, Any]) -> str:  # Any: JSON as found
    """What the last amendment or repeal, in order of date, leaves of an instrument."""
    steps = sorted(row["history"], key=lambda step: step["on"])
    changes = [step["action"].upper() for step in steps if step["action"] in {"amended", "repealed"}]
    return str(changes[-1]) if changes else "IN_FORCE"


def figures_of_list(rows: list[dict[str, Any]]) -> dict[str, Counter[str]]:  # Any: JSON as found
    """What a plain count over the list gives."""
    steps = [(step["action"], step["on"]) for row in rows for step in row["history"]]
    only_field = [
        row["effective_on"]
        for row in rows
        if row["effective_on"]
        and ("effective", row["effective_on"]) not in [(s["action"], s["on"]) for s in row["history"]]
    ]
    return {
        "kind": Counter(GENRES[row["kind"]] for row in rows),
        "theme": Counter(THEMES[row["theme"]] for row in rows if row["theme"]),
        "region": Counter(REGIONS[row["region"]] for row in rows if row["region"]),
        "formed": Counter(row["formed_on"] for row in rows),
        "promulgated": Counter(row["promulgated_on"] for row in rows),
        "effective": Counter([on for action, on in steps if action == "effective"] + only_field),
        "amended": Counter(on for action, on in steps if action == "amended"),
        "repealed": Counter(on for action, on in steps if action == "repealed"),
        "step": Counter(action for action, _ in steps if action not in {"effective", "amended", "repealed"}),
    }


def figures_of_entries(log: Log) -> dict[str, Counter[str]]:
    """The same, counted over the entries."""
    figures: dict[str, Counter[str]] = {
        name: Counter()
        for name in ("kind", "theme", "region", "formed", "promulgated", "effective", "amended", "repealed", "step")
    }
    for event in written(log):
        match event:
            case ItemPublished():
                for category in event.categories:
                    figures["kind" if category.scheme == "genre" else category.scheme][category.code] += 1
                figures["formed"][str(event.made_on)] += 1
                figures["promulgated"][str(event.published_on)] += 1
            case ItemTookEffect():
                figures["effective"][str(event.effective_on)] += 1
            case ItemAmended():
                figures["amended"][str(event.amended_on)] += 1
            case ItemRepealed():
                figures["repealed"][str(event.repealed_on)] += 1
            case ItemStepRecorded():
                figures["step"][event.step] += 1
            case _:
                pass
    return figures
