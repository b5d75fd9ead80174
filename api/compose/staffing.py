"""The staff's side of a server: their store, what they are told, and what customers are told of them."""

from dataclasses import dataclass

from api.settings import Settings
from orchestrator.execution.engine import Engine
from orchestrator.staff.desk import StaffDesk
from orchestrator.staff.drafting import Drafting
from orchestrator.staff.feed import Feed
from orchestrator.staff.opening_hours import parse_opening_hours
from orchestrator.staff.presence import Presence
from orchestrator.staff.reception import Reception
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
