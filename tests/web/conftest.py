"""The small archive of the stories, as a web site."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.world import World, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.intake.bureau_2018 import build_bureau
from archive.log.log import Log
from archive.web.app import create_app
from stories import BACKENDS, ORIGIN, Clerk, Home, a_small_archive, tell


def site_of(world: World) -> TestClient:
    """A client of the site; a bug becomes its answer, as it would for a stranger."""
    return TestClient(create_app(world.sources, origin=ORIGIN), raise_server_exceptions=False)


@pytest.fixture
def world(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """A bureau with three public items, a draft and a request: 49 entries."""
    tell(writer, a_small_archive(Clerk()))
    return world_of(home, log, disclosures)


@pytest.fixture
def site(world: World) -> Iterator[TestClient]:
    with site_of(world) as client:
        yield client


@pytest.fixture
def empty_site(home: Home, log: Log, disclosures: Disclosures) -> Iterator[TestClient]:
    """A site of an archive in which nothing has happened."""
    with site_of(world_of(home, log, disclosures)) as client:
        yield client


@pytest.fixture(scope="session")
def bureau_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The site of the founding bureau of 2018. Built once; nobody writes into it."""
    home = Home.create(tmp_path_factory.mktemp("bureau") / "home", BACKENDS["sqlite"])
    with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
        build_bureau(log, disclosures, vault)
        with site_of(world_of(home, log, disclosures)) as client:
            yield client
