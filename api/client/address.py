"""Where a server is, in any of the forms in which people write that."""

import ipaddress
from urllib.parse import SplitResult, urlsplit, urlunsplit

CHAT = "/ws/chat"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_WRONG = "an address is like ws://127.0.0.1:8000, https://support.example.com or localhost:8000"


def base_url(address: str) -> str:
    """The server's address as `ws://` or `wss://`, without the path of a dialect: of an address with or without a
    scheme, port and path. What lies on this machine is reached without TLS where no scheme is named, anything else with
    TLS. Raises ValueError."""
    parts = _parts(address)
    path = parts.path.rstrip("/").removesuffix(CHAT).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def chat_url(address: str) -> str:
    """The address of the native dialect there; a query in it stays. Raises ValueError."""
    parts = _parts(address)
    return urlunsplit((parts.scheme, parts.netloc, urlsplit(base_url(address)).path + CHAT, parts.query, ""))


def _parts(address: str) -> SplitResult:
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, _ = parts.hostname, parts.port  # a port that is none is found here
    except ValueError as error:
        raise ValueError(f"{_WRONG}; {error}") from None
    scheme = _SCHEMES.get(parts.scheme or ("ws" if _on_this_machine(host or "") else "wss"))
    if scheme is None or not host or any(character.isspace() for character in text):
        raise ValueError(_WRONG)
    return parts._replace(scheme=scheme, fragment="")


def _on_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
