"""The first versions of an item's events, and how each is read as the newest.

Version 1 of `item-drafted` and of `item-published` had no `duty` when it was released. Builds between wrote one into it
all the same; so both forms of version 1 are read, and nothing is written in it any more.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec import UNSET, UnsetType

from archive.domain.codes import AgencyId, Code, DisclosureMode, Event, Seal, SourceId
from archive.domain.items import Classifications, ItemDrafted, ItemPublished, PublicationDuty


class ItemDraftedV1(Event, frozen=True, kw_only=True):
    """Somebody made the information; nothing of it is public."""

    TYPE: ClassVar[str] = "item-drafted"
    SEALS: ClassVar[tuple[str, ...]] = ("text",)

    agency: AgencyId
    mode: DisclosureMode
    made_on: date | UnsetType = UNSET
    categories: Classifications
    section: Code | UnsetType = UNSET
    source_id: SourceId | UnsetType = UNSET
    duty: PublicationDuty | UnsetType = UNSET
    text: Seal


class ItemPublishedV1(Event, frozen=True, kw_only=True):
    """The item became public. Everything that is counted or listed is repeated here, so that the draft need not be."""

    TYPE: ClassVar[str] = "item-published"
    SEALS: ClassVar[tuple[str, ...]] = ("text", "link")
    CLEARS: ClassVar[tuple[str, ...]] = ("text", "link")

    agency: AgencyId
    mode: DisclosureMode
    made_on: date | UnsetType = UNSET
    categories: Classifications
    section: Code | UnsetType = UNSET
    source_id: SourceId | UnsetType = UNSET
    duty: PublicationDuty | UnsetType = UNSET
    channel: Code
    published_on: date
    text: Seal
    link: Seal


def drafted_v2(event: ItemDraftedV1) -> ItemDrafted:
    """A draft of version 1 as version 2 says it: the same."""
    return ItemDrafted(
        agency=event.agency,
        mode=event.mode,
        made_on=event.made_on,
        categories=event.categories,
        section=event.section,
        source_id=event.source_id,
        duty=event.duty,
        text=event.text,
    )


def published_v2(event: ItemPublishedV1) -> ItemPublished:
    """A publication of version 1 as version 2 says it: the same."""
    return ItemPublished(
        agency=event.agency,
        mode=event.mode,
        made_on=event.made_on,
        categories=event.categories,
        section=event.section,
        source_id=event.source_id,
        duty=event.duty,
        channel=event.channel,
        published_on=event.published_on,
        text=event.text,
        link=event.link,
    )
