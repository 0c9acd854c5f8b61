"""Posts: who holds them, when they are vacant, what each step makes, and what it refuses."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from archive.domain.agencies import AgencyClosed, AgencyRegistered, SectionClosed, SectionOpened
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.errors import Refused
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.posts import (
    OfficerLeaveEnded,
    OfficerLeaveStarted,
    Post,
    PostAbolished,
    PostEstablished,
    RoleAssigned,
    RoleEnded,
    Vacancy,
    decide,
    evolve,
    is_vacant,
    post_id,
    vacancies,
)
from archive.law.deadlines import publication_deadline
from domain.scenario import NEW_PERSON, NEW_TEXT, TODAY, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY

POST: Final = post_id(AGENCY, "information-officer")
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    SectionOpened(section="office", opened_on=date(2010, 1, 4), text=text_seal()),
    SectionOpened(section="prices", opened_on=date(2010, 1, 4), text=text_seal()),
    SectionClosed(section="prices", closed_on=date(2015, 1, 4)),
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "post": POST}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU)


def establish(**fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    known = {"agency": AGENCY, "post_code": "information-officer", "duty": "information-officer"}
    return wish("establish-post", **(known | {"established_on": "2018-01-02", "text": {"title": "信息员"}} | fields))


ESTABLISHED: Final = PostEstablished(
    agency=AGENCY,
    post_code="information-officer",
    duty="information-officer",
    established_on=day("2018-01-02"),
    text=NEW_TEXT,
)
ASSIGNED: Final = RoleAssigned(assigned_on=day("2018-01-02"), person=NEW_PERSON)
AWAY: Final = OfficerLeaveStarted(started_on=day("2018-07-02"))
BACK: Final = OfficerLeaveEnded(ended_on=day("2018-09-03"))
LEFT: Final = RoleEnded(ended_on=day("2018-11-05"))
ABOLISHED: Final = PostAbolished(abolished_on=day("2018-12-03"))
HELD: Final = (ESTABLISHED, ASSIGNED)

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("a post is established", past(), establish(), ESTABLISHED),
    (
        "in a section",
        past(),
        establish(section="office"),
        replace(ESTABLISHED, section="office"),
    ),
    ("somebody is assigned", past(ESTABLISHED), wish("assign-role", assigned_on="2018-01-02"), ASSIGNED),
    ("who goes on leave", past(*HELD), wish("start-leave", started_on="2018-07-02"), AWAY),
    ("and comes back", past(*HELD, AWAY), wish("end-leave", ended_on="2018-09-03"), BACK),
    ("or leaves", past(*HELD), wish("end-role", ended_on="2018-11-05"), LEFT),
    ("even while on leave", past(*HELD, AWAY), wish("end-role", ended_on="2018-11-05"), LEFT),
    ("a vacant post is abolished", past(*HELD, LEFT), wish("abolish-post", abolished_on="2018-12-03"), ABOLISHED),
]


@pytest.mark.parametrize("case", FULFILLED, ids=[name for name, *_ in FULFILLED])
def test_step_of_a_post_makes_its_event(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


REFUSED: Final = [
    refusal(
        "the id follows from agency and code",
        past(),
        establish(post_code="head"),
        "PST-001",
        code="head",
        expected=post_id(AGENCY, "head"),
    ),
    refusal("a post is established once", past(ESTABLISHED), establish(), "PST-002", post=POST),
    refusal("of an agency that is there", given(agency=None), establish(), "AGY-002", agency=AGENCY),
    refusal("in a section that is there", past(), establish(section="x"), "ITM-003", field="section", code="x"),
    refusal("and open", past(), establish(section="prices"), "AGY-013", code="prices"),
    refusal(
        "established no earlier than its section",
        past(),
        establish(section="office", established_on="2010-01-03"),
        "DAT-002",
        field="established_on",
        on=day("2010-01-03"),
        earliest=day("2010-01-04"),
    ),
    refusal("the head of a section has one", past(), establish(duty="section-head"), "PST-009"),
    refusal(
        "nobody is assigned in a section that closed",
        past(replace(ESTABLISHED, section="prices")),
        wish("assign-role", assigned_on="2018-02-01"),
        "AGY-013",
        code="prices",
    ),
    refusal(
        "nor in an agency that ended",
        given(ESTABLISHED, agency=(*BUREAU, AgencyClosed(effective_on=day("2018-02-01")))),
        wish("assign-role", assigned_on="2018-02-01"),
        "AGY-009",
        on=day("2018-02-01"),
    ),
    refusal(
        "on a day that has come",
        past(),
        establish(established_on="2018-12-11"),
        "DAT-001",
        field="established_on",
        on=day("2018-12-11"),
        today=day("2018-12-10"),
    ),
    refusal("nothing before it", past(), wish("end-role", ended_on="2018-01-02"), "PST-003", post=POST),
    refusal("one holder at a time", past(*HELD), wish("assign-role", assigned_on="2018-02-01"), "PST-005"),
    refusal("no leave of nobody", past(ESTABLISHED), wish("start-leave", started_on="2018-02-01"), "PST-006"),
    refusal("no end of nobody", past(ESTABLISHED), wish("end-role", ended_on="2018-02-01"), "PST-006"),
    refusal("no leave in a leave", past(*HELD, AWAY), wish("start-leave", started_on="2018-08-01"), "PST-007"),
    refusal("no return of one who is there", past(*HELD), wish("end-leave", ended_on="2018-08-01"), "PST-008"),
    refusal("no end of a held post", past(*HELD), wish("abolish-post", abolished_on="2018-12-03"), "PST-005"),
    refusal(
        "nothing after the end",
        past(*HELD, LEFT, ABOLISHED),
        wish("assign-role", assigned_on="2018-12-04"),
        "PST-004",
        on=day("2018-12-03"),
    ),
    refusal(
        "steps in the order of days",
        past(*HELD, AWAY),
        wish("end-leave", ended_on="2018-07-01"),
        "DAT-002",
        field="ended_on",
        on=day("2018-07-01"),
        earliest=day("2018-07-02"),
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row.claim for row in REFUSED])
def test_step_of_a_post_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_founding_report_says_when_nobody_kept_the_information() -> None:
    """Goal: the vacancy of the founding report (下半年信息员休产假随后辞职) shows. Method: leave, then the end of the role."""
    post = stand("post", [*HELD, AWAY, LEFT])
    assert isinstance(post, Post)
    assert vacancies(post) == (Vacancy(day("2018-07-02"), None),)
    assert [is_vacant(post, day(on)) for on in ("2018-07-01", "2018-07-02", "2018-11-06")] == [False, True, True]


def test_officer_who_went_on_leave_and_then_left_explains_what_was_late_in_between() -> None:
    """N15 of the founding report: 部分信息更新还不够及时. Method: due dates of two items, joined with the vacancy."""
    post = stand("post", [*HELD, AWAY, LEFT])
    assert isinstance(post, Post)
    shown = {"2018-05-02": "2018-07-30", "2018-08-06": "2018-10-10", "2018-01-08": "2018-02-28"}
    explained = {}
    for made_on, published_on in shown.items():
        due = publication_deadline("proactive", day(made_on), NO_CALENDAR)
        late = due.late_by(day(published_on)) > 0
        explained[made_on] = late and any(one.meets(due.due_on, day(published_on)) for one in vacancies(post))
    assert explained == {"2018-05-02": True, "2018-08-06": True, "2018-01-08": False}


# --- vacancies are the days without a holder, whatever the order of steps ------------------------------------------------
STEPS: Final = {
    "assign-role": "assigned_on",
    "start-leave": "started_on",
    "end-leave": "ended_on",
    "end-role": "ended_on",
    "abolish-post": "abolished_on",
}
FACTS: Final = Facts(
    today=TODAY,
    position=1,
    by="role:administrator",
    seals={"person": NEW_PERSON},
    agency=None,
    calendar=NO_CALENDAR,
    streams={},
)


@drawn(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 5)), max_size=12))
def test_vacancies_are_the_days_on_which_nobody_was_there(steps: list[tuple[str, int]]) -> None:
    """Goal: periods equal days. Method: mark each day as vacant or not, step by step, and compare with the periods."""
    on = ESTABLISHED.established_on
    post = evolve(None, ESTABLISHED)
    there = dict.fromkeys((on + timedelta(days=n) for n in range(70)), False)
    for step, later in steps:
        on += timedelta(days=later)
        try:
            events = decide(post, wish(step, **{STEPS[step]: on.isoformat()}), FACTS)  # type: ignore[arg-type] # a command of posts
        except Refused:
            continue
        for event in events:
            post = evolve(post, event)
        # Nobody is missed where there is no post.
        there |= dict.fromkeys(
            (one for one in there if one >= on), step in {"assign-role", "end-leave", "abolish-post"}
        )
    assert {one: not is_vacant(post, one) for one in there} == there
    found = vacancies(post)
    assert all(one.until is None or one.first < one.until for one in found)
    assert all(one.until is not None and one.until < other.first for one, other in pairwise(found))
