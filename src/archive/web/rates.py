"""How often one client may ask: so many requests in any sixty seconds, all at once or one after the other.

    rates = Rates(Table(cells, secret), per_minute=600, proxies=networks("10.0.0.0/8"))
    rate = rates.take(scope)            Rate(limit=600, left=599, seconds=1), or with left=-1: refused

What is kept of a client is one number, the moment at which all that it has asked for is paid off (the generic cell rate
algorithm, ITU-T I.371), in a table of fixed size that the workers of a site share. Clients are told apart by a hash of
their address with a secret of this start: the table has no addresses.

Rules
- A client is an address of IPv4, or the first 64 bits of one of IPv6: whoever has one of these has all of them.
- The address is the peer's. Where that is a proxy which the administrator has named, it is the last one in
  `X-Forwarded-For` that is not such a proxy; what stands before it, anyone may have written.
- Where more clients ask at a time than the table holds, the one whose debt is least is forgotten: never is one refused for
  what others did.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address, ip_network
from secrets import token_bytes
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from archive.domain.errors import Refused
from archive.web.replies import header

if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence, Sequence
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    from starlette.types import Scope

    Network = IPv4Network | IPv6Network

WINDOW_SECONDS: Final = 60.0
# A client is looked for in one of so many rows of so many places, of two cells each: 1 MiB.
ROWS: Final = 16_384
_PLACES: Final = 4
_ROW_CELLS: Final = 2 * _PLACES
CELLS: Final = ROWS * _ROW_CELLS
# So many bytes are a whole number in a cell.
_HASH_BYTES: Final = 6
_NOBODY: Final = "unknown"
# Proxies stand in a row of a few; more are a stranger's invention.
_MAX_HOPS: Final = 20


class Rate(NamedTuple):
    """What a client has left: of so many requests a window, so many, and after how many seconds all of them again."""

    limit: int
    left: int
    seconds: int


class Table:
    """Where what clients have asked for is kept. `secret`: of this start, the same in all workers."""

    def __init__(self, cells: MutableSequence[float], secret: bytes) -> None:
        self._cells = cells
        self._secret = secret

    def place_of(self, client: str) -> tuple[int, float]:
        """Where the client's cells begin, and its name in the first of them. Whoever had the place before has lost it."""
        digest = blake2b(client.encode("ascii"), key=self._secret, digest_size=_HASH_BYTES + 4).digest()
        name = float(int.from_bytes(digest[:_HASH_BYTES]) or 1)
        row = int.from_bytes(digest[_HASH_BYTES:]) % ROWS * _ROW_CELLS
        cells = self._cells
        places = range(row, row + _ROW_CELLS, 2)
        for place in places:
            if cells[place] == name:
                return place, name
        return min(places, key=lambda place: cells[place + 1]), name

    def paid_off(self, place: int, name: float) -> float:
        """When all that a client has asked for is paid off; long ago, where it has not asked."""
        return self._cells[place + 1] if self._cells[place] == name else -math.inf

    def put(self, place: int, name: float, paid_off: float) -> None:
        """Note when it will be."""
        self._cells[place], self._cells[place + 1] = name, paid_off


class Rates:
    """The rate of every client. Two workers that ask at the same moment may count one request between them."""

    def __init__(
        self, table: Table, *, per_minute: int, proxies: Sequence[Network] = (), clock: Callable[[], float] = monotonic
    ) -> None:
        self._table = table
        self._limit = per_minute
        self._interval = WINDOW_SECONDS / per_minute
        self._proxies = proxies
        # The clock of the machine, so that it is the same in all workers.
        self._clock = clock

    def take(self, scope: Scope) -> Rate:
        """Count a request of its client. One that is refused is not counted, so that waiting always helps."""
        now = self._clock()
        place, name = self._table.place_of(client_of(scope, self._proxies))
        debt = max(self._table.paid_off(place, name) - now, 0.0)
        # What rounding leaves of an interval is no reason to refuse.
        left = math.floor((WINDOW_SECONDS - debt) / self._interval + 1e-6) - 1
        if left < 0:
            return Rate(self._limit, -1, math.ceil(debt + self._interval - WINDOW_SECONDS) or 1)
        debt += self._interval
        self._table.put(place, name, now + debt)
        return Rate(self._limit, left, math.ceil(debt))


def a_secret() -> bytes:
    """What hides the addresses of one start."""
    return token_bytes(16)


def networks(listed: str) -> list[Network]:
    """Addresses and networks that stand apart by commas. `Refused` CFG-003."""
    try:
        return [ip_network(one.strip()) for one in listed.split(",") if one.strip()]
    except ValueError:
        raise Refused("CFG-003", name="proxies") from None


def client_of(scope: Scope, proxies: Sequence[Network]) -> str:
    """Who asks, as far as that is told apart."""
    peer = scope.get("client")
    address = None if peer is None else _address(peer[0])
    if proxies and _is_in(address, proxies):
        hops = (header(scope, b"x-forwarded-for") or "").split(",")[-_MAX_HOPS:]
        for hop in reversed(hops):
            before = _address(hop.strip())
            if before is None:
                break
            address = before
            if not _is_in(address, proxies):
                break
    if address is None:
        return _NOBODY
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    # Some proxies write the port too: 192.0.2.1:443, [2001:db8::1]:443.
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_in(address: IPv4Address | IPv6Address | None, proxies: Sequence[Network]) -> bool:
    return address is not None and any(address in one for one in proxies)
