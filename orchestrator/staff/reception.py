"""What a customer who is to be handed over can expect just now."""

from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.events import HandOverReason
from orchestrator.run import Handing
from orchestrator.staff import notices
from orchestrator.staff.opening_hours import OpeningHours
from orchestrator.staff.presence import Presence


@dataclass(frozen=True, slots=True)
class Reception:
    """`reach` says how customers are reached where nobody is there, "" for here in the conversation."""

    presence: Presence
    hours: OpeningHours
    reach: str = ""

    def handing(self, reason: HandOverReason) -> Handing:
        """That a conversation is to wait for a person, worded for this moment."""
        return Handing(reason, lambda place, email: self.words(reason, place, email))

    def words(self, reason: HandOverReason, place: int, email: str) -> str:
        """What who is at this place of the queue can expect."""
        return notices.waiting(
            reason,
            place,
            present=self.presence.here,
            hours=self.hours,
            now=datetime.now(UTC),
            reach=self.reach,
            email=email,
        )
