"""What was withdrawn as a secret or for privacy is hidden at once, everywhere, and at every position."""

import pytest

from api.world import Json, World, tell_at_once, world_of
from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.items import WithdrawalGround
from archive.log.log import Log
from stories import Clerk, Home, a_bureau, item_id

EVERYTHING = """query($p: Position!, $id: ID!) { archive(asOf: {position: $p}) {
  item(by: {id: $id}) { title status publications { url contentSha256 } reviews { conclusion contentSha256 } contentSha256 history { nodes { seals { state value salt } } } }
  items(search: "秘密") { totalCount }
  entries(first: 100) { nodes { seals { state value } } }
} }"""
TITLE = "一个秘密的标题"


@pytest.fixture
def shelf(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> World:
    """One public item."""
    clerk = Clerk()
    story = [
        *a_bureau(clerk),
        clerk.draft(item_id(1), title=TITLE),
        *clerk.review(item_id(1), on="2018-03-01"),
        clerk.publish(item_id(1), on="2018-04-01"),
    ]
    tell_at_once(writer, story)
    return world_of(home, log, disclosures)


def asked(world: World, position: int) -> Json:
    return world.ask(EVERYTHING, p=position, id=item_id(1))["archive"]


@pytest.mark.parametrize("ground", ["state-secret", "trade-secret", "personal-privacy"])
def test_what_is_withdrawn_as_a_secret_is_hidden_at_every_position_and_shown_again_when_it_is_restored(
    shelf: World, writer: Writer, ground: WithdrawalGround
) -> None:
    published = shelf.ask("{ archive { position } }")["archive"]["position"]
    before = asked(shelf, published)
    assert (before["item"]["title"], before["items"]["totalCount"]) == (TITLE, 1)
    clerk = Clerk(2)
    tell_at_once(writer, [clerk.withdraw(item_id(1), on="2018-05-02", ground=ground)])
    shelf.follow()
    for position in (published, published + 1):
        hidden = asked(shelf, position)
        assert TITLE not in str(hidden)
        assert "website.example/item" not in str(hidden)
        assert (hidden["item"]["title"], hidden["items"]["totalCount"]) == ("〔已撤回〕", 0)
        assert {one["contentSha256"] for one in hidden["item"]["reviews"]} == {"0" * 64}
        assert {seal["state"] for node in hidden["item"]["history"]["nodes"] for seal in node["seals"]} <= {"SEALED"}
    tell_at_once(writer, [clerk.restore(item_id(1), on="2018-06-02")])
    shelf.follow()
    assert asked(shelf, published) == before


def test_what_is_withdrawn_for_another_reason_stays_readable(shelf: World, writer: Writer) -> None:
    tell_at_once(writer, [Clerk(2).withdraw(item_id(1), on="2018-05-02")])
    shelf.follow()
    position = shelf.ask("{ archive { position } }")["archive"]["position"]
    assert asked(shelf, position)["item"]["title"] == TITLE
