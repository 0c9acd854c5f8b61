"""Links and other index numbers, as of every position, against the entries read from the first one on."""

import msgspec
import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.publications import (
    AssignIndexNumber,
    EndIndexNumber,
    IndexNumberAssigned,
    IndexNumberEnded,
    IndexNumberText,
    ItemLinked,
    ItemUnlinked,
    LinkItem,
    UnlinkItem,
)
from archive.log.log import Log
from archive.projections import links
from archive.projections.links import Link, Number
from archive.projections.runner import Projections
from projections.oracle import Told, told
from projections.tale import reading
from stories import Clerk, a_bureau, a_published_item, day, item_id, tell

ITEMS = [item_id(number) for number in (1, 2, 3)]
BY = "role:clerk"


def links_at(archive: Told, position: int, item: str) -> list[Link]:
    """The links of an item: its own, then those of others to it, each by kind and id."""
    known: dict[tuple[str, str, str], bool] = {}
    for entry in archive.entries[:position]:
        if isinstance(entry.event, ItemLinked | ItemUnlinked):
            known[entry.stream, entry.event.kind, entry.event.target] = isinstance(entry.event, ItemLinked)
    linked = [one for one, stands in known.items() if stands]
    own = sorted((kind, target) for one, kind, target in linked if one == item)
    others = sorted((kind, one) for one, kind, target in linked if target == item)
    return [Link(*one, reverse=False) for one in own] + [Link(*one, reverse=True) for one in others]


def numbers_at(archive: Told, position: int, item: str) -> list[Number]:
    """The other index numbers of an item, in the order of their aliases."""
    found: dict[int, Number] = {}
    for entry in archive.entries[:position]:
        if entry.stream != item:
            continue
        match entry.event:
            case IndexNumberAssigned() as event:
                text = archive.text(entry, "text", IndexNumberText)
                found[event.alias] = Number(text[0].index_number if text else None, event.assigned_on.isoformat(), None)
            case IndexNumberEnded() as event:
                found[event.alias] = msgspec.structs.replace(found[event.alias], ended_on=event.ended_on.isoformat())
            case _:
                pass
    return [number for _, number in sorted(found.items())]


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_what_stands_beside_an_item_is_what_the_log_says_as_of_every_position(
    writer: Writer, log: Log, disclosures: Disclosures, projections: Projections, limit: int
) -> None:
    clerk = Clerk()
    one, two, three = ITEMS
    number = IndexNumberText(index_number="X-9")
    tell(writer, [*a_bureau(clerk), *(command for item in ITEMS for command in a_published_item(clerk, item))])
    tell(
        writer,
        [
            LinkItem(id="1" * 32, by=BY, item=one, kind="replaces", target=two),
            LinkItem(id="2" * 32, by=BY, item=one, kind="interprets", target=three),
            LinkItem(id="3" * 32, by=BY, item=two, kind="interprets", target=one),
            UnlinkItem(id="4" * 32, by=BY, item=one, kind="replaces", target=two),
            AssignIndexNumber(id="5" * 32, by=BY, item=one, alias=2, assigned_on=day("2018-05-02"), text=number),
            AssignIndexNumber(id="6" * 32, by=BY, item=one, alias=1, assigned_on=day("2018-05-03"), text=number),
            EndIndexNumber(id="7" * 32, by=BY, item=one, alias=2, ended_on=day("2018-06-01")),
            LinkItem(id="8" * 32, by=BY, item=one, kind="replaces", target=two),
        ],
    )
    projections.follow(limit=limit)
    archive = told(log, disclosures)
    with reading(projections.folder) as now:
        for position in archive.positions:
            linked = links.links(now.db, as_of=position, items=ITEMS)
            assert linked == {item: links_at(archive, position, item) for item in ITEMS}
            numbers = links.numbers(now.db, as_of=position, items=ITEMS)
            assert numbers == {item: numbers_at(archive, position, item) for item in ITEMS}
