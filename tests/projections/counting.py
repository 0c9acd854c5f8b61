"""What is to be counted, told from the state of every item, request, case and issue at a position: no deltas, no totals.

The rows of the forms are written out here once more, so that a wrong one in `measures.py` is found.
"""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from archive.domain import remedies, requests
from archive.domain.activities import MeetingHeld, TrainingHeld
from archive.domain.agencies import AgencyRegistered, ChannelRegistered
from archive.domain.calendars import CalendarAdopted, overlaid, regions_above, year_of
from archive.domain.erasures import Erased, PersonalDataAccepted
from archive.domain.interpretations import InterpretationPublished
from archive.domain.issues import IssueDetected, IssueResponded
from archive.domain.items import ItemClassified, ItemPublished, PublicationAdded
from archive.domain.opinions import ComplaintFiled
from archive.domain.places import PlaceClosed, PlaceOpened
from archive.domain.remedies import LitigationFiled, ReconsiderationFiled, Remedy, counted_in
from archive.domain.request_handling import FeeLapsed, FeePaid
from archive.domain.request_intake import (
    CorrectionLapsed,
    RequestReceiptConfirmed,
    RequestReceived,
    RequestWithdrawn,
)
from archive.domain.request_replies import ReplyDecided, ReplyDelivered
from archive.law.calendar import Calendar, CalendarYear
from archive.law.clock import RequestClock
from archive.log.entry import Entry

# Outcome -> its rows in the form of 2014 and in that of 2021 (domain specification, crosswalk).
ROWS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "already-public": (("reply_already_public",), ("granted",)),
    "granted": (("reply_granted",), ("granted",)),
    "severed": (("reply_partially_granted",), ("partially_granted",)),
    "state-secret": (("reply_refused", "refused_state_secret"), ()),
    "law-forbids": (("reply_refused", "refused_other_law"), ("refused_other_law_forbids",)),
    "three-securities": (("reply_refused", "refused_three_securities_one_stability"), ()),
    "trade-secret": (("reply_refused", "refused_trade_secret"), ("refused_third_party_rights",)),
    "personal-privacy": (("reply_refused", "refused_personal_privacy"), ("refused_third_party_rights",)),
    "internal-affairs": (
        ("reply_refused", "refused_not_government_information"),
        ("refused_internal_affairs",),
    ),
    "process-info": (
        ("reply_refused", "refused_not_government_information"),
        ("refused_process_information",),
    ),
    "enforcement-file": (("reply_refused", "refused_other_law"), ("refused_enforcement_case_file",)),
    "statutory-inquiry": (("reply_other_channel",), ("refused_administrative_inquiry",)),
    "not-exist": (("reply_not_exist",), ("unable_not_held",)),
    "not-this-agency": (("reply_not_this_agency",), ("unable_not_held",)),
    "needs-creation": (("reply_refused", "refused_other_law"), ("unable_requires_creation",)),
    "unclear-after-correction": (("reply_amend_or_supplement",), ("unable_still_unclear_after_correction",)),
    "petition": (("reply_other_channel",), ("not_processed_petition_complaint",)),
    "repeat": (("reply_other_channel",), ("not_processed_repeat",)),
    "publication": (("reply_other_channel",), ("not_processed_publication",)),
    "mass": (("reply_other_channel",), ("not_processed_mass_requests",)),
    "reconfirm": (("reply_other_channel",), ("not_processed_reconfirm",)),
    "other": (("reply_other_channel",), ("other_misc", "other_processing")),
    "correction-lapsed": ((), ("other_no_correction_in_time", "other_processing")),
    "fee-lapsed": ((), ("other_fee_unpaid_in_time", "other_processing")),
    "withdrawn": ((), ("other_misc", "other_processing")),
}
WITHOUT_REPLY: Final = {"correction-lapsed", "fee-lapsed", "withdrawn"}
TIMINGS: Final = {"on time": "concluded_on_time", "extended": "concluded_extended", "late": "concluded_late"}
# Block of a remedy -> its keys in the forms, and what the form of 2014 calls an upheld result and another one.
BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "reconsideration": ("reconsideration",),
    "litigation-direct": ("litigation", "litigation_direct"),
    "litigation-after-reconsideration": ("litigation", "litigation_after_reconsideration"),
}
COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "reconsideration": {
        "upheld": ("upheld",),
        "corrected": ("corrected",),
        "other": ("other", "other_result"),
        "pending": ("pending",),
    },
    "litigation": {"upheld": ("upheld_or_dismissed",), "corrected": ("corrected",), "other": ("other",), "pending": ()},
    **{
        one: {"upheld": ("upheld",), "corrected": ("corrected",), "other": ("other_result",), "pending": ("pending",)}
        for one in ("litigation_direct", "litigation_after_reconsideration")
    },
}


class Fact(NamedTuple):
    """One thing that is counted in a year, with its entry, how often it counts, and its code in every dimension it has."""

    measure: str
    year: int
    position: int
    amount: int
    codes: Mapping[str, str]


def facts_at(entries: Sequence[Entry], position: int, years: Collection[int] = ()) -> list[Fact]:
    """Everything that is counted at a position, by entry; what stands open is told of these years."""
    streams: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries[:position]:
        streams[entry.stream].append(entry)
    kinds = {
        (entry.stream, entry.event.channel): entry.event.kind
        for entry in entries[:position]
        if isinstance(entry.event, ChannelRegistered)
    }
    found: list[Fact] = []
    for stream, life in streams.items():
        match stream.rpartition("-")[0]:
            case "item":
                found += _of_item(life, kinds)
            case "request":
                found += _of_request(life, entries, years)
            case "remedy":
                found += _of_case(life, years)
            case "issue":
                found += _of_issue(life)
            case "place":
                found += _of_place(life, years)
            case _:
                found += _of_others(life)
    return sorted(found, key=lambda fact: fact.position)


def counts_of(facts: Iterable[Fact], by: Sequence[str], scheme: str) -> Counter[tuple[int, str, tuple[str, ...]]]:
    """The facts added up by year, measure and dimensions; CATEGORY is counted in the scheme."""
    columns = {"CATEGORY": f"in {scheme}", "THEME": "in theme", "GENRE": "in genre"}
    found: Counter[tuple[int, str, tuple[str, ...]]] = Counter()
    for fact in facts:
        found[fact.year, fact.measure, tuple(fact.codes.get(columns.get(one, one), "") for one in by)] += fact.amount
    return +found


def _flow(measure: str, on: date, position: int, codes: Mapping[str, str], amount: int = 1) -> Fact:
    return Fact(measure, on.year, position, amount, {"MONTH": f"{on.month:02}"} | dict(codes))


def _of_item(life: Sequence[Entry], kinds: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
    first = next((entry for entry in life if isinstance(entry.event, ItemPublished)), None)
    if first is None or not isinstance(first.event, ItemPublished) or first.event.mode != "proactive":
        return
    event = first.event
    codes = {"AGENCY": event.agency, "SECTION": "" if event.section is UNSET else event.section}
    codes |= {f"in {category.scheme}": category.code for category in event.categories}
    for entry in life[life.index(first) :]:
        if isinstance(entry.event, ItemClassified):
            codes[f"in {entry.event.scheme}"] = entry.event.code
    yield _flow("proactive.items_total", event.published_on, first.position, codes | {"CHANNEL": event.channel})
    for entry in life:
        if isinstance(entry.event, ItemPublished | PublicationAdded):
            shown = entry.event
            kind = kinds[event.agency, shown.channel]
            yield _flow(f"channels.{kind}", shown.published_on, entry.position, codes | {"CHANNEL": shown.channel})


class _Request(NamedTuple):
    """The day and the entry of the receipt that counts, and of the result that does, with its outcome."""

    received: tuple[date, int] | None
    result: tuple[str, date, int] | None


def _request(life: Sequence[Entry]) -> _Request:
    found = _Request(None, None)
    for entry in life:
        at = entry.position
        match entry.event:
            case RequestReceived(receipt=receipt, received_on=on) if receipt != "awaits-confirmation":
                found = found._replace(received=(on, at))
            case RequestReceiptConfirmed(confirmed_on=on):
                found = found._replace(received=(on, at))
            case ReplyDecided(decided_on=on, outcomes=outcomes):
                found = found._replace(result=("severed" if "severed" in outcomes else outcomes[0], on, at))
            case CorrectionLapsed(lapsed_on=on):
                found = found._replace(result=("correction-lapsed", on, at))
            case FeeLapsed(lapsed_on=on):
                found = found._replace(result=("fee-lapsed", on, at))
            case RequestWithdrawn(withdrawn_on=on):
                found = found._replace(result=("withdrawn", on, at))
            case _:
                pass
    return found


def _of_request(life: Sequence[Entry], entries: Sequence[Entry], years: Collection[int]) -> Iterator[Fact]:
    event = life[0].event
    assert isinstance(event, RequestReceived)
    codes = {"AGENCY": event.agency, "APPLICANT_KIND": event.applicant_kind}
    received, result = _request(life)
    if received is None:
        return
    for key in ("received", "received_this_year", f"received_{event.channel.replace('-', '_')}"):
        yield _flow(f"requests.{key}", *received, codes)
    if result is not None:
        outcome, on, position = result
        in_2014, in_2021 = ROWS[outcome]
        replies = () if outcome in WITHOUT_REPLY else ("replies",)
        for key in (*replies, "results_total", *in_2014, *in_2021):
            yield _flow(f"requests.{key}", on, position, codes | {"OUTCOME": outcome})
    for entry in life:
        if isinstance(entry.event, FeePaid):
            yield _flow("fees_collected", entry.event.paid_on, entry.position, codes, entry.event.amount_fen)
    yield from _concluded(life, entries, codes)
    for year in years:
        for key, until in (("carried_over_from_last_year", year - 1), ("carried_forward_to_next_year", year)):
            if received[0].year <= until and (result is None or result[1].year > until):
                yield Fact(f"requests.{key}", year, received[1], 1, codes)


def _concluded(life: Sequence[Entry], entries: Sequence[Entry], codes: Mapping[str, str]) -> Iterator[Fact]:
    request: requests.Request | None = None
    timing = ""
    for entry in life:
        # These may stand in any stream, and change nothing that is counted.
        if isinstance(entry.event, Erased | PersonalDataAccepted):
            continue
        before, request = request, requests.evolve(request, entry.event)  # type: ignore[arg-type] # of a request's stream
        clock = request.clock
        if clock.ended_on is not None and (before is None or before.clock.ended_on is None):
            timing = _timing(clock, clock.ended_on, calendar_at(entries, entry.position, codes["AGENCY"]))
        match entry.event:
            case ReplyDelivered(delivered_on=on) | CorrectionLapsed(lapsed_on=on):
                pass
            case FeeLapsed(lapsed_on=on) | RequestWithdrawn(withdrawn_on=on):
                pass
            case _:
                continue
        for key in ("concluded", TIMINGS[timing]):
            yield _flow(f"requests.{key}", on, entry.position, codes)


def _timing(clock: RequestClock, on: date, calendar: Calendar) -> str:
    """Days are counted one by one, from the first after the due day."""
    first = dataclasses.replace(clock, extension_days=0, agreed_on=None)

    def in_time(one: RequestClock) -> bool:
        due_on = one.deadline(calendar).due_on
        return on <= due_on or calendar.working_days_between(due_on, on) == 0

    if clock.correction == "demanded" or in_time(first):
        return "on time"
    return "extended" if (clock.extension_days or clock.agreed_on) and in_time(clock) else "late"


def calendar_at(entries: Sequence[Entry], position: int, agency: str) -> Calendar:
    """The calendar of an agency's region, as known at a position."""
    regions = {
        entry.stream: entry.event.region for entry in entries[:position] if isinstance(entry.event, AgencyRegistered)
    }
    years: defaultdict[str, dict[int, CalendarYear]] = defaultdict(dict)
    for entry in entries[:position]:
        if isinstance(entry.event, CalendarAdopted):
            years[entry.event.region][entry.event.year] = year_of(entry.event)
    return overlaid(tuple(years[one].values()) for one in regions_above(regions[agency]))


def _of_case(life: Sequence[Entry], years: Collection[int]) -> Iterator[Fact]:
    state: Any = None  # Any: the state of a case, after each of its events
    concluded: list[int] = []
    for entry in life:
        after = remedies.evolve(state, entry.event)  # type: ignore[arg-type] # of a remedy's stream
        if state is not None and len(after.conclusions) > len(state.conclusions):
            concluded.append(entry.position)
        state = after
    case: Remedy = state
    codes = {"AGENCY": case.agency}
    for year in {*years, *(one.on.year for one in case.conclusions)}:
        counted = counted_in(case, year)
        if counted is None:
            continue
        for key in BLOCKS[counted.block]:
            if year in years:
                yield Fact(f"{key}.total", year, life[0].position, 1, codes)
            if counted.result == "pending":
                for column in COLUMNS[key]["pending"] if year in years else ():
                    yield Fact(f"{key}.{column}", year, life[0].position, 1, codes)
                continue
            number = max(number for number, one in enumerate(case.conclusions) if one.on.year == year)
            for column in COLUMNS[key][counted.result]:
                yield _flow(f"{key}.{column}", case.conclusions[number].on, concluded[number], codes)


def _of_issue(life: Sequence[Entry]) -> Iterator[Fact]:
    event = life[0].event
    assert isinstance(event, IssueDetected)
    codes = {"AGENCY": event.agency}
    answers = [(entry, entry.event) for entry in life if isinstance(entry.event, IssueResponded)]
    by_issue: set[str] = set()
    for number, (entry, answer) in enumerate(answers):
        on = date.fromisoformat(answer.responded_at.partition("T")[0])
        keys = {
            "press-conference": ["press_conferences"],
            "online-interview": ["online_interviews"],
            "weibo": ["weibo_wechat_responses"],
            "wechat": ["weibo_wechat_responses"],
        }.get(answer.way, ["other_responses"])
        if answer.by_head and answer.way in {"press-conference", "online-interview"}:
            keys = [*keys, f"{keys[0]}_by_head"]
        if keys[0] in by_issue:
            keys = []
        elif keys[0].endswith("_responses"):
            by_issue.add(keys[0])
        for key in [*keys, *(["hot_issues_total"] if number == 0 else [])]:
            yield _flow(f"response.{key}", on, entry.position, codes)


def _of_place(life: Sequence[Entry], years: Collection[int]) -> Iterator[Fact]:
    opened = life[0].event
    assert isinstance(opened, PlaceOpened)
    closed_on = next((entry.event.closed_on for entry in life if isinstance(entry.event, PlaceClosed)), None)
    for year in years:
        if opened.opened_on.year <= year and (closed_on is None or closed_on.year > year):
            yield Fact("capacity.reading_points", year, life[0].position, 1, {"AGENCY": opened.agency})


def _of_others(life: Sequence[Entry]) -> Iterator[Fact]:
    for entry in life:
        match entry.event:
            case InterpretationPublished(form=form, published_on=on) as event:
                keys = {"press-conference": "press_conferences", "online-interview": "online_interviews"}
                key = keys.get(form, "policy_interpretations")
                yield _flow(f"response.{key}", on, entry.position, {"AGENCY": event.agency})
                if event.by_head and form in keys:
                    yield _flow(f"response.{key}_by_head", on, entry.position, {"AGENCY": event.agency})
            case ComplaintFiled(filed_on=on) as event:
                yield _flow("complaints.total", on, entry.position, {"AGENCY": event.agency})
            case TrainingHeld(held_on=on) as event:
                codes = {"AGENCY": event.agency}
                yield _flow("meetings_training.training_sessions", on, entry.position, codes)
                yield _flow("meetings_training.trained_person_times", on, entry.position, codes, event.attendees)
            case MeetingHeld(held_on=on) as event:
                yield _flow("meetings_training.meetings", on, entry.position, {"AGENCY": event.agency})
            case _:
                pass


def years_of(entries: Sequence[Entry], position: int) -> list[int]:
    """The years in which anything happened that is counted, or began, or ended."""
    found = {fact.year for fact in facts_at(entries, position)}
    for entry in entries[:position]:
        match entry.event:
            case ReconsiderationFiled(filed_on=on) | PlaceOpened(opened_on=on) | PlaceClosed(closed_on=on):
                found.add(on.year)
            case LitigationFiled(filed_on=on, standing=standing) if standing != "as-reconsideration-body":
                found.add(on.year)
            case _:
                pass
    return sorted(found)
