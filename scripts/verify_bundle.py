#!/usr/bin/env python3
"""Checks a bundle of an open-government archive: one file, the Python standard library, no code of the archive, no network.

    python3 -I verify_bundle.py BUNDLE.zip --vkey KEY [--expect "SIZE ROOT"] [--against NOTE-FILE]

BUNDLE is the zip file or the folder unpacked from it. KEY is the line that names the log's key, or a file that holds it;
take it from where the archive's own server has no say. --expect takes what a report printed, --against a checkpoint that
somebody kept: only with one of them can it be noticed that an owner wrote the whole log anew and signed it again.

Exit code 0: all of this holds. 4: something does not, and each finding stands on a line of its own with its position.

What is checked, section by section
  2 the files are there, once each, and none that the signed tree does not have
  3 Ed25519 signatures                                                       RFC 8032, section 5.1
  4 the checkpoint, each older one, and what was kept outside                C2SP signed-note, tlog-checkpoint
  5 every tile, and the root of every checkpoint ever signed                 RFC 6962, section 2.1; C2SP tlog-tiles
  6 every entry: its only bytes, its place in its stream, its moment         RFC 8785 in a narrow profile
  7 every opening against its seal, every erasure, and that nothing public is withheld       HMAC-SHA-256, RFC 2104
  8 the yearly counts of items published and of requests received, recomputed from the entries

What is not checked: whether the law was kept, reviews, and the counts that section 8 does not name. Nothing can be learnt
from inside about what was never entered. Needs Python 3.9 or later. Memory does not grow with the log: what has to be
looked up again lies in a temporary database of SQLite.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import unicodedata
import zipfile
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Point = tuple[int, int, int, int]

Json = Any  # Any: JSON of every shape, looked at before it is used


# === 1 Findings ==========================================================================================================
# code -> what it says, in Chinese and in English. A sentence never repeats the text of an opening.
SENTENCES = {
    "missing": ("缺少文件 {path}。", "The file {path} is missing."),
    "unreadable": ("文件 {path} 无法读出。", "The file {path} cannot be read."),
    "twice": ("文件 {path} 出现两次。", "The file {path} is there twice."),
    "surplus": ("所签的树没有 {path}。", "The tree that was signed has no {path}."),
    "note": ("{path} 不是合格的签名文本:{why}。", "{path} is not a sound signed note: {why}."),
    "signature": ("{path} 的签名不成立。", "A signature of {path} does not hold."),
    "unsigned": ("{path} 没有所给密钥的签名。", "{path} is signed by none of the given keys."),
    "origin": ("{path} 属于另一日志。", "{path} is of another log."),
    "list": ("checkpoints.jsonl 第 {line} 行不合格:{why}。", "Line {line} of checkpoints.jsonl is not sound: {why}."),
    "fork": (
        "对大小 {size} 签署过两个不同的树根。",
        "Two different roots were signed for the size {size}.",
    ),
    "cut-off": (
        "签署过大小 {size} 的树,本包只到 {ours}。",
        "A tree of the size {size} was signed, and this bundle ends at {ours}.",
    ),
    "root": (
        "前 {size} 个条目的树根与 {path} 所签的不同。",
        "The root over the first {size} entries is not the one that {path} says.",
    ),
    "tile": ("瓦片 {path} 与条目不符。", "The tile {path} does not follow from the entries."),
    "bundle": ("{path} 不是 {width} 个条目:{why}。", "{path} is not {width} entries: {why}."),
    "canonical": ("条目不合规定的格式:{why}。", "The entry does not have the form of an entry: {why}."),
    "text": ("条目中 {field} 处有自由文本。", "There is free text in the entry, at {field}."),
    "log": ("条目属于另一日志。", "The entry belongs to another log."),
    "chain": (
        "流 {stream} 的 {field} 应为 {expected},而非 {found}。",
        "In the stream {stream} {field} should be {expected}, and is {found}.",
    ),
    "moment": (
        "记录时间 {at} 早于前一条目的 {before}。",
        "It says {at}, which is before {before} of the entry before.",
    ),
    "back-dated": (
        "记录时间 {at} 早于不含本条目的检查点({signed})。",
        "It says {at}, and a checkpoint without it was signed at {signed}.",
    ),
    "post-dated": (
        "记录时间 {at} 晚于含有本条目的检查点({signed})。",
        "It says {at}, and a checkpoint with it was signed at {signed}.",
    ),
    "seal-moved": ("封存码已用于位置 {first}。", "The seal stands in another stream or field, at position {first}."),
    "opening": ("openings.jsonl 第 {line} 行不合格:{why}。", "Line {line} of openings.jsonl is not sound: {why}."),
    "seal": ("{field} 的文本不能打开其封存码。", "The text of {field} does not open its seal."),
    "not-cleared": ("{field} 的文本未经公开即被披露。", "The text of {field} is opened, and no entry made it public."),
    "withheld": ("{field} 已公开,却既无文本也无删除记录。", "{field} is public, and neither opened nor erased."),
    "erasure": ("{field} 的删除没有条目可据。", "The erasure of {field} is said by no entry."),
    "still-there": ("{field} 已由位置 {erased} 删除,文本仍在。", "{field} was erased at {erased}, and is still there."),
    "erased-what": ("所删除的封存码不是本流所有。", "It erases a seal that its stream does not carry."),
    "rules": (
        "{path}:{kind} 公开的文本与本程序所知不同,请使用同一版本的程序。",
        "{path}: {kind} makes other texts public than this program knows; take the program of that version.",
    ),
    "answers": ("{path} 不合格:{why}。", "{path} is not sound: {why}."),
    "number": (
        "{path}:{year} 年 {measure} {by} 公布为 {said},由条目算得 {found}。",
        "{path}: {measure} of {year} {by} is said to be {said}, and follows as {found} from the entries.",
    ),
}
# Beyond them the rest is counted.
MAX_SHOWN = 1_000


class Findings:
    """What does not hold, printed as it is found."""

    def __init__(self, language: str) -> None:
        self.count = 0
        self._chinese = language == "zh"

    def add(self, code: str, position: int = 0, **facts: object) -> None:
        """Print a finding. Position 0 is the bundle as a whole."""
        self.count += 1
        if self.count <= MAX_SHOWN:
            sentence = SENTENCES[code][0 if self._chinese else 1]
            where = f"[{position}]" if position else "[-]"
            print(where, f"{code}:", sentence.format_map(facts))

    def say(self, chinese: str, english: str) -> None:
        """Print a line that is no finding."""
        print(chinese if self._chinese else english)


# === 2 Files =============================================================================================================
# No file of a tree is larger than 256 entries of 65,535 bytes with their lengths.
MAX_FILE = 256 * (2 + 65_535)
MAX_NOTE = 1_000_000
MAX_LINE = 1_000_000
UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class Files:
    """The files of a bundle, in a zip file or a folder; nothing is unpacked."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self._findings = findings
        self._folder = path
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        self.names: set[str] = set()
        for name in self._listed():
            if name in self.names:
                findings.add("twice", path=name)
            self.names.add(name)

    def _listed(self) -> Iterator[str]:
        if self._zip is not None:
            yield from (one.filename for one in self._zip.infolist() if not one.is_dir())
            return
        for folder, _, files in os.walk(self._folder):
            for file in files:
                yield (Path(folder) / file).relative_to(self._folder).as_posix()

    def read(self, name: str, limit: int = MAX_FILE) -> bytes | None:
        """The bytes of a file; None where it is missing, larger than it may be or damaged, which is a finding."""
        if name not in self.names:
            self._findings.add("missing", path=name)
            return None
        try:
            with self._open(name) as file:
                content: bytes = file.read(limit + 1)
            if len(content) <= limit:
                return content
        except UNREADABLE:
            pass
        self._findings.add("unreadable", path=name)
        return None

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of a file with their numbers, one after the other."""
        if name not in self.names:
            self._findings.add("missing", path=name)
            return
        try:
            with self._open(name) as file:
                number = 0
                while line := file.readline(MAX_LINE + 1):
                    number += 1
                    if len(line) > MAX_LINE:
                        self._findings.add("unreadable", path=name)
                        return
                    yield number, line
        except UNREADABLE:
            self._findings.add("unreadable", path=name)

    def _open(self, name: str) -> Any:  # noqa: ANN401 - Any: a binary file of one kind or the other
        return (self._folder / name).open("rb") if self._zip is None else self._zip.open(name)


# === 3 Ed25519, RFC 8032 section 5.1 ======================================================================================
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z (section 5.1.4). Nothing here is secret, so time may tell.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def _add(a: Point, b: Point) -> Point:
    """Section 5.1.4."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def _double(a: Point) -> Point:
    """Section 5.1.4, doubling."""
    x, y = a[0] * a[0] % P, a[1] * a[1] % P
    h = x + y
    e = h - (a[0] + a[1]) ** 2 % P
    g = x - y
    f = 2 * a[2] * a[2] % P + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _decode_point(raw: bytes) -> Point | None:
    """Section 5.1.3."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if len(raw) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _encode_point(a: Point) -> bytes:
    """Section 5.1.2."""
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message: [S]B = R + [k]A, section 5.1.7, without the cofactor."""
    a = _decode_point(public)
    s = int.from_bytes(signature[32:], "little")
    if a is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], 1, P - a[3])
    both = _add(BASE, minus_a)
    # [S]B - [k]A, both at once from the highest bit on.
    found: Point = NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        found = _double(found)
        here = (s >> bit & 1) + 2 * (k >> bit & 1)
        if here:
            found = _add(found, (BASE, minus_a, both)[here - 1])
    return _encode_point(found) == signature[:32]


# === 4 Notes and checkpoints, C2SP signed-note and tlog-checkpoint =========================================================
ED25519 = 1
DASH = "— "
NAME = re.compile(r"[^\s+\x00-\x1f]+")
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class NotSound(Exception):
    """What was read is not what it should be; the text says why, in English."""


class Key(NamedTuple):
    """A verifier key: name+keyID+base64(type || public key)."""

    name: str
    key_id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """What a note says: the log, how many entries, and the root of their tree."""

    origin: str
    size: int
    root: bytes


def strict_base64(text: str) -> bytes:
    """The bytes behind padded standard base64, which has one way to write them."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise NotSound("what should be base64 is not") from None
    if b64encode(raw).decode() != text:
        raise NotSound("base64 that is not canonical")
    return raw


def parse_key(line: str) -> Key:
    """A verifier key; its base64 may hold a plus itself. keyID = SHA-256(name || LF || type || key)[:4]."""
    name, identifier, encoded = [*line.strip().split("+", 2), "", ""][:3]
    raw = strict_base64(encoded)
    if not NAME.fullmatch(name) or len(raw) != 33 or raw[0] != ED25519:
        raise NotSound("not a verifier key of type Ed25519")
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if key_id.hex() != identifier:
        raise NotSound("the key's ID is not that of the key")
    return Key(name, key_id, raw[1:])


def parse_note(raw: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """The text that is signed, with its last newline, and its signature lines: name, key ID, signature."""
    if len(raw) > MAX_NOTE or re.search(rb"[\x00-\x09\x0b-\x1f]", raw):
        raise NotSound("control characters, or too long")
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise NotSound("not UTF-8") from None
    text, blank, lines = raw.rpartition(b"\n\n")
    if not blank or not lines.endswith(b"\n"):
        raise NotSound("no blank line before the signatures, or no newline at the end")
    signatures = []
    for line in lines[:-1].decode().split("\n"):
        name, _, encoded = line[len(DASH) :].partition(" ")
        decoded = strict_base64(encoded)
        if not line.startswith(DASH) or not NAME.fullmatch(name) or len(decoded) <= 4:
            raise NotSound("a signature line that is none")
        signatures.append((name, decoded[:4], decoded[4:]))
    return text + b"\n", signatures


def parse_checkpoint(text: bytes) -> Checkpoint:
    """The text is origin LF size LF base64(root) LF, and extension lines that nobody can audit."""
    origin, size, root, *rest = [*text.decode().split("\n"), "", "", ""]
    decoded = strict_base64(root)
    if not origin or not DECIMAL.fullmatch(size) or len(decoded) != 32 or len(rest) < 4 or "" in rest[:-4]:
        raise NotSound("not the text of a checkpoint")
    if int(size) == 0 and decoded != EMPTY_ROOT:
        raise NotSound("an empty tree has another root")
    return Checkpoint(origin, int(size), decoded)


def open_checkpoint(raw: bytes, path: str, keys: list[Key], origin: str, findings: Findings) -> Checkpoint | None:
    """The checkpoint in a note. A line of a key that we do not know is passed over; one that we know must be right."""
    try:
        text, signatures = parse_note(raw)
        checkpoint = parse_checkpoint(text)
    except NotSound as error:
        findings.add("note", path=path, why=error)
        return None
    by_us = 0
    for name, key_id, signature in signatures:
        for key in keys:
            if (key.name, key.key_id) == (name, key_id):
                by_us += 1
                if not is_signed(key.public, text, signature):
                    findings.add("signature", path=path)
    if not by_us:
        findings.add("unsigned", path=path)
    if checkpoint.origin != origin:
        findings.add("origin", path=path)
    return checkpoint


# === 5 The tree, RFC 6962 section 2.1, and its tiles, C2SP tlog-tiles ======================================================
WIDTH = 256
EMPTY_ROOT = hashlib.sha256(b"").digest()
TILE = re.compile(r"tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Groups of three digits, all but the last after an x; `.p/W` where it is not full."""
    digits = str(number).zfill(-(-len(str(number)) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = f"tile/{level}/" + "".join(f"x{group}/" for group in groups[:-1]) + groups[-1]
    return path if width == WIDTH else f"{path}.p/{width}"


class Tree:
    """Grows by leaf hashes. Holds a node for each binary digit of its size, and one row of hashes for each level."""

    def __init__(self, files: Files, size: int, findings: Findings) -> None:
        self.size = 0
        self._nodes: list[bytes] = []
        self._rows: list[bytearray] = []
        self._numbers: list[int] = []
        self._files = files
        self._findings = findings
        self._seen: set[str] = set()
        self._shorter: dict[tuple[str, int], list[int]] = {}
        for name in files.names:
            self._note_shorter(name, size)

    def _note_shorter(self, name: str, size: int) -> None:
        """Partial tiles of smaller trees, which a published log may keep: each is the beginning of a later one."""
        found = TILE.fullmatch(name)
        if found is None or found[3] is None:
            return
        number, width = int(found[2].replace("x", "").replace("/", "")), int(found[3])
        level = 0 if found[1] == "entries" else int(found[1])
        length = (size >> 8 * level) - number * WIDTH
        if tile_path(found[1], number, width) == name and width < min(length, WIDTH):
            self._shorter.setdefault((found[1], number), []).append(width)

    def append(self, leaf: bytes) -> None:
        """Append a leaf, and compare each tile that it fills with the file."""
        self._nodes.append(leaf)
        digits = self.size
        while digits & 1:
            right = self._nodes.pop()
            self._nodes.append(node_hash(self._nodes.pop(), right))
            digits >>= 1
        self.size += 1
        self._put(0, leaf)

    def _put(self, level: int, node: bytes) -> None:
        if level == len(self._rows):
            self._rows.append(bytearray())
            self._numbers.append(0)
        row = self._rows[level]
        row += node
        if len(row) == 32 * WIDTH:
            full = bytes(row)
            self._compare(level, self._numbers[level], full)
            row.clear()
            self._numbers[level] += 1
            # Only full tiles are hashed upwards.
            self._put(level + 1, _root(full))

    def finish(self) -> None:
        """Compare the tiles at the right edge, and look for files that the tree does not have."""
        for level, row in enumerate(self._rows):
            if row:
                self._compare(level, self._numbers[level], bytes(row))
        for name in sorted(self._files.names - self._seen):
            if name.startswith("tile/"):
                self._findings.add("surplus", path=name)

    def bundle(self, number: int, width: int) -> list[bytes] | None:
        """The entries of a bundle: each after its length in two bytes, the highest first."""
        path = tile_path("entries", number, width)
        self._seen.add(path)
        raw = self._files.read(path)
        if raw is None:
            return None
        entries, at, ends = [], 0, [0]
        while at + 2 <= len(raw):
            end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
            entries.append(raw[at + 2 : end])
            at = end
            ends.append(end)
        if at != len(raw) or len(entries) != width:
            first = number * WIDTH + 1
            self._findings.add("bundle", first, path=path, width=width, why=f"{len(raw)} bytes, {len(entries)} entries")
            return None
        for shorter in self._shorter.get(("entries", number), ()):
            self._compare_file(tile_path("entries", number, shorter), raw[: ends[shorter]], number * WIDTH + 1)
        return entries

    def root(self) -> bytes:
        """The root of the tree as it is."""
        if not self._nodes:
            return EMPTY_ROOT
        root = self._nodes[-1]
        for left in reversed(self._nodes[:-1]):
            root = node_hash(left, root)
        return root

    def _compare(self, level: int, number: int, row: bytes) -> None:
        position = (number * WIDTH << 8 * level) + 1
        for width in (len(row) // 32, *self._shorter.get((str(level), number), ())):
            self._compare_file(tile_path(level, number, width), row[: 32 * width], position)

    def _compare_file(self, path: str, expected: bytes, position: int) -> None:
        self._seen.add(path)
        raw = self._files.read(path)
        if raw is not None and raw != expected:
            self._findings.add("tile", position, path=path)


def _root(row: bytes) -> bytes:
    """The root over a full tile."""
    hashes = [row[at : at + 32] for at in range(0, len(row), 32)]
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


# === 6 Entries ===========================================================================================================
MAX_INTEGER = 2**53 - 1
MAX_ENTRY = 32 * 1024
MEMBERS = frozenset({"at", "by", "cmd", "data", "log", "prev", "seals", "stream", "type", "v", "ver"})
MEMBER_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
# Ids, codes, days, moments, digests, seals: what may stand in an entry. Nothing that a person writes looks like that
# for long, since there are no spaces and no letters but those of ASCII.
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.:+_/-]{0,127}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}([0-9]{3})?)?Z")
STREAM = re.compile(r"[a-z](?:[a-z-]{0,22}[a-z])?-[0-9a-f]{32}")
SEAL = re.compile(r"s1:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# How much a clock may differ between who records and who signs.
TOLERANCE_SECONDS = 120


def parse_entry(raw: bytes) -> Json:
    """The entry behind stored bytes. `NotSound`: they are not the only bytes it has (sorted keys, no spaces, no floats)."""
    if len(raw) > MAX_ENTRY:
        raise NotSound(f"longer than {MAX_ENTRY} bytes")
    try:
        entry = json.loads(raw.decode(), parse_float=_refuse, parse_constant=_refuse)
        again = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise NotSound("not JSON of the profile") from None
    if not isinstance(entry, dict) or again != raw:
        raise NotSound("not its canonical bytes")
    _check_members(entry)
    if MEMBERS - entry.keys() - {"prev"} or entry.keys() - MEMBERS:
        raise NotSound("not the members of an entry")
    if not (
        all(isinstance(entry[name], str) for name in ("at", "by", "cmd", "log", "stream", "type"))
        and all(type(entry.get(name, 1)) is int and entry.get(name, 1) > 0 for name in ("prev", "v", "ver"))
        and isinstance(entry["data"], dict)
        and isinstance(entry["seals"], dict)
    ):
        raise NotSound("a member of the wrong type")
    # An entry has whole seconds, so that moments are compared as they are written.
    if len(entry["at"]) != len("2018-03-14T02:00:00Z") or not STREAM.fullmatch(entry["stream"]):
        raise NotSound("not a moment, or not a stream")
    moment_of(entry["at"])
    if not all(isinstance(one, str) and SEAL.fullmatch(one) for one in entry["seals"].values()):
        raise NotSound("a seal that is none")
    return entry


def moment_of(text: str) -> datetime:
    """A moment in UTC, of a day that there is; without its zone, since all of them are in UTC."""
    try:
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text[:-1])
    except ValueError:
        pass
    raise NotSound("not a moment")


def _refuse(_: str) -> None:
    raise ValueError


def _check_members(value: Json) -> None:
    """No null, integers that every reader keeps exact, names of members in one alphabet, text in one form."""
    if isinstance(value, dict):
        for name, one in value.items():
            if not MEMBER_NAME.fullmatch(name):
                raise NotSound("a member with another name")
            _check_members(one)
    elif isinstance(value, list):
        for one in value:
            _check_members(one)
    elif isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise NotSound("a string that is not NFC")
    elif value is None or abs(value) > MAX_INTEGER:
        raise NotSound("null, or an integer too large")


def free_text(value: Json, where: str) -> str | None:
    """Where a string stands that is no code; None where there is none."""
    if isinstance(value, str):
        return None if CODE.fullmatch(value) else where
    parts: Iterable[tuple[object, Json]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, one in parts:
        found = free_text(one, f"{where}.{name}")
        if found is not None:
            return found
    return None


class Entries:
    """Follows the entries in order: each stream from its beginning, and what later sections ask for."""

    def __init__(self, db: sqlite3.Connection, origin: str, findings: Findings) -> None:
        self._db = db
        self._origin = origin
        self._findings = findings
        self.newest = ""
        db.execute("CREATE TABLE streams (stream TEXT PRIMARY KEY, position, ver, hidden) WITHOUT ROWID")
        create_seals(db)
        create_facts(db)

    def add(self, position: int, raw: bytes) -> str | None:
        """Check one entry; its moment, if it is one."""
        try:
            entry = parse_entry(raw)
        except NotSound as error:
            self._findings.add("canonical", position, why=error)
            return None
        where = free_text({name: entry[name] for name in ("by", "cmd", "data", "log", "type")}, "entry")
        if where is not None:
            self._findings.add("text", position, field=where)
        if entry["log"] != self._origin:
            self._findings.add("log", position)
        if entry["at"] < self.newest:
            self._findings.add("moment", position, at=entry["at"], before=self.newest)
        self.newest = max(self.newest, entry["at"])
        try:
            self._follow(position, entry)
            add_seals(self._db, position, entry, self._findings)
            add_facts(self._db, entry)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError, sqlite3.Error):
            self._findings.add("canonical", position, why="not the data of its type")
        at: str = entry["at"]
        return at

    def _follow(self, position: int, entry: Json) -> None:
        stream = entry["stream"]
        row = self._db.execute("SELECT position, ver, hidden FROM streams WHERE stream = ?", (stream,)).fetchone()
        before, version, hidden = row or (None, 0, 0)
        for field, expected, found in (("ver", version + 1, entry["ver"]), ("prev", before, entry.get("prev"))):
            if found != expected:
                self._findings.add("chain", position, stream=stream, field=field, expected=expected, found=found)
        if entry["type"] == "item-withdrawn":
            hidden = int(entry["data"].get("ground") in HIDING)
        elif entry["type"] == "item-restored":
            hidden = 0
        values = (stream, position, entry["ver"], hidden)
        self._db.execute("INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?)", values)


# === 7 Seals, openings, erasures =========================================================================================
# M    = "opengov-archive/seal/v1" LF origin LF stream LF field LF decimal(len(value)) LF value
# seal = "s1:" + base64url without padding( HMAC-SHA-256(key = salt, M) )
SEAL_CONTEXT = b"opengov-archive/seal/v1\n"
# Type of entry -> the classes of text that anyone may open from it on.
CLEARS = {
    "agency-registered": ("text",),
    "agency-renamed": ("text",),
    "calendar-adopted": ("text",),
    "category-added": ("text",),
    "category-renamed": ("text",),
    "category-scheme-adopted": ("text",),
    "channel-registered": ("text",),
    "consultation-feedback-published": ("text",),
    "consultation-opened": ("text",),
    "guide-version-published": ("text",),
    "index-number-assigned": ("text",),
    "interpretation-published": ("text",),
    "issue-responded": ("text",),
    "item-corrected": ("text",),
    "item-published": ("text", "link"),
    "item-updated": ("text",),
    "place-moved": ("text",),
    "place-opened": ("text",),
    "post-established": ("text",),
    "publication-added": ("link",),
    "publication-url-changed": ("link",),
    "report-difference-explained": ("text",),
    "report-published": ("text",),
    "review-policy-adopted": ("text",),
    "rule-adopted": ("text",),
    "rule-amended": ("text",),
    "section-opened": ("text",),
    "section-renamed": ("text",),
}
# Kinds of stream whose class `text` is never left out: behind such a seal is a text, not a decoy, so it must be opened.
NEVER_ABSENT = frozenset(
    {"agency", "assessment", "consultation", "guide", "interpretation", "item", "month", "place", "post", "rule"}
)
# An item withdrawn on one of these grounds is hidden at once, with its texts, until it is restored.
HIDING = frozenset({"state-secret", "trade-secret", "personal-privacy"})


def create_seals(db: sqlite3.Connection) -> None:
    """Each seal once: where it first stood, and what became of it."""
    db.execute(
        "CREATE TABLE seals (seal TEXT PRIMARY KEY, stream, field, position,"
        " cleared, needed, erased, opened) WITHOUT ROWID"
    )


def seal_of(origin: str, stream: str, field: str, salt: bytes, value: bytes) -> str:
    """The seal of a value in one field of one stream of one log."""
    head = f"{origin}\n{stream}\n{field}\n{len(value)}\n".encode()
    digest = hmac.new(salt, SEAL_CONTEXT + head + value, hashlib.sha256).digest()
    return "s1:" + urlsafe_b64encode(digest)[:-1].decode("ascii")


def add_seals(db: sqlite3.Connection, position: int, entry: Json, findings: Findings) -> None:
    """Note the seals of an entry: those it carries first, those it makes public, those it erases."""
    stream, clears = entry["stream"], CLEARS.get(entry["type"], ())
    for field, seal in entry["seals"].items():
        db.execute("INSERT OR IGNORE INTO seals VALUES (?, ?, ?, ?, NULL, 0, NULL, 0)", (seal, stream, field, position))
        found = db.execute("SELECT stream, field, position FROM seals WHERE seal = ?", (seal,)).fetchone()
        if found[:2] != (stream, field):
            findings.add("seal-moved", position, first=found[2])
        elif field in clears:
            needed = field == "text" and stream[:-33] in NEVER_ABSENT
            db.execute("UPDATE seals SET cleared = ?, needed = max(needed, ?) WHERE seal = ?", (position, needed, seal))
    if entry["type"] == "erased":
        for seal in entry["data"]["seals"]:
            done = db.execute(
                "UPDATE seals SET erased = ? WHERE seal = ? AND stream = ? AND field = ? AND erased IS NULL",
                (position, seal, stream, entry["data"]["field"]),
            )
            if done.rowcount != 1:
                findings.add("erased-what", position)


class Told(NamedTuple):
    """A line of openings.jsonl, with what the entries say of its seal; `salt` is None where it tells an erasure."""

    position: int
    stream: str
    field: str
    seal: str
    salt: bytes | None
    value: bytes
    erased_at: int | None
    cleared: int | None
    erased: int | None


def parse_opening(line: bytes, db: sqlite3.Connection) -> Told:
    """A line: {position, field, seal, salt, value}, or {position, field, seal, erasedAt}; `position`: its first entry."""
    try:
        told = json.loads(line)
        position, field, seal = told["position"], told["field"], told["seal"]
        members = set(told) - {"position", "field", "seal"}
        if members == {"erasedAt"}:
            salt, value, erased_at = None, b"", told["erasedAt"]
        elif members == {"salt", "value"}:
            salt, value, erased_at = bytes.fromhex(told["salt"]), told["value"].encode(), None
        else:
            raise NotSound("neither an opening nor an erasure")
        found = db.execute("SELECT * FROM seals WHERE seal = ?", (seal,)).fetchone()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, sqlite3.Error):
        raise NotSound("not a line of the form that the README gives") from None
    if found is None or (found[2], found[3]) != (field, position):
        raise NotSound("the entry that it names did not bring this seal")
    _, stream, _, _, cleared, _, erased, opened = found
    if opened:
        raise NotSound("the seal stands here twice")
    # 1: opened, 2: said to be erased, which is for the entries to say.
    db.execute("UPDATE seals SET opened = ? WHERE seal = ?", (2 if salt is None else 1, seal))
    return Told(position, stream, field, seal, salt, value, erased_at, cleared, erased)


def check_rules(files: Files, findings: Findings) -> None:
    """What a bundle says of which texts are public, where it does: a later archive may have types that are not known here."""
    path = "rules/events.json"
    if path not in files.names:
        return
    raw = files.read(path)
    try:
        # An older version of a type may have no such class at all; then its entries carry no seal of it.
        told: dict[str, set[str]] = {}
        for kind, rule in json.loads(raw or b"{}").items():
            told.setdefault(kind.partition(".v")[0], set()).update(rule["clears"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        findings.add("answers", path=path, why="not a table of rules")
        return
    for kind in sorted(told.keys() | CLEARS.keys()):
        if told.get(kind, set()) != set(CLEARS.get(kind, ())):
            findings.add("rules", path=path, kind=kind)


def check_openings(files: Files, db: sqlite3.Connection, origin: str, findings: Findings) -> int:
    """Each opening against its seal, each erasure against its entry, and that nothing is withheld; how many openings."""
    count = 0
    for number, line in files.lines("openings.jsonl"):
        try:
            told = parse_opening(line, db)
        except NotSound as error:
            findings.add("opening", line=number, why=error)
            continue
        position, field = told.position, told.field
        if told.salt is None:
            if told.erased is None or told.erased != told.erased_at:
                findings.add("erasure", position, field=field)
            continue
        count += 1
        if len(told.salt) != 32 or seal_of(origin, told.stream, told.field, told.salt, told.value) != told.seal:
            findings.add("seal", position, field=field)
        if told.cleared is None:
            findings.add("not-cleared", position, field=field)
        if told.erased is not None:
            findings.add("still-there", position, field=field, erased=told.erased)
    if "openings.jsonl" not in files.names:
        return 0
    for position, field in db.execute(
        "SELECT seals.position, field FROM seals JOIN streams USING (stream)"
        " WHERE needed AND opened != 1 AND erased IS NULL AND NOT hidden ORDER BY seals.position"
    ):
        findings.add("withheld", position, field=field)
    return count


# === 8 Counts ============================================================================================================
# What is counted: items disclosed proactively, each once, in the month of their first publication; each channel that an
# item is published on; and requests, on their day of receipt, by the channel they came in. A withdrawal takes nothing back.
CHANNEL_KINDS = ("gazette", "website", "weibo", "wechat", "other")
RECEIVED_BY = {"in-person": "in_person", "fax": "fax", "online": "online", "letter": "letter"}
OF_ITEMS = {"proactive.items_total": "item", **{f"channels.{kind}": f"channel.{kind}" for kind in CHANNEL_KINDS}}
OF_REQUESTS = {
    "requests.received": "received.%",
    "requests.received_this_year": "received.%",
    **{f"requests.received_{name}": f"received.{by}" for by, name in RECEIVED_BY.items()},
}
MEASURES = {**OF_ITEMS, **OF_REQUESTS}
# Dimension -> column of `facts`.
COLUMNS = {"MONTH": "month", "AGENCY": "agency"}
COLUMNS_OF_ITEMS = {**COLUMNS, "CHANNEL": "channel", "SECTION": "section"}
COLUMNS_OF_REQUESTS = {**COLUMNS, "APPLICANT_KIND": "applicant_kind"}
SCHEMES = {"THEME": "theme", "GENRE": "genre"}


def create_facts(db: sqlite3.Connection) -> None:
    """What counts, one row each, and what later entries of a stream need to know of it."""
    db.execute("CREATE TABLE facts (stream, fact, year INTEGER, month, agency, section, channel, applicant_kind)")
    db.execute("CREATE TABLE subjects (stream TEXT PRIMARY KEY, agency, about) WITHOUT ROWID")
    db.execute("CREATE TABLE categories (stream, scheme, code, PRIMARY KEY (stream, scheme)) WITHOUT ROWID")
    db.execute("CREATE TABLE channels (agency, channel, kind, PRIMARY KEY (agency, channel)) WITHOUT ROWID")


def add_facts(db: sqlite3.Connection, entry: Json) -> None:
    """What an entry adds to the counts."""
    kind, stream, data = entry["type"], entry["stream"], entry["data"]
    if kind == "channel-registered":
        db.execute("INSERT OR REPLACE INTO channels VALUES (?, ?, ?)", (stream, data["channel"], data["kind"]))
    elif kind == "item-published":
        if data["mode"] == "proactive":
            agency, section = data["agency"], data.get("section", "")
            db.execute("INSERT OR REPLACE INTO subjects VALUES (?, ?, ?)", (stream, agency, section))
            for one in data["categories"]:
                db.execute("INSERT OR REPLACE INTO categories VALUES (?, ?, ?)", (stream, one["scheme"], one["code"]))
            _count(db, stream, "item", data["published_on"], agency, section, data["channel"], "")
            _disclosed(db, stream, agency, section, data)
    elif kind == "publication-added":
        subject = db.execute("SELECT agency, about FROM subjects WHERE stream = ?", (stream,)).fetchone()
        if subject is not None:
            _disclosed(db, stream, subject[0], subject[1], data)
    elif kind == "item-classified":
        # Of a draft too; then the publication says it once more.
        db.execute("INSERT OR REPLACE INTO categories VALUES (?, ?, ?)", (stream, data["scheme"], data["code"]))
    elif kind == "request-received":
        agency, asked_by = data["agency"], data["applicant_kind"]
        db.execute("INSERT OR REPLACE INTO subjects VALUES (?, ?, ?)", (stream, agency, asked_by))
        # What awaits its confirmation is received on the day of that.
        if data.get("receipt") != "awaits-confirmation":
            _count(db, stream, f"received.{data['channel']}", data["received_on"], agency, "", "", asked_by)
    elif kind == "request-receipt-confirmed":
        agency, asked_by = db.execute("SELECT agency, about FROM subjects WHERE stream = ?", (stream,)).fetchone()
        _count(db, stream, f"received.{data['channel']}", data["confirmed_on"], agency, "", "", asked_by)


def _disclosed(db: sqlite3.Connection, stream: str, agency: str, section: str, data: Json) -> None:
    where = (agency, data["channel"])
    (kind,) = db.execute("SELECT kind FROM channels WHERE agency = ? AND channel = ?", where).fetchone()
    _count(db, stream, f"channel.{kind}", data["published_on"], agency, section, data["channel"], "")


def _count(  # noqa: PLR0913 - the columns of a fact
    db: sqlite3.Connection, stream: str, fact: str, day: str, agency: str, section: str, channel: str, asked_by: str
) -> None:
    values = (stream, fact, int(day[:4]), day[5:7], agency, section, channel, asked_by)
    db.execute("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def counts_of(db: sqlite3.Connection, measure: str, dimension: str, scheme: str) -> dict[tuple[int, str], int]:
    """One measure by year and by the codes of a dimension; what has no code counts under the empty one."""
    columns = COLUMNS_OF_ITEMS if measure in OF_ITEMS else COLUMNS_OF_REQUESTS
    join, column, values = "", columns.get(dimension, "''"), [MEASURES[measure]]
    scheme = SCHEMES.get(dimension, scheme if dimension == "CATEGORY" else "")
    if scheme and measure in OF_ITEMS:
        join, column = "LEFT JOIN categories c ON c.stream = f.stream AND c.scheme = ?", "ifnull(c.code, '')"
        values.insert(0, scheme)
    rows = db.execute(
        f"SELECT f.year, {column} AS code, count(*) FROM facts f {join} WHERE f.fact LIKE ? GROUP BY f.year, code",
        values,
    )
    return {(year, code): value for year, code, value in rows}


class Said(NamedTuple):
    """A number that was published: of a year, a measure, and the code of a dimension, both empty where it is not divided."""

    year: int
    measure: str
    code: str
    value: int


def parse_numbers(raw: bytes) -> tuple[dict[tuple[str, str], list[Said]], int]:
    """Published numbers by dimension and scheme, and how many there are beside those that can be recomputed.

    A list of {year, measure, value, by: {dimension: code}}; where `by` is CATEGORY, `scheme` says of which.
    """
    try:
        rows = json.loads(raw)
        divided: dict[tuple[str, str], list[Said]] = {}
        others = 0
        for row in rows["counts"] if isinstance(rows, dict) else rows:
            dimension, code = next(iter(row["by"].items()), ("", ""))
            said = Said(row["year"], row["measure"], code, row["value"])
            if (type(said.year), type(code), type(said.value)) != (int, str, int):
                raise NotSound("a number that is none")
            if said.measure in MEASURES and len(row["by"]) <= 1:
                divided.setdefault((dimension, row.get("scheme", "")), []).append(said)
            else:
                others += 1
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotSound("not a list of counts") from None
    return divided, others


def check_answers(files: Files, db: sqlite3.Connection, findings: Findings) -> tuple[int, int]:
    """Every published number that can be recomputed; how many there were, and how many others."""
    names = sorted(name for name in files.names if name.startswith("answers/") and name.endswith(".json"))
    if not names:
        findings.add("missing", path="answers/")
    checked = others = 0
    for name in names:
        raw = files.read(name, limit=64 * 1024 * 1024)
        try:
            divided, beside = parse_numbers(b"[]" if raw is None else raw)
        except NotSound as error:
            findings.add("answers", path=name, why=error)
            continue
        others += beside
        for (dimension, scheme), numbers in sorted(divided.items()):
            _compare(db, name, dimension, scheme, numbers, findings)
            checked += len(numbers)
    return checked, others


def _compare(  # noqa: PLR0913 - one division of one file
    db: sqlite3.Connection, path: str, dimension: str, scheme: str, numbers: list[Said], findings: Findings
) -> None:
    said = {(one.year, one.measure, one.code): one.value for one in numbers}
    if len(said) != len(numbers):
        findings.add("answers", path=path, why="a number stands there twice")
    found = {
        (year, measure, code): value
        for measure in MEASURES
        for (year, code), value in counts_of(db, measure, dimension, scheme).items()
    }
    for key in sorted(said.keys() | found.keys()):
        # What is not said is 0, and what is left out is a number too.
        if said.get(key, 0) != found.get(key, 0):
            year, measure, code = key
            by = f"{dimension}={code}" if dimension else ""
            numbers_of = {"said": said.get(key, 0), "found": found.get(key, 0)}
            findings.add("number", path=path, year=year, measure=measure, by=by, **numbers_of)


def recomputed(db: sqlite3.Connection) -> Iterator[Json]:
    """Every number that can be recomputed, by year alone, by channel, and by category of each scheme."""
    schemes = [one for (one,) in db.execute("SELECT DISTINCT scheme FROM categories ORDER BY scheme")]
    for dimension, scheme in (("", ""), ("CHANNEL", ""), *(("CATEGORY", scheme) for scheme in schemes)):
        for measure in MEASURES:
            if dimension and measure not in OF_ITEMS:
                continue
            for (year, code), value in sorted(counts_of(db, measure, dimension, scheme).items()):
                row = {"year": year, "measure": measure, "value": value, "by": {dimension: code} if dimension else {}}
                yield {**row, "scheme": scheme} if scheme else row


# === 9 The whole =========================================================================================================
class Head(NamedTuple):
    """A tree that somebody says there was: its root at a size, who says so, and when it was signed, if that is told."""

    size: int
    root: bytes
    path: str
    signed_at: str


def read_list(files: Files, keys: list[Key], origin: str, newest: Checkpoint, findings: Findings) -> Iterator[Head]:
    """The checkpoints that were signed, in order; the last is the newest one."""
    last, number = None, 0
    for number, line in files.lines("checkpoints.jsonl"):
        try:
            told = parse_listed(line, last)
        except NotSound as error:
            findings.add("list", line=number, why=error)
            continue
        path = f"checkpoints.jsonl:{number}"
        checkpoint = open_checkpoint(told.note, path, keys, origin, findings)
        if checkpoint is None:
            continue
        if (checkpoint.size, checkpoint.root) != (told.size, told.root):
            findings.add("list", line=number, why="size and root are not those of the note")
        if last is not None and last.size == checkpoint.size and last.root != checkpoint.root:
            findings.add("fork", size=checkpoint.size)
        last = Head(checkpoint.size, checkpoint.root, path, told.signed_at)
        yield last
    if "checkpoints.jsonl" in files.names and (last is None or (last.size, last.root) != (newest.size, newest.root)):
        findings.add("list", line=number, why="the newest checkpoint is not the last line")


class Listed(NamedTuple):
    """A line of checkpoints.jsonl."""

    size: int
    root: bytes
    note: bytes
    signed_at: str


def parse_listed(line: bytes, before: Head | None) -> Listed:
    """A line: {size, root, note, signedAt}."""
    try:
        told = json.loads(line)
        found = Listed(told["size"], strict_base64(told["root"]), told["note"].encode(), told["signedAt"])
        signed_at = moment_of(found.signed_at)
        in_order = before is None or (moment_of(before.signed_at) <= signed_at and before.size <= found.size)
    except NotSound:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotSound("not a line of the form that the README gives") from None
    if not in_order:
        raise NotSound("it stands after a later one")
    return found


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one moment to another, both in UTC."""
    return (moment_of(later) - moment_of(earlier)).total_seconds()


class Heads:
    """The roots to compare, in the order of their sizes, in the temporary database."""

    def __init__(self, db: sqlite3.Connection, findings: Findings) -> None:
        self._db = db
        self._findings = findings
        db.execute("CREATE TABLE heads (size INTEGER, root, path, signed)")
        db.execute("CREATE INDEX heads_size ON heads (size)")

    def add(self, head: Head) -> None:
        """A root that somebody says there was."""
        self._db.execute("INSERT INTO heads VALUES (?, ?, ?, ?)", head)

    def next_size(self, size: int) -> int | None:
        """The smallest size above this one at which a root is to be compared."""
        (found,) = self._db.execute("SELECT min(size) FROM heads WHERE size > ?", (size,)).fetchone()
        return None if found is None else int(found)

    def compare(self, size: int, root: bytes) -> None:
        """The roots of this size with the one that follows from the entries."""
        wrong = "SELECT path FROM heads WHERE size = ? AND root != ?"
        for (path,) in self._db.execute(wrong, (size, root)).fetchall():
            self._findings.add("root", size, size=size, path=path)

    def signed(self, size: int) -> str | None:
        """When a tree of this size was first signed."""
        # They were put in in the order in which they were signed.
        first = "SELECT signed FROM heads WHERE size = ? AND signed != '' ORDER BY rowid LIMIT 1"
        found = self._db.execute(first, (size,)).fetchone()
        return None if found is None else str(found[0])

    def beyond(self, size: int) -> list[int]:
        """Sizes that were signed, and that the bundle does not reach."""
        rows = self._db.execute("SELECT DISTINCT size FROM heads WHERE size > ? ORDER BY size", (size,))
        return [one for (one,) in rows]


def check_entries(files: Files, size: int, heads: Heads, entries: Entries, findings: Findings) -> bool:
    """Entries, tiles and roots up to a size; whether all of them could be read."""
    tree = Tree(files, size, findings)
    heads.compare(0, EMPTY_ROOT)
    before, upto = None, heads.next_size(0)
    after = heads.signed(upto) if upto is not None else None
    for number in range(-(-size // WIDTH)):
        bundle = tree.bundle(number, min(size - number * WIDTH, WIDTH))
        if bundle is None:
            return False
        for raw in bundle:
            at = entries.add(tree.size + 1, raw)
            tree.append(leaf_hash(raw))
            if at is not None and before is not None and seconds_between(before, at) < -TOLERANCE_SECONDS:
                findings.add("back-dated", tree.size, at=at, signed=before)
            if at is not None and after is not None and seconds_between(at, after) < -TOLERANCE_SECONDS:
                findings.add("post-dated", tree.size, at=at, signed=after)
            if tree.size == upto:
                heads.compare(upto, tree.root())
                before, upto = after or before, heads.next_size(upto)
                after = heads.signed(upto) if upto is not None else None
    tree.finish()
    return True


def parse_head(text: str) -> tuple[int, bytes]:
    """What a report printed: a size and a root, in base64 or hexadecimal."""
    size, _, root = text.strip().partition(" ")
    raw = bytes.fromhex(root) if re.fullmatch(r"[0-9a-f]{64}", root.strip()) else strict_base64(root.strip())
    if not DECIMAL.fullmatch(size) or len(raw) != 32:
        raise NotSound("not a size and a root")
    return int(size), raw


def temporary_database() -> sqlite3.Connection:
    """A database of SQLite in a temporary file, which is gone when it is closed. It is nobody's, so nothing is synced."""
    db = sqlite3.connect("", isolation_level=None)
    for setting in ("cache_size = -16384", "temp_store = FILE", "journal_mode = OFF", "synchronous = OFF"):
        db.execute(f"PRAGMA {setting}")
    db.execute("BEGIN")
    return db


def kept_outside(given: argparse.Namespace, keys: list[Key], origin: str, findings: Findings) -> Iterator[Head]:
    """The roots that the caller brings along."""
    for path in given.against:
        kept = open_checkpoint(path.read_bytes()[: MAX_NOTE + 1], path.name, keys, origin, findings)
        if kept is not None:
            yield Head(kept.size, kept.root, path.name, "")
    for size, root in given.expect:
        yield Head(size, root, "--expect", "")


def verify(given: argparse.Namespace, keys: list[Key], findings: Findings) -> None:
    """Everything, in the order of the sections."""
    origin = given.origin or keys[0].name
    try:
        files = Files(given.bundle, findings)
    except UNREADABLE:
        findings.add("unreadable", path=given.bundle.name)
        return
    raw = files.read("checkpoint", limit=MAX_NOTE)
    newest = None if raw is None else open_checkpoint(raw, "checkpoint", keys, origin, findings)
    if newest is None:
        return
    db = temporary_database()
    heads = Heads(db, findings)
    heads.add(Head(newest.size, newest.root, "checkpoint", ""))
    for head in read_list(files, keys, origin, newest, findings):
        heads.add(head)
    for head in kept_outside(given, keys, origin, findings):
        heads.add(head)
    for size in heads.beyond(newest.size):
        findings.add("cut-off", size=size, ours=newest.size)
    entries = Entries(db, origin, findings)
    if check_entries(files, newest.size, heads, entries, findings) and not given.log_only:
        check_rules(files, findings)
        openings = check_openings(files, db, origin, findings)
        checked, others = check_answers(files, db, findings)
        findings.say(
            f"披露 {openings} 项;公布的数字 {checked} 个可重算,另有 {others} 个本程序不重算。",
            f"{openings} openings; {checked} published numbers recomputed, {others} others are not by this program.",
        )
        if given.counts:
            for row in recomputed(db):
                print(json.dumps(row, ensure_ascii=False, sort_keys=True))
    findings.say(
        f"日志 {origin},{newest.size} 个条目,树根 {b64encode(newest.root).decode()}。",
        f"Log {origin}, {newest.size} entries, root {b64encode(newest.root).decode()}.",
    )
    if not given.against and not given.expect:
        findings.say(
            "未给出外部保存的检查点或树根:所有者若整体改写并重新签署,从内部无法发现。",
            "Nothing that was kept outside was given: a log that its owner wrote anew and signed again is not noticed.",
        )
    db.close()


def main() -> int:
    """Check what was asked for; the exit code."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("bundle", type=Path, help="the zip file, or the folder that was unpacked from it")
    asked.add_argument("--vkey", action="append", required=True, help="the verifier key, or a file of keys; repeatable")
    asked.add_argument("--origin", help="the name of the log, where it is not that of the first key")
    asked.add_argument("--expect", action="append", default=[], metavar="SIZE ROOT", help="what was printed elsewhere")
    asked.add_argument("--against", action="append", default=[], type=Path, metavar="NOTE", help="a kept checkpoint")
    asked.add_argument("--log-only", action="store_true", help="a log as static files: no openings, no numbers")
    asked.add_argument("--counts", action="store_true", help="print the recomputed counts, a line of JSON each")
    asked.add_argument("--lang", choices=("zh", "en"), default="en" if os.environ.get("LANG", "")[:2] == "en" else "zh")
    given = asked.parse_args()
    try:
        lines = [
            line
            for one in given.vkey
            for line in (Path(one).read_text(encoding="utf-8") if Path(one).is_file() else one).splitlines()
        ]
        keys = [parse_key(line) for line in lines if line.strip()]
        given.expect = [parse_head(one) for one in given.expect]
        missing = [path for path in (given.bundle, *given.against) if not path.exists()]
    except (NotSound, OSError, ValueError) as error:
        asked.error(str(error))
    if missing or not keys:
        asked.error(f"{missing[0]} does not exist" if missing else "no key")
    findings = Findings(given.lang)
    verify(given, keys, findings)
    findings.say(f"发现 {findings.count} 处。", f"{findings.count} findings.")
    return 4 if findings.count else 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # the interpreter's own streams
    sys.exit(main())
