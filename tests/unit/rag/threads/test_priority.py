"""Who came first is served first, whatever was asked in between."""

import threading
from concurrent.futures import Future, wait
from contextvars import copy_context
from functools import partial

import pytest

from rag.threads.priority import PriorityThreads, arrived


class Shop:
    """One thread that is kept busy until `open` is set; what was done, in its order."""

    def __init__(self) -> None:
        self.threads, self.open, self.done = PriorityThreads(1), threading.Event(), list[str]()
        self.threads.submit(self.open.wait)

    def ask(self, name: str) -> Future[None]:
        return self.threads.submit(self.done.append, name)

    def finish(self) -> list[str]:
        self.open.set()
        self.threads.shutdown()
        return self.done


def test_what_the_first_one_asks_later_is_done_first() -> None:
    shop, first, second = Shop(), copy_context(), copy_context()
    first.run(arrived().__enter__)
    second.run(arrived().__enter__)
    first.run(shop.ask, "first's classification")
    second.run(shop.ask, "second's classification")
    first.run(shop.ask, "first's search")
    shop.ask("a check of health")
    assert shop.finish() == [
        "a check of health",
        "first's classification",
        "first's search",
        "second's classification",
    ]


def test_arrival_ends_with_its_block() -> None:
    shop = Shop()
    with arrived():
        shop.ask("inside")
    shop.ask("outside")
    assert shop.finish() == ["outside", "inside"]


def test_what_is_raised_reaches_who_asked_and_the_thread_goes_on() -> None:
    threads = PriorityThreads(1)
    failed = threads.submit(int, "none")
    assert threads.submit(int, "1").result(5) == 1
    with pytest.raises(ValueError, match="none"):
        failed.result(5)
    threads.shutdown()


def test_what_is_cancelled_is_not_done() -> None:
    shop = Shop()
    shop.ask("one").cancel()
    shop.ask("other")
    assert shop.finish() == ["other"]


def test_after_the_end_nothing_is_taken_and_nobody_waits_for_ever() -> None:
    shop = Shop()
    waiting = [shop.ask("one"), shop.ask("other")]
    closing = threading.Thread(target=partial(shop.threads.shutdown, cancel_futures=True))
    closing.start()
    assert not wait(waiting, 5).not_done
    assert all(future.cancelled() for future in waiting)
    shop.open.set()
    closing.join(5)
    with pytest.raises(RuntimeError):
        shop.ask("late")
    assert shop.done == []


def test_a_thousand_from_eight_threads_are_all_done() -> None:
    threads, done = PriorityThreads(4), list[int]()

    def many(start: int) -> None:
        with arrived():
            wait([threads.submit(done.append, number) for number in range(start, start + 125)], 30)

    askers = [threading.Thread(target=many, args=(125 * number,)) for number in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    threads.shutdown()
    assert sorted(done) == list(range(1000))
