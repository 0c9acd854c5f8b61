"""A text moves from the vault to the openings when an entry clears it, whatever fails; what looks personal stays."""

from collections.abc import Iterator
from unittest import mock

import pytest
from msgspec.structs import replace

from archive.commands import Writer
from archive.disclosures.openings import Disclosures
from archive.domain.codes import NameText
from archive.domain.commands import AnyCommand
from archive.domain.erasures import Erase, PersonalDataAccepted
from archive.domain.errors import ArchiveError, Refused
from archive.domain.items import ItemDrafted
from archive.log.log import Log
from archive.vault.store import Vault
from commands.unreliable import Fault, Faults
from stories import Clerk, Home, Noise, a_bureau, item_id, tell, texts_behind

ITEM = item_id()
PHONE = "13800138000"


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """What goes wrong; installed before the archive is opened."""
    faults = Faults()
    faults.install(monkeypatch)
    return faults


@pytest.fixture
def opened(faults: Faults, home: Home) -> Iterator[tuple[Writer, Log, Disclosures]]:
    """An archive with a reviewed item in it, on connections that can fail."""
    clerk = Clerk()
    with home.opened() as (writer, log, disclosures):
        tell(writer, [*a_bureau(clerk), clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")])
        yield writer, log, disclosures


def text_of(log: Log) -> str:
    entry = log.history(ITEM)[0]
    assert isinstance(entry.event, ItemDrafted)
    return entry.event.text


def rows(home: Home) -> tuple[int, int]:
    """How many texts of the item the vault holds, and how many the openings."""
    with home.open_vault() as vault, home.open_disclosures() as disclosures, home.open_log() as log:
        kept = vault._session().execute("SELECT COUNT(*) FROM sealed WHERE stream = ?", (ITEM,)).fetchone()[0]
        return kept, len(disclosures.get([text_of(log)]))


# --- two faults at each step -------------------------------------------------------------------------------------------
STEPS = [
    ("vault", "BEGIN"),
    ("vault", "UPDATE sealed SET moved = "),
    ("vault", "COMMIT"),
    ("disclosures", "INSERT INTO openings"),
    ("disclosures", "COMMIT"),
    ("log", "INSERT INTO entries"),
    ("log", "COMMIT"),
]


@pytest.mark.parametrize("when", ["fails", "happens"])
@pytest.mark.parametrize("file, statement", STEPS)
def test_a_clearing_that_fails_or_only_seems_to_loses_no_text_and_shows_none(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home, file: str, statement: str, when: str
) -> None:
    """Goal: a text is in the vault or public, never nowhere. Method: each step fails, or happens and is told as failed."""
    writer, log, disclosures = opened
    publish = Clerk(2).publish(ITEM, on="2018-03-14")
    head = log.head()
    faults.coming.append(Fault(file=file, statement=statement, when="fails" if when == "fails" else "happens"))
    happened = (file, statement, when) == ("log", "COMMIT", "happens")
    if happened:
        assert writer.handle(publish).first == head + 1
    else:
        with pytest.raises(ArchiveError):
            writer.handle(publish)
        assert log.head() == head
        assert all(one.cleared > head for one in disclosures.get([text_of(log)]).values()), "seen by nobody"
        # Another writer takes the position that the failed one had in mind.
        with home.opened(noise=Noise("other")) as (other, _, _):
            other.handle(Clerk(3).register_channel("weibo", "weibo"))
        assert rows(home) == (1, 0)
        assert writer.handle(publish).first == head + 2
    assert faults.coming == []
    writer.close()
    # A writer that does not know whether it has committed leaves what it moved to the next one.
    with home.opened(noise=Noise("next")) as (after, _, _):
        assert after.handle(publish).repeated
    assert rows(home) == (0, 1)
    (seen,) = texts_behind(disclosures, [text_of(log)]).values()
    assert seen.cleared == log.history(ITEM)[-1].position


def test_a_batch_that_clears_what_it_makes_never_touches_the_vault(
    home: Home, log: Log, vault: Vault, writer: Writer
) -> None:
    clerk = Clerk()
    story: list[AnyCommand] = [
        *a_bureau(clerk),
        clerk.draft(ITEM),
        *clerk.review(ITEM, on="2018-03-12"),
        clerk.publish(ITEM, on="2018-03-14"),
    ]
    with mock.patch.object(
        type(vault._session()), "begin", autospec=True, side_effect=type(vault._session()).begin
    ) as begun:
        batch = writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "0" * 64)
    assert not batch.problems
    assert vault._session() not in [session for (session,), _ in begun.call_args_list]
    assert rows(home) == (0, 1)


# --- personal data -----------------------------------------------------------------------------------------------------
def test_text_that_looks_personal_is_kept_and_not_cleared(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), clerk.draft(ITEM, title=f"请联系 {PHONE}"), *clerk.review(ITEM, on="2018-03-12")])
    publish = clerk.publish(ITEM, on="2018-03-14")
    head = log.head()
    with pytest.raises(Refused) as refused:
        writer.handle(publish)
    assert refused.value.code == "PDA-001"
    assert {name: refused.value.facts[name] for name in ("field", "offset")} == {"field": "text.title", "offset": 4}
    assert PHONE not in str(refused.value) + repr(refused.value.facts)
    assert log.head() == head
    assert disclosures.get([text_of(log)]) == {}
    accepted = replace(publish, accept_personal_data="office-contact")
    assert writer.handle(accepted).entries == 2
    newest = log.entry(log.head())
    assert newest is not None
    assert newest.event == PersonalDataAccepted(field="text", kinds=["mobile-phone"], reason="office-contact")
    assert writer.handle(accepted).repeated


def test_a_reason_without_personal_data_leaves_nothing(writer: Writer, log: Log) -> None:
    clerk = Clerk()
    tell(writer, a_bureau(clerk))
    receipt = writer.handle(replace(clerk.open_section("later"), accept_personal_data="not-personal"))
    assert receipt.entries == 1


def test_text_is_looked_through_when_it_becomes_public_and_not_before(writer: Writer) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), clerk.draft(ITEM, title=PHONE)])
    named = replace(clerk.open_section("later"), text=NameText(name=f"电话 {PHONE}"))
    with pytest.raises(Refused, match="PDA-001"):
        writer.handle(named)


# --- erasure in one transaction ----------------------------------------------------------------------------------------
def test_a_batch_may_erase_what_it_makes(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> None:
    clerk = Clerk()
    erase = Erase(id="e" * 32, by="role:administrator", stream=ITEM, field="text", basis="court-order")
    story = [*a_bureau(clerk), clerk.draft(ITEM), erase, clerk.revise(ITEM, title="新的标题")]
    batch = writer.handle_all(enumerate(story, 1), kind="commands", source_sha256=lambda: "0" * 64)
    assert not batch.problems
    first, _, third = (entry.event for entry in log.history(ITEM))
    seals = [first.text, third.text]  # type: ignore[attr-defined] # a draft and a revision have texts
    assert list(texts_behind(disclosures, seals)) == seals[1:]
    assert list(disclosures.tombstones(seals)) == seals[:1]


def test_an_erasure_whose_commit_fails_never_was(
    opened: tuple[Writer, Log, Disclosures], faults: Faults, home: Home
) -> None:
    """Goal: no tombstone without its entry. Method: the log's commit fails after the openings' happened."""
    writer, log, disclosures = opened
    erase = Erase(id="e" * 32, by="role:administrator", stream=ITEM, field="text", basis="court-order")
    faults.coming.append(Fault(file="log"))
    with pytest.raises(ArchiveError, match="LOG-008"):
        writer.handle(erase)
    assert disclosures.unfinished(head=log.head()) == []
    with home.opened(noise=Noise("other")) as (other, _, _):
        other.handle(Clerk(3).register_channel("weibo", "weibo"))
    assert disclosures.tombstones([text_of(log)]) == {}
    assert rows(home) == (1, 0)
    assert writer.handle(erase).entries == 1
    assert disclosures.unfinished(head=log.head()) == [log.head()]
