"""`archive clock`: due dates that explain themselves, and the calendars that they are reckoned with."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

import typer

from archive.cli import home, output
from archive.cli.help import Verb, group
from archive.cli.language import say
from archive.domain.calendars import NATION, calendar_id, regions_above
from archive.domain.errors import Phrase, Refused
from archive.law.clock import FEE_DAYS
from archive.law.deadlines import Deadline, Duty, StepKind, publication_deadline, working_deadline
from archive.law.regimes import regime_on

if TYPE_CHECKING:
    from archive.law.calendar import Calendar

app = group(say("期限:推算并逐日解释截止日。", "Clocks: due dates, explained day by day."))

Reply = Literal["reply", "extended-reply", "correction-notice", "third-party-answer", "fee-payment"]
KINDS: Final[tuple[str, ...]] = (*get_args(Reply), *get_args(Duty))
_FIRST: Final = date(1949, 10, 1)
_AFTER_LAST: Final = date(2999, 1, 1)
_STEPS: Final[dict[StepKind, Phrase]] = {
    "start": Phrase("起算日,不计", "start, not counted"),
    "counted": Phrase("第 {number} 日", "day {number}"),
    "weekend": Phrase("周末", "weekend"),
    "holiday": Phrase("放假", "day off"),
    "make-up-workday": Phrase("第 {number} 日,调休上班", "day {number}, a working weekend"),
    "paused": Phrase("中止,不计", "paused"),
    "due": Phrase("第 {number} 日,截止", "day {number}: due"),
}


@app.command(
    "due",
    cls=Verb,
    help=say(
        "推算截止日。\n\n示例:archive clock due reply --from 2022-09-30 --why",
        "Reckon a due date.\n\nExample: archive clock due reply --from 2022-09-30 --why",
    ),
)
def due(  # noqa: PLR0913 - what a period depends on
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help=say(
                "期限:reply 答复、extended-reply 延期答复、correction-notice 补正通知、third-party-answer 第三方答复、"
                "fee-payment 缴费、proactive 主动公开、licence 许可、penalty 处罚、penalty-annulled 处罚变更、"
                "budget 预决算、interpretation 解读。",
                "What is due: reply, extended-reply, correction-notice, third-party-answer, fee-payment, proactive, "
                "licence, penalty, penalty-annulled, budget or interpretation.",
            ),
        ),
    ],
    *,
    start: Annotated[
        str, typer.Option("--from", metavar="DATE", help=say("起算日,该日不计。", "Day 0, which is not counted."))
    ],
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help=say("办理的日期,用于推算迟了几日。", "When it was done: how late.")),
    ] = None,
    region: Annotated[
        str, typer.Option(metavar="CODE", help=say("区划代码;000000 为全国。", "The region; 000000 is the nation."))
    ] = NATION,
    why: Annotated[bool, typer.Option("--why", help=say("逐日解释。", "Explain it day by day."))] = False,
) -> None:
    """Print a due date, and why it is that one."""
    if kind not in KINDS:
        raise Refused("CAL-010", known=", ".join(KINDS))
    started_on = _day(start)
    done_on = None if on is None else _day(on)
    with home.stores(context.obj.home, read_only=True) as (log, _):
        calendar = home.calendar(log, region)
    found = _deadline(kind, started_on, calendar)
    late = None if done_on is None else found.late_by(done_on)
    steps = found.explanation()
    output.result(
        context.obj,
        {
            "kind": kind,
            "started_on": str(found.started_on),
            "due_on": str(found.due_on),
            "days": found.days,
            "unit": found.unit,
            "law": found.law,
            "article": found.article,
            "provisional": found.provisional,
            "calendar": list(found.calendar),
            "late_by": late,
            "explanation": [{"on": str(step.on), "kind": step.kind, "number": step.number} for step in steps],
        },
        [
            *_sentences(found, late),
            *(
                f"{step.on} {_weekday(step.on)} {say(*_STEPS[step.kind]).format(number=step.number)}"
                for step in (steps if why else ())
            ),
        ],
    )


@app.command(
    "calendars",
    cls=Verb,
    help=say("列出已采用的工作日历。", "List the calendars that were adopted."),
)
def calendars(
    context: typer.Context,
    *,
    region: Annotated[
        str, typer.Option(metavar="CODE", help=say("区划代码;000000 为全国。", "The region; 000000 is the nation."))
    ] = NATION,
) -> None:
    """Print the years of a region and of those above it."""
    with home.stores(context.obj.home, read_only=True) as (log, _):
        found = [
            (one, year)
            for one in regions_above(region)
            for year in sorted(home.calendar_of(log, one).values(), key=lambda year: year.year)
        ]
    output.result(
        context.obj,
        {
            "calendar": calendar_id(region),
            "years": [
                {
                    "region": one,
                    "year": year.year,
                    "version": year.version,
                    "working_days": len(year.worked),
                    "days_off": len(year.days_off),
                    "working_weekends": len(year.working_weekends),
                }
                for one, year in found
            ],
        },
        [
            calendar_id(region),
            *output.table(
                [
                    say("区划", "region"),
                    say("年份", "year"),
                    say("版本", "version"),
                    say("工作日", "working days"),
                    say("放假", "days off"),
                    say("调休上班", "working weekends"),
                ],
                [
                    (one, year.year, year.version, len(year.worked), len(year.days_off), len(year.working_weekends))
                    for one, year in found
                ],
            ),
        ],
    )


def _deadline(kind: str, started_on: date, calendar: Calendar) -> Deadline:
    regime = regime_on(started_on)
    periods: dict[str, tuple[int | None, str, str]] = {
        "reply": (regime.reply_days, regime.code, regime.reply_article),
        "extended-reply": (regime.reply_days + regime.extension_days, regime.code, regime.extension_article),
        "correction-notice": (regime.correction_notice_days, regime.code, regime.correction_article),
        "third-party-answer": (regime.third_party_days, regime.code, regime.third_party_article),
        "fee-payment": (FEE_DAYS, "fee-measures", "6"),
    }
    if kind not in periods:
        return publication_deadline(kind, started_on, calendar)  # type: ignore[arg-type] # a Duty: see KINDS
    days, law, article = periods[kind]
    if days is None:
        raise Refused("CAL-011", kind=kind, law=law)
    return working_deadline(started_on, days, calendar, law=law, article=article)


def _sentences(found: Deadline, late: int | None) -> list[str]:
    unit = say("个工作日", "working days") if found.unit == "working-day" else say("日", "days")
    where = f"{found.law} {say('第', 'art. ')}{found.article}{say('条', '')}" if found.article else found.law
    said = [
        say(
            f"{found.due_on} 截止:自 {found.started_on} 起 {found.days} {unit}({where})。",
            f"Due on {found.due_on}: {found.days} {unit} from {found.started_on} ({where}).",
        )
    ]
    if found.provisional:
        said.append(say("暂定:有年份的放假安排尚未公布或采用。", "Provisional: a year's arrangement is not known yet."))
    if late is not None:
        said.append(say("按时。", "In time.") if not late else say(f"迟 {late} {unit}。", f"Late by {late} {unit}."))
    return said


def _weekday(day: date) -> str:
    return say("一二三四五六日"[day.weekday()], ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()])


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("CAL-012") from None
    if not _FIRST <= day < _AFTER_LAST:
        raise Refused("CAL-009", day=day)
    return day
