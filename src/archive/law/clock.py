"""The clock of a request (申请办理期限): from receipt to the day by which the reply must have left the agency.

    received ──▶ runs ──▶ correction demanded: void ──▶ corrected: runs anew from that day
                  ├──▶ third party or other agency asked: stands still until the answer, or 15 working days
                  ├──▶ fee noticed: stands still until it is paid
                  ├──▶ extended, once, before the due date: later by at most as much as the law allows
                  ├──▶ reasons for many requests demanded, and accepted: a later day, told to the applicant
                  └──▶ dispatched, withdrawn or lapsed: ended

Rules
- A clock is a value: every step gives another one, or `ClockRefused` with a reason. It knows dates, no names.
- What stands still by several at once stands still once: overlapping pauses are merged.
- An open pause is reckoned to its longest; until it ends the due date is provisional.
- Articles are those of the Regulations that applied on the day of receipt (regimes.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from archive.law.deadlines import Deadline, Pause, merged, working_deadline
from archive.law.regimes import Regime, regime_on

if TYPE_CHECKING:
    from archive.law.calendar import Calendar

PauseKind = Literal["third-party", "co-agency", "fee"]
Correction = Literal["none", "demanded", "received"]
Reasons = Literal["none", "demanded", "accepted", "rejected"]
RefusalReason = Literal[
    "ended",
    "awaits-correction",
    "no-correction-awaited",
    "correction-twice",
    "correction-late",
    "pause-open",
    "no-pause-open",
    "not-silent-yet",
    "unknown-to-regime",
    "extension-twice",
    "extension-late",
    "extension-too-long",
    "reasons-twice",
    "no-reasons-awaited",
    "reply-by-not-a-working-day",
    "reply-by-not-later",
    "fee-twice",
    "no-fee-awaited",
]

# 国办函〔2020〕109号, art. 6: the applicant has 20 working days from the day after the notice.
FEE_DAYS: Final = 20


class ClockRefused(Exception):
    """A step that the law does not allow. `facts` are dates, numbers and codes."""

    def __init__(self, reason: RefusalReason, **facts: date | int | str) -> None:
        super().__init__(reason)
        self.reason: RefusalReason = reason
        self.facts = facts


class OpenPause(NamedTuple):
    """Somebody was asked on a day, and has not answered. `party` tells several of a kind apart."""

    kind: PauseKind
    party: int
    asked_on: date


@dataclass(frozen=True, kw_only=True)
class RequestClock:
    """The clock of one request after its steps so far."""

    received_on: date
    # Day 0: the receipt, or that of the corrected request.
    started_on: date
    correction: Correction = "none"
    open_pauses: tuple[OpenPause, ...] = ()
    pauses: tuple[Pause, ...] = ()
    extension_days: int = 0
    reasons: Reasons = "none"
    agreed_on: date | None = None
    fee_noticed: bool = False
    ended_on: date | None = None

    @property
    def regime(self) -> Regime:
        """The Regulations that apply: those of the day of receipt."""
        return regime_on(self.received_on)

    # --- the steps ----------------------------------------------------------------------------------------------------
    @classmethod
    def received(cls, on: date) -> RequestClock:
        """The clock of a request that was received on a day (art. 31 says which day that is)."""
        return cls(received_on=on, started_on=on)

    def correction_demanded(self, on: date, calendar: Calendar) -> RequestClock:
        """The applicant is told what to correct: once, and by R2019 within 7 working days of the receipt (art. 30)."""
        self._must_run()
        if self.correction != "none":
            raise ClockRefused("correction-twice")
        days = self.regime.correction_notice_days
        if days is not None and on > (due_on := calendar.working_days_after(self.received_on, days)):
            raise ClockRefused("correction-late", due_on=due_on, days=days)
        if self.open_pauses:
            raise ClockRefused("pause-open", kind=self.open_pauses[0].kind, party=self.open_pauses[0].party)
        return replace(self, correction="demanded")

    def corrected(self, on: date) -> RequestClock:
        """The corrected request arrived: a new day 0, and what lengthened the old period is void (art. 30)."""
        self._must_await_correction()
        return replace(
            self, correction="received", started_on=on, pauses=(), extension_days=0, reasons="none", agreed_on=None
        )

    def correction_lapsed(self, on: date) -> RequestClock:
        """The correction did not come in time, which ends the request (art. 30)."""
        self._must_await_correction()
        return replace(self, ended_on=on)

    def paused(self, kind: PauseKind, party: int, on: date) -> RequestClock:
        """A third party (art. 32) or an agency that made the information too (art. 34) is asked; the clock stands still."""
        self._must_run()
        if kind == "co-agency" and self.regime.co_agency_days is None:
            raise ClockRefused("unknown-to-regime", regime=self.regime.code)
        if self._open(kind, party) is not None:
            raise ClockRefused("pause-open", kind=kind, party=party)
        return replace(self, open_pauses=(*self.open_pauses, OpenPause(kind, party, on)))

    def answered(self, kind: PauseKind, party: int, on: date) -> RequestClock:
        """The answer came; the clock runs on the day after."""
        self._must_be_open()
        pause = self._must_be_paused(kind, party)
        return replace(
            self,
            open_pauses=tuple(one for one in self.open_pauses if one != pause),
            pauses=merged((*self.pauses, Pause(pause.asked_on, on))),
        )

    def silent(self, kind: PauseKind, party: int, on: date, calendar: Calendar) -> RequestClock:
        """No answer came within the days that the law gives; the clock runs on from their end (art. 32, 34)."""
        self._must_be_open()
        pause = self._must_be_paused(kind, party)
        last = self._longest(pause, calendar)
        if last is None:
            # R2008 gives no time for an answer: it is over when the agency says so.
            return self.answered(kind, party, on)
        if on <= last:
            raise ClockRefused("not-silent-yet", last=last)
        return self.answered(kind, party, last)

    def extended(self, days: int, on: date, calendar: Calendar) -> RequestClock:
        """Consented to and told on a day: once, not after the due date, by so many days at most (R2008 24, R2019 33)."""
        self._must_run()
        if self.extension_days:
            raise ClockRefused("extension-twice", days=self.extension_days)
        if days > self.regime.extension_days:
            raise ClockRefused("extension-too-long", days=days, limit=self.regime.extension_days)
        if on > (due_on := self.deadline(calendar).due_on):
            raise ClockRefused("extension-late", due_on=due_on)
        return replace(self, extension_days=days)

    def reasons_demanded(self) -> RequestClock:
        """Who asks clearly too much or too often is asked why (R2019 art. 35); meanwhile the clock runs."""
        self._must_run()
        if not self.regime.mass_requests:
            raise ClockRefused("unknown-to-regime", regime=self.regime.code)
        if self.reasons != "none":
            raise ClockRefused("reasons-twice")
        return replace(self, reasons="demanded")

    def reasons_accepted(self, reply_by: date, calendar: Calendar) -> RequestClock:
        """The reasons are good; the applicant is told a later working day for the reply (R2019 art. 35)."""
        self._must_run()
        if self.reasons != "demanded":
            raise ClockRefused("no-reasons-awaited")
        if not calendar.is_working_day(reply_by):
            raise ClockRefused("reply-by-not-a-working-day", reply_by=reply_by)
        if reply_by < (due_on := self.deadline(calendar).due_on):
            raise ClockRefused("reply-by-not-later", reply_by=reply_by, due_on=due_on)
        return replace(self, reasons="accepted", agreed_on=reply_by)

    def reasons_rejected(self) -> RequestClock:
        """The reasons are not good: the reply will say that the request is not handled (R2019 art. 35)."""
        self._must_run()
        if self.reasons != "demanded":
            raise ClockRefused("no-reasons-awaited")
        return replace(self, reasons="rejected")

    def fee_demanded(self, basis: str, on: date) -> RequestClock:
        """A fee is noticed (R2019 art. 42): one a request, on one basis; the clock stands still until it is paid."""
        self._must_run()
        if basis not in self.regime.fee_bases:
            raise ClockRefused("unknown-to-regime", regime=self.regime.code)
        if self.fee_noticed:
            raise ClockRefused("fee-twice")
        return replace(self, fee_noticed=True, open_pauses=(*self.open_pauses, OpenPause("fee", 0, on)))

    def fee_paid(self, on: date) -> RequestClock:
        """The fee is paid; the clock runs on the day after."""
        self._must_await_fee()
        return self.answered("fee", 0, on)

    def fee_lapsed(self, on: date) -> RequestClock:
        """The fee was not paid in time, which ends the request (国办函〔2020〕109号, art. 6)."""
        self._must_await_fee()
        return replace(self, ended_on=on)

    def ended(self, on: date) -> RequestClock:
        """The reply left the agency, or the request was withdrawn: nothing runs any more."""
        self._must_be_open()
        return replace(self, ended_on=on)

    # --- what it says -------------------------------------------------------------------------------------------------
    @property
    def state(self) -> Literal["running", "paused", "void", "ended"]:
        """Whether it runs, stands still, waits for a correction, or has ended."""
        if self.ended_on is not None:
            return "ended"
        if self.correction == "demanded":
            return "void"
        return "paused" if self.open_pauses else "running"

    def deadline(self, calendar: Calendar) -> Deadline:
        """The last day for the reply, as far as it is known now."""
        waited = [
            Pause(one.asked_on, last) for one in self.open_pauses if (last := self._longest(one, calendar)) is not None
        ]
        regime = self.regime
        found = working_deadline(
            self.started_on,
            regime.reply_days + self.extension_days,
            calendar,
            law=regime.code,
            article=regime.extension_article if self.extension_days else regime.reply_article,
            pauses=(*self.pauses, *waited),
        )
        if self.agreed_on is not None and self.agreed_on > found.due_on:
            found = replace(
                found,
                due_on=self.agreed_on,
                days=found.days + calendar.working_days_between(found.due_on, self.agreed_on),
                article="35",
                provisional=not calendar.settled(found.started_on, self.agreed_on),
                calendar=calendar.versions(found.started_on, self.agreed_on),
            )
        open_end = self.state in {"paused", "void"}
        return replace(found, provisional=True) if open_end and not found.provisional else found

    # --- what each step asks for --------------------------------------------------------------------------------------
    def _longest(self, pause: OpenPause, calendar: Calendar) -> date | None:
        """The last day of an open pause; None where the law sets none."""
        days = {
            "third-party": self.regime.third_party_days,
            "co-agency": self.regime.co_agency_days,
            "fee": FEE_DAYS,
        }[pause.kind]
        return None if days is None else calendar.working_days_after(pause.asked_on, days)

    def _open(self, kind: PauseKind, party: int) -> OpenPause | None:
        return next((one for one in self.open_pauses if (one.kind, one.party) == (kind, party)), None)

    def _must_be_open(self) -> None:
        if self.ended_on is not None:
            raise ClockRefused("ended", ended_on=self.ended_on)

    def _must_run(self) -> None:
        self._must_be_open()
        if self.correction == "demanded":
            raise ClockRefused("awaits-correction")

    def _must_await_correction(self) -> None:
        self._must_be_open()
        if self.correction != "demanded":
            raise ClockRefused("no-correction-awaited")

    def _must_be_paused(self, kind: PauseKind, party: int) -> OpenPause:
        pause = self._open(kind, party)
        if pause is None:
            raise ClockRefused("no-pause-open", kind=kind, party=party)
        return pause

    def _must_await_fee(self) -> None:
        self._must_be_open()
        if self._open("fee", 0) is None:
            raise ClockRefused("no-fee-awaited")
