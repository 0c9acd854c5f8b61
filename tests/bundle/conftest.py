"""A small archive of several tiles: items of each fate, requests of each receipt, an erasure; as parts of a bundle."""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from archive.commands import Writer
from archive.domain.commands import AnyCommand
from archive.domain.erasures import Erase
from archive.domain.items import ClassifyItem
from archive.projections.runner import Projections, Reader
from bundle.made import SCRIPT, Made, made_from
from stories import BACKENDS, NOON, Clerk, Clock, Home, a_published_item, a_small_archive, item_id, request_id, tell

FIRST, SECOND, HIDDEN, ERASED, ON_REQUEST, LAST = (item_id(number) for number in (1, 2, 11, 12, 13, 14))
# More than a tile.
SECTIONS = 300


def early(clerk: Clerk) -> Iterator[AnyCommand]:
    """What was recorded at noon."""
    yield from a_small_archive(clerk)
    yield from a_published_item(clerk, HIDDEN)
    yield clerk.withdraw(HIDDEN, on="2018-07-02", ground="personal-privacy")
    yield from a_published_item(clerk, ERASED)
    yield clerk.draft(ON_REQUEST, mode="on-request")
    yield from clerk.review(ON_REQUEST, on="2018-03-12")
    yield clerk.publish(ON_REQUEST, on="2018-03-14")
    yield ClassifyItem(id="c" * 32, by="role:clerk", item=FIRST, scheme="genre", code="plan")
    yield clerk.receive(request_id(2), on="2018-10-08", channel="online", receipt="awaits-confirmation")
    yield clerk.confirm(request_id(2), on="2018-11-09")
    yield clerk.receive(request_id(3), on="2018-10-08", channel="fax", receipt="awaits-confirmation")
    for number in range(SECTIONS):
        yield clerk.open_section(f"section-{number}")


def late(clerk: Clerk) -> Iterator[AnyCommand]:
    """What was recorded an hour later."""
    yield from a_published_item(clerk, LAST)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = Home.create(tmp_path_factory.mktemp("bundle") / "home", BACKENDS["sqlite"])
    clock, clerk = Clock(NOON), Clerk()
    with home.opened(clock=clock) as (writer, log, disclosures):
        _tell(writer, early(clerk))
        writer.handle(Erase(id="e" * 32, by="role:administrator", stream=ERASED, field="text", basis="pipl-47-3"))
        disclosures.destroy(disclosures.erased_by(disclosures.unfinished(head=log.head())))
        before = log.head()
        clock.move(timedelta(hours=1))
        _tell(writer, late(clerk))
        projections = Projections(home.folder / "projections", log, disclosures)
        projections.follow()
        with closing(Reader(projections.folder)) as reader:
            return made_from(log, disclosures, reader, signed=[(1, 0), (100, 1), (256, 1), (before, 30), (before, 40)])


def _tell(writer: Writer, story: Iterator[AnyCommand]) -> None:
    tell(writer, story)


@pytest.fixture(scope="session")
def files(made: Made) -> dict[str, bytes]:
    """The files of the bundle as they should be."""
    return made.files()


@pytest.fixture(scope="session")
def script() -> ModuleType:
    """The script as a module, to ask its functions."""
    spec = spec_from_file_location("verify_bundle", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["verify_bundle"] = module
    spec.loader.exec_module(module)
    return module
