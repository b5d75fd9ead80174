"""How the staff's routes are made: each is an operation of the one list, which says who gets to it."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.auth import Identity
from api.access.operations import OPERATIONS, PREFIX, permit
from api.protocol.frames import convert, parse_object
from api.routes.dependencies import State, identity, read_text
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


def operation(name: str, status: int = 200) -> Callable[[Endpoint], Endpoint]:
    """Serve the operation of this name with the decorated function."""
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
        )
        return endpoint

    return add


def desk(state: State) -> StaffDesk:
    return state.desk


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
