"""The named questions: each is answered by the entries of a story that has what it asks for, and by none of one that has not."""

from collections.abc import Callable, Iterable, Mapping

import pytest

from archive.audit.questions import QUESTIONS, Answer, ask
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.commands import AnyCommand
from archive.domain.errors import Refused
from archive.log.log import Log
from archive.projections.runner import Projections, Reader
from audit.tampering import last_of, published_without_clearing
from audit.telling import filed, notified
from stories import AGENCY, Clerk, Home, a_bureau, a_published_item, a_small_archive, item_id, request_id, tell


def answers(home: Home, log: Log, disclosures: Disclosures, names: Iterable[str] = ()) -> dict[str, list[Answer]]:
    projections = Projections(home.folder / "projections", log, disclosures)
    projections.follow()
    reader = Reader(projections.folder)
    found = ask(list(names), log, disclosures, reader)
    reader.close()
    return found


def test_ordinary_year_answers_none_of_them(writer: Writer, home: Home, log: Log, disclosures: Disclosures) -> None:
    tell(writer, a_small_archive(Clerk()))
    found = answers(home, log, disclosures)
    assert list(found) == list(QUESTIONS)
    assert {name: yes for name, yes in found.items() if yes} == {}


def test_empty_archive_answers_none_of_them(home: Home, log: Log, disclosures: Disclosures) -> None:
    assert not any(answers(home, log, disclosures).values())


def test_question_that_is_none_is_refused(home: Home, log: Log, disclosures: Disclosures) -> None:
    with pytest.raises(Refused) as refused:
        answers(home, log, disclosures, ["late"])
    assert refused.value.code == "AUD-050"


# --- stories that answer one of them ----------------------------------------------------------------------------------
def late_item(clerk: Clerk) -> list[AnyCommand]:
    return a_published_item(clerk, item_id(1), made_on="2018-02-01")


def inverted_item(clerk: Clerk) -> list[AnyCommand]:
    return a_published_item(clerk, item_id(1), made_on="2018-03-15")


def item_without_category(clerk: Clerk) -> list[AnyCommand]:
    return a_published_item(clerk, item_id(1), categories=[("theme", "energy")])  # type: ignore[arg-type] # a parameter of draft


def late_request(clerk: Clerk) -> list[AnyCommand]:
    request = request_id(1)
    return [
        clerk.receive(request, on="2018-08-01"),
        clerk.register(request, on="2018-08-01"),
        clerk.decide(request, on="2018-09-20"),
        clerk.dispatch(request, on="2018-09-20"),
    ]


def open_request(clerk: Clerk) -> list[AnyCommand]:
    return [clerk.receive(request_id(1), on="2018-08-01")]


def second_number_first(clerk: Clerk) -> list[AnyCommand]:
    request = request_id(1)
    return [clerk.receive(request, on="2018-12-03"), clerk.register(request, on="2018-12-03", number="2018-3")]


def filed_otherwise(clerk: Clerk) -> list[AnyCommand]:
    return [*a_published_item(clerk, item_id(1)), *filed({"proactive.items_total": 2, "channels.website": 0})]


def carried_otherwise(clerk: Clerk) -> list[AnyCommand]:
    del clerk
    over, forward = "requests.carried_over_from_last_year.total", "requests.carried_forward_to_next_year.total"
    return [*filed({forward: 3}, year=2015), *filed({over: 2}, year=2016)]


def summed_otherwise(clerk: Clerk) -> list[AnyCommand]:
    del clerk
    months = [command for month in range(1, 13) for command in notified(month, published=2)]
    return [*months, *filed({"proactive.items_total": 25}, year=2017)]


STORIES: dict[str, tuple[str, Callable[[Clerk], list[AnyCommand]], list[tuple[str, Mapping[str, str | int]]]]] = {
    "an item that was late": (
        "late-publications",
        late_item,
        [("item-published", {"due_on": "2018-03-01", "published_on": "2018-03-14", "late_by": 9})],
    ),
    "an item that was shown before it was made": (
        "inverted-dates",
        inverted_item,
        [("item-published", {"made_on": "2018-03-15", "published_on": "2018-03-14"})],
    ),
    "an item without a category of the primary scheme": (
        "unpartitioned",
        item_without_category,
        [("item-published", {"scheme": "genre"})],
    ),
    "a reply that was late": (
        "late-replies",
        late_request,
        [("request-received", {"due_on": "2018-08-22", "done_on": "2018-09-20", "late_by": 21})],
    ),
    "a request that waits": (
        "late-replies",
        open_request,
        [("request-received", {"due_on": "2018-08-22", "done_on": "", "late_by": 78})],
    ),
    "a number that is missing": (
        "serial-gaps",
        second_number_first,
        [("request-registered", {"number": 3, "before": 0})],
    ),
    "a cell that counts otherwise": (
        "report-cells",
        filed_otherwise,
        [("report-filed", {"cell": "proactive.items_total", "filed": 2, "counted": 0})],
    ),
    "a figure that was not carried over": (
        "carry-over",
        carried_otherwise,
        [("report-filed", {"cell": "requests.carried_over_from_last_year.total", "filed": 2, "before": 3})],
    ),
    "a year unlike its months": ("month-sums", summed_otherwise, [("report-filed", {"filed": 25, "notified": 24})]),
}


@pytest.mark.parametrize("name", STORIES)
def test_question_is_answered_by_the_entries_that_say_yes(
    writer: Writer, home: Home, log: Log, disclosures: Disclosures, name: str
) -> None:
    question, story, wanted = STORIES[name]
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *story(clerk)])
    found = answers(home, log, disclosures, [question])[question]
    said = []
    for one in found:
        entry = log.entry(one.position)
        assert entry is not None
        assert entry.stream == one.stream
        said.append((entry.event.TYPE, one.facts))
    assert said == wanted


def test_gap_and_sum_are_filled_by_what_is_there(
    writer: Writer, home: Home, log: Log, disclosures: Disclosures
) -> None:
    """Goal: no question says yes to what is right. Method: the stories above with the right figures."""
    clerk = Clerk()
    tell(writer, a_bureau(clerk))
    tell(writer, [one for month in range(1, 13) for one in notified(month, published=2)])
    tell(writer, filed({"proactive.items_total": 24, "requests.carried_forward_to_next_year.total": 3}))
    tell(writer, [clerk.receive(request_id(1), on="2018-12-03"), clerk.register(request_id(1), on="2018-12-03")])
    found = answers(home, log, disclosures, ["month-sums", "serial-gaps", "carry-over", "late-replies"])
    assert not any(found.values())


# --- what no command can do -------------------------------------------------------------------------------------------
def test_text_that_was_not_cleared_is_named(writer: Writer, home: Home, log: Log, disclosures: Disclosures) -> None:
    tell(writer, a_small_archive(Clerk()))
    with home.changing() as db:
        published_without_clearing(db)
        at = last_of(db, "item-updated")
    assert [one.position for one in answers(home, log, disclosures, ["uncleared"])["uncleared"]] == [at]


def test_public_text_with_a_telephone_number_is_named_without_the_number(
    writer: Writer, home: Home, log: Log, disclosures: Disclosures
) -> None:
    tell(writer, a_small_archive(Clerk()))
    value = b'{"name":"13800138000","short_name":"x"}'
    with home.changing("disclosures") as db:
        db.execute("UPDATE openings SET value = ? WHERE position = 1", (value,))
    (found,) = answers(home, log, disclosures, ["personal-data"])["personal-data"]
    assert found == Answer(1, AGENCY, {"kinds": "mobile-phone", "fields": "name"})
