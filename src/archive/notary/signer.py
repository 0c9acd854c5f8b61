"""The signer: it holds the key and its own memory of what it signed last, and signs only what goes on from there.

    FOLDER/key      the signer keys                          (keys.py)
    FOLDER/promise  the note that was signed last, verbatim
    FOLDER/lock     held while it signs

Rules
- The promise is on disk before the signature leaves. A signature that nobody received is only a promise of less.
- A new size needs a proof that its tree begins with the promised one (RFC 9162, 2.1.4). The same size needs the same root.
- The memory is the signer's alone: it is never restored with a database, and where it is lost nothing is signed until
  somebody shows the newest note that is known outside (`adopt`).
- It reads neither the log nor the projections: whoever asks for a signature has looked at them (publish.py).
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from archive.domain.errors import Corrupt, Refused
from archive.merkle.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, print_checkpoint
from archive.merkle.note import signed_note
from archive.merkle.proof import check_consistency
from archive.merkle.refusal import Unsound
from archive.merkle.tree import EMPTY_ROOT
from archive.notary.files import write_durably
from archive.notary.keys import MAX_KEYS, new_key, read_keys, write_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archive.merkle.checkpoint import SignedCheckpoint
    from archive.merkle.note import SignerKey, VerifierKey

PROMISE: Final = "promise"
LOCK: Final = "lock"
_PROMISE_MODE: Final = 0o644
_BUSY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.01


class Promise(Protocol):
    """A signer, here or behind a socket."""

    @property
    def origin(self) -> str:
        """The log whose checkpoints it signs."""

    def verifiers(self) -> list[VerifierKey]:
        """The keys by which its notes are verified."""

    def promised(self) -> bytes:
        """The note that it signed last."""

    def sign(self, text: bytes, proof: Sequence[bytes]) -> bytes:
        """The note over a checkpoint's text that goes on from the last one, as the proof shows. `Corrupt` NTY-003."""


class Signer:
    """The signer of one log, in a folder that is its own."""

    def __init__(self, folder: Path, *, origin: str) -> None:
        self.folder = folder
        self.origin = origin

    @classmethod
    def create(cls, folder: Path, *, origin: str) -> Signer:
        """A new signer in an empty or new folder; it has signed the empty tree. `Refused` LOG-010: the folder is in use."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise Refused("LOG-010", path=folder)
        except (FileExistsError, NotADirectoryError):
            raise Refused("LOG-010", path=folder) from None
        except OSError:
            raise Refused("LOG-002", path=folder) from None
        key = new_key(origin)
        # The promise first: a key without one would be a key that has forgotten.
        empty = print_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT))
        write_durably(folder / PROMISE, signed_note(empty, [key]), mode=_PROMISE_MODE)
        write_keys(folder, [key])
        return cls(folder, origin=origin)

    def verifiers(self) -> list[VerifierKey]:
        """The keys by which its notes are verified, the oldest first."""
        return [key.verifier for key in self._keys()]

    def promised(self) -> bytes:
        """The note that was signed last. `Corrupt` NTY-002: it is lost or was changed."""
        note, _ = self._promise(self._keys())
        return note

    def sign(self, text: bytes, proof: Sequence[bytes]) -> bytes:
        """The note over a checkpoint's text. `Corrupt` NTY-003: the proof does not show that it goes on from the last one."""
        try:
            wanted = parse_checkpoint(text)
        except Unsound:
            raise Corrupt("NTY-006", path=self.folder) from None
        with self._locked():
            keys = self._keys()
            before, last = self._promise(keys)
            _must_extend(last.checkpoint, wanted, proof)
            note = signed_note(text, keys)
            if note != before:
                write_durably(self.folder / PROMISE, note, mode=_PROMISE_MODE)
        return note

    def add_key(self) -> VerifierKey:
        """Begin a rotation: from now on a new key signs beside the old one. `Refused` NTY-011: one has begun already."""
        with self._locked():
            keys = self._keys()
            if len(keys) == MAX_KEYS:
                raise Refused("NTY-011", key=keys[0].verifier.key_id.hex())
            note, last = self._promise(keys)
            new = new_key(self.origin)
            write_keys(self.folder, [*keys, new])
            assert last.note.text in note, "what was signed stays signed"
        return new.verifier

    def retire_key(self, key_id: str) -> VerifierKey:
        """End a rotation: this key signs no more and is destroyed. `Refused` NTY-012: there is no other, or no such key.

        What the key that stays promises is signed by it first, so that it is never without a memory.
        """
        with self._locked():
            keys = self._keys()
            stay = [key for key in keys if key.verifier.key_id.hex() != key_id]
            if len(stay) != 1 or len(keys) != MAX_KEYS:
                raise Refused("NTY-012", key=key_id)
            _, last = self._promise(keys)
            write_durably(self.folder / PROMISE, signed_note(last.note.text, keys), mode=_PROMISE_MODE)
            write_keys(self.folder, stay)
        (gone,) = (key for key in keys if key not in stay)
        return gone.verifier

    def adopt(self, note: bytes) -> SignedCheckpoint:
        """Take the newest note that is known outside as the promise, where the memory is lost; `Refused` NTY-013 where not.

        `Unsound`: it is no note of this log by one of these keys.
        """
        with self._locked():
            keys = self._keys()
            if (self.folder / PROMISE).exists():
                raise Refused("NTY-013", path=self.folder / PROMISE)
            opened = open_checkpoint(note, origin=self.origin, keys=[key.verifier for key in keys])
            write_durably(self.folder / PROMISE, signed_note(opened.note.text, keys), mode=_PROMISE_MODE)
        return opened

    def _keys(self) -> list[SignerKey]:
        return read_keys(self.folder, origin=self.origin)

    def _promise(self, keys: Sequence[SignerKey]) -> tuple[bytes, SignedCheckpoint]:
        path = self.folder / PROMISE
        try:
            note = path.read_bytes()
            return note, open_checkpoint(note, origin=self.origin, keys=[key.verifier for key in keys])
        except (OSError, Unsound):
            raise Corrupt("NTY-002", path=path) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.folder / LOCK
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise Refused("NTY-001", path=self.folder) from None
        except OSError:
            raise Refused("LOG-002", path=path) from None
        try:
            deadline = time.monotonic() + _BUSY_SECONDS
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise Refused("NTY-010", path=self.folder) from None
                time.sleep(_PAUSE_SECONDS)
            yield
        finally:
            os.close(descriptor)


def _must_extend(last: Checkpoint, wanted: Checkpoint, proof: Sequence[bytes]) -> None:
    refusal = Corrupt("NTY-003", size=wanted.size, promised=last.size)
    if wanted.origin != last.origin or wanted.extensions:
        raise refusal
    try:
        check_consistency(last.size, wanted.size, old_root=last.root, new_root=wanted.root, proof=proof)
    except Unsound:
        raise refusal from None
