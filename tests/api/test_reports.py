"""`report` and `districtReport`: the figures of `archive report`, the entries behind them, few statements."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.world import Json, World, world_of
from archive.api.answers import Answers
from archive.api.documents import OPEN
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyText, RegisterAgency
from archive.domain.declarations import DeclareFigure
from archive.domain.errors import Refused
from archive.domain.reports import Cell as FiledCell
from archive.domain.reports import DraftReport, FileReport, SignReport, report_id
from archive.log.log import Log
from archive.projections.runner import Reading
from archive.reports import build
from stories import AGENCY, Clerk, Clock, Home, a_small_archive, agency_id, tell

OTHER = agency_id(2)
FIELDS = """year form position
  tables { key title columns { key label unit } rows { key label depth cells { key value unit state } } }
  checks { id rule holds state severity left right message }"""
REPORT = f"""query($at: AsOf, $agency: ID!, $year: Int!, $form: ReportForm) {{
  archive(asOf: $at) {{ report(agency: $agency, year: $year, form: $form) {{ agency {{ id name }} {FIELDS} }} }}
}}"""
DISTRICT = f"""query($at: AsOf, $region: String!, $year: Int!) {{
  archive(asOf: $at) {{
    districtReport(region: $region, year: $year) {{ region agencies {{ id }} missing {{ id name }} {FIELDS} }}
  }}
}}"""
OPENED = """query($agency: ID!, $year: Int!, $first: Int, $after: String) {
  archive { report(agency: $agency, year: $year) { tables { rows { cells { key value
    entries(first: $first, after: $after) {
      totalCount nodes { position type } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  } } } } }
}"""


def agency_of(world: World) -> str:
    found: str = world.archive("agencies { nodes { id } }")["agencies"]["nodes"][0]["id"]
    return found


def cells(found: Json) -> dict[str, Json]:
    return {cell["key"]: cell for table in found["tables"] for row in table["rows"] for cell in row["cells"]}


def opened(world: World, agency: str, year: int, **page: object) -> dict[str, Json]:
    found = world.ask(OPENED, agency=agency, year=year, **page)["archive"]["report"]
    return {key: cell["entries"] for key, cell in cells(found).items()}


# --- one agency -----------------------------------------------------------------------------------------------------------
def test_the_founding_bureau_reports_what_the_command_reports(bureau: World) -> None:
    agency = agency_of(bureau)
    found = bureau.ask(REPORT, agency=agency, year=2018)["archive"]["report"]
    with bureau.sources.reading() as reads:
        made = build.report(Reading(reads.db, reads.head), form="2014", year=2018, agency=agency)
    assert (found["agency"]["id"], found["year"], found["form"], found["position"]) == (
        agency,
        2018,
        "FORM_2014",
        made.position,
    )
    shown = cells(found)
    assert {key: (one["value"], one["unit"]) for key, one in shown.items() if one["unit"]} == {
        cell.key: (cell.text, cell.unit) for cell in made.cells()
    }
    assert shown["proactive.items_total"] == {
        "key": "proactive.items_total",
        "value": "686",
        "unit": "条",
        "state": "COUNTED",
    }
    assert (shown["channels.weibo"]["value"], shown["channels.weibo"]["state"]) == ("0", "COUNTED")
    assert (shown["capacity.staff_total"]["value"], shown["capacity.staff_total"]["state"]) == (None, "NOT_DECLARED")
    assert [(one["id"], one["message"], one["holds"]) for one in found["checks"]] == [
        (check.id, check.zh, check.state == "holds") for check in made.checks
    ]
    first = found["checks"][0]
    assert (first["left"], first["right"], first["severity"]) == ("1", "1", "ERROR")
    assert first["rule"] == (
        "requests.received = requests.received_in_person + requests.received_fax + requests.received_online"
        " + requests.received_letter"
    )


def test_what_the_form_has_no_cell_for_is_null_and_says_so(bureau: World) -> None:
    found = bureau.ask(REPORT, agency=agency_of(bureau), year=2018)["archive"]["report"]
    heading = found["tables"][0]["rows"][0]
    assert (heading["label"], heading["key"], heading["depth"]) == ("一、主动公开情况", "", 0)
    (cell,) = heading["cells"]
    assert (cell["value"], cell["unit"], cell["state"]) == (None, None, "NO_CELL")


def test_every_number_opens_to_its_entries(bureau: World) -> None:
    found = opened(bureau, agency_of(bureau), 2018, first=100)
    items = found["proactive.items_total"]
    assert items["totalCount"] == 686
    assert {one["type"] for one in items["nodes"]} == {"item-published"}
    assert [one["type"] for one in found["requests.received"]["nodes"]] == ["request-received"]
    assert found["channels.weibo"]["totalCount"] == 0
    seen = [one["position"] for one in items["nodes"]]
    while items["pageInfo"]["hasNextPage"]:
        after = items["pageInfo"]["endCursor"]
        items = opened(bureau, agency_of(bureau), 2018, first=100, after=after)["proactive.items_total"]
        assert items["pageInfo"]["hasPreviousPage"]
        seen += [one["position"] for one in items["nodes"]]
    assert len(seen) == len(set(seen)) == 686
    assert seen == sorted(seen)


def test_a_declared_cell_opens_to_its_declarations(world: World, writer: Writer) -> None:
    budget_of_2018 = DeclareFigure(
        id="e" * 32,
        by="role:information-officer",
        declaration=f"declaration-{1:032x}",
        agency=AGENCY,
        declared_on=date(2018, 3, 20),
        cell="capacity.budget",
        year=2018,
        value=1_234_500,
        evidence="file-1",
    )
    tell(writer, [budget_of_2018])
    world.follow()
    found = world.ask(REPORT, agency=AGENCY, year=2018)["archive"]["report"]
    budget = cells(found)["capacity.budget_wan_yuan"]
    assert (budget["value"], budget["unit"], budget["state"]) == ("1.2345", "万元", "DECLARED")
    entries = opened(world, AGENCY, 2018)["capacity.budget_wan_yuan"]
    assert [one["type"] for one in entries["nodes"]] == ["figure-declared"]
    assert entries["totalCount"] == 1


def test_a_report_as_of_every_position_is_that_of_the_entries_up_to_it(world: World) -> None:
    reported = 0
    for position in range(1, world.archive("head")["head"] + 1):
        answer = world.answer(REPORT, {"at": {"position": position}, "agency": AGENCY, "year": 2018}).body
        shown = answer["data"]["archive"]["report"]
        assert expected(world, position) == (
            answer["errors"][0]["extensions"]["code"]
            if shown is None
            else {key: one["value"] for key, one in cells(shown).items() if one["unit"]}
        )
        reported += shown is not None
    assert reported > 10


def expected(world: World, position: int) -> Json:
    """The numbers of the report as of a position, or the code of the refusal."""
    with world.sources.reading() as reads:
        reading = Reading(reads.db, reads.head)
        try:
            made = build.report(reading, form="2014", year=2018, agency=AGENCY, as_of=position)
        except Refused as refused:
            return refused.code
    return {cell.key: cell.text for cell in made.cells()}


# --- a district -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def district(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """The small archive, and an agency beside it of which nothing is known."""
    clerk = Clerk()
    tell(writer, a_small_archive(clerk))
    silent = RegisterAgency(
        id="f" * 32,
        by="role:information-officer",
        agency=OTHER,
        level="county",
        region="421202",
        text=AgencyText(name="邻县示例局"),
    )
    tell(writer, [silent])
    return world_of(home, log, disclosures)


def test_a_district_adds_up_and_names_who_is_missing(district: World) -> None:
    found = district.ask(DISTRICT, region="421200", year=2018)["archive"]["districtReport"]
    alone = district.ask(REPORT, agency=AGENCY, year=2018)["archive"]["report"]
    assert [one["id"] for one in found["agencies"]] == [AGENCY]
    assert [(one["id"], one["name"]) for one in found["missing"]] == [(OTHER, "邻县示例局")]
    assert found["tables"] == alone["tables"]
    assert found["region"] == "421200"


# --- what it costs --------------------------------------------------------------------------------------------------------
def test_a_report_and_all_its_entries_take_few_statements(bureau: World) -> None:
    agency = agency_of(bureau)
    opened(bureau, agency, 2018)
    with bureau.statements() as plain:
        bureau.ask(REPORT, agency=agency, year=2018)
    with bureau.statements() as all_open:
        opened(bureau, agency, 2018)
    assert (len(plain), len(all_open)) == (9, 13)


# --- as it was filed ------------------------------------------------------------------------------------------------------
FILED = """query($at: AsOf, $agency: ID!) { archive(asOf: $at) {
  now: report(agency: $agency, year: 2018) { filedOn position tables { rows { cells { key value } } } }
  filed: report(agency: $agency, year: 2018, filed: true) { filedOn position agency { id }
    tables { rows { cells { key value entries(first: 100) { nodes { position } } } } } }
  other: report(agency: $agency, year: 2018, form: FORM_2014, filed: true) { filedOn }
} }"""


def test_a_filed_report_is_shown_with_its_numbers_beside_those_known_now(
    world: World, writer: Writer, clock: Clock, log: Log
) -> None:
    clock.move(timedelta(days=60))
    before = log.head()
    report = report_id(AGENCY, 2018)
    numbers = {"proactive.items_total": 7, "requests.received": 1}
    tell(
        writer,
        [
            DraftReport(
                id="d1" * 16,
                by="role:clerk",
                report=report,
                agency=AGENCY,
                year=2018,
                form="2014",
                drafted_on=date(2019, 1, 3),
            ),
            SignReport(
                id="d2" * 16, by="role:clerk", report=report, signed_on=date(2019, 1, 4), signatory="agency-head"
            ),
            FileReport(
                id="d3" * 16,
                by="role:clerk",
                report=report,
                filed_on=date(2019, 1, 5),
                position=before,
                root="ab" * 32,
                cells=[FiledCell(cell=key, count=count) for key, count in numbers.items()],
            ),
        ],
    )
    world.follow()
    found = world.ask(FILED, agency=AGENCY)["archive"]
    assert (found["filed"]["filedOn"], found["filed"]["position"]) == ("2019-01-05", before)
    assert (found["now"]["filedOn"], found["now"]["position"]) == ("2019-01-05", log.head())
    assert found["other"] == {"filedOn": "2019-01-05"}
    filed, now = cells(found["filed"]), cells(found["now"])
    assert {key: one["value"] for key, one in filed.items() if one["value"] is not None} == {
        key: str(value) for key, value in numbers.items()
    }
    assert now["proactive.items_total"]["value"] == "3"
    behind = [node["position"] for node in filed["proactive.items_total"]["entries"]["nodes"]]
    assert len(behind) == 3
    assert max(behind) <= before
    then = world.ask(FILED, agency=AGENCY, at={"position": before})["archive"]
    assert (then["now"]["filedOn"], then["filed"], then["other"]) == (None, None, None)


# --- what cannot be reported ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "variables, code",
    [
        ({"agency": AGENCY, "year": 2019, "form": "FORM_2014"}, "RPF-001"),
        ({"agency": AGENCY, "year": 2013}, "RPF-018"),
        ({"agency": AGENCY, "year": 2016}, "RPF-002"),
        ({"agency": OTHER, "year": 2018}, "RPF-003"),
    ],
)
def test_what_cannot_be_reported_is_refused(world: World, variables: dict[str, object], code: str) -> None:
    refusal = world.refusal(REPORT, **variables)
    assert refusal["extensions"]["code"] == code
    assert refusal["extensions"]["nextStep"]


def test_a_district_of_more_agencies_than_an_answer_holds_is_refused(district: World) -> None:
    bounds = OPEN._replace(objects=30)
    answers, unplanned = (Answers(district.sources, planned=planned, bounds=bounds) for planned in (True, False))
    narrow = replace(district, answers=answers, unplanned=unplanned)
    assert narrow.reason(DISTRICT, region="", year=2018) == ("LIMIT_OBJECTS", None)
