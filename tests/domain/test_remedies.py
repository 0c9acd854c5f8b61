"""Reconsiderations and lawsuits: what each step makes, what it refuses, and where a case is counted."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.remedies import (
    RESULTS,
    CorrectiveActionTaken,
    Counted,
    Disposition,
    LitigationFiled,
    LitigationJudged,
    ReconsiderationDecided,
    ReconsiderationFiled,
    Remedy,
    RemedyWithdrawn,
    counted_in,
)
from archive.domain.request_intake import RequestReceived
from domain.scenario import NEW_PERSON, NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY, agency_id, request_id

REMEDY: Final = f"remedy-{'1' * 32}"
BEFORE: Final = f"remedy-{'2' * 32}"
REQUEST: Final = request_id()
FOREIGN: Final = request_id(2)
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
TODAY: Final = "2024-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the case, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "remedy": REMEDY}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


# --- what happened ------------------------------------------------------------------------------------------------------
RECEIVED: Final = RequestReceived(
    agency=AGENCY,
    received_on=day("2018-09-03"),
    channel="letter",
    applicant_kind="natural-person",
    co_applicants=0,
    person=SEAL,
    text=SEAL,
)
RECONSIDERED: Final = ReconsiderationFiled(
    agency=AGENCY,
    filed_on=day("2018-11-01"),
    body="people-government",
    ground="refusal",
    request=REQUEST,
    person=SEAL,
    text=SEAL,
)
UPHELD: Final = ReconsiderationDecided(decided_on=day("2018-12-20"), disposition="upheld")
SUED: Final = LitigationFiled(
    agency=AGENCY,
    filed_on=day("2019-01-07"),
    court="basic-court",
    ground="refusal",
    standing="sole-defendant",
    request=REQUEST,
    person=SEAL,
    text=SEAL,
)
DISMISSED: Final = LitigationJudged(judged_on=day("2019-05-06"), instance="first", disposition="claim-dismissed")
REVOKED: Final = LitigationJudged(judged_on=day("2019-09-02"), instance="second", disposition="revoked")
WITHDRAWN: Final = RemedyWithdrawn(withdrawn_on=day("2019-02-01"))

OTHERS: Final[dict[str, object]] = {
    REQUEST: stand("request", [RECEIVED]),
    FOREIGN: stand("request", [replace(RECEIVED, agency=agency_id(2))]),
    BEFORE: stand("remedy", [RECONSIDERED, UPHELD]),
}
RECONSIDER: Final[dict[str, Any]] = {  # Any: fields of a command
    "agency": AGENCY,
    "filed_on": "2018-11-01",
    "body": "people-government",
    "ground": "refusal",
    "request": REQUEST,
}
SUE: Final[dict[str, Any]] = {  # Any: fields of a command
    "agency": AGENCY,
    "filed_on": "2019-01-07",
    "court": "basic-court",
    "ground": "refusal",
    "standing": "sole-defendant",
    "request": REQUEST,
}


def past(*history: Event, streams: Mapping[str, object] | None = None) -> Given:
    return given(*history, agency=BUREAU, today=TODAY, streams=OTHERS if streams is None else streams)


def reconsider(**changed: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    return wish("file-reconsideration", **{name: v for name, v in (RECONSIDER | changed).items() if v is not None})


def sue(**changed: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    return wish("file-litigation", **{name: v for name, v in (SUE | changed).items() if v is not None})


SUED_NOW: Final = replace(SUED, person=NEW_PERSON, text=NEW_TEXT)
ACCEPTED: list[tuple[str, Given, AnyCommand, Event]] = [
    (
        "a refusal goes to reconsideration",
        past(),
        reconsider(),
        replace(RECONSIDERED, person=NEW_PERSON, text=NEW_TEXT),
    ),
    (
        "so does what was not published, about no request",
        past(),
        reconsider(ground="non-publication", request=None),
        replace(RECONSIDERED, ground="non-publication", request=UNSET, person=NEW_PERSON, text=NEW_TEXT),
    ),
    (
        "a reconsideration is decided",
        past(RECONSIDERED),
        wish("decide-reconsideration", decided_on="2018-12-20", disposition="upheld"),
        UPHELD,
    ),
    ("a lawsuit is brought directly", past(), sue(), SUED_NOW),
    (
        "a lawsuit follows its reconsideration",
        past(),
        sue(reconsideration=BEFORE, standing="with-reconsideration-body"),
        replace(SUED_NOW, reconsideration=BEFORE, standing="with-reconsideration-body"),
    ),
    (
        "the body that reconsidered is sued about a request of another agency",
        past(),
        sue(standing="as-reconsideration-body", request=FOREIGN),
        replace(SUED_NOW, standing="as-reconsideration-body", request=FOREIGN),
    ),
    (
        "since 2024 a direct lawsuit about a refusal is doubted, not refused",
        past(),
        sue(filed_on="2024-01-01"),
        replace(SUED_NOW, filed_on=day("2024-01-01"), doubts=["reconsideration-first"]),
    ),
    (
        "about the content of a reply it is not",
        past(),
        sue(filed_on="2024-01-01", ground="reply-content"),
        replace(SUED_NOW, filed_on=day("2024-01-01"), ground="reply-content"),
    ),
    (
        "nor is it the day before",
        past(),
        sue(filed_on="2023-12-31"),
        replace(SUED_NOW, filed_on=day("2023-12-31")),
    ),
    (
        "a lawsuit is judged",
        past(SUED),
        wish("judge-litigation", judged_on="2019-05-06", instance="first", disposition="claim-dismissed"),
        DISMISSED,
    ),
    (
        "and judged again by the next instance",
        past(SUED, DISMISSED),
        wish("judge-litigation", judged_on="2019-09-02", instance="second", disposition="revoked"),
        REVOKED,
    ),
    (
        "a retrial may follow the first instance",
        past(SUED, DISMISSED),
        wish("judge-litigation", judged_on="2019-09-02", instance="retrial", disposition="revoked"),
        replace(REVOKED, instance="retrial"),
    ),
    ("a case is withdrawn", past(SUED), wish("withdraw-remedy", withdrawn_on="2019-02-01"), WITHDRAWN),
    (
        "what was corrected is put right",
        past(SUED, DISMISSED, REVOKED),
        wish("take-corrective-action", taken_on="2019-09-16", action="replied-anew"),
        CorrectiveActionTaken(taken_on=day("2019-09-16"), action="replied-anew"),
    ),
]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in ACCEPTED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "remedy"}


NOWHERE: Final = request_id(9)
DECIDE: Final = wish("decide-reconsideration", decided_on="2018-12-20", disposition="upheld")
JUDGE: Final = wish("judge-litigation", judged_on="2019-05-06", instance="first", disposition="upheld")
WITHDRAW: Final = wish("withdraw-remedy", withdrawn_on="2019-02-01")
ACT: Final = wish("take-corrective-action", taken_on="2019-09-16", action="replied-anew")
REFUSED: list[Refusal] = [
    refusal("a case is filed once", past(RECONSIDERED), reconsider(), "RMD-001", remedy=REMEDY),
    refusal("whatever its kind", past(RECONSIDERED), sue(), "RMD-001", remedy=REMEDY),
    refusal("of an agency that is there", given(today=TODAY, streams=OTHERS), sue(), "AGY-002", agency=AGENCY),
    refusal("against a request that is there", past(), sue(request=NOWHERE), "REQ-002", request=NOWHERE),
    refusal("also in a reconsideration", past(), reconsider(request=NOWHERE), "REQ-002", request=NOWHERE),
    refusal("which is named", past(), reconsider(request=None), "RMD-003", ground="refusal"),
    refusal("where one is attacked", past(), sue(ground="publication"), "RMD-004", ground="publication"),
    refusal("and its own", past(), sue(request=FOREIGN), "RMD-005", request=FOREIGN, agency=AGENCY),
    refusal("after a reconsideration that is there", past(), sue(reconsideration=REMEDY), "RMD-006", remedy=REMEDY),
    refusal(
        "and is none of another agency",
        past(streams=OTHERS | {BEFORE: stand("remedy", [replace(RECONSIDERED, agency=agency_id(2))])}),
        sue(reconsideration=BEFORE),
        "RMD-006",
        remedy=BEFORE,
    ),
    refusal(
        "and no lawsuit",
        past(streams=OTHERS | {BEFORE: stand("remedy", [SUED])}),
        sue(reconsideration=BEFORE),
        "RMD-006",
        remedy=BEFORE,
    ),
    refusal(
        "a lawsuit comes after the reconsideration it follows",
        past(),
        sue(reconsideration=BEFORE, filed_on="2018-10-31"),
        "DAT-002",
        field="filed_on",
        on=day("2018-10-31"),
        earliest=day("2018-11-01"),
    ),
    refusal(
        "no case comes from the future",
        past(),
        reconsider(filed_on="2024-12-11"),
        "DAT-001",
        field="filed_on",
        on=day("2024-12-11"),
        today=day(TODAY),
    ),
    *(
        refusal(f"{name} follows the filing", past(), command, "RMD-002", remedy=REMEDY)
        for name, command in {
            "a decision": DECIDE,
            "a judgment": JUDGE,
            "a withdrawal": WITHDRAW,
            "an act": ACT,
        }.items()
    ),
    refusal("a court does not reconsider", past(SUED), DECIDE, "RMD-007", remedy=REMEDY),
    refusal("a body that reconsiders does not judge", past(RECONSIDERED), JUDGE, "RMD-007", remedy=REMEDY),
    refusal("a decision is made once", past(RECONSIDERED, UPHELD), DECIDE, "RMD-008", on=day("2018-12-20")),
    refusal("what ended is not withdrawn", past(SUED, DISMISSED), WITHDRAW, "RMD-008", on=day("2019-05-06")),
    refusal("what was withdrawn is not judged", past(SUED, WITHDRAWN), JUDGE, "RMD-008", on=day("2019-02-01")),
    refusal(
        "the second instance does not come first",
        past(SUED),
        wish("judge-litigation", judged_on="2019-05-06", instance="second", disposition="upheld"),
        "RMD-009",
        instance="second",
        expected="first",
    ),
    refusal(
        "an instance judges once",
        past(SUED, DISMISSED),
        wish("judge-litigation", judged_on="2019-09-02", instance="first", disposition="upheld"),
        "RMD-009",
        instance="first",
        expected="second, retrial",
    ),
    refusal("nothing is put right while the case is pending", past(SUED), ACT, "RMD-010", remedy=REMEDY),
    refusal("nor after the agency was upheld", past(SUED, DISMISSED), ACT, "RMD-010", remedy=REMEDY),
    *(
        refusal(
            f"{field} lies after the step before",
            past(*history),
            command,
            "DAT-002",
            field=field,
            on=day("2018-01-02"),
            earliest=earliest,
        )
        for history, command, field, earliest in [
            (
                (RECONSIDERED,),
                wish("decide-reconsideration", decided_on="2018-01-02", disposition="upheld"),
                "decided_on",
                RECONSIDERED.filed_on,
            ),
            (
                (SUED,),
                wish("judge-litigation", judged_on="2018-01-02", instance="first", disposition="upheld"),
                "judged_on",
                SUED.filed_on,
            ),
            ((SUED,), wish("withdraw-remedy", withdrawn_on="2018-01-02"), "withdrawn_on", SUED.filed_on),
            (
                (SUED, DISMISSED, REVOKED),
                wish("take-corrective-action", taken_on="2018-01-02", action="published"),
                "taken_on",
                REVOKED.judged_on,
            ),
        ]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


# --- where a case is counted --------------------------------------------------------------------------------------------
LATE: Final = LitigationJudged(judged_on=day("2020-03-02"), instance="second", disposition="revoked")
COUNTED: list[tuple[str, tuple[Event, ...], int, Counted | None]] = [
    ("not before it is filed", (RECONSIDERED,), 2017, None),
    ("pending until its result", (RECONSIDERED,), 2018, Counted("reconsideration", "pending", carried_over=False)),
    (
        "carried over while it is pending",
        (RECONSIDERED,),
        2019,
        Counted("reconsideration", "pending", carried_over=True),
    ),
    (
        "with its result in the year of the result",
        (RECONSIDERED, UPHELD),
        2018,
        Counted("reconsideration", "upheld", carried_over=False),
    ),
    ("and not in the year after", (RECONSIDERED, UPHELD), 2019, None),
    ("withdrawn is another result", (SUED, WITHDRAWN), 2019, Counted("litigation-direct", "other", carried_over=False)),
    (
        "the last result of the year",
        (SUED, DISMISSED, REVOKED),
        2019,
        Counted("litigation-direct", "corrected", carried_over=False),
    ),
    (
        "a higher court a year later changes nothing",
        (SUED, DISMISSED, LATE),
        2019,
        Counted("litigation-direct", "upheld", carried_over=False),
    ),
    ("nor counts it again", (SUED, DISMISSED, LATE), 2020, None),
    (
        "after reconsideration",
        (replace(SUED, reconsideration=BEFORE),),
        2019,
        Counted("litigation-after-reconsideration", "pending", carried_over=False),
    ),
    (
        "a co-defendant that acted first counts it",
        (replace(SUED, standing="with-reconsideration-body"),),
        2019,
        Counted("litigation-after-reconsideration", "pending", carried_over=False),
    ),
    ("the body that reconsidered does not", (replace(SUED, standing="as-reconsideration-body"),), 2019, None),
]


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case[0])
def test_case_is_counted(case: tuple[str, tuple[Event, ...], int, Counted | None]) -> None:
    _, history, year, counted = case
    remedy = stand("remedy", history)
    assert isinstance(remedy, Remedy)
    assert counted_in(remedy, year) == counted


@over(st.dates(date(2015, 1, 1), date(2020, 12, 31)), st.sampled_from(get_args(Disposition)), st.integers(0, 2000))
def test_case_has_one_result_and_is_carried_over_until_then(
    filed_on: date, disposition: Disposition, days: int
) -> None:
    """Goal: I-C11, what is pending at the end of a year is counted in the next one. Method: any filing and decision."""
    decided_on = date.fromordinal(filed_on.toordinal() + days)
    decided = ReconsiderationDecided(decided_on=decided_on, disposition=disposition)
    remedy = stand("remedy", [replace(RECONSIDERED, filed_on=filed_on), decided])
    assert isinstance(remedy, Remedy)
    cells = {year: counted_in(remedy, year) for year in range(2014, 2028)}
    assert [year for year, cell in cells.items() if cell] == list(range(filed_on.year, decided_on.year + 1))
    for year, cell in cells.items():
        if cell is not None:
            result = RESULTS[disposition] if year == decided_on.year else "pending"
            assert cell == Counted("reconsideration", result, year > filed_on.year)
