"""A process that books for many customers on an appointment store that other processes book on too, and that may be
killed.

`race URL CUSTOMERS`: each of the customers (names, comma-separated) wants the same time; who loses takes the next free
one. Prints a JSON line for each: the time and place booked, the times that were taken, and what was offered instead.

`serve URL JOURNAL RUNS`: runs, one after the other, hold a place, hear yes or no, and commit or release. Every step is
in the journal before the next. What is in the journal already is taken up where it ended, as a server does.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from agents.appointment_store import AppointmentStore, AppointmentStoreUnavailable, Owner, Taken
from agents.appointments.dealers.hours import Hours
from agents.appointments.dealers.opening import free
from agents.appointments.dealers.workshops import Workshop
from agents.appointments.sql_store import SqlAppointmentStore
from agents.types import Evidence
from rag.database import open_database
from rag.types import Chunk, Passage

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
WANTED = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
AHEAD = timedelta(days=60)
HOLD_S = 900.0

GARAGE = Workshop(
    key="north-garage",
    town="Aville",
    name="North Garage",
    street="",
    telephone="",
    zone="Europe/Dublin",
    country="IE",
    region="",
    hours=((Hours(time(9), time(18)),),) * 5 + ((), ()),
    closed=(),
    places=4,
    slot=timedelta(minutes=30),
    nearby=(),
    aliases=(),
    services=(),
    lead=timedelta(0),
    tyre_lead=timedelta(0),
    tyre_months=(),
    change_until=timedelta(0),
    change_until_with_car=timedelta(0),
    moves=None,
    evidence=Evidence(Passage(Chunk("c", "garages.csv", "", "Garages", (), None, 0, 3, "row"), 1.0), 0, 3),
)


@dataclass
class Visit:
    """What came of one customer's wish."""

    customer: str
    booked: str
    place: int
    told_taken: list[str]
    offered: list[str]


async def race(appointment_store: AppointmentStore, customers: Sequence[str]) -> None:
    for visit in await asyncio.gather(*(_visit(appointment_store, customer) for customer in customers)):
        print(json.dumps(vars(visit)), flush=True)


async def _visit(appointment_store: AppointmentStore, customer: str) -> Visit:
    owner = Owner(customer, f"c-{customer}", f"r-{customer}")
    wanted = WANTED
    told: list[str] = []
    offered: list[str] = []
    while True:
        try:
            held = await appointment_store.hold(
                owner, GARAGE.key, wanted, GARAGE.places, work="service", vehicle="Fox", now=NOW, seconds=HOLD_S
            )
            booked = await appointment_store.commit(owner, held.id, NOW)
            return Visit(customer, booked.starts_at.isoformat(), booked.place, told, offered)
        except AppointmentStoreUnavailable:
            await asyncio.sleep(0.1)
        except Taken:
            told.append(wanted.isoformat())
            taken = await appointment_store.taken(GARAGE.key, wanted, NOW + AHEAD, NOW)
            wanted = free(GARAGE, taken, wanted, NOW + AHEAD, NOW, timedelta(0))[0].astimezone(UTC)
            offered.append(wanted.isoformat())


class Journal:
    """Lines that are on the disk when `write` returns: a word, the run, and what belongs to it."""

    def __init__(self, path: Path) -> None:
        self.steps: dict[str, dict[str, str]] = {}
        for line in path.read_text().split("\n")[:-1] if path.exists() else ():
            step, run, value = line.split(" ")
            self.steps.setdefault(run, {})[step] = value
        self._file = path.open("ab")

    def write(self, step: str, run: str, value: str = "-") -> None:
        self._file.write(f"{step} {run} {value}\n".encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.steps.setdefault(run, {})[step] = value


async def serve(appointment_store: AppointmentStore, journal: Journal, runs: int) -> None:
    for number in range(runs):
        run = f"run-{number}"
        if not {"done", "released"} & journal.steps.get(run, {}).keys():
            await _run(appointment_store, journal, run, yes=number % 3 != 2)


async def _run(appointment_store: AppointmentStore, journal: Journal, run: str, *, yes: bool) -> None:
    owner = Owner(f"customer-{run}", "c", run)
    if "asked" not in journal.steps.get(run, {}):
        journal.write("asked", run, await _held(appointment_store, journal, owner))
    asked = journal.steps[run]["asked"]
    if yes:
        if "yes" not in journal.steps[run]:
            journal.write("yes", run)
        await appointment_store.commit(owner, asked, NOW)
        journal.write("done", run)
    else:
        await appointment_store.release(owner, asked)
        journal.write("released", run)


async def _held(appointment_store: AppointmentStore, journal: Journal, owner: Owner) -> str:
    """The hold of a run, also of one that died before it knew of it."""
    wants = journal.steps.get(owner.run_id, {}).get("wants")
    if wants is None:
        taken = await appointment_store.taken(GARAGE.key, WANTED, NOW + AHEAD, NOW)
        wants = free(GARAGE, taken, WANTED, NOW + AHEAD, NOW, timedelta(0))[0].isoformat()
        journal.write("wants", owner.run_id, wants)
    starts_at = datetime.fromisoformat(wants)
    held = await appointment_store.hold(
        owner, GARAGE.key, starts_at, GARAGE.places, work="service", vehicle="Fox", now=NOW, seconds=HOLD_S
    )
    return held.id


async def main(mode: str, url: str, *arguments: str) -> None:
    appointment_store = SqlAppointmentStore(open_database(url))
    print("ready", flush=True)
    if mode == "race":
        await asyncio.to_thread(sys.stdin.readline)
        await race(appointment_store, arguments[0].split(","))
    else:
        await serve(appointment_store, Journal(Path(arguments[0])), int(arguments[1]))
    await appointment_store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
