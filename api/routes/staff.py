"""What the staff reads."""

from typing import Annotated, Any, Literal, get_args

import msgspec
from fastapi import Query, Response

from api.access.operations import permitted
from api.protocol.forms import choice
from api.protocol.native_frames import User
from api.protocol.openapi import parts
from api.routes.appointments import BookedAppointment, bodies
from api.routes.dependencies import State
from api.routes.staff_access import PAGE, Cursor, Desk, Doer, Limit, Who, answer, json_response, operation, router
from orchestrator.audit.act import Audited
from orchestrator.commands import check_text
from orchestrator.errors import BadRequest
from orchestrator.events import State as Owned
from orchestrator.staff.explanation import Explained, Facts
from orchestrator.staff.presence import Colleague
from orchestrator.staff.values import (
    PRIORITIES,
    Canned,
    Counts,
    Filters,
    Message,
    Opened,
    Page,
    RatedAnswer,
)
from orchestrator.staff.webhooks import Delivery

__all__ = ["router"]

STATES: tuple[str, ...] = get_args(Owned)
TEXT_CHARS = 200
Text = Annotated[str, Query(max_length=TEXT_CHARS)]
Sort = Literal["recent", "oldest", "waiting", "priority"]


@operation("me", parts("StaffMe", user=User, role=str, operations=list[str]))
async def me(who: Who, doer: Doer, desk: Desk) -> Response:
    """Who you are here, and what you may do."""
    await desk.store.meet(doer)
    user = {"id": doer.id, "name": doer.name, "email": who.email}
    return answer(user=user, role=who.role, operations=permitted(who))


@operation("counts", Counts)
async def counts(doer: Doer, desk: Desk) -> Response:
    """How many conversations there are of each kind."""
    return json_response(await desk.store.counts(doer.id))


@operation("list", Page)
async def conversations(
    doer: Doer,
    desk: Desk,
    state: Text = "",
    assignee: Annotated[str, Query(max_length=255)] = "",
    tag: Text = "",
    priority: Text = "",
    unread: bool = False,
    text: Text = "",
    sort: Sort = "recent",
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Conversations that pass the filters, in pages."""
    for field, value in (("assignee", assignee), ("tag", tag), ("text", text)):
        check_text(field, value)
    filters = Filters(
        states=_several("state", state, STATES),
        assignee=doer.id if assignee == "me" else assignee or None,
        tags=tuple(name.strip().casefold() for name in tag.split(",") if name.strip()),
        priorities=_several("priority", priority, PRIORITIES),
        unread=unread,
        text=text,
        sort=sort,
    )
    return json_response(await desk.store.list(filters, limit, cursor))


def _several(field: str, value: str, allowed: tuple[str, ...]) -> Any:
    """The names in a list by commas. Raises BadRequest for one that is not allowed."""
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not set(names) <= set(allowed):
        raise BadRequest(field=field, form=f"one or several, by commas, of {choice(allowed)}")
    return names


@operation("open", Opened)
async def conversation(conversation_id: str, doer: Doer, desk: Desk, limit: Limit = PAGE) -> Response:
    """A conversation with its newest messages and all private notes."""
    return json_response(await desk.store.open(desk.act(doer, "open", conversation_id), limit))


@operation("messages", parts("EarlierMessages", messages=list[Message], more=bool))
async def messages(
    conversation_id: str, desk: Desk, before: Annotated[int, Query(ge=0, lt=2**31)], limit: Limit = PAGE
) -> Response:
    """Earlier messages, oldest first."""
    found, more = await desk.store.earlier(conversation_id, before, limit)
    return answer(messages=found, more=more)


class CustomerFacts(Facts, frozen=True):
    """With the appointments that they have."""

    appointments: list[BookedAppointment]


@operation("customer", CustomerFacts)
async def customer(conversation_id: str, state: State, doer: Doer, desk: Desk) -> Response:
    """Who the customer is: what the conversation knows, appointments, other conversations."""
    facts = await desk.store.facts(desk.act(doer, "customer", conversation_id))
    found: dict[str, Any] = msgspec.structs.asdict(facts)
    return answer(**found, appointments=await bodies(state, facts.customer.id))


@operation("why", Explained)
async def why(conversation_id: str, run_id: str, doer: Doer, desk: Desk) -> Response:
    """Why an answer was given."""
    act = desk.act(doer, "why", conversation_id, {"run_id": run_id[:36]})
    return json_response(await desk.store.explain(act, run_id))


@operation("canned", parts("CannedReplies", canned=list[Canned]))
async def canned(desk: Desk) -> Response:
    """Replies that are written once and used often."""
    return answer(canned=await desk.store.canned())


class ColleagueLine(Colleague, frozen=True):
    """With how many conversations are theirs."""

    open: int


@operation("colleagues", parts("Colleagues", colleagues=list[ColleagueLine]))
async def colleagues(desk: Desk) -> Response:
    """Everybody who was ever here."""
    present = {colleague.id: colleague for colleague in desk.presence.colleagues}
    found = []
    for one, number in await desk.store.members():
        seated = present.get(one.id)
        status, viewing = (seated.status, seated.viewing) if seated else ("away", ())
        found.append({"id": one.id, "name": one.name, "status": status, "viewing": viewing, "open": number})
    return answer(colleagues=found)


@operation("feedback", parts("Ratings", feedback=list[RatedAnswer], next=str | None))
async def feedback(
    desk: Desk, rating: Literal["up", "down"] | None = None, limit: Limit = PAGE, cursor: Cursor = None
) -> Response:
    """Customers' thumbs with their reasons, the latest first."""
    found, following = await desk.store.ratings(rating, limit, cursor)
    return answer(feedback=found, next=following)


@operation("deliveries", parts("Deliveries", deliveries=list[Delivery], next=str | None))
async def deliveries(desk: Desk, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """What another system was told, or is to be, the latest first."""
    found, following = await desk.store.deliveries(limit, cursor)
    return answer(deliveries=found, next=following)


@operation("audit", parts("AuditTrail", audit=list[Audited], next=str | None))
async def audit(
    desk: Desk,
    limit: Limit = PAGE,
    cursor: Cursor = None,
    staff_id: Annotated[str | None, Query(max_length=255)] = None,
    conversation_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Who did what to whom, the latest first."""
    found, following = await desk.store.audit(limit, cursor, staff_id, conversation_id)
    return answer(audit=found, next=following)
