"""Witnesses sign what goes on from what they signed; what they answer otherwise never gets into a note."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive.checkpoints.store import Stored
from archive.domain.errors import Refused
from archive.merkle.checkpoint import open_checkpoint
from archive.merkle.cosignature import seen_at
from archive.merkle.note import SignerKey, parse_note, print_line
from archive.notary.posting import MAX_ANSWER
from archive.notary.publish import publish
from archive.notary.witnesses import Witnesses, read_witnesses
from notary.conftest import Office
from notary.witness import SEEN_AT, Answer, WitnessServer, serving
from stories import NOON, ORIGIN

STRANGER = SignerKey("stranger.example", bytes(range(32)))
SECONDS = 5.0


@dataclass
class Watched:
    """An office, three witnesses of whom two are enough, and what was said of those who did not sign."""

    office: Office
    witnesses: list[WitnessServer]
    policy: Path
    told: list[Refused] = field(default_factory=list)
    seconds: float = SECONDS

    def client(self) -> Witnesses:
        return read_witnesses(self.policy, seconds=self.seconds, tell=self.told.append)

    def publish(self, client: Witnesses | None = None, *, grow: bool = True, again: bool = False) -> Stored:
        """Something happens, unless it is said not to, and is published; what was said before is forgotten."""
        self.told.clear()
        if grow:
            self.office.append()
        one = self.office
        return publish(
            one.log,
            one.reader,
            one.checkpoints,
            one.signer,
            now=lambda: NOON,
            witnessed=(client or self.client()).cosign,
            again=again,
        )

    def signed_by(self, stored: Stored) -> list[str]:
        """Whose lines are in a note, beside the log's own; every one of them is right."""
        keys = self.office.signer.verifiers()
        opened = open_checkpoint(stored.note, origin=ORIGIN, keys=keys, witnesses=[one.vkey for one in self.witnesses])
        assert len(opened.note.signatures) == len(opened.by_log) + len(opened.by_witnesses)
        assert {seen_at(one.payload) for one in opened.by_witnesses} <= {SEEN_AT}
        return [one.name for one in opened.by_witnesses]

    def reasons(self) -> dict[str, str]:
        assert {one.code for one in self.told} <= {"NTY-015"}
        return {str(one.facts["witness"]): one.sentence("en") for one in self.told}


@pytest.fixture
def watched(office: Office, tmp_path: Path) -> Iterator[Watched]:
    keys = office.signer.verifiers()
    with ExitStack() as stack:
        witnesses = [
            stack.enter_context(
                serving(WitnessServer(SignerKey(f"w{number}.example", bytes([number]) * 32), ORIGIN, keys))
            )
            for number in (1, 2, 3)
        ]
        lines = [f"witness w{number} {one.vkey} {one.url}" for number, one in enumerate(witnesses, 1)]
        policy = tmp_path / "policy"
        policy.write_text("\n".join([*lines, "group all-three 2 w1 w2 w3", "quorum all-three\n"]), encoding="utf-8")
        yield Watched(office, witnesses, policy)


ALL = ["w1.example", "w2.example", "w3.example"]


def test_every_checkpoint_is_signed_by_every_witness(watched: Watched) -> None:
    client = watched.client()
    for _ in range(3):
        stored = watched.publish(client)
        assert (watched.signed_by(stored), stored.quorum, watched.told) == (ALL, True, [])
        assert {one.size for one in watched.witnesses} == {stored.size}
    # The first time nobody knew what they had cosigned; then one question was enough.
    assert {len(one.asked) for one in watched.witnesses} <= {4, 5}


def test_the_signer_remembers_before_a_witness_sees_and_the_store_has_it_after(watched: Watched) -> None:
    seen: list[tuple[bytes, int]] = []
    first = watched.witnesses[0]

    def look(body: bytes) -> Answer:
        last = watched.office.home.open_checkpoints(read_only=True)
        seen.append((watched.office.signer.promised(), last.published()))
        last.close()
        return first.answer(body)

    watched.publish()
    first.instead = look
    before = watched.office.log.head()
    stored = watched.publish()
    text = parse_note(stored.note).text
    assert seen
    assert all(parse_note(note).text == text and published == before for note, published in seen)


def test_witness_that_knows_another_size_is_asked_again_from_there(watched: Watched) -> None:
    """A witness was away for two checkpoints, another is new, and the client has just been started."""
    watched.publish()
    away, new, _ = watched.witnesses
    away.instead = lambda _: (503, b"")
    for _ in range(2):
        watched.publish()
    away.instead = None
    new.size, new.root = 0, b""
    stored = watched.publish()
    assert (watched.signed_by(stored), watched.told) == (ALL, [])
    assert [len(one.asked[-1].split(b"\n\n")[0].split(b"\n")) > 1 for one in (away, new)] == [True, False]


def test_witness_that_is_ahead_is_told_of(watched: Watched) -> None:
    watched.publish()
    watched.witnesses[0].size = 10_000
    stored = watched.publish()
    assert (watched.signed_by(stored), stored.quorum) == (ALL[1:], True)
    assert "larger log" in watched.reasons()["w1"]


def _foreign(one: WitnessServer, text: bytes) -> bytes:
    return WitnessServer(STRANGER, ORIGIN, []).line(text)


def _as_the_witness(one: WitnessServer, text: bytes) -> bytes:
    """A line that says it is of this witness, with another's signature."""
    line = WitnessServer(STRANGER, ORIGIN, []).line(text)
    payload = parse_note(text + b"\n" + line).signatures[0]
    return print_line(payload._replace(name=one.vkey.name, key_id=one.vkey.key_id))


def _of_another_text(one: WitnessServer, text: bytes) -> bytes:
    return one.line(text.replace(b"\n", b"\n1", 1))


def _log_line(one: WitnessServer, text: bytes) -> bytes:
    """A signature of the text itself, as only a log gives: it is no cosignature."""
    return print_line(one.key.sign(text))


# What one witness of three answers, and what is said of it; None: it counts.
ANSWERS: dict[str, tuple[Callable[[WitnessServer, bytes], Answer], str | None]] = {
    "its line": (lambda one, text: (200, one.line(text)), None),
    "its line after lines of others": (lambda one, text: (200, _foreign(one, text) + one.line(text)), None),
    "its line without a newline": (lambda one, text: (200, one.line(text).rstrip()), None),
    "its line twice": (lambda one, text: (200, one.line(text) * 2), None),
    "a stranger's line": (lambda one, text: (200, _foreign(one, text)), "no line of it"),
    "a stranger's line in its name": (lambda one, text: (200, _as_the_witness(one, text)), "signature is wrong"),
    "its line of another text": (lambda one, text: (200, _of_another_text(one, text)), "signature is wrong"),
    "a line of the log's type": (lambda one, text: (200, _log_line(one, text)), "no line of it"),
    "its line, and garbage": (lambda one, text: (200, one.line(text) + b"more\n"), "cannot be understood"),
    "nothing": (lambda *_: (200, b""), "cannot be understood"),
    "garbage": (lambda *_: (200, os.urandom(500)), "cannot be understood"),
    "a whole note": (lambda one, text: (200, text + b"\n" + one.line(text)), "cannot be understood"),
    "a huge body": (lambda one, text: (200, one.line(text) * (MAX_ANSWER // 100)), "too long"),
    "400": (lambda *_: (400, b""), "400"),
    "403": (lambda *_: (403, b""), "403"),
    "404": (lambda *_: (404, b""), "404"),
    "409 without a size": (lambda *_: (409, b"many\n"), "cannot be understood"),
    "409 with a leading zero": (lambda *_: (409, b"00\n"), "cannot be understood"),
    "409 again and again": (lambda *_: (409, b"1\n"), "cannot be understood"),
    "422": (lambda *_: (422, b""), "422"),
    "500": (lambda *_: (500, b"oh no"), "500"),
    "a redirect": (lambda *_: (307, b""), "307"),
    "a status that is none": (lambda *_: (999, b""), "999"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_only_its_own_right_line_gets_into_the_note(watched: Watched, name: str) -> None:
    answer, reason = ANSWERS[name]
    one, other, _ = watched.witnesses
    one.instead = lambda body: answer(one, parse_note(body.partition(b"\n\n")[2]).text)
    # A redirect leads to one that would sign.
    one.headers = {"Location": f"{other.url}add-checkpoint"} if name == "a redirect" else {}
    watched.office.publish()
    stored = watched.publish()
    assert watched.signed_by(stored) == (ALL if reason is None else ALL[1:])
    assert stored.quorum is True
    assert stored == watched.office.checkpoints.last()
    assert list(watched.reasons()) == ([] if reason is None else ["w1"])
    assert reason is None or reason in watched.reasons()["w1"]


def test_short_of_quorum_it_is_published_and_marked(watched: Watched) -> None:
    for one in watched.witnesses[1:]:
        one.instead = lambda _: (503, b"")
    stored = watched.publish()
    assert (watched.signed_by(stored), stored.quorum) == (ALL[:1], False)
    assert watched.office.checkpoints.published() == stored.size
    for one in watched.witnesses:
        one.instead = None
    assert watched.publish().quorum is True


def test_witness_that_was_away_is_shown_the_same_checkpoint_again(watched: Watched) -> None:
    for one in watched.witnesses[1:]:
        one.instead = lambda _: (503, b"")
    short = watched.publish()
    assert short.quorum is False
    # Asked without cause nobody is; and where as few sign as before, nothing is stored.
    assert watched.publish(grow=False) == short
    assert watched.publish(grow=False, again=True) == short
    watched.witnesses[1].instead = None
    caught_up = watched.publish(grow=False, again=True)
    assert (caught_up.size, caught_up.root, caught_up.quorum) == (short.size, short.root, True)
    assert watched.signed_by(caught_up) == ALL[:2]
    assert watched.publish(grow=False, again=True) == caught_up


@pytest.mark.parametrize("how", ["says nothing", "trickles", "is not there", "hangs up"])
def test_nobody_is_waited_for_beyond_the_time_that_is_set(watched: Watched, how: str) -> None:
    watched.office.publish()
    watched.seconds = 0.5
    slow = watched.witnesses[0]
    match how:
        case "says nothing":
            slow.instead = lambda _: (slow.released.wait(30), (200, b""))[1]
        case "trickles":
            slow.byte_seconds = 0.2
        case "is not there":
            text = watched.policy.read_text(encoding="utf-8")
            watched.policy.write_text(text.replace(slow.url, "http://127.0.0.1:9/w"), encoding="utf-8")
        case _:
            slow.instead = _dies
    began = time.monotonic()
    stored = watched.publish()
    assert time.monotonic() - began < 0.5 + 5
    assert (watched.signed_by(stored), stored.quorum, list(watched.reasons())) == (ALL[1:], True, ["w1"])
    asking = [one for one in threading.enumerate() if one.name == "ask w1"]
    for one in asking:
        one.join(10)
    assert not any(one.is_alive() for one in asking), "nobody holds a thread for ever"


def test_proxy_of_the_environment_is_not_asked(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert watched.signed_by(watched.publish()) == ALL


def test_what_was_promised_and_not_stored_is_shown_to_the_witnesses_first(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.publish()
    with monkeypatch.context() as struck:
        struck.setattr(type(watched.office.checkpoints), "append", _dies)
        with pytest.raises(ConnectionAbortedError):
            watched.publish()
    stored = watched.publish()
    kept = watched.office.checkpoints.page(after=0, limit=10)
    assert [one.number for one in kept] == list(range(1, len(kept) + 1))
    assert kept[-1] == stored
    # They had cosigned it, and do so again; the empty one was none's business.
    assert [watched.signed_by(one) for one in kept[1:]] == [ALL] * (len(kept) - 1)


def _dies(*_: object, **__: object) -> Answer:
    raise ConnectionAbortedError


@pytest.mark.parametrize(
    "url",
    [
        "ftp://w.example/",
        "w.example",
        "http:///w",
        "https://w.example:port/",
        "https://w.example/?a",
        "https://u@w.example/",
        "https://w.example/#a",
        "file:///etc/passwd",
    ],
)
def test_address_that_is_none_of_http_is_refused(tmp_path: Path, url: str) -> None:
    key = WitnessServer(STRANGER, ORIGIN, []).vkey
    policy = tmp_path / "policy"
    policy.write_text(f"witness w {key} {url}\nquorum w\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_witnesses(policy, seconds=1)
    assert (refused.value.code, refused.value.facts) == ("NTY-016", {"witness": "w"})


def test_policy_that_is_none_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    for raw, code in ((None, "NTY-014"), (b"", "POL-002"), (b"witness\n", "POL-001")):
        if raw is not None:
            policy.write_bytes(raw)
        with pytest.raises(Refused) as refused:
            read_witnesses(policy, seconds=1)
        assert refused.value.code == code
