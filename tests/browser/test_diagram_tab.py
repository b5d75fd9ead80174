"""The diagram tab against the real server: a chat about tables, and its diagram on the canvas."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import CONTEXTS, IDS, fits, open_tab, within_reach
from tests.serving import Served

RELATIONSHIPS = "Show me the relationships between the tables of operations as a diagram"


async def ask(panel: Locator, question: str) -> None:
    await panel.get_by_label("Your message").fill(question)
    await panel.get_by_label("Your message").press("Enter")


async def width(picture: Locator) -> float:
    box = await picture.bounding_box()
    assert box is not None
    return box["width"]


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_a_diagram_is_drawn_and_looked_at(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_tab(server.http, "diagram", **context) as (page, panel):
        await expect(panel.locator("[data-part=status]")).to_have_text("Connected")
        await expect(panel.get_by_text("No diagram to display. Ask agent to show relationships!")).to_be_visible()
        await ask(panel, RELATIONSHIPS)
        picture = panel.locator(".place img")
        await expect(picture).to_be_visible(timeout=30_000)
        await expect(panel.locator(".bubble")).to_have_text(RELATIONSHIPS)
        await expect(panel.locator(".tool").first).to_contain_text("Tool ")
        await expect(panel.locator(".said.settled")).to_contain_text("incidents")
        await expect(panel.locator(".cursor")).to_have_count(0)
        assert await picture.evaluate("image => image.naturalWidth") > 300
        # as large as there is room, then nearer by button and by key, then fitted again
        fitted = await width(picture)
        await panel.get_by_role("button", name="Zoom in").click()
        assert await width(picture) == pytest.approx(fitted * 1.25, abs=2)
        await panel.locator(".place").focus()
        await page.keyboard.press("+")
        await page.keyboard.press("+")
        larger = await width(picture)
        assert larger == pytest.approx(fitted * 1.25**3, abs=4)
        await page.keyboard.press("0")
        assert await width(picture) == pytest.approx(fitted, abs=1)
        await page.keyboard.press("+")
        drawn = await picture.get_attribute("src") or ""
        await page.emulate_media(color_scheme="light" if "color_scheme" in context else "dark")
        await expect(picture).not_to_have_attribute("src", drawn, timeout=20_000)
        assert await width(picture) == pytest.approx(fitted * 1.25, abs=2)
        assert (await panel.locator("[data-part=source]").text_content() or "").startswith("erDiagram")
        await ask(panel, "Which columns does incidents have?")
        await expect(panel.locator(".said.settled table")).to_be_visible(timeout=20_000)
        assert await fits(page)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_the_source_is_copied_and_what_draws_is_loaded_when_it_can_be(server: Served) -> None:
    async with open_tab(server.http, "diagram", permissions=["clipboard-read", "clipboard-write"]) as (page, panel):
        await expect(panel.locator("[data-part=status]")).to_have_text("Connected")
        await page.route("**/ws/test/drawing/diagram.js", lambda route: route.abort(), times=1)
        async with page.expect_event("requestfailed"):
            await ask(panel, RELATIONSHIPS)
        await expect(panel.locator(".said.settled")).to_have_count(1, timeout=20_000)
        await expect(panel.get_by_text("What draws it could not be loaded.")).to_be_visible()
        await expect(panel.locator("[data-part=source]")).to_contain_text("erDiagram")
        await ask(panel, RELATIONSHIPS)
        await expect(panel.locator(".place img")).to_be_visible(timeout=30_000)
        await panel.get_by_role("button", name="Copy source").click()
        await expect(panel.get_by_text("Copied.")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await panel.locator("[data-part=source]").text_content()


async def test_five_tries_then_a_button(server: Served) -> None:
    async with within_reach(server) as away, open_tab(away.http, "diagram") as (page, panel):
        status = panel.locator("[data-part=status]")
        await expect(status).to_have_text("Connected")
        await page.clock.install()
        await panel.get_by_label("Your message").fill("Show me all tables")
        away.leave()
        for number, seconds in enumerate([1, 2, 4, 8, 16], 1):
            await expect(status).to_have_text(
                re.compile(rf"Disconnected\. Reconnecting in {seconds} s \(try {number} of 5\) …")
            )
            await expect(panel.get_by_role("button", name="Send")).to_be_disabled()
            await page.clock.fast_forward(seconds * 1_000)
        await expect(status).to_have_text("Connection failed after 5 retries. Please refresh the page.")
        away.come_back()
        await panel.get_by_role("button", name="Reconnect").click()
        await expect(status).to_have_text("Connected")
        await panel.get_by_role("button", name="Send").click()
        await expect(panel.locator(".said.settled")).to_contain_text("incidents", timeout=20_000)
        # what was sent into a connection that is gone is sent again, and nothing is told twice
        away.freeze()
        await ask(panel, "Which columns does dealers have?")
        await expect(panel.get_by_label("Your message")).to_have_value("")
        away.leave()
        await expect(status).to_contain_text("(try 1 of 5)")
        away.come_back()
        await page.clock.fast_forward(1_000)
        await expect(panel.locator(".said.settled").last).to_contain_text("dealer_id", timeout=20_000)
        await expect(panel.locator(".bubble")).to_have_text(["Show me all tables", "Which columns does dealers have?"])
        await expect(panel.locator(".said.settled")).to_have_count(2)


async def test_a_reload_shows_the_history(server: Served) -> None:
    async with open_tab(server.http, "diagram") as (page, panel):
        await expect(panel.locator("[data-part=status]")).to_have_text("Connected")
        await ask(panel, RELATIONSHIPS)
        await expect(panel.locator(".place img")).to_be_visible(timeout=30_000)
        await ask(panel, "Show me all tables")
        await expect(panel.locator(".said.settled")).to_have_count(2, timeout=20_000)
        said = await panel.locator(".said.settled").all_text_contents()
        tools = await panel.locator(".tool").count()
        for _ in range(2):
            await page.reload()
            await expect(panel.locator(".said.settled")).to_have_count(2, timeout=20_000)
            await expect(panel.locator(".bubble")).to_have_text([RELATIONSHIPS, "Show me all tables"])
            assert await panel.locator(".said.settled").all_text_contents() == said
            await expect(panel.locator(".tool")).to_have_count(tools)
            await expect(panel.locator(".place img")).to_be_visible(timeout=30_000)
            await expect(panel.locator("[data-part=announcement]")).to_be_empty()
        await ask(panel, "Show me all tables")
        await expect(panel.locator(".said.settled")).to_have_count(3, timeout=20_000)
        assert page.problems == []  # type: ignore[attr-defined]
