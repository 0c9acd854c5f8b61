"""Policies: C2SP tlog-policy (https://c2sp.org/tlog-policy): which witnesses there are, and which of them are enough.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name> …
    quorum <name>|none

Rules
- A line names only what stands above it, so that no group holds itself.
- Whoever is in one group is in no other, and a key is listed once: nobody counts twice.
- Names are bytes: what looks alike is not the same.
- Witnesses are those whose keys are Ed25519 (0x04), as cosignature.py verifies them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.merkle.cosignature import WitnessKey
from archive.merkle.note import VerifierKey
from archive.merkle.refusal import Unsound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_BYTES: Final = 100_000
NONE: Final = "none"
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class Witness(NamedTuple):
    """A witness: its name in the policy, its key, and where checkpoints are submitted to it, if that is said."""

    name: str
    key: WitnessKey
    url: str | None


class Group(NamedTuple):
    """So many of the members are enough."""

    threshold: int
    members: tuple[str, ...]


class Policy(NamedTuple):
    """Logs, witnesses, and whose cosignatures are enough."""

    logs: tuple[VerifierKey, ...]
    witnesses: tuple[Witness, ...]
    groups: dict[str, Group]
    quorum: str

    def is_met(self, signed: Collection[str]) -> bool:
        """Whether the witnesses of these names are enough."""
        return self.quorum == NONE or self._has(self.quorum, signed)

    def _has(self, name: str, signed: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in signed
        return sum(self._has(one, signed) for one in group.members) >= group.threshold


def parse_policy(raw: bytes) -> Policy:
    """The policy of a file. `Unsound`: POL-001 a line is none of a policy's, POL-002 it is too long, or has no quorum."""
    reading = _Reading()
    if len(raw) > MAX_BYTES:
        raise Unsound("POL-002")
    for number, line in enumerate(raw.split(b"\n"), 1):
        words = [_name(word) for word in re.split(rb"[ \t]+", line.strip(b" \t"))]
        try:
            if _CONTROL.search(line) is not None:
                reading.take(number, [])
            elif words != [""] and not words[0].startswith("#"):
                reading.take(number, words)
        except Unsound:
            # Whatever is wrong with a key, the line is what can be mended.
            raise Unsound("POL-001", line=number) from None
    return reading.policy()


def _name(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")


class _Reading:
    """What the lines so far say."""

    def __init__(self) -> None:
        self._line = 0
        self._logs: list[VerifierKey] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def take(self, line: int, words: Sequence[str]) -> None:
        """Add what the words of a line say. `Unsound`: they are none, or say what cannot be."""
        self._line = line
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                key = VerifierKey.parse(vkey)
                self._must(key.public not in {one.public for one in self._logs})
                self._logs.append(key)
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                witness = Witness(name, WitnessKey.parse(vkey), words[3] if len(words) > 3 else None)
                self._must(self._is_new(name))
                self._must(witness.key.public not in {one.key.public for one in self._witnesses.values()})
                self._witnesses[name] = witness
            case ["group", name, enough, *members]:
                self._must(self._is_new(name) and bool(members) and len(set(members)) == len(members))
                self._must(all(self._is_known(one) and one not in self._members for one in members))
                self._groups[name] = Group(self._threshold(enough, len(members)), tuple(members))
                self._members.update(members)
            case ["quorum", name]:
                self._must(self._quorum is None and (name == NONE or self._is_known(name)))
                self._quorum = name
            case _:
                raise Unsound("POL-001", line=self._line)

    def policy(self) -> Policy:
        """What all lines say together."""
        if self._quorum is None:
            raise Unsound("POL-002")
        return Policy(tuple(self._logs), tuple(self._witnesses.values()), self._groups, self._quorum)

    def _threshold(self, enough: str, members: int) -> int:
        if enough in {"all", "any"}:
            return members if enough == "all" else 1
        self._must(re.fullmatch(r"[1-9][0-9]{0,4}", enough) is not None and int(enough) <= members)
        return int(enough)

    def _is_known(self, name: str) -> bool:
        return name in self._witnesses or name in self._groups

    def _is_new(self, name: str) -> bool:
        return name != NONE and not self._is_known(name)

    def _must(self, so: object) -> None:
        if not so:
            raise Unsound("POL-001", line=self._line)
