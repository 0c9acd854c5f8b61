"""Rules of an agency: versions, what they set and from when, and what the law does not leave them."""

from datetime import date
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.rules import BOUNDS, Parameter, Rule, RuleAdopted, RuleAmended, RuleRepealed
from domain.scenario import NEW_TEXT, Given, Refusal, given, refusal, stand, text_seal
from stories import AGENCY

RULE: Final = f"rule-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    known = {"command": name, "id": "0" * 32, "by": "role:administrator", "rule": RULE}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU)


def adopt(kind: str = "monthly-notification", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    known = {"agency": AGENCY, "kind": kind, "adopted_on": "2018-01-08", "in_force_from": "2018-02-01"}
    return wish("adopt-rule", **(known | {"sha256": "1" * 64, "text": {"title": "某办法"}} | fields))


def amend(on: str = "2018-05-07", force: str = "2018-06-01", digest: str = "2", **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type
    known = {"amended_on": on, "in_force_from": force, "sha256": digest * 64, "text": {"title": "某办法"}}
    return wish("amend-rule", **(known | fields))


def repeal(on: str = "2018-12-03", ceases: str = "2019-01-01") -> AnyCommand:
    return wish("repeal-rule", repealed_on=on, ceases_on=ceases)


ADOPTED: Final = RuleAdopted(
    agency=AGENCY,
    kind="monthly-notification",
    adopted_on=day("2018-01-08"),
    in_force_from=day("2018-02-01"),
    sha256="1" * 64,
    text=NEW_TEXT,
)
NOTIFIED: Final = replace(ADOPTED, parameters=[Parameter(name="notification-day", value=8)])
AMENDED: Final = RuleAmended(
    number=2, amended_on=day("2018-05-07"), in_force_from=day("2018-06-01"), sha256="2" * 64, text=NEW_TEXT
)
REPEALED: Final = RuleRepealed(repealed_on=day("2018-12-03"), ceases_on=day("2019-01-01"))
KINDS: Final = ("management", "assessment", "on-request", "secrecy-review")

FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    *((f"the founding report names four: {kind}", past(), adopt(kind), replace(ADOPTED, kind=kind)) for kind in KINDS),
    ("it may set a number", past(), adopt(parameters=[{"name": "notification-day", "value": 8}]), NOTIFIED),
    (
        "or several, which are put in order",
        past(),
        adopt(parameters=[{"name": "notification-day", "value": 8}, {"name": "month-closing-day", "value": 3}]),
        replace(
            ADOPTED,
            parameters=[Parameter(name="month-closing-day", value=3), Parameter(name="notification-day", value=8)],
        ),
    ),
    ("it is amended", past(NOTIFIED), amend(), AMENDED),
    ("and repealed, from a day to come", past(ADOPTED, AMENDED), repeal(), REPEALED),
]
REFUSED: Final = [
    refusal("it is adopted once", past(ADOPTED), adopt(), "RUL-001", rule=RULE),
    refusal("nothing before it", past(), amend(), "RUL-002", rule=RULE),
    refusal("nothing after the end", past(ADOPTED, REPEALED), amend("2018-12-04"), "RUL-003", on=day("2019-01-01")),
    refusal("not repealed twice", past(ADOPTED, REPEALED), repeal(), "RUL-003", on=day("2019-01-01")),
    refusal("the same document is no amendment", past(ADOPTED), amend(digest="1"), "RUL-004", number=1),
    refusal(
        "a parameter stands once",
        past(),
        adopt(parameters=[{"name": "notification-day", "value": 8}, {"name": "notification-day", "value": 9}]),
        "RUL-006",
    ),
    refusal(
        "an amendment is in force no earlier than what it amends",
        past(ADOPTED),
        amend(force="2018-01-31"),
        "RUL-007",
        on=day("2018-01-31"),
        number=1,
        earliest=day("2018-02-01"),
    ),
    refusal(
        "nor does it cease before it began",
        past(ADOPTED),
        repeal(ceases="2018-01-31"),
        "RUL-007",
        on=day("2018-01-31"),
        number=1,
        earliest=day("2018-02-01"),
    ),
    refusal(
        "steps in the order of days",
        past(ADOPTED),
        amend("2018-01-07"),
        "DAT-002",
        field="amended_on",
        on=day("2018-01-07"),
        earliest=day("2018-01-08"),
    ),
    refusal(
        "in force within five years",
        past(),
        adopt(in_force_from="9018-02-01"),
        "RUL-008",
        on=day("9018-02-01"),
        latest=day("2023-01-12"),
    ),
    refusal("of an agency that is there", given(agency=None), adopt(), "AGY-002", agency=AGENCY),
    *(
        refusal(
            f"{name} {value} is looser than the law",
            past(),
            adopt(parameters=[{"name": name, "value": value}]),
            "RUL-005",
            parameter=name,
            value=value,
            least=least,
            most=most,
        )
        for name, (least, most) in BOUNDS.items()
        for value in (least - 1, most + 1)
    ),
]


@pytest.mark.parametrize("case", FULFILLED, ids=[name for name, *_ in FULFILLED])
def test_step_makes_its_event(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


@pytest.mark.parametrize("row", REFUSED, ids=[row.claim for row in REFUSED])
def test_step_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_of_the_law_are_within_it(name: str) -> None:
    for value in BOUNDS[name]:  # type: ignore[index] # a key of it
        past().when(adopt(parameters=[{"name": name, "value": value}])).then(
            replace(ADOPTED, parameters=[Parameter(name=name, value=value)])  # type: ignore[arg-type] # a key of BOUNDS
        )


def test_parameters_in_force_are_those_of_the_version_of_that_day() -> None:
    rule = stand("rule", (NOTIFIED, AMENDED, REPEALED))
    assert isinstance(rule, Rule)
    days = ("2018-01-31", "2018-02-01", "2018-05-31", "2018-06-01", "2018-12-31", "2019-01-01")
    found = [rule.on(day(on)) for on in days]
    assert [one and one.number for one in found] == [None, 1, 1, 2, 2, None]
    assert [one and one.parameters for one in found[1:4]] == [{"notification-day": 8}, {"notification-day": 8}, {}]
