"""Files of commands, one JSON object a line (schema/commands/); and lines as such, in bounded memory.

Rules
- UTF-8; a byte order mark at the start and blank lines mean nothing; lines are counted from 1, blank ones too.
- A last line without its newline is taken if it is whole: some editors leave it out. If it is not, the file is cut short.
- The same file again changes nothing, because every command carries its own id.
"""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

from archive.domain.errors import ArchiveError, Phrase, Refused
from archive.domain.parsing import parse_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader
    from pathlib import Path

    from archive.commands import Batch, Writer
    from archive.domain.commands import AnyCommand

# Eight times the largest text that a command may carry: room for every way to escape it.
MAX_LINE_BYTES: Final = 256 * 1024
_PIECE: Final = 64 * 1024
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_GZIP_MARK: Final = b"\x1f\x8b"
_LONGEST_CHARACTER: Final = 4


def import_commands(
    writer: Writer, path: Path, *, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Batch:
    """Do what every line of the file asks, or with any problem nothing; with `dry_run` only find the problems."""
    with open_lines(path) as lines:
        return writer.handle_all(
            read_commands(lines), kind="commands", source_sha256=lines.sha256, dry_run=dry_run, progress=progress
        )


def read_commands(lines: Lines) -> Iterator[tuple[int, AnyCommand | ArchiveError]]:
    """Each line's number, and its command or why it is none; `Refused` IMP-001 where there is no line at all."""
    for line in lines.filled():
        try:
            yield line.number, parse_command(line.content())
        except Refused as error:
            yield line.number, line.told(error)


class Line(NamedTuple):
    """One line without its newline. `raw` is None where it was longer than `limit`; `ended`: a newline followed."""

    number: int
    raw: bytes | None
    limit: int
    ended: bool

    def content(self) -> bytes:
        """The bytes of the line, or `Refused` where they are too many to be read."""
        if self.raw is None:
            raise Refused("IMP-004", limit=self.limit)
        return self.raw

    def told(self, error: Refused) -> Refused:
        """The error of this line, or IMP-002 where it is the last line and breaks off."""
        if self.ended or self.raw is None or error.code not in {"CMD-001", "CMD-007"}:
            return error
        column = error.facts["column"]
        assert isinstance(column, int)
        at_its_very_end = len(self.raw) - column < _LONGEST_CHARACTER
        return Refused("IMP-002", size=len(self.raw)) if at_its_very_end else error


class Lines:
    """The lines of a file, to be read once."""

    def __init__(self, stream: BinaryIO, *, path: Path, limit: int) -> None:
        self.path = path
        self._stream = stream
        self._limit = limit
        self._digest = sha256()
        self._at_end = False

    def __iter__(self) -> Iterator[Line]:
        number = 0
        while piece := self._read(self._limit + 1):
            number += 1
            ended = piece.endswith(b"\n")
            if len(piece) > self._limit and not ended:
                ended = self._skip()
                yield Line(number, None, self._limit, ended)
            else:
                raw = piece.removeprefix(_UTF8_MARK) if number == 1 else piece
                yield Line(number, raw.rstrip(b"\r\n"), self._limit, ended)
        self._at_end = True

    def filled(self) -> Iterator[Line]:
        """The lines that hold something; `Refused` IMP-001 after the last one if there were none."""
        empty = True
        for line in self:
            if line.raw is None or line.raw.strip():
                empty = False
                yield line
        if empty:
            raise Refused("IMP-001", path=self.path)

    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of all bytes that were read, which must be all there are."""
        assert self._at_end, "the digest is known when the last line has been read"
        return self._digest.hexdigest()

    def _skip(self) -> bool:
        """Read past the rest of a line without keeping it; whether it ended in a newline."""
        while piece := self._read(_PIECE):
            if piece.endswith(b"\n"):
                return True
        return False

    def _read(self, size: int) -> bytes:
        try:
            piece = self._stream.readline(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Refused("IMP-009", path=self.path) from None
        except OSError as error:
            raise _unreadable(error, self.path) from None
        self._digest.update(piece)
        return piece


@contextmanager
def open_lines(path: Path, *, limit: int = MAX_LINE_BYTES, maybe_gzip: bool = False) -> Iterator[Lines]:
    """The lines of a file, at most `limit` bytes each; with `maybe_gzip` those inside, if it is a gzip file."""
    with _opened(path) as file:
        if maybe_gzip and _is_gzip(file, path):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield Lines(cast("BinaryIO", unpacked), path=path, limit=limit)
        else:
            yield Lines(file, path=path, limit=limit)


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(error, path) from None


def _is_gzip(file: BufferedReader, path: Path) -> bool:
    try:
        # A pipe cannot be rewound: the first bytes are looked at without being taken.
        return file.peek(len(_GZIP_MARK)).startswith(_GZIP_MARK)
    except OSError as error:
        raise _unreadable(error, path) from None


def _unreadable(error: OSError, path: Path) -> Refused:
    match error:
        case FileNotFoundError():
            return Refused("IMP-003", path=path)
        case IsADirectoryError():
            return Refused("IMP-005", path=path, reason=Phrase("这是一个文件夹", "it is a folder"))
        case PermissionError():
            return Refused("IMP-005", path=path, reason=Phrase("没有读取权限", "reading it is not allowed"))
        case _:
            return Refused("IMP-005", path=path, reason=Phrase("系统报告读取出错", "the system reported a read error"))
