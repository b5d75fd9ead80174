"""The staff's figures, exports and drafts."""

import asyncio
import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import Query, Response

from api.protocol.openapi import parts
from api.routes.dependencies import State
from api.routes.staff_access import PAGE, Desk, Doer, Limit, answer, json_response, operation, router
from orchestrator.errors import BadRequest
from orchestrator.staff.drafting import Draft
from orchestrator.staff.gaps import Gap, gaps
from orchestrator.staff.outcomes import Outcomes

__all__ = ["router"]

SPAN_DAYS = 30
MOST_DAYS = 3 * 366
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate."""
Day = Annotated[str | None, Query(max_length=10)]


@operation("outcomes", Outcomes)
async def outcomes(desk: Desk, since: Day = None, until: Day = None) -> Response:
    """What has come of conversations, in figures; by default of the last 30 days."""
    return json_response(await desk.store.outcomes(*_span(since, until)))


@operation("gaps", parts("KnowledgeGaps", gaps=list[Gap]))
async def knowledge_gaps(
    desk: Desk, state: State, since: Day = None, until: Day = None, limit: Limit = PAGE
) -> Response:
    """What customers asked and got no answer to, questions of one meaning together."""
    asked = await desk.store.unanswered(*_span(since, until))
    found = []
    if asked:
        found = await asyncio.to_thread(gaps, asked, await state.records.embed([one.text for one in asked]))
    return answer(gaps=found[:limit])


@operation("export", media_type="text/csv")
async def export(doer: Doer, desk: Desk, since: Day = None, until: Day = None) -> Response:
    """Conversations as a table, one line for each."""
    first, last = _span(since, until)
    act = desk.act(doer, "export", None, {"since": first.isoformat(), "until": last.isoformat()})
    columns, lines = await desk.store.export(act, first, last)
    text = await asyncio.to_thread(_table, [columns, *lines])
    headers = {"Content-Disposition": 'attachment; filename="conversations.csv"', "Cache-Control": "private, no-store"}
    return Response(text, 200, headers, media_type="text/csv; charset=utf-8")


@operation("suggestion", parts("SuggestedReply", suggestion=Draft))
async def suggestion(conversation_id: str, doer: Doer, desk: Desk) -> Response:
    """A draft of a reply to what the customer said last."""
    return answer(suggestion=await desk.suggest(doer, conversation_id))


def _span(since: str | None, until: str | None) -> tuple[date, date]:
    last = _day("until", until) or datetime.now(UTC).date()
    first = _day("since", since) or last - timedelta(days=SPAN_DAYS - 1)
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise BadRequest(field="since", form=f"at most {MOST_DAYS} days before `until`, and not after it")
    return first, last


def _day(field: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(field=field, form="a date such as 2026-11-23") from None


def _table(rows: "list[tuple[object, ...]]") -> str:
    written = io.StringIO()
    table = csv.writer(written)
    for row in rows:
        table.writerow(["" if cell is None else _safe(str(cell)) for cell in row])
    return written.getvalue()


def _safe(cell: str) -> str:
    """What strangers wrote is never a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
