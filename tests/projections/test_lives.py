"""What is counted of random lives of items, requests, cases, issues and places, against their state at every position."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from sqlite3 import Connection, connect
from typing import Any, Final, get_args
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import UNSET

from archive.disclosures.openings import Disclosures
from archive.domain.activities import MeetingHeld, TrainingHeld
from archive.domain.agencies import AgencyRegistered, ChannelRegistered
from archive.domain.calendars import CalendarAdopted, calendar_id
from archive.domain.codes import Classification, Event
from archive.domain.interpretations import InterpretationForm, InterpretationPublished
from archive.domain.issues import IssueDetected, IssueResponded, ResponseWay
from archive.domain.items import ItemClassified, ItemPublished, PublicationAdded
from archive.domain.opinions import ComplaintFiled
from archive.domain.places import PlaceClosed, PlaceOpened
from archive.domain.remedies import (
    INSTANCES,
    CorrectiveActionTaken,
    Disposition,
    LitigationFiled,
    LitigationJudged,
    ReconsiderationDecided,
    ReconsiderationFiled,
    RemedyWithdrawn,
    Standing,
)
from archive.domain.request_handling import (
    ExtensionApproved,
    FeeBasis,
    FeeLapsed,
    FeeNoticed,
    FeePaid,
    ReasonsAccepted,
    ReasonsDemanded,
    ThirdPartyConsulted,
)
from archive.domain.request_intake import (
    ApplicantKind,
    CorrectionLapsed,
    CorrectionReceived,
    CorrectionRequested,
    DeliveryMethod,
    ReceiptChannel,
    RequestReceiptConfirmed,
    RequestReceived,
    RequestRegistered,
    RequestWithdrawn,
)
from archive.domain.request_replies import Outcome, ReplyDecided, ReplyDelivered, ReplyDispatched
from archive.domain.seals import seal_text
from archive.law.regimes import R2019
from archive.log.entry import Entry
from archive.projections import tallies
from archive.projections.measures import MEASURES, Dimension
from archive.projections.tallies import Cell
from projections.counting import counts_of, facts_at, years_of
from stories import ORIGIN, agency_id

SEAL: Final = seal_text(b"s" * 32)
AGENCIES: Final = {agency_id(1): "421202", agency_id(2): "110000"}
CHANNELS: Final = ("website", "gazette", "weibo")
CODES: Final = {"theme": ("energy", "prices"), "genre": ("plan", "notice")}
YEARS: Final = list(range(2016, 2024))
BREAKDOWNS: Final[list[tuple[Dimension, ...]]] = [
    (),
    ("MONTH",),
    ("CHANNEL",),
    ("CATEGORY",),
    ("SECTION",),
    ("AGENCY",),
    ("GENRE", "AGENCY"),
    ("APPLICANT_KIND",),
    ("OUTCOME", "APPLICANT_KIND"),
    ("MONTH", "THEME", "OUTCOME"),
]

Life = tuple[str, list[Event]]
_SOMEONE: Final = st.sampled_from(sorted(AGENCIES))
_DAYS: Final = st.dates(date(2017, 10, 1), date(2019, 12, 31))


def _of(literal: object) -> SearchStrategy[Any]:  # Any: one of the literal's own
    return st.sampled_from(get_args(literal))


class Days:
    """Days that only go on."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw
        self.today = draw(_DAYS)

    def later(self, most: int = 30) -> date:
        """Some days after the one before, or the same."""
        self.today += timedelta(days=self._draw(st.integers(0, most)))
        return self.today


@st.composite
def items(draw: DrawFn) -> Life:
    days = Days(draw)
    channels = draw(st.permutations(CHANNELS))
    schemes = draw(st.lists(st.sampled_from(sorted(CODES)), unique=True))
    published = ItemPublished(
        agency=draw(_SOMEONE),
        mode=draw(st.sampled_from(["proactive", "proactive", "proactive", "on-request"])),
        section="office" if draw(st.booleans()) else UNSET,
        categories=[Classification(scheme=one, code=draw(st.sampled_from(CODES[one]))) for one in schemes],
        channel=channels[0],
        published_on=days.today,
        text=SEAL,
        link=SEAL,
    )
    events: list[Event] = [published]
    for step in draw(st.lists(st.sampled_from(["add", "theme", "genre"]), max_size=4)):
        if step == "add" and len(channels) > 1:
            events.append(PublicationAdded(channel=channels.pop(), published_on=days.later(), text=SEAL, link=SEAL))
        elif step != "add":
            events.append(ItemClassified(scheme=step, code=draw(st.sampled_from(CODES[step]))))
    return "item", events


@st.composite
def requests(draw: DrawFn) -> Life:
    days = Days(draw)
    received_on = days.today
    channel = draw(_of(ReceiptChannel))
    awaits = channel != "in-person" and draw(st.booleans())
    events: list[Event] = [
        RequestReceived(
            agency=draw(_SOMEONE),
            received_on=days.today,
            receipt="awaits-confirmation" if awaits else UNSET,
            channel=channel,
            applicant_kind=draw(_of(ApplicantKind)),
            co_applicants=0,
            person=SEAL,
            text=SEAL,
        )
    ]
    if awaits and draw(st.booleans()):
        received_on = days.later()
        events.append(RequestReceiptConfirmed(confirmed_on=received_on, channel=channel))
        awaits = False
    events.append(RequestRegistered(registered_on=days.later(3), number="2018-1"))
    end = draw(st.sampled_from(["nothing", "withdrawn"] if awaits else [*ENDS, "delivered", "delivered"]))
    if awaits or end == "nothing":
        return "request", [*events, RequestWithdrawn(withdrawn_on=days.later())] if end == "withdrawn" else events
    if draw(st.booleans()):
        events.append(
            ExtensionApproved(approved_on=days.later(), consent="agency-head", working_days=15, noticed_on=days.today)
        )
    if draw(st.booleans()):
        events.append(ThirdPartyConsulted(party=1, asked_on=days.later(), person=SEAL))
    return "request", [*events, *ended(draw, days, end, basis="per-page" if received_on >= R2019.first else "cost")]


ENDS: Final = ("nothing", "correction", "fee", "withdrawn", "decided", "withdrawn after the decision", "delivered")


def ended(draw: DrawFn, days: Days, end: str, *, basis: FeeBasis) -> Iterator[Event]:
    """The last steps of a request."""
    if end == "correction":
        yield CorrectionRequested(requested_on=days.later(), due_on=days.today, text=SEAL)
        if draw(st.booleans()):
            yield CorrectionReceived(received_on=days.later(), text=SEAL)
        else:
            yield CorrectionLapsed(lapsed_on=days.later(90))
        return
    if end == "fee":
        yield FeeNoticed(noticed_on=days.later(), due_on=days.today, basis=basis, amount_fen=400)
        yield (
            FeePaid(paid_on=days.later(), amount_fen=400)
            if draw(st.booleans())
            else FeeLapsed(lapsed_on=days.later(90))
        )
        return
    if end == "withdrawn":
        yield RequestWithdrawn(withdrawn_on=days.later())
        return
    yield ReplyDecided(
        decided_on=days.later(), outcomes=draw(st.lists(_of(Outcome), min_size=1, max_size=2, unique=True)), text=SEAL
    )
    if end == "withdrawn after the decision":
        yield RequestWithdrawn(withdrawn_on=days.later(400))
    elif end == "delivered":
        method: DeliveryMethod = "post" if draw(st.booleans()) else "in-person"
        yield ReplyDispatched(dispatched_on=days.later(), method=method)
        yield ReplyDelivered(delivered_on=days.later(), method=method)


@st.composite
def cases(draw: DrawFn) -> Life:
    days = Days(draw)
    agency = draw(_SOMEONE)
    filed: dict[str, Any] = {"agency": agency, "filed_on": days.today, "ground": "other"}  # Any: fields of the event
    common = filed | {"person": SEAL, "text": SEAL}
    reconsidered = draw(st.booleans())
    events: list[Event] = []
    if reconsidered:
        events.append(ReconsiderationFiled(body="superior-agency", **common))
        if draw(st.booleans()):
            events.append(ReconsiderationDecided(decided_on=days.later(400), disposition=draw(_of(Disposition))))
            events.append(CorrectiveActionTaken(taken_on=days.later(), action="other"))
    else:
        standing = draw(_of(Standing))
        events.append(LitigationFiled(court="basic-court", standing=standing, **common))
        for instance in INSTANCES[: draw(st.integers(0, 3))]:
            judged_on, disposition = days.later(300), draw(_of(Disposition))
            events.append(LitigationJudged(judged_on=judged_on, instance=instance, disposition=disposition))
    if len(events) == 1 and draw(st.booleans()):
        events.append(RemedyWithdrawn(withdrawn_on=days.later(400)))
    return "remedy", events


@st.composite
def issues(draw: DrawFn) -> Life:
    days = Days(draw)
    at = f"{days.today}T23:30+08:00"
    events: list[Event] = [
        IssueDetected(
            agency=draw(_SOMEONE),
            detected_at=at,
            source="other",
            severity="public-opinion",
            respond_by=at,
            text=SEAL,
        )
    ]
    for way in draw(st.lists(_of(ResponseWay), max_size=3)):
        at = f"{days.later()}T23:45+08:00"
        events.append(IssueResponded(responded_at=at, way=way, by_head=draw(st.booleans()), text=SEAL))
    return "issue", events


@st.composite
def places(draw: DrawFn) -> Life:
    days = Days(draw)
    events: list[Event] = [
        PlaceOpened(agency=draw(_SOMEONE), place_type="reading-room", opened_on=days.today, text=SEAL)
    ]
    return "place", [*events, PlaceClosed(closed_on=days.later(500))] if draw(st.booleans()) else events


@st.composite
def others(draw: DrawFn) -> Life:
    agency, on, by_head = draw(_SOMEONE), draw(_DAYS), draw(st.booleans())
    match draw(st.integers(0, 3)):
        case 0:
            form = draw(_of(InterpretationForm))
            event = InterpretationPublished(agency=agency, published_on=on, form=form, by_head=by_head, text=SEAL)
            return "interpretation", [event]
        case 1:
            filed = ComplaintFiled(agency=agency, filed_on=on, intake="phone", ground="other", person=SEAL, text=SEAL)
            return "opinion", [filed]
        case 2:
            attendees = draw(st.integers(0, 60))
            return "activity", [TrainingHeld(agency=agency, held_on=on, mode="class", attendees=attendees, text=SEAL)]
        case _:
            meeting = MeetingHeld(agency=agency, held_on=on, kind="work-meeting", attendees=9, text=SEAL)
            return "activity", [meeting]


@st.composite
def calendars(draw: DrawFn) -> Life:
    days = draw(st.frozensets(st.dates(date(2018, 1, 1), date(2018, 12, 31)), max_size=20))
    return "calendar", [
        CalendarAdopted(
            region="000000",
            year=2018,
            number=1,
            reason="annual-notice",
            days_off=sorted(day for day in days if day.weekday() < 5),
            working_weekends=sorted(day for day in days if day.weekday() >= 5),
            text=SEAL,
        )
    ]


@st.composite
def logs(draw: DrawFn) -> list[Entry]:
    """Two agencies and their channels, then lives that go on beside each other."""
    kinds = st.one_of(items(), items(), requests(), requests(), cases(), issues(), places(), others(), calendars())
    lives = draw(st.lists(kinds, max_size=8))
    events: list[tuple[str, Event]] = []
    for agency, region in AGENCIES.items():
        events.append((agency, AgencyRegistered(level="county", region=region, text=SEAL)))
        events += [(agency, ChannelRegistered(channel=one, kind=one, text=SEAL)) for one in CHANNELS]
    left = [
        (calendar_id("000000") if kind == "calendar" else f"{kind}-{number:032x}", list(life))
        for number, (kind, life) in enumerate(lives)
    ]
    while left := [(stream, life) for stream, life in left if life]:
        stream, life = draw(st.sampled_from(left))
        events.append((stream, life.pop(0)))
    return [
        Entry(position, stream, position, "2023-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
        for position, (stream, event) in enumerate(events, 1)
    ]


@pytest.fixture(scope="module")
def no_texts(tmp_path_factory: pytest.TempPathFactory) -> Disclosures:
    """A store without openings: what is counted is no text."""
    return Disclosures.create(tmp_path_factory.mktemp("openings") / "disclosures.sqlite")


@contextmanager
def folded(entries: Sequence[Entry], disclosures: Disclosures, *, size: int) -> Iterator[Connection]:
    """The tallies of a log, folded so many entries at a time."""
    with closing(connect(":memory:")) as db:
        for statement in (*tallies.TABLES, *tallies.INDEXES):
            db.execute(statement)
        for first in range(0, len(entries), size):
            batch = [entry for entry in entries[first : first + size] if entry.event.TYPE in tallies.TYPES]
            tallies.apply(db, batch, disclosures)
        yield db


def counted(
    db: Connection, *, as_of: int, by: Sequence[Dimension], agency: str | None = None
) -> Counter[tuple[int, str, tuple[str, ...]]]:
    rows = tallies.counts(db, as_of=as_of, years=YEARS, by=by, scheme="theme", agency=agency)
    return Counter({(row.year, row.measure, tuple(code for _, code in row.dimensions)): row.value for row in rows})


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    """Blocks of so many positions, and of three times as many for one agency."""
    with patch.multiple(tallies, BLOCK=size, AGENCY_BLOCK=3 * size):
        yield


@given(entries=logs(), size=st.integers(1, 9), block=st.sampled_from([1, 2, 3, 7, 256]))
def test_counts_are_those_of_the_states_as_of_every_position(
    no_texts: Disclosures, entries: list[Entry], size: int, block: int
) -> None:
    with blocks_of(block), folded(entries, no_texts, size=size) as db:
        for position in range(len(entries) + 1):
            facts = facts_at(entries, position, YEARS)
            assert tallies.years(db, as_of=position) == years_of(entries, position)
            for by in BREAKDOWNS:
                wanted = counts_of(facts, by, "theme")
                assert counted(db, as_of=position, by=by) == wanted
            one, other = (counted(db, as_of=position, by=("MONTH",), agency=agency) for agency in AGENCIES)
            assert one + other == counted(db, as_of=position, by=("MONTH",))


@given(entries=logs(), size=st.integers(1, 9), block=st.sampled_from([2, 256]))
def test_every_number_opens_to_its_entries_as_of_every_position(
    no_texts: Disclosures, entries: list[Entry], size: int, block: int
) -> None:
    with blocks_of(block), folded(entries, no_texts, size=size) as db:
        for position in range(0, len(entries) + 1, 3):
            for by in BREAKDOWNS:
                wanted: dict[Cell, list[int]] = {}
                for fact in facts_at(entries, position, YEARS):
                    for year, measure, codes in counts_of([fact._replace(amount=1)], by, "theme"):
                        wanted.setdefault(Cell(year, measure, codes), []).append(fact.position)
                found = tallies.positions(db, as_of=position, cells=list(wanted), by=by, scheme="theme")
                assert found == wanted


@given(entries=logs(), size=st.integers(1, 9))
def test_every_dimension_of_every_measure_adds_up_to_the_year(
    no_texts: Disclosures, entries: list[Entry], size: int
) -> None:
    with folded(entries, no_texts, size=size) as db:
        for position in range(len(entries) + 1):
            whole = counted(db, as_of=position, by=())
            for dimension in BREAKDOWNS:
                parts: Counter[tuple[int, str, tuple[str, ...]]] = Counter()
                for (year, measure, _), value in counted(db, as_of=position, by=dimension).items():
                    assert value > 0
                    parts[year, measure, ()] += value
                assert parts == whole


@given(entries=logs(), size=st.integers(1, 9), block=st.sampled_from([2, 5, 256]))
def test_the_rows_are_the_same_whatever_the_batches(
    no_texts: Disclosures, entries: list[Entry], size: int, block: int
) -> None:
    with (
        blocks_of(block),
        folded(entries, no_texts, size=size) as some,
        folded(entries, no_texts, size=1_000) as all_at_once,
    ):
        assert list(some.iterdump()) == list(all_at_once.iterdump())


IDENTITIES: Final = {
    # Identities of the form of 2014, and of those of 2019 and 2021.
    "I-A1": ("requests.received", [f"requests.received_{one}" for one in ("in_person", "fax", "online", "letter")]),
    "I-A2": ("requests.concluded", [f"requests.concluded_{one}" for one in ("on_time", "extended", "late")]),
    "I-A3": ("requests.replies", [key for key in MEASURES if key.startswith("requests.reply_")]),
    "I-A4": (
        "requests.reply_refused",
        [
            f"requests.refused_{one}"
            for one in (
                "state_secret",
                "trade_secret",
                "personal_privacy",
                "three_securities_one_stability",
                "not_government_information",
                "other_law",
            )
        ],
    ),
    "I-C2": (
        "requests.results_total",
        [
            key
            for key in list(MEASURES)[list(MEASURES).index("requests.granted") :]
            if key.startswith("requests.")
            and key.partition(".")[2]
            not in {"results_total", "other_processing", "carried_over_from_last_year", "carried_forward_to_next_year"}
        ]
        + ["requests.refused_state_secret", "requests.refused_three_securities_one_stability"],
    ),
    **{
        f"I-C4 {block}": (
            f"{block}.total",
            [f"{block}.{one}" for one in ("upheld", "corrected", "other_result", "pending")],
        )
        for block in ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
    },
}


@given(entries=logs())
def test_the_identities_of_the_forms_hold(no_texts: Disclosures, entries: list[Entry]) -> None:
    with folded(entries, no_texts, size=5) as db:
        found = counted(db, as_of=len(entries), by=("APPLICANT_KIND",))
        kinds = {codes for _, _, codes in found}
        for year in YEARS:
            for codes in kinds:
                for name, (whole, parts) in IDENTITIES.items():
                    assert found[year, whole, codes] == sum(found[year, one, codes] for one in parts), name
                carried = found[year, "requests.carried_forward_to_next_year", codes]
                # I-C3 and I-C5.
                assert (
                    found[year, "requests.received_this_year", codes]
                    + found[year, "requests.carried_over_from_last_year", codes]
                    == found[year, "requests.results_total", codes] + carried
                )
                if year < YEARS[-1]:
                    assert found[year + 1, "requests.carried_over_from_last_year", codes] == carried


# --- in time, by the law's own examples -------------------------------------------------------------------------------
RECEIVED: Final = RequestReceived(
    agency=agency_id(1),
    received_on=date(2019, 6, 3),
    channel="in-person",
    applicant_kind="natural-person",
    co_applicants=0,
    person=SEAL,
    text=SEAL,
)


def test_a_lengthened_period_comes_by_good_reasons_too(no_texts: Disclosures) -> None:
    # 20 working days from Monday 3 June end on Monday 1 July.
    reasons: list[Event] = [
        ReasonsDemanded(demanded_on=date(2019, 6, 10)),
        ReasonsAccepted(accepted_on=date(2019, 6, 12), reply_by=date(2019, 8, 30)),
    ]
    assert timing(no_texts, [RECEIVED], on=date(2019, 7, 1)) == "concluded_on_time"
    assert timing(no_texts, [RECEIVED], on=date(2019, 7, 2)) == "concluded_late"
    assert timing(no_texts, [RECEIVED, *reasons], on=date(2019, 7, 1)) == "concluded_on_time"
    assert timing(no_texts, [RECEIVED, *reasons], on=date(2019, 8, 30)) == "concluded_extended"
    assert timing(no_texts, [RECEIVED, *reasons], on=date(2019, 9, 2)) == "concluded_late"


def test_a_calendar_that_comes_later_changes_no_request_that_was_concluded(no_texts: Disclosures) -> None:
    holiday = CalendarAdopted(
        region="000000",
        year=2019,
        number=1,
        reason="annual-notice",
        days_off=[date(2019, 6, 7)],
        working_weekends=[],
        text=SEAL,
    )
    assert timing(no_texts, [RECEIVED], on=date(2019, 7, 2), before=[holiday]) == "concluded_on_time"
    assert timing(no_texts, [RECEIVED], on=date(2019, 7, 2), after=[holiday]) == "concluded_late"


def timing(
    disclosures: Disclosures,
    life: Sequence[Event],
    *,
    on: date,
    before: Sequence[Event] = (),
    after: Sequence[Event] = (),
) -> str:
    """The measure that a request counts in whose reply is posted on a day, with calendars adopted before or after."""
    reply: list[Event] = [
        RequestRegistered(registered_on=date(2019, 6, 3), number="2019-1"),
        ReplyDecided(decided_on=on, outcomes=["granted"], text=SEAL),
        ReplyDispatched(dispatched_on=on, method="post"),
        ReplyDelivered(delivered_on=on + timedelta(days=9), method="post"),
    ]
    events: list[tuple[str, Event]] = [
        (agency_id(1), AgencyRegistered(level="county", region="421202", text=SEAL)),
        *((calendar_id("000000"), one) for one in before),
        *((f"request-{1:032x}", one) for one in (*life, *reply)),
        *((calendar_id("000000"), one) for one in after),
    ]
    entries = [
        Entry(position, stream, position, "2023-12-10T04:00:00Z", "role:clerk", "0" * 32, ORIGIN, None, event)
        for position, (stream, event) in enumerate(events, 1)
    ]
    with folded(entries, disclosures, size=100) as db:
        names = [f"requests.concluded_{one}" for one in ("on_time", "extended", "late")]
        (row,) = tallies.counts(db, as_of=len(entries), years=[2019], measures=names)
    return row.measure.partition(".")[2]
