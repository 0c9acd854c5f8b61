"""What the projections must say, folded in plain Python from the first entry on, anew for every position that is asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from archive.disclosures.openings import Disclosures, Opening
from archive.domain.agencies import (
    AgencyClosed,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    AgencySplit,
    AgencyText,
    CategorySchemeAdopted,
    ChannelRegistered,
    ChannelRetired,
    ChannelText,
    SchemeText,
    SectionClosed,
    SectionOpened,
    SectionRenamed,
)
from archive.domain.codes import NameText
from archive.domain.items import (
    HIDING,
    ItemAmended,
    ItemClassified,
    ItemCorrected,
    ItemPublished,
    ItemRepealed,
    ItemRestored,
    ItemText,
    ItemTookEffect,
    ItemUpdated,
    ItemWithdrawn,
    LinkText,
    PublicationAdded,
)
from archive.domain.publications import NewLinkText, PublicationUrlChanged
from archive.domain.schemes import CategoryAdded, CategoryRenamed, CategoryRetired
from archive.log.entry import Entry
from archive.log.log import Log
from archive.projections.agencies import AgencyRow, Category, Channel, Former, Scheme, Section
from archive.projections.catalogue import Cat, ItemRow, Pub

T = TypeVar("T", bound=Struct)


class Told(NamedTuple):
    """A whole log and the openings of its seals."""

    entries: Sequence[Entry]
    openings: Mapping[str, Opening]

    @property
    def positions(self) -> range:
        """Every position, the empty archive first."""
        return range(len(self.entries) + 1)

    def text(self, entry: Entry, field: str, form: type[T]) -> tuple[T, bytes] | None:
        """What the public may read behind a seal of an entry, and its bytes."""
        opening = self.openings.get(getattr(entry.event, field))
        if opening is None or opening.cleared > entry.position:
            return None
        return msgspec.json.decode(opening.value, type=form), opening.value


def told(log: Log, disclosures: Disclosures) -> Told:
    """Everything that is in an archive."""
    entries = log.entries(after=0, limit=log.head())
    seals = {getattr(entry.event, name) for entry in entries for name in entry.event.SEALS}
    return Told(entries, disclosures.get(seals))


# --- the catalogue ----------------------------------------------------------------------------------------------------
def items_at(archive: Told, position: int) -> list[ItemRow]:
    """Every item that is or was public, in the order of its publication."""
    found: dict[str, dict[str, Any]] = {}  # Any: the fields of a row
    for entry in archive.entries[:position]:
        event = entry.event
        if isinstance(event, ItemPublished):
            found[entry.stream] = _published(archive, entry, event)
        elif (item := found.get(entry.stream)) is not None:
            _change(archive, item, entry)
    hidden = hidden_items(archive)
    for item in found.values():
        item["hidden"] = item["id"] in hidden
        if item["hidden"]:
            item["text"] = None
            item["publications"] = [(at, channel, None, day) for at, channel, _, day in item["publications"]]
    return [_row(item) for item in found.values()]


def hidden_items(archive: Told) -> set[str]:
    """What is hidden now, and so at every position."""
    hidden: set[str] = set()
    for entry in archive.entries:
        if isinstance(entry.event, ItemRestored):
            hidden.discard(entry.stream)
        elif isinstance(entry.event, ItemWithdrawn) and entry.event.ground in HIDING:
            hidden.add(entry.stream)
    return hidden


def _published(archive: Told, entry: Entry, event: ItemPublished) -> dict[str, Any]:  # Any: the fields of a row
    link = archive.text(entry, "link", LinkText)
    return {
        "id": entry.stream,
        "agency": event.agency,
        "status": "PUBLISHED",
        "validity": "IN_FORCE",
        "mode": event.mode,
        "section": _given(event.section),
        "made_on": _iso(event.made_on),
        "published_on": event.published_on.isoformat(),
        "effective_on": None,
        "repealed_on": None,
        "source_id": _given(event.source_id),
        "duty": _given(event.duty),
        "position": entry.position,
        "known_from": entry.position,
        "change": "published",
        "shown_on": event.published_on.isoformat(),
        "categories": {category.scheme: category.code for category in event.categories},
        "publications": [
            (entry.position, event.channel, link[0].url if link else None, event.published_on.isoformat())
        ],
        "withdrawn_on": None,
        "text": archive.text(entry, "text", ItemText),
    }


def _change(archive: Told, item: dict[str, Any], entry: Entry) -> None:  # Any: the fields of a row
    match entry.event:
        case PublicationAdded() as event:
            link = archive.text(entry, "link", LinkText)
            day = event.published_on.isoformat()
            item["publications"].append((entry.position, event.channel, link[0].url if link else None, day))
            happened = "channel-added"
        case PublicationUrlChanged() as event:
            newer = archive.text(entry, "link", NewLinkText)
            item["newer"] = item.get("newer", {}) | {event.channel: newer[0].url if newer else None}
            happened = "address-changed"
        case ItemUpdated() as event:
            item |= {"text": archive.text(entry, "text", ItemText), "shown_on": event.updated_on.isoformat()}
            happened = "updated"
        case ItemCorrected() as event:
            item |= {"text": archive.text(entry, "text", ItemText), "shown_on": event.corrected_on.isoformat()}
            happened = "corrected"
        case ItemClassified() as event:
            item["categories"][event.scheme] = event.code
            happened = "classified"
        case ItemWithdrawn() as event:
            item |= {"status": "WITHDRAWN", "withdrawn_on": event.withdrawn_on.isoformat()}
            happened = "withdrawn"
        case ItemRestored() as event:
            item |= {"status": "PUBLISHED", "withdrawn_on": None, "shown_on": event.restored_on.isoformat()}
            happened = "restored"
        case ItemTookEffect() as event:
            item["effective_on"] = event.effective_on.isoformat()
            happened = "took-effect"
        case ItemAmended():
            item |= {"validity": "AMENDED", "repealed_on": None}
            happened = "amended"
        case ItemRepealed() as event:
            item |= {"validity": event.kind.upper(), "repealed_on": event.repealed_on.isoformat()}
            happened = event.kind
        case _:
            return
    item |= {"known_from": entry.position, "change": happened}


def _row(item: Mapping[str, Any]) -> ItemRow:  # Any: the fields of a row
    fields = dict(item)
    text, raw = fields.pop("text") or (None, None)
    withdrawn_on = fields.pop("withdrawn_on")
    newer = {} if item["hidden"] else fields.pop("newer", {})
    fields.pop("newer", None)
    shown = None if raw is None else sha256(raw).hexdigest()
    fields["publications"] = [
        Pub(position, channel, newer.get(channel) or url, published_on, withdrawn_on, shown)
        for position, channel, url, published_on in item["publications"]
    ]
    fields["categories"] = sorted(Cat(*one) for one in item["categories"].items())
    for name in ("title", "abstract", "document_number", "index_number", "issuer"):
        fields[name] = None if text is None else _given(getattr(text, name))
    fields["keywords"] = [] if text is None or text.keywords is UNSET else text.keywords
    fields["content_sha256"] = None if text is None or text.body is UNSET else text.body.sha256
    return ItemRow(**fields)


def agencies_at(archive: Told, position: int) -> list[AgencyRow]:
    """Every agency, in the order of registration."""
    found: dict[str, AgencyRow] = {}
    for entry in archive.entries[:position]:
        if isinstance(entry.event, AgencyRegistered):
            found[entry.stream] = _registered(archive, entry, entry.event)
        elif entry.stream in found:
            found[entry.stream] = _agency_after(archive, entry, found[entry.stream])
            for successor in (
                found[entry.stream].successors if isinstance(entry.event, AgencyMerged | AgencySplit) else ()
            ):
                known = found[successor]
                found[successor] = replace(known, predecessors=[*known.predecessors, entry.stream])
    return list(found.values())


def _registered(archive: Told, entry: Entry, event: AgencyRegistered) -> AgencyRow:
    text = archive.text(entry, "text", AgencyText)
    return AgencyRow(
        id=entry.stream,
        name=text[0].name if text else None,
        short_name=_given(text[0].short_name) if text else None,
        code=_given(event.code),
        region=event.region,
        level=event.level,
        position=entry.position,
        sections=[],
        channels=[],
        schemes=[],
        former=[],
        predecessors=[],
        successors=[],
        ended_on=None,
    )


def _agency_after(archive: Told, entry: Entry, agency: AgencyRow) -> AgencyRow:  # noqa: PLR0911 - one arm an event
    named = (SectionOpened, SectionRenamed, CategoryAdded, CategoryRenamed)
    text = archive.text(entry, "text", NameText) if isinstance(entry.event, named) else None
    name = text[0].name if text else None
    match entry.event:
        case AgencyRenamed() as event:
            renamed = archive.text(entry, "text", AgencyText)
            return replace(
                agency,
                name=renamed[0].name if renamed else None,
                short_name=_given(renamed[0].short_name) if renamed else None,
                former=[*agency.former, Former(agency.name, event.effective_on.isoformat())],
            )
        case AgencyMerged() as event:
            return replace(agency, ended_on=event.effective_on.isoformat(), successors=[event.into])
        case AgencySplit() as event:
            return replace(agency, ended_on=event.effective_on.isoformat(), successors=event.into)
        case AgencyClosed() as event:
            return replace(agency, ended_on=event.effective_on.isoformat())
        case SectionOpened() as event:
            section = Section(event.section, name, event.opened_on.isoformat(), None)
            return replace(agency, sections=[*agency.sections, section])
        case SectionRenamed() as event:
            return replace(
                agency,
                sections=[replace(one, name=name) if one.id == event.section else one for one in agency.sections],
            )
        case SectionClosed() as event:
            on = event.closed_on.isoformat()
            return replace(
                agency,
                sections=[replace(one, closed_on=on) if one.id == event.section else one for one in agency.sections],
            )
        case ChannelRegistered() as event:
            channel = archive.text(entry, "text", ChannelText)
            kept = Channel(event.channel, channel[0].name if channel else None, event.kind, None)
            return replace(agency, channels=[*agency.channels, kept])
        case ChannelRetired() as event:
            on = event.retired_on.isoformat()
            return replace(
                agency,
                channels=[replace(one, retired_on=on) if one.key == event.channel else one for one in agency.channels],
            )
        case CategorySchemeAdopted() as event:
            scheme = archive.text(entry, "text", SchemeText)
            names = scheme[0].names if scheme else [None] * len(event.categories)
            categories = [Category(code, one, None) for code, one in zip(event.categories, names, strict=True)]
            adopted = Scheme(event.scheme, scheme[0].name if scheme else None, event.primary, categories)
            return replace(agency, schemes=[*agency.schemes, adopted])
        case CategoryAdded() | CategoryRenamed() | CategoryRetired() as event:
            return replace(
                agency,
                schemes=[
                    replace(one, categories=_categories_after(event, one.categories, name))
                    if one.key == event.scheme
                    else one
                    for one in agency.schemes
                ],
            )
        case _:
            return agency


def _categories_after(
    event: CategoryAdded | CategoryRenamed | CategoryRetired, categories: list[Category], name: str | None
) -> list[Category]:
    match event:
        case CategoryAdded():
            return [*categories, Category(event.category, name, None)]
        case CategoryRenamed():
            return [replace(one, name=name) if one.code == event.category else one for one in categories]
        case CategoryRetired():
            on = event.retired_on.isoformat()
            return [replace(one, retired_on=on) if one.code == event.category else one for one in categories]


def _given(value: str | UnsetType) -> str | None:
    return None if value is UNSET else value


def _iso(day: date | UnsetType) -> str | None:
    return None if day is UNSET else day.isoformat()
