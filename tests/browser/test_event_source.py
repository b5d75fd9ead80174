"""A page without WebSocket: the browser's own EventSource, over a line that is cut."""

import json
import sqlite3
import uuid
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import Page

from tests.browser.chromium import open_page
from tests.faults.proxy import Proxy
from tests.serving import Served

QUESTION = "How many incidents are there by severity?"
LISTEN = """
(url) => new Promise((resolve) => {
  const messages = [], source = new EventSource(url);
  let errors = 0;
  source.onmessage = (event) => messages.push(JSON.parse(event.data));
  source.onerror = () => {
    errors += 1;
    if (source.readyState === EventSource.CLOSED) resolve({messages, errors});
  };
})
"""


async def listened(page: Page, url: str) -> dict[str, Any]:
    """What an EventSource heard until it stopped by itself."""
    heard: dict[str, Any] = await page.evaluate(LISTEN, url)
    return heard


def text_of(messages: list[dict[str, Any]]) -> str:
    return "".join(message["chunk"] for message in messages if message["type"] == "analysis_chunk")


def runs_of(server: Served, session: str) -> int:
    with closing(sqlite3.connect(f"file:{server.data / 'pitcrew.db'}?mode=ro", uri=True, timeout=10)) as database:
        query = "SELECT count(*) FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.session_id = ?"
        return int(database.execute(query, (session,)).fetchone()[0])


async def test_an_event_source_comes_back_by_itself_and_stops_at_the_end(server: Served) -> None:
    """The page is of another origin than the stream, as a page of a developer's own server would be."""
    cuts = [1500, 2500]
    async with (
        open_page() as page,
        Proxy(server.port, lambda link: link.cut_after(cuts.pop(0), reset=True) if cuts else None) as proxy,
    ):
        await page.goto(f"{server.http}/health")
        session = uuid.uuid4().hex
        query = urlencode({"question": QUESTION, "session_id": session})
        heard = await listened(page, f"http://127.0.0.1:{proxy.port}/agent/stream?{query}")
        whole = await listened(page, f"{server.http}/agent/stream?{urlencode({'question': QUESTION})}")
    assert cuts == []
    assert heard["errors"] == 4  # two cuts, the end of the stream, and the 204 that follows it
    assert whole["errors"] == 2
    assert text_of(heard["messages"]) == text_of(whole["messages"])
    for kind in ("start", "data_ready", "verification", "complete", "stream_end"):
        told = [message for message in heard["messages"] if message["type"] == kind]
        assert len(told) == 1, (kind, json.dumps(told)[:300])
    assert runs_of(server, session) == 1


async def test_a_page_of_a_foreign_origin_hears_nothing(server: Served) -> None:
    async with open_page() as page:
        await page.route("http://evil.example/", lambda route: route.fulfill(body="<!doctype html>"))
        await page.goto("http://evil.example/")
        heard = await listened(page, f"{server.http}/agent/stream?{urlencode({'question': QUESTION})}")
    assert heard == {"messages": [], "errors": 1}
