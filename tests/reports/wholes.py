"""Whole years: what happens in them, and the cells that it fills; any table whose identities hold can be told so."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple, get_args

from hypothesis import strategies as st

from archive.domain.activities import MeetingHeld, TrainingHeld
from archive.domain.agencies import CategorySchemeAdopted, ChannelRegistered
from archive.domain.codes import ChannelKind, Classification, Event
from archive.domain.declarations import Cell, FigureDeclared
from archive.domain.interpretations import InterpretationPublished
from archive.domain.items import ItemPublished, PublicationAdded
from archive.domain.opinions import ComplaintFiled
from archive.domain.places import PlaceOpened
from archive.domain.remedies import LitigationFiled, LitigationJudged, ReconsiderationDecided, ReconsiderationFiled
from archive.reports.form import Form
from reports.years import AGENCY, SEAL, Told

CHANNELS: Final[tuple[ChannelKind, ...]] = get_args(ChannelKind)
CATEGORIES: Final = ("plan", "notice")
RESULTS: Final = ("upheld", "revoked", "settled", None)


class Happening(NamedTuple):
    """The kind of something that happens, the month, and two small numbers that tell it from others of its kind."""

    what: str
    month: int
    one: int
    other: int


HAPPENINGS: Final = (
    "item",
    "interpretation",
    "meeting",
    "training",
    "complaint",
    "place",
    "reconsideration",
    "lawsuit",
)


def happenings() -> st.SearchStrategy[list[Happening]]:
    """What happens in a year, in any order."""
    one = st.builds(Happening, st.sampled_from(HAPPENINGS), st.integers(1, 12), st.integers(0, 31), st.integers(0, 7))
    return st.lists(one, max_size=12)


def set_up(agency: str = AGENCY) -> list[Told]:
    """A channel of each kind, and a scheme into which every item is sorted."""
    adopted = CategorySchemeAdopted(
        scheme="kind", primary=True, categories=list(CATEGORIES), adopted_on=date(2008, 5, 1), text=SEAL
    )
    channels = [ChannelRegistered(channel=kind, kind=kind, text=SEAL) for kind in CHANNELS]
    return [(agency, adopted), *((agency, one) for one in channels)]


def events_of(happened: Iterable[Happening], year: int, *, agency: str = AGENCY, first: int = 1) -> list[Told]:
    """The entries of all that."""
    told: list[Told] = []
    for number, one in enumerate(happened, start=first):
        kind = {"interpretation": "interpretation", "lawsuit": "remedy", "reconsideration": "remedy"}.get(
            one.what, {"complaint": "opinion", "place": "place", "item": "item"}.get(one.what, "activity")
        )
        told += [(f"{kind}-{number:032x}", event) for event in _events(one, date(year, one.month, 5), agency)]
    return told


def _events(one: Happening, on: date, agency: str) -> list[Event]:  # noqa: PLR0911 - one arm a kind
    match one.what:
        case "item":
            shown = _channels(one)
            published = ItemPublished(
                agency=agency,
                mode="proactive",
                categories=[Classification(scheme="kind", code=CATEGORIES[one.other % 2])],
                channel=shown[0],
                published_on=on,
                text=SEAL,
                link=SEAL,
            )
            return [
                published,
                *(PublicationAdded(channel=channel, published_on=on, text=SEAL, link=SEAL) for channel in shown[1:]),
            ]
        case "interpretation":
            form = ("press-conference", "online-interview", "article")[one.one % 3]
            event = InterpretationPublished(
                agency=agency,
                published_on=on,
                form=form,  # type: ignore[arg-type] # one of the forms
                by_head=one.other % 2 == 0,
                text=SEAL,
            )
            return [event]
        case "meeting":
            return [MeetingHeld(agency=agency, held_on=on, kind="work-meeting", attendees=3, text=SEAL)]
        case "training":
            return [TrainingHeld(agency=agency, held_on=on, mode="class", attendees=one.one + 1, text=SEAL)]
        case "complaint":
            return [ComplaintFiled(agency=agency, filed_on=on, intake="letter", ground="other", person=SEAL, text=SEAL)]
        case "place":
            return [PlaceOpened(agency=agency, place_type="library", opened_on=on, text=SEAL)]
        case "reconsideration":
            filed: Event = ReconsiderationFiled(
                agency=agency, filed_on=on, body="people-government", ground="refusal", person=SEAL, text=SEAL
            )
            return [filed, *_decided(one, ReconsiderationDecided, on)]
        case _:
            filed = LitigationFiled(
                agency=agency,
                filed_on=on,
                court="basic-court",
                ground="refusal",
                standing="sole-defendant",
                person=SEAL,
                text=SEAL,
            )
            return [filed, *_decided(one, LitigationJudged, on)]


def _channels(one: Happening) -> list[ChannelKind]:
    shown = [kind for bit, kind in enumerate(CHANNELS) if one.one & (1 << bit)]
    return shown or [CHANNELS[0]]


def _decided(one: Happening, kind: type[Event], on: date) -> list[Event]:
    disposition = RESULTS[one.one % len(RESULTS)]
    if disposition is None:
        return []
    if kind is ReconsiderationDecided:
        return [ReconsiderationDecided(decided_on=on, disposition=disposition)]  # type: ignore[arg-type] # one of them
    return [LitigationJudged(judged_on=on, instance="first", disposition=disposition)]  # type: ignore[arg-type] # one of them


def cells_of(happened: Iterable[Happening], form: str) -> Counter[str]:
    """What the form must say of all that: written down here, not asked of what counts."""
    cells: Counter[str] = Counter()
    for one in happened:
        cells += _remedy(one, form) if one.what in {"reconsideration", "lawsuit"} else _cells_2014(one, form)
    return cells


def _cells_2014(one: Happening, form: str) -> Counter[str]:  # noqa: PLR0911 - one arm a kind
    if form != "2014":
        return Counter()
    match one.what:
        case "item":
            return Counter(["proactive.items_total", *(f"channels.{kind}" for kind in _channels(one))])
        case "interpretation":
            of = ("response.press_conferences", "response.online_interviews", "response.policy_interpretations")[
                one.one % 3
            ]
            return Counter([of, f"{of}_by_head"] if one.one % 3 != 2 and one.other % 2 == 0 else [of])
        case "meeting":
            return Counter(["meetings_training.meetings"])
        case "training":
            people = {"meetings_training.trained_person_times": one.one + 1}
            return Counter({"meetings_training.training_sessions": 1} | people)
        case "complaint":
            return Counter(["complaints.total"])
        case _:
            return Counter(["capacity.reading_points"])


def _remedy(one: Happening, form: str) -> Counter[str]:
    result = {"upheld": "upheld", "revoked": "corrected", "settled": "other", None: None}[RESULTS[one.one % 4]]
    if form == "2014":
        block = "reconsideration" if one.what == "reconsideration" else "litigation"
        upheld = "upheld" if block == "reconsideration" else "upheld_or_dismissed"
        return Counter(
            [f"{block}.total", *([] if result is None else [f"{block}.{upheld if result == 'upheld' else result}"])]
        )
    block = "reconsideration" if one.what == "reconsideration" else "litigation_direct"
    column = {"other": "other_result", None: "pending"}.get(result, result)
    return Counter([f"{block}.total", f"{block}.{column}"])


# --- declared figures -----------------------------------------------------------------------------------------------------
Figures = dict[tuple[Cell, int], int]


def figures(form: Form, year: int) -> st.SearchStrategy[Figures]:
    """What is declared for cells of the form; some of it is not."""
    wanted = {
        (cell, year + shift)
        for one in form.declared.values()
        for cell in one.cells
        for shift in {"this-year": (0,), "last-year": (-1,), "change": (0, -1)}[one.of]
    }
    return st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(wanted), st.integers(0, 3)))


def declared(found: Figures, *, agency: str = AGENCY, first: int = 1) -> list[Told]:
    """Their entries."""
    return [
        (
            f"declaration-{number:032x}",
            FigureDeclared(
                agency=agency,
                declared_on=date(2029, 1, 5),
                cell=cell,
                year=year,
                value=value,
                unit="count",
                evidence="file-1",
            ),
        )
        for number, ((cell, year), value) in enumerate(found.items(), start=first)
    ]


def cells_declared(found: Figures, form: Form, year: int) -> dict[str, int | None]:
    """What every declared cell must say; None where it has no number."""
    cells: dict[str, int | None] = {}
    for key, one in form.declared.items():
        now = [found.get((cell, year)) for cell in one.cells]
        before = [found.get((cell, year - 1)) for cell in one.cells]
        used = {"this-year": now, "last-year": before, "change": now + before}[one.of]
        if any(number is None for number in used):
            cells[key] = None
            continue
        this, last = (sum(number or 0 for number in numbers) for numbers in (now, before))
        cells[key] = {"this-year": this, "last-year": last, "change": this - last}[one.of]
    return cells
