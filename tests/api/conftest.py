"""The small archive of the stories, asked through the API."""

import pytest

from api.world import World, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from stories import Clerk, Home, a_small_archive, tell


@pytest.fixture
def empty(home: Home, log: Log, disclosures: Disclosures) -> World:
    """An archive in which nothing has happened."""
    return world_of(home, log, disclosures)


@pytest.fixture
def world(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """A bureau with three public items, a draft and a request."""
    tell(writer, a_small_archive(Clerk()))
    return world_of(home, log, disclosures)
