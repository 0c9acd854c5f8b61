"""The publisher goes on over those who are busy, and says why it stands still."""

import threading
from collections.abc import Callable, Iterator
from queue import Queue

import pytest
from starlette.testclient import TestClient

from api.world import World
from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.web.app import create_app
from archive.web.publisher import Publisher
from stories import ORIGIN

PATIENCE = 30


class Script:
    """What happens at each turn of the publisher; after the last one it stays as it is."""

    def __init__(self, *turns: BaseException | None) -> None:
        self._turns = list(turns)
        self.told: Queue[int] = Queue()
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        self.told.put(self.count)
        turn = self._turns.pop(0) if self._turns else None
        if turn is not None:
            raise turn


@pytest.fixture
def publishing() -> Iterator[Callable[[Script], Publisher]]:
    started = []

    def start(script: Script) -> Publisher:
        publisher = Publisher(script, seconds=0.001)
        started.append(publisher)
        publisher.start()
        return publisher

    yield start
    for one in started:
        one.stop()
    assert not any(thread.name == "publisher" for thread in threading.enumerate())


@pytest.mark.parametrize(
    "busy",
    [
        Refused("NTY-009", path="socket"),
        Refused("NTY-010", path="notary"),
        Refused("PRJ-003", projection="tree"),
        Refused("PRJ-007"),
        Refused("LOG-001", seconds=5),
    ],
    ids=lambda error: error.code,
)
def test_who_is_busy_is_asked_again(publishing: Callable[[Script], Publisher], busy: ArchiveError) -> None:
    script = Script(busy, busy)
    publisher = publishing(script)
    while script.told.get(timeout=PATIENCE) < 4:
        pass
    assert publisher.trouble is None


@pytest.mark.parametrize(
    "failure, code",
    [
        (Corrupt("NTY-003", size=1, promised=2), "NTY-003"),
        (Refused("NTY-001", path="notary"), "NTY-001"),
        (Refused("LOG-003", path="promise"), "LOG-003"),
        (ZeroDivisionError(), "INT-001"),
    ],
)
def test_any_other_trouble_ends_it_and_is_told_by_the_site(
    publishing: Callable[[Script], Publisher], world: World, failure: BaseException, code: str
) -> None:
    publisher = publishing(Script(None, failure))
    publisher.join(PATIENCE)
    assert publisher.trouble is not None
    assert publisher.trouble.code == code
    with TestClient(create_app(world.sources, origin=ORIGIN, trouble=lambda: publisher.trouble)) as site:
        answer = site.get("/healthz")
        assert (answer.status_code, answer.json()["ok"], site.get("/").status_code) == (503, False, 200)
