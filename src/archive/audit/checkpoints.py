"""Every checkpoint that was ever signed, what the signer remembers, and notes that were kept outside.

    the store, in the order of signing ──▶ the note: its signature, its text, the columns beside it, its place
                                       ──▶ a claim of what the tree was (roots.py)
    the signer's memory                ──▶ a claim too; never behind the store

A crash leaves the memory ahead of the store, by the one note that was not stored yet: the promise comes first. It is never
behind, and what it names is always a tree of this log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from archive.audit.findings import Finding, finding
from archive.audit.roots import Claim, Head
from archive.domain.errors import Corrupt, Phrase
from archive.merkle.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from archive.merkle.note import VerifierKey, parse_note, verified
from archive.merkle.refusal import Unsound
from archive.notary.timestamps import is_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.checkpoints.store import Checkpoints, KeyPeriod, Stored

_PAGE: Final = 1_000
_EXTENDED: Final = Phrase(
    "它有扩展行,而本日志从不签署扩展行。", "It has extension lines, and this log never signs any."
)
_OUTSIDE_PERIOD: Final = Phrase(
    "签署它的密钥在此大小不在使用期内。", "The key that signed it was not in use at this size."
)
_BEHIND: Final = Phrase(
    "它落后于检查点库:公证文件夹是旧副本,或另有公证人使用同一密钥。",
    "It is behind the store: the notary's folder is an old copy, or a second notary uses the same key.",
)
_OTHER_TREE: Final = Phrase("它的树根与条目不符。", "Its root is not that of the entries.")
_TOO_LARGE: Final = Phrase("日志没有这么多条目。", "The log has not so many entries.")


class Signed(NamedTuple):
    """The store as it is at one moment, and what the signer remembers at a later one; None: it is not at hand.

    Both are looked at before the log is: what is signed meanwhile is left for the next audit.
    """

    store: Checkpoints
    last: Stored | None
    keys: list[KeyPeriod]
    promise: bytes | None


class KeptNote(NamedTuple):
    """A note that was kept outside, taken apart."""

    raw: bytes
    checkpoint: Checkpoint


def look(store: Checkpoints, promise: Callable[[], bytes | None] = lambda: None) -> Signed:
    """What is signed by now. The promise is asked for last, so that it is never older than the store."""
    last = store.last()
    keys = store.key_periods()
    return Signed(store, last, keys, promise())


def parse_kept(raw: bytes) -> KeptNote:
    """A note from outside. `Corrupt` with NTE-… or CKP-…: it is no checkpoint."""
    try:
        return KeptNote(raw, parse_checkpoint(parse_note(raw).text))
    except Unsound as error:
        raise Corrupt(error.code, **error.facts) from None


def parse_vkey(text: str) -> VerifierKey:
    """A verifier key as it was printed. `Corrupt`: NTE-008 it is none, NTE-009 its ID is wrong."""
    try:
        return VerifierKey.parse(text)
    except Unsound as error:
        raise Corrupt(error.code, **error.facts) from None


# --- what was kept outside --------------------------------------------------------------------------------------------
def check_kept(
    notes: Sequence[KeptNote],
    vkeys: Sequence[VerifierKey],
    signed: Signed | None,
    *,
    origin: str,
    report: Callable[[Finding], None],
) -> list[Head]:
    """The trees of notes that were kept outside: they are compared whoever signed them.

    AUD-048: a note is not signed by a key that is given, or, where none is, by one of the store. AUD-049: a key that is
    given never signed this log.
    """
    periods = [] if signed is None else signed.keys
    if periods:
        known = {one.vkey for one in periods}
        for key in vkeys:
            if str(key) not in known:
                report(finding("AUD-049", 0, key=key.key_id.hex()))
    for note in notes:
        size = note.checkpoint.size
        try:
            open_checkpoint(note.raw, origin=origin, keys=vkeys or _valid(periods, size))
        except Unsound as error:
            report(finding("AUD-048", size, size=size, reason=_why(error)))
    return [Head(note.checkpoint.size, note.checkpoint.root) for note in notes]


# --- what is kept inside ----------------------------------------------------------------------------------------------
class Counted:
    """How many checkpoints were looked at so far."""

    def __init__(self) -> None:
        self.checkpoints = 0


def claims(
    signed: Signed, *, origin: str, until: int, counted: Counted, report: Callable[[Finding], None]
) -> Iterator[Claim]:
    """What each checkpoint says that the tree was, as sizes grow; what is wrong with a note itself is reported.

    AUD-042 the note, AUD-043 a column beside it, AUD-044 its place; AUD-045 the root, AUD-046 the log is shorter,
    AUD-052 its time-stamp is of something else.
    """
    size = 0
    for number, stored in enumerate(_stored(signed), 1):
        counted.checkpoints += 1
        stamp = signed.store.timestamp_of(stored.number)
        if stamp is not None and not is_of(stamp.token, stored.note):
            report(finding("AUD-052", stored.size, number=stored.number))
        said = _opened(stored, signed.keys, origin=origin, report=report)
        head = Head(stored.size, stored.root) if said is None else Head(said.size, said.root)
        for field, column, noted in (("size", stored.size, head.size), ("root", stored.root, head.root)):
            if column != noted:
                report(finding("AUD-043", head.size, field=field, number=stored.number))
        if stored.number != number or head.size < size:
            report(finding("AUD-044", head.size, number=stored.number, size=head.size, before=size))
        if head.size > until:
            report(finding("AUD-046", until, number=stored.number, size=head.size, head=until))
        elif head.size >= size:
            size = head.size
            yield Claim(head, finding("AUD-045", size, number=stored.number))


def promised(signed: Signed, *, origin: str, until: int, report: Callable[[Finding], None]) -> list[Claim]:
    """What the signer remembers. AUD-047: no crash leaves it so."""
    if signed.promise is None:
        return []

    def said(size: int, reason: Phrase) -> Finding:
        return finding("AUD-047", min(size, until), size=size, reason=reason)

    try:
        checkpoint = _remembered(signed.promise, signed.keys, origin=origin)
    except Unsound as error:
        report(said(0, _why(error)))
        return []
    head = Head(checkpoint.size, checkpoint.root)
    if signed.last is not None and head.size < signed.last.size:
        report(said(head.size, _BEHIND))
    if head.size > until:
        report(said(head.size, _TOO_LARGE))
        return []
    return [Claim(head, said(head.size, _OTHER_TREE))]


def _stored(signed: Signed) -> Iterator[Stored]:
    after, last = 0, 0 if signed.last is None else signed.last.number
    while after < last:
        for stored in signed.store.page(after=after, limit=_PAGE):
            after = stored.number
            if after <= last:
                yield stored


def _remembered(raw: bytes, periods: Sequence[KeyPeriod], *, origin: str) -> Checkpoint:
    note = parse_note(raw)
    # A key that signs since after the newest checkpoint is in the memory alone: its line is passed over.
    verified(note, [VerifierKey.parse(one.vkey) for one in periods])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise Unsound("CKP-003", origin=origin)
    return checkpoint


def _opened(
    stored: Stored, periods: Sequence[KeyPeriod], *, origin: str, report: Callable[[Finding], None]
) -> Checkpoint | None:
    """What a stored note says, if it is signed by a key that was in use at its size."""
    reason: Phrase
    try:
        keys = [VerifierKey.parse(one.vkey) for one in periods]
        opened = open_checkpoint(stored.note, origin=origin, keys=keys)
        in_use = _valid(periods, opened.checkpoint.size)
        signers = {(one.name, one.key_id) for one in opened.by_log}
        if not signers.intersection((one.name, one.key_id) for one in in_use):
            reason = _OUTSIDE_PERIOD
        elif opened.checkpoint.extensions:
            reason = _EXTENDED
        else:
            return opened.checkpoint
    except Unsound as error:
        reason = _why(error)
    report(finding("AUD-042", stored.size, number=stored.number, reason=reason))
    return None


def _valid(periods: Sequence[KeyPeriod], size: int) -> list[VerifierKey]:
    """The keys that were in use at a size."""
    return [
        VerifierKey.parse(one.vkey)
        for one in periods
        if one.from_size <= size and (one.until_size is None or size < one.until_size)
    ]


def _why(error: Unsound) -> Phrase:
    said = Corrupt(error.code, **error.facts)
    return Phrase(said.sentence("zh"), said.sentence("en"))
