"""Months, yearly reports, assessments and self-inspections: what each step makes, and what it refuses."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st
from msgspec import UNSET

from archive.domain import reports_v1
from archive.domain.agencies import AgencyRegistered, ChannelRegistered, SectionOpened
from archive.domain.assessments import (
    AccountabilityOutcomeRecorded,
    AssessmentProblemRaised,
    AssessmentReceived,
    AssessmentScoreRecorded,
    PenaltyGiven,
    RectificationAssigned,
    RectificationClosed,
    RectificationEvidenceFiled,
    RewardGiven,
    SocialEvaluationRecorded,
)
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.events import UPCASTS
from archive.domain.inspections import (
    SelfInspectionFindingRecorded,
    SelfInspectionFindingResolved,
    SelfInspectionRun,
)
from archive.domain.months import (
    MonthClosed,
    MonthlyDisputeDismissed,
    MonthlyFigureCorrected,
    MonthlyFigureDisputed,
    MonthlyNotificationIssued,
    last_day,
    month_id,
)
from archive.domain.reports import (
    FORMS,
    Cell,
    ChangedCell,
    Report,
    ReportCorrected,
    ReportDifferenceExplained,
    ReportDrafted,
    ReportFiled,
    ReportPublished,
    ReportSigned,
    ReportWithdrawn,
    report_id,
)
from archive.domain.reports_v1 import ReportCorrectedV1, ReportFiledV1, ReportPublishedV1
from archive.log.entry import MAX_INTEGER
from domain import test_items
from domain.raised import SOURCE, errors_raised
from domain.scenario import NEW_TEXT, POSITION, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, agency_id, item_id

BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    SectionOpened(section="office", opened_on=date(2018, 1, 2), text=text_seal()),
    ChannelRegistered(channel="website", kind="website", text=text_seal()),
)
TODAY: Final = "2021-12-10"
SEAL: Final = text_seal(7)
ROOT: Final = "ab" * 32
ITEM: Final = item_id()
MONTH: Final = month_id(AGENCY, 2018, 9)
REPORT: Final = report_id(AGENCY, 2018)
ASSESSMENT: Final = f"assessment-{'1' * 32}"
INSPECTION: Final = f"inspection-{'2' * 32}"
STREAM: Final = {"month": MONTH, "report": REPORT, "assessment": ASSESSMENT, "inspection": INSPECTION}


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the stream of its kind, as it comes from outside; days are written out."""
    kind = COMMANDS[name].STREAM
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", kind: STREAM[kind]}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event, today: str = TODAY, streams: Mapping[str, object] | None = None) -> Given:
    return given(*history, agency=BUREAU, today=today, streams=streams)


# --- what happened ----------------------------------------------------------------------------------------------------
CLOSED = MonthClosed(agency=AGENCY, year=2018, month=9, closed_on=day("2018-10-08"), position=POSITION)
NOTIFIED = MonthlyNotificationIssued(section="office", issued_on=day("2018-10-08"), published=57, late=2, returned=1)
DISPUTED = MonthlyFigureDisputed(section="office", figure="late", disputed_on=day("2018-10-09"), text=SEAL)
CLOSING: Final[dict[str, Any]] = {"agency": AGENCY, "year": 2018, "number": 9, "closed_on": "2018-10-08"}  # Any: fields
TELLING: Final[dict[str, Any]] = {  # Any: fields of a command
    "section": "office",
    "issued_on": "2018-10-08",
    "published": 57,
    "late": 2,
    "returned": 1,
}
CORRECTION: Final[dict[str, Any]] = {  # Any: fields of a command
    "section": "office",
    "figure": "late",
    "corrected_on": "2018-10-10",
    "new": 1,
    "reason": "wrong-date",
}
DISMISSAL: Final[dict[str, Any]] = {  # Any: fields of a command
    "section": "office",
    "figure": "late",
    "dismissed_on": "2018-10-10",
    "reason": "figure-correct",
}

DRAFTED = ReportDrafted(agency=AGENCY, year=2018, form="2014", drafted_on=day("2018-12-20"))
SIGNED = ReportSigned(signed_on=day("2018-12-28"), signatory="agency-head")
FILED = ReportFiled(
    filed_on=day("2019-01-15"),
    position=600,
    root=ROOT,
    cells=[Cell(cell="proactive.items_total", count=686), Cell(cell="requests.received", count=1)],
)
PUBLISHED = ReportPublished(published_on=day("2019-01-16"), channel="website", number=1, text=NEW_TEXT)
EXPLAINED = ReportDifferenceExplained(
    identity="I-C5", explained_on=day("2019-01-16"), reason="late-entry", text=NEW_TEXT
)
WITHDRAWN = ReportWithdrawn(withdrawn_on=day("2019-02-01"), reason="wrong-figures")
ON_FILE: Final = (DRAFTED, SIGNED, FILED)
FILING: Final[dict[str, Any]] = {  # Any: fields of a command
    "filed_on": "2019-01-15",
    "position": 600,
    "root": ROOT,
    "cells": [{"cell": "requests.received", "count": 1}, {"cell": "proactive.items_total", "count": 686}],
}
MENDING: Final[dict[str, Any]] = {  # Any: fields of a command
    "corrected_on": "2019-02-02",
    "position": 650,
    "root": ROOT,
    "cells": [{"cell": "requests.replies", "count": 1}, {"cell": "proactive.items_total", "count": 687}],
    "reason": "late-entry",
}

RECEIVED = AssessmentReceived(
    agency=AGENCY, year=2018, received_on=day("2019-02-11"), assessor="open-government-office", level="county"
)
SCORED = AssessmentScoreRecorded(indicator="timeliness", points=1850, maximum=2000)
RAISED = AssessmentProblemRaised(problem=1, indicator="timeliness", raised_on=day("2019-02-11"), text=SEAL)
ASSIGNED = RectificationAssigned(problem=1, section="office", assigned_on=day("2019-02-12"), due_on=day("2019-03-29"))
EVIDENCED = RectificationEvidenceFiled(problem=1, filed_on=day("2019-03-20"), text=SEAL)
MENDED = RectificationClosed(problem=1, closed_on=day("2019-03-25"))
ASSESSED: Final = (RECEIVED, SCORED, RAISED)
RECEIPT: Final[dict[str, Any]] = {  # Any: fields of a command
    "agency": AGENCY,
    "year": 2018,
    "received_on": "2019-02-11",
    "assessor": "open-government-office",
    "level": "county",
}
TASK: Final[dict[str, Any]] = {  # Any: fields of a command
    "problem": 1,
    "section": "office",
    "assigned_on": "2019-02-12",
    "due_on": "2019-03-29",
}

RUN = SelfInspectionRun(agency=AGENCY, run_on=day("2018-11-05"), scope="all-items", checked=600)
FOUND = SelfInspectionFindingRecorded(
    number=1, finding="personal-data", found_on=day("2018-11-06"), item=ITEM, text=SEAL
)
RESOLVED = SelfInspectionFindingResolved(number=1, resolved_on=day("2018-11-07"), resolution="withdrawn")
RUNNING: Final[dict[str, Any]] = {  # Any: fields of a command
    "agency": AGENCY,
    "run_on": "2018-11-05",
    "scope": "all-items",
    "checked": 600,
}
OWN: Final = {ITEM: stand("item", test_items.REVIEWED)}


# --- months ------------------------------------------------------------------------------------------------------------
def test_a_month_is_closed_at_what_the_log_holds() -> None:
    past().when(wish("close-month", **CLOSING)).then(CLOSED)


def test_a_section_is_told_disputes_and_is_answered() -> None:
    past(CLOSED).when(wish("issue-monthly-notification", **TELLING)).then(NOTIFIED)
    past(CLOSED, NOTIFIED).when(
        wish(
            "dispute-monthly-figure", section="office", figure="late", disputed_on="2018-10-09", text={"reasons": "否"}
        )
    ).then(msgspec.structs.replace(DISPUTED, text=NEW_TEXT))
    past(CLOSED, NOTIFIED, DISPUTED).when(wish("dismiss-monthly-dispute", **DISMISSAL)).then(
        MonthlyDisputeDismissed(
            section="office", figure="late", dismissed_on=day("2018-10-10"), reason="figure-correct"
        )
    )


def test_a_correction_says_the_old_figure_and_the_next_one_starts_from_the_new() -> None:
    corrected = MonthlyFigureCorrected(
        section="office", figure="late", corrected_on=day("2018-10-10"), old=2, new=1, reason="wrong-date"
    )
    past(CLOSED, NOTIFIED, DISPUTED).when(wish("correct-monthly-figure", **CORRECTION)).then(corrected)
    past(CLOSED, NOTIFIED, DISPUTED, corrected).when(wish("correct-monthly-figure", **CORRECTION | {"new": 3})).then(
        msgspec.structs.replace(corrected, old=1, new=3)
    )


@hypothesis.given(st.integers(2008, 2998), st.integers(1, 12))
def test_a_month_can_be_closed_from_the_day_after_its_last(year: int, month: int) -> None:
    """Goal: the day on which a month is over. Method: the calendar's own arithmetic, one day each side."""
    last = last_day(year, month)
    assert (last.year, last.month) == (year, month)
    after = date.fromordinal(last.toordinal() + 1)
    assert after.day == 1
    fields = {"month": month_id(AGENCY, year, month), "agency": AGENCY, "year": year, "number": month}
    past(today=last.isoformat()).when(wish("close-month", **fields, closed_on=last.isoformat())).then_refused(
        "MON-004", year=year, number=month, last=last
    )
    past(today=after.isoformat()).when(wish("close-month", **fields, closed_on=after.isoformat())).then(
        MonthClosed(agency=AGENCY, year=year, month=month, closed_on=after, position=POSITION)
    )


# --- reports -----------------------------------------------------------------------------------------------------------
def test_a_report_is_drafted_signed_filed_and_published() -> None:
    past().when(wish("draft-report", agency=AGENCY, year=2018, form="2014", drafted_on="2018-12-20")).then(DRAFTED)
    past(DRAFTED).when(wish("sign-report", signed_on="2018-12-28", signatory="agency-head")).then(SIGNED)
    past(DRAFTED, SIGNED).when(wish("file-report", **FILING)).then(FILED)
    past(*ON_FILE).when(wish("publish-report", published_on="2019-01-16", channel="website")).then(PUBLISHED)


def test_a_report_is_withdrawn_corrected_with_what_changed_and_published_anew() -> None:
    corrected = ReportCorrected(
        corrected_on=day("2019-02-02"),
        number=2,
        position=650,
        root=ROOT,
        changes=[
            ChangedCell(cell="proactive.items_total", old=686, new=687),
            ChangedCell(cell="requests.replies", old=UNSET, new=1),
        ],
        reason="late-entry",
    )
    past(*ON_FILE, PUBLISHED).when(wish("withdraw-report", withdrawn_on="2019-02-01", reason="wrong-figures")).then(
        WITHDRAWN
    )
    history = (*ON_FILE, PUBLISHED, WITHDRAWN)
    past(*history).when(wish("correct-report", **MENDING)).then(corrected)
    past(*history, corrected).when(wish("publish-report", published_on="2019-02-03", channel="website")).then(
        ReportPublished(published_on=day("2019-02-03"), channel="website", number=2, text=NEW_TEXT)
    )
    state = stand("report", (*history, corrected))
    assert isinstance(state, Report)
    assert state.cells == {"proactive.items_total": 687, "requests.received": 1, "requests.replies": 1}


def test_a_difference_from_the_year_before_is_explained_in_words() -> None:
    explained = {
        "identity": "I-C5",
        "explained_on": "2019-01-16",
        "reason": "late-entry",
        "text": {"explanation": "补录"},
    }
    past(*ON_FILE).when(wish("explain-report-difference", **explained)).then(EXPLAINED)
    past(*ON_FILE, EXPLAINED).when(wish("publish-report", published_on="2019-01-15", channel="website")).then_refused(
        "DAT-002", field="published_on", on=day("2019-01-15"), earliest=day("2019-01-16")
    )


@pytest.mark.parametrize(
    "old, new",
    [
        (
            ReportFiledV1(
                filed_on=FILED.filed_on,
                position=600,
                root=ROOT,
                cells=[reports_v1.Cell(cell=one.cell, count=one.count) for one in FILED.cells],
            ),
            FILED,
        ),
        (
            ReportPublishedV1(published_on=PUBLISHED.published_on, channel="website", number=1),
            msgspec.structs.replace(PUBLISHED, text=UNSET),
        ),
        (
            ReportCorrectedV1(
                corrected_on=day("2019-02-02"),
                number=2,
                position=650,
                root=ROOT,
                changes=[reports_v1.ChangedCell(cell="proactive.items_total", old=686, new=687)],
                reason="late-entry",
            ),
            ReportCorrected(
                corrected_on=day("2019-02-02"),
                number=2,
                position=650,
                root=ROOT,
                changes=[ChangedCell(cell="proactive.items_total", old=686, new=687)],
                reason="late-entry",
            ),
        ),
    ],
)
def test_a_report_of_version_1_is_read_as_version_2(old: Event, new: Event) -> None:
    assert UPCASTS[type(old)](old) == new


@pytest.mark.parametrize("year", range(2008, 2031))
def test_each_year_has_one_form(year: int) -> None:
    for form, (first, last) in FORMS.items():
        command = wish(
            "draft-report",
            report=report_id(AGENCY, year),
            agency=AGENCY,
            year=year,
            form=form,
            drafted_on="2030-01-04",
        )
        when = past(today="2030-01-05").when(command)
        if first <= year <= last:
            when.then(ReportDrafted(agency=AGENCY, year=year, form=form, drafted_on=day("2030-01-04")))
        else:
            when.then_refused("RPT-004", form=form, year=year, first=first, last=last)
    assert sum(first <= year <= last for first, last in FORMS.values()) == 1


def test_the_largest_report_and_its_correction_fit_an_entry() -> None:
    cells = [f"{number:03d}".rjust(80, "a") for number in range(240)]
    filed = ReportFiled(
        filed_on=day("2019-01-15"),
        position=MAX_INTEGER,
        root=ROOT,
        cells=[Cell(cell=cell, count=-MAX_INTEGER) for cell in cells],
    )
    corrected = ReportCorrected(
        corrected_on=day("2019-01-15"),
        number=9999,
        position=MAX_INTEGER,
        root=ROOT,
        changes=[ChangedCell(cell=cell, old=-MAX_INTEGER, new=-MAX_INTEGER) for cell in cells[:220]],
        reason="counted-wrongly",
    )
    for event in (filed, corrected):
        msgspec.convert(msgspec.to_builtins(event), type(event))
    envelope = 1024
    assert max(len(msgspec.json.encode(event)) for event in (filed, corrected)) + envelope < 32 * 1024


# --- assessments -------------------------------------------------------------------------------------------------------
def test_an_assessment_has_scores_problems_and_their_rectification() -> None:
    past().when(wish("receive-assessment", **RECEIPT)).then(RECEIVED)
    past(RECEIVED).when(wish("record-assessment-score", indicator="timeliness", points=1850, maximum=2000)).then(SCORED)
    past(RECEIVED, SCORED).when(
        wish(
            "raise-assessment-problem",
            problem=1,
            indicator="timeliness",
            raised_on="2019-02-11",
            text={"description": "更新不及时"},
        )
    ).then(msgspec.structs.replace(RAISED, text=NEW_TEXT))
    past(*ASSESSED).when(wish("assign-rectification", **TASK)).then(ASSIGNED)
    past(*ASSESSED, ASSIGNED).when(
        wish("file-rectification-evidence", problem=1, filed_on="2019-03-20", text={"description": "已配备"})
    ).then(msgspec.structs.replace(EVIDENCED, text=NEW_TEXT))
    past(*ASSESSED, ASSIGNED, EVIDENCED).when(wish("close-rectification", problem=1, closed_on="2019-03-25")).then(
        MENDED
    )


def test_an_assessment_has_its_consequences() -> None:
    past(RECEIVED).when(wish("give-reward", given_on="2019-04-01", reward="good")).then(
        RewardGiven(given_on=day("2019-04-01"), reward="good")
    )
    past(RECEIVED).when(wish("give-penalty", given_on="2019-04-01", penalty="talked-to", section="office")).then(
        PenaltyGiven(given_on=day("2019-04-01"), penalty="talked-to", section="office")
    )
    past(RECEIVED).when(
        wish("record-social-evaluation", evaluated_on="2019-04-02", outcome="satisfied", respondents=120)
    ).then(SocialEvaluationRecorded(evaluated_on=day("2019-04-02"), outcome="satisfied", respondents=120))
    past(RECEIVED).when(
        wish("record-accountability-outcome", decided_on="2019-04-03", outcome="criticised", cases=2)
    ).then(AccountabilityOutcomeRecorded(decided_on=day("2019-04-03"), outcome="criticised", cases=2))


# --- self-inspections --------------------------------------------------------------------------------------------------
def test_an_inspection_finds_and_resolves() -> None:
    past().when(wish("run-inspection", **RUNNING)).then(RUN)
    past(RUN, streams=OWN).when(
        wish(
            "record-inspection-finding",
            number=1,
            finding="personal-data",
            found_on="2018-11-06",
            item=ITEM,
            text={"description": "附件"},
        )
    ).then(msgspec.structs.replace(FOUND, text=NEW_TEXT))
    past(RUN, FOUND).when(
        wish("resolve-inspection-finding", number=1, resolved_on="2018-11-07", resolution="withdrawn")
    ).then(RESOLVED)


# --- refusals ----------------------------------------------------------------------------------------------------------
OTHER: Final = agency_id(2)
OPEN_MONTH: Final = wish("close-month", **CLOSING | {"month": month_id(AGENCY, 2021, 12), "year": 2021, "number": 12})
REFUSED: Final = [
    refusal(
        "a month under another's id",
        past(),
        wish("close-month", **CLOSING | {"number": 8}),
        "MON-001",
        year=2018,
        number=8,
        expected=month_id(AGENCY, 2018, 8),
    ),
    refusal(
        "a month closed twice",
        past(CLOSED),
        wish("close-month", **CLOSING),
        "MON-002",
        year=2018,
        number=9,
        closed_on=day("2018-10-08"),
    ),
    refusal("figures of an open month", past(), wish("correct-monthly-figure", **CORRECTION), "MON-003", month=MONTH),
    refusal("a month that is not over", past(), OPEN_MONTH, "MON-004", year=2021, number=12, last=day("2021-12-31")),
    refusal(
        "a month closed on its last day",
        past(),
        wish("close-month", **CLOSING | {"closed_on": "2018-09-30"}),
        "MON-004",
        year=2018,
        number=9,
        last=day("2018-09-30"),
    ),
    refusal(
        "a month of nobody",
        given(today=TODAY),
        wish("close-month", **CLOSING),
        "AGY-002",
        agency=AGENCY,
    ),
    refusal(
        "a section told twice",
        past(CLOSED, NOTIFIED),
        wish("issue-monthly-notification", **TELLING),
        "MON-005",
        section="office",
    ),
    refusal(
        "a section that does not exist",
        past(CLOSED),
        wish("issue-monthly-notification", **TELLING | {"section": "attic"}),
        "ITM-003",
        field="section",
        code="attic",
    ),
    refusal(
        "a correction before any notification",
        past(CLOSED),
        wish("correct-monthly-figure", **CORRECTION),
        "MON-006",
        section="office",
    ),
    refusal(
        "a second dispute of one figure",
        past(CLOSED, NOTIFIED, DISPUTED),
        wish(
            "dispute-monthly-figure", section="office", figure="late", disputed_on="2018-10-09", text={"reasons": "否"}
        ),
        "MON-007",
        section="office",
        figure="late",
    ),
    refusal(
        "a dismissal of no dispute",
        past(CLOSED, NOTIFIED),
        wish("dismiss-monthly-dispute", **DISMISSAL),
        "MON-008",
        section="office",
        figure="late",
    ),
    refusal(
        "a correction to the same figure",
        past(CLOSED, NOTIFIED),
        wish("correct-monthly-figure", **CORRECTION | {"new": 2}),
        "MON-009",
        section="office",
        figure="late",
        old=2,
    ),
    refusal(
        "more late than published",
        past(CLOSED),
        wish("issue-monthly-notification", **TELLING | {"late": 58}),
        "MON-010",
        late=58,
        published=57,
    ),
    refusal(
        "a notification before the closing",
        past(CLOSED),
        wish("issue-monthly-notification", **TELLING | {"issued_on": "2018-10-07"}),
        "DAT-002",
        field="issued_on",
        on=day("2018-10-07"),
        earliest=day("2018-10-08"),
    ),
    refusal(
        "a report under another's id",
        past(),
        wish("draft-report", agency=AGENCY, year=2017, form="2014", drafted_on="2018-01-05"),
        "RPT-001",
        year=2017,
        expected=report_id(AGENCY, 2017),
    ),
    refusal(
        "a second report of a year",
        past(DRAFTED),
        wish("draft-report", agency=AGENCY, year=2018, form="2014", drafted_on="2018-12-20"),
        "RPT-002",
        year=2018,
    ),
    refusal(
        "a report of nobody",
        given(today=TODAY),
        wish("draft-report", agency=AGENCY, year=2018, form="2014", drafted_on="2018-12-20"),
        "AGY-002",
        agency=AGENCY,
    ),
    refusal("a filing of no report", past(), wish("file-report", **FILING), "RPT-003", report=REPORT),
    refusal(
        "the form of another year",
        past(),
        wish("draft-report", agency=AGENCY, year=2018, form="2019", drafted_on="2018-12-20"),
        "RPT-004",
        form="2019",
        year=2018,
        first=2019,
        last=2020,
    ),
    refusal("a report filed twice", past(*ON_FILE), wish("file-report", **FILING), "RPT-010", year=2018, number=1),
    refusal(
        "a published report filed again",
        past(*ON_FILE, PUBLISHED),
        wish("file-report", **FILING),
        "RPT-010",
        year=2018,
        number=1,
    ),
    refusal("a filing without signature", past(DRAFTED), wish("file-report", **FILING), "RPT-005", stage="drafted"),
    refusal(
        "a filing before the year is over",
        past(DRAFTED, SIGNED),
        wish("file-report", **FILING | {"filed_on": "2018-12-31"}),
        "RPT-006",
        year=2018,
        on=day("2018-12-31"),
    ),
    refusal(
        "figures of a position to come",
        past(DRAFTED, SIGNED),
        wish("file-report", **FILING | {"position": POSITION + 1}),
        "RPT-007",
        position=POSITION + 1,
        least=1,
        head=POSITION,
    ),
    refusal(
        "a correction from before the filing",
        past(*ON_FILE),
        wish("correct-report", **MENDING | {"position": 599}),
        "RPT-007",
        position=599,
        least=600,
        head=POSITION,
    ),
    refusal(
        "a cell given twice",
        past(DRAFTED, SIGNED),
        wish("file-report", **FILING | {"cells": [{"cell": "a.b", "count": 1}, {"cell": "a.b", "count": 2}]}),
        "RPT-008",
        cell="a.b",
    ),
    refusal(
        "a correction that changes nothing",
        past(*ON_FILE),
        wish("correct-report", **MENDING | {"cells": [{"cell": "requests.received", "count": 1}]}),
        "RPT-009",
        cell="requests.received",
        count=1,
    ),
    refusal(
        "a publication nowhere",
        past(*ON_FILE),
        wish("publish-report", published_on="2019-01-16", channel="radio"),
        "ITM-003",
        field="channel",
        code="radio",
    ),
    refusal(
        "an assessment entered twice",
        past(RECEIVED),
        wish("receive-assessment", **RECEIPT),
        "ASM-001",
        assessment=ASSESSMENT,
    ),
    refusal(
        "an assessment of nobody",
        given(today=TODAY),
        wish("receive-assessment", **RECEIPT),
        "AGY-002",
        agency=AGENCY,
    ),
    refusal("a task of no assessment", past(), wish("assign-rectification", **TASK), "ASM-002", assessment=ASSESSMENT),
    refusal(
        "an assessment of a year to come",
        past(),
        wish("receive-assessment", **RECEIPT | {"year": 2020}),
        "ASM-003",
        year=2020,
        received_on=day("2019-02-11"),
    ),
    refusal(
        "an indicator scored twice",
        past(RECEIVED, SCORED),
        wish("record-assessment-score", indicator="timeliness", points=1, maximum=2),
        "ASM-004",
        indicator="timeliness",
    ),
    refusal(
        "a score above its maximum",
        past(RECEIVED),
        wish("record-assessment-score", indicator="timeliness", points=3, maximum=2),
        "ASM-005",
        points=3,
        maximum=2,
    ),
    refusal(
        "a problem out of number",
        past(*ASSESSED),
        wish("raise-assessment-problem", problem=3, raised_on="2019-02-11", text={"description": "甲"}),
        "ASM-006",
        problem=3,
        expected=2,
    ),
    refusal(
        "a problem of an indicator without score",
        past(RECEIVED),
        wish(
            "raise-assessment-problem",
            problem=1,
            indicator="openness",
            raised_on="2019-02-11",
            text={"description": "甲"},
        ),
        "ASM-007",
        indicator="openness",
    ),
    refusal(
        "a task for a problem nobody raised",
        past(*ASSESSED),
        wish("assign-rectification", **TASK | {"problem": 2}),
        "ASM-008",
        problem=2,
    ),
    refusal(
        "a problem closed without evidence",
        past(*ASSESSED, ASSIGNED),
        wish("close-rectification", problem=1, closed_on="2019-03-25"),
        "ASM-009",
        problem=1,
        stage="assigned",
    ),
    refusal(
        "accountability without a case",
        past(RECEIVED),
        wish("record-accountability-outcome", decided_on="2019-04-03", outcome="disciplinary", cases=0),
        "ASM-010",
        outcome="disciplinary",
        cases=0,
    ),
    refusal(
        "a task that is due before it is given",
        past(*ASSESSED),
        wish("assign-rectification", **TASK | {"due_on": "2019-02-11"}),
        "DAT-002",
        field="due_on",
        on=day("2019-02-11"),
        earliest=day("2019-02-12"),
    ),
    refusal(
        "a reward for no section",
        past(RECEIVED),
        wish("give-reward", given_on="2019-04-01", reward="good", section="attic"),
        "ITM-003",
        field="section",
        code="attic",
    ),
    refusal(
        "an inspection entered twice", past(RUN), wish("run-inspection", **RUNNING), "INS-001", inspection=INSPECTION
    ),
    refusal("an inspection of nobody", given(today=TODAY), wish("run-inspection", **RUNNING), "AGY-002", agency=AGENCY),
    refusal(
        "a finding of no inspection",
        past(),
        wish("record-inspection-finding", number=1, finding="late", found_on="2018-11-06"),
        "INS-002",
        inspection=INSPECTION,
    ),
    refusal(
        "a finding out of number",
        past(RUN),
        wish("record-inspection-finding", number=2, finding="late", found_on="2018-11-06"),
        "INS-003",
        number=2,
        expected=1,
    ),
    refusal(
        "a finding about no item",
        past(RUN),
        wish("record-inspection-finding", number=1, finding="late", found_on="2018-11-06", item=ITEM),
        "INS-004",
        item=ITEM,
    ),
    refusal(
        "another agency's item",
        past(msgspec.structs.replace(RUN, agency=OTHER), streams=OWN),
        wish("record-inspection-finding", number=1, finding="late", found_on="2018-11-06", item=ITEM),
        "INS-004",
        item=ITEM,
    ),
    refusal(
        "a finding resolved twice",
        past(RUN, FOUND, RESOLVED),
        wish("resolve-inspection-finding", number=1, resolved_on="2018-11-08", resolution="corrected"),
        "INS-005",
        number=1,
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


@pytest.mark.parametrize("file", ["months", "reports", "assessments", "inspections"])
def test_every_refusal_of_the_rules_is_in_the_table(file: str) -> None:
    assert {error.code for error in errors_raised(SOURCE / "domain" / f"{file}.py")} <= {row.code for row in REFUSED}


def test_what_is_internal_is_sealed_and_never_cleared() -> None:
    internal = (
        MonthlyFigureDisputed,
        AssessmentProblemRaised,
        RectificationEvidenceFiled,
        SelfInspectionFindingRecorded,
    )
    assert {event.SEALS for event in internal} == {("text",)}
    assert {event.CLEARS for event in internal} == {()}
