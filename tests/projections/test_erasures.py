"""An erasure in projections: folded as it comes, or found done in a rebuild, the rows are the same; numbers never change."""

import pytest

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.erasures import Erase, Erased
from archive.log.log import Log
from archive.projections import agencies, catalogue
from archive.projections.runner import PROJECTIONS, Projections
from archive.vault.store import Vault
from projections.tale import reading
from stories import AGENCY, Clerk, Home, a_bureau, an_updated_item, item_id, tell

ITEM, OTHER = item_id(1), item_id(2)


def erase(stream: str, field: str, number: int) -> Erase:
    return Erase(id=f"{number:032x}", by="role:administrator", stream=stream, field=field, basis="pipl-47-3")


def test_every_projection_that_shows_text_applies_erasures() -> None:
    for one in PROJECTIONS:
        if one.text_columns:
            assert Erased.TYPE in one.types, f"{one.name} shows text: it takes away what an entry erases"


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_folded_or_rebuilt_the_rows_are_the_same(
    home: Home, log: Log, disclosures: Disclosures, vault: Vault, writer: Writer, limit: int
) -> None:
    """Goal: rows depend on the log alone. Method: fold with texts, erase, fold on in batches; destroy, rebuild, compare."""
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *an_updated_item(clerk, ITEM), *an_updated_item(clerk, OTHER)])
    projections = Projections(home.folder / "projections", log, disclosures)
    if limit == 1:
        projections.follow(limit=limit)
    numbers = None if limit > 1 else {name: projections.digest(name).numbers for name in projections.names()}
    tell(
        writer,
        [
            erase(ITEM, "text", 0xE1),
            erase(AGENCY, "text", 0xE2),
            erase(OTHER, "link", 0xE3),
            clerk.open_section("later"),
            clerk.revise(ITEM, title="后来的标题"),
            *clerk.review(ITEM, on="2018-09-03"),
            clerk.update(ITEM, on="2018-09-04"),
            erase(item_id(2), "text", 0xE4),
        ],
    )
    projections.follow(limit=limit)
    followed = {name: projections.digest(name) for name in projections.names()}
    with reading(projections.folder) as one:
        row = catalogue.item(one.db, as_of=one.head, id=ITEM)
        assert row is not None
        assert row.title == "后来的标题"
        before = catalogue.item(one.db, as_of=log.history(ITEM)[-6].position, id=ITEM)
        assert before is not None
        assert (before.title, before.content_sha256) == (None, None)
        other = catalogue.item(one.db, as_of=one.head, id=OTHER)
        assert other is not None
        assert other.title is None
        assert {pub.url for pub in other.publications} == {None}
        (agency,) = agencies.agencies(one.db, as_of=one.head)
        assert agency.name is None
        assert [section.name for section in agency.sections] == [None, None, "股室 later"]
    seals = disclosures.erased_by(disclosures.unfinished(head=log.head()))
    vault.destroy(seals)
    disclosures.destroy(seals)
    projections.cleanse()
    assert {name: projections.digest(name) for name in projections.names()} == followed
    assert numbers is None or numbers.keys() == followed.keys()
