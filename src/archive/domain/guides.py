"""The guide (信息公开指南) of an agency: what it publishes and how to ask for it, version after version (R2019 art. 12).

Rules
- An agency has one guide, whose id follows from the agency. Versions are numbered from 1.
- A version is in force from a day, until the next one is; it replaces no later one. That day is at most a year away, so
  that a year that was mistyped does not keep every later version out.
- A guide that was taken down is not in force until there is another version; an agency owes one (art. 12, 53(2)).
- Its text is public: how information is arranged, how it is obtained, and where the office is and how it is reached.
  That is the office's contact and no person's.
"""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, ClassVar, Final, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain.agencies import acting, must_show_on
from archive.domain.codes import AgencyId, Code, Command, Event, GuideId, Seal, Serial, Sha256, Text
from archive.domain.days import must_follow, must_have_come
from archive.domain.errors import Refused
from archive.domain.facts import Facts

MAX_AHEAD_DAYS: Final = 366
Line = Annotated[str, Meta(min_length=1, max_length=500)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=8000)]
Channels = Annotated[list[Code], Meta(min_length=1, max_length=20)]


# --- text -------------------------------------------------------------------------------------------------------------
class GuideText(Text, frozen=True, kw_only=True):
    """What art. 12 names: classification and arrangement, ways to obtain, and the office's name, address and contact."""

    arrangement: Paragraph
    ways: Paragraph
    office: Line
    address: Line
    hours: Line
    telephone: Line
    fax: Line | UnsetType = UNSET
    internet: Line | UnsetType = UNSET


# --- events -----------------------------------------------------------------------------------------------------------
class GuideVersionPublished(Event, frozen=True, kw_only=True):
    """A version of the guide became public on these channels; the one before it is superseded on the day it is in force."""

    TYPE: ClassVar[str] = "guide-version-published"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    number: Serial
    published_on: date
    in_force_from: date
    sha256: Sha256
    channels: Channels | UnsetType = UNSET
    text: Seal


class GuideWithdrawn(Event, frozen=True, kw_only=True):
    """The newest version was taken down without another one in its place."""

    TYPE: ClassVar[str] = "guide-withdrawn"

    number: Serial
    withdrawn_on: date


GuideEvent = GuideVersionPublished | GuideWithdrawn


# --- commands ---------------------------------------------------------------------------------------------------------
class PublishGuide(Command, tag="publish-guide", frozen=True, kw_only=True):
    """Enter a version of the guide: the first, or one that replaces the version before."""

    STREAM: ClassVar[str] = "guide"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    guide: GuideId
    agency: AgencyId
    published_on: date
    in_force_from: date
    sha256: Sha256
    channels: Channels | UnsetType = UNSET
    text: GuideText


class WithdrawGuide(Command, tag="withdraw-guide", frozen=True, kw_only=True):
    """Enter that the guide was taken down."""

    STREAM: ClassVar[str] = "guide"

    guide: GuideId
    withdrawn_on: date


GuideCommand = PublishGuide | WithdrawGuide


# --- state ------------------------------------------------------------------------------------------------------------
class GuideVersion(Struct, frozen=True, kw_only=True):
    """A version: its document, and since when it is in force."""

    number: int
    published_on: date
    in_force_from: date
    sha256: str


class Guide(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a guide: its versions, in order."""

    agency: str
    versions: tuple[GuideVersion, ...]
    # Numbers of versions that were taken down, with the day.
    withdrawn: dict[str, date]

    def on(self, day: date) -> GuideVersion | None:
        """The version in force on a day; None before the first, and after one was taken down without another."""
        found = next((one for one in reversed(self.versions) if one.in_force_from <= day), None)
        if found is None:
            return None
        gone_on = self.withdrawn.get(str(found.number))
        return found if gone_on is None or day < gone_on else None


# --- decide -----------------------------------------------------------------------------------------------------------
def decide(guide: Guide | None, command: GuideCommand, facts: Facts) -> tuple[GuideEvent, ...]:
    """The events that fulfil the command, or `Refused`."""
    match command:
        case PublishGuide():
            return (_published(guide, command, facts),)
        case WithdrawGuide(withdrawn_on=on):
            if guide is None:
                raise Refused("GID-006", guide=command.guide)
            last = guide.versions[-1]
            if (gone_on := guide.withdrawn.get(str(last.number))) is not None:
                raise Refused("GID-007", number=last.number, on=gone_on)
            must_follow(on, last.published_on, facts, field="withdrawn_on")
            return (GuideWithdrawn(number=last.number, withdrawn_on=on),)
        case _:
            assert_never(command)


def _published(guide: Guide | None, command: PublishGuide, facts: Facts) -> GuideVersionPublished:
    if command.guide != (expected := guide_id(command.agency)):
        raise Refused("GID-001", expected=expected)
    agency = acting(facts, command.agency, on=command.published_on)
    channels = [] if command.channels is UNSET else command.channels
    for channel in channels:
        if channel not in agency.channels:
            raise Refused("ITM-003", field="channels", code=channel)
        must_show_on(agency, channel, on=command.published_on)
    if len(set(channels)) < len(channels):
        raise Refused("GID-004")
    last = None if guide is None else guide.versions[-1]
    if last is None:
        must_have_come(command.published_on, facts, field="published_on")
    else:
        if command.sha256 == last.sha256 and guide is not None and str(last.number) not in guide.withdrawn:
            raise Refused("GID-002", number=last.number)
        must_follow(command.published_on, last.published_on, facts, field="published_on")
        if command.in_force_from < last.in_force_from:
            raise Refused("GID-003", on=command.in_force_from, number=last.number, earliest=last.in_force_from)
    latest = command.published_on + timedelta(days=MAX_AHEAD_DAYS)
    if command.in_force_from > latest:
        raise Refused("GID-005", on=command.in_force_from, latest=latest)
    return GuideVersionPublished(
        agency=command.agency,
        number=1 if last is None else last.number + 1,
        published_on=command.published_on,
        in_force_from=command.in_force_from,
        sha256=command.sha256,
        channels=sorted(channels) or UNSET,
        text=facts.seals["text"],
    )


# --- evolve -----------------------------------------------------------------------------------------------------------
def evolve(guide: Guide | None, event: GuideEvent) -> Guide:
    """The guide after the event."""
    match event:
        case GuideVersionPublished():
            version = GuideVersion(
                number=event.number,
                published_on=event.published_on,
                in_force_from=event.in_force_from,
                sha256=event.sha256,
            )
            if guide is None:
                return Guide(agency=event.agency, versions=(version,), withdrawn={})
            return replace(guide, versions=(*guide.versions, version))
        case _ if guide is None:
            raise AssertionError("the first event of a guide is its first version")
        case GuideWithdrawn():
            return replace(guide, withdrawn={**guide.withdrawn, str(event.number): event.withdrawn_on})
        case _:
            assert_never(event)


def guide_id(agency: str) -> str:
    """The stream of an agency's guide."""
    digest = sha256(f"opengov-archive/guide/v1\n{agency}".encode("ascii")).hexdigest()
    return f"guide-{digest[:32]}"
