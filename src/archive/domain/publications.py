"""What becomes of an item once it is public: its links, its other index numbers, whether it can be reached, why it was late.

The rules are in `items.py`. Links are entered at the item that has them, and shown at both ends.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from archive.domain.codes import Code, Command, Event, ItemId, Seal, Text

LinkKind = Literal["interprets", "replaces", "repeals", "implements", "answers", "attached-to"]
DelayReason = Literal["review", "staff-vacancy", "system-failure", "third-party", "upper-office", "other"]
Holder = Literal["state-archive", "public-library", "service-hall"]
# Other index numbers of an item are told apart by a number of their own; the one of its text is none of them.
Alias = Annotated[int, Meta(ge=1, le=99)]


class IndexNumberText(Text, frozen=True, kw_only=True):
    """An index number by which a catalogue lists the item."""

    index_number: Annotated[str, Meta(min_length=1, max_length=200)]


class NewLinkText(Text, frozen=True, kw_only=True):
    """Where the publication can be seen from now on."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,2000}\Z")]


class DelayExplained(Event, frozen=True, kw_only=True):
    """Why the item became public late, or will."""

    TYPE: ClassVar[str] = "delay-explained"

    reason: DelayReason
    explained_on: date


class PublicationFoundUnreachable(Event, frozen=True, kw_only=True):
    """The item could not be seen on a channel that shows it."""

    TYPE: ClassVar[str] = "publication-found-unreachable"

    channel: Code
    found_on: date


class PublicationFoundAltered(Event, frozen=True, kw_only=True):
    """A channel showed something else than was reviewed."""

    TYPE: ClassVar[str] = "publication-found-altered"

    channel: Code
    found_on: date


class PublicationMended(Event, frozen=True, kw_only=True):
    """The channel shows the item again, as it was reviewed."""

    TYPE: ClassVar[str] = "publication-mended"

    channel: Code
    mended_on: date


class PublicationUrlChanged(Event, frozen=True, kw_only=True):
    """The item has another address on a channel."""

    TYPE: ClassVar[str] = "publication-url-changed"
    SEALS: ClassVar[tuple[str, ...]] = ("link",)
    CLEARS: ClassVar[tuple[str, ...]] = ("link",)

    channel: Code
    changed_on: date
    link: Seal


class ItemLinked(Event, frozen=True, kw_only=True):
    """The item has to do with another one."""

    TYPE: ClassVar[str] = "item-linked"

    kind: LinkKind
    target: ItemId


class ItemUnlinked(Event, frozen=True, kw_only=True):
    """It has not, after all."""

    TYPE: ClassVar[str] = "item-unlinked"

    kind: LinkKind
    target: ItemId


class IndexNumberAssigned(Event, frozen=True, kw_only=True):
    """Another catalogue lists the item by this number, from a day on."""

    TYPE: ClassVar[str] = "index-number-assigned"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)
    CLEARS: ClassVar[tuple[str, ...]] = ("text",)

    alias: Alias
    assigned_on: date
    text: Seal


class IndexNumberEnded(Event, frozen=True, kw_only=True):
    """The item is not listed by that number any more."""

    TYPE: ClassVar[str] = "index-number-ended"

    alias: Alias
    ended_on: date


class ItemDelivered(Event, frozen=True, kw_only=True):
    """A copy went to where the public can read it (R2019 art. 25)."""

    TYPE: ClassVar[str] = "item-delivered"

    holder: Holder
    delivered_on: date


PublicationEvent = (
    DelayExplained
    | PublicationFoundUnreachable
    | PublicationFoundAltered
    | PublicationMended
    | PublicationUrlChanged
    | ItemLinked
    | ItemUnlinked
    | IndexNumberAssigned
    | IndexNumberEnded
    | ItemDelivered
)


class ExplainDelay(Command, tag="explain-delay", frozen=True, kw_only=True):
    """Say why the item became public late, or will."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    reason: DelayReason
    explained_on: date


class ReportUnreachable(Command, tag="report-unreachable", frozen=True, kw_only=True):
    """Enter that a channel did not show the item."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    channel: Code
    found_on: date


class ReportAltered(Command, tag="report-altered", frozen=True, kw_only=True):
    """Enter that a channel showed something else than was reviewed."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    channel: Code
    found_on: date


class MendPublication(Command, tag="mend-publication", frozen=True, kw_only=True):
    """Enter that the channel shows the item again."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    channel: Code
    mended_on: date


class ChangeUrl(Command, tag="change-url", frozen=True, kw_only=True):
    """Enter the item's new address on a channel."""

    STREAM: ClassVar[str] = "item"
    TEXTS: ClassVar[tuple[str, ...]] = ("link",)

    item: ItemId
    channel: Code
    changed_on: date
    link: NewLinkText


class LinkItem(Command, tag="link-item", frozen=True, kw_only=True):
    """Link the item to another one."""

    STREAM: ClassVar[str] = "item"
    REFERS: ClassVar[tuple[str, ...]] = ("target",)

    item: ItemId
    kind: LinkKind
    target: ItemId


class UnlinkItem(Command, tag="unlink-item", frozen=True, kw_only=True):
    """Take a link back."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    kind: LinkKind
    target: ItemId


class AssignIndexNumber(Command, tag="assign-index-number", frozen=True, kw_only=True):
    """Enter another index number of the item."""

    STREAM: ClassVar[str] = "item"
    TEXTS: ClassVar[tuple[str, ...]] = ("text",)

    item: ItemId
    alias: Alias
    assigned_on: date
    text: IndexNumberText


class EndIndexNumber(Command, tag="end-index-number", frozen=True, kw_only=True):
    """Enter that an index number is not used any more."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    alias: Alias
    ended_on: date


class DeliverItem(Command, tag="deliver-item", frozen=True, kw_only=True):
    """Enter that a copy was delivered."""

    STREAM: ClassVar[str] = "item"

    item: ItemId
    holder: Holder
    delivered_on: date


PublicationCommand = (
    ExplainDelay
    | ReportUnreachable
    | ReportAltered
    | MendPublication
    | ChangeUrl
    | LinkItem
    | UnlinkItem
    | AssignIndexNumber
    | EndIndexNumber
    | DeliverItem
)
