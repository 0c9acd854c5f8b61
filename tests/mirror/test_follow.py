"""A mirror keeps what was signed, answers as the archive does, and keeps the evidence of two histories."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from api.world import world_of
from archive import erasure
from archive.audit.check import check
from archive.checkpoints.store import Checkpoints, Stored
from archive.commands import Writer
from archive.disclosures.openings import Disclosures, DisclosuresWrite
from archive.domain.erasures import Erase
from archive.domain.errors import ArchiveError, Refused
from archive.domain.items import WithdrawalGround
from archive.log.log import Log
from archive.merkle.checkpoint import Checkpoint, print_checkpoint
from archive.merkle.note import VerifierKey, signed_note
from archive.mirror.follow import Copy, catch_up
from archive.mirror.remote import Remote
from archive.notary.keys import read_keys
from archive.projections import generations
from archive.projections.renewal import EXPECTED
from archive.projections.runner import Projections, Reader
from archive.storage.sqlite import SQLiteLog
from stories import NOON, ORIGIN, Home, a_published_item, item_id, tell
from web.office import Office, an_office

Change = Callable[[str, bytes], bytes | None]


class Site:
    """The office's site on loopback, which changes what it serves as it is told."""

    def __init__(self, office: Office) -> None:
        self.change: Change = lambda _, content: content
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                answer = office.site.get(self.path)
                content = site.change(self.path, answer.content)
                self.send_response(answer.status_code if content is not None else 503)
                self.send_header("content-length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Nothing is written down."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def office(home: Home, log: Log, disclosures: Disclosures, writer: Writer) -> Iterator[Office]:
    with an_office(home, log, disclosures, writer) as office:
        yield office


@pytest.fixture
def site(office: Office) -> Iterator[Site]:
    site = Site(office)
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()


@contextmanager
def opened(folder: Path) -> Iterator[Copy]:
    """A mirror's stores, made where there are none."""
    if not folder.exists():
        folder.mkdir()
        SQLiteLog.create(folder / "log.sqlite").close()
        Disclosures.create(folder / "disclosures.sqlite").close()
        Checkpoints.create(folder / "checkpoints.sqlite").close()
    with (
        Log.open(folder / "log.sqlite", origin=ORIGIN) as log,
        Disclosures(folder / "disclosures.sqlite") as disclosures,
        Checkpoints(folder / "checkpoints.sqlite") as checkpoints,
        closing(Reader(folder / "projections")) as reader,
    ):
        projections = Projections(folder / "projections", log, disclosures)
        yield Copy(log, disclosures, checkpoints, projections, reader, folder / "evidence")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    with opened(tmp_path / "mirror") as copy:
        yield copy


def key_of(office: Office) -> VerifierKey:
    return VerifierKey.parse(office.checkpoints.key_periods()[0].vkey)


def follow(office: Office, site: Site, copy: Copy) -> Stored:
    with Remote(site.url) as remote:
        stored = catch_up(remote, copy, key_of(office), now=lambda: NOON)
    erasure.finish(copy.log, copy.disclosures, None, copy.projections)
    return stored


def grown(office: Office, count: int = 30, *, item: int = 9) -> int:
    tell(office.writer, a_published_item(office.clerk, item_id(item)))
    for number in range(count):
        tell(office.writer, [office.clerk.open_section(f"section-{item}-{number}")])
    return office.publish().size


def must_be_the_same(office: Office, copy: Copy, home: Home) -> None:
    """Entries, tree, checkpoint, digests of numbers and text, and an answer."""
    size = office.log.head()
    assert copy.log.rows(after=0, limit=size + 1) == office.log.rows(after=0, limit=size + 1)
    for name in Projections.names():
        assert copy.projections.digest(name) == office.world.projections.digest(name), name
    query = "{ archive { position checkpoint { note } items(first: 100) { totalCount nodes { id title publications { url contentSha256 } } } entries(first: 100) { nodes { seals { state value } } } } }"
    mirrored = world_of(Home(copy.evidence.parent, home.backend), copy.log, copy.disclosures, copy.checkpoints)
    ours = office.world.ask(query)
    theirs = mirrored.ask(query)
    # A mirror that came late has not seen the older notes: the first one that it has covers more.
    for one in (ours, theirs):
        assert ORIGIN in one["archive"].pop("checkpoint")["note"]
    assert theirs == ours


# --- what is kept -----------------------------------------------------------------------------------------------------
def test_a_mirror_has_every_byte_and_every_answer_and_goes_on_from_where_it_was(
    office: Office, site: Site, copy: Copy, home: Home
) -> None:
    sizes = [follow(office, site, copy).size]
    must_be_the_same(office, copy, home)
    for item, count in ((9, 3), (10, 260), (11, 0)):
        size = grown(office, count, item=item)
        site.asked.clear()
        assert follow(office, site, copy).size == size
        must_be_the_same(office, copy, home)
        # What it has already is not fetched again, but for the bundle that has grown.
        assert sum("/entries/" in path for path in site.asked) <= 2 + count // 256
        sizes.append(size)
    assert [one.size for one in copy.checkpoints.page(after=0, limit=10)] == sizes
    site.asked.clear()
    follow(office, site, copy)
    assert site.asked == ["/log/checkpoint"]


def test_a_late_mirror_has_the_same(office: Office, site: Site, copy: Copy, home: Home) -> None:
    grown(office, 300)
    follow(office, site, copy)
    must_be_the_same(office, copy, home)


def test_what_was_erased_there_is_erased_here(
    office: Office, site: Site, copy: Copy, home: Home, disclosures: Disclosures
) -> None:
    title, item = "只此一件的标题", item_id(9)
    tell(office.writer, a_published_item(office.clerk, item, title=title))
    office.publish()
    follow(office, site, copy)
    assert title.encode() in held_in(copy)
    tell(
        office.writer,
        [Erase(id="e" * 32, by="role:administrator", stream=item, field="text", basis="court-order")],
    )
    with home.open_vault() as vault:
        erasure.finish(office.log, disclosures, vault, office.world.projections)
    office.publish()
    follow(office, site, copy)
    must_be_the_same(office, copy, home)
    assert title.encode() not in held_in(copy)


# --- what is hidden, and shown again ----------------------------------------------------------------------------------
def taken_while_hidden(office: Office, site: Site, copy: Copy, *, ground: WithdrawalGround = "personal-privacy") -> str:
    """An item whose entries the mirror took while it was withdrawn, so that it was not told its texts."""
    title, item = "只此一件的标题", item_id(9)
    follow(office, site, copy)
    tell(office.writer, a_published_item(office.clerk, item, title=title))
    tell(office.writer, [office.clerk.withdraw(item, on="2018-07-02", ground=ground)])
    office.publish()
    follow(office, site, copy)
    assert title.encode() not in held_in(copy)
    assert findings(copy) == set(), "what is hidden is not withheld"
    return item


def findings(copy: Copy) -> set[str]:
    report = check(copy.log, copy.disclosures, None, copy.projections, mirrored=True)
    return {one.code for one in report.findings}


def restore(office: Office, item: str) -> int:
    tell(office.writer, [office.clerk.restore(item, on="2018-07-09")])
    return office.publish().size


def asked_again(site: Site) -> list[str]:
    return [path for path in site.asked if "?" in path]


@pytest.mark.parametrize("ground", ["personal-privacy", "state-secret", "trade-secret"])
def test_what_is_shown_again_there_is_shown_again_here(
    office: Office, site: Site, copy: Copy, home: Home, ground: WithdrawalGround
) -> None:
    item = taken_while_hidden(office, site, copy, ground=ground)
    restore(office, item)
    follow(office, site, copy)
    must_be_the_same(office, copy, home)
    assert findings(copy) == set()


def test_what_is_shown_again_is_fetched_from_bundles_that_are_full_by_now(
    office: Office, site: Site, copy: Copy, home: Home
) -> None:
    item = taken_while_hidden(office, site, copy)
    grown(office, 600, item=10)
    follow(office, site, copy)
    restore(office, item)
    follow(office, site, copy)
    must_be_the_same(office, copy, home)


def test_what_was_told_before_it_was_hidden_is_not_asked_for(
    office: Office, site: Site, copy: Copy, home: Home
) -> None:
    item = item_id(9)
    follow(office, site, copy)
    # On one channel: a second one without an address has a decoy, which could be a text that was not told.
    tell(office.writer, a_published_item(office.clerk, item)[:-1])
    office.publish()
    # The item of the small archive that is restored has one.
    follow(office, site, copy)
    grown(office, 3, item=10)
    follow(office, site, copy)
    site.asked.clear()
    tell(office.writer, [office.clerk.withdraw(item, on="2018-07-02", ground="personal-privacy")])
    restore(office, item)
    for number in range(3):
        follow(office, site, copy)
        must_be_the_same(office, copy, home)
        grown(office, 3, item=11 + number)
    assert asked_again(site) == []


@pytest.mark.parametrize(
    "withheld", [pytest.param(1, id="with the first note"), pytest.param(2, id="with the second note too")]
)
def test_what_is_left_out_of_an_answer_is_asked_for_with_the_next_note_and_then_no_more(
    office: Office, site: Site, copy: Copy, home: Home, withheld: int
) -> None:
    """Goal: a node that is behind costs no text, and one that withholds it no loop. Method: so many answers tell nothing."""
    item = taken_while_hidden(office, site, copy)
    restore(office, item)
    site.change = lambda path, content: b"" if "?" in path else content
    for number in range(4):
        if number == withheld:
            site.change = lambda _, content: content
        site.asked.clear()
        follow(office, site, copy)
        assert len(asked_again(site)) == (number < 2), number
        grown(office, 3, item=10 + number)
    follow(office, site, copy)
    if withheld == 1:
        must_be_the_same(office, copy, home)
    assert findings(copy) == ({"AUD-013"} if withheld > 1 else set())


def test_what_was_erased_while_it_was_hidden_is_not_asked_for(
    office: Office, site: Site, copy: Copy, home: Home, disclosures: Disclosures
) -> None:
    grown(office, 1, item=8)
    item = taken_while_hidden(office, site, copy)
    tell(
        office.writer,
        [
            Erase(id=f"{number}" * 32, by="role:administrator", stream=item, field=field, basis="court-order")
            for number, field in enumerate(("text", "link"))
        ],
    )
    with home.open_vault() as vault:
        erasure.finish(office.log, disclosures, vault, office.world.projections)
    restore(office, item)
    site.asked.clear()
    for number in range(3):
        follow(office, site, copy)
        must_be_the_same(office, copy, home)
        grown(office, 3, item=10 + number)
    assert asked_again(site) == []


def held_in(copy: Copy) -> bytes:
    return b"".join(path.read_bytes() for path in copy.evidence.parent.rglob("*") if path.is_file())


# --- what is not kept -------------------------------------------------------------------------------------------------
def _flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def _foreign_opening(content: bytes) -> bytes:
    lines = [json.loads(line) for line in content.splitlines()]
    lines[0]["value"] += " "
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@pytest.mark.parametrize(
    "where, change, code",
    [
        pytest.param("/log/checkpoint", _flipped, "MIR-002", id="a flipped note"),
        pytest.param("/log/checkpoint", lambda _: b"", "MIR-002", id="an empty note"),
        pytest.param("/log/tile/0/", _flipped, "MIR-003", id="a flipped leaf hash"),
        pytest.param("/log/tile/0/", lambda content: content[:-32], "MIR-002", id="a short tile"),
        pytest.param("/log/tile/entries/", _flipped, "MIR-002", id="a flipped entry"),
        pytest.param("/log/tile/entries/", lambda content: content[:-1], "MIR-002", id="a bundle cut off"),
        pytest.param("/log/tile/entries/", lambda content: content + b"\0\1x", "MIR-002", id="a bundle with one more"),
        pytest.param("/disclosures/", _foreign_opening, "MIR-002", id="another text"),
        pytest.param("/disclosures/", lambda _: b"not JSON\n", "MIR-002", id="openings that are none"),
        pytest.param("/disclosures/", lambda _: b'{"seal":"s1:x","erasedAt":99999}\n', "MIR-002", id="an erasure beyond"),
        pytest.param("/log/tile/entries/", lambda _: None, "MIR-001", id="it fails"),
        pytest.param("/log/checkpoint", lambda _: None, "MIR-001", id="it is not there"),
        pytest.param("/log/checkpoint", lambda content: content * 20_000_00, "MIR-001", id="it is huge"),
    ],
)  # fmt: skip
def test_what_is_not_as_signed_is_not_kept_and_taken_once_it_is(
    office: Office,
    site: Site,
    copy: Copy,
    home: Home,
    where: str,
    change: Callable[[bytes], bytes | None],
    code: str,
) -> None:
    site.change = lambda path, content: change(content) if path.startswith(where) else content
    with pytest.raises(ArchiveError) as refused:
        follow(office, site, copy)
    assert refused.value.code == code
    assert (copy.log.head(), copy.checkpoints.last()) == (0, None)
    site.change = lambda _, content: content
    follow(office, site, copy)
    must_be_the_same(office, copy, home)


def test_who_dies_between_entries_and_note_goes_on(
    office: Office, site: Site, copy: Copy, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as struck:
        struck.setattr(Checkpoints, "append", _dies)
        with pytest.raises(ConnectionAbortedError):
            follow(office, site, copy)
    assert (copy.log.head(), copy.checkpoints.last()) == (office.log.head(), None)
    grown(office, 3)
    follow(office, site, copy)
    must_be_the_same(office, copy, home)


def _dies(*_: object, **__: object) -> None:
    raise ConnectionAbortedError


@pytest.mark.parametrize(
    "where, name",
    [
        pytest.param(DisclosuresWrite, "put", id="before the texts are kept"),
        pytest.param(Projections, "rebuild", id="before they are folded"),
        pytest.param(generations, "switch", id="folded, but not switched to"),
        pytest.param(Path, "unlink", id="folded, but it is not said"),
        pytest.param(Checkpoints, "append", id="before the note"),
    ],
)
def test_who_dies_over_what_is_shown_again_takes_it_and_folds_it(
    office: Office,
    site: Site,
    copy: Copy,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
) -> None:
    """Goal: no text that came is left unfolded. Method: it dies at each step, and another one goes on from the files."""
    item = taken_while_hidden(office, site, copy)
    restore(office, item)
    with monkeypatch.context() as struck:
        struck.setattr(where, name, _dies)
        with pytest.raises(ConnectionAbortedError):
            follow(office, site, copy)
    with opened(copy.evidence.parent) as another:
        follow(office, site, another)
        must_be_the_same(office, another, home)
        assert not (another.projections.folder / EXPECTED).exists()


# --- two histories ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("difference", [-3, 0, 5])
def test_two_histories_end_with_both_notes_as_evidence(office: Office, site: Site, copy: Copy, difference: int) -> None:
    ours = follow(office, site, copy)
    (key,) = read_keys(office.home.folder / "notary", origin=ORIGIN)
    forked = signed_note(print_checkpoint(Checkpoint(ORIGIN, ours.size + difference, b"\7" * 32)), [key])
    grown(office, 10)
    site.change = lambda path, content: forked if path == "/log/checkpoint" else content
    with pytest.raises(ArchiveError, match="MIR-003"):
        follow(office, site, copy)
    kept = {path.name: path.read_bytes() for path in copy.evidence.iterdir()}
    assert kept == {f"{ours.size}-ours.txt": ours.note, f"{ours.size + difference}-theirs.txt": forked}
    assert (copy.log.head(), copy.checkpoints.last()) == (ours.size, ours)


def test_an_older_note_of_the_same_history_takes_nothing_back(office: Office, site: Site, copy: Copy) -> None:
    first = office.checkpoints.last()
    assert first is not None
    grown(office, 5)
    newest = follow(office, site, copy)
    site.change = lambda path, content: first.note if path == "/log/checkpoint" else content
    assert follow(office, site, copy) == newest


@pytest.mark.parametrize(
    "url", ["", "archive.example", "ftp://archive.example", "http://", "http://h:x/", "http://h/?q=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="MIR-004"):
        Remote(url)
