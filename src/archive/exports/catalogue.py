"""The catalogue at a position, as a file that says where it comes from.

Rules
- One transaction on the projections, one position: rows, names and root are of the same moment. The same position gives
  the same bytes, but for texts that were erased since.
- The manifest says what was chosen, at which position, under which root of the log's tree, and the digest of the file.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from hashlib import file_digest
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from archive import __version__
from archive.domain.errors import Refused
from archive.exports.csv_file import write_csv
from archive.exports.jsonl_file import write_jsonl
from archive.exports.lines import Line, lines
from archive.exports.pair import written_together
from archive.exports.xlsx_file import MAX_ROWS, write_xlsx
from archive.projections import agencies, catalogue, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archive.log.log import Log
    from archive.projections.catalogue import ItemFilter
    from archive.projections.runner import Reader

Format = Literal["csv", "jsonl", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
Manifest = dict[str, Any]  # Any: JSON of every shape
# What the empty archive has instead of a moment of its own.
_BEFORE_ALL: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a file of Excel has no zones


def format_of(path: Path) -> Format:
    """The format that the ending of a file's name says. `Refused` EXP-001: it says none."""
    for one in FORMATS:
        if path.suffix.lower() == f".{one}":
            return one
    raise Refused("EXP-001", path=path, formats=", ".join(FORMATS))


def export_catalogue(  # noqa: PLR0913 - what is exported, from where and to where
    log: Log,
    reader: Reader,
    path: Path,
    *,
    form: Format,
    where: ItemFilter,
    as_of: int | None = None,
    replace: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write the items that a filter chooses as of a position, the newest unless another is asked for; the manifest.

    `Refused`: LOG-009 the position has not come, EXP-002 too many rows for a sheet, EXP-003 a cell too long for it, EXP-004
    an agency of the filter was not registered then, EXP-005 and EXP-006 the file cannot be written.
    """
    with reader.reading() as reading:
        db = reading.db
        position = reading.head if as_of is None else as_of
        if position > reading.head:
            raise Refused("LOG-009", position=position, head=reading.head)
        _must_be_registered({one.id for one in agencies.agencies(db, as_of=position, ids=where.agencies or [])}, where)
        chosen = catalogue.count(db, as_of=position, where=where)
        if form == "xlsx" and chosen >= MAX_ROWS:
            raise Refused("EXP-002", limit=MAX_ROWS - 1)
        manifest: Manifest = {
            "exported": "catalogue",
            "file": path.name,
            "filter": _filter(where),
            "format": form,
            "order": ["publishedOn", "id"],
            "origin": log.origin,
            "position": position,
            "program": f"archive {__version__}",
            "recordedAt": log.moment_of(position),
            # As a checkpoint writes it: position and root are what `archive audit check --expect` takes.
            "root": b64encode(tree.root(db, position)).decode(),
        }
        seen = _Seen(progress)
        with written_together(path, replace=replace) as (new, new_manifest):
            rows = seen.each(lines(reading, as_of=position, where=where))
            if form == "csv":
                count = write_csv(new, rows)
            elif form == "jsonl":
                count = write_jsonl(new, rows)
            else:
                count = write_xlsx(new, rows, about=_about(manifest, chosen), created=_created(manifest["recordedAt"]))
            assert count == chosen, "what is counted is what is listed"
            manifest |= {"rows": count, "erased": seen.erased, "withheld": seen.withheld, "bytes": new.stat().st_size}
            with new.open("rb") as file:
                manifest["sha256"] = file_digest(file, "sha256").hexdigest()
            new_manifest.write_text(
                json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n", encoding="utf-8"
            )
    return manifest


class _Seen:
    """Counts what goes by, and tells how far it is."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress = progress
        self.erased = self.withheld = 0

    def each(self, rows: Iterable[Line]) -> Iterator[Line]:
        for number, row in enumerate(rows, start=1):
            self.erased += row.text == "ERASED"
            self.withheld += row.text == "WITHHELD"
            yield row
            if number % 1_000 == 0:
                self._progress(number)


def _must_be_registered(found: set[str], where: ItemFilter) -> None:
    # An empty file for a mistyped id would look like an agency that published nothing.
    for agency in where.agencies or ():
        if agency not in found:
            raise Refused("EXP-004", agency=agency)


def _filter(where: ItemFilter) -> dict[str, object]:
    """What was asked for, in the words of the public contract."""
    told: dict[str, object] = {
        "agencies": where.agencies,
        "scheme": where.scheme,
        "categories": where.categories,
        "sections": where.sections,
        "channels": where.channels,
        "statuses": where.statuses,
    }
    if where.published_from is not None or where.published_to is not None:
        ends = {"from": where.published_from, "to": where.published_to}
        told["publishedOn"] = {name: day for name, day in ends.items() if day is not None}
    return {name: asked for name, asked in told.items() if asked is not None}


def _about(manifest: Manifest, rows: int) -> list[tuple[str, str]]:
    return [
        ("档案", manifest["origin"]),
        ("位置", str(manifest["position"])),
        ("记录时间", manifest["recordedAt"] or ""),
        ("树根", manifest["root"]),
        ("筛选条件", json.dumps(manifest["filter"], ensure_ascii=False, sort_keys=True)),
        ("条数", str(rows)),
        ("程序", manifest["program"]),
    ]


def _created(recorded_at: str | None) -> datetime:
    return _BEFORE_ALL if recorded_at is None else datetime.fromisoformat(recorded_at).replace(tzinfo=None)
