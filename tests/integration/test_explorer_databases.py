"""The explorer over a database of another shape than the bundled one, which somebody registers at a running server."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.conversing import talking
from tests.serving import Served, environment, pitcrew
from tests.unit.agents.explorer.er_language import read

STRANGE = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id), town TEXT, street TEXT,
  FOREIGN KEY (town, street) REFERENCES place (town, street));
CREATE TABLE place (town TEXT NOT NULL, street TEXT NOT NULL, head INTEGER NOT NULL REFERENCES staff,
  PRIMARY KEY (town, street));
CREATE TABLE "order" (year INTEGER NOT NULL, number INTEGER NOT NULL, "to" TEXT, PRIMARY KEY (year, number));
CREATE TABLE "Größe %% ""x"" y" (year INTEGER NOT NULL, number INTEGER NOT NULL, pos INTEGER NOT NULL, staff_id INTEGER,
  place_id TEXT, PRIMARY KEY (year, number, pos));
CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b (id));
CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id));
INSERT INTO staff VALUES (1, NULL, 'Holm', 'Quay');
INSERT INTO place VALUES ('Holm', 'Quay', 1);
INSERT INTO "order" VALUES (2026, 1, 'x'), (2026, 2, 'y');
INSERT INTO "Größe %% ""x"" y" VALUES (2026, 1, 1, 1, 'p'), (2026, 2, 1, 7, 'q');
"""


@pytest.fixture(scope="module")
def strange(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("strange") / "strange.db"
    with sqlite3.connect(file) as database:
        database.executescript(STRANGE)
    env = environment(server.data)
    added = pitcrew("datasets", "add", "strange", f"sqlite:///{file}", env=env)
    assert added.returncode == 0, added.stderr
    yield file
    assert pitcrew("datasets", "remove", "strange", env=env).returncode == 0


async def ask(server: Served, session: str, *questions: str) -> list[list[dict[str, Any]]]:
    """The frames of each answer, the question's own first."""
    turns = []
    async with connect(f"ws://127.0.0.1:{server.port}/ws/{session}") as socket:
        for question in questions:
            await socket.send(json.dumps({"content": question}))
            frames = [json.loads(await socket.recv())]
            while frames[-1]["type"] not in ("agent", "error"):
                frames.append(json.loads(await socket.recv()))
            turns.append(frames)
    return turns


async def test_cycles_composite_keys_and_odd_names_become_a_diagram(server: Served, strange: Path) -> None:
    (frames,) = await ask(server, "strange-diagram", "Draw an ER diagram of the strange database")
    (tool,) = (one for one in frames if one["type"] == "tool")
    assert tool["tool_name"] == "find_relationships"
    relations = json.loads(tool["content"])["relations"]
    told = {(one["table"], *one["columns"], one["refers_to"], one["declared"]) for one in relations}
    odd = 'Größe %% "x" y'
    assert told == {
        ("staff", "boss", "staff", True),
        ("staff", "town", "street", "place", True),
        ("place", "head", "staff", True),
        ("a", "b_id", "b", True),
        ("b", "a_id", "a", True),
        (odd, "year", "number", "order", False),
    }, "half of the values of staff_id are no staff, and place has no single key"
    boxes, ways = read(frames[-1]["diagram"])
    labels = {name: box.label for name, box in boxes.items()}
    assert sorted(labels.values()) == sorted(["staff", "place", "order", odd, "a", "b"])
    ends = {(labels[to], how, labels[table], says) for to, how, table, says in ways}
    assert ("place", "|o--o{", "staff", "town, street") in ends
    assert ("staff", "||--o{", "place", "head") in ends
    assert ("staff", "|o--o{", "staff", "boss") in ends
    assert ("order", "||..o{", odd, "year, number (inferred)") in ends
    said = frames[-1]["content"]
    assert "Reason: the columns have the names and types of the key of `order`; all 2 sampled values" in said


async def test_a_conversation_about_it(server: Served, strange: Path) -> None:
    listed, described, follow_up, missing = await ask(
        server,
        "strange-talk",
        "Show me all tables in the strange dataset",
        "describe the staff table",
        "which tables refer to it?",
        "describe unicorns",
    )
    assert listed[-1]["content"].startswith("There are 6 tables in `strange`:\n\n1. ")
    assert listed[-1]["diagram"] is None
    assert "| `town` | TEXT | FK → `place.town` | yes |" in described[-1]["content"]
    assert follow_up[-1]["content"].startswith("`staff` is referred to by 2 foreign keys:")
    assert missing[-1]["content"].startswith("There is no table “unicorns”.")


async def test_staff_reach_it_by_their_own_wire_and_customers_do_not(server: Served) -> None:
    question = "Show me all tables of the operations dataset"
    async with talking(server.chat, server.token("dana", role="staff")) as talk:
        complete = (await talk.ask(question))[-1]
        assert complete["metadata"]["agent"] == "explorer", complete
        assert "`service_orders` (FACT)" in complete["response"]
    async with talking(server.chat, server.token("erik")) as talk:
        complete = (await talk.ask(question))[-1]
        assert complete["type"] == "complete"
        assert "service_orders" not in complete["response"]
