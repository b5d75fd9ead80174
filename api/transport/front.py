"""The open connections, counted in all and by the address that they come from, before anybody has signed in.

An address may have only so many, and open only so many in a second, so that one of them never shuts everybody else out.
What is shut is told in the log, once in a while for all of it together.
"""

import ipaddress
import math
import os
import resource
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Literal

import structlog

log = structlog.get_logger()

PER_ADDRESS_PER_S, BURST = 100.0, 400.0
"""Connections that an address may open, in the long run and at once. A page opens a handful."""
ADDRESSES = 10_000
"""Addresses whose pace is remembered; beyond it the one that was seen longest ago is forgotten."""
TOLD_EVERY_S = 10.0
OTHER_DESCRIPTORS = 64
"""Files and pipes that the server may open beside those that it has when it starts to listen."""
FEWEST = 8
PLAIN_REQUESTS = 100
"""Connections beside those that may be sockets."""
LOCAL_NETWORK = 64
"""Bits of an IPv6 address that name a network: whoever has one has all of its addresses."""

Why = Literal["the server has as many as it can", "as many as one address may have", "opened too fast"]


@dataclass(slots=True)
class Bucket:
    """So many at once, and so many per second in the long run. A time is in seconds of any steady clock."""

    burst: float
    per_s: float
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.burst

    def take(self, now: float) -> bool:
        """Whether there is one left, which is then gone."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_s)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


def network(address: str | None) -> str:
    """What an address counts as: itself, or its network where it is of IPv6; "" where there is none."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, LOCAL_NETWORK), strict=False))


class Networks:
    """Addresses and networks, as a setting lists them. Raises ValueError for what is neither."""

    def __init__(self, listed: str) -> None:
        names = filter(None, (name.strip() for name in listed.split(",")))
        self._networks = tuple(ipaddress.ip_network(name) for name in names)

    def __contains__(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in one for one in self._networks)


def allow_descriptors(wanted: int) -> int:
    """Ask the system for so many more descriptors than are open. How many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = _open_descriptors() + OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted + taken:
        soft = wanted + taken if hard == resource.RLIM_INFINITY else min(hard, wanted + taken)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(FEWEST, min(wanted, soft - taken))


def _open_descriptors() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return OTHER_DESCRIPTORS


class Front:
    """Counts connections: at most `total`, and of one address `per_address` (None: as many as there are, as fast as
    they come). Connections of a `trusted` proxy are those of many, and count in all only."""

    def __init__(self, total: int, per_address: int | None = None, trusted: Networks | None = None) -> None:
        self._total = total
        self._per_address = None if per_address is None else min(per_address, max(1, total // 2))
        self._trusted = trusted or Networks("")
        self._open: Counter[str] = Counter()
        self._all = 0
        self._pace: OrderedDict[str, Bucket] = OrderedDict()
        self.shut: Counter[str] = Counter()
        """Connections that were shut, by the reason."""
        self._untold: Counter[tuple[str, str]] = Counter()
        self._told = -math.inf

    def __len__(self) -> int:
        return self._all

    def enter(self, address: str | None) -> Why | None:
        """Count a connection in, until `leave`. Why not, where there is no room for it: then it is not counted."""
        name = network(address)
        why = self._refusal(name)
        if why is not None:
            self.tell(why, name)
            return why
        self._all += 1
        self._open[name] += 1
        return None

    def leave(self, address: str | None) -> None:
        """A connection that was counted in is gone."""
        name = network(address)
        self._all -= 1
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]

    def tell(self, why: str, address: str) -> None:
        """Count a connection that is shut, and say so in the log, where nothing was said for some time."""
        self.shut[why] += 1
        self._untold[why, address] += 1
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY_S or len(self._untold) > ADDRESSES:
            self._told = now
            (first, at), _ = self._untold.most_common(1)[0]
            log.warning("connections_shut", why=first, address=at, connections=self._untold.total(), open=self._all)
            self._untold.clear()

    def _refusal(self, name: str) -> Why | None:
        if self._all >= self._total:
            return "the server has as many as it can"
        if self._per_address is None or not name or name in self._trusted:
            return None
        if self._open.get(name, 0) >= self._per_address:
            return "as many as one address may have"
        bucket = self._pace.get(name)
        if bucket is None:
            bucket = self._pace[name] = Bucket(BURST, PER_ADDRESS_PER_S)
            if len(self._pace) > ADDRESSES:
                self._pace.popitem(last=False)
        self._pace.move_to_end(name)
        return None if bucket.take(time.monotonic()) else "opened too fast"
