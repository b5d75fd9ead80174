"""An answer that the sources do not bear out, on the test page: underlined, and its markers lead to what does."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.chromium import open_page
from tests.browser.tabs import signed_in
from tests.model_server.running import running_model_server
from tests.serving import duplicate, serving

SAID = "Hello! The roof of a Heron carries 95 kg [1]. 😀 Stay below 130 km/h with a loaded roof [1]."


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True},
    ],
    ids=["desktop", "dark phone"],
)
async def test_what_no_source_supports_is_underlined(ingested: Path, tmp_path: Path, context: dict) -> None:  # type: ignore[type-arg]
    data = duplicate(ingested, tmp_path / "data")
    with running_model_server() as provider:
        provider.script(always={"kind": "says", "payload": SAID})
        settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
        with serving(data, **settings) as served:
            async with open_page(**context) as page:
                await page.goto(f"{served.http}/ws/test")
                await signed_in(page)
                box = page.locator("#message")
                await expect(box).to_be_enabled(timeout=20_000)
                await box.fill("What is the roof load of the Heron?")
                await box.press("Enter")
                unfounded = page.locator(".answer .unfounded")
                await expect(unfounded).to_have_count(1, timeout=20_000)
                assert (await unfounded.text_content() or "").startswith("The roof of a Heron carries 95 kg [1].")
                assert await unfounded.get_attribute("title") == "Not found in the sources"
                await page.get_by_text("1 not found in the sources").wait_for()
                await page.locator(".answer .text .marker").click()
                await expect(page.locator(".source[open] mark")).to_contain_text("130 km/h")
                assert page.problems == []  # type: ignore[attr-defined]
