"""A question that must be answered at a position at least, such as that of what was just written elsewhere."""

import asyncio
from collections.abc import Iterator

import pytest

from api.world import Json
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.web.arrivals import MAX_WAITING, Arrivals
from stories import Home
from web.office import Office, an_office


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    with an_office(home, log, disclosures, writer) as made:
        yield made


def asked(office: Office, position: int) -> Json:
    answer = office.site.post("/graphql", json={"query": f"{{ archive(atLeast: {position}) {{ position head }} }}"})
    assert answer.status_code == 200
    return answer.json()


def test_a_position_that_is_reached_is_not_waited_for(office: Office) -> None:
    head = office.log.head()
    assert asked(office, head) == {"data": {"archive": {"position": head, "head": head}}}
    assert asked(office, 0) == {"data": {"archive": {"position": head, "head": head}}}


def test_a_position_that_is_not_reached_in_time_is_an_error_that_says_how_far_the_node_is(office: Office) -> None:
    head = office.log.head()
    body = asked(office, head + 1)
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "POSITION_AWAITED"
    assert (error["extensions"]["position"], error["extensions"]["head"]) == (head + 1, head)


def test_whoever_waits_is_answered_when_the_position_is_published(office: Office) -> None:
    head = office.log.head()
    office.writer.handle(office.clerk.open_section("s9"))
    told: list[str] = []

    async def written_meanwhile() -> None:
        arrivals = Arrivals(office.world.sources, seconds=60)

        async def one(name: str, position: int) -> None:
            await arrivals.reach(position)
            told.append(name)

        async with asyncio.TaskGroup() as group:
            there = group.create_task(one("there", head))
            new = group.create_task(one("new", head + 1))
            # What is written and not signed is not there yet.
            await there
            assert not new.done()
            office.publish()

    asyncio.run(written_meanwhile())
    assert told == ["there", "new"]
    assert asked(office, head + 1) == {"data": {"archive": {"position": head + 1, "head": head + 1}}}


def test_no_more_wait_than_so_many(office: Office) -> None:
    head = office.log.head()

    async def too_many() -> None:
        arrivals = Arrivals(office.world.sources, seconds=60)
        waiting = [asyncio.create_task(arrivals.reach(head + 1)) for _ in range(MAX_WAITING)]
        await asyncio.wait(waiting, timeout=0)
        # It returns at once, and the one who asked is told what there is.
        await arrivals.reach(head + 1)
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()

    asyncio.run(too_many())
