"""`archive clock` and `archive import calendars`: due dates that explain themselves, from calendars in the log."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.domain.calendars import calendar_id
from cli.conftest import Said

Archive = Callable[..., Said]


@pytest.fixture
def adopted(asked: Archive) -> None:
    """The calendars that come with the program."""
    assert asked("import", "calendars").json["entries"] == 19


def due(asked: Archive, kind: str, start: str, *more: str) -> dict[str, object]:
    said = asked("clock", "due", kind, "--from", start, *more)
    assert (said.code, said.err) == (0, "")
    return dict(said.json)


@pytest.mark.usefixtures("adopted")
@pytest.mark.parametrize(
    "kind, start, due_on, law",
    [
        # Confirmed by a court.
        ("reply", "2022-09-30", "2022-11-02", "R2019"),
        ("reply", "2019-05-14", "2019-06-04", "R2008"),
        ("reply", "2019-05-15", "2019-06-13", "R2019"),
        ("extended-reply", "2018-12-10", "2019-01-22", "R2008"),
        ("correction-notice", "2023-12-29", "2024-01-10", "R2019"),
        ("third-party-answer", "2022-09-30", "2022-10-26", "R2019"),
        ("fee-payment", "2022-09-30", "2022-11-02", "fee-measures"),
        ("proactive", "2018-09-28", "2018-10-31", "R2008"),
        ("licence", "2025-09-30", "2025-10-16", "double-publicity"),
        ("budget", "2018-02-09", "2018-03-01", "budget-law"),
    ],
)
def test_each_period_ends_on_its_day(asked: Archive, kind: str, start: str, due_on: str, law: str) -> None:
    found = due(asked, kind, start)
    assert (found["due_on"], found["law"], found["provisional"]) == (due_on, law, False)


@pytest.mark.usefixtures("adopted")
def test_why_tells_every_day_and_lateness_is_counted(cli: Archive, asked: Archive) -> None:
    found = due(asked, "reply", "2016-12-27", "--on", "2017-01-19")
    assert (found["due_on"], found["late_by"], found["calendar"]) == ("2017-01-18", 1, ["2016.1", "2017.1"])
    steps = found["explanation"]
    assert isinstance(steps, list)
    assert [steps[0]["kind"], steps[-1]] == ["start", {"on": "2017-01-18", "kind": "due", "number": 15}]
    told = cli("clock", "due", "reply", "--from", "2016-12-27", "--on", "2017-01-19", "--why").out.splitlines()
    assert len(told) == 2 + len(steps)
    assert len(cli("clock", "due", "reply", "--from", "2016-12-27").out.splitlines()) == 1


def test_without_a_calendar_a_due_date_is_provisional(asked: Archive, cli: Archive) -> None:
    found = due(asked, "reply", "2022-09-30")
    assert (found["due_on"], found["provisional"], found["calendar"]) == ("2022-10-28", True, [])
    assert len(cli("clock", "due", "reply", "--from", "2022-09-30").out.splitlines()) == 2


@pytest.mark.parametrize(
    "words, code, exit_code",
    [
        (("nothing", "--from", "2018-01-01"), "CAL-010", 2),
        (("reply", "--from", "2018-02-30"), "CAL-012", 2),
        (("reply", "--from", "1900-01-01"), "CAL-009", 3),
        (("reply", "--from", "2018-01-01", "--on", "soon"), "CAL-012", 2),
        (("correction-notice", "--from", "2018-01-02"), "CAL-011", 3),
    ],
)
def test_what_is_no_period_is_refused(asked: Archive, words: tuple[str, ...], code: str, exit_code: int) -> None:
    said = asked("clock", "due", *words)
    assert (said.code, said.out, said.error["code"]) == (exit_code, "", code)


@pytest.mark.usefixtures("adopted")
def test_a_calendar_that_is_there_is_left_alone(asked: Archive) -> None:
    again = asked("import", "calendars").json
    assert (again["commands"], again["entries"], again["errorCount"]) == (0, 0, 0)


@pytest.mark.usefixtures("adopted")
def test_a_year_that_differs_is_adopted_for_a_reason_and_the_old_version_stays(asked: Archive, tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    days = {"weekday_days_off_放假": ["2018-01-01"], "working_weekend_days_调休上班": []}
    file.write_text(json.dumps({"years": {"2018": days}}), encoding="utf-8")
    refused = asked("import", "calendars", str(file))
    assert refused.code == 3
    assert [one["code"] for one in refused.json["errors"]] == ["CAL-006"]
    assert asked("import", "calendars", str(file), "--reason", "recorded-wrongly").json["commands"] == 1
    assert due(asked, "reply", "2018-09-28")["calendar"] == ["2018.2"]
    assert due(asked, "reply", "2018-09-28")["due_on"] == "2018-10-19"
    entries = asked("log", "show", "1", "--limit", "30").json
    versions = [one["entry"]["data"]["number"] for one in entries if one["entry"]["type"] == "calendar-adopted"]
    assert versions == [1] * 19 + [2]


@pytest.mark.usefixtures("adopted")
def test_a_region_has_its_own_days_over_those_of_the_nation(asked: Archive, tmp_path: Path) -> None:
    file = tmp_path / "calendar.json"
    days = {"weekday_days_off_放假": ["2018-08-01"], "working_weekend_days_调休上班": []}
    file.write_text(json.dumps({"years": {"2018": days}}), encoding="utf-8")
    assert asked("import", "calendars", str(file), "--region", "520000").json["commands"] == 1
    assert due(asked, "licence", "2018-07-31")["due_on"] == "2018-08-09"
    there = due(asked, "licence", "2018-07-31", "--region", "520102")
    assert (there["due_on"], there["calendar"]) == ("2018-08-10", ["520000/2018.1"])
    listed = asked("clock", "calendars", "--region", "520102").json
    assert listed["calendar"] == calendar_id("520102")
    assert [(one["region"], one["year"]) for one in listed["years"]][-2:] == [("000000", 2026), ("520000", 2018)]


@pytest.mark.parametrize(
    "content", ["", "{}", '{"years": {"18": {}}}', '{"years": {"2018": {"weekday_days_off_放假": ["x"]}}}']
)
def test_a_file_that_is_no_calendar_is_refused(asked: Archive, tmp_path: Path, content: str) -> None:
    file = tmp_path / "calendar.json"
    file.write_text(content, encoding="utf-8")
    said = asked("import", "calendars", str(file))
    assert (said.code, said.error["code"]) == (3, "CAL-008")
    assert asked("import", "calendars", "--region", "42").error["code"] == "CAL-008"
    assert asked("import", "calendars", str(tmp_path / "nothing.json")).error["code"] == "LOG-002"
    assert asked("log", "head").json["head"] == 0
