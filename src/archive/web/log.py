"""The log as files: C2SP tlog-tiles (https://c2sp.org/tlog-tiles), proofs, keys, and what opens the seals.

    /log/checkpoint                                the newest signed note
    /log/tile/<L>/<N>[.p/<W>]                      tiles of hashes
    /log/tile/entries/<N>[.p/<W>]                  bundles of entries
    /log/checkpoints.jsonl[?after=<number>]        every note that was signed, one JSON object a line
    /log/vkey                                      the keys that sign now, one a line
    /log/proof/<position>.tlog-proof               a receipt (C2SP tlog-proof)
    /disclosures/<position>                        the seals of one entry; 410 where what it sealed was erased
    /disclosures/cleared/<N>[.p/<W>]               what the entries of bundle N made public and erased, one object a line

Rules
- A tile is cut out of a stored row; an entry is served as it is stored. Nothing is stored for this.
- What lies above the published size does not exist: the same answer, to the byte, as to an address that never will.
- Tiles and bundles never change, and may be kept for ever. What opens seals may be erased, and may be kept for a moment.
- `/disclosures/cleared` is for those who follow the log: with each bundle of entries they fetch what it opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec
from starlette.exceptions import HTTPException

from archive.bundle.tree_files import checkpoint_lines
from archive.merkle.refusal import Unsound
from archive.merkle.tiles import WIDTH, Bundle, encode_bundle, must_be_within, parse_path
from archive.projections import tree
from archive.projections.proofs import receipt
from archive.web.negotiation import JSON
from archive.web.replies import OCTETS, SHORT_CACHE, Reply, encode_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

    from archive.api.reads import Reads, Sources
    from archive.checkpoints.store import Checkpoints

TEXT: Final = "text/plain"
LINES: Final = "application/jsonl"
FOR_EVER: Final = "public, max-age=31536000, immutable"
# The newest note: a few seconds at most (tlog-tiles).
MOMENT: Final = "public, max-age=2"
# One answer to whatever does not exist, and to whatever is not published yet.
_NOTHING: Final = Reply(404, b"", TEXT, {"cache-control": MOMENT})


class _Sealed(msgspec.Struct, frozen=True):
    seals: dict[str, str]
    stream: str


_decode: Final = msgspec.json.Decoder(_Sealed).decode


class LogFiles:
    """The addresses below /log and /disclosures."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def checkpoint(self, _: Scope) -> Reply:
        """The newest note."""
        last = self._checkpoints.last()
        return _NOTHING if last is None else Reply(200, last.note, TEXT, {"cache-control": MOMENT})

    def vkey(self, _: Scope) -> Reply:
        """The keys that sign now. Whoever checks takes them from elsewhere."""
        keys = [one.vkey for one in self._checkpoints.key_periods() if one.until_size is None]
        return Reply(200, "".join(f"{one}\n" for one in keys).encode(), TEXT, {"cache-control": SHORT_CACHE})

    def tile(self, scope: Scope) -> Reply:
        """A tile of hashes, or a bundle of entries."""
        try:
            wanted = parse_path(f"tile/{scope['path_params']['path']}")
            with self._sources.reading() as reads:
                must_be_within(wanted, reads.head)
                if isinstance(wanted, Bundle):
                    body = encode_bundle([entry for _, entry in _entries(reads, wanted)])
                else:
                    body = tree.tile(reads.db, wanted, published=reads.head)
        except Unsound:
            return _NOTHING
        return Reply(200, body, OCTETS, {"cache-control": FOR_EVER})

    def proof(self, scope: Scope) -> Reply:
        """A receipt for one entry, with the newest checkpoint."""
        position = scope["path_params"]["position"]
        last = self._checkpoints.last()
        if last is None or not 0 < position <= last.size:
            return _NOTHING
        with self._sources.reading() as reads:
            if reads.head < last.size:
                # What is folded anew is behind for a while.
                return _NOTHING
            raw = receipt(reads.db, position, size=last.size, note=last.note)
        return Reply(200, raw, TEXT, {"cache-control": SHORT_CACHE})

    def disclosure(self, scope: Scope) -> Reply:
        """The seals of one entry, as the public may open them."""
        position = scope["path_params"]["position"]
        with self._sources.reading() as reads:
            row = reads.log.row(position) if 0 < position <= reads.head else None
            if row is None:
                return _NOTHING
            entry = _decode(row.entry)
            hidden = entry.stream in reads.hidden
            openings = {} if hidden else reads.disclosures.get(entry.seals.values())
            erased = reads.disclosures.tombstones(entry.seals.values())
            head = reads.head
        seals: list[dict[str, Any]] = []  # Any: JSON of every shape
        for field, sealed in entry.seals.items():
            shown: dict[str, Any] = {"field": field, "seal": sealed}  # Any: JSON of every shape
            opening = openings.get(sealed)
            if erased.get(sealed, head + 1) <= head:
                shown |= {"state": "ERASED", "erasedAt": erased[sealed]}
            elif opening is not None and opening.cleared <= head:
                shown |= {"state": "OPEN", "salt": opening.salt.hex(), "value": opening.value.decode()}
            else:
                shown["state"] = "SEALED"
            seals.append(shown)
        gone = bool(seals) and all(one["state"] == "ERASED" for one in seals)
        body = encode_json({"position": position, "stream": entry.stream, "seals": seals})
        return Reply(410 if gone else 200, body, JSON, {"cache-control": SHORT_CACHE})

    def cleared(self, scope: Scope) -> Reply:
        """What the entries of a bundle made public and erased, in the order of their seals."""
        try:
            wanted = parse_path(f"tile/entries/{scope['path_params']['path']}")
            if not isinstance(wanted, Bundle):
                return _NOTHING
            with self._sources.reading() as reads:
                must_be_within(wanted, reads.head)
                body = b"".join(_cleared(reads, wanted))
        except Unsound:
            return _NOTHING
        return Reply(200, body, LINES, {"cache-control": SHORT_CACHE})

    @property
    def _checkpoints(self) -> Checkpoints:
        checkpoints = self._sources.checkpoints
        if checkpoints is None:
            raise HTTPException(404)
        return checkpoints


class CheckpointList:
    """Every checkpoint as a line of JSON: sent part by part, so that a long list takes no memory."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Send the lines after a number."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        checkpoints = self._sources.checkpoints
        after = parse_qs(scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
        # SQLite counts in 63 bits.
        if checkpoints is None or re.fullmatch("[0-9]{1,18}", after) is None:
            raise HTTPException(404)
        headers = [(b"content-type", f"{LINES}; charset=utf-8".encode()), (b"cache-control", SHORT_CACHE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "GET":
            for part in checkpoint_lines(checkpoints, after=int(after)):
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _entries(reads: Reads, bundle: Bundle) -> list[tuple[int, bytes]]:
    """The entries of a bundle, each with its position, as they are stored."""
    first = bundle.number * WIDTH
    rows = reads.log.rows(after=first, limit=bundle.width, until=first + bundle.width)
    return [(row.position, row.entry) for row in rows]


def _cleared(reads: Reads, bundle: Bundle) -> Iterator[bytes]:
    first = bundle.number * WIDTH + 1
    last = first + bundle.width - 1
    cleared = reads.disclosures.cleared_between(first, last)
    # What is withdrawn as a secret or for privacy is hidden at every position; an entry repeats the seal that it clears.
    hidden = _hidden_seals(reads, bundle) if reads.hidden else frozenset()
    openings = reads.disclosures.get([sealed for sealed in cleared if sealed not in hidden])
    for sealed in sorted(openings):
        one = openings[sealed]
        yield (
            encode_json({"seal": sealed, "clearedAt": one.cleared, "salt": one.salt.hex(), "value": one.value.decode()})
            + b"\n"
        )
    for sealed, position in sorted(reads.disclosures.tombstones_between(first, last).items()):
        yield encode_json({"seal": sealed, "erasedAt": position}) + b"\n"


def _hidden_seals(reads: Reads, bundle: Bundle) -> frozenset[str]:
    entries = [_decode(raw) for _, raw in _entries(reads, bundle)]
    return frozenset(sealed for one in entries if one.stream in reads.hidden for sealed in one.seals.values())
