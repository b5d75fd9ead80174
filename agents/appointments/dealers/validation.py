"""Which dealer, vehicle and start a tool is asked for; what cannot be is refused with words that say what can."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.appointments.dealers.opening import slots
from agents.appointments.dealers.times import bookable, lead
from agents.appointments.dealers.workshops import Workshop, Workshops
from agents.tool import ToolFailed
from agents.vehicles.range import Vehicle, Vehicles

MOST_OTHERS = 5
"""Dealers that are looked at where the one asked for has no time."""


def chosen_dealer(known: Workshops, text: str) -> Workshop:
    """The one that is meant. Raises ToolFailed."""
    by_key = known.get(text)
    found = (by_key,) if by_key else known.named(text)
    if len(found) == 1:
        return found[0]
    if not known.rows:
        raise ToolFailed(
            "Nothing can be booked here: no service partner is known that takes appointments. Please call our customer "
            "service."
        )
    choice = ", ".join(f"{row.name} in {row.town}" for row in found or known.rows)
    raise ToolFailed(f"Which service partner is meant: {choice}?")


def other_dealers(known: Workshops, dealer: Workshop, vehicles: Sequence[Vehicle]) -> Sequence[Workshop]:
    """A few other dealers that work on the vehicles, those first that share most places around them."""
    others = [row for row in known.serving(vehicles) if row is not dealer]
    return sorted(others, key=lambda row: -len({*row.nearby} & {*dealer.nearby}))[:MOST_OTHERS]


def serviced(known: Workshops, dealer: Workshop, vehicle: str, vehicles: Vehicles) -> Sequence[Vehicle]:
    """The vehicles that may be meant. Raises ToolFailed where the dealer does not work on one of them."""
    meant = vehicles.mentioned(vehicle)
    if meant and not all(map(dealer.serves, meant)):
        if any(map(dealer.serves, meant)):
            names = ", ".join(item.name for item in meant if dealer.serves(item))
            raise ToolFailed(f"{dealer.name} works on some of these only: {names}. Which one is it?")
        others = ", ".join(f"{row.name} in {row.town}" for row in known.serving(meant))
        does = f"These do: {others}. Which one would you like?" if others else "No service partner does."
        raise ToolFailed(f"{dealer.name} does not work on the {vehicle}. {does}")
    return meant


def checked_start(dealer: Workshop, starts_at: datetime, work: str, now: datetime) -> datetime:
    """The start in the dealer's time zone, if it is one. Raises ToolFailed."""
    try:
        start = starts_at.astimezone(ZoneInfo(dealer.zone))
        known = start in slots(dealer, start.date())
    except (OverflowError, ValueError):
        known = False
    if not known:
        raise ToolFailed(
            f"{dealer.name} has no appointments at that time. Only times that were found to be free can be taken."
        )
    if not bookable(dealer, work, start, now):
        days = lead(dealer, work, start.date()).days
        raise ToolFailed(
            f"{dealer.name} needs {days} days' notice for this, and at most a year. Which other time shall it be?"
        )
    return start
