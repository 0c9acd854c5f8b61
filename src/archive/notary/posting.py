"""Questions over HTTP to others whom the notary asks: witnesses, a time-stamping authority.

Rules
- All are asked at once, and nobody is waited for beyond the moment that is set. What is late is not waited for.
- Whoever answers is believed nothing else: no redirect is followed, no proxy is asked, and no body is read to its end.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from archive.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A line of a witness has some hundred bytes, a time-stamp with its certificates some thousand.
MAX_ANSWER: Final = 65_536
LATE: Final = Phrase("没有按时答复", "it did not answer in time")
NO_WORD: Final = Phrase("无法连接,或答复中断", "it cannot be reached, or broke off")
NOT_UNDERSTOOD: Final = Phrase("答复无法理解,或过长", "its answer cannot be understood, or is too long")
DONE: Final = 200


class Answer(NamedTuple):
    """A status of HTTP, and a body."""

    status: int
    body: bytes


class Address(NamedTuple):
    """Where somebody is asked."""

    is_safe: bool
    host: str
    port: int | None
    path: str


def parse_address(url: str) -> Address | None:
    """The address in a URL; None unless it is `http://` or `https://`, a host, perhaps a port, and a path alone."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    said = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not host or said:
        return None
    if not (host + parts.path).isascii() or not (host + parts.path).isprintable() or " " in host + parts.path:
        return None
    return Address(parts.scheme == "https", host, port, parts.path or "/")


def answered(status: int) -> Phrase:
    """That somebody answered with another status than 200."""
    return Phrase(f"它答复 {status}", f"it answered {status}")


class Post:
    """One request, which another thread may give up."""

    def __init__(self, address: Address, body: bytes, *, media_type: str, seconds: float) -> None:
        self._path = address.path
        self._body = body
        self._headers = {"Content-Type": media_type, "User-Agent": "archive"}
        self._socket: socket.socket | None = None
        if address.is_safe:
            self._connection: HTTPConnection = HTTPSConnection(
                address.host, address.port, timeout=seconds, context=ssl.create_default_context()
            )
        else:
            self._connection = HTTPConnection(address.host, address.port, timeout=seconds)

    def run(self) -> Answer | Phrase:
        """What came back, or why nothing did."""
        try:
            self._connection.connect()
            # The connection forgets it while an answer is read.
            self._socket = self._connection.sock
            self._connection.request("POST", self._path, self._body, self._headers)
            with self._connection.getresponse() as response:
                body = response.read(MAX_ANSWER + 1)
                return NOT_UNDERSTOOD if len(body) > MAX_ANSWER else Answer(response.status, body)
        except TimeoutError:
            return LATE
        except (HTTPException, OSError, ValueError):
            return NO_WORD
        finally:
            self._connection.close()

    def give_up(self) -> None:
        """End it: somebody who trickles holds no thread for ever."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def ask(posts: Mapping[str, Post], *, deadline: float) -> Iterator[tuple[str, Answer | Phrase]]:
    """Send them all at once; what each brought, as it comes, and LATE for those that are not there by the deadline."""
    waiting = dict(posts)
    answers: queue.SimpleQueue[tuple[str, Answer | Phrase]] = queue.SimpleQueue()
    for name, post in posts.items():
        threading.Thread(
            target=lambda name=name, post=post: answers.put((name, post.run())), name=f"ask {name}", daemon=True
        ).start()
    while waiting:
        try:
            name, answer = answers.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            break
        del waiting[name]
        yield name, answer
    for name, post in waiting.items():
        post.give_up()
        yield name, LATE
