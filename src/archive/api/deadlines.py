"""Deadlines: by when something is due, worked out day by day, with the calendars known at the position."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Self

import strawberry

from archive.api.fields import field, value
from archive.api.scalars import Date
from archive.law import deadlines

if TYPE_CHECKING:
    from datetime import date


@strawberry.enum(description="What a day of a period is (日期性质).")
class DayKind(Enum):
    """Kinds of days."""

    START = value("start", description="The day on which the period starts, which is not counted (起算日).")
    COUNTED = value("counted", description="A working day, or a day, that is counted (计入).")
    WEEKEND = value("weekend", description="A Saturday or Sunday that is not worked (周末).")
    HOLIDAY = value("holiday", description="A weekday that is not worked (放假).")
    MAKE_UP_WORKDAY = value(
        "make-up-workday", description="A Saturday or Sunday that is worked, and counted (调休上班)."
    )
    PAUSED = value("paused", description="A day on which the clock stands still (中止).")
    DUE = value("due", description="The last day of the period (截止日).")


@strawberry.type(description="One day of a period (期限内的一日).")
class DeadlineDay:
    """A day."""

    on: Date = strawberry.field(description="The day (日期).")
    kind: DayKind = strawberry.field(description="What it is (性质).")
    count: int | None = strawberry.field(
        description="Which day of the period it is (第几日); null if it is not counted."
    )


@strawberry.type(description="The end of a period (期限), counted and explained.")
class Deadline:
    """A due date."""

    found: strawberry.Private[deadlines.Deadline]
    due_on: Date = strawberry.field(description="The last day (截止日).")
    started_on: Date = strawberry.field(description="The day on which the period starts, not counted (起算日).")
    days: int = strawberry.field(description="How many days the period has (天数), an extension included.")
    unit: str = strawberry.field(description="What is counted (单位): working-day or calendar-day.")
    law: str = strawberry.field(description="What sets the period (依据), such as R2008 or R2019.")
    article: str = strawberry.field(description="The article that sets it (条款); empty where it is a notice.")
    provisional: bool = strawberry.field(
        description=(
            "Whether it may still change (暂定): a year's arrangement is not known at the position, or somebody who was "
            "asked has not answered."
        )
    )
    calendars: list[str] = strawberry.field(
        description="The versions of the calendars it was reckoned with (日历版本)."
    )
    done_on: Date | None = strawberry.field(description="The day on which it was done (办理日); null while it is not.")
    late_by: int = strawberry.field(
        description=(
            "How many days of the unit it is late (超期天数), 0 if it is not or while the clock stands still; while it is "
            "not done, up to the day on which the entry at the position was recorded."
        )
    )

    @classmethod
    def of(cls, found: deadlines.Deadline, *, done_on: date | None, today: date | None) -> Self:
        """The deadline, and how late what it is for was done, or is by today; `today` is None while the clock stands still."""
        return cls(
            found=found,
            due_on=Date(found.due_on.isoformat()),
            started_on=Date(found.started_on.isoformat()),
            days=found.days,
            unit=found.unit,
            law=found.law,
            article=found.article,
            provisional=found.provisional,
            calendars=list(found.calendar),
            done_on=None if done_on is None else Date(done_on.isoformat()),
            late_by=0 if (day := done_on or today) is None else found.late_by(day),
        )

    @field(description="Every day from the start to the end (逐日说明).")
    def explanation(self) -> list[DeadlineDay]:
        """Worked out only when asked for."""
        return [
            DeadlineDay(on=Date(step.on.isoformat()), kind=DayKind(step.kind), count=step.number)
            for step in self.found.explanation()
        ]
