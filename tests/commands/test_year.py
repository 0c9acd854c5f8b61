"""A bureau's year across the kinds of streams, told to a real archive and read back from its log."""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Final

import msgspec
import pytest

from archive.domain import commands as rules
from archive.domain.calendars import NATION, calendar_id
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand, State
from archive.domain.errors import Refused
from archive.domain.months import Month, MonthClosed, month_id
from archive.domain.reports import Report, report_id
from archive.log.entry import Entry
from stories import (
    AGENCY,
    Clerk,
    Clock,
    Home,
    Noise,
    a_bureau,
    a_replied_request,
    an_updated_item,
    item_id,
    request_id,
    tell,
)

ITEM: Final = item_id()
REQUEST: Final = request_id()
MONTH: Final = month_id(AGENCY, 2018, 9)
REPORT: Final = report_id(AGENCY, 2018)
ASSESSMENT: Final = f"assessment-{'1' * 32}"
INSPECTION: Final = f"inspection-{'2' * 32}"
REMEDY: Final = f"remedy-{'3' * 32}"
IN_2019: Final = datetime(2019, 5, 6, 4, tzinfo=UTC)


def wishes(*steps: tuple[str, dict[str, object]]) -> list[AnyCommand]:
    """Commands as they come from outside, numbered."""
    told = []
    for number, (name, fields) in enumerate(steps):
        known = {"command": name, "id": f"{0xFF:016x}{number:016x}", "by": "role:information-officer"}
        told.append(msgspec.convert(known | fields, COMMANDS[name]))
    return told  # type: ignore[return-value] # COMMANDS holds AnyCommand


def the_year() -> list[AnyCommand]:
    """2018 of one bureau: set up, published, asked, disputed, inspected, closed, reported, assessed."""
    clerk = Clerk()
    return [
        *a_bureau(clerk),
        *an_updated_item(clerk, ITEM),
        *a_replied_request(clerk, REQUEST),
        *wishes(
            (
                "adopt-calendar",
                {
                    "calendar": calendar_id(NATION),
                    "region": NATION,
                    "year": 2018,
                    "reason": "annual-notice",
                    "days_off": ["2018-10-01"],
                    "working_weekends": ["2018-09-29"],
                },
            ),
            ("close-month", {"month": MONTH, "agency": AGENCY, "year": 2018, "number": 9, "closed_on": "2018-10-08"}),
            (
                "issue-monthly-notification",
                {
                    "month": MONTH,
                    "section": "office",
                    "issued_on": "2018-10-08",
                    "published": 2,
                    "late": 1,
                    "returned": 0,
                },
            ),
            (
                "correct-monthly-figure",
                {
                    "month": MONTH,
                    "section": "office",
                    "figure": "published",
                    "corrected_on": "2018-10-09",
                    "new": 1,
                    "reason": "counted-twice",
                },
            ),
            (
                "file-reconsideration",
                {
                    "remedy": REMEDY,
                    "agency": AGENCY,
                    "filed_on": "2018-11-01",
                    "body": "people-government",
                    "ground": "refusal",
                    "request": REQUEST,
                },
            ),
            (
                "decide-reconsideration",
                {"remedy": REMEDY, "decided_on": "2018-12-20", "disposition": "upheld"},
            ),
            (
                "run-inspection",
                {
                    "inspection": INSPECTION,
                    "agency": AGENCY,
                    "run_on": "2018-11-05",
                    "scope": "all-items",
                    "checked": 1,
                },
            ),
            (
                "record-inspection-finding",
                {
                    "inspection": INSPECTION,
                    "number": 1,
                    "finding": "outdated",
                    "found_on": "2018-11-06",
                    "item": ITEM,
                    "text": {"description": "附件为旧版"},
                },
            ),
            (
                "resolve-inspection-finding",
                {"inspection": INSPECTION, "number": 1, "resolved_on": "2018-11-07", "resolution": "corrected"},
            ),
            (
                "draft-report",
                {"report": REPORT, "agency": AGENCY, "year": 2018, "form": "2014", "drafted_on": "2019-01-07"},
            ),
            ("sign-report", {"report": REPORT, "signed_on": "2019-01-14", "signatory": "agency-head"}),
            (
                "file-report",
                {
                    "report": REPORT,
                    "filed_on": "2019-01-15",
                    "position": 30,
                    "root": "ab" * 32,
                    "cells": [
                        {"cell": "proactive.items_total", "count": 1},
                        {"cell": "requests.received", "count": 1},
                        {"cell": "reconsideration.total", "count": 0},
                    ],
                },
            ),
            ("publish-report", {"report": REPORT, "published_on": "2019-01-16", "channel": "website"}),
            (
                "correct-report",
                {
                    "report": REPORT,
                    "corrected_on": "2019-02-02",
                    "position": 40,
                    "root": "cd" * 32,
                    "cells": [{"cell": "reconsideration.total", "count": 1}],
                    "reason": "counted-wrongly",
                },
            ),
            (
                "receive-assessment",
                {
                    "assessment": ASSESSMENT,
                    "agency": AGENCY,
                    "year": 2018,
                    "received_on": "2019-02-11",
                    "assessor": "open-government-office",
                    "level": "county",
                },
            ),
            (
                "raise-assessment-problem",
                {
                    "assessment": ASSESSMENT,
                    "problem": 1,
                    "raised_on": "2019-02-11",
                    "text": {"description": "部分信息更新不够及时"},
                },
            ),
            (
                "assign-rectification",
                {
                    "assessment": ASSESSMENT,
                    "problem": 1,
                    "section": "office",
                    "assigned_on": "2019-02-12",
                    "due_on": "2019-03-29",
                },
            ),
        ),
    ]


def replayed(entries: list[Entry]) -> dict[str, State | None]:
    """Every stream as its entries alone make it."""
    histories: defaultdict[str, list[Event]] = defaultdict(list)
    for entry in entries:
        histories[entry.stream].append(entry.event)
    states: dict[str, State | None] = {}
    for stream, history in histories.items():
        for event in history:
            states[stream] = rules.evolve(stream.rpartition("-")[0], states.get(stream), event)
    return states


def test_a_year_told_is_the_year_read_back(home: Home) -> None:
    """Goal: the log alone holds the year. Method: told once; then read, told again to another writer, and gone on with."""
    live: dict[str, State | None] = {}
    first = 0
    with home.opened(clock=Clock(IN_2019)) as (writer, log, _):
        receipts = []
        for command in the_year():
            receipt = writer.handle(command)
            assert not receipt.repeated
            assert receipt.first == first + 1
            receipts.append(receipt)
            for entry in log.entries(after=first, limit=100):
                live[entry.stream] = rules.evolve(command.STREAM, live.get(entry.stream), entry.event)
            first += receipt.entries
        told = log.entries(after=0, limit=1000)

    with home.opened(clock=Clock(IN_2019), noise=Noise("another")) as (writer, log, _):
        entries = log.entries(after=0, limit=1000)
        assert entries == told
        assert replayed(entries) == live
        again = [writer.handle(command) for command in the_year()]
        assert again == [receipt._replace(repeated=True) for receipt in receipts]
        with pytest.raises(Refused) as refused:
            writer.handle(the_closing_once_more())
        assert refused.value.code == "MON-002"
        assert log.entries(after=0, limit=1000) == told


def test_what_the_year_came_to(home: Home) -> None:
    with home.opened(clock=Clock(IN_2019)) as (writer, log, _):
        tell(writer, the_year())
        states = replayed(log.entries(after=0, limit=1000))
        [closed] = [
            (entry.position, entry.event.position)
            for entry in log.entries(after=0, limit=1000)
            if isinstance(entry.event, MonthClosed)
        ]
    assert closed == (closed[0], closed[0] - 1), "a month is closed at what the log held before"
    month, report = states[MONTH], states[REPORT]
    assert isinstance(month, Month)
    assert isinstance(report, Report)
    told = month.of("office")
    assert told is not None
    assert told.figures == {"published": 1, "late": 1, "returned": 0}
    assert report.cells == {"proactive.items_total": 1, "requests.received": 1, "reconsideration.total": 1}
    assert (report.number, report.stage, report.newest_on) == (2, "filed", date(2019, 2, 2))


def the_closing_once_more() -> AnyCommand:
    """September closed by another command."""
    closing = next(command for command in the_year() if command.STREAM == "month")
    return msgspec.structs.replace(closing, id="e" * 32)
