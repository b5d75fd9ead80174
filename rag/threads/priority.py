"""Threads that work for whoever came first.

Where many questions are asked at once, each goes through a dozen pieces of work. In the order of the pieces all would
be answered together, when the last of them is ready; in the order of the questions each is answered as soon as can be.
"""

import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count
from threading import Lock
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Asked = tuple[int, int, Future[Any], Callable[[], Any]]
"""Arrival, number, what will come of it, and the work."""

_arrivals = count(1)
_place: ContextVar[int] = ContextVar("place", default=0)


@contextmanager
def arrived() -> Iterator[None]:
    """What the block asks of threads stands behind what those who arrived before ask of them, and before all others'.
    Who has not arrived by this stands before everybody: what is asked outside of any question is short."""
    token = _place.set(next(_arrivals))
    try:
        yield
    finally:
        _place.reset(token)


class PriorityThreads(ThreadPoolExecutor):
    """`ThreadPoolExecutor`, but what waits is begun in the order of its askers' arrival, and of one asker in that of
    its asking."""

    def __init__(self, max_workers: int, thread_name_prefix: str = "") -> None:
        super().__init__(max_workers, thread_name_prefix)
        self._asked: list[Asked] = []
        self._numbers = count()
        self._asking = Lock()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have it done by one of the threads. Raises RuntimeError after `shutdown`."""
        future: Future[T] = Future()
        asked: Asked = (_place.get(), next(self._numbers), future, partial(fn, *args, **kwargs))
        with self._asking:
            heapq.heappush(self._asked, asked)
        try:
            super().submit(self._next)
        except RuntimeError:
            self._withdraw(future)
            raise
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing more, and with `cancel_futures` do nothing of what still waits."""
        if cancel_futures:
            with self._asking:
                waiting, self._asked = self._asked, []
            for _, _, future, _ in waiting:
                future.cancel()
                future.set_running_or_notify_cancel()  # tells those who wait
        super().shutdown(wait)

    def _withdraw(self, future: Future[Any]) -> None:
        with self._asking:
            self._asked = [one for one in self._asked if one[2] is not future]
            heapq.heapify(self._asked)

    def _next(self) -> None:
        with self._asking:
            if not self._asked:  # cancelled when the threads were shut down
                return
            _, _, future, work = heapq.heappop(self._asked)
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
