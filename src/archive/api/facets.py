"""Facets: how the items of a list divide, so that a reader can narrow it.

One statement for all facets of a list, which is chosen once. What has no value in a facet is in none of its rows.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, assert_never, cast

import strawberry

from archive.api.fields import value
from archive.api.labels import agency_names, category_names, channel_names, scheme_meant, section_names
from archive.api.pages import MAX_SIZE
from archive.domain.errors import Refused
from archive.projections import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.api.reads import At
    from archive.projections.agencies import AgencyRow

# What the enums of items are called in facets, which are for people to read.
_VALIDITIES: Final = {"IN_FORCE": "有效", "AMENDED": "已修改", "REPEALED": "已废止", "EXPIRED": "已失效"}
_STATUSES: Final = {"PUBLISHED": "已公开", "WITHDRAWN": "已撤回"}


@strawberry.enum(description="What a list of items can be divided by (分面).")
class ItemFacet(Enum):
    """Facets of items."""

    YEAR = value("YEAR", description="The year in which it was first published (公开年度).")
    CATEGORY = value(
        "CATEGORY",
        description="The category (类别) in the filter's scheme; without one in the agencies' common primary scheme.",
    )
    CHANNEL = value("CHANNEL", description="The channels on which it was published (渠道); it counts in each.")
    THEME = value("THEME", description="The category in the scheme `theme` (主题分类).")
    GENRE = value("GENRE", description="The category in the scheme `genre` (体裁分类).")
    SECTION = value("SECTION", description="The section that made it (股室).")
    AGENCY = value("AGENCY", description="The agency that answers for it (行政机关).")
    VALIDITY = value("VALIDITY", description="Whether what it lays down is in force (效力状态).")
    STATUS = value("STATUS", description="Whether it is public (公开状态).")


# Whose codes are named in an agency's lists.
_NAMED_BY_AGENCIES: Final = frozenset(ItemFacet) - {ItemFacet.YEAR, ItemFacet.VALIDITY, ItemFacet.STATUS}


@strawberry.type(description="How many items of a list have one value (分面取值).")
class Facet:
    """A value and how often it occurs."""

    by: ItemFacet = strawberry.field(description="What the list is divided by (分面).")
    code: str = strawberry.field(description="The code of the value (代码), as a filter takes it.")
    label: str = strawberry.field(description="The name of the value (名称), in Chinese.")
    count: int = strawberry.field(description="How many items of the whole list have it (数量).")


def facets_of(at: At, where: catalogue.ItemFilter, *, by: Sequence[ItemFacet], limit: int) -> list[Facet]:
    """The most frequent values of each facet, at most `limit` of each, in the order of the facets asked for."""
    if not 1 <= limit <= MAX_SIZE:
        raise Refused("API-003", field="limit", limit=MAX_SIZE)
    asked = tuple(dict.fromkeys(by))
    agencies: Sequence[AgencyRow] = ()
    if not _NAMED_BY_AGENCIES.isdisjoint(asked):
        agencies = at.agencies()
    scheme = None
    if ItemFacet.CATEGORY in asked:
        chosen = [one for one in agencies if where.agencies is None or one.id in where.agencies]
        scheme = scheme_meant(chosen, where.scheme, position=at.position)
    rows = catalogue.facets(
        at.reads.db_of_lists(where.agencies),
        as_of=at.position,
        where=where,
        by=[cast("catalogue.Facet", one.value) for one in asked],
        scheme=scheme,
        limit=limit,
        found=at.found(where.search),
        columns=at.columns,
    )
    at.reads.spend(len(rows))
    names = {one: _names(one, agencies, scheme) for one in asked}
    return [
        Facet(by=one, code=code, label=names[one].get(code, code), count=count)
        for facet, code, count in rows
        for one in [ItemFacet(facet)]
    ]


def _names(by: ItemFacet, agencies: Sequence[AgencyRow], scheme: str | None) -> dict[str, str]:  # noqa: PLR0911 - one for each facet
    match by:
        case ItemFacet.YEAR:
            return {}
        case ItemFacet.VALIDITY:
            return _VALIDITIES
        case ItemFacet.STATUS:
            return _STATUSES
        case ItemFacet.AGENCY:
            return agency_names(agencies)
        case ItemFacet.CHANNEL:
            return channel_names(agencies)
        case ItemFacet.SECTION:
            return section_names(agencies)
        case ItemFacet.CATEGORY:
            return category_names(agencies, scheme)
        case ItemFacet.THEME | ItemFacet.GENRE:
            return category_names(agencies, by.value.lower())
        case _:
            assert_never(by)
