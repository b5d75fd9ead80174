"""The staff's side of a server: their store, what they are told, and what customers are told of them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.settings import Settings
from orchestrator.execution.engine import Engine
from orchestrator.staff.desk import StaffDesk
from orchestrator.staff.drafting import Drafting
from orchestrator.staff.feed import Feed
from orchestrator.staff.opening_hours import parse_opening_hours
from orchestrator.staff.presence import Presence
from orchestrator.staff.reception import Reception
from orchestrator.staff.values import Filters
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit
from orchestrator.stores.sql_staff import SqlStaffStore


@dataclass(frozen=True, slots=True)
class Staffing:
    """What there is of it before the engine is."""

    store: SqlStaffStore
    feed: Feed
    reception: Reception

    def desk(self, engine: Engine, drafting: Drafting) -> StaffDesk:
        """The staff's desk over this engine; `drafting` answers for the staff alone."""
        return StaffDesk(engine, self.store, self.feed, self.reception.presence, self.reception, drafting)


def open_staffing(settings: Settings, store: SqlStore, audit: SqlAudit) -> Staffing:
    """As the settings have it, over the database of the conversations."""
    staff_store = SqlStaffStore(store.transactions, audit)
    hours = parse_opening_hours(settings.opening_hours, settings.time_zone)
    return Staffing(staff_store, Feed(staff_store.lines), Reception(Presence(), hours, settings.staff_reach))


LATEST = 100
"""Conversations that are looked at where what has changed could not be heard."""


@asynccontextmanager
async def between_processes(settings: Settings, staffing: Staffing) -> AsyncIterator[None]:
    """Let the staff hear what other processes do, where there are any, and those of the staff here."""
    if not settings.redis_url:
        yield
        return
    from orchestrator.buses.redis_relay import open_redis_relay
    from orchestrator.staff.news import News

    async def latest() -> Sequence[str]:
        page = await staffing.store.list(Filters(), LATEST, None)
        return [line.conversation_id for line in page.conversations]

    presence = staffing.reception.presence
    async with open_redis_relay(settings.redis_url) as relay, News(staffing.feed, presence, relay, latest).going():
        yield
