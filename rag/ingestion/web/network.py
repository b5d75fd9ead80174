"""Fetching one page: from public addresses only, with limits of size and time, one redirect after the other in view of
whoever asks.

A name is resolved once for each connection, the addresses are checked, and the connection is made to the very address
that was checked: a name that leads somewhere else a moment later gains nothing.
"""

import socket
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore

CONNECT_S = 10.0
READ_S = 30.0
PAGE_S = 120.0
"""How long one page may take, however steadily it trickles in."""
TRIES = 3
LONGEST_PAUSE_S = 30.0
AGENT = "Pitcrew"
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": f"{AGENT}/0.1 (support assistant; reads pages that robots.txt lets it)",
    "Accept": "*/*",
}
_PASSING = frozenset({429, 500, 502, 503, 504})
_NAT64 = ip_network("64:ff9b::/96")

Resolver = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host, for a port. Raises OSError."""


class Unfetched(Exception):
    """A page that could not be had; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        _, _, rest = self.headers.get("content-type", "").lower().partition("charset=")
        return rest.partition(";")[0].strip(" \"'")

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("location") if self.status in (301, 302, 303, 307, 308) else None


def resolved(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it carries another one within itself."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were checked."""

    def __init__(self, resolve: Resolver, *, private: bool) -> None:
        self._backend = httpcore.SyncBackend()
        self._resolve = resolve
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unfetched(f"There is no host {host}: check the address.") from error
        allowed = [address for address in found if self._private or public(address)]
        if not allowed:
            raise Unfetched(
                f"{host} is an address of a private network. With --intranet such addresses are read as well."
            )
        for address in allowed[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return self._backend.connect_tcp(allowed[-1], port, timeout, local_address, socket_options)


class Network:
    """Fetches pages. `private`: also from addresses that are not of the public internet."""

    def __init__(
        self,
        *,
        private: bool = False,
        resolve: Resolver = resolved,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            network_backend=_Checked(resolve, private=private), max_connections=2, keepalive_expiry=30
        )
        self._sleep = sleep

    def close(self) -> None:
        self._pool.close()

    def fetch(self, address: str, most: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """What the server answers to a GET of this address, of at most `most` bytes; redirects are not followed. What
        passes is tried again. Raises Unfetched."""
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._once(address, most, headers or {})
            except httpcore.UnsupportedProtocol as error:
                raise Unfetched(f"{address} is no address of a page.") from error
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
                if attempt == TRIES:
                    raise Unfetched(f"The server did not answer ({_why(error)}): try again later.") from error
                self._sleep(2.0**attempt)
                continue
            if answer.status not in _PASSING or attempt == TRIES:
                return answer
            self._sleep(_pause(answer, 2.0**attempt))
        raise AssertionError("the last attempt returns or raises")

    def _once(self, address: str, most: int, headers: Mapping[str, str]) -> Fetched:
        timeouts = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
        asked = _HEADERS | {"Accept-Encoding": "gzip"} | dict(headers.items())
        with self._pool.stream("GET", address, headers=asked, extensions={"timeout": timeouts}) as response:
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            fetched = Fetched(response.status, told)
            if fetched.location is not None or response.status not in (200, 203):
                return fetched
            return Fetched(response.status, told, _body(response.iter_stream(), told, most))


def _body(blocks: Iterable[bytes], headers: Mapping[str, str], most: int) -> bytes:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise Unfetched(f"The server sends the page coded as {coding[:20]!r}, which nobody asked for.")
    unpack = zlib.decompressobj(wbits=31) if coding.endswith("gzip") else None
    ends, body = time.monotonic() + PAGE_S, bytearray()
    for block in blocks:
        try:
            body += unpack.decompress(block, most + 1 - len(body)) if unpack else block
        except zlib.error as error:
            raise Unfetched("The page arrived damaged: try again later.") from error
        if len(body) > most:
            raise Unfetched(f"The page is larger than {most // 2**20} MB.")
        if time.monotonic() > ends:
            raise Unfetched(f"The page took longer than {PAGE_S:.0f} s.")
    return bytes(body)


def _pause(answer: Fetched, usual: float) -> float:
    stated = answer.headers.get("retry-after", "")
    return min(float(stated), LONGEST_PAUSE_S) if stated.isdecimal() else usual


def _why(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "it took too long"
    return str(error) or type(error).__name__
