"""`pitcrew usage` over a ledger that is known."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from api.cli.usage import usage
from api.failure import CommandFailed
from orchestrator.accounting.ledger import Entry
from orchestrator.errors import StorageUnavailable
from orchestrator.stores.sql_ledger import SqlLedger
from rag.database import Transactions, open_database
from tests.databases import migrate

TODAY = date(2026, 3, 10)
ANSWER = Entry(
    "run-1", "talk-1", "anna", TODAY.isoformat(), "answer", "specs", "test:one",
    calls=2, input_tokens=100, cached_tokens=40, output_tokens=10, cost_micros=1500,
    milliseconds=900.0, begun=2, first_token_ms=300.0,
)  # fmt: skip
UNPRICED = replace(ANSWER, run_id="run-2", owner="ben", name="test:new", cost_micros=None, estimated=1)
TOOL = replace(
    ANSWER, kind="tool", name="look_up", calls=3, failures=1, input_tokens=0, cached_tokens=0, output_tokens=0,
    cost_micros=0, milliseconds=30.0, begun=0, first_token_ms=0.0,
)  # fmt: skip
OLD = replace(ANSWER, run_id="run-0", day=(TODAY - timedelta(days=7)).isoformat())
ROUTED = replace(ANSWER, kind="classify", agent="", calls=1, begun=0, first_token_ms=0.0, cost_micros=0)


class Noon(datetime):
    """A clock that stands still, because a test may run over midnight."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Noon":
        assert tz is UTC
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITCREW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PITCREW_CURRENCY", "EUR")
    monkeypatch.setattr("api.cli.usage.datetime", Noon)
    transactions = Transactions(open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}"), StorageUnavailable)
    migrate(transactions.engine)
    asyncio.run(SqlLedger(transactions).add([ANSWER, UNPRICED, TOOL, OLD, ROUTED]))
    transactions.close()
    transactions.engine.dispose()


def printed(capsys: pytest.CaptureFixture[str], by: str, days: int = 7) -> list[list[str]]:
    usage(days=days, by=by, json=False)  # type: ignore[arg-type]
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_by_model(capsys: pytest.CaptureFixture[str]) -> None:
    usage(days=7, by="model")
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "model     runs  calls  failed  input  cached  output      EUR  ms/call  ms to first  tools  ms/tool",
        "test:one     1      3       0    200      80      20   0.0015      600          150      0        -",
        "test:new     1      2       0    100      40      10        -      450          150      0        -",
        "total               5       0    300     120      30  0.0015+      540          150      0        -",
    ]
    assert "110 tokens have no price" in shown.err
    assert "counted none: 1." in shown.err


def test_by_user_and_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row[:3] for row in printed(capsys, "user")[1:]] == [
        ["anna", "1", "3"],
        ["ben", "1", "2"],
        ["total", "2", "5"],
    ]
    assert [row[0] for row in printed(capsys, "day", days=8)[1:]] == [TODAY.isoformat(), OLD.day, "total"]
    assert [row[0] for row in printed(capsys, "day", days=7)[1:]] == [TODAY.isoformat(), "total"]


def test_names_cannot_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transactions = Transactions(open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}"), StorageUnavailable)
    asyncio.run(SqlLedger(transactions).add([replace(ANSWER, run_id="run-9", owner="eve\x1b[2J\n")]))
    transactions.close()
    transactions.engine.dispose()
    assert "eve?[2J?" in [row[0] for row in printed(capsys, "user")]


def test_by_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "tool") == [
        ["tool", "runs", "calls", "failed", "ms/call"],
        ["look_up", "1", "3", "1", "10"],
        ["total", "3", "1", "10"],
    ]


def test_before_a_specialist_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row[0] for row in printed(capsys, "agent")[1:]] == ["specs", "(router)", "total"]
    assert [row[0] for row in printed(capsys, "purpose")[1:]] == ["answer", "classify", "total"]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    usage(days=7, by="model", json=True)
    one, new = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["model"], one["cost_micros"], one["cost"], one["currency"]) == ("test:one", 1500, 0.0015, "EUR")
    assert (new["model"], new["cost"], new["unpriced"], new["input_tokens"]) == ("test:new", None, 110, 100)


def test_a_database_of_another_version(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}")
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    database.dispose()
    with pytest.raises(CommandFailed, match="pitcrew migrate"):
        usage(days=7, by="day", json=False)
