"""The machine over one request."""

from typing import get_args

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from archive.domain.requests import RequestEvent
from stateful.request_machine import REACHED, RequestMachine


def test_request_keeps_its_rules_whatever_is_tried() -> None:
    """Goal: domain.md 2.3 as invariants. Method: drawn commands and days; the clock and the history are looked at after each."""
    run_state_machine_as_test(RequestMachine, settings=settings(max_examples=250, stateful_step_count=25))
    assert {event.TYPE for event in get_args(RequestEvent)} == REACHED
