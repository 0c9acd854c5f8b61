"""Yearly counts: one row for each countable fact, so that every number can be opened to the entries that make it.

Rules
- An item is one disclosed item, in the month of its first publication and whatever the number of its channels; only
  proactive disclosure is counted (form of 2014, table one: 主动公开政府信息数, 不同渠道和方式公开相同信息计1条).
- Each channel that a proactively disclosed item is published on is one disclosure by that kind of channel.
- A withdrawal takes nothing back: what was disclosed was disclosed.
- A request counts as received on its day of receipt, which for one that awaits it is the day of its confirmation
  (Order 711, art. 31), as replied to on the day of the decision, as concluded on the day
  the reply was delivered. It has one reply, whatever its parts: a severed one is partly granted and nothing else
  (区分处理的，只计这一情形); otherwise its first outcome is counted.
- A hot issue is answered once, whatever the number of its answers; so it is once by microblog or WeChat, and once by
  other ways. A press conference and an interview are counted wherever they were entered, and those by the head again.
- A reconsideration and a lawsuit count in the year in which they were filed, their result in that of the decision, which
  for a lawsuit is the judgment of first instance. Where the body that reconsidered is sued as well, only the agency that
  acted counts the lawsuit (国办公开办函〔2016〕201号).
- A fact never changes; the categories of its item do, and have periods. Every dimension partitions what is counted: what
  has no value in it is counted under `NONE`.

Totals
- For all agencies together a running total is kept of the year as a whole and of each single dimension, the agency among
  them: as it is now in `tallies_cells`, and as it was at the end of every span of `SPAN` positions in `tallies_totals`. A
  count as of any position is the total at the end of the span before it, and the facts and moves since then.
- An item that moves to another category takes its facts along: a move is a row of its own.
- By two dimensions or more, and by any of one agency, facts are counted one by one; those of an agency and a year have an
  index.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, assert_never, cast, get_args

import msgspec
from msgspec import UNSET, Struct

from archive.domain.activities import MeetingHeld, TrainingHeld
from archive.domain.agencies import ChannelRegistered
from archive.domain.errors import Corrupt
from archive.domain.interpretations import InterpretationPublished
from archive.domain.issues import IssueDetected, IssueResponded
from archive.domain.items import ItemClassified, ItemPublished, PublicationAdded
from archive.domain.opinions import ComplaintFiled
from archive.domain.remedies import (
    RESULTS,
    LitigationFiled,
    LitigationJudged,
    ReconsiderationDecided,
    ReconsiderationFiled,
)
from archive.domain.request_intake import RequestReceiptConfirmed, RequestReceived
from archive.domain.request_replies import ReplyDecided, ReplyDelivered
from archive.projections.periods import Periods, known_at

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from sqlite3 import Connection

    from archive.disclosures.openings import Disclosures
    from archive.domain.codes import Classification
    from archive.log.entry import Entry

NAME: Final = "tallies"
VERSION: Final = 2
SPAN: Final = 1_024
TABLES: Final = (
    """CREATE TABLE tallies_facts (
    year           INTEGER NOT NULL,
    measure        TEXT NOT NULL,
    position       INTEGER NOT NULL,    -- the entry that makes the fact
    month          TEXT NOT NULL,       -- 01 … 12
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    agency         TEXT NOT NULL,
    channel        TEXT,
    section        TEXT,
    applicant_kind TEXT,
    outcome        TEXT,
    amount         INTEGER NOT NULL,    -- 1, or how many persons
    PRIMARY KEY (year, measure, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_moves (
    position       INTEGER NOT NULL,    -- the entry that moved an item
    year           INTEGER NOT NULL,
    measure        TEXT NOT NULL,
    scheme         TEXT NOT NULL,
    code_from      TEXT,                -- NULL: it had no category of the scheme
    code_to        TEXT NOT NULL,
    amount         INTEGER NOT NULL,    -- of the facts that go along
    PRIMARY KEY (position, year, measure)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_cells (
    breakdown      TEXT NOT NULL,       -- empty: the whole year; a dimension; in and a scheme
    year           INTEGER NOT NULL,
    measure        TEXT NOT NULL,
    code           TEXT NOT NULL,
    total          INTEGER NOT NULL,    -- now
    PRIMARY KEY (breakdown, year, measure, code)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_totals (
    breakdown      TEXT NOT NULL,
    year           INTEGER NOT NULL,
    measure        TEXT NOT NULL,
    code           TEXT NOT NULL,
    upto           INTEGER NOT NULL,    -- the last position of a span in which it changed
    total          INTEGER NOT NULL,    -- at that position
    PRIMARY KEY (breakdown, year, measure, code, upto)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_once (
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    measure        TEXT NOT NULL,       -- which counts it once, and did
    PRIMARY KEY (subject, measure)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_categories (
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    scheme         TEXT NOT NULL,
    known_from     INTEGER NOT NULL,
    known_to       INTEGER,
    code           TEXT NOT NULL,
    PRIMARY KEY (subject, scheme, known_from)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tallies_subjects (
    position       INTEGER PRIMARY KEY, -- the entry that published the item, received the request, or began another stream
    stream         TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    section        TEXT,
    applicant_kind TEXT
) STRICT""",
    """CREATE TABLE tallies_channels (
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    kind           TEXT NOT NULL,       -- gazette, website, weibo, wechat, other
    PRIMARY KEY (agency, channel)
) STRICT, WITHOUT ROWID""",
)
INDEXES: Final = (
    # What an item that moves takes along.
    "CREATE INDEX tallies_facts_subject ON tallies_facts (subject)",
    "CREATE INDEX tallies_facts_agency ON tallies_facts (agency, year, measure)",
)
# Nothing here is text: what is counted does not depend on what can be erased.
TEXT_COLUMNS: Final[dict[str, frozenset[str]]] = {}

_Remedy = ReconsiderationFiled | ReconsiderationDecided | LitigationFiled | LitigationJudged
_Response = IssueDetected | IssueResponded | InterpretationPublished
_Other = _Remedy | _Response | ComplaintFiled | TrainingHeld | MeetingHeld
_Applied = (
    ChannelRegistered
    | ItemPublished
    | PublicationAdded
    | ItemClassified
    | RequestReceived
    | RequestReceiptConfirmed
    | ReplyDecided
    | ReplyDelivered
    | _Other
)
TYPES: Final = frozenset(event.TYPE for event in get_args(_Applied))

Dimension = Literal["MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE", "APPLICANT_KIND", "OUTCOME"]
# Where a fact has no value in a dimension. No code is empty.
NONE: Final = ""


class Measure(NamedTuple):
    """A counted thing, with the label and unit of its statutory cell, and the dimensions it can be counted by."""

    label_zh: str
    label_en: str
    unit: str
    dimensions: tuple[Dimension, ...]


_OF_ITEMS: Final[tuple[Dimension, ...]] = ("MONTH", "CHANNEL", "CATEGORY", "SECTION", "AGENCY", "THEME", "GENRE")
_OF_REQUESTS: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY", "APPLICANT_KIND")
_OF_THE_REST: Final[tuple[Dimension, ...]] = ("MONTH", "AGENCY")

# Form of 2014 (国办发〔2014〕32号): what its rows count of events; what is declared, and sums of rows, are not here.
MEASURES: Final = {
    "proactive.items_total": Measure("主动公开政府信息数", "Items disclosed proactively, each once", "条", _OF_ITEMS),
    "channels.gazette": Measure("政府公报公开政府信息数", "Disclosures in the gazette", "条", _OF_ITEMS),
    "channels.website": Measure("政府网站公开政府信息数", "Disclosures on government websites", "条", _OF_ITEMS),
    "channels.weibo": Measure("政务微博公开政府信息数", "Disclosures on microblogs", "条", _OF_ITEMS),
    "channels.wechat": Measure("政务微信公开政府信息数", "Disclosures on WeChat", "条", _OF_ITEMS),
    "channels.other": Measure("其他方式公开政府信息数", "Disclosures by other ways", "条", _OF_ITEMS),
    "requests.received": Measure("收到申请数", "Requests received", "件", _OF_REQUESTS),
    "requests.received_in_person": Measure("当面申请数", "Requests received in person", "件", _OF_REQUESTS),
    "requests.received_fax": Measure("传真申请数", "Requests received by fax", "件", _OF_REQUESTS),
    "requests.received_online": Measure("网络申请数", "Requests received online", "件", _OF_REQUESTS),
    "requests.received_letter": Measure("信函申请数", "Requests received by letter", "件", _OF_REQUESTS),
    "requests.concluded": Measure("申请办结数", "Requests concluded", "件", _OF_REQUESTS),
    "requests.replies": Measure("申请答复数", "Requests replied to", "件", (*_OF_REQUESTS, "OUTCOME")),
    "response.hot_issues_total": Measure(
        "回应公众关注热点或重大舆情数", "Hot issues answered, each once", "次", _OF_THE_REST
    ),
    "response.press_conferences": Measure("参加或举办新闻发布会总次数", "Press conferences", "次", _OF_THE_REST),
    "response.press_conferences_by_head": Measure(
        "主要负责同志参加新闻发布会次数", "Press conferences with the agency's head", "次", _OF_THE_REST
    ),
    "response.online_interviews": Measure("政府网站在线访谈次数", "Online interviews", "次", _OF_THE_REST),
    "response.online_interviews_by_head": Measure(
        "主要负责同志参加政府网站在线访谈次数", "Online interviews with the agency's head", "次", _OF_THE_REST
    ),
    "response.policy_interpretations": Measure("政策解读稿件发布数", "Interpretations of policies", "篇", _OF_THE_REST),
    "response.weibo_wechat_responses": Measure(
        "微博微信回应事件数", "Hot issues answered by microblog or WeChat", "次", _OF_THE_REST
    ),
    "response.other_responses": Measure("其他方式回应事件数", "Hot issues answered by other ways", "次", _OF_THE_REST),
    "reconsideration.total": Measure("行政复议数量", "Reconsiderations filed", "件", _OF_THE_REST),
    "reconsideration.upheld": Measure("维持具体行政行为数", "Reconsiderations that upheld", "件", _OF_THE_REST),
    "reconsideration.corrected": Measure("被依法纠错数", "Reconsiderations that corrected", "件", _OF_THE_REST),
    "reconsideration.other": Measure("其他情形数", "Reconsiderations with another end", "件", _OF_THE_REST),
    "litigation.total": Measure("行政诉讼数量", "Lawsuits filed", "件", _OF_THE_REST),
    "litigation.upheld_or_dismissed": Measure(
        "维持具体行政行为或者驳回原告诉讼请求数", "Lawsuits that upheld or dismissed", "件", _OF_THE_REST
    ),
    "litigation.corrected": Measure("被依法纠错数", "Lawsuits that corrected", "件", _OF_THE_REST),
    "litigation.other": Measure("其他情形数", "Lawsuits with another end", "件", _OF_THE_REST),
    "complaints.total": Measure("举报投诉数量", "Complaints", "件", _OF_THE_REST),
    "meetings_training.meetings": Measure(
        "召开政府信息公开工作会议或专题会议数", "Meetings on disclosure", "次", _OF_THE_REST
    ),
    "meetings_training.training_sessions": Measure("举办各类培训班数", "Training sessions", "次", _OF_THE_REST),
    "meetings_training.trained_person_times": Measure(
        "接受培训人员数", "Persons trained, each time", "人次", _OF_THE_REST
    ),
}
_LITIGATION: Final = {"upheld": "upheld_or_dismissed", "corrected": "corrected", "other": "other"}
_INTERVIEWS: Final = {"press-conference": "press_conferences", "online-interview": "online_interviews"}


# --- the fold ---------------------------------------------------------------------------------------------------------
def apply(db: Connection, entries: Sequence[Entry], disclosures: Disclosures) -> None:  # noqa: ARG001 - the shape of every projection's fold; no text is counted
    """Fold entries of `TYPES`, in order, into the tables; the rows are the same whatever the batches were."""
    fold = _Fold(db, entries)
    for entry in entries:
        fold.add(entry)
    fold.write(db)


class _Subject(NamedTuple):
    """What is counted: an item or a request."""

    position: int
    stream: str
    agency: str
    section: str | None
    applicant_kind: str | None


class _Category(NamedTuple):
    """What `tallies_categories` says of a subject and a scheme."""

    code: str


class _Fact(NamedTuple):
    """A row of `tallies_facts`."""

    year: int
    measure: str
    position: int
    month: str
    subject: int
    agency: str
    channel: str | None
    section: str | None
    applicant_kind: str | None
    outcome: str | None
    amount: int


class _Move(NamedTuple):
    """A row of `tallies_moves`."""

    position: int
    year: int
    measure: str
    scheme: str
    code_from: str | None
    code_to: str
    amount: int


# A running total: what it breaks the year down by, year, measure, code.
_Place = tuple[str, int, str, str]


class _Fold:
    """One batch on its way into rows: what it needs is read in a few statements, what it makes is written in a few."""

    def __init__(self, db: Connection, entries: Sequence[Entry]) -> None:
        streams = {entry.stream for entry in entries}
        self._subjects = {
            row[1]: _Subject._make(row)
            for row in db.execute(
                "SELECT * FROM tallies_subjects WHERE stream IN (SELECT value FROM json_each(?))", (_json(streams),)
            )
        }
        # An agency has a handful of channels, so all of those concerned are read.
        agencies = {subject.agency for subject in self._subjects.values()}
        agencies |= {entry.event.agency for entry in entries if isinstance(entry.event, ItemPublished)}
        self._kinds: dict[tuple[str, str], str] = {
            (agency, channel): kind
            for agency, channel, kind in db.execute(
                "SELECT agency, channel, kind FROM tallies_channels WHERE agency IN (SELECT value FROM json_each(?))",
                (_json(agencies),),
            )
        }
        known = {stream: subject.position for stream, subject in self._subjects.items()}
        changing = {entry.stream for entry in entries if isinstance(entry.event, ItemClassified | PublicationAdded)}
        self._categories = Periods("tallies_categories", key=("subject", "scheme"), held=_Category)
        self._schemes: dict[int, list[str]] = {}
        self._facts_of: dict[int, list[_Fact]] = {}
        wanted = sorted({known[stream] for stream in changing & known.keys()})
        if wanted:
            self._categories.load(db, wanted)
            place = (msgspec.json.encode(wanted).decode(),)
            for subject, scheme in db.execute(
                "SELECT DISTINCT subject, scheme FROM tallies_categories WHERE subject IN (SELECT value FROM json_each(?))",
                place,
            ):
                self._schemes.setdefault(subject, []).append(scheme)
            for row in db.execute(
                "SELECT * FROM tallies_facts WHERE subject IN (SELECT value FROM json_each(?))", place
            ):
                fact = _Fact._make(row)
                self._facts_of.setdefault(fact.subject, []).append(fact)
        responded = {known[entry.stream] for entry in entries if entry.stream in known and entry.stream[:6] == "issue-"}
        self._once: set[tuple[int, str]] = set(
            db.execute(
                "SELECT subject, measure FROM tallies_once WHERE subject IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(sorted(responded)).decode(),),
            )
        )
        self._new_subjects: list[_Subject] = []
        self._new_channels: list[tuple[str, str, str]] = []
        self._new_once: list[tuple[int, str]] = []
        self._facts: list[_Fact] = []
        self._moves: list[_Move] = []
        # The end of a span -> what was added to each running total in it.
        self._added: dict[int, Counter[_Place]] = {}

    def add(self, entry: Entry) -> None:
        """Fold one entry."""
        event = cast("_Applied", entry.event)
        match event:
            case ChannelRegistered():
                self._kinds[entry.stream, event.channel] = event.kind
                self._new_channels.append((entry.stream, event.channel, event.kind))
            case ItemPublished():
                self._published(entry, event)
            case PublicationAdded():
                # An item disclosed on request is no subject here.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._disclosed(entry, subject, event.channel, event.published_on)
            case ItemClassified():
                # Nor is a draft; when it is published, its categories come with it.
                if (subject := self._subjects.get(entry.stream)) is not None:
                    self._moved(entry, subject, event)
            case RequestReceived() | RequestReceiptConfirmed() | ReplyDecided() | ReplyDelivered():
                self._asked(entry, event)
            case ReconsiderationFiled() | ReconsiderationDecided() | LitigationFiled() | LitigationJudged():
                self._contested(entry, event)
            case _:
                self._told(entry, event)

    def write(self, db: Connection) -> None:
        """Write what was folded."""
        db.executemany("INSERT INTO tallies_subjects VALUES (?, ?, ?, ?, ?)", self._new_subjects)
        db.executemany("INSERT INTO tallies_channels VALUES (?, ?, ?)", self._new_channels)
        db.executemany("INSERT INTO tallies_once VALUES (?, ?)", self._new_once)
        db.executemany("INSERT INTO tallies_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._facts)
        db.executemany("INSERT INTO tallies_moves VALUES (?, ?, ?, ?, ?, ?, ?)", self._moves)
        self._categories.write(db)
        for upto in sorted(self._added):
            _add_up(db, upto, self._added[upto])

    # --- what is counted
    def _published(self, entry: Entry, event: ItemPublished) -> None:
        if event.mode != "proactive":
            return
        section = None if event.section is UNSET else event.section
        subject = self._subject(entry, agency=event.agency, section=section, applicant_kind=None)
        for category in event.categories:
            self._classified(entry, subject, category)
        self._count(entry, "proactive.items_total", subject, on=event.published_on, channel=event.channel)
        self._disclosed(entry, subject, event.channel, event.published_on)

    def _asked(
        self, entry: Entry, event: RequestReceived | RequestReceiptConfirmed | ReplyDecided | ReplyDelivered
    ) -> None:
        match event:
            case RequestReceived():
                subject = self._subject(entry, agency=event.agency, section=None, applicant_kind=event.applicant_kind)
                if event.receipt != "awaits-confirmation":
                    self._received(entry, subject, event.channel, event.received_on)
            case RequestReceiptConfirmed():
                self._received(entry, self._known(entry), event.channel, event.confirmed_on)
            case ReplyDecided():
                outcome = "severed" if "severed" in event.outcomes else event.outcomes[0]
                self._count(entry, "requests.replies", self._known(entry), on=event.decided_on, outcome=outcome)
            case ReplyDelivered():
                self._count(entry, "requests.concluded", self._known(entry), on=event.delivered_on)
            case _:
                assert_never(event)

    def _contested(self, entry: Entry, event: _Remedy) -> None:
        match event:
            case ReconsiderationFiled():
                self._count(entry, "reconsideration.total", self._of_agency(entry, event.agency), on=event.filed_on)
            case ReconsiderationDecided():
                result = RESULTS[event.disposition]
                self._count(entry, f"reconsideration.{result}", self._known(entry), on=event.decided_on)
            case LitigationFiled():
                if event.standing != "as-reconsideration-body":
                    self._count(entry, "litigation.total", self._of_agency(entry, event.agency), on=event.filed_on)
            case LitigationJudged():
                # The body that only reconsidered has no subject here.
                if event.instance == "first" and (subject := self._subjects.get(entry.stream)) is not None:
                    ended = _LITIGATION[RESULTS[event.disposition]]
                    self._count(entry, f"litigation.{ended}", subject, on=event.judged_on)
            case _:
                assert_never(event)

    def _told(self, entry: Entry, event: _Response | ComplaintFiled | TrainingHeld | MeetingHeld) -> None:
        match event:
            case IssueDetected():
                self._of_agency(entry, event.agency)
            case IssueResponded():
                self._answered(entry, event)
            case InterpretationPublished(published_on=on):
                subject = self._of_agency(entry, event.agency)
                if event.form in _INTERVIEWS:
                    self._interviewed(entry, subject, event.form, on=on, by_head=event.by_head)
                else:
                    self._count(entry, "response.policy_interpretations", subject, on=on)
            case ComplaintFiled():
                self._count(entry, "complaints.total", self._of_agency(entry, event.agency), on=event.filed_on)
            case TrainingHeld(held_on=on):
                subject = self._of_agency(entry, event.agency)
                self._count(entry, "meetings_training.training_sessions", subject, on=on)
                persons = "meetings_training.trained_person_times"
                self._count(entry, persons, subject, on=on, amount=event.attendees)
            case MeetingHeld():
                self._count(entry, "meetings_training.meetings", self._of_agency(entry, event.agency), on=event.held_on)
            case _:
                assert_never(event)

    def _answered(self, entry: Entry, event: IssueResponded) -> None:
        subject = self._known(entry)
        on = date.fromisoformat(event.responded_at[:10])
        self._count_once(entry, "response.hot_issues_total", subject, on=on)
        if event.way in _INTERVIEWS:
            self._interviewed(entry, subject, event.way, on=on, by_head=event.by_head)
        elif event.way in {"weibo", "wechat"}:
            self._count_once(entry, "response.weibo_wechat_responses", subject, on=on)
        else:
            self._count_once(entry, "response.other_responses", subject, on=on)

    def _interviewed(self, entry: Entry, subject: _Subject, form: str, *, on: date, by_head: bool) -> None:
        measure = f"response.{_INTERVIEWS[form]}"
        self._count(entry, measure, subject, on=on)
        if by_head:
            self._count(entry, f"{measure}_by_head", subject, on=on)

    def _received(self, entry: Entry, subject: _Subject, channel: str, on: date) -> None:
        self._count(entry, "requests.received", subject, on=on)
        self._count(entry, f"requests.received_{channel.replace('-', '_')}", subject, on=on)

    def _disclosed(self, entry: Entry, subject: _Subject, channel: str, on: date) -> None:
        kind = self._kinds.get((subject.agency, channel))
        if kind is None:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        self._count(entry, f"channels.{kind}", subject, on=on, channel=channel)

    # --- subjects and their categories
    def _classified(self, entry: Entry, subject: _Subject, category: ItemClassified | Classification) -> None:
        self._categories.change(entry.position, subject.position, category.scheme, to=_Category(category.code))
        schemes = self._schemes.setdefault(subject.position, [])
        if category.scheme not in schemes:
            schemes.append(category.scheme)

    def _moved(self, entry: Entry, subject: _Subject, event: ItemClassified) -> None:
        """The facts of an item go with it from one category to another."""
        before = self._categories.get(subject.position, event.scheme)
        self._classified(entry, subject, event)
        code_from = None if before is None else before.code
        along: Counter[tuple[int, str]] = Counter()
        for fact in self._facts_of.get(subject.position, ()):
            along[fact.year, fact.measure] += fact.amount
        added = self._span_of(entry)
        for (year, measure), amount in along.items():
            move = _Move(entry.position, year, measure, event.scheme, code_from, event.code, amount)
            self._moves.append(move)
            if code_from is not None:
                added[f"in {event.scheme}", year, measure, code_from] -= amount
            added[f"in {event.scheme}", year, measure, event.code] += amount

    def _of_agency(self, entry: Entry, agency: str) -> _Subject:
        return self._subject(entry, agency=agency, section=None, applicant_kind=None)

    def _subject(self, entry: Entry, *, agency: str, section: str | None, applicant_kind: str | None) -> _Subject:
        if entry.stream in self._subjects:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        subject = _Subject(entry.position, entry.stream, agency, section, applicant_kind)
        self._subjects[entry.stream] = subject
        self._new_subjects.append(subject)
        return subject

    def _known(self, entry: Entry) -> _Subject:
        subject = self._subjects.get(entry.stream)
        if subject is None:
            raise Corrupt("PRJ-004", position=entry.position, type=entry.event.TYPE)
        return subject

    # --- facts and totals
    def _count_once(self, entry: Entry, measure: str, subject: _Subject, *, on: date) -> None:
        if (subject.position, measure) not in self._once:
            self._once.add((subject.position, measure))
            self._new_once.append((subject.position, measure))
            self._count(entry, measure, subject, on=on)

    def _count(  # noqa: PLR0913 - the columns of a fact
        self,
        entry: Entry,
        measure: str,
        subject: _Subject,
        *,
        on: date,
        channel: str | None = None,
        outcome: str | None = None,
        amount: int = 1,
    ) -> None:
        fact = _Fact(
            on.year,
            measure,
            entry.position,
            f"{on.month:02}",
            subject.position,
            subject.agency,
            channel,
            subject.section,
            subject.applicant_kind,
            outcome,
            amount,
        )
        self._facts.append(fact)
        self._facts_of.setdefault(subject.position, []).append(fact)
        year = fact.year
        added = self._span_of(entry)
        added["", year, measure, NONE] += amount
        added["AGENCY", year, measure, fact.agency] += amount
        added["MONTH", year, measure, fact.month] += amount
        if channel is not None:
            added["CHANNEL", year, measure, channel] += amount
        if fact.section is not None:
            added["SECTION", year, measure, fact.section] += amount
        if fact.applicant_kind is not None:
            added["APPLICANT_KIND", year, measure, fact.applicant_kind] += amount
        if outcome is not None:
            added["OUTCOME", year, measure, outcome] += amount
        for scheme in self._schemes.get(subject.position, ()):
            category = self._categories.get(subject.position, scheme)
            if category is not None:
                added[f"in {scheme}", year, measure, category.code] += amount

    def _span_of(self, entry: Entry) -> Counter[_Place]:
        """What is added in the span in which the entry lies."""
        upto = -(-entry.position // SPAN) * SPAN
        added = self._added.get(upto)
        if added is None:
            added = self._added[upto] = Counter()
        return added


def _add_up(db: Connection, upto: int, added: Counter[_Place]) -> None:
    """Add to the totals as they are now, and to those at the end of a span."""
    rows = [(*place, amount) for place, amount in added.items()]
    db.executemany(
        "INSERT INTO tallies_cells VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total",
        rows,
    )
    db.executemany(
        """INSERT INTO tallies_totals SELECT breakdown, year, measure, code, ?, total FROM tallies_cells
        WHERE breakdown = ? AND year = ? AND measure = ? AND code = ?
        ON CONFLICT DO UPDATE SET total = excluded.total""",
        [(upto, *place) for place in added],
    )


def _json(values: Collection[str]) -> str:
    return msgspec.json.encode(sorted(values)).decode()


# --- reads ------------------------------------------------------------------------------------------------------------
class CountRow(Struct, frozen=True):
    """How often something happened in a year; `dimensions` in the order asked for, `NONE` where a fact has no value."""

    year: int
    measure: str
    value: int
    dimensions: list[tuple[Dimension, str]]


class Cell(NamedTuple):
    """One number among counts by the same dimensions: its year, its measure, and its code in each dimension."""

    year: int
    measure: str
    codes: tuple[str, ...] = ()


def counts(  # noqa: PLR0913 - the arguments of the public contract
    db: Connection,
    *,
    as_of: int,
    years: Sequence[int],
    agency: str | None = None,
    measures: Collection[str] | None = None,
    by: Sequence[Dimension] = (),
    scheme: str | None = None,
) -> list[CountRow]:
    """The counts that are not 0, by year, measure and dimensions. `scheme` is what CATEGORY means."""
    asked = sorted(MEASURES if measures is None else measures)
    if len(by) > 1 or agency is not None:
        found = _counted_one_by_one(db, as_of=as_of, years=years, agency=agency, measures=asked, by=by, scheme=scheme)
    else:
        totals = _Totals(db, as_of=as_of, years=years, measures=asked)
        found = totals.by(by[0], scheme) if by else totals.whole()
    return [
        CountRow(year, measure, value, list(zip(by, codes, strict=True)))
        for (year, measure, *codes), value in sorted(found.items())
        if value
    ]


def _counted_one_by_one(  # noqa: PLR0913 - the arguments of `counts`
    db: Connection,
    *,
    as_of: int,
    years: Sequence[int],
    agency: str | None,
    measures: Collection[str],
    by: Sequence[Dimension],
    scheme: str | None,
) -> dict[tuple[Any, ...], int]:  # Any: year, measure and codes
    source, codes, values = _facts(as_of, agency=agency, by=by, scheme=scheme)
    values |= {"years": msgspec.json.encode(list(years)).decode(), "measures": _json(measures)}
    grouped = ", ".join(["f.year", "f.measure", *codes])
    rows = db.execute(
        f"""SELECT {grouped}, sum(f.amount) FROM {source}
        AND f.year IN (SELECT value FROM json_each(:years)) AND f.measure IN (SELECT value FROM json_each(:measures))
        GROUP BY {grouped}""",
        values,
    )
    return {tuple(key): value for *key, value in rows}


class _Totals:
    """Counts as of a position by none or one dimension: running totals, and what came since the end of a span."""

    def __init__(self, db: Connection, *, as_of: int, years: Sequence[int], measures: Collection[str]) -> None:
        self._db = db
        ((folded,),) = db.execute("SELECT position FROM progress WHERE projection = 'tallies'").fetchall()
        self._now = as_of >= folded
        self._values: dict[str, Any] = {  # Any: what a statement takes
            "as_of": as_of,
            "after": as_of // SPAN * SPAN,
            "years": msgspec.json.encode(sorted(set(years))).decode(),
            "measures": _json(measures),
        }

    def whole(self) -> dict[tuple[Any, ...], int]:  # Any: year, measure and codes
        """By year and measure."""
        found = self._kept("")
        found.update(self._since("''"))
        return {(year, measure): total for (year, measure, _), total in found.items()}

    def by(self, dimension: Dimension, scheme: str | None) -> dict[tuple[Any, ...], int]:  # Any: year, measure, code
        """By year, measure and the codes of a dimension, `NONE` where a fact has none."""
        column = _COLUMNS.get(dimension)
        if column is not None:
            found = self._kept(dimension)
            found.update(self._since(f"ifnull({column}, '{NONE}')"))
        else:
            wanted = _SCHEMES.get(dimension, scheme)
            assert wanted is not None, "CATEGORY is counted in one scheme"
            found = self._kept(f"in {wanted}")
            found.update(self._since_in(wanted))
        sums: Counter[tuple[int, str]] = Counter()
        for (year, measure, code), total in found.items():
            if code != NONE:
                sums[year, measure] += total
        return {key: total for key, total in found.items() if key[2] != NONE} | {
            (year, measure, NONE): total - sums[year, measure] for (year, measure), total in self.whole().items()
        }

    def _kept(self, breakdown: str) -> Counter[tuple[int, str, str]]:
        """The running totals: now, or at the end of the span before the position."""
        total = (
            "c.total"
            if self._now
            else """(SELECT t.total FROM tallies_totals t WHERE t.breakdown = c.breakdown AND t.year = c.year
                AND t.measure = c.measure AND t.code = c.code AND t.upto <= :after ORDER BY t.upto DESC LIMIT 1)"""
        )
        rows = self._db.execute(
            f"""SELECT c.year, c.measure, c.code, {total} FROM tallies_cells c
            WHERE c.breakdown = :breakdown AND c.year IN (SELECT value FROM json_each(:years))
            AND c.measure IN (SELECT value FROM json_each(:measures))""",
            self._values | {"breakdown": breakdown},
        )
        return Counter({(year, measure, code): value for year, measure, code, value in rows if value})

    def _since(self, code: str) -> Counter[tuple[int, str, str]]:
        """The facts since the end of that span, by a column; none where the totals are those of now."""
        if self._now:
            return Counter()
        rows = self._db.execute(
            f"""SELECT f.year, f.measure, {code} AS code, sum(f.amount)
            FROM tallies_facts f WHERE {_span("f")} GROUP BY f.year, f.measure, code""",
            self._values,
        )
        return Counter({(year, measure, one): amount for year, measure, one, amount in rows})

    def _since_in(self, scheme: str) -> Counter[tuple[int, str, str]]:
        """The same by the categories of a scheme: facts as they came, and the moves."""
        if self._now:
            return Counter()
        found: Counter[tuple[int, str, str]] = Counter()
        values = self._values | {"scheme": scheme}
        for year, measure, code, amount in self._db.execute(
            f"""SELECT f.year, f.measure, c.code, sum(f.amount) FROM tallies_facts f JOIN tallies_categories c
            ON c.subject = f.subject AND c.scheme = :scheme AND c.known_from <= f.position
            AND (c.known_to IS NULL OR c.known_to > f.position)
            WHERE {_span("f")} GROUP BY f.year, f.measure, c.code""",
            values,
        ):
            found[year, measure, code] += amount
        for year, measure, code_from, code_to, amount in self._db.execute(
            f"""SELECT m.year, m.measure, m.code_from, m.code_to, m.amount FROM tallies_moves m
            WHERE m.scheme = :scheme AND {_span("m")}""",
            values,
        ):
            if code_from is not None:
                found[year, measure, code_from] -= amount
            found[year, measure, code_to] += amount
        return found


def _span(table: str) -> str:
    """What came after the end of a span, up to the position."""
    return (
        f"{table}.year IN (SELECT value FROM json_each(:years)) "
        f"AND {table}.measure IN (SELECT value FROM json_each(:measures)) "
        f"AND {table}.position > :after AND {table}.position <= :as_of"
    )


def positions(  # noqa: PLR0913 - the arguments of `counts`, and of a page
    db: Connection,
    *,
    as_of: int,
    cells: Collection[Cell],
    agency: str | None = None,
    by: Sequence[Dimension] = (),
    scheme: str | None = None,
    first: int | None = None,
    after: int = 0,
) -> dict[Cell, list[int]]:
    """The positions of the entries that make each of these counts: the `first` of each after a position, in order."""
    source, codes, values = _facts(as_of, agency=agency, by=by, scheme=scheme)
    cell = ", ".join(["f.year", "f.measure", *codes])
    values |= {
        "cells": msgspec.json.encode([[one.year, one.measure, *one.codes] for one in cells]).decode(),
        "years": msgspec.json.encode(sorted({one.year for one in cells})).decode(),
        "measures": _json({one.measure for one in cells}),
        "after": after,
        "first": 2**63 - 1 if first is None else first,
    }
    rows = db.execute(
        f"""SELECT * FROM (
            SELECT {cell}, f.position AS position, row_number() OVER (PARTITION BY {cell} ORDER BY f.position) AS number
            FROM {source} AND f.position > :after
            AND f.year IN (SELECT value FROM json_each(:years))
            AND f.measure IN (SELECT value FROM json_each(:measures))
            AND json_array({cell}) IN (SELECT value FROM json_each(:cells))
        ) WHERE number <= :first ORDER BY position""",
        values,
    )
    found: dict[Cell, list[int]] = {one: [] for one in cells}
    for year, measure, *at, position, _ in rows:
        found[Cell(year, measure, tuple(at))].append(position)
    return found


def years(db: Connection, *, as_of: int) -> list[int]:
    """The years in which anything is counted, earliest first."""
    rows = db.execute(
        """WITH RECURSIVE years (year) AS (
            SELECT min(year) FROM tallies_facts
            UNION ALL SELECT (SELECT min(f.year) FROM tallies_facts f WHERE f.year > years.year)
            FROM years WHERE years.year IS NOT NULL
        ) SELECT year FROM years WHERE EXISTS
            (SELECT 1 FROM tallies_facts f WHERE f.year = years.year AND f.position <= :as_of)""",
        {"as_of": as_of},
    )
    return [year for (year,) in rows]


# Dimension -> the column that holds its code. A category is looked up in its scheme.
_COLUMNS: Final[dict[Dimension, str]] = {
    "MONTH": "f.month",
    "CHANNEL": "f.channel",
    "SECTION": "f.section",
    "AGENCY": "f.agency",
    "APPLICANT_KIND": "f.applicant_kind",
    "OUTCOME": "f.outcome",
}
_SCHEMES: Final[dict[Dimension, str]] = {"THEME": "theme", "GENRE": "genre"}


def _facts(
    as_of_position: int, *, agency: str | None, by: Sequence[Dimension], scheme: str | None
) -> tuple[str, list[str], dict[str, Any]]:  # Any: what a statement takes
    """The facts known at a position, as the end of a statement; the code of each dimension; the statement's values."""
    values: dict[str, Any] = {"as_of": as_of_position, "agency": agency}  # Any: what a statement takes
    source, codes = "tallies_facts f", []
    for number, dimension in enumerate(by):
        column = _COLUMNS.get(dimension)
        if column is None:
            wanted = _SCHEMES.get(dimension, scheme)
            assert wanted is not None, "CATEGORY is counted in one scheme"
            values[f"scheme_{number}"] = wanted
            column = f"c{number}.code"
            source += (
                f" LEFT JOIN tallies_categories c{number} ON c{number}.subject = f.subject"
                f" AND c{number}.scheme = :scheme_{number} AND {known_at(f'c{number}')}"
            )
        codes.append(f"ifnull({column}, '{NONE}')")
    of_agency = "" if agency is None else " AND f.agency = :agency"
    return f"{source} WHERE f.position <= :as_of{of_agency}", codes, values
