"""What is seen of a run from outside: its trace, and its names on every line of the log that is written for it."""

from collections.abc import Coroutine
from contextlib import AbstractContextManager
from typing import Any

from structlog.contextvars import bound_contextvars

from orchestrator.events import Completed, Durable, Failed, InputRequired, Terminal
from orchestrator.store import RunStart
from rag.threads.priority import arrived
from rag.tracing.spans import Span, Value, current, span


async def observed(start: RunStart, outside: Span, work: Coroutine[Any, Any, None]) -> None:
    """Do the work of one attempt of a run. Who asked is in neither: the names lead there, for whoever may look."""
    named: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.conversation.id": start.conversation_id,
        "pitcrew.run.id": start.run_id,
        "pitcrew.attempt": start.attempt,
        "pitcrew.goes_on": start.reply is not None,
    }
    with arrived(), span("run", named, within=outside) as run:
        run.content("gen_ai.input.messages", lambda: start.message)
        trace = {"trace_id": run.trace_id} if run.trace_id else {}
        with bound_contextvars(run_id=start.run_id, conversation_id=start.conversation_id, **trace):
            await work


def committing(event: Durable | None = None) -> AbstractContextManager[Span]:
    """A span for the commit of an event, or for that of the run's end."""
    return span("commit", {"pitcrew.event": str(event.__struct_config__.tag)} if event else {"pitcrew.event": "end"})


def ending(last: Terminal | InputRequired) -> None:
    """How the run comes to its end, or waits for the customer; `ref` is what a customer can quote of a failure."""
    run = current()
    run.note({"pitcrew.outcome": str(last.__struct_config__.tag)})
    if isinstance(last, Failed):
        run.note({"error.type": last.reason, "pitcrew.ref": last.ref})
    elif isinstance(last, Completed):
        run.note({"gen_ai.agent.name": last.agent, "pitcrew.act": last.act, "pitcrew.declined": last.declined})
        run.note({"pitcrew.first_token_ms": last.timing.first_token_ms or 0.0})
        run.content("gen_ai.output.messages", lambda: last.response)
