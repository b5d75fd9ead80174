"""What is known so far of an appointment that a customer and the assistant are arranging; kept over turns as a note."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from agents.language.dates.wish import Wish

FORGOTTEN = timedelta(days=1)
"""After so long nobody goes on with what was left open."""

Asked = Literal["", "dealer", "vehicle", "work", "when", "appointment"]


class Offer(msgspec.Struct, frozen=True):
    """A time at a dealer (its key) that was offered; local time with its offset."""

    dealer: str
    starts_at: datetime


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """`at`: when it was last spoken of. `asked`: what the customer was asked for, with `among` to choose from (keys of
    dealers, ids of appointments) and the `offers` made. `hold`: the place that is held for `chosen`. `appointment`: the
    one that is to be moved or cancelled, or was booked last."""

    at: datetime | None = None
    intent: Literal["", "book", "move", "cancel", "list"] = ""
    asked: Asked = ""
    among: tuple[str, ...] = ()
    dealer: str = ""
    vehicle: str = ""
    work: str = ""
    urgent: bool = False
    wish: Wish = Wish()
    offers: tuple[Offer, ...] = ()
    chosen: Offer | None = None
    hold: str = ""
    appointment: str = ""

    @property
    def open(self) -> bool:
        """Whether the customer's answer is waited for."""
        return bool(self.asked or self.offers or self.hold)


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
