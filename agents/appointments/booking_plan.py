"""What is known so far of an appointment that a customer and the assistant are arranging; kept over turns as a note."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from agents.language.dates.wish import Wish

WITH_CAR = ", courtesy car wished"
FORGOTTEN = timedelta(days=1)
"""After so long nobody goes on with what was left open."""


class Offer(msgspec.Struct, frozen=True):
    """A time at a dealer (its key) that was offered; local time with its offset."""

    dealer: str
    starts_at: datetime


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at`: when it was last spoken of. `asked`: what the customer was asked for: "vehicle", "dealer", "work", several
    of them with blanks between, "when" or "appointment", with `among` to choose from (keys of
    dealers, ids of appointments) and the `offers` made. `hold`: the place that is held for `chosen`. `appointment`: the
    one that is to be moved or cancelled, or was booked last. `car`: a courtesy car is wished."""

    at: datetime | None = None
    intent: Literal["", "book", "move", "cancel", "list"] = ""
    asked: str = ""
    among: tuple[str, ...] = ()
    dealer: str = ""
    vehicle: str = ""
    work: str = ""
    urgent: bool = False
    car: bool = False
    wish: Wish = Wish()
    offers: tuple[Offer, ...] = ()
    chosen: Offer | None = None
    hold: str = ""
    appointment: str = ""

    @property
    def open(self) -> bool:
        """Whether the customer's answer is waited for."""
        return bool(self.asked or self.offers or self.hold)

    @property
    def all_work(self) -> str:
        """What the workshop has to know: the work, and whether a courtesy car is wished."""
        return f"{self.work}{WITH_CAR}" if self.car and WITH_CAR not in self.work else self.work

    @property
    def paused(self) -> bool:
        """Whether the customer has put off a booking and may come back to it."""
        return self.intent == "book" and not self.open


def recalled(note: Mapping[str, Any], now: datetime) -> Plan:
    """The plan that was noted; an empty one where nothing was, or too long ago."""
    try:
        plan = msgspec.convert(note, Plan)
    except msgspec.ValidationError:
        return Plan()
    if plan.at is None or plan.at.tzinfo is None or not timedelta() <= now - plan.at + timedelta(minutes=5) < FORGOTTEN:
        return Plan()
    return plan


def noted(plan: Plan, now: datetime) -> Mapping[str, Any]:
    """The plan as plain data."""
    note: Mapping[str, Any] = msgspec.to_builtins(msgspec.structs.replace(plan, at=now))
    return note
