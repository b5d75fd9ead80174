"""What has come of conversations, in figures. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median

import msgspec

from orchestrator.events import HandOverReason
from orchestrator.staff.values import Thumbs

REASONS: tuple[HandOverReason, ...] = ("request", "danger", "unanswered", "staff")


class Begun(msgspec.Struct, frozen=True):
    """A conversation of the span: `answered` by the bot at least once, and never `handed_over`."""

    created_at: str
    answered: bool
    handed_over: bool
    reopened: bool


class HandedOver(msgspec.Struct, frozen=True):
    """A hand-over of the span; `answered_at`: the first words of staff."""

    reason: HandOverReason
    asked_at: str
    answered_at: str | None


class Rating(msgspec.Struct, frozen=True):
    """A customer's thumb of the span."""

    rating: str
    at: str


class Spread(msgspec.Struct, frozen=True):
    """Seconds; nine in ten are at most `p90`."""

    median: float
    p90: float


class Day(msgspec.Struct, frozen=True):
    """What began, was handed over and was rated on one day (UTC)."""

    day: str
    conversations: int
    resolved_by_bot: int
    handed_over: int
    up: int
    down: int


class Outcomes(msgspec.Struct, frozen=True):
    """`csat` is the share of thumbs up, None without any; `first_response_s` runs from a hand-over to the first words
    of staff."""

    since: str
    until: str
    conversations: int
    resolved_by_bot: int
    handed_over: int
    by_reason: dict[str, int]
    reopened: int
    closed: int
    first_response_s: Spread | None
    csat: float | None
    thumbs: Thumbs
    days: tuple[Day, ...]


def outcomes(
    since: date,
    until: date,
    begun: Sequence[Begun],
    handed: Sequence[HandedOver],
    rated: Sequence[Rating],
    closed: int,
) -> Outcomes:
    """The figures of a span, both days included."""
    thumbs = Counter(one.rating for one in rated)
    waits = sorted(_seconds(one.asked_at, one.answered_at) for one in handed if one.answered_at is not None)
    resolved = [one for one in begun if one.answered and not one.handed_over]
    reasons = Counter(one.reason for one in handed)
    return Outcomes(
        since=since.isoformat(),
        until=until.isoformat(),
        conversations=len(begun),
        resolved_by_bot=len(resolved),
        handed_over=len(handed),
        by_reason={reason: reasons[reason] for reason in REASONS},
        reopened=sum(one.reopened for one in begun),
        closed=closed,
        first_response_s=Spread(round(median(waits), 1), round(waits[_rank(len(waits))], 1)) if waits else None,
        csat=round(thumbs["up"] / len(rated), 4) if rated else None,
        thumbs=Thumbs(thumbs["up"], thumbs["down"]),
        days=_days(since, until, begun, resolved, handed, rated),
    )


def _rank(count: int) -> int:
    return min(count - 1, int(0.9 * count))


def _days(
    since: date,
    until: date,
    begun: Sequence[Begun],
    resolved: Sequence[Begun],
    handed: Sequence[HandedOver],
    rated: Sequence[Rating],
) -> tuple[Day, ...]:
    conversations = Counter(one.created_at[:10] for one in begun)
    by_bot = Counter(one.created_at[:10] for one in resolved)
    handovers = Counter(one.asked_at[:10] for one in handed)
    thumbs = Counter((one.at[:10], one.rating) for one in rated)
    days = [(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)]
    return tuple(
        Day(day, conversations[day], by_bot[day], handovers[day], thumbs[day, "up"], thumbs[day, "down"])
        for day in days
    )


def _seconds(before: str, after: str) -> float:
    return (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds()
