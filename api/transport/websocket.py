"""The only pump between a WebSocket and the engine: frames in to commands, events out to frames.

A reader task takes frames in order; a writer task sends what the outbox holds, so that a slow socket delays nobody.
"""

import asyncio
import contextlib
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import NoReturn

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.auth import Identity, TokenRules
from api.dialect import (
    Authenticate,
    Closing,
    Denied,
    Inbound,
    Limits,
    Ping,
    Pong,
    Problem,
    Rejected,
    Session,
    Welcome,
)
from api.frames import FRAME_BYTES
from api.limits import MESSAGES_PER_MINUTE, MessageLimit
from api.transport.outbox import Outbox, OutboxFull
from orchestrator.commands import MESSAGE_CHARS, Caller, Cancel, Command, Feedback, Resume, Send
from orchestrator.engine import Engine
from orchestrator.errors import (
    AuthExpired,
    AuthInvalid,
    AuthRequired,
    BadJson,
    BadRequest,
    BinaryUnsupported,
    Forbidden,
    MessageTooLong,
    PitcrewError,
    ProcessingError,
    UnknownType,
)
from orchestrator.events import Envelope
from orchestrator.follow import Follower

log = structlog.get_logger()

AUTH_DEADLINE_S = 10
AUTH_FRAME_BYTES = 8 * 1024
MAX_UNAUTHENTICATED = 5
MAX_MALFORMED, MALFORMED_WINDOW_S = 5, 60
SEND_PATIENCE_S = 10
HEARTBEAT_S = 20

GOING_AWAY = 1001
BINARY, INTERNAL, MALFORMED, AUTH, FORBIDDEN, AUTH_DEADLINE, SLOW = 1003, 1011, 4400, 4401, 4403, 4408, 4410
CLOSE_REASONS = {
    GOING_AWAY: "the server is restarting",
    BINARY: "binary frames are not supported",
    INTERNAL: "internal error",
    MALFORMED: "too many malformed frames",
    AUTH: "a valid token is needed",
    FORBIDDEN: "the token belongs to another user",
    AUTH_DEADLINE: "no token in time",
    SLOW: "reader too slow, resume when you can",
}


class Hangup(Exception):
    """The connection is to be closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Gateway:
    """What every connection of the server shares."""

    engine: Engine
    tokens: TokenRules
    message_limit: MessageLimit


class Connection:
    """One accepted socket, from its first frame to its close."""

    def __init__(self, websocket: WebSocket, session: Session, gateway: Gateway) -> None:
        self._websocket = websocket
        self._session = session
        self._gateway = gateway
        self._outbox = Outbox()
        self._follower = Follower(gateway.engine, self._outbox.put)
        self._identity: Identity | None = None
        self._unauthenticated = 0
        self._binary = 0
        self._malformed: deque[float] = deque()
        self._leaving = asyncio.Event()

    async def run(self, token: str | None = None) -> None:
        """Serve the socket until either side closes it. `token` is the one of the URL, if there was one."""
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._read(token))
        leaving = asyncio.create_task(self._leave())
        tasks = {reader, writer, leaving}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            outcomes = [await self._outcome(task) for task in done]
            code = next((code for code in outcomes if code is not None), None)
            if code is not None and not writer.done():
                await self._flush()
            await self._close(code)
        finally:
            self._follower.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def announce_close(self, reconnect_after_ms: int) -> None:
        """Tell the client that the server is about to stop."""
        self._outbox.put(Closing(reconnect_after_ms))

    def hang_up(self) -> None:
        """Close the socket when what waits has been sent: the server stops."""
        self._leaving.set()

    async def _outcome(self, task: "asyncio.Task[None]") -> int | None:
        """The close code that a finished task asks for; None when the socket is gone."""
        try:
            await task
        except Hangup as hangup:
            return hangup.code
        except OutboxFull:
            return SLOW
        except (WebSocketDisconnect, RuntimeError, OSError):
            return None
        except Exception:
            log.exception("connection_failed")
            return INTERNAL
        return None

    async def _leave(self) -> None:
        await self._leaving.wait()
        raise Hangup(GOING_AWAY)

    async def _flush(self) -> None:
        """Let the writer send what waits before the close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_PATIENCE_S):
                await self._outbox.drained()

    async def _close(self, code: int | None) -> None:
        if code is None or self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._websocket.close(code, CLOSE_REASONS[code])

    # --- out -------------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            item = await self._outbox.take()
            if isinstance(item, Envelope):
                frames = self._session.emitted(item, lagging=self._outbox.lagging)
            else:
                frames = self._session.notice(item)
            for text in frames:
                try:
                    async with asyncio.timeout(SEND_PATIENCE_S):
                        await self._websocket.send_text(text)
                except TimeoutError:
                    raise Hangup(SLOW) from None
            self._outbox.sent()

    # --- in --------------------------------------------------------------------------------------------------------

    async def _read(self, token: str | None) -> None:
        if token is not None:
            self._authenticate(token)
        deadline = time.monotonic() + AUTH_DEADLINE_S
        while True:
            if self._identity is not None:
                text = await self._receive()
            else:
                try:
                    async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                        text = await self._receive()
                except TimeoutError:
                    raise Hangup(AUTH_DEADLINE) from None
            if text is not None:
                await self._handle(text)

    async def _receive(self) -> str | None:
        """The next text frame; None for a frame that was refused."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        if text is None:
            self._refuse(BinaryUnsupported())
            self._binary += 1
            if self._binary > 1:
                raise Hangup(BINARY)
        elif self._identity is None and len(text) > AUTH_FRAME_BYTES:
            self._deny(AuthInvalid())
        elif len(text.encode(errors="replace")) > FRAME_BYTES:
            self._refuse(MessageTooLong())
            return None
        return text

    async def _handle(self, text: str) -> None:
        inbound = self._session.received(text)
        try:
            await self._obey(inbound)
        except PitcrewError as error:
            self._refuse(error)
            self._count(error)
        except Hangup:
            raise
        except Exception:
            ref = self._refuse(ProcessingError())
            log.exception("command_failed", ref=ref)

    async def _obey(self, inbound: Inbound) -> None:
        match inbound:
            case Rejected(error):
                if self._identity is None and isinstance(error, BadRequest | UnknownType) and error.field == "type":
                    raise AuthRequired
                raise error
            case Ping(timestamp):
                self._outbox.put(Pong(timestamp))
            case Authenticate(token):
                self._authenticate(token)
            case _ if self._identity is None:
                raise AuthRequired
            case _:
                await self._command(inbound, self._identity)

    async def _command(self, command: Command, identity: Identity) -> None:
        caller = Caller(identity.user_id, identity.role)
        engine = self._gateway.engine
        match command:
            case Send():
                if time.time() >= identity.expires:
                    raise AuthExpired
                command.check()
                await self._gateway.message_limit.take(caller.user_id)
                await self._follower.send(caller, command)
            case Resume():
                await self._follower.resume(caller, command)
            case Cancel():
                await engine.cancel(caller, command)
            case Feedback():
                await engine.feedback(caller, command)

    def _authenticate(self, token: str) -> None:
        try:
            identity = self._gateway.tokens.verify(token)
        except PitcrewError as error:
            self._deny(error)
        if self._identity is not None and self._identity.user_id != identity.user_id:
            self._refuse(Forbidden())
            raise Hangup(FORBIDDEN)
        self._identity = identity
        limits = Limits(MESSAGE_CHARS, FRAME_BYTES, MESSAGES_PER_MINUTE)
        self._outbox.put(Welcome(identity.user_id, identity.email, identity.name, limits, HEARTBEAT_S))

    def _deny(self, error: PitcrewError) -> NoReturn:
        self._outbox.put(Denied(error))
        raise Hangup(AUTH)

    def _refuse(self, error: PitcrewError) -> str:
        ref = uuid.uuid4().hex[:12]
        log.info("refused", ref=ref, code=error.code, field=error.field)
        self._outbox.put(Problem(error, ref))
        return ref

    def _count(self, error: PitcrewError) -> None:
        """Close on what no working client does: asking on and on without a token, or sending rubbish."""
        if isinstance(error, AuthRequired):
            self._unauthenticated += 1
            if self._unauthenticated >= MAX_UNAUTHENTICATED:
                raise Hangup(AUTH)
        if isinstance(error, BadJson | BadRequest | UnknownType):
            now = time.monotonic()
            self._malformed.append(now)
            while self._malformed[0] < now - MALFORMED_WINDOW_S:
                self._malformed.popleft()
            if len(self._malformed) > MAX_MALFORMED:
                raise Hangup(MALFORMED)
