"""What the first questions would wait for, got ready while nobody asks: what skills read of the documents.

A server is ready without it: it begins a moment later, one thing after the other, and a question that comes meanwhile
waits for no more than it would have done itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from agents.context import Resources

log = structlog.get_logger()

AFTER_S = 1.0
"""When it begins, after the server has opened what it works with: the server listens by then."""


@asynccontextmanager
async def warming(resources: "Resources", after_s: float = AFTER_S) -> AsyncIterator[None]:
    """Get it ready while the block runs."""
    task = asyncio.create_task(_warm(resources, after_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _warm(resources: "Resources", after_s: float) -> None:
    await asyncio.sleep(after_s)
    from agents.acts import language_scores
    from agents.appointments.dealers import workshops
    from agents.diagnosis import codes, contacts, guided_checks
    from agents.service import prices, schedules
    from agents.vehicle_data import fact_table

    try:
        for parse in (
            fact_table.parse,
            schedules.parse,
            guided_checks.parse,
            codes.parse,
            prices.parse,
            workshops.parse,
            contacts.parse,
        ):
            await resources.reference.derived(parse)
    except SQLAlchemyError as error:  # whoever asks tries again
        log.warning("not_read_ahead", error=type(error).__name__)
    await asyncio.to_thread(language_scores.opened)
