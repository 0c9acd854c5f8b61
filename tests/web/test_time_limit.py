"""An answer that takes too long is given up with 503 and a code, whichever way it is made, and nothing of it is kept."""

import pytest
from starlette.testclient import TestClient

from api.world import World
from archive.api.answers import Answers, Outcome, Question
from archive.api.reads import Sources
from archive.web.app import create_app
from stories import ORIGIN

TITLES = "{ archive { items(first: 20) { totalCount nodes { id title } } } }"


def in_no_time(world: World) -> Sources:
    """The same archive, of which nothing can be read in time."""
    whole = world.sources
    return Sources(
        log=whole.log, disclosures=whole.disclosures, projections=world.projections.folder, answer_seconds=1e-9
    )


@pytest.mark.parametrize("planned", [True, False])
def test_an_answer_out_of_time_is_no_answer(world: World, *, planned: bool) -> None:
    world.follow()
    answers = Answers(in_no_time(world), planned=planned)
    answer = answers.answer(Question(TITLES), language="en", request_id="r1")
    assert answer.outcome is Outcome.UNAVAILABLE
    (error,) = answer.body["errors"]
    assert error["extensions"]["code"] == "LIMIT_TIME"
    assert "data" not in answer.body


def test_whoever_asked_is_told_with_503_on_pages_too(world: World) -> None:
    world.follow()
    with TestClient(create_app(in_no_time(world), origin=ORIGIN)) as site:
        answer = site.post("/graphql", json={"query": TITLES})
        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
        page = site.get("/search?q=预算")
        assert page.status_code == 503
        assert "PRJ-016" in page.text
