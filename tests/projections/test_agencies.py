"""Agencies over time: names, lists and ends as of every position, whatever the batches, and without names after an erasure."""

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import (
    AgencyText,
    CloseAgency,
    CloseSection,
    MergeAgency,
    RenameAgency,
    RenameSection,
    RetireChannel,
    SplitAgency,
)
from archive.domain.codes import Command, NameText
from archive.domain.commands import AnyCommand
from archive.domain.erasures import Erase
from archive.domain.schemes import AddCategory, RenameCategory, RetireCategory
from archive.log.log import Log
from archive.projections import agencies
from archive.projections.runner import Projections
from projections.oracle import agencies_at, told
from projections.tale import reading
from stories import AGENCY, Clerk, Home, a_bureau, agency_id, day, tell

OLD, NEW, SPLIT, CLOSED = AGENCY, agency_id(2), agency_id(3), agency_id(4)


def wish(number: int, command: type[Command], **fields: object) -> AnyCommand:
    return command(id=f"{number:032x}", by="role:administrator", **fields)  # type: ignore[arg-type, return-value] # of its class


def a_reform(clerk: Clerk) -> list[AnyCommand]:
    """A bureau that changes all its lists and its name, and goes into another one; others split and end."""
    return [
        *a_bureau(clerk, OLD),
        *(clerk.register_agency(one, name=f"机关 {one[-1]}") for one in (NEW, SPLIT, CLOSED)),
        wish(
            0xF1,
            AddCategory,
            agency=OLD,
            scheme="genre",
            category="budget",
            added_on=day("2018-02-01"),
            text=NameText(name="预算"),
        ),
        wish(
            0xF2,
            RenameCategory,
            agency=OLD,
            scheme="genre",
            category="budget",
            renamed_on=day("2018-02-02"),
            text=NameText(name="预决算"),
        ),
        wish(0xF3, RetireCategory, agency=OLD, scheme="genre", category="plan", retired_on=day("2018-02-03")),
        wish(
            0xF4,
            RenameSection,
            agency=OLD,
            section="office",
            renamed_on=day("2018-02-04"),
            text=NameText(name="综合室"),
        ),
        wish(0xF5, CloseSection, agency=OLD, section="investment", closed_on=day("2018-02-05")),
        wish(0xF6, RetireChannel, agency=OLD, channel="gazette", retired_on=day("2018-02-06")),
        wish(0xF7, RenameAgency, agency=OLD, effective_on=day("2018-02-07"), text=AgencyText(name="某市发展改革委")),
        wish(
            0xF8,
            RenameAgency,
            agency=OLD,
            effective_on=day("2018-02-08"),
            text=AgencyText(name="某市发改委", short_name="委"),
        ),
        wish(0xF9, MergeAgency, agency=OLD, into=NEW, effective_on=day("2018-03-01")),
        wish(0xFA, SplitAgency, agency=SPLIT, into=[NEW, CLOSED], effective_on=day("2018-03-02")),
        wish(0xFB, CloseAgency, agency=CLOSED, effective_on=day("2018-03-03")),
    ]


@pytest.mark.parametrize("limit", [1, 4, 1_000])
def test_agencies_are_those_of_the_oracle_as_of_every_position(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer, limit: int
) -> None:
    tell(writer, a_reform(Clerk()))
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow(limit=limit)
    archive = told(log, disclosures)
    with reading(projections.folder) as one:
        for position in archive.positions:
            rows = agencies.agencies(one.db, as_of=position)
            assert rows == agencies_at(archive, position)
            assert agencies.agencies_count(one.db, as_of=position) == len(rows)
        now = {row.id: row for row in agencies.agencies(one.db, as_of=one.head)}
    assert [former.name for former in now[OLD].former] == ["某市发展和改革局", "某市发展改革委"]
    assert now[NEW].predecessors == [OLD, SPLIT]
    assert now[OLD].successors == [NEW]
    (genre, _) = now[OLD].schemes
    assert [(one.code, one.name, one.retired_on) for one in genre.categories] == [
        ("approval", "类别 approval", None),
        ("notice", "类别 notice", None),
        ("plan", "类别 plan", "2018-02-03"),
        ("budget", "预决算", None),
    ]


@pytest.mark.parametrize("limit", [1, 1_000])
def test_erasure_takes_every_name_and_no_number(
    home: Home, log: Log, disclosures: Disclosures, writer: Writer, limit: int
) -> None:
    tell(writer, a_reform(Clerk()))
    projections = Projections(home.folder / "projections", log, disclosures)
    before = None
    if limit == 1:
        projections.follow(limit=limit)
        before = projections.digest("agencies").numbers
    tell(writer, [Erase(id="e" * 32, by="role:administrator", stream=OLD, field="text", basis="pipl-47-3")])
    projections.follow(limit=limit)
    with reading(projections.folder) as one:
        for position in range(1, log.head() + 1):
            (row,) = agencies.agencies(one.db, as_of=position, ids=[OLD])
            kept = [row.name, row.short_name, *(former.name for former in row.former)]
            kept += [section.name for section in row.sections] + [channel.name for channel in row.channels]
            kept += [name for scheme in row.schemes for name in (scheme.name, *(c.name for c in scheme.categories))]
            assert not any(kept)
    assert before in {None, projections.digest("agencies").numbers}
