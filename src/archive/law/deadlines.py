"""Due dates that explain themselves, day by day.

    start ── counted ── weekend ── holiday ── make-up-workday ── paused ── … ── due

Rules
- Day 0 is not counted. A period in working days ends on a working day; one in calendar days ends on the day it ends.
- A span in which the clock stands still (`Pause`) is the days after its first, up to its last, itself included: what is
  asked on Monday and answered on Wednesday takes Tuesday and Wednesday out of the period.
- A due date is provisional where a year that it needs has no published arrangement yet, or where a pause is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from archive.law.calendar import DAY, Calendar
from archive.law.regimes import regime_on

Unit = Literal["working-day", "calendar-day"]
StepKind = Literal["start", "counted", "weekend", "holiday", "make-up-workday", "paused", "due"]
Duty = Literal["proactive", "licence", "penalty", "penalty-annulled", "budget", "interpretation"]


class Pause(NamedTuple):
    """The clock stands still on the days after `first`, up to `last`."""

    first: date
    last: date


class Step(NamedTuple):
    """One day of a period: what it is, and which day of the period it is where it is one."""

    on: date
    kind: StepKind
    number: int | None


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The end of a period. `law` and `article` say why; `calendar` names the versions that it was reckoned with.

    `days` are all days of the period, an extension included. `agreed_on`: a later day that law lets the two sides agree
    upon; then that is the due date, and `days` is what it takes to get there.
    """

    started_on: date
    due_on: date
    days: int
    unit: Unit
    law: str
    article: str
    provisional: bool
    calendar: tuple[str, ...]
    pauses: tuple[Pause, ...]
    reckoned_with: Calendar

    def explanation(self) -> tuple[Step, ...]:
        """Every day from the start to the due date."""
        steps = [Step(self.started_on, "start", None)]
        count = 0
        day = self.started_on
        while day < self.due_on:
            day += DAY
            kind = self.reckoned_with.kind_of(day)
            if _is_paused(day, self.pauses):
                steps.append(Step(day, "paused", None))
            elif self.unit == "calendar-day" or kind in {"workday", "make-up-workday"}:
                count += 1
                shown: StepKind = "make-up-workday" if kind == "make-up-workday" else "counted"
                steps.append(Step(day, "due" if day == self.due_on else shown, count))
            else:
                steps.append(Step(day, "holiday" if kind == "holiday" else "weekend", None))
        return tuple(steps)

    def late_by(self, day: date) -> int:
        """How late something is that happens on a day, in the period's unit; 0 where it is in time."""
        if day <= self.due_on:
            return 0
        if self.unit == "calendar-day":
            return (day - self.due_on).days
        return self.reckoned_with.working_days_between(self.due_on, day)


def working_deadline(  # noqa: PLR0913 - a period, and why it is so long
    started_on: date, days: int, calendar: Calendar, *, law: str, article: str, pauses: Sequence[Pause] = ()
) -> Deadline:
    """The end of so many working days, none of which is in a pause."""
    spans = merged(pauses)
    due_on = calendar.working_days_after(started_on, days)
    for pause in spans:
        # A pause that begins after the period is over, or on its last day, comes too late to lengthen it.
        if pause.first >= due_on:
            break
        first = max(pause.first, started_on)
        if (stopped := calendar.working_days_between(first, pause.last)) > 0:
            due_on = calendar.working_days_after(due_on, stopped)
    return Deadline(
        started_on=started_on,
        due_on=due_on,
        days=days,
        unit="working-day",
        law=law,
        article=article,
        provisional=not calendar.settled(started_on, due_on),
        calendar=calendar.versions(started_on, due_on),
        pauses=spans,
        reckoned_with=calendar,
    )


def calendar_deadline(started_on: date, days: int, calendar: Calendar, *, law: str, article: str) -> Deadline:
    """The end of so many days, worked or not."""
    return Deadline(
        started_on=started_on,
        due_on=started_on + days * DAY,
        days=days,
        unit="calendar-day",
        law=law,
        article=article,
        provisional=False,
        calendar=(),
        pauses=(),
        reckoned_with=calendar,
    )


class _Duty(NamedTuple):
    days: int
    unit: Unit
    law: str
    article: str


# Deadlines that other rules set, and that are shorter than the Regulations' 20 working days.
_SHORTER: Final[dict[Duty, _Duty]] = {
    # “双公示”: on the web and on 信用中国 within 7 working days of the decision.
    "licence": _Duty(7, "working-day", "double-publicity", ""),
    "penalty": _Duty(7, "working-day", "double-publicity", ""),
    # 行政处罚法 art. 48: a published penalty that is changed or annulled is withdrawn within 3 days, with the reason.
    "penalty-annulled": _Duty(3, "calendar-day", "administrative-penalty-law", "48"),
    # 预算法 art. 14: within 20 days of the approval by the finance department.
    "budget": _Duty(20, "calendar-day", "budget-law", "14"),
    # Local practice from the State Council's notices on interpretation: within 3 working days of the document.
    "interpretation": _Duty(3, "working-day", "interpretation-notice", ""),
}


def publication_deadline(duty: Duty, formed_on: date, calendar: Calendar) -> Deadline:
    """By when information must be public that was formed, changed, decided or approved on a day."""
    shorter = _SHORTER.get(duty)
    if shorter is None:
        regime = regime_on(formed_on)
        return working_deadline(
            formed_on,
            regime.publication_days,
            calendar,
            law=regime.code,
            article=regime.publication_article,
        )
    reckon = working_deadline if shorter.unit == "working-day" else calendar_deadline
    return reckon(formed_on, shorter.days, calendar, law=shorter.law, article=shorter.article)


def report_deadline(year: int) -> date:
    """By when an agency's report on a year is due: R2008 art. 31, R2019 art. 49. The law is that of the day it is due."""
    month, day = regime_on(date(year + 1, 1, 31)).report_due
    return date(year + 1, month, day)


def report_due(year: int, *, government: bool = False) -> Deadline:
    """The period for the report on a year, counted from its last day: R2008 art. 31; R2019 art. 49.

    `government`: the report of a whole region, which R2019 lets the government publish until the end of March.
    """
    regime = regime_on(date(year + 1, 1, 31))
    started_on = date(year, 12, 31)
    due_on = date(year + 1, 3, 31) if government else report_deadline(year)
    days = (due_on - started_on).days
    return calendar_deadline(started_on, days, Calendar(), law=regime.code, article=regime.report_article)


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same days as spans that do not overlap, in order."""
    spans: list[Pause] = []
    for pause in sorted(pauses):
        if pause.last <= pause.first:
            continue
        if spans and pause.first <= spans[-1].last:
            spans[-1] = Pause(spans[-1].first, max(spans[-1].last, pause.last))
        else:
            spans.append(pause)
    return tuple(spans)


def _is_paused(day: date, pauses: Sequence[Pause]) -> bool:
    return any(pause.first < day <= pause.last for pause in pauses)
