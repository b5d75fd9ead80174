"""One subscription to one thread, as it is told."""

from collections.abc import AsyncIterator

from api.access.auth import SignedIn
from api.compose.app_state import AppState
from api.integrations.langgraph.routes.listener import Listening
from api.integrations.langgraph.routes.thread_lookup import Thread, find
from api.integrations.langgraph.thread_events import Event, Subscription, ThreadEvents, ends
from api.integrations.langgraph.thread_place import LIVE, Place
from orchestrator.errors import CursorExpired
from orchestrator.store import Marks


class Telling:
    """One subscription to one thread."""

    def __init__(
        self, state: AppState, listening: Listening, thread: Thread, subscription: Subscription, events: ThreadEvents
    ) -> None:
        self._state = state
        self._listening = listening
        self._thread = thread
        self._subscription = subscription
        self._events = events
        self._end_sent = False

    @classmethod
    async def begin(cls, state: AppState, caller: SignedIn, thread_id: str, subscription: Subscription) -> "Telling":
        """Raises NotFound, CursorExpired."""
        engine = state.gateway.engine
        thread = await find(engine, caller, thread_id)
        marks = await engine.store.marks(thread.conversation_id)
        named = _named(subscription, marks)
        # No await from here: what is opened is closed.
        unheard = state.openings.opened(thread.conversation_id)
        since = named if named is not None else _since(thread, unheard, marks)
        seq = max(0, since.seq - marks.earlier)
        start = seq + 1 if since.number == LIVE and not since.within and not since.steps else max(1, seq)
        listening = Listening(engine, caller)
        listening.begin(thread.conversation_id, thread_id, start - 1)
        return cls(state, listening, thread, subscription, ThreadEvents(thread.before(start), since, marks.earlier))

    async def events(self) -> AsyncIterator[Event | None]:
        """What the subscription wants; None after a silence. Raises ShuttingDown, OutboxFull."""
        async for envelope in self._listening.events():
            if envelope is None:
                yield None
                continue
            for event in self._events.new_events(envelope):
                if self._subscription.wants(event):
                    yield event
                    self._end_sent |= ends(event)

    def close(self) -> None:
        self._listening.close()
        self._state.openings.closed(self._thread.conversation_id, end_sent=self._end_sent)


def _named(subscription: Subscription, marks: Marks) -> Place | None:
    """The place after which the client wants to be told; None where it names none. Raises CursorExpired for one that is
    in a deleted thread of this name, or in none. One before all events is in each."""
    if subscription.since is None:
        return None
    place = Place.at(subscription.since)
    if place.seq and not marks.earlier < place.seq <= marks.earlier + marks.head:
        raise CursorExpired(field="since")
    return place


def _since(thread: Thread, unheard: int | None, marks: Marks) -> Place:
    """The place after which a client is told that names none."""
    waiting = next((view for view in thread.runs.values() if view.ended is None), None)
    first = unheard if unheard is not None else waiting.first if waiting is not None else None
    return Place(marks.earlier + first) if first is not None else Place(marks.earlier + marks.head, LIVE)
