"""What a customer is told when a conversation changes hands: always what happens next. Pure."""

from collections.abc import Mapping
from datetime import datetime

from orchestrator.events import Accepted, Completed, HandOverReason, Timing, UsageFigures
from orchestrator.staff.opening_hours import OpeningHours

STAFF = "staff"
"""The answerer's name where a person answers."""
CLOSED = "This conversation is closed. Write again to open it again."
REOPENED = "This conversation is open again. The assistant answers you."
NOBODY_COMES = "Nobody needs to come for now: the assistant answers you. Ask for a person at any time."
_LEADS: Mapping[HandOverReason, str] = {
    "request": "I have asked our people to come to this conversation.",
    "danger": "I have let our people know about this.",
    "unanswered": "I could not answer twice in a row, so I have asked our people to come to this conversation.",
    "staff": "One of our people will come to this conversation.",
}


def taken(name: str) -> str:
    return f"{name or 'One of our people'} has joined and answers you from now on."


def returned(name: str) -> str:
    return f"{name or 'Our colleague'} has left. The assistant answers you again."


def left_to_staff(accepted: Accepted, name: str = "") -> Completed:
    """What a client is told that waits for one answer to each message, when a person will answer this one."""
    return Completed(
        run_id=accepted.turn_id,
        session_id=accepted.session_id,
        message_id=accepted.message_id,
        response=f"{name or 'One of our people'} has your message and will answer it here.",
        agent="human",
        agents=(),
        confidence=1.0,
        sources=(),
        citations=(),
        usage=UsageFigures(),
        timing=Timing(0.0, 0.0),
        answerer=STAFF,
        act="person",
    )


def waiting(
    reason: HandOverReason, place: int, *, present: int, hours: OpeningHours, now: datetime, reach: str, email: str
) -> str:
    """What who waits at a `place` of the queue can expect: how many of the staff are `present`, when they are there,
    and how the customer will be reached where nobody is."""
    lead = _LEADS[reason]
    go_on = "Until then I go on answering."
    where = reach or "here, in this conversation"
    if email and not reach:
        where += f", or by e-mail to {email}"
    if not hours.open_at(now):
        opens = hours.next_opening(now)
        when = f" We are there again {opens}." if opens else ""
        away = f"Nobody is there at the moment: our hours are {hours}.{when}"
        return f"{lead} {away} You will be answered {where}. {go_on}"
    queue = f"You are number {place} in the queue"
    if not present:
        return f"{lead} Nobody is free at the moment. {queue} and will be answered {where}. {go_on}"
    return f"{lead} {queue}. {go_on}"


def still_waiting(place: int) -> str:
    """To who asks for a person again."""
    return f"Our people know that you wait for them: you are number {place} in the queue."
