"""A server that a test may kill."""

import os
from collections.abc import Iterator

import pytest

from storage.server import Server, new_folder


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server of one test's own, which may die. Elsewhere than the others: a socket's path must be short."""
    if "ARCHIVE_TEST_POSTGRES" in os.environ:
        pytest.skip("a server that is somebody else's is not killed")
    own = Server(new_folder())
    yield own
    own.stop()
