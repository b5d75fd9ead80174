"""A stream of server-sent events, come back to by its last id until the server says that there is no more."""

import asyncio
import contextlib
import http.client
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import Frame, Refused, Waiting
from .socket import GaveUp, Way, parsed

RETRY_S = 2.0
"""The wait before a stream is taken up again, unless the server says otherwise."""
MOST_TRIES = 5
"""Connections in a row that bring nothing before the stream is given up."""
SILENCE_S = 45.0
"""A server gives a sign of life every 15 s; one that gives none for so long is gone."""
OK, NO_MORE = 200, 204


@dataclass(frozen=True, slots=True)
class _Event:
    data: str
    last_id: str


@dataclass(frozen=True, slots=True)
class _Retry:
    seconds: float


@dataclass(frozen=True, slots=True)
class _End:
    """A connection is over; `status` is 0 where there was none."""

    status: int
    body: bytes = b""


_StreamPart = _Event | _Retry | _End


async def event_stream(way: Way, url: str) -> AsyncGenerator[Frame, None]:
    """The frames of the stream, each once. Raises GaveUp, Refused."""
    last_id, wait_s, failures = "", RETRY_S, 0
    while True:
        status = 0
        parts = _connection(url, headers(way, last_id))
        async with contextlib.aclosing(parts):
            async for part in parts:
                match part:
                    case _Event(data, last_id):
                        failures = 0
                        yield parsed(data)
                    case _Retry(seconds):
                        wait_s = seconds
                    case _End(status, body) if status not in {0, OK, NO_MORE, 503}:
                        raise refusal(status, body)
                    case _End(status):
                        pass
        if status == NO_MORE:
            return
        failures += 1
        if failures > MOST_TRIES:
            raise GaveUp("The stream is lost. Check that the server runs, and ask again.")
        way.tell(Waiting("Stream interrupted, going on", wait_s))
        await way.sleep(wait_s)


def headers(way: Way, last_id: str = "") -> dict[str, str]:
    """The headers of a request, of a stream that goes on behind `last_id`."""
    authorization = {"Authorization": f"Bearer {way.token}"} if way.token else {}
    return {"Accept": "text/event-stream", **authorization, **({"Last-Event-ID": last_id} if last_id else {})}


async def _connection(url: str, headers: Mapping[str, str]) -> AsyncGenerator[_StreamPart, None]:
    """What one connection brings, read in a thread of its own; its end comes last."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[_StreamPart]()
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=SILENCE_S)

    def put(part: _StreamPart) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has gone
            loop.call_soon_threadsafe(queue.put_nowait, part)

    reading = asyncio.ensure_future(asyncio.to_thread(_read, connection, f"{parts.path}?{parts.query}", headers, put))
    try:
        while not isinstance(part := await queue.get(), _End):
            yield part
        yield part
    finally:
        if (socket := connection.sock) is not None:
            with contextlib.suppress(OSError):
                socket.shutdown(2)
        await asyncio.shield(reading)


def _read(
    connection: http.client.HTTPConnection, target: str, headers: Mapping[str, str], put: Callable[[_StreamPart], None]
) -> None:
    status = 0
    try:
        connection.request("GET", target, headers=dict(headers))
        answer = connection.getresponse()
        status = answer.status
        if status == OK:
            _events(answer, put)
        put(_End(status, b"" if status == OK else answer.read(64 * 1024)))
    except (OSError, http.client.HTTPException, ValueError):
        put(_End(0))
    finally:
        connection.close()


def _events(answer: http.client.HTTPResponse, put: Callable[[_StreamPart], None]) -> None:
    """Read the stream (WHATWG HTML, section 9.2.6)."""
    data: list[str] = []
    last_id = ""
    for line in answer:
        name, _, value = line.decode(errors="replace").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id":
            last_id = value
        elif name == "retry" and value.isdecimal():
            put(_Retry(int(value) / 1000))
        elif not name and not value and data:
            put(_Event("\n".join(data), last_id))
            data = []


def refusal(status: int, body: bytes) -> Refused:
    """The error that a response of such a status stands for."""
    try:
        problem = json.loads(body)
        return Refused(str(problem["code"]), str(problem["detail"]), retryable=bool(problem.get("retryable")))
    except (ValueError, KeyError, TypeError):
        return Refused("BAD_REQUEST", f"The server refused the stream (HTTP {status}).")
