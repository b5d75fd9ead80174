"""What connections still do whose client is gone. A client that is back at once finds it done: the message that it sent
last is accepted, and what it has read is kept."""

import asyncio

PATIENCE_S = 3.0
"""How long a client that is back waits for it."""


class Leaving:
    """Their tasks, by user."""

    def __init__(self) -> None:
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}

    def add(self, user_id: str, task: "asyncio.Task[None]") -> None:
        """The user's connection is gone; the task does what it was asked before."""
        self._tasks.setdefault(user_id, set()).add(task)
        task.add_done_callback(lambda done: self._forget(user_id, done))

    def __len__(self) -> int:
        return sum(map(len, self._tasks.values()))

    def _forget(self, user_id: str, task: "asyncio.Task[None]") -> None:
        tasks = self._tasks.get(user_id, set())
        tasks.discard(task)
        if not tasks:
            self._tasks.pop(user_id, None)

    async def done(self, user_id: str) -> None:
        """Wait for what the user's connections still do; at most PATIENCE_S."""
        if tasks := self._tasks.get(user_id):
            await asyncio.wait(set(tasks), timeout=PATIENCE_S)
