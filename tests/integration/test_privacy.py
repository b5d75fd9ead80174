"""A customer with everything that can be held of one, exported and erased: every file and every table is looked
through afterwards for words that stood in each field."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agents.appointment_store import Owner
from agents.appointments.sql_store import SqlAppointmentStore
from api.access.operations import PREFIX
from orchestrator.accounting.ledger import Entry
from orchestrator.errors import StorageUnavailable
from orchestrator.stores.personal import HOLDINGS
from orchestrator.stores.sql_ledger import SqlLedger
from rag.database import Transactions, open_database
from tests.conversing import Frame, Talk, talking
from tests.serving import Served, duplicate, environment, pitcrew, serving

CANARY = "zyxcanary"
SETTINGS = {"PITCREW_WEBHOOK_URL": "http://127.0.0.1:9/hook", "PITCREW_WEBHOOK_SECRET": "s" * 40}
KINDS = {
    "conversations", "messages", "events", "runs", "requests", "citations", "feedback", "tags", "private_notes",
    "handovers", "cases", "webhook_deliveries", "appointments", "ledger", "audit_log",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(acting_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose bot asks before it books, and which tells another system that is not there."""
    own = duplicate(acting_data, tmp_path_factory.mktemp("privacy") / "data")
    settings = SETTINGS | {"TRIAL_DRIVES": str(own / "trial-drives")}
    with serving(own, "tests.with_trial_drives", **settings) as served:
        yield served


def boss(house: Served) -> str:
    return house.token("boss", name="Boss", role="admin")


def staff(house: Served, method: str, path: str, body: Any = None) -> Any:
    sent = None if body is None and method == "GET" else json.dumps(body or {}).encode()
    status, answered, _ = house.request(method, PREFIX + path, boss(house), sent)
    assert status < 300, (path, answered)
    return json.loads(answered) if answered else None


def found_in_files(folder: Path, word: str = CANARY) -> list[str]:
    """The files with the word in them, in whatever case."""
    needle = word.encode()
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and needle in path.read_bytes().lower()
    ]


def found_in_tables(data: Path, word: str = CANARY) -> list[str]:
    """The tables with the word in a row, in whatever case."""
    with closing(sqlite3.connect(data / "pitcrew.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            name for name in names if any(word in str(row).lower() for row in database.execute(f"SELECT * FROM {name}"))
        ]


def has_letters(data: Path, word: str) -> bool:
    with closing(sqlite3.connect(data / "pitcrew.db")) as database:
        return any(word in body for (body,) in database.execute("SELECT body FROM webhook_deliveries"))


async def besides(data: Path, user: str) -> None:
    """What no test can have the bot do without a model and a calendar: an appointment, and what a run took."""
    database = open_database(f"sqlite:///{data / 'pitcrew.db'}")
    store, now = SqlAppointmentStore(database), datetime.now(UTC)
    owner = Owner(user, f"{user}-conversation", f"{user}-run")
    at = now + timedelta(days=9)
    held = await store.hold(owner, "north", at, 3, work=f"brakes {user}", vehicle=f"Wren {user}", now=now, seconds=60)
    await store.commit(owner, held.id, now)
    await store.close()
    transactions = Transactions(database, StorageUnavailable)
    spent = Entry(
        run_id=f"{user}-run"[:36], day=now.date().isoformat(), kind="answer", agent="specs", name="m", owner=user,
        conversation_id=f"{user}-conv"[:36], calls=1, failures=0, estimated=0, input_tokens=11, cached_tokens=0,
        output_tokens=5, cost_micros=3, milliseconds=1.0, begun=1, first_token_ms=1.0,
    )  # fmt: skip
    await SqlLedger(transactions).add([spent])
    transactions.close()
    database.dispose()


async def until(talk: Talk, kind: str) -> Frame:
    while (frame := await talk.receive(60))["type"] != kind:
        pass
    return frame


@asynccontextmanager
async def a_customer_with_everything(house: Served, user: str) -> AsyncIterator[tuple[Talk, str]]:
    """An open socket, with a run that waits for an answer; and the customer's token."""
    word = f"word-of-{user}"
    token = house.token(user, name=f"Name {user}", email=f"{user}@example.com")
    async with talking(house.chat, token) as talk:
        session = f"s-{user}"
        question = f"What is the roof load of the Plover? {word}, my plate is {user.upper()}"
        frames = await talk.ask(question, session_id=session, client_message_id=f"m-{user}"[:64])
        answer = frames[-1]["message_id"]
        rating = {"message_id": answer, "rating": "down", "reason": f"wrong, says {user}"}
        await talk.send({"type": "feedback", **rating, "request": "f"})
        await until(talk, "done")
        await talk.send({"type": "handover", "session_id": session, "reason": f"a person for {user}"})
        await until(talk, "owner")

        def by_the_staff() -> None:
            listed = staff(house, "GET", f"/conversations?text={quote('name ' + user)}")["conversations"]
            [about] = [line["conversation_id"] for line in listed if line["session_id"] == session]
            one = f"/conversations/{about}"
            staff(house, "POST", f"{one}/suggestion")
            staff(house, "POST", f"{one}/messages/{answer}/case", {"expected": f"100 kg, {user}", "comment": user})
            staff(house, "POST", f"{one}/take")
            staff(house, "POST", f"{one}/reply", {"text": f"Hello {user}, Boss here."})
            staff(house, "POST", f"{one}/notes", {"text": f"{user} is an old friend"})
            staff(house, "PUT", f"{one}/tags", {"tags": [f"tag {user}"[:40]]})
            ends = time.monotonic() + 30
            while not has_letters(house.data, user):
                assert time.monotonic() < ends
                time.sleep(0.1)

        await asyncio.to_thread(by_the_staff)
        await besides(house.data, user)
        await talk.ask(f"What is the roof load of the Wren? Yours, {user}", session_id=f"p-{user}")
        await talk.send({"type": "message", "message": "I would like to book a test drive", "session_id": f"p-{user}"})
        await until(talk, "input_required")
        yield talk, token


async def closing_of(talk: Talk) -> tuple[list[Frame], int]:
    """What a client is told to the end, and the close code."""
    frames: list[Frame] = []
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            frames.append(await talk.receive(30))
    except ConnectionClosed:
        return frames, talk.socket.close_code or 0


async def test_everything_of_a_customer_is_exported_and_then_gone(house: Served) -> None:
    user = f"{CANARY}-anna"
    bystander = house.token("bystander")
    async with talking(house.chat, bystander) as other, a_customer_with_everything(house, user) as (talk, token):
        await other.ask("What is the roof load of the Wren?", session_id="mine")
        # --- all of it is told ---
        status, body, headers = await asyncio.to_thread(house.get, "/api/v1/me/export", token)
        assert (status, headers["cache-control"]) == (200, "private, no-store")
        held = json.loads(body)["held"]
        assert {name for name, rows in held.items() if rows} == KINDS
        assert set(held) == set(HOLDINGS)
        assert "bystander" not in body.decode()
        assert {row["session_id"] for row in held["conversations"]} == {f"s-{user}", f"p-{user}"}
        assert [row["operation"] for row in held["audit_log"]][-1] == "export_me"
        by_hand = pitcrew("privacy", "export", user, env=environment(house.data))
        assert by_hand.returncode == 0, by_hand.stderr
        assert {name for name, rows in json.loads(by_hand.stdout)["held"].items() if rows} == KINDS
        status, by_admin, _ = await asyncio.to_thread(
            house.get, f"{PREFIX}/customers/export?user_id={quote(user)}", boss(house)
        )
        assert (status, json.loads(by_admin)["user_id"]) == (200, user)
        # The words are where they are looked for, or nothing would be shown by not finding them.
        before = found_in_tables(house.data)
        assert {"conversations", "messages", "events", "message_words_content"} <= set(before)
        files = found_in_files(house.data)
        assert any(name.startswith("pitcrew.db") for name in files)
        assert any(name.startswith("parked.db") for name in files)
        # --- and is gone ---
        status, body, _ = await asyncio.to_thread(house.request, "DELETE", "/api/v1/me", token)
        assert status == 200
        erased = json.loads(body)["erased"]
        assert (erased["conversations"], erased["appointments"], erased["ledger"]) == (2, 1, 3)
        frames, code = await closing_of(talk)
        assert [frame["type"] for frame in frames if frame["type"] in {"cancelled", "error"}] == ["cancelled", "error"]
        assert (frames[-1]["code"], code) == ("ERASED", 4411)
        assert found_in_tables(house.data) == []
        assert found_in_files(house.data) == []
        assert (await other.call({"type": "ping", "timestamp": 1}))["type"] == "pong"
        status, body, _ = await asyncio.to_thread(house.get, "/api/v1/me/export", token)
        left = json.loads(body)["held"]
        assert {name for name, rows in left.items() if rows} == {"audit_log"}
        assert CANARY not in json.dumps(left)
        again = await asyncio.to_thread(house.request, "DELETE", "/api/v1/me", token)
        assert (again[0], any(json.loads(again[1])["erased"].values())) == (200, False)
        # Another's are as they were, and the user may begin anew.
        status, body, _ = await asyncio.to_thread(house.get, "/api/v1/sessions", bystander)
        assert len(json.loads(body)["sessions"]) == 1
    async with talking(house.chat, token) as anew:
        frames = await anew.ask("What is the roof load of the Wren?", session_id=f"s-{user}")
        assert frames[0]["seq"] == 1
        assert frames[-1]["type"] == "complete"
    assert (await asyncio.to_thread(house.request, "DELETE", "/api/v1/me", token))[0] == 200
    assert found_in_tables(house.data) == found_in_files(house.data) == []


async def test_by_the_command_line_while_the_server_is_at_work(house: Served) -> None:
    user = f"{CANARY}-ben"
    async with a_customer_with_everything(house, user) as (talk, _):
        done = await asyncio.to_thread(
            pitcrew, "privacy", "erase", user, "--yes", "--json", env=environment(house.data)
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["erased"]["conversations"] == 2
        frames, code = await closing_of(talk)
        assert (frames[-1]["code"], code) == ("ERASED", 4411)
    assert found_in_tables(house.data) == found_in_files(house.data) == []
    again = pitcrew("privacy", "erase", user, "--yes", env=environment(house.data))
    assert (again.returncode, "Nothing was held" in again.stderr) == (0, True)


async def test_by_the_staff(house: Served) -> None:
    user = f"{CANARY}-carl"
    async with a_customer_with_everything(house, user) as (talk, _):
        path = f"{PREFIX}/customers?user_id={quote(user)}"
        for role in ("customer", "staff"):
            refused = await asyncio.to_thread(house.request, "DELETE", path, house.token("x", role=role))
            assert refused[0] == 403
        erased = await asyncio.to_thread(staff, house, "DELETE", f"/customers?user_id={quote(user)}")
        assert erased["erased"]["conversations"] == 2
        assert (await closing_of(talk))[1] == 4411
    assert found_in_tables(house.data) == found_in_files(house.data) == []
    latest = staff(house, "GET", "/audit?limit=1")["audit"][0]
    assert (latest["operation"], latest["staff"]["id"], latest["address"]) == ("erase", "boss", "127.0.0.1")
    done = pitcrew("audit", "--verify", env=environment(house.data))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("query", ["", "?user_id=", f"?user_id={'x' * 256}", "?user_id=a%00b", "?user_id=%ff"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/customers/export"), ("DELETE", "/customers")])
def test_a_user_who_is_none_is_refused(house: Served, method: str, path: str, query: str) -> None:
    status, problem, _ = house.request(method, PREFIX + path + query, boss(house))
    if query == "?user_id=%ff":  # a character that stands for what is no text
        assert status == 200
    else:
        assert (status, json.loads(problem)["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nobody_without_a_token(house: Served, method: str) -> None:
    path = "/api/v1/me/export" if method == "GET" else "/api/v1/me"
    assert house.request(method, path)[0] == 401
    assert house.request(method, path, "rubbish")[0] == 401


def test_the_command_line_asks_before_it_erases(house: Served) -> None:
    env = environment(house.data)
    refused = pitcrew("privacy", "erase", "somebody", env=env)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    for arguments in (("export", ""), ("erase", "x" * 256, "--yes")):
        wrong = pitcrew("privacy", *arguments, env=env)
        assert wrong.returncode == 2, arguments


def test_what_was_kept_for_long_enough_goes_by_itself(acting_data: Path, tmp_path: Path) -> None:
    data = duplicate(acting_data, tmp_path / "data")
    program = "tests.with_trial_drives"
    ask = {"message": f"What is the roof load of the Wren, {CANARY}?", "session_id": "old"}
    with serving(data, program) as served:
        for session in ("old", "new"):
            body = json.dumps(ask | {"session_id": session}).encode()
            assert served.request("POST", "/api/v1/chat", served.token("anna"), body)[0] == 200
    with closing(sqlite3.connect(data / "pitcrew.db")) as database, database:
        database.execute("UPDATE conversations SET updated_at = '2020-01-01T00:00:00.000Z' WHERE session_id = 'old'")
    nothing = pitcrew("privacy", "expire", env=environment(data))
    assert "none of the settings" in " ".join(nothing.stderr.split())
    with serving(data, program, PITCREW_KEEP_CONVERSATIONS_DAYS="30") as served:
        ends = time.monotonic() + 30
        while len(json.loads(served.get("/api/v1/sessions", served.token("anna"))[1])["sessions"]) == 2:
            assert time.monotonic() < ends
            time.sleep(0.2)
    with closing(sqlite3.connect(data / "pitcrew.db")) as database, database:
        assert database.execute("SELECT session_id FROM conversations").fetchall() == [("new",)]
        database.execute("UPDATE conversations SET updated_at = '2020-01-01T00:00:00.000Z'")
    done = pitcrew("privacy", "expire", "--json", env=environment(data, PITCREW_KEEP_CONVERSATIONS_DAYS="30"))
    assert json.loads(done.stdout) == {"erased": {"conversations": 1, "messages": 2}}
    assert found_in_tables(data) == found_in_files(data) == []
