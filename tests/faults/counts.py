"""How often each fault is tried: few times in every test run, many times in `make prove`."""

import os
from dataclasses import dataclass

FULL = os.environ.get("PITCREW_PROOFS") == "full"


@dataclass(frozen=True)
class Counts:
    """`kills` come besides the one after which messages are sent again, each among `kill_customers`; `parked` runs wait
    for their customers when the process dies; `drain_runs` are in flight at SIGTERM, which waits `drain_s` seconds for
    them; the database is locked for `lock_s`; ingestions of `documents` files of ten passages are killed `ingestions`
    times; `racers` want the same appointment at once, in several processes, and `clerk_kills` end a process that
    books; the same by conversation with the real server: `online_racers`, and `online_kills` among six customers."""

    cuts: int
    kills: int
    parked: int
    kill_customers: int
    cancels: int
    takeovers: int
    drain_runs: int
    drain_s: int
    pairs: int
    readers: int
    reader_waves: int
    half_open: int
    lock_s: float
    statuses: tuple[int, ...]
    ingestions: int
    documents: int
    racers: int
    clerk_kills: int
    online_racers: int
    online_kills: int


COUNTS = (
    Counts(
        cuts=1000,
        kills=100,
        parked=60,
        kill_customers=24,
        cancels=200,
        takeovers=1000,
        drain_runs=50,
        drain_s=30,
        pairs=100,
        readers=1000,
        reader_waves=2,
        half_open=20,
        lock_s=10.0,
        statuses=(400, 404, 408, 429, 500, 502, 503, 529),
        ingestions=20,
        documents=100,
        racers=200,
        clerk_kills=100,
        online_racers=30,
        online_kills=17,
    )
    if FULL
    else Counts(
        cuts=10,
        kills=2,
        parked=6,
        kill_customers=12,
        cancels=10,
        takeovers=24,
        drain_runs=5,
        drain_s=3,
        pairs=6,
        readers=20,
        reader_waves=1,
        half_open=5,
        lock_s=6.5,
        statuses=(400, 429, 500),
        ingestions=1,
        documents=40,
        racers=20,
        clerk_kills=2,
        online_racers=6,
        online_kills=1,
    )
)
