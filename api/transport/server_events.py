"""A response of server-sent events that are spelled already, for dialects that have no socket."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.transport.sse import HEADERS, SEND_PATIENCE_S
from api.transport.uvicorn_request import ABORT

BEAT = ": still working\n\n"
"""A comment, which readers skip: it shows that the connection lives."""


class ServerEvents(StreamingResponse):
    """Sends `events`. Who stops reading is given up; `closed` is called once the reader has all or is gone."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[str], closed: Callable[[], None]) -> None:
        super().__init__(events, headers=HEADERS)
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            async with asyncio.timeout(SEND_PATIENCE_S):
                await send(message)

        try:
            await super().__call__(scope, receive, patient)
        except TimeoutError:
            scope.get(ABORT, lambda: None)()
        finally:
            self._closed()
