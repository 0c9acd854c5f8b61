"""`archive report YEAR`: the report as a table and as JSON that its schema allows, the entries of a cell, refusals."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
from docx import Document

from archive.domain.months import month_id
from archive.domain.reports import report_id
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


@pytest.mark.parametrize("value", ["", " ", "二十二", "22件", "-1"])
def test_a_declared_number_is_neither_blank_nor_anything_but_a_number(agency: str, asked: Archive, value: str) -> None:
    words = ["declaration", "declare-figure", "--agency", agency, "--declared-on", "2019-01-05", "--year", "2018"]
    said = asked(*words, "--evidence", "file-1", "--cell", "capacity.dedicated_offices", f"--value={value}")
    assert (said.code, said.error["code"]) in {(2, "USG-001"), (3, "CMD-003")}
    assert said.error["next"]
    assert asked("log", "head").json["head"] == 2


# --- filing ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def on_file(agency: str, cli: Archive) -> str:
    """A report that was filed as it is counted; its id."""
    words = ["draft", "--report", report_id(agency, 2018), "--agency", agency, "--year", "2018", "--form", "2014"]
    assert cli("report", *words, "--drafted-on", "2018-12-20").code == 0
    signed = cli("report", "sign", "--report", words[2], "--signed-on", "2018-12-28", "--signatory", "agency-head")
    assert signed.code == 0
    assert cli("projection", "follow").code == 0
    said = cli("report", "file", "--report", words[2], "--filed-on", "2019-04-02")
    assert (said.code, said.err) == (0, "")
    assert cli("projection", "follow").code == 0
    return words[2]


def test_a_report_is_filed_as_it_is_counted_and_had_back(
    on_file: str, agency: str, asked: Archive, cli: Archive
) -> None:
    found = asked("report", "2018", "--form", "2014", "--as-filed").json
    schema = json.loads((SCHEMA.parent / "report-as-filed.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    (version,) = found["versions"]
    counted = asked("report", "2018", "--form", "2014", "--as-of", str(version["position"])).json
    cells = {
        cell["key"]: cell["value"]
        for table in counted["tables"]
        for row in table["rows"]
        for cell in row["cells"]
        if cell is not None and cell["value"] is not None
    }
    assert version["cells"] == cells
    assert version["root_holds"]
    assert (found["due"]["due_on"], found["due"]["filed_late_by"]) == ("2019-03-31", 2)
    assert found["differences"] == []
    again = asked("report", "file", "--report", on_file, "--filed-on", "2019-04-02")
    assert (again.code, again.error["code"]) == (3, "RPT-010")
    nothing = asked("report", "correct", "--report", on_file, "--corrected-on", "2019-04-03", "--reason", "late-entry")
    assert nothing.error["code"] == "RPF-010"

    words = ["declaration", "declare-figure", "--agency", agency, "--declared-on", "2019-04-03", "--year", "2018"]
    late = asked(*words, "--evidence", "file-2", "--cell", "capacity.staff_part_time", "--value", "5").json["first"]
    assert cli("projection", "follow").code == 0
    shown = cli("report", "2018", "--form", "2014", "--as-filed")
    assert shown.code == 0
    assert any(line.split()[-4:] == ["–", "–", "5", str(late)] for line in shown.out.splitlines())
    mended = cli("report", "correct", "--report", on_file, "--corrected-on", "2019-04-03", "--reason", "late-entry")
    assert (mended.code, mended.err) == (0, "")
    assert cli("projection", "follow").code == 0
    found = asked("report", "2018", "--form", "2014", "--as-filed").json
    assert [one["number"] for one in found["versions"]] == [1, 2]
    assert found["differences"] == []


def test_a_remark_inside_a_filed_number_is_refused_and_a_decrease_is_a_number(on_file: str, asked: Archive) -> None:
    words = ["report", "correct", "--report", on_file, "--corrected-on", "2019-04-03", "--reason", "typing-error"]
    for wrong in ("22（其中修订16件）", "", "1.5", "--1", "２２"):
        said = asked(*words, "--cells", f"proactive.items_total={wrong}")
        assert (said.code, said.error["code"]) == (2, "USG-001"), wrong
        assert "修订" not in said.err
    assert asked(*words, "--cells", "proactive.items_total=-3", "--dry-run").code == 0


def test_a_report_that_nobody_filed_is_not_there_as_filed(agency: str, asked: Archive) -> None:
    assert asked("report", "2018", "--form", "2014", "--as-filed").error["code"] == "RPF-008"
    assert asked("report", "2018", "--form", "2019", "--as-filed").error["code"] == "RPF-001"
    said = asked("report", "file", "--report", f"report-{5:032x}", "--filed-on", "2019-01-15")
    assert said.error["code"] == "RPT-003"
    beyond = asked("report", "file", "--report", f"report-{5:032x}", "--filed-on", "2019-01-15", "--position", "999")
    assert beyond.error["code"] == "RPF-006"


# --- months ------------------------------------------------------------------------------------------------------------
def test_a_month_that_was_closed_is_printed_byte_by_byte_as_it_was(agency: str, cli: Archive, asked: Archive) -> None:
    assert (
        cli(
            "agency",
            "open-section",
            "--agency",
            agency,
            "--section",
            "office",
            "--opened-on",
            "2018-01-02",
            "--name",
            "办公室",
        ).code
        == 0
    )
    words = ["--agency", agency, "--year", "2018", "--number", "9", "--closed-on", "2018-10-08"]
    assert cli("month", "close", "--month", month_id(agency, 2018, 9), *words).code == 0
    assert cli("projection", "follow").code == 0
    of = ("report", "month", "2018-09", "--agency", agency)
    then = (
        cli(
            *of,
        ),
        asked(*of),
    )
    jsonschema.validate(then[1].json, json.loads((SCHEMA.parent / "month.json").read_text(encoding="utf-8")))
    telling = ["--month", month_id(agency, 2018, 9), "--section", "office", "--issued-on", "2018-10-08"]
    assert (
        cli("month", "issue-monthly-notification", *telling, "--published", "1", "--late", "0", "--returned", "0").code
        == 0
    )
    assert cli("projection", "follow").code == 0
    assert (cli(*of).out, asked(*of).out) == (then[0].out, then[1].out)
    told = asked(*of, "--notified").json
    jsonschema.validate(told, json.loads((SCHEMA.parent / "month-notified.json").read_text(encoding="utf-8")))
    assert [(one["section"], one["told"]["published"], one["counted"]["published"]) for one in told["told"]] == [
        ("office", 1, 0)
    ]
    shown = cli(*of, "--notified")
    assert (shown.code, len(shown.out.splitlines())) == (0, 4)


def test_what_a_section_is_told_is_counted_where_it_is_not_typed(agency: str, asked: Archive, cli: Archive) -> None:
    opened = ["--section", "office", "--opened-on", "2018-01-02", "--name", "办公室"]
    assert cli("agency", "open-section", "--agency", agency, *opened).code == 0
    id_ = month_id(agency, 2018, 9)
    telling = [
        "month",
        "issue-monthly-notification",
        "--month",
        id_,
        "--section",
        "office",
        "--issued-on",
        "2018-10-09",
    ]
    assert asked(*telling).error["code"] == "MON-003"
    words = ["--agency", agency, "--year", "2018", "--number", "9", "--closed-on", "2018-10-08"]
    assert cli("month", "close", "--month", id_, *words).code == 0
    # The projections are behind the position of its figures.
    assert asked(*telling).error["code"] == "RPF-006"
    assert cli("projection", "follow").code == 0
    assert cli(*telling, "--published", "1").code == 0
    (told,) = [one["data"] for one in asked("month", "show", id_).json if one["type"] == "monthly-notification-issued"]
    assert (told["published"], told["late"], told["returned"]) == (1, 0, 0)


@pytest.mark.parametrize("wrong", ["2018-13", "2018", "09-2018", "二〇一八"])
def test_what_is_no_month_is_refused(agency: str, asked: Archive, wrong: str) -> None:
    said = asked("report", "month", wrong, "--agency", agency)
    assert (said.code, said.error["code"]) == (2, "USG-001")
    assert asked("report", "month", "2018-09", "--agency", agency, "--notified").error["code"] == "RPF-013"


# --- words -------------------------------------------------------------------------------------------------------------
def test_a_published_report_is_printed_in_words_and_looked_through(
    on_file: str, agency: str, cli: Archive, asked: Archive, tmp_path: Path
) -> None:
    assert (
        cli(
            "agency", "register-channel", "--agency", agency, "--channel", "site", "--kind", "website", "--name", "网"
        ).code
        == 0
    )
    words = ["--report", on_file, "--published-on", "2019-04-02", "--channel", "site"]
    assert cli("report", "publish", *words, "--problems", "信息更新不够及时。").code == 0
    assert cli("projection", "follow").code == 0
    shown = cli("report", "narrative", "2018", "--agency", agency)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("示例局2018年政府信息公开工作年度报告\n")
    assert "信息更新不够及时。" in shown.out.splitlines()
    before = asked("report", "narrative", "2018", "--agency", agency, "--as-of", "5").out
    assert "信息更新" not in before
    assert cli("report", "lint", "--year", "2018", "--agency", agency).code == 0
    file = tmp_path / "report.txt"
    file.write_text(shown.out.replace("政府信息0条", "政府信息5条"), encoding="utf-8")
    assert cli("report", "lint", str(file)).code == 0
    said = cli("report", "lint", str(file), "--year", "2018", "--agency", agency)
    assert (said.code, len(said.out.splitlines())) == (3, 1)
    assert " N16 " in said.out
    found = asked("report", "lint", str(file), "--year", "2018", "--agency", agency)
    assert (found.error["code"], found.json["findings"][0]["rule"]) == ("RPF-017", "N16")


def test_a_template_of_ones_own_names_cells_and_nothing_else(
    agency: str, cli: Archive, asked: Archive, tmp_path: Path
) -> None:
    file = tmp_path / "words.toml"
    head = 'form = "2014"\ntitle = "{year}"\n[[sections]]\nheading = "一、总体"\n'
    file.write_text(head + 'sentences = ["专职{capacity.staff_full_time}人。"]\n', encoding="utf-8")
    assert cli("report", "narrative", "2018", "--template", str(file)).out == "2018\n\n一、总体\n专职2人。\n"
    file.write_text(head + 'sentences = ["{张三13800138000}"]\n', encoding="utf-8")
    said = asked("report", "narrative", "2018", "--template", str(file))
    assert said.error["code"] == "RPF-014"
    assert "13800138000" not in said.err
    file.write_bytes(b"\xff")
    assert asked("report", "narrative", "2018", "--template", str(file)).error["code"] == "IMP-005"


@pytest.mark.parametrize(
    "words, code",
    [((), "USG-001"), (("missing.txt",), "IMP-003"), (("--year", "2012"), "RPF-018"), ((".",), "IMP-005")],
)
def test_what_cannot_be_looked_through_is_refused(
    agency: str, asked: Archive, words: tuple[str, ...], code: str
) -> None:
    assert asked("report", "lint", *words).error["code"] == code
