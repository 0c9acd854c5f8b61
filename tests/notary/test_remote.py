"""The signer behind a socket signs what the one in the folder signs, refuses what that refuses, and survives strangers."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.domain.errors import ArchiveError
from archive.notary.remote import MAX_LINE, RemoteSigner, listen
from archive.notary.signer import Signer
from notary.conftest import Office
from notary.test_signer import proof_of, text_of
from stories import ORIGIN


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[RemoteSigner, Signer]]:
    """A signer in a thread of its own, and who asks it."""
    signer = Signer.create(tmp_path / "far" / "notary", origin=ORIGIN)
    path = tmp_path / "notary.sock"
    ready = threading.Event()
    stopping: list[Callable[[], None]] = []
    thread = threading.Thread(
        target=listen, args=(signer, path), kwargs={"ready": ready.set, "stopping": stopping.append}
    )
    thread.start()
    try:
        assert ready.wait(10)
        yield RemoteSigner(path, origin=ORIGIN), signer
    finally:
        for stop in stopping:
            stop()
        thread.join(10)
    assert not path.exists()


def test_it_signs_as_the_one_in_the_folder(remote: tuple[RemoteSigner, Signer]) -> None:
    far, near = remote
    assert far.verifiers() == near.verifiers()
    note = far.sign(text_of(10), proof_of(0, 10))
    assert note == near.promised() == far.promised()
    assert far.sign(text_of(20), proof_of(10, 20)) == near.promised()
    with pytest.raises(ArchiveError, match="NTY-003") as error:
        far.sign(text_of(15), proof_of(10, 15))
    assert error.value.facts == {"size": 15, "promised": 20}


def test_what_is_published_through_it_is_published(office: Office, remote: tuple[RemoteSigner, Signer]) -> None:
    office.signer = remote[0]
    office.append()
    stored = office.publish()
    assert (stored.size, stored.note) == (office.log.head(), remote[1].promised())


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{}\n", b"\xff\n", b'{"ask":"sign","text":"no checkpoint"}\n', b'{"ask":"promised","proof":["?"]}\n',
             b'{"ask":"secret","more":1}\n', b"x" * (MAX_LINE + 10)],
    ids=["nothing", "a blank line", "nothing asked", "no text", "no checkpoint", "no base64", "unknown", "too long"],
)  # fmt: skip
def test_who_asks_nonsense_gets_an_error_and_the_next_one_an_answer(
    remote: tuple[RemoteSigner, Signer], line: bytes
) -> None:
    far, near = remote
    before = near.promised()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.settimeout(10)
        stranger.connect(str(far.path))
        stranger.sendall(line)
        stranger.shutdown(socket.SHUT_WR)
        said = stranger.recv(MAX_LINE)
    assert b'"note"' not in said
    assert far.promised() == near.promised() == before


def test_its_socket_is_not_for_everybody(remote: tuple[RemoteSigner, Signer]) -> None:
    assert remote[0].path.stat().st_mode & 0o777 == 0o660


def test_a_second_one_on_the_same_socket_is_refused_and_one_left_over_is_replaced(
    remote: tuple[RemoteSigner, Signer], tmp_path: Path
) -> None:
    with pytest.raises(ArchiveError, match="NTY-010"):
        listen(remote[1], remote[0].path, ready=lambda: pytest.fail("it must not listen"))
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(ArchiveError, match="LOG-010"):
        listen(remote[1], tmp_path / "file", ready=lambda: pytest.fail("it must not listen"))
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(left))
    heard = []

    def stop_at_once(stop: Callable[[], None]) -> None:
        heard.append("listening")
        threading.Thread(target=stop).start()

    listen(remote[1], left, ready=lambda: None, stopping=stop_at_once)
    assert heard == ["listening"]
