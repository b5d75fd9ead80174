"""The analysis tab against the real server: from the question to the chart, and without a socket."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.tabs import CONTEXTS, IDS, as_guest, fits, open_tab, sign_in, within_reach
from tests.serving import Served

QUESTION = "How many incidents are there by severity?"


async def ask(panel: Locator, question: str = QUESTION) -> None:
    await panel.get_by_label("Question about the data").fill(question)
    await panel.get_by_label("Question about the data").press("Enter")


async def answered(panel: Locator) -> None:
    await expect(panel.locator("[data-part=message]")).to_have_text("Analysis complete", timeout=30_000)


async def shows_it_all(page: Page, panel: Locator) -> None:
    """The figures of the table are those of the text, verified, with the code that gave them and a picture."""
    await answered(panel)
    await expect(panel.locator(".stages li[data-state=done]")).to_have_count(5)
    await expect(panel.locator("[data-part=badge]")).to_have_text(re.compile(r"Verified \d+ % confidence, 1 attempt"))
    await expect(panel.locator("[data-part=code]")).to_contain_text('"operations"."incidents"')
    await expect(panel.locator(".thought").first).to_contain_text("incidents")
    await expect(panel.locator("thead th")).to_have_text(["severity", "incidents"])
    counts = [int(text) for text in await panel.locator("tbody .number-cell").all_text_contents()]
    assert len(counts) >= 3
    assert counts == sorted(counts, reverse=True)
    for count in counts:
        await expect(panel.locator("[data-part=text]")).to_contain_text(f"{count:,}")
    picture = panel.locator("[data-part=chart] img")
    await expect(picture).to_be_visible(timeout=20_000)
    assert await picture.evaluate("image => image.naturalWidth") > 250
    assert await fits(page)
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_from_the_question_to_the_chart(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_tab(server.http, "analysis", **context) as (page, panel):
        await expect(panel.get_by_label("Dataset").locator("option")).to_have_text(["all", "operations"])
        await panel.get_by_label("Dataset").select_option("operations")
        await panel.get_by_label("Question about the data").fill(QUESTION)
        await panel.get_by_role("button", name="Analyse").press("Enter")
        await expect(panel.get_by_label("Question about the data")).to_be_focused()
        await shows_it_all(page, panel)
        await expect(panel.locator("[data-part=status]")).to_have_text("Finished")
        spoken = panel.locator("[data-part=announcement]")
        await expect(spoken).to_contain_text(
            re.compile(r"Analysis complete\. Verified .*\. Key findings\n.* with [\d,]+, ")
        )
        await ask(panel, "How many incidents were there per month in 2025?")
        await answered(panel)
        await expect(panel.locator("tbody tr")).to_have_count(12)
        await ask(panel, "Why is the sky blue?")
        await expect(panel.locator("[data-part=message]")).to_have_text("Nothing was computed", timeout=30_000)
        await expect(panel.locator("[data-part=figures]")).to_be_hidden()
        await expect(panel.locator(".stages li[data-state=todo]")).to_have_count(5)
        await expect(spoken).to_contain_text("Nothing was computed. I cannot")


@pytest.mark.parametrize("known", [False, True], ids=["guest", "signed in"])
async def test_three_tries_then_server_sent_events(server: Served, known: bool) -> None:
    """A server without a word is not waited for. Broken too, events are picked up where they broke, by a new ticket."""
    async with within_reach(server) as away, open_tab(away.http, "analysis") as (page, panel):
        status = panel.locator("[data-part=status]")
        if known:
            await sign_in(page, server.token("server-sent-events"))
        else:
            await as_guest(page)
        await page.clock.install()
        away.freeze()
        await ask(panel)
        await expect(status).to_have_text("Connecting …")
        await page.clock.fast_forward(10_000)
        await expect(status).to_contain_text("(try 1 of 3)")
        away.leave()
        for number, seconds in enumerate([1, 2, 3], 1):
            await expect(status).to_have_text(
                re.compile(rf"Disconnected\. Reconnecting in {seconds} s \(try {number} of 3\) …")
            )
            await page.clock.fast_forward(seconds * 1_000)
        await expect(status).to_have_text("Disconnected. Reconnecting … (server-sent events)")
        away.come_back()
        await page.clock.fast_forward(3_000)
        await answered(panel)
        await expect(panel.locator("tbody .number-cell").first).to_be_visible()
        await expect(panel.get_by_role("button", name="Analyse")).to_be_enabled()


async def test_who_is_out_of_reach_is_told(server: Served) -> None:
    async with within_reach(server) as away, open_tab(away.http, "analysis") as (page, panel):
        await sign_in(page, server.token("unheard"))
        await page.clock.install()
        away.leave()
        await ask(panel)
        for seconds in [1, 2, 3]:
            await expect(panel.locator("[data-part=status]")).to_contain_text(f"in {seconds} s")
            await page.clock.fast_forward(seconds * 1_000)
        await expect(panel.locator("[data-part=status]")).to_contain_text("server-sent events")
        problem = panel.locator("[data-part=problem]")
        for _ in range(8):
            await page.clock.fast_forward(3_000)
            if await problem.text_content():
                break
            await page.wait_for_timeout(100)
        await expect(problem).to_have_text("The server cannot be reached. Ask again when it can.")
        await expect(panel.get_by_role("button", name="Analyse")).to_be_enabled()
