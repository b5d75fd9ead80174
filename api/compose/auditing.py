"""What is audited besides acts of the staff: that a server starts and with which settings, sign-ins that are refused,
and what is done at the command line."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from sqlalchemy import Engine as Database

from api.access.refusals import Refusals
from api.compose.database import open_migrated_database
from api.settings import Settings, setting_name
from api.version import product_version
from orchestrator.audit.act import SERVER, Act
from orchestrator.errors import StorageUnavailable
from orchestrator.event.ownership import Member
from orchestrator.stores.sql_audit import SqlAudit
from rag.database import Transactions

log = structlog.get_logger()

EVERY_S = 60.0
"""Sign-ins that were refused are written together, a line for each address."""
HIDDEN = "set"
VALUE_CHARS = 200


@asynccontextmanager
async def auditing(
    audit: SqlAudit, settings: Settings, role: str, refusals: Refusals | None = None
) -> AsyncIterator[None]:
    """Keep that a process of this `role` has started, and while the block lasts whom it did not let in."""
    with suppress(StorageUnavailable):  # which the server tells by other means
        await audit.add(Act(SERVER, "started", detail={"as": role, "version": product_version(), **told(settings)}))
    keeping = asyncio.create_task(_keep(audit, refusals)) if refusals is not None else None
    try:
        yield
    finally:
        if keeping is not None and refusals is not None:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await _write(audit, refusals)


async def _keep(audit: SqlAudit, refusals: Refusals) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await _write(audit, refusals)


async def _write(audit: SqlAudit, refusals: Refusals) -> None:
    try:
        for refused in refusals.take():
            detail = {"times": refused.times, "codes": dict(refused.codes)}
            await audit.add(Act(SERVER, "sign_in_refused", detail=detail, address=refused.address))
    except StorageUnavailable:
        log.warning("refused_sign_ins_not_audited")


def told(settings: Settings) -> dict[str, Any]:
    """The settings that somebody has set, by their names; of secrets, and of addresses that hold some, only that."""
    return {
        setting_name(field): _plain(getattr(settings, field))
        for field, about in type(settings).model_fields.items()
        if getattr(settings, field) != about.default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    if "PRIVATE KEY" in text or "PUBLIC KEY" in text:
        return HIDDEN
    if "://" in text and "," not in text:
        try:
            parts = urlsplit(text)
            text = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
        except ValueError:
            return HIDDEN
    return text[:VALUE_CHARS]


def hand() -> Member:
    """Who uses the command line, as the system knows them."""
    try:
        return Member("", f"command line: {getpass.getuser()}"[:255])
    except (OSError, KeyError):  # a user without a name, as in a container
        return Member("", "command line")


@contextmanager
def opened_audit(settings: Settings, database: Database | None = None) -> Iterator[SqlAudit]:
    """The log, for a command; over the `database` that it has open, else over its own. Raises BadSetting."""
    own = database or open_migrated_database(settings)
    transactions = Transactions(own, StorageUnavailable)
    try:
        yield SqlAudit(transactions, settings.audit_key.get_secret_value())
    finally:
        transactions.close()
        if database is None:
            own.dispose()


def audit_command(
    settings: Settings, operation: str, detail: dict[str, Any], *, subject: str = "", database: Database | None = None
) -> None:
    """Keep what was done at the command line. Raises StorageUnavailable."""
    with opened_audit(settings, database) as audit:
        asyncio.run(audit.add(Act(hand(), operation, detail=detail, subject=subject)))
