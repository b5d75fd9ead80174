"""The protocol's commands on a thread: begin a run, answer what it asks, look at it."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.access.auth import SignedIn
from api.compose.app_state import AppState
from api.integrations.langgraph.routes.caller import BODY_BYTES, KeyCaller
from api.integrations.langgraph.routes.listener import Listening
from api.integrations.langgraph.routes.thread_lookup import find, state_body
from api.integrations.langgraph.routes.turn_request import Ask, begin
from api.integrations.langgraph.thread_place import Place
from api.protocol.frames import convert, parse_object
from api.routes.dependencies import State, read_text
from orchestrator.errors import (
    BadJson,
    BadRequest,
    CursorExpired,
    NotFound,
    PitcrewError,
    RunNotActive,
    UnknownAgent,
)

router = APIRouter()

NOT_OFFERED = {"input.inject", "state.listCheckpoints", "state.fork", "subscription.reconnect"}


class Command(msgspec.Struct):
    """A command and the client's number for it, which is sent back."""

    id: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    method: str
    params: dict[str, Any] = {}


class RunStart(msgspec.Struct):
    """Begin a run in the thread, which is made where it is not there."""

    assistant_id: str
    input: Any = None
    config: dict[str, Any] | None = None


class InputResponse(msgspec.Struct):
    """The answer to what a parked run asks."""

    interrupt_id: str
    response: Any = None


class InputRespond(msgspec.Struct):
    """One answer, or a list of one: a thread waits for one at a time."""

    interrupt_id: str | None = None
    response: Any = None
    responses: list[InputResponse] | None = None


@router.post("/threads/{thread_id}/commands")
async def command(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """Obey one command; what comes of it is told by the thread's event streams."""
    text = await read_text(request, BODY_BYTES)
    try:
        command = await asyncio.to_thread(lambda: convert(parse_object(text), Command))
    except (BadJson, BadRequest) as error:
        return JSONResponse(error_body(None, error), 400)
    return JSONResponse(await obey(state, caller, thread_id, command))


async def obey(state: AppState, caller: SignedIn, thread_id: str, command: Command) -> dict[str, Any]:
    """The response to a command: its result, or why there is none. Raises nothing that is the client's doing."""
    try:
        match command.method:
            case "run.start":
                start = convert(command.params, RunStart)
                ask = Ask(start.assistant_id, start.input, config=start.config, if_not_exists="create")
                return await _run(state, caller, thread_id, command, ask)
            case "input.respond":
                return await _run(state, caller, thread_id, command, _answer(convert(command.params, InputRespond)))
            case "agent.getTree":
                await find(state.gateway.engine, caller, thread_id)
                tree = {"namespace": [], "status": "started", "graph_name": "pitcrew"}
                return _success(command, {"tree": tree})
            case "state.get":
                body = state_body(await find(state.gateway.engine, caller, thread_id))
                checkpoint = {"id": body["checkpoint"]["checkpoint_id"]}
                return _success(command, {"values": body["values"], "checkpoint": checkpoint})
            case method if method in NOT_OFFERED:
                return _refusal(command.id, "not_supported", f"Pitcrew does not offer {method}.")
            case _:
                return _refusal(command.id, "unknown_command", "There is no such command here.")
    except PitcrewError as error:
        if command.method == "input.respond" and isinstance(error, NotFound | RunNotActive):
            return _refusal(command.id, "no_such_interrupt", "The thread does not wait for this.")
        return error_body(command.id, error)


def _answer(reply: InputRespond) -> Ask:
    """Raises BadRequest unless it answers exactly one request."""
    answers = reply.responses if reply.responses is not None else []
    if reply.interrupt_id is not None:
        answers = [*answers, InputResponse(reply.interrupt_id, reply.response)]
    if len(answers) != 1:
        raise BadRequest(field="responses", form="a list of one answer: a thread waits for one at a time")
    return Ask("pitcrew", command={"resume": {answers[0].interrupt_id: answers[0].response}})


async def _run(state: AppState, caller: SignedIn, thread_id: str, command: Command, ask: Ask) -> dict[str, Any]:
    listening = Listening(state.gateway.engine, caller)
    try:
        begun = await begin(state, caller, thread_id, ask, listening)
    finally:
        listening.close()
    state.openings.begun(begun.thread.conversation_id, begun.first)
    marks = await state.gateway.engine.store.marks(begun.thread.conversation_id)
    place = Place(marks.earlier + begun.first)
    return _success(command, {"run_id": begun.run_id}) | {"meta": {"applied_through_seq": int(place)}}


def _success(command: Command, result: dict[str, Any]) -> dict[str, Any]:
    return {"type": "success", "id": command.id, "result": result}


def _refusal(number: int | None, code: str, message: str) -> dict[str, Any]:
    return {"type": "error", "id": number, "error": code, "message": message}


def error_body(number: int | None, error: PitcrewError) -> dict[str, Any]:
    """An error of ours in the protocol's words."""
    if isinstance(error, UnknownAgent | CursorExpired) or error.status in (400, 413):
        field = f" ({error.field})" if error.field and f"`{error.field}" not in error.text else ""
        return _refusal(number, "invalid_argument", f"{error.text}{field}")
    code = {404: "no_such_run", 403: "permission_denied"}.get(error.status, "unknown_error")
    return _refusal(number, code, f"{error.code}: {error.text}")
