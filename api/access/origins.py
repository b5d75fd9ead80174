"""Which web pages may open a socket here, and who asks by a name that is this machine's."""

import re
from urllib.parse import urlsplit

_LOCALHOST = re.compile(r"http://(localhost|127\.0\.0\.1)(:\d{1,5})?")

LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL_NAMES = LOOPBACK | {"localhost"}
"""Host names by which a person at this machine asks. A request from here by another name came through a proxy, or from
a page whose name was made to point here."""


def origin_allowed(origin: str | None, listed: frozenset[str], *, development: bool) -> bool:
    """Whether a handshake with this Origin header is accepted. Programs send none; pages always do, and must be
    listed exactly: scheme, host and port. In development any page of this machine may."""
    if origin is None:
        return True
    return origin in listed or (development and _LOCALHOST.fullmatch(origin) is not None)


def by_local_name(host: str) -> bool:
    """Whether a Host header names this machine from within."""
    try:
        return urlsplit(f"//{host}").hostname in LOCAL_NAMES
    except ValueError:
        return False
