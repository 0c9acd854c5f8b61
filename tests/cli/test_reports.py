"""`archive report YEAR`: the report as a table and as JSON that its schema allows, the entries of a cell, refusals."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
from docx import Document

from archive.reports.html_file import FOLDER
from archive.reports.rendering import FORMATS
from cli.conftest import Said

Archive = Callable[..., Said]
SCHEMA = Path(__file__).parents[2] / "schema" / "report.json"


@pytest.fixture
def agency(asked: Archive, cli: Archive) -> str:
    made = asked("agency", "register", "--level", "county", "--region", "421202", "--name", "示例局")
    agency: str = made.json["stream"]
    words = ["declaration", "declare-figure", "--agency", agency, "--declared-on", "2019-01-05", "--year", "2018"]
    words += ["--evidence", "file-1"]
    staff = cli(*words, "--cell", "capacity.staff_full_time", "--value", "2")
    assert (staff.code, staff.err) == (0, "")
    assert cli("projection", "follow").code == 0
    return agency


def test_a_report_is_printed_and_its_json_is_what_the_schema_allows(agency: str, cli: Archive, asked: Archive) -> None:
    shown = cli("report", "2018", "--form", "2014")
    assert (shown.code, shown.err) == (0, "")
    assert any(
        line.split() == ["1.专职人员数（不包括政府公报及政府网站工作人员数）", "2", "人"]
        for line in shown.out.splitlines()
    )
    assert sum(line.endswith("（未申报）") for line in shown.out.splitlines()) == 5
    told = asked("report", "2018", "--form", "2014", "--agency", agency).json
    jsonschema.validate(told, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert told == json.loads(cli("report", "year", "2018", "--form", "2014", "--format", "json").out)
    assert [one["agency"] for one in told["agencies"]] == [agency]


def test_the_entries_behind_a_cell_are_named(agency: str, asked: Archive, cli: Archive) -> None:
    words = ["report", "2018", "--form", "2014", "--cell", "capacity.staff_full_time"]
    assert asked(*words).json == {"cell": "capacity.staff_full_time", "entries": [2]}
    assert cli(*words).out == "2\n"
    assert cli(*words, "--after", "2").out == ""


@pytest.mark.parametrize(
    "words, code, exit_code",
    [
        (["2019", "--form", "2014"], "RPF-001", 3),
        (["2017", "--form", "2014"], "RPF-002", 5),
        (["2018", "--form", "2014", "--agency", f"agency-{0:032x}"], "RPF-003", 5),
        (["2018", "--form", "2014", "--cell", "requests.granted"], "RPF-005", 5),
        (["2018", "--form", "2014", "--as-of", "9"], "RPF-006", 3),
        (["2018", "--form", "2015"], "USG-001", 2),
        (["2018", "--form", "2014", "--format", "csv"], "USG-001", 2),
        (["2018", "--form", "2014", "--format", "text", "--out", "x.txt"], "USG-001", 2),
        (["2018", "--form", "2014", "--format", "csv", "--out", "no/such/folder.csv"], "EXP-005", 7),
        (["2018"], "USG-001", 2),
    ],
)
def test_what_cannot_be_reported_is_refused(
    agency: str, asked: Archive, words: list[str], code: str, exit_code: int
) -> None:
    said = asked("report", *words)
    assert (said.code, said.out, said.error["code"]) == (exit_code, "", code)


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_written_to_a_file_once(
    form: str, agency: str, asked: Archive, cli: Archive, tmp_path: Path
) -> None:
    file = tmp_path / f"2018.{form}"
    words = ["report", "2018", "--form", "2014", "--format", form, "--out", str(file)]
    told = asked(*words).json
    first = file.read_bytes()
    assert told["sha256"] == sha256(first).hexdigest()
    assert (told["format"], told["position"], told["file"]) == (form, 2, str(file))
    again = asked(*words)
    assert (again.code, again.error["code"]) == (3, "EXP-006")
    assert cli(*words, "--replace").code == 0
    assert file.read_bytes() == first
    assert list(tmp_path.glob(".*")) == []
    if form == "json":
        assert told["dataSha256"] == sha256(first.rstrip(b"\n")).hexdigest()


def test_an_office_has_a_template_of_its_own(agency: str, asked: Archive, tmp_path: Path) -> None:
    template, file = tmp_path / "ours.docx", tmp_path / "2018.docx"
    document = Document(str(FOLDER / "templates" / "report.docx"))
    # An office program cuts a name into runs where it likes.
    place = document.paragraphs[0].insert_paragraph_before("{{年")
    place.add_run("度}}年，")
    place.add_run("{{机关}} {{别的}}")
    document.save(str(template))
    words = ["report", "2018", "--form", "2014", "--format", "docx", "--out", str(file)]
    assert asked(*words, "--template", str(template)).code == 0
    assert Document(str(file)).paragraphs[0].text == "2018年，示例局 {{别的}}"


def test_what_is_no_template_is_refused(agency: str, asked: Archive, tmp_path: Path) -> None:
    template, file = tmp_path / "ours.docx", tmp_path / "2018.docx"
    words = ["report", "2018", "--form", "2014", "--format", "docx", "--out", str(file), "--template", str(template)]
    said = asked(*words)
    assert (said.code, said.error["code"]) == (2, "USG-001")
    template.write_bytes(b"PK no zip")
    assert asked(*words).error["code"] == "EXP-007"
    Document().save(str(template))
    said = asked(*words)
    assert (said.error["code"], "Report Label" in said.error["message"]) == ("EXP-007", True)
    assert "{{表格}}" in said.error["message"]
    assert not file.exists()
    words[5] = "csv"
    assert asked(*words).error["code"] == "USG-001"


def test_a_remark_inside_a_declared_number_is_refused(agency: str, asked: Archive, tmp_path: Path) -> None:
    words = ["declaration", "declare-figure", "--agency", agency, "--declared-on", "2019-01-05", "--year", "2018"]
    words += ["--evidence", "file-1", "--cell", "proactive.normative_documents_issued"]
    said = asked(*words, "--value", "22（其中修订16件）")
    assert (said.code, said.error["code"]) == (2, "USG-001")
    assert "修订" not in said.err
    command = {
        "type": "declare-figure",
        "id": "1" * 32,
        "by": "role:information-officer",
        "declaration": f"declaration-{1:032x}",
        "agency": agency,
        "declared_on": "2019-01-05",
        "cell": "proactive.normative_documents_issued",
        "year": 2018,
        "value": "22（其中修订16件）",
        "evidence": "file-1",
    }
    file = tmp_path / "figures.jsonl"
    file.write_text(json.dumps(command, ensure_ascii=False) + "\n", encoding="utf-8")
    imported = asked("import", "commands", str(file))
    assert imported.code != 0
    assert "修订" not in imported.out + imported.err
    assert asked("log", "head").json["head"] == 2
