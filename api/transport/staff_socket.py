"""One socket of a member of staff: the list as it changes, and every event of the conversations that are open."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import assert_never

import structlog
from fastapi import WebSocket

from api.access.auth import Identity
from api.access.operations import OPERATIONS, permit, permitted
from api.protocol.dialect import Closing, Denied, Done, Notice, Pong, Problem
from api.protocol.forms import choice, sized
from api.protocol.frames import convert, parse_object, spell
from api.protocol.native_frames import User
from api.protocol.staff_frames import (
    CLIENT_FRAMES,
    PROTOCOL,
    AuthFrame,
    AuthSuccessFrame,
    ClientFrame,
    EventFrame,
    LeaveFrame,
    OpenedFrame,
    OpenFrame,
    PingFrame,
    StatusFrame,
    TypingFrame,
    noticed,
    told,
)
from api.transport.clocks import Clocks
from api.transport.closing import AUTH, BINARY, FLOOD, FORBIDDEN, GOING_AWAY, MALFORMED
from api.transport.gateway import SEAT_WAIT_MS, Gateway
from api.transport.outbox import Spelled
from api.transport.writer import Writer
from orchestrator.errors import (
    AuthRequired,
    BadJson,
    BadRequest,
    BinaryUnsupported,
    Forbidden,
    PitcrewError,
    ProcessingError,
    RateLimited,
    UnknownType,
)
from orchestrator.event.ownership import Member
from orchestrator.events import Envelope, Resumed
from orchestrator.execution.follow import Follower
from orchestrator.staff.desk import StaffDesk
from orchestrator.staff.feed import Change, NoteAdded, PresenceChanged
from orchestrator.staff.presence import Seat
from orchestrator.staff.values import Listed

log = structlog.get_logger()

MOST_OPEN = 20
MAX_WAITING = 32
REQUEST_CHARS = 64


class StaffSession:
    """How events and notices are spelled here. See `api.protocol.dialect.Speaking`."""

    def __init__(self) -> None:
        self.opening: dict[str, Listed] = {}

    @property
    def finished(self) -> bool:
        return False

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        event, conversation_id = envelope.event, envelope.conversation_id
        if isinstance(event, Resumed):
            line = self.opening.pop(conversation_id, None)
            if line is None:
                return ()
            return (spell(OpenedFrame(conversation_id, line, event.after, event.head_seq, event.active_run)),)
        frame = told(envelope)
        return () if frame is None else (spell(EventFrame(conversation_id, frame)),)

    def notice(self, notice: Notice) -> tuple[str, ...]:
        frame = noticed(notice)
        return () if frame is None else (spell(frame),)


class StaffConnection:
    """One accepted socket, from its first frame to its close."""

    def __init__(self, websocket: WebSocket, query: Mapping[str, str], gateway: Gateway, desk: StaffDesk) -> None:
        self._websocket = websocket
        self._query = query
        self._gateway = gateway
        self._desk = desk.at(websocket.client.host if websocket.client else "")
        self._session = StaffSession()
        self._writer = Writer(websocket, self._session, lambda envelope: None)
        self._clocks = Clocks(self._writer.put, self._writer.close)
        self._identity: Identity | None = None
        self._seat: Seat | None = None
        self._stop_feed: Callable[[], None] = lambda: None
        self._followers: dict[str, Follower] = {}
        self._waiting: list[tuple[ClientFrame, str | None]] = []
        self._worker: asyncio.Task[None] | None = None
        self._name = uuid.uuid4().hex
        self._binary = 0
        self._shown: tuple[str, str | None] | None = None

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        self._clocks.await_token()
        try:
            if "ticket" in self._query:
                await self._redeem(self._query["ticket"])
            elif "token" in self._query:
                await self._show(self._query["token"])
            await self._read()
        finally:
            self._end()

    def announce_close(self, reconnect_after_ms: int) -> None:
        """Tell the client that the server is about to stop."""
        self._writer.put(Closing(reconnect_after_ms))

    def erased(self) -> None:
        """What was held of the member as of a customer is deleted, which is no reason to send them away."""

    def hang_up(self, code: int = GOING_AWAY) -> None:
        """Close the socket when what waits has been sent."""
        self._writer.close(code)

    def _end(self) -> None:
        self._clocks.stop()
        self._writer.stop()
        self._stop_feed()
        if self._worker is not None:
            self._worker.cancel()
        for follower in self._followers.values():
            follower.close()
        self._gateway.rates.forget_socket(self._name)
        if self._seat is not None:
            self._desk.presence.leave(self._seat)
        if self._identity is not None:
            self._gateway.places.release(self._identity.user_id)

    # --- in --------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
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
        request = None
        try:
            if wait := self._gateway.rates.frames.take(self._name):
                if self._gateway.rates.breaches.take(self._name):
                    self.hang_up(FLOOD)
                raise RateLimited(retry_after_ms=wait)
            if text is None:
                raise BinaryUnsupported
            body = parse_object(text)
            request = _request(body)
            kind = body.get("type")
            if not isinstance(kind, str):
                raise BadRequest(field="type", form=choice(CLIENT_FRAMES), missing=kind is None)
            if kind not in CLIENT_FRAMES:
                raise UnknownType(field="type")
            frame = convert(body, CLIENT_FRAMES[kind])
        except PitcrewError as error:
            self._refuse(error, request)
            return
        self._obey(frame, request)

    def _obey(self, frame: ClientFrame, request: str | None) -> None:
        if isinstance(frame, AuthFrame):
            self._shown = (frame.token, request)
        elif isinstance(frame, PingFrame):
            self._writer.put(Pong(frame.timestamp, request))
        elif self._identity is None:
            self._refuse(AuthRequired(), request)
        else:
            self._waiting.append((frame, request))
            if self._worker is None:
                self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            frame, request = self._waiting.pop(0)
            try:
                await self._command(frame)
            except PitcrewError as error:
                self._refuse(error, request)
            except Exception:
                ref = self._refuse(ProcessingError(), request)
                log.exception("staff_command_failed", ref=ref)
            else:
                if request is not None:
                    self._writer.put(Done(request))
        self._worker = None

    async def _command(self, frame: ClientFrame) -> None:
        assert self._identity is not None
        assert self._seat is not None
        match frame:
            case OpenFrame(conversation_id, after):
                permit(self._identity, OPERATIONS["open"])
                await self._open(self._seat, conversation_id, after)
            case LeaveFrame(conversation_id):
                self._leave(self._seat, conversation_id)
            case TypingFrame(conversation_id, typing):
                permit(self._identity, OPERATIONS["reply"])
                await self._desk.typing(self._seat.member, conversation_id, typing=typing)
            case StatusFrame(status):
                self._seat.status = status
                self._desk.presence.changed()
            case AuthFrame() | PingFrame():
                pass  # obeyed when it came
            case other:
                assert_never(other)

    async def _open(self, seat: Seat, conversation_id: str, after: int) -> None:
        if not 0 <= after < 2**31:
            raise BadRequest(field="after", form="a whole number of at least 0")
        if conversation_id not in self._followers and len(self._followers) >= MOST_OPEN:
            raise BadRequest(field="conversation_id", form=f"one of at most {MOST_OPEN} that are open")
        line = await self._desk.watch(seat.member, conversation_id)
        self._leave(seat, conversation_id)
        self._session.opening[conversation_id] = line
        follower = Follower(self._gateway.engine, self._writer.put, self._writer.room)
        self._followers[conversation_id] = follower
        seat.viewing.append(conversation_id)
        self._desk.presence.changed()
        await follower.join(conversation_id, line.session_id, min(after, line.head_seq))

    def _leave(self, seat: Seat, conversation_id: str) -> None:
        follower = self._followers.pop(conversation_id, None)
        if follower is not None:
            follower.close()
            seat.viewing.remove(conversation_id)
            self._desk.presence.changed()

    def _refuse(self, error: PitcrewError, request: str | None = None) -> str:
        ref = uuid.uuid4().hex[:12]
        log.info("refused", ref=ref, code=error.code, field=error.field)
        self._writer.put(Problem(error, ref, request))
        if isinstance(error, BinaryUnsupported):
            self._binary += 1
            if self._binary > 1:
                self.hang_up(BINARY)
        malformed = isinstance(error, BadJson | BadRequest | UnknownType | AuthRequired)
        if malformed and self._gateway.rates.malformed.take(self._name):
            self.hang_up(MALFORMED)
        return ref

    # --- out -------------------------------------------------------------------------------------------------------

    def _tell(self, change: Change) -> None:
        """Tell of a change; of a note only where its conversation is open."""
        if not isinstance(change, NoteAdded) or change.conversation_id in self._followers:
            self._writer.put(Spelled(spell(change)))

    # --- who it is -------------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity | None:
        """Who has signed in."""
        return self._identity

    async def _show(self, token: str, request: str | None = None) -> None:
        client = self._websocket.client
        try:
            identity = await self._gateway.sign_in.verify(token, client.host if client else "")
        except PitcrewError as error:
            self._turn_away(error, request)
        else:
            await self._sign_in(identity, request)

    async def _redeem(self, ticket: str) -> None:
        try:
            identity = self._gateway.sign_in.admitted(await self._gateway.tickets.redeem(ticket))
        except PitcrewError as error:
            self._turn_away(error, None)
        else:
            await self._sign_in(identity)

    def _turn_away(self, error: PitcrewError, request: str | None) -> None:
        self._writer.put(Denied(error, request))
        self.hang_up(FORBIDDEN if isinstance(error, Forbidden) else AUTH)

    async def _sign_in(self, identity: Identity, request: str | None = None) -> None:
        """Let a member of staff in, or on with a new token, or close the socket."""
        try:
            permit(identity, OPERATIONS["watch"])
        except PitcrewError as error:
            self._turn_away(error, request)
            return
        if self._identity is not None and self._identity.user_id != identity.user_id:
            self._refuse(Forbidden(), request)
            self.hang_up(FORBIDDEN)
            return
        if self._identity is None and not await self._gateway.places.claim(identity.user_id):
            self._refuse(RateLimited(retry_after_ms=SEAT_WAIT_MS), request)
            self.hang_up(FLOOD)
            return
        first, self._identity = self._identity is None, identity
        user = User(identity.user_id, identity.email, identity.name)
        operations, heartbeat_s = tuple(permitted(identity)), self._gateway.heartbeat_s
        welcome = AuthSuccessFrame(user, identity.role, operations, heartbeat_s, PROTOCOL, request)
        self._writer.put(Spelled(spell(welcome)))
        self._clocks.watch_token(identity.expires)
        if first:
            self._stop_feed = self._desk.feed.subscribe(self._tell)
            self._seat = self._desk.presence.arrive(Member(identity.user_id, identity.name or identity.user_id))
        else:
            self._tell(PresenceChanged(self._desk.presence.colleagues))


def _request(body: dict[str, object]) -> str | None:
    request = body.get("request")
    if request is None or (isinstance(request, str) and 1 <= len(request) <= REQUEST_CHARS):
        return request
    raise BadRequest(field="request", form=sized("a string", 1, REQUEST_CHARS))
