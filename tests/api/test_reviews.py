"""The reviews of an item in GraphQL: what each level said, when, and of which text."""

import pytest

from api.world import World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.reviews import ReturnReview
from archive.log.log import Log
from stories import Clerk, Home, a_bureau, day, item_id

REVIEWS = """query($p: Position!, $id: ID!) { archive(asOf: {position: $p}) { item(by: {id: $id}) {
  reviews { level levelName conclusion concludedOn contentSha256 position } publications { contentSha256 }
} } }"""
NEVER_SHOWN = "0" * 64


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """One public item, whose first text was returned; twenty more that were cleared at once."""
    clerk = Clerk()
    item = item_id(1)
    story = [
        *a_bureau(clerk),
        clerk.draft(item, title="初稿"),
        clerk.open_review(item, on="2018-03-01"),
        clerk.pass_review(item, 1, on="2018-03-02"),
        ReturnReview(
            id="71" * 16, by="role:reviewer", item=item, level=2, returned_on=day("2018-03-05"), reason="inaccurate"
        ),
        clerk.revise(item, title="定稿"),
        *clerk.review(item, on="2018-03-06"),
        clerk.publish(item, on="2018-04-01"),
        clerk.revise(item, title="更新"),
        *clerk.review(item, on="2018-05-06"),
        clerk.update(item, on="2018-05-07"),
    ]
    for number in range(2, 22):
        other = item_id(number)
        story += [
            clerk.draft(other, title="通知"),
            *clerk.review(other, on="2018-03-01"),
            clerk.publish(other, on="2018-04-02"),
        ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def test_each_level_says_what_it_concluded_of_which_text(shelf: World, log: Log) -> None:
    by_type = {entry.event.TYPE: entry.position for entry in log.history(item_id(1))}
    updated = by_type["item-updated"]
    found = shelf.ask(REVIEWS, p=updated, id=item_id(1))["archive"]["item"]
    said = [(one["level"], one["conclusion"], one["concludedOn"]) for one in found["reviews"]]
    assert said == [
        (1, "cleared", "2018-03-02"),
        (2, "returned", "2018-03-05"),
        *((level, "cleared", "2018-03-06") for level in (1, 2, 3)),
        *((level, "cleared", "2018-05-06") for level in (1, 2, 3)),
    ]
    assert [one["levelName"] for one in found["reviews"]][2:5] == ["第1级", "第2级", "第3级"]
    hashes = [one["contentSha256"] for one in found["reviews"]]
    (shown,) = {one["contentSha256"] for one in found["publications"]}
    first = shelf.ask(REVIEWS, p=by_type["item-published"], id=item_id(1))["archive"]["item"]
    (shown_first,) = {one["contentSha256"] for one in first["publications"]}
    assert hashes == [NEVER_SHOWN] * 2 + [shown_first] * 3 + [shown] * 3
    assert shown != shown_first
    positions = [one["position"] for one in found["reviews"]]
    assert positions == sorted(set(positions))
    assert first["reviews"] == found["reviews"][:5]


def test_a_text_under_review_has_no_digest_before_it_is_public(shelf: World, log: Log) -> None:
    updated = max(entry.position for entry in log.history(item_id(1)))
    found = shelf.ask(REVIEWS, p=updated - 1, id=item_id(1))["archive"]["item"]["reviews"]
    assert [one["contentSha256"] for one in found[-3:]] == [NEVER_SHOWN] * 3


def test_the_reviews_of_a_page_take_two_statements_more(shelf: World) -> None:
    """The rows of all of them, and what is hidden; the openings stand in a file of their own."""
    query = "{ archive { items(first: 21) { nodes { id %s } } } }"
    counts = []
    nodes = []
    for fields in ("", "reviews { level levelName conclusion concludedOn contentSha256 }"):
        with shelf.statements() as seen:
            nodes = shelf.ask(query % fields)["archive"]["items"]["nodes"]
        counts.append(len(seen))
    assert len(nodes) == 21
    assert all(len(node["reviews"]) >= 3 for node in nodes)
    assert counts[1] - counts[0] == 2
