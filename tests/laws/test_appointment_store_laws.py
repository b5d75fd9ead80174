"""What every appointment store promises, on each that there is: SQLite always, PostgreSQL where a server is at hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from agents.appointment_store import (
    Appointment,
    AppointmentStore,
    AppointmentStoreUnavailable,
    Owner,
    Taken,
    TooManyAppointments,
    UnknownAppointment,
)
from agents.appointments.sql_store import MOST_BOOKED, MOST_HELD, SqlAppointmentStore
from agents.tables import TEXT_CHARS
from rag.database import open_database
from tests.databases import DATABASES, migrate

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DEALER = "north-garage"
ANNA, BEN = Owner("anna", "c1", "r1"), Owner("ben", "c2", "r2")


@pytest.fixture(params=list(DATABASES.values()), ids=list(DATABASES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with request.param(tmp_path) as url:
        opened = open_database(url)
        migrate(opened)
        yield opened
        opened.dispose()


@pytest.fixture
async def appointment_store(engine: Engine) -> AsyncIterator[AppointmentStore]:
    opened = SqlAppointmentStore(engine)
    yield opened
    await opened.close()


async def hold(
    appointment_store: AppointmentStore,
    owner: Owner = ANNA,
    at: datetime = NINE,
    *,
    places: int = 1,
    now: datetime = NOW,
    seconds: float = 900,
    vehicle: str = "Model A",
    replaces: str | None = None,
) -> Appointment:
    return await appointment_store.hold(
        owner, DEALER, at, places, work="service", vehicle=vehicle, now=now, seconds=seconds, replaces=replaces
    )


async def book(
    appointment_store: AppointmentStore, owner: Owner = ANNA, at: datetime = NINE, places: int = 1
) -> Appointment:
    held = await hold(appointment_store, owner, at, places=places)
    return await appointment_store.commit(owner, held.id, NOW)


async def taken(appointment_store: AppointmentStore, now: datetime = NOW) -> list[tuple[datetime, int, str]]:
    found = await appointment_store.taken(DEALER, NINE - timedelta(days=1), NINE + timedelta(days=1), now)
    return [(one.starts_at, one.place, one.status) for one in found]


def another(number: int, user: str = "") -> Owner:
    return Owner(user or f"user-{number}", f"c-{number}", f"run-{number}")


async def test_a_held_place_is_taken_until_it_expires(appointment_store: AppointmentStore) -> None:
    held = await hold(appointment_store, seconds=900)
    assert (held.status, held.place, held.starts_at, held.work, held.vehicle) == ("held", 0, NINE, "service", "Model A")
    assert held.expires_at == NOW + timedelta(seconds=900)
    with pytest.raises(Taken):
        await hold(appointment_store, BEN)
    assert await taken(appointment_store) == [(NINE, 0, "held")]
    assert await taken(appointment_store, held.expires_at) == []


async def test_times_come_back_as_utc_whatever_the_zone_they_came_in(appointment_store: AppointmentStore) -> None:
    held = await hold(appointment_store, at=NINE.astimezone(ZoneInfo("Asia/Kolkata")))
    assert held.starts_at == NINE
    assert held.starts_at.utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="zone"):
        await hold(appointment_store, BEN, NINE.replace(tzinfo=None))


async def test_whoever_needs_the_place_frees_an_expired_hold(appointment_store: AppointmentStore) -> None:
    lost = await hold(appointment_store, seconds=60)
    later = NOW + timedelta(seconds=61)
    won = await hold(appointment_store, BEN, now=later)
    assert won.place == lost.place
    with pytest.raises(Taken):
        await appointment_store.commit(ANNA, lost.id, later)
    assert (await appointment_store.commit(BEN, won.id, later)).status == "booked"


async def test_a_hold_that_has_expired_is_good_while_nobody_has_its_place(appointment_store: AppointmentStore) -> None:
    held = await hold(appointment_store, seconds=60)
    booked = await appointment_store.commit(ANNA, held.id, NOW + timedelta(hours=2))
    assert (booked.id, booked.status, booked.expires_at) == (held.id, "booked", None)


async def test_a_place_that_was_lost_and_came_free_again_can_still_be_had(appointment_store: AppointmentStore) -> None:
    lost = await hold(appointment_store, seconds=60)
    later = NOW + timedelta(seconds=61)
    other = await hold(appointment_store, BEN, now=later)
    await appointment_store.release(BEN, other.id)
    assert (await appointment_store.commit(ANNA, lost.id, later)).status == "booked"
    assert await taken(appointment_store, later) == [(NINE, 0, "booked")]


async def test_a_free_place_is_taken_before_that_of_an_expired_hold(appointment_store: AppointmentStore) -> None:
    first = await hold(appointment_store, seconds=60, places=2)
    later = NOW + timedelta(seconds=61)
    second = await hold(appointment_store, BEN, now=later, places=2)
    assert {first.place, second.place} == {0, 1}
    assert (await appointment_store.commit(ANNA, first.id, later)).status == "booked"


async def test_nothing_is_held_or_booked_in_the_past(appointment_store: AppointmentStore) -> None:
    with pytest.raises(Taken):
        await hold(appointment_store, at=NOW)
    held = await hold(appointment_store)
    with pytest.raises(Taken):
        await appointment_store.commit(ANNA, held.id, NINE)


async def test_the_same_run_gets_the_same_hold_again(appointment_store: AppointmentStore) -> None:
    held = await hold(appointment_store, seconds=60, places=3)
    again = await hold(appointment_store, seconds=60, places=3, now=NOW + timedelta(seconds=30))
    assert (again.id, again.place) == (held.id, held.place)
    assert again.expires_at == NOW + timedelta(seconds=90)
    booked = await appointment_store.commit(ANNA, held.id, NOW)
    assert await hold(appointment_store, places=3) == booked
    assert await taken(appointment_store) == [(NINE, 0, "booked")]


async def test_the_same_run_gets_back_the_hold_that_it_lost_if_there_is_a_place(
    appointment_store: AppointmentStore,
) -> None:
    lost = await hold(appointment_store, seconds=60)
    later = NOW + timedelta(seconds=61)
    other = await hold(appointment_store, BEN, now=later)
    with pytest.raises(Taken):
        await hold(appointment_store, now=later)
    await appointment_store.release(BEN, other.id)
    again = await hold(appointment_store, now=later)
    assert (again.id, again.status) == (lost.id, "held")
    assert await taken(appointment_store, later) == [(NINE, 0, "held")]


async def test_the_same_run_holds_a_place_for_each_of_two_vehicles(appointment_store: AppointmentStore) -> None:
    one, two = await hold(appointment_store, places=2), await hold(appointment_store, places=2, vehicle="Model B")
    assert {one.place, two.place} == {0, 1}


async def test_a_commit_again_changes_nothing(appointment_store: AppointmentStore) -> None:
    booked = await book(appointment_store)
    assert await appointment_store.commit(ANNA, booked.id, NOW + timedelta(days=30)) == booked
    cancelled = await appointment_store.cancel("anna", booked.id, NOW)
    assert await appointment_store.commit(ANNA, booked.id, NOW) == cancelled
    assert await appointment_store.cancel("anna", booked.id, NOW) == cancelled
    assert await taken(appointment_store) == []


async def test_a_move_books_the_new_and_cancels_the_old_at_once(appointment_store: AppointmentStore) -> None:
    old = await book(appointment_store)
    ten = NINE + timedelta(hours=1)
    held = await hold(appointment_store, at=ten, replaces=old.id)
    assert held.moves == 1
    assert (await appointment_store.find("anna", old.id)).status == "booked"
    new = await appointment_store.commit(ANNA, held.id, NOW)
    assert await appointment_store.commit(ANNA, held.id, NOW) == new
    assert [one.id for one in await appointment_store.booked("anna", NOW)] == [new.id]
    assert (await appointment_store.find("anna", old.id)).status == "cancelled"
    onward = await hold(appointment_store, at=ten + timedelta(hours=1), replaces=new.id)
    assert onward.moves == 2


async def test_of_two_moves_of_one_appointment_only_the_first_counts(appointment_store: AppointmentStore) -> None:
    old = await book(appointment_store)
    moves = [
        await hold(appointment_store, another(n, "anna"), NINE + timedelta(hours=n), replaces=old.id) for n in (1, 2)
    ]
    await appointment_store.commit(ANNA, moves[0].id, NOW)
    with pytest.raises(UnknownAppointment):
        await appointment_store.commit(ANNA, moves[1].id, NOW)
    assert [one.id for one in await appointment_store.booked("anna", NOW)] == [moves[0].id]
    with pytest.raises(UnknownAppointment):
        await hold(appointment_store, at=NINE + timedelta(hours=3), replaces=old.id)


async def test_a_move_that_is_not_committed_leaves_the_old_one(appointment_store: AppointmentStore) -> None:
    old = await book(appointment_store)
    held = await hold(appointment_store, at=NINE + timedelta(hours=1), replaces=old.id)
    await appointment_store.release(ANNA, held.id)
    assert [one.id for one in await appointment_store.booked("anna", NOW)] == [old.id]
    with pytest.raises(UnknownAppointment):
        await appointment_store.commit(ANNA, held.id, NOW)


async def test_a_release_frees_a_hold_and_nothing_else(appointment_store: AppointmentStore) -> None:
    held = await hold(appointment_store)
    await appointment_store.release(BEN, held.id)
    with pytest.raises(Taken):
        await hold(appointment_store, BEN)
    await appointment_store.release(ANNA, held.id)
    booked = await book(appointment_store, BEN)
    await appointment_store.release(BEN, booked.id)
    await appointment_store.release(BEN, "no such")
    assert await taken(appointment_store) == [(NINE, 0, "booked")]


async def test_a_foreign_appointment_is_like_one_that_never_was(appointment_store: AppointmentStore) -> None:
    booked = await book(appointment_store)
    held = await hold(appointment_store, at=NINE + timedelta(hours=1))
    attempts: list[Callable[[], object]] = [
        lambda: appointment_store.find("ben", booked.id),
        lambda: appointment_store.cancel("ben", booked.id, NOW),
        lambda: appointment_store.commit(BEN, held.id, NOW),
        lambda: hold(appointment_store, BEN, NINE + timedelta(hours=2), replaces=booked.id),
        lambda: appointment_store.find("anna", "no such"),
        lambda: appointment_store.cancel("anna", held.id, NOW),
    ]
    for attempt in attempts:
        with pytest.raises(UnknownAppointment):
            await attempt()  # type: ignore[misc]
    assert await appointment_store.booked("ben", NOW) == []
    seen = await appointment_store.taken(DEALER, NINE, NINE + timedelta(hours=2), NOW)
    assert {(one.work, one.vehicle) for one in seen} == {("", "")}


async def test_what_is_taken_is_of_one_dealer_and_stretch_of_time(appointment_store: AppointmentStore) -> None:
    await book(appointment_store)
    await appointment_store.hold(ANNA, "elsewhere", NINE, 1, work="", vehicle="", now=NOW, seconds=60)
    assert len(await appointment_store.taken(DEALER, NINE, NINE + timedelta(seconds=1), NOW)) == 1
    assert await appointment_store.taken(DEALER, NINE - timedelta(hours=1), NINE, NOW) == []


async def test_a_run_may_leave_out_its_own_holds(appointment_store: AppointmentStore) -> None:
    await hold(appointment_store, places=3)
    await hold(appointment_store, BEN, places=3)
    await book(appointment_store, another(1), places=3)
    until = NINE + timedelta(hours=1)
    assert [one.place for one in await appointment_store.taken(DEALER, NINE, until, NOW, besides=ANNA.run_id)] == [1, 2]
    assert [one.place for one in await appointment_store.taken(DEALER, NINE, until, NOW, besides="run-1")] == [0, 1, 2]


async def test_nobody_holds_or_books_a_whole_appointment_store(appointment_store: AppointmentStore) -> None:
    def at(number: int) -> datetime:
        return NINE + timedelta(hours=number)

    for number in range(MOST_HELD):
        await hold(appointment_store, at=at(number))
    with pytest.raises(TooManyAppointments):
        await hold(appointment_store, at=at(MOST_HELD))
    await hold(appointment_store, at=at(0))
    later = NOW + timedelta(hours=1)
    for number in range(MOST_BOOKED):
        held = await hold(appointment_store, at=at(number), now=later)
        await appointment_store.commit(ANNA, held.id, later)
    with pytest.raises(TooManyAppointments):
        await hold(appointment_store, at=at(MOST_BOOKED), now=later)
    moved = await hold(appointment_store, at=at(MOST_BOOKED), now=later, replaces=held.id)
    assert (await appointment_store.commit(ANNA, moved.id, later)).status == "booked"


async def test_a_hold_that_nobody_came_back_for_is_forgotten_after_a_day(appointment_store: AppointmentStore) -> None:
    held, booked = (
        await hold(appointment_store, seconds=60),
        await book(appointment_store, at=NINE + timedelta(hours=1)),
    )
    ten = NINE + timedelta(hours=2)
    await hold(appointment_store, BEN, ten, now=NOW + timedelta(hours=23))
    assert (await appointment_store.find("anna", held.id)).status == "held"
    await hold(appointment_store, BEN, ten, now=NOW + timedelta(hours=25))
    with pytest.raises(UnknownAppointment):
        await appointment_store.find("anna", held.id)
    assert await appointment_store.find("anna", booked.id) == booked


async def test_hostile_words_are_kept_short_and_on_one_line(appointment_store: AppointmentStore) -> None:
    words = "'; DROP TABLE appointments; --\0\n\ud800" + "é" * 5000
    held = await appointment_store.hold(ANNA, DEALER, NINE, 1, work=words, vehicle=words, now=NOW, seconds=60)
    assert held.work == held.vehicle
    assert len(held.work) == TEXT_CHARS
    assert held.work.startswith("'; DROP TABLE appointments; -- ?é")


@pytest.mark.parametrize("places", [1, 3])
async def test_of_many_who_want_the_last_places_as_many_win_as_there_are(
    appointment_store: AppointmentStore, places: int
) -> None:
    crowd = [another(number) for number in range(40)]
    outcomes = await asyncio.gather(
        *(hold(appointment_store, one, places=places) for one in crowd), return_exceptions=True
    )
    winners = [outcome for outcome in outcomes if isinstance(outcome, Appointment)]
    assert sorted(winner.place for winner in winners) == list(range(places))
    assert [type(o) for o in outcomes if not isinstance(o, Appointment)] == [Taken] * (40 - places)


async def test_of_many_who_want_the_place_of_an_expired_hold_one_wins(appointment_store: AppointmentStore) -> None:
    lost = await hold(appointment_store, seconds=1)
    later = NOW + timedelta(seconds=2)
    rivals = (hold(appointment_store, another(number), now=later) for number in range(30))
    outcomes = await asyncio.gather(*rivals, appointment_store.commit(ANNA, lost.id, later), return_exceptions=True)
    assert sum(isinstance(outcome, Appointment) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} == {Appointment, Taken}
    assert len(await taken(appointment_store, later)) == 1


async def test_many_commits_and_holds_of_one_run_are_one_booking(appointment_store: AppointmentStore) -> None:
    holds = await asyncio.gather(*(hold(appointment_store, places=3) for _ in range(20)))
    assert len({held.id for held in holds}) == 1
    commits = await asyncio.gather(*(appointment_store.commit(ANNA, holds[0].id, NOW) for _ in range(20)))
    assert len(set(commits)) == 1
    assert await taken(appointment_store) == [(NINE, 0, "booked")]


async def test_of_many_moves_at_once_one_appointment_is_left(appointment_store: AppointmentStore) -> None:
    old = await book(appointment_store)
    moves = [
        await hold(appointment_store, another(n, "anna"), NINE + timedelta(hours=n), replaces=old.id)
        for n in range(1, 5)
    ]
    outcomes = await asyncio.gather(
        *(appointment_store.commit(ANNA, one.id, NOW) for one in moves), return_exceptions=True
    )
    assert sum(isinstance(outcome, Appointment) for outcome in outcomes) == 1
    assert len(await appointment_store.booked("anna", NOW)) == 1


async def test_the_database_itself_keeps_two_from_one_place(
    appointment_store: AppointmentStore, engine: Engine
) -> None:
    await book(appointment_store)
    copy = """INSERT INTO appointments SELECT 'copy', 'ben', conversation_id, 'r9', dealer, starts_at, place, status,
        work, vehicle, expires_at, replaces, moves, created_at, updated_at FROM appointments"""
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text(copy))


async def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    away = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'pitcrew.db'}")
    appointment_store = SqlAppointmentStore(away)
    with pytest.raises(AppointmentStoreUnavailable):
        await hold(appointment_store)
    with pytest.raises(AppointmentStoreUnavailable):
        await appointment_store.booked("anna", NOW)
    await appointment_store.close()
    away.dispose()
