"""How much of a conversation that a client tells itself is heard: its end, as of a stored one. Pure."""

from collections.abc import Sequence

from agents.types import Turn

HISTORY_TURNS = 12
HISTORY_CHARS = 6_000


def recent(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The last HISTORY_TURNS of these turns, oldest first, of at most HISTORY_CHARS together."""
    room = HISTORY_CHARS
    for count, turn in enumerate(reversed(turns)):
        room -= len(turn.text)
        if room < 0 or count == HISTORY_TURNS:
            return tuple(turns[len(turns) - count :])
    return tuple(turns)
