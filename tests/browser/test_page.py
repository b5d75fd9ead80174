"""The test page, used as a person would: by keyboard, on a phone, in the dark."""

import asyncio
import time

import jwt
import pytest
from playwright.async_api import Route, expect

from tests.browser.chromium import open_page
from tests.conversing import talking
from tests.serving import SECRET, Served


async def ask(page, question: str) -> None:  # type: ignore[no-untyped-def]
    await page.get_by_role("button", name="Use the development token").click()
    box = page.locator("#message")
    await box.wait_for()
    await expect(box).to_be_enabled(timeout=20_000)
    await box.fill(question)
    await box.press("Enter")


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True},
    ],
    ids=["desktop", "dark phone"],
)
async def test_ask_on_the_page(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_page(**context) as page:
        await page.goto(f"{server.http}/ws/test")
        await ask(page, "What is the roof load of the Plover?")
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
        await page.get_by_text("skills", exact=True).wait_for()
        width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0
        assert page.problems == []  # type: ignore[attr-defined]


async def test_reload_brings_the_conversation_back(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        await ask(page, "What is the roof load of the Plover?")
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
        await page.reload()
        use = page.get_by_role("button", name="Use the development token")
        if await use.is_visible():
            await use.click()
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
        assert await page.locator(".bubble").all_text_contents() == ["What is the roof load of the Plover?"]


async def test_a_conversation_that_was_deleted_goes_from_the_page_when_its_name_is_used_again(server: Served) -> None:
    bubbles, answer = ".bubble", ".answer .text"
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        await ask(page, "What is the roof load of the Plover?")
        await page.locator(answer, has_text="100 kg").wait_for(timeout=20_000)
        token, session = await page.locator("#token").input_value(), await page.locator("#session").input_value()
        path = f"/api/v1/sessions/{session}"
        await page.get_by_role("button", name="Disconnect").click()
        assert server.request("DELETE", path, token)[0] == 204
        async with talking(server.chat, token) as talk:
            for question in ("What is the boot volume of the Wren?", "What is the boot volume of the Heron?"):
                await talk.ask(question, session_id=session)
        await page.get_by_role("button", name="Connect", exact=True).click()
        await expect(page.locator(bubbles)).to_have_text(
            ["What is the boot volume of the Wren?", "What is the boot volume of the Heron?"], timeout=20_000
        )
        assert server.request("DELETE", path, token)[0] == 204
        await page.locator("#message").fill("What is the roof load of the Plover?")
        await page.locator("#message").press("Enter")
        await page.locator(answer, has_text="100 kg").wait_for(timeout=20_000)
        await expect(page.locator(bubbles)).to_have_text(["What is the roof load of the Plover?"])
        assert page.problems == []  # type: ignore[attr-defined]


async def test_the_page_comes_back_by_itself_when_its_sign_in_has_expired(server: Served) -> None:
    asked = 0

    async def give(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:  # when the server warns, so that it comes to the close
            await route.abort()
            return
        left_s = -25 if asked == 1 else 3600
        await route.fulfill(json={"token": jwt.encode({"sub": "expired", "exp": int(time.time() + left_s)}, SECRET)})

    async with open_page() as page:
        await page.route("**/test/token", give)
        await page.goto(f"{server.http}/ws/test")
        await page.get_by_role("button", name="Use the development token").click()
        await expect(page.locator("#status-text")).to_have_text("Ready")
        async with asyncio.timeout(20):
            while asked < 3:
                await asyncio.sleep(0.1)
        await expect(page.locator("#status-text")).to_have_text("Ready")
        await page.locator("#message").fill("What is the roof load of the Plover?")
        await page.locator("#message").press("Enter")
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
