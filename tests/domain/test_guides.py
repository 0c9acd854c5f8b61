"""Guides: versions one after another, which of them is in force on a day, and what is refused."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered, ChannelRegistered, ChannelRetired
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.guides import Guide, GuideText, GuideVersionPublished, GuideWithdrawn, guide_id
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY

GUIDE: Final = guide_id(AGENCY)
BUREAU: Final[tuple[Event, ...]] = (
    AgencyRegistered(level="county", region="421202", text=text_seal()),
    ChannelRegistered(channel="website", kind="website", text=text_seal()),
    ChannelRegistered(channel="old", kind="website", text=text_seal()),
    ChannelRetired(channel="old", retired_on=date(2015, 1, 5)),
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "guide": GUIDE}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


TEXT: Final = {
    "arrangement": "按体裁和主题编排",
    "ways": "网站查阅或到场查阅",
    "office": "某局办公室",
    "address": "某路1号",
    "hours": "工作日",
    "telephone": "0715-8320000",
}


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU)


def publish(on: str = "2018-01-15", force: str = "2018-02-01", digest: str = "1", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    known = {"agency": AGENCY, "published_on": on, "in_force_from": force, "sha256": digest * 64, "text": TEXT}
    return wish("publish-guide", **(known | fields))


FIRST: Final = GuideVersionPublished(
    agency=AGENCY,
    number=1,
    published_on=day("2018-01-15"),
    in_force_from=day("2018-02-01"),
    sha256="1" * 64,
    text=NEW_TEXT,
)
SECOND: Final = replace(
    FIRST, number=2, published_on=day("2018-06-01"), in_force_from=day("2019-01-01"), sha256="2" * 64
)

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("the first version", past(), publish(), FIRST),
    ("on channels", past(), publish(channels=["website"]), replace(FIRST, channels=["website"])),
    ("the next one is numbered", past(FIRST), publish("2018-06-01", "2019-01-01", "2"), SECOND),
    (
        "what was changed back is a version too",
        past(FIRST, SECOND),
        publish("2018-07-01", "2019-01-01", "1"),
        replace(FIRST, number=3, published_on=day("2018-07-01"), in_force_from=day("2019-01-01")),
    ),
]
WITHDRAWN: Final = GuideWithdrawn(number=1, withdrawn_on=day("2018-05-02"))
FULFILLED += [
    ("it is taken down", past(FIRST), wish("withdraw-guide", withdrawn_on="2018-05-02"), WITHDRAWN),
    (
        "and shown again as it was",
        past(FIRST, WITHDRAWN),
        publish("2018-06-01", "2018-06-01"),
        replace(FIRST, number=2, published_on=day("2018-06-01"), in_force_from=day("2018-06-01")),
    ),
]
REFUSED: Final = [
    refusal(
        "in force within a year",
        past(),
        publish(force="2019-01-17"),
        "GID-005",
        on=day("2019-01-17"),
        latest=day("2019-01-16"),
    ),
    refusal(
        "what is taken down is there", past(), wish("withdraw-guide", withdrawn_on="2018-05-02"), "GID-006", guide=GUIDE
    ),
    refusal(
        "and was not before",
        past(FIRST, WITHDRAWN),
        wish("withdraw-guide", withdrawn_on="2018-05-03"),
        "GID-007",
        number=1,
        on=day("2018-05-02"),
    ),
    refusal("the id follows from the agency", past(), publish(guide="guide-" + "9" * 32), "GID-001", expected=GUIDE),
    refusal("of an agency that is there", given(agency=None), publish(), "AGY-002", agency=AGENCY),
    refusal("on channels that are there", past(), publish(channels=["x"]), "ITM-003", field="channels", code="x"),
    refusal("and in use", past(), publish(channels=["old"]), "ITM-032", channel="old", on=day("2015-01-05")),
    refusal("each once", past(), publish(channels=["website", "website"]), "GID-004"),
    refusal("the same document is no new version", past(FIRST), publish("2018-06-01"), "GID-002", number=1),
    refusal(
        "in force no earlier than the one before",
        past(FIRST),
        publish("2018-06-01", "2018-01-31", "2"),
        "GID-003",
        on=day("2018-01-31"),
        number=1,
        earliest=day("2018-02-01"),
    ),
    refusal(
        "published no earlier than the one before",
        past(FIRST),
        publish("2018-01-14", "2018-06-01", "2"),
        "DAT-002",
        field="published_on",
        on=day("2018-01-14"),
        earliest=day("2018-01-15"),
    ),
    refusal(
        "on a day that has come",
        past(),
        publish("2018-12-11"),
        "DAT-001",
        field="published_on",
        on=day("2018-12-11"),
        today=day("2018-12-10"),
    ),
]


@pytest.mark.parametrize("case", FULFILLED, ids=[name for name, *_ in FULFILLED])
def test_step_makes_its_event(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


@pytest.mark.parametrize("row", REFUSED, ids=[row.claim for row in REFUSED])
def test_step_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


def test_version_in_force_is_the_newest_that_has_begun() -> None:
    guide = stand("guide", (FIRST, SECOND))
    assert isinstance(guide, Guide)
    found = [guide.on(day(on)) for on in ("2018-01-31", "2018-02-01", "2018-12-31", "2019-01-01")]
    assert [one and one.number for one in found] == [None, 1, 1, 2]
    gone = stand("guide", (FIRST, WITHDRAWN))
    assert isinstance(gone, Guide)
    assert [one and one.number for one in map(gone.on, (day("2018-05-01"), day("2018-05-02")))] == [1, None]


def test_guide_says_what_article_12_names() -> None:
    """R2019 art. 12 para 2: classification and arrangement, ways to obtain, name, address, hours, telephone, fax, internet."""
    assert [field.name for field in msgspec.structs.fields(GuideText)] == [*TEXT, "fax", "internet"]
