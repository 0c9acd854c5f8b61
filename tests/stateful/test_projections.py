"""The machine over projections, from an archive with two bureaus on."""

from typing import Final

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from stateful.lives import AGENCIES
from stateful.projections_machine import STEPS, ProjectionsMachine
from stories import Clerk, Home, a_bureau, tell

# Of how many steps a run must consist, and how often each of them must have happened: a rule that is nearly never obeyed
# shows nothing.
LEAST_STEPS: Final = 2_000
LEAST_OF_EACH: Final = 5


@pytest.mark.timeout(1_200)
def test_projections_answer_as_a_plain_fold_does_whatever_happens(home: Home) -> None:
    """Goal: promises 3 and 5. Method: a story, follows, rebuilds, erasures and deaths in any order; a plain fold beside."""
    with home.opened() as (writer, _, _):
        for agency in AGENCIES:
            tell(writer, a_bureau(Clerk(int(agency[-1])), agency))
    # A short example draws other rules than the one before it; some steps have nothing to do, and are not counted.
    longer = settings(max_examples=3 * settings().max_examples)
    STEPS.clear()
    run_state_machine_as_test(lambda: ProjectionsMachine(home), settings=longer)  # type: ignore[arg-type] # any factory of a machine will do
    assert STEPS.total() >= LEAST_STEPS, STEPS
    assert min(STEPS.values()) >= LEAST_OF_EACH, STEPS
