"""An agency that is no more begins nothing: every kind of stream that begins on a day of its own says so with one code."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from archive.domain.agencies import AgencyClosed, AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.guides import guide_id
from archive.domain.kinds import KINDS
from archive.domain.posts import post_id
from domain.scenario import given, text_seal
from stories import AGENCY

ENDED: Final = "2018-06-01"
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    AgencyClosed(effective_on=date.fromisoformat(ENDED)),
)
GUIDE: Final = dict.fromkeys(("arrangement", "ways", "office", "address", "hours", "telephone"), "某")
# What begins a stream, the field with its day, and all that it needs besides.
BEGINNINGS: Final[dict[str, tuple[str, dict[str, Any]]]] = {  # Any: fields of every type, checked by the command
    "receive-request": ("received_on", {"channel": "letter", "applicant_kind": "natural-person"}),
    "receive-opinion": ("received_on", {"intake": "letter", "topic": "other"}),
    "file-complaint": ("filed_on", {"intake": "letter", "ground": "other"}),
    "detect-issue": ("detected_at", {"source": "media", "severity": "public-opinion"}),
    "publish-interpretation": ("published_on", {"form": "press-conference", "by_head": False, "text": {"title": "某"}}),
    "open-consultation": ("opened_on", {"closes_on": "2018-12-01", "major": False, "text": {"title": "某"}}),
    "plan-training": ("planned_on", {"planned_for": "2018-12-01", "mode": "class"}),
    "hold-training": ("held_on", {"attendees": 3, "mode": "class"}),
    "hold-exam": ("held_on", {"attendees": 3, "passed": 3}),
    "hold-meeting": ("held_on", {"attendees": 3, "kind": "work-meeting"}),
    "establish-post": (
        "established_on",
        {"post": post_id(AGENCY, "x"), "post_code": "x", "duty": "group-head", "text": {"title": "某"}},
    ),
    "publish-guide": (
        "published_on",
        {"guide": guide_id(AGENCY), "in_force_from": "2018-06-01", "sha256": "0" * 64, "text": GUIDE},
    ),
    "adopt-rule": (
        "adopted_on",
        {"kind": "website", "in_force_from": "2018-06-01", "sha256": "0" * 64, "text": {"title": "某"}},
    ),
    "open-place": ("opened_on", {"place_type": "library", "text": {"name": "某", "address": "某"}}),
}
# Of an agency's past, which whoever took its place enters later; and an item, whose draft has no day of its own.
OF_THE_PAST: Final = {
    "draft-item",
    "file-reconsideration",
    "file-litigation",
    "declare-nil",
    "declare-figure",
    "close-month",
    "draft-report",
    "receive-assessment",
    "run-inspection",
}


def begin(name: str, day: str) -> AnyCommand:
    field, fields = BEGINNINGS[name]
    kind = COMMANDS[name].STREAM
    on = f"{day}T09:30+08:00" if field.endswith("_at") else day
    known = {"command": name, "id": "0" * 32, "by": "role:clerk", "agency": AGENCY, kind: f"{kind}-{'1' * 32}"}
    return msgspec.convert(known | {field: on} | fields, COMMANDS[name])  # type: ignore[return-value] # AnyCommand


def test_every_beginning_is_here() -> None:
    with_agency = {
        str(command.__struct_config__.tag)
        for kind in KINDS.values()
        if kind.name != "agency"
        for command in kind.commands
        if "agency" in command.__struct_fields__
    }
    assert with_agency == BEGINNINGS.keys() | OF_THE_PAST


@pytest.mark.parametrize("name", BEGINNINGS)
def test_ended_agency_begins_nothing(name: str) -> None:
    given(agency=BUREAU).when(begin(name, ENDED)).then_refused("AGY-009", on=date.fromisoformat(ENDED))


@pytest.mark.parametrize("name", BEGINNINGS)
def test_what_it_began_before_may_be_entered_later(name: str) -> None:
    command = begin(name, "2018-05-31")
    given(agency=BUREAU).when(command).then(*given(agency=BUREAU[:1]).when(command).events())
