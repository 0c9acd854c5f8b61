"""Every command there is, and the one place that sends a command to the rules of its stream."""

from __future__ import annotations

from typing import get_args

from archive.domain import agencies, items, requests
from archive.domain.agencies import Agency, AgencyCommand
from archive.domain.codes import Command, Event
from archive.domain.facts import Facts
from archive.domain.items import Item, ItemCommand
from archive.domain.requests import Request, RequestCommand

AnyCommand = AgencyCommand | ItemCommand | RequestCommand
State = Agency | Item | Request

# The name on the wire -> class.
COMMANDS: dict[str, type[Command]] = {
    command.__struct_config__.tag: command
    for union in (AgencyCommand, ItemCommand, RequestCommand)
    for command in get_args(union)
}


def decide(state: State | None, command: AnyCommand, facts: Facts) -> tuple[Event, ...]:
    """The events that fulfil the command, or `Refused`; the state is that of the command's stream."""
    match command.STREAM:
        case "agency":
            return agencies.decide(state, command, facts)  # type: ignore[arg-type] # the stream's kind fixes both
        case "item":
            return items.decide(state, command, facts)  # type: ignore[arg-type] # the stream's kind fixes both
        case _:
            return requests.decide(state, command, facts)  # type: ignore[arg-type] # the stream's kind fixes both


def evolve(kind: str, state: State | None, event: Event) -> State | None:
    """The state of a stream of this kind after the event; a batch has none."""
    match kind:
        case "agency":
            return agencies.evolve(state, event)  # type: ignore[arg-type] # the stream's kind fixes both
        case "item":
            return items.evolve(state, event)  # type: ignore[arg-type] # the stream's kind fixes both
        case "request":
            return requests.evolve(state, event)  # type: ignore[arg-type] # the stream's kind fixes both
        case _:
            return None
