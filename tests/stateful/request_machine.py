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
    FeeNoticed,
    FeePaid,
    ThirdPartyAnswered,
    ThirdPartyConsulted,
    ThirdPartySilent,
)
from archive.domain.request_intake import CorrectionReceived, RequestReceiptConfirmed, RequestReceived
from archive.domain.requests import Request
from domain import test_items
from domain.scenario import stand, text_seal
from law.notices import STATE_COUNCIL
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
    clock = state.clock
    if clock.state == "void":
        return ["receive-correction", "receive-correction", "lapse-correction"]
    if clock.correction == "none":
        names += ["demand-correction", "demand-correction", "demand-correction"]
    if state.fee is None:
        names.append("notice-fee")
    if clock.reasons == "none":
        names.append("demand-reasons")
    if clock.reasons == "demanded":
        names += [*["accept-reasons"] * 4, "reject-reasons", "reject-reasons"]
    for pause in clock.open_pauses:
        if pause.kind == "fee":
            names += [*["record-fee-payment"] * 4, *["lapse-fee"] * 4]
        else:
            names += [*[f"record-{pause.kind}-answer"] * 3, *[f"record-{pause.kind}-silence"] * 2]
    return sorted([*names, "decide-reply", "withdraw-request"])


CALENDAR: Final = STATE_COUNCIL


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


def told(history: list[Event], *, r2019: bool) -> tuple[date, int, list[tuple[date, date]]]:  # noqa: C901 - one arm an event
    """The day on which the period began, the days of its extension, and the spans in which somebody was waited for.

    An open wait lasts as long as the law lets it, and under the Regulations of 2008, which set no end, not at all.
    """
    started_on, extension = date.min, 0
    open_waits: dict[tuple[str, int], date] = {}
    spans: list[tuple[date, date]] = []
    for event in history:
        match event:
            case RequestReceived(received_on=on) | RequestReceiptConfirmed(confirmed_on=on):
                started_on = on
            case CorrectionReceived(received_on=on):
                started_on, extension, spans = on, 0, []
            case ExtensionApproved(working_days=days):
                extension = days
            case ThirdPartyConsulted(party=party, asked_on=on):
                open_waits["third-party", party] = on
            case CoAgencyConsulted(party=party, asked_on=on):
                open_waits["co-agency", party] = on
            case FeeNoticed(noticed_on=on):
                open_waits["fee", 0] = on
            case ThirdPartyAnswered(party=party, answered_on=on) | ThirdPartySilent(party=party, waited_until=on):
                spans.append((open_waits.pop(("third-party", party)), on))
            case CoAgencyAnswered(party=party, answered_on=on) | CoAgencySilent(party=party, waited_until=on):
                spans.append((open_waits.pop(("co-agency", party)), on))
            case FeePaid(paid_on=on):
                spans.append((open_waits.pop(("fee", 0)), on))
            case _:
                pass
    for (kind, _), on in open_waits.items():
        if r2019 or kind == "fee":
            spans.append((on, CALENDAR.working_days_after(on, 20 if kind == "fee" else 15)))
    return started_on, extension, spans


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

    @rule(days=st.sampled_from((0, 1, 2, 9)))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(data=st.data(), steps=st.integers(1, 5))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """What may well be accepted, dated today; where a term must be over, some time is let go by first."""
        for _ in range(steps):
            assert self.state is not None
            name = data.draw(st.sampled_from(likely(self.state)))
            waits = (9, 35, 70) if name.startswith("lapse-") or name.endswith("-silence") else (0, 0, 0, 1, 3)
            self.today += timedelta(days=data.draw(st.sampled_from(waits)))
            dates = {field: self.today for field in COMMANDS[name].__struct_fields__ if field.endswith("_on")}
            dates.pop("due_on", None)
            self.handle(name, data, dates)

    @rule(name=st.sampled_from(ALL), data=st.data())
    def try_anything(self, name: str, data: st.DataObject) -> None:
        self.handle(name, data, {})

    def handle(self, name: str, data: st.DataObject, known: dict[str, Any]) -> bool:  # Any: fields of all types
        """Whether the rules accept it; what they accept happens."""
        fields = {"request": REQUEST, "party": 1 + data.draw(st.integers(0, 1)), "section": "office", "item": ITEM}
        terms = (30,) if name == "notice-fee" else (0, 5)
        fields |= {"due_on": self.today + timedelta(days=data.draw(st.sampled_from(terms)))}
        fields |= {"reply_by": self.today + timedelta(days=data.draw(st.integers(0, 90)))}
        # Texts are sealed before the rules see the command; they are another test's subject, and dear to draw.
        fields |= {"id": "0" * 32, "by": "role:clerk", "accept_personal_data": UNSET, "person": UNSET, "text": UNSET}
        fields |= {"working_days": data.draw(st.sampled_from((5, 15, 20, 21)))}
        there = COMMANDS[name].__struct_fields__
        known = {field: value for field, value in (fields | known | self.fee()).items() if field in there}
        wish = data.draw(command(COMMANDS[name], self.today, known=known))
        facts = Facts(
            today=self.today,
            position=0,
            by=wish.by,
            seals=SEALS,
            agency=BUREAU,
            calendar=CALENDAR,
            streams=dict(PUBLIC),
        )
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
        """A fee as the law of the request has it."""
        if self.state is None or self.state.clock.regime.code == "R2008":
            return {"basis": "cost", "amount_fen": 500}
        return {"basis": "per-page", "count": 31, "amount_fen": 1000}

    def look_at_step(self, before: Request | None, event: Event) -> None:
        """What must be so between two states."""
        if before is None or not isinstance(event, ExtensionApproved):
            return
        assert self.state is not None
        was, now = (state.clock.deadline(CALENDAR).due_on for state in (before, self.state))
        assert event.noticed_on <= was <= now, "an extension is told in time, and never shortens"

    @invariant()
    def due_date_is_a_working_day(self) -> None:
        if self.state is not None:
            assert CALENDAR.is_working_day(self.state.clock.deadline(CALENDAR).due_on)

    @invariant()
    def clock_never_runs_while_it_is_paused(self) -> None:
        """Counted by hand from the history: the working days up to the due date on which nobody was waited for."""
        if self.state is None or self.state.clock.agreed_on is not None:
            return
        regime = self.state.clock.regime
        started_on, days, spans = told(self.history, r2019=regime.code == "R2019")
        due_on = self.state.clock.deadline(CALENDAR).due_on
        between = (started_on + timedelta(days=number) for number in range(1, (due_on - started_on).days + 1))
        counted = [
            day
            for day in between
            if CALENDAR.is_working_day(day) and not any(first < day <= last for first, last in spans)
        ]
        assert len(counted) == days + (15 if regime.code == "R2008" else 20)

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
    def a_period_is_extended_once(self) -> None:
        """A corrected request has a new period, and what lengthened the old one is void."""
        extensions = 0
        for event in self.history:
            extensions = (
                0 if isinstance(event, CorrectionReceived) else extensions + isinstance(event, ExtensionApproved)
            )
            assert extensions <= 1
