"""The named questions of an audit: each a sentence, and the entries that answer it with yes.

    entries, stream by stream ──▶ the state of each at its end ──▶ answers
    openings                  ──▶ what looks like personal data

An answer is no breach of the log, which `check` looks for, but of the law or of care: something late, missing or unlike.
Due dates are reckoned with the calendars that the log holds now.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain import personal_data
from archive.domain.agencies import AgencyRegistered, CategorySchemeAdopted
from archive.domain.erasures import SHARED, PersonalDataAccepted
from archive.domain.errors import Refused
from archive.domain.items import ItemCorrected, ItemPublished, ItemUpdated
from archive.domain.kinds import KINDS
from archive.domain.months import MonthClosed, MonthlyFigureCorrected, MonthlyNotificationIssued
from archive.domain.reports import ReportCorrected, ReportDrafted, ReportFiled
from archive.domain.request_intake import RequestRegistered
from archive.law.deadlines import publication_deadline
from archive.log.calendars import calendar_at
from archive.log.entry import decode_entry
from archive.projections import tallies
from archive.projections.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from archive.disclosures.openings import Disclosures
    from archive.domain.items import Item
    from archive.domain.requests import Request
    from archive.law.calendar import Calendar
    from archive.log.entry import Entry
    from archive.log.log import Log
    from archive.projections.runner import Reader, Reading

_PAGE: Final = 2_000
_CHINA: Final = timezone(timedelta(hours=8))
_MONTHS: Final = 12


class Question(NamedTuple):
    """What is asked, in both languages."""

    zh: str
    en: str


QUESTIONS: Final = MappingProxyType(
    {
        "uncleared": Question(
            "哪些文字未经保密审查通过同一内容即公开?",
            "Which texts were shown without a review that cleared exactly them?",
        ),
        "late-publications": Question(
            "哪些信息的公开晚于期限?", "Which items were published after the day on which they were due?"
        ),
        "inverted-dates": Question("哪些信息的公开早于生成?", "Which items were published before they were made?"),
        "serial-gaps": Question("哪些申请编号之前有缺号?", "Before which numbers of requests is one missing?"),
        "month-sums": Question(
            "哪些年报的公开总数与十二个月的通报之和不同?",
            "Which filed totals of published items differ from the sum of twelve monthly notifications?",
        ),
        "unpartitioned": Question(
            "哪些已公开的信息在主要分类方案中没有类别?", "Which published items have no category of the primary scheme?"
        ),
        "late-replies": Question(
            "哪些申请超期答复,或至今未答复而已到期?",
            "Which requests were replied to after the due day, or are past it without a reply?",
        ),
        "report-cells": Question(
            "哪些年报填报的数字与按其位置重算的不同?",
            "Which filed figures differ from those counted again at the position that was filed?",
        ),
        "carry-over": Question(
            "哪些年报的上年结转与上一年报的结转下年不同?",
            "Which filed figures carried over from last year differ from those that last year carried forward?",
        ),
        "personal-data": Question(
            "哪些公开的文字像是含有个人信息,而没有记录理由?",
            "Which public texts look as if they held personal data, without a recorded reason?",
        ),
    }
)


class Answer(NamedTuple):
    """One entry that answers a question with yes: its position, its stream, and what was compared."""

    position: int
    stream: str
    facts: Mapping[str, str | int]


def ask(names: Collection[str], log: Log, disclosures: Disclosures, reader: Reader) -> dict[str, list[Answer]]:
    """The answers to these questions, or to all, in the order of positions. AUD-050: no such question."""
    for name in names:
        if name not in QUESTIONS:
            raise Refused("AUD-050", names=", ".join(QUESTIONS))
    asked = _Asked(log)
    asked.look()
    with reader.reading() as reading:
        asked.compare_reports(reading)
    if not names or "personal-data" in names:
        asked.scan(disclosures)
    wanted = names or QUESTIONS
    return {name: sorted(asked.answers[name], key=attrgetter("position")) for name in QUESTIONS if name in wanted}


class _Report(NamedTuple):
    """A report as filed and corrected: where, for which agency and year, counted at which position, and its cells."""

    entry: Entry
    agency: str
    year: int
    counted_at: int
    cells: dict[str, int]


class _Asked:
    """One look at all streams, and what each said."""

    def __init__(self, log: Log) -> None:
        self.answers: defaultdict[str, list[Answer]] = defaultdict(list)
        self._log = log
        self._until = log.head()
        newest = log.entry(self._until) if self._until else None
        self._today = date.min if newest is None else datetime.fromisoformat(newest.at).astimezone(_CHINA).date()
        self._regions: dict[str, str] = {}
        self._primary: dict[str, str] = {}
        self._calendars: dict[str, Calendar] = {}
        self._numbers: defaultdict[tuple[str, int], list[tuple[int, Entry]]] = defaultdict(list)
        self._reports: list[_Report] = []
        # (agency, year) -> month -> section -> items published, as notified and corrected.
        self._months: defaultdict[tuple[str, int], dict[int, dict[str, int]]] = defaultdict(dict)
        self._accepted: set[int] = set()

    def look(self) -> None:
        """Read every stream, agencies first."""
        for entry in self._log.entries(
            after=0, limit=self._until, until=self._until, types=[AgencyRegistered.TYPE, CategorySchemeAdopted.TYPE]
        ):
            match entry.event:
                case AgencyRegistered():
                    self._regions[entry.stream] = entry.event.region
                case CategorySchemeAdopted(primary=True):
                    self._primary[entry.stream] = entry.event.scheme
                case _:
                    pass
        looks = {"item": self._item, "request": self._request, "month": self._month, "report": self._report}
        for history in _histories(self._log, self._until):
            self._accepted |= {entry.position for entry in history if isinstance(entry.event, PersonalDataAccepted)}
            look = looks.get(history[0].stream[:-33])
            if look is not None:
                look(history)
        self._number_gaps()
        self._month_sums()
        self._carried()

    def _say(self, question: str, entry: Entry, **facts: str | int) -> None:
        self.answers[question].append(Answer(entry.position, entry.stream, facts))

    # --- streams
    def _item(self, history: Sequence[Entry]) -> None:
        state: Item | None = None
        first: Entry | None = None
        evolve = KINDS["item"].evolve
        for entry in history:
            event = entry.event
            if isinstance(event, SHARED):
                continue
            if isinstance(event, ItemPublished | ItemUpdated | ItemCorrected):
                if state is None or state.clearance is None or event.text != state.text:
                    self._say("uncleared", entry)
                first = first or entry
            state = evolve(state, event)
        if first is None or state is None or state.published_on is None:
            return
        if state.made_on is not None and state.published_on < state.made_on:
            self._say(
                "inverted-dates", first, made_on=state.made_on.isoformat(), published_on=state.published_on.isoformat()
            )
        elif state.made_on is not None and state.mode == "proactive":
            due = publication_deadline(state.duty or "proactive", state.made_on, self._calendar(state.agency))
            if late := due.late_by(state.published_on):
                self._say(
                    "late-publications",
                    first,
                    due_on=due.due_on.isoformat(),
                    published_on=state.published_on.isoformat(),
                    late_by=late,
                )
        primary = self._primary.get(state.agency)
        if primary is not None and primary not in {one.scheme for one in state.categories}:
            self._say("unpartitioned", first, scheme=primary)

    def _request(self, history: Sequence[Entry]) -> None:
        state: Request | None = None
        received = history[0]
        evolve = KINDS["request"].evolve
        for entry in history:
            if not isinstance(entry.event, SHARED):
                state = evolve(state, entry.event)
        assert state is not None, "a stream has an entry, and its first is none of those that all share"
        for entry in history:
            if isinstance(entry.event, RequestRegistered):
                year, serial = map(int, entry.event.number.split("-"))
                self._numbers[state.agency, year].append((serial, entry))
        clock = state.clock
        if clock.ended_on is None and clock.state in {"paused", "void"}:
            return
        due = clock.deadline(self._calendar(state.agency))
        if late := due.late_by(clock.ended_on or self._today):
            done = "" if clock.ended_on is None else clock.ended_on.isoformat()
            self._say("late-replies", received, due_on=due.due_on.isoformat(), done_on=done, late_by=late)

    def _month(self, history: Sequence[Entry]) -> None:
        closed = history[0].event
        assert isinstance(closed, MonthClosed)
        told: dict[str, int] = {}
        for entry in history:
            match entry.event:
                case MonthlyNotificationIssued() as event:
                    told[event.section] = event.published
                case MonthlyFigureCorrected(figure="published") as event:
                    told[event.section] = event.new
                case _:
                    pass
        self._months[closed.agency, closed.year][closed.month] = told

    def _report(self, history: Sequence[Entry]) -> None:
        drafted = history[0].event
        assert isinstance(drafted, ReportDrafted)
        cells: dict[str, int] = {}
        newest: tuple[Entry, int] | None = None
        for entry in history:
            match entry.event:
                case ReportFiled() as event:
                    cells = {one.cell: one.count for one in event.cells}
                    newest = entry, event.position
                case ReportCorrected() as event:
                    cells |= {one.cell: one.new for one in event.changes}
                    newest = entry, event.position
                case _:
                    pass
        if newest is not None:
            self._reports.append(_Report(newest[0], drafted.agency, drafted.year, newest[1], cells))

    # --- what several streams say together
    def _number_gaps(self) -> None:
        for numbers in self._numbers.values():
            before = 0
            for serial, entry in sorted(numbers, key=lambda one: one[0]):
                if serial > before + 1:
                    self._say("serial-gaps", entry, number=serial, before=before)
                before = serial

    def _month_sums(self) -> None:
        for report in self._reports:
            months = self._months.get((report.agency, report.year), {})
            filed = report.cells.get("proactive.items_total")
            if filed is not None and len(months) == _MONTHS:
                notified = sum(sum(sections.values()) for sections in months.values())
                if notified != filed:
                    self._say("month-sums", report.entry, filed=filed, notified=notified)

    def _carried(self) -> None:
        newest = {(one.agency, one.year): one for one in self._reports}
        for report in self._reports:
            last = newest.get((report.agency, report.year - 1))
            for cell, count in report.cells.items() if last is not None else ():
                before = cell.replace("carried_over_from_last_year", "carried_forward_to_next_year")
                if before != cell and last is not None and last.cells.get(before, 0) != count:
                    self._say("carry-over", report.entry, cell=cell, filed=count, before=last.cells.get(before, 0))

    def compare_reports(self, reading: Reading) -> None:
        """Count the cells of every filed report again, at the position that was filed."""
        for report in self._reports:
            measures = sorted(report.cells.keys() & set(MEASURES))
            if report.counted_at > reading.head or not measures:
                continue
            counted = dict.fromkeys(measures, 0)
            for row in tallies.counts(
                reading.db, as_of=report.counted_at, years=[report.year], agency=report.agency, measures=measures
            ):
                counted[row.measure] += row.value
            for cell, count in counted.items():
                if report.cells[cell] != count:
                    self._say("report-cells", report.entry, cell=cell, filed=report.cells[cell], counted=count)

    # --- texts
    def scan(self, disclosures: Disclosures) -> None:
        """Look through what is public, as before each clearing. The kind is told and the place, never what was found."""
        for first in range(1, self._until + 1, _PAGE):
            for position, opening in disclosures.between(first, min(first + _PAGE - 1, self._until)):
                hits = personal_data.find(opening.value)
                if hits and not self._is_accepted(opening.cleared):
                    entry = self._log.entry(position)
                    assert entry is not None
                    kinds = ", ".join(sorted({hit.kind for hit in hits}))
                    self._say(
                        "personal-data", entry, kinds=kinds, fields=", ".join(sorted({hit.field for hit in hits}))
                    )

    def _is_accepted(self, cleared: int) -> bool:
        """The reason stands in the same command as the clearing, just after its events."""
        entry = self._log.entry(cleared)
        while entry is not None:
            if entry.position in self._accepted:
                return True
            after = self._log.entry(entry.position + 1)
            entry = after if after is not None and after.cmd == entry.cmd else None
        return False

    def _calendar(self, agency: str) -> Calendar:
        region = self._regions[agency]
        if region not in self._calendars:
            self._calendars[region] = calendar_at(self._log, region, position=self._until)
        return self._calendars[region]


def _histories(log: Log, until: int) -> Iterator[list[Entry]]:
    """The entries of each stream. An entry that cannot be read is for `check` to find: LOG-007."""

    def rows() -> Iterator[Entry]:
        after: tuple[bytes, int] = b"", 0
        while page := log.storage.by_stream(after=after, limit=_PAGE, until=until):
            yield from (decode_entry(row.position, row.type, row.entry) for row in page)
            after = page[-1].stream, page[-1].version

    for _, entries in groupby(rows(), key=attrgetter("stream")):
        yield list(entries)
