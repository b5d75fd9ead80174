"""Hours of use and misfortune: customers of every kind on two servers, and a fault every few seconds, at random.

    python -m tests.faults.soak [--seconds 120] [--seed N] [--customers 10]

One server is killed and stopped again and again; the other lives through every other fault, and is the one whose
memory is watched. Progress goes to stderr; the last line is the figures as JSON. Exit code 1 when anything was lost,
stuck or wrong, or a figure grew by more than 10 %.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.crowd import Crowd
from tests.faults.invariants import POOLS, Footprint
from tests.faults.misfortunes import LASTING, MORTAL, Misfortune
from tests.faults.process import Server, small_server
from tests.faults.provider import Providing, providing
from tests.faults.proxy import Proxy

BETWEEN_S = (5.0, 40.0)
GROWTH = 0.10
WARM_UP = 0.35
"""The share of the time after which memory counts: caches, pools and the allocator's arenas have filled."""
SETTLING_S = 90.0


@dataclass
class Growth:
    """Samples of a process under load. What it holds is the median of a window, early and late: one conversation more
    or less at a moment is no growth. Tasks come and go with every frame; of them the lowest tenth counts, which is what
    stays when little is going on."""

    server: Server
    samples: list[dict[str, float]] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            tasks = await asyncio.to_thread(self.server.figure, "pitcrew_tasks")
            held = asdict(Footprint.of(self.server.pid))
            self.samples.append(held | ({} if tasks is None else {"tasks": tasks}))
            await asyncio.sleep(0.5)

    def shares(self) -> dict[str, Any]:
        """Early and late value and the growth, by what is held."""
        size = max(1, len(self.samples) // 5)
        begin = int(len(self.samples) * WARM_UP)
        found = {}
        for name in ("rss", "descriptors", "threads", "tasks"):
            held = [
                sorted(one[name] for one in window if name in one)
                for window in (self.samples[begin : begin + size], self.samples[-size:])
            ]
            early, late = (
                values[len(values) // 10] if name == "tasks" else statistics.median(values) for values in held
            )
            found[name] = {"early": early, "late": late, "growth": round(late / early - 1, 3)}
        return found


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def suffer(
    faults: tuple[Misfortune, ...], server: Server, crowd: Crowd, until: float, seen: Counter[str]
) -> None:
    """One misfortune after the other, each over before the next, until the time is up."""
    longest = min(BETWEEN_S[1], max(BETWEEN_S[0], (until - time.monotonic()) / 8))
    while True:
        pause = random.uniform(BETWEEN_S[0], longest)
        if time.monotonic() + pause + 15 > until:
            return
        await asyncio.sleep(pause)
        fault = random.choice(faults)
        say(f"{until - time.monotonic():6.0f} s left  {fault.__name__.replace('_', ' ')}")
        seen[fault.__name__] += 1
        await fault(server, crowd)


def judge(server: Server, crowd: Crowd) -> Counter[str]:
    """What was lost, stuck and wrong, said in full on stderr."""
    disagreements = server.storage.disagreements(crowd.everyone)
    found = {
        "lost": [one for one in disagreements if one.startswith("lost")],
        "stuck": [*crowd.stuck, *map(str, server.storage.unfinished())],
        "wrong": [
            *(one for one in disagreements if not one.startswith("lost")),
            *server.storage.breaches(),
            *(breach for customer in crowd.everyone for breach in customer.wrong),
        ],
    }
    for kind, items in found.items():
        for item in items[:10]:
            say(f"{kind}: {item}")
    return Counter({kind: len(items) for kind, items in found.items()})


async def soak(lasting: Server, mortal: Server, provider: Providing, seconds: float, customers: int) -> dict[str, Any]:
    """The figures of so many seconds of it."""
    await asyncio.gather(lasting.ready(), mortal.ready())
    say("both servers are ready")
    until = time.monotonic() + seconds
    seen: Counter[str] = Counter()
    growth = Growth(lasting)
    async with Proxy(lasting.port) as first, Proxy(mortal.port) as second:
        crowds = (Crowd(lasting, first, provider, customers), Crowd(mortal, second, provider, customers))
        watching = asyncio.ensure_future(growth.watch())
        living = [asyncio.ensure_future(crowd.live(until)) for crowd in crowds]
        await asyncio.gather(
            suffer(LASTING, lasting, crowds[0], until, seen), suffer(MORTAL, mortal, crowds[1], until, seen)
        )
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        watching.cancel()
        provider.always(None)
        await asyncio.gather(*living)
        await asyncio.gather(*(crowd.settle(SETTLING_S) for crowd in crowds))
    verdict = sum((judge(server, crowd) for server, crowd in zip((lasting, mortal), crowds, strict=True)), Counter())
    totals = sum((crowd.done for crowd in crowds), Counter[str]())
    return {
        "seconds": seconds,
        "faults": dict(seen),
        "load": dict(totals),
        **{kind: verdict[kind] for kind in ("lost", "stuck", "wrong")},
        "process": growth.shares(),
    }


def passed(figures: dict[str, Any]) -> bool:
    sound = not (figures["lost"] or figures["stuck"] or figures["wrong"])
    return sound and all(
        held["growth"] <= GROWTH or (name != "rss" and held["late"] - held["early"] <= POOLS)
        for name, held in figures["process"].items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--customers", type=int, default=10, help="on each of the two servers")
    options = parser.parse_args()
    random.seed(options.seed)
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, providing() as provider:
        roots = [Path(folder) / name for name in ("lasting", "mortal")]
        with (
            small_server(roots[0], provider) as lasting,
            small_server(roots[1], provider, PITCREW_DRAIN_S="3") as mortal,
        ):
            figures = asyncio.run(soak(lasting, mortal, provider, options.seconds, options.customers))
    print(json.dumps({"seed": options.seed, **figures, "passed": passed(figures)}))
    sys.exit(not passed(figures))


if __name__ == "__main__":
    main()
