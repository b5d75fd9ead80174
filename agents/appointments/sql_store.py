"""The appointment store over SQL: SQLite by default, PostgreSQL by its URL.

Every change is one short transaction. That no place is given away twice is not for this code to see to: a unique index
does. A hold that somebody else needed the place of is `cancelled`
and has kept its `expires_at`; what was booked once has none.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from agents.appointment_store import (
    Appointment,
    AppointmentStoreUnavailable,
    Owner,
    Taken,
    TooManyAppointments,
    UnknownAppointment,
)
from agents.tables import TEXT_CHARS, appointments
from rag.database import Transactions

T = TypeVar("T")
A = appointments.c

RETRIES = 5
"""How often, besides once for each place, somebody else may be quicker before a time counts as taken."""
KEPT = timedelta(days=1)
"""How long a hold is remembered after it has expired."""
MOST_HELD = 5
MOST_BOOKED = 20
"""Of a user's places at a time, so that nobody takes all places. They are counted, not constrained: requests
of one user at the very same moment may slip through on PostgreSQL."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be held."""

    owner: Owner
    dealer: str
    starts_at: str
    places: int
    work: str
    vehicle: str
    now: datetime
    expires_at: str
    replaces: str | None


class SqlAppointmentStore:
    """See `agents.appointment_store.AppointmentStore`. Works on an engine that somebody else opens, migrates and
    disposes of."""

    def __init__(self, engine: Engine) -> None:
        self._transactions = Transactions(engine, AppointmentStoreUnavailable)
        self._read = self._transactions.read

    async def taken(
        self, dealer: str, since: datetime, until: datetime, now: datetime, *, besides: str = ""
    ) -> Sequence[Appointment]:
        within = and_(A.dealer == dealer, A.starts_at >= _stamp(since), A.starts_at < _stamp(until))
        kept = (A.status == "booked") | and_(A.status == "held", A.expires_at > _stamp(now), A.run_id != besides)
        query = select(appointments).where(within, kept).order_by(A.starts_at, A.place)
        return await self._read(lambda connection: [_appointment(row, ours=False) for row in connection.execute(query)])

    async def hold(
        self,
        owner: Owner,
        dealer: str,
        starts_at: datetime,
        places: int,
        *,
        work: str,
        vehicle: str,
        now: datetime,
        seconds: float,
        replaces: str | None = None,
    ) -> Appointment:
        wish = _Wish(
            owner=owner,
            dealer=dealer,
            starts_at=_stamp(starts_at),
            places=places,
            work=_short(work),
            vehicle=_short(vehicle),
            now=now,
            expires_at=_stamp(now + timedelta(seconds=seconds)),
            replaces=replaces,
        )
        return await self._write(lambda connection: _hold(connection, wish), places + RETRIES)

    async def commit(self, owner: Owner, appointment_id: str, now: datetime) -> Appointment:
        return await self._write(lambda connection: _commit(connection, owner.user_id, appointment_id, now))

    async def release(self, owner: Owner, appointment_id: str) -> None:
        unbooked = and_(A.id == appointment_id, A.user_id == owner.user_id, A.expires_at.is_not(None))
        await self._write(lambda connection: connection.execute(delete(appointments).where(unbooked)))

    async def cancel(self, user_id: str, appointment_id: str, now: datetime) -> Appointment:
        return await self._write(lambda connection: _cancel(connection, user_id, appointment_id, now))

    async def booked(self, user_id: str, since: datetime) -> Sequence[Appointment]:
        mine = and_(A.user_id == user_id, A.status == "booked", A.starts_at >= _stamp(since))
        query = select(appointments).where(mine).order_by(A.starts_at, A.id)
        return await self._read(lambda connection: [_appointment(row) for row in connection.execute(query)])

    async def find(self, user_id: str, appointment_id: str) -> Appointment:
        query = _own(user_id, appointment_id)
        return await self._read(lambda connection: _appointment(_found(connection, query)))

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.to_thread(self._transactions.close)

    async def _write(self, work: Callable[[Connection], T], attempts: int = 1) -> T:
        """Commit `work`, again where somebody else was quicker. Raises Taken when they always are."""
        try:
            return await self._transactions.write(work, attempts=attempts)
        except IntegrityError:
            raise Taken from None


def _hold(connection: Connection, wish: _Wish) -> Appointment:
    if wish.starts_at <= _stamp(wish.now):
        raise Taken
    connection.execute(delete(appointments).where(A.expires_at < _stamp(wish.now - KEPT)))
    moves = 0
    if wish.replaces is not None:
        replaced = _found(connection, _own(wish.owner.user_id, wish.replaces))
        if replaced.status != "booked":
            raise UnknownAppointment
        moves = replaced.moves + 1
    known = connection.execute(_asked_before(wish)).first()
    if known is not None and known.status == "booked":
        return _appointment(known)
    values: dict[str, Any] = {
        "status": "held",
        "work": wish.work,
        "expires_at": wish.expires_at,
        "replaces": wish.replaces,
        "moves": moves,
        "updated_at": _stamp(wish.now),
    }
    if known is None or known.status != "held":
        _check_number(connection, wish)
        values["place"] = _free_place(connection, wish)
    if known is not None:
        return _changed(connection, known.id, values)
    values |= {
        "id": str(uuid.uuid4()),
        "user_id": wish.owner.user_id,
        "conversation_id": wish.owner.conversation_id,
        "run_id": wish.owner.run_id,
        "dealer": wish.dealer,
        "starts_at": wish.starts_at,
        "vehicle": wish.vehicle,
        "created_at": _stamp(wish.now),
    }
    return _appointment(connection.execute(insert(appointments).values(values).returning(*A)).one())


def _asked_before(wish: _Wish) -> Select[Any]:
    """What the run has at that time for that vehicle; a hold that it lost is last."""
    same = and_(
        A.user_id == wish.owner.user_id,
        A.run_id == wish.owner.run_id,
        A.dealer == wish.dealer,
        A.starts_at == wish.starts_at,
        A.vehicle == wish.vehicle,
    )
    ours = and_(same, (A.status != "cancelled") | A.expires_at.is_not(None))
    return select(appointments).where(ours).order_by(A.status == "cancelled").limit(1).with_for_update()


def _check_number(connection: Connection, wish: _Wish) -> None:
    """Raises TooManyAppointments."""
    mine = select(func.count()).where(A.user_id == wish.owner.user_id)
    held = connection.scalar(mine.where(A.status == "held", A.expires_at > _stamp(wish.now)))
    booked = connection.scalar(mine.where(A.status == "booked", A.starts_at > _stamp(wish.now)))
    if (held or 0) >= MOST_HELD or (booked or 0) - (wish.replaces is not None) >= MOST_BOOKED:
        raise TooManyAppointments


def _free_place(connection: Connection, wish: _Wish) -> int:
    """A place that nobody has, or that of a hold that has expired, which ends it. Raises Taken."""
    then = and_(A.dealer == wish.dealer, A.starts_at == wish.starts_at, A.status.in_(("held", "booked")))
    kept = connection.execute(select(A.id, A.place, A.expires_at).where(then).order_by(A.expires_at)).all()
    used = {row.place for row in kept}
    for place in range(wish.places):
        if place not in used:
            return place
    for row in kept:
        if row.expires_at is None or row.expires_at > _stamp(wish.now) or row.place >= wish.places:
            continue
        still = and_(A.id == row.id, A.status == "held", A.expires_at == row.expires_at)
        ended = update(appointments).where(still).values(status="cancelled", updated_at=_stamp(wish.now))
        if connection.execute(ended).rowcount:
            return int(row.place)
    raise Taken


def _commit(connection: Connection, user_id: str, appointment_id: str, now: datetime) -> Appointment:
    row = _found(connection, _own(user_id, appointment_id).with_for_update())
    if row.expires_at is None:
        return _appointment(row)
    if row.starts_at <= _stamp(now):
        raise Taken
    booked = _changed(connection, row.id, {"status": "booked", "expires_at": None, "updated_at": _stamp(now)})
    if row.replaces is not None:
        earlier = and_(A.id == row.replaces, A.user_id == user_id, A.status == "booked")
        ended = update(appointments).where(earlier).values(status="cancelled", updated_at=_stamp(now))
        if not connection.execute(ended).rowcount:
            raise UnknownAppointment
    return booked


def _cancel(connection: Connection, user_id: str, appointment_id: str, now: datetime) -> Appointment:
    row = _found(connection, _own(user_id, appointment_id).with_for_update())
    if row.expires_at is not None:
        raise UnknownAppointment
    if row.status == "cancelled":
        return _appointment(row)
    return _changed(connection, row.id, {"status": "cancelled", "updated_at": _stamp(now)})


def _changed(connection: Connection, appointment_id: str, values: dict[str, Any]) -> Appointment:
    change = update(appointments).where(A.id == appointment_id).values(values).returning(*A)
    return _appointment(connection.execute(change).one())


def _own(user_id: str, appointment_id: str) -> Select[Any]:
    return select(appointments).where(A.id == appointment_id, A.user_id == user_id)


def _found(connection: Connection, query: Select[Any]) -> Row[Any]:
    row = connection.execute(query).first()
    if row is None:
        raise UnknownAppointment
    return row


def _appointment(row: Row[Any], *, ours: bool = True) -> Appointment:
    return Appointment(
        id=row.id,
        dealer=row.dealer,
        starts_at=_time(row.starts_at),
        place=row.place,
        status=row.status,
        work=row.work if ours else "",
        vehicle=row.vehicle if ours else "",
        expires_at=_time(row.expires_at) if row.expires_at else None,
        moves=row.moves,
    )


def _short(text: str) -> str:
    """One line of a length that the table has room for, of characters that every database takes."""
    plain = text[: 10 * TEXT_CHARS].encode(errors="replace").decode().replace("\0", " ")
    return " ".join(plain.split())[:TEXT_CHARS]


def _stamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
