"""The tabs of a server with a model: what the model says, and answers that take their time."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import open_page
from tests.browser.hostile import FOREIGN, HOSTILE, SAID, left_alone, watch
from tests.browser.tabs import as_guest, open_tab, sign_in, signed_in, within_reach
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

QUESTION = "How many incidents are there by severity?"
SECONDS = 4
"""After so many without a word of the model the answer is made without it."""


@pytest.fixture(scope="module")
def modelled(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("modelled") / "data")
    settings = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": str(SECONDS),
    }
    with serving(own, **settings) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def page_without_sockets() -> AsyncIterator[Page]:
    """A page behind a proxy that lets no socket of an analysis through."""
    async with open_page() as page:
        await page.route_web_socket(re.compile("/ws/agent/stream"), lambda socket: socket.close(code=1011))
        yield page


async def analyse(panel: Locator) -> None:
    """Ask; when this returns the model is at work and says nothing."""
    await panel.get_by_label("Question about the data").fill(QUESTION)
    await panel.get_by_label("Question about the data").press("Enter")
    await expect(panel.locator(".stages li[aria-current=step]")).to_have_text("Write code", timeout=20_000)


async def test_what_a_model_says(modelled: Served, provider: Control) -> None:
    provider.script(always={"kind": "says", "payload": SAID})
    async with open_tab(modelled.http, "reasoning") as (page, panel):
        strange = await watch(page, modelled)
        await panel.get_by_label("Your message").fill("What is the roof load of the Heron?")
        await panel.get_by_role("button", name="Send").click()
        final = panel.locator(".step[data-type=final_answer]")
        await expect(final).to_contain_text(HOSTILE[1][5:], timeout=20_000)
        assert await final.locator(FOREIGN).count() == 0
        await page.get_by_role("tab", name="Query").click()
        panel = page.locator("#panel-query")
        await expect(panel).not_to_have_attribute("aria-busy", "true")
        await panel.get_by_label("Question", exact=True).fill("What is the roof load of the Heron?")
        await panel.get_by_label("Question", exact=True).press("Enter")
        answer = panel.locator("[data-part=answer]")
        await expect(answer).to_contain_text(HOSTILE[1][5:], timeout=20_000)
        assert await answer.locator(FOREIGN).count() == 0
        await left_alone(page)
        assert strange == []


async def test_an_analysis_is_stopped(modelled: Served, provider: Control) -> None:
    provider.script(always={"kind": "never"})
    async with open_tab(modelled.http, "analysis") as (page, panel):
        await analyse(panel)
        await panel.get_by_role("button", name="Cancel").press("Enter")
        await expect(panel.locator("[data-part=message]")).to_have_text("The analysis was cancelled.", timeout=3_000)
        await expect(panel.get_by_role("button", name="Analyse")).to_be_enabled()
        await expect(panel.get_by_role("button", name="Cancel")).to_be_hidden()
        await expect(panel.get_by_label("Question about the data")).to_be_focused()
        assert page.problems == []  # type: ignore[attr-defined]


async def test_escape_stops_what_is_shown(modelled: Served, provider: Control) -> None:
    provider.script(always={"kind": "never"})
    sent: list[str] = []
    async with open_tab(modelled.http, "chat") as (page, panel):
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(str(text))))
        await signed_in(page)
        await expect(page.locator("#status")).to_have_attribute("data-state", "ready")
        await panel.get_by_label("Your message").fill("What is the roof load of the Heron?")
        await panel.get_by_label("Your message").press("Enter")
        await expect(page.get_by_role("button", name="Stop")).to_be_visible()
        await page.get_by_role("tab", name="Query").press("Enter")
        await page.keyboard.press("Escape")
        await page.get_by_role("tab", name="Chat").press("Enter")
        assert not [text for text in sent if "cancel" in text]
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("stopped", exact=True)).to_be_visible()


@pytest.mark.parametrize("known", [False, True], ids=["guest", "signed in"])
async def test_an_analysis_without_a_socket_is_stopped(
    modelled: Served, provider: Control, page_without_sockets: Page, known: bool
) -> None:
    """Its events come over plain HTTP, and so does the wish: the run itself ends, not only its telling."""
    provider.script(always={"kind": "never"})
    page, panel = page_without_sockets, page_without_sockets.locator("#panel-analysis")
    await page.goto(f"{modelled.http}/ws/test#analysis")
    await expect(panel).not_to_have_attribute("aria-busy", "true")
    if known:
        await sign_in(page, modelled.token("stopping-events"))
    else:
        await as_guest(page)
    await page.clock.install()
    await panel.get_by_label("Question about the data").fill(QUESTION)
    await panel.get_by_label("Question about the data").press("Enter")
    for seconds in [1, 2, 3]:
        await expect(panel.locator("[data-part=status]")).to_contain_text(f"in {seconds} s")
        await page.clock.fast_forward(seconds * 1_000)
    await expect(panel.locator(".stages li[aria-current=step]")).to_have_text("Write code", timeout=20_000)
    await panel.get_by_role("button", name="Cancel").click()
    await expect(panel.locator("[data-part=message]")).to_have_text("The analysis was cancelled.", timeout=3_000)
    await expect(panel.get_by_role("button", name="Analyse")).to_be_enabled()
    assert b"\npitcrew_runs 0.0" in modelled.get("/metrics")[1]


async def test_a_broken_connection_asks_nothing_twice(modelled: Served, provider: Control) -> None:
    provider.script(always={"kind": "never"})
    token = modelled.token("broken-connection")
    async with within_reach(modelled) as away, open_tab(away.http, "analysis") as (page, panel):
        await sign_in(page, token)
        await analyse(panel)
        away.leave()
        await expect(panel.locator("[data-part=status]")).to_contain_text("(try 1 of 3)")
        away.come_back()
        await expect(panel.locator("[data-part=message]")).to_have_text("Analysis complete", timeout=60_000)
        await expect(panel.locator("tbody .number-cell").first).to_be_visible()
        [kept] = json.loads(modelled.get("/api/v1/sessions", token)[1])["sessions"]
        told = json.loads(modelled.get(f"/api/v1/sessions/{kept['session_id']}/messages", token)[1])["messages"]
        assert [one["text"] for one in told if one["role"] == "customer"] == [QUESTION]


async def test_a_broken_stream_of_events_goes_on(modelled: Served, provider: Control) -> None:
    """Broken while the model is at work, the events are picked up by a new ticket; the question is not asked again."""
    provider.script(always={"kind": "never"})
    token = modelled.token("broken-events")
    async with within_reach(modelled) as away, open_tab(away.http, "analysis") as (page, panel):
        await sign_in(page, token)
        await page.clock.install()
        away.leave()
        await panel.get_by_label("Question about the data").fill(QUESTION)
        await panel.get_by_label("Question about the data").press("Enter")
        status = panel.locator("[data-part=status]")
        for seconds in [1, 2, 3]:
            await expect(status).to_contain_text(f"in {seconds} s")
            await page.clock.fast_forward(seconds * 1_000)
        await expect(status).to_contain_text("server-sent events")
        away.come_back()
        await page.clock.fast_forward(3_000)
        await expect(panel.locator(".stages li[aria-current=step]")).to_have_text("Write code", timeout=20_000)
        away.leave()
        await expect(status).to_have_text("Disconnected. Reconnecting … (server-sent events)")
        away.come_back()
        for _ in range(200):
            if await panel.locator("[data-part=message]").text_content() == "Analysis complete":
                break
            await page.clock.run_for(1_000)
            await page.wait_for_timeout(100)
        await expect(panel.locator("[data-part=message]")).to_have_text("Analysis complete")
        [kept] = json.loads(modelled.get("/api/v1/sessions", token)[1])["sessions"]
        told = json.loads(modelled.get(f"/api/v1/sessions/{kept['session_id']}/messages", token)[1])["messages"]
        assert [one["text"] for one in told if one["role"] == "customer"] == [QUESTION]
