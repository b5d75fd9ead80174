"""The chat tab shows Markdown, and keeps the places that the metadata of an answer names."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import open_page
from tests.browser.hostile import FOREIGN, watch
from tests.browser.payloads import PAYLOADS
from tests.browser.tabs import CONTEXTS, IDS, fits, signed_in
from tests.browser.test_page import ask
from tests.model_server.running import Control
from tests.serving import Served

ROOF = "What is the roof load of the Plover?"
SAID = """## Roof loads 🚗

| Model | Load |
|---|---|
| **Plover** | 100 kg [1] |
| Wren | 900 kg [1] |

🚗 It *includes* the carrier:
spread it evenly.

- One bar in front
- `Two` bars behind, see [the page](https://evil.example/)

3. third
4. fourth"""


def last(page: Page) -> Locator:
    return page.locator(".turn").last.locator(".answer .text")


async def asked_again(page: Page) -> Locator:
    """The answer to one more question."""
    turns = await page.locator(".turn").count()
    await page.locator("#message").fill(ROOF)
    await page.locator("#message").press("Enter")
    await expect(page.locator(".turn")).to_have_count(turns + 1)
    await expect(last(page)).to_have_attribute("data-state", "settled", timeout=20_000)
    return last(page)


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_an_answer_with_a_table_a_list_and_sources(
    modelled: Served,
    provider: Control,
    context: dict,  # type: ignore[type-arg]
) -> None:
    provider.script(always={"kind": "says", "payload": SAID})
    async with open_page(**context) as page:
        await page.goto(f"{modelled.http}/ws/test")
        await ask(page, ROOF)
        text = last(page)
        await expect(text).to_have_attribute("data-state", "settled", timeout=20_000)
        await expect(text.locator("td")).to_contain_text(["Plover", "100 kg", "Wren", "900 kg"])
        await expect(text.locator("td strong")).to_have_text("Plover")
        await expect(text.locator("ul li")).to_contain_text(["One bar in front", "Two bars behind, see the page"])
        await expect(text.locator("ol")).to_have_attribute("start", "3")
        await expect(text.locator("em")).to_have_text("includes")
        await expect(text.locator("h3")).to_have_text("Roof loads 🚗")
        marker = text.locator("td .marker").first
        await marker.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".source[open] .number").first).to_have_text(await marker.text_content() or "")
        told = " (not found in the sources)"
        await expect(text.locator("td .unfounded")).to_have_text(
            ["Wren", re.compile(r"900 kg (\[1\]|1)" + re.escape(told))]
        )
        assert "|" not in (await text.text_content() or "")
        assert await fits(page)
        await text.locator(".scrolled").focus()
        await expect(text.locator(".scrolled")).to_be_focused()
        await expect(page.locator("#announcement")).to_contain_text("Roof loads")
        assert "**" not in (await page.locator("#announcement").text_content() or "")
        await page.reload()
        await signed_in(page)
        await expect(last(page).locator("td").first).to_have_text("Plover", timeout=20_000)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_what_would_like_to_be_more_than_text(modelled: Served, provider: Control) -> None:
    async with open_page() as page:
        strange = await watch(page, modelled)
        await page.goto(f"{modelled.http}/ws/test")
        provider.script(always={"kind": "says", "payload": "Said:\n\n" + "\n\n".join(PAYLOADS)})
        await ask(page, ROOF)
        await expect(last(page)).to_have_attribute("data-state", "settled", timeout=20_000)
        await expect(last(page)).to_contain_text("svg/onload=window.ran=1>")
        for payload in PAYLOADS[::5]:
            provider.script(always={"kind": "says", "payload": payload})
            await asked_again(page)
        await page.mouse.move(200, 200)
        await page.wait_for_timeout(200)
        assert await page.evaluate("window.ran") is None
        assert await page.locator(".answer .text").locator(FOREIGN).count() == 0
        assert strange == []
        assert page.problems == []  # type: ignore[attr-defined]
