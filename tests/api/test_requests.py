"""The register of requests, as a portal asks for it."""

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.calendars import NATION, AdoptCalendar, calendar_id
from archive.domain.commands import AnyCommand
from archive.domain.request_handling import ConsultThirdParty, ExtendRequest, RecordThirdPartyAnswer
from archive.domain.request_intake import ReceiveRequest
from archive.domain.request_replies import DecideReply, DispatchReply
from archive.log.log import Log
from stories import AGENCY, Clerk, Home, a_bureau, agency_id, day, request_id

ONE = """query($number: String!, $agency: ID) { archive { request(number: $number, agency: $agency) {
  id number agency { id name } receivedOn channel applicantKind state outcome outcomeArticle repliedOn deliveredOn
  steps { type on position } history(first: 2) { totalCount nodes { type } }
  due { dueOn startedOn days unit law article provisional calendars doneOn lateBy explanation { on kind count } }
} } }"""
LIST = """query($filter: RequestFilter, $first: Int, $after: String, $last: Int, $before: String) { archive {
  requests(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { number state due { lateBy } } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }"""
BY = "role:information-officer"


def received(number: int, on: str, agency: str = AGENCY) -> list[AnyCommand]:
    clerk = Clerk(100 + number)
    return [
        ReceiveRequest(
            id=f"{number:032x}",
            by=BY,
            request=request_id(number),
            agency=agency,
            received_on=day(on),
            receipt="handed-in",
            channel="in-person",
            applicant_kind="natural-person",
        ),
        clerk.register(request_id(number), number=f"2018-{number}", on=on),
    ]


def decided(number: int, on: str, *outcomes: str) -> list[AnyCommand]:
    request = request_id(number)
    return [
        DecideReply(id=f"d{number:031x}", by=BY, request=request, decided_on=day(on), outcomes=list(outcomes)),  # type: ignore[arg-type] # codes of the caller
        DispatchReply(id=f"e{number:031x}", by=BY, request=request, dispatched_on=day(on), method="post"),
    ]


@pytest.fixture
def register(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """Two bureaus and four requests: one in time, one late, one that stands still, one of the other bureau."""
    clerk = Clerk()
    story: list[AnyCommand] = [
        AdoptCalendar(
            id="c" * 32,
            by="role:administrator",
            calendar=calendar_id(NATION),
            region=NATION,
            year=2018,
            reason="annual-notice",
            days_off=[day("2018-04-05"), day("2018-04-06"), day("2018-04-30"), day("2018-05-01")],
            working_weekends=[day("2018-04-08"), day("2018-04-28")],
        ),
        *a_bureau(clerk),
        *a_bureau(clerk, agency_id(2)),
        *received(1, "2018-04-03"),
        *decided(1, "2018-04-20", "granted", "severed"),
        *received(2, "2018-04-02"),
        *decided(2, "2018-05-02", "state-secret"),
        *received(3, "2018-06-04"),
        ConsultThirdParty(id="3" * 32, by=BY, request=request_id(3), party=1, asked_on=day("2018-06-05")),
        *received(4, "2018-06-04", agency_id(2)),
    ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def one(world: World, number: int, **variables: object) -> Json:
    return world.ask(ONE, number=f"2018-{number}", **variables)["archive"]["request"]


def listed(world: World, **variables: object) -> Json:
    return world.ask(LIST, **variables)["archive"]["requests"]


def numbers(found: Json) -> list[str]:
    return [node["number"] for node in found["nodes"]]


def test_a_request_shows_its_steps_and_its_clock_and_nobody(register: World) -> None:
    found = one(register, 1)
    explanation = found["due"].pop("explanation")
    assert found == {
        "id": request_id(1),
        "number": "2018-1",
        "agency": {"id": AGENCY, "name": "某市发展和改革局"},
        "receivedOn": "2018-04-03",
        "channel": "in-person",
        "applicantKind": "natural-person",
        "state": "REPLIED",
        "outcome": "severed",
        "outcomeArticle": "22",
        "repliedOn": "2018-04-20",
        "deliveredOn": None,
        "steps": [
            {"type": "request-received", "on": "2018-04-03", "position": 20},
            {"type": "request-registered", "on": "2018-04-03", "position": 21},
            {"type": "reply-decided", "on": "2018-04-20", "position": 22},
            {"type": "reply-dispatched", "on": "2018-04-20", "position": 23},
        ],
        "history": {"totalCount": 4, "nodes": [{"type": "request-received"}, {"type": "request-registered"}]},
        "due": {
            "dueOn": "2018-04-25",
            "startedOn": "2018-04-03",
            "days": 15,
            "unit": "working-day",
            "law": "R2008",
            "article": "24",
            "provisional": False,
            "calendars": ["2018.1"],
            "doneOn": "2018-04-20",
            "lateBy": 0,
        },
    }
    assert [explanation[0], explanation[2], explanation[5], explanation[-1]] == [
        {"on": "2018-04-03", "kind": "START", "count": None},
        {"on": "2018-04-05", "kind": "HOLIDAY", "count": None},
        {"on": "2018-04-08", "kind": "MAKE_UP_WORKDAY", "count": 2},
        {"on": "2018-04-25", "kind": "DUE", "count": 15},
    ]


def test_what_is_posted_after_the_due_date_is_late(register: World) -> None:
    found = one(register, 2)
    assert (found["due"]["dueOn"], found["due"]["doneOn"], found["due"]["lateBy"]) == ("2018-04-24", "2018-05-02", 5)
    assert found["outcomeArticle"] == "21(2)"


def test_a_request_that_stands_still_has_a_provisional_due_date(register: World) -> None:
    found = one(register, 3)
    assert (found["state"], found["outcome"], found["due"]["doneOn"]) == ("PAUSED", None, None)
    assert found["due"]["provisional"] is True


def test_a_request_is_found_by_its_number_and_by_its_id(register: World) -> None:
    assert one(register, 5) is None
    assert one(register, 4, agency=agency_id(2))["id"] == request_id(4)
    assert one(register, 4, agency=AGENCY) is None
    found = register.ask("query($id: ID!) { node(id: $id) { id } }", id=request_id(1))
    assert found == {"node": {"id": request_id(1)}}
    assert register.ask("query($id: ID!) { node(id: $id) { id } }", id=request_id(9)) == {"node": None}


def test_a_number_that_two_agencies_have_is_ambiguous(register: World, writer: Writer) -> None:
    clerk = Clerk(7)
    first, _ = received(6, "2018-06-04", agency_id(2))
    tell_at_once(writer, [first, clerk.register(request_id(6), number="2018-1", on="2018-06-04")])
    register.follow()
    assert register.reason(ONE, number="2018-1") == ("BAD_USER_INPUT", "AMBIGUOUS")
    assert one(register, 1, agency=AGENCY)["id"] == request_id(1)


@pytest.mark.parametrize(
    "chosen, shown",
    [
        ({}, ["2018-4", "2018-3", "2018-1", "2018-2"]),
        ({"agencies": [AGENCY]}, ["2018-3", "2018-1", "2018-2"]),
        ({"states": ["PAUSED", "IN_PROGRESS"]}, ["2018-4", "2018-3"]),
        ({"states": []}, []),
        ({"receivedOn": {"from": "2018-04-03", "to": "2018-04-30"}}, ["2018-1"]),
        ({"outcomes": ["granted"]}, ["2018-1"]),
        ({"late": True}, ["2018-4", "2018-2"]),
        ({"late": False}, ["2018-3", "2018-1"]),
        ({"late": True, "agencies": [AGENCY]}, ["2018-2"]),
    ],
)
def test_a_filter_chooses_requests(register: World, chosen: dict[str, object], shown: list[str]) -> None:
    found = listed(register, filter=chosen)
    assert numbers(found) == shown
    assert found["totalCount"] == len(shown)


@pytest.mark.parametrize("size", [1, 3])
def test_pages_forward_and_back_are_the_list(register: World, size: int) -> None:
    whole = numbers(listed(register))
    after, walked = None, []
    for start in range(0, 4, size):
        page = listed(register, first=size, after=after)
        walked += numbers(page)
        after = page["pageInfo"]["endCursor"]
        assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (start + size < 4, start > 0)
    assert walked == whole
    before, walked = None, []
    for start in range(0, 4, size):
        page = listed(register, last=size, before=before)
        walked = numbers(page) + walked
        before = page["pageInfo"]["startCursor"]
        assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (start + size < 4, start > 0)
    assert walked == whole


def test_a_cursor_belongs_to_its_filter(register: World) -> None:
    after = listed(register, first=1)["pageInfo"]["endCursor"]
    assert register.reason(LIST, filter={"late": True}, after=after) == ("BAD_USER_INPUT", "BAD_CURSOR")


def test_another_calendar_recomputes_what_is_asked_now_and_not_what_was_asked_then(
    register: World, writer: Writer
) -> None:
    ask = """query($p: Position!) { archive(asOf: {position: $p}) { request(number: "2018-2") {
      due { dueOn lateBy calendars } } } }"""
    before = register.ask("{ archive { position } }")["archive"]["position"]
    tell_at_once(
        writer,
        [
            AdoptCalendar(
                id="f" * 32,
                by="role:administrator",
                calendar=calendar_id(NATION),
                region=NATION,
                year=2018,
                reason="recorded-wrongly",
                days_off=[
                    day("2018-04-05"),
                    day("2018-04-06"),
                    day("2018-04-24"),
                    day("2018-04-30"),
                    day("2018-05-01"),
                ],
                working_weekends=[day("2018-04-08"), day("2018-04-28")],
            )
        ],
    )
    register.follow()
    then, now = (register.ask(ask, p=position)["archive"]["request"]["due"] for position in (before, before + 1))
    assert then == {"dueOn": "2018-04-24", "lateBy": 5, "calendars": ["2018.1"]}
    assert now == {"dueOn": "2018-04-25", "lateBy": 4, "calendars": ["2018.2"]}


def test_a_page_of_requests_is_a_handful_of_statements(register: World) -> None:
    with register.statements() as statements:
        register.ask(
            "{ archive { requests(first: 4) { nodes { number agency { name } steps { on } due { dueOn } } } } }"
        )
    # The requests, their agencies and their steps; the calendars are read from the log.
    assert len([one for one in statements if "FROM requests_" in one or "FROM agencies_" in one]) == 3


def test_extended_and_answered_requests_are_in_progress(register: World, writer: Writer) -> None:
    request = request_id(3)
    tell_at_once(
        writer,
        [
            RecordThirdPartyAnswer(
                id="a" * 32, by=BY, request=request, party=1, answered_on=day("2018-06-08"), answer="consents"
            ),
            ExtendRequest(
                id="b" * 32,
                by=BY,
                request=request,
                approved_on=day("2018-06-11"),
                consent="information-office-head",
                working_days=10,
                noticed_on=day("2018-06-11"),
            ),
        ],
    )
    register.follow()
    found = one(register, 3)
    assert (found["state"], found["due"]["days"], found["due"]["provisional"]) == ("IN_PROGRESS", 25, False)
    assert [day_["on"] for day_ in found["due"]["explanation"] if day_["kind"] == "PAUSED"] == [
        "2018-06-06",
        "2018-06-07",
        "2018-06-08",
    ]
