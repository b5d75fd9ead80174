"""Answers that were wrong, frozen as cases for the evaluation."""

import msgspec
from fastapi import Request, Response

from api.protocol.openapi import parts
from api.routes.staff_access import PAGE, Cursor, Desk, Doer, Limit, answer, body_of, operation, router
from orchestrator.errors import MessageTooLong
from orchestrator.staff.cases import Case
from orchestrator.staff.desk import check_written

__all__ = ["router"]

COMMENT_CHARS = 2_000


class Corrected(msgspec.Struct):
    """What the answer should have said."""

    expected: str
    comment: str | None = None


@operation("case", parts("FrozenCase", case=Case), status=201, body=Corrected)
async def freeze(conversation_id: str, message_id: str, request: Request, doer: Doer, desk: Desk) -> Response:
    """Make a frozen case of an answer of the bot."""
    body = await body_of(request, Corrected)
    check_written(body.expected, "expected")
    if body.comment is not None and len(body.comment) > COMMENT_CHARS:
        raise MessageTooLong(field="comment")
    act = desk.act(doer, "case", conversation_id, {"message_id": message_id})
    case, new = await desk.store.freeze(act, message_id, body.expected, body.comment)
    return answer(201 if new else 200, case=case)


@operation("cases", parts("FrozenCases", cases=list[Case], next=str | None))
async def cases(desk: Desk, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """The frozen cases, the latest first."""
    found, following = await desk.store.cases(limit, cursor)
    return answer(cases=found, next=following)


@operation("cases_export", media_type="application/jsonl")
async def export(doer: Doer, desk: Desk) -> Response:
    """The frozen cases as the file that `pitcrew eval` reads."""
    await desk.store.record(desk.act(doer, "cases_export"))
    lines = msgspec.json.Encoder().encode_lines(await desk.store.case_lines())
    return Response(lines, 200, {"Cache-Control": "private, no-store"}, media_type="application/jsonl")
