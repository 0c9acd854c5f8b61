"""Time-stamps: RFC 3161 (https://www.rfc-editor.org/rfc/rfc3161): an authority says that a checkpoint was there by a moment.

    POST <tsa>   a request with the SHA-256 of the note, byte for byte, and a nonce
    200          a response; it is kept as it came, so that `openssl ts -verify -data NOTE -in TOKEN` takes both

Rules
- A checkpoint has no time; who signs it writes down his own clock. A time-stamp is somebody else's.
- What comes is verified before it is kept: by the certificates that the archive was given, at the time that it names.
- A checkpoint is published whether it has a time-stamp or not. One that has none is asked for again by the next process.
"""

from __future__ import annotations

import time
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archive.domain.errors import Phrase, Refused
from archive.notary.posting import DONE, NOT_UNDERSTOOD, Post, answered, ask, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.x509 import Certificate

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.notary.posting import Address

_TSA: Final = "tsa"
_NOT_GRANTED: Final = Phrase("它没有给出时间戳", "it granted none")
_UNVERIFIED: Final = Phrase(
    "时间戳不能由所给的证书验证", "its token is not verified by the certificates that are given"
)
_GRANTED: Final = 0


class Stamp(NamedTuple):
    """A response of the authority, in DER, and the moment that it names, UTC."""

    token: bytes
    stamped_at: str


class Stamper:
    """Asks one authority. One thread uses it."""

    def __init__(
        self,
        address: Address,
        certificates: list[Certificate],
        *,
        seconds: float,
        tell: Callable[[Refused], None] = lambda _: None,
    ) -> None:
        """`tell`: NTY-017, why there is no time-stamp."""
        self._address = address
        self._certificates = certificates
        self._seconds = seconds
        self._tell = tell
        # Of the checkpoint that was asked for last: an authority that fails is not asked without end.
        self._tried = 0

    def stamp_newest(self, checkpoints: Checkpoints, newest: Stored) -> None:
        """Have the newest checkpoint stamped, unless it is, or has been asked for by this process."""
        if newest.number == self._tried or checkpoints.timestamp_of(newest.number) is not None:
            return
        self._tried = newest.number
        stamp = self.stamp(newest.note)
        if isinstance(stamp, Phrase):
            self._tell(Refused("NTY-017", reason=stamp))
        else:
            checkpoints.add_timestamp(newest.number, token=stamp.token, stamped_at=stamp.stamped_at)

    def stamp(self, note: bytes) -> Stamp | Phrase:
        """A time-stamp over a note, verified; or why there is none."""
        request = (
            TimestampRequestBuilder()
            .data(note)
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .build()
        )
        post = Post(
            self._address,
            request.as_bytes(),
            media_type="application/timestamp-query",
            seconds=self._seconds,
        )
        ((_, answer),) = ask({_TSA: post}, deadline=time.monotonic() + self._seconds)
        if isinstance(answer, Phrase):
            return answer
        if answer.status != DONE:
            return answered(answer.status)
        try:
            response = decode_timestamp_response(answer.body)
            if response.status != _GRANTED:
                return _NOT_GRANTED
            verifier = VerifierBuilder.from_request(request)
            for one in self._certificates:
                verifier = verifier.add_root_certificate(one)
            verifier.build().verify(response, sha256(note).digest())
            at = response.tst_info.gen_time
        except VerificationError:
            return _UNVERIFIED
        except ValueError:
            return NOT_UNDERSTOOD
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return Stamp(answer.body, at.isoformat(timespec="seconds").replace("+00:00", "Z"))


def read_stamper(
    url: str, certificates: Path, *, seconds: float, tell: Callable[[Refused], None] = lambda _: None
) -> Stamper:
    """An authority and the file of the certificates that its tokens are verified by, in PEM. NTY-018: one of the two is none."""
    address = parse_address(url)
    try:
        trusted = list(dict.fromkeys(load_pem_x509_certificates(certificates.read_bytes())))
    except (OSError, ValueError):
        raise Refused("NTY-018", path=certificates) from None
    if address is None:
        raise Refused("NTY-018", path=certificates)
    return Stamper(address, trusted, seconds=seconds, tell=tell)


def is_of(token: bytes, note: bytes) -> bool:
    """Whether a response is over exactly this note; who gave it is for those to verify who have the certificates."""
    try:
        response = decode_timestamp_response(token)
        return response.status == _GRANTED and response.tst_info.message_imprint.message == sha256(note).digest()
    except ValueError:
        return False
