"""The tabs of the test page: by keyboard, by address, on a phone; and when its clients come back."""

import pytest
from playwright.async_api import expect

from tests.browser.chromium import open_page
from tests.browser.tabs import CONTEXTS, IDS, fits
from tests.serving import Served

NAMES = ["Chat", "Reasoning", "Analysis", "Diagram", "Query"]


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_by_keyboard(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_page(**context) as page:
        await page.goto(f"{server.http}/ws/test")
        tabs = page.get_by_role("tab")
        await expect(tabs).to_have_text(NAMES)
        await tabs.first.focus()
        for key, name in [
            ("ArrowRight", "Reasoning"),
            ("End", "Query"),
            ("ArrowRight", "Chat"),
            ("ArrowLeft", "Query"),
            ("Home", "Chat"),
            ("ArrowDown", "Reasoning"),
            ("ArrowDown", "Analysis"),
            ("ArrowDown", "Diagram"),
        ]:
            await page.keyboard.press(key)
            tab = page.get_by_role("tab", name=name)
            await expect(tab).to_be_focused()
            await expect(tab).to_have_attribute("aria-selected", "true")
            await expect(page.get_by_role("tabpanel")).to_have_count(1)
            await expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
            assert page.url.endswith(f"#{name.lower()}")
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            assert await fits(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('[role=tabpanel]')?.id") == "panel-diagram"
        assert page.problems == []  # type: ignore[attr-defined]


async def test_an_address_leads_to_a_tab(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test#query")
        await expect(page.get_by_role("tabpanel", name="Query")).to_be_visible()
        await page.evaluate("location.hash = 'analysis'")
        await expect(page.get_by_role("tabpanel", name="Analysis")).to_be_visible()
        await page.locator(".skip").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_placeholder("Ask about the data")).to_be_focused()
        await page.evaluate("location.hash = '<img src=x>'")
        await expect(page.get_by_role("tabpanel", name="Chat")).to_be_visible()


async def test_a_tab_that_cannot_be_loaded_says_so(server: Served) -> None:
    async with open_page() as page:
        await page.route("**/ws/test/query.js", lambda route: route.abort())
        await page.goto(f"{server.http}/ws/test#query")
        await expect(page.get_by_role("alert").filter(has_text="could not be loaded")).to_be_visible()


async def test_what_moves_stands_still_where_that_is_wished(server: Served) -> None:
    async with open_page(reduced_motion="reduce") as page:
        await page.goto(f"{server.http}/ws/test")
        moving = """async () => {
            const { cursor } = await import('/ws/test/tab_parts.js');
            document.body.append(cursor());
            return getComputedStyle(document.querySelector('.cursor')).animationName;
        }"""
        assert await page.evaluate(moving) == "none"
        await page.emulate_media(reduced_motion="no-preference")
        assert await page.evaluate("getComputedStyle(document.querySelector('.cursor')).animationName") == "pulse"


async def test_when_each_client_comes_back(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        waits = await page.evaluate(
            """async () => {
                const { SCHEDULES, Tries } = await import('/ws/test/schedules.js');
                const all = (tries) => {
                    const found = [];
                    for (let next; (next = tries.next());) found.push(`${next.number}/${next.of} ${next.waitMs}`);
                    return found;
                };
                return Object.fromEntries(Object.entries(SCHEDULES).map(([name, schedule]) => {
                    const tries = new Tries(schedule), first = all(tries);
                    tries.opened();
                    return [name, [first, all(tries).length]];
                }));
            }"""
        )
    assert waits == {
        "analysis": [["1/3 1000", "2/3 2000", "3/3 3000"], 0],
        "diagram": [["1/5 1000", "2/5 2000", "3/5 4000", "4/5 8000", "5/5 16000"], 5],
        "query": [["1/3 1000", "2/3 2000", "3/3 3000"], 0],
        "reasoning": [["1/5 2000", "2/5 4000", "3/5 6000", "4/5 8000", "5/5 10000"], 5],
    }
