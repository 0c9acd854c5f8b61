"""The key file of a notary: one line for each key that signs, in the form of Go's note package; read by its owner alone.

Two lines are the time of a rotation: every checkpoint then has a line of each key, until the older one is retired.
The file stands in the notary's folder, never in the home folder, so that no backup of an archive holds it.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from archive.domain.errors import Corrupt, Refused
from archive.merkle.note import KEY_BYTES, SignerKey
from archive.merkle.refusal import Unsound
from archive.notary.files import write_durably

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "key"
MODE: Final = 0o600
# A rotation has two; more would only make every checkpoint longer.
MAX_KEYS: Final = 2


def new_key(origin: str) -> SignerKey:
    """A new key of this log, from the operating system's randomness. Its name is the log's (tlog-checkpoint)."""
    return SignerKey(origin, secrets.token_bytes(KEY_BYTES))


def write_keys(folder: Path, keys: Sequence[SignerKey]) -> None:
    """The key file with these keys, whole or not at all."""
    assert 1 <= len(keys) <= MAX_KEYS, "one key signs, two during a rotation"
    write_durably(folder / FILE, "".join(f"{key.secret()}\n" for key in keys).encode("ascii"), mode=MODE)


def read_keys(folder: Path, *, origin: str) -> list[SignerKey]:
    """The keys that sign. NTY-001: there is no notary; NTY-005: others may read the file; NTY-006: it is damaged."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Refused("NTY-005", path=path)
            lines = file.read(4_096).decode("ascii").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        raise Refused("NTY-001", path=folder) from None
    except UnicodeDecodeError:
        raise Corrupt("NTY-006", path=path) from None
    except OSError:
        raise Refused("LOG-002", path=path) from None
    try:
        keys = [SignerKey.parse(line) for line in lines]
    except Unsound:
        raise Corrupt("NTY-006", path=path) from None
    if not 1 <= len(keys) <= MAX_KEYS or any(key.verifier.name != origin for key in keys):
        raise Corrupt("NTY-006", path=path)
    return keys
