"""Client of `/ws/agent/stream`: one question about data. Three tries, then server-sent events."""

import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from websockets.asyncio.client import ClientConnection

from .errors import Frame
from .event_stream import event_stream
from .retry_schedules import ANALYSIS
from .socket import FallingBack, GaveUp, Way, frames
from .stopping import stop

SOCKET, STREAM = "/ws/agent/stream", "/agent/stream"


class Analysis:
    """One question and its answer. Iterate over its frames, the last of which is `stream_end`; `text` is the answer so
    far, `data` what `data_ready` brought.

    However often the connection is lost, the question is asked once. A new connection tells the analysis from its
    beginning, with another `start`. Iterating raises GaveUp, SignInFailed, Dropped, Refused.
    """

    def __init__(self, way: Way, question: str, dataset: str = "all", session_id: str | None = None) -> None:
        self.text = ""
        self.data: Mapping[str, Any] | None = None
        self._way = way
        self._query = {
            "question": question,
            "dataset": dataset,
            "session_id": session_id or uuid.uuid4().hex,
            "client_message_id": uuid.uuid4().hex,
        }

    async def __aiter__(self) -> AsyncGenerator[Frame, None]:
        try:
            async for frame in self._until_end(
                frames(self._way, self._way.socket(SOCKET, self._query), ANALYSIS, _hello)
            ):
                yield frame
            return
        except GaveUp as error:
            self._way.tell(FallingBack(str(error)))
        async for frame in self._until_end(event_stream(self._way, self._way.http(STREAM, self._query))):
            yield frame

    async def cancel(self) -> None:
        """Ask the server to stop the analysis, whose last frames then come. Raises Refused, Unreachable."""
        await stop(self._way, STREAM, self._query["session_id"])

    async def _until_end(self, source: AsyncGenerator[Frame, None]) -> AsyncGenerator[Frame, None]:
        async with aclosing(source):
            async for frame in source:
                self._read(frame)
                yield frame
                if frame.get("type") == "stream_end":
                    return

    def _read(self, frame: Frame) -> None:
        match frame.get("type"):
            case "start":
                self.text, self.data = "", None
            case "analysis_chunk":
                self.text += str(frame.get("chunk", ""))
            case "data_ready":
                self.data = frame.get("data")


async def _hello(socket: ClientConnection) -> None:
    """The URL has said it all."""
