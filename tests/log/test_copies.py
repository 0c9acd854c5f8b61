"""A log that was copied is the same log, whichever database it came from and wherever it went."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest

from archive.audit.roots import check_root
from archive.domain.errors import Refused
from archive.log import copies
from archive.log.copies import Copied, copy
from archive.storage.contract import Row, Storage
from stories import BACKENDS, Clerk, Home, a_small_archive

PAIRS = list(product(sorted(BACKENDS), repeat=2))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "BATCH", 7)


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]}-to-{pair[1]}")
def homes(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Home, Home]:
    """An archive in which something has happened, and an empty log."""
    one, other = (Home.create(tmp_path / str(n), BACKENDS[name]) for n, name in enumerate(request.param))
    with one.opened() as (writer, _, _):
        for command in a_small_archive(Clerk()):
            writer.handle(command)
    return one, other


@pytest.fixture
def logs(homes: tuple[Home, Home]) -> Iterator[tuple[Storage, Storage]]:
    with ExitStack() as opened:
        one, other = (opened.enter_context(home.open_log()) for home in homes)
        yield one.storage, other.storage


def everything(log: Storage) -> list[Row]:
    return log.read(after=0, limit=10_000)


def test_a_copy_has_the_same_bytes_commands_and_root(homes: tuple[Home, Home]) -> None:
    one, other = homes
    with one.open_log() as log, other.open_log() as there:
        seen: list[int] = []
        copied = copy(log.storage, there.storage, progress=seen.append)
        assert everything(there.storage) == everything(log.storage)
        ids = {entry.cmd for entry in log.entries(after=0, limit=10_000)}
        assert there.commands(ids) == log.commands(ids)
        assert len(there.commands(ids)) == len(ids)
        root = check_root(there, until=there.head(), claims=(), report=lambda _: None).root
        assert copied == Copied(log.head(), log.head(), root)
        assert (seen, seen[-1]) == (sorted(seen), log.head())
    with other.opened() as (writer, log, _):
        head = log.head()
        commands = a_small_archive(Clerk())
        assert writer.handle(commands[0]).repeated, "what was done there is known here"
        assert log.head() == head


def test_a_copy_that_was_interrupted_goes_on(logs: tuple[Storage, Storage]) -> None:
    one, other = logs
    head, there = one.head(), 0
    for stop in (3, 1, 2):

        def interrupted(_: int, left: list[int] = [stop]) -> None:  # noqa: B006 - counted down across calls
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy(one, other, progress=interrupted)
        there = other.head()
        assert 0 < there < head
    done = copy(one, other)
    assert (done.head, done.entries) == (head, head - there)
    assert copy(one, other) == Copied(head, 0, done.root), "once more changes nothing"
    assert everything(other) == everything(one)


def test_another_log_is_not_written_over(logs: tuple[Storage, Storage]) -> None:
    one, other = logs
    first = everything(one)[0]
    with other.write() as write:
        write.append([first._replace(entry=first.entry + b" ")], [])
    with pytest.raises(Refused) as refused:
        copy(one, other)
    assert (refused.value.code, refused.value.facts["position"]) == ("LOG-016", 1)
    assert other.head() == 1


def test_a_log_that_is_ahead_is_not_taken_for_a_copy(logs: tuple[Storage, Storage]) -> None:
    one, other = logs
    with pytest.raises(Refused) as refused:
        copy(other, one)
    assert (refused.value.code, refused.value.facts["position"]) == ("LOG-016", 1)


def test_commands_that_are_missing_there_are_noticed(logs: tuple[Storage, Storage]) -> None:
    one, other = logs
    with other.write() as write:
        write.append(everything(one)[:3], [])
    with pytest.raises(Refused) as refused:
        copy(one, other)
    assert refused.value.code == "LOG-016"
