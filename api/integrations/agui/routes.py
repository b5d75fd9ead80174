"""AG-UI over HTTP: a run of a thread as a stream of the protocol's events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from ag_ui.encoder import EventEncoder
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.integrations.agui import run_request
from api.integrations.agui.run_events import Narration
from api.protocol.frames import parse_object
from api.protocol.openapi import streamed
from api.routes.dependencies import CurrentCaller, State, read_text
from api.transport.server_events import BEAT, ServerEvents
from api.transport.turns import Turn
from orchestrator.errors import BadRequest, NotFound, PitcrewError, RunNotActive
from orchestrator.events import Accepted

BODY_BYTES = 256 * 1024
"""A client sends all messages of its thread each time, so that they may be longer than a frame."""

router = APIRouter(tags=["agui"])

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["threadId", "runId", "messages"],
                "properties": {
                    "threadId": {"type": "string", "maxLength": 128},
                    "runId": {"type": "string"},
                    "messages": {"type": "array", "items": {"type": "object"}},
                    "forwardedProps": {"type": "object", "properties": {"agent": {"type": "string"}}},
                    "resume": {"type": "array", "items": {"type": "object"}, "maxItems": 1},
                },
            }
        }
    },
}


@router.post(
    "/agui",
    response_class=Response,
    responses=streamed("text/event-stream", "The events of the run."),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def agui(request: Request, state: State, caller: CurrentCaller) -> Response:
    """Run the agent on a thread, which is the conversation `threadId`. Who goes away stops the run."""
    text = await read_text(request, BODY_BYTES)
    run = await asyncio.to_thread(lambda: run_request.read_input(parse_object(text)))
    commands = run_request.read_commands(run)
    turn = Turn(state.gateway.engine, caller, state.gateway.leaving, until=caller.until)
    try:
        with run_request.in_its_own_words():
            if commands.sends is not None:
                commands.sends.check()
            await state.gateway.rates.message(caller.user_id)
            accepted = await _begin(turn, commands)
    except BaseException:
        turn.close()
        raise
    return ServerEvents(_events(turn, Narration(run, accepted.turn_id)), turn.close)


async def _begin(turn: Turn, commands: run_request.RunCommands) -> Accepted:
    if commands.declines is not None:
        with contextlib.suppress(NotFound, RunNotActive):  # it may be over by now
            await turn.answer(commands.declines)
    if commands.answers is not None:
        try:
            return await turn.answer(commands.answers)
        except BadRequest:
            if commands.sends is None:
                raise
    assert commands.sends is not None
    return await turn.send(commands.sends)


async def _events(turn: Turn, narration: Narration) -> AsyncIterator[str]:
    encode = EventEncoder().encode
    for event in narration.opening():
        yield encode(event)
    try:
        async for envelope in turn.events():
            if envelope is None:
                yield BEAT
                continue
            for event in narration.events(envelope):
                yield encode(event)
    except PitcrewError as error:
        for event in narration.failed(error):
            yield encode(event)
