"""A checkpoint is stamped by somebody else's clock; what does not verify is not kept, and holds up nothing."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.audit.checkpoints import Counted, claims, look
from archive.audit.findings import Finding
from archive.checkpoints.store import Stored
from archive.domain.errors import Refused
from archive.notary.timestamps import Stamper, is_of, read_stamper
from notary.authority import Authority, new_authority
from notary.conftest import Office
from notary.witness import Answer, serving
from stories import ORIGIN


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with serving(new_authority(tmp_path / "tsa")) as one:
        yield one


def stamper(authority: Authority, told: list[Refused], *, seconds: float = 10.0) -> Stamper:
    url = authority.url.rstrip("/")
    return read_stamper(url, authority.certificates, seconds=seconds, tell=told.append)


def stamped(office: Office, authority: Authority, *, seconds: float = 10.0) -> tuple[Stored, list[Refused]]:
    """One more checkpoint, which the authority was asked to stamp."""
    told: list[Refused] = []
    office.append()
    stored = office.publish()
    stamper(authority, told, seconds=seconds).stamp_newest(office.checkpoints, stored)
    return stored, told


def test_time_stamp_is_of_the_note_and_is_verified_with_openssl_alone(
    office: Office, authority: Authority, tmp_path: Path
) -> None:
    stored, told = stamped(office, authority)
    stamp = office.checkpoints.timestamp_of(stored.number)
    assert stamp is not None
    assert told == []
    assert abs(datetime.fromisoformat(stamp.stamped_at) - datetime.now(UTC)) < timedelta(minutes=5)
    (tmp_path / "note").write_bytes(stored.note)
    (tmp_path / "token").write_bytes(stamp.token)
    words = ["openssl", "ts", "-verify", "-data", str(tmp_path / "note"), "-in", str(tmp_path / "token")]
    done = subprocess.run([*words, "-CAfile", str(authority.certificates)], capture_output=True, text=True, check=False)
    assert (done.returncode, "Verification: OK" in done.stdout + done.stderr) == (0, True)
    assert is_of(stamp.token, stored.note)
    assert not is_of(stamp.token, stored.note + b"\n")


def test_checkpoint_is_stamped_once(office: Office, authority: Authority) -> None:
    stored, _ = stamped(office, authority)
    first = office.checkpoints.timestamp_of(stored.number)
    stamper(authority, []).stamp_newest(office.checkpoints, stored)
    assert len(authority.asked) == 1
    assert office.checkpoints.timestamp_of(stored.number) == first


def test_who_fails_is_asked_again_by_the_next_process_alone(office: Office, authority: Authority) -> None:
    told: list[Refused] = []
    one = stamper(authority, told)
    authority.instead = lambda _: (503, b"")
    stored = office.publish()
    for _ in range(3):
        one.stamp_newest(office.checkpoints, stored)
    assert (len(authority.asked), [error.code for error in told]) == (1, ["NTY-017"])
    authority.instead = None
    stamper(authority, told).stamp_newest(office.checkpoints, stored)
    assert office.checkpoints.timestamp_of(stored.number) is not None


def _of_another_note(authority: Authority) -> Callable[[bytes], Answer]:
    """An answer to an earlier question: another text, another nonce."""
    earlier: list[Answer] = []

    def answer(body: bytes) -> Answer:
        earlier.append(authority.answer(body))
        return earlier[0]

    return answer


def _by_another_authority(authority: Authority) -> Callable[[bytes], Answer]:
    return new_authority(authority.folder.with_name("stranger")).answer


def _cut_off(authority: Authority) -> Callable[[bytes], Answer]:
    return lambda body: (200, authority.answer(body)[1][:-40])


def _flipped(authority: Authority) -> Callable[[bytes], Answer]:
    def answer(body: bytes) -> Answer:
        said = authority.answer(body)[1]
        return 200, said[:-3] + bytes([said[-3] ^ 1]) + said[-2:]

    return answer


def _refusing(authority: Authority) -> Callable[[bytes], Answer]:
    """What `openssl ts` answers to a digest that it does not take: a response without a token."""
    text = (authority.folder / "tsa.cnf").read_text(encoding="utf-8")
    (authority.folder / "tsa.cnf").write_text(text.replace("digests = sha256", "digests = sha512"), encoding="utf-8")
    return authority.answer


ANSWERS: dict[str, Callable[[Authority], Callable[[bytes], Answer]]] = {
    "a token by another authority": _by_another_authority,
    "a token that is cut off": _cut_off,
    "a token with a flipped bit": _flipped,
    "a refusal": _refusing,
    "nothing": lambda _: lambda _: (200, b""),
    "garbage": lambda _: lambda _: (200, os.urandom(900)),
    "a huge body": lambda _: lambda _: (200, bytes(1_000_000)),
    "404": lambda _: lambda _: (404, b""),
    "a redirect": lambda _: lambda _: (302, b""),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_time_stamp_of_the_note_is_not_kept(office: Office, authority: Authority, name: str) -> None:
    authority.instead = ANSWERS[name](authority)
    stored, told = stamped(office, authority)
    assert office.checkpoints.timestamp_of(stored.number) is None
    assert [error.code for error in told] == ["NTY-017"]
    assert office.checkpoints.published() == stored.size


def test_token_of_an_earlier_checkpoint_is_not_kept_for_a_later_one(office: Office, authority: Authority) -> None:
    authority.instead = _of_another_note(authority)
    first, told = stamped(office, authority)
    assert (office.checkpoints.timestamp_of(first.number) is None, told) == (False, [])
    second, told = stamped(office, authority)
    assert (office.checkpoints.timestamp_of(second.number), [error.code for error in told]) == (None, ["NTY-017"])


def test_authority_that_says_nothing_is_not_waited_for(office: Office, authority: Authority) -> None:
    authority.instead = lambda _: (authority.released.wait(30), (200, b""))[1]
    _, told = stamped(office, authority, seconds=0.3)
    assert "in time" in told[0].sentence("en")


def test_token_that_was_moved_to_another_note_is_found(office: Office, authority: Authority) -> None:
    stored, _ = stamped(office, authority)
    found: list[Finding] = []

    def audit() -> list[Finding]:
        found.clear()
        signed = look(office.checkpoints)
        list(claims(signed, origin=ORIGIN, until=stored.size, counted=Counted(), report=found.append))
        return found

    assert audit() == []
    with office.home.changing("checkpoints") as db:
        db.execute("UPDATE timestamps SET number = 1")
    assert [(one.code, one.facts["number"]) for one in audit()] == [("AUD-052", 1)]


@pytest.mark.parametrize("url", ["ftp://tsa.example", "tsa.example", "https://tsa.example/?a"])
def test_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    certificates = new_authority(tmp_path / "tsa").certificates
    with pytest.raises(Refused, match="NTY-018"):
        read_stamper(url, certificates, seconds=1)


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\n"])
def test_file_without_certificates_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "tsa.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused, match="NTY-018"):
        read_stamper("https://tsa.example", path, seconds=1)
