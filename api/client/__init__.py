"""Python clients of Pitcrew: of its native protocol, `/ws/chat`, and of the other dialects. They need `websockets` and
nothing else of Pitcrew.

    import asyncio
    from pitcrew_client import Client, ClientError      # in the server's own environment: api.client

    async def main() -> None:
        async with Client("localhost:8000", token) as client:
            conversation = client.conversation("support-1")
            turn = conversation.ask("What is the roof load of the Plover?")
            async for frame in turn:
                print(frame["type"], turn.text)
            print(turn.last["type"], turn.text, turn.sources)

            last = await conversation.ask("And of the Wren?")      # only the last frame
            print(last["response"])

    asyncio.run(main())

Frames are dictionaries as PROTOCOL.md describes them; types that this library does not know pass through. What is lost
with a connection is made good: a message is sent again under the same id until it is acknowledged, an answer is resumed
after the last event seen, and each event is handed over once. Errors are ClientErrors with words for a person.

The other dialects have a client each, which comes back by its dialect's own schedule (`retry_schedules.py`) and says
so:

    way = Way("ws://127.0.0.1:8000", tell=lambda notice: print(notice.reason))
    analysis = Analysis(way, "How many incidents are there by severity?")
    async for frame in analysis:
        print(frame["type"], analysis.text)
"""

import asyncio
import ssl
import uuid
from collections.abc import Callable
from types import TracebackType

from .address import chat_url
from .analysis import Analysis
from .conversation import Conversation
from .credentials import Token
from .errors import (
    Busy,
    ClientError,
    Closed,
    Dropped,
    Frame,
    Refused,
    SignInFailed,
    Unreachable,
    Waiting,
)
from .explorer import Explorer
from .link import Link
from .query import Query
from .reasoning import Reasoning
from .socket import FallingBack, GaveUp, Way
from .turn import Turn, ends_run
from .waits import Waits

__all__ = [
    "Analysis",
    "Busy",
    "Client",
    "ClientError",
    "Closed",
    "Conversation",
    "Dropped",
    "Explorer",
    "FallingBack",
    "Frame",
    "GaveUp",
    "Query",
    "Reasoning",
    "Refused",
    "SignInFailed",
    "Token",
    "Turn",
    "Unreachable",
    "Waiting",
    "Waits",
    "Way",
]


_OF_THE_CONNECTION = frozenset({"auth_success", "auth_error", "auth_expiring", "pong", "closing", "error"})
"""Frames of no conversation, unless they name its run."""


class Client:
    """One user's connection to a server, with any number of conversations over it.

    `token` is a JWT, or a function (async or not) that gives a fresh one: it is asked for the first, and again when
    one runs out. `tell` hears of each wait, to show it to a person. `timezone` (IANA) is the user's, told with each
    message. `tls` is for servers whose certificate is not in the system's store. A lost connection is made again when
    something is asked or awaited, not before.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        waits: Waits | None = None,
        tell: Callable[[Waiting], None] = lambda waiting: None,
        timezone: str = "",
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        """`url` is the server's address in any usual form: `localhost:8000`, `https://…`, with or without the path of
        the socket. Raises ValueError for what is none."""
        self._timezone = timezone
        self._conversations: dict[str, Conversation] = {}
        self._runs: dict[str, Conversation] = {}
        self._last_resumed: Conversation | None = None
        self._link = Link(
            chat_url(url),
            token,
            waits or Waits(),
            receive=self._receive,
            changed=self._changed,
            answering=lambda: any(conversation.answering for conversation in self._conversations.values()),
            tell=tell,
            tls=tls,
            proxy=proxy,
        )

    async def __aenter__(self) -> "Client":
        """Connect and sign in. Raises Unreachable at once where nobody answers, SignInFailed for a bad token."""
        try:
            await self._link.open()
        except BaseException:
            await self._link.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; whoever still waits gets Closed. Runs go on at the server and can be followed later."""
        await asyncio.gather(*(conversation.close(Closed()) for conversation in self._conversations.values()))
        await self._link.close()

    def conversation(self, session_id: str | None = None) -> Conversation:
        """The conversation of that name, the same object each time; without a name, a new one."""
        name = session_id or str(uuid.uuid4())
        if name not in self._conversations:
            self._conversations[name] = Conversation(name, self._link, self._timezone)
        return self._conversations[name]

    # --- frames to conversations -------------------------------------------------------------------------------------

    def _changed(self) -> None:
        for conversation in self._conversations.values():
            conversation.line_changed()

    def _receive(self, frame: Frame) -> None:
        match frame.get("type"):
            case "closing":
                self._link.closing(frame.get("reconnect_after_ms") or 0)
            case "auth_expiring":
                self._link.expiring()
        conversation = self._conversation_of(frame)
        if conversation is None:
            return
        for run_id in (frame.get("run_id"), frame.get("active_run")):
            if run_id is not None:
                self._runs[run_id] = conversation
        if frame.get("type") == "resumed":
            self._last_resumed = conversation
        conversation.received(frame)
        if ends_run(frame):
            self._runs.pop(frame["run_id"], None)

    def _conversation_of(self, frame: Frame) -> Conversation | None:
        """Frames name their session or their run. A run that is not known yet comes from a conversation's history, and
        that follows its `resumed`."""
        session_id, run_id = frame.get("session_id"), frame.get("run_id")
        if session_id is not None:
            return self._conversations.get(session_id)
        if run_id in self._runs:
            return self._runs[run_id]
        if frame.get("type") in _OF_THE_CONNECTION:
            return None
        if len(self._conversations) == 1:
            return next(iter(self._conversations.values()))
        return self._last_resumed if "seq" in frame else None
