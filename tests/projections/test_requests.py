"""The register of requests, as of every position, against the rules folded from the first entry on."""

from dataclasses import replace

from archive.domain import requests as rules
from archive.domain.erasures import Erased
from archive.domain.request_intake import RequestReceived, RequestRegistered
from archive.domain.request_replies import ReplyDecided
from archive.domain.requests import Request, RequestEvent
from archive.projections import requests
from archive.projections.requests import RequestFilter
from archive.projections.runner import Reading
from projections.oracle import Told


def folded_at(tale: Told, position: int) -> dict[str, tuple[Request, str | None, list[str], int]]:
    """Each request: its state, number, outcomes, and how many steps it took."""
    found: dict[str, tuple[Request, str | None, list[str], int]] = {}
    for entry in tale.entries[:position]:
        if not entry.stream.startswith("request-") or isinstance(entry.event, Erased):
            continue
        event: RequestEvent = entry.event  # type: ignore[assignment] # by its stream it is one of a request
        state, number, outcomes, steps = found.get(entry.stream, (None, None, [], 0))
        if isinstance(event, RequestRegistered):
            number = event.number
        if isinstance(event, ReplyDecided):
            outcomes = list(event.outcomes)
        found[entry.stream] = (rules.evolve(state, event), number, outcomes, steps + 1)
    return found


def test_the_register_is_what_the_rules_fold_as_of_every_position(tale: Told, folded: Reading) -> None:
    assert any(isinstance(entry.event, RequestReceived) for entry in tale.entries)
    for position in tale.positions:
        rows = requests.requests(folded.db, as_of=position, where=RequestFilter())
        expected = folded_at(tale, position)
        steps = requests.steps(folded.db, as_of=position, requests=[row.position for row in rows])
        shown = {row.id: (row.clock, row.number, row.outcomes, len(steps[row.position])) for row in rows}
        assert shown == {
            request: (state.clock, number, outcomes, count)
            for request, (state, number, outcomes, count) in expected.items()
        }
        assert all(row.agency == expected[row.id][0].agency for row in rows)
        assert [row.received_on for row in rows] == sorted([row.received_on for row in rows], reverse=True)


def test_a_clock_that_was_kept_is_the_one_that_was_folded(tale: Told, folded: Reading) -> None:
    for row in requests.requests(folded.db, as_of=folded.head, where=RequestFilter()):
        assert replace(row.clock) == row.clock
        assert row.clock.regime.code == "R2008"
