"""An agency (行政机关): who it is, its sections and channels, how it sorts its items, how it reviews them.

Rules
- Names of the agency, its sections, channels and categories are public by nature: their text is opened at once.
- A review policy holds from a day on; a review keeps the number of levels of the day it was opened (ADR 11).
- Records from before this archive may be published without a review in it only where the agency has accepted prior
  review (`accept-prior-review`) for that time; nothing is ever cleared silently.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from archive.domain import schemes
from archive.domain.codes import (
    AgencyId,
    AgencyLevel,
    ChannelKind,
    Code,
    Command,
    Event,
    Name,
    NameText,
    OrganisationCode,
    RegionCode,
    Seal,
    Text,
)
from archive.domain.days import must_follow
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.schemes import (
    AddCategory,
    CategoryAdded,
    CategoryRenamed,
    CategoryRetired,
    RenameCategory,
    RetireCategory,
    Scheme,
)

Levels = Annotated[int, Meta(ge=1, le=4, description="How many levels a review has; the founding bureau has three.")]
PriorReviewBasis = Literal["agency-archive", "legislation-database", "portal-migration"]


# --- text -------------------------------------------------------------------------------------------------------------
class AgencyText(Text, frozen=True, kw_only=True):
    """Names of an agency."""

    name: Name
    short_name: Name | UnsetType = UNSET


class ChannelText(Text, frozen=True, kw_only=True):
    """The name and, where there is one, the address of a channel."""

    name: Name
    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,500}\Z")] | UnsetType = UNSET


class SchemeText(Text, frozen=True, kw_only=True):
    """The name of a scheme, and the names of its categories in the order of their codes."""

    name: Name
    names: Annotated[list[Name], Meta(min_length=1, max_length=500)]


class PolicyText(Text, frozen=True, kw_only=True):
    """What the levels of review are called, first level first."""

    names: Annotated[list[Name], Meta(min_length=1, max_length=4)]


# --- events -----------------------------------------------------------------------------------------------------------
class AgencyRegistered(Event, frozen=True, kw_only=True):
    """The agency keeps its records in this archive."""

    TYPE: ClassVar[str] = "agency-registered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    level: AgencyLevel
    region: RegionCode
    code: OrganisationCode | UnsetType = UNSET
    text: Seal


class SectionOpened(Event, frozen=True, kw_only=True):
    """The agency has a section (股室) that makes information."""

    TYPE: ClassVar[str] = "section-opened"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    section: Code
    opened_on: date
    text: Seal


class ChannelRegistered(Event, frozen=True, kw_only=True):
    """The agency publishes on this channel (渠道)."""

    TYPE: ClassVar[str] = "channel-registered"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    channel: Code
    kind: ChannelKind
    text: Seal


class CategorySchemeAdopted(Event, frozen=True, kw_only=True):
    """The agency sorts its items by this list; one scheme of an agency is its primary one."""

    TYPE: ClassVar[str] = "category-scheme-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    scheme: Code
    primary: bool
    categories: Annotated[list[Code], Meta(min_length=1, max_length=500)]
    adopted_on: date
    text: Seal


class ReviewPolicyAdopted(Event, frozen=True, kw_only=True):
    """From a day on, a confidentiality review (保密审查) has this many levels."""

    TYPE: ClassVar[str] = "review-policy-adopted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    levels: Levels
    in_force_from: date
    text: Seal


class PriorReviewAccepted(Event, frozen=True, kw_only=True):
    """The agency answers for what it published before a day: it was reviewed before this archive existed."""

    TYPE: ClassVar[str] = "prior-review-accepted"

    published_before: date
    basis: PriorReviewBasis


class AgencyRenamed(Event, frozen=True, kw_only=True):
    """The agency has other names from a day on (更名); its older entries keep the names of their time."""

    TYPE: ClassVar[str] = "agency-renamed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    effective_on: date
    text: Seal


class AgencyMerged(Event, frozen=True, kw_only=True):
    """The agency went into another one (合并); nothing new is entered for it."""

    TYPE: ClassVar[str] = "agency-merged"

    into: AgencyId
    effective_on: date


class AgencySplit(Event, frozen=True, kw_only=True):
    """The agency was divided into others (分立); nothing new is entered for it."""

    TYPE: ClassVar[str] = "agency-split"

    into: Annotated[list[AgencyId], Meta(min_length=2, max_length=50)]
    effective_on: date


class AgencyClosed(Event, frozen=True, kw_only=True):
    """The agency ended without a successor (撤销); nothing new is entered for it."""

    TYPE: ClassVar[str] = "agency-closed"

    effective_on: date


class AgencyFounded(Event, frozen=True, kw_only=True):
    """The agency began on this day (成立); it owes no report of a year before. Entered again, the newest day holds."""

    TYPE: ClassVar[str] = "agency-founded"

    founded_on: date


class SectionClosed(Event, frozen=True, kw_only=True):
    """The section makes no information any more."""

    TYPE: ClassVar[str] = "section-closed"

    section: Code
    closed_on: date


class SectionRenamed(Event, frozen=True, kw_only=True):
    """The section is called otherwise from a day on (股室更名)."""

    TYPE: ClassVar[str] = "section-renamed"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    section: Code
    renamed_on: date
    text: Seal


class ChannelRetired(Event, frozen=True, kw_only=True):
    """Nothing more is published on the channel; what was stays entered."""

    TYPE: ClassVar[str] = "channel-retired"

    channel: Code
    retired_on: date


AgencyEvent = (
    AgencyRegistered
    | AgencyRenamed
    | AgencyMerged
    | AgencySplit
    | AgencyClosed
    | AgencyFounded
    | SectionClosed
    | ChannelRetired
    | SectionOpened
    | ChannelRegistered
    | CategorySchemeAdopted
    | ReviewPolicyAdopted
    | PriorReviewAccepted
    | SectionRenamed
    | CategoryAdded
    | CategoryRenamed
    | CategoryRetired
)


# --- commands ---------------------------------------------------------------------------------------------------------
class RegisterAgency(Command, tag="register-agency", frozen=True, kw_only=True):
    """Enter an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    level: AgencyLevel
    region: RegionCode
    code: OrganisationCode | UnsetType = UNSET
    text: AgencyText


class OpenSection(Command, tag="open-section", frozen=True, kw_only=True):
    """Enter a section of an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    section: Code
    opened_on: date
    text: NameText


class RegisterChannel(Command, tag="register-channel", frozen=True, kw_only=True):
    """Enter a channel of an agency."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    channel: Code
    kind: ChannelKind
    text: ChannelText


class AdoptCategoryScheme(Command, tag="adopt-category-scheme", frozen=True, kw_only=True):
    """Enter a list of categories; the reserved schemes `genre` and `theme` answer `Item.genre` and `Item.theme`."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    scheme: Code
    primary: bool
    categories: Annotated[list[Code], Meta(min_length=1, max_length=500)]
    adopted_on: date
    text: SchemeText


class AdoptReviewPolicy(Command, tag="adopt-review-policy", frozen=True, kw_only=True):
    """Set the levels of review from a day on."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    levels: Levels
    in_force_from: date
    text: PolicyText


class AcceptPriorReview(Command, tag="accept-prior-review", frozen=True, kw_only=True):
    """Answer for the review of what was published before a day."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    published_before: date
    basis: PriorReviewBasis


class RenameAgency(Command, tag="rename-agency", frozen=True, kw_only=True):
    """Enter the agency's new names."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    effective_on: date
    text: AgencyText


class MergeAgency(Command, tag="merge-agency", frozen=True, kw_only=True):
    """Enter that the agency went into another one."""

    STREAM: ClassVar[str] = "agency"
    REFERS: ClassVar[tuple[str, ...]] = ("into",)

    agency: AgencyId
    into: AgencyId
    effective_on: date


class SplitAgency(Command, tag="split-agency", frozen=True, kw_only=True):
    """Enter that the agency was divided into others."""

    STREAM: ClassVar[str] = "agency"
    REFERS: ClassVar[tuple[str, ...]] = ("into",)

    agency: AgencyId
    into: Annotated[list[AgencyId], Meta(min_length=2, max_length=50)]
    effective_on: date


class CloseAgency(Command, tag="close-agency", frozen=True, kw_only=True):
    """Enter that the agency ended without a successor."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    effective_on: date


class RecordAgencyFounding(Command, tag="record-agency-founding", frozen=True, kw_only=True):
    """Enter the day on which the agency began."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    founded_on: date


class CloseSection(Command, tag="close-section", frozen=True, kw_only=True):
    """Enter that a section was closed."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    section: Code
    closed_on: date


class RenameSection(Command, tag="rename-section", frozen=True, kw_only=True):
    """Enter the section's new name."""

    STREAM: ClassVar[str] = "agency"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    section: Code
    renamed_on: date
    text: NameText


class RetireChannel(Command, tag="retire-channel", frozen=True, kw_only=True):
    """Enter that nothing more is published on a channel."""

    STREAM: ClassVar[str] = "agency"

    agency: AgencyId
    channel: Code
    retired_on: date


AgencyCommand = (
    RegisterAgency
    | OpenSection
    | RegisterChannel
    | AdoptCategoryScheme
    | AdoptReviewPolicy
    | AcceptPriorReview
    | RenameAgency
    | MergeAgency
    | SplitAgency
    | CloseAgency
    | RecordAgencyFounding
    | CloseSection
    | RetireChannel
    | RenameSection
    | AddCategory
    | RenameCategory
    | RetireCategory
)


# --- state ------------------------------------------------------------------------------------------------------------
class Policy(Struct, frozen=True, kw_only=True):
    """A review policy and the day from which it holds."""

    in_force_from: date
    levels: int


class Agency(Struct, frozen=True, kw_only=True):
    """What the rules need to know of an agency."""

    region: str
    sections: frozenset[str]
    channels: frozenset[str]
    schemes: dict[str, Scheme]
    primary_scheme: str | None
    policies: tuple[Policy, ...]
    prior_review_before: date | None
    # Sections that were closed and channels that were retired, with the day; that from which the agency is no more.
    gone: dict[str, date]
    ended_on: date | None
    # The day of the newest name, and of each section the day on which it was opened or got its newest name.
    renamed_on: date | None
    opened: dict[str, date]
    founded_on: date | None = None


def acting(facts: Facts, agency: str, *, on: date) -> Agency:
    """The agency that begins something on a day. AGY-002: there is none; AGY-009: it was no more on that day.

    What it began before its end may be entered later, and what was begun goes on.
    """
    if facts.agency is None:
        raise Refused("AGY-002", agency=agency)
    if facts.agency.ended_on is not None and on >= facts.agency.ended_on:
        raise Refused("AGY-009", on=facts.agency.ended_on)
    return facts.agency


def has_section(agency: Agency, section: str, *, on: date | None = None) -> bool:
    """Whether the agency has such a section, and it was not closed on that day; without a day, ever."""
    return section in agency.sections and _goes_on(agency, f"section {section}", on)


def has_channel(agency: Agency, channel: str, *, on: date | None = None) -> bool:
    """Whether the agency has such a channel, and it was not retired on that day; without a day, ever."""
    return channel in agency.channels and _goes_on(agency, f"channel {channel}", on)


def must_show_on(agency: Agency, channel: str, *, on: date) -> None:
    """ITM-011: there is no such channel; ITM-032: on that day nothing was published on it any more.

    What was published before the channel was retired may be entered later.
    """
    if channel not in agency.channels:
        raise Refused("ITM-011", channel=channel)
    if not has_channel(agency, channel, on=on):
        raise Refused("ITM-032", channel=channel, on=agency.gone[f"channel {channel}"])


def _goes_on(agency: Agency, name: str, on: date | None) -> bool:
    gone_on = agency.gone.get(name)
    return gone_on is None or (on is not None and on < gone_on)


def decide(agency: Agency | None, command: AgencyCommand, facts: Facts) -> tuple[AgencyEvent, ...]:  # noqa: C901, PLR0911 - one arm a command
    """The events that fulfil the command, or `Refused`."""
    match command:
        case RegisterAgency():
            if agency is not None:
                raise Refused("AGY-001", agency=command.agency)
            return (
                AgencyRegistered(
                    level=command.level, region=command.region, code=command.code, text=facts.seals["text"]
                ),
            )
        case _ if agency is None:
            raise Refused("AGY-002", agency=command.agency)
        case _ if agency.ended_on is not None:
            raise Refused("AGY-009", on=agency.ended_on)
        case AddCategory() | RenameCategory() | RetireCategory():
            return (schemes.decide(agency.schemes, command, facts),)
        case RenameAgency() | MergeAgency() | SplitAgency() | CloseAgency():
            return (_changed(agency, command, facts),)
        case CloseSection() | RenameSection() | RetireChannel():
            return (_listed(agency, command, facts),)
        case RecordAgencyFounding(founded_on=on):
            return (_founded(agency, on, facts),)
        case OpenSection():
            _must_be_new(command.section, agency.sections, field="section")
            _must_have_come(command.opened_on, facts, field="opened_on")
            return (SectionOpened(section=command.section, opened_on=command.opened_on, text=facts.seals["text"]),)
        case RegisterChannel():
            _must_be_new(command.channel, agency.channels, field="channel")
            return (ChannelRegistered(channel=command.channel, kind=command.kind, text=facts.seals["text"]),)
        case AdoptCategoryScheme():
            return (_adopted(agency, command, facts),)
        case AdoptReviewPolicy():
            if len(command.text.names) != command.levels:
                raise Refused("AGY-005", levels=command.levels, names=len(command.text.names))
            if any(policy.in_force_from == command.in_force_from for policy in agency.policies):
                raise Refused("AGY-007", on=command.in_force_from)
            return (
                ReviewPolicyAdopted(
                    levels=command.levels, in_force_from=command.in_force_from, text=facts.seals["text"]
                ),
            )
        case AcceptPriorReview():
            _must_have_come(command.published_before, facts, field="published_before")
            return (PriorReviewAccepted(published_before=command.published_before, basis=command.basis),)
        case _:
            assert_never(command)


def evolve(agency: Agency | None, event: AgencyEvent) -> Agency:  # noqa: C901, PLR0911 - one arm an event
    """The agency after the event."""
    if isinstance(event, AgencyRegistered):
        return Agency(
            region=event.region,
            sections=frozenset(),
            channels=frozenset(),
            schemes={},
            primary_scheme=None,
            policies=(),
            prior_review_before=None,
            gone={},
            ended_on=None,
            renamed_on=None,
            opened={},
        )
    assert agency is not None, "the first event of an agency is its registration"
    match event:
        case SectionOpened():
            return replace(
                agency,
                sections=agency.sections | {event.section},
                opened=agency.opened | {event.section: event.opened_on},
            )
        case ChannelRegistered():
            return replace(agency, channels=agency.channels | {event.channel})
        case CategorySchemeAdopted():
            return replace(
                agency,
                schemes={
                    **agency.schemes,
                    event.scheme: Scheme(newest_on=event.adopted_on, codes=frozenset(event.categories)),
                },
                primary_scheme=event.scheme if event.primary else agency.primary_scheme,
            )
        case CategoryAdded() | CategoryRenamed() | CategoryRetired():
            changed = schemes.evolve(agency.schemes[event.scheme], event)
            return replace(agency, schemes={**agency.schemes, event.scheme: changed})
        case SectionRenamed():
            return replace(agency, opened=agency.opened | {event.section: event.renamed_on})
        case ReviewPolicyAdopted():
            policies = (*agency.policies, Policy(in_force_from=event.in_force_from, levels=event.levels))
            return replace(agency, policies=tuple(sorted(policies, key=lambda policy: policy.in_force_from)))
        case AgencyRenamed():
            return replace(agency, renamed_on=event.effective_on)
        case AgencyMerged() | AgencySplit() | AgencyClosed():
            return replace(agency, ended_on=event.effective_on)
        case AgencyFounded():
            return replace(agency, founded_on=event.founded_on)
        case SectionClosed():
            return replace(agency, gone=agency.gone | {f"section {event.section}": event.closed_on})
        case ChannelRetired():
            return replace(agency, gone=agency.gone | {f"channel {event.channel}": event.retired_on})
        case PriorReviewAccepted():
            return replace(agency, prior_review_before=event.published_before)
        case _:
            assert_never(event)


_Change = RenameAgency | MergeAgency | SplitAgency | CloseAgency
_Listing = CloseSection | RenameSection | RetireChannel


def _changed(agency: Agency, command: _Change, facts: Facts) -> AgencyEvent:
    match command:
        case RenameAgency(effective_on=on):
            _must_follow(_named(agency), on, facts, field="effective_on")
            return AgencyRenamed(effective_on=on, text=facts.seals["text"])
        case MergeAgency(effective_on=on, into=into):
            _must_follow(_changes(agency), on, facts, field="effective_on")
            _must_be_successor(command.agency, into, facts)
            return AgencyMerged(into=into, effective_on=on)
        case SplitAgency(effective_on=on, into=into):
            _must_follow(_changes(agency), on, facts, field="effective_on")
            for successor in into:
                _must_be_successor(command.agency, successor, facts)
            if len(set(into)) != len(into):
                raise Refused("AGY-012")
            return AgencySplit(into=into, effective_on=on)
        case CloseAgency(effective_on=on):
            _must_follow(_changes(agency), on, facts, field="effective_on")
            return AgencyClosed(effective_on=on)
        case _:
            assert_never(command)


def _founded(agency: Agency, on: date, facts: Facts) -> AgencyFounded:
    _must_have_come(on, facts, field="founded_on")
    if on == agency.founded_on:
        raise Refused("AGY-018", on=on)
    changed = min((day for day in _changes(agency) if day is not None), default=on)
    if on > changed:
        raise Refused("AGY-019", on=on, changed=changed)
    return AgencyFounded(founded_on=on)


def _listed(agency: Agency, command: _Listing, facts: Facts) -> AgencyEvent:
    match command:
        case CloseSection(section=section, closed_on=on):
            _must_have_come(on, facts, field="closed_on")
            if not has_section(agency, section):
                raise Refused("AGY-013", code=section)
            if on < agency.opened[section]:
                raise Refused("DAT-002", field="closed_on", on=on, earliest=agency.opened[section])
            return SectionClosed(section=section, closed_on=on)
        case RenameSection(section=section, renamed_on=on):
            if not has_section(agency, section):
                raise Refused("AGY-013", code=section)
            must_follow(on, agency.opened[section], facts, field="renamed_on")
            return SectionRenamed(section=section, renamed_on=on, text=facts.seals["text"])
        case RetireChannel(channel=channel, retired_on=on):
            _must_have_come(on, facts, field="retired_on")
            if not has_channel(agency, channel):
                raise Refused("AGY-014", code=channel)
            return ChannelRetired(channel=channel, retired_on=on)
        case _:
            assert_never(command)


def _must_follow(days: Iterable[date | None], on: date, facts: Facts, *, field: str) -> None:
    """What comes next is dated before none of these days: the names and ends that are shown go on in order."""
    must_follow(on, max((day for day in days if day is not None), default=on), facts, field=field)


def _named(agency: Agency) -> Iterable[date | None]:
    """The days of the newest name of the agency and of its sections."""
    yield agency.renamed_on
    yield from agency.opened.values()


def _changes(agency: Agency) -> Iterable[date | None]:
    """The days of all that changed in the agency: its end is before none of them."""
    yield from _named(agency)
    yield from agency.gone.values()
    for scheme in agency.schemes.values():
        yield scheme.newest_on


def _must_be_successor(agency: str, into: str, facts: Facts) -> None:
    if into == agency:
        raise Refused("AGY-010")
    successor = facts.state_of(into, Agency)
    if successor is None:
        raise Refused("AGY-002", agency=into)
    if successor.ended_on is not None:
        raise Refused("AGY-011", agency=into, on=successor.ended_on)


def levels_on(agency: Agency, on: date) -> int | None:
    """How many levels a review opened on that day has; None before the first policy."""
    levels = [policy.levels for policy in agency.policies if policy.in_force_from <= on]
    return levels[-1] if levels else None


def _adopted(agency: Agency, command: AdoptCategoryScheme, facts: Facts) -> CategorySchemeAdopted:
    _must_be_new(command.scheme, agency.schemes, field="scheme")
    _must_have_come(command.adopted_on, facts, field="adopted_on")
    if len(set(command.categories)) != len(command.categories):
        raise Refused("AGY-004", scheme=command.scheme)
    if len(command.text.names) != len(command.categories):
        raise Refused("AGY-006", codes=len(command.categories), names=len(command.text.names))
    if command.primary and agency.primary_scheme is not None:
        raise Refused("AGY-008", scheme=agency.primary_scheme)
    return CategorySchemeAdopted(
        scheme=command.scheme,
        primary=command.primary,
        categories=command.categories,
        adopted_on=command.adopted_on,
        text=facts.seals["text"],
    )


def _must_be_new(code: str, known: frozenset[str] | dict[str, Scheme], *, field: str) -> None:
    if code in known:
        raise Refused("AGY-003", field=field, code=code)


def _must_have_come(on: date, facts: Facts, *, field: str) -> None:
    if on > facts.today:
        raise Refused("DAT-001", field=field, on=on, today=facts.today)
