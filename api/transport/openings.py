"""Which runs nobody has listened to yet, so that who comes late is told of them.

A client of the protocol begins a run first and opens its event streams after that, without saying where to begin: it
may have missed the whole answer. And when it opens one on a thread that it comes back to, what has ended before is no
news.
"""

from collections import Counter, OrderedDict

MOST = 10_000
"""Threads whose runs nobody has listened to yet; beyond it the oldest are forgotten."""


class Openings:
    """`begun` when a run is, `opened` and `closed` around every stream of the thread."""

    def __init__(self) -> None:
        self._streams: Counter[str] = Counter()
        self._unheard: OrderedDict[str, int] = OrderedDict()

    def begun(self, conversation_id: str, seq: int) -> None:
        """A run has begun with the durable event `seq`; where nobody listens it is kept for who comes."""
        self._unheard.pop(conversation_id, None)
        if conversation_id not in self._streams:
            self._unheard[conversation_id] = seq
            if len(self._unheard) > MOST:
                self._unheard.popitem(last=False)

    def opened(self, conversation_id: str) -> int | None:
        """Where a stream that has just been opened is to begin; None where nothing was missed."""
        self._streams[conversation_id] += 1
        return self._unheard.get(conversation_id)

    def closed(self, conversation_id: str, *, end_sent: bool) -> None:
        """The stream is over. With `end_sent` its reader knows how the run ended; then, or where it was the last one,
        the run is news no more."""
        self._streams[conversation_id] -= 1
        last = self._streams[conversation_id] <= 0
        if last:
            del self._streams[conversation_id]
        if last or end_sent:
            self._unheard.pop(conversation_id, None)
