"""Witnesses: C2SP tlog-witness v1.0.0 (https://c2sp.org/tlog-witness): others sign what the notary signed, if it goes on.

    POST <url>/add-checkpoint    old <size> / the proof from there / a blank line / the note
    200  the witness's lines     409  the size that it cosigned last: asked once more, from there

Rules
- The notary's promise is on disk before a witness sees the note, and the witnesses' lines before the public does.
- Nobody is waited for beyond the time that is set (posting.py).
- A line gets into the note only if it is of the witness that was asked, and its signature is right.
"""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import Phrase, Refused
from archive.merkle.checkpoint import decimal, parse_checkpoint
from archive.merkle.note import Note, Signature, parse_line, parse_note, print_note
from archive.merkle.policy import parse_policy
from archive.merkle.refusal import Unsound
from archive.notary.posting import DONE, NOT_UNDERSTOOD, Answer, Post, answered, ask, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from archive.merkle.policy import Policy, Witness
    from archive.notary.posting import Address

_CONFLICT: Final = 409
_WRONG_LINE: Final = Phrase("签名不正确", "its signature is wrong")
_NO_LINE: Final = Phrase("答复中没有它的签名", "there is no line of it in its answer")
_AHEAD: Final = Phrase(
    "它已见证更大的日志:可能恢复了旧备份,或另有公证人",
    "it has cosigned a larger log: an old backup may have been restored, or there is a second notary",
)
_FORK: Final = Phrase("它见证过同样大小的另一棵树", "it has cosigned another tree of the same size")
_NO_PROOF: Final = Phrase("投影正在重建,没有延续证明", "there is no proof for it while the tree is folded anew")


class Cosigned(NamedTuple):
    """A note with the lines of witnesses, and whether they are enough."""

    note: bytes
    quorum: bool


class Witnesses:
    """The witnesses of one log. One thread asks them."""

    def __init__(self, policy: Policy, *, seconds: float, tell: Callable[[Refused], None] = lambda _: None) -> None:
        """`seconds`: how long all of them are waited for. `tell`: NTY-015 for each that did not sign, and why.

        NTY-016: the address of one is none of HTTP.
        """
        self._policy = policy
        self._seconds = seconds
        self._tell = tell
        self._asked = [one for one in policy.witnesses if one.url is not None]
        for one in self._asked:
            _address(one)
        # What each cosigned last, as far as it said.
        self._sizes: dict[str, int] = {}

    def cosign(self, note: bytes, *, before: int, proof: Callable[[int], Sequence[bytes] | None]) -> Cosigned:
        """The note with their lines.

        `before`: the size that they most likely cosigned last. `proof`: that the tree of the note goes on from a size;
        None: there is none at the moment.
        """
        opened = parse_note(note)
        size = parse_checkpoint(opened.text).size
        deadline = time.monotonic() + self._seconds
        lines: dict[str, Signature] = {}
        again: list[Witness] = []
        olds = {one.name: min(self._sizes.get(one.name, before), size) for one in self._asked}
        for one, answer in self._ask(self._asked, olds, note, proof, deadline=deadline):
            told = _told_size(answer)
            if told is None or told == olds[one.name]:
                self._take(one, answer, opened.text, lines, size=size)
            elif told > size:
                self._fails(one, _AHEAD)
            else:
                olds[one.name] = self._sizes[one.name] = told
                again.append(one)
        for one, answer in self._ask(again, olds, note, proof, deadline=deadline):
            self._take(one, answer, opened.text, lines, size=size)
        known = {(one.name, one.key_id) for one in opened.signatures}
        ordered = [lines[one.name] for one in self._asked if one.name in lines]
        more = tuple(one for one in ordered if (one.name, one.key_id) not in known)
        return Cosigned(print_note(Note(opened.text, opened.signatures + more)), self._policy.is_met(lines))

    def _ask(
        self,
        witnesses: Iterable[Witness],
        olds: dict[str, int],
        note: bytes,
        proof: Callable[[int], Sequence[bytes] | None],
        *,
        deadline: float,
    ) -> Iterator[tuple[Witness, Answer]]:
        """Ask them all at once; who answered in time, as they come."""
        asked = {}
        posts = {}
        for one in witnesses:
            hashes = proof(olds[one.name])
            if hashes is None:
                self._fails(one, _NO_PROOF)
                continue
            asked[one.name] = one
            posts[one.name] = Post(
                _address(one),
                _body(olds[one.name], hashes, note),
                media_type="text/plain; charset=utf-8",
                seconds=max(deadline - time.monotonic(), 0.001),
            )
        for name, answer in ask(posts, deadline=deadline):
            if isinstance(answer, Phrase):
                self._fails(asked[name], answer)
            else:
                yield asked[name], answer

    def _take(self, one: Witness, answer: Answer, text: bytes, lines: dict[str, Signature], *, size: int) -> None:
        """What a witness answered, if it is its line of this text."""
        if answer.status == _CONFLICT:
            self._fails(one, _FORK if _told_size(answer) == size else NOT_UNDERSTOOD)
        elif answer.status != DONE:
            self._fails(one, answered(answer.status))
        else:
            try:
                signed = _own_line(one, answer.body, text)
            except Unsound:
                self._fails(one, NOT_UNDERSTOOD)
                return
            if isinstance(signed, Phrase):
                self._fails(one, signed)
            else:
                lines[one.name] = signed
                self._sizes[one.name] = size

    def _fails(self, one: Witness, reason: Phrase) -> None:
        self._tell(Refused("NTY-015", witness=one.name, reason=reason))


def read_witnesses(path: Path, *, seconds: float, tell: Callable[[Refused], None] = lambda _: None) -> Witnesses:
    """The witnesses of a policy file. NTY-014: it cannot be read; POL-001, POL-002: it is no policy; NTY-016."""
    try:
        policy = parse_policy(path.read_bytes())
    except OSError:
        raise Refused("NTY-014", path=path) from None
    except Unsound as error:
        raise Refused(error.code, **error.facts) from None
    return Witnesses(policy, seconds=seconds, tell=tell)


def _body(old: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    lines = [f"old {old}", *(b64encode(one).decode() for one in hashes), ""]
    return "".join(f"{line}\n" for line in lines).encode() + note


def _told_size(answer: Answer) -> int | None:
    """The size in the answer of a witness that cosigned another last; None: it says none."""
    if answer.status != _CONFLICT:
        return None
    return decimal(answer.body.decode("ascii", "replace").removesuffix("\n"))


def _own_line(one: Witness, body: bytes, text: bytes) -> Signature | Phrase:
    """The line of this witness in an answer, verified; or why there is none. `Unsound`: there are other things than lines."""
    try:
        lines = [parse_line(line) for line in body.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError:
        return NOT_UNDERSTOOD
    for line in lines:
        # Lines of others are theirs to give.
        if (line.name, line.key_id) == (one.key.name, one.key.key_id):
            return line if one.key.verifies(text, line.payload) else _WRONG_LINE
    return _NO_LINE


def _address(one: Witness) -> Address:
    """Where it takes checkpoints."""
    found = parse_address(f"{(one.url or '').rstrip('/')}/add-checkpoint")
    if found is None:
        raise Refused("NTY-016", witness=one.name)
    return found
