"""Addresses of pages: their normal form, where a crawl stays, and the file that a page is kept in. All pure."""

import hashlib
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(r"(?:utm_\w+|gclid|fbclid|mc_[ce]id)\Z")
_UNSAFE = re.compile(r"[^\w.\- ]")
_LONGEST_NAME = 80
_LONGEST_PATH = 300
_LONGEST_ADDRESS = 2_000
_PATH = "/%:@!$&'()*+,;=~-._"


class BadAddress(ValueError):
    """No address of a page on the web; the text says why."""


def normal(address: str, base: str = "") -> str:
    """The one form of all that lead to the same page, as `https://host/path?query`. `base`: the page that a relative
    address stands on. Fragments and what only serves to count visitors are left out. Raises BadAddress."""
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise BadAddress(f"{address[:100]!r} is no address of a page.") from error
    if parts.scheme not in _PORTS or not host:
        raise BadAddress(f"{address[:100]!r} is no address of a page: it has to begin with http:// or https://.")
    if parts.username is not None:
        raise BadAddress("Leave name and password out of the address: only pages that anybody may read are ingested.")
    if ":" in host:
        host = f"[{ip_address(host.partition('%')[0])}]"
    place = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    found = urlunsplit((parts.scheme, place, quote(parts.path or "/", safe=_PATH), _query(parts), ""))
    if len(found) > _LONGEST_ADDRESS:
        raise BadAddress(f"The address has more than {_LONGEST_ADDRESS:,} characters.")
    return found


def _query(parts: SplitResult) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    return urlencode([(name, value) for name, value in pairs if not _TRACKING.match(name)])


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a crawl stays: on one host, at and below one path that ends in a slash."""

    host: str
    path: str

    @classmethod
    def around(cls, address: str) -> "Scope":
        """The folder that a page in normal form lies in."""
        parts = urlsplit(address)
        return cls(parts.netloc, parts.path[: parts.path.rindex("/") + 1])

    @property
    def whole(self) -> "Scope":
        """The whole host."""
        return Scope(self.host, "/")

    def __contains__(self, address: str) -> bool:
        parts = urlsplit(address)
        return parts.netloc == self.host and (parts.path.startswith(self.path) or f"{parts.path}/" == self.path)


def file_name(address: str, suffix: str) -> PurePosixPath:
    """Where the page with this address, in normal form, is kept below the folder of its site, in a file with this
    suffix. Two addresses can have one name: `other_name` tells them apart."""
    parts = urlsplit(address)
    *folders, last = unquote(parts.path).lstrip("/").split("/")
    stem = last.removesuffix(PurePosixPath(last).suffix) if PurePosixPath(last).suffix.lower() == suffix else last
    if parts.query:
        stem = f"{stem or 'index'}-{_digest(parts.query)}"
    path = PurePosixPath(*(_segment(name).replace(".", "_") for name in folders if name), f"{_segment(stem)}{suffix}")
    return path if len(str(path).encode()) <= _LONGEST_PATH else PurePosixPath(f"{_digest(address)}{suffix}")


def other_name(path: PurePosixPath, address: str) -> PurePosixPath:
    """The name for this address where another one has the usual name."""
    return path.with_name(f"{path.stem}-{_digest(address)}{path.suffix}")


def folder_name(host: str) -> str:
    """The folder of a site, of its host with the port."""
    return _segment(host.replace(":", "_"))


def _segment(name: str) -> str:
    """A file's name without what file systems, or a search for documents, would not have."""
    safe = _UNSAFE.sub("_", name).strip(" ")
    safe = f"_{safe[1:]}" if safe.startswith(".") else safe
    return f"{safe[: _LONGEST_NAME - 9]}-{_digest(name)}" if len(safe) > _LONGEST_NAME else safe or "index"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
