"""The query tab against the real server: results before the answer, the toggles, and three tries, then no streaming."""

import json
import re

import pytest
from playwright.async_api import Locator, Page, WebSocket, expect

from api.client.query import NO_ANSWER
from tests.browser.tabs import CONTEXTS, IDS, fits, open_tab, sign_in, within_reach
from tests.serving import Served

QUESTION = "What does the warranty cover?"


class Heard:
    """The frames of the tab's sockets, as they come and go; the page signs in by one of its own, and may ping by it."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict] = []  # type: ignore[type-arg]
        self.received: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        if not socket.url.partition("?")[0].endswith("/ws/query"):
            return
        socket.on("framesent", lambda text: self.sent.append(json.loads(text)))
        socket.on("framereceived", lambda text: self.received.append(json.loads(text)["type"]))


async def ask(panel: Locator, question: str) -> None:
    await panel.get_by_label("Question", exact=True).fill(question)
    await panel.get_by_label("Question", exact=True).press("Enter")


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_results_come_before_the_answer(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_tab(server.http, "query", **context) as (page, panel):
        heard = Heard(page)
        await ask(panel, QUESTION)
        answer = panel.locator("[data-part=answer]")
        await expect(answer).to_have_attribute("data-state", "settled", timeout=20_000)
        await expect(answer).to_contain_text("defects in material and manufacture")
        results = panel.locator(".result")
        await expect(results.first).to_contain_text("warranty.md")
        await expect(results.first.locator(".figure")).to_have_text(re.compile(r"^\d+ %$"))
        kinds = [kind for kind in heard.received if kind != "status"]
        assert kinds[:2] == ["immediate", "stream_start"]
        assert kinds[-1] == "stream_end"
        await ask(panel, "How do I jump start the car?")
        await expect(answer.locator("ol > li").first).to_contain_text("Both vehicles off", timeout=20_000)
        assert await fits(page)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_without_prose_and_without_streaming(server: Served) -> None:
    async with open_tab(server.http, "query") as (page, panel):
        heard = Heard(page)
        await panel.get_by_role("switch", name="Stream").press("Space")
        await panel.get_by_role("switch", name="Humanize").press("Space")
        await ask(panel, QUESTION)
        await expect(panel.locator("[data-part=answer]")).to_contain_text("warranty", timeout=20_000)
        assert [kind for kind in heard.received if kind != "status"] == ["immediate", "overview"]
        assert heard.sent[0]["stream"] is heard.sent[0]["humanize"] is False
        await ask(panel, "x" * 4000)
        await expect(panel.get_by_role("button", name="Ask", exact=True)).to_be_enabled(timeout=20_000)
        await ask(panel, "When is the first service due?")
        await expect(panel.locator("[data-part=asked]")).to_have_text("When is the first service due?")
        await expect(panel.locator("[data-part=answer]")).to_be_visible(timeout=20_000)


async def test_three_tries_then_without_streaming(server: Served) -> None:
    async with within_reach(server) as away, open_tab(away.http, "query") as (page, panel):
        heard = Heard(page)
        status = panel.locator("[data-part=status]")
        await sign_in(page, server.token("query-tab"))
        await ask(panel, QUESTION)
        await expect(panel.locator("[data-part=answer]")).to_have_attribute("data-state", "settled", timeout=20_000)
        await page.clock.install()
        away.leave()
        await ask(panel, "When is the first service due?")
        for number, seconds in enumerate([1, 2, 3], 1):
            await expect(status).to_have_text(
                re.compile(rf"Disconnected\. Reconnecting in {seconds} s \(try {number} of 3\) …")
            )
            await page.clock.fast_forward(seconds * 1_000)
        await expect(panel.get_by_text("Asking without streaming.")).to_be_visible()
        away.come_back()
        await expect(status).to_contain_text("try 1 of 3")
        await page.clock.fast_forward(1_000)
        await expect(panel.locator("[data-part=answer]")).to_have_attribute("data-state", "settled", timeout=20_000)
        assert heard.sent[-1]["stream"] is False
        assert heard.received[-1] == "overview"
        # with streaming off there is nothing else to try
        await panel.get_by_role("switch", name="Stream").press("Space")
        away.leave()
        await ask(panel, QUESTION)
        for seconds in [1, 2, 3]:
            await expect(status).to_contain_text(f"Reconnecting in {seconds} s")
            await page.clock.fast_forward(seconds * 1_000)
        await expect(panel.locator("[data-part=problem]")).to_have_text(NO_ANSWER)
        await expect(panel.locator("[data-part=progress]")).to_have_text("")
        away.come_back()
        await panel.get_by_role("button", name="Ask", exact=True).click()
        await expect(panel.locator("[data-part=answer]")).to_have_attribute("data-state", "settled", timeout=20_000)


async def test_who_may_not_come_in_is_told(server: Served) -> None:
    async with open_tab(server.http, "query") as (page, panel):
        await page.locator("#token").evaluate("box => { box.value = 'not a token'; }")
        await ask(panel, QUESTION)
        await expect(panel.locator("[data-part=problem]")).to_contain_text("Put a token into the Chat tab")
        await expect(panel.get_by_role("button", name="Ask", exact=True)).to_be_enabled()
