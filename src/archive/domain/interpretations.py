"""A policy interpretation (政策解读): one piece that explains a published item, or a press conference or interview.

Rules
- It names the item that it interprets, of the same agency and published; a press conference or an interview may be about
  no item of ours.
- Each piece is counted by its form: articles, press conferences, online interviews (form of 2014, row 二). What answers
  a hot issue is counted with the issue instead.
- It was published, so its title is public.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting, must_show_on
from archive.domain.codes import AgencyId, Code, Command, Event, InterpretationId, ItemId, Seal, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.items import Item

InterpretationForm = Literal["article", "figure", "video", "questions", "press-conference", "online-interview"]
# Where the form tells nothing of an item.
EVENTS: Final[frozenset[InterpretationForm]] = frozenset({"press-conference", "online-interview"})


# --- text -------------------------------------------------------------------------------------------------------------
class InterpretationText(Text, frozen=True, kw_only=True):
    """The title of a piece and, where it has one, its address."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class InterpretationPublished(Event, frozen=True, kw_only=True):
    """The agency explained a policy in public. `by_head`: its head took part."""

    TYPE: ClassVar[str] = "interpretation-published"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    published_on: date
    form: InterpretationForm
    by_head: bool
    item: ItemId | UnsetType = UNSET
    channel: Code | UnsetType = UNSET
    text: Seal


class InterpretationWithdrawn(Event, frozen=True, kw_only=True):
    """The piece is shown no longer; that it was published stays, and is counted."""

    TYPE: ClassVar[str] = "interpretation-withdrawn"

    withdrawn_on: date


InterpretationEvent = InterpretationPublished | InterpretationWithdrawn


# --- commands ---------------------------------------------------------------------------------------------------------
class PublishInterpretation(Command, tag="publish-interpretation", frozen=True, kw_only=True):
    """Enter an interpretation, press conference or interview."""

    STREAM: ClassVar[str] = "interpretation"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)
    REFERS: ClassVar[tuple[str, ...]] = ("item",)

    interpretation: InterpretationId
    agency: AgencyId
    published_on: date
    form: InterpretationForm
    by_head: bool
    item: ItemId | UnsetType = UNSET
    channel: Code | UnsetType = UNSET
    text: InterpretationText


class WithdrawInterpretation(Command, tag="withdraw-interpretation", frozen=True, kw_only=True):
    """Enter that an interpretation is shown no longer."""

    STREAM: ClassVar[str] = "interpretation"

    interpretation: InterpretationId
    withdrawn_on: date


InterpretationCommand = PublishInterpretation | WithdrawInterpretation


# --- state ------------------------------------------------------------------------------------------------------------
class Interpretation(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an interpretation."""

    agency: str
    published_on: date
    withdrawn_on: date | None


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(
    interpretation: Interpretation | None, command: InterpretationCommand, facts: Facts
) -> tuple[InterpretationEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case PublishInterpretation():
            if interpretation is not None:
                raise Refused("ITP-001", interpretation=command.interpretation)
            return (_published(command, facts),)
        case _ if interpretation is None:
            raise Refused("ITP-002", interpretation=command.interpretation)
        case WithdrawInterpretation(withdrawn_on=on):
            if interpretation.withdrawn_on is not None:
                raise Refused("ITP-005", on=interpretation.withdrawn_on)
            must_follow(on, interpretation.published_on, facts, field="withdrawn_on")
            return (InterpretationWithdrawn(withdrawn_on=on),)
        case _:
            assert_never(command)


def _published(command: PublishInterpretation, facts: Facts) -> InterpretationPublished:
    agency = acting(facts, command.agency, on=command.published_on)
    must_have_come(command.published_on, facts, field="published_on")
    if command.channel is not UNSET:
        must_show_on(agency, command.channel, on=command.published_on)
    if command.item is UNSET:
        if command.form not in EVENTS:
            raise Refused("ITP-003", form=command.form)
    else:
        item = facts.state_of(command.item, Item)
        if item is None:
            raise Refused("ITM-002", item=command.item)
        if item.agency != command.agency:
            raise Refused("ITP-004", item=command.item, agency=command.agency)
        if item.published_on is None:
            raise Refused("ITM-019")
        must_follow(command.published_on, item.published_on, facts, field="published_on")
    return InterpretationPublished(
        agency=command.agency,
        published_on=command.published_on,
        form=command.form,
        by_head=command.by_head,
        item=command.item,
        channel=command.channel,
        text=facts.seals["text"],
    )


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(interpretation: Interpretation | None, event: InterpretationEvent) -> Interpretation:
    """The interpretation after the event."""
    match event:
        case InterpretationPublished():
            return Interpretation(agency=event.agency, published_on=event.published_on, withdrawn_on=None)
        case InterpretationWithdrawn(withdrawn_on=on):
            assert interpretation is not None, "the first event of an interpretation is its publication"
            return replace(interpretation, withdrawn_on=on)
        case _:
            assert_never(event)
