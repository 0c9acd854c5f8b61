"""The founding bureau: its figures are those of its report, its days are working days, building it twice changes nothing."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from archive.commands import CHINA
from archive.disclosures.openings import Disclosures
from archive.domain.items import ItemDrafted, ItemPublished
from archive.domain.request_intake import RequestClosed, RequestReceived, RequestRegistered
from archive.domain.request_replies import ReplyDecided, ReplyDelivered, ReplyDispatched
from archive.domain.reviews import ReviewConcluded, ReviewLevelPassed, ReviewOpened
from archive.intake.bureau_2018 import CALENDAR, CALENDAR_YEAR, build_bureau, days
from archive.log.entry import Entry
from archive.log.log import Log
from archive.vault.store import Vault

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cn_working_days_2008_2026.json"


@pytest.fixture
def entries(log: Log, disclosures: Disclosures, vault: Vault) -> list[Entry]:
    build_bureau(log, disclosures, vault)
    return log.entries(after=0, limit=1_000_000)


def published(entries: list[Entry]) -> list[ItemPublished]:
    return [entry.event for entry in entries if isinstance(entry.event, ItemPublished)]


def recorded_on(entry: Entry) -> date:
    return datetime.fromisoformat(entry.at).astimezone(CHINA).date()


def test_figures_are_those_of_the_report(entries: list[Entry]) -> None:
    items = published(entries)
    assert len(items) == 686
    assert Counter(item.channel for item in items) == {"hubei-service": 675, "xianan-site": 11}
    assert Counter((item.channel, item.categories[0].code) for item in items) == {
        ("hubei-service", "power-list"): 7,
        ("hubei-service", "approval"): 668,
        ("xianan-site", "budget"): 2,
        ("xianan-site", "funds"): 1,
        ("xianan-site", "plan"): 1,
        ("xianan-site", "news"): 7,
    }
    assert {str(item.published_on)[:4] for item in items} == {"2018"}


def test_there_is_one_request_and_it_was_answered_in_time(entries: list[Entry]) -> None:
    steps = [entry.event for entry in entries if entry.stream.startswith("request-")]
    assert [type(step) for step in steps] == [
        RequestReceived,
        RequestRegistered,
        ReplyDecided,
        ReplyDispatched,
        ReplyDelivered,
        RequestClosed,
    ]
    received, _, decided, _, delivered, _ = steps
    assert isinstance(received, RequestReceived)
    assert isinstance(decided, ReplyDecided)
    assert isinstance(delivered, ReplyDelivered)
    assert decided.outcomes == ["granted"]
    assert delivered.delivered_on <= CALENDAR.working_days_after(received.received_on, 15)


def test_whatever_happens_happens_on_a_working_day_and_is_recorded_that_day(entries: list[Entry]) -> None:
    for entry in entries:
        assert CALENDAR.is_working_day(recorded_on(entry))
        for field in ("opened_on", "passed_on", "concluded_on", "published_on", "received_on", "delivered_on"):
            assert getattr(entry.event, field, recorded_on(entry)) == recorded_on(entry)


def test_every_item_is_reviewed_at_three_levels_on_three_days_before_it_is_published(entries: list[Entry]) -> None:
    stories: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.stream.startswith("item-"):
            stories[entry.stream].append(entry)
    for story in stories.values():
        assert [type(entry.event) for entry in story] == [
            ItemDrafted,
            ReviewOpened,
            *[ReviewLevelPassed] * 3,
            ReviewConcluded,
            ItemPublished,
        ]
        reviewed = [recorded_on(entry) for entry in story if isinstance(entry.event, ReviewLevelPassed)]
        assert recorded_on(story[0]) < reviewed[0] < reviewed[1] < reviewed[2] < recorded_on(story[-1])


def test_publication_keeps_the_seven_working_days_of_an_approval(entries: list[Entry]) -> None:
    working_days = CALENDAR.working_days(2018)
    for item in published(entries):
        assert isinstance(item.made_on, date)
        assert 0 < working_days.index(item.published_on) - working_days.index(item.made_on) <= 7


def test_publications_are_spread_evenly(entries: list[Entry]) -> None:
    a_day = Counter(item.published_on for item in published(entries))
    possible = CALENDAR.working_days(2018)[4:]
    assert set(a_day) == set(possible)
    assert set(a_day.values()) == {2, 3}


def test_archive_of_a_moment_holds_less(log: Log, entries: list[Entry]) -> None:
    head = log.head()
    summer = log.position_at(datetime(2018, 7, 1, tzinfo=CHINA), until=head)
    assert 0 < len(published(entries[:summer])) < 686
    assert log.position_at(datetime(2018, 1, 1, tzinfo=CHINA), until=head) == 0
    assert log.position_at(datetime(2019, 1, 1, tzinfo=CHINA), until=head) == head


def test_building_again_changes_nothing(log: Log, disclosures: Disclosures, vault: Vault) -> None:
    told: list[int] = []
    first = build_bureau(log, disclosures, vault, progress=told.append)
    assert told == list(range(1, first.days + 1))
    again = build_bureau(log, disclosures, vault)
    assert (again.commands, again.unchanged, again.head) == (0, first.commands, first.head)


def test_building_that_was_interrupted_goes_on(log: Log, disclosures: Disclosures, vault: Vault) -> None:
    class Interrupted(Exception):
        pass

    def stop(day: int) -> None:
        if day == 100:
            raise Interrupted

    with pytest.raises(Interrupted):
        build_bureau(log, disclosures, vault, progress=stop)
    half = log.head()
    build_bureau(log, disclosures, vault)
    entries = log.entries(after=0, limit=1_000_000)
    assert 0 < half < len(entries)
    assert len(published(entries)) == 686


def test_every_demo_has_the_same_records() -> None:
    assert list(days()) == list(days())
    commands = [command for _, wishes in days() for command in wishes]
    assert len({command.id for command in commands}) == len(commands)


@pytest.mark.parametrize(
    "day_0, n, last",
    [
        ("2018-02-09", 20, "2018-03-14"),
        ("2018-02-15", 20, "2018-03-20"),
        ("2018-04-03", 20, "2018-05-03"),
        ("2018-09-28", 20, "2018-10-31"),
        ("2018-12-10", 15, "2018-12-29"),
    ],
)
def test_calendar_of_2018_gives_the_days_that_the_law_gives(day_0: str, n: int, last: str) -> None:
    assert CALENDAR.working_days_after(date.fromisoformat(day_0), n) == date.fromisoformat(last)


def test_calendar_of_2018_is_that_of_another_source() -> None:
    if not DATA.exists():
        pytest.skip("../shared/data is not here: the calendar of 2018 was not compared")
    year = json.loads(DATA.read_text(encoding="utf-8"))["years"]["2018"]
    assert {str(day) for day in CALENDAR_YEAR.days_off} == set(year["weekday_days_off_放假"])
    assert {str(day) for day in CALENDAR_YEAR.working_weekends} == set(year["working_weekend_days_调休上班"])
    assert len(CALENDAR.working_days(2018)) == year["working_days"]
    assert date(2018, 12, 31) - CALENDAR.working_days(2018)[-1] == timedelta(days=2)
