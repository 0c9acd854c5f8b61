from datetime import date
from typing import Any, get_args

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.api.counts import _APPLICANTS, _ENDINGS, _OUTCOMES, CountDimension
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.activities import HoldTraining
from archive.domain.codes import NameText
from archive.domain.request_intake import ApplicantKind
from archive.domain.request_replies import Outcome
from archive.domain.schemes import AddCategory
from archive.log.log import Log
from archive.projections.measures import MEASURES, Ending
from stories import AGENCY, Clerk, Home, a_bureau, a_published_item, agency_id, day, item_id, tell

COUNTS = """query($at: AsOf, $years: [Int!]!, $agency: ID, $measures: [String!], $by: [CountDimension!]! = [], $scheme: String) {
  archive(asOf: $at) { counts(years: $years, agency: $agency, measures: $measures, by: $by, scheme: $scheme) {
    year measure label unit value dimensions { dimension code label }
  } }
}"""
OPENED = """query($years: [Int!]!, $measures: [String!], $by: [CountDimension!]! = [], $first: Int, $after: String) {
  archive { counts(years: $years, measures: $measures, by: $by) { value dimensions { code }
    entries(first: $first, after: $after) {
      totalCount edges { cursor } nodes { position type data } pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  } }
}"""
ITEMS = "proactive.items_total"


def counts(world: World, years: tuple[int, ...] = (2018,), **variables: object) -> Json:
    return world.ask(COUNTS, years=list(years), **variables)["archive"]["counts"]


def rows(found: Json) -> list[tuple[Any, ...]]:  # Any: codes and a number
    return [(*(one["code"] for one in row["dimensions"]), row["value"]) for row in found]


# --- the founding bureau ------------------------------------------------------------------------------------------------
def test_the_founding_bureau_has_686_items_and_one_request(bureau: World) -> None:
    found = {row["measure"]: (row["label"], row["value"], row["unit"]) for row in counts(bureau)}
    assert list(found) == list(MEASURES)
    assert found[ITEMS] == ("主动公开政府信息数", 686, "条")
    assert found["requests.received"] == ("收到申请数", 1, "件")
    assert found["channels.weibo"][1] == 0


def test_its_items_by_category_are_7_668_2_1_1_7(bureau: World) -> None:
    found = counts(bureau, measures=[ITEMS], by=["CATEGORY"])
    assert [row["value"] for row in found] == [7, 668, 2, 1, 1, 7]
    assert [row["dimensions"][0]["label"] for row in found][:2] == ["权责清单", "项目审批、核准备案"]


def test_its_items_by_channel_are_675_and_11(bureau: World) -> None:
    found = counts(bureau, measures=[ITEMS], by=["CHANNEL"])
    assert [row["value"] for row in found] == [675, 11]


def test_twelve_months_add_up_to_the_year(bureau: World) -> None:
    found = counts(bureau, measures=[ITEMS], by=["MONTH"])
    assert [row["dimensions"][0] for row in found] == [
        {"dimension": "MONTH", "code": f"{month:02}", "label": f"{month}月"} for month in range(1, 13)
    ]
    assert sum(row["value"] for row in found) == 686


def test_every_number_opens_to_its_entries(bureau: World) -> None:
    found = bureau.ask(OPENED, years=[2018], measures=[ITEMS], by=["CATEGORY"], first=100)["archive"]["counts"]
    for row in found:
        opened = row["entries"]
        assert opened["totalCount"] == row["value"]
        assert len(opened["nodes"]) == min(row["value"], 100)
        assert opened["pageInfo"]["hasNextPage"] is (row["value"] > 100)
        assert {node["type"] for node in opened["nodes"]} == {"item-published"}
        assert {node["data"]["categories"][0]["code"] for node in opened["nodes"]} == {row["dimensions"][0]["code"]}


def test_the_entries_of_a_number_are_paged_to_its_end(bureau: World) -> None:
    after = None
    seen: list[int] = []
    row: Json = None
    for _ in range(7):
        found = bureau.ask(OPENED, years=[2018], measures=[ITEMS], by=["CATEGORY"], first=100, after=after)
        row = found["archive"]["counts"][1]
        assert row["entries"]["totalCount"] == 668
        assert row["entries"]["pageInfo"]["hasPreviousPage"] is bool(seen)
        seen += [node["position"] for node in row["entries"]["nodes"]]
        after = row["entries"]["pageInfo"]["endCursor"]
    assert row["entries"]["pageInfo"]["hasNextPage"] is False
    assert len(seen) == 668
    assert seen == sorted(set(seen))


# --- rows ---------------------------------------------------------------------------------------------------------------
def test_rows_stand_in_the_order_asked_for(world: World) -> None:
    found = counts(world, (2018, 2017), measures=["requests.received", ITEMS], by=["MONTH"])
    assert [(row["year"], row["measure"]) for row in found] == [
        (year, measure) for year in (2018, 2017) for measure in ("requests.received", ITEMS) for _ in range(12)
    ]


def test_what_is_asked_twice_is_answered_once(world: World) -> None:
    assert len(counts(world, (2018, 2018), measures=[ITEMS, ITEMS], by=["MONTH", "MONTH"])) == 12


def test_a_measure_without_a_dimension_is_not_divided_by_it(world: World) -> None:
    found = counts(world, measures=[ITEMS, "requests.received"], by=["CHANNEL"])
    assert rows(found) == [("website", 3), ("gazette", 0), (1,)]


def test_dimensions_are_combined(world: World) -> None:
    found = counts(world, measures=["channels.gazette"], by=["CHANNEL", "CATEGORY"])
    assert rows(found) == [
        ("website", "approval", 0),
        ("website", "notice", 0),
        ("website", "plan", 0),
        ("gazette", "approval", 3),
        ("gazette", "notice", 0),
        ("gazette", "plan", 0),
    ]


def test_of_an_open_dimension_only_what_occurs_is_shown(world: World) -> None:
    assert rows(counts(world, measures=[ITEMS], by=["SECTION"])) == [("office", 3)]
    assert rows(counts(world, measures=["requests.replies"], by=["OUTCOME", "APPLICANT_KIND"])) == [
        ("granted", "natural-person", 1)
    ]
    found = counts(world, measures=[ITEMS], by=["SECTION", "CHANNEL"])
    assert rows(found) == [("office", "website", 3), ("office", "gazette", 0)]


def test_a_measure_that_counts_nothing_is_a_row(world: World) -> None:
    assert rows(counts(world, (1999,), measures=["requests.replies"], by=["OUTCOME"])) == [(0,)]
    found = counts(world, (1999,), measures=[ITEMS], by=["SECTION", "CHANNEL"])
    assert rows(found) == [("website", 0), ("gazette", 0)]
    assert rows(counts(world, (-5, 2**31 - 1), measures=[ITEMS])) == [(0,), (0,)]


def test_what_has_no_value_in_a_dimension_comes_last(world: World) -> None:
    found = counts(world, measures=[ITEMS], by=["THEME"])
    assert [(row["dimensions"][0]["code"], row["dimensions"][0]["label"], row["value"]) for row in found] == [
        ("", "未注明", 3)
    ]


def test_counts_are_those_of_the_position(world: World) -> None:
    assert [rows(counts(world, measures=[ITEMS], at={"position": p})) for p in (0, 15, 16, 24, 49)] == [
        [(0,)],
        [(0,)],
        [(1,)],
        [(2,)],
        [(3,)],
    ]


# --- schemes and agencies -----------------------------------------------------------------------------------------------
@pytest.fixture
def two(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Two agencies with different primary schemes, an item each."""
    clerk = Clerk()
    other = agency_id(2)
    tell(writer, [*a_bureau(clerk), *a_published_item(clerk, item_id(1))])
    tell(
        writer,
        [
            clerk.register_agency(other, name="某市教育局"),
            clerk.register_channel("website", agency=other),
            clerk.register_channel("paper", "other", agency=other),
            clerk.adopt_scheme("subject", ["schools"], agency=other, primary=True),
            clerk.adopt_scheme("genre", ["letter"], agency=other),
            clerk.accept_prior_review(agency=other),
        ],
    )
    return world_of(home, log, disclosures)


def test_category_is_the_primary_scheme_of_the_agency(two: World) -> None:
    assert rows(counts(two, agency=AGENCY, measures=[ITEMS], by=["CATEGORY"])) == [
        ("approval", 1),
        ("notice", 0),
        ("plan", 0),
    ]
    assert rows(counts(two, agency=agency_id(2), measures=[ITEMS], by=["CATEGORY"])) == [("schools", 0)]


def test_agencies_without_a_common_primary_scheme_must_be_asked_by_a_named_one(two: World) -> None:
    variables = {"years": [2018], "measures": [ITEMS], "by": ["CATEGORY"]}
    assert two.reason(COUNTS, **variables) == ("BAD_USER_INPUT", "NO_COMMON_SCHEME")
    assert rows(counts(two, measures=[ITEMS], by=["CATEGORY"], scheme="genre")) == [
        ("approval", 1),
        ("notice", 0),
        ("plan", 0),
        ("letter", 0),
    ]
    assert two.reason(COUNTS, **variables, scheme="nothing") == ("BAD_USER_INPUT", "NOT_FOUND")


@pytest.mark.parametrize("added, common", [({}, True), ({2: "schools"}, False), ({2: "permit"}, True)])
def test_a_scheme_to_which_one_agency_adds_a_category_stays_common_until_another_adds_something_else(
    home: Home,
    log: Log,
    disclosures: Disclosures,
    writer: Writer,
    added: dict[int, str],
    common: bool,  # noqa: FBT001 - a column of the table
) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *a_bureau(clerk, agency_id(2)), *a_published_item(clerk, item_id(1))])
    for number, category in ({1: "permit"} | added).items():
        command = AddCategory(
            id=f"{number:032x}",
            by="role:administrator",
            agency=agency_id(number),
            scheme="genre",
            category=category,
            added_on=date(2018, 3, 1),
            text=NameText(name=f"类别 {category}"),
        )
        tell(writer, [command])
    world = world_of(home, log, disclosures)
    if common:
        assert rows(counts(world, measures=[ITEMS], by=["CATEGORY"])) == [
            ("approval", 1),
            ("notice", 0),
            ("plan", 0),
            ("permit", 0),
        ]
    else:
        variables = {"years": [2018], "measures": [ITEMS], "by": ["CATEGORY"]}
        assert world.reason(COUNTS, **variables) == ("BAD_USER_INPUT", "NO_COMMON_SCHEME")


def test_agencies_and_their_channels_are_complete_in_the_order_they_were_registered(two: World) -> None:
    found = counts(two, measures=[ITEMS], by=["AGENCY"])
    assert [(row["dimensions"][0]["label"], row["value"]) for row in found] == [
        ("某市发展和改革局", 1),
        ("某市教育局", 0),
    ]
    assert rows(counts(two, measures=[ITEMS], by=["CHANNEL"])) == [("website", 1), ("gazette", 0), ("paper", 0)]
    assert rows(counts(two, agency=agency_id(2), measures=[ITEMS], by=["AGENCY"])) == [(agency_id(2), 0)]


def test_one_agency_is_counted_alone(two: World) -> None:
    assert rows(counts(two, agency=agency_id(2), measures=[ITEMS])) == [(0,)]
    assert two.reason(COUNTS, years=[2018], agency=agency_id(9)) == ("BAD_USER_INPUT", "NOT_FOUND")
    assert two.reason(COUNTS, years=[2018], agency=agency_id(2), at={"position": 5}) == ("BAD_USER_INPUT", "NOT_FOUND")


# --- refusals -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "variables, code, reason",
    [
        ({"years": []}, "BAD_USER_INPUT", "LIST_SIZE"),
        ({"years": list(range(51))}, "BAD_USER_INPUT", "LIST_SIZE"),
        ({"years": [2018], "measures": ["wishes"]}, "BAD_USER_INPUT", "UNKNOWN_CODE"),
        ({"years": [2018], "by": ["MONTH"] * 101}, "LIMIT_COST", None),
        ({"years": [2**31]}, "BAD_USER_INPUT", None),
        ({"years": [2018], "by": ["WISH"]}, "BAD_USER_INPUT", None),
        ({"years": list(range(2000, 2050)), "by": ["MONTH", "CATEGORY", "CHANNEL"]}, "LIMIT_COST", None),
    ],
)
def test_what_cannot_be_counted_is_refused(
    world: World, variables: dict[str, object], code: str, reason: str | None
) -> None:
    assert world.reason(COUNTS, **variables) == (code, reason)


def test_no_years_and_no_measures_are_two_things(world: World) -> None:
    assert counts(world, measures=[]) == []


def test_a_cursor_of_other_counts_is_refused(world: World) -> None:
    opened = world.ask(OPENED, years=[2018], measures=[ITEMS], first=1)["archive"]["counts"][0]["entries"]
    cursor = opened["pageInfo"]["endCursor"]
    assert world.reason(OPENED, years=[2017], measures=[ITEMS], after=cursor) == ("BAD_USER_INPUT", "BAD_CURSOR")


def test_the_entries_behind_a_number_are_paged_at_the_position_of_their_cursor(world: World, writer: Writer) -> None:
    first = world.ask(OPENED, years=[2018], measures=[ITEMS], first=2)["archive"]["counts"][0]["entries"]
    clerk = Clerk(2)
    tell_at_once(writer, a_published_item(clerk, item_id(9)))
    world.follow()
    (row,) = world.ask(OPENED, years=[2018], measures=[ITEMS], after=first["pageInfo"]["endCursor"])["archive"][
        "counts"
    ]
    assert row["value"] == 4
    assert row["entries"]["totalCount"] == 3
    assert len(row["entries"]["nodes"]) == 1


# --- what counts for more than one --------------------------------------------------------------------------------------
def a_training(number: int, attendees: int) -> HoldTraining:
    return HoldTraining(
        id=f"{number:032x}",
        by="role:clerk",
        activity=f"activity-{number:032x}",
        agency=AGENCY,
        held_on=day("2018-05-14"),
        mode="class",
        attendees=attendees,
    )


def test_a_number_of_persons_opens_to_the_entries_and_not_to_as_many_as_it_says(world: World, writer: Writer) -> None:
    tell_at_once(writer, [a_training(1, 40), a_training(2, 25)])
    world.follow()
    persons = "meetings_training.trained_person_times"
    (row,) = world.ask(OPENED, years=[2018], measures=[persons], first=1)["archive"]["counts"]
    assert row["value"] == 65
    assert row["entries"]["totalCount"] == 2
    assert row["entries"]["pageInfo"]["hasNextPage"] is True
    assert [node["type"] for node in row["entries"]["nodes"]] == ["training-held"]


def test_a_sum_above_the_integers_of_graphql_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.api.counts._MAX_VALUE", 2)
    assert world.reason(COUNTS, years=[2018], measures=[ITEMS]) == ("BAD_USER_INPUT", "VALUE_SIZE")


# --- cost ---------------------------------------------------------------------------------------------------------------
def test_counts_and_the_entries_of_every_number_take_four_statements(bureau: World) -> None:
    bureau.ask(OPENED, years=[2018], measures=[ITEMS], by=["MONTH", "CATEGORY"])
    with bureau.statements() as seen:
        bureau.ask(OPENED, years=[2018], measures=[ITEMS], by=["MONTH", "CATEGORY"])
    # Whether anything has changed, the counts, the positions of all numbers, and what is hidden; agencies are known.
    assert len(seen) == 4


def test_what_agencies_call_things_is_read_anew_when_it_has_changed(world: World, writer: Writer) -> None:
    """Goal: what is kept from one answer to the next is what is so. Method: a category is added, and then folded."""
    added = AddCategory(
        id=f"{77:032x}",
        by="role:administrator",
        agency=AGENCY,
        scheme="genre",
        category="permit",
        added_on=date(2018, 3, 1),
        text=NameText(name="许可"),
    )

    def shown() -> tuple[bool, bool, bool]:
        found = world.archive(
            f"""agencies {{ nodes {{ schemes {{ categories {{ code }} }} }} }} agency(id: "{AGENCY}") {{ schemes {{ categories {{ code }} }} }}
            counts(years: [2018], by: [CATEGORY], scheme: "genre") {{ dimensions {{ label }} }}"""
        )
        lists = found["agencies"]["nodes"][0], found["agency"]
        codes = [[one["code"] for scheme in agency["schemes"] for one in scheme["categories"]] for agency in lists]
        labels = [one["label"] for row in found["counts"] for one in row["dimensions"]]
        return "permit" in codes[0], "permit" in codes[1], "许可" in labels

    assert shown() == (False, False, False)
    writer.handle(added)
    assert shown() == (False, False, False)
    world.follow()
    assert shown() == (True, True, True)


# --- words --------------------------------------------------------------------------------------------------------------
def test_every_code_of_the_statutory_form_has_a_name() -> None:
    assert tuple(_APPLICANTS) == ApplicantKind.__args__  # type: ignore[attr-defined]  # a Literal's values
    assert tuple(_OUTCOMES) == get_args(Outcome)
    assert tuple(_ENDINGS) == get_args(Ending)


def test_every_dimension_of_the_tallies_is_one_of_the_contract() -> None:
    assert {one.value for one in CountDimension} == {
        dimension for measure in MEASURES.values() for dimension in measure.dimensions
    }
