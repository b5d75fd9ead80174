"""The widget, driven by Playwright as a person would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import open_page
from tests.browser.sites import site

SOON_MS = 20_000


class ChatWindow:
    """The widget in a page. What a locator finds in its shadow root, it finds as in the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("pitcrew-widget .launcher")
        self.panel = page.get_by_role("dialog")
        self.box = self.panel.locator("[data-part=composer]")
        self.log = self.panel.get_by_role("log")
        self.questions = self.panel.locator(".question")
        self.asked = self.questions.locator(".bubble")
        self.answers = self.panel.locator(".answer")
        self.banner = self.panel.locator(".banner[role=status]")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def whole(self, at: int = -1) -> Locator:
        """The answers that are whole; by default the last one."""
        return self.panel.locator(".answer[data-status=complete]").nth(at)

    async def open(self) -> None:
        await self.launcher.click()
        await expect(self.box).to_be_focused()

    async def say(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def ask(self, text: str) -> Locator:
        """Say it and wait for the whole answer."""
        already = await self.answers.count()
        await self.say(text)
        answer = self.answers.nth(already)
        await expect(answer).to_have_attribute("data-status", "complete", timeout=SOON_MS)
        return answer


@asynccontextmanager
async def open_site(
    server: str, *, policy: str | None = None, language: str = "en", context: dict[str, Any] | None = None, **line: str
) -> AsyncIterator[ChatWindow]:
    """The widget in a page of another origin; `line` are the attributes of its script line."""
    with site(server, policy=policy, language=language, **line) as address:
        async with open_page(**(context or {})) as page:
            await page.goto(address)
            window = ChatWindow(page)
            await expect(window.launcher).to_be_visible()
            yield window
