"""The tale, told once a test, with its oracle and a folder of projections that has followed it."""

from collections.abc import Iterator

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.log.log import Log
from archive.projections.runner import Projections, Reading
from projections.oracle import Told, told
from projections.tale import reading, tell_the_tale
from stories import Clock, Home


@pytest.fixture
def projections(home: Home, log: Log, disclosures: Disclosures) -> Projections:
    """The projections of an archive, not yet folded."""
    return Projections(home.folder / "projections", log, disclosures)


@pytest.fixture
def tale(writer: Writer, clock: Clock, log: Log, disclosures: Disclosures) -> Told:
    """Everything that happens in the tale."""
    tell_the_tale(writer, clock)
    return told(log, disclosures)


@pytest.fixture
def folded(tale: Told, projections: Projections) -> Iterator[Reading]:
    """A reading of the tale, folded up to its head."""
    projections.follow()
    with reading(projections.folder) as one:
        yield one
