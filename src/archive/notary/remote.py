"""The signer as a process of its own, behind a Unix socket: whoever serves the public then holds no key.

    one connection, one line each way, JSON
    {"ask":"promised"}                                   ──▶  {"note": …, "vkeys": […]}
    {"ask":"sign","text": …,"proof": [base64, …]}        ──▶  {"note": …}
                                                         or   {"code": …, "facts": {…}}

The socket is the operating system's to guard: it stands in a folder of the signer's account, and is made with the mode
0660. What comes through it can have an extension of the log signed, and nothing else.
"""

from __future__ import annotations

import socket
import socketserver
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from archive.domain.errors import ArchiveError, Corrupt, Refused
from archive.merkle.note import VerifierKey, open_note
from archive.merkle.refusal import Unsound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from archive.notary.signer import Signer

# A proof has 63 hashes at most, a text a few hundred bytes.
MAX_LINE: Final = 16_384
_SECONDS: Final = 10.0
_SOCKET_MODE: Final = 0o660


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    ask: str
    text: str = ""
    proof: list[str] = []


class _Said(msgspec.Struct, omit_defaults=True):
    note: str = ""
    vkeys: list[str] = []
    code: str = ""
    facts: dict[str, int | str] = {}


class RemoteSigner:
    """A signer behind a socket. What it says is checked here as that of anybody else."""

    def __init__(self, path: Path, *, origin: str) -> None:
        self.path = path
        self.origin = origin

    def verifiers(self) -> list[VerifierKey]:
        """The keys by which its notes are verified, the oldest first."""
        try:
            return [VerifierKey.parse(one) for one in self._ask(_Asked("promised")).vkeys]
        except Unsound:
            raise Refused("NTY-009", path=self.path) from None

    def promised(self) -> bytes:
        """The note that it signed last."""
        return self._ask(_Asked("promised")).note.encode()

    def sign(self, text: bytes, proof: Sequence[bytes]) -> bytes:
        """The note over a checkpoint's text. `Corrupt` NTY-003: it does not go on from the last one."""
        said = self._ask(_Asked("sign", text.decode(), [b64encode(one).decode() for one in proof]))
        note = said.note.encode()
        try:
            opened, _ = open_note(note, self.verifiers())
        except Unsound:
            raise Refused("NTY-009", path=self.path) from None
        if opened.text != text:
            raise Refused("NTY-009", path=self.path)
        return note

    def _ask(self, asked: _Asked) -> _Said:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_SECONDS)
                connection.connect(str(self.path))
                connection.sendall(msgspec.json.encode(asked) + b"\n")
                with connection.makefile("rb") as answer:
                    said = msgspec.json.decode(answer.readline(MAX_LINE), type=_Said)
        except (OSError, msgspec.MsgspecError):
            raise Refused("NTY-009", path=self.path) from None
        if said.code:
            try:
                raise Corrupt(said.code, **said.facts)
            except KeyError:
                raise Refused("NTY-009", path=self.path) from None
        return said


def listen(
    signer: Signer,
    path: Path,
    *,
    ready: Callable[[], None],
    stopping: Callable[[Callable[[], None]], None] = lambda _: None,
) -> None:
    """Sign for whoever may write to the socket, one at a time, until interrupted. LOG-010: something else has this name.

    `stopping` is given a function that ends it, to be called from another thread.
    """
    signer.promised()
    if path.is_socket():
        _must_be_left_over(path)
    elif path.exists():
        raise Refused("LOG-010", path=path)
    try:
        server = _Server(str(path), _Handler)
    except OSError:
        raise Refused("LOG-002", path=path) from None
    server.signer = signer
    with server:
        try:
            path.chmod(_SOCKET_MODE)
            stopping(server.shutdown)
            ready()
            server.serve_forever()
        finally:
            path.unlink(missing_ok=True)


def _must_be_left_over(path: Path) -> None:
    """A socket that nobody listens on was left by a signer who died. NTY-010: somebody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise Refused("NTY-010", path=path)


class _Server(socketserver.UnixStreamServer):
    signer: Signer

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked is gone, or asked nothing that can be answered; the next one is served."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = _SECONDS
    server: _Server

    @override
    def handle(self) -> None:
        try:
            said = _answer(self.server.signer, self.rfile.readline(MAX_LINE))
        except ArchiveError as error:
            facts = {name: fact if isinstance(fact, int) else str(fact) for name, fact in error.facts.items()}
            said = _Said(code=error.code, facts=facts)
        with suppress(OSError):
            self.wfile.write(msgspec.json.encode(said) + b"\n")


def _answer(signer: Signer, line: bytes) -> _Said:
    try:
        asked = msgspec.json.decode(line, type=_Asked)
        proof = [b64decode(one, validate=True) for one in asked.proof]
    except (msgspec.MsgspecError, ValueError):
        raise Refused("NTY-009", path="socket") from None
    if asked.ask == "sign":
        return _Said(signer.sign(asked.text.encode(), proof).decode())
    return _Said(signer.promised().decode(), [str(key) for key in signer.verifiers()])
