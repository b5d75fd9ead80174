"""Whatever has the same name, one at a time."""

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """A lock for each name, known for as long as somebody holds it or waits for it. For one event loop."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """The names that are known."""
        return len(self._locks)

    def of(self, name: str) -> asyncio.Lock:
        """The lock of this name."""
        return self._locks.setdefault(name, asyncio.Lock())
