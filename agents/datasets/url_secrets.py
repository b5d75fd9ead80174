"""The secrets in addresses of databases: kept in the environment where the address refers to them as `${NAME}`, and
taken out of everything that is shown."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from agents.dataset import DatasetUnavailable

HIDDEN = "***"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})\}")
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential", re.IGNORECASE)
"""Found in a parameter's name, or in its value, which may be a whole connection string."""
_AS_WRITTEN = re.compile(r"://[^/?#@:]{0,300}:([^@]{0,1000})@")
_PART = re.compile(r"(?<![^;=])[^;=]*+=([^;]*)")
"""Of a connection string."""


def is_reference(address: str) -> bool:
    """Whether all of it is in the environment."""
    return _REFERENCE.fullmatch(address) is not None


def resolved(address: str, variables: Mapping[str, str]) -> str:
    """The URL with what its references stand for, which may hold any characters. Raises DatasetUnavailable, which says
    what is to be set."""

    def value(match: re.Match[str]) -> str:
        if (setting := variables.get(match[1])) is None:
            raise DatasetUnavailable(
                f"The environment variable {match[1]} is not set: set it where pitcrew runs, for the server too "
                f"(export {match[1]}=..., or a line in .env), and start again."
            )
        return setting

    def filled(text: str) -> str:
        return _REFERENCE.sub(value, text)

    def fill_part(part: str | None) -> str | None:
        return None if part is None else filled(part)

    if not _REFERENCE.search(address):
        return address
    if whole := _REFERENCE.fullmatch(address):
        if "://" not in (full_url := value(whole).strip()):
            raise DatasetUnavailable(f"The environment variable {whole[1]} holds no URL of a database: see its value.")
        return full_url
    url = make_url(address)
    query = {
        name: filled(parameter) if isinstance(parameter, str) else tuple(map(filled, parameter))
        for name, parameter in url.query.items()
    }
    full = url.set(
        username=fill_part(url.username),
        password=fill_part(url.password),
        host=fill_part(url.host),
        database=fill_part(url.database),
        query=query,
    )
    return full.render_as_string(hide_password=False)


def holds_secret(address: str) -> bool:
    """Whether the URL holds a password, or what looks like one, itself."""
    url = _url(address)
    return url is None or any(not _REFERENCE.fullmatch(secret) for secret in _secrets(url))


def redact(url: str) -> str:
    """The URL of a database without its secrets; a reference is none."""
    parsed = _url(url)
    if parsed is None:
        return url if is_reference(url) else "(not shown)"
    if not holds_secret(url):
        return url
    open_to_all = {name: value for name, value in parsed.query.items() if not _SECRET.search(f"{name} {value}")}
    return parsed.set(query=open_to_all).render_as_string(hide_password=True)


def without_secrets(text: str, url: str) -> str:
    """A text that may hold the URL or parts of it, without its secrets in any spelling in which drivers write them."""
    parsed = _url(url)
    if parsed is None:
        return text.replace(url, HIDDEN)
    secrets = [*_secrets(parsed), *_AS_WRITTEN.findall(url)]
    secrets += [value.strip("{}' \"") for secret in secrets for value in _PART.findall(secret)]
    spellings = {url, *(spelling for secret in secrets for spelling in _spellings(secret))}
    for spelling in sorted(spellings - {""}, key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    return text


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
    yield secret.replace("\\", "\\\\").replace("'", "\\'")


def _secrets(url: URL) -> Iterator[str]:
    if url.password is not None:
        yield str(url.password)
    for name, value in url.query.items():
        for text in (value,) if isinstance(value, str) else value:
            if _SECRET.search(f"{name} {text}"):
                yield text


def _url(address: str) -> URL | None:
    try:
        return make_url(address)
    except (ArgumentError, ValueError):
        return None
