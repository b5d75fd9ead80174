"""Cancelled answers: at any moment, from anywhere, the run ends once, at once, and the next message is answered."""

import asyncio
import random
import time
from collections.abc import Callable

from tests.conversing import Frame
from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.customer import Customer
from tests.faults.process import Server
from tests.faults.provider import Providing, answer, question

PIECES, GAP_MS = 30, 10
AT_A_TIME = 4
PROMPT_S = 2.0
"""A cancelled run's terminal event and the end of its model connection come within this."""
LINGER_S = {"routing": 0.04, "retrieving": 0.02}
"""How long a phase about lasts: the moment lies anywhere in it, also where its result is being stored."""
PHASES = ("queued", "routing", "retrieving", "streaming", "finishing")


def reached(phase: str, run_id: str) -> Callable[[Frame], bool]:
    """Recognises the frame with which a run enters a phase."""
    steps = {"routing": "agent_routing", "retrieving": "rag_retrieval"}
    last = len(answer("mk00000000", PIECES - 2))  # some token begins behind this, however they are merged
    offset = last * random.random() if phase == "streaming" else 0

    def wanted(frame: Frame) -> bool:
        if frame.get("run_id") != run_id:
            return False
        if phase in steps:
            return (frame["type"], frame.get("step")) == ("progress", steps[phase])
        start: int = frame.get("offset", 0)
        return frame["type"] == "token" and start >= (last if phase == "finishing" else offset)

    return wanted


async def ask(customer: Customer, about: int) -> str:
    """Send a question and wait for its acknowledgement; its client_message_id."""
    message = await customer.say(question(customer.marker, PIECES, GAP_MS, about))
    while message not in customer.acks:
        await customer.take()
    return message


async def stranger_is_refused(stranger: Customer, run_id: str) -> None:
    """Another user's cancel finds nothing."""
    await stranger.cancel(run_id)
    frame = await stranger.take()
    assert (frame["type"], frame["code"]) == ("error", "NOT_FOUND"), frame


async def cancelled(customers: Customers, provider: Providing, stranger: Customer, number: int) -> tuple[str, float]:
    """One run, cancelled in its phase by one or both of two tabs. Returns how it ended, and after how many seconds."""
    tab = customers.new()
    other = customers.new(tab.user, tab.session)
    await asyncio.gather(tab.connect(), other.connect())
    phase = PHASES[number % len(PHASES)]
    first = await ask(tab, number)
    message = await ask(tab, number) if phase == "queued" else first
    run_id = tab.run(message)
    other.share(tab)
    await other.tell({"type": "resume", "session_id": tab.session, "after": 0})
    if phase != "queued":
        await tab.until(reached(phase, run_id))
        await asyncio.sleep(random.uniform(0, LINGER_S.get(phase, 0.0)))
    began = time.monotonic()
    askers = ((tab,), (other,), (tab, tab), (tab, other))[number // len(PHASES) % 4]
    await asyncio.gather(stranger_is_refused(stranger, run_id), *(one.cancel(run_id) for one in askers))
    while run_id not in tab.ends:
        await tab.take(PROMPT_S)
    took = time.monotonic() - began
    if phase == "queued":
        await tab.cancel(tab.run(first))
    await tab.settle(10)
    assert await provider.fallen_silent(tab.marker, PROMPT_S), "the model's connection is still open"
    following = await tab.say(question(tab.marker, 3, 0, number))
    await tab.settle(10)
    ended = tab.end(following)
    assert ended is not None
    assert ended["type"] == "complete"
    while other.seq < tab.seq:
        await other.take()
    assert [frame["type"] for frame in tab.log.values()] == [frame["type"] for frame in other.log.values()]
    assert {frame["code"] for frame in (*tab.refused, *other.refused)} <= {"RUN_NOT_ACTIVE"}
    await asyncio.gather(tab.leave(), other.leave())
    return tab.ends[run_id]["type"], took


async def test_cancelled_answers(
    customers: Customers, provider: Providing, server: Server, report: Callable[..., None]
) -> None:
    lanes = asyncio.Semaphore(AT_A_TIME)
    began = time.monotonic()

    async def one(number: int) -> tuple[str, float]:
        async with lanes:
            stranger = customers.new()
            await stranger.connect()
            outcome = await cancelled(customers, provider, stranger, number)
            await stranger.leave()
            return outcome

    outcomes = await asyncio.gather(*(one(number) for number in range(COUNTS.cancels)))
    kinds = [kind for kind, _ in outcomes]
    slowest = max(took for _, took in outcomes)
    assert set(kinds) <= {"cancelled", "complete"}
    assert kinds.count("cancelled") > COUNTS.cancels / 2
    assert slowest <= PROMPT_S
    report(
        cancels=COUNTS.cancels,
        cancelled=kinds.count("cancelled"),
        completed_before=kinds.count("complete"),
        slowest_ms=round(slowest * 1000),
        seconds=round(time.monotonic() - began, 1),
    )


async def test_cancel_at_every_frame(customers: Customers, server: Server, report: Callable[..., None]) -> None:
    """The k-th frame of a run is the moment, for every k."""
    pieces = 8
    reference = customers.new()
    await reference.connect()
    frames: list[Frame] = []
    await reference.say(question(reference.marker, pieces, 5))
    while not frames or frames[-1]["type"] != "complete":
        frames.append(await reference.take())
    lanes = asyncio.Semaphore(AT_A_TIME)

    async def one(moment: int) -> str:
        async with lanes:
            customer = customers.new()
            await customer.connect()
            message = await customer.say(question(customer.marker, pieces, 5))
            for _ in range(moment):
                if customer.end(message) is None:
                    await customer.take()
            await customer.cancel(customer.run(message))
            await customer.settle(PROMPT_S)
            following = await customer.say(question(customer.marker, 2, 0))
            await customer.settle(10)
            ended, after = customer.end(message), customer.end(following)
            assert ended is not None
            assert after is not None
            assert after["type"] == "complete"
            await customer.leave()
            return str(ended["type"])

    kinds = await asyncio.gather(*(one(moment) for moment in range(1, len(frames) + 1)))
    assert set(kinds) <= {"cancelled", "complete"}
    report(frames=len(frames), cancelled=kinds.count("cancelled"), completed_before=kinds.count("complete"))
