"""A run that asks before it acts, on the test page: answered by a button with the keyboard, and in words."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import open_page
from tests.browser.tabs import signed_in
from tests.serving import Served


async def propose(page: Page, server: Served) -> None:
    await page.goto(f"{server.http}/ws/test")
    await signed_in(page)
    box = page.locator("#message")
    await expect(box).to_be_enabled(timeout=20_000)
    await box.fill("I would like to book a test drive")
    await box.press("Enter")
    await expect(page.locator(".request .prompt")).to_have_text("Shall I book the test drive at 10:00?", timeout=20_000)


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True},
    ],
    ids=["desktop", "dark phone"],
)
async def test_a_button_answers(acting_server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_page(**context) as page:
        await propose(page, acting_server)
        yes = page.get_by_role("group", name="Shall I book the test drive at 10:00?").get_by_role("button", name="Yes")
        await yes.focus()
        await page.keyboard.press("Enter")
        await page.locator(".answer .text", has_text="Booked for 10:00.").wait_for(timeout=20_000)
        assert await page.locator(".bubble").all_text_contents() == ["I would like to book a test drive", "Yes"]
        await expect(page.locator(".request button")).to_have_count(0)
        assert page.problems == []  # type: ignore[attr-defined]
        await page.reload()
        await signed_in(page)
        await page.locator(".answer .text", has_text="Booked for 10:00.").wait_for(timeout=20_000)
        assert await page.locator(".bubble").all_text_contents() == ["I would like to book a test drive", "Yes"]


async def test_words_answer(acting_server: Served) -> None:
    async with open_page() as page:
        await propose(page, acting_server)
        await page.locator("#message").fill("no thanks")
        await page.locator("#message").press("Enter")
        await page.locator(".answer .text", has_text="Nothing was booked.").wait_for(timeout=20_000)
        await expect(page.locator(".request button")).to_have_count(0)
