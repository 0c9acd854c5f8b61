"""Exports of the catalogue: what other programs read in them is what the archive answers, as of every position."""

import csv
import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from api.world import World, world_of
from archive.audit.roots import check_root
from archive.domain.errors import Refused
from archive.exports import lines as slices
from archive.exports import xlsx_file
from archive.exports.catalogue import FORMATS, Format, Manifest, format_of
from archive.exports.columns import HEADINGS
from archive.exports.csv_file import FORMULA, harmless, revealed
from archive.exports.pair import manifest_of
from archive.projections.catalogue import ItemFilter
from exports.world import ERASED, FIRST_FORMULA, FORMULAS, HIDDEN, UPDATED, a_home, exporting
from faults.homes import opened
from stories import AGENCY, BACKENDS, Home, agency_id, item_id

Export = Callable[..., Manifest]
ITEMS: Final = 3 + len(FORMULAS)
TITLES: Final = dict(enumerate(FORMULAS, FIRST_FORMULA))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_home(tmp_path_factory.mktemp("exports") / "home")


@pytest.fixture
def export(folder: Path) -> Iterator[Export]:
    with exporting(folder) as export:
        yield export


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """The same archive, asked through GraphQL."""
    with opened(folder) as (log, disclosures):
        yield world_of(Home(folder, BACKENDS["sqlite"]), log, disclosures)


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: revealed(cell) for name, cell in row.items()} for row in csv.DictReader(file, strict=True)]


def json_rows(path: Path) -> list[dict[str, Any]]:  # Any: JSON of every shape
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sheet_rows(path: Path, sheet: str = "目录") -> list[dict[str, Any]]:  # Any: a cell is a text, a number or a day
    headings, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


# --- what is read back -------------------------------------------------------------------------------------------------
def test_every_format_says_the_same_of_every_item(export: Export, tmp_path: Path) -> None:
    for form in FORMATS:
        assert export(tmp_path / f"all.{form}", form)["rows"] == ITEMS
    as_csv, as_json, as_sheet = (
        csv_rows(tmp_path / "all.csv"),
        json_rows(tmp_path / "all.jsonl"),
        sheet_rows(tmp_path / "all.xlsx"),
    )
    assert [row["编号"] for row in as_csv] == [row["id"] for row in as_json] == [row["编号"] for row in as_sheet]
    for comma, sheet in zip(as_csv, as_sheet, strict=True):
        shown = {
            name: cell.isoformat() if isinstance(cell, date) else str(int(cell)) if isinstance(cell, float) else cell
            for name, cell in sheet.items()
        }
        assert comma == shown
    for comma, line in zip(as_csv, as_json, strict=True):
        assert comma["名称"] == (line["title"] or "")
        assert comma["类别代码"] == "；".join(f"{one['scheme']}:{one['code']}" for one in line["categories"])
        assert comma["公开日期"] == line["publishedOn"]
        assert comma["网址"] == "；".join(one["url"] for one in line["publications"] if one["url"])


def test_a_sheet_has_days_as_days_and_text_as_text(export: Export, tmp_path: Path) -> None:
    export(tmp_path / "all.xlsx", "xlsx")
    rows = {row["编号"]: row for row in sheet_rows(tmp_path / "all.xlsx")}
    for number, title in TITLES.items():
        row = rows[item_id(number)]
        assert (row["名称"], row["公开日期"], row["生成日期"]) == (title, date(2018, 3, 14), date(2018, 3, 5))
        assert isinstance(row["公开位置"], float)
    names = CalamineWorkbook.from_path(tmp_path / "all.xlsx").sheet_names
    assert names == ["目录", "说明"]
    assert list(rows[ERASED]) == list(HEADINGS)


def test_no_cell_of_a_csv_file_begins_a_formula(export: Export, tmp_path: Path) -> None:
    export(tmp_path / "all.csv", "csv")
    raw = (tmp_path / "all.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 1 + ITEMS, "RFC 4180: lines end with CR LF"
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file, strict=True):
            assert not any(cell.startswith(FORMULA) for cell in row)
    assert {row["名称"] for row in csv_rows(tmp_path / "all.csv")} >= set(FORMULAS)


@given(text=st.text())
def test_what_was_made_harmless_is_revealed_as_it_was(text: str) -> None:
    assert revealed(harmless(text)) == text
    assert not harmless(text).startswith(FORMULA)


def test_an_export_and_graphql_show_the_same_items(export: Export, world: World, tmp_path: Path) -> None:
    asked = """items(first: 100, orderBy: PUBLISHED_ON_ASC) { nodes { id title abstract documentNumber issuer keywords
        indexNumbers { value } agency { id name } section disclosureMode status validity madeOn publishedOn effectiveOn
        repealedOn contentSha256 categories { scheme code name }
        publications { channel { key name } url publishedOn withdrawnOn contentSha256 position } } }"""
    with world.sources.reading() as reads:
        head = reads.head
    for position in (0, 20, 30, head - 2, head - 1, head):
        export(path := tmp_path / "at.jsonl", "jsonl", as_of=position, replace=True)
        nodes = world.archive(asked, at=position)["items"]["nodes"]
        assert [_as_graphql(row) for row in json_rows(path)] == nodes


def _as_graphql(row: dict[str, Any]) -> dict[str, Any]:  # Any: JSON of every shape
    gone = {"SHOWN": None, "ERASED": "〔已删除〕", "WITHHELD": "〔已撤回〕"}[row["text"]]
    assert (row["title"] is None) == (row["text"] != "SHOWN")
    same = (
        "id abstract documentNumber issuer keywords section validity status madeOn publishedOn effectiveOn repealedOn "
        "contentSha256 categories"
    )
    return {
        **{name: row[name] for name in same.split()},
        "title": row["title"] or gone,
        "disclosureMode": row["disclosureMode"].upper().replace("-", "_"),
        "indexNumbers": [{"value": row["indexNumber"]}] if row["indexNumber"] else [],
        "agency": {"id": row["agency"], "name": row["agencyName"]},
        "publications": [
            {
                **{name: one[name] for name in ("url", "publishedOn", "withdrawnOn", "position")},
                "contentSha256": one["contentSha256"] or "0" * 64,
                "channel": {"key": one["channel"], "name": one["channelName"]},
            }
            for one in row["publications"]
        ],
    }


def test_what_was_erased_or_withheld_is_absent_and_marked_at_every_position(export: Export, tmp_path: Path) -> None:
    for position in (30, None):
        path = tmp_path / f"{position}.jsonl"
        manifest = export(path, "jsonl", as_of=position)
        assert (manifest["erased"], manifest["withheld"]) == (1, 1)
        rows = {row["id"]: row for row in json_rows(path)}
        assert {one: rows[one]["text"] for one in (ERASED, HIDDEN)} == {ERASED: "ERASED", HIDDEN: "WITHHELD"}
        for one in (ERASED, HIDDEN):
            assert (rows[one]["title"], rows[one]["indexNumber"], rows[one]["keywords"]) == (None, None, [])
        assert [one["url"] for one in rows[HIDDEN]["publications"]] == [None, None]
    export(tmp_path / "all.csv", "csv")
    assert [row["文本状态"] for row in csv_rows(tmp_path / "all.csv") if not row["名称"]] == ["已删除", "已撤回"]


def test_a_past_position_shows_the_text_of_then(export: Export, tmp_path: Path) -> None:
    export(tmp_path / "now.jsonl", "jsonl")
    now = next(row for row in json_rows(tmp_path / "now.jsonl") if row["id"] == UPDATED)
    export(tmp_path / "then.jsonl", "jsonl", as_of=now["knownFrom"] - 1)
    then = next(row for row in json_rows(tmp_path / "then.jsonl") if row["id"] == UPDATED)
    assert (then["title"], then["change"]) == ("关于某项目核准的批复", "channel-added")
    assert (now["title"], now["change"]) == ("关于某项目核准的批复(修订)", "updated")
    export(tmp_path / "before.csv", "csv", as_of=0)
    assert csv_rows(tmp_path / "before.csv") == []


# --- the manifest -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", FORMATS)
def test_the_manifest_says_what_the_file_is(form: Format, export: Export, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / f"some.{form}"
    manifest = export(path, form, ItemFilter(agencies=[AGENCY], published_from="2018-01-01"), as_of=40)
    assert json.loads(manifest_of(path).read_text(encoding="utf-8")) == manifest
    content = path.read_bytes()
    assert (manifest["bytes"], manifest["sha256"]) == (len(content), sha256(content).hexdigest())
    assert manifest["filter"] == {"agencies": [AGENCY], "publishedOn": {"from": "2018-01-01"}}
    with opened(folder) as (log, _):
        head = check_root(log, until=40, claims=[], report=lambda _: None)
        assert (manifest["position"], b64decode(manifest["root"])) == head
        assert (manifest["origin"], manifest["recordedAt"]) == (log.origin, log.moment_of(40))


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_position_gives_the_same_bytes(
    form: Format, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: nothing of the machine, the moment or the size of a slice is in a file. Method: two runs that differ in them."""
    path = tmp_path / f"all.{form}"
    first = export(path, form, as_of=60)
    content, manifest = path.read_bytes(), manifest_of(path).read_bytes()
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    monkeypatch.setattr(slices, "SLICE_ROWS", 2)
    assert export(path, form, as_of=60, replace=True) == first
    assert (path.read_bytes(), manifest_of(path).read_bytes()) == (content, manifest)


def test_a_filter_chooses(export: Export, tmp_path: Path) -> None:
    def rows(**asked: Any) -> int:  # noqa: ANN401 - Any: what a filter takes
        return int(export(tmp_path / "some.csv", "csv", ItemFilter(**asked), replace=True)["rows"])

    assert rows(categories=["approval"]) == ITEMS
    assert rows(categories=["plan"]) == 0
    assert rows(scheme="theme") == 0
    assert rows(statuses=["WITHDRAWN"]) == 1
    assert rows(channels=["gazette"]) == ITEMS
    assert rows(sections=["investment"]) == 0
    assert rows(published_to="2018-03-13") == 0


# --- what is refused, and what is left behind ---------------------------------------------------------------------------
def test_what_cannot_be_exported_is_refused_and_nothing_is_written(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.xlsx"

    def refused(path: Path = path, form: Format = "xlsx", **asked: Any) -> str:  # noqa: ANN401 - Any: what an export takes
        with pytest.raises(Refused) as found:
            export(path, form, **asked)
        return found.value.code

    assert refused(as_of=10_000) == "LOG-009"
    assert refused(where=ItemFilter(agencies=[AGENCY, agency_id(7)])) == "EXP-004"
    assert refused(where=ItemFilter(agencies=[AGENCY]), as_of=0) == "EXP-004"
    assert refused(tmp_path / "nowhere" / "all.csv") == "EXP-005"
    assert refused(tmp_path) == "EXP-005"
    with monkeypatch.context() as limits:
        limits.setattr(xlsx_file, "MAX_CHARACTERS", 20)
        assert refused() == "EXP-003"
    assert list(tmp_path.iterdir()) == []
    path.write_text("of somebody else", encoding="utf-8")
    assert refused() == "EXP-006"
    manifest_of(path).write_text("of somebody else", encoding="utf-8")
    path.unlink()
    assert refused() == "EXP-006"


@pytest.mark.parametrize(
    "name, form", [("a.csv", "csv"), ("a.JSONL", "jsonl"), ("a.xlsx", "xlsx"), ("a.xls", None), ("csv", None)]
)
def test_the_ending_of_a_name_tells_the_format(name: str, form: Format | None) -> None:
    if form is None:
        with pytest.raises(Refused, match="EXP-001"):
            format_of(Path(name))
    else:
        assert format_of(Path(name)) == form
