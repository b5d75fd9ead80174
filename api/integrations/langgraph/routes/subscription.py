"""One subscription to one thread, as it is told."""

from collections.abc import AsyncIterator

from api.access.auth import SignedIn
from api.compose.app_state import AppState
from api.integrations.langgraph.routes.listener import Listening
from api.integrations.langgraph.routes.thread_lookup import Thread, find
from api.integrations.langgraph.thread_events import Event, Subscription, ThreadEvents, ends
from api.integrations.langgraph.thread_place import LIVE, Place


class Telling:
    """One subscription to one thread."""

    def __init__(
        self, state: AppState, listening: Listening, thread: Thread, wanted: Subscription, events: ThreadEvents
    ) -> None:
        self._state = state
        self._listening = listening
        self._thread = thread
        self._wanted = wanted
        self._events = events
        self._heard = False

    @classmethod
    async def begin(cls, state: AppState, caller: SignedIn, thread_id: str, wanted: Subscription) -> "Telling":
        """Raises NotFound."""
        engine = state.gateway.engine
        thread = await find(engine, caller, thread_id)
        head = await engine.store.head(thread.conversation_id)
        # No await from here: what is opened is closed.
        unheard = state.openings.opened(thread.conversation_id)
        since = _since(thread, wanted, unheard, head)
        start = since.seq + 1 if since.number == LIVE and not since.within and not since.steps else max(1, since.seq)
        listening = Listening(engine, caller)
        listening.begin(thread_id, start - 1)
        return cls(state, listening, thread, wanted, ThreadEvents(thread.before(start), since))

    async def events(self) -> AsyncIterator[Event | None]:
        """What the subscription wants; None after a silence. Raises ShuttingDown, OutboxFull."""
        async for envelope in self._listening.events():
            if envelope is None:
                yield None
                continue
            for event in self._events.told(envelope):
                if self._wanted.wants(event):
                    yield event
                    self._heard |= ends(event)

    def close(self) -> None:
        self._listening.close()
        self._state.openings.closed(self._thread.conversation_id, heard=self._heard)


def _since(thread: Thread, wanted: Subscription, unheard: int | None, head: int) -> Place:
    """The place after which the client is to be told."""
    if wanted.since is not None:
        return Place.at(wanted.since)
    waiting = next((view for view in thread.runs.values() if view.ended is None), None)
    first = unheard if unheard is not None else waiting.first if waiting is not None else None
    return Place(first) if first is not None else Place(head, LIVE)
