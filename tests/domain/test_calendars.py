"""Calendars: adopted year by year, changed for a reason, and never two of one region."""

from datetime import date
from typing import Final

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.calendars import (
    NATION,
    AdoptCalendar,
    CalendarAdopted,
    NoticeText,
    calendar_id,
    overlaid,
    regions_above,
    year_of,
)
from domain.scenario import NEW_TEXT, given, text_seal

TODAY: Final = "2018-06-01"
COUNTY: Final = "421202"


def day(text: str) -> date:
    return date.fromisoformat(text)


ADOPT: Final = AdoptCalendar(
    id="0" * 32,
    by="role:administrator",
    calendar=calendar_id(NATION),
    region=NATION,
    year=2018,
    reason="annual-notice",
    days_off=[day("2018-10-01"), day("2018-10-02")],
    working_weekends=[day("2018-09-29")],
    text=NoticeText(title="关于2018年部分节假日安排的通知"),
)
ADOPTED: Final = CalendarAdopted(
    region=NATION,
    year=2018,
    number=1,
    reason="annual-notice",
    days_off=[day("2018-10-01"), day("2018-10-02")],
    working_weekends=[day("2018-09-29")],
    text=text_seal(1),
)
LATER: Final = [day("2018-10-01"), day("2018-10-03")]


def test_a_year_is_adopted_with_its_days_in_order() -> None:
    shuffled = replace(ADOPT, days_off=[*reversed(ADOPT.days_off), ADOPT.days_off[0]])
    given(today=TODAY).when(shuffled).then(replace(ADOPTED, text=NEW_TEXT))


def test_another_year_has_versions_of_its_own() -> None:
    next_year = replace(ADOPT, year=2019, days_off=[day("2019-01-01")], working_weekends=[])
    given(ADOPTED, today=TODAY).when(next_year).then(
        replace(ADOPTED, year=2019, days_off=[day("2019-01-01")], working_weekends=[], text=NEW_TEXT)
    )


def test_a_changed_notice_makes_a_second_version() -> None:
    given(ADOPTED, today=TODAY).when(replace(ADOPT, reason="notice-changed", days_off=LATER)).then(
        replace(ADOPTED, number=2, reason="notice-changed", days_off=LATER, text=NEW_TEXT)
    )


def test_what_was_recorded_wrongly_may_be_past() -> None:
    corrected = replace(ADOPT, reason="recorded-wrongly", days_off=[day("2018-01-01"), *ADOPT.days_off])
    given(ADOPTED, today=TODAY).when(corrected).then(
        replace(ADOPTED, number=2, reason="recorded-wrongly", days_off=corrected.days_off, text=NEW_TEXT)
    )


REFUSALS: Final = [
    (replace(ADOPT, calendar=f"calendar-{'0' * 32}"), "CAL-001", {"region": NATION, "expected": calendar_id(NATION)}),
    (replace(ADOPT, region=COUNTY), "CAL-001", {"region": COUNTY, "expected": calendar_id(COUNTY)}),
    (replace(ADOPT, days_off=[day("2019-10-01")]), "CAL-002", {"day": day("2019-10-01"), "year": 2018}),
    (replace(ADOPT, days_off=[day("2018-10-06")]), "CAL-003", {"day": day("2018-10-06"), "field": "days_off"}),
    (
        replace(ADOPT, working_weekends=[day("2018-10-01")]),
        "CAL-003",
        {"day": day("2018-10-01"), "field": "working_weekends"},
    ),
    (replace(ADOPT, reason="notice-changed"), "CAL-004", {"year": 2018}),
    (replace(ADOPT, reason="recorded-wrongly"), "CAL-004", {"year": 2018}),
]
REFUSALS_LATER: Final = [
    (ADOPT, "CAL-005", {"version": "2018.1"}),
    (replace(ADOPT, reason="recorded-wrongly", text=UNSET), "CAL-005", {"version": "2018.1"}),
    # It contradicts the version with which due dates were reckoned.
    (replace(ADOPT, days_off=LATER), "CAL-006", {"version": "2018.1", "day": day("2018-10-02")}),
    (
        replace(ADOPT, reason="notice-changed", days_off=[day("2018-05-31"), *ADOPT.days_off]),
        "CAL-007",
        {"day": day("2018-05-31"), "today": day(TODAY)},
    ),
    (
        replace(ADOPT, reason="notice-changed", days_off=[day("2018-06-01"), *ADOPT.days_off]),
        "CAL-007",
        {"day": day("2018-06-01"), "today": day(TODAY)},
    ),
]


@pytest.mark.parametrize("command, code, facts", REFUSALS)
def test_what_is_no_calendar_of_the_region_and_year_is_refused(
    command: AdoptCalendar, code: str, facts: dict[str, object]
) -> None:
    given(today=TODAY).when(command).then_refused(code, **facts)


@pytest.mark.parametrize("command, code, facts", REFUSALS_LATER)
def test_a_year_that_was_adopted_changes_for_a_reason_only(
    command: AdoptCalendar, code: str, facts: dict[str, object]
) -> None:
    given(ADOPTED, today=TODAY).when(command).then_refused(code, **facts)


def test_the_nearest_region_decides_each_year() -> None:
    county = replace(ADOPTED, region=COUNTY, days_off=[day("2018-08-01")], working_weekends=[])
    calendar = overlaid(
        [[year_of(ADOPTED), year_of(replace(ADOPTED, year=2019, days_off=[], working_weekends=[]))], [year_of(county)]]
    )
    assert calendar.versions(day("2018-01-01"), day("2019-01-01")) == ("421202/2018.1", "2019.1")
    assert not calendar.is_working_day(day("2018-08-01"))
    assert calendar.is_working_day(day("2018-10-01"))


@pytest.mark.parametrize(
    "region, above",
    [
        (NATION, (NATION,)),
        ("420000", (NATION, "420000")),
        ("421200", (NATION, "420000", "421200")),
        (COUNTY, (NATION, "420000", "421200", COUNTY)),
    ],
)
def test_the_regions_above_are_the_nation_the_province_and_the_prefecture(region: str, above: tuple[str, ...]) -> None:
    assert regions_above(region) == above


def test_each_region_has_its_own_stream() -> None:
    assert len({calendar_id(region) for region in (NATION, "420000", "421200", COUNTY)}) == 4
