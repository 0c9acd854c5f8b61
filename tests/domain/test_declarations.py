"""Declarations: what each step makes, and what it refuses."""

from datetime import date
from typing import Any, Final, get_args

import msgspec
import pytest
from msgspec.structs import replace

from archive.domain.agencies import AgencyRegistered
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS, AnyCommand
from archive.domain.declarations import UNITS, Cell, DeclarationWithdrawn, FigureCorrected, FigureDeclared, NilDeclared
from domain.scenario import Given, Refusal, given, refusal, text_seal
from stories import AGENCY

DECLARATION: Final = f"declaration-{'1' * 32}"
BUREAU: Final[tuple[Event, ...]] = (AgencyRegistered(level="county", region="421202", text=text_seal()),)
TODAY: Final = "2019-12-10"
SEAL: Final = text_seal(7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def wish(name: str, **fields: Any) -> AnyCommand:  # noqa: ANN401 - Any: fields of every type, checked by the command
    """A command about the declaration, as it comes from outside; days are written out."""
    known = {"command": name, "id": "0" * 32, "by": "role:information-officer", "declaration": DECLARATION}
    return msgspec.convert(known | fields, COMMANDS[name])  # type: ignore[return-value] # COMMANDS holds AnyCommand


def past(*history: Event) -> Given:
    return given(*history, agency=BUREAU, today=TODAY)


def declare_nil(on: str = "2019-01-07", year: int = 2018) -> AnyCommand:
    return wish(
        "declare-nil", agency=AGENCY, declared_on=on, area="interpretations", year=year, reason="no-major-policy"
    )


def declare(cell: str = "capacity.staff_full_time", on: str = "2019-01-07", year: int = 2018) -> AnyCommand:
    return wish("declare-figure", agency=AGENCY, declared_on=on, cell=cell, year=year, value=2, evidence="HR-2018-7")


def correct(on: str = "2019-01-09", value: int = 3) -> AnyCommand:
    return wish("correct-figure", corrected_on=on, value=value, reason="miscounted", evidence="HR-2018-8")


def withdraw(on: str = "2019-01-14") -> AnyCommand:
    return wish("withdraw-declaration", withdrawn_on=on, reason="events-found")


# --- what happened ------------------------------------------------------------------------------------------------------
NIL: Final = NilDeclared(
    agency=AGENCY, declared_on=day("2019-01-07"), area="interpretations", year=2018, reason="no-major-policy"
)
FIGURE: Final = FigureDeclared(
    agency=AGENCY,
    declared_on=day("2019-01-07"),
    cell="capacity.staff_full_time",
    year=2018,
    value=2,
    unit="persons",
    evidence="HR-2018-7",
)
CORRECTED: Final = FigureCorrected(corrected_on=day("2019-01-09"), value=3, reason="miscounted", evidence="HR-2018-8")
WITHDRAWN: Final = DeclarationWithdrawn(withdrawn_on=day("2019-01-14"), reason="events-found")


FULFILLED: list[tuple[str, Given, AnyCommand, Event]] = [
    ("there was nothing", past(), declare_nil(), NIL),
    ("a figure", past(), declare(), FIGURE),
    ("is put right", past(FIGURE), correct(), CORRECTED),
    ("more than once", past(FIGURE, CORRECTED), correct(value=2), replace(CORRECTED, value=2)),
    ("a figure is withdrawn", past(FIGURE, CORRECTED), withdraw(), WITHDRAWN),
    ("so is that there was nothing", past(NIL), withdraw(), WITHDRAWN),
]


@pytest.mark.parametrize("case", FULFILLED, ids=lambda case: case[0])
def test_command_is_fulfilled(case: tuple[str, Given, AnyCommand, Event]) -> None:
    _, before, command, event = case
    before.when(command).then(event)


def test_every_command_is_fulfilled_somewhere() -> None:
    fulfilled = {type(command) for _, _, command, _ in FULFILLED}
    assert fulfilled == {command for command in COMMANDS.values() if command.STREAM == "declaration"}


REFUSED: list[Refusal] = [
    refusal("a stream holds one declaration", past(NIL), declare(), "DCL-001", declaration=DECLARATION),
    refusal("of either kind", past(FIGURE), declare_nil(), "DCL-001", declaration=DECLARATION),
    refusal("an agency declares", given(today=TODAY), declare(), "AGY-002", agency=AGENCY),
    refusal("what is put right was declared", past(), correct(), "DCL-002", declaration=DECLARATION),
    refusal("so was what is withdrawn", past(), withdraw(), "DCL-002", declaration=DECLARATION),
    refusal("nothing has no value to put right", past(NIL), correct(), "DCL-003", stage="nil", expected="figure"),
    refusal(
        "what is withdrawn is not put right",
        past(FIGURE, WITHDRAWN),
        correct("2019-01-15"),
        "DCL-003",
        stage="withdrawn",
        expected="figure",
    ),
    refusal(
        "nor withdrawn again",
        past(FIGURE, WITHDRAWN),
        withdraw("2019-01-15"),
        "DCL-003",
        stage="withdrawn",
        expected="figure / nil",
    ),
    refusal(
        "money is declared in fen",
        past(),
        msgspec.structs.replace(declare(cell="capacity.budget"), unit="wan-yuan"),
        "DCL-006",
        cell="capacity.budget",
        unit="wan-yuan",
        expected="fen",
    ),
    refusal(
        "persons are not money",
        past(),
        msgspec.structs.replace(declare(), unit="fen"),
        "DCL-006",
        cell="capacity.staff_full_time",
        unit="fen",
        expected="persons",
    ),
    refusal("the year has begun", past(), declare(year=2020), "DCL-004", year=2020, on=day("2019-01-07")),
    refusal("also where there was nothing", past(), declare_nil(year=2020), "DCL-004", year=2020, on=day("2019-01-07")),
    refusal("a correction changes something", past(FIGURE), correct(value=2), "DCL-005", value=2),
    *(
        refusal(
            f"{field} of {command.__struct_config__.tag} has come",
            past(*history),
            command,
            "DAT-001",
            field=field,
            on=day("2019-12-11"),
            today=day(TODAY),
        )
        for history, command, field in [
            ((), declare(on="2019-12-11"), "declared_on"),
            ((), declare_nil(on="2019-12-11"), "declared_on"),
            ((FIGURE,), correct("2019-12-11"), "corrected_on"),
            ((NIL,), withdraw("2019-12-11"), "withdrawn_on"),
        ]
    ),
    *(
        refusal(
            f"{field} lies after the declaration",
            past(FIGURE),
            command,
            "DAT-002",
            field=field,
            on=day("2019-01-02"),
            earliest=day("2019-01-07"),
        )
        for command, field in [(correct("2019-01-02"), "corrected_on"), (withdraw("2019-01-02"), "withdrawn_on")]
    ),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.claim)
def test_command_is_refused(row: Refusal) -> None:
    row.given.when(row.when).then_refused(row.code, **row.facts)


@pytest.mark.parametrize("cell", get_args(Cell))
def test_figure_is_declared_in_the_unit_of_its_cell(cell: Cell) -> None:
    unit = UNITS.get(cell, "count")
    past().when(declare(cell)).then(replace(FIGURE, cell=cell, unit=unit))
    assert (unit == "fen") == cell.endswith(("amount", "budget"))
    assert (unit == "persons") == ("staff" in cell)


@pytest.mark.parametrize("cell", ["capacity.staff_total", "requests.received", "proactive.items_total"])
def test_sums_and_what_is_counted_here_are_not_declared(cell: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        declare(cell)
