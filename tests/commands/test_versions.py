"""A log that was begun with older versions of events goes on, and what stands in it stays as it is."""

from datetime import UTC, date, datetime

import pytest

from archive.commands import Writer
from archive.domain.errors import Refused
from archive.domain.request_intake import RequestReceived, RequestReceivedV1, RequestRegistered
from archive.domain.request_replies import ReplyDecided, ReplyDecidedV1
from archive.domain.reviews import ReviewConcluded, ReviewLevelPassed, ReviewLevelPassedV1, ReviewOpened
from archive.log.entry import is_canonical
from archive.log.log import Log
from stories import AGENCY, Clerk, a_bureau, item_id, request_id, tell

REQUEST = request_id()


def write_as_before(log: Log) -> None:
    """What the program of version 1 wrote about a request that it received and decided."""
    with log.write() as write:
        at = write.moment(datetime(2018, 12, 11, 4, tzinfo=UTC))
        write.append(
            (
                RequestReceivedV1(
                    agency=AGENCY, received_on=date(2018, 9, 3), channel="letter", applicant_kind="natural-person"
                ),
                RequestRegistered(registered_on=date(2018, 9, 3), number="2018-1"),
                ReplyDecidedV1(decided_on=date(2018, 9, 20), outcomes=["granted"]),
            ),
            stream=REQUEST,
            version=0,
            prev=None,
            at=at,
            by="role:information-officer",
            command_id="9" * 32,
            digest=b"\x09" * 32,
        )


def test_request_of_version_1_goes_on_and_its_bytes_stay(writer: Writer, log: Log) -> None:
    clerk = Clerk()
    tell(writer, a_bureau(clerk))
    write_as_before(log)
    before = log.rows(after=0, limit=100)

    with pytest.raises(Refused) as refused:
        writer.handle(clerk.deliver(REQUEST, on="2018-09-21"))
    assert refused.value.facts == {"stage": "decided", "expected": "dispatched"}
    tell(writer, [clerk.dispatch(REQUEST, on="2018-09-21"), clerk.deliver(REQUEST, on="2018-09-24")])

    rows = log.rows(after=0, limit=100)
    assert rows[: len(before)] == before
    entries = log.entries(after=0, limit=100)
    assert all(is_canonical(entry, row.entry) for entry, row in zip(entries, rows, strict=True))
    received, _, decided, *_ = [entry.event for entry in log.history(REQUEST)]
    assert isinstance(received, RequestReceived)
    assert isinstance(decided, ReplyDecided)
    assert received.co_applicants == 0


def test_review_of_version_1_goes_on_and_its_last_level_concludes_it(writer: Writer, log: Log) -> None:
    clerk, item = Clerk(), item_id()
    tell(writer, [*a_bureau(clerk), clerk.draft(item), clerk.open_review(item, on="2018-03-10")])
    opened = log.history(item)[-1]
    assert isinstance(opened.event, ReviewOpened)
    with log.write() as write:
        at = write.moment(datetime(2018, 12, 11, 4, tzinfo=UTC))
        write.append(
            [ReviewLevelPassedV1(level=level, passed_on=date(2018, 3, 11), text=opened.event.text) for level in (1, 2)],
            stream=item,
            version=opened.version,
            prev=opened.position,
            at=at,
            by="role:reviewer",
            command_id="8" * 32,
            digest=b"\x08" * 32,
        )
    before = log.rows(after=0, limit=100)

    tell(writer, [clerk.pass_review(item, 3, on="2018-03-12"), clerk.publish(item, on="2018-03-13")])

    assert log.rows(after=0, limit=100)[: len(before)] == before
    first, _, _, concluded, _ = [entry.event for entry in log.history(item)][2:]
    assert isinstance(first, ReviewLevelPassed)
    assert isinstance(concluded, ReviewConcluded)
    assert concluded.conclusion == "cleared"
