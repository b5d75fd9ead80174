"""The test page, used as a person would: by keyboard, on a phone, in the dark."""

import asyncio
import time

import jwt
import pytest
from playwright.async_api import Route, expect

from tests.browser.chromium import open_page
from tests.browser.tabs import connect_as, signed_in
from tests.conversing import talking
from tests.serving import SECRET, Served


async def ask(page, question: str) -> None:  # type: ignore[no-untyped-def]
    await signed_in(page)
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
        await signed_in(page)
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
        assert await page.locator(".bubble").all_text_contents() == ["What is the roof load of the Plover?"]


async def test_a_sample_can_be_clicked_at_once(server: Served) -> None:
    waiting = asyncio.Event()

    async def late(route: Route) -> None:
        await waiting.wait()
        await route.continue_()

    async with open_page() as page:
        await page.route("**/test/token", late)
        await page.goto(f"{server.http}/ws/test")
        await page.locator("#samples button").first.click()
        waiting.set()
        await expect(page.locator(".answer[data-status=complete]")).to_have_count(1, timeout=20_000)
        assert await page.locator(".bubble").count() == 1


async def test_a_reload_keeps_whose_page_it_is_and_the_thumbs(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        await connect_as(page, server.token("keeper"), "keeper")
        await page.locator("#message").fill("What is the roof load of the Plover?")
        await page.locator("#message").press("Enter")
        thumb = page.get_by_role("button", name="Bad answer")
        await thumb.click(timeout=20_000)
        await expect(thumb).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await expect(page.locator("#user")).to_contain_text("keeper", timeout=20_000)
        await expect(thumb).to_have_attribute("aria-pressed", "true", timeout=20_000)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_a_token_that_is_good_no_more_is_not_kept(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        await signed_in(page)
        await page.evaluate("sessionStorage.setItem('pitcrew.test.token', 'x.y.z')")
        await page.reload()
        await expect(page.locator("#token-hint")).to_contain_text("AUTH_INVALID", timeout=20_000)
        await page.reload()
        await signed_in(page)


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
        await signed_in(page)
        await expect(page.locator("#status-text")).to_have_text("Ready")
        async with asyncio.timeout(20):
            while asked < 3:
                await asyncio.sleep(0.1)
        await expect(page.locator("#status-text")).to_have_text("Ready")
        await page.locator("#message").fill("What is the roof load of the Plover?")
        await page.locator("#message").press("Enter")
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
