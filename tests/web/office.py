"""A site of which nothing is seen that is not signed, and who publishes behind it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from starlette.testclient import TestClient

from api.world import World, world_of
from archive.checkpoints.store import Checkpoints, Stored
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.notary.publish import publish
from archive.notary.signer import Signer
from archive.projections.runner import Reader
from stories import NOON, ORIGIN, Clerk, Home, a_small_archive, tell
from web.conftest import site_of


@dataclass
class Office:
    """A site, and who publishes behind it."""

    site: TestClient
    world: World
    home: Home
    log: Log
    writer: Writer
    checkpoints: Checkpoints
    clerk: Clerk

    def publish(self) -> Stored:
        signer = Signer(self.home.folder / "notary", origin=ORIGIN)
        self.world.follow()
        with closing(Reader(self.home.folder / "projections")) as reader:
            return publish(self.log, reader, self.checkpoints, signer, now=lambda: NOON)

    def get(self, path: str) -> bytes:
        answer = self.site.get(path)
        assert answer.status_code == 200, path
        return answer.content


@contextmanager
def an_office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    """The small archive of the stories, published."""
    clerk = Clerk()
    tell(writer, a_small_archive(clerk))
    with home.open_checkpoints() as checkpoints:
        world = world_of(home, log, disclosures, checkpoints)
        with site_of(world) as site:
            office = Office(site, world, home, log, writer, checkpoints, clerk)
            office.publish()
            yield office
