"""One request and everything that may be tried on it: the rules hold, and the history alone gives the same state."""

from collections import Counter
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import UNSET

from archive.domain import requests
from archive.domain.agencies import Agency, AgencyRegistered, SectionOpened
from archive.domain.codes import Event
from archive.domain.commands import COMMANDS
from archive.domain.errors import Refused
from archive.domain.facts import Facts
from archive.domain.request_handling import (
    CoAgencyAnswered,
    CoAgencyConsulted,
    CoAgencySilent,
    ExtensionApproved,
    ThirdPartyAnswered,
    ThirdPartyConsulted,
    ThirdPartySilent,
)
from archive.domain.requests import Request
from archive.law.calendar import Calendar
from domain import test_items
from domain.scenario import stand, text_seal
from stories import AGENCY, item_id, request_id
from strategies import command

REQUEST: Final = request_id()
ITEM: Final = item_id()
SEALS: Final = {"text": text_seal(1), "person": text_seal(2)}
ALL: Final = sorted(name for name, wish in COMMANDS.items() if wish.STREAM == "request" and name != "receive-request")


def likely(state: Request) -> list[str]:  # noqa: C901, PLR0911 - an arm a stage
    """Commands that may well be accepted; what ends a request stands once, so that most have a life."""
    match state.stage:
        case "received":
            return ["confirm-receipt" if state.awaits_confirmation else "register-request", "register-request"]
        case "decided":
            return ["dispatch-reply"]
        case "dispatched":
            return ["deliver-reply", "supplement-reply"]
        case "delivered":
            return ["supplement-reply", "close-request", "convert-request-to-proactive", "receive-record-correction"]
        case "ended":
            return ["close-request"]
        case "closed":
            return ["receive-record-correction", "handle-record-correction", "convert-request-to-proactive"]
        case "registered":
            pass
    names = ["assign-request", "record-search", "consult-third-party", "consult-co-agency", "extend-request"]
    if state.correction == "none":
        names.append("demand-correction")
    if state.correction == "awaited":
        return ["receive-correction", "receive-correction", "lapse-correction"]
    if state.fee is None:
        names.append("notice-fee")
    elif not state.fee.paid:
        names += ["record-fee-payment", "record-fee-payment", "lapse-fee", "lapse-fee"]
    if state.reasons == "none":
        names.append("demand-reasons")
    if state.reasons == "awaited":
        names += ["accept-reasons", "accept-reasons", "reject-reasons"]
    for asked in state.awaiting:
        kind = asked.rpartition("-")[0]
        names += [f"record-{kind}-answer", f"record-{kind}-silence"]
    return sorted([*names, "decide-reply", "withdraw-request"])


def a_calendar() -> Calendar:
    """Ten years with a week off in February and October, and the weekend after each worked; no real year."""
    days = [date(2018, 1, 1) + timedelta(days=number) for number in range(3652)]
    return Calendar(
        version="test",
        years=frozenset(day.year for day in days),
        days_off=frozenset(day for day in days if (day.month in {2, 10} and day.day <= 7 and day.weekday() < 5)),
        working_weekends=frozenset(
            day for day in days if day.month in {2, 10} and 8 <= day.day <= 14 and day.weekday() >= 5
        ),
    )


CALENDAR: Final = a_calendar()


def a_bureau() -> Agency:
    events = (
        AgencyRegistered(level="county", region="421202", text=text_seal()),
        SectionOpened(section="office", opened_on=date(2018, 1, 2), text=text_seal()),
    )
    agency = stand("agency", events)
    assert isinstance(agency, Agency)
    return agency


BUREAU: Final = a_bureau()
PUBLIC: Final = {ITEM: stand("item", test_items.PUBLISHED)}
# Which event types any example reached: were everything refused, the machine would say nothing.
REACHED: Final[set[str]] = set()


class RequestMachine(RuleBasedStateMachine):
    """One request."""

    @initialize(
        on=st.dates(date(2018, 11, 1), date(2022, 3, 1)),
        way=st.sampled_from([("in-person", "handed-in"), ("letter", "signed-for"), ("online", "awaits-confirmation")]),
        data=st.data(),
    )
    def receive(self, on: date, way: tuple[str, str], data: st.DataObject) -> None:
        self.today = on
        self.history: list[Event] = []
        self.state: Request | None = None
        known = {"agency": AGENCY, "received_on": on, "channel": way[0], "receipt": way[1], "co_applicants": 0}
        assert self.handle("receive-request", data, known | {"co_applicant_kinds": UNSET})

    @rule(days=st.sampled_from((0, 0, 1, 1, 2, 5, 9, 23)))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(data=st.data(), days=st.sampled_from((0, 0, 1, 1, 8)))
    def go_on(self, data: st.DataObject, days: int) -> None:
        """What may well be accepted, dated today."""
        assert self.state is not None
        self.today += timedelta(days=days)
        name = data.draw(st.sampled_from(likely(self.state)))
        dates = {field: self.today for field in COMMANDS[name].__struct_fields__ if field.endswith("_on")}
        self.handle(name, data, dates)

    @rule(name=st.sampled_from(ALL), data=st.data())
    def try_anything(self, name: str, data: st.DataObject) -> None:
        self.handle(name, data, {})

    def handle(self, name: str, data: st.DataObject, known: dict[str, Any]) -> bool:  # Any: fields of all types
        """Whether the rules accept it; what they accept happens."""
        fields = {"request": REQUEST, "party": 1 + data.draw(st.integers(0, 1)), "section": "office", "item": ITEM}
        fields |= {
            field: self.today + timedelta(days=data.draw(st.integers(0, 60))) for field in ("due_on", "reply_by")
        }
        fields |= {"working_days": data.draw(st.sampled_from((5, 15, 20, 21)))}
        wanted = dict((fields | known | self.fee()).items())
        there = COMMANDS[name].__struct_fields__
        wish = data.draw(
            command(COMMANDS[name], self.today, known={field: wanted[field] for field in wanted if field in there})
        )
        facts = Facts(today=self.today, by=wish.by, seals=SEALS, agency=BUREAU, calendar=CALENDAR, streams=dict(PUBLIC))
        try:
            events = requests.decide(self.state, wish, facts)  # type: ignore[arg-type] # ALL are commands of requests
        except Refused:
            return False
        for event in events:
            before, self.state = self.state, requests.evolve(self.state, event)
            self.history.append(event)
            REACHED.add(event.TYPE)
            self.look_at_step(before, event)
        return True

    def fee(self) -> dict[str, object]:
        """A fee as the tariff of the day has it."""
        return {"due_on": self.today + timedelta(days=3)}

    def look_at_step(self, before: Request | None, event: Event) -> None:
        """What must be so between two states."""

    @invariant()
    def history_alone_gives_the_state(self) -> None:
        if self.history:
            assert stand("request", self.history) == self.state

    @invariant()
    def nobody_is_asked_twice_at_a_time(self) -> None:
        asked: Counter[tuple[str, int]] = Counter()
        for event in self.history:
            match event:
                case ThirdPartyConsulted():
                    asked["third-party", event.party] += 1
                case ThirdPartyAnswered() | ThirdPartySilent():
                    asked["third-party", event.party] -= 1
                case CoAgencyConsulted():
                    asked["co-agency", event.party] += 1
                case CoAgencyAnswered() | CoAgencySilent():
                    asked["co-agency", event.party] -= 1
                case _:
                    continue
            assert set(asked.values()) <= {0, 1}

    @invariant()
    def a_request_is_extended_once(self) -> None:
        assert sum(isinstance(event, ExtensionApproved) for event in self.history) <= 1
