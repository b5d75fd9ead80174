"""Telling another system what happens: a task that takes letters from the outbox and sends them, signed, until it is
told that they have come."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import httpx
import structlog

from api.settings import Settings
from orchestrator.errors import StorageUnavailable
from orchestrator.staff.webhooks import DELIVERY, SIGNATURE, sign, wait_after
from orchestrator.stores import staff_webhooks
from rag.database import Transactions

log = structlog.get_logger()

LOOK_S = 1.0
PATIENCE_S = 10.0


@asynccontextmanager
async def delivering(settings: Settings, transactions: Transactions) -> AsyncIterator[None]:
    """Deliver while the block lasts, where there is an address."""
    url, secret = settings.webhook_url, settings.webhook_secret.get_secret_value()
    if not url:
        yield
        return
    async with httpx.AsyncClient(timeout=PATIENCE_S, follow_redirects=False) as client:
        working = asyncio.create_task(_work(client, url, secret, transactions))
        try:
            yield
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


async def _work(client: httpx.AsyncClient, url: str, secret: str, transactions: Transactions) -> None:
    while True:
        try:
            await transactions.write(staff_webhooks.collect)
            while letter := await transactions.write(staff_webhooks.take):
                error = await _post(client, url, secret, letter.id, letter.body)
                wait = wait_after(letter.attempts + 1)
                again_at = datetime.now(UTC) + wait if wait is not None else None
                await _keep(transactions, letter.id, error, again_at)
        except StorageUnavailable:
            log.warning("webhooks_wait_for_the_store")
        except Exception:
            log.exception("webhooks_failed")
        await asyncio.sleep(LOOK_S)


async def _keep(transactions: Transactions, letter_id: str, error: str | None, again_at: datetime | None) -> None:
    await transactions.write(lambda connection: staff_webhooks.tried(connection, letter_id, error, again_at))


async def _post(client: httpx.AsyncClient, url: str, secret: str, letter_id: str, body: str) -> str | None:
    """Send one; what went wrong, or None."""
    signed = sign(secret, int(time.time()), body)
    headers = {"Content-Type": "application/json", SIGNATURE: signed, DELIVERY: letter_id}
    try:
        answered = await client.post(url, content=body.encode(), headers=headers)
    except httpx.HTTPError as error:
        return type(error).__name__
    return None if answered.is_success else f"HTTP {answered.status_code}"
