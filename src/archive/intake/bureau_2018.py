"""The founding bureau: 咸安区发展和改革局 in 2018, as its own report counts it, done day by day with a simulated clock.

Rules
- What is counted is the report's: 686 items by place and kind, one request answered in time, nothing else. What the
  report does not say is made up and plainly numbered: titles, sections, days. Nothing is personal.
- The clock is simulated: what is entered on a working day of 2018 is recorded at ten o'clock of that day, so that the
  archive as it stood at a moment holds less than today. An archive of real records never runs on such a clock.
- Every item goes the whole way: drafted, three levels of review on three working days, published on the next.
- Every id is computed, so that each demo shows the same records, and building it again changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from archive.commands import CHINA, Writer
from archive.domain.agencies import (
    AdoptCategoryScheme,
    AdoptReviewPolicy,
    AgencyText,
    ChannelText,
    OpenSection,
    PolicyText,
    RegisterAgency,
    RegisterChannel,
    SchemeText,
)
from archive.domain.calendars import NATION, AdoptCalendar, NoticeText, calendar_id
from archive.domain.codes import ChannelKind, Classification, NameText
from archive.domain.items import DraftItem, ItemText, PublicationDuty, PublishItem
from archive.domain.request_intake import CloseRequest, ReceiveRequest, RegisterRequest
from archive.domain.request_replies import DecideReply, DeliverReply, DispatchReply
from archive.domain.reviews import OpenReview, PassReview
from archive.law.calendar import Calendar, CalendarYear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.disclosures.openings import Disclosures
    from archive.domain.commands import AnyCommand
    from archive.log.log import Log
    from archive.vault.store import Vault

YEAR: Final = 2018
# 国务院办公厅关于2018年部分节假日安排的通知, 国办发明电〔2017〕12号.
CALENDAR_YEAR: Final = CalendarYear(
    version="2018.1",
    year=YEAR,
    days_off=frozenset(
        date(YEAR, month, day)
        for month, day in (
            (1, 1), (2, 15), (2, 16), (2, 19), (2, 20), (2, 21), (4, 5), (4, 6), (4, 30), (5, 1), (6, 18), (9, 24),
            (10, 1), (10, 2), (10, 3), (10, 4), (10, 5), (12, 31),
        )
    ),
    working_weekends=frozenset(
        date(YEAR, month, day)
        for month, day in ((2, 11), (2, 24), (4, 8), (4, 28), (9, 29), (9, 30), (12, 29))
    ),
)  # fmt: skip
CALENDAR: Final = Calendar([CALENDAR_YEAR])
OPENS_AT: Final = time(10, tzinfo=CHINA)
LEVELS: Final = ("分管局长", "信息公开领导小组", "局保密委员会")
# The posts that act at them.
REVIEWERS: Final = ("deputy-director", "disclosure-group", "secrecy-committee")


class Kind(NamedTuple):
    """One line of the report's account: how many items of one kind came out in one place."""

    code: str
    name: str
    title: str
    channel: str
    section: str
    items: int
    duty: PublicationDuty = "proactive"


KINDS: Final = (
    Kind("power-list", "权责清单", "权责清单", "hubei-service", "office", 7),
    Kind("approval", "项目审批、核准备案", "项目备案信息", "hubei-service", "approval", 668, "licence"),
    Kind("budget", "预决算", "预决算信息", "xianan-site", "office", 2, "budget"),
    Kind("funds", "资金安排", "资金安排信息", "xianan-site", "projects", 1),
    Kind("plan", "计划报告", "计划报告", "xianan-site", "general", 1),
    Kind("news", "其他政务动态", "政务动态信息", "xianan-site", "general", 7),
)
ITEMS: Final = sum(kind.items for kind in KINDS)
SECTIONS: Final = (
    ("office", "办公室"),
    ("approval", "行政审批股"),
    ("projects", "项目股"),
    ("general", "综合股"),
)
CHANNELS: Final[tuple[tuple[str, ChannelKind, str], ...]] = (
    ("hubei-service", "other", "湖北政务服务网"),
    ("xianan-site", "website", "咸安政务网"),
)


class Built(NamedTuple):
    """What building did: working days with something to enter, commands that happened, commands that had before."""

    days: int
    commands: int
    unchanged: int
    head: int


def build_bureau(
    log: Log, disclosures: Disclosures, vault: Vault, *, progress: Callable[[int], None] = lambda _: None
) -> Built:
    """Enter the bureau's year, each day in one commit; `progress` is told how many days are done."""
    clock = datetime(YEAR, 1, 1, tzinfo=CHINA)
    done = commands = unchanged = 0
    with Writer(log, disclosures, vault, now=lambda: clock) as writer:
        for done, (moment, wishes) in enumerate(days(), start=1):
            # The writer asks for the time at each commit, and is told this: the whole simulated clock.
            clock = moment
            batch = writer.handle_all(
                enumerate(wishes, start=1),
                kind="demo",
                source_sha256=sha256(msgspec.json.encode(wishes, order="sorted")).hexdigest,
            )
            assert not batch.problem_count, f"the demo is data of ours: {batch.problems[0]}"
            commands += batch.commands
            unchanged += batch.unchanged
            progress(done)
    return Built(done, commands, unchanged, log.head())


def days() -> Iterator[tuple[datetime, list[AnyCommand]]]:
    """Each working day of 2018 with something to enter: its moment and its commands, in the order of the day."""
    working_days = CALENDAR.working_days(YEAR)
    agenda: dict[date, list[AnyCommand]] = {day: [] for day in working_days}
    agenda[working_days[0]] += _founding(working_days[0])
    for on, command in (*_items(working_days), *_request()):
        agenda[on].append(command)
    for day, wishes in agenda.items():
        if wishes:
            yield datetime.combine(day, OPENS_AT), wishes


def _founding(today: date) -> list[AnyCommand]:
    """The bureau as it stands on the first working day."""
    agency, by = _AGENCY, "role:administrator"
    return [
        AdoptCalendar(
            id=_bits("calendar"),
            by=by,
            calendar=calendar_id(NATION),
            region=NATION,
            year=YEAR,
            reason="annual-notice",
            days_off=sorted(CALENDAR_YEAR.days_off),
            working_weekends=sorted(CALENDAR_YEAR.working_weekends),
            text=NoticeText(
                title="国务院办公厅关于2018年部分节假日安排的通知", document_number="国办发明电〔2017〕12号"
            ),
        ),
        RegisterAgency(
            id=_bits("agency"),
            by=by,
            agency=agency,
            level="county",
            region="421202",
            text=AgencyText(name="咸安区发展和改革局", short_name="区发改局"),
        ),
        *(
            OpenSection(
                id=_bits(f"section {code}"),
                by=by,
                agency=agency,
                section=code,
                opened_on=today,
                text=NameText(name=name),
            )
            for code, name in SECTIONS
        ),
        *(
            RegisterChannel(
                id=_bits(f"channel {code}"),
                by=by,
                agency=agency,
                channel=code,
                kind=kind,
                text=ChannelText(name=name),
            )
            for code, kind, name in CHANNELS
        ),
        AdoptCategoryScheme(
            id=_bits("scheme kind"),
            by=by,
            agency=agency,
            scheme="kind",
            primary=True,
            categories=[kind.code for kind in KINDS],
            adopted_on=today,
            text=SchemeText(name="信息类别", names=[kind.name for kind in KINDS]),
        ),
        AdoptReviewPolicy(
            id=_bits("policy"),
            by=by,
            agency=agency,
            levels=len(LEVELS),
            in_force_from=date(YEAR, 1, 1),
            text=PolicyText(names=list(LEVELS)),
        ),
    ]


def _items(working_days: tuple[date, ...]) -> Iterator[tuple[date, AnyCommand]]:
    """Every step of every item with its day; the drafts are spread evenly over the working days."""
    # The draft, a working day for each level, the publication.
    way = len(LEVELS) + 2
    for place, (kind, number) in enumerate(_spread()):
        drafted = place * (len(working_days) - way + 1) // ITEMS
        drafted_on, *levels_on, published_on = working_days[drafted : drafted + way]
        label = f"item {kind.code} {number}"
        item = f"item-{_bits(label)}"
        yield (
            drafted_on,
            DraftItem(
                id=_bits(f"{label} draft"),
                by="role:clerk",
                item=item,
                agency=_AGENCY,
                mode="proactive",
                # A record waits for its draft up to two working days: in the sixth it is public, the seventh is the law's.
                made_on=working_days[max(0, drafted - place % 3)],
                categories=[Classification(scheme="kind", code=kind.code)],
                section=kind.section,
                duty=kind.duty,
                text=ItemText(title=f"{kind.title}第{number:03}号(示例)"),
            ),
        )
        yield drafted_on, OpenReview(id=_bits(f"{label} review"), by="role:clerk", item=item, opened_on=drafted_on)
        for level, passed_on in enumerate(levels_on, start=1):
            command_id = _bits(f"{label} level {level}")
            yield (
                passed_on,
                PassReview(
                    id=command_id,
                    by="role:reviewer",
                    item=item,
                    level=level,
                    passed_on=passed_on,
                    reviewer=REVIEWERS[level - 1],
                ),
            )
        yield (
            published_on,
            PublishItem(
                id=_bits(f"{label} publication"),
                by="role:publisher",
                item=item,
                channel=kind.channel,
                published_on=published_on,
            ),
        )


def _spread() -> list[tuple[Kind, int]]:
    """All items, those of each kind numbered from 1 and spread evenly over the whole."""
    return sorted(
        ((kind, number) for kind in KINDS for number in range(1, kind.items + 1)),
        key=lambda item: (2 * item[1] - 1) / item[0].items,
    )


def _request() -> Iterator[tuple[date, AnyCommand]]:
    """The one request of the year, answered within the 15 working days of Order 492, art. 24."""
    request, by = f"request-{_bits('request 1')}", "role:information-officer"
    received_on, decided_on, delivered_on, closed_on = (date(YEAR, 5, day) for day in (7, 22, 24, 25))
    yield (
        received_on,
        ReceiveRequest(
            id=_bits("request 1 receipt"),
            by=by,
            request=request,
            agency=_AGENCY,
            received_on=received_on,
            receipt="handed-in",
            channel="in-person",
            applicant_kind="natural-person",
        ),
    )
    yield (
        received_on,
        RegisterRequest(
            id=_bits("request 1 number"), by=by, request=request, registered_on=received_on, number=f"{YEAR}-1"
        ),
    )
    yield (
        decided_on,
        DecideReply(id=_bits("request 1 reply"), by=by, request=request, decided_on=decided_on, outcomes=["granted"]),
    )
    yield (
        delivered_on,
        DispatchReply(
            id=_bits("request 1 dispatch"), by=by, request=request, dispatched_on=delivered_on, method="in-person"
        ),
    )
    yield (
        delivered_on,
        DeliverReply(
            id=_bits("request 1 delivery"), by=by, request=request, delivered_on=delivered_on, method="in-person"
        ),
    )
    yield closed_on, CloseRequest(id=_bits("request 1 end"), by=by, request=request, closed_on=closed_on)


def _bits(label: str) -> str:
    """128 bits computed from a label, in hexadecimal."""
    return sha256(f"archive/bureau-2018/v1\n{label}".encode()).hexdigest()[:32]


_AGENCY: Final = f"agency-{_bits('agency')}"
