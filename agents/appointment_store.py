"""The contract of the appointment store: who has which place at which dealer, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Appointment:
    """A place at a dealer. `starts_at` is UTC; `place` counts the dealer's places at that time, from 0. A held one is
    kept until `expires_at` (UTC). `work` says what is to be done, `vehicle` to which, in words. `moves`: how often it
    was moved before it got here."""

    id: str
    dealer: str
    starts_at: datetime
    place: int
    status: Literal["held", "booked", "cancelled"]
    work: str
    vehicle: str
    expires_at: datetime | None = None
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose appointment it is, and where it was made."""

    user_id: str
    conversation_id: str
    run_id: str


class Taken(Exception):
    """Somebody else has the last place at that time, or it was held for too short."""


class UnknownAppointment(Exception):
    """No such appointment of this user."""


class TooManyAppointments(Exception):
    """The user holds or has booked so many places that nobody is given more without a word with the dealer."""


class AppointmentStore(Protocol):
    """Safe for concurrent use; a method that returns has committed. Two never get one place: the database sees to it.

    Every method that takes an owner or a user sees that user's appointments only; a foreign id is like one that never
    was. Raises AppointmentStoreUnavailable when the database cannot be reached.
    """

    async def taken(
        self, dealer: str, since: datetime, until: datetime, now: datetime, *, besides: str = ""
    ) -> Sequence[Appointment]:
        """What is booked or still held at the dealer from `since` until `until`, exclusive, by time; whoever has it,
        and so without `work` and `vehicle`. The holds of the run named `besides` are left out: it may have them again,
        when it begins anew."""

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
        """Keep one of the dealer's `places` for `seconds`. The same run asking for the same time and vehicle gets the
        same place again, from now on for `seconds`; if it is booked already, as that. `replaces`: the booked
        appointment that is to be moved here, which stays until the commit. Raises Taken, UnknownAppointment,
        TooManyAppointments."""

    async def commit(self, owner: Owner, appointment_id: str, now: datetime) -> Appointment:
        """Make a held appointment a booked one and end the one that it replaces, at once. Again changes nothing, even
        if it has been cancelled since. A hold that has expired is still good while nobody has its place and its time
        has not come. Raises Taken; UnknownAppointment, also where the one to be replaced is not booked any more."""

    async def release(self, owner: Owner, appointment_id: str) -> None:
        """Free a hold; one that is no hold any more is left alone."""

    async def cancel(self, user_id: str, appointment_id: str, now: datetime) -> Appointment:
        """Cancel a booked appointment. Again changes nothing. Raises UnknownAppointment."""

    async def booked(self, user_id: str, since: datetime) -> Sequence[Appointment]:
        """The user's booked appointments from `since` on, by time."""

    async def find(self, user_id: str, appointment_id: str) -> Appointment:
        """One of the user's own. Raises UnknownAppointment."""


class AppointmentStoreUnavailable(Exception):
    """The database of the appointment store cannot be reached."""
