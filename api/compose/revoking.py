"""What was revoked takes effect here too, whoever has revoked it: sign-ins are refused, and open connections closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from api.compose.app_state import AppState
from orchestrator.errors import StorageUnavailable

log = structlog.get_logger()

LOOK_S = 15.0
"""Between two looks at the database: what another process has revoked takes effect within this time."""


@contextlib.asynccontextmanager
async def revoking(state: AppState) -> AsyncIterator[None]:
    """Look again and again until the block ends."""
    looking = asyncio.create_task(_look_again(state))
    try:
        yield
    finally:
        looking.cancel()


async def _look_again(state: AppState) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        with contextlib.suppress(StorageUnavailable):  # what is known stays in force
            await state.revoke()
