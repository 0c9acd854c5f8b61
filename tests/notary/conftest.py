"""An archive whose entries are folded, its notary, and a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from archive.checkpoints.store import Checkpoints, Stored
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.notary.publish import publish
from archive.notary.signer import Promise, Signer
from archive.projections.runner import Projections, Reader
from stories import NOON, ORIGIN, Clerk, Home, a_bureau, tell

SECTIONS = 3


@dataclass
class Office:
    """Everything that publishes."""

    home: Home
    log: Log
    writer: Writer
    projections: Projections
    reader: Reader
    checkpoints: Checkpoints
    signer: Promise
    clerk: Clerk = field(default_factory=Clerk)
    begun: bool = False

    def append(self) -> int:
        """Something happens and is folded; the new head."""
        if not self.begun:
            self.begun = True
            tell(self.writer, a_bureau(self.clerk))
        else:
            tell(self.writer, [self.clerk.open_section(f"section-{self.log.head()}")])
        return self.projections.follow()

    def publish(self) -> Stored:
        return publish(self.log, self.reader, self.checkpoints, self.signer, now=lambda: NOON)


@pytest.fixture
def signer(home: Home) -> Signer:
    return Signer(home.folder / "notary", origin=ORIGIN)


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer, signer: Signer) -> Iterator[Office]:
    folder = home.folder / "projections"
    projections = Projections(folder, log, disclosures)
    projections.follow()
    with closing(Reader(folder)) as reader, home.open_checkpoints() as checkpoints:
        yield Office(home, log, writer, projections, reader, checkpoints, signer)


Attack = Callable[[Office], None]
