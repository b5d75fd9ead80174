"""The OpenAI API's chat: the specialists as models, over the same conversations as every other dialect."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import msgspec
import structlog
from fastapi import APIRouter, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.routing import Match, Route

from agents.specialist import open_to
from agents.types import Wishes
from api.compose.app_state import AppState
from api.integrations.openai.completion import ROUTER, Completion, Ending, ending, model_body
from api.integrations.openai.completion_request import ParsedRequest, read_request
from api.integrations.openai.refusals import ErrorBody, Refused, error_body, unknown_model
from api.integrations.recall import after
from api.protocol.bodies import message_name
from api.protocol.frames import parse_object
from api.protocol.openapi import JSON, answers, content, parts
from api.protocol.problems import CLIENT_GONE
from api.routes.dependencies import CurrentCaller, State, read_text
from api.transport.server_events import BEAT, ServerEvents
from api.transport.turns import Turn
from orchestrator.commands import Caller, Send
from orchestrator.errors import NotFound, PitcrewError, ShuttingDown, StorageUnavailable
from orchestrator.events import Envelope

log = structlog.get_logger()

CHANNEL = "openai"
BODY_BYTES = 256 * 1024
"""The whole conversation comes with each request, so that it may be longer than a frame."""


class OpenAIRoute(APIRoute):
    """Answers every refusal in the API's own shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                body = refused.body
            except PitcrewError as error:
                body = error_body(error)
            except RequestValidationError as error:
                body = ErrorBody(
                    400, "A header has the wrong form.", "invalid_value", str(error.errors()[0]["loc"][-1])
                )
            log.info("refused", channel=CHANNEL, status=body.status, code=body.code, field=body.param)
            return JSONResponse(body.plain(), body.status, body.headers())

        return handled


class RefusalError(msgspec.Struct):
    """What is wrong: in words, and for programs by `code` and the field `param`."""

    message: str
    type: str
    param: str | None
    code: str | None


class Refusal(msgspec.Struct):
    """An error in OpenAI's shape."""

    error: RefusalError


class Model(msgspec.Struct):
    """A specialist, or `pitcrew` for the one that fits."""

    id: str
    object: str
    created: int
    owned_by: str


class CompletionMessage(msgspec.Struct):
    """The answer."""

    role: str
    content: str
    refusal: str | None


class Choice(msgspec.Struct):
    """The one answer there is."""

    index: int
    message: CompletionMessage
    logprobs: None
    finish_reason: str


class CompletionUsage(msgspec.Struct):
    """Tokens as the provider counted them; zeros where no model was asked."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]


class ChatCompletion(msgspec.Struct):
    """A whole answer; `pitcrew` has what OpenAI's answers have no field for, such as passages and citations."""

    id: str
    object: str
    created: int
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: CompletionUsage
    pitcrew: dict[str, Any]


COMPLETIONS = answers(ChatCompletion, "The whole answer; with `stream`, its chunks as server-sent events.")
COMPLETIONS[200]["content"] |= {"text/event-stream": {"schema": {"type": "string"}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused, in the shape of OpenAI's errors.",
        "content": {
            JSON: content(Refusal)[JSON] | {"example": ErrorBody(400, "What is wrong.", "invalid_value", "n").plain()}
        },
    }
}
router = APIRouter(prefix="/v1", tags=["openai"], route_class=OpenAIRoute, responses=REFUSALS)

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["model", "messages"],
                "properties": {
                    "model": {"type": "string", "examples": [ROUTER]},
                    "messages": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["role"],
                            "properties": {"role": {"type": "string"}, "content": {}},
                        },
                        "examples": [[{"role": "user", "content": "What is the engine power?"}]],
                    },
                    "stream": {"type": "boolean"},
                    "metadata": {"type": "object", "properties": {"session_id": {"type": "string", "maxLength": 128}}},
                },
            }
        }
    },
}


def model_names(state: AppState, caller: Caller) -> list[str]:
    """The models that the caller may ask: the router, and every specialist that is open."""
    return [ROUTER, *(specialist.name for specialist in open_to(state.gateway.engine.catalogue, caller.role, CHANNEL))]


@router.get("/models", responses=answers(parts("Models", object=str, data=list[Model])))
async def models(state: State, caller: CurrentCaller) -> dict[str, Any]:
    """The models: `pitcrew` finds the right specialist by itself, the others are the specialists."""
    return {"object": "list", "data": [model_body(name) for name in model_names(state, caller)]}


@router.get("/models/{model}", responses=answers(Model))
async def model(model: str, state: State, caller: CurrentCaller) -> dict[str, Any]:
    """One model."""
    names = model_names(state, caller)
    if model not in names:
        raise unknown_model(model, names)
    return model_body(model)


@router.post("/chat/completions", responses=COMPLETIONS, openapi_extra={"requestBody": REQUEST_BODY})
async def chat_completions(
    request: Request,
    state: State,
    caller: CurrentCaller,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    x_session_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Ask. Each request tells its whole conversation, unless `metadata.session_id` or the header `X-Session-ID` names a
    stored one. Who goes away stops the answer, unless an `Idempotency-Key` allows to ask for it again."""
    text = await read_text(request, BODY_BYTES)
    completion_request = await asyncio.to_thread(lambda: read_request(parse_object(text)))
    names = model_names(state, caller)
    if completion_request.model not in names:
        raise unknown_model(completion_request.model, names)
    command = _command(completion_request, x_session_id, idempotency_key)
    command.check()
    await state.gateway.rates.message(caller.user_id)
    store = state.gateway.engine.store
    if (
        command.session_id is None
        and completion_request.history_key
        and (session_id := await store.recall(caller, completion_request.history_key))
    ):
        command = replace(command, session_id=session_id, wishes=replace(command.wishes, history=None))
    until = caller.until if completion_request.stream else math.inf
    turn = Turn(state.gateway.engine, caller, state.gateway.leaving, comes_back=bool(idempotency_key), until=until)
    try:
        accepted = await turn.send(command)
        completion = Completion(
            accepted.turn_id,
            completion_request.model,
            int(time.time()),
            completion_request.include_usage,
            completion_request.max_tokens,
        )
        remember = partial(_remember, state, caller, completion_request, completion)
        if completion_request.stream:
            return ServerEvents(_chunks(turn, completion, remember), turn.close)
        envelope = await _unless_gone(request, _end(turn, completion))
    except BaseException:
        turn.close()
        raise
    turn.close()
    if envelope is None:
        return Response(status_code=CLIENT_GONE)
    end = ending(envelope)
    if end.error is not None:
        raise Refused(end.error)
    whole = completion.whole(end)
    await remember(end)
    return JSONResponse(whole)


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def not_offered(request: Request) -> Response:
    """Whatever else a client of the API may ask for."""
    what = f"Not offered here: {request.method} {request.url.path[:100]}."
    here = [route for route in router.routes if route.matches(request.scope)[0] is Match.PARTIAL]
    if not here:
        raise Refused(ErrorBody(404, f"{what} There are /v1/models and /v1/chat/completions.", "not_found"))
    body = ErrorBody(405, what, "method_not_supported")
    methods = sorted(method for route in here if isinstance(route, Route) for method in route.methods or ())
    return JSONResponse(body.plain(), 405, body.headers() | {"Allow": ", ".join(methods)})


def _command(completion_request: ParsedRequest, session_id: str | None, key: str | None) -> Send:
    """What the engine is asked. A conversation that is named goes on; any other begins with what the client tells."""
    session_id = completion_request.session_id or session_id
    wishes = Wishes(
        agent=None if completion_request.model == ROUTER else completion_request.model,
        channel=CHANNEL,
        history=completion_request.history if session_id is None else None,
        max_tokens=completion_request.max_tokens,
    )
    key = message_name(key) if key else None
    if key is not None and session_id is None:
        session_id = f"{CHANNEL}-{key}"
    return Send(completion_request.text, session_id, key, zone=completion_request.zone, wishes=wishes)


async def _remember(
    state: AppState, caller: Caller, completion_request: ParsedRequest, completion: Completion, end: Ending
) -> None:
    """The client will tell this conversation with its answer when it goes on. The answer itself does not depend on
    it."""
    history_key = after(
        after(completion_request.history_key, "customer", completion_request.text), "assistant", completion.text
    )
    with contextlib.suppress(NotFound, StorageUnavailable):
        await state.gateway.engine.store.remember(caller, end.own["session_id"], history_key)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Envelope]) -> Envelope | None:
    """What the work gives; None where the client has gone away before."""
    end, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({end, gone}, return_when=asyncio.FIRST_COMPLETED)
        return end.result() if end.done() else None
    finally:
        end.cancel()
        gone.cancel()


async def _end(turn: Turn, completion: Completion) -> Envelope:
    """The event that ends the turn. Raises ShuttingDown."""
    async for envelope in turn.events():
        if envelope is not None:
            completion.heed(envelope)
            if turn.ended:
                return envelope
    raise ShuttingDown


async def _chunks(
    turn: Turn, completion: Completion, remember: Callable[[Ending], Awaitable[None]]
) -> AsyncIterator[str]:
    yield _event(completion.opening())
    try:
        async for envelope in turn.events():
            if envelope is None:
                yield BEAT
                continue
            for chunk in completion.chunks(envelope):
                yield _event(chunk)
                if "error" in chunk:
                    return
            if turn.ended:
                await remember(ending(envelope))
    except PitcrewError as error:
        yield _event(error_body(error).plain())
        return
    yield "data: [DONE]\n\n"


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {msgspec.json.encode(chunk).decode()}\n\n"
