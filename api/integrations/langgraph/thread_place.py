"""Where something stands in a thread, as one number that grows: the `seq` of the protocol's events. Pure.

It is made of what every reader of the thread sees alike, so that any process counts the same, also after a restart: the
last durable event's seq, and how far the run had come in steps and text. Whole, it stays below 2^53, where JavaScript's
numbers are exact: for a million durable events in a thread and a million characters in an answer.

A thread with the name of deleted ones goes on counting behind all events that they had. So a place in one of those is
none in this one, and a client that keeps the highest place it has seen is right to do so.
"""

from dataclasses import dataclass

LIVE = 15
"""The `number` of what is told between durable events."""
MESSAGE_START, BLOCK_START = 1, 2
"""`within`: the message has begun, its block has; so many more than this are the characters told."""
_NUMBER_BITS, _STEPS_BITS, _WITHIN_BITS = 4, 8, 20
_MOST_STEPS = (1 << _STEPS_BITS) - 1
_MOST_WITHIN = (1 << _WITHIN_BITS) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Event `number`, from 1, of those that the durable event `seq` gives rise to, 0 before them, LIVE after them;
    `seq` counts the events of deleted threads of this name too. `steps` and `within` say what the run under way had
    told by then."""

    seq: int = 0
    number: int = 0
    steps: int = 0
    within: int = 0

    def __int__(self) -> int:
        steps, within = min(self.steps, _MOST_STEPS), min(self.within, _MOST_WITHIN)
        return ((self.seq << _NUMBER_BITS | self.number) << _STEPS_BITS | steps) << _WITHIN_BITS | within

    @classmethod
    def at(cls, place: int) -> "Place":
        """The place with this number."""
        rest, within = place >> _WITHIN_BITS, place & _MOST_WITHIN
        rest, steps = rest >> _STEPS_BITS, rest & _MOST_STEPS
        return cls(rest >> _NUMBER_BITS, rest & LIVE, steps, within)
