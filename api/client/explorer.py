"""Client of `/ws/{session_id}`: questions about tables. Five tries, each after twice the wait, 30 seconds at most."""

import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection

from .errors import Frame
from .retry_schedules import EXPLORER
from .socket import Way, frames

ENDS = frozenset({"agent", "error"})


class Explorer:
    """A conversation about tables. What is lost with a connection, the server tells on the next one."""

    def __init__(self, way: Way, session_id: str | None = None) -> None:
        self.session_id = session_id or uuid.uuid4().hex
        self._way = way

    async def ask(self, content: str) -> AsyncGenerator[Frame, None]:
        """The frames of the answer: `user`, then `agent_partial` and `tool`, at last `agent` or `error`. The question
        is asked once, however often the connection is lost. Raises GaveUp, SignInFailed, Dropped."""
        question = json.dumps({"content": content, "client_message_id": uuid.uuid4().hex})
        echoed = False
        tool_frames: list[Frame] = []

        async def ask(socket: ClientConnection) -> None:
            if not echoed:
                await socket.send(question)

        source = frames(self._way, self._way.socket(f"/ws/{quote(self.session_id, safe='')}"), EXPLORER, ask)
        async with aclosing(source):
            async for frame in source:
                kind = frame.get("type")
                if kind == "user" and frame.get("content") == content:
                    if echoed:
                        continue
                    echoed = True
                elif not echoed and kind != "error":
                    continue  # of a question before this one
                if kind == "tool":
                    if any(_same(frame, tool_frame) for tool_frame in tool_frames):
                        continue  # a new connection tells it again
                    tool_frames.append(frame)
                yield frame
                if kind in ENDS:
                    return


def _same(frame: Frame, other: Frame) -> bool:
    """Whether two frames tell the same result of a tool; what is told later may be cut short."""
    shorter, longer = sorted((str(frame.get("content", "")), str(other.get("content", ""))), key=len)
    return frame.get("tool_name") == other.get("tool_name") and longer.startswith(shorter)
