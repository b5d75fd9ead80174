"""The only pump between a WebSocket and the engine: frames in to commands, events out to frames.

An idle socket costs one task, which reads. What must not wait is answered there (`ping`, `auth`, refusals); commands
are obeyed in their order by a task that lives while there are any, and what is to be sent is sent by one that lives
while anything waits (`writer`). So a slow store delays no heartbeat, and a slow socket delays nobody.
"""

import asyncio
import time
import uuid
from typing import assert_never

import structlog
from fastapi import WebSocket

from api.access.auth import Identity, guest, payer
from api.access.limits import MESSAGES_PER_MINUTE
from api.protocol.dialect import (
    Authenticate,
    Closing,
    Denied,
    Dialect,
    Done,
    Handshake,
    Limits,
    NoOp,
    Ping,
    Pong,
    Problem,
    Rejected,
    Requested,
    Welcome,
)
from api.protocol.frames import FRAME_BYTES
from api.transport.clocks import Clocks
from api.transport.closing import (
    AUTH,
    BINARY,
    ERASED,
    FLOOD,
    FORBIDDEN,
    GOING_AWAY,
    LEFT_WELL,
    MALFORMED,
)
from api.transport.gateway import SEAT_WAIT_MS, Gateway
from api.transport.place import Place
from api.transport.writer import Writer
from orchestrator.commands import (
    MESSAGE_CHARS,
    Answer,
    Caller,
    Cancel,
    Command,
    Delete,
    Feedback,
    HandOver,
    Read,
    Resume,
    Send,
    Type,
)
from orchestrator.errors import (
    AuthExpired,
    AuthInvalid,
    AuthRequired,
    BadJson,
    BadRequest,
    BinaryUnsupported,
    Erased,
    Forbidden,
    PitcrewError,
    ProcessingError,
    RateLimited,
    UnknownType,
)
from orchestrator.execution.follow import Follower

log = structlog.get_logger()

AUTH_FRAME_BYTES = 8 * 1024
MAX_UNAUTHENTICATED = 5
MAX_WAITING = 32
"""Commands that wait for their turn; then the socket is read no further until they are done."""


class Connection:
    """One accepted socket, from its first frame to its close."""

    __slots__ = (
        "_binary",
        "_clocks",
        "_dialect",
        "_follower",
        "_gateway",
        "_handshake",
        "_identity",
        "_name",
        "_place",
        "_session",
        "_shown",
        "_unauthenticated",
        "_waiting",
        "_websocket",
        "_worker",
        "_writer",
    )

    def __init__(self, websocket: WebSocket, dialect: Dialect, handshake: Handshake, gateway: Gateway) -> None:
        self._websocket = websocket
        self._dialect = dialect
        self._handshake = handshake
        self._session = dialect.open(handshake)
        self._gateway = gateway
        self._place = Place(dialect.keeps_place)
        self._writer = Writer(websocket, self._session, self._place.passed)
        self._follower = Follower(gateway.engine, self._writer.put, self._writer.room)
        self._clocks = Clocks(self._writer.put, self._writer.close)
        self._identity: Identity | None = None
        self._waiting: list[tuple[Command, str | None, bool]] = []
        self._worker: asyncio.Task[None] | None = None
        self._name = uuid.uuid4().hex
        self._unauthenticated = 0
        self._binary = 0
        self._shown: tuple[str, str | None] | None = None

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        query = self._handshake.query
        self._clocks.await_token()
        try:
            if "ticket" in query:
                await self._redeem(query["ticket"])
            elif "token" in query:
                await self._show(query["token"])
            elif self._dialect.guest is not None:
                await self._let_in(self._dialect.guest(self._handshake))
            await self._read()
        finally:
            await self._end()

    def announce_close(self, reconnect_after_ms: int) -> None:
        """Tell the client that the server is about to stop."""
        self._writer.put(Closing(reconnect_after_ms))

    def hang_up(self, code: int = GOING_AWAY) -> None:
        """Close the socket when what waits has been sent."""
        self._writer.close(code)

    def erased(self) -> None:
        """Tell the user that all that was held of them is deleted, and close the socket."""
        self._follower.close()
        self._writer.put(Problem(Erased(), uuid.uuid4().hex[:12]))
        self.hang_up(ERASED)

    async def _end(self) -> None:
        """The socket is gone. What was asked is still done, for who asks and leaves at once has asked."""
        self._clocks.stop()
        self._writer.stop()
        try:
            if self._worker is not None:
                if self._identity is not None:
                    self._gateway.leaving.add(self._identity.user_id, self._worker)
                await asyncio.wait({self._worker})
        finally:
            self._follower.close()
            self._gateway.rates.forget_socket(self._name)
            if self._identity is not None:
                self._gateway.places.release(self._identity.user_id)
            if self._worker is not None:
                self._worker.cancel()

    # --- in --------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                if message.get("code") in LEFT_WELL:
                    self._keep_place()
                return
            if not self._writer.closing:
                self._take(message.get("text"))
            if self._shown is not None:
                shown, self._shown = self._shown, None
                await self._show(*shown)
            if self._worker is not None and len(self._waiting) >= MAX_WAITING:
                await asyncio.wait({self._worker})

    def _take(self, text: str | None) -> None:
        """Act upon one frame; None stands for a binary one."""
        if text is None:
            requested = Requested(Rejected(BinaryUnsupported()))
        elif self._identity is None and len(text) > AUTH_FRAME_BYTES:
            self._deny(AuthInvalid())
            return
        else:
            self._keep_place()
            requested = self._session.received(text)
        if wait := self._gateway.rates.frames.take(self._name):
            self._refuse(RateLimited(retry_after_ms=wait), requested.request)
            if self._gateway.rates.breaches.take(self._name):
                self.hang_up(FLOOD)
        else:
            self._obey(requested)

    def _obey(self, requested: Requested) -> None:
        match requested.inbound:
            case Ping(timestamp):
                self._writer.put(Pong(timestamp, requested.request))
            case NoOp():
                pass
            case Authenticate(token):
                self._shown = (token, requested.request)
            case Rejected(error):
                self._refuse(error if self._identity is not None else _unsigned(error), requested.request)
            case command if self._identity is None:
                self._refuse(AuthRequired(), requested.request)
            case command:
                self._enqueue(command, requested.request, tentative=requested.tentative)

    def _enqueue(self, command: Command, request: str | None = None, *, tentative: bool = False) -> None:
        self._waiting.append((command, request, tentative))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    def _keep_place(self) -> None:
        """The client has shown that it is there: what it was sent before, it has read."""
        if self._identity is not None:
            for read in self._place.take():
                self._enqueue(read, tentative=True)

    async def _work(self) -> None:
        """Obey the commands that wait, one after the other."""
        while self._waiting:
            command, request, tentative = self._waiting.pop(0)
            try:
                await self._command(command)
            except PitcrewError as error:
                if not tentative:
                    self._refuse(error, request)
            except Exception:
                ref = self._refuse(ProcessingError(), request)
                log.exception("command_failed", ref=ref)
            else:
                if request is not None:
                    self._writer.put(Done(request))
        self._worker = None

    async def _command(self, command: Command) -> None:
        identity = self._identity
        assert identity is not None
        if time.time() >= identity.expires and isinstance(command, Send | Answer | Resume | Delete | HandOver):
            raise AuthExpired
        caller = Caller(identity.user_id, identity.role, identity.name, identity.email)
        engine = self._gateway.engine
        match command:
            case Send():
                command.check()
                client = self._websocket.client
                await self._gateway.rates.message(payer(identity, client.host if client else None))
                await self._follower.send(caller, command)
            case Answer():
                await self._follower.answer(caller, command)
            case Resume(_, after):
                if after is None:
                    await self._gateway.leaving.done(identity.user_id)
                await self._follower.resume(caller, command)
            case Cancel():
                await engine.cancel(caller, command)
            case Delete():
                await engine.delete_message(caller, command)
            case Feedback():
                await engine.feedback(caller, command)
            case Type():
                await engine.typing(caller, command)
            case Read():
                await engine.read(caller, command)
            case HandOver():
                await self._follower.hand_over(caller, command)
            case _:
                assert_never(command)

    def _refuse(self, error: PitcrewError, request: str | None = None) -> str:
        """Tell what is wrong, and close on what no working client does: asking on and on without a token, or sending
        rubbish."""
        ref = uuid.uuid4().hex[:12]
        log.info("refused", ref=ref, code=error.code, field=error.field)
        self._writer.put(Problem(error, ref, request))
        if isinstance(error, AuthRequired):
            self._unauthenticated += 1
            if self._unauthenticated >= MAX_UNAUTHENTICATED:
                self.hang_up(AUTH)
        if isinstance(error, BinaryUnsupported):
            self._binary += 1
            if self._binary > 1:
                self.hang_up(BINARY)
        malformed = isinstance(error, BadJson | BadRequest | UnknownType)
        if malformed and self._gateway.rates.malformed.take(self._name):
            self.hang_up(MALFORMED)
        return ref

    # --- who it is -------------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity | None:
        """Who has signed in."""
        return self._identity

    async def _show(self, token: str, request: str | None = None) -> None:
        """Sign in with a token. Whoever is asked about it may take a while: only this socket waits."""
        client = self._websocket.client
        try:
            identity = await self._gateway.sign_in.verify(token, client.host if client else "")
        except PitcrewError as error:
            self._deny(error, request)
        else:
            await self._sign_in(identity, request)

    async def _redeem(self, ticket: str) -> None:
        try:
            identity = self._gateway.sign_in.admitted(await self._gateway.tickets.redeem(ticket))
        except PitcrewError as error:
            self._deny(error)
        else:
            await self._sign_in(identity)

    async def _sign_in(self, identity: Identity, request: str | None = None) -> None:
        """Let the user in, or on with a new token, or close the socket."""
        first = self._identity is None
        if self._identity is None:
            if not await self._gateway.places.claim(identity.user_id):
                self._refuse(RateLimited(retry_after_ms=SEAT_WAIT_MS), request)
                self.hang_up(FLOOD)
                return
        elif self._identity.user_id != identity.user_id:
            self._refuse(Forbidden(), request)
            self.hang_up(FORBIDDEN)
            return
        self._identity = identity
        limits, heartbeat_s = Limits(MESSAGE_CHARS, FRAME_BYTES, MESSAGES_PER_MINUTE), self._gateway.heartbeat_s
        self._writer.put(Welcome(identity.user_id, identity.email, identity.name, limits, heartbeat_s, request))
        self._clocks.watch_token(identity.expires)
        if first:
            for opening in self._session.opened():
                self._obey(opening)
            if self._dialect.heartbeat_s is not None:
                self._clocks.beat(self._dialect.heartbeat_s)

    async def _let_in(self, key: str) -> None:
        """Let somebody in who has shown no token, where guests are."""
        if not self._gateway.guests:
            self._deny(AuthRequired())
            return
        await self._sign_in(guest(key))

    def _deny(self, error: PitcrewError, request: str | None = None) -> None:
        self._writer.put(Denied(error, request))
        self.hang_up(AUTH)


def _unsigned(error: PitcrewError) -> PitcrewError:
    """What a stranger hears about a frame of no known type: that a token is needed first."""
    about_type = isinstance(error, BadRequest | UnknownType) and error.field == "type"
    return AuthRequired() if about_type else error
