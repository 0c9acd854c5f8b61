"""The reviews of items, as of every position, against the entries read from the first one on."""

from datetime import date

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import PolicyText, ReviewPolicyAdopted
from archive.domain.items import ItemDrafted
from archive.domain.reviews import (
    ConcludeReview,
    ReturnReview,
    ReviewConcluded,
    ReviewLevelPassed,
    ReviewOpened,
    ReviewReturned,
)
from archive.log.log import Log
from archive.projections import reviews
from archive.projections.reviews import ReviewRow
from archive.projections.runner import Projections, Reading
from projections.oracle import Told, told
from projections.tale import reading
from stories import AGENCY, Clerk, a_bureau, item_id, tell


def reviews_at(archive: Told, position: int) -> tuple[dict[str, str], dict[str, list[ReviewRow]]]:
    """The items that were drafted with their agencies, and what was said of each."""
    agencies: dict[str, str] = {}
    names: dict[str, list[str] | None] = {}
    policies: dict[str, dict[date, list[str] | None]] = {}
    found: dict[str, list[ReviewRow]] = {}
    for entry in archive.entries[:position]:
        item, at = entry.stream, entry.position
        match entry.event:
            case ItemDrafted() as event:
                agencies[item], found[item] = event.agency, []
            case ReviewPolicyAdopted() as event:
                text = archive.text(entry, "text", PolicyText)
                policies.setdefault(item, {})[event.in_force_from] = None if text is None else text[0].names
            case ReviewOpened() as event:
                known = policies[agencies[item]]
                names[item] = known[max(day for day in known if day <= event.opened_on)]
            case ReviewLevelPassed() as event:
                found[item].append(_row(at, event.level, names[item], "cleared", event.passed_on, event.text))
            case ReviewReturned() as event:
                found[item].append(_row(at, event.level, names[item], "returned", event.returned_on, event.text))
            case ReviewConcluded(level=int() as level) as event:
                found[item].append(_row(at, level, names[item], event.conclusion, event.concluded_on, event.text))
            case _:
                pass
    return agencies, found


def _row(position: int, level: int, names: list[str] | None, said: str, day: date, seal: str) -> ReviewRow:
    return ReviewRow(position, level, None if names is None else names[level - 1], said, day.isoformat(), seal)


def check_every_position(archive: Told, folded: Reading) -> int:
    count = 0
    for position in archive.positions:
        agencies, expected = reviews_at(archive, position)
        assert reviews.reviews(folded.db, as_of=position, items=agencies.items()) == expected
        count += sum(map(len, expected.values()))
    return count


def test_reviews_are_those_of_the_log_as_of_every_position(tale: Told, folded: Reading) -> None:
    assert check_every_position(tale, folded) > 100


def test_a_returned_a_withheld_and_a_cleared_text_each_say_so(
    writer: Writer, log: Log, disclosures: Disclosures, projections: Projections
) -> None:
    clerk, item = Clerk(), item_id(71)
    tell(
        writer,
        [
            *a_bureau(clerk),
            clerk.draft(item),
            clerk.open_review(item, on="2018-03-10"),
            clerk.pass_review(item, 1, on="2018-03-11"),
            ReturnReview(
                id="71" * 16,
                by="role:reviewer",
                item=item,
                level=2,
                returned_on=date(2018, 3, 12),
                reason="inaccurate",
                reviewer="leading-group",
            ),
            clerk.open_review(item, on="2018-03-12"),
            ConcludeReview(
                id="72" * 16,
                by="role:reviewer",
                item=item,
                level=1,
                conclusion="publish-redacted",
                ground="trade-secret",
                concluded_on=date(2018, 3, 13),
                reviewer="deputy-director",
            ),
            clerk.revise(item, title="删减"),
            *clerk.review(item, on="2018-03-14"),
        ],
    )
    projections.follow()
    with reading(projections.folder) as one:
        check_every_position(told(log, disclosures), one)
        rows = reviews.reviews(one.db, as_of=one.head, items=[(item, AGENCY)])[item]
    assert [(row.level, row.conclusion) for row in rows] == [
        (1, "cleared"),
        (2, "returned"),
        (1, "publish-redacted"),
        (1, "cleared"),
        (2, "cleared"),
        (3, "cleared"),
    ]
    assert all(row.level_name for row in rows)


def test_what_is_not_there_was_not_reviewed(folded: Reading) -> None:
    unknown = item_id(999)
    assert reviews.reviews(folded.db, as_of=folded.head, items=[]) == {}
    assert reviews.reviews(folded.db, as_of=folded.head, items=[(unknown, AGENCY)]) == {unknown: []}
