"""The tools of `pitcrew mcp --http`, tried by everybody: what its operator may know is for the staff alone, and what a
server knows is told to each as it would tell them itself."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.rights.matrix import CALLERS, TOOLS, Row, Told
from tests.rights.trying import ROLES, STATUSES
from tests.serving import Served, duplicate, environment, free_port, pitcrew, start

ARGUMENTS: dict[str, dict[str, Any]] = {
    "search": {"query": "roof load"},
    "ask": {"question": "List the tables of the dataset zanzipay", "agent": "explorer"},
}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
START_S = 60
ROOF = "What is the roof load of the Plover?"


@contextmanager
def offered(data: Path, *options: str) -> Iterator[str]:
    """The address of the tools, as long as the block lasts."""
    port, log = free_port(), data / "mcp.log"
    with log.open("wb") as output:
        process = start("mcp", "--http", str(port), *options, env=environment(data), stdout=output, stderr=output)
    try:
        ends = time.monotonic() + START_S
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def tools(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a folder with a dataset that is the staff's."""
    folder = tmp_path_factory.mktemp("tools")
    own = duplicate(ingested, folder / "data")
    (folder / "zanzipay.csv").write_text("id,bonusgrade\n1,48151623\n")
    source = str(folder / "zanzipay.csv")
    added = pitcrew("datasets", "add", "zanzipay", source, "--audience", "staff", env=environment(own))
    assert added.returncode == 0, added.stderr
    with offered(own) as address:
        yield address


def refusal(address: str, token: str | None, row: Row) -> Told | None:
    """What a call is answered that is not let in; None where it is."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": row.name, "arguments": {}}}
    headers = HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        urllib.request.urlopen(urllib.request.Request(address, json.dumps(call).encode(), headers), timeout=30)
    except urllib.error.HTTPError as error:
        return STATUSES.get(error.code)
    return None


async def called(address: str, token: str, row: Row, **arguments: str) -> str:
    """What a tool or resource answers."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as line,
        Client(streamable_http_client(address, http_client=line), read_timeout_seconds=60) as client,
    ):
        if "://" not in row.name:
            answer = await client.call_tool(row.name, arguments or ARGUMENTS.get(row.name, {}))
            assert not answer.is_error, answer
            return str(answer)
        listed = (await client.call_tool("list_documents", {})).structured_content or {}
        name = row.name.replace("{document_id}", listed["result"][0]["id"])
        return str(await client.read_resource(name))


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row.name)
async def test_tools(tools: str, server: Served, row: Row) -> None:
    for caller in CALLERS:
        role = ROLES.get(caller, "customer")
        token = None if caller in {"nobody", "guest"} else server.token(f"mcp-{caller}", role=role)
        told = refusal(tools, token, row)
        assert (told or Told.DONE) is row.expects(caller, production=True), (row.name, caller)
        if told is None:
            assert token is not None
            text = await called(tools, token, row)
            assert row.name != "ask" or "bonusgrade" in text or "zanzipay" in text, text


async def test_a_server_is_asked_with_the_token_that_is_shown(server: Served, tmp_path: Path) -> None:
    """Whoever has opened the door lends nobody their own rights."""
    opener = server.token("opener", role="admin")
    with offered(tmp_path, "--url", server.http, "--token", opener) as address:
        [ask] = [row for row in TOOLS if row.name == "ask"]
        assert refusal(address, None, ask) is Told.SIGN_IN
        assert "100 kg" in await called(address, server.token("mcp-anna"), ask, question=ROOF)
    threads = server.request("POST", "/langgraph/threads/search", server.token("mcp-anna"), b"{}")[1]
    assert len(json.loads(threads)) == 1
    assert json.loads(server.request("POST", "/langgraph/threads/search", opener, b"{}")[1]) == []


async def test_the_tools_are_those_of_the_table(tools: str, server: Served) -> None:
    token = server.token("mcp-lists", role="staff")
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as line,
        Client(streamable_http_client(tools, http_client=line), read_timeout_seconds=60) as client,
    ):
        names = {tool.name for tool in (await client.list_tools()).tools}
        templates = {one.uri_template for one in (await client.list_resource_templates()).resource_templates}
    assert names | {name.replace("{+", "{") for name in templates} == {row.name for row in TOOLS}
