"""A snapshot: what serves, as one file that another node begins with instead of folding the log from its first entry.

    FILE        a generation, whole, as one SQLite file
    FILE.json   the manifest: which log, up to where, the file's hash, the root of the tree, the digests of all projections

What a snapshot says is believed as far as it is checked: the bytes are those of the manifest; they hold the rows of its
digests; the root in it is that of the signed checkpoint, where there is one. That the rows are those of the log, only a
fold from nothing says (`archive projection verify`).
"""

from __future__ import annotations

import os
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

import msgspec

from archive.domain.errors import Corrupt, Refused

if TYPE_CHECKING:
    from pathlib import Path

_FORM: Final = "archive/projection/snapshot/v1"


class Digests(msgspec.Struct, frozen=True):
    """Of one projection, SHA-256, hexadecimal: of what cannot be erased, and of text."""

    numbers: str
    text: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands beside a snapshot. `erased`: what was erased up to this entry is in no byte of it."""

    form: str = _FORM
    origin: str
    position: int
    erased: int
    root: str
    size: int
    sha256: str
    digests: dict[str, Digests]


def manifest_of(path: Path) -> Path:
    """Where the manifest of a snapshot is."""
    return path.with_name(f"{path.name}.json")


def write_manifest(path: Path, manifest: Manifest) -> None:
    """The manifest of a snapshot that is there; it is there whole or not at all."""
    new = path.with_name(f"{path.name}.json.new")
    with new.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(manifest_of(path))


def read_manifest(path: Path) -> Manifest:
    """The manifest of a snapshot whose bytes are those it names. PRJ-013: they are not, or there is none."""
    try:
        manifest = msgspec.json.decode(manifest_of(path).read_bytes(), type=Manifest)
        if manifest.form == _FORM and path.stat().st_size == manifest.size and sha256_of(path) == manifest.sha256:
            return manifest
    except FileNotFoundError:
        raise Refused("PRJ-014", path=path) from None
    except OSError:
        raise Refused("LOG-002", path=path) from None
    except (msgspec.MsgspecError, UnicodeError):
        pass
    raise Corrupt("PRJ-013", path=path)


def sha256_of(path: Path) -> str:
    """The hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
