"""The dispatcher of a single process: what it is told of is answered here, so many conversations at a time."""

import asyncio

from orchestrator.dispatcher import Answer


class LocalDispatcher:
    """See `orchestrator.dispatcher.Dispatcher`. At most `most` conversations are answered at a time."""

    def __init__(self, answer: Answer, most: int) -> None:
        self._answer = answer
        self._most = most
        self._waiting: dict[str, None] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._left = False

    def dispatch(self, conversation_id: str) -> None:
        if not self._left:
            self._waiting[conversation_id] = None
            self._fill()

    @property
    def depth(self) -> int:
        return len(self._waiting)

    def leave(self) -> None:
        self._left = True
        self._waiting.clear()

    def _fill(self) -> None:
        while self._waiting and len(self._answering) < self._most:
            conversation_id = next(iter(self._waiting))
            del self._waiting[conversation_id]
            task = asyncio.ensure_future(self._look(conversation_id))
            self._answering.add(task)
            task.add_done_callback(self._done)

    async def _look(self, conversation_id: str) -> None:
        await self._answer(conversation_id)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._answering.discard(task)
        self._fill()
