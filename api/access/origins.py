"""Which web pages may open a socket here, and who asks by a name that is this machine's."""

import re
from urllib.parse import urlsplit

from api.settings import LOCAL_NAMES

_LOCALHOST = re.compile(r"http://(localhost|127\.0\.0\.1)(:\d{1,5})?")


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
