"""Client of `/ws/query`: what was found at once, then the answer. Three tries, then once more without streaming."""

import json
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from websockets.asyncio.client import ClientConnection

from .errors import Frame
from .retry_schedules import QUERY
from .socket import FallingBack, GaveUp, Way, frames
from .stopping import stop

PATH, STREAM = "/ws/query", "/api/v1/chat/stream"
NOT_SIGNED_IN = frozenset({"AUTH_REQUIRED", "AUTH_INVALID", "AUTH_EXPIRED"})
ENDS = frozenset({"stream_end", "overview"})


class Query:
    """One question and its answer. Iterate over its frames; `text` is the answer so far, `results` what was found.

    However often the connection is lost, the question is asked once. A new connection tells the answer from its
    beginning. Iterating raises GaveUp, SignInFailed, Dropped.
    """

    def __init__(
        self, way: Way, question: str, *, humanize: bool = True, stream: bool = True, session_id: str | None = None
    ) -> None:
        self.text = ""
        self.results: Sequence[Mapping[str, Any]] = ()
        self._way = way
        self._session_id = session_id or uuid.uuid4().hex
        self._question_frame = {
            "question": question,
            "humanize": humanize,
            "stream": stream,
            "session_id": self._session_id,
            "client_message_id": uuid.uuid4().hex,
        }

    async def __aiter__(self) -> AsyncGenerator[Frame, None]:
        streaming = self._answer(self._question_frame, last=False)
        try:
            async with aclosing(streaming):
                async for frame in streaming:
                    yield frame
            return
        except GaveUp as error:
            self._way.tell(FallingBack(str(error)))
        whole = self._answer({**self._question_frame, "stream": False}, last=True)
        async with aclosing(whole):
            async for frame in whole:
                yield frame

    async def cancel(self) -> None:
        """Ask the server to stop the answer, whose last frames then come. Raises Refused, Unreachable."""
        await stop(self._way, STREAM, self._session_id)

    async def _answer(self, question_frame: Mapping[str, Any], *, last: bool) -> AsyncGenerator[Frame, None]:
        async def ask(socket: ClientConnection) -> None:
            self.text = ""
            await socket.send(json.dumps(question_frame))

        schedule = replace(QUERY, waits_s=(), then=NO_ANSWER) if last else QUERY
        source = frames(self._way, self._way.socket(PATH), schedule, ask)
        failed, streaming = False, False
        async with aclosing(source):
            async for frame in source:
                kind = frame.get("type")
                if kind == "error" and frame.get("code") in NOT_SIGNED_IN:
                    continue  # the connection is about to be closed for it
                self._read(frame)
                yield frame
                failed, streaming = failed or kind == "error", streaming or kind == "stream_start"
                if kind in ENDS or (failed and not streaming):
                    return

    def _read(self, frame: Frame) -> None:
        match frame.get("type"):
            case "immediate":
                self.results = frame.get("results", ())
            case "stream_start":
                self.text = ""
            case "stream_token":
                self.text += str(frame.get("token", ""))
            case "stream_end":
                self.text = str(frame.get("response", self.text))
            case "overview":
                self.text = str(frame.get("overview", self.text))


NO_ANSWER = "The answer could not be had. Check that the server runs, and ask again."
