"""Asking over plain HTTP: the whole answer in one response."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from api.protocol.bodies import client_zone, complete_body, message_name, prompt_body
from api.protocol.native_frames import Metadata
from api.protocol.openapi import answers
from api.protocol.problems import problem_response
from api.routes.dependencies import CurrentCaller, State, read_body
from orchestrator.commands import Send
from orchestrator.errors import ProcessingError, RunNotActive
from orchestrator.events import Cancelled, Completed, Failed, InputRequired
from orchestrator.staff.notices import STAFF

router = APIRouter(prefix="/api/v1", tags=["chat"])

SLOW_REASONS = {"LLM_TIMEOUT", "LLM_STALLED", "RUN_TIMEOUT"}


class ChatRequest(msgspec.Struct):
    """A question. `session_id` is any string of yours; absent, the server makes one. `replaces` is a message of yours
    in that session for which this one stands from now on; `metadata.timezone` is your time zone."""

    message: str = ""
    session_id: str | None = None
    replaces: str | None = None
    metadata: dict[str, Any] | None = None


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "string", "maxLength": 8000, "examples": ["What is the engine power?"]},
                    "session_id": {"type": "string", "maxLength": 128},
                    "replaces": {"type": "string"},
                    "metadata": {
                        "type": "object",
                        "properties": {"timezone": {"type": "string", "examples": ["Europe/Berlin"]}},
                    },
                },
            }
        }
    },
}


class ChatAnswer(msgspec.Struct):
    """A whole answer: the fields of `complete`. `seq` is null, and the id of the answer absent, where the run waits for
    an answer to what it asks (see `metadata.input_required`), and where a person has the conversation and will answer:
    then `run_id` is null as well."""

    response: str
    session_id: str
    run_id: str | None
    metadata: Metadata
    message_id: str | None = None
    seq: int | None = None


@router.post("/chat", responses=answers(ChatAnswer), openapi_extra={"requestBody": REQUEST_BODY})
async def chat(
    request: Request,
    state: State,
    caller: CurrentCaller,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Response:
    """Ask and wait for the whole answer. Sending the same `Idempotency-Key` again gives the same answer."""
    body = await read_body(request, ChatRequest)
    assert isinstance(body, ChatRequest)
    name = message_name(idempotency_key) if idempotency_key else None
    command = Send(body.message, body.session_id, name, body.replaces, client_zone(body.metadata))
    command.check()
    await state.gateway.rates.message(caller.user_id)
    envelope = await state.gateway.engine.ask(caller, command)
    match envelope.event:
        case Completed() as completed:
            answer = complete_body(completed, envelope.seq)
            if completed.answerer == STAFF:  # no run answers, and what is said is not the person's message
                answer["run_id"] = None
                del answer["message_id"]
            return JSONResponse(answer)
        case InputRequired() as prompt:
            return JSONResponse(prompt_body(prompt))
        case Failed() as failed:
            error = ProcessingError(retry_after_ms=failed.retry_after_ms)
            status = 504 if failed.reason in SLOW_REASONS else 502
            return problem_response(
                error, reason=failed.reason, detail=failed.error, run_id=failed.run_id, ref=failed.ref, status=status
            )
        case Cancelled():
            return problem_response(RunNotActive())
        case other:
            raise AssertionError(f"{type(other).__name__} ends no turn")
