"""A customer's rights, exercised for them by the staff."""

from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from api.access.auth import ID_CHARS
from api.routes.dependencies import State
from api.routes.me import ErasedRows, Held, erase, exported
from api.routes.staff_access import Desk, Doer, answer, operation, router
from orchestrator.commands import check_text

__all__ = ["router"]

User = Annotated[str, Query(min_length=1, max_length=ID_CHARS)]


@operation("customer_export", Held)
async def export_customer(user_id: User, state: State, doer: Doer, desk: Desk) -> StreamingResponse:
    """All that is held of a customer, as they can have it themselves."""
    check_text("user_id", user_id)
    return await exported(state, desk.act(doer, "export_person", subject=user_id))


@operation("customer_erase", ErasedRows)
async def erase_customer(user_id: User, state: State, doer: Doer, desk: Desk) -> Response:
    """Erase all that is held of a customer, as they can themselves. Again changes nothing."""
    check_text("user_id", user_id)
    erased = await erase(state, desk.act(doer, "erase", subject=user_id))
    return answer(erased=erased.rows)
