"""What a client has been told so far, for dialects whose clients keep no account of it themselves. Pure."""

from datetime import datetime

from api.protocol.dialect import Rejected, Requested
from orchestrator.commands import Resume
from orchestrator.errors import BadRequest
from orchestrator.events import Accepted, AnyEvent, Cancelled, InputRequired, Token

WHOLE = "true"
"""The value of `history` in a URL with which a client is told a conversation from its beginning."""


def come_back(session_id: str, history: str | None) -> tuple[Requested, ...]:
    """What a client asks for by opening the socket of a conversation: what it was not sent yet, or where it wants the
    `history` all of it. Nobody hears that there is no such conversation yet."""
    back = Requested(Resume(session_id, 0 if history == WHOLE else None), tentative=True)
    if history in {None, WHOLE}:
        return (back,)
    return (back, Requested(Rejected(BadRequest(field="history", form="true"))))


class Prompts:
    """The runs whose question to the customer has ended a turn. On a dialect without a word for such a question its
    prompt is the end of the turn; when nobody answers it, the run's own end is no news."""

    def __init__(self) -> None:
        self._waiting_runs: set[str] = set()

    def are_news(self, event: AnyEvent) -> bool:
        """Whether the event is to be told, after what was told before."""
        if isinstance(event, InputRequired):
            self._waiting_runs.add(event.run_id)
        elif isinstance(event, Accepted):
            self._waiting_runs.discard(event.run_id)
        elif isinstance(event, Cancelled) and event.run_id in self._waiting_runs:
            self._waiting_runs.discard(event.run_id)
            return False
        return True


class Appended:
    """The answer as it stands with a client that can do no more than append. Feed it the pieces of one run's text: what
    the client has already is not sent again, also when the run begins anew in the same words."""

    def __init__(self) -> None:
        self.text = ""

    def more(self, token: Token) -> str | None:
        """What is to be appended; "" where the client has it, or where the text before it was missed; None where the
        client has other words there, which `replace` sets right."""
        have = len(self.text)
        if token.offset > have:
            return ""
        overlap = have - token.offset
        if not self.text.startswith(token.text[:overlap], token.offset):
            return None
        piece = token.text[overlap:]
        self.text += piece
        return piece

    def replace(self, token: Token) -> str:
        """The whole text again, as it is now with this piece."""
        self.text = self.text[: token.offset] + token.text
        return self.text

    def rest(self, whole: str) -> str | None:
        """What is missing of the whole; None where the client has other words."""
        return whole[len(self.text) :] if whole.startswith(self.text) else None


def unix_seconds(iso: str) -> float:
    """Of an event's time."""
    return datetime.fromisoformat(iso).timestamp()
