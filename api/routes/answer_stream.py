"""The event stream of one answer: asked now or come back to, and the end of it that its reader wishes."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from api.access.auth import Identity
from api.compose.app_state import AppState
from api.protocol.dialect import Rejected, Requested, Session
from api.transport.position import FIELD, Position
from api.transport.retelling import Retelling
from api.transport.sse import HEADERS, EventStream, retry
from orchestrator.commands import Caller, Cancel, Send
from orchestrator.errors import BadRequest, CursorExpired, NotFound, Overloaded, RateLimited, ShuttingDown
from orchestrator.events import Accepted, Envelope, InputRequired, Terminal
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower

WAIT_MS = 5_000
"""When to try again where there is no room for another stream."""

StreamRequest = tuple[Session, Send, str | None]
"""A session that was asked something, the message, and the session's own name for it."""
Ask = Callable[[Mapping[str, str]], StreamRequest]
"""Makes a session that has been asked, with these fields in the place of what the client gave. Raises PitcrewError."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: `payer` pays for messages; `guest_key` is that of a guest whom nothing else can tell again. `position`
    is where somebody left off who comes back."""

    who: Identity
    payer: str
    guest_key: str = ""
    position: Position | None = None


def find_message(session: Session, *requests: Requested) -> StreamRequest:
    """The message among what was asked. Raises why there is none."""
    for requested in requests:
        match requested.inbound:
            case Rejected(error):
                raise error
            case Send() as command:
                return session, command, requested.request
    raise BadRequest


async def open_stream(state: AppState, reader: Reader, ask: Ask) -> Response:
    """The response: the stream; 204 for who comes back to what was told to its end; while the server stops, an empty
    stream to come back from. Raises PitcrewError for what is refused before it begins: CursorExpired for who comes back
    to an answer that is gone or somebody else's, for 204 would say that it was told to its end."""
    if state.draining:
        if reader.position is None:
            raise ShuttingDown
        return Response(retry(WAIT_MS), 200, HEADERS, media_type=EventStream.media_type)
    caller = reader.who.caller
    if reader.position is None:
        return await _new(state, reader, caller, ask)
    accepted = await _open_question(state.gateway.engine, caller, reader.position)
    if accepted is None:
        return Response(None, 204)
    return await _again(state, reader, accepted, ask)


async def stop(state: AppState, who: Identity, session_id: str | None, position: Position | None) -> None:
    """Stop the answer that a reader has come to `position` of, or else the one under way in the session; it has ended
    when this returns. Raises NotFound, RunNotActive, and BadRequest where neither is given."""
    command = Cancel(session_id=session_id) if position is None else Cancel(position.run_id)
    await state.gateway.engine.cancel(who.caller, command)


async def _new(state: AppState, reader: Reader, caller: Caller, ask: Ask) -> Response:
    session, command, request = ask({})
    name = command.client_message_id or uuid.uuid4().hex
    command = replace(command, client_message_id=name)
    command.check()
    await state.gateway.rates.message(reader.payer)
    retelling = Retelling(session, name, reader.guest_key)

    async def send(follower: Follower) -> None:
        await follower.send(caller, command)

    return await _begun(state, reader, session, retelling, send, request)


async def _again(state: AppState, reader: Reader, question: Envelope, ask: Ask) -> Response:
    assert reader.position is not None
    assert isinstance(question.event, Accepted)
    accepted, first = question.event, reader.position.first
    name = accepted.client_message_id or ""
    session, _, request = ask({"session_id": accepted.session_id, "client_message_id": name})
    retelling = Retelling(session, name, position=reader.position)

    async def join(follower: Follower) -> None:
        await follower.join(question.conversation_id, accepted.session_id, first - 1)

    return await _begun(state, reader, session, retelling, join, request)


async def _open_question(engine: Engine, caller: Caller, position: Position) -> Envelope | None:
    """The message whose answer goes on behind the position; None where that was its end. Raises CursorExpired where
    there is no such place in a run of the caller's."""
    try:
        conversation_id = await engine.store.run_owner(caller, position.run_id)
    except NotFound:
        raise CursorExpired(field=FIELD) from None
    stored = await engine.store.run_events(conversation_id, position.run_id)
    envelopes = [envelope for envelope in stored if position.first <= (envelope.seq or 0) <= position.seq]
    if not envelopes or not isinstance(envelopes[0].event, Accepted):
        raise CursorExpired(field=FIELD)
    return None if any(isinstance(envelope.event, Terminal | InputRequired) for envelope in envelopes) else envelopes[0]


async def _begun(
    state: AppState,
    reader: Reader,
    session: Session,
    retelling: Retelling[str],
    ask: Callable[[Follower], Awaitable[None]],
    request: str | None,
) -> Response:
    free = await _seat(state, reader.who)
    stream = EventStream(
        state.gateway.engine,
        session,
        retelling,
        request=request,
        until=reader.who.caller.until,
        identity=reader.who,
        closed=free,
    )
    state.connections.add(stream)
    await stream.begin(ask)
    return stream


async def _seat(state: AppState, who: Identity) -> Callable[[EventStream], None]:
    """Take a seat for a stream of the user; the result frees it. Raises Overloaded, RateLimited."""
    seats, places = state.gateway.seats, state.gateway.places
    if seats.enter() is not None:
        raise Overloaded(retry_after_ms=WAIT_MS)
    if not await places.claim(who.user_id):
        seats.leave()
        raise RateLimited(retry_after_ms=WAIT_MS)

    def free(stream: EventStream) -> None:
        state.connections.discard(stream)
        places.release(who.user_id)
        seats.leave()

    return free
