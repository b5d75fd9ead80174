"""How the staff's routes are made: each is an operation of the one list, which says who gets to it."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.auth import Identity
from api.access.operations import OPERATIONS, PREFIX, permit
from api.protocol.frames import convert, parse_object
from api.protocol.openapi import JSON, answers, streamed
from api.protocol.openapi import body as body_parts
from api.routes.dependencies import State, address_of, identity, read_text
from orchestrator.errors import NotFound
from orchestrator.event.ownership import Member
from orchestrator.staff.desk import StaffDesk

T = TypeVar("T", bound=msgspec.Struct)
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
PAGE, MOST = 50, 100
ID_CHARS = 64

router = APIRouter(prefix=PREFIX, tags=["staff"])

Limit = Annotated[int, Query(ge=1, le=MOST)]
Cursor = Annotated[str | None, Query(max_length=1024)]


def operation(
    name: str, answer: Any = None, *, status: int = 200, body: Any = None, media_type: str = JSON
) -> Callable[[Endpoint], Endpoint]:
    """Serve the operation of this name with the decorated function. For the API reference: the types of its `answer`
    and of the `body` that it takes."""
    declared = OPERATIONS[name]

    def may(request: Request, who: Annotated[Identity, Depends(identity)]) -> None:
        permit(who, declared)
        if any(len(value) > ID_CHARS or "\x00" in value for value in request.path_params.values()):
            raise NotFound

    def add(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(
            declared.path,
            endpoint,
            methods=[declared.method],
            dependencies=[Depends(may)],
            name=f"staff_{name}",
            status_code=status,
            response_class=Response,
            responses=_answered(answer, status, media_type),
            openapi_extra=body_parts(body) if body else None,
        )
        return endpoint

    return add


def _answered(answer: Any, status: int, media_type: str) -> dict[int | str, Any]:
    if media_type != JSON:
        return streamed(media_type, "One line for each.")
    # Sent again, what was made before is answered with 200.
    statuses = {status, 200} if status == 201 else {status}
    return {code: told for each in statuses for code, told in answers(answer, status=each).items()} if answer else {}


def desk(request: Request, state: State) -> StaffDesk:
    return state.desk.at(address_of(request))


def member(who: Annotated[Identity, Depends(identity)]) -> Member:
    """The caller as their colleagues know them."""
    return Member(who.user_id, who.name or who.user_id)


Desk = Annotated[StaffDesk, Depends(desk)]
Doer = Annotated[Member, Depends(member)]
Who = Annotated[Identity, Depends(identity)]


async def body_of(request: Request, kind: type[T]) -> T:
    """The request's JSON body; none at all is an empty object. Raises BadJson, BadRequest, MessageTooLong."""
    text = await read_text(request)
    return convert(parse_object(text) if text.strip() else {}, kind)


def answer(status: int = 200, **parts: Any) -> Response:
    """The parts as one JSON object."""
    return json_response(parts, status)


def json_response(value: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")
