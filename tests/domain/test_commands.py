"""The rules as a whole: whatever is sent in whatever order, what is accepted keeps them, and what is refused does nothing."""

import copy
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from archive.domain import commands as rules
from archive.domain.agencies import Agency, ChannelRegistered
from archive.domain.codes import Command, Event
from archive.domain.commands import COMMANDS, AnyCommand, State
from archive.domain.errors import Refused
from archive.domain.events import STREAMS
from archive.domain.facts import NO_CALENDAR, Facts
from archive.domain.items import (
    ItemCorrected,
    ItemEvent,
    ItemPublished,
    ItemRestored,
    ItemRevised,
    ItemUpdated,
    ItemWithdrawn,
    PublicationAdded,
)
from archive.domain.publications import PublicationEvent
from archive.domain.request_handling import FeeLapsed
from archive.domain.request_intake import (
    CorrectionLapsed,
    RequestClosed,
    RequestReceived,
    RequestRegistered,
    RequestWithdrawn,
)
from archive.domain.request_replies import (
    RecordCorrectionHandled,
    RecordCorrectionRequested,
    ReplyDecided,
    ReplyDelivered,
    ReplyDispatched,
    RequestConvertedToProactive,
)
from archive.domain.reviews import (
    ItemReassessed,
    PriorReviewDeclared,
    ReferralAnswered,
    ReviewConcluded,
    ReviewLevelPassed,
    ReviewOpened,
    ReviewReferred,
    ReviewReturned,
    ReviewVoided,
)
from domain.scenario import TODAY, text_seal
from stories import Clerk, a_small_archive
from strategies import World, commands, structs

SAME_DAY, NEXT_DAY = timedelta(), timedelta(days=1)
# The steps that every request that is replied to has, in their order; the others come between them or after them.
STEPS: Final = (RequestReceived, RequestRegistered, ReplyDecided, ReplyDispatched, ReplyDelivered, RequestClosed)


class Rules:
    """Streams kept in memory by `decide` and `evolve` alone."""

    def __init__(self) -> None:
        self.streams: dict[str, State] = {}
        self.histories: defaultdict[str, list[Event]] = defaultdict(list)
        self.today = TODAY
        self.sealed = 0

    def world(self) -> World:
        return World(streams=self.streams, today=self.today)

    def handle(self, command: AnyCommand) -> tuple[Event, ...] | None:
        """The events of the command; None when it is refused."""
        stream = getattr(command, command.STREAM)
        state = self.streams.get(stream)
        self.sealed += 1
        seals = {name: text_seal(self.sealed % 256) for name in command.TEXTS}
        facts = Facts(
            today=self.today,
            position=sum(map(len, self.histories.values())),
            by=command.by,
            seals=seals,
            agency=self._agency(command, state),
            calendar=NO_CALENDAR,
            streams={},
        )
        before = copy.deepcopy((state, command, facts))
        try:
            events = rules.decide(state, command, facts)
        except Refused:
            events = None
        assert (state, command, facts) == before, "a decision changes nothing that it was given"
        for event in events or ():
            state = rules.evolve(command.STREAM, state, event)
            assert state is not None
            self.streams[stream] = state
            self.histories[stream].append(event)
        return events

    def _agency(self, command: AnyCommand, state: State | None) -> Agency | None:
        named = getattr(command, "agency", None) or getattr(state, "agency", None)
        known = self.streams.get(named) if isinstance(named, str) else None
        return known if isinstance(known, Agency) else None


def test_what_is_accepted_keeps_the_rules() -> None:
    """Goal: no order of commands gets round the rules. Method: many commands, then each history is read from outside."""
    reached: set[str] = set()

    @given(st.data())
    def tell(data: st.DataObject) -> None:
        told = Rules()
        for command in a_small_archive(Clerk())[: data.draw(st.integers(0, 45))]:
            told.handle(command)
        for _ in range(60):
            told.handle(data.draw(commands(told.world())))
            told.today += data.draw(st.sampled_from((SAME_DAY, SAME_DAY, SAME_DAY, NEXT_DAY)))
        for stream, history in told.histories.items():
            reached.update(event.TYPE for event in history)
            CHECKS[stream.partition("-")[0]](history)

    tell()
    # Were everything refused, the property would say nothing. The other steps of a request have a machine of their own.
    by_the_way = {event.TYPE for event in STREAMS["request"]} - {event.TYPE for event in STEPS}
    # What becomes of an item once it is public has stories; that a link needs two public items is seldom drawn.
    by_the_way |= {event.TYPE for event in get_args(PublicationEvent)}
    # So has what ends an agency or its parts, or changes its lists.
    by_the_way |= {
        "agency-merged",
        "agency-split",
        "agency-closed",
        "section-closed",
        "channel-retired",
        "agency-renamed",
        "section-renamed",
        "category-added",
        "category-renamed",
        "category-retired",
    }
    # Streams of the other kinds are not drawn; each has its story tests.
    assert reached >= {event.TYPE for kind in CHECKS for event in STREAMS[kind]} - by_the_way


def check_item(history: list[ItemEvent]) -> None:  # noqa: C901 - an arm an event
    """An item's history by itself: what was reviewed is what was published, in the order of levels and days."""
    newest_text = ""
    level = levels = 0
    cleared: set[str] = set()
    channels: set[str] = set()
    reviewers: set[object] = set()
    referred = answered_no = withheld = False
    reviewed_on = shown_on = newest_on = date.min
    withdrawn = False
    for event in history:
        match event:
            case ItemRevised():
                newest_text, levels = event.text, 0
                cleared, referred, answered_no, withheld = set(), False, False, False
            case ReviewOpened():
                assert event.text == newest_text
                assert not levels
                assert not withheld
                assert event.opened_on >= reviewed_on
                reviewers = set()
                level, levels, reviewed_on = 0, event.levels, event.opened_on
            case ReviewLevelPassed():
                assert event.text == newest_text
                assert event.level == level + 1 <= levels
                assert not referred
                assert not answered_no
                assert event.reviewer not in reviewers
                reviewers |= {event.reviewer} - {UNSET}
                assert event.passed_on >= reviewed_on
                level, reviewed_on = event.level, event.passed_on
            case ReviewReturned():
                assert event.level == level + 1 <= levels
                assert not referred
                assert event.reviewer not in reviewers
                assert event.returned_on >= reviewed_on
                levels, reviewed_on = 0, event.returned_on
            case ReviewReferred():
                assert not referred
                referred, reviewed_on = True, event.referred_on
            case ReferralAnswered():
                assert referred
                assert event.answered_on >= reviewed_on
                referred, answered_no, reviewed_on = False, event.result != "may-publish", event.answered_on
            case ReviewVoided():
                assert event.text != newest_text
            case ItemReassessed():
                assert withheld
                withheld, reviewed_on = event.result == "stays", event.reassessed_on
            case ReviewConcluded(conclusion="cleared"):
                assert level == levels > 0
                assert event.concluded_on == reviewed_on
                assert event.text == newest_text
                cleared, levels = {event.text}, 0
            case ReviewConcluded():
                assert event.level == level + 1 <= levels
                assert not referred
                assert event.reviewer not in reviewers
                withheld, levels, reviewed_on = True, 0, event.concluded_on
            case PriorReviewDeclared():
                assert not levels
                assert not withheld
                assert event.text == newest_text
                cleared = {event.text}
            case ItemPublished():
                assert not channels, "an item is published once; what follows are publications added"
                assert event.text in cleared
                channels.add(event.channel)
                shown_on = newest_on = event.published_on
            case PublicationAdded():
                assert not withdrawn
                assert event.channel not in channels
                assert event.published_on >= shown_on
                channels.add(event.channel)
                newest_on = max(newest_on, event.published_on)
            case ItemUpdated() | ItemCorrected():
                on = event.updated_on if isinstance(event, ItemUpdated) else event.corrected_on
                assert channels
                assert not withdrawn
                assert event.text in cleared
                assert on >= newest_on
                shown_on = newest_on = on
            case ItemWithdrawn():
                assert channels
                assert not withdrawn
                assert event.withdrawn_on >= newest_on
                withdrawn, newest_on = True, event.withdrawn_on
            case ItemRestored():
                assert withdrawn
                assert event.restored_on >= newest_on
                withdrawn, shown_on, newest_on = False, event.restored_on, event.restored_on
            case _:
                newest_text = newest_text or getattr(event, "text", "")


def check_request(history: list[Event]) -> None:
    steps = [event for event in history if isinstance(event, STEPS)]
    ended = [event for event in history if isinstance(event, CorrectionLapsed | RequestWithdrawn | FeeLapsed)]
    if not ended:
        assert [type(event) for event in steps] == list(STEPS[: len(steps)])
    days = [
        next(value for value in map(event.__getattribute__, event.__struct_fields__) if isinstance(value, date))
        for event in history
        if not isinstance(event, RequestConvertedToProactive | RecordCorrectionRequested | RecordCorrectionHandled)
    ]
    assert days == sorted(days)


def check_agency(history: list[Event]) -> None:
    channels = [event.channel for event in history if isinstance(event, ChannelRegistered)]
    assert len(channels) == len(set(channels))


CHECKS: Final[dict[str, Callable[[list[Any]], None]]] = {  # Any: the events of one kind of stream
    "agency": check_agency,
    "item": check_item,
    "request": check_request,
}


@given(st.data())
def test_command_means_the_same_after_it_was_written_down(data: st.DataObject) -> None:
    """Goal: a command may travel as JSON. Method: round trip of every class of command, drawn from its types."""
    cls: type[Command] = data.draw(st.sampled_from(sorted(COMMANDS.values(), key=lambda known: known.__name__)))
    command = data.draw(structs(cls))
    assert msgspec.json.decode(msgspec.json.encode(command), type=AnyCommand) == command
