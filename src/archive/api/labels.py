"""What the codes of agencies' lists are called, and which scheme a reader means by “category”."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.api.agencies import ERASED
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archive.projections.agencies import AgencyRow


def scheme_meant(agencies: Sequence[AgencyRow], asked: str | None, *, position: int) -> str:
    """The scheme that was asked for, if there is one; else the primary one that all these agencies share, or `Refused`."""
    schemes = [scheme for agency in agencies for scheme in agency.schemes]
    if asked is not None:
        if all(scheme.key != asked for scheme in schemes):
            raise Refused("API-008", field="scheme", position=position)
        return asked
    primary = {(one.key, tuple(category.code for category in one.categories)) for one in schemes if one.primary}
    # A list only grows: one that another continues is the same scheme, of which its agency has added less.
    longest = max(primary, key=lambda one: len(one[1]), default=None)
    if longest is None or any(key != longest[0] or codes != longest[1][: len(codes)] for key, codes in primary):
        raise Refused("API-007")
    return longest[0]


def agency_names(agencies: Iterable[AgencyRow]) -> dict[str, str]:
    """Agencies by id."""
    return {agency.id: agency.name or ERASED for agency in agencies}


def channel_names(agencies: Iterable[AgencyRow]) -> dict[str, str]:
    """Channels by code, in the order they were registered."""
    return _first_names((one.key, one.name) for agency in agencies for one in agency.channels)


def section_names(agencies: Iterable[AgencyRow]) -> dict[str, str]:
    """Sections by code, in the order they were opened."""
    return _first_names((one.id, one.name) for agency in agencies for one in agency.sections)


def category_names(agencies: Iterable[AgencyRow], scheme: str | None) -> dict[str, str]:
    """The categories of one scheme by code, in its order."""
    return _first_names(
        (one.code, one.name)
        for agency in agencies
        for adopted in agency.schemes
        for one in adopted.categories
        if adopted.key == scheme
    )


def _first_names(named: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Where two agencies name one code, the first of them does."""
    names: dict[str, str] = {}
    for code, name in named:
        names.setdefault(code, name or ERASED)
    return names
