"""The machine over one request."""

from typing import Final, get_args

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from archive.domain.requests import RequestEvent
from stateful.request_machine import REACHED, RequestMachine

# What a run may miss by chance: another field in a command makes other draws.
MISSED: Final = 3


def test_request_keeps_its_rules_whatever_is_tried() -> None:
    """Goal: domain.md 2.3 as invariants. Method: drawn commands and days; the clock and the history are looked at after each."""
    run_state_machine_as_test(RequestMachine, settings=settings(max_examples=250, stateful_step_count=25))
    # Were nearly everything refused, the machine would say nothing.
    missed = {event.TYPE for event in get_args(RequestEvent)} - REACHED
    assert len(missed) <= MISSED, missed
