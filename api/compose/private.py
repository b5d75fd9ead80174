"""What a process does for privacy by itself: it follows what others have erased, and erases what was kept for long
enough."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import structlog

from api.settings import Settings
from orchestrator.errors import StorageUnavailable
from orchestrator.privacy.person import Privacy
from orchestrator.privacy.store import Periods

log = structlog.get_logger()

LOOK_S = 5.0
EXPIRE_S = 3600.0


def periods(settings: Settings) -> Periods:
    """How long each kind is kept."""
    return Periods(
        settings.keep_conversations_days,
        settings.keep_appointments_days,
        settings.keep_ledger_days,
        settings.keep_deliveries_days,
    )


@contextlib.asynccontextmanager
async def keeping_private(privacy: Privacy, periods: Periods) -> AsyncIterator[None]:
    """Do it until the block ends."""
    working = asyncio.create_task(_work(privacy, periods))
    try:
        yield
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def _work(privacy: Privacy, periods: Periods) -> None:
    due = time.monotonic()
    while True:
        try:
            await privacy.look()
            if periods and time.monotonic() >= due:
                due = time.monotonic() + EXPIRE_S
                await privacy.expire(periods)
        except StorageUnavailable:
            log.warning("privacy_waits_for_the_store")
        except Exception:
            log.exception("privacy_failed")
        await asyncio.sleep(LOOK_S)
