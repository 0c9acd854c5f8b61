"""The bundle: one zip file with all that an auditor needs, to be checked with none of our programs and no network.

    checkpoint  tile/…            the tree (C2SP tlog-tiles) at the newest checkpoint
    checkpoints.jsonl             every note that was signed up to there
    openings.jsonl                for each seal that is public its salt and text; for each erased one, by which entry
    answers/counts.json           the yearly counts that the service answers at that position
    rules/events.json             which classes of text each type of entry seals, and which it makes public
    README.md                     how to check it, in Chinese and English

The key is not in it: whoever checks takes it from elsewhere. The same archive at the same checkpoint gives the same
bytes.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from archive.bundle.tree_files import CHECKPOINT, checkpoint_lines, tree_files
from archive.domain.errors import Refused
from archive.domain.events import TABLE
from archive.projections import agencies, catalogue, tallies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.checkpoints.store import Checkpoints, Stored
    from archive.disclosures.openings import Disclosures
    from archive.log.log import Log
    from archive.projections.measures import Dimension
    from archive.projections.runner import Reading

README: Final = Path(__file__).with_name("README.md")
# A zip file knows no time before 1980; none is told, so that the same content is the same file.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16
_BATCH: Final = 5_000
_DIVISIONS: Final[tuple[tuple[Dimension, ...], ...]] = ((), ("MONTH",), ("CHANNEL",), ("SECTION",), ("AGENCY",))


class _Sealed(msgspec.Struct, frozen=True):
    seals: dict[str, str]
    stream: str


_decode: Final = msgspec.json.Decoder(_Sealed).decode


def create_bundle(  # noqa: PLR0913 - the stores, and where to
    log: Log,
    disclosures: Disclosures,
    reading: Reading,
    checkpoints: Checkpoints,
    file: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Stored:
    """Write the bundle of the newest checkpoint; it is there whole or not at all. NTY-008: nothing is signed yet."""
    last = checkpoints.last()
    if last is None or last.size > reading.head:
        raise Refused("NTY-008", position=1, published=0)
    if file.exists():
        raise Refused("LOG-010", path=file)
    new = file.with_name(f"{file.name}.new")
    try:
        with new.open("wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as bundle:
                _write(bundle, "README.md", [README.read_bytes()])
                _write(bundle, CHECKPOINT, [last.note])
                _write(bundle, "checkpoints.jsonl", checkpoint_lines(checkpoints, size=last.size))
                _write(bundle, "rules/events.json", [_events()])
                _write(bundle, "answers/counts.json", [_counts(reading, last.size)])
                _write(bundle, "openings.jsonl", _openings(log, disclosures, reading, size=last.size))
                for done, (path, content) in enumerate(tree_files(log, reading, size=last.size), 1):
                    _write(bundle, path, [content])
                    progress(done)
            raw.flush()
            os.fsync(raw.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
    return last


def _write(bundle: zipfile.ZipFile, path: str, parts: Iterator[bytes] | list[bytes]) -> None:
    about = zipfile.ZipInfo(path, _DATE)
    about.external_attr = _MODE
    # Hashes do not grow smaller.
    hashes = path.startswith("tile/") and not path.startswith("tile/entries/")
    about.compress_type = zipfile.ZIP_STORED if hashes else zipfile.ZIP_DEFLATED
    with bundle.open(about, "w", force_zip64=True) as file:
        for part in parts:
            file.write(part)


def _events() -> bytes:
    rules = {
        f"{event_type}.v{version}": {"seals": list(event.SEALS), "clears": list(event.CLEARS)}
        for (event_type, version), event in sorted(TABLE.items(), key=lambda one: one[0])
    }
    return msgspec.json.format(msgspec.json.encode(rules), indent=1) + b"\n"


def _counts(reading: Reading, size: int) -> bytes:
    years = tallies.years(reading.db, as_of=size)
    schemes = {one.key for agency in agencies.agencies(reading.db, as_of=size) for one in agency.schemes}
    divided: list[tuple[tuple[Dimension, ...], str | None]] = [(by, None) for by in _DIVISIONS]
    divided += [(("CATEGORY",), scheme) for scheme in sorted(schemes)]
    rows = []
    for by, scheme in divided:
        # A category is one of a scheme.
        named = {} if scheme is None else {"scheme": scheme}
        rows += [
            {"year": row.year, "measure": row.measure, "value": row.value, "by": dict(row.dimensions), **named}
            for row in tallies.counts(reading.db, as_of=size, years=years, by=by, scheme=scheme)
        ]
    return b"[\n" + b",\n".join(msgspec.json.encode(row) for row in rows) + b"\n]\n"


def _openings(log: Log, disclosures: Disclosures, reading: Reading, *, size: int) -> Iterator[bytes]:
    """Each seal once, with the entry that first carried it, as far as the public may know what it sealed."""
    hidden = catalogue.hidden(reading.db)
    told: set[str] = set()
    for first in range(1, size + 1, _BATCH):
        last = min(first + _BATCH - 1, size)
        opened = {one.seal: (position, one) for position, one in disclosures.between(first, last)}
        rows = log.rows(after=first - 1, limit=_BATCH, until=last)
        entries = [(row.position, _decode(row.entry)) for row in rows]
        erased = disclosures.tombstones({sealed for _, entry in entries for sealed in entry.seals.values()})
        lines = []
        for position, entry in entries:
            for field, sealed in entry.seals.items():
                about: dict[str, object] = {"position": position, "field": field, "seal": sealed}
                carrier, opening = opened.get(sealed, (0, None))
                if erased.get(sealed, size + 1) <= size:
                    if sealed not in told:
                        told.add(sealed)
                        lines.append(about | {"erasedAt": erased[sealed]})
                elif (
                    carrier == position
                    and opening is not None
                    and opening.cleared <= size
                    and entry.stream not in hidden
                ):
                    lines.append(about | {"salt": opening.salt.hex(), "value": opening.value.decode()})
        yield b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
