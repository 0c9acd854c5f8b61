"""Queries go on while the projections are rebuilt and the log grows."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from archive.cli import home as homes
from archive.projections.runner import Reader
from faults.homes import (
    ARCHIVE,
    Answer,
    answer_of,
    copy_of,
    digests_of,
    environment,
    followed,
    head_of,
    published,
    read,
    rebuilt,
    run,
    told_home,
    writing,
)
from stories import Clerk, a_published_item, a_small_archive, item_id

REBUILDS: Final = 4
ITEMS: Final = 150
QUERY: Final = "{archive{position items(first:1){totalCount} counts(years:[2018]){year measure value}}}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with enough in it for a rebuild to take a while."""
    clerk = Clerk()
    story = a_small_archive(clerk)
    for number in range(100, 100 + ITEMS):
        story += a_published_item(clerk, item_id(number))
    folder = told_home(tmp_path_factory.mktemp("serving") / "home", story)
    followed(folder)
    return folder


def test_readers_are_answered_all_the_time_and_never_go_back(home: Path, tmp_path: Path) -> None:
    """Goal: a rebuild is seen by nobody. Method: two readers in threads, rebuilds in processes, drafts in between."""
    folder = copy_of(home, tmp_path / "home")
    with asking(lambda: a_reader(folder)) as answers:
        rebuild_and_draft(folder)
    must_agree(answers, answer_of(home))
    must_be_the_same_tables(folder, tmp_path)


def test_a_site_answers_all_the_time_and_never_goes_back(home: Path, tmp_path: Path) -> None:
    """Goal: the same, seen from outside. Method: `archive serve` in a process, which follows, and HTTP."""
    folder = copy_of(home, tmp_path / "home")
    published(folder)
    with served(folder) as address:
        with asking(lambda: a_client(address)) as answers:
            rebuild_and_draft(folder)
        must_agree(answers, answer_of(home))
    must_be_the_same_tables(folder, tmp_path)


def rebuild_and_draft(folder: Path) -> None:
    """Rebuild several times in other processes; between two of them the log grows by what is not counted."""
    clerk = Clerk(5)
    for number in range(REBUILDS):
        done = run(["--home", str(folder), "--json", "projection", "rebuild"], cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        with writing(folder) as writer:
            writer.handle(clerk.draft(item_id(900 + number)))


def must_agree(answers: list[list[Answer]], first: Answer) -> None:
    """Everyone was answered, with the figures of the beginning, at positions that grow."""
    for told in answers:
        assert len(told) > REBUILDS
        positions = [answer.head for answer in told]
        assert positions == sorted(positions)
        assert positions[0] >= first.head
        assert {answer.items for answer in told} == {first.items}
        assert all(answer.counts == first.counts for answer in told)


def must_be_the_same_tables(folder: Path, tmp_path: Path) -> None:
    """What serves in the end is what a rebuild in quiet gives."""
    assert followed(folder) == head_of(folder)
    assert digests_of(folder) == rebuilt(copy_of(folder, tmp_path / "quiet"))


# --- who asks -----------------------------------------------------------------------------------------------------------
@contextmanager
def asking(start: Callable[[], Iterator[Answer]]) -> Iterator[list[list[Answer]]]:
    """Inside, two threads ask again and again; afterwards the list holds what each was told."""
    done = threading.Event()
    answers: list[list[Answer]] = []

    def ask() -> list[Answer]:
        told = []
        with closing(start()) as source:  # type: ignore[type-var] # generators can be closed
            for answer in source:
                told.append(answer)
                if done.is_set():
                    return told
        return told

    with ThreadPoolExecutor(2) as pool:
        askers: list[Future[list[Answer]]] = [pool.submit(ask) for _ in range(2)]
        try:
            yield answers
        finally:
            done.set()
        answers += [asker.result(timeout=60) for asker in askers]


def a_reader(folder: Path) -> Iterator[Answer]:
    with closing(Reader(folder / homes.PROJECTIONS)) as reader:
        while True:
            yield read(reader)


def a_client(address: str) -> Iterator[Answer]:
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=30)) as connection:
        while True:
            body = json.dumps({"query": QUERY})
            connection.request("POST", "/graphql", body, {"content-type": "application/json"})
            response = connection.getresponse()
            told = json.loads(response.read())
            assert (response.status, told.get("errors")) == (200, None)
            at = told["data"]["archive"]
            # The site shows what counts nothing as well, as zero.
            counts = {(row["year"], row["measure"]): row["value"] for row in at["counts"] if row["value"]}
            yield Answer(at["position"], at["items"]["totalCount"], counts)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`archive serve` on a free port; its address."""
    words = [*ARCHIVE, "--home", str(folder), "--json", "serve", "--port", "0"]
    with subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()
            yield json.loads(line)["address"]
            process.terminate()
            _, err = process.communicate(timeout=30)
            assert (process.returncode, err) == (0, "")
        finally:
            process.kill()
