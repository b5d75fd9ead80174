"""The contract of the dispatcher: it lets whoever has room answer what waits in a conversation.

What waits are rows of the store, in their order; a dispatcher only says where to look. A word that is lost on its way
costs time and no message: `orchestrator/execution/recovery.py` looks for what nobody has taken up.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

Answer = Callable[[str], Awaitable[None]]
"""Answers what waits in the conversation of this id, one run after the other; returns when nothing does, or when
somebody else is at it and will go on. It does not raise."""


class Dispatcher(Protocol):
    """Used from one event loop."""

    def dispatch(self, conversation_id: str) -> None:
        """Let somebody who has room look at the conversation, soon. Named again before anybody has looked it is looked
        at once; named while it is being answered, once more."""

    @property
    def depth(self) -> int:
        """How many conversations nobody has looked at, as far as is known here."""

    def leave(self) -> None:
        """Let nothing more be begun in this process. What is dispatched goes to the others, as far as there are any."""
