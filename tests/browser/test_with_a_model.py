"""The tabs of a server with a model: what the model says, and answers that take their time."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.browser.hostile import FOREIGN, HOSTILE, SAID, left_alone, watch
from tests.browser.tabs import open_tab, within_reach
from tests.model_server.running import Control, running_model_server
from tests.serving import Served, serving

QUESTION = "How many incidents are there by severity?"
SECONDS = 4
"""After so many without a word of the model the answer is made without it."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as running:
        yield running


@pytest.fixture(scope="module")
def modelled(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    own = Path(shutil.copytree(ingested, tmp_path_factory.mktemp("modelled") / "data"))
    settings = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": str(SECONDS),
    }
    with serving(own, **settings) as served:
        yield served


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
        await panel.get_by_role("button", name="Connect", exact=True).click()
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
        await panel.get_by_role("button", name="Cancel").click()
        await expect(panel.locator("[data-part=message]")).to_have_text("The analysis was cancelled.", timeout=3_000)
        await expect(panel.get_by_role("button", name="Analyse")).to_be_enabled()
        await expect(panel.get_by_role("button", name="Cancel")).to_be_hidden()
        assert page.problems == []  # type: ignore[attr-defined]


async def test_a_broken_connection_asks_nothing_twice(modelled: Served, provider: Control) -> None:
    provider.script(always={"kind": "never"})
    token = modelled.token("broken-connection")
    async with within_reach(modelled) as away, open_tab(away.http, "analysis") as (page, panel):
        await page.locator("#token").evaluate("(box, token) => { box.value = token; }", token)
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
        await page.locator("#token").evaluate("(box, token) => { box.value = token; }", token)
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
        await expect(status).to_have_text("🔴 Disconnected. Reconnecting … (server-sent events)")
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
