"""Conversations known again by what was said in them, for clients that tell the whole of it with each message.

So such a client gets what only a stored conversation has: what was asked back, and a booking that waits for a yes.
Where it is not known any more (another process, a changed or shortened telling), what the client tells has to do.
"""

import hashlib
from collections import OrderedDict

MOST = 4_096
"""Conversations that are known; the one not heard of for longest is forgotten first."""


def after(said: str, role: str, text: str) -> str:
    """The name of a conversation that goes on with this message; `said` is that of what came before, "" for nothing.
    Spaces and line breaks do not count."""
    return hashlib.sha256(f"{said}\n{role}\n{' '.join(text.split())}".encode()).hexdigest()


class Recall:
    """The conversations of this process by owner and by what was said, each until it is taken up once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._sessions: OrderedDict[tuple[str, str], str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def keep(self, user_id: str, said: str, session_id: str) -> None:
        """The user's conversation `session_id` has come to `said`."""
        self._sessions[user_id, said] = session_id
        self._sessions.move_to_end((user_id, said))
        if len(self._sessions) > self._most:
            self._sessions.popitem(last=False)

    def take(self, user_id: str, said: str) -> str | None:
        """The conversation that has come to this point; only once, so that telling it again from there is another."""
        return self._sessions.pop((user_id, said), None)
