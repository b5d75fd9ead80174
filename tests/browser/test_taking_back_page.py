"""Messages edited, answered again and deleted on the test page, by keyboard and on a phone."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import open_page
from tests.browser.tabs import signed_in
from tests.serving import Served

FIRST, SECOND = "What is the roof load of the Plover?", "What is the roof load of the Wren?"


async def say(page: Page, text: str) -> None:
    await page.locator("#message").fill(text)
    await page.locator("#message").press("Enter")


async def talk(page: Page, server: Served) -> None:
    """Two questions and their answers."""
    await page.goto(f"{server.http}/ws/test")
    await signed_in(page)
    await expect(page.locator("#message")).to_be_enabled(timeout=20_000)
    await say(page, FIRST)
    await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
    await say(page, "And the Heron?")
    await page.locator(".answer .text", has_text="75 kg").wait_for(timeout=20_000)
    await expect(page.locator(".turn")).to_have_count(2)


def tool(page: Page, turn: int, name: str):  # type: ignore[no-untyped-def]
    return page.locator(".turn").nth(turn).get_by_role("button", name=name)


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}, "timezone_id": "Asia/Tokyo"},
        {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
    ],
    ids=["desktop", "dark phone"],
)
async def test_an_edited_message_takes_the_place_of_all_that_followed(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_page(**context) as page:
        frames: list[str] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: frames.append(str(text))))
        await talk(page, server)
        await tool(page, 0, "Edit").focus()
        await page.keyboard.press("Enter")
        editor = page.get_by_role("textbox", name="Your message, edited")
        await expect(editor).to_be_focused()
        await expect(editor).to_have_value(FIRST)
        await page.keyboard.press("Escape")
        await expect(tool(page, 0, "Edit")).to_be_focused()
        await page.keyboard.press("Enter")
        await editor.fill(SECOND)
        await page.keyboard.press("Enter")
        await page.locator(".answer .text", has_text="50 kg").wait_for(timeout=20_000)
        await expect(page.locator(".bubble")).to_have_text([SECOND])
        width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0
        assert any("replaces" in text for text in frames)
        if "timezone_id" in context:
            assert any('"timezone":"Asia/Tokyo"' in text for text in frames)
        await page.reload()
        await signed_in(page)
        await page.locator(".answer .text", has_text="50 kg").wait_for(timeout=20_000)
        await expect(page.locator(".bubble")).to_have_text([SECOND])
        assert page.problems == []  # type: ignore[attr-defined]


async def test_an_answer_is_made_again_and_a_message_deleted(server: Served) -> None:
    async with open_page(viewport={"width": 390, "height": 844}, has_touch=True) as page:
        await talk(page, server)
        await tool(page, 1, "Regenerate").tap()
        await expect(page.locator(".turn").nth(1).locator(".text[data-state=settled]")).to_contain_text("75 kg")
        await expect(page.locator(".bubble")).to_have_text([FIRST, "And the Heron?"])
        await tool(page, 0, "Delete").tap()
        await expect(page.locator(".bubble")).to_have_text([FIRST, "And the Heron?"])
        await tool(page, 0, "Delete for good?").tap()
        await expect(page.locator(".bubble")).to_have_text(["Deleted", "And the Heron?"])
        await expect(tool(page, 0, "Edit")).to_have_count(0)
        await page.reload()
        await signed_in(page)
        await expect(page.locator(".bubble")).to_have_text(["Deleted", "And the Heron?"], timeout=20_000)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_pressing_twice_regenerates_once_and_a_refused_edit_can_be_made_again(server: Served) -> None:
    async with open_page() as page:
        frames: list[str] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: frames.append(str(text))))
        await talk(page, server)
        await tool(page, 1, "Regenerate").dblclick(delay=20)
        await expect(page.locator(".turn")).to_have_count(2)
        await page.locator(".turn").nth(1).locator(".text[data-state=settled]").wait_for(timeout=20_000)
        assert sum('"replaces"' in text for text in frames) == 1
        await tool(page, 1, "Edit").click()
        await page.get_by_role("textbox", name="Your message, edited").fill("x" * 8_001)
        await page.get_by_role("button", name="Send instead").click()
        await page.locator(".turn").nth(2).get_by_text("The message is too long.").wait_for(timeout=20_000)
        await expect(page.locator(".turn").nth(1).locator(".bubble")).to_have_text("And the Heron?")
        await tool(page, 1, "Regenerate").click()
        await expect(page.locator(".turn")).to_have_count(2)
        assert page.problems == []  # type: ignore[attr-defined]
