"""Appointments under a race and under kill -9: never two for one place, never a confirmed one lost."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from rag.database import open_database
from tests.databases import DATABASES, migrate
from tests.faults.clerk import GARAGE, Journal, Visit
from tests.faults.counts import COUNTS
from tests.serving import ROOT

PROCESSES = 4
BETWEEN = "between two bookings"
PER_RUN = "SELECT run_id, count(*) FROM appointments WHERE status IN ('held', 'booked') GROUP BY run_id"


@pytest.fixture(params=list(DATABASES.values()), ids=list(DATABASES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with request.param(tmp_path) as made:
        engine = open_database(made)
        migrate(engine)
        engine.dispose()
        yield made


@contextmanager
def clerk(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that books, ready to begin."""
    command = [sys.executable, "-m", "tests.faults.clerk", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def race(url: str, customers: list[str]) -> list[Visit]:
    """What came of all of them, who began at the same moment in several processes."""
    crowds = [customers[number::PROCESSES] for number in range(PROCESSES)]
    clerks = [clerk("race", url, ",".join(crowd)) for crowd in crowds]
    visits = []
    with clerks[0] as a, clerks[1] as b, clerks[2] as c, clerks[3] as d:
        for process in (a, b, c, d):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in (a, b, c, d):
            assert process.stdout is not None
            visits += [Visit(**json.loads(line)) for line in process.stdout]
    return visits


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_racing_bookings(url: str, report: Callable[..., None]) -> None:
    began = time.monotonic()
    visits = race(url, [f"customer-{number}" for number in range(COUNTS.racers)])
    took = time.monotonic() - began
    assert len(visits) == COUNTS.racers
    engine = open_database(url)
    booked = rows(engine, "SELECT dealer, starts_at, place, user_id FROM appointments WHERE status = 'booked'")
    engine.dispose()
    assert len(booked) == len({row[:3] for row in booked}) == len({row[3] for row in booked}) == COUNTS.racers
    per_time = Counter(row[1] for row in booked)
    assert max(per_time.values()) == GARAGE.places
    losers = [visit for visit in visits if visit.told_taken]
    assert len(losers) == COUNTS.racers - GARAGE.places
    for visit in losers:
        assert len(visit.offered) == len(visit.told_taken)
        assert all(offer > lost for offer, lost in zip(visit.offered, visit.told_taken, strict=True))
        assert visit.booked == visit.offered[-1]
    told = sum(len(visit.told_taken) for visit in visits)
    report(
        racing=COUNTS.racers,
        processes=PROCESSES,
        double=0,
        losers_offered_the_next=len(losers),
        refusals=told,
        seconds=round(took, 1),
    )


def at_work(journal: Path) -> None:
    """Wait until something is written."""
    before, ends = journal.stat().st_size if journal.exists() else 0, time.monotonic() + 30
    while not journal.exists() or journal.stat().st_size == before:
        assert time.monotonic() < ends, "the clerk does nothing"
        time.sleep(0.001)


def moment(engine: Engine, journal: Journal) -> str:
    """How far the run had come in which the process died."""
    unfinished = [run for run, steps in journal.steps.items() if not {"done", "released"} & steps.keys()]
    if not unfinished:
        return BETWEEN
    [run] = unfinished
    status = dict(rows(engine, f"SELECT run_id, status FROM appointments WHERE run_id = '{run}'")).get(run, "nothing")
    return f"{list(journal.steps[run])[-1]}, {status} in the appointment store"


def test_kills_while_booking(url: str, tmp_path: Path, report: Callable[..., None]) -> None:
    path, moments = tmp_path / "journal", Counter[str]()
    engine = open_database(url)
    while moments.total() - moments[BETWEEN] < COUNTS.clerk_kills:
        with clerk("serve", url, str(path), "1000000") as process:
            at_work(path)
            time.sleep(random.uniform(0.0, 0.2))
            process.kill()
        moments[moment(engine, Journal(path))] += 1
        assert [row for row in rows(engine, PER_RUN) if row[1] > 1] == []
    runs = len(Journal(path).steps) + 1
    with clerk("serve", url, str(path), str(runs)) as process:
        assert process.wait(60) == 0
    confirmed = {run for run, steps in Journal(path).steps.items() if "yes" in steps}
    booked = [row[0] for row in rows(engine, "SELECT run_id FROM appointments WHERE status = 'booked'")]
    held = rows(engine, "SELECT run_id FROM appointments WHERE status = 'held'")
    engine.dispose()
    assert sorted(booked) == sorted(confirmed), "each that was confirmed is booked, and booked once"
    assert held == []
    report(kills=moments.total(), runs=runs, confirmed=len(confirmed), lost=0, booked_twice=0, moments=dict(moments))
