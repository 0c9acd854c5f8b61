"""A witness on this machine (C2SP tlog-witness), written from the specification, which can also be made to misbehave."""

import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

from typing_extensions import override

from archive.merkle.checkpoint import parse_checkpoint
from archive.merkle.cosignature import WitnessKey, cosign
from archive.merkle.note import SignerKey, VerifierKey, open_note, print_line
from archive.merkle.proof import check_consistency
from archive.merkle.refusal import Unsound

SEEN_AT = 1_544_414_400
Answer = tuple[int, bytes]


@dataclass(kw_only=True)
class Asked:
    """Somebody who is asked over HTTP, and can be made to misbehave."""

    path: str
    # Instead of what it should answer.
    instead: Callable[[bytes], Answer] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    # How long it takes to say each byte.
    byte_seconds: float = 0.0
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def answer(self, body: bytes) -> Answer:
        """What it should answer."""
        raise NotImplementedError


@dataclass
class WitnessServer(Asked):
    """What it holds: its key, whose log it watches, and the tree that it cosigned last."""

    key: SignerKey
    origin: str
    logs: list[VerifierKey]
    size: int = 0
    root: bytes = b""
    path: str = field(default="/w/add-checkpoint", kw_only=True)

    @property
    def vkey(self) -> WitnessKey:
        return WitnessKey(*self.key.verifier)

    def line(self, text: bytes) -> bytes:
        return print_line(cosign(text, self.key, seconds=SEEN_AT))

    @override
    def answer(self, body: bytes) -> Answer:
        head, _, raw = body.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        old = int(first.removeprefix("old "))
        try:
            note, _ = open_note(raw, self.logs)
        except Unsound:
            return 403, b""
        wanted = parse_checkpoint(note.text)
        if wanted.origin != self.origin:
            return 404, b""
        if old > wanted.size:
            return 400, b""
        if old != self.size:
            return 409, b"%d\n" % self.size
        try:
            hashes = [b64decode(one) for one in proof]
            if old:
                check_consistency(old, wanted.size, old_root=self.root, new_root=wanted.root, proof=hashes)
        except Unsound:
            return 422, b""
        self.size, self.root = wanted.size, wanted.root
        return 200, self.line(note.text)


Somebody = TypeVar("Somebody", bound=Asked)


@contextmanager
def serving(witness: Somebody) -> Iterator[Somebody]:
    """Who is asked, at an address on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == witness.path
            witness.asked.append(body)
            status, said = (witness.instead or witness.answer)(body)
            self.send_response(status)
            for name, value in witness.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            for start in range(0, len(said), 1 if witness.byte_seconds else len(said)):
                self.wfile.write(said[start : start + (1 if witness.byte_seconds else len(said))])
                self.wfile.flush()
                witness.released.wait(witness.byte_seconds)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        @override
        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever asked has hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    witness.url = f"http://127.0.0.1:{server.server_address[1]}{witness.path.removesuffix('add-checkpoint')}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield witness
    finally:
        witness.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
