"""The small archive of the stories, asked through the API."""

from collections.abc import Iterator

import pytest

from api.world import World, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.intake.bureau_2018 import build_bureau
from archive.log.log import Log
from stories import BACKENDS, Clerk, Home, a_small_archive, tell


@pytest.fixture(scope="session")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The founding bureau of 2018: 686 items and one request. Built once; nobody writes into it."""
    home = Home.create(tmp_path_factory.mktemp("bureau") / "home", BACKENDS["sqlite"])
    with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
        build_bureau(log, disclosures, vault)
        yield world_of(home, log, disclosures)


@pytest.fixture
def empty(home: Home, log: Log, disclosures: Disclosures) -> World:
    """An archive in which nothing has happened."""
    return world_of(home, log, disclosures)


@pytest.fixture
def world(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """A bureau with three public items, a draft and a request."""
    tell(writer, a_small_archive(Clerk()))
    return world_of(home, log, disclosures)
