"""`pitcrew mcp` as a subprocess, and the official SDK's client on its other end."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters

from tests.integration.test_parked import bookings
from tests.serving import ROOT, Served, environment, pitcrew

POWER = "What is the engine power of the Heron?"


def parameters(data: Path, *options: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "api", "mcp", *options], env=environment(data), cwd=str(ROOT)
    )


@asynccontextmanager
async def connected(data: Path, *options: str) -> AsyncIterator[Client]:
    async with Client(parameters(data, *options), read_timeout_seconds=120) as client:
        yield client


def text_of(result: Any) -> str:
    return "".join(block.text for block in result.content)


async def test_search_ask_and_documents(ingested: Path) -> None:
    """One subprocess for all of it: opening takes seconds."""
    async with connected(ingested) as client, asyncio.timeout(180):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "ask", "list_specialists", "list_documents"}
        assert tools["search"].input_schema["required"] == ["query"]
        assert "answer" in (tools["ask"].output_schema or {})["properties"]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        await _books_nothing(client)
        await _searches(client)
        await _asks(client)
        await _goes_on(client)
        await _refuses(client)
        await _reads(client)


async def _searches(client: Client) -> None:
    found = await client.call_tool("search", {"query": "roof load of the Plover", "k": 3})
    passages = (found.structured_content or {})["result"]
    assert 0 < len(passages) <= 3
    assert any("Plover" in passage["text"] for passage in passages)
    assert passages == sorted(passages, key=lambda one: -one["score"])
    specialists = (await client.call_tool("list_specialists", {})).structured_content or {}
    names = [one["name"] for one in specialists["result"]]
    assert {"specs", "maintenance", "troubleshooting"} <= set(names)
    subject = next(one["subjects"][0] for one in specialists["result"] if one["name"] == "maintenance")
    only = await client.call_tool("search", {"query": "oil", "subject": subject})
    sources = [one["source"] for one in (only.structured_content or {})["result"]]
    assert sources
    assert all(source.startswith(subject) for source in sources)


async def _asks(client: Client) -> None:
    told: list[str] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    said = await client.call_tool("ask", {"question": POWER}, progress_callback=progress)
    assert not said.is_error
    answer = said.structured_content or {}
    assert "110 kW" in answer["answer"]
    assert (answer["agent"], answer["declined"]) == ("specs", False)
    assert answer["citations"][0]["number"] == 1
    assert "Sources:\n[1] " in text_of(said)
    assert told[0] == "Reading your question..."
    questions = ["What is the roof load of the Plover?", "How often does the Osprey need engine oil?"]
    both = await asyncio.gather(*(client.call_tool("ask", {"question": question}) for question in questions))
    assert "100 kg" in text_of(both[0])
    assert both[1].structured_content["agent"] == "maintenance"  # type: ignore[index]


async def _goes_on(client: Client) -> None:
    first = await client.call_tool("ask", {"question": "What is the roof load of the Plover?"})
    session = (first.structured_content or {})["session_id"]
    second = await client.call_tool("ask", {"question": "And what does it weigh?", "session_id": session})
    assert "Plover" in text_of(second)
    assert (second.structured_content or {})["session_id"] == session
    named = await client.call_tool("ask", {"question": POWER, "agent": "maintenance"})
    assert (named.structured_content or {})["agent"] == "maintenance"


async def _says(client: Client, question: str, session: str | None = None) -> tuple[str, dict[str, Any]]:
    named = {"session_id": session} if session else {}
    said = await client.call_tool("ask", {"question": question} | named)
    assert not said.is_error, text_of(said)
    return text_of(said), said.structured_content or {}


async def _books_nothing(client: Client) -> None:
    """Who is at the other end is nobody's customer: an offer is let go, whatever is said to it."""
    text, said = await _says(client, "Please book a service for my Heron 2022 with 30,000 km at Brennhaven")
    session = said["session_id"]
    for _ in range(3):
        if not said["asks"]:
            text, said = await _says(client, "1", session)
    assert said["asks"], text
    assert "Nothing was done yet." in text
    text, said = await _says(client, "yes", session)
    assert not said["asks"] or "Nothing was done yet." in text
    text, _ = await _says(client, "Which appointments do I have?", session)
    assert "no appointments" in text


async def _refuses(client: Client) -> None:
    for tool, arguments, reason in (
        ("ask", {"question": POWER, "agent": "nobody"}, "There are: "),
        ("ask", {"question": POWER, "dataset": "nothing"}, "There is no dataset 'nothing'"),
        ("ask", {"question": "   "}, "The message is empty"),
        ("ask", {}, "question"),
        ("ask", {"question": 3}, "question"),
        ("search", {"query": "x", "k": 0}, "k"),
        ("search", {"query": "x", "k": 10**6}, "k"),
        ("search", {"query": "x", "subject": "astrology"}, "There is no subject 'astrology'"),
        ("search", {"query": "x" * 9000}, "query"),
    ):
        refused = await client.call_tool(tool, arguments)
        assert refused.is_error, arguments
        assert reason in text_of(refused)
        assert "Traceback" not in text_of(refused)
    refused = await client.call_tool("dance", {})
    assert refused.is_error


async def _reads(client: Client) -> None:
    listed = ((await client.call_tool("list_documents", {})).structured_content or {})["result"]
    assert {"id", "title", "subject"} == set(listed[0])
    read = await client.read_resource(f"pitcrew://documents/{listed[0]['id']}")
    assert read.contents[0].text  # type: ignore[union-attr]
    for missing in ("nothing.md", "../../etc/passwd", "%2e%2e/secret"):
        with pytest.raises(MCPError):
            await client.read_resource(f"pitcrew://documents/{missing}")


async def test_a_running_server_is_asked(server: Served, tmp_path: Path) -> None:
    """With nothing in its own data directory."""
    options = ("--url", server.http, "--token", server.token("mcp"))
    async with connected(tmp_path, *options) as client, asyncio.timeout(120):
        said = await client.call_tool("ask", {"question": "What is the roof load of the Plover?"})
        assert "100 kg" in text_of(said)
        session = (said.structured_content or {})["session_id"]
        again = await client.call_tool("ask", {"question": "And what does it weigh?", "session_id": session})
        assert "Plover" in text_of(again)
        found = await client.call_tool("search", {"query": "roof load of the Plover", "k": 2})
        assert any("Plover" in one["text"] for one in (found.structured_content or {})["result"])
        refused = await client.call_tool("ask", {"question": POWER, "agent": "nobody"})
        assert refused.is_error
        assert "specs" in text_of(refused)
        refused = await client.call_tool("ask", {"question": POWER, "session_id": "mine"})
        assert "leave it out to begin a new conversation" in text_of(refused)
        refused = await client.call_tool("search", {"query": "oil", "subject": "astrology"})
        assert "There is no subject 'astrology'. There are: company, " in text_of(refused)
    status, body, _ = server.get("/api/v1/sessions", server.token("mcp"))
    assert status == 200
    assert session in body.decode()


async def test_a_running_server_does_what_is_confirmed(acting_server: Served, tmp_path: Path) -> None:
    """So its tool is no reading one."""
    options = ("--url", acting_server.http, "--token", acting_server.token("mcp-books"))
    before = bookings(acting_server)
    async with connected(tmp_path, *options) as client, asyncio.timeout(120):
        [tool] = [tool for tool in (await client.list_tools()).tools if tool.name == "ask"]
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (False, True)
        assert "`yes`" in (tool.description or "")
        text, said = await _says(client, "I would like to book a test drive")
        assert "Nothing was done yet." in text
        assert said["asks"]
        assert bookings(acting_server) == before
        _, said = await _says(client, "yes", said["session_id"])
        assert not said["asks"]
        assert bookings(acting_server) == [*before, "10:00"]


async def test_what_is_wrong_is_said_plainly(tmp_path: Path) -> None:
    async with connected(tmp_path) as client, asyncio.timeout(60):
        refused = await client.call_tool("ask", {"question": POWER})
        assert refused.is_error
        assert "The knowledge base is empty. Fill it: pitcrew ingest FOLDER" in text_of(refused)
    async with connected(tmp_path, "--url", "http://127.0.0.1:9", "--token", "x") as client, asyncio.timeout(60):
        refused = await client.call_tool("list_specialists", {})
        assert "is the server running there?" in text_of(refused)
    alone = pitcrew("mcp", "--url", "http://127.0.0.1:9", env=environment(tmp_path))
    assert alone.returncode == 2
    assert "go together" in alone.stderr


def test_it_ends_with_its_stdin_and_prints_nothing_else(tmp_path: Path) -> None:
    hello = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
        '"clientInfo":{"name":"test","version":"1"}}}\n'
    )
    command, env = [sys.executable, "-m", "api", "mcp"], environment(tmp_path)
    done = subprocess.run(
        command,
        input=hello,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert '"serverInfo":{"name":"pitcrew"' in line.replace('", "', '","')
