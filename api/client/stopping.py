"""Asking the server over HTTP to stop an answer, for dialects whose frames may come without a socket."""

import asyncio
import http.client
from urllib.parse import urlsplit

from .errors import Unreachable
from .event_stream import headers, refusal
from .socket import Way

PATIENCE_S = 15.0
"""A server says within 5 s whether it has stopped an answer."""


async def stop(way: Way, path: str, session_id: str) -> None:
    """Stop what is being answered in the session of a stream at `path`; it has ended when this returns. Raises Refused
    (`RUN_NOT_ACTIVE` where nothing is answered there any more), Unreachable."""
    url = way.http(path, {"session_id": session_id})
    status, body = await asyncio.to_thread(_delete, url, headers(way))
    if status >= 300:
        raise refusal(status, body)


def _delete(url: str, sent: dict[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PATIENCE_S)
    try:
        connection.request("DELETE", f"{parts.path}?{parts.query}", headers=sent)
        answer = connection.getresponse()
        return answer.status, answer.read(64 * 1024)
    except (OSError, http.client.HTTPException) as error:
        advice = "The answer may go on. Check that the server runs."
        raise Unreachable(f"{parts.scheme}://{parts.netloc}", str(error) or type(error).__name__, advice) from error
    finally:
        connection.close()
