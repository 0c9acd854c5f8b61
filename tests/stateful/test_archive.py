"""The machine, for each backend."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from stateful.archive_machine import ArchiveMachine
from stories import BACKENDS


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_archive_keeps_its_promises_whatever_is_sent(backend: str) -> None:
    """Goal: promises 1, 2, 3, 4, 6 and 7. Method: drawn commands to two writers, reopenings, rebuilds, clocks; a model beside."""
    # An example is an archive of its own with some hundred statements: fewer of them than of other properties.
    fewer = settings(max_examples=max(10, settings().max_examples // 4))
    run_state_machine_as_test(lambda: ArchiveMachine(BACKENDS[backend]), settings=fewer)  # type: ignore[arg-type] # any factory of a machine will do
