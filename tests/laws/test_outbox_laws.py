"""The outbox of webhooks, emptied by several processes: each letter is taken by one of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from orchestrator.stores import rows, staff_webhooks
from orchestrator.stores.staff_tables import webhook_deliveries
from rag.database import open_database
from tests.databases import DATABASES, migrate

LETTERS = 40


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with DATABASES[request.param](tmp_path) as url:
        engine = open_database(url)
        migrate(engine)
        yield engine
        engine.dispose()


def post(database: Engine, count: int) -> set[str]:
    now = rows.stamp(datetime.now(UTC) - timedelta(seconds=1))
    ids = [f"letter{number}" for number in range(count)]
    with database.begin() as connection:
        for name in ids:
            row = {"id": name, "event": "close", "body": "{}", "state": "waiting", "attempts": 0}
            connection.execute(insert(webhook_deliveries).values(row | {"next_at": now, "created_at": now}))
    return set(ids)


def take_all(database: Engine) -> list[str]:
    taken = []
    while True:
        with database.begin() as connection:
            letter = staff_webhooks.take(connection)
        if letter is None:
            return taken
        taken.append(str(letter.id))


def test_each_letter_is_taken_by_one_of_several(database: Engine) -> None:
    posted = post(database, LETTERS)
    with ThreadPoolExecutor(4) as processes:
        taken = [name for some in processes.map(take_all, [database] * 4) for name in some]
    assert len(taken) == LETTERS
    assert set(taken) == posted


def test_what_is_not_told_of_in_time_is_taken_again(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    post(database, 1)
    monkeypatch.setattr(staff_webhooks, "HELD", timedelta(0))
    for _ in range(2):
        with database.begin() as connection:
            assert staff_webhooks.take(connection).id == "letter0"
    with database.begin() as connection:
        staff_webhooks.tried(connection, "letter0", None, None)
        assert staff_webhooks.take(connection) is None
