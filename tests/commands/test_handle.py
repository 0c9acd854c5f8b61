"""One command: done once, on the newest state, by whoever sends it from wherever; its texts sealed and kept."""

import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from archive.commands import Receipt, Writer
from archive.disclosures.openings import Disclosures
from archive.domain.agencies import AgencyText
from archive.domain.commands import AnyCommand
from archive.domain.errors import Refused
from archive.domain.items import ItemPublished, ItemText, ItemUpdated, LinkText, PublishItem, RestoreItem
from archive.domain.seals import opens
from archive.log.entry import Entry
from archive.log.log import Log
from archive.vault.store import Vault
from stories import (
    AGENCY,
    ORIGIN,
    Clerk,
    Clock,
    Home,
    Noise,
    Seen,
    a_bureau,
    a_published_item,
    a_small_archive,
    agency_id,
    an_updated_item,
    item_id,
    request_id,
    tell,
    texts_behind,
)

ITEM = item_id()


def every_entry(log: Log) -> list[Entry]:
    return log.entries(after=0, limit=10_000)


def types(log: Log) -> list[str]:
    return [entry.event.TYPE for entry in every_entry(log)]


def openings(log: Log, disclosures: Disclosures) -> dict[str, Seen]:
    """Every opening that an entry names."""
    named = {getattr(entry.event, name) for entry in every_entry(log) for name in entry.event.SEALS}
    return texts_behind(disclosures, named)


# --- what a command does -----------------------------------------------------------------------------------------------
def test_story_becomes_these_entries(writer: Writer, log: Log) -> None:
    receipts = tell(writer, [*a_bureau(Clerk()), *a_published_item(Clerk(2), ITEM)])
    assert types(log) == [
        "agency-registered",
        "section-opened",
        "section-opened",
        "channel-registered",
        "channel-registered",
        "category-scheme-adopted",
        "category-scheme-adopted",
        "review-policy-adopted",
        "prior-review-accepted",
        "item-drafted",
        "review-opened",
        "review-level-passed",
        "review-level-passed",
        "review-level-passed",
        "review-concluded",
        "item-published",
        "publication-added",
    ]
    assert receipts[0] == Receipt(first=1, entries=1, repeated=False)
    assert receipts[13] == Receipt(first=14, entries=2, repeated=False)
    assert receipts[14] == Receipt(first=16, entries=1, repeated=False)


def test_entries_of_a_stream_point_back_along_it(writer: Writer, log: Log) -> None:
    tell(writer, a_small_archive(Clerk()))
    newest: dict[str, Entry] = {}
    for entry in every_entry(log):
        before = newest.get(entry.stream)
        assert entry.prev == (before.position if before else None)
        assert entry.version == (before.version + 1 if before else 1)
        newest[entry.stream] = entry


def test_every_text_opens_the_seal_of_its_entry(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    story = a_small_archive(Clerk())
    tell(writer, story)
    kept = openings(log, disclosures)
    for entry in every_entry(log):
        for name in entry.event.SEALS:
            found = kept.get(getattr(entry.event, name))
            if found is not None:
                place = {"origin": ORIGIN, "stream": entry.stream, "field": name}
                assert opens(found.seal, salt=found.salt, value=found.value, **place)
    texts = Counter(
        msgspec.json.encode(getattr(c, name), order="sorted")
        for c in story
        for name in c.TEXTS
        if getattr(c, name) is not UNSET
    )
    assert Counter(found.value for found in kept.values()) == texts


def test_no_salt_is_used_twice(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    tell(writer, a_small_archive(Clerk()))
    salts = Counter(found.salt for found in openings(log, disclosures).values())
    assert salts.most_common(1)[0][1] == 1


def test_text_is_seen_from_the_position_that_clears_it(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    tell(writer, [*a_bureau(Clerk()), *an_updated_item(Clerk(2), ITEM)])
    kept = openings(log, disclosures)
    cleared: dict[str, int] = {}
    for entry in every_entry(log):
        for name in entry.event.CLEARS:
            cleared.setdefault(getattr(entry.event, name), entry.position)
    assert {sealed: found.cleared for sealed, found in kept.items()} == {sealed: cleared.get(sealed) for sealed in kept}
    # Both texts of the item were cleared, the second later than the first.
    first, second = (
        kept[entry.event.text].cleared
        for entry in log.history(ITEM)
        if isinstance(entry.event, ItemPublished | ItemUpdated)
    )
    assert first is not None
    assert second is not None
    assert first < second


def test_text_under_review_is_seen_by_nobody(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    clerk = Clerk()
    tell(
        writer,
        [
            *a_bureau(clerk),
            *a_published_item(clerk, ITEM),
            clerk.revise(ITEM, title="新"),
            *clerk.review(ITEM, on="2018-06-01"),
        ],
    )
    newest = log.entry(log.head())
    assert newest is not None
    assert disclosures.get([newest.event.text]) == {}  # type: ignore[attr-defined] # a concluded review has a text
    (found,) = texts_behind(disclosures, [newest.event.text]).values()  # type: ignore[attr-defined] # a concluded review has a text
    assert found.cleared is None


def test_absent_text_looks_like_a_present_one(writer: Writer, log: Log, disclosures: Disclosures) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), *a_published_item(clerk, ITEM)])
    with_link, without = (entry.event for entry in every_entry(log)[-2:])
    assert isinstance(with_link, ItemPublished)
    assert len(with_link.link) == len(without.link)  # type: ignore[attr-defined] # a publication added has a link
    assert disclosures.get([with_link.link]).keys() == {with_link.link}
    assert disclosures.get([without.link]) == {}  # type: ignore[attr-defined] # see above


def test_day_is_that_of_china(writer: Writer, clock: Clock) -> None:
    clerk = Clerk()
    tell(writer, a_bureau(clerk))
    # One second before midnight in China, which is 16:00 UTC.
    clock.now = datetime(2018, 12, 11, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(Refused) as refused:
        writer.handle(clerk.receive(request_id(), on="2018-12-12"))
    assert refused.value.facts == {"field": "received_on", "on": date(2018, 12, 12), "today": date(2018, 12, 11)}
    clock.now = datetime(2018, 12, 11, 16, 0, 0, tzinfo=UTC)
    writer.handle(clerk.receive(request_id(), on="2018-12-12"))


# --- what is refused ---------------------------------------------------------------------------------------------------
def test_refused_command_leaves_nothing_and_its_id_may_be_used_again(
    writer: Writer, log: Log, disclosures: Disclosures
) -> None:
    clerk = Clerk()
    draft = clerk.draft(ITEM)
    with pytest.raises(Refused, match="AGY-002"):
        writer.handle(draft)
    assert log.head() == 0
    assert log.storage.command(bytes.fromhex(draft.id)) is None
    tell(writer, a_bureau(clerk))
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=False)
    assert openings(log, disclosures)


def test_office_that_does_not_exist_is_refused(writer: Writer, log: Log) -> None:
    with pytest.raises(Refused, match="CMD-008"):
        writer.handle(replace(Clerk().register_agency(), by="role:emperor"))
    assert log.head() == 0


def test_text_with_control_characters_is_refused(writer: Writer, log: Log) -> None:
    with pytest.raises(Refused, match="CMD-006"):
        writer.handle(Clerk().register_agency(name="某局\x07"))
    assert log.head() == 0


@pytest.mark.parametrize(
    "command",
    [
        Clerk().draft(AGENCY.replace("agency", "item")),
        Clerk().receive(AGENCY.replace("agency", "request"), on="2018-09-03"),
        Clerk().publish(AGENCY.replace("agency", "item"), on="2018-03-14"),
    ],
    ids=lambda command: command.__struct_config__.tag,
)
def test_id_with_the_bits_of_another_stream_is_refused(writer: Writer, log: Log, command: AnyCommand) -> None:
    tell(writer, a_bureau(Clerk(2)))
    with pytest.raises(Refused) as refused:
        writer.handle(command)
    assert (refused.value.code, refused.value.facts) == ("CMD-010", {"id": getattr(command, command.STREAM)})
    assert log.head() == 9


def test_item_is_no_agency(writer: Writer) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), clerk.draft(ITEM)])
    with pytest.raises(Refused, match="AGY-002"):
        writer.handle(clerk.draft(item_id(2), agency=ITEM.replace("item", "agency")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_id": "张三 13800000000"},
        {"source_id": "Zhang San"},
        {"section": 'office","title":"x'},
        {"mode": "secret"},
        {"by": "role:clerk\n"},
        {"id": "张" * 32},
    ],
    ids=str,
)
def test_command_of_a_program_with_text_where_a_code_belongs_is_never_written(
    home: Home, wrong: dict[str, str]
) -> None:
    """Goal: nobody leaks. Method: structs made in Python, which nothing has checked, sent past every parser."""
    clerk = Clerk()
    with (
        home.open_log() as log,
        home.open_disclosures() as disclosures,
        home.open_vault() as vault,
        Writer(log, disclosures, vault, now=Clock()) as writer,
    ):
        tell(writer, a_bureau(clerk))
        with pytest.raises((AssertionError, Refused, ValueError)):
            writer.handle(replace(clerk.draft(ITEM), **wrong))
        assert log.head() == 9
        # And the writer goes on.
        writer.handle(clerk.draft(ITEM))
        assert types(log)[-1] == "item-drafted"


# --- twice -------------------------------------------------------------------------------------------------------------
def test_command_sent_twice_happens_once_and_gets_its_first_answer(writer: Writer, log: Log) -> None:
    story = a_small_archive(Clerk())
    first = tell(writer, story)
    head = log.head()
    again = tell(writer, story)
    assert again == [receipt._replace(repeated=True) for receipt in first]
    assert log.head() == head


def test_command_sent_twice_is_known_by_another_writer(home: Home) -> None:
    story = a_small_archive(Clerk())
    for repeated in (False, True):
        with home.opened() as (writer, _, _):
            assert {receipt.repeated for receipt in tell(writer, story)} == {repeated}


def changed(command: AnyCommand) -> list[AnyCommand]:
    """Commands with this one's id that ask for something else."""
    match command:
        case PublishItem():
            return [
                replace(command, channel="gazette"),
                replace(command, by="role:administrator"),
                replace(command, published_on=date(2018, 3, 15)),
                replace(command, link=UNSET),
                replace(command, link=LinkText(url="https://elsewhere.example/")),
                RestoreItem(id=command.id, by=command.by, item=ITEM, restored_on=command.published_on),
            ]
        case _:
            raise AssertionError


def test_id_of_a_command_belongs_to_what_it_asked(writer: Writer, log: Log) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")])
    publish = clerk.publish(ITEM, on="2018-03-14")
    writer.handle(publish)
    head = log.head()
    for other in changed(publish):
        with pytest.raises(Refused) as refused:
            writer.handle(other)
        assert (refused.value.code, refused.value.facts) == ("CMD-004", {"id": publish.id})
    assert log.head() == head
    assert writer.handle(publish).repeated


def test_text_that_came_later_is_another_command(writer: Writer) -> None:
    clerk = Clerk()
    tell(writer, [*a_bureau(clerk), clerk.draft(ITEM), *clerk.review(ITEM, on="2018-03-12")])
    publish = clerk.publish(ITEM, on="2018-03-14", link=False)
    writer.handle(publish)
    with pytest.raises(Refused, match="CMD-004"):
        writer.handle(replace(publish, link=LinkText(url="https://website.example/1")))


@pytest.mark.parametrize(
    "text", [AgencyText(name="另一个局", short_name="发改局"), AgencyText(name="某市发展和改革局")]
)
def test_same_command_with_another_text_is_another_command(writer: Writer, text: AgencyText) -> None:
    command = Clerk().register_agency()
    writer.handle(command)
    with pytest.raises(Refused, match="CMD-004"):
        writer.handle(replace(command, text=text))


def test_command_is_known_after_its_text_was_erased(writer: Writer, log: Log, vault: Vault) -> None:
    """Goal: an erasure does not make a command happen again. Method: destroy the text as an erasure would, send it again."""
    clerk = Clerk()
    draft = clerk.draft(ITEM, title="将被删除的标题")
    tell(writer, [*a_bureau(clerk), draft])
    vault.destroy([log.history(ITEM)[0].event.text])  # type: ignore[attr-defined] # a draft has a text
    assert writer.handle(draft) == Receipt(first=10, entries=1, repeated=True)
    # Nobody can say any more what the text was: it is the rest of the command that tells.
    assert writer.handle(replace(draft, text=ItemText(title="别的"))).repeated
    with pytest.raises(Refused, match="CMD-004"):
        writer.handle(replace(draft, section="investment"))


def test_digest_of_a_command_says_nothing_of_its_text(home: Home) -> None:
    digests = set()
    for name in ("某市发展和改革局", "另一个局"):
        other = Home.create(home.folder / name, home.backend)
        with other.opened() as (writer, log, _):
            command = Clerk().register_agency(name=name)
            writer.handle(command)
            row = log.storage.command(bytes.fromhex(command.id))
            assert row is not None
            digests.add(row.digest)
    assert len(digests) == 1


# --- many at once ------------------------------------------------------------------------------------------------------
def run_threads(*tasks: object) -> None:
    threads = [threading.Thread(target=task) for task in tasks]  # type: ignore[arg-type] # functions without arguments
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_write_at_once_without_a_gap_and_each_once(writer: Writer, log: Log) -> None:
    """Goal: positions are contiguous whoever writes. Method: eight threads with stories of their own, all receipts compared."""
    receipts: dict[int, list[Receipt]] = {}

    def work(number: int) -> None:
        clerk = Clerk(number)
        agency = agency_id(number)
        channels = [clerk.register_channel(f"c{n}", agency=agency) for n in range(20)]
        receipts[number] = tell(writer, [clerk.register_agency(agency), *channels])

    run_threads(*(lambda number=number: work(number) for number in range(8)))
    positions = sorted(receipt.first for told in receipts.values() for receipt in told)
    assert positions == list(range(1, 8 * 21 + 1))
    assert log.head() == 8 * 21
    for number, told in receipts.items():
        assert [entry.position for entry in log.history(agency_id(number))] == [receipt.first for receipt in told]


def test_one_command_from_many_threads_happens_once(writer: Writer, log: Log) -> None:
    command = Clerk().register_agency()
    receipts: list[Receipt] = []
    run_threads(*(lambda: receipts.append(writer.handle(command)) for _ in range(16)))
    assert sorted(receipts) == [Receipt(1, 1, repeated=False), *[Receipt(1, 1, repeated=True)] * 15]
    assert log.head() == 1


def test_refused_command_leaves_its_neighbours_in_the_commit_alone(writer: Writer, log: Log) -> None:
    """Goal: one commit for many, one answer for each. Method: threads of which every other one is refused."""
    tell(writer, a_bureau(Clerk()))
    outcomes: Counter[str] = Counter()

    def work(number: int) -> None:
        clerk = Clerk(number)
        try:
            writer.handle(clerk.register_channel(f"c{number // 2}"))
            outcomes["done"] += 1
        except Refused as error:
            outcomes[error.code] += 1

    run_threads(*(lambda number=number: work(number) for number in range(10, 50)))
    assert outcomes == {"done": 20, "AGY-003": 20}
    assert [entry.position for entry in every_entry(log)] == list(range(1, 30))


def test_writer_that_is_closed_has_finished_what_was_sent(home: Home) -> None:
    with home.open_log() as log, home.open_disclosures() as disclosures, home.open_vault() as vault:
        writer = Writer(log, disclosures, vault, now=Clock())
        tell(writer, a_bureau(Clerk()))
        writer.close()
        writer.close()
        assert log.head() == 9


# --- two writers -------------------------------------------------------------------------------------------------------
def test_state_that_another_writer_has_changed_is_never_used(home: Home) -> None:
    """Goal: no decision on an old state. Method: two writers in turn; each needs what the other has just written."""
    clerk = Clerk()
    with home.opened(noise=Noise("one")) as (one, log, _), home.opened(noise=Noise("other")) as (other, _, _):
        story = [*a_bureau(clerk), *an_updated_item(clerk, ITEM)]
        for number, command in enumerate(story):
            (one if number % 2 else other).handle(command)
        # The item's stand is known to both; each revision must void what the other one knows.
        for number in range(4):
            here, there = (one, other) if number % 2 else (other, one)
            here.handle(clerk.revise(ITEM, title=f"第 {number} 稿"))
            with pytest.raises(Refused, match="ITM-013"):
                there.handle(clerk.update(ITEM, on="2018-12-01"))
            there.handle(clerk.open_review(ITEM, on="2018-12-01"))
            with pytest.raises(Refused, match="ITM-005"):
                here.handle(clerk.open_review(ITEM, on="2018-12-01"))
        entries = every_entry(log)
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        assert [entry.version for entry in log.history(ITEM)] == list(range(1, len(log.history(ITEM)) + 1))


@pytest.mark.parametrize("others", [0, 1, 2, 3])
def test_state_of_a_log_that_lost_entries_is_never_used(home: Home, others: int) -> None:
    """Goal: a standby that takes over may lack what was written last, and get other entries in its place."""
    clerk = Clerk()
    with home.opened(noise=Noise("one")) as (one, log, _):
        tell(one, [*a_bureau(clerk), *an_updated_item(clerk, ITEM)])
        head = log.head()
        tell(one, [clerk.revise(ITEM, title=f"第 {number} 稿") for number in range(2)])
        with home.changing() as db:
            db.execute(f"DELETE FROM entries WHERE position > {head}")
            db.execute(f"DELETE FROM commands WHERE first_position > {head}")
            if home.backend.name == "postgres":
                db.execute(f"UPDATE head SET position = {head}")
                # Another server takes over: nobody stays connected.
                db.execute(
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'archive log'"
                )
        with home.opened(noise=Noise("other")) as (other, _, _):
            tell(other, [clerk.register_channel(f"other-{number}") for number in range(others)])
        one.handle(clerk.revise(ITEM, title="又一稿"))
        history = log.history(ITEM)
        assert [entry.version for entry in history] == list(range(1, len(history) + 1))
        assert [entry.prev for entry in history[1:]] == [entry.position for entry in history[:-1]]


WRITE_CHANNELS = """
import sys
from pathlib import Path
from stories import BACKENDS, Clerk, Home, Noise

folder, backend, number, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
home = Home(folder, BACKENDS[backend])
with home.opened(noise=Noise(str(number)), busy_seconds=60) as (writer, _, _):
    clerk = Clerk(number)
    for n in range(count):
        writer.handle(clerk.register_channel(f"p{number}-{n}"))
"""


def test_two_processes_write_without_a_gap(tmp_path: Path, home: Home, writer: Writer, log: Log) -> None:
    """Goal: the lock is the file's, not the process's. Method: two processes and this one append to one stream at once."""
    tell(writer, a_bureau(Clerk()))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE_CHANNELS, str(home.folder), home.backend.name, str(number), "25"],
            cwd=Path(__file__).parent.parent,
            stderr=subprocess.PIPE,
        )
        for number in (7, 8)
    ]
    clerk = Clerk(9)
    for n in range(25):
        writer.handle(clerk.register_channel(f"here-{n}"))
    for child in children:
        _, complaint = child.communicate(timeout=60)
        assert child.returncode == 0, complaint.decode()
    entries = every_entry(log)
    assert [entry.position for entry in entries] == list(range(1, 9 + 75 + 1))
    assert [entry.version for entry in log.history(AGENCY)] == list(range(1, 9 + 75 + 1))
    assert len({entry.cmd for entry in entries}) == len(entries)
    moments = [entry.at for entry in entries]
    assert moments == sorted(moments)


# --- memory ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kept", [0, 1, 2])
def test_what_is_remembered_is_bounded_and_changes_nothing(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Goal: memory has a bound, answers have none. Method: the same story with room for few streams and for many."""

    def told(home: Home, *, at_most: int) -> list[bytes]:
        with home.opened() as (writer, log, _):
            for command in a_small_archive(Clerk()):
                writer.handle(command)
                assert len(writer._stands) <= at_most
            return [row.entry for row in log.rows(after=0, limit=1000)]

    everything = told(home, at_most=100)
    monkeypatch.setattr("archive.commands.STREAMS_KEPT", kept)
    assert told(Home.create(tmp_path / "small", home.backend), at_most=kept) == everything
